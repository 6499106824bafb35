"""计划调整 when a superior's rules change.

Proposed with the superior's document, approved, made public again.

依据: J10 (上级主管部门的规定有改变的，要及时调整做好本级的抽查工作).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from engine import audit, clock
from engine.domain import answers as ask
from engine.domain.plan.approval import make_public
from engine.domain.plan.drafting import share
from engine.domain.plan.query import get, refuse_self_approval
from engine.domain.plan.tables import Plan, PlanAmendment, PlanTask
from engine.domain.terms import cite
from engine.errors import NotFound, Refused
from engine.operation import Step, operation
from engine.sentence import Sentence


@operation("plan.amend", clause="J10", gives=("amendment_id",))
def amend(step: Step, *, plan_id: int) -> Mapping[str, Any]:
    """上级规定调整: what changes in which task, and the superior's document that demands it.

    A task that is being drawn or has been drawn cannot change any more (slug `task-drawn`).
    """
    plan = get(step.session, plan_id)
    clause = cite("J10", step.pack)
    if not step.rules.value("plan.amend_with_superior"):
        raise Refused("本规则包不因上级规定调整计划。", clause=clause, slug="no-amendment")
    if plan.state != "published":
        raise Refused(
            "计划还没有公开，或者已经办结，不需要调整。",
            clause=clause,
            hint="未审批的计划请直接修改。",
            slug="plan-not-published",
        )
    changes = [_change(step, plan, row) for row in ask.rows(step.answers, "changes")]
    row = PlanAmendment(
        plan_id=plan.id,
        superior_document=ask.required(
            step.answers, "superior_document", "上级文件名称和文号", clause=clause
        ),
        proof=ask.words(step.answers, "proof"),
        summary=ask.required(step.answers, "summary", "调整说明", clause=clause),
        changes=[change for change in changes if change["after"]],
        author_id=step.person().id,
    )
    if not row.changes:
        raise Refused(
            "没有填写调整内容。", clause=clause, slug="no-change", fields={"changes": "请填写调整内容"}
        )
    step.session.add(row)
    step.session.flush()
    return {"amendment_id": row.id}


def _change(step: Step, plan: Plan, row: Mapping[str, Any]) -> dict[str, Any]:
    task = next((task for task in plan.tasks if str(task.id) == ask.text(row, "task")), None)
    if task is None:
        raise Refused("所选任务不在本计划内。", slug="task", fields={"changes": "请选择任务"})
    if task.state != "planned":
        raise Refused(
            Sentence("任务“{task}”已经开始抽取，不能再调整。", task=task.name),
            clause=cite("J10 W7", step.pack),
            hint="请作为新的任务列入下一期计划。",
            slug="task-drawn",
        )
    after: dict[str, Any] = {}
    if row.get("ratio") not in (None, ""):
        after["num"], after["den"] = share(row, "ratio")
    for key in ("starts_on", "ends_on"):
        if (chosen := ask.day(row, key)) is not None:
            after[key] = chosen.isoformat()
    if content := ask.text(row, "content"):
        after["content"] = content
    starts, ends = (
        after.get("starts_on", task.starts_on.isoformat()),
        after.get("ends_on", task.ends_on.isoformat()),
    )
    if ends < starts:
        raise Refused(
            Sentence("任务“{task}”调整后结束早于开始。", task=task.name),
            slug="period",
            fields={"changes": "请核对起止日期"},
        )
    return {
        "task_id": task.id,
        "name": task.name,
        "before": {key: _shown(task, key) for key in after},
        "after": after,
    }


def _shown(task: PlanTask, key: str) -> Any:
    value = getattr(task, key)
    return value.isoformat() if isinstance(value, date) else value


@operation("plan.approve_amendment", clause="J10 W8", gives=("amendment_decision",))
def approve_amendment(step: Step, *, plan_id: int, amendment_id: int) -> Mapping[str, Any]:
    """审批计划调整: agreed, the tasks change and the plan gets its next version; author ≠ approver."""
    plan, row = get(step.session, plan_id), _amendment(step, amendment_id)
    leader = step.person()
    refuse_self_approval(row.author_id, leader, "计划调整", "J10 W8", step.pack)
    row.decision = ask.decision(step.answers, clause=cite("J10", step.pack))["decision"]
    row.approver_id = leader.id
    row.decided_at = clock.now()
    if row.decision == "approve":
        _apply(step, plan, row)
        plan.version += 1
        row.version = plan.version
    audit.record(
        step.session,
        action="plan.amend",
        subject=f"plan/{plan.no}",
        actor=leader,
        bureau_id=plan.bureau_id,
        reason=f"{row.superior_document}：{row.summary}",
        before={"changes": [change["before"] for change in row.changes]},
        after={"changes": [change["after"] for change in row.changes], "decision": row.decision},
        clause=step.clause,
        chained=True,
    )
    return {"amendment_decision": row.decision}


def _apply(step: Step, plan: Plan, row: PlanAmendment) -> None:
    tasks = {task.id: task for task in plan.tasks}
    for change in row.changes:
        task = tasks[change["task_id"]]
        if task.state != "planned":
            raise Refused(
                Sentence("任务“{task}”在申请调整后已经开始抽取，不能再调整。", task=task.name),
                clause=cite("J10 W7", step.pack),
                hint="请退回申请。",
                slug="task-drawn",
            )
        if (
            any(_shown(task, key) != value for key, value in change["before"].items())
            or _period(task, change) < 0
        ):
            raise Refused(
                Sentence("任务“{task}”在申请调整后已经改过，不能按这份申请调整。", task=task.name),
                clause=cite("J10 W8", step.pack),
                hint="请退回申请，按现行计划重新提出。",
                slug="amendment-stale",
            )
        for key, value in change["after"].items():
            setattr(task, key, date.fromisoformat(value) if key in ("starts_on", "ends_on") else value)


def _period(task: PlanTask, change: Mapping[str, Any]) -> int:
    """Days from the start of a task to its end, as the amendment would have them."""
    after = {"starts_on": _shown(task, "starts_on"), "ends_on": _shown(task, "ends_on"), **change["after"]}
    return (date.fromisoformat(after["ends_on"]) - date.fromisoformat(after["starts_on"])).days


@operation("plan.republish", clause="J7 J10")
def republish(step: Step, *, plan_id: int, amendment_id: int) -> None:
    """重新公开调整后的计划: the new version replaces the old one in public, which stays in the record."""
    plan, row = get(step.session, plan_id), _amendment(step, amendment_id)
    make_public(step, plan, "plan.republish")
    row.republished_on = plan.published_on


def _amendment(step: Step, amendment_id: int) -> PlanAmendment:
    row = step.session.get(PlanAmendment, amendment_id)
    if row is None:
        raise NotFound(Sentence("没有编号为 {amendment_id} 的计划调整。", amendment_id=amendment_id))
    return row
