"""The two registries and the item list (一单两库), conflicts of interest, and the lock that a draw holds.

依据: 吉 第四条、第五条, 舞 第四条、第五条.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engine import clock
from engine.people import Person
from engine.storage.base import Base, pk, reference, word

_ONE_OPEN = text("released_at is null")


class RegistryObject(Base):
    """A body that may be inspected (检查对象). `kind` names its stratum, see `terms.OBJECT_KINDS`.

    `visits` counts inspections of `visits_year` that are not in this installation; those that are, are
    counted from their cases. `superior_drawn_on`: a superior has drawn it that day (吉 第十一条).
    """

    __tablename__ = "registry_object"

    id: Mapped[pk]
    bureau_id: Mapped[int] = reference("bureau.id", index=False)
    code: Mapped[word]
    uscc: Mapped[word] = mapped_column(default="")
    name: Mapped[str]
    short_name: Mapped[str] = mapped_column(default="")
    type: Mapped[word] = mapped_column(default="institution")
    kind: Mapped[word]
    level: Mapped[word] = mapped_column(default="")
    ownership: Mapped[word] = mapped_column(default="")
    division: Mapped[word] = mapped_column(default="")
    address: Mapped[str] = mapped_column(default="")
    coordinates: Mapped[word] = mapped_column(default="")
    legal_representative: Mapped[word] = mapped_column(default="")
    person_in_charge: Mapped[word] = mapped_column(default="")
    contact: Mapped[word] = mapped_column(default="")
    agreement_no: Mapped[word] = mapped_column(default="")
    agreement_state: Mapped[word] = mapped_column(default="active")
    beds: Mapped[int] = mapped_column(default=0)
    area: Mapped[int] = mapped_column(default=0)  # square metres
    staff: Mapped[int] = mapped_column(default=0)
    fund: Mapped[int] = mapped_column(default=0)  # fund paid in the last year, in fen
    last_inspected_on: Mapped[date | None]
    credit_level: Mapped[word] = mapped_column(default="")
    complaints: Mapped[int] = mapped_column(default=0)
    penalties: Mapped[int] = mapped_column(default=0)
    blacklisted_from: Mapped[date | None]
    blacklisted_to: Mapped[date | None]
    blacklist_decision: Mapped[word] = mapped_column(default="")
    tags: Mapped[list[str]] = mapped_column(default=list)
    group_name: Mapped[str] = mapped_column(default="")
    visits: Mapped[int] = mapped_column(default=0)
    visits_year: Mapped[int] = mapped_column(default=0)
    superior_drawn_on: Mapped[date | None]
    active: Mapped[bool] = mapped_column(default=True)
    closed_on: Mapped[date | None]
    note: Mapped[str] = mapped_column(default="")
    updated_at: Mapped[datetime] = mapped_column(default=clock.now, onupdate=clock.now)

    __table_args__ = (
        UniqueConstraint("bureau_id", "code"),
        Index("ix_registry_object_kind", "bureau_id", "kind", "level"),
        Index("ix_registry_object_uscc", "uscc"),
        Index("ix_registry_object_code", "code"),
        CheckConstraint("type in ('institution','person','employer')", name="type"),
        CheckConstraint(
            "agreement_state in ('active','suspended','terminated','none')", name="agreement_state"
        ),
        CheckConstraint("credit_level in ('','A','B','C','D')", name="credit_level"),
        CheckConstraint("beds >= 0 and area >= 0 and staff >= 0 and fund >= 0", name="sizes"),
        CheckConstraint("complaints >= 0 and penalties >= 0 and visits >= 0", name="counts"),
        CheckConstraint(
            "blacklisted_from is null or (blacklist_decision <> '' and "
            "(blacklisted_to is null or blacklisted_from <= blacklisted_to))",
            name="blacklist",
        ),
    )

    def blacklisted(self, on: date) -> bool:
        """Whether it stands on the 黑名单 on a day; the end of the term restores the cap."""
        return (
            self.blacklisted_from is not None
            and self.blacklisted_from <= on
            and (self.blacklisted_to is None or on <= self.blacklisted_to)
        )


class Inspector(Base):
    """Somebody who may serve on a team (执法检查人员), or an outside expert. Licences stand in `Certificate`.

    The identity card number is kept masked, with a keyed-free digest only to find doubles; health and family
    reasons of an absence are never kept here.
    """

    __tablename__ = "inspector"

    id: Mapped[pk]
    bureau_id: Mapped[int] = reference("bureau.id", index=False)
    person_id: Mapped[int | None] = reference("person.id", unique=True)
    staff_no: Mapped[word]
    name: Mapped[word]
    gender: Mapped[word] = mapped_column(default="")
    id_card_masked: Mapped[word] = mapped_column(default="")
    phone: Mapped[word] = mapped_column(default="")
    education: Mapped[word] = mapped_column(default="")
    major: Mapped[word] = mapped_column(default="")
    title: Mapped[word] = mapped_column(default="")
    post_category: Mapped[word] = mapped_column(default="")
    post_since: Mapped[date | None]
    qualification: Mapped[word] = mapped_column(default="")
    item_scope: Mapped[str] = mapped_column(default="")
    division: Mapped[word] = mapped_column(default="")
    level: Mapped[word] = mapped_column(default="")
    section: Mapped[word] = mapped_column(default="")
    position: Mapped[word] = mapped_column(default="")
    specialties: Mapped[list[str]] = mapped_column(default=list)
    can_lead: Mapped[bool] = mapped_column(default=False)
    is_expert: Mapped[bool] = mapped_column(default=False)
    state: Mapped[word] = mapped_column(default="active")
    unavailable_from: Mapped[date | None]
    unavailable_to: Mapped[date | None]
    load: Mapped[int] = mapped_column(default=0)
    load_year: Mapped[int] = mapped_column(default=0)
    address: Mapped[str] = mapped_column(default="")
    # Staff numbers that must not serve with this one.
    relatives: Mapped[list[str]] = mapped_column(default=list)
    note: Mapped[str] = mapped_column(default="")
    updated_at: Mapped[datetime] = mapped_column(default=clock.now, onupdate=clock.now)

    person: Mapped[Person | None] = relationship()
    certificates: Mapped[list[Certificate]] = relationship(
        back_populates="inspector",
        order_by="Certificate.id",
        cascade="all, delete-orphan",
    )

    __table_args__ = (
        UniqueConstraint("bureau_id", "staff_no"),
        CheckConstraint("state in ('active','leave','transferred','suspended','retired')", name="state"),
        CheckConstraint("not (is_expert and can_lead)", name="experts_never_lead"),
        CheckConstraint("load >= 0", name="load"),
    )

    def certificate(self, on: date) -> Certificate | None:
        """The enforcement certificate that is valid on a day, the longest-lived first."""
        valid = [each for each in self.certificates if each.valid(on)]
        return max(valid, key=lambda each: each.valid_to, default=None)

    def licensed(self, on: date) -> bool:
        """Whether they count for the two licensed persons.

        A valid certificate, and no outside expert (舞 第五条).
        """
        return not self.is_expert and self.certificate(on) is not None

    def available(self, on: date) -> bool:
        """Whether they may be drawn for a day."""
        away = (
            self.unavailable_from is not None
            and self.unavailable_from <= on
            and (self.unavailable_to is None or on <= self.unavailable_to)
        )
        return self.state == "active" and not away

    def turns(self, year: int) -> int:
        """Turns served in a year."""
        return self.load if self.load_year == year else 0


class Certificate(Base):
    """An enforcement certificate (执法证). Its number has no national format and is never checked for one."""

    __tablename__ = "certificate"

    id: Mapped[pk]
    inspector_id: Mapped[int] = reference("inspector.id")
    type: Mapped[word] = mapped_column(default="provincial")
    number: Mapped[word]
    issuer: Mapped[str] = mapped_column(default="")
    valid_from: Mapped[date | None]
    valid_to: Mapped[date] = mapped_column(default=date(9999, 12, 31))
    state: Mapped[word] = mapped_column(default="valid")

    inspector: Mapped[Inspector] = relationship(back_populates="certificates")

    __table_args__ = (
        UniqueConstraint("type", "number"),
        CheckConstraint("state in ('valid','suspended','revoked')", name="state"),
        CheckConstraint("valid_from is null or valid_from <= valid_to", name="dates"),
    )

    def valid(self, on: date) -> bool:
        """In force on a day."""
        return (
            self.state == "valid"
            and (self.valid_from is None or self.valid_from <= on)
            and on <= self.valid_to
        )


class Conflict(Base):
    """A 利害关系 of an inspector or another official.

    Either to one object, or to a matter that objects share. `matter` is what is compared: the name or code of
    a former employer or of a company in which shares are held, the name of a chain, an address. `until`: it
    no longer counts after that day (employer: three years).
    """

    __tablename__ = "conflict"

    id: Mapped[pk]
    inspector_id: Mapped[int | None] = reference("inspector.id")
    person_id: Mapped[int | None] = reference("person.id")
    object_id: Mapped[int | None] = reference("registry_object.id")
    relation: Mapped[word]
    matter: Mapped[str] = mapped_column(default="")
    declared_on: Mapped[date] = mapped_column(default=clock.today)
    until: Mapped[date | None]
    note: Mapped[str] = mapped_column(default="")
    source: Mapped[str] = mapped_column(default="")

    inspector: Mapped[Inspector | None] = relationship()
    object: Mapped[RegistryObject | None] = relationship()

    __table_args__ = (
        CheckConstraint("inspector_id is not null or person_id is not null", name="somebody"),
        CheckConstraint("object_id is not null or matter <> ''", name="something"),
        CheckConstraint("until is null or declared_on <= until", name="dates"),
    )


class ItemList(Base):
    """A version of the 随机抽查事项清单.

    The version in force on a day is the newest published one that has begun.
    """

    __tablename__ = "item_list"

    id: Mapped[pk]
    bureau_id: Mapped[int] = reference("bureau.id", index=False)
    version: Mapped[word]
    title: Mapped[str] = mapped_column(default="")
    state: Mapped[word] = mapped_column(default="draft")
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    cause: Mapped[str] = mapped_column(default="")
    approved_by: Mapped[str] = mapped_column(default="")
    approval_document: Mapped[str] = mapped_column(default="")
    sample: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)

    items: Mapped[list[InspectionItem]] = relationship(
        back_populates="list",
        order_by="InspectionItem.position",
        cascade="all, delete-orphan",
    )

    __table_args__ = (
        UniqueConstraint("bureau_id", "version"),
        CheckConstraint("state in ('draft','approved','published','superseded','withdrawn')", name="state"),
        CheckConstraint("state <> 'published' or valid_from is not null", name="published_since"),
    )


class InspectionItem(Base):
    """One item of the list (抽查事项), with the columns of the published lists."""

    __tablename__ = "inspection_item"

    id: Mapped[pk]
    list_id: Mapped[int] = reference("item_list.id")
    position: Mapped[int] = mapped_column(default=0)
    no: Mapped[word]
    name: Mapped[str]
    sub_item: Mapped[str] = mapped_column(default="")
    basis: Mapped[str] = mapped_column(default="")
    subject: Mapped[str] = mapped_column(default="")
    object_kind: Mapped[str] = mapped_column(default="")
    ratio: Mapped[word] = mapped_column(default="")
    frequency: Mapped[word] = mapped_column(default="")
    method: Mapped[str] = mapped_column(default="")
    staff_requirement: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")
    content: Mapped[str] = mapped_column(default="")
    power_item: Mapped[word] = mapped_column(default="")

    list: Mapped[ItemList] = relationship(back_populates="items")

    __table_args__ = (UniqueConstraint("list_id", "no"),)


class RegistryLock(Base):
    """A draw holds a registry: from the freeze to its end nobody edits it (§2 no. 5)."""

    __tablename__ = "registry_lock"

    id: Mapped[pk]
    bureau_id: Mapped[int] = reference("bureau.id", index=False)
    kind: Mapped[word]
    draw_id: Mapped[word] = mapped_column(index=True)
    locked_by_id: Mapped[int] = reference("person.id", index=False)
    locked_at: Mapped[datetime] = mapped_column(default=clock.now)
    released_at: Mapped[datetime | None]

    locked_by: Mapped[Person] = relationship()

    __table_args__ = (
        CheckConstraint("kind in ('objects','inspectors','items','conflicts')", name="kind"),
        Index(
            "uq_registry_lock_open",
            "bureau_id",
            "kind",
            unique=True,
            postgresql_where=_ONE_OPEN,
            sqlite_where=_ONE_OPEN,
        ),
    )


class ImportRun(Base):
    """One import that went in: which file, by whom, how many rows."""

    __tablename__ = "import_run"

    id: Mapped[pk]
    bureau_id: Mapped[int] = reference("bureau.id")
    kind: Mapped[word]
    file_name: Mapped[str]
    sha256: Mapped[word]
    actor_id: Mapped[int | None] = reference("person.id", index=False)
    at: Mapped[datetime] = mapped_column(default=clock.now)
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)
