"""抽取 as rows: the draw with its document and events, who asked for repeats.

Which objects and people were drawn.

What a database can hold stands here: operator ≠ witness (J12), a share never outlives its reveal, one draw
at a time in a bureau, one number each, every round visible.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engine import clock
from engine.people import Person
from engine.storage.base import Base, pk, reference, sha256, word
from engine.storage.base import text as long_text

STATES = ("prepared", "frozen", "placed", "closed", "failed", "void", "abandoned")
BUSY = "state in ('prepared','frozen')"


class Draw(Base):
    """One numbered draw: `id` = division-year-serial.

    Rising by 1 over all draws and imports of a bureau and year.

    prepared → frozen (event 0) → placed → closed; or failed, void. `abandoned` never reached event 0, and
    its number goes to the next draw. `document` is D, `events` the transcript; `settings` what the operator
    chose for D.
    """

    __tablename__ = "draw"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    bureau_id: Mapped[int] = reference("bureau.id")
    year: Mapped[int]
    serial: Mapped[int]
    plan_id: Mapped[int] = reference("plan.id")
    batch: Mapped[int]
    round: Mapped[int]
    previous_id: Mapped[str | None] = mapped_column(String(40))
    mode: Mapped[word]
    state: Mapped[word] = mapped_column(default="prepared")
    hash: Mapped[word] = mapped_column(default="sha256")
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    document: Mapped[dict[str, Any]] = mapped_column(default=dict)
    events: Mapped[list[Any]] = mapped_column(default=list)
    roster: Mapped[sha256] = mapped_column(default="")
    head: Mapped[sha256] = mapped_column(default="")
    # Alias → staff number, kept by the witness's unit.
    aliases: Mapped[dict[str, Any]] = mapped_column(default=dict)
    alias_salt: Mapped[sha256] = mapped_column(default="")
    reviewed_by_id: Mapped[int | None] = reference("person.id", index=False)
    operator_id: Mapped[int | None] = reference("person.id")
    operator_commit: Mapped[sha256] = mapped_column(default="")
    operator_secret: Mapped[sha256] = mapped_column(default="")
    operator_signed_at: Mapped[datetime | None]
    operator_signature: Mapped[str] = mapped_column(default="")
    witness_id: Mapped[int | None] = reference("person.id")
    witness_commit: Mapped[sha256] = mapped_column(default="")
    witness_secret: Mapped[sha256] = mapped_column(default="")
    witness_signed_at: Mapped[datetime | None]
    witness_signature: Mapped[str] = mapped_column(default="")
    reason: Mapped[long_text] = mapped_column(default="")  # why it was abandoned, void or objected to
    opened_at: Mapped[datetime] = mapped_column(default=clock.now)
    frozen_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    publish_by: Mapped[date | None]
    published_at: Mapped[datetime | None]

    @property
    def day(self) -> date:
        """The day of the draw: when its registries were frozen, before that when it was opened."""
        return clock.local(self.frozen_at or self.opened_at).date()

    operator: Mapped[Person | None] = relationship(foreign_keys=[operator_id])
    witness: Mapped[Person | None] = relationship(foreign_keys=[witness_id])
    objects: Mapped[list[DrawnObject]] = relationship(back_populates="draw", order_by="DrawnObject.id")
    people: Mapped[list[DrawnPerson]] = relationship(back_populates="draw", order_by="DrawnPerson.id")

    __table_args__ = (
        UniqueConstraint("bureau_id", "year", "serial"),
        UniqueConstraint("plan_id", "batch", "round"),
        CheckConstraint(f"state in {STATES}", name="state"),
        CheckConstraint("mode in ('native','import')", name="mode"),
        CheckConstraint("hash in ('sha256','sm3')", name="hash"),
        CheckConstraint(
            "operator_id is null or witness_id is null or operator_id <> witness_id",
            name="operator_is_witness",
        ),
        CheckConstraint(f"{BUSY} or (operator_secret = '' and witness_secret = '')", name="secrets_opened"),
        CheckConstraint("state in ('prepared','abandoned') or head <> ''", name="head"),
        CheckConstraint("state not in ('placed','closed') or mode = 'import' or roster <> ''", name="roster"),
        CheckConstraint(
            "published_at is null or state in ('closed','failed','void')", name="published_after"
        ),
        Index(
            "uq_draw_one_at_a_time",
            "bureau_id",
            unique=True,
            sqlite_where=text(BUSY),
            postgresql_where=text(BUSY),
        ),
    )


class DrawException(Base):
    """重复抽查: an object over its yearly cap that takes part all the same.

    For a proper reason and by approval.
    """

    __tablename__ = "draw_exception"

    id: Mapped[pk]
    draw_id: Mapped[str] = mapped_column(ForeignKey("draw.id"), index=True)
    object_id: Mapped[int] = reference("registry_object.id")
    visits: Mapped[int]
    reason_code: Mapped[word]
    explanation: Mapped[long_text]
    requester_id: Mapped[int] = reference("person.id", index=False)
    approver_id: Mapped[int | None] = reference("person.id", index=False)
    approved: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        UniqueConstraint("draw_id", "object_id"),
        CheckConstraint("approver_id is null or approver_id <> requester_id", name="self_approval"),
        CheckConstraint("not approved or approver_id is not null", name="approved_by"),
        CheckConstraint("explanation <> ''", name="explanation"),
    )


class DrawnObject(Base):
    """An object that was drawn and the group that visits it.

    `state`: drawn · replaced (closed or merged since).
    """

    __tablename__ = "drawn_object"

    id: Mapped[pk]
    draw_id: Mapped[str] = mapped_column(ForeignKey("draw.id"), index=True)
    object_id: Mapped[int] = reference("registry_object.id")
    group_id: Mapped[word]
    stratum: Mapped[word] = mapped_column(default="")
    state: Mapped[word] = mapped_column(default="drawn")

    draw: Mapped[Draw] = relationship(back_populates="objects")

    __table_args__ = (
        UniqueConstraint("draw_id", "object_id"),
        CheckConstraint("state in ('drawn','replaced')", name="state"),
    )


class DrawnPerson(Base):
    """A person who was drawn into a group.

    `alias` is the name in the transcript, `role` what the slot asks for.
    """

    __tablename__ = "drawn_person"

    id: Mapped[pk]
    draw_id: Mapped[str] = mapped_column(ForeignKey("draw.id"), index=True)
    group_id: Mapped[word]
    role_index: Mapped[int]
    role: Mapped[word] = mapped_column(default="any")
    inspector_id: Mapped[int] = reference("inspector.id")
    alias: Mapped[word]
    state: Mapped[word] = mapped_column(default="serving")
    since: Mapped[datetime] = mapped_column(default=clock.now)

    draw: Mapped[Draw] = relationship(back_populates="people")

    __table_args__ = (
        CheckConstraint("state in ('serving','left')", name="state"),
        Index(
            "uq_drawn_person_serving",
            "draw_id",
            "inspector_id",
            unique=True,
            sqlite_where=text("state = 'serving'"),
            postgresql_where=text("state = 'serving'"),
        ),
    )
