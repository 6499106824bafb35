"""统一身份: which person an identity provider's subject is. Linked by the person, after signing in here.

The provider vouches for who somebody is; accounts and posts are given here alone, so nothing is ever created
from what it says.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from engine import clock
from engine.people import Person
from engine.storage.base import Base, pk, reference


class Identity(Base):
    """One account at one provider. `subject` is the provider's own number, never a name or an address."""

    __tablename__ = "identity"

    id: Mapped[pk]
    person_id: Mapped[int] = reference("person.id", index=False)
    issuer: Mapped[str]
    subject: Mapped[str]
    linked_at: Mapped[datetime] = mapped_column(default=clock.now)
    used_at: Mapped[datetime | None]
    person: Mapped[Person] = relationship()

    __table_args__ = (
        UniqueConstraint("issuer", "subject"),
        UniqueConstraint("person_id", "issuer"),
        CheckConstraint("issuer <> '' and subject <> ''", name="named"),
    )


def linked(session: Session, issuer: str, subject: str) -> Identity | None:
    """The link of a provider's subject, if somebody has made one."""
    return session.scalar(select(Identity).where(Identity.issuer == issuer, Identity.subject == subject))


def identities(session: Session, person: Person) -> list[Identity]:
    """The links of a person."""
    return list(
        session.scalars(select(Identity).where(Identity.person_id == person.id).order_by(Identity.id))
    )
