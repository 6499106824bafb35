"""Discussion, consensus and feedback (讨论、共识、反馈): nothing is fed back before the opinion stands.

依据: 吉 第二十二条: discussed with experts and members, on consensus a written opinion, told face to face
to the object and the local bureau at the same time. Packs without that rule decide by majority; dissent is
always kept. Long because the article is one chain of conditions, each with its refusal.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine import audit, clock
from engine.domain import answers as ask
from engine.domain.inspection.tables import Inspection, TeamMember, get
from engine.domain.inspection.team import ever_on_team, refuse_conflict, team
from engine.domain.inspection.visit import findings
from engine.domain.pack import parameters
from engine.domain.terms import RESULTS, cite
from engine.errors import Refused
from engine.operation import Step, operation, prefill
from engine.people import Bureau
from engine.storage.base import Base, pk, reference, word


class Opinion(Base):
    """One round of discussion and the opinion it forms. `how`.

    Consensus · majority · bureau, "" while open.
    """

    __tablename__ = "opinion"

    id: Mapped[pk]
    inspection_id: Mapped[int] = reference("inspection.id")
    round: Mapped[int]
    discussed_at: Mapped[datetime]
    place: Mapped[str] = mapped_column(default="")
    attendance: Mapped[list[Any]]
    expert_advice: Mapped[str] = mapped_column(default="")
    text: Mapped[str]
    how: Mapped[word] = mapped_column(default="")
    settled: Mapped[bool] = mapped_column(default=False)
    minority: Mapped[str] = mapped_column(default="")
    decided_by_id: Mapped[int | None] = reference("person.id", index=False)
    decision_reason: Mapped[str] = mapped_column(default="")
    convened_by_id: Mapped[int] = reference("person.id", index=False)

    __table_args__ = (
        UniqueConstraint("inspection_id", "round"),
        UniqueConstraint("id", "settled"),
        CheckConstraint("how in ('','consensus','majority','bureau','again')", name="how"),
        CheckConstraint("settled = (how in ('consensus','majority','bureau'))", name="settled"),
        CheckConstraint("how <> 'bureau' or decided_by_id is not null", name="bureau_decides"),
    )


class OpinionVote(Base):
    """What one member said; who does not agree says why."""

    __tablename__ = "opinion_vote"

    id: Mapped[pk]
    opinion_id: Mapped[int] = reference("opinion.id")
    person_id: Mapped[int] = reference("person.id", index=False)
    agrees: Mapped[bool]
    dissent: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime] = mapped_column(default=clock.now)

    __table_args__ = (
        UniqueConstraint("opinion_id", "person_id"),
        CheckConstraint("agrees or dissent <> ''", name="dissent"),
    )


class Feedback(Base):
    """The meeting where the opinion is told; one row, one time for both receipts. Needs a settled opinion."""

    __tablename__ = "feedback"

    id: Mapped[pk]
    inspection_id: Mapped[int] = reference("inspection.id", unique=True)
    opinion_id: Mapped[int] = mapped_column(index=True)
    opinion_settled: Mapped[bool] = mapped_column(default=True)
    met_at: Mapped[datetime]
    place: Mapped[str]
    present: Mapped[str]
    object_view: Mapped[str] = mapped_column(default="")
    given_by_id: Mapped[int] = reference("person.id", index=False)
    receipt_object: Mapped[word] = mapped_column(default="")  # who received
    receipt_object_at: Mapped[datetime | None]
    receipt_signature: Mapped[dict[str, Any]] = mapped_column(default=dict)
    receipt_object_reason: Mapped[str] = mapped_column(default="")  # why there is no signature
    receipt_local_id: Mapped[int | None] = reference("person.id", index=False)
    receipt_local_at: Mapped[datetime | None]
    local_skipped: Mapped[str] = mapped_column(default="")
    finished_at: Mapped[datetime | None]
    finished: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        ForeignKeyConstraint(
            ["opinion_id", "opinion_settled"],
            ["opinion.id", "opinion.settled"],
            name="fk_feedback_settled_opinion",
        ),
        UniqueConstraint("id", "finished"),
        CheckConstraint("finished = (finished_at is not null)", name="finished"),
        CheckConstraint("opinion_settled", name="opinion_settled"),
        CheckConstraint("receipt_local_at is null or local_skipped = ''", name="one_of_both"),
        CheckConstraint(
            "finished_at is null or (receipt_object_at is not null "
            "and (receipt_local_at is not null or local_skipped <> ''))",
            name="both_receipts",
        ),
    )


def latest(session: Session, inspection_id: int) -> Opinion | None:
    """The opinion of the last round."""
    return session.scalars(
        select(Opinion).where(Opinion.inspection_id == inspection_id).order_by(Opinion.round.desc())
    ).first()


def of(session: Session, inspection_id: int) -> Feedback | None:
    """The feedback of an inspection, if it was given."""
    return session.scalar(select(Feedback).where(Feedback.inspection_id == inspection_id))


def refuse_unsettled(session: Session, inspection_id: int, pack: str) -> Opinion:
    """No feedback, no report without an agreed opinion (slug `missing-consensus`)."""
    opinion = latest(session, inspection_id)
    if opinion is None or not opinion.settled:
        raise Refused(
            "检查组尚未达成一致意见，不能反馈。"
            if parameters(pack)["consensus"].value == "required"
            else "检查意见尚未形成，不能反馈。",
            clause=cite(f"J22 {parameters(pack)['consensus'].source}", pack),
            hint="请先讨论表态；达不成一致的，由本局决定并记录少数意见。",
            slug="missing-consensus",
        )
    return opinion


def refuse_before_feedback(session: Session, inspection: Inspection, pack: str) -> Feedback:
    """No publication before the object has been told (slug `publication-before-feedback`)."""
    given = of(session, inspection.id)
    if given is None or (given.finished_at is None and parameters(pack)["feedback.object"].value):
        raise Refused(
            f"{inspection.case_no}的检查情况尚未向被检查对象反馈，不能公示。",
            clause=cite("J22 国办发〔2024〕54号", pack),
            hint="请先完成当面反馈和签收。",
            slug="publication-before-feedback",
        )
    return given


def attendants(session: Session, inspection_id: int, pack: str) -> list[TeamMember]:
    """Who may sit in the discussion: members, and experts too unless the pack lets them only advise (吉 第二十二条)."""
    serving = [m for m in team(session, inspection_id, everybody=True) if m.left_at is None]
    only_advice = parameters(pack).value("experts") == "advice"
    return [member for member in serving if not (only_advice and member.expert)]


@operation("feedback.discuss", clause="J22", gives=("round",))
def discuss(step: Step, *, inspection_id: int) -> Mapping[str, Any]:
    """The leader convenes members and experts and writes down the opinion that is put to them."""
    inspection = get(step.session, inspection_id)
    if inspection.ended_on is None:
        raise Refused(
            "检查尚未结束，不能形成意见。", clause=cite("J22", step.pack), slug="inspection-running"
        )
    chosen = set(ask.words(step.answers, "attendance"))
    everybody = attendants(step.session, inspection_id, step.pack)
    present = [m.name for m in everybody if str(m.id) in chosen]
    if not present:
        raise Refused(
            "请选择参加讨论的人员。",
            clause=cite("J22", step.pack),
            slug="attendance",
            fields={"attendance": "请选择"},
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
            discussed_at=ask.instant(step.answers, "discussed_at") or clock.now(),
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
            f"{actor.name}不是本检查组成员，不能表态。", clause=cite("J22", step.pack), slug="not-in-team"
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


def votes(session: Session, opinion: Opinion) -> list[tuple[OpinionVote, str]]:
    """What everybody said, with names."""
    query = (
        select(OpinionVote, TeamMember.name)
        .join(TeamMember, TeamMember.person_id == OpinionVote.person_id)
        .where(OpinionVote.opinion_id == opinion.id, TeamMember.inspection_id == opinion.inspection_id)
        .order_by(OpinionVote.id)
    )
    return [(row, name) for row, name in session.execute(query)]


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
    elif agree * 2 > len(said) and parameters(step.pack)["consensus"].value == "majority":
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


@operation("feedback.meet", clause="J22", gives=("feedback_id", "local_receipt"))
def meet(step: Step, *, inspection_id: int) -> Mapping[str, Any]:
    """The leader tells the opinion face to face; one meeting time for the object and the local bureau."""
    inspection = get(step.session, inspection_id)
    opinion = refuse_unsettled(step.session, inspection_id, step.pack)
    met_at = ask.instant(step.answers, "met_at") or clock.now()
    if met_at < opinion.discussed_at:
        raise Refused(
            "反馈时间不能早于讨论时间。",
            clause=cite("J22", step.pack),
            slug="feedback-time",
            fields={"met_at": "早于讨论时间"},
        )
    row = Feedback(
        inspection_id=inspection_id,
        opinion_id=opinion.id,
        met_at=met_at,
        place=ask.required(step.answers, "place", "反馈地点"),
        present=ask.required(step.answers, "present", "在场人员"),
        object_view=ask.text(step.answers, "object_view"),
        given_by_id=step.person().id,
    )
    step.session.add(row)
    step.session.flush()
    both = inspection.local_elsewhere and bool(parameters(step.pack).value("feedback.simultaneous"))
    return {"feedback_id": row.id, "local_receipt": both}


@operation("feedback.receipt_object", clause="J22")
def receipt_object(step: Step, *, inspection_id: int) -> None:
    """The object signs for the opinion, or the reason why not is noted."""
    row = _given(step, inspection_id)
    row.receipt_object = ask.required(step.answers, "received_by", "签收人")
    row.receipt_object_reason = ask.text(step.answers, "reason")
    row.receipt_signature = ask.signature(step.answers, "signature")
    if not row.receipt_signature and not row.receipt_object_reason:
        raise Refused(
            "未签名的，请注明原因。",
            clause=cite("W12 J22", step.pack),
            slug="signature-reason",
            fields={"reason": "请注明原因"},
        )
    if view := ask.text(step.answers, "object_view"):
        row.object_view = view
    row.receipt_object_at = clock.now()


@operation("feedback.receipt_local", clause="J22")
def receipt_local(step: Step, *, inspection_id: int) -> None:
    """The local bureau confirms the same meeting."""
    row = _given(step, inspection_id)
    row.receipt_local_id, row.receipt_local_at = step.person().id, clock.now()


@operation("feedback.skip_local", clause="J22")
def skip_local(step: Step, *, inspection_id: int) -> None:
    """No second receipt; the reason is kept and shown."""
    row, inspection = _given(step, inspection_id), get(step.session, inspection_id)
    row.local_skipped = (
        "本规则包未规定向所在地医保部门同时反馈。"
        if inspection.local_elsewhere
        else "本局即被检查对象所在地医疗保障部门，无须第二份签收。"
    )


@operation("feedback.finish", clause="J22")
def finish(step: Step, *, inspection_id: int) -> None:
    """Both receipts stand: the written opinion is final."""
    row, inspection = _given(step, inspection_id), get(step.session, inspection_id)
    row.finished_at, row.finished = clock.now(), True
    inspection.state = "fed_back"
    step.session.flush()


def _given(step: Step, inspection_id: int) -> Feedback:
    row = of(step.session, inspection_id)
    if row is None:
        raise Refused("尚未当面反馈检查情况。", clause=cite("J22", step.pack), slug="no-feedback")
    return row


@prefill("feedback/discuss")
def show_discussion(step: Step) -> dict[str, Any]:
    """Findings, and who may attend: members and experts."""
    inspection_id = int(step.data["inspection_id"])
    people = attendants(step.session, inspection_id, step.pack)
    found = findings(step.session, inspection_id)
    before = latest(step.session, inspection_id)
    return {
        "facts": [("上一轮决定", before.decision_reason)]
        if before is not None and before.how == "again"
        else [],
        "options": {"attendance": [(str(m.id), f"{m.name}{'（专家）' if m.expert else ''}") for m in people]},
        "defaults": {"attendance": [str(m.id) for m in people], "opinion": before.text if before else ""},
        "rows": {
            "results": [
                {"item": f.item_name, "result": RESULTS[f.result], "description": f.description}
                for f in found
            ]
        },
    }


@prefill("feedback/vote")
def show_opinion(step: Step) -> dict[str, Any]:
    """The opinion that was put to the members, and who dissented."""
    inspection_id = int(step.data["inspection_id"])
    opinion = latest(step.session, inspection_id)
    if opinion is None:
        return {}
    facts = [
        ("检查意见", opinion.text),
        ("参加讨论", "、".join(opinion.attendance)),
        ("专家建议", opinion.expert_advice or "无"),
    ]
    if opinion.minority:
        facts.append(("少数意见", opinion.minority))
    return {"facts": facts}


prefill("feedback/decide")(show_opinion)
prefill("feedback/receipt_object")(show_opinion)


@prefill("feedback/meet")
def show_meeting(step: Step) -> dict[str, Any]:
    """The opinion, and whom to tell at the same time."""
    inspection = get(step.session, int(step.data["inspection_id"]))
    shown = show_opinion(step)
    local = step.session.get_one(Bureau, inspection.local_bureau_id).name
    same = "本局即所在地医保部门" if not inspection.local_elsewhere else local
    return {"facts": [*shown.get("facts", []), ("同时反馈的所在地医保部门", same)]}


@prefill("feedback/receipt_local")
def show_receipt(step: Step) -> dict[str, Any]:
    """The opinion and the meeting."""
    row = _given(step, int(step.data["inspection_id"]))
    met = f"{clock.local(row.met_at):%Y-%m-%d %H:%M} {row.place}"
    return {"facts": [*show_opinion(step).get("facts", []), ("反馈时间地点", met), ("在场人员", row.present)]}
