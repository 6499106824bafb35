"""Accounts and posts, kept by the security administrator, who reads no business.

A post has a first and a last day. Nobody gives a post to oneself, and one of the three administrators is
nothing else (三员分立); the database holds both.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, selectinload

from engine import audit, clock
from engine.access.rights import HAND_OVER, MANAGE_PEOPLE
from engine.access.session import SessionRow, revoke_all, sessions_of
from engine.access.sign_in import set_password
from engine.desk import proxy
from engine.desk.case import extra
from engine.desk.notice import Matter, tell
from engine.errors import NotFound, Refused
from engine.people import ADMINISTRATORS, Grant, Person, Role, Section, person
from engine.runtime.tables import WorkItem
from engine.sentence import Sentence

PAGE = 50
LONGEST = 80
FOREVER = date(9999, 12, 31)


@dataclass(frozen=True, slots=True)
class Page:
    """Accounts by staff number; `next` is the cursor of the next page, "" at the end."""

    rows: Sequence[Person]
    next: str


@dataclass(frozen=True, slots=True)
class View:
    """One account: posts, where it is signed in, and how many steps lie with it (a number, nothing of them)."""

    person: Person
    posts: Sequence[Grant]
    sessions: Sequence[SessionRow]
    open_steps: int
    locked: bool


def listing(session: Session, actor: Person, *, q: str = "", cursor: str = "") -> Page:
    """The accounts of the administrator's bureau; `q`: part of a name, or a login or staff number."""
    MANAGE_PEOPLE.demand(actor)
    query = select(Person).where(Person.bureau_id == actor.bureau_id).options(selectinload(Person.grants))
    if q:
        query = query.where(
            or_(Person.name.contains(q, autoescape=True), Person.login == q, Person.staff_no == q)
        )
    if cursor:
        query = query.where(Person.staff_no > cursor)
    rows = session.scalars(query.order_by(Person.staff_no).limit(PAGE + 1)).all()
    return Page(rows[:PAGE], rows[PAGE - 1].staff_no if len(rows) > PAGE else "")


def view(session: Session, actor: Person, person_id: int) -> View:
    """One account of the own bureau."""
    found = _own(session, actor, person_id)
    return View(
        found,
        sorted(found.grants, key=lambda grant: (grant.valid_from, grant.id)),
        sessions_of(session, found),
        open_steps(session, found),
        found.locked_until is not None and found.locked_until > clock.now(),
    )


def sections(session: Session, actor: Person) -> Sequence[Section]:
    """The sections of the own bureau."""
    return session.scalars(
        select(Section).where(Section.bureau_id == actor.bureau_id).order_by(Section.id)
    ).all()


def open_steps(session: Session, someone: Person) -> int:
    """How many open steps lie in a person's hands."""
    mine = or_(WorkItem.pool == f"person/{someone.id}", WorkItem.claimed_by_id == someone.id)
    here = WorkItem.bureau_id == someone.bureau_id  # as the board's index
    return session.scalar(select(func.count()).where(here, mine, WorkItem.state == "open")) or 0


# --- accounts ------------------------------------------------------------------------------------


def add(
    session: Session, actor: Person, *, login: str, name: str, staff_no: str, section_id: int | None = None
) -> tuple[Person, str]:
    """A new account without any post; the second value is its first password, shown once."""
    MANAGE_PEOPLE.demand(actor)
    asked = {"login": login.strip(), "name": name.strip(), "staff_no": staff_no.strip()}
    faults: dict[str, str] = {
        field: Sentence("请填写，不超过 {most} 个字。", most=LONGEST)
        for field, text in asked.items()
        if not 0 < len(text) <= LONGEST
    }
    for field, column in (("login", Person.login), ("staff_no", Person.staff_no)):
        if field not in faults and session.scalar(select(Person.id).where(column == asked[field])):
            faults[field] = "已经有人用了，请换一个。"
    if faults:
        raise Refused("账号没有建成。", slug="form-invalid", fields=faults)
    made = Person(bureau_id=actor.bureau_id, section_id=_section(session, actor, section_id), **asked)
    password = _password(made)
    session.add(made)
    session.flush()
    _log(session, actor, made, "user.add", {"login": made.login, "name": made.name})
    return made, password


