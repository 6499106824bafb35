"""审批、录入平台、公开: what turns a draft into the plan that binds.

依据: W8 (approved by the leader in charge, entered on the platform), J7 (published), §2 no. 4 (author ≠
approver).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine import audit, clock
from engine.domain import answers as ask
from engine.domain.plan.query import get, refuse_self_approval
from engine.domain.plan.tables import Plan
from engine.domain.terms import cite
from engine.errors import Refused
from engine.operation import Rules, Step, operation
from engine.people import Person, Role
from engine.sentence import Sentence


def refuse_author(plan: Plan, approver: Person, pack: str) -> None:
    """Neither the author nor the drafter of a section approves the plan (slug `self-approval`)."""
    for author in (plan.author_id, *(part.author_id for part in plan.parts)):
        refuse_self_approval(author, approver, "抽查计划", "J8 W8", pack)


def refuse_approver(approver: Person, rules: Rules) -> None:
    """The plan is approved by the post that the pack names (slug `not-the-approver`; 依据: W8)."""
    rule = rules["plan.approver"]
    if Role(rule.value) not in approver.roles():
        raise Refused(
            Sentence("抽查计划由{label}审批。", label=rules.label(rule.value)),
            clause=rules.cite(rule.source),
            hint="请由其办理。",
            slug="not-the-approver",
        )


@operation("plan.approve", clause="J8 W8", gives=("decision",))
def approve(step: Step, *, plan_id: int, coverage_verdict: str) -> Mapping[str, Any]:
    """审批年度计划: the leader in charge agrees or returns it.

    A plan that the table faults needs a reason.
    """
    plan = get(step.session, plan_id)
    leader = step.person()
    refuse_author(plan, leader, step.pack)
    refuse_approver(step.officer(), step.rules)
    decided = ask.decision(step.answers, clause=cite("W8", step.pack))
    if decided["decision"] == "return":
        plan.state = "drafting"
    else:
        reason = ask.text(step.answers, "coverage_reason")
        if coverage_verdict != "ok" and not reason:
            raise Refused(
                "计划的覆盖面或检查频次不符合要求，同意须写明理由。",
                clause=cite("W8", step.pack),
                hint="请填写理由，或者退回修改。",
                slug="reason-needed",
                fields={"coverage_reason": "请填写理由"},
            )
        plan.coverage_reason = reason
        plan.approver_id = leader.id
        plan.approved_at = clock.now()
        plan.state = "approved"
    audit.record(
        step.session,
        action="plan.approve",
        subject=f"plan/{plan.no}",
        actor=leader,
        bureau_id=plan.bureau_id,
        reason=plan.coverage_reason or ask.text(step.answers, "reason"),
        after={"decision": decided["decision"], "version": plan.version, "coverage": coverage_verdict},
        clause=step.clause,
        chained=True,
    )
    return decided


@operation("plan.enter_platform", clause="W8")
def enter_platform(step: Step, *, plan_id: int) -> None:
    """录入平台: the number that the platform gave the plan, with its receipt."""
    plan = get(step.session, plan_id)
    plan.platform_no = ask.required(step.answers, "platform_no", "平台计划编号", clause=cite("W8", step.pack))
    plan.entered_on = ask.past_day(step.answers, "entered_on", "录入日期")
    plan.entered_by_id = step.person().id
    audit.record(
        step.session,
        action="plan.platform",
        subject=f"plan/{plan.no}",
        actor=step.actor,
        bureau_id=plan.bureau_id,
        after={"platform_no": plan.platform_no, "proof": ask.words(step.answers, "proof")},
        clause=step.clause,
    )


@operation("plan.publish", clause="J7 W3")
def publish(step: Step, *, plan_id: int) -> None:
    """公开抽查计划: the office makes the approved plan public.

    A plan for the platform must stand there first.
    """
    plan = get(step.session, plan_id)
    if plan.approver_id is None:
        raise Refused("计划还没有审批，不能公开。", clause=cite("W8 J7", step.pack), slug="not-approved")
    if step.rules.value("plan.platform_entry") and not plan.platform_no:
        raise Refused(
            "计划还没有录入平台，不能公开。",
            clause=cite("W8", step.pack),
            hint="请先录入平台。",
            slug="not-on-platform",
        )
    make_public(step, plan, "plan.publish")
    plan.state = "published"


def make_public(step: Step, plan: Plan, action: str) -> None:
    """Note when, where and by whom the plan in its present version was made public."""
    plan.published_on = ask.past_day(step.answers, "published_on", "公开日期")
    if plan.approved_at is not None and plan.published_on < clock.local(plan.approved_at).date():
        raise Refused(
            "公开日期早于计划批准之日。",
            clause=cite("J7 W8", step.pack),
            slug="before-approval",
            fields={"published_on": "早于批准之日"},
        )
    plan.published_by_id = step.person().id
    plan.channels = ask.words(step.answers, "channels")
    plan.public_address = ask.text(step.answers, "address")
    audit.record(
        step.session,
        action=action,
        subject=f"plan/{plan.no}",
        actor=step.actor,
        bureau_id=plan.bureau_id,
        after={"version": plan.version, "channels": plan.channels, "on": plan.published_on.isoformat()},
        clause=step.clause,
        chained=True,
    )
