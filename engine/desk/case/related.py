"""关联案件 and the people of a case: the same object over the years, plan, draw, lead, parent; who did what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine import clock
from engine.desk.case.listing import STATES, name_of, visible
from engine.domain.inspection.tables import Inspection, TeamMember
from engine.domain.registry import RegistryObject, relation_to
from engine.domain.terms import RELATIONS, chinese
from engine.people import Person
from engine.runtime.tables import Instance, WorkItem

MOST = 20
LOOKED = 200


@dataclass(frozen=True, slots=True)
class Related:
    """Another case: why it is related, its name, year, state and outcome."""

    why: str
    case_id: int
    name: str
    year: int
    state: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Doer:
    """Somebody who did steps of a case: how many, the last one, what binds them to the object today."""

    name: str
    steps: int
    last: str
    at: datetime
    relation: str


def related(
    session: Session, person: Person, instance: Instance, inspection: Inspection | None
) -> list[Related]:
    """Cases that belong to this one, as far as this person may see them."""
    found: dict[int, str] = {}
    if instance.parent_id:
        parent = session.get_one(Instance, instance.parent_id)
        found[parent.case_id or parent.id] = "来源"
    if inspection is not None:
        found = _alike(session, inspection) | found
    found |= _others(session, instance)
    found.pop(instance.id, None)
    if not found:
        return []
    seen = session.scalars(visible(session, person).where(Instance.id.in_(list(found))))
    return [
        Related(
            found[each.id],
            each.id,
            name_of(each),
            clock.local(each.started_at).year,
            STATES.get(each.state, each.state),
            each.outcome,
        )
        for each in sorted(seen, key=lambda each: -each.id)
    ]


def _alike(session: Session, inspection: Inspection) -> dict[int, str]:
    """Inspections of the same object or from the same lead: case → why."""
    found: dict[int, str] = {}
    wanted = (
        (Inspection.object_id, inspection.object_id, "同一对象"),
        (Inspection.lead_id, inspection.lead_id, "同一线索"),
    )
    for column, number, why in wanted:
        if number is not None:
            cases = select(Inspection.case_id).where(
                column == number, Inspection.id != inspection.id, Inspection.case_id.is_not(None)
            )
            for case in session.scalars(cases.order_by(Inspection.id.desc()).limit(MOST)):
                found.setdefault(int(case or 0), why)
    return found


def _others(session: Session, instance: Instance) -> dict[int, str]:
    """The cases of the lead or handover that an instance carries: case → why."""
    found: dict[int, str] = {}
    for key in ("handover_id", "lead_id"):
        process = key.removesuffix("_id")
        number = (instance.data or {}).get(key)
        if number is None or instance.process == process:
            continue
        query = select(Instance).where(Instance.case_id == Instance.id, Instance.process == process)
        for each in session.scalars(query.order_by(Instance.id.desc()).limit(LOOKED)):
            if (each.data or {}).get(key) == number:
                found[each.id] = chinese(process)
    return found


def doers(session: Session, case_id: int, thing: RegistryObject | None) -> Sequence[Doer]:
    """Who did steps of the case, latest first, each with a 利害关系 to the object if there is one."""
    query = (
        select(WorkItem.done_by_id, func.count(), func.max(WorkItem.id))
        .where(WorkItem.case_id == case_id, WorkItem.state == "done")
        .group_by(WorkItem.done_by_id)
        .order_by(func.max(WorkItem.id).desc())
        .limit(MOST)
    )
    found = []
    for number, steps, last in session.execute(query):
        who, item = session.get_one(Person, number), session.get_one(WorkItem, last)
        relation = relation_to(session, who, thing) if thing is not None else ""
        told = RELATIONS.get(relation, relation)
        found.append(Doer(who.name, steps, item.step, item.done_at or item.opened_at, told))
    return found


def ties(session: Session, members: Sequence[TeamMember], thing: RegistryObject | None) -> dict[int, str]:
    """What binds members of the team to the object by the registry today: member id → 利害关系."""
    found = {}
    for member in members:
        who = session.get(Person, member.person_id) if member.person_id else None
        relation = relation_to(session, who, thing) if who is not None and thing is not None else ""
        if relation:
            found[member.id] = RELATIONS.get(relation, relation)
    return found
