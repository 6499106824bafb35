"""Entries and their chain. An outsider who holds one signed head sees any later change, cut or reordering.

An entry is written in the transaction of the act. A seal gives it its place in the chain:
`hash = SHA-256(prev_hash ⏎ canonical JSON of the entry)`. Draws, decisions and publications are sealed
inline, the others in order by the worker within the hour, so that no ordinary step waits for a global lock.

Who acted, why and on which values stands in the chained form only as a digest with the entry's own salt, so
that the whole chain can be handed to anybody without naming anybody.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import rfc8785
from sqlalchemy import Table, delete, func, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine import clock
from engine.audit.waiting import AuditWaiting
from engine.people import Person
from engine.sentence import Sentence
from engine.storage.base import Base, append, pk, reference, sha256, word
from engine.storage.guard import made_with

ZERO = "0" * 64
SEAL_BATCH = 5000
SALT_BYTES = 16
CHAIN_LOCK = 7_021_002  # advisory lock of the chain on PostgreSQL


class AuditEntry(Base):
    """Who did what to which subject, why, by which article, before and after. Never changed or deleted."""

    __tablename__ = "audit_entry"

    id: Mapped[pk]
    at: Mapped[datetime] = mapped_column(default=clock.now)
    bureau_id: Mapped[int | None] = reference("bureau.id", index=False)
    actor_id: Mapped[int | None] = reference("person.id")
    acting_for_id: Mapped[int | None] = reference("person.id", index=False)
    action: Mapped[word]
    subject: Mapped[word] = mapped_column(index=True)
    reason: Mapped[str] = mapped_column(default="")
    before: Mapped[dict[str, Any]] = mapped_column(default=dict)
    after: Mapped[dict[str, Any]] = mapped_column(default=dict)
    clause: Mapped[word] = mapped_column(default="")
    release_id: Mapped[int | None]

    salt: Mapped[word] = mapped_column(default=lambda: secrets.token_hex(SALT_BYTES))

    def private(self) -> dict[str, Any]:
        """What names people or tells their affairs: never handed out without its salt being withheld."""
        return {
            "actor": self.actor_id,
            "acting_for": self.acting_for_id,
            "reason": self.reason,
            "before": self.before,
            "after": self.after,
        }

    def public(self) -> dict[str, Any]:
        """What is chained and may be handed out; `private` = SHA-256(salt ⏎ RFC 8785 JSON of the rest)."""
        hidden = hashlib.sha256(self.salt.encode() + b"\n" + rfc8785.dumps(self.private())).hexdigest()
        return {
            "id": self.id,
            "at": self.at.isoformat(timespec="microseconds"),
            "bureau": self.bureau_id,
            "action": self.action,
            "subject": self.subject,
            "clause": self.clause,
            "release": self.release_id,
            "private": hidden,
        }

    def canonical(self) -> bytes:
        """The bytes that are chained: RFC 8785 JSON, the instant in UTC with microseconds."""
        return rfc8785.dumps(self.public())


class AuditSeal(Base):
    """The place of an entry in the chain."""

    __tablename__ = "audit_seal"

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    entry_id: Mapped[int] = reference("audit_entry.id", unique=True)
    prev_hash: Mapped[sha256]
    hash: Mapped[sha256] = mapped_column(unique=True)
    at: Mapped[datetime] = mapped_column(default=clock.now)


APPEND_ONLY = {
    "sqlite": [
        (
            "CREATE TRIGGER {table}_no_{verb} BEFORE {VERB} ON {table} "
            "BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        ),
        # INSERT OR REPLACE deletes without firing delete triggers
        (
            "CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
            "WHEN EXISTS (SELECT 1 FROM {table} WHERE {same}) "
            "BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        ),
    ],
    "postgresql": [
        (
            "CREATE OR REPLACE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$"
        ),
        (
            "CREATE TRIGGER {table}_no_{verb} BEFORE {VERB} ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION {table}_append_only()"
        ),
    ],
}
PROTECTED = {
    "audit_entry": "id = NEW.id",
    "audit_seal": "seq = NEW.seq OR entry_id = NEW.entry_id OR hash = NEW.hash",
}


def append_only_ddl(dialect: str, table: str) -> list[str]:
    """The statements that make a table append-only on a database."""
    verbs = ("update", "delete") if dialect == "sqlite" else ("update", "delete", "truncate")
    return list(
        dict.fromkeys(
            statement.format(table=table, verb=verb, VERB=verb.upper(), same=PROTECTED[table])
            for verb in verbs
            for statement in APPEND_ONLY[dialect]
        ),
    )


for _table in (cast("Table", AuditEntry.__table__), cast("Table", AuditSeal.__table__)):
    made_with(_table, {dialect: append_only_ddl(dialect, _table.name) for dialect in APPEND_ONLY})


def record(  # noqa: PLR0913 (the columns of an entry, all by keyword)
    session: Session,
    *,
    action: str,
    subject: str,
    actor: Person | None = None,
    acting_for: Person | None = None,
    bureau_id: int | None = None,
    reason: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    clause: str = "",
    release_id: int | None = None,
    chained: bool = False,
) -> None:
    """Write an entry; `chained` seals it (and all before it) at once: draws, decisions, publications."""
    append(
        session,
        AuditEntry,
        at=clock.now(),
        bureau_id=bureau_id,
        actor_id=actor.id if actor else None,
        acting_for_id=acting_for.id if acting_for else None,
        action=action,
        subject=subject,
        reason=reason,
        before=_plain(before or {}),
        after=_plain(after or {}),
        clause=clause,
        release_id=release_id,
        salt=secrets.token_hex(SALT_BYTES),
    )
    if chained:
        seal_all(session)
        for watcher in _watchers:
            watcher(session)


_watchers: list[Callable[[Session], None]] = []


def when_sealed(watcher: Callable[[Session], None]) -> Callable[[Session], None]:
    """Enter who wants to know, in the same transaction, that a draw, decision or publication was sealed."""
    _watchers.append(watcher)
    return watcher


def _plain(value: Any) -> Any:
    """JSON values only, numbers as text: the canonical form has no place for rounding."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int) and abs(value) < 2**53:
        return value
    return str(value)


