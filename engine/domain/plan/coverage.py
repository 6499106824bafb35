"""覆盖面和检查负担: whether a plan covers enough and visits nobody too often.

依据: W8 (保证必要的检查对象覆盖面，保证必要的监管力度，同时防止过度检查), J11, W9 (times a year).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.domain.draw.selection import quota_of
from engine.domain.plan.query import get
from engine.domain.plan.tables import Plan, PlanTask
from engine.domain.registry import InspectionItem, RegistryObject, below
from engine.operation import Step, operation


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a plan covers.

    `share`: objects in the scope of some task, in whole per cent of the registry;
    `items_missing`: items of the list that no task takes up; `burden`: visits one object may get from the
    plans of this year together; `sample`: objects that will be visited.
    """

    registered: int
    in_scope: int
    share: int
    items_missing: int
    burden: int
    sample: int
    cap: int


def measure(session: Session, plan: Plan, cap: int) -> Coverage:
    """测算 a plan against the registry and the other plans of the same bureau and year."""
    counts = registered(session, plan.bureau_id)
    known = sum(counts.values())
    covered = sample = 0
    for (kind, level), number in counts.items():
        mine = [task for task in plan.tasks if in_scope(task, kind, level)]
        if mine:
            covered += number
            sample += max(sampled(task, number) for task in mine)
    listed = set(
        session.scalars(select(InspectionItem.id).where(InspectionItem.list_id == plan.item_list_id))
    )
    return Coverage(
        registered=known,
        in_scope=covered,
        share=covered * 100 // known if known else 0,
        items_missing=len(listed - {task.item_id for task in plan.tasks}),
        burden=_burden(session, plan),
        sample=sample,
        cap=cap,
    )


def registered(session: Session, bureau_id: int) -> dict[tuple[str, str], int]:
    """对象基数 by kind and level: the bureau's own registry and those of the bureaus under it (吉 第四条).

    An institution that stands in several of these registries counts once, as in the draw.
    """
    query = (
        select(RegistryObject.kind, RegistryObject.level, func.count(RegistryObject.code.distinct()))
        .where(RegistryObject.bureau_id.in_(below(session, bureau_id)), RegistryObject.active)
        .group_by(RegistryObject.kind, RegistryObject.level)
    )
    return {(kind, level): number for kind, level, number in session.execute(query)}


def in_scope(task: PlanTask, kind: str, level: str) -> bool:
    """Whether objects of a kind and level are what a task is about."""
    return task.object_kind == kind and task.level in ("", level)


def sampled(task: PlanTask, number: int) -> int:
    """抽取数量 that a task takes of so many objects, rounded as the draw will round."""
    rule = {"num": task.num, "den": task.den, "min": task.at_least, "round": task.rounding}
    return quota_of(rule, number)


def _burden(session: Session, plan: Plan) -> int:
    """Tasks of one batch share a visit; batches and plans of the same year add up."""
    visits: dict[tuple[str, int, int], int] = defaultdict(int)
    query = select(PlanTask).join(Plan).where(Plan.bureau_id == plan.bureau_id, Plan.year == plan.year)
    for task in session.scalars(query):
        if task.state != "ended":
            key = (task.object_kind, task.plan_id, task.batch)
            visits[key] = max(visits[key], task.frequency)
    per_kind: dict[str, int] = defaultdict(int)
    for (kind, _, _), number in visits.items():
        per_kind[kind] += number
    return max(per_kind.values(), default=0)


@operation("plan.assess", clause="W8", gives=("coverage_share", "items_missing", "burden", "cap"))
def assess(step: Step, *, plan_id: int) -> Mapping[str, Any]:
    """测算覆盖面和检查频次: the facts that the coverage table judges."""
    plan = get(step.session, plan_id)
    found = measure(step.session, plan, int(step.rules["cap.per_year"].value))
    plan.coverage = asdict(found)
    return {
        "coverage_share": found.share,
        "items_missing": found.items_missing,
        "burden": found.burden,
        "cap": found.cap,
    }
