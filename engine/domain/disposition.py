"""结果处理: what follows from the findings, proposed by the table and decided by people.

依据: 舞 第十三条 (当场纠正；进一步核查；移送), 吉 第九条 (立案), 第二十三条 (统筹区属地处理), 行政处罚法
(法制审核).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import audit, clock
from engine.domain import answers as ask
from engine.domain.calendar import due_by_release
from engine.domain.feedback import refuse_before_feedback
from engine.domain.followup import open_followup
from engine.domain.inspection.tables import Disposition, Inspection, get
from engine.domain.inspection.team import ever_on_team, refuse_conflict, team_leader
from engine.domain.inspection.visit import findings
from engine.domain.terms import RESULTS, cite
from engine.errors import Refused
from engine.operation import Step, operation, prefill
from engine.people import Bureau
from engine.sentence import Sentence

KINDS: Mapping[str, str] = {
    "none": "无需处理",
    "corrected": "责令改正",
    "filing": "进一步核查、立案查处",
    "transfer": "移送其他行政机关",
    "local": "移交所在地医保部门属地处理",
}


def of(session: Session, inspection_id: int) -> Disposition | None:
    """How the results of an inspection are handled, once proposed."""
    return session.scalar(select(Disposition).where(Disposition.inspection_id == inspection_id))


def _decided(step: Step, inspection_id: int) -> Disposition:
    row = of(step.session, inspection_id)
    if row is None:
        raise Refused("尚未提出处理意见。", clause=cite("W13", step.pack), slug="no-disposition")
    return row


@operation("disposition.weigh", clause="W13", gives=("facts",))
def weigh(step: Step, *, inspection_id: int) -> Mapping[str, Any]:
    """Put the findings into the facts that the table `disposition` reads."""
    inspection = get(step.session, inspection_id)
    found = [finding for finding in findings(step.session, inspection_id) if finding.problem]
    facts = {
        "problems": len(found),
        "all_corrected": all(finding.result == "corrected" for finding in found),
        "other_authority": any(finding.other_authority for finding in found),
        "local_handling": inspection.local_elsewhere and bool(step.rules.value("local_handling")),
    }
    return {"facts": facts}


@operation("disposition.propose", clause="W13 J23", gives=("disposition_kind",))
def propose(step: Step, *, inspection_id: int) -> Mapping[str, Any]:
    """The leader's opinion; other than the table's proposal only with the reason."""
    inspection = get(step.session, inspection_id)
    refuse_before_feedback(step.session, inspection, step.rules)
    advised = str(step.data.get("disposition") or "")
    kind = ask.required(step.answers, "kind", "处理方式", clause=cite("W13", step.pack))
    if kind not in KINDS:
        raise Refused(Sentence("没有处理方式“{kind}”。", kind=kind), slug="disposition")
    found = [finding for finding in findings(step.session, inspection_id) if finding.problem]
    if kind == "none" and found:
        raise Refused(
            Sentence("检查发现{count}个问题，处理方式不能是“无需处理”。", count=len(found)),
            clause=cite("W13 J26", step.pack),
            slug="problem-unhandled",
            fields={"kind": "有问题须处理"},
        )
    if kind == "local" and not inspection.local_elsewhere:
        raise Refused(
            "本局即所在地医保部门，不能移交属地。", clause=cite("J23", step.pack), slug="already-local"
        )
    if kind in ("corrected", "filing") and inspection.local_elsewhere and step.rules.value("local_handling"):
        raise Refused(
            "对象所在地另有医疗保障部门，处理意见由所在地按统筹区属地管理下达。",
            clause=step.rules.cite(step.rules["local_handling"].source),
            hint="请选择“移交所在地医保部门属地处理”；属于其他行政机关管辖的，选择移送。",
            slug="local-handling",
            fields={"kind": "请移交所在地处理"},
        )
    row = of(step.session, inspection_id) or Disposition(inspection_id=inspection_id)
    row.proposed, row.kind = advised, kind
    row.opinion = ask.required(step.answers, "opinion", "处理意见")
    row.deviation = ""
    if advised not in ("", kind):
        row.deviation = ask.required(
            step.answers,
            "deviation",
            "与建议不一致的理由",
            clause=cite("W13", step.pack),
            slug="reason-needed",
        )
    row.demand = ask.text(step.answers, "demand") or "；".join(f.demand for f in found if f.demand)
    row.correct_by = ask.day(step.answers, "correct_by")
    if kind == "corrected" and row.correct_by is not None and row.correct_by <= clock.today():
        raise Refused(
            "整改期限须晚于今天。",
            clause=cite("W13 J26", step.pack),
            slug="correction-due",
            fields={"correct_by": "须晚于今天"},
        )
    if kind == "corrected" and row.correct_by is None:
        row.correct_by = due_by_release(step, "correction.due", clock.today()).day
    row.receiver = ask.required(step.answers, "receiver", "接收机关") if kind == "transfer" else ""
    row.proposed_by_id = step.person().id
    row.reviewed_by_id = row.approved_by_id = None
    row.decided_at = clock.now()
    step.session.add(row)
    step.session.flush()
    return {"disposition_kind": kind}


@operation("disposition.review_legality", clause="行政处罚法", gives=("decision",))
def review_legality(step: Step, *, inspection_id: int) -> Mapping[str, Any]:
    """法制审核 by somebody who did not handle the case (§2 no. 11)."""
    row = _decided(step, inspection_id)
    _refuse_handler(step, inspection_id, "法制审核人员")
    decided = ask.decision(step.answers)
    row.reviewed_by_id = step.person().id if decided["decision"] == "approve" else None
    return decided


@operation("disposition.file_case", clause="W13 J9 行政处罚法", gives=("decision",))
def file_case(step: Step, *, inspection_id: int) -> Mapping[str, Any]:
    """The head of the bureau approves the filing (立案); the penalty case gets its number."""
    row = _decided(step, inspection_id)
    _refuse_handler(step, inspection_id, "审批人")
    decided = ask.decision(step.answers)
    if decided["decision"] == "approve":
        if row.reviewed_by_id is None:
            raise Refused(
                "立案前须经法制审核。", clause=cite("行政处罚法", step.pack), slug="no-legal-review"
            )
        row.approved_by_id = step.person().id
        bureau = step.session.get_one(Bureau, step.bureau_id)
        row.filing_no = (
            ask.text(step.answers, "filing_no")
            or f"{bureau.short_name}医保立〔{clock.today().year}〕{row.id}号"
        )
    audit.record(
        step.session,
        action="disposition.file",
        subject=f"inspection/{inspection_id}",
        actor=step.actor,
        bureau_id=step.bureau_id,
        reason=ask.text(step.answers, "reason"),
        after={**decided, "filing_no": row.filing_no},
        clause=step.clause,
        chained=True,
    )
    return decided


@operation("disposition.transfer", clause="W13")
def transfer(step: Step, *, inspection_id: int) -> None:
    """案件移送书: receiving agency, facts, evidence, contact."""
    row = _decided(step, inspection_id)
    row.receiver = ask.required(step.answers, "receiver", "接收机关", clause=cite("W13", step.pack))
    row.letter_no = ask.required(step.answers, "letter_no", "移送书文号", clause=cite("W13", step.pack))
    row.letter_facts, row.contact = ask.text(step.answers, "facts"), ask.text(step.answers, "contact")[:80]
    audit.record(
        step.session,
        action="disposition.transfer",
        subject=f"inspection/{inspection_id}",
        actor=step.actor,
        bureau_id=step.bureau_id,
        reason=row.letter_facts,
        after={"receiver": row.receiver, "letter_no": row.letter_no},
        clause="W13",
        chained=True,
    )


@operation("disposition.settle", clause="J26")
def settle(step: Step, *, inspection_id: int) -> None:
    """The way is decided: what has to be watched is entered as follow-up (谁管辖、谁负责)."""
    inspection, row = get(step.session, inspection_id), _decided(step, inspection_id)
    inspection.state = "disposed"
    today = clock.today()
    demands = "；".join(f.demand for f in findings(step.session, inspection_id) if f.result == "corrected")
    if row.kind == "corrected" or (demands and row.kind != "local"):
        # What was to be mended on the spot is re-checked, whatever follows from the other findings (舞 第十三条).
        until = row.correct_by or due_by_release(step, "correction.due", today).day
        due_on = due_by_release(step, "correction.recheck", max(until, today)).day
        watched = row.demand or row.opinion if row.kind == "corrected" else demands
        open_followup(step.session, inspection, "correction", watched, due_on)
    _watch_the_rest(step, inspection, row)
    handed = {
        "filing": ("penalty", Sentence("立案查处 {filing_no}", filing_no=row.filing_no)),
        "transfer": (
            "transfer",
            Sentence("移送{receiver} {letter_no}", receiver=row.receiver, letter_no=row.letter_no),
        ),
        "local": ("local", "移交所在地医保部门处理"),
    }.get(row.kind)
    if handed is not None:
        open_followup(step.session, inspection, *handed, due_by_release(step, "followup.handle", today).day)


def _watch_the_rest(step: Step, inspection: Inspection, row: Disposition) -> None:
    """What the way chosen leaves open is watched too (吉 第二十六条 防止监管脱节, 舞 第十三条第二项).

    A transfer settles what belongs to others, a filing what is ours; the other part gets its own follow-up.
    """
    until = due_by_release(step, "followup.handle", clock.today()).day
    pending = [f for f in findings(step.session, inspection.id) if f.problem and f.result != "corrected"]
    ours = "；".join(f"{f.item_name}：{f.description}" for f in pending if not f.other_authority)
    others = "；".join(
        f"{f.other_authority}：{f.item_name}，{f.description}" for f in pending if f.other_authority
    )
    if row.kind == "transfer" and ours:
        demand = Sentence("本机关管辖的问题须进一步核查：{found}", found=ours)
        open_followup(step.session, inspection, "penalty", demand, until)
    if row.kind == "filing" and others:
        demand = Sentence("属于其他行政机关管辖的问题须移送：{found}", found=others)
        open_followup(step.session, inspection, "transfer", demand, until)


def _refuse_handler(step: Step, inspection_id: int, who: str) -> None:
    actor = step.person()
    if ever_on_team(step.session, inspection_id, actor.id):
        raise Refused(
            Sentence("{who}不能是检查组成员。", who=who),
            clause=cite("行政处罚法", step.pack),
            slug="self-approval",
        )
    inspection: Inspection = get(step.session, inspection_id)
    refuse_conflict(step.session, step.pack, inspection, actor)


@prefill("disposition/propose")
def show_proposal(step: Step) -> dict[str, Any]:
    """The findings and what the table proposes."""
    found = findings(step.session, int(step.data["inspection_id"]))
    advised = str(step.data.get("disposition") or "")
    return {
        "facts": [("处理方式建议", KINDS.get(advised, "无"))],
        "options": {"kinds": list(KINDS.items())},
        "defaults": {"kind": advised, "demand": "；".join(f.demand for f in found if f.demand)},
        "rows": {
            "results": [
                {"item": f.item_name, "result": RESULTS[f.result], "description": f.description}
                for f in found
            ]
        },
    }


@prefill("disposition/legal")
def show_opinion(step: Step) -> dict[str, Any]:
    """The opinion to review or approve."""
    row = of(step.session, int(step.data["inspection_id"]))
    if row is None:
        return {}
    return {
        "facts": [
            ("处理方式", KINDS[row.kind]),
            ("处理意见", row.opinion),
            ("与建议不一致的理由", row.deviation or "一致"),
        ]
    }


prefill("disposition/filing")(show_opinion)


@prefill("disposition/transfer")
def show_transfer(step: Step) -> dict[str, Any]:
    """Receiver and opinion."""
    row = of(step.session, int(step.data["inspection_id"]))
    led = team_leader(step.session, int(step.data["inspection_id"]))
    return {
        **show_opinion(step),
        "defaults": {"receiver": row.receiver if row else "", "contact": led.name if led else ""},
    }
