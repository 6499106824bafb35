"""What the forms of a substitution show: the team, the reasons, the candidates in their order."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine import clock
from engine.domain.ceremony import findings, store
from engine.domain.ceremony.shown_import import settling
from engine.domain.inspection.tables import Inspection, TeamMember
from engine.domain.inspection.tables import get as inspection_of
from engine.domain.inspection.team import team
from engine.domain.registry import RegistryObject, above, inspectors_of
from engine.domain.substitution.alarm import alarms_of
from engine.domain.substitution.application import ASKED_BY, of, waiting
from engine.domain.substitution.successor import candidates
from engine.domain.substitution.tables import Substitution, get
from engine.domain.terms import RELATIONS, SUBSTITUTION_REASONS
from engine.operation import Step, prefill
from engine.people import Person
from engine.sentence import Sentence

ABSENCES = [("unavailable", "本期不能参加"), ("recusal", "应当回避")]


def _row(step: Step) -> Substitution:
    return get(step.session, int(step.data["substitution_id"]))


def _facts(step: Step) -> list[tuple[str, str]]:
    row = _row(step)
    leaving = step.session.get_one(TeamMember, row.member_out_id)
    inspection = inspection_of(step.session, row.inspection_id)
    thing = step.session.get_one(RegistryObject, inspection.object_id)
    return [
        ("检查任务", inspection.case_no),
        ("检查对象", thing.name),
        ("被调换人", f"{leaving.name}{'（组长）' if row.was_leader else ''}"),
        ("理由", SUBSTITUTION_REASONS[row.reason_code]),
        ("说明", row.detail),
        ("证明材料", "、".join(str(each["name"]) for each in row.proof)),
    ]


@prefill("substitution/request")
def show_request(step: Step) -> dict[str, Any]:
    """The team and the reasons of the pack."""
    members = team(step.session, int(step.data["inspection_id"]))
    reasons = step.rules["substitution.reasons"].value or []
    return {
        "facts": _before(step),
        "options": {
            "members": [
                (str(each.id), f"{each.name}{'（组长）' if each.role == 'leader' else ''}")
                for each in members
            ],
            "reasons": [(code, SUBSTITUTION_REASONS[code]) for code in reasons],
        },
        "defaults": _defaults(step, members),
    }


def _before(step: Step) -> list[tuple[str, str]]:
    """Who applied and why; what the leader wanted to know when the request came back."""
    found = []
    application = next(iter(waiting(step.session, int(step.data["inspection_id"]))), None)
    if application is not None:
        who = ASKED_BY[application.asked_by]
        found.append(("申请人", f"{who}{application.applicant and '：'}{application.applicant}"))
        found.append(("申请理由", application.reason))
    row = _returned(step)
    if row is not None:
        found.append(("退回意见", row.opinion))
    return found


def _returned(step: Step) -> Substitution | None:
    number = step.data.get("substitution_id")
    row = step.session.get(Substitution, int(number)) if number else None
    return row if row is not None and row.outcome == "returned" else None


def _defaults(step: Step, members: list[TeamMember]) -> dict[str, Any]:
    """Nothing is typed twice: from the returned request, else the application, else the declared conflict."""
    row = _returned(step)
    if row is not None:
        return {"member": str(row.member_out_id), "reason_code": row.reason_code, "detail": row.detail}
    application = next(iter(waiting(step.session, int(step.data["inspection_id"]))), None)
    if application is not None:
        code = {"reason_code": "recusal"} if application.relation or application.asked_by == "object" else {}
        return {"member": str(application.member_id), "detail": application.reason, **code}
    blocked = next((member for member in members if member.conflict), None)
    return {"member": str(blocked.id), "reason_code": "recusal"} if blocked else {}


@prefill("substitution/approve")
def show_approve(step: Step) -> dict[str, Any]:
    """What is asked for, and what looks arranged.

    The same place again, somebody away twice as often as others.
    """
    row = _row(step)
    return {
        "facts": [*_facts(step), *_chances(step, row)],
        "history": history(step.session, row),
        "unusual": [
            *warnings(step, row),
            *(["被调换人是组长，调换后须重新确定组长。"] if row.was_leader else []),
        ],
    }


def _chances(step: Step, row: Substitution) -> list[tuple[str, str]]:
    """How many may come in, and that the leader does not choose among them (J13)."""
    inspection = inspection_of(step.session, row.inspection_id)
    found = [("提出", step.session.get_one(Person, row.requester_id).name)]
    application = next(iter(of(step.session, row.id)), None)
    if application is not None:
        who = ASKED_BY[application.asked_by]
        found = [("申请人", f"{who}{application.applicant and '：'}{application.applicant}"), *found]
        if application.relation:
            found.append(("利害关系", RELATIONS.get(application.relation, application.relation)))
        if application.proof:
            found.append(("申请附件", "、".join(str(each["name"]) for each in application.proof)))
    if inspection.arrived_at is None:
        found.append(("进场", "尚未进场"))
    if row.mode == "draw":
        number = len(candidates(step, row))
        found.append(
            ("候补", Sentence("{number} 人，按号票先后递补；由系统补出，审批人不选人", number=number))
        )
    elif row.mode == "platform":
        found.append(("候补", "由平台重新匹配，审批人不选人"))
    else:
        found.append(("候补", "本案未经抽取，由业务科室另行指定并写明理由"))
    return found


def history(session: Session, row: Substitution) -> list[tuple[str, str]]:
    """What came before: substitutions of this person, of this draw, of the bureau, within a year."""
    since = clock.now() - timedelta(days=365)
    leaving = session.get_one(TeamMember, row.member_out_id)
    bureau = inspection_of(session, row.inspection_id).bureau_id
    query = (
        select(Substitution)
        .join(Inspection, Inspection.id == Substitution.inspection_id)
        .where(
            Inspection.bureau_id == bureau,
            Substitution.id != row.id,
            Substitution.requested_at >= since,
        )
        .order_by(Substitution.id.desc())
    )
    rows = list(session.scalars(query))
    own = [each for each in rows if each.inspector_out_id == row.inspector_out_id]
    reasons = "、".join(
        f"{clock.local(each.requested_at):%m-%d} {SUBSTITUTION_REASONS[each.reason_code]}"
        f"（{OUTCOMES_TOLD[each.outcome]}）"
        for each in own[:3]
    )
    of_draw = [each for each in rows if row.draw_id and each.draw_id == row.draw_id]
    told = Sentence("一年内第 {count} 次申请调换", count=len(own) + 1)
    served = session.scalar(
        select(func.count())
        .select_from(TeamMember)
        .join(Inspection, Inspection.id == TeamMember.inspection_id)
        .where(Inspection.bureau_id == bureau, TeamMember.joined_at >= since)
    )
    return [
        (leaving.name, Sentence("{told}；此前：{reasons}", told=told, reasons=reasons) if reasons else told),
        ("本次抽取", Sentence("第 {count} 次调换", count=len(of_draw) + 1) if row.draw_id else "未经抽取"),
        (
            "本机构",
            Sentence("一年内 {count} 次，参检 {served} 人次", count=len(rows) + 1, served=served or 0),
        ),
    ]


OUTCOMES_TOLD = {
    "": "未办结",
    "replaced": "已调换",
    "leader_lost": "已调换",
    "none": "无人可替",
    "postponed": "延期",
    "borrowed": "借调",
    "declined": "未同意",
    "returned": "退回补充",
}


def warnings(step: Step, row: Substitution) -> list[str]:
    """调换预警 for who approves: the alarms of the protocol over this year's substitutions (draw.md 2.7)."""
    if row.draw_id is None:
        return []
    return alarms_of(step.session, store.get(step.session, row.draw_id))


