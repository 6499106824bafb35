"""讨论和共识: an opinion is put to the members, counted, and decided by the bureau where they differ.

Packs without the rule of consensus decide by majority; dissent is always kept. 依据: 吉 第二十二条.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select

from engine import audit, clock
from engine.domain import answers as ask
from engine.domain.feedback.standing import attendants, latest, votes
from engine.domain.feedback.tables import Opinion, OpinionVote
from engine.domain.inspection.tables import get
from engine.domain.inspection.team import ever_on_team, refuse_conflict, team, team_leader
from engine.domain.terms import cite
from engine.errors import Refused
from engine.operation import Step, operation
from engine.sentence import Sentence

TOGETHER = 2  # 组长召集部分或全部检查专家及成员 (吉 第二十二条): nobody discusses alone


@operation("feedback.discuss", clause="J22", gives=("round",))
def discuss(step: Step, *, inspection_id: int) -> Mapping[str, Any]:
    """The leader convenes members and experts and writes down the opinion that is put to them."""
    inspection = get(step.session, inspection_id)
    if inspection.ended_on is None:
        raise Refused(
            "检查尚未结束，不能形成意见。", clause=cite("J22", step.pack), slug="inspection-running"
        )
    chosen = set(ask.words(step.answers, "attendance"))
    everybody = attendants(step.session, inspection_id, step.rules)
    present = [m.name for m in everybody if str(m.id) in chosen]
    if not present:
        raise Refused(
            "请选择参加讨论的人员。",
            clause=cite("J22", step.pack),
            slug="attendance",
            fields={"attendance": "请选择"},
        )
    led = team_leader(step.session, inspection_id)
    if led is not None and led.name not in present:
        raise Refused(
            Sentence("讨论由组长{leader}召集，参加人员中没有组长。", leader=led.name),
            clause=cite("J22", step.pack),
            slug="attendance",
            fields={"attendance": "请选择组长"},
        )
    if len(present) < TOGETHER:
        raise Refused(
            "讨论由组长召集检查专家和成员进行，参加人员不得少于2人。",
            clause=cite("J22", step.pack),
            slug="attendance",
            fields={"attendance": "至少两人"},
        )
    at = ask.happened(step.answers, "discussed_at", "讨论时间")
    if clock.local(at).date() < inspection.ended_on:
        raise Refused(
            Sentence("讨论时间早于检查结束之日（{day}）。", day=inspection.ended_on),
            clause=cite("J22", step.pack),
            slug="discussion-time",
            fields={"discussed_at": "早于检查结束之日"},
        )
    number = (
        int(
            step.session.scalar(select(func.max(Opinion.round)).where(Opinion.inspection_id == inspection_id))
            or 0
        )
        + 1
    )
    step.session.add(
        Opinion(
            inspection_id=inspection_id,
            round=number,
            discussed_at=at,
            place=ask.text(step.answers, "place"),
            attendance=present,
            expert_advice=ask.text(step.answers, "expert_advice"),
            text=ask.required(step.answers, "opinion", "检查意见", clause=cite("J22", step.pack)),
            convened_by_id=step.person().id,
        ),
    )
    step.session.flush()
    return {"round": number}


@operation("feedback.vote", clause="J22")
def vote(step: Step, *, inspection_id: int) -> None:
    """Each member agrees or dissents; dissent is written down and never lost."""
    opinion = latest(step.session, inspection_id)
    if opinion is None or opinion.how:
        raise Refused("没有待表态的检查意见。", clause=cite("J22", step.pack), slug="no-opinion")
    actor = step.person()
    if not any(m.person_id == actor.id for m in team(step.session, inspection_id)):
        raise Refused(
            Sentence("{actor}不是本检查组成员，不能表态。", actor=actor.name),
            clause=cite("J22", step.pack),
            slug="not-in-team",
        )
    agrees = ask.approves(step.answers)
    step.session.add(
        OpinionVote(
            opinion_id=opinion.id,
            person_id=actor.id,
            agrees=agrees,
            dissent=""
            if agrees
            else ask.required(step.answers, "reason", "不同意见", clause=cite("J22", step.pack)),
        ),
    )
    step.session.flush()


@operation("feedback.settle", clause="J22", gives=("consensus",))
def settle(step: Step, *, inspection_id: int) -> Mapping[str, Any]:
    """Count: all agree → consensus; else by majority where the pack allows it.

    Else the bureau must decide.
    """
    opinion = latest(step.session, inspection_id)
    if opinion is None:
        raise Refused("没有检查意见。", clause=cite("J22", step.pack), slug="no-opinion")
    said = votes(step.session, opinion)
    agree = sum(1 for row, _ in said if row.agrees)
    opinion.minority = "；".join(f"{name}：{row.dissent}" for row, name in said if not row.agrees)
    if said and agree == len(said):
        opinion.how = "consensus"
    elif agree * 2 > len(said) and step.rules["consensus"].value == "majority":
        opinion.how = "majority"
    opinion.settled = bool(opinion.how)
    return {"consensus": opinion.how or "none"}


@operation("feedback.decide", clause="J22", gives=("decision",))
def decide(step: Step, *, inspection_id: int) -> Mapping[str, Any]:
    """No agreement.

    The bureau decides, with the minority opinion in the file, or sends it back to the team.
    """
    opinion = latest(step.session, inspection_id)
    if opinion is None or opinion.how:
        raise Refused("没有需要决定的分歧意见。", clause=cite("J22", step.pack), slug="no-opinion")
    actor = step.person()
    if ever_on_team(step.session, inspection_id, actor.id):
        raise Refused(
            "检查组成员不能决定本组的分歧意见。", clause=cite("J22", step.pack), slug="self-approval"
        )
    refuse_conflict(step.session, step.pack, get(step.session, inspection_id), actor)
    decided = ask.decision(step.answers)
    opinion.decided_by_id = actor.id
    opinion.decision_reason = ask.required(step.answers, "reason", "决定理由", clause=cite("J22", step.pack))
    opinion.how = "bureau" if decided["decision"] == "approve" else "again"
    opinion.settled = opinion.how == "bureau"
    if opinion.settled and (changed := ask.text(step.answers, "opinion")):
        opinion.text = changed
    audit.record(
        step.session,
        action="feedback.decide",
        subject=f"inspection/{inspection_id}",
        actor=actor,
        bureau_id=step.bureau_id,
        reason=opinion.decision_reason,
        after={"how": opinion.how, "minority": opinion.minority},
        clause="J22",
        chained=True,
    )
    return decided
