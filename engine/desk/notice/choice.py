"""How a person wants to be told: the own choice, changed by oneself."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import audit
from engine.desk.notice.tell import default_choice
from engine.domain.notice import KINDS, NoticeChoice
from engine.domain.notice.words import ALWAYS
from engine.errors import Refused
from engine.people import Person

ADDRESS = re.compile(r"[^@\s,;<>\"]{1,64}@[^@\s,;<>\"]+\.[^@\s,;<>\"]{2,}")
LONGEST = 200


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person has chosen; times are `HH:MM` in Shanghai, `muted` are kinds of notices."""

    email: str = ""
    mail: bool = False
    hook: bool = False
    digest: bool = False
    digest_at: str = "08:30"
    quiet: bool = False
    quiet_from: str = "20:00"
    quiet_to: str = "07:30"
    muted: Sequence[str] = ()


def choose(session: Session, person: Person, wish: Wish) -> NoticeChoice:
    """Keep a person's choice; refuses what cannot be kept, all fields at once.

    Urging, lateness and the safety of the account cannot be muted: a rule or the own interest asks for them.
    """
    faults: dict[str, str] = {}
    email = wish.email.strip()
    if (wish.mail or email) and (len(email) > LONGEST or not ADDRESS.fullmatch(email)):
        faults["email"] = "请填写一个邮箱地址，例如 name@example.cn。"
    minutes = {
        name: _minute(text)
        for name, text in (
            ("digest_at", wish.digest_at),
            ("quiet_from", wish.quiet_from),
            ("quiet_to", wish.quiet_to),
        )
    }
    faults |= {name: "请填写时刻，例如 08:30。" for name, minute in minutes.items() if minute is None}
    if not faults and minutes["quiet_from"] == minutes["quiet_to"]:
        faults["quiet_to"] = "免打扰的起止时刻不能相同。"
    if set(wish.muted) - set(KINDS) or set(wish.muted) & ALWAYS:
        faults["muted"] = "催办、超期和账号安全的消息不能关闭。"
    if faults:
        raise Refused("有几项要改。", slug="form-invalid", fields=faults)
    choice = session.scalar(select(NoticeChoice).where(NoticeChoice.person_id == person.id))
    if choice is None:
        choice = default_choice(person)
        session.add(choice)
    person.email = email
    choice.mail, choice.hook, choice.digest, choice.quiet = wish.mail, wish.hook, wish.digest, wish.quiet
    for name, minute in minutes.items():
        setattr(choice, name, minute)
    choice.muted = sorted(set(wish.muted))
    session.info.get("notice_choices", {}).pop(person.id, None)
    audit.record(
        session,
        action="account.notice",
        subject=f"person/{person.id}",
        actor=person,
        bureau_id=person.bureau_id,
        after={"mail": wish.mail, "hook": wish.hook, "digest": wish.digest, "muted": choice.muted},
    )
    return choice


def _minute(text: str) -> int | None:
    found = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)(:\d\d)?", text.strip())
    return int(found[1]) * 60 + int(found[2]) if found else None
