"""Comments on a case, with mentions: «@贺知夏 请看一下». They decide nothing and stay with the case.

A mention reminds and links; only who may see the case can be mentioned. 依据: 舞 第三条 (科室分工), D15.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session

from engine import audit, clock
from engine.desk.audience import audience, refuse_stranger
from engine.desk.case.listing import find, name_of, visible
from engine.desk.notice import Matter, tell
from engine.desk.tables import COMMENT, Comment, Mention
from engine.domain.terms import chinese
from engine.errors import Refused
from engine.people import Person
from engine.runtime import receipt
from engine.runtime.tables import Instance, WorkItem
from engine.sentence import Sentence

RECENT = 50
NAMED = re.compile(r"@([\w·]{2,20})")


@dataclass(frozen=True, slots=True)
class Said:
    """A comment as it is shown; `parts` is the text cut at its mentions: (text, whether it is a mention)."""

    id: int
    who: str
    step: str
    text: str
    at: datetime
    mentioned: Sequence[str]

    @property
    def parts(self) -> list[tuple[str, bool]]:
        """The text cut at the names it mentions."""
        if not self.mentioned:
            return [(self.text, False)]
        cut = re.split("(" + "|".join(f"@{re.escape(name)}" for name in self.mentioned) + ")", self.text)
        return [(part, part[1:] in self.mentioned and part.startswith("@")) for part in cut if part]


@dataclass(frozen=True, slots=True)
class Mentioned:
    """A mention as the mentioned person reads it in the inbox."""

    id: int
    case_id: int
    item_id: int
    name: str
    who: str
    text: str
    at: datetime
    read_at: datetime | None


def said(session: Session, case_id: int, *, before: int = 0) -> list[Said]:
    """The comments of a case, latest first, `RECENT` at a time; `before`: those before this one."""
    query = (
        select(Comment, Person.name, WorkItem.step)
        .join(Person, Person.id == Comment.author_id)
        .outerjoin(WorkItem, WorkItem.id == Comment.work_item_id)
        .where(Comment.case_id == case_id)
        .order_by(Comment.id.desc())
        .limit(RECENT)
    )
    rows = session.execute(query.where(Comment.id < before) if before else query).all()
    names: dict[int, list[str]] = {}
    if rows:
        mentions = select(Mention.comment_id, Person.name).join(Person, Person.id == Mention.person_id)
        for comment_id, name in session.execute(
            mentions.where(Mention.comment_id.in_([row.id for row, _, _ in rows])).order_by(Mention.id)
        ):
            names.setdefault(comment_id, []).append(name)
    return [Said(row.id, who, step or "", row.text, row.at, names.get(row.id, [])) for row, who, step in rows]


def add(
    session: Session,
    actor: Person,
    case_id: int,
    text: str,
    *,
    item_id: int | None = None,
    mention: Sequence[int] = (),
    key: str = "",
) -> dict[str, Any]:
    """Say something about a case; `@姓名` in the text and the people of `mention` are reminded.

    Refused (slug `not-their-case`) by name where somebody mentioned may not see the case.
    """
    case = find(session, actor, case_id)
    words = text.strip()
    answer = {"case": case.id}
    body = {"case": case_id, "actor": actor.id, "comment": words, "mention": list(mention)}
    given = receipt.take(session, key, body, answer)
    if given is not None:
        return given
    if not words or len(words) > COMMENT:
        sentence = "请写下意见。" if not words else Sentence("意见不超过 {most} 字。", most=COMMENT)
        raise Refused(sentence, slug="form-invalid", fields={"text": sentence})
    people = _mentioned(session, case, words, mention)
    about = session.get(WorkItem, item_id) if item_id else None
    row = Comment(
        case_id=case.id,
        work_item_id=about.id if about is not None and about.case_id == case.id else None,
        author_id=actor.id,
        text=words,
    )
    session.add(row)
    session.flush()
    session.add_all(Mention(comment_id=row.id, person_id=each.id) for each in people if each.id != actor.id)
    where = Matter(chinese(case.process), f"/cases/{case.id}/comments", words, name=name_of(case))
    tell(session, "mentioned", people, where, actor=actor, key=f"comment:{row.id}")
    audit.record(
        session,
        action="case.comment",
        subject=f"case/{case.id}",
        actor=actor,
        bureau_id=case.bureau_id,
        reason=words,
        after={"comment": row.id, "mentioned": [each.name for each in people]},
        release_id=case.release_id,
    )
    session.flush()
    return answer


def _mentioned(session: Session, case: Instance, text: str, chosen: Sequence[int]) -> list[Person]:
    """Whom a comment mentions: chosen people, and `@姓名` in the text; names of strangers are refused."""
    able = audience(session, case.id)
    known = {each.id: each for each in able}
    found = {}
    for number in chosen:
        if number not in known:
            who = session.scalar(select(Person.name).where(Person.id == number)) or "所选的人"
            raise refuse_stranger(who, "mention")
        found[number] = known[number]
    for match in NAMED.finditer(text):
        word = match[1]
        named = [each for each in able if word.startswith(each.name)]
        if named:
            longest = max(len(each.name) for each in named)
            found |= {each.id: each for each in named if len(each.name) == longest}
            continue
        heads = [word[:length] for length in range(2, len(word) + 1)]
        stranger = session.scalar(select(Person.name).where(Person.name.in_(heads), Person.active).limit(1))
        if stranger is not None:
            raise refuse_stranger(stranger, "text")
    return list(found.values())


def mentions(session: Session, person: Person) -> list[Mentioned]:
    """Where this person was mentioned, in cases they may see: unread first, then the latest."""
    query = (
        select(Mention, Comment, Instance, Person.name)
        .join(Comment, Comment.id == Mention.comment_id)
        .join(Instance, Instance.id == Comment.case_id)
        .join(Person, Person.id == Comment.author_id)
        .where(
            Mention.person_id == person.id,
            Instance.id.in_(visible(session, person).with_only_columns(Instance.id)),
        )
        .order_by(Mention.read_at.is_not(None), Mention.id.desc())
        .limit(RECENT)
    )
    return [
        Mentioned(
            id=row.id,
            case_id=case.id,
            item_id=comment.work_item_id or 0,
            name=name_of(case),
            who=who,
            text=comment.text,
            at=comment.at,
            read_at=row.read_at,
        )
        for row, comment, case, who in session.execute(query)
    ]


_FEW = (
    select(Mention.id).where(Mention.person_id == bindparam("person"), Mention.read_at.is_(None)).limit(100)
)
_UNREAD = select(func.count()).select_from(_FEW.subquery())


def unread(session: Session, person: Person) -> int:
    """How many mentions wait to be read."""
    return session.scalar(_UNREAD, {"person": person.id}) or 0


def read_those_of(session: Session, actor: Person, case_id: int) -> int:
    """Opening a case reads the mentions in it; how many there were."""
    of_case = select(Comment.id).where(Comment.case_id == case_id)
    done = session.execute(
        update(Mention)
        .where(Mention.person_id == actor.id, Mention.read_at.is_(None), Mention.comment_id.in_(of_case))
        .values(read_at=clock.now())
    )
    return int(done.rowcount)  # type: ignore[attr-defined]


def has_unread(session: Session, person: Person, case_id: int) -> bool:
    """Whether a mention in this case waits to be read."""
    query = (
        select(Mention.id)
        .join(Comment, Comment.id == Mention.comment_id)
        .where(Comment.case_id == case_id, Mention.person_id == person.id, Mention.read_at.is_(None))
    )
    return session.scalar(query.limit(1)) is not None
