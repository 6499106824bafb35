"""The rows of the inbox: who opened a step, who urged whom, copies, comments, kept views, many at once."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from engine import clock
from engine.storage.base import Base, pk, reference, sha256, word

COMMENT = 1000  # letters of a comment


class Seen(Base):
    """A person has opened the page of a step for the first time."""

    __tablename__ = "work_item_seen"

    work_item_id: Mapped[int] = reference("work_item.id", primary_key=True, index=False)
    person_id: Mapped[int] = reference("person.id", primary_key=True, index=False)
    at: Mapped[datetime] = mapped_column(default=clock.now)

    __table_args__ = (Index("ix_work_item_seen_person", "person_id", "work_item_id"),)


class Urge(Base):
    """One urging of a step: who, when, in which words; one a day from the same person."""

    __tablename__ = "step_urge"

    id: Mapped[pk]
    work_item_id: Mapped[int] = reference("work_item.id", index=False)
    by_id: Mapped[int] = reference("person.id", index=False)
    day: Mapped[date]
    text: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=clock.now)

    __table_args__ = (
        UniqueConstraint("work_item_id", "by_id", "day"),
        Index("ix_step_urge_by", "by_id", "id"),
    )


class Copy(Base):
    """A step was copied to a person (抄送); `read_at` is null until they have opened or ticked it off."""

    __tablename__ = "carbon_copy"

    id: Mapped[pk]
    work_item_id: Mapped[int] = reference("work_item.id", index=False)
    case_id: Mapped[int] = reference("instance.id", index=False)
    from_id: Mapped[int] = reference("person.id", index=False)
    to_id: Mapped[int] = reference("person.id", index=False)
    text: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime] = mapped_column(default=clock.now)
    read_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("work_item_id", "to_id"),
        CheckConstraint("from_id <> to_id", name="not_to_oneself"),
        CheckConstraint("read_at is null or read_at >= at", name="read_after"),
        Index("ix_carbon_copy_to", "to_id", "read_at", "id"),
    )


class Comment(Base):
    """What somebody said about a case, perhaps while at one of its steps."""

    __tablename__ = "comment"

    id: Mapped[pk]
    case_id: Mapped[int] = reference("instance.id", index=False)
    work_item_id: Mapped[int | None] = reference("work_item.id", index=False)
    author_id: Mapped[int] = reference("person.id", index=False)
    text: Mapped[str]
    at: Mapped[datetime] = mapped_column(default=clock.now)

    __table_args__ = (
        Index("ix_comment_case", "case_id", "id"),
        CheckConstraint(f"length(text) between 1 and {COMMENT}", name="text"),
    )


class Mention(Base):
    """A comment names a person; `read_at` is null until they have opened the case from it."""

    __tablename__ = "mention"

    id: Mapped[pk]
    comment_id: Mapped[int] = reference("comment.id", index=False)
    person_id: Mapped[int] = reference("person.id", index=False)
    read_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("comment_id", "person_id"),
        Index("ix_mention_person", "person_id", "read_at", "id"),
    )


class View(Base):
    """A kept view: the filters, columns and density of an inbox address. Shared with a post or a section."""

    __tablename__ = "inbox_view"

    id: Mapped[pk]
    person_id: Mapped[int] = reference("person.id", index=False)
    name: Mapped[word]
    query: Mapped[dict[str, Any]]
    bureau_id: Mapped[int | None] = reference("bureau.id", index=False)
    role: Mapped[word] = mapped_column(default="")
    section_id: Mapped[int | None] = reference("section.id", index=False)
    at: Mapped[datetime] = mapped_column(default=clock.now)

    __table_args__ = (
        UniqueConstraint("person_id", "name"),
        CheckConstraint("role = '' or section_id is null", name="one_sharing"),
        CheckConstraint("(role = '') = (bureau_id is null)", name="role_of_bureau"),
        Index("ix_inbox_view_shared", "bureau_id", "role"),
        Index("ix_inbox_view_section", "section_id"),
    )


class Layout(Base):
    """Which columns a person wants to see, and how close the rows stand."""

    __tablename__ = "inbox_layout"

    person_id: Mapped[int] = reference("person.id", primary_key=True, index=False)
    columns: Mapped[list[str]]
    density: Mapped[word] = mapped_column(default="roomy")

    __table_args__ = (CheckConstraint("density in ('roomy','dense')", name="density"),)


class Bulk(Base):
    """One act on many steps by one person; `to_id` belongs to a transfer, `reason` to it or to an urging."""

    __tablename__ = "bulk"

    id: Mapped[pk]
    person_id: Mapped[int] = reference("person.id", index=False)
    act: Mapped[word]
    to_id: Mapped[int | None] = reference("person.id", index=False)
    reason: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime] = mapped_column(default=clock.now)

    __table_args__ = (
        CheckConstraint("act in ('claim','transfer','complete','urge')", name="act"),
        CheckConstraint("(act = 'transfer') = (to_id is not null)", name="to_whom"),
        Index("ix_bulk_person", "person_id", "id"),
    )


class BulkRow(Base):
    """One step of a bulk act: what came of it. `state`: waiting · done · refused · late (somebody was first).

    `chosen`: how the options that were picked were called then, as `Submission.chosen` keeps it.
    """

    __tablename__ = "bulk_row"

    id: Mapped[pk]
    bulk_id: Mapped[int] = reference("bulk.id", index=False)
    work_item_id: Mapped[int] = reference("work_item.id", index=False)
    answers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    chosen: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[word] = mapped_column(default="waiting")
    text: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("bulk_id", "work_item_id"),
        CheckConstraint("state in ('waiting','done','refused','late')", name="state"),
        CheckConstraint("(state = 'waiting') = (at is null)", name="done_at"),
    )


class Intake(Base):
    """A registry file that somebody handed in (导入名录): checked first, then entered as a whole, or let go.

    `state`: checking · checked · entering · entered · stopped (may go on) · refused (as a whole) · dropped. `done`
    of `total` rows of the `stage`; `round` counts how often the background process was asked. `report`: what there
    is to say about the rows (`transfer.Report.packed`). The file is kept as long as something may come of it.
    """

    __tablename__ = "registry_intake"

    id: Mapped[pk]
    bureau_id: Mapped[int] = reference("bureau.id", index=False)
    person_id: Mapped[int] = reference("person.id", index=False)
    kind: Mapped[word]
    file_name: Mapped[str]
    sha256: Mapped[sha256]
    content: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    state: Mapped[word] = mapped_column(default="checking")
    accept_valid: Mapped[bool] = mapped_column(default=False)
    round: Mapped[int] = mapped_column(default=1)
    stage: Mapped[word] = mapped_column(default="")
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    stop: Mapped[bool] = mapped_column(default=False)
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    report: Mapped[bytes] = mapped_column(LargeBinary, default=b"", deferred=True)
    said: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime] = mapped_column(default=clock.now)
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint(
            "state in ('checking','checked','entering','entered','stopped','refused','dropped')", name="state"
        ),
        CheckConstraint("(state in ('entered','refused','dropped')) = (content is null)", name="content"),
        CheckConstraint("(content is null) = (ended_at is not null)", name="ended"),
        CheckConstraint("done between 0 and total", name="count"),
        CheckConstraint("state <> 'refused' or said <> ''", name="refused_with_reason"),
        Index("ix_registry_intake_bureau", "bureau_id", "id"),
    )
