"""Notices, each person's choice of channels, and the web hooks of a bureau, as rows."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engine import clock
from engine.domain.notice.words import KINDS
from engine.people import Person
from engine.storage.base import Base, pk, reference, word

_KINDS = ",".join(f"'{kind}'" for kind in KINDS)


class Notice(Base):
    """One sentence for one person, with the one address where something can be done about it.

    `title` may leave the house (the name of a step), `detail` may not (names of objects, remarks): it is
    shown to who is signed in. `key` makes telling twice harmless. `bundle`: key of the notice whose mail job
    carries this one, too.
    """

    __tablename__ = "notice"

    id: Mapped[pk]
    key: Mapped[str] = mapped_column(unique=True)
    person_id: Mapped[int] = reference("person.id", index=False)
    kind: Mapped[word]
    title: Mapped[str]
    detail: Mapped[str] = mapped_column(default="")
    path: Mapped[str]
    item_id: Mapped[int | None] = reference("work_item.id", index=False)
    actor_id: Mapped[int | None] = reference("person.id", index=False)
    at: Mapped[datetime] = mapped_column(default=clock.now)
    read_at: Mapped[datetime | None]
    mail_due_at: Mapped[datetime | None]
    bundle: Mapped[str] = mapped_column(default="")
    mailed_at: Mapped[datetime | None]
    mail_fault: Mapped[str] = mapped_column(default="")
    actor: Mapped[Person | None] = relationship(foreign_keys=actor_id)

    __table_args__ = (
        CheckConstraint(f"kind in ({_KINDS})", name="kind"),
        # One address on this host; never another host's, which a mail would carry to its reader.
        CheckConstraint("path like '/%' and path not like '//%'", name="path"),
        CheckConstraint("actor_id is null or actor_id <> person_id", name="not_to_oneself"),
        Index("ix_notice_person", "person_id", "id"),
        Index(
            "ix_notice_unread",
            "person_id",
            postgresql_where=text("read_at is null"),
            sqlite_where=text("read_at is null"),
        ),
        Index(
            "ix_notice_mail",
            "person_id",
            "mail_due_at",
            postgresql_where=text("mailed_at is null and mail_due_at is not null"),
            sqlite_where=text("mailed_at is null and mail_due_at is not null"),
        ),
    )


class NoticeChoice(Base):
    """How a person wants to be told besides the list of notices, which always has everything.

    `digest_at` and the quiet hours are minutes after midnight in Shanghai; a digest is one mail a day.
    """

    __tablename__ = "notice_choice"

    id: Mapped[pk]
    person_id: Mapped[int] = reference("person.id", index=False)
    mail: Mapped[bool] = mapped_column(default=True)
    hook: Mapped[bool] = mapped_column(default=False)
    digest: Mapped[bool] = mapped_column(default=False)
    digest_at: Mapped[int] = mapped_column(default=8 * 60 + 30)
    quiet: Mapped[bool] = mapped_column(default=True)
    quiet_from: Mapped[int] = mapped_column(default=20 * 60)
    quiet_to: Mapped[int] = mapped_column(default=7 * 60 + 30)
    muted: Mapped[list[Any]] = mapped_column(default=list)  # kinds that come by no mail and no hook

    __table_args__ = (
        UniqueConstraint("person_id"),
        CheckConstraint("digest_at between 0 and 1439", name="digest_at"),
        CheckConstraint(
            "quiet_from between 0 and 1439 and quiet_to between 0 and 1439 and quiet_from <> quiet_to",
            name="quiet",
        ),
    )


class NoticeHook(Base):
    """An address of another system (a message gateway of the bureau) that gets its people's notices, signed.

    The signing secret is derived from the installation's secret and `turn`; it stands in no database.
    """

    __tablename__ = "notice_hook"

    id: Mapped[pk]
    bureau_id: Mapped[int] = reference("bureau.id")
    url: Mapped[str]
    turn: Mapped[int] = mapped_column(default=1)
    active: Mapped[bool] = mapped_column(default=True)
    created_by_id: Mapped[int] = reference("person.id", index=False)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)

    __table_args__ = (
        UniqueConstraint("bureau_id", "url"),
        CheckConstraint("url like 'http://%' or url like 'https://%'", name="url"),
        CheckConstraint("turn >= 1", name="turn"),
    )


class NoticeMark(Base):
    """How far a watch has looked: everything due up to `until` (and, at that instant, up to `item_id`) is told.

    One row a watch; whoever moves it tells what lies between in the same transaction.
    """

    __tablename__ = "notice_mark"

    id: Mapped[pk]
    watch: Mapped[word] = mapped_column(unique=True)
    until: Mapped[datetime]
    item_id: Mapped[int] = mapped_column(default=0)
