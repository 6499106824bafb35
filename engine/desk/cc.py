"""抄送: a step is shown to somebody who has nothing to do in it; they read it and tick it off.

A copy gives no right: only who may see the case anyway can be copied in. 依据: 舞 第三条, 吉 第二十四条.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session

from engine import clock
from engine.desk import cursor as cursors
from engine.desk.audience import among, audience
from engine.desk.case.listing import visible
from engine.desk.hand import note
from engine.desk.notice import Matter, tell
from engine.desk.tables import Copy
from engine.errors import NotFound, Refused
from engine.people import Person
from engine.runtime import receipt, work_item
from engine.runtime.tables import Instance, WorkItem
from engine.sentence import Sentence

PAGE = 50
LONGEST = 500
MOST = 30  # people in one go


@dataclass(frozen=True, slots=True)
class CopyRow:
    """One line of the tab 抄送."""

    id: int
    item_id: int
    case_id: int
    name: str
    case_no: str
    step: str
    process: str
    who: str
    text: str
    at: datetime
    read_at: datetime | None


@dataclass(frozen=True, slots=True)
class CopyPage:
    """A page of copies; `next` is the cursor of the next one, "" at the end."""

    rows: Sequence[CopyRow]
    next: str


def receivers(session: Session, actor: Person, item: WorkItem) -> list[Person]:
    """Who may be copied in: may see the case, is not oneself, and has not got it yet."""
    have = set(session.scalars(select(Copy.to_id).where(Copy.work_item_id == item.id)))
    return [each for each in audience(session, item.case_id) if each.id != actor.id and each.id not in have]


def copied_to(session: Session, item: WorkItem) -> list[tuple[str, datetime | None]]:
    """Who got a copy of a step, and when they read it."""
    query = select(Person.name, Copy.read_at).join(Person, Person.id == Copy.to_id)
    rows = session.execute(query.where(Copy.work_item_id == item.id).order_by(Copy.id))
    return [(name, at) for name, at in rows]


def send(
    session: Session, actor: Person, item_id: int, *, to: Sequence[int], text: str = "", key: str = ""
) -> dict[str, Any]:
    """抄送 a step to people who may see the case; who has it already is passed over."""
    item = work_item.get(session, item_id)
    words = text.strip()
    answer = {"item": item.id, "case": item.case_id, "step": item.step}
    body = {"item": item_id, "actor": actor.id, "copy": list(to), "text": words}
    given = receipt.take(session, key, body, answer)
    if given is not None:
        return given
    if len(words) > LONGEST:
        raise Refused(
            Sentence("说明不超过 {most} 字。", most=LONGEST),
            slug="form-invalid",
            fields={"reason": Sentence("说明不超过 {most} 字。", most=LONGEST)},
        )
    if not to or len(set(to)) > MOST:
        sentence = "请选抄送给谁。" if not to else Sentence("一次最多抄送 {most} 人。", most=MOST)
        raise Refused(sentence, slug="form-invalid", fields={"to": sentence})
    if actor.id in to:
        raise Refused("不用抄送给自己。", slug="to-oneself", fields={"to": "请去掉你自己。"})
    people = among(session, item.case_id, to, "to")
    have = set(session.scalars(select(Copy.to_id).where(Copy.work_item_id == item.id)))
    fresh = [each for each in people if each.id not in have]
    session.add_all(
        Copy(work_item_id=item.id, case_id=item.case_id, from_id=actor.id, to_id=each.id, text=words)
        for each in fresh
    )
    names = "、".join(each.name for each in fresh)
    if fresh:
        note(session, actor, item, Sentence("抄送{names}", names=names), "task.copy", words, {"to": names})
        tell(
            session,
            "copied",
            fresh,
            Matter(item.step, f"/tasks/{item.id}", words, name=item.name),
            actor=actor,
        )
    return answer


def listing(session: Session, person: Person, cursor: str = "") -> CopyPage:
    """What was copied to this person, of cases they may see: unread first, then the latest."""
    query = (
        select(Copy, WorkItem, Person.name)
        .join(WorkItem, WorkItem.id == Copy.work_item_id)
        .join(Person, Person.id == Copy.from_id)
        .where(
            Copy.to_id == person.id,
            WorkItem.case_id.in_(visible(session, person).with_only_columns(Instance.id)),
        )
    )
    state, _, last = cursor.partition("_")
    if state in ("new", "read") and cursors.number(last):
        behind = Copy.id < cursors.number(last)
        if state == "new":
            query = query.where((Copy.read_at.is_(None) & behind) | Copy.read_at.is_not(None))
        else:
            query = query.where(Copy.read_at.is_not(None), behind)
    query = query.order_by(Copy.read_at.is_not(None), Copy.id.desc()).limit(PAGE + 1)
    found = session.execute(query).all()
    rows = [
        CopyRow(
            id=row.id,
            item_id=item.id,
            case_id=item.case_id,
            name=item.name,
            case_no=item.case_no,
            step=item.step,
            process=item.process,
            who=who,
            text=row.text,
            at=row.at,
            read_at=row.read_at,
        )
        for row, item, who in found[:PAGE]
    ]
    last_row = rows[-1] if len(found) > PAGE else None
    return CopyPage(rows, f"{'read' if last_row.read_at else 'new'}_{last_row.id}" if last_row else "")


_FEW = select(Copy.id).where(Copy.to_id == bindparam("person"), Copy.read_at.is_(None)).limit(100)
_UNREAD = select(func.count()).select_from(_FEW.subquery())


def unread(session: Session, person: Person) -> int:
    """How many copies wait to be read."""
    return session.scalar(_UNREAD, {"person": person.id}) or 0


def read(session: Session, actor: Person, copy_id: int) -> Copy:
    """Tick a copy off; somebody else's is NotFound."""
    found = session.get(Copy, copy_id)
    if found is None or found.to_id != actor.id:
        raise NotFound("没有这份抄送。", hint="请从“抄送”里选。")
    found.read_at = found.read_at or clock.now()
    session.flush()
    return found


def read_all(session: Session, actor: Person) -> int:
    """Tick off everything that was copied to this person; how many there were."""
    done = session.execute(
        update(Copy).where(Copy.to_id == actor.id, Copy.read_at.is_(None)).values(read_at=clock.now())
    )
    return int(done.rowcount)  # type: ignore[attr-defined]


def to_read(session: Session, person: Person, item: WorkItem) -> Copy | None:
    """This person's unread copy of a step: opening the step reads it."""
    query = select(Copy).where(Copy.work_item_id == item.id, Copy.to_id == person.id, Copy.read_at.is_(None))
    return session.scalar(query)
