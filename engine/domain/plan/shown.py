"""What the forms of a plan show besides their questions.

Items to choose from, tasks so far, coverage, changes.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from engine import clock
from engine.domain.plan.query import get
from engine.domain.plan.rounds import latest_redraw
from engine.domain.plan.tables import Plan, PlanAmendment, PlanTask
from engine.domain.registry import InspectionItem
from engine.domain.terms import METHODS, OBJECT_KINDS
from engine.operation import Step, prefill
from engine.sentence import Sentence

FIELDS = {
    "num": "比例",
    "den": "比例（分母）",
    "starts_on": "开始日期",
    "ends_on": "结束日期",
    "content": "检查内容",
}


def _plan(step: Step) -> Plan:
    return get(step.session, int(step.data["plan_id"]))


def _facts(plan: Plan) -> list[tuple[str, str]]:
    return [("计划编号", plan.no), ("计划名称", plan.title), ("抽查事项清单版本", plan.item_list_version)]


def task_rows(plan: Plan) -> list[dict[str, Any]]:
    """The tasks as a table."""
    return [
        {
            "section": task.part.section.name if task.part.section else task.part.author.name,
            "name": task.name,
            "item": task.item_name,
            "content": task.content,
            "method": METHODS[task.method],
            "objects": f"{OBJECT_KINDS.get(task.object_kind, task.object_kind)}{task.level}",
            "ratio": task.ratio,
            "period": Sentence("{start} 至 {end}", start=task.starts_on, end=task.ends_on),
            "batch": task.batch,
        }
        for task in plan.tasks
    ]


@prefill("plan/draft_section")
def show_draft(step: Step) -> dict[str, Any]:
    """The items of the list; the person's own tasks when the plan came back."""
    plan = _plan(step)
    items = step.session.scalars(
        select(InspectionItem)
        .where(InspectionItem.list_id == plan.item_list_id)
        .order_by(InspectionItem.position)
    )
    mine = [task for task in plan.tasks if step.actor and task.part.author_id == step.actor.id]
    types = step.rules["object.types"].value
    kinds = [
        (code, label)
        for code, label in OBJECT_KINDS.items()
        if code not in ("person", "employer") or code in types
    ]
    return {
        "facts": _facts(plan),
        "options": {
            "items": [(str(item.id), f"{item.no} {item.name}") for item in items],
            "object_kinds": kinds,
            "methods": [(code, METHODS[code]) for code in step.rules["plan.methods"].value],
        },
        "defaults": {"tasks": [_answers(task) for task in mine]} if mine else {},
    }


def _answers(task: PlanTask) -> dict[str, Any]:
    return {
        "name": task.name,
        "item": str(task.item_id),
        "kind": "directed" if task.directed else "undirected",
        "object_kind": task.object_kind,
        "level": task.level,
        "ratio": task.ratio.removesuffix("%"),
        "rounding": task.rounding,
        "at_least": task.at_least,
        "starts_on": task.starts_on.isoformat(),
        "ends_on": task.ends_on.isoformat(),
        "method": task.method,
        "frequency": task.frequency,
        "batch": task.batch,
        "content": task.content,
        "staff_requirement": task.staff_requirement,
        "note": task.note,
    }


@prefill("plan/compile")
def show_compile(step: Step) -> dict[str, Any]:
    """Every section's tasks, and what was written before."""
    plan = _plan(step)
    silent = [part.author.name for part in plan.parts if part.nothing]
    return {
        "facts": [*_facts(plan), ("本期无任务", "、".join(silent) or "无")],
        "defaults": {
            key: getattr(plan, key)
            for key in (
                "title",
                "document_no",
                "arrangement",
                "work_requirements",
                "discipline",
                "joint_departments",
            )
            if getattr(plan, key)
        },
        "rows": {"tasks": task_rows(plan)},
    }


@prefill("plan/approve")
def show_approve(step: Step) -> dict[str, Any]:
    """The whole plan and what the coverage table says of it."""
    plan = _plan(step)
    found = plan.coverage
    advice = str(step.data.get("coverage_advice", ""))
    return {
        "unusual": [] if step.data.get("coverage_verdict", "ok") == "ok" else [advice],
        "facts": [
            *_facts(plan),
            ("起草人", plan.author.name if plan.author else ""),
            ("时间安排", plan.arrangement),
            ("工作要求", plan.work_requirements),
            ("纪律要求", plan.discipline),
            (
                "覆盖面",
                Sentence(
                    "{in_scope}/{registered} 户（{share}%）",
                    in_scope=found.get("in_scope", 0),
                    registered=found.get("registered", 0),
                    share=found.get("share", 0),
                ),
            ),
            ("预计检查", Sentence("{count} 户", count=found.get("sample", 0))),
            (
                "单户全年预计检查次数",
                Sentence("{burden}，上限 {cap}", burden=found.get("burden", 0), cap=found.get("cap", 0)),
            ),
            ("核对结论", advice),
        ],
        "rows": {"tasks": task_rows(plan)},
    }


@prefill("plan/enter_platform")
def show_enter(step: Step) -> dict[str, Any]:
    """Which plan goes to the platform."""
    return {"facts": _facts(_plan(step)), "defaults": {"entered_on": clock.today().isoformat()}}


@prefill("plan/publish")
def show_publish(step: Step) -> dict[str, Any]:
    """What becomes public."""
    plan = _plan(step)
    return {
        "facts": [
            *_facts(plan),
            ("审批人", plan.approver.name if plan.approver else ""),
            ("平台计划编号", plan.platform_no),
        ],
        "defaults": {"published_on": clock.today().isoformat(), "channels": ["website"]},
    }


@prefill("plan/republish")
def show_republish(step: Step) -> dict[str, Any]:
    """What becomes public again."""
    return show_publish(step)


@prefill("plan/request_redraw")
def show_request_redraw(step: Step) -> dict[str, Any]:
    """The draw that gave no result."""
    outcome = {"failed": "抽取失败", "void": "抽取作废"}.get(str(step.data.get("draw_outcome")), "")
    return {
        "facts": [*_facts(_plan(step)), ("上一次抽取", str(step.data.get("draw_id", ""))), ("结果", outcome)]
    }


@prefill("plan/approve_redraw")
def show_approve_redraw(step: Step) -> dict[str, Any]:
    """Who asks for another draw, and why."""
    plan = _plan(step)
    draw_id = str(step.data.get("draw_id", ""))
    asked = latest_redraw(step.session, plan.id, int(step.data.get("batch", 0)), draw_id)
    return {"facts": [*_facts(plan), ("上一次抽取", draw_id), ("申请理由", asked.reason if asked else "")]}


@prefill("plan/amend")
def show_amend(step: Step) -> dict[str, Any]:
    """The tasks that can still change."""
    plan = _plan(step)
    tasks = [(str(task.id), f"{task.no} {task.name}") for task in plan.tasks if task.state == "planned"]
    return {"facts": _facts(plan), "options": {"open_tasks": tasks}}


@prefill("plan/approve_amendment")
def show_approve_amendment(step: Step) -> dict[str, Any]:
    """Before and after, with the superior's document."""
    row = step.session.get(PlanAmendment, int(step.data.get("amendment_id") or 0))
    facts = _facts(_plan(step))
    if row is None:
        return {"facts": facts}
    changes = [
        {
            "task": change["name"],
            "what": FIELDS[key],
            "before": str(change["before"][key]),
            "after": str(value),
        }
        for change in row.changes
        for key, value in change["after"].items()
    ]
    return {
        "facts": [*facts, ("上级文件", row.superior_document), ("调整说明", row.summary)],
        "rows": {"changes": changes},
    }
