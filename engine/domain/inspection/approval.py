"""Approval and notice (行政检查审批表、检查通知书).

The word to the local bureau, and the check on the superior.

依据: 国办发〔2024〕54号 (未经审批不得检查), 吉 第十七条, 第十一条, 舞 第七条, 第十条.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine import audit, clock
from engine.domain import answers as ask
from engine.domain.inspection.licence import refuse_few
from engine.domain.inspection.scope import approved as approved_items
from engine.domain.inspection.scope import offered, planned, refuse_other_items
from engine.domain.inspection.superior import superior_drew
from engine.domain.inspection.tables import Inspection, TeamMember, get
from engine.domain.inspection.team import refuse_conflict, team
from engine.domain.plan.query import default_title
from engine.domain.plan.tables import Plan
from engine.domain.registry import RegistryObject
from engine.domain.terms import METHODS, cite
from engine.errors import Refused
from engine.operation import Step, operation, prefill
from engine.people import Bureau
from engine.sentence import Sentence


def visits_this_year(session: Session, inspection: Inspection) -> int:
    """Visits to the object in the calendar year of this visit and before it, by any bureau.

    Counted by the day of the arrival: what was called off before it was no visit, and a case of December that
    is visited in January belongs to the new year.
    """
    until = inspection.arrived_at or clock.now()
    first = clock.start_of(date(clock.local(until).year, 1, 1))
    query = select(func.count()).where(
        Inspection.object_id == inspection.object_id,
        Inspection.id != inspection.id,
        Inspection.arrived_at.between(first, until),
    )
    return int(session.scalar(query) or 0)


@operation(
    "inspection.apply",
    clause="J16 W7",
    gives=("local_elsewhere", "tell_local"),
)
def apply(step: Step, *, inspection_id: int, method: str) -> Mapping[str, Any]:
    """The leader applies for the inspection: basis, items, period, people; fixed by the approval."""
    inspection = get(step.session, inspection_id)
    refuse_few(team(step.session, inspection_id), step.rules)
    start, end = ask.day(step.answers, "period_from"), ask.day(step.answers, "period_to")
    if start is None or end is None or end < start:
        raise Refused(
            "检查期限的止日不能早于起日。", slug="period", fields={"period_to": "止日不能早于起日。"}
        )
    unsigned = [m.name for m in team(step.session, inspection_id) if m.pledged_at is None]
    paper = ask.text(step.answers, "paper_pledges")
    if unsigned and not paper:
        raise Refused(
            Sentence("{unsigned}尚未作出廉洁承诺和利害关系声明。", unsigned="、".join(unsigned)),
            clause=cite("W17 J13", step.pack),
            hint="没有账号的成员请上传纸质承诺并填写说明。",
            slug="pledge-missing",
            fields={"paper_pledges": "请说明纸质承诺"},
        )
    chosen = ask.words(step.answers, "items")
    if not chosen:
        raise Refused(
            "至少选择一个抽查事项。",
            clause=cite("W10 J4", step.pack),
            slug="no-items",
            fields={"items": "请选择抽查事项"},
        )
    listed = offered(step.session, inspection)
    refuse_other_items(inspection, listed, chosen, step.pack)
    inspection.basis = ask.required(step.answers, "basis", "检查依据")
    inspection.scope = ask.text(step.answers, "scope")
    inspection.method = method
    inspection.items, inspection.item_list_id = chosen, listed[0].list_id
    inspection.documents = ask.text(step.answers, "documents")
    inspection.paper_pledges = paper
    inspection.pledge_files = ask.words(step.answers, "pledge_files")
    inspection.assistants = ask.number(step.answers, "assistants")
    inspection.period_from, inspection.period_to = start, end
    inspection.applied_by_id, inspection.applied_at = step.person().id, clock.now()
    inspection.approved_by_id = None
    rules = step.rules
    return {
        "local_elsewhere": inspection.local_elsewhere,
        "tell_local": inspection.local_elsewhere and bool(rules.value("advance_notice.local_bureau")),
    }


@operation("inspection.approve", clause="国办发〔2024〕54号", gives=("decision",))
def approve(step: Step, *, inspection_id: int) -> Mapping[str, Any]:
    """The deputy director in charge approves or returns the inspection; not their own application (§2 no.

    4, 6).
    """
    inspection = get(step.session, inspection_id)
    actor = step.person()
    if actor.id == inspection.applied_by_id or any(
        m.person_id == actor.id for m in team(step.session, inspection_id)
    ):
        raise Refused(
            "申请人和检查组成员不能审批本次检查。", clause=cite("W8", step.pack), slug="self-approval"
        )
    refuse_conflict(step.session, step.pack, inspection, actor)
    decided = ask.decision(step.answers)
    if decided["decision"] == "approve":
        inspection.approved_by_id = actor.id
        inspection.approved_at = clock.now()
        inspection.state = "approved"
        bureau = step.session.get_one(Bureau, inspection.bureau_id)
        inspection.notice_no = f"{bureau.short_name}检通〔{inspection.year}〕{inspection.serial}号"
    audit.record(
        step.session,
        action="inspection.approve",
        subject=f"inspection/{inspection_id}",
        actor=actor,
        bureau_id=inspection.bureau_id,
        reason=ask.text(step.answers, "reason"),
        after={**decided, "notice": inspection.notice_no},
        clause="国办发〔2024〕54号",
        chained=True,
    )
    return decided


@operation("inspection.notify_local", clause="J17", gives=("told",))
def notify_local(step: Step, *, inspection_id: int) -> Mapping[str, Any]:
    """The team tells the local bureau in advance, or notes why not; never the object itself (吉 第十七条)."""
    inspection = get(step.session, inspection_id)
    if ask.flag(step.answers, "notify"):
        if not step.rules.value("advance_notice.local_bureau"):
            raise Refused("本地规则没有提前告知的规定。", slug="no-advance-notice")
        inspection.local_notified_at = clock.now()
        inspection.local_notice = ask.required(step.answers, "preparation", "请协助准备的事项")
    else:
        reason = ask.required(step.answers, "reason", "不提前告知的理由")
        inspection.local_notice = Sentence("未提前告知：{reason}", reason=reason)
    return {"told": inspection.local_notified_at is not None}


@operation("inspection.assist", clause="J17")
def assist(step: Step, *, inspection_id: int) -> None:
    """The local bureau knows, prepares, and may send helpers; they assist and never count as inspectors."""
    inspection = get(step.session, inspection_id)
    if step.person().bureau_id != inspection.local_bureau_id:
        raise Refused(
            "只有被检查对象所在地医疗保障部门可以安排协助人员。",
            clause=cite("J17", step.pack),
            slug="not-the-local-bureau",
        )
    for row in ask.rows(step.answers, "helpers"):
        if name := ask.text(row, "name"):
            step.session.add(
                TeamMember(inspection_id=inspection_id, name=name, role="helper", source="local"),
            )
    step.session.flush()


@operation("inspection.skip_notify", clause="J17")
def skip_notify(step: Step, *, inspection_id: int) -> None:
    """No word to a local bureau: ours is the local one, or no rule allows it; the reason is kept and shown."""
    inspection = get(step.session, inspection_id)
    inspection.local_notice = (
        Sentence("本规则包未规定提前告知所在地医保部门。")
        if inspection.local_elsewhere
        else Sentence("本局即被检查对象所在地医疗保障部门，不另行告知。")
    )


@operation("inspection.check_superior", clause="J11", gives=("superior_drawn", "outcome"))
def check_superior(step: Step, *, inspection_id: int) -> Mapping[str, Any]:
    """Before the visit.

    Has the superior drawn the same object this year? Then the local case ends («上级已抽»).
    """
    inspection = get(step.session, inspection_id)
    if not (step.rules.value("exclude.superior_drawn") and superior_drew(step.session, inspection)):
        return {"superior_drawn": False}
    cancel(step, inspection, "上级已抽")
    return {"superior_drawn": True, "outcome": "cancelled"}


def cancel(step: Step, inspection: Inspection, reason: str) -> None:
    """Call an inspection off before the visit; the row stays with its reason."""
    if inspection.arrived_at is not None:
        raise Refused(
            "检查组已进场，不能取消检查。", clause=cite("J11", step.pack), slug="cancel-after-arrival"
        )
    inspection.state, inspection.outcome, inspection.cancel_reason = "cancelled", "cancelled", reason
    inspection.closed_at = clock.now()
    audit.record(
        step.session,
        action="inspection.cancel",
        subject=f"inspection/{inspection.id}",
        actor=step.actor,
        bureau_id=inspection.bureau_id,
        reason=reason,
        clause="J11",
        chained=True,
    )


@prefill("inspection/application")
def show_application(step: Step) -> dict[str, Any]:
    """Object, frequency this year, team with certificates, and the item list to choose from."""
    inspection = get(step.session, int(step.data["inspection_id"]))
    thing = step.session.get_one(RegistryObject, inspection.object_id)
    members = team(step.session, inspection.id)
    listed = offered(step.session, inspection)
    drawn = inspection.draw_id is not None
    tasks = planned(step.session, inspection)
    start = max([clock.today(), *(task.starts_on for task in tasks)])
    until = max((task.ends_on for task in tasks if task.ends_on >= start), default=None)
    return {
        "facts": [
            ("检查对象", thing.name),
            ("统一社会信用代码", thing.uscc or "无"),
            ("地址", thing.address),
            (
                "任务来源",
                "线索核查"
                if inspection.lead_id is not None
                else Sentence("随机抽取 {draw_id}", draw_id=inspection.draw_id),
            ),
            (
                "本年度已检查",
                Sentence("{count} 次", count=visits_this_year(step.session, inspection)),
            ),
            ("检查人员", "、".join(f"{m.name}（{m.certificate_no or '无有效证件'}）" for m in members)),
        ],
        "options": {"items": [(item.no, f"{item.no} {item.name}") for item in listed]},
        "defaults": {
            "items": [item.no for item in listed] if drawn else [],
            "basis": "；".join(
                dict.fromkeys(filter(None, [*(task.basis for task in tasks), *_plan_title(step, inspection)]))
            )
            or "线索核查",
            "scope": "；".join(dict.fromkeys(task.content for task in tasks)),
            "period_from": start.isoformat(),
            **({"period_to": until.isoformat()} if until else {}),
        },
    }


def _plan_title(step: Step, inspection: Inspection) -> list[str]:
    plan = step.session.get(Plan, inspection.plan_id) if inspection.plan_id else None
    return [plan.title or default_title(plan)] if plan else []


@prefill("inspection/approve")
def show_approval(step: Step) -> dict[str, Any]:
    """What is applied for."""
    inspection = get(step.session, int(step.data["inspection_id"]))
    shown = show_application(step)["facts"]
    return {
        "facts": [
            *shown,
            ("检查依据", inspection.basis),
            ("抽查事项", "、".join(item.name for item in approved_items(step.session, inspection))),
            (
                "检查期限",
                Sentence(
                    "{start} 至 {end}",
                    start=inspection.period_from,
                    end=inspection.period_to,
                ),
            ),
            ("检查方式", method_label(inspection)),
            ("检查内容和方式", inspection.scope or "—"),
            ("要求准备的资料", inspection.documents or "—"),
            ("协助人员", Sentence("{count} 人", count=inspection.assistants)),
            *([("纸质承诺", inspection.paper_pledges)] if inspection.paper_pledges else []),
        ],
    }


@prefill("inspection/assist")
def show_visit(step: Step) -> dict[str, Any]:
    """What the local bureau is asked to prepare, and when the team comes."""
    inspection = get(step.session, int(step.data["inspection_id"]))
    thing = step.session.get_one(RegistryObject, inspection.object_id)
    return {
        "facts": [
            ("检查单位", step.session.get_one(Bureau, inspection.bureau_id).name),
            ("检查对象", thing.name),
            (
                "检查期限",
                Sentence(
                    "{start} 至 {end}",
                    start=inspection.period_from,
                    end=inspection.period_to,
                ),
            ),
            ("请协助准备", inspection.local_notice),
            ("注意", "不得告知被检查对象"),
        ],
    }


@prefill("inspection/notify")
def show_local(step: Step) -> dict[str, Any]:
    """Which bureau is the local one."""
    inspection = get(step.session, int(step.data["inspection_id"]))
    return {"facts": [("所在地医保部门", step.session.get_one(Bureau, inspection.local_bureau_id).name)]}


def method_label(inspection: Inspection) -> str:
    """How the object is inspected, in words."""
    return METHODS.get(inspection.method, "")