def move(session: Session, actor: Person, person_id: int, *, section_id: int | None) -> Person:
    """A person goes to another section; posts stay as they are."""
    found = _own(session, actor, person_id)
    before = found.section_id
    found.section_id = _section(session, actor, section_id)
    _log(session, actor, found, "user.move", {"section": found.section_id}, {"section": before})
    return found


def close(session: Session, actor: Person, person_id: int, *, reason: str) -> int:
    """离岗: close an account, end its posts today and all its sessions; how many steps and errands are left with it.

    Who answers for the work is told where to hand it over.
    """
    found = _own(session, actor, person_id)
    if found.id == actor.id:
        raise Refused("不能停用自己的账号。", slug="oneself", hint="请另一位安全管理员办理。")
    if not found.active:
        raise Refused(Sentence("{name}的账号已经停用。", name=found.name), slug="closed-before")
    why = _reason(reason)
    today = clock.today()
    for grant in list(found.grants):
        if grant.valid_from > today:  # not begun yet: it must not wake up with the account
            session.delete(grant)
        elif grant.valid_to > today:
            grant.valid_to = today
    found.active = False
    closed = revoke_all(session, found)
    steps, errands = open_steps(session, found), extra.forsaken(session, found, actor)
    stood = proxy.forsaken(session, actor, found)
    left = steps + errands + len(extra.awaited(session, found))
    counted = {"sessions": closed, "open_steps": steps, "errands": errands, "proxies": stood}
    _log(session, actor, found, "user.close", counted, reason=why)
    if left:
        tell(
            session,
            "assigned",
            _who_hand_over(session, found),
            Matter(
                Sentence("移交{name}的 {left} 件待办", name=found.name, left=left), f"/leavers/{found.id}"
            ),
            actor=actor,
            key=f"leaver:{found.id}:{today}",
        )
    return left


def reopen(session: Session, actor: Person, person_id: int) -> Person:
    """The account may be used again; posts have to be given anew."""
    found = _own(session, actor, person_id)
    if found.active:
        raise Refused(Sentence("{name}的账号没有停用。", name=found.name), slug="not-closed")
    found.active = True
    _log(session, actor, found, "user.reopen", {})
    return found


def unlock(session: Session, actor: Person, person_id: int) -> Person:
    """Lift the lock after wrong tries."""
    found = _own(session, actor, person_id)
    found.locked_until, found.failed_logins = None, 0
    _log(session, actor, found, "user.unlock", {})
    return found


def new_password(session: Session, actor: Person, person_id: int) -> tuple[Person, str]:
    """A new first password, shown once; all sessions are closed."""
    found = _own(session, actor, person_id)
    if found.id == actor.id:
        raise Refused("自己的密码请在“我的账号”中改。", slug="oneself")
    password = _password(found)
    closed = revoke_all(session, found)
    _log(session, actor, found, "user.password", {"sessions": closed})
    _warn(session, actor, found, "你的密码已由安全管理员重设")
    return found, password


def reset_second_factor(session: Session, actor: Person, person_id: int) -> Person:
    """Forget the authenticator app (a lost telephone); all sessions are closed."""
    found = _own(session, actor, person_id)
    if found.id == actor.id:
        raise Refused("不能重设自己的动态口令。", slug="oneself", hint="请另一位安全管理员办理。")
    found.totp_secret, found.totp_step = "", 0
    revoke_all(session, found)
    _log(session, actor, found, "user.reset-2fa", {})
    _warn(session, actor, found, "你的动态口令已由安全管理员重设")
    return found


def end_sessions(session: Session, actor: Person, person_id: int) -> int:
    """Close all sessions and tokens of a person; how many."""
    found = _own(session, actor, person_id)
    closed = revoke_all(session, found)
    _log(session, actor, found, "user.revoke", {"sessions": closed})
    return closed


# --- posts ---------------------------------------------------------------------------------------


def grant(
    session: Session, actor: Person, person_id: int, *, role: Role, first: date, last: date = FOREVER
) -> Grant:
    """Give a post in the own bureau from one day to another, both included."""
    found = _own(session, actor, person_id)
    if found.id == actor.id:
        raise Refused("不能给自己授予岗位。", slug="oneself", hint="请另一位安全管理员办理。")
    if not found.active:
        raise Refused(
            Sentence("{name}的账号已经停用。", name=found.name), slug="closed-before", hint="请先恢复账号。"
        )
    if last < first:
        raise Refused("任职止日早于起日。", slug="form-invalid", fields={"last": "止日不能早于起日。"})
    refuse_beside(found, actor.bureau_id, role, first, last)
    made = Grant(
        person_id=found.id, bureau_id=actor.bureau_id, role=role, valid_from=first, valid_to=last,
        granted_by_id=actor.id,
    )  # fmt: skip
    found.grants.append(made)
    session.flush()
    dates = {"role": role.value, "from": first.isoformat(), "to": last.isoformat()}
    _log(session, actor, found, "user.grant", dates)
    return made


