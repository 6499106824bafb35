"""清单和名录库变更 as rows: what changes in which list, why, on what basis, who wrote, checked, approved.

Published it.

依据: J5 (立、改、废、释), W4 (报政府审定后公示), W5 (动态管理、对外公示); domain §2 no. 3.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine import clock
from engine.errors import NotFound
from engine.sentence import Sentence
from engine.storage.base import Base, pk, reference, text, word

KINDS = ("items", "objects", "inspectors")
STATES = ("drafting", "drafted", "approved", "applied", "published")


class RegistryChange(Base):
    """One change of the item list or of a registry, from draft to publication.

    `approval`: who has the last word.
    """

    __tablename__ = "registry_change"

    id: Mapped[pk]
    bureau_id: Mapped[int] = reference("bureau.id")
    year: Mapped[int]
    serial: Mapped[int]
    no: Mapped[word]
    kind: Mapped[word]
    approval: Mapped[word] = mapped_column(default="leader")
    state: Mapped[word] = mapped_column(default="drafting")
    cause: Mapped[text] = mapped_column(default="")
    basis: Mapped[text] = mapped_column(default="")
    version: Mapped[word] = mapped_column(default="")  # of a new item list
    effective_on: Mapped[date | None]
    rows: Mapped[list[Any]] = mapped_column(default=list)
    author_id: Mapped[int | None] = reference("person.id")
    legal_id: Mapped[int | None] = reference("person.id", index=False)
    approver_id: Mapped[int | None] = reference("person.id")
    endorsements: Mapped[list[Any]] = mapped_column(default=list)  # of the bureaus between: who, when
    approval_document: Mapped[str] = mapped_column(default="")
    approved_on: Mapped[date | None]
    return_reason: Mapped[text] = mapped_column(default="")
    item_list_id: Mapped[int | None] = reference("item_list.id", index=False)
    published_by_id: Mapped[int | None] = reference("person.id", index=False)
    published_on: Mapped[date | None]
    channels: Mapped[list[str]] = mapped_column(default=list)
    impact: Mapped[list[Any]] = mapped_column(default=list)  # open plans that still use the version before
    opened_at: Mapped[datetime] = mapped_column(default=clock.now)

    __table_args__ = (
        UniqueConstraint("bureau_id", "year", "serial"),
        CheckConstraint(f"kind in {KINDS}", name="kind"),
        CheckConstraint(f"state in {STATES}", name="state"),
        CheckConstraint("approval in ('leader','province','government')", name="approval"),
        CheckConstraint("approval = 'leader' or kind = 'items'", name="approval_of_items"),
        CheckConstraint("approver_id is null or approver_id <> author_id", name="self_approval"),
        CheckConstraint("legal_id is null or legal_id <> author_id", name="legal_is_author"),
        CheckConstraint("state in ('drafting','drafted') or approver_id is not null", name="approved_by"),
        CheckConstraint("state <> 'published' or published_on is not null", name="published_on"),
        CheckConstraint(
            "approval <> 'government' or state in ('drafting','drafted') or approval_document <> ''",
            name="government_document",
        ),
    )


def get(session: Session, change_id: int) -> RegistryChange:
    """The change with this id; NotFound otherwise."""
    found = session.get(RegistryChange, change_id)
    if found is None:
        raise NotFound(Sentence("没有编号为 {change_id} 的清单或名录库变更。", change_id=change_id))
    return found
