"""The inbox: what waits for a person, soonest first, and what the person has done.

Reading stays flat with a million open items: the scans stand in `engine/desk/scan.py`, each beside its index.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, func, or_, select
from sqlalchemy.orm import Session

from engine import clock
from engine.access.permission import roles_of
from engine.access.scope import visible_bureaus
from engine.desk import cursor as cursors
from engine.desk import scan, seat, trace
from engine.desk.case.listing import name_of
from engine.desk.lamp import Days, Lamp
from engine.desk.pool import draws_from, finds, kept_pools
from engine.desk.proxy import stands_in
from engine.errors import NotFound
from engine.people import Bureau, Person
from engine.runtime.tables import Instance, WorkItem
from engine.runtime.work_item import holder_of

PAGE = 50
TABS = ("todo", "pool", "done", "started")


@dataclass(frozen=True, slots=True)
class Filters:
    """What the person narrowed the list to; all of it stands in the address of the page."""

    due: str = ""  # "" · late · today · soon
    process: str = ""
    step: str = ""
    q: str = ""
    bureau: int = 0

    def __bool__(self) -> bool:
        return bool(self.due or self.process or self.step or self.q or self.bureau)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the inbox. `holder` is who has it: a name, or "" while nobody has claimed it."""

    id: int
    case_id: int
    name: str
    case_no: str
    step: str
    process: str
    clause: str
    lamp: Lamp
    due_at: datetime | None
    holder: str
    mine: bool
    bureau: str
    at: datetime
    group: str


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the inbox; `next` is the cursor of the next page, "" at the end.

    `partial`: a pool is so large that only its soonest items were searched for any part of a name.
    """

    rows: Sequence[Row]
    next: str
    partial: bool = False


@dataclass(slots=True)
class Counts:
    """How many wait, by nearness, process and step. Every number stops at `scan.CAP`."""

    total: int = 0
    late: int = 0
    today: int = 0
    soon: int = 0
    pool: int = 0
    capped: bool = False
    processes: dict[str, int] = field(default_factory=dict)
    steps: dict[str, int] = field(default_factory=dict)
    bureaus: dict[int, int] = field(default_factory=dict)


def listing(session: Session, person: Person, tab: str, filters: Filters, cursor: str = "") -> Page:
    """One page of a tab: `todo` and `pool` soonest first, `done` and `started` latest first."""
    if tab == "done":
        return _done(session, person, filters, cursor)
    if tab == "started":
        return _started(session, person, filters, cursor)
    mine = kept_pools(session, person)
    if tab == "pool":
        mine = [pool for pool in mine if not pool.startswith("person/")]
    days = Days(session)
    conditions = _narrow(replace(filters, q=""), days)
    sought = scan.sought(session, filters.q) if filters.q else None
    after = cursors.read(cursor)
    ids: list[scan.Place] = []
    if after is None or after[0] is not None:
        ids = scan.soonest(session, mine, conditions, after, dated=True, limit=PAGE + 1, sought=sought)
    if len(ids) <= PAGE and filters.due == "":
        rest = None if ids or not after or after[0] else after
        ids += scan.soonest(session, mine, conditions, rest, dated=False, limit=PAGE + 1, sought=sought)
    shown = ids[:PAGE]
    rows = _rows(session, person, [found for _, found in shown], days)
    partial = sought is not None and scan.beyond(session, mine)
    return Page(rows, cursors.written(*shown[-1]) if len(ids) > PAGE else "", partial)


def badge(session: Session, person: Person) -> str:
    """The number in the page header: open items, at most 99."""
    number = scan.number(session, kept_pools(session, person))
    return f"{scan.FULL - 1}+" if number == scan.FULL else str(number or "")


def counts(session: Session, person: Person) -> Counts:
    """The numbers beside tabs and filters."""
    result, days = Counts(), Days(session)
    found = scan.numbers(
        session,
        kept_pools(session, person),
        f"person/{person.id}",
        now=clock.now(),
        end=clock.end_of(days.today),
        soon=clock.end_of(days.soon),
    )
    for nearness, is_own, process, step, bureau, number in found:
        result.total += number
        result.pool += 0 if is_own else number
        if nearness:
            setattr(result, nearness, getattr(result, nearness) + number)
        result.processes[process] = result.processes.get(process, 0) + number
        result.steps[step] = result.steps.get(step, 0) + number
        result.bureaus[bureau] = result.bureaus.get(bureau, 0) + number
    result.capped = result.total >= scan.CAP
    return result


def counts_of(session: Session, person: Person, tab: str) -> Counts:
    """What a person has lately done or started, by process, step and bureau: to filter those tabs by."""
    done = select(WorkItem.process, WorkItem.step, WorkItem.bureau_id)
    done = done.where(WorkItem.done_by_id == person.id).order_by(WorkItem.done_at.desc())
    waits = and_(WorkItem.case_id == Instance.id, WorkItem.state == "open")
    begun = select(Instance.process, func.coalesce(WorkItem.step, "").label("step"), Instance.bureau_id)
    begun = begun.outerjoin(WorkItem, waits).order_by(Instance.id.desc())
    begun = begun.where(Instance.started_by_id == person.id, Instance.case_id == Instance.id)
    rows = (begun if tab == "started" else done).limit(scan.CAP).subquery().c
    kinds = (rows.process, rows.step, rows.bureau_id)
    found = Counts()
    for process, step, bureau, number in session.execute(select(*kinds, func.count()).group_by(*kinds)):
        found.processes[process] = found.processes.get(process, 0) + number
        found.bureaus[bureau] = found.bureaus.get(bureau, 0) + number
        if step:
            found.steps[step] = found.steps.get(step, 0) + number
    return found


def bureau_names(session: Session, found: Counts) -> list[tuple[str, str]]:
    """The bureaus whose steps wait, to filter by."""
    query = select(Bureau.id, Bureau.short_name).where(Bureau.id.in_(found.bureaus)).order_by(Bureau.id)
    return [(str(number), name) for number, name in session.execute(query)]


def item(session: Session, person: Person, item_id: int) -> WorkItem:
    """A work item this person may see: in one of the own pools, once in their hands, or of a visible case.

    Somebody else's item is NotFound, as if it did not exist.
    """
    found = session.get(WorkItem, item_id)
    if found is None:
        raise NotFound("没有这件待办。", hint="可能已经办结，请从案件页查看。")
    if person.id in (found.done_by_id, found.claimed_by_id) or draws_from(session, person, found.pool):
        return found
    if found.bureau_id in visible_bureaus(session, person) or trace.had(session, person, found):
        return found
    if stands_in(session, person, found):
        return found
    raise NotFound("没有这件待办。", hint="可能已经办结，请从案件页查看。")


def may_work_on(session: Session, person: Person, found: WorkItem) -> bool:
    """Whether the item waits for this person (rights are read again when it is completed)."""
    if found.state != "open" or not roles_of(person):
        return False
    if finds(session, person, found):
        return not seat.why_not(session, person, found)
    return stands_in(session, person, found) is not None


def neighbours(session: Session, person: Person, found: WorkItem) -> tuple[int, int]:
    """The person's open items before and after this one, soonest first, however far behind; 0 where there is none.

    After one that waits for them no more comes the soonest.
    """
    mine = kept_pools(session, person)
    if found.state == "open" and found.pool in mine:
        return scan.beside(session, mine, (found.due_at, found.id))
    return 0, scan.first(session, mine)


def _narrow(filters: Filters, days: Days) -> list[Any]:
    conditions: list[Any] = []
    if filters.due == "late":
        conditions.append(WorkItem.due_at < clock.now())
    elif filters.due == "today":
        conditions += [WorkItem.due_at >= clock.now(), WorkItem.due_at <= clock.end_of(days.today)]
    elif filters.due == "soon":
        conditions += [WorkItem.due_at >= clock.now(), WorkItem.due_at <= clock.end_of(days.soon)]
    if filters.process:
        conditions.append(WorkItem.process == filters.process)
    if filters.step:
        conditions.append(WorkItem.step == filters.step)
    if filters.bureau:
        conditions.append(WorkItem.bureau_id == filters.bureau)
    if filters.q:
        conditions.append(scan.contains(WorkItem, filters.q))
    return conditions


_SHOWN = [
    "id",
    "case_id",
    "object_name",
    "title",
    "case_no",
    "step",
    "process",
    "clause",
    "pool",
    "state",
    "due_at",
    "claimed_at",
    "opened_at",
    "done_at",
]
_T = WorkItem.__table__.c
_BUREAU = Bureau.__table__
_HOLDER = Person.__table__.alias()
_ROWS = (
    select(
        *(_T[name] for name in _SHOWN), _HOLDER.c.name.label("holder"), _BUREAU.c.short_name.label("bureau")
    )
    .select_from(WorkItem.__table__)
    .outerjoin(_HOLDER, _HOLDER.c.id == _T.claimed_by_id)
    .join(_BUREAU, _BUREAU.c.id == _T.bureau_id)
    .where(_T.id.in_(bindparam("ids", expanding=True)))
)


def _rows(session: Session, person: Person, ids: Sequence[int], days: Days) -> list[Row]:
    if not ids:
        return []
    found = {row.id: row for row in session.connection().execute(_ROWS, {"ids": ids})}
    rows = []
    for number in ids:
        work = found[number]
        own = work.pool == f"person/{person.id}"
        holder = work.holder or (person.name if own else "")
        rows.append(_row(work, days, holder=holder, bureau=work.bureau, mine=own))
    return rows


def _row(work: Any, days: Days, *, holder: str, bureau: str, mine: bool) -> Row:
    if work.state == "open":
        lamp, at = days.lamp(work.due_at), work.claimed_at or work.opened_at
    else:
        lamp = Lamp("done", "已办") if work.state == "done" else Lamp("idle", "已取消")
        at = work.done_at or work.opened_at
    # As `WorkItem.name`, which a scan of columns does not have.
    name = work.object_name or work.title or work.case_no or work.step
    return Row(
        id=work.id,
        case_id=work.case_id,
        name=name,
        case_no=work.case_no,
        step=work.step,
        process=work.process,
        clause=work.clause,
        lamp=lamp,
        due_at=work.due_at,
        holder=holder,
        mine=mine,
        bureau=bureau,
        at=at,
        group=_group(lamp),
    )


def _group(lamp: Lamp) -> str:
    if lamp.kind == "late":
        return "超期"
    if lamp.days == 0:
        return "今日到期"
    if lamp.days is not None and lamp.days <= 3:  # noqa: PLR2004 (three working days, as the filter says)
        return "三个工作日内"
    return "更晚"


def _done(session: Session, person: Person, filters: Filters, cursor: str) -> Page:
    query = select(WorkItem, Bureau.short_name).join(Bureau, Bureau.id == WorkItem.bureau_id)
    query = query.where(WorkItem.done_by_id == person.id)
    query = query.where(*_narrow(replace(filters, due=""), Days(session)))
    after = cursors.read(cursor)
    if after is not None and after[0] is not None:
        query = query.where(
            or_(WorkItem.done_at < after[0], and_(WorkItem.done_at == after[0], WorkItem.id < after[1]))
        )
    query = query.order_by(WorkItem.done_at.desc(), WorkItem.id.desc()).limit(PAGE + 1)
    found = session.execute(query).all()
    days = Days(session)
    rows = [_row(work, days, holder=person.name, bureau=bureau, mine=True) for work, bureau in found[:PAGE]]
    last = found[PAGE - 1][0] if len(found) > PAGE else None
    return Page(rows, cursors.written(last.done_at, last.id) if last else "")


def _started(session: Session, person: Person, filters: Filters, cursor: str) -> Page:
    """Cases this person opened, each with the step it stands at."""
    query = select(Instance, Bureau.short_name).join(Bureau, Bureau.id == Instance.bureau_id)
    query = query.where(Instance.started_by_id == person.id, Instance.case_id == Instance.id)
    if filters.process:
        query = query.where(Instance.process == filters.process)
    if filters.bureau:
        query = query.where(Instance.bureau_id == filters.bureau)
    if filters.q:
        query = query.where(scan.contains(Instance, filters.q))
    if filters.step:
        waits = select(WorkItem.id).where(WorkItem.case_id == Instance.id, WorkItem.state == "open")
        query = query.where(waits.where(WorkItem.step == filters.step).exists())
    after = cursors.read(cursor)
    if after is not None:
        query = query.where(Instance.id < after[1])
    found = session.execute(query.order_by(Instance.id.desc()).limit(PAGE + 1)).all()
    shown = found[:PAGE]
    standing = _standing(session, [instance.id for instance, _ in shown])
    held = {case_id: holder_of(work) for case_id, work in standing.items()}
    known = select(Person.id, Person.name).where(Person.id.in_(set(held.values())))
    names: dict[int | None, str] = dict(session.execute(known).all())
    days, rows = Days(session), []
    for instance, bureau in shown:
        work = standing.get(instance.id)
        ended = not instance.alive
        lamp = Lamp("done", "已办结") if ended else days.lamp(work.due_at if work else None)
        rows.append(
            Row(
                id=work.id if work else 0,
                case_id=instance.id,
                name=name_of(instance),
                case_no=instance.case_no,
                step=work.step if work else ("已办结" if ended else "系统处理中"),
                process=instance.process,
                clause=work.clause if work else "",
                lamp=lamp,
                due_at=work.due_at if work else None,
                holder=(names.get(held[instance.id]) or work.lane) if work else "",
                mine=False,
                bureau=bureau,
                at=instance.started_at,
                group="",
            )
        )
    return Page(rows, cursors.written(None, shown[-1][0].id) if len(found) > PAGE else "")


def _standing(session: Session, case_ids: Sequence[int]) -> dict[int, WorkItem]:
    """The soonest open item of each case."""
    query = (
        select(WorkItem)
        .where(WorkItem.case_id.in_(case_ids), WorkItem.state == "open")
        .order_by(WorkItem.due_at.desc(), WorkItem.id.desc())
    )
    return {work.case_id: work for work in session.scalars(query)}
