"""Rounds of discussion, votes and the meeting as rows; a feedback needs a settled opinion.

依据: 吉 第二十二条.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from engine import clock
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
