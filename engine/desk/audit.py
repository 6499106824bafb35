"""The log as the audit administrator reads it: who did what, sealed or not yet; nothing to change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.audit import AuditEntry, AuditSeal, unsealed
from engine.audit import words as said
from engine.desk.anchor import anchors
from engine.domain import terms
from engine.people import Bureau, Person
from engine.runtime import release as releases
from engine.runtime.model import Process
from engine.settings import Settings

PAGE = 50
OWN = frozenset({"account", "user", "hook", "endpoint", "job", "release", "audit"})


@dataclass(frozen=True, slots=True)
class Act:
    """What was done, in Chinese. `kind`: step · start · event, and `name` is the step's or the process'; else ""."""

    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Line:
    """One entry with the names of those in it; `seq`: its place in the chain, None while not sealed."""

    entry: AuditEntry
    act: Act
    who: str
    bureau: str
    seq: int | None
    hash: str
    whom: str

    @property
    def subject(self) -> tuple[str, str]:
        """What it was done to: the kind in Chinese, and its number; a person by name."""
        kind, number = said.subject(self.entry.subject)
        return kind, self.whom or number

    @property
    def reason(self) -> str:
        """Why, for what concerns accounts and the installation; what business was about is not the reader's."""
        return self.entry.reason if self.entry.action.partition(".")[0] in OWN else ""


@dataclass(frozen=True, slots=True)
class Log:
    """A page of the log."""

    lines: Sequence[Line]
    next: str
    head: AuditSeal | None
    unsealed: int


def log(session: Session, *, actor: str = "", action: str = "", subject: str = "", cursor: int = 0) -> Log:
    """Entries, latest first.

    Filters: name or login of a person, beginning of an action, a subject (`case/3`, «案件 3»).
    """
    query = (
        select(AuditEntry, Person.name, Bureau.short_name, AuditSeal.seq, AuditSeal.hash)
        .outerjoin(Person, Person.id == AuditEntry.actor_id)
        .outerjoin(Bureau, Bureau.id == AuditEntry.bureau_id)
        .outerjoin(AuditSeal, AuditSeal.entry_id == AuditEntry.id)
    )
    if actor:
        query = query.where((Person.name == actor) | (Person.login == actor))
    if action:
        query = query.where(AuditEntry.action.startswith(action, autoescape=True))
    if subject:
        query = query.where(AuditEntry.subject == said.subject_code(subject))
    if cursor:
        query = query.where(AuditEntry.id < cursor)
    found = session.execute(query.order_by(AuditEntry.id.desc()).limit(PAGE + 1)).all()
    people = _people(session, {entry.subject for entry, *_ in found})
    lines = [
        Line(
            entry,
            act(entry.action, _processes(session, entry.release_id)),
            who or "系统",
            bureau or "",
            seq,
            digest or "",
            people.get(entry.subject, ""),
        )
        for entry, who, bureau, seq, digest in found[:PAGE]
    ]
    return Log(
        lines=lines,
        next=str(lines[-1].entry.id) if len(found) > PAGE else "",
        head=head(session),
        unsealed=unsealed(session),
    )


def _people(session: Session, subjects: Iterable[str]) -> Mapping[str, str]:
    """Those of the subjects that are persons, by name."""
    numbers = [each.partition("/")[2] for each in subjects if each.startswith("person/")]
    query = select(Person.id, Person.name).where(
        Person.id.in_([int(each) for each in numbers if each.isdigit()])
    )
    return {f"person/{number}": name for number, name in session.execute(query)}


def act(action: str, processes: Mapping[str, Process]) -> Act:
    """An action in words: by the table, else by the diagrams of the release that it belongs to."""
    if action in said.ACTIONS:
        return Act("", said.ACTIONS[action])
    kind, _, process = action.partition(".")
    element = ""
    if kind == "step":
        process, _, element = process.rpartition(".")
    if kind in {"step", "start", "event"}:
        found = processes.get(process)
        if found is None:
            return Act(kind, element or terms.chinese(process.partition(".")[0]))
        return Act(kind, found.elements[element].name if element in found.elements else found.name)
    steps = (each for found in processes.values() for each in found.elements.values())
    return Act("", next((each.name for each in steps if each.operator == action), action))


def _processes(session: Session, release_id: int | None) -> Mapping[str, Process]:
    return releases.load(session, release_id).processes if release_id else {}


def head(session: Session) -> AuditSeal | None:
    """The newest link of the chain."""
    return session.scalar(select(AuditSeal).order_by(AuditSeal.seq.desc()).limit(1))


def public_head(session: Session, settings: Settings | None = None) -> dict[str, Any]:
    """What outsiders keep as an anchor: the head signed last `{v, seq, hash, at, key, sig}`.

    Before the first signature (or without settings) the newest link, unsigned.
    """
    signed = anchors(settings).newest() if settings else None
    if signed is not None:
        return signed
    seal = head(session)
    if seal is None:
        return {"seq": 0, "hash": "0" * 64, "at": None}
    return {"seq": seal.seq, "hash": seal.hash, "at": seal.at.isoformat()}


def public_key(settings: Settings) -> str:
    """The published half of the signing key, 64 hex characters."""
    return anchors(settings).key().public_key().public_bytes_raw().hex()
