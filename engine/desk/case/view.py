"""One case on one page: where it stands, its diagrams, answers, people, evidence and children."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine import clock
from engine.desk import step
from engine.desk.case.listing import LAMPS, STATES, find, name_of
from engine.desk.case.timeline import TIMELINE, Entry, timeline
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

FEW = 4  # parts of a case that are all drawn
CHILDREN = 20


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
