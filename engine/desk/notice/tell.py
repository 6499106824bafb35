"""Telling people something: rows for the list and, in the same transaction, job rows for mail and web hooks.

`tell(session, "mentioned", [person], Matter("审批年度计划", "/cases/12", remark), actor=me)` is the one
call for everything that somebody should know. It sends nothing: what leaves the house stands in `job` rows
that the worker takes up after the commit.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import clock
from engine.domain.notice import KINDS, Notice, NoticeChoice, NoticeHook, slot
from engine.domain.notice.words import ALWAYS
from engine.errors import CaseworkError
from engine.people import Person
from engine.runtime import job
from engine.runtime.tables import WorkItem
from engine.sentence import Sentence
from engine.storage.base import append_once

LONGEST = 300
LONGEST_DETAIL = 2000


@dataclass(frozen=True, slots=True)
class Matter:
    """What somebody is told of.

    `title`: the name of the step or matter; may leave the house. `path`: the one address on this host where
    something can be done. `detail`: remarks, `name`: the object or case it is about, written before them; both
    stay inside. `item_id`: the step it is about; the notice counts as read once that step is done.
    """

    title: str
    path: str
    detail: str = ""
    item_id: int | None = None
    name: str = ""


def tell(
    session: Session,
    kind: str,
    to: Iterable[Person],
    matter: Matter,
    *,
    actor: Person | None = None,
    key: str = "",
) -> int:
    """Tell persons one thing; returns how many were told that had not been told it before.

    `kind`: a word of `domain/notice/words.KINDS`. `key`: names what happened, so that saying it twice tells
    once. Whoever acts is not told of it; nor is a closed account.
    """
    if kind not in KINDS:
        raise CaseworkError(Sentence("没有“{kind}”这种消息。", kind=kind))
    now, name = clock.now(), key or uuid4().hex
    detail = "：".join(part for part in (matter.name, matter.detail.strip()) if part)[:LONGEST_DETAIL]
    told = 0
    for person in {each.id: each for each in to}.values():
        if not person.active or (actor is not None and person.id == actor.id):
            continue
        choice = choice_of(session, person)
        leaves = kind in ALWAYS or kind not in choice.muted
        mail_at = slot(choice, now) if leaves and choice.mail and person.email else None
        written = append_once(
            session,
            Notice,
            "key",
            key=f"{name}:{person.id}",
            person_id=person.id,
            kind=kind,
            title=_line(matter.title)[:LONGEST],
            detail=detail,
            path=matter.path,
            item_id=matter.item_id,
            actor_id=actor.id if actor else None,
            at=now,
            mail_due_at=mail_at,
        )
        if not written:
            continue
        told += 1
        if mail_at is not None:
            _post(session, "mail", person, name, {}, mail_at)
        if leaves and choice.hook:
            for hook in _hooks(session, person.bureau_id):
                _post(session, "webhook", person, name, {"hook": hook}, slot(choice, now, digest=False))
    return told


def tell_of(
    session: Session,
    kind: str,
    item: WorkItem,
    to: Iterable[Person],
    *,
    detail: str = "",
    actor: Person | None = None,
    key: str = "",
) -> int:
    """Tell persons something about a step: title, name of the object and address are the step's."""
    matter = Matter(item.step, f"/tasks/{item.id}", detail, item.id, item.name)
    return tell(session, kind, to, matter, actor=actor, key=key)


def choice_of(session: Session, person: Person) -> NoticeChoice:
    """How a person wants to be told; the defaults (mail at once, quiet at night) where nothing was chosen."""
    kept: dict[int, NoticeChoice] = session.info.setdefault("notice_choices", {})
    if person.id not in kept:
        found = session.scalar(select(NoticeChoice).where(NoticeChoice.person_id == person.id))
        kept[person.id] = found or default_choice(person)
    return kept[person.id]


def default_choice(person: Person) -> NoticeChoice:
    """The choice of who has made none."""
    values = {
        column.name: column.default.arg
        for column in NoticeChoice.__table__.columns
        if column.default is not None and column.default.is_scalar
    }
    return NoticeChoice(person_id=person.id, muted=[], **values)


def _post(
    session: Session, kind: str, person: Person, name: str, more: dict[str, Any], due_at: datetime
) -> None:
    part = f":{more['hook']}" if more else ""
    payload = {"notice": f"{name}:{person.id}", "bureau": person.bureau_id, **more}
    job.enqueue(session, kind, payload, key=f"{kind}:{name}:{person.id}{part}", due_at=due_at)


def _hooks(session: Session, bureau_id: int) -> list[int]:
    query = select(NoticeHook.id).where(NoticeHook.bureau_id == bureau_id, NoticeHook.active)
    return list(session.scalars(query.order_by(NoticeHook.id)))


def _line(text: str) -> str:
    """One line without control characters: it becomes the subject of a mail."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
