"""补充检查人员: once the team has arrived nobody is swapped; somebody licensed may be added, with approval.

依据: J13 (进场后不调换), J16, W11.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from engine import audit, clock
from engine.domain import answers as ask
from engine.domain.ceremony.duty import why
from engine.domain.inspection.tables import TeamMember
from engine.domain.inspection.tables import get as inspection_of
from engine.domain.inspection.team import arrived, join, team
from engine.domain.plan.query import refuse_self_approval
from engine.domain.registry import Inspector, RegistryObject, inspectors_of, relation_to
from engine.domain.substitution.tables import Reinforcement
from engine.domain.terms import cite
from engine.errors import NotFound, Refused
from engine.operation import Step, operation, prefill
from engine.sentence import Sentence


def _get(step: Step, reinforcement_id: int) -> Reinforcement:
    found = step.session.get(Reinforcement, reinforcement_id)
    if found is None:
        raise NotFound(
            Sentence("没有编号为 {reinforcement_id} 的补充检查人员申请。", reinforcement_id=reinforcement_id)
        )
    return found


def able(step: Step, inspection_id: int) -> list[Inspector]:
    """Who may be added: licensed, available, with an account, no 利害关系 to the object, not on the team."""
    inspection = inspection_of(step.session, inspection_id)
    thing = step.session.get_one(RegistryObject, inspection.object_id)
    present = {m.inspector_id for m in team(step.session, inspection_id, everybody=True)}
    today = clock.today()
    return [
        who
        for who in inspectors_of(step.session, inspection.bureau_id)
        if who.id not in present
        and who.person_id is not None
        and who.available(today)
        and who.licensed(today)
        and not relation_to(step.session, who, thing)
    ]


def _refuse_unfit(step: Step, inspection_id: int, inspector_id: int) -> None:
    if inspector_id not in {who.id for who in able(step, inspection_id)}:
        raise Refused(
            "补充的人员须持有效执法证件、能够参加，并与检查对象没有利害关系。",
            clause=cite("J13 J16 W11 行政处罚法", step.pack),
            slug="reinforcement-unfit",
            fields={"inspector": "请从列出的人员中选"},
        )


@operation("substitution.ask_reinforcement", clause="J13 J16", gives=("reinforcement_id",))
def ask_reinforcement(step: Step, *, inspection_id: int) -> Mapping[str, Any]:
    """申请补充检查人员: after the arrival, one more inspector with a reason."""
    inspection = inspection_of(step.session, inspection_id)
    if not arrived(inspection):
        raise Refused(
            "检查组还没有进场，人员不足的应当办理调换。",
            clause=why(step.rules, "substitution.approver", "J13"),
            slug="not-arrived",
            hint="请在案件页发起“申请调换或回避”。",
        )
    chosen = ask.number(step.answers, "inspector")
    _refuse_unfit(step, inspection_id, chosen)
    pending = select(Reinforcement.id).where(
        Reinforcement.inspection_id == inspection_id,
        Reinforcement.inspector_id == chosen,
        Reinforcement.decision == "",
    )
    if step.session.scalar(pending) is not None:
        raise Refused(
            "补充这名人员的申请正在等待审批。",
            clause=why(step.rules, "substitution.approver", "J13"),
            slug="already-requested",
            fields={"inspector": "正在等待审批"},
        )
    row = Reinforcement(
        inspection_id=inspection_id,
        inspector_id=chosen,
        reason=ask.required(step.answers, "reason", "补充理由", clause=cite("J13", step.pack)),
        requester_id=step.person().id,
    )
    step.session.add(row)
    step.session.flush()
    return {"reinforcement_id": row.id}


@operation("substitution.approve_reinforcement", clause="J13 J16", gives=("decision",))
def approve_reinforcement(step: Step, *, reinforcement_id: int) -> Mapping[str, Any]:
    """审批补充检查人员: the leader in charge agrees or not."""
    row = _get(step, reinforcement_id)
    leader = step.person()
    refuse_self_approval(row.requester_id, leader, "补充申请", "J13 国发〔2019〕5号", step.pack)
    decided = ask.decision(step.answers, clause=why(step.rules, "substitution.approver", "J13"))
    if decided["decision"] == "approve":
        _refuse_unfit(step, row.inspection_id, row.inspector_id)
    row.decision, row.approver_id, row.decided_at = decided["decision"], leader.id, clock.now()
    return decided


@operation("substitution.reinforce", clause="J13 J16", gives=("pending_person_id",))
def reinforce(step: Step, *, reinforcement_id: int) -> Mapping[str, Any]:
    """补入检查组: nobody leaves; the open work of the team is the new member's, too, after their pledge."""
    row = _get(step, reinforcement_id)
    member: TeamMember = join(
        step.session, inspection_of(step.session, row.inspection_id), row.inspector_id, source="substitute"
    )
    row.joined_at = clock.now()
    step.machine.reassign(step.case_id)
    audit.record(
        step.session,
        action="substitution.reinforce",
        subject=f"inspection/{row.inspection_id}",
        bureau_id=step.bureau_id,
        reason=row.reason,
        after={"in": member.name},
        clause="J13",
        chained=True,
    )
    return {"pending_person_id": member.person_id}


@prefill("substitution/reinforce")
def show_reinforce(step: Step) -> dict[str, Any]:
    """The team on site and who may join it."""
    number = int(step.data["inspection_id"])
    return {
        "facts": [("检查组", "、".join(m.name for m in team(step.session, number)))],
        "options": {"inspectors": [(str(who.id), who.name) for who in able(step, number)]},
    }


@prefill("substitution/approve_reinforcement")
def show_approve(step: Step) -> dict[str, Any]:
    """Who joins which team, and why."""
    row = _get(step, int(step.data["reinforcement_id"]))
    inspection = inspection_of(step.session, row.inspection_id)
    names = "、".join(m.name for m in team(step.session, inspection.id))
    return {
        "facts": [
            ("检查任务", inspection.case_no),
            ("检查对象", step.session.get_one(RegistryObject, inspection.object_id).name),
            ("检查组", Sentence("{names}，已进场", names=names)),
            ("补充人员", step.session.get_one(Inspector, row.inspector_id).name),
            ("理由", row.reason),
        ]
    }
