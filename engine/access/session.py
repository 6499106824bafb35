"""Server-side sessions and API tokens: only a digest is stored, every one can be revoked."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import Index, Select, bindparam, select
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from engine import clock
from engine.people import Person
from engine.storage.base import Base, pk, reference, sha256, word

IDLE = timedelta(hours=8)
LONGEST = timedelta(hours=14)
REMEMBERED = timedelta(days=1)  # so long after it lapsed a session still says whose typing this was
TOUCH = timedelta(minutes=5)
SECOND_FACTOR = timedelta(hours=12)


class SessionRow(Base):
    """A signed-in browser, or an API token (`kind`). `digest` is SHA-256 of the secret the other side has."""

    __tablename__ = "session"

    id: Mapped[pk]
    digest: Mapped[sha256] = mapped_column(unique=True)
    kind: Mapped[word] = mapped_column(default="browser")  # browser · token
    name: Mapped[str] = mapped_column(default="")
    person_id: Mapped[int] = reference("person.id")
    address: Mapped[word] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    seen_at: Mapped[datetime] = mapped_column(default=clock.now)
    expires_at: Mapped[datetime]
    second_factor_at: Mapped[datetime | None]
    proved_at: Mapped[datetime | None]  # when the person last gave the password or a one-time code in it
    revoked_at: Mapped[datetime | None]
    person: Mapped[Person] = relationship()

    __table_args__ = (Index("ix_session_open", "person_id", "revoked_at"),)

    def is_open(self, now: datetime) -> bool:
        """Neither revoked, nor too old, nor idle too long (tokens have no idle time)."""
        idle = self.kind == "browser" and now - self.seen_at > IDLE
        return self.revoked_at is None and now < self.expires_at and not idle

    def has_second_factor(self, now: datetime) -> bool:
        """Whether a one-time code was given in this session, not longer ago than half a day."""
        return self.second_factor_at is not None and now - self.second_factor_at < SECOND_FACTOR

    def is_proved(self, now: datetime, minutes: int) -> bool:
        """Whether the person has shown in this session, not longer ago than that, that it is them."""
        return self.proved_at is not None and now - self.proved_at < timedelta(minutes=minutes)


def digest(secret: str) -> str:
    """What is stored of a session secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def open_session(
    session: Session,
    person: Person,
    *,
    address: str = "",
    name: str = "",
    kind: str = "browser",
    lasting: timedelta = LONGEST,
) -> tuple[SessionRow, str]:
    """Open a session; the second value is the secret, which exists nowhere else afterwards."""
    secret = secrets.token_urlsafe(32)
    row = SessionRow(
        digest=digest(secret), kind=kind, name=name[:200], person_id=person.id, address=address[:80],
        expires_at=clock.now() + lasting,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row, secret


def find_session(session: Session, secret: str, *, kind: str = "browser") -> SessionRow | None:
    """The open session of a secret with person, bureau and posts in one query, or None."""
    row = session.scalar(_found(), {"digest": digest(secret), "kind": kind})
    if row is None or not row.is_open(clock.now()) or not row.person.active:
        return None
    return row


def lapsed_person(session: Session, secret: str) -> Person | None:
    """Whose browser session lately lapsed by itself; None for one that was closed, or for an unknown secret.

    It opens nothing: what such a person had typed may be kept for them, no more.
    """
    row, now = session.scalar(_found(), {"digest": digest(secret), "kind": "browser"}), clock.now()
    if row is None or row.revoked_at is not None or row.is_open(now) or not row.person.active:
        return None
    return row.person if now - row.seen_at < IDLE + REMEMBERED else None


@cache
def _found() -> Select[SessionRow]:
    """Built once: every request asks."""
    person = joinedload(SessionRow.person).options(
        joinedload(Person.bureau), joinedload(Person.section), joinedload(Person.grants)
    )
    asked = (SessionRow.digest == bindparam("digest"), SessionRow.kind == bindparam("kind"))
    return select(SessionRow).where(*asked).options(person)


def sessions_of(session: Session, person: Person) -> list[SessionRow]:
    """Open sessions and tokens of a person, latest first."""
    now = clock.now()
    rows = session.scalars(
        select(SessionRow)
        .where(SessionRow.person_id == person.id, SessionRow.revoked_at.is_(None))
        .order_by(SessionRow.seen_at.desc())
    )
    return [row for row in rows if row.is_open(now)]


def revoke_all(session: Session, person: Person, *, but: int | None = None) -> int:
    """Close all sessions of a person but one (a changed password, a lost telephone); how many were closed."""
    closed = 0
    for row in sessions_of(session, person):
        if row.id != but:
            row.revoked_at = clock.now()
            closed += 1
    return closed
