"""The last day of a publication: from which day it counts, by which row of the deadlines table.

依据: 舞 第二条, 第十五条.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import clock
from engine.domain.calendar import due_by_release
from engine.domain.followup import penalties
from engine.domain.inspection.tables import Inspection
from engine.domain.plan.query import items_for
from engine.domain.publication.tables import (
    Publication,
)
from engine.domain.registry import RegistryObject
from engine.operation import Step

LIMITS = {
    "result": "publish.result",
    "penalty": "publish.penalty",
    "correction": "publish.correct",
    "withdrawal": "publish.correct",
}
"""Each kind has its own row of the deadlines table: a penalty is public sooner than a result."""


def limit(step: Step, inspection: Inspection, row: Publication) -> date:
    """The last day of a publication, by the calendar as it stands now."""
    return due_by_release(step, LIMITS[row.kind], counted_from(step, inspection, row)).day


def counted_from(step: Step, inspection: Inspection, row: Publication) -> date:
    """The day the limit of a publication counts from.

    A result: the end of the inspection work, of this object or of the whole task as the pack says
    (`publish.count_from`); a penalty: the day its result was known; a change: the day it was approved.
    """
    if row.kind == "penalty":
        known = [row.done_at for row in penalties(step.session, inspection.id) if row.done_at is not None]
        return clock.local(max(known)).date() if known else clock.today()
    if row.kind != "result":
        return clock.local(row.approved_at or row.created_at).date()
    if inspection.ended_on is None:
        return clock.local(row.created_at).date()
    if step.rules.value("publish.count_from") == "task":
        return task_ended(step.session, inspection)
    return inspection.ended_on


def task_ended(session: Session, inspection: Inspection) -> date:
    """检查工作结束之日 of the whole task: the last visit of its draw.

    While other objects of the draw still wait, the day the task is planned to end, if that is later.
    """
    own = inspection.ended_on or clock.today()
    if inspection.draw_id is None:
        return own
    query = select(Inspection).where(
        Inspection.draw_id == inspection.draw_id, Inspection.state != "cancelled"
    )
    together = session.scalars(query).all()
    ended = [row.ended_on for row in together if row.ended_on is not None]
    last = max([own, *ended])
    if len(ended) == len(together) or inspection.plan_id is None:
        return last
    thing = session.get_one(RegistryObject, inspection.object_id)
    return max([last, *(task.ends_on for task in items_for(session, inspection.plan_id, thing))])
