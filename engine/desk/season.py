"""A new year, a new quarter: the plan that is due opens by itself, once, and drafting waits in the inboxes.

依据: 吉 第八条、第十条 (年度计划), 舞 第八条 (每季度制定). A bureau that has never planned here starts by hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import audit, clock
from engine.desk.release import in_force
from engine.desk.world import World
from engine.domain.plan.drafting import propose
from engine.domain.plan.tables import Plan
from engine.domain.registry import current_item_list
from engine.operation import Rules
from engine.people import Bureau, Role, holders
from engine.runtime import job

JOB = "plan.due"
QUARTER = 3  # months


def period_of(rules: Rules, day: date) -> tuple[int, int]:
    """(year, quarter) whose plan a day belongs to; quarter 0 where the pack plans by the year."""
    quarterly = rules.value("plan.cycle") == "quarterly"
    return day.year, (day.month - 1) // QUARTER + 1 if quarterly else 0


def due(session: Session) -> int:
    """Write the wish to open each plan that is due today; the same period is wished for once. How many are due."""
    found = 0
    planning = select(Plan.bureau_id).distinct()
    for bureau in session.scalars(select(Bureau).where(Bureau.id.in_(planning)).order_by(Bureau.id)):
        year, quarter = period_of(in_force(session, bureau.pack), clock.today())
        if not _may_open(session, bureau, year, quarter):
            continue
        found += 1
        wish = {"bureau": bureau.id, "year": year, "quarter": quarter}
        job.enqueue(session, JOB, wish, key=f"{JOB}:{bureau.id}:{year}:{quarter}")
    return found


def _may_open(session: Session, bureau: Bureau, year: int, quarter: int) -> bool:
    """Whether nobody was quicker, and there are a list and somebody to draft; a wish is written once, so not before."""
    query = select(Plan.id).where(Plan.bureau_id == bureau.id, Plan.year == year, Plan.quarter == quarter)
    if session.scalar(query.limit(1)) is not None or current_item_list(session, bureau.id) is None:
        return False
    return bool(holders(session, bureau.id, Role.SECTION))


def open_plan(world: World, session: Session, payload: Mapping[str, Any]) -> None:
    """Open one plan as a job: nothing where somebody was quicker."""
    bureau = world.bureau(session, payload["bureau"])
    year, quarter = int(payload["year"]), int(payload["quarter"])
    if not _may_open(session, bureau, year, quarter):
        return
    rules = in_force(session, bureau.pack)
    opener = holders(session, bureau.id, Role.SECTION)[0]
    plan = propose(session, rules, bureau=bureau, year=year, opener=opener, quarter=quarter)
    world.runtime.start(
        session, process="plan", data={"plan_id": plan.id}, bureau_id=bureau.id, pack=bureau.pack
    )
    audit.record(
        session,
        action="plan.due",
        subject=f"plan/{plan.no}",
        bureau_id=bureau.id,
        after={"year": year, "quarter": quarter},
        clause="J8 W8",
    )


def open_due(world: World) -> int:
    """What the background process does now and then: see which plans are due; their jobs open them."""
    with world.database.transaction() as session:
        return due(session)
