"""Plans (抽查计划): the list, one plan with its tasks and draws, and opening a new one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, defer, selectinload

from engine.access.rights import DRAFT_PLAN
from engine.access.scope import visible_bureaus
from engine.desk import step
from engine.desk.release import in_force
from engine.desk.world import World
from engine.domain.ceremony.tables import Draw
from engine.domain.plan.drafting import propose
from engine.domain.plan.query import default_title
from engine.domain.plan.tables import Plan, PlanTask
from engine.errors import NotFound
from engine.people import Bureau, Person
from engine.runtime import receipt
from engine.runtime.tables import Instance

PAGE = 50
LAMPS = {
    "drafting": "doing",
    "submitted": "soon",
    "returned": "soon",
    "approved": "done",
    "published": "done",
    "amended": "done",
    "closed": "done",
}


@dataclass(frozen=True, slots=True)
class PlanView:
    """A plan with what came of it."""

    plan: Plan
    title: str
    lamp: str
    bureau: Bureau
    tasks: Sequence[PlanTask]
    draws: Sequence[Draw]
    case_id: int


def listing(session: Session, person: Person, *, year: int = 0) -> list[tuple[Plan, str, str, str]]:
    """Plans of the visible bureaus, latest first: row, title, bureau, lamp."""
    query = (
        select(Plan, Bureau.short_name)
        .join(Bureau, Bureau.id == Plan.bureau_id)
        .where(Plan.bureau_id.in_(visible_bureaus(session, person)))
    )
    if year:
        query = query.where(Plan.year == year)
    query = query.order_by(Plan.year.desc(), Plan.quarter.desc(), Plan.id.desc()).limit(PAGE)
    return [
        (plan, plan.title or default_title(plan), name, LAMPS.get(plan.state, "idle"))
        for plan, name in session.execute(query)
    ]


def view(session: Session, person: Person, plan_id: int) -> PlanView:
    """A plan of a visible bureau; NotFound otherwise."""
    plan = session.scalar(
        select(Plan)
        .where(Plan.id == plan_id, Plan.bureau_id.in_(visible_bureaus(session, person)))
        .options(selectinload(Plan.tasks), selectinload(Plan.author), selectinload(Plan.approver))
    )
    if plan is None:
        raise NotFound("没有这个抽查计划。", hint="它可能不在你能看的范围内。可从计划列表进入。")
    draws = session.scalars(
        select(Draw)
        .where(Draw.plan_id == plan.id, Draw.state != "abandoned")
        .options(defer(Draw.document), defer(Draw.events), defer(Draw.aliases))
        .order_by(Draw.batch, Draw.round)
    ).all()
    case_id = session.scalar(
        select(Instance.id).where(
            Instance.process == "plan", Instance.bureau_id == plan.bureau_id, Instance.case_no == plan.no
        )
    )
    return PlanView(
        plan=plan,
        title=plan.title or default_title(plan),
        lamp=LAMPS.get(plan.state, "idle"),
        bureau=session.get_one(Bureau, plan.bureau_id),
        tasks=list(plan.tasks),
        draws=list(draws),
        case_id=case_id or 0,
    )


def open_plan(
    world: World, session: Session, actor: Person, *, year: int, quarter: int, title: str, key: str = ""
) -> Instance:
    """Open a plan of the own bureau and its case; drafting then waits in the inboxes. 依据: J8, W8.

    The same key opens one plan.
    """
    DRAFT_PLAN.demand(actor)

    def opened() -> int:
        rules = in_force(session, actor.bureau.pack)
        plan = propose(
            session, rules, bureau=actor.bureau, year=year, opener=actor, quarter=quarter, title=title
        )
        data = {"plan_id": plan.id}
        return step.start_process(world, session, actor, "plan", data, bureau_id=actor.bureau_id).id

    body = {"open": "plan", "year": year, "quarter": quarter, "title": title, "actor": actor.id}
    return session.get_one(Instance, receipt.once(session, key, body, opened))
