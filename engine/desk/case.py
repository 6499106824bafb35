"""A case as people see it: where it stands, what was answered, what happened, who is in it, why when.

Visible are the cases of the own bureau and, for who supervises, of the bureaus below; a team member
sees the cases of the own teams. Anything else is NotFound. 依据: 吉 第二十四条.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from engine import clock
from engine.access.scope import visible_bureaus
from engine.desk import step
from engine.desk.lamp import Cell, Days, Lamp, band
from engine.desk.world import World
from engine.domain.evidence import Evidence
from engine.domain.inspection.tables import Inspection, TeamMember
from engine.domain.registry import RegistryObject
from engine.domain.terms import chinese
from engine.errors import NotFound
from engine.people import Bureau, Person
from engine.runtime import picture, release
from engine.runtime.model import Trigger
from engine.runtime.tables import Call, History, Instance, Submission, WorkItem

PAGE = 50
NAMED = 2  # steps named in a list line
FEW = 4  # parts of a case that are all drawn
TIMELINE = 40
CHILDREN = 20
KINDS = ("plan", "inspection", "lead", "registry", "handover")
STATES = {"running": "在办", "completed": "已办结", "cancelled": "已取消", "incident": "待处理故障"}
LAMPS = {"running": "doing", "completed": "done", "cancelled": "idle", "incident": "late"}
_ACTS = {
    "human": "办结",
    "claim": "接收",
    "start": "开始",
    "end": "结束",
    "timer": "到时",
    "message": "收到",
    "decision": "规则判定",
    "system": "系统执行",
    "incident": "故障",
    "note": "记事",
}


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


@dataclass(frozen=True, slots=True)
class Standing:
    """A step that is open now."""

    item: WorkItem
    lamp: Lamp
    holder: str
    days: Sequence[Cell]


@dataclass(frozen=True, slots=True)
class Diagram:
    """One process of the case, drawn, with the same in words."""

    instance: Instance
    name: str
    svg: str
    words: str
    done: int
    active: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timeline."""

    id: int
    kind: str
    who: str
    what: str
    at: datetime
    clause: str
    quote: str
    changes: Sequence[tuple[str, str, str]]
    hot: bool = False


@dataclass(frozen=True, slots=True)
class Answered:
    """A form that was handed in."""

    item_id: int
    step: str
    who: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Children:
    """Cases or processes that a call activity started: how many, in which state, the first of them."""

    process: str
    total: int
    states: Mapping[str, int]
    first: Sequence[Instance]


@dataclass(frozen=True, slots=True)
class CaseView:
    """Everything the page of a case shows."""

    instance: Instance
    name: str
    kind: str
    pack: str
    version: int
    bureau: Bureau
    state: str
    lamp: str
    standing: Sequence[Standing]
    diagrams: Sequence[Diagram]
    answered: Sequence[Answered]
    timeline: Sequence[Entry]
    more: int
    people: Sequence[TeamMember]
    inspection: Inspection | None
    children: Sequence[Children]
    parent: Instance | None
    thing: RegistryObject | None
    evidence: Sequence[tuple[Evidence, str]]


# --- the list ---------------------------------------------------------------------------------


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


# --- one case ------------------------------------------------------------------------------------


def view(session: Session, person: Person, case_id: int, *, before: int = 0, only: str = "") -> CaseView:
    """The page of a case. An instance that belongs to another case shows that case."""
    instance = find(session, person, case_id)
    if instance.case_id not in (None, instance.id):
        instance = find(session, person, int(instance.case_id or instance.id))
    compiled = release.load(session, instance.release_id)
    members = session.scalars(
        select(Instance).where(Instance.case_id == instance.id).order_by(Instance.id)
    ).all()
    days = Days(session)
    items = session.scalars(
        select(WorkItem).where(WorkItem.case_id == instance.id).order_by(WorkItem.id)
    ).all()
    entries = timeline(session, instance.id, before=before, only=only)
    inspection = _inspection(session, instance)
    return CaseView(
        instance=instance,
        name=name_of(instance),
        kind=chinese(instance.process),
        pack=compiled.pack,
        version=compiled.version,
        bureau=session.get_one(Bureau, instance.bureau_id),
        state=STATES.get(instance.state, instance.state),
        lamp=LAMPS.get(instance.state, "idle"),
        standing=[_stand(session, item, days) for item in items if item.state == "open"],
        diagrams=[_draw(session, compiled, member, items) for member in _worth_drawing(members)],
        answered=_answered(session, instance.id),
        timeline=entries[:TIMELINE],
        more=entries[TIMELINE - 1].id if len(entries) > TIMELINE else 0,
        people=_people(session, inspection),
        inspection=inspection,
        children=_children(session, instance),
        parent=session.get(Instance, instance.parent_id) if instance.parent_id else None,
        thing=session.get(RegistryObject, inspection.object_id) if inspection else None,
        evidence=_evidence(session, inspection),
    )


def timeline(session: Session, case_id: int, *, before: int = 0, only: str = "") -> list[Entry]:
    """What happened in a case, latest first; `before` is the id of the last entry shown.

    `only`: "people" for what persons did, "system" for what the machine did, "" for everything.
    """
    query = select(History, Person.name).outerjoin(Person, Person.id == History.person_id)
    query = query.where(History.case_id == case_id)
    if before:
        query = query.where(History.id < before)
    if only:
        query = query.where(
            History.person_id.is_not(None) if only == "people" else History.person_id.is_(None)
        )
    found = session.execute(query.order_by(History.id.desc()).limit(TIMELINE + 1)).all()
    return [_entry(row, name, hot=index == 0 and not before) for index, (row, name) in enumerate(found)]


