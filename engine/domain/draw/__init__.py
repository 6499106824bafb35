"""随机抽取 (protocol SR1, docs/draw.md): pure functions from a frozen document to a checkable result.

No database, no clock, no random numbers: the same D and the same reveal always give the same bytes.

    document = check_document(text)            # or DrawRefused(path, code, reason)
    roster_hash(document)                      # onto the minutes, before anybody reveals
    transcript = compute(document, reveal)     # events up to place | fail
    transcript = append_sub(transcript, document, group=…, role=…, …)
    transcript = append_close(transcript, document)
    verify(transcript.as_json(), roster=…, head=…, previous=…).bad

Reading order: `text` (bytes and hashes) · `document` (D) · `selection` (objects) · `matching` (people) ·
`transcript` (events) · `aftermath` (substitution, replacement, end) · `platform` (imports) · `verify`.
"""

from engine.domain.draw.aftermath import (
    Candidate,
    Standing,
    alarms,
    append_close,
    append_replace,
    append_sub,
    append_void,
    candidates_for,
)
from engine.domain.draw.checks import transcript_of
from engine.domain.draw.document import (
    SCHEMA_FILE,
    Document,
    Reveal,
    check_document,
    check_reveal,
    commitment,
    freeze,
    roster_hash,
    seed_of,
)
from engine.domain.draw.matching import PassedOver
from engine.domain.draw.platform import append_platform_sub, import_transcript, platform_members
from engine.domain.draw.refusal import DrawRefused
from engine.domain.draw.selection import Stratum, Ticket, cutoff, draw_strata, ticket_of
from engine.domain.draw.transcript import (
    Event,
    Outcome,
    Transcript,
    commit,
    commit_event,
    compute,
    outcome,
)
from engine.domain.draw.verify import Bad, Check, Verification, verify

__all__ = [
    "SCHEMA_FILE",
    "Bad",
    "Candidate",
    "Check",
    "Document",
    "DrawRefused",
    "Event",
    "Outcome",
    "PassedOver",
    "Reveal",
    "Standing",
    "Stratum",
    "Ticket",
    "Transcript",
    "Verification",
    "alarms",
    "append_close",
    "append_platform_sub",
    "append_replace",
    "append_sub",
    "append_void",
    "candidates_for",
    "check_document",
    "check_reveal",
    "commit",
    "commit_event",
    "commitment",
    "compute",
    "cutoff",
    "draw_strata",
    "freeze",
    "import_transcript",
    "outcome",
    "platform_members",
    "roster_hash",
    "seed_of",
    "ticket_of",
    "transcript_of",
    "verify",
]
