"""Passwords (Argon2id), throttling per account and per address, and the second factor (TOTP)."""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from datetime import datetime, timedelta
from typing import TypeVar

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Select, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine import clock
from engine.errors import Refused
from engine.people import Person
from engine.sentence import Sentence
from engine.storage.base import Base, pk, word

T = TypeVar("T")
_hasher = PasswordHasher()
# Verified when the account is unknown, so that a stranger cannot tell by the time which accounts exist.
_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$HgrnJeSqockyjaXJZEPhyw$Nr4b6hzJoSZ7DeX3qtAY4NxKoudvsMxS1LII5gumbL4"
MIN_PASSWORD = 10
TRIES_PER_ACCOUNT = 5
LOCKED_FOR = timedelta(minutes=15)
TRIES_PER_ADDRESS = 30
ADDRESS_WINDOW = timedelta(minutes=15)
WRONG = "账号或密码不对。"


class Throttle(Base):
    """Failed sign-ins, or wrong one-time links, of one address within a window; or of a name that nobody has.

    `address`: of the network; `third <address>` for one-time links; `name <digest>` for a name, whose `since` is the
    instant from which it counts as locked.
    """

    __tablename__ = "sign_in_throttle"

    id: Mapped[pk]
    address: Mapped[word] = mapped_column(unique=True)
    failures: Mapped[int] = mapped_column(default=0)
    since: Mapped[datetime] = mapped_column(default=clock.now)


def set_password(person: Person, password: str) -> None:
    """Give a person a password; refuses a short one."""
    if len(password) < MIN_PASSWORD:
        fields = {"password": Sentence("请填写至少 {least} 个字符的密码", least=MIN_PASSWORD)}
        raise Refused(
            Sentence("密码至少 {least} 个字符。", least=MIN_PASSWORD),
            slug="weak-password",
            fields=fields,
        )
    person.password_hash = _hasher.hash(password)


def password_is(person: Person | None, password: str) -> bool:
    """Whether this is the person's password; takes the same time for nobody."""
    try:
        known = person.password_hash if person and person.password_hash else _NOBODY
        _hasher.verify(known, password)
    except (VerificationError, InvalidHashError):
        return False
    return person is not None and bool(person.password_hash)


def throttle_of(session: Session, address: str) -> Throttle:
    """The failures of an address in the window that runs now."""
    now = clock.now()
    throttle = session.scalar(_locked(select(Throttle).where(Throttle.address == address)))
    if throttle is None:
        throttle = Throttle(address=address, failures=0, since=now)
        session.add(throttle)
    if now - throttle.since > ADDRESS_WINDOW:
        throttle.failures, throttle.since = 0, now
    return throttle


def _locked(query: Select[T]) -> Select[T]:
    """Tries made at once are counted one after the other."""
    return query.with_for_update().execution_options(populate_existing=True)


def check_sign_in(session: Session, login: str, password: str, *, address: str) -> tuple[Person | None, str]:
    """Check a sign-in and keep count of failures. Gives the person, or None and the sentence to say.

    The sentence does not tell whether the account exists: a name that nobody has is counted and locked like an
    account. Failures must stay counted, so nothing is raised here: a refusal would roll the count back.
    """
    now = clock.now()
    throttle = throttle_of(session, address)
    if throttle.failures >= TRIES_PER_ADDRESS:
        return None, "这个网络地址试错太多。请 15 分钟后再试。"
    person = session.scalar(_locked(select(Person).where(Person.login == login)))
    stranger = _stranger(session, login)  # asked for a known name, too: it costs the same
    until = person.locked_until if person is not None else _until(stranger)
    if until is not None and until > now:
        minutes = int((until - now).total_seconds() // 60) + 1
        return None, Sentence(
            "试错 {tries} 次，账号暂时锁定。请 {minutes} 分钟后再试，或联系安全管理员。",
            tries=TRIES_PER_ACCOUNT,
            minutes=minutes,
        )
    if not password_is(person, password) or person is None or not person.active:
        throttle.failures += 1
        if person is not None:
            person.failed_logins += 1
            if person.failed_logins >= TRIES_PER_ACCOUNT:
                person.locked_until, person.failed_logins = now + LOCKED_FOR, 0
        else:
            _count(session, stranger, login)
        return None, WRONG
    person.failed_logins, person.locked_until, throttle.failures = 0, None, 0
    if _hasher.check_needs_rehash(person.password_hash):
        person.password_hash = _hasher.hash(password)
    return person, ""


def _name(login: str) -> str:
    return f"name {hashlib.sha256(login.encode()).hexdigest()}"


def _stranger(session: Session, login: str) -> Throttle | None:
    return session.scalar(_locked(select(Throttle).where(Throttle.address == _name(login))))


def _until(stranger: Throttle | None) -> datetime | None:
    if stranger is None or stranger.failures < TRIES_PER_ACCOUNT:
        return None
    return stranger.since + LOCKED_FOR


def _count(session: Session, stranger: Throttle | None, login: str) -> None:
    """One more try for a name that nobody has; a lock that is over begins anew, as with an account."""
    if stranger is None:
        session.add(Throttle(address=_name(login), failures=1, since=clock.now()))
        return
    stranger.failures = stranger.failures % TRIES_PER_ACCOUNT + 1
    stranger.since = clock.now()


def new_totp_secret() -> str:
    """A fresh secret for an authenticator app."""
    return pyotp.random_base32()


def totp_uri(person: Person, secret: str) -> str:
    """What the QR code for an authenticator app carries."""
    return pyotp.TOTP(secret).provisioning_uri(name=person.login, issuer_name="双随机检查办案")


def totp_now(secret: str) -> str:
    """The code of this moment (shown by the demo only)."""
    return pyotp.TOTP(secret).at(int(clock.now().timestamp()))


def totp_step(secret: str, code: str, *, after: int = 0) -> int | None:
    """The half minute (counted from 1970) that a one-time code belongs to, None for a wrong or used code.

    A code half a minute early or late is accepted; one of a half minute up to `after` was given before.
    """
    typed = unicodedata.normalize("NFKC", code)  # a Chinese input method may write １２３
    digits = "".join(character for character in typed if character.isascii() and character.isdecimal())
    totp, now = pyotp.TOTP(secret), int(clock.now().timestamp())
    for early in (-1, 0, 1):
        step = now // totp.interval + early
        if hmac.compare_digest(totp.at(now, counter_offset=early), digits) and step > after:
            return step
    return None