def refuse_beside(someone: Person, bureau_id: int, role: Role, first: date, last: date) -> None:
    """Refuse a post beside those held on the same days: the same once more, or an administrator's with another."""
    for held in someone.grants:
        if held.valid_from > last or held.valid_to < first:
            continue
        if held.role == role and held.bureau_id == bureau_id:
            fields = {"role": "请先终止原来的任期。"}
            raise Refused("这段时间已经任这个岗位。", slug="held-already", fields=fields)
        if held.role != role and {held.role, role} & ADMINISTRATORS:
            raise Refused(
                "系统、安全、审计管理员不得兼任其他岗位。",
                slug="administrator-alone",
                hint="请先终止原来的岗位，或者请另一个人担任。",
                fields={"role": "与现有岗位不相容。"},
            )


def end(session: Session, actor: Person, person_id: int, *, grant_id: int, last: date) -> Grant:
    """End a post on a day, that day included; a post that has not begun goes away with its first day."""
    found = _own(session, actor, person_id)
    held = next((each for each in found.grants if each.id == grant_id), None)
    if held is None or held.bureau_id != actor.bureau_id:
        raise NotFound("没有这个任职。")
    if last < held.valid_from:
        raise Refused("终止日早于任职起日。", slug="form-invalid", fields={"last": "不能早于起日。"})
    if last < clock.today() - timedelta(days=1):
        raise Refused(
            "不能终止在更早的日子。", slug="form-invalid", fields={"last": "最早是昨天：办过的事不改。"}
        )
    before, held.valid_to = held.valid_to, last
    session.flush()
    _log(
        session, actor, found, "user.end",
        {"role": held.role.value, "to": last.isoformat()}, {"to": before.isoformat()},
    )  # fmt: skip
    return held


def _own(session: Session, actor: Person, person_id: int) -> Person:
    MANAGE_PEOPLE.demand(actor)
    found = person(session, person_id)
    if found.bureau_id != actor.bureau_id:
        raise NotFound(Sentence("没有编号为 {person_id} 的人员。", person_id=person_id))
    return found


def _section(session: Session, actor: Person, section_id: int | None) -> int | None:
    if section_id is None:
        return None
    found = session.get(Section, section_id)
    if found is None or found.bureau_id != actor.bureau_id:
        raise Refused("没有这个科室。", slug="form-invalid", fields={"section_id": "请从列出的科室中选。"})
    return found.id


def _password(someone: Person) -> str:
    """A first password that can be told by telephone: no letters that look alike."""
    signs = "abcdefghjkmnpqrstuvwxyz23456789"
    made = "-".join("".join(secrets.choice(signs) for _ in range(5)) for _ in range(3))
    set_password(someone, made)
    someone.failed_logins, someone.locked_until = 0, None
    return made


def _who_hand_over(session: Session, leaver: Person) -> list[Person]:
    mates = session.scalars(select(Person).where(Person.bureau_id == leaver.bureau_id, Person.active))
    return [each for each in mates if HAND_OVER.allows(each, leaver)]


def _warn(session: Session, actor: Person, someone: Person, title: str) -> None:
    tell(session, "account", [someone], Matter(title, "/me"), actor=actor)


def _reason(text: str) -> str:
    kept = text.strip()
    if not kept:
        raise Refused("请写明理由。", slug="form-invalid", fields={"reason": "请写明理由，例如“调离”。"})
    return kept[:500]


def _log(
    session: Session,
    actor: Person,
    someone: Person,
    action: str,
    after: Mapping[str, object],
    before: Mapping[str, object] | None = None,
    *,
    reason: str = "",
) -> None:
    audit.record(
        session,
        action=action,
        subject=f"person/{someone.id}",
        actor=actor,
        bureau_id=someone.bureau_id,
        reason=reason,
        before=before,
        after=after,
    )
