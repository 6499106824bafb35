"""A person's own account: sign in and out, second factor, password, sessions. All of it is in the log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from engine import clock
from engine.access.session import SessionRow, open_session, revoke_all, sessions_of
from engine.access.sign_in import (
    LOCKED_FOR,
    TRIES_PER_ACCOUNT,
    WRONG,
    check_sign_in,
    new_totp_secret,
    set_password,
    totp_step,
)
from engine.audit import record
from engine.domain.terms import role_label
from engine.errors import NotFound, Refused
from engine.people import Bureau, Grant, Person
from engine.runtime.tables import Instance

DEMO_BUREAUS = 3
TOKEN_LASTS = timedelta(days=180)
WRONG_PASSWORD = "密码不对。"  # noqa: S105 (a sentence)
WRONG_CODE = "口令不对、已经过期或已经用过。一个口令只能用一次，用过后请等下一个。"


@dataclass(frozen=True, slots=True)
class SignIn:
    """What came of a sign-in: the session and its secret, or the sentence that says why not."""

    row: SessionRow | None
    secret: str
    reason: str


def sign_in(session: Session, login: str, password: str, *, address: str, agent: str = "") -> SignIn:
    """Sign in with a password; a new session id every time. Failures are counted and logged, never raised."""
    person, reason = check_sign_in(session, login.strip(), password, address=address)
    if person is None:
        record(session, action="account.sign_in_refused", subject=f"login/{login[:60]}", reason=reason)
        return SignIn(None, "", reason)
    row, secret = open_session(session, person, address=address, name=agent)
    row.proved_at = clock.now()
    record(
        session,
        action="account.sign_in",
        subject=f"person/{person.id}",
        actor=person,
        bureau_id=person.bureau_id,
    )
    return SignIn(row, secret, "")


def used(session: Session, row_id: int) -> None:
    """This session is in use: the time after which it lapses begins anew."""
    session.get_one(SessionRow, row_id).seen_at = clock.now()


def prove(session: Session, row_id: int, password: str, *, address: str) -> str:
    """Show again that it is oneself, by the password; "" or the sentence that says why not.

    Failures are counted like those of a sign-in, so nothing is raised. A one-time code (`give_code`) does as well.
    """
    row = session.get_one(SessionRow, row_id)
    person, reason = check_sign_in(session, row.person.login, password, address=address)
    if person is not None:
        row.proved_at = clock.now()
    record(
        session,
        action="account.proof" if person is not None else "account.proof_refused",
        subject=f"person/{row.person_id}",
        actor=row.person,
        bureau_id=row.person.bureau_id,
    )
    return reason and (WRONG_PASSWORD if reason == WRONG else reason)


def sign_out(session: Session, row_id: int) -> None:
    """Close this session."""
    row = session.get(SessionRow, row_id)
    if row is not None and row.revoked_at is None:
        row.revoked_at = clock.now()
        record(
            session,
            action="account.sign_out",
            subject=f"person/{row.person_id}",
            actor=row.person,
            bureau_id=row.person.bureau_id,
        )


def revoke(session: Session, person: Person, row_id: int) -> None:
    """Close one of the person's own sessions; another person's session does not exist here."""
    row = session.get(SessionRow, row_id)
    if row is None or row.person_id != person.id or row.revoked_at is not None:
        raise NotFound("没有这个登录。", hint="它可能已经退出。")
    row.revoked_at = clock.now()
    record(
        session,
        action="account.revoke",
        subject=f"session/{row_id}",
        actor=person,
        bureau_id=person.bureau_id,
        before={"address": row.address, "name": row.name},
    )


def sessions(session: Session, person: Person) -> list[SessionRow]:
    """Where the person is signed in now."""
    return sessions_of(session, person)


def change_password(session: Session, row_id: int, old: str, new: str, *, address: str) -> str:
    """Change the own password; all other sessions are closed. "" or the sentence that says why the old one fails.

    Wrong tries are counted like those of a sign-in: whoever finds an open session must not guess in it.
    """
    reason = prove(session, row_id, old, address=address)
    if reason:
        return "现在的密码不对。" if reason == WRONG_PASSWORD else reason
    person = session.get_one(SessionRow, row_id).person
    if old == new:
        raise Refused("新密码与现在的相同。", slug="same-password", fields={"new": "请换一个新密码"})
    set_password(person, new)
    closed = revoke_all(session, person, but=row_id)
    record(
        session,
        action="account.password",
        subject=f"person/{person.id}",
        actor=person,
        bureau_id=person.bureau_id,
        after={"closed_sessions": closed},
    )
    return ""


def new_token(session: Session, person: Person, name: str) -> str:
    """A token for a program that acts as this person; shown once, revocable like a session."""
    if not name.strip():
        raise Refused("请写明令牌的用途。", slug="token-name", fields={"token": "请填写用途，例如“报表程序”"})
    row, secret = open_session(session, person, name=name.strip(), kind="token", lasting=TOKEN_LASTS)
    record(
        session,
        action="account.token",
        subject=f"session/{row.id}",
        actor=person,
        bureau_id=person.bureau_id,
        after={"name": row.name, "until": row.expires_at.isoformat()},
    )
    return secret


def demo_people(session: Session) -> list[tuple[Person, str]]:
    """Demo accounts: of the busiest bureaus, the first person of each post."""
    busy = select(Instance.bureau_id).group_by(Instance.bureau_id).order_by(func.count().desc())
    bureaus = session.scalars(busy.limit(DEMO_BUREAUS)).all()
    bureaus = bureaus or session.scalars(select(Bureau.id).limit(DEMO_BUREAUS)).all()
    query = (
        select(Grant)
        .where(Grant.bureau_id.in_(bureaus))
        .options(joinedload(Grant.person).joinedload(Person.bureau))
        .order_by(Grant.bureau_id, Grant.person_id)
    )
    found: dict[tuple[int, str], Person] = {}
    for grant in session.scalars(query):
        if grant.person.active and grant.person.password_hash:
            found.setdefault((grant.bureau_id, grant.role.value), grant.person)
    return [(person, role_label(role)) for (_, role), person in found.items()]


def enrolment_secret(person: Person) -> str:
    """The secret for an authenticator app: the person's own, or a fresh one that is not stored yet."""
    return person.totp_secret or new_totp_secret()


def give_code(session: Session, row_id: int, code: str, *, secret: str = "") -> bool:
    """Check a one-time code and mark the session; with `secret` the first code also enrols the app.

    Gives False for a wrong code (counted like a wrong password), so that the count survives.
    """
    row = session.get_one(SessionRow, row_id)
    person, now = row.person, clock.now()
    session.refresh(person, with_for_update=True)  # two sessions with one code: the second comes second
    if person.locked_until is not None and person.locked_until > now:
        return False
    wanted = person.totp_secret or secret
    step = totp_step(wanted, code, after=person.totp_step) if wanted else None
    if step is None:
        person.failed_logins += 1
        if person.failed_logins >= TRIES_PER_ACCOUNT:
            person.locked_until, person.failed_logins = now + LOCKED_FOR, 0
        record(
            session,
            action="account.code_refused",
            subject=f"person/{person.id}",
            actor=person,
            bureau_id=person.bureau_id,
        )
        return False
    enrolled = not person.totp_secret
    person.totp_secret, person.totp_step, person.failed_logins = wanted, step, 0
    row.second_factor_at = row.proved_at = now
    record(
        session,
        action="account.code_enrolled" if enrolled else "account.code",
        subject=f"person/{person.id}",
        actor=person,
        bureau_id=person.bureau_id,
    )
    return True
