"""逐批抽取和检查: one batch of tasks after the other is drawn and inspected.

A failed draw is repeated only by approval.

依据: J10 (drawn at the planned ratio), W7 (strictly by plan), draw.md 2.8 (the first draw stays visible).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import audit, clock
from engine.domain import answers as ask
from engine.domain.plan.query import get, refuse_self_approval, tasks_of
from engine.domain.plan.tables import PlanRedraw
from engine.domain.terms import cite
from engine.errors import Refused
from engine.operation import Step, operation


@operation("plan.next_batch", clause="J10 W9", gives=("batch",))
def next_batch(step: Step, *, plan_id: int) -> Mapping[str, Any]:
    """启动下一批抽查任务: the lowest batch with a task not yet drawn; 0 when the plan is done."""
    plan = get(step.session, plan_id)
    batch = min((task.batch for task in plan.tasks if task.state == "planned"), default=0)
    for task in tasks_of(step.session, plan_id, batch):
        task.state = "drawing"
    return {"batch": batch}


@operation("plan.request_redraw", clause="J12 W9", gives=("redraw",))
def request_redraw(step: Step, *, plan_id: int, batch: int, draw_id: str) -> Mapping[str, Any]:
    """申请重新抽取: a new numbered draw with a reason, or the end of these tasks."""
    if ask.text(step.answers, "redraw") != "redraw":
        ask.required(step.answers, "reason", "说明", slug="reason-missing")
        return {"redraw": "end"}
    step.session.add(
        PlanRedraw(
            plan_id=plan_id,
            batch=batch,
            previous_draw_id=draw_id,
            reason_code=ask.required(step.answers, "reason_code", "理由", clause=cite("J12 W9", step.pack)),
            reason=ask.required(
                step.answers, "reason", "说明", clause=cite("J12 W9", step.pack), slug="reason-missing"
            ),
            requester_id=step.person().id,
        )
    )
    step.session.flush()
    return {"redraw": "redraw"}


@operation("plan.approve_redraw", clause="J12 W9", gives=("redraw_decision",))
def approve_redraw(step: Step, *, plan_id: int, batch: int, draw_id: str) -> Mapping[str, Any]:
    """审批重新抽取: the leader in charge agrees or not; the draw before stays in the record either way."""
    redraw = latest_redraw(step.session, plan_id, batch, draw_id)
    if redraw is None:
        raise Refused("没有待审批的重新抽取申请。", slug="no-redraw")
    leader = step.person()
    refuse_self_approval(redraw.requester_id, leader, "重新抽取申请", "J12 W9", step.pack)
    decided = ask.decision(step.answers, clause=cite("J12 W9", step.pack))["decision"]
    redraw.decision = decided
    redraw.approver_id = leader.id
    redraw.decided_at = clock.now()
    audit.record(
        step.session,
        action="plan.redraw",
        subject=f"draw/{draw_id}",
        actor=leader,
        bureau_id=step.bureau_id,
        reason=redraw.reason,
        after={"decision": decided, "reason_code": redraw.reason_code, "batch": batch},
        clause=step.clause,
        chained=True,
    )
    return {"redraw_decision": decided}


def latest_redraw(session: Session, plan_id: int, batch: int, draw_id: str) -> PlanRedraw | None:
    """The last request to repeat a draw; None if nobody asked."""
    query = (
        select(PlanRedraw)
        .where(
            PlanRedraw.plan_id == plan_id, PlanRedraw.batch == batch, PlanRedraw.previous_draw_id == draw_id
        )
        .order_by(PlanRedraw.id.desc())
    )
    return session.scalar(query.limit(1))


@operation("plan.close", clause="J7 J27 W3")
def close(step: Step, *, plan_id: int) -> None:
    """办结年度计划: every task is done or has ended."""
    plan = get(step.session, plan_id)
    plan.state = "closed"
    plan.closed_at = clock.now()
