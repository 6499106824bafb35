"""What stands of a discussion: the latest opinion, who may sit in it, what must come before what.

依据: 吉 第二十二条; 国办发〔2024〕54号.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.domain.feedback.tables import Feedback, Opinion, OpinionVote
from engine.domain.inspection.tables import Inspection, TeamMember
from engine.domain.inspection.team import team
from engine.domain.terms import cite
from engine.errors import Refused
from engine.operation import Rules, Step
from engine.sentence import Sentence


def latest(session: Session, inspection_id: int) -> Opinion | None:
    """The opinion of the last round."""
    return session.scalars(
        select(Opinion).where(Opinion.inspection_id == inspection_id).order_by(Opinion.round.desc())
    ).first()


def of(session: Session, inspection_id: int) -> Feedback | None:
    """The feedback of an inspection, if it was given."""
    return session.scalar(select(Feedback).where(Feedback.inspection_id == inspection_id))


def refuse_unsettled(session: Session, inspection_id: int, rules: Rules) -> Opinion:
    """No feedback, no report without an agreed opinion (slug `missing-consensus`)."""
    opinion = latest(session, inspection_id)
    if opinion is None or not opinion.settled:
        raise Refused(
            "检查组尚未达成一致意见，不能反馈。"
            if rules["consensus"].value == "required"
            else "检查意见尚未形成，不能反馈。",
            clause=rules.cite(f"J22 {rules['consensus'].source}"),
            hint="请先讨论表态；达不成一致的，由本局决定并记录少数意见。",
            slug="missing-consensus",
        )
    return opinion


def refuse_before_feedback(session: Session, inspection: Inspection, rules: Rules) -> Feedback:
    """No publication before the object has been told (slug `publication-before-feedback`)."""
    given = of(session, inspection.id)
    if given is None or (given.finished_at is None and rules["feedback.object"].value):
        raise Refused(
            Sentence("{case_no}的检查情况尚未向被检查对象反馈，不能公示。", case_no=inspection.case_no),
            clause=rules.cite("J22 国办发〔2024〕54号"),
            hint="请先完成当面反馈和签收。",
            slug="publication-before-feedback",
        )
    return given


def attendants(session: Session, inspection_id: int, rules: Rules) -> list[TeamMember]:
    """Who may sit in the discussion: members, and experts too unless the pack lets them only advise (吉 第二十二条)."""
    serving = [m for m in team(session, inspection_id, everybody=True) if m.left_at is None]
    only_advice = rules.value("experts") == "advice"
    return [member for member in serving if not (only_advice and member.expert)]


def votes(session: Session, opinion: Opinion) -> list[tuple[OpinionVote, str]]:
    """What everybody said, with names."""
    query = (
        select(OpinionVote, TeamMember.name)
        .join(TeamMember, TeamMember.person_id == OpinionVote.person_id)
        .where(OpinionVote.opinion_id == opinion.id, TeamMember.inspection_id == opinion.inspection_id)
        .order_by(OpinionVote.id)
    )
    return [(row, name) for row, name in session.execute(query)]


def given_of(step: Step, inspection_id: int) -> Feedback:
    """The feedback of an inspection; refused before the meeting (slug `no-feedback`)."""
    row = of(step.session, inspection_id)
    if row is None:
        raise Refused("尚未当面反馈检查情况。", clause=cite("J22", step.pack), slug="no-feedback")
    return row