def _entry(row: History, name: str | None, *, hot: bool) -> Entry:
    detail = row.detail or {}
    answers = detail.get("answers") or {}
    quote = next((str(answers[key]) for key in ("reason", "opinion", "note") if answers.get(key)), "")
    decision = {"approve": "同意", "agree": "同意", "return": "退回", "reject": "不同意"}.get(
        str(answers.get("decision", "")), ""
    )
    act = decision or _ACTS.get(row.kind, row.kind)
    step_name = "" if row.kind == "decision" and row.step.isascii() else row.step
    return Entry(
        id=row.id,
        kind=row.kind,
        who=name or "系统",
        what=f"{act}：{step_name}" if step_name else act,
        at=row.at,
        clause=row.clause,
        quote=quote or str(detail.get("reason", "") or ""),
        changes=[(str(c[0]), str(c[1]), str(c[2])) for c in detail.get("changes", [])],
        hot=hot,
    )


def _stand(session: Session, item: WorkItem, days: Days) -> Standing:
    holder = session.get(Person, item.claimed_by_id) if item.claimed_by_id else None
    if holder is None and item.pool.startswith("person/"):
        holder = session.get(Person, int(item.pool.partition("/")[2]))
    return Standing(
        item,
        days.lamp(item.due_at),
        holder.name if holder else "",
        band(session, item.due_why or {}, item.due_at),
    )


def _worth_drawing(members: Sequence[Instance]) -> list[Instance]:
    """The case itself and what runs beside it now; finished parts only when there are few."""
    running = [member for member in members if member.state in ("running", "incident")]
    return (
        list(members)
        if len(members) <= FEW
        else [members[0], *[m for m in running if m is not members[0]][:5]]
    )


def _draw(
    session: Session, compiled: release.Compiled, instance: Instance, items: Sequence[WorkItem]
) -> Diagram:
    source = compiled.sources.get(instance.process, b"")
    definition = compiled.processes.get(instance.process)
    done = set(
        session.scalars(
            select(History.element)
            .where(History.instance_id == instance.id, History.element != "")
            .distinct()
        )
    )
    active: dict[str, int] = {}
    late: dict[str, int] = {}
    now = clock.now()
    for item in items:
        if item.instance_id == instance.id and item.state == "open":
            active[item.element] = active.get(item.element, 0) + 1
            if item.due_at is not None and item.due_at < now:
                late[item.element] = late.get(item.element, 0) + 1
    calls = select(Call.element, Call.total - Call.finished).where(
        Call.instance_id == instance.id, Call.state == "open"
    )
    active |= {element: max(1, int(left)) for element, left in session.execute(calls)}
    finished = select(Call.element).where(Call.instance_id == instance.id, Call.state == "done")
    done |= set(session.scalars(finished))
    done -= set(active)
    return Diagram(
        instance=instance,
        name=definition.name if definition else chinese(instance.process),
        svg=picture.svg(source, done=done, active=active, overdue=late) if source else "",
        words=picture.words(source, done, active, late) if source else "",
        done=len(done),
        active=sum(active.values()),
    )


def _answered(session: Session, case_id: int) -> list[Answered]:
    query = (
        select(Submission.work_item_id, WorkItem.step, Person.name, Submission.at)
        .join(WorkItem, WorkItem.id == Submission.work_item_id)
        .join(Person, Person.id == Submission.person_id)
        .where(Submission.case_id == case_id)
        .order_by(Submission.id.desc())
        .limit(100)
    )
    return [Answered(*row) for row in session.execute(query)]


def _inspection(session: Session, instance: Instance) -> Inspection | None:
    number = (instance.data or {}).get("inspection_id")
    return session.get(Inspection, int(number)) if number else None


def _evidence(session: Session, inspection: Inspection | None) -> list[tuple[Evidence, str]]:
    if inspection is None:
        return []
    query = (
        select(Evidence, Person.name)
        .join(Person, Person.id == Evidence.collected_by_id)
        .where(Evidence.inspection_id == inspection.id)
        .order_by(Evidence.no)
    )
    return [(row, name) for row, name in session.execute(query)]


def _people(session: Session, inspection: Inspection | None) -> list[TeamMember]:
    if inspection is None:
        return []
    query = select(TeamMember).where(TeamMember.inspection_id == inspection.id).order_by(TeamMember.id)
    return list(session.scalars(query))


def _children(session: Session, instance: Instance) -> list[Children]:
    """Cases that this case started (the inspections of a plan)."""
    counted = (
        select(Instance.process, Instance.state, func.count())
        .where(Instance.parent_id == instance.id, Instance.case_id == Instance.id)
        .group_by(Instance.process, Instance.state)
    )
    found: dict[str, dict[str, int]] = {}
    for process, state, number in session.execute(counted):
        found.setdefault(process, {})[STATES.get(state, state)] = number
    result = []
    for process, states in found.items():
        first = session.scalars(
            select(Instance)
            .where(Instance.parent_id == instance.id, Instance.process == process)
            .order_by(Instance.id)
            .limit(CHILDREN)
        )
        result.append(Children(process, sum(states.values()), states, list(first)))
    return result


def trigger_of(_world: World, session: Session, person: Person, case_id: int, process: str) -> Trigger:
    """What this person may set off in a case, by its process; NotFound otherwise."""
    for trigger in step.actions(session, person, case_id):
        if trigger.process == process:
            return trigger
    raise NotFound("现在不能在本案发起这个事项。", hint="案件可能已办结，或不在你的职责内。")


def form_of(session: Session, instance: Instance, trigger: Trigger) -> bytes:
    """The form that stands before something a person may set off in a case."""
    forms = release.load(session, instance.release_id).forms
    return forms.get(trigger.element.property("form"), b'{"components": []}')


def data_of(instance: Instance) -> Mapping[str, Any]:
    """References a case carries: plan, draw, inspection, lead."""
    return instance.data or {}
