"""随机抽取 (protocol SR1, docs/draw.md): pure functions from a frozen document to a checkable result."""

from engine.domain.draw.document import (
    Document,
    Reveal,
    check_document,
    check_reveal,
    commitment,
    roster_hash,
    seed_of,
)
from engine.domain.draw.refusal import DrawRefused
from engine.domain.draw.selection import cutoff, ticket_of
from engine.domain.draw.transcript import Event, Transcript, commit, commit_event, compute, outcome

__all__ = [
    "Document",
    "DrawRefused",
    "Event",
    "Reveal",
    "Transcript",
    "check_document",
    "check_reveal",
    "commit",
    "commit_event",
    "commitment",
    "compute",
    "cutoff",
    "outcome",
    "roster_hash",
    "seed_of",
    "ticket_of",
]