def seal(session: Session, limit: int = SEAL_BATCH) -> int:
    """Give waiting entries their place in the chain, in the order of their ids; returns how many.

    Reads what waits and the newest link: the cost does not grow with the log.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": CHAIN_LOCK})
    last = session.scalar(select(AuditSeal).order_by(AuditSeal.seq.desc()).limit(1))
    seq, previous = (last.seq, last.hash) if last else (0, ZERO)
    waiting = session.scalars(
        select(AuditWaiting.entry_id).order_by(AuditWaiting.entry_id).limit(limit)
    ).all()
    found = {
        entry.id: entry for entry in session.scalars(select(AuditEntry).where(AuditEntry.id.in_(waiting)))
    }
    for number in waiting:
        seq += 1
        digest = _link(previous, found[number])
        session.add(AuditSeal(seq=seq, entry_id=number, prev_hash=previous, hash=digest, at=clock.now()))
        previous = digest
    session.flush()
    session.execute(delete(AuditWaiting).where(AuditWaiting.entry_id.in_(waiting)))
    return len(waiting)


def seal_all(session: Session) -> None:
    """Seal until nothing waits."""
    while seal(session) == SEAL_BATCH:
        continue


def unsealed(session: Session) -> int:
    """How many entries wait for their place in the chain."""
    return session.scalar(select(func.count()).select_from(AuditWaiting)) or 0


def _link(previous: str, entry: AuditEntry) -> str:
    return hashlib.sha256(previous.encode() + b"\n" + entry.canonical()).hexdigest()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check of the log found: `bad` is the first sequence number that does not hold, 0 if none."""

    ok: bool
    sealed: int
    unsealed: int
    head: str
    bad: int = 0
    reason: str = ""

    def as_json(self) -> dict[str, Any]:
        """`{ok, sealed, unsealed, head, bad, reason}`."""
        return {name: getattr(self, name) for name in ("ok", "sealed", "unsealed", "head", "bad", "reason")}


def verify(session: Session, anchors: Iterable[Mapping[str, Any]] = ()) -> Verdict:  # noqa: PLR0911 (each way to be wrong)
    """Recompute the chain and compare it with anchors `{seq, hash}`; names the first bad sequence number."""
    known = {int(anchor["seq"]): str(anchor["hash"]) for anchor in anchors}
    previous, expected = ZERO, 1
    waiting = unsealed(session)

    def verdict(reason: str) -> Verdict:
        return Verdict(
            ok=not reason,
            sealed=expected - 1,
            unsealed=waiting,
            head=previous,
            bad=expected if reason else 0,
            reason=reason,
        )

    rows = session.execute(
        select(AuditSeal, AuditEntry)
        .outerjoin(AuditEntry, AuditEntry.id == AuditSeal.entry_id)
        .order_by(AuditSeal.seq),
    ).yield_per(SEAL_BATCH)
    for link, entry in rows:
        if link.seq != expected:
            return verdict(Sentence("缺少第 {expected} 号记录", expected=expected))
        if entry is None:
            return verdict(Sentence("第 {seq} 号封记所指的记录不存在", seq=link.seq))
        if link.prev_hash != previous:
            return verdict(Sentence("第 {seq} 号记录与前一号接不上", seq=link.seq))
        if _link(previous, entry) != link.hash:
            return verdict(Sentence("第 {seq} 号记录的内容被改动", seq=link.seq))
        if known.get(link.seq, link.hash) != link.hash:
            return verdict(Sentence("第 {seq} 号记录与锚点不符", seq=link.seq))
        previous, expected = link.hash, expected + 1
    missing = sorted(seq for seq in known if seq >= expected)
    if missing:
        return verdict(
            Sentence(
                "锚点有第 {missing} 号记录，日志只到第 {expected} 号",
                missing=missing[0],
                expected=expected - 1,
            )
        )
    lost = _neither_sealed_nor_waiting(session)
    if lost is not None:
        return verdict(Sentence("编号 {lost} 的记录没有封记，也不在等候封记之列", lost=lost))
    return verdict("")


def _neither_sealed_nor_waiting(session: Session) -> int | None:
    """The id of the first entry that no seal will ever reach: somebody took it out of the waiting ones."""
    query = (
        select(func.min(AuditEntry.id))
        .outerjoin(AuditSeal, AuditSeal.entry_id == AuditEntry.id)
        .outerjoin(AuditWaiting, AuditWaiting.entry_id == AuditEntry.id)
        .where(AuditSeal.seq.is_(None), AuditWaiting.entry_id.is_(None))
    )
    return session.scalar(query)


def head(session: Session) -> dict[str, Any]:
    """The newest link of the chain, to be anchored outside: `{seq, hash, at}`."""
    last = session.scalar(select(AuditSeal).order_by(AuditSeal.seq.desc()).limit(1))
    return (
        {"seq": last.seq, "hash": last.hash, "at": last.at.isoformat()}
        if last
        else {"seq": 0, "hash": ZERO, "at": ""}
    )
