"""起草计划: the plan is opened, every section adds its tasks, one person compiles it.

依据: J8 (items, content, schedule, ratio, work and discipline requirements), W8 (each section, each quarter).
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine import audit, clock
from engine.domain import answers as ask
from engine.domain.plan.query import default_title, get, main_method
from engine.domain.plan.tables import Plan, PlanSection, PlanTask
from engine.domain.registry import InspectionItem, current_item_list
from engine.domain.terms import METHODS, cite
from engine.errors import Refused
from engine.operation import Rules, Step, operation
from engine.people import Bureau, Person
from engine.sentence import Sentence


def propose(
    session: Session,
    rules: Rules,
    *,
    bureau: Bureau,
    year: int,
    opener: Person,
    quarter: int = 0,
    title: str = "",
) -> Plan:
    """Open a plan: the row a plan case starts from (its data is `{"plan_id": plan.id}`).

    `rules`: those in force for new cases. A bureau that plans by quarter needs `quarter` 1–4. 依据: J8, W8.
    """
    quarterly = rules.value("plan.cycle") == "quarterly"
    if quarterly and not quarter:
        raise Refused("抽查计划按季度制定，请选择季度。", clause=rules.cite("W8"), slug="quarter")
    serial = 1 + (
        session.scalar(select(func.count(Plan.id)).where(Plan.bureau_id == bureau.id, Plan.year == year)) or 0
    )
    plan = Plan(
        bureau_id=bureau.id,
        year=year,
        quarter=quarter if quarterly else 0,
        no=f"{bureau.division}{year}{serial:04d}",
        title=title,
        opened_by_id=opener.id,
    )
    session.add(plan)
    session.flush()
    return plan


@operation("plan.open", clause="J5 J8 W8", gives=("platform_entry", "plan_from"))
def open_plan(step: Step, *, plan_id: int) -> Mapping[str, Any]:
    """固定抽查事项清单版本: the plan keeps the version of the item list that is in force now."""
    plan = get(step.session, plan_id)
    listed = current_item_list(step.session, plan.bureau_id)
    if listed is None:
        raise Refused(
            "还没有生效的随机抽查事项清单，不能制定计划。",
            clause=cite("J4 W4", step.pack),
            hint="请先办理随机抽查事项清单的审定和公开。",
            slug="no-item-list",
        )
    plan.item_list_id = listed.id
    plan.item_list_version = str(listed.version)
    plan.title = plan.title or default_title(plan)
    return {
        "platform_entry": bool(step.rules.value("plan.platform_entry")),
        "plan_from": clock.today().isoformat(),
    }


@operation("plan.urge", clause="J8 W3 W8")
def urge_plan(step: Step, *, plan_id: int) -> None:
    """督办计划编制: the supervising section asks why there is no plan yet; it drafts none itself (W3 监督实施)."""
    plan = get(step.session, plan_id)
    audit.record(
        step.session,
        action="plan.urge",
        subject=f"plan/{plan.no}",
        actor=step.actor,
        bureau_id=plan.bureau_id,
        reason=ask.required(step.answers, "note", "督办意见", clause=cite("J8 W8", step.pack)),
        after={"state": plan.state},
        clause="J8 W8",
    )


@operation("plan.draft_section", clause="J8 W8")
def draft_section(step: Step, *, plan_id: int) -> None:
    """编制科室抽查计划: a drafter's tasks, which replace what the same person handed in before."""
    plan = get(step.session, plan_id)
    author = step.person()
    if plan.state not in ("drafting", "submitted"):
        raise Refused("计划已审批，不能再修改科室任务。", clause=cite("W8", step.pack), slug="plan-approved")
    rows = [] if ask.flag(step.answers, "nothing") else ask.rows(step.answers, "tasks")
    if not rows and not ask.flag(step.answers, "nothing"):
        raise Refused(
            "请填写至少一项任务，或者选择“本科室本期没有抽查任务”。",
            clause=cite("J8 W8", step.pack),
            slug="no-task",
            fields={"tasks": "请填写至少一项任务"},
        )
    part = step.session.scalar(
        select(PlanSection).where(PlanSection.plan_id == plan.id, PlanSection.author_id == author.id)
    )
    if part is None:
        part = PlanSection(plan_id=plan.id, author_id=author.id, section_id=author.section_id)
        step.session.add(part)
    part.nothing = not rows
    part.submitted_at = clock.now()
    step.session.flush()
    for task in [task for task in plan.tasks if task.part_id == part.id]:
        plan.tasks.remove(task)
        step.session.delete(task)
    step.session.flush()
    last = step.session.scalar(select(func.max(PlanTask.no)).where(PlanTask.plan_id == plan.id)) or 0
    for number, row in enumerate(rows, last + 1):
        plan.tasks.append(_task(step, plan, part, number, row))
    step.session.flush()


