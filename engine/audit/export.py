"""The log for outsiders: entries with their seals as JSON lines, people and their affairs as salted digests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.audit.log import SEAL_BATCH, AuditEntry, AuditSeal


def lines(session: Session, *, disclose: bool = False) -> Iterator[dict[str, Any]]:
    """`{seq, prev, hash, entry}` in the order of the chain.

    `entry` is what was chained. With `disclose` each line also has `private` and `salt`, for an authority that may
    read them: the digest in the entry then proves that they are the original ones.
    """
    rows = session.execute(
        select(AuditSeal, AuditEntry)
        .join(AuditEntry, AuditEntry.id == AuditSeal.entry_id)
        .order_by(AuditSeal.seq),
    ).yield_per(SEAL_BATCH)
    for link, entry in rows:
        line: dict[str, Any] = {
            "seq": link.seq,
            "prev": link.prev_hash,
            "hash": link.hash,
            "entry": entry.public(),
        }
        if disclose:
            line |= {"private": entry.private(), "salt": entry.salt}
        yield line
