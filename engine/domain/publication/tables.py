"""公示 as rows: versions that never vanish, and one receipt per channel.

What a database can hold stands here: the publishing unit is the inspecting unit (吉 第二十五条, 舞
第十五条), nothing is
published before the object was told, the reviewer did not draft, an absence on a channel has its reason.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from engine import clock
from engine.storage.base import Base, pk, reference, word
from engine.storage.guard import guard

KINDS = ("result", "penalty", "correction", "withdrawal")
STATES = (
    "requested",
    "approved",
    "refused",
    "draft",
    "returned",
    "reviewed",
    "published",
    "superseded",
    "withdrawn",
)
WEBSITE = "website"  # the bureau's own; the others are outside systems
CHANNELS = (WEBSITE, "gsxt", "credit", "platform")
CHANNEL_LABELS = {
    "website": "本局官网",
    "gsxt": "国家企业信用信息公示系统",
    "credit": "信用信息共享平台",
    "platform": "省级监管平台（归集至企业名下）",
}
RECEIPT_LABELS = {
    "owed": "待公示",
    "queued": "待推送",
    "sent": "已推送",
    "published": "已公示",
    "absent": "系统中没有该对象",
}
KIND_LABELS = {"result": "抽查结果", "penalty": "查处结果", "correction": "更正", "withdrawal": "撤回"}


class Publication(Base):
    """One version of what is made public about an inspection; `view` is exactly what the public sees."""

    __tablename__ = "publication"

    id: Mapped[pk]
    inspection_id: Mapped[int] = mapped_column(index=True)
    bureau_id: Mapped[int] = reference("bureau.id", index=False)
    version: Mapped[int]
    kind: Mapped[word]
    state: Mapped[word] = mapped_column(default="draft")
    previous_id: Mapped[int | None] = reference("publication.id", index=False)
    reason: Mapped[str] = mapped_column(default="")
    feedback_id: Mapped[int] = mapped_column(index=False)
    feedback_finished: Mapped[bool] = mapped_column(default=True)
    # One result per item, in the fields of the national page.
    items: Mapped[list[Any]] = mapped_column(default=list)
    summary: Mapped[str] = mapped_column(default="")
    view: Mapped[dict[str, Any]] = mapped_column(default=dict)
    checks: Mapped[dict[str, Any]] = mapped_column(default=dict)
    due_on: Mapped[date | None]
    overdue_days: Mapped[int] = mapped_column(default=0)
    requested_by_id: Mapped[int | None] = reference("person.id", index=False)
    approved_by_id: Mapped[int | None] = reference("person.id", index=False)
    approved_at: Mapped[datetime | None]
    drafted_by_id: Mapped[int | None] = reference("person.id", index=False)
    reviewed_by_id: Mapped[int | None] = reference("person.id", index=False)
    reviewed_at: Mapped[datetime | None]
    released_by_id: Mapped[int | None] = reference("person.id", index=False)
    released_at: Mapped[datetime | None]
    published_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)

    __table_args__ = (
        ForeignKeyConstraint(
            ["inspection_id", "bureau_id"],
            ["inspection.id", "inspection.bureau_id"],
            name="fk_publication_inspecting_unit",
        ),
        ForeignKeyConstraint(
            ["feedback_id", "feedback_finished"],
            ["feedback.id", "feedback.finished"],
            name="fk_publication_after_feedback",
        ),
        UniqueConstraint("inspection_id", "version"),
        CheckConstraint(f"kind in {KINDS}", name="kind"),
        CheckConstraint(f"state in {STATES}", name="state"),
        CheckConstraint("feedback_finished", name="after_feedback"),
        CheckConstraint(
            "reviewed_by_id is null or reviewed_by_id <> drafted_by_id", name="review_by_another"
        ),
        CheckConstraint(
            "state not in ('published','superseded') or reviewed_by_id is not null", name="reviewed_first"
        ),
        CheckConstraint(
            "(published_at is not null) = (state in ('published','superseded'))", name="published_at"
        ),
        CheckConstraint(
            "kind not in ('correction','withdrawal') or (reason <> '' and previous_id is not null)",
            name="reason",
        ),
        CheckConstraint(
            "approved_by_id is null or approved_by_id <> requested_by_id", name="approval_by_another"
        ),
        CheckConstraint(
            "kind not in ('correction','withdrawal') or state in ('requested','refused') "
            "or approved_by_id is not null",
            name="change_approved",
        ),
        Index(
            "ix_publication_public",
            "bureau_id",
            "published_at",
            "id",
            sqlite_where=text("state = 'published'"),
            postgresql_where=text("state = 'published'"),
        ),
    )


class PublicationReceipt(Base):
    """That a channel carries the publication, or why it does not (吉 第二十五条.

    Both national systems are owed).
    """

    __tablename__ = "publication_receipt"

    id: Mapped[pk]
    publication_id: Mapped[int] = reference("publication.id")
    channel: Mapped[word]
    state: Mapped[word] = mapped_column(default="owed")
    reason: Mapped[str] = mapped_column(default="")
    receipt_no: Mapped[word] = mapped_column(default="")
    url: Mapped[str] = mapped_column(default="")
    screenshot: Mapped[word] = mapped_column(default="")
    batch: Mapped[word] = mapped_column(default="")
    attempts: Mapped[int] = mapped_column(default=0)
    confirmed_at: Mapped[datetime | None]
    confirmed_by_id: Mapped[int | None] = reference("person.id", index=False)

    __table_args__ = (
        UniqueConstraint("publication_id", "channel"),
        CheckConstraint(f"channel in {CHANNELS}", name="channel"),
        CheckConstraint("state in ('owed','queued','sent','published','absent')", name="state"),
        CheckConstraint("state <> 'absent' or reason <> ''", name="absence_reason"),
        CheckConstraint("state <> 'published' or confirmed_at is not null", name="confirmed"),
    )


class ChannelEndpoint(Base):
    """Where a bureau pushes to a channel by HTTPS, signed; the secret is derived from `turn` and stands nowhere.

    Without one the channel is served by a file and by hand.
    """

    __tablename__ = "channel_endpoint"

    id: Mapped[pk]
    bureau_id: Mapped[int] = reference("bureau.id", index=False)
    channel: Mapped[word]
    url: Mapped[str]
    turn: Mapped[int] = mapped_column(default=1)
    active: Mapped[bool] = mapped_column(default=True)
    created_by_id: Mapped[int] = reference("person.id", index=False)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)

    __table_args__ = (
        UniqueConstraint("bureau_id", "channel"),
        CheckConstraint("url like 'https://%'", name="https"),
        CheckConstraint("turn >= 1", name="turn"),
        CheckConstraint(f"channel in {CHANNELS} and channel <> 'website'", name="channel"),
    )


guard(
    Publication.__table__,
    "publication_reviewer",
    ("INSERT", "UPDATE"),
    "NEW.reviewed_by_id IS NOT NULL AND EXISTS (SELECT 1 FROM team_member "
    "WHERE inspection_id = NEW.inspection_id AND person_id = NEW.reviewed_by_id)",
    "the reviewer was on the team",
)
guard(
    Publication.__table__,
    "publication_stands",
    ("UPDATE",),
    "OLD.state IN ('published','superseded') AND (NEW.view IS DISTINCT FROM OLD.view "
    "OR NEW.items IS DISTINCT FROM OLD.items OR NEW.summary IS DISTINCT FROM OLD.summary "
    "OR NEW.kind IS DISTINCT FROM OLD.kind OR NEW.version IS DISTINCT FROM OLD.version "
    "OR NEW.published_at IS DISTINCT FROM OLD.published_at)",
    "a published version never changes",
)
guard(
    Publication.__table__,
    "publication_stays",
    ("DELETE",),
    "OLD.state IN ('published','superseded')",
    "a published version is never deleted",
)
