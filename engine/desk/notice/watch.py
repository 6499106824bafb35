"""What nobody did, told by the worker: steps that have opened, fall due soon or are late.

Each watch moves a mark and tells what lies between in one transaction, so a kill tells nothing twice and
loses nothing. Opened steps carry their own mark (`work_item.told`): numbers of concurrent transactions do
not become visible in order.
依据: 时限按工作日 (`domain/calendar`); 舞 第十五条, 吉 第二十四条 (催办).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import urlencode

from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm import Session

from engine import clock
from engine.desk.case import extra
from engine.desk.notice.tell import Matter, tell, tell_of
from engine.desk.pool import members
from engine.desk.world import World
from engine.domain.calendar import add_working_days
from engine.domain.notice.tables import Notice, NoticeMark
from engine.people import Bureau, Person, person
from engine.runtime.tables import WorkItem
from engine.sentence import Sentence

GRACE = timedelta(minutes=2)  # who takes a step at once need not be told of it
BATCH = 200


def watch(world: World) -> int:
    """All watches until nothing is left to tell; each batch is a transaction of its own. Returns how many."""
    _hold(world)
    told = 0
    for look in (_opened, _due_soon, _overdue, _settled):
        while True:
            with world.database.transaction() as session:
                seen, number = look(session)
            told += number
            if seen < BATCH:
                break
    return told


def _hold(world: World) -> None:
    """Limits of steps that wait for an answer move before anybody is told that they are late."""
    with world.database.reading() as session:
        numbers = extra.behind(session)
    for number in numbers:
        with world.database.transaction() as session:
            extra.stand_still(session, number)


def _opened(session: Session) -> tuple[int, int]:
    """Steps in a pool or in somebody's hands that nobody was told of."""
    items = session.scalars(
        select(WorkItem)
        .where(WorkItem.told.is_(False), WorkItem.opened_at <= clock.now() - GRACE)
        .order_by(WorkItem.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    ).all()
    pooled: defaultdict[tuple[str, str, str], list[WorkItem]] = defaultdict(list)
    told = 0
    for item in items:
        if item.state != "open":
            continue
        if item.pool.startswith("person/"):
            if item.claimed_by_id is None:  # given by the diagram, not taken by the person
                told += tell_of(session, "assigned", item, members(session, item.pool), key=f"open:{item.id}")
        else:
            pooled[item.pool, item.process, item.step].append(item)
    for (pool, process, step), several in pooled.items():
        told += _offer(session, members(session, pool), process, step, several)
    if items:
        numbers = [item.id for item in items]
        session.execute(
            update(WorkItem)
            .where(WorkItem.id.in_(numbers))
            .values(told=True)
            .execution_options(synchronize_session=False)
        )
    return len(items), told


def _offer(
    session: Session, people: Sequence[Person], process: str, step: str, several: Sequence[WorkItem]
) -> int:
    """One notice for like steps that opened together: it leads to the list of them."""
    first = several[0]
    if len(several) == 1:
        return tell_of(session, "offered", first, people, key=f"open:{first.id}")
    query = urlencode({"tab": "pool", "process": process, "step": step})
    title = Sentence("{step}（{count} 件）", step=step, count=len(several))
    return tell(session, "offered", people, Matter(title, f"/?{query}"), key=f"open:{first.id}")


def _due_soon(session: Session) -> tuple[int, int]:
    """Steps whose last day is the next working day."""
    last = clock.end_of(add_working_days(session, clock.today(), 1))
    return _passed(session, "due_soon", last)


def _overdue(session: Session) -> tuple[int, int]:
    """Steps whose last day is over."""
    return _passed(session, "overdue", clock.now() - datetime.resolution)


def _settled(session: Session) -> tuple[int, int]:
    """Notices of steps that nobody has to do any more count as read; nobody is told anything."""
    closed = select(WorkItem.id).where(WorkItem.id == Notice.item_id, WorkItem.state != "open").exists()
    found = session.scalars(
        select(Notice.id).where(Notice.read_at.is_(None), Notice.item_id.is_not(None), closed).limit(BATCH)
    ).all()
    session.execute(update(Notice).where(Notice.id.in_(found)).values(read_at=clock.now()))
    return len(found), 0


def _passed(session: Session, kind: str, now: datetime) -> tuple[int, int]:
    mark = session.scalar(select(NoticeMark).where(NoticeMark.watch == kind).with_for_update())
    if mark is None:  # a new installation begins here; what was late before stands on the board
        session.add(NoticeMark(watch=kind, until=now))
        return 0, 0
    after = or_(WorkItem.due_at > mark.until, and_(WorkItem.due_at == mark.until, WorkItem.id > mark.item_id))
    items = session.scalars(
        select(WorkItem)
        .where(WorkItem.bureau_id.in_(select(Bureau.id)), WorkItem.state == "open")  # as the board's index
        .where(WorkItem.due_at >= mark.until, after, WorkItem.due_at <= now)
        .order_by(WorkItem.due_at, WorkItem.id)
        .limit(BATCH)
    ).all()
    told = 0
    for item in items:
        day = clock.local(item.due_at).date().isoformat() if item.due_at else ""
        told += tell_of(
            session,
            kind,
            item,
            responsible(session, item),
            detail=Sentence("{day} 到期", day=day),
            key=f"{kind}:{item.id}:{day}",
        )
    if len(items) == BATCH and items[-1].due_at is not None:
        mark.until, mark.item_id = items[-1].due_at, items[-1].id
    elif now > mark.until:
        mark.until, mark.item_id = now, 0
    return len(items), told


def responsible(session: Session, item: WorkItem) -> Sequence[Person]:
    """Who has a step: its holder and the delegate, else everybody who finds it in the pool."""
    found = list(members(session, item.pool)) if item.claimed_by_id is None else []
    if item.claimed_by_id is not None:
        found.append(person(session, item.claimed_by_id))
        if item.pool != f"person/{item.claimed_by_id}":
            found += members(session, item.pool)
    return found
