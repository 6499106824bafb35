"""Questions about a plan that other rooms ask too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.domain.plan.tables import Plan, PlanTask
from engine.domain.registry import RegistryObject
from engine.domain.terms import cite
from engine.errors import NotFound, Refused
from engine.operation import Rules, subject
from engine.people import Person
from engine.sentence import Sentence


def get(session: Session, plan_id: int) -> Plan:
    """The plan with this id; NotFound otherwise."""
    found = session.get(Plan, plan_id)
    if found is None:
        raise NotFound(Sentence("没有编号为 {plan_id} 的抽查计划。", plan_id=plan_id))
    return found


def tasks_of(session: Session, plan_id: int, batch: int) -> list[PlanTask]:
    """The tasks of one batch, in their order in the plan."""
    query = select(PlanTask).where(PlanTask.plan_id == plan_id, PlanTask.batch == batch).order_by(PlanTask.no)
    return list(session.scalars(query))


def serves(task: PlanTask, thing: RegistryObject) -> bool:
    """Whether an object belongs to the scope of a task: its kind, and its level where the task names one."""
    return task.object_kind == thing.kind and task.level in ("", thing.level)


def main_method(kind: str, rules: Rules) -> str:
    """How objects of a kind are mainly inspected: institutions on site, what the pack names online (舞 第六条)."""
    type_ = kind if kind in ("person", "employer") else "institution"
    return "online" if type_ in (rules.value("method.online_types") or []) else "onsite"


def items_for(
    session: Session, plan_id: int, thing: RegistryObject, batch: int | None = None
) -> list[PlanTask]:
    """The tasks that one visit to an object serves: every task of the plan (or batch) in whose scope it is.

    依据: W10 (only the items of the list), 国办发〔2024〕54号 (综合查一次).
    """
    query = select(PlanTask).where(PlanTask.plan_id == plan_id).order_by(PlanTask.no)
    if batch is not None:
        query = query.where(PlanTask.batch == batch)
    return [task for task in session.scalars(query) if serves(task, thing)]


def refuse_self_approval(author_id: int | None, approver: Person, what: str, clause: str, pack: str) -> None:
    """Nobody approves what they wrote (slug `self-approval`)."""
    if author_id == approver.id:
        raise Refused(
            Sentence("{what}由{approver}本人提出，不能由本人审批。", what=what, approver=approver.name),
            clause=cite(clause, pack),
            hint="请由其他有审批权的人员办理。",
            slug="self-approval",
        )


@subject("plan")
def describe(session: Session, data: Mapping[str, Any]) -> dict[str, str]:
    """How a plan is called in lists."""
    plan = get(session, int(data["plan_id"]))
    return {"case_no": plan.no, "title": plan.title or default_title(plan), "object_name": ""}


def default_title(plan: Plan) -> str:
    """The title of a plan that nobody has named yet."""
    if plan.quarter:
        quarter = "一二三四"[plan.quarter - 1]
        return Sentence("{year}年第{quarter}季度双随机抽查计划", year=plan.year, quarter=quarter)
    return Sentence("{year}年度双随机抽查计划", year=plan.year)
