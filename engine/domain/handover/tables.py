"""移交与上报 as rows: a superior's results down, the working report up.

依据: 吉 第二十三条 (属地处理), 第二十四条 (规定时间内形成工作报告，通报同级有关部门).
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from engine import clock
from engine.storage.base import Base, pk, reference, word

STATES = ("prepared", "sent", "acknowledged", "handled", "reported", "returned", "accepted")
SIDES = ("both", "sender", "receiver")


class Handover(Base):
    """Results that a superior hands down. The superior alone sets `due_on`.

    The local bureau alone writes the handling.

    `side`: both bureaus in this installation, or only the sender's or the receiver's half (the rest travels
    as a file).
    """

    __tablename__ = "handover"

    id: Mapped[pk]
    uid: Mapped[word] = mapped_column(unique=True)  # the same in both installations
    side: Mapped[word] = mapped_column(default="both")
    from_bureau_id: Mapped[int | None] = reference("bureau.id")
    to_bureau_id: Mapped[int | None] = reference("bureau.id")
    from_name: Mapped[word]
    to_name: Mapped[word]
    from_division: Mapped[word] = mapped_column(default="")
    to_division: Mapped[word] = mapped_column(default="")
    inspection_id: Mapped[int | None] = reference("inspection.id")
    object_name: Mapped[str]
    object_code: Mapped[word] = mapped_column(default="")
    uscc: Mapped[word] = mapped_column(default="")
    findings: Mapped[list[Any]] = mapped_column(default=list)
    document_no: Mapped[word] = mapped_column(default="")
    opinion: Mapped[str] = mapped_column(default="")
    due_on: Mapped[date | None]
    half_on: Mapped[date | None]
    state: Mapped[word] = mapped_column(default="prepared")
    issued_by_id: Mapped[int | None] = reference("person.id", index=False)
    issued_at: Mapped[datetime | None]
    acknowledged_by_id: Mapped[int | None] = reference("person.id", index=False)
    acknowledged_at: Mapped[datetime | None]
    handling: Mapped[str] = mapped_column(default="")
    handled_by_id: Mapped[int | None] = reference("person.id", index=False)
    recovered_fen: Mapped[int] = mapped_column(default=0)
    overdue_noted_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)

    __table_args__ = (
        CheckConstraint(f"state in {STATES}", name="state"),
        CheckConstraint(f"side in {SIDES}", name="side"),
        CheckConstraint("from_bureau_id is null or from_bureau_id <> to_bureau_id", name="two_bureaus"),
        CheckConstraint("state = 'prepared' or (due_on is not null and document_no <> '')", name="issued"),
        CheckConstraint(
            "side <> 'both' or (from_bureau_id is not null and to_bureau_id is not null)", name="both"
        ),
        CheckConstraint("recovered_fen >= 0", name="recovered"),
    )


class HandoverReport(Base):
    """工作报告: what the local bureau did; a returned one stays beside the next version."""

    __tablename__ = "handover_report"

    id: Mapped[pk]
    handover_id: Mapped[int] = reference("handover.id")
    version: Mapped[int]
    text: Mapped[str]
    recovered_fen: Mapped[int] = mapped_column(default=0)
    overdue_days: Mapped[int] = mapped_column(default=0)
    peers: Mapped[list[Any]] = mapped_column(default=list)  # departments of the same level informed
    peer_document: Mapped[word] = mapped_column(default="")
    reported_by_id: Mapped[int | None] = reference("person.id", index=False)
    reported_by: Mapped[word] = mapped_column(default="")
    reported_at: Mapped[datetime] = mapped_column(default=clock.now)
    decision: Mapped[word] = mapped_column(default="")
    reason: Mapped[str] = mapped_column(default="")
    decided_by_id: Mapped[int | None] = reference("person.id", index=False)
    decided_at: Mapped[datetime | None]
    # The superior's decision as its signed file said.
    answer: Mapped[dict[str, Any]] = mapped_column(default=dict)
    answer_proof: Mapped[list[Any]] = mapped_column(default=list)  # or the paper that it came on

    __table_args__ = (
        UniqueConstraint("handover_id", "version"),
        CheckConstraint("decision in ('','accept','return')", name="decision"),
        CheckConstraint("decision <> 'return' or reason <> ''", name="return_reason"),
        CheckConstraint("decided_by_id is null or decided_by_id <> reported_by_id", name="two_persons"),
    )


class Partner(Base):
    """A bureau of another installation whose signed files are believed."""

    __tablename__ = "partner"

    id: Mapped[pk]
    division: Mapped[word] = mapped_column(unique=True)
    name: Mapped[word]
    public_key: Mapped[word]  # Ed25519, hex
