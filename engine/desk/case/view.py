"""One case on one page: where it stands, its diagrams, answers, people, evidence and children."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from engine import clock
from engine.desk.case import extra
from engine.desk.case.checklist import Line, checklist
from engine.desk.case.ledger import Limit, Moved, ledger, limits
from engine.desk.case.listing import LAMPS, STATES, find, name_of
from engine.desk.case.local import LocalBureau, local_bureau
from engine.desk.case.related import Doer, Related, doers, related, ties
from engine.desk.case.then import stood
from engine.desk.case.timeline import TIMELINE, Entry, timeline
from engine.desk.case.waiting import Standing, Waiting, standing, waiting
from engine.desk.lamp import Days
from engine.domain.evidence import Evidence
from engine.domain.inspection.tables import Inspection, TeamMember
from engine.domain.pack import parameters
from engine.domain.registry import RegistryObject
from engine.domain.terms import chinese
from engine.errors import NotFound
from engine.people import Bureau, Person
from engine.runtime import picture, release
from engine.runtime.model import Trigger
from engine.runtime.tables import Call, ExtraTask, History, Instance, Submission, WorkItem
from engine.runtime.work_item import holder_of
from engine.sentence import Sentence

FEW = 4  # parts of a case that are all drawn
CHILDREN = 20


@dataclass(frozen=True, slots=True)
class Diagram:
    """One process of the case, drawn, with the same in words."""

    instance: Instance
    name: str
    svg: str
    lanes: str
    strips: Sequence[tuple[int, int, int]]
    words: str
    done: int
    active: int
    late: int


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
    waiting: Sequence[Waiting]
    untold: int
    diagrams: Sequence[Diagram]
    answered: Sequence[Answered]
    timeline: Sequence[Entry]
    more: int
    people: Sequence[TeamMember]
    inspection: Inspection | None
    children: Sequence[Children]
    parent: Instance | None
    thing: RegistryObject | None
    local: LocalBureau | None
    evidence: Sequence[tuple[Evidence, str]]
    checklist: Sequence[Line]
    limits: Sequence[Limit]
    ledger: Sequence[Moved]
    related: Sequence[Related]
    doers: Sequence[Doer]
    ties: Mapping[int, str]
    extras: Sequence[ExtraTask]
    decisions: Sequence[tuple[int, str, datetime]]
    as_of: date | None


def view(
    session: Session,
    person: Person,
    case_id: int,
    *,
    before: int = 0,
    only: str = "",
    as_of: date | None = None,
) -> CaseView:
    """The page of a case. An instance that belongs to another case shows that case.

    `as_of`: as the case stood at the end of that day, put together again from what was written since it began.
    """
    instance = find(session, person, case_id)
    if instance.case_id not in (None, instance.id):
        instance = find(session, person, int(instance.case_id or instance.id))
    compiled = release.load(session, instance.release_id)
    members = session.scalars(
        select(Instance).where(Instance.case_id == instance.id).order_by(Instance.id)
    ).all()
    until = clock.end_of(as_of) if as_of is not None else None
    if until is not None:
        if instance.started_at > until:
            raise NotFound(Sentence("{as_of} 时还没有这个案件。", as_of=as_of), hint="请选更晚的日期。")
        members = [each for each in members if each.started_at <= until]
    days = Days(session, until)
    items = session.scalars(
        select(WorkItem).where(WorkItem.case_id == instance.id).order_by(WorkItem.id)
    ).all()
    if until is not None:
        items = stood(session, instance.id, items, until)
    steps = _links(session, items, parameters(compiled.pack).posts)
    still = standing(session, items, days)
    entries = timeline(session, instance.id, before=before, only=only, until=until)
    inspection = _inspection(session, instance)
    thing = session.get(RegistryObject, inspection.object_id) if inspection else None
    team = _people(session, inspection, until)
    state = instance.state
    if until is not None and (instance.ended_at is None or instance.ended_at > until):
        state = "running"
    return CaseView(
        instance=instance,
        name=name_of(instance),
        kind=chinese(instance.process),
        pack=compiled.pack,
        version=compiled.version,
        bureau=session.get_one(Bureau, instance.bureau_id),
        state=STATES.get(state, state),
        lamp=LAMPS.get(state, "idle"),
        standing=still,
        waiting=(lines := waiting(session, person, still, days)),
        untold=len(still) - sum(line.count for line in lines),
        diagrams=[
            _draw(session, compiled, member, items, until, steps.get(member.id, {}))
            for member in _worth_drawing(members)
        ],
        answered=_answered(session, instance.id, until),
        timeline=entries[:TIMELINE],
        more=entries[TIMELINE - 1].id if len(entries) > TIMELINE else 0,
        people=team,
        inspection=inspection,
        children=_children(session, instance) if until is None else [],
        parent=session.get(Instance, instance.parent_id) if instance.parent_id else None,
        thing=thing,
        local=local_bureau(session, inspection) if until is None else None,
        evidence=_evidence(session, inspection, until),
        checklist=checklist(session, members, items) if until is None else [],
        limits=limits(items),
        ledger=[row for row in ledger(session, instance.id, items) if until is None or row.at <= until],
        related=related(session, person, instance, inspection) if until is None else [],
        doers=doers(session, instance.id, thing) if until is None else [],
        ties=ties(session, team, thing),
        extras=[row for row in extra.of_case(session, instance.id) if until is None or row.asked_at <= until],
        decisions=_decisions(session, instance.id, until),
        as_of=as_of,
    )


def _decisions(session: Session, case_id: int, until: datetime | None) -> list[tuple[int, str, datetime]]:
    """What rules decided in the case, latest first; each is explained on a page of its own."""
    query = select(History).where(History.case_id == case_id, History.kind == "decision")
    if until is not None:
        query = query.where(History.at <= until)
    rows = session.scalars(query.order_by(History.id.desc()).limit(CHILDREN))
    return [(row.id, row.step or str((row.detail or {}).get("decision", "")), row.at) for row in rows]


def _worth_drawing(members: Sequence[Instance]) -> list[Instance]:
    """The case itself and what runs beside it now; finished parts only when there are few."""
    running = [member for member in members if member.alive]
    return (
        list(members)
        if len(members) <= FEW
        else [members[0], *[m for m in running if m is not members[0]][:5]]
    )


def _draw(
    session: Session,
    compiled: release.Compiled,
    instance: Instance,
    items: Sequence[WorkItem],
    until: datetime | None,
    links: Mapping[str, tuple[str, str]],
) -> Diagram:
    source = compiled.sources.get(instance.process, b"")
    definition = compiled.processes.get(instance.process)
    past = select(History.element).where(History.instance_id == instance.id, History.element != "")
    if until is not None:
        past = past.where(History.at <= until)
    done = set(session.scalars(past.distinct()))
    active: dict[str, int] = {}
    late: dict[str, int] = {}
    now = until or clock.now()
    for item in items:
        if item.instance_id == instance.id and item.state == "open":
            active[item.element] = active.get(item.element, 0) + 1
            if item.due_at is not None and item.due_at < now:
                late[item.element] = late.get(item.element, 0) + 1
    calls = select(Call.element, Call.total - Call.finished).where(
        Call.instance_id == instance.id, Call.state == "open"
    )
    if until is None:  # when a call began and ended is not kept: of the past, steps alone are told
        active |= {element: max(1, int(left)) for element, left in session.execute(calls)}
        finished = select(Call.element).where(Call.instance_id == instance.id, Call.state == "done")
        done |= set(session.scalars(finished))
    done -= set(active)
    posts = parameters(compiled.pack).posts
    return Diagram(
        instance=instance,
        name=definition.name if definition else chinese(instance.process),
        svg=picture.svg(source, done=done, active=active, overdue=late, posts=posts, links=links)
        if source
        else "",
        lanes=picture.lanes(source, posts) if source else "",
        strips=picture.strips(source, done, active) if source else [],
        words=picture.words(source, done, active, late) if source else "",
        done=len(done),
        active=sum(active.values()),
        late=sum(late.values()),
    )


def _links(
    session: Session, items: Sequence[WorkItem], posts: Mapping[str, str]
) -> dict[int, dict[str, tuple[str, str]]]:
    """Instance → element → (page of its step, who and when): what waits before what is done, the latest of each."""
    last: dict[tuple[int, str], WorkItem] = {}
    for item in items:
        known = last.get((item.instance_id, item.element))
        if item.state != "cancelled" and (known is None or known.state != "open" or item.state == "open"):
            last[item.instance_id, item.element] = item
    who = {key: item.done_by_id or holder_of(item) for key, item in last.items()}
    known_names = select(Person.id, Person.name).where(Person.id.in_(set(who.values())))
    names: dict[int | None, str] = dict(session.execute(known_names).all())
    found: dict[int, dict[str, tuple[str, str]]] = {}
    for (instance_id, element), item in last.items():
        at = clock.local(item.done_at or item.claimed_at or item.opened_at).strftime("%Y-%m-%d %H:%M")
        told = f"{names.get(who[instance_id, element]) or posts.get(item.lane, item.lane)} {at}"
        found.setdefault(instance_id, {})[element] = (f"/tasks/{item.id}", told)
    return found


def _answered(session: Session, case_id: int, until: datetime | None) -> list[Answered]:
    query = (
        select(Submission.work_item_id, WorkItem.step, Person.name, Submission.at)
        .join(WorkItem, WorkItem.id == Submission.work_item_id)
        .join(Person, Person.id == Submission.person_id)
        .where(Submission.case_id == case_id)
        .order_by(Submission.id.desc())
        .limit(100)
    )
    if until is not None:
        query = query.where(Submission.at <= until)
    return [Answered(*row) for row in session.execute(query)]


def _inspection(session: Session, instance: Instance) -> Inspection | None:
    number = (instance.data or {}).get("inspection_id")
    return session.get(Inspection, int(number)) if number else None


def _evidence(
    session: Session, inspection: Inspection | None, until: datetime | None
) -> list[tuple[Evidence, str]]:
    if inspection is None:
        return []
    query = (
        select(Evidence, Person.name)
        .join(Person, Person.id == Evidence.collected_by_id)
        .where(Evidence.inspection_id == inspection.id)
        .order_by(Evidence.no)
    )
    if until is not None:
        query = query.where(Evidence.entered_at <= until)
    return [(row, name) for row, name in session.execute(query)]


def _people(session: Session, inspection: Inspection | None, until: datetime | None) -> list[TeamMember]:
    if inspection is None:
        return []
    query = select(TeamMember).where(TeamMember.inspection_id == inspection.id).order_by(TeamMember.id)
    if until is not None:
        left_later = or_(TeamMember.left_at.is_(None), TeamMember.left_at > until)
        query = query.where(TeamMember.joined_at <= until, left_later)
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


def form_of(session: Session, instance: Instance, trigger: Trigger) -> bytes:
    """The form that stands before something a person may set off in a case."""
    forms = release.load(session, instance.release_id).forms
    return forms.get(trigger.element.property("form"), b'{"components": []}')


def data_of(instance: Instance) -> Mapping[str, Any]:
    """References a case carries: plan, draw, inspection, lead."""
    return instance.data or {}
