"""申请调换或回避: oneself, the section or the inspected party asks that a member steps aside; it opens a substitution.

The application stays as it was made; the section's request is filled from it and need not be typed again. 依据: J13.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import audit
from engine.domain import answers as ask
from engine.domain.ceremony.enclosure import enclosures
from engine.domain.inspection.tables import TeamMember
from engine.domain.inspection.tables import get as inspection_of
from engine.domain.inspection.team import arrived, team
from engine.domain.substitution.tables import Application, Substitution
from engine.domain.terms import RELATIONS, cite
from engine.errors import Refused
from engine.operation import Step, operation, prefill
from engine.sentence import Sentence

ASKED_BY = {"inspector": "检查人员本人", "section": "业务科室", "object": "被检查对象"}


@operation("inspection.request_recusal", clause="J13")
def request_recusal(step: Step, *, inspection_id: int) -> None:
    """Somebody, or the inspected party, asks that a member steps aside or is swapped.

    Before the visit only; a 利害关系 that somebody names of themselves binds them at once.
    """
    inspection = inspection_of(step.session, inspection_id)
    if arrived(inspection):
        raise Refused(
            "检查组已进场，不能再调换人员。",
            clause=cite("J13", step.pack),
            hint="可以在案件页发起“补充检查人员”。",
            slug="substitution-after-arrival",
        )
    member = step.session.get(TeamMember, int(ask.required(step.answers, "member", "涉及人员")))
    if member is None or member.inspection_id != inspection_id or member.left_at is not None:
        raise Refused("所选人员不在本检查组。", clause=cite("J13", step.pack), slug="not-in-team")
    if any(other.id == member.id for other in asked_for(step.session, inspection_id)):
        raise Refused(
            Sentence("{name}的调换或回避申请已在办理。", name=member.name),
            clause=cite("J13", step.pack),
            hint="请办理已有的“申请调换”。",
            slug="already-requested",
            fields={"member": "已在办理"},
        )
    reason = ask.required(step.answers, "reason", "理由", clause=cite("J13", step.pack))
    relation = ask.text(step.answers, "relation")
    oneself = member.person_id == step.person().id
    kind = ask.text(step.answers, "asked_by") or ("inspector" if oneself else "section")
    proof = enclosures(step.session, ask.words(step.answers, "proof"))
    if kind == "object" and not proof:
        raise Refused(
            "被检查对象申请回避的，须附回避申请。",
            clause=cite("J13 行政处罚法", step.pack),
            slug="proof-missing",
            fields={"proof": "请附回避申请"},
        )
    if relation and oneself:
        # Who names their own 利害关系 is bound by it; a request of the party is decided by the bureau.
        member.conflict, member.conflict_note = relation, reason
    step.session.add(
        Application(
            inspection_id=inspection_id,
            member_id=member.id,
            asked_by=kind,
            applicant=ask.text(step.answers, "applicant"),
            relation=relation,
            reason=reason,
            proof=proof,
            filed_by_id=step.person().id,
        )
    )
    audit.record(
        step.session,
        action="inspection.recusal",
        subject=f"inspection/{inspection_id}",
        actor=step.actor,
        bureau_id=inspection.bureau_id,
        reason=reason,
        after={
            "member": member.name,
            "relation": relation,
            "asked_by": kind,
            "applicant": ask.text(step.answers, "applicant"),
        },
        clause="J13",
    )


def waiting(session: Session, inspection_id: int) -> list[Application]:
    """The applications of an inspection that no substitution has taken up, oldest first."""
    query = select(Application).where(
        Application.inspection_id == inspection_id, Application.substitution_id.is_(None)
    )
    return list(session.scalars(query.order_by(Application.id)))


def asked_for(session: Session, inspection_id: int) -> list[TeamMember]:
    """Those of the team of whom it is still open whether they step aside."""
    asked = {row.member_id for row in waiting(session, inspection_id)}
    running = select(Substitution.member_out_id).where(
        Substitution.inspection_id == inspection_id, Substitution.outcome == ""
    )
    asked |= set(session.scalars(running))
    query = select(TeamMember).where(TeamMember.id.in_(asked), TeamMember.left_at.is_(None))
    return list(session.scalars(query.order_by(TeamMember.id)))


def refuse_unsettled(session: Session, inspection_id: int, pack: str) -> None:
    """Nobody goes while it is open whether one of the team must step aside (slug `substitution-open`)."""
    names = [member.name for member in asked_for(session, inspection_id)]
    if names:
        raise Refused(
            Sentence("{names}的调换或回避申请还没有办结，不能开展检查。", names="、".join(names)),
            clause=cite("J13", pack),
            hint="请先办完“申请调换”和“审批调换”；进场以后不再调换。",
            slug="substitution-open",
        )


def of(session: Session, substitution_id: int) -> list[Application]:
    """The applications behind a substitution, oldest first; several may ask for the same person."""
    query = select(Application).where(Application.substitution_id == substitution_id)
    return list(session.scalars(query.order_by(Application.id)))


@prefill("inspection/recusal")
def show_recusal_choice(step: Step) -> Mapping[str, Any]:
    """The members who may be asked to step aside."""
    members = team(step.session, int(step.data["inspection_id"]))
    return {
        "options": {
            "members": [
                (str(m.id), f"{m.name}（{'持证' if m.licensed else '无有效证件'}）") for m in members
            ],
            "relations": list(RELATIONS.items()),
        }
    }