def _task(step: Step, plan: Plan, part: PlanSection, number: int, row: Mapping[str, Any]) -> PlanTask:
    item = _item(step, plan, ask.text(row, "item"))
    starts, ends = ask.day(row, "starts_on"), ask.day(row, "ends_on")
    name = ask.required(row, "name", "任务名称", clause=cite("J8", step.pack))
    if starts is None or ends is None or ends < starts:
        raise Refused(
            Sentence("任务“{name}”的起止日期没有填全，或者结束早于开始。", name=name),
            clause=cite("J8", step.pack),
            slug="period",
            fields={"tasks": "请核对起止日期"},
        )
    if starts.year != plan.year:
        raise Refused(
            Sentence(
                "任务“{name}”从 {starts} 开始，不在本计划的 {year} 年。",
                name=name,
                starts=starts,
                year=plan.year,
            ),
            clause=cite("J8 W8", step.pack),
            slug="period",
            fields={"tasks": "开始日期应在计划年度内"},
        )
    num, den = share(row, "ratio")
    return PlanTask(
        part_id=part.id,
        no=number,
        name=name,
        item_id=item.id,
        item_name=item.name,
        basis=item.basis,
        directed=ask.text(row, "kind") == "directed",
        object_kind=ask.required(row, "object_kind", "检查对象类别"),
        level=ask.text(row, "level"),
        num=num,
        den=den,
        rounding=ask.text(row, "rounding") or str(step.rules["draw.rounding"].value),
        at_least=ask.number(row, "at_least"),
        starts_on=starts,
        ends_on=ends,
        method=_method(step, row, name),
        frequency=ask.number(row, "frequency", 1),
        batch=ask.number(row, "batch", 1),
        content=ask.required(row, "content", "检查内容", clause=cite("J8", step.pack)),
        staff_requirement=ask.text(row, "staff_requirement"),
        note=ask.text(row, "note"),
    )


def _method(step: Step, row: Mapping[str, Any], name: str) -> str:
    """抽查方式 of a task: one of the pack's ways, the main one for the kind of object when none was chosen."""
    rule = step.rules["plan.methods"]
    chosen = ask.text(row, "method") or main_method(ask.text(row, "object_kind"), step.rules)
    if chosen not in rule.value:
        raise Refused(
            Sentence(
                "任务“{name}”的抽查方式是“{method}”，只能采用：{methods}。",
                name=name,
                method=METHODS.get(chosen, chosen),
                methods="、".join(METHODS[each] for each in rule.value),
            ),
            clause=step.rules.cite(rule.source),
            slug="plan-method",
            fields={"tasks": "请核对抽查方式"},
        )
    return chosen


def share(row: Mapping[str, Any], key: str) -> tuple[int, int]:
    """A percentage as numerator and denominator, exactly: 2 → (2, 100), 0.25 → (25, 10000)."""
    try:
        number = Decimal(str(row.get(key))).normalize()
    except InvalidOperation:
        number = Decimal(-1)
    if not number.is_finite() or not 0 <= number <= 100:  # noqa: PLR2004 (per cent)
        raise Refused("抽查比例应在 0 和 100% 之间。", slug="ratio", fields={key: "请填 0–100"})
    exponent = number.as_tuple().exponent
    places = max(0, -int(exponent))
    return int(number.scaleb(places)), 100 * 10**places


def _item(step: Step, plan: Plan, chosen: str) -> InspectionItem:
    item = step.session.get(InspectionItem, int(chosen)) if chosen.isdecimal() else None
    if item is None or item.list_id != plan.item_list_id:
        raise Refused(
            "抽查事项不在本计划采用的随机抽查事项清单内。",
            clause=cite("J4 W10", step.pack),
            hint=Sentence(
                "请从清单（版本 {item_list_version}）中选择。", item_list_version=plan.item_list_version
            ),
            slug="item-not-listed",
            fields={"tasks": "请从清单中选择抽查事项"},
        )
    return item


@operation("plan.compile", clause="J8 W3 W8", gives=("compiled",))
def compile_plan(step: Step, *, plan_id: int) -> Mapping[str, Any]:
    """汇总抽查计划: title, schedule, work and discipline requirements; who compiles it is its author.

    `compiled`: submit (to the leader) · return (the sections draft again, with the reason).
    """
    plan = get(step.session, plan_id)
    if ask.text(step.answers, "compiled") == "return":
        ask.required(step.answers, "reason", "退回原因", slug="reason-missing")
        return {"compiled": "return"}
    if not plan.tasks:
        raise Refused(
            "各科室都没有填写抽查任务，不能提交计划。",
            clause=cite("J8 W8", step.pack),
            hint="请退回科室补充。",
            slug="no-task",
        )
    demanded = set(step.rules["plan.content"].value)
    clause = cite("J8", step.pack)
    plan.title = ask.required(step.answers, "title", "计划名称")
    plan.document_no = ask.text(step.answers, "document_no")
    plan.arrangement = ask.required(step.answers, "arrangement", "时间安排", clause=clause)
    for key, block, label in (
        ("work_requirements", "requirements", "工作要求"),
        ("discipline", "discipline", "纪律要求"),
    ):
        wanted = ask.required if block in demanded else _if_given
        setattr(plan, key, wanted(step.answers, key, label, clause=clause))
    plan.joint_departments = ask.text(step.answers, "joint_departments")
    plan.joint_plan = ask.text(step.answers, "joint_plan")
    plan.author_id = step.person().id
    plan.approver_id = None
    plan.state = "submitted"
    return {"compiled": "submit"}


def _if_given(answers: Mapping[str, Any], key: str, label: str, *, clause: str = "") -> str:  # noqa: ARG001
    return ask.text(answers, key)
