"""A person's own notices: the list, the number of unread ones, marking them read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session, joinedload

from engine import clock
from engine.domain.notice import Notice
from engine.errors import NotFound
from engine.people import Person

PAGE = 50
MOST = 99


@dataclass(frozen=True, slots=True)
class Page:
    """Notices, latest first; `next` is the cursor of the next page, "" at the end."""

    rows: Sequence[Notice]
    next: str


def listing(session: Session, person: Person, *, unread_only: bool = False, cursor: int = 0) -> Page:
    """One page of the person's notices."""
    query = select(Notice).where(Notice.person_id == person.id).options(joinedload(Notice.actor))
    if unread_only:
        query = query.where(Notice.read_at.is_(None))
    if cursor:
        query = query.where(Notice.id < cursor)
    rows = session.scalars(query.order_by(Notice.id.desc()).limit(PAGE + 1)).all()
    return Page(rows[:PAGE], str(rows[PAGE - 1].id) if len(rows) > PAGE else "")


_FEW = (
    select(Notice.id).where(Notice.person_id == bindparam("person"), Notice.read_at.is_(None)).limit(MOST + 1)
)
_UNREAD = select(func.count()).select_from(_FEW.subquery())


def unread(session: Session, person: Person) -> str:
    """The number in the page header: unread notices, at most 99; "" for none."""
    number = session.scalar(_UNREAD, {"person": person.id}) or 0
    return f"{MOST}+" if number > MOST else str(number or "")


def opened(session: Session, person: Person, notice_id: int) -> Notice:
    """Open a notice: it counts as read; somebody else's does not exist here."""
    notice = session.get(Notice, notice_id)
    if notice is None or notice.person_id != person.id:
        raise NotFound("没有这条消息。", hint="请从消息列表中打开。")
    notice.read_at = notice.read_at or clock.now()
    return notice


def read_all(session: Session, person: Person, *, until: int) -> int:
    """Mark everything read up to the notice that the person has seen; returns how many."""
    mine = update(Notice).where(Notice.person_id == person.id, Notice.id <= until)
    changed = session.execute(mine.where(Notice.read_at.is_(None)).values(read_at=clock.now()))
    return int(changed.rowcount)  # type: ignore[attr-defined]