@prefill("substitution/candidates")
def show_candidates(step: Step) -> dict[str, Any]:
    """The candidates, nearest ticket first: the order nobody chose."""
    found = candidates(step, _row(step))
    return {
        "facts": [*_facts(step), ("递补人选", found[0][1].name if found else "没有人选")],
        "options": {"candidates": [(alias, who.name) for alias, who in found]},
        "rows": {
            "candidates": [
                {"place": place, "alias": alias, "name": who.name}
                for place, (alias, who) in enumerate(found, 1)
            ]
        },
    }


@prefill("substitution/witness")
def show_witness(step: Step) -> dict[str, Any]:
    """Who is passed over and who comes in."""
    row = _row(step)
    found = candidates(step, row)
    passed = {each["id"] for each in row.absent}
    arriving = next((who.name for alias, who in found if alias not in passed), "没有人选")
    skipped = "、".join(who.name for alias, who in found if alias in passed) or "无"
    return {"facts": [*_facts(step), ("跳过的候选人", skipped), ("递补人", arriving)]}


@prefill("substitution/platform")
def show_platform(step: Step) -> dict[str, Any]:
    """What the platform has to match again."""
    return {"facts": _facts(step)}


@prefill("substitution/settle_match")
def show_match(step: Step) -> dict[str, Any]:
    """What the registries say against the platform's substitute."""
    row = _row(step)
    return {"facts": _facts(step), **settling(findings.of_draw(step.session, str(row.draw_id), row.id))}


@prefill("substitution/choose")
def show_choose(step: Step) -> dict[str, Any]:
    """The inspectors of the bureau that are not on the team."""
    row = _row(step)
    present = {member.inspector_id for member in team(step.session, row.inspection_id)}
    today = clock.today()
    free = [
        who
        for who in inspectors_of(step.session, step.bureau_id)
        if who.id not in present and who.available(today)
    ]
    return {
        "facts": _facts(step),
        "options": {
            "inspectors": [
                (str(who.id), f"{who.name} {who.staff_no}{'' if who.licensed(today) else ' （无有效证件）'}")
                for who in free
            ]
        },
    }


@prefill("substitution/vacancy")
def show_vacancy(step: Step) -> dict[str, Any]:
    """Whose place stays empty."""
    return {"facts": _facts(step)}


@prefill("substitution/borrow")
def show_borrow(step: Step) -> dict[str, Any]:
    """The inspectors of the superiors."""
    today = clock.today()
    found = [
        who
        for bureau in above(step.session, step.bureau_id)[1:]
        for who in inspectors_of(step.session, bureau)
    ]
    usable = [who for who in found if who.available(today) and who.licensed(today)]
    labels = [(str(who.id), f"{who.name} {who.staff_no}") for who in usable]
    return {"facts": _facts(step), "options": {"inspectors": labels}}
