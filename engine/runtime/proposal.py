"""A change of the processes that waits for a second person: proposed by its author, released or sent back by another.

What is proposed is the whole content of the next release, by content hash, with everything the check found. Nothing
of it runs before it is released.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine import clock
from engine.errors import Finding
from engine.people import Person
from engine.runtime.release import digest
from engine.runtime.tables import Blob, Release
from engine.storage.base import Base, pk, reference, sha256, word

STATES = ("refused", "waiting", "released", "returned")


class Proposal(Base):
    """One proposal. `state`: refused (the check found errors) · waiting · released · returned.

    `files`: path → SHA-256 of everything the release would hold; `base_id`: the release it was made from;
    `restores_id`: the older release that it would put in force again.
    """

    __tablename__ = "release_proposal"

    id: Mapped[pk]
    pack: Mapped[word]
    base_id: Mapped[int | None] = reference("release.id")
    restores_id: Mapped[int | None] = reference("release.id", index=False)
    hash: Mapped[sha256]
    files: Mapped[dict[str, Any]]
    findings: Mapped[list[Any]]
    note: Mapped[str] = mapped_column(default="")
    state: Mapped[word]
    author_id: Mapped[int] = reference("person.id")
    proposed_at: Mapped[datetime] = mapped_column(default=clock.now)
    decided_by_id: Mapped[int | None] = reference("person.id")
    decided_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(default="")
    release_id: Mapped[int | None] = reference("release.id")

    __table_args__ = (
        CheckConstraint("state in ('refused', 'waiting', 'released', 'returned')", name="state"),
        CheckConstraint("decided_by_id is null or decided_by_id <> author_id", name="two_persons"),
        CheckConstraint(
            "(state in ('released', 'returned')) = (decided_by_id is not null and decided_at is not null)",
            name="decided",
        ),
        CheckConstraint("(state = 'released') = (release_id is not null)", name="released"),
        CheckConstraint("state <> 'returned' or reason <> ''", name="returned_with_reason"),
        CheckConstraint("restores_id is null or restores_id < base_id", name="restores_older"),
    )


def keep(
    session: Session,
    pack: str,
    files: Mapping[str, bytes],
    findings: Sequence[Finding],
    *,
    author: Person,
    base: Release | None,
    note: str,
    restores: Release | None = None,
) -> Proposal:
    """Write down a proposal and its files; one with errors is kept too, as refused, for its author to mend."""
    hashes = {path: hashlib.sha256(content).hexdigest() for path, content in files.items()}
    known = set(session.scalars(select(Blob.hash).where(Blob.hash.in_(hashes.values()))))
    for path, content in files.items():
        if hashes[path] not in known:
            session.add(Blob(hash=hashes[path], content=content))
            known.add(hashes[path])
    proposal = Proposal(
        pack=pack,
        base_id=base.id if base else None,
        restores_id=restores.id if restores else None,
        hash=digest(files),
        files=hashes,
        findings=[finding.spelled() for finding in findings],
        note=note,
        state="refused" if any(finding.severity == "error" for finding in findings) else "waiting",
        author_id=author.id,
    )
    session.add(proposal)
    session.flush()
    return proposal


def content(session: Session, proposal: Proposal) -> dict[str, bytes]:
    """Everything that the release would hold."""
    query = select(Blob.hash, Blob.content).where(Blob.hash.in_(set(proposal.files.values())))
    blobs = {str(found): bytes(body) for found, body in session.execute(query)}
    return {path: blobs[found] for path, found in proposal.files.items()}
