"""调换 as rows: who steps out, why, with what proof, who asked, who approved.

Who comes in and how they were found.

依据: J13; domain §2 no. 7 (requester ≠ approver).
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine import clock
from engine.errors import NotFound
from engine.sentence import Sentence
from engine.storage.base import Base, pk, reference, text, word

MODES = ("draw", "platform", "manual")
OUTCOMES = ("", "replaced", "leader_lost", "none", "postponed", "borrowed", "declined", "returned")
TELL = "substitution.tell"  # the errand that lets those concerned know
REASONS = ("post_change", "work_clash", "health", "recusal", "other")


class Substitution(Base):
    """人员调换 of one member of a team, before the team arrives on site.

    `mode`: draw (next by the transcript), platform (matched there, imported), manual (leads, which draw
    nobody).
    """

    __tablename__ = "substitution"

    id: Mapped[pk]
    inspection_id: Mapped[int] = reference("inspection.id")
    draw_id: Mapped[str | None] = mapped_column(index=True)
    group_id: Mapped[word] = mapped_column(default="")
    mode: Mapped[word]
    member_out_id: Mapped[int] = reference("team_member.id")
    inspector_out_id: Mapped[int | None] = reference("inspector.id")
    was_leader: Mapped[bool] = mapped_column(default=False)
    reason_code: Mapped[word]
    detail: Mapped[text] = mapped_column(default="")
    proof: Mapped[list[Any]] = mapped_column(default=list)
    requester_id: Mapped[int] = reference("person.id")
    requested_at: Mapped[datetime] = mapped_column(default=clock.now)
    approver_id: Mapped[int | None] = reference("person.id")
    decision: Mapped[word] = mapped_column(default="")
    decided_at: Mapped[datetime | None]
    opinion: Mapped[text] = mapped_column(default="")  # what the leader said with the decision
    absent: Mapped[list[Any]] = mapped_column(default=list)
    witness_id: Mapped[int | None] = reference("person.id", index=False)
    witnessed_at: Mapped[datetime | None]
    witness_signature: Mapped[text] = mapped_column(default="")
    inspector_in_id: Mapped[int | None] = reference("inspector.id")
    outcome: Mapped[word] = mapped_column(default="")
    postponed_to: Mapped[date | None]
    note: Mapped[text] = mapped_column(default="")
    concluded_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint(f"mode in {MODES}", name="mode"),
        CheckConstraint(f"reason_code in {REASONS}", name="reason"),
        CheckConstraint("reason_code <> 'other' or detail <> ''", name="other_in_words"),
        CheckConstraint("approver_id is null or approver_id <> requester_id", name="self_approval"),
        CheckConstraint("decision in ('','approve','return','reject')", name="decision"),
        CheckConstraint("(decision = '') = (approver_id is null)", name="decided_by"),
        CheckConstraint(f"outcome in {OUTCOMES}", name="outcome"),
        CheckConstraint(
            "outcome in ('','declined','returned') or decision = 'approve'", name="approved_first"
        ),
        CheckConstraint("witness_id is null or witness_id <> requester_id", name="witness_is_requester"),
    )


class Application(Base):
    """申请调换或回避 as it was made: who must step aside, who asks, why; the substitution it led to."""

    __tablename__ = "substitution_application"

    id: Mapped[pk]
    inspection_id: Mapped[int] = reference("inspection.id")
    member_id: Mapped[int] = reference("team_member.id", index=False)
    asked_by: Mapped[word]
    applicant: Mapped[str] = mapped_column(default="")
    relation: Mapped[word] = mapped_column(default="")
    reason: Mapped[text]
    proof: Mapped[list[Any]] = mapped_column(default=list)
    filed_by_id: Mapped[int] = reference("person.id", index=False)
    at: Mapped[datetime] = mapped_column(default=clock.now)
    substitution_id: Mapped[int | None] = reference("substitution.id")

    __table_args__ = (
        CheckConstraint("asked_by in ('inspector','section','object')", name="asked_by"),
        CheckConstraint("reason <> ''", name="reason"),
    )


class Reinforcement(Base):
    """补充检查人员 after the arrival: somebody more, never somebody else."""

    __tablename__ = "reinforcement"

    id: Mapped[pk]
    inspection_id: Mapped[int] = reference("inspection.id")
    inspector_id: Mapped[int] = reference("inspector.id", index=False)
    reason: Mapped[text]
    requester_id: Mapped[int] = reference("person.id", index=False)
    requested_at: Mapped[datetime] = mapped_column(default=clock.now)
    decision: Mapped[word] = mapped_column(default="")
    approver_id: Mapped[int | None] = reference("person.id", index=False)
    decided_at: Mapped[datetime | None]
    joined_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("reason <> ''", name="reason"),
        CheckConstraint("decision in ('','approve','return')", name="decision"),
        CheckConstraint("(decision = '') = (approver_id is null)", name="decided_by"),
        CheckConstraint("approver_id is null or approver_id <> requester_id", name="self_approval"),
        CheckConstraint("joined_at is null or decision = 'approve'", name="approved_first"),
    )


def get(session: Session, substitution_id: int) -> Substitution:
    """The substitution with this id; NotFound otherwise."""
    found = session.get(Substitution, substitution_id)
    if found is None:
        raise NotFound(Sentence("没有编号为 {substitution_id} 的人员调换。", substitution_id=substitution_id))
    return found
