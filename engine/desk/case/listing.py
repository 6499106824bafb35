"""Lists of cases: whose they are, what waits in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from engine.access.scope import visible_bureaus
from engine.domain.inspection.tables import Inspection, TeamMember
from engine.domain.terms import chinese
from engine.errors import NotFound
from engine.people import Bureau, Person
from engine.runtime.tables import Instance, WorkItem

PAGE = 50
NAMED = 2  # steps named in a list line
KINDS = ("plan", "inspection", "lead", "registry", "handover")
STATES = {"running": "在办", "completed": "已办结", "cancelled": "已取消", "incident": "待处理故障"}
LAMPS = {"running": "doing", "completed": "done", "cancelled": "idle", "incident": "late"}


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One line of the list of cases."""

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
    cursor: int = 0,
) -> CasePage:
    """Cases this person may see, latest first."""
    query = visible(session, person).where(Instance.case_id == Instance.id)
    if kind:
        query = query.where(Instance.process == kind)
    if state:
        query = query.where(Instance.state == state)
    if parent:
        query = query.where(Instance.parent_id == parent)
    if q:
        like = "%" + q.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        names = (Instance.object_name, Instance.case_no, Instance.title)
        query = query.where(or_(*(name.like(like, escape="\\") for name in names)))
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
            steps=steps.get(instance.id, ""),
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


def _open_steps(session: Session, case_ids: Sequence[int]) -> dict[int, str]:
    query = select(WorkItem.case_id, WorkItem.step).where(
        WorkItem.case_id.in_(case_ids), WorkItem.state == "open"
    )
    found: dict[int, dict[str, None]] = {}
    for case_id, name in session.execute(query.order_by(WorkItem.due_at)):
        found.setdefault(case_id, {})[name] = None
    return {
        case_id: "、".join(list(steps)[:NAMED]) + ("等" if len(steps) > NAMED else "")
        for case_id, steps in found.items()
    }
