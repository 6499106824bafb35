"""Who works here: bureaus in a tree, their sections, persons and the posts they hold (roles with dates).

依据: 吉 第四条 (各级), 舞 第三条 (科室分工).
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Enum, Index, UniqueConstraint, bindparam, select
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from engine import clock
from engine.errors import NotFound
from engine.sentence import Sentence
from engine.storage.base import Base, pk, reference, word
from engine.storage.guard import guard


class Role(StrEnum):
    """What a person may be in a bureau. The Chinese labels (lane names) stand in `domain/terms.py`."""

    SECTION = "section"  # 业务科室
    SUPERVISION = "supervision"  # 基金监管
    LEADER = "leader"  # 分管领导
    HEAD = "head"  # 主要负责人
    WITNESS = "witness"  # 见证监督
    INSPECTOR = "inspector"  # 执法检查人员
    REVIEWER = "reviewer"  # 结果审核
    LEGAL = "legal"  # 法制审核
    OFFICE = "office"  # 办公室
    ARCHIVIST = "archivist"  # 档案专人
    EXPERT = "expert"  # 检查专家
    MODELLER = "modeller"  # 流程管理员
    RELEASER = "releaser"  # 流程发布复核
    SYSTEM_ADMIN = "system_admin"  # 系统管理员
    SECURITY_ADMIN = "security_admin"  # 安全管理员
    AUDIT_ADMIN = "audit_admin"  # 审计管理员


class Bureau(Base):
    """A medical-insurance bureau. `division`: its GB/T 2260 code (or a local one); `pack`: its rules."""

    __tablename__ = "bureau"

    id: Mapped[pk]
    division: Mapped[word] = mapped_column(unique=True)
    name: Mapped[str]
    short_name: Mapped[word]
    level: Mapped[word]  # province · prefecture · county
    pack: Mapped[word]
    parent_id: Mapped[int | None] = reference("bureau.id")
    parent: Mapped[Bureau | None] = relationship(remote_side="Bureau.id")

    __table_args__ = (CheckConstraint("level in ('province','prefecture','county')", name="level"),)


class Section(Base):
    """A section of a bureau.

    `kind`: business · supervision · discipline · policy · office · archive · leadership · centre.
    """

    __tablename__ = "section"

    id: Mapped[pk]
    bureau_id: Mapped[int] = reference("bureau.id")
    name: Mapped[word]
    kind: Mapped[word]

    __table_args__ = (UniqueConstraint("bureau_id", "name"),)


class Person(Base):
    """Somebody with an account. `staff_no` is the number used in registries and draws."""

    __tablename__ = "person"

    id: Mapped[pk]
    bureau_id: Mapped[int] = reference("bureau.id")
    section_id: Mapped[int | None] = reference("section.id")
    staff_no: Mapped[word] = mapped_column(unique=True)
    login: Mapped[word] = mapped_column(unique=True)
    name: Mapped[word]
    phone: Mapped[word] = mapped_column(default="")
    email: Mapped[str] = mapped_column(default="")
    password_hash: Mapped[str] = mapped_column(default="")
    totp_secret: Mapped[str] = mapped_column(default="")
    totp_step: Mapped[int] = mapped_column(default=0)  # half minutes since 1970 of the last accepted code
    failed_logins: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)

    bureau: Mapped[Bureau] = relationship()
    section: Mapped[Section | None] = relationship()
    grants: Mapped[list[Grant]] = relationship(back_populates="person", foreign_keys="Grant.person_id")

    def roles(self, on: date | None = None) -> set[Role]:
        """Roles held on a day (today by default)."""
        day = on or clock.today()
        return {grant.role for grant in self.grants if grant.valid_from <= day <= grant.valid_to}


class Grant(Base):
    """A post: this person holds this role in this bureau from one day to another, both included."""

    __tablename__ = "grant_"

    id: Mapped[pk]
    person_id: Mapped[int] = reference("person.id")
    bureau_id: Mapped[int] = reference("bureau.id")
    role: Mapped[Role] = mapped_column(
        Enum(Role, native_enum=False, length=40, values_callable=lambda e: [r.value for r in e])
    )
    valid_from: Mapped[date]
    valid_to: Mapped[date] = mapped_column(default=date(9999, 12, 31))
    granted_by_id: Mapped[int | None] = reference("person.id")
    person: Mapped[Person] = relationship(back_populates="grants", foreign_keys=[person_id])

    __table_args__ = (
        Index("ix_grant_bureau_role", "bureau_id", "role"),
        CheckConstraint("valid_from <= valid_to", name="dates"),
        CheckConstraint("granted_by_id is null or granted_by_id <> person_id", name="not_to_oneself"),
    )


ADMINISTRATORS = frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN})
_THREE = ",".join(f"'{role.value}'" for role in sorted(ADMINISTRATORS))
# 三员分立: who is one of the three administrators is nothing else on the same day.
guard(
    Grant.__table__,
    "grant_administrator_alone",
    ("INSERT", "UPDATE"),
    "EXISTS (SELECT 1 FROM grant_ other WHERE other.person_id = NEW.person_id "  # noqa: S608 (roles of this module)
    "AND other.id IS DISTINCT FROM NEW.id AND other.role <> NEW.role "
    f"AND (other.role IN ({_THREE}) OR NEW.role IN ({_THREE})) "
    "AND other.valid_from <= NEW.valid_to AND other.valid_to >= NEW.valid_from)",
    "an administrator holds no other post",
)
# A one-time code is taken once: its half minute never runs backwards while the secret stays.
guard(
    Person.__table__,
    "person_totp_forward",
    ("UPDATE",),
    "NEW.totp_step < OLD.totp_step AND NEW.totp_secret = OLD.totp_secret",
    "a one-time code is accepted once",
)

_PERSON = select(Person).where(Person.id == bindparam("person")).options(joinedload(Person.grants))


def person(session: Session, person_id: int) -> Person:
    """A person with the posts they hold, in one statement; NotFound otherwise."""
    found = session.scalars(_PERSON, {"person": person_id}).unique().one_or_none()
    if found is None:
        raise NotFound(Sentence("没有编号为 {person_id} 的人员。", person_id=person_id))
    return found


def person_by_login(session: Session, login: str) -> Person:
    """The person with this login; NotFound otherwise."""
    person = session.scalar(select(Person).where(Person.login == login))
    if person is None:
        raise NotFound(Sentence("没有账号“{login}”。", login=login))
    return person


def holders(session: Session, bureau_id: int, role: Role, on: date | None = None) -> list[Person]:
    """Active persons holding a role in a bureau on a day, by staff number."""
    day = on or clock.today()
    query = (
        select(Person)
        .join(Grant, Grant.person_id == Person.id)
        .where(Grant.bureau_id == bureau_id, Grant.role == role, Person.active)
        .where(Grant.valid_from <= day, Grant.valid_to >= day)
        .order_by(Person.staff_no)
    )
    return list(session.scalars(query).unique())


def described(person: Person | None) -> dict[str, Any]:
    """Who, as it stands in timelines and the log: `{id, name, staff_no}`; the system for nobody."""
    if person is None:
        return {"id": None, "name": "系统", "staff_no": ""}
    return {"id": person.id, "name": person.name, "staff_no": person.staff_no}
