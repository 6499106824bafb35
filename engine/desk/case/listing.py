"""Lists of cases: whose they are, what waits in them and with whom."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import MAXYEAR, date, datetime

from sqlalchemy import ColumnElement, Select, false, func, or_, select
from sqlalchemy.orm import Session

from engine import clock
from engine.access.scope import visible_bureaus
from engine.domain.inspection.tables import Inspection, TeamMember
from engine.domain.terms import chinese
from engine.errors import NotFound
from engine.people import Bureau, Person
from engine.runtime.tables import Instance, WorkItem
from engine.runtime.work_item import holder_in

PAGE = 50
NAMED = 2  # steps, and holders, named in a list line
GAPS = re.compile(r"[\s\[\]()（）〔〕【】]+")
"""What people type in place of the brackets of a case number, 〔 〕, which no keyboard has."""
KINDS = ("plan", "inspection", "lead", "registry", "handover")
STATES = {"running": "在办", "completed": "已办结", "cancelled": "已取消", "incident": "待处理故障"}
LAMPS = {"running": "doing", "completed": "done", "cancelled": "idle", "incident": "late"}


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One line of the list of cases. `holders`: who has its open steps; `lanes`: posts of those nobody took."""

    id: int
    name: str
    case_no: str
    kind: str
    state: str
    lamp: str
    outcome: str
    bureau: str
    started_at: datetime
    steps: str
    holders: str
    lanes: Sequence[str]


@dataclass(frozen=True, slots=True)
class CasePage:
    """A page of cases; `next` is the cursor of the next one."""

    rows: Sequence[CaseRow]
    next: str


def listing(
    session: Session,
    person: Person,
    *,
    kind: str = "",
    state: str = "",
    q: str = "",
    parent: int = 0,
    year: int = 0,
    cursor: int = 0,
) -> CasePage:
    """Cases this person may see, latest first. `year`: begun in it (0: any)."""
    query = visible(session, person).where(Instance.case_id == Instance.id)
    if kind:
        query = query.where(Instance.process == kind)
    if state:
        query = query.where(Instance.state == state)
    if parent:
        query = query.where(Instance.parent_id == parent)
    if year:
        query = query.where(_begun_in(year))
    if q:
        like = _like(q)
        names = (Instance.object_name, Instance.case_no, Instance.title)
        query = query.where(or_(*(name.ilike(like, escape="\\") for name in names)))
    if cursor:
        query = query.where(Instance.id < cursor)
    found = list(session.scalars(query.order_by(Instance.id.desc()).limit(PAGE + 1)))
    shown = found[:PAGE]
    bureaus = _bureau_names(session, {instance.bureau_id for instance in shown})
    steps = _open_steps(session, [instance.id for instance in shown])
    rows = [
        CaseRow(
            id=instance.id,
            name=name_of(instance),
            case_no=instance.case_no,
            kind=chinese(instance.process),
            state=STATES.get(instance.state, instance.state),
            lamp=LAMPS.get(instance.state, "idle"),
            outcome=instance.outcome,
            bureau=bureaus.get(instance.bureau_id, ""),
            started_at=instance.started_at,
            steps=steps[instance.id].steps if instance.id in steps else "",
            holders=steps[instance.id].holders if instance.id in steps else "",
            lanes=steps[instance.id].lanes if instance.id in steps else (),
        )
        for instance in shown
    ]
    return CasePage(rows, str(shown[-1].id) if len(found) > PAGE else "")


def visible(session: Session, person: Person) -> Select[Instance]:
    """The instances a person may see: by bureau, or by being on the team."""
    bureaus = visible_bureaus(session, person)
    mine = (
        select(Inspection.case_id)
        .join(TeamMember, TeamMember.inspection_id == Inspection.id)
        .where(
            TeamMember.person_id == person.id, TeamMember.left_at.is_(None), Inspection.case_id.is_not(None)
        )
    )
    local = select(Inspection.case_id).where(
        Inspection.local_bureau_id.in_(bureaus), Inspection.case_id.is_not(None)
    )
    query = select(Instance)
    if not bureaus:
        return query.where(Instance.case_id.in_(mine))
    return query.where(
        or_(Instance.bureau_id.in_(bureaus), Instance.case_id.in_(mine), Instance.case_id.in_(local))
    )


def _begun_in(year: int) -> ColumnElement[bool]:
    """Begun in a calendar year of Shanghai; nothing was in a year that no calendar has."""
    if not 1 < year < MAXYEAR:
        return false()
    first, last = date(year, 1, 1), date(year, 12, 31)
    return Instance.started_at.between(clock.start_of(first), clock.end_of(last))


def _like(q: str) -> str:
    """A pattern that finds this text anywhere, whatever brackets or spaces were typed in it."""
    plain = re.sub(r"([\\%_])", r"\\\1", q.strip())
    return f"%{GAPS.sub('%', plain)}%"


def find(session: Session, person: Person, case_id: int) -> Instance:
    """A case by number if this person may see it; else NotFound."""
    instance = session.scalar(visible(session, person).where(Instance.id == case_id))
    if instance is None:
        raise NotFound("没有这个案件。", hint="它可能不在你能看的范围内。可从案件列表进入。")
    return instance


def name_of(instance: Instance) -> str:
    """How a case is called on a page."""
    return (
        instance.object_name
        or instance.title
        or instance.case_no
        or f"{chinese(instance.process)} {instance.id}"
    )


def _bureau_names(session: Session, ids: set[int]) -> dict[int, str]:
    return dict(session.execute(select(Bureau.id, Bureau.short_name).where(Bureau.id.in_(ids))).all())


@dataclass(frozen=True, slots=True)
class _Open:
    """What waits in one case: its steps and their holders in a few words, the posts of those nobody took."""

    steps: str
    holders: str
    lanes: Sequence[str]


def _open_steps(session: Session, case_ids: Sequence[int]) -> dict[int, _Open]:
    """By case; read once per step and holder, however many parts are open."""
    what = (WorkItem.case_id, WorkItem.step, WorkItem.lane, WorkItem.claimed_by_id, WorkItem.pool)
    query = (
        select(*what)
        .where(WorkItem.case_id.in_(case_ids), WorkItem.state == "open")
        .group_by(*what)
        .order_by(func.min(WorkItem.due_at), func.min(WorkItem.id))
    )
    rows = session.execute(query).all()
    held = [holder_in(row.pool, row.claimed_by_id) for row in rows]
    known = select(Person.id, Person.name).where(Person.id.in_(set(held)))
    names: dict[int | None, str] = dict(session.execute(known).all())
    found: dict[int, tuple[dict[str, None], dict[str, None], dict[str, None]]] = {}
    for row, holder in zip(rows, held, strict=True):
        steps, holders, lanes = found.setdefault(row.case_id, ({}, {}, {}))
        steps[row.step] = None
        if holder in names:
            holders[names[holder]] = None
        else:
            lanes[row.lane] = None
    return {
        case_id: _Open(_few(list(steps)), _few(list(holders)), list(lanes)[:NAMED])
        for case_id, (steps, holders, lanes) in found.items()
    }


def _few(words: Sequence[str]) -> str:
    return "、".join(words[:NAMED]) + ("等" if len(words) > NAMED else "")


def years(session: Session, person: Person) -> list[int]:
    """The years in which cases that this person may see began, latest first; cases are numbered as they begin."""
    query = visible(session, person).where(Instance.case_id == Instance.id)
    first = session.scalar(query.order_by(Instance.id).limit(1))
    if first is None:
        return []
    return list(range(clock.today().year, clock.local(first.started_at).year - 1, -1))
