"""申请和审批调换: who cannot come and why, with proof; the leader in charge decides, but never on the name.

依据: J13 (岗位调整、工作冲突、健康状况、执法回避等), domain §2 no. 7.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import audit, clock
from engine.domain import answers as ask
from engine.domain.ceremony.duty import why
from engine.domain.ceremony.enclosure import enclosures
from engine.domain.ceremony.tables import DrawnPerson
from engine.domain.inspection.tables import Inspection, TeamMember
from engine.domain.inspection.tables import get as inspection_of
from engine.domain.inspection.team import arrived
from engine.domain.plan.query import refuse_self_approval
from engine.domain.substitution.application import of, waiting
from engine.domain.substitution.basis import approved_for
from engine.domain.substitution.tables import TELL, Substitution, get
from engine.domain.terms import SUBSTITUTION_REASONS
from engine.errors import Refused
from engine.operation import Rules, Step, operation
from engine.sentence import Sentence


def refuse_arrived(inspection: Inspection, name: str, rules: Rules) -> None:
    """From the arrival on site nobody is swapped, only added (slug `substitution-after-arrival`)."""
    if arrived(inspection) and inspection.arrived_at is not None:
        raise Refused(
            Sentence(
                "不能调换：{name}所在检查组已于{day:%Y-%m-%d}进场。",
                name=name,
                day=clock.local(inspection.arrived_at),
            ),
            clause=why(rules, "substitution.approver", "J13"),
            hint="可以在案件页发起“补充检查人员”。",
            slug="substitution-after-arrival",
        )


def refuse_reason(code: str, detail: str, proof: list[Any], rules: Rules) -> None:
    """A reason of the pack's list with its proof.

    «other» in words (slugs `substitution-reason`, `proof-missing`).
    """
    allowed = rules["substitution.reasons"].value or []
    if code not in allowed:
        names = "、".join(SUBSTITUTION_REASONS[each] for each in allowed)
        raise Refused(
            Sentence("调换理由只能是：{names}。", names=names),
            clause=why(rules, "substitution.approver", "J13"),
            slug="substitution-reason",
            fields={"reason_code": "请选择理由"},
        )
    if code == "other" and not detail:
        raise Refused(
            "选择“其他”须写明具体情况。",
            clause=why(rules, "substitution.approver", "J13"),
            slug="reason-needed",
            fields={"detail": "请写明情况"},
        )
    if not proof:
        raise Refused(
            "调换须附证明材料。",
            clause=why(rules, "substitution.approver", "J13"),
            slug="proof-missing",
            fields={"proof": "请附证明材料"},
        )


def mode_of(session: Session, inspection: Inspection, inspector_id: int | None, rules: Rules) -> str:
    """How the substitute is found: a drawn place follows the pack.

    A lead, or somebody borrowed, drew nobody.
    """
    place = select(DrawnPerson.id).where(
        DrawnPerson.draw_id == inspection.draw_id,
        DrawnPerson.inspector_id == inspector_id,
        DrawnPerson.state == "serving",
    )
    if inspection.draw_id is None or session.scalar(place.limit(1)) is None:
        return "manual"
    return str(rules["substitution.next"].value)


@operation("substitution.request", clause="J13", gives=("substitution_id", "substitution_mode"))
def request(step: Step, *, inspection_id: int) -> Mapping[str, Any]:
    """申请调换: one member of the team, a reason code, proof."""
    inspection = inspection_of(step.session, inspection_id)
    member = step.session.get(TeamMember, ask.number(step.answers, "member"))
    if member is None or member.inspection_id != inspection.id or member.left_at is not None:
        raise Refused(
            "所选人员不在本检查组。",
            clause=why(step.rules, "substitution.approver", "J13"),
            slug="not-in-team",
        )
    refuse_arrived(inspection, member.name, step.rules)
    code, detail = ask.text(step.answers, "reason_code"), ask.text(step.answers, "detail")
    proof = enclosures(step.session, ask.words(step.answers, "proof"))
    refuse_reason(code, detail, proof, step.rules)
    row = Substitution(
        inspection_id=inspection.id,
        draw_id=inspection.draw_id,
        group_id=inspection.group_no,
        mode=mode_of(step.session, inspection, member.inspector_id, step.rules),
        member_out_id=member.id,
        inspector_out_id=member.inspector_id,
        was_leader=member.role == "leader",
        reason_code=code,
        detail=detail,
        proof=proof,
        requester_id=step.person().id,
    )
    step.session.add(row)
    step.session.flush()
    for application in waiting(step.session, inspection.id):
        if application.member_id == member.id:
            application.substitution_id = row.id
    return {"substitution_id": row.id, "substitution_mode": row.mode}


@operation("substitution.approve", clause="J13", gives=("decision",))
def approve(step: Step, *, substitution_id: int) -> Mapping[str, Any]:
    """审批调换: the leader in charge agrees to the vacancy or not; who comes in is not theirs to say."""
    row = get(step.session, substitution_id)
    leader = step.person()
    refuse_self_approval(row.requester_id, leader, "调换申请", "J13 国发〔2019〕5号", step.pack)
    member = step.session.get_one(TeamMember, row.member_out_id)
    if member.person_id == leader.id:
        raise Refused(
            "被调换人不能审批自己的调换。",
            clause=why(step.rules, "substitution.approver", "J13"),
            slug="self-approval",
        )
    decided = ask.decision(step.answers, clause=why(step.rules, "substitution.approver", "J13"))
    if ask.text(step.answers, "decision") == "reject":
        decided = {"decision": "reject"}
    row.decision, row.approver_id, row.decided_at = decided["decision"], leader.id, clock.now()
    row.opinion = ask.text(step.answers, "reason")
    if row.decision == "approve":
        approved_for(step.session, row)
    elif row.decision == "return":
        # The request is written anew: this one keeps what was asked and why it went back.
        row.outcome, row.concluded_at = "returned", clock.now()
        for reopened in of(step.session, row.id):
            reopened.substitution_id = None
    audit.record(
        step.session,
        action="substitution.approve",
        subject=f"inspection/{row.inspection_id}",
        actor=leader,
        bureau_id=step.bureau_id,
        reason=f"{SUBSTITUTION_REASONS[row.reason_code]}：{row.detail}",
        after={"decision": row.decision, "out": member.name, "mode": row.mode},
        clause=step.clause,
        chained=True,
    )
    return decided


def let_know(step: Step, row: Substitution) -> None:
    """Those concerned are told of an outcome after the commit; of one that comes again, again."""
    step.machine.enqueue(
        TELL,
        {"substitution": row.id, "outcome": row.outcome},
        key=f"substitution/{row.id}/{row.outcome}/{clock.now().isoformat()}",
    )


@operation("substitution.decline", clause="J13", gives=("substitution_outcome",))
def decline(step: Step, *, substitution_id: int) -> Mapping[str, Any]:
    """不予调换: the member stays on the team."""
    row = get(step.session, substitution_id)
    row.outcome, row.concluded_at = "declined", clock.now()
    let_know(step, row)
    return {"substitution_outcome": "declined"}
