"""抽取记录: the events of one draw, each chained to the one before by its hash.

`commit → reveal → objects → route → (duty → place | fail)` is computed here from D and the reveal and
from nothing else; what happens afterwards stands in `aftermath`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from engine.domain.draw.document import Document, Reveal, check_reveal, seed_of
from engine.domain.draw.matching import Duty, fail_body, keep, place_body
from engine.domain.draw.selection import draw_strata, objects_body, route_body
from engine.domain.draw.text import ZEROS, Digest, canonical

ENDINGS: Final = ("close", "fail", "void")


@dataclass(frozen=True, slots=True)
class Event:
    """One event with its hash; `hash` = H(JCS({n, prev, type, body}))."""

    n: int
    type: str
    body: dict[str, Any]
    prev: str
    hash: str

    def as_json(self) -> dict[str, Any]:
        """`{n, type, body, prev, hash}`."""
        return {"n": self.n, "type": self.type, "body": self.body, "prev": self.prev, "hash": self.hash}


def event_hash(digest: Digest, n: int, prev: str, kind: str, body: dict[str, Any]) -> str:
    """Hash of an event over its JCS."""
    return digest(canonical({"n": n, "prev": prev, "type": kind, "body": body}))


@dataclass(frozen=True, slots=True)
class Transcript:
    """抽取记录 of one draw. Immutable: `then` gives a new one with one more event.

    `document` is D as parsed JSON, `{}` for a result imported from a platform.
    """

    document: dict[str, Any]
    digest: Digest
    events: tuple[Event, ...] = field(default=())

    @property
    def head(self) -> str:
        """Hash of the last event, 64 zeros before the first."""
        return self.events[-1].hash if self.events else ZEROS

    @property
    def ended(self) -> bool:
        """Whether nothing may follow any more."""
        return bool(self.events) and self.events[-1].type in ENDINGS

    def body(self, kind: str) -> dict[str, Any] | None:
        """Body of the first event of this type, None if there is none."""
        return next((event.body for event in self.events if event.type == kind), None)

    def then(self, kind: str, body: dict[str, Any]) -> Transcript:
        """This transcript and one more event."""
        n, prev = len(self.events), self.head
        event = Event(n, kind, body, prev, event_hash(self.digest, n, prev, kind, body))
        return Transcript(self.document, self.digest, (*self.events, event))

    def as_json(self) -> dict[str, Any]:
        """`{document, events:[{n, type, body, prev, hash}], head}`."""
        return {
            "document": self.document,
            "events": [event.as_json() for event in self.events],
            "head": self.head,
        }


def commit_body(document: Document) -> dict[str, Any]:
    """The body of event 0."""
    return {"draw": document.draw, "roster": document.roster, "parties": document.data["parties"]}


def commit(document: Document) -> Transcript:
    """The transcript with event 0 only: what stands when D is frozen."""
    return Transcript(document.data, document.digest).then("commit", commit_body(document))


def commit_event(document: Document) -> Event:
    """Event 0 of a draw: number, roster hash and commitments."""
    return commit(document).events[0]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What D and the seed determine: bodies of the events after `reveal`, with the duty list behind them."""

    seed: str
    bodies: list[tuple[str, dict[str, Any]]]
    duty: Duty


def outcome(document: Document, seed: str) -> Outcome:
    """Objects, route, duty and place (or fail) that this seed gives."""
    objects = objects_body(draw_strata(document, seed))
    route = route_body(document, seed, objects["drawn"])
    duty = keep(document, seed, route["groups"])
    bodies = [("objects", objects), ("route", route)]
    if duty.complete:
        bodies += [("duty", duty.body()), ("place", place_body(document, seed, duty))]
    else:
        bodies.append(("fail", fail_body(document, duty)))
    return Outcome(seed, bodies, duty)


def compute(document: Document, reveal: str | bytes | dict[str, Any] | Reveal) -> Transcript:
    """计算抽取结果: all events up to `place` or `fail`.

    Raises:
        DrawRefused: the reveal is malformed or does not open the commitments; then event 0 stands
            alone and the draw can only be voided.
    """
    opened = check_reveal(document, reveal)
    transcript = commit(document).then("reveal", opened.body())
    for kind, body in outcome(document, seed_of(document, opened)).bodies:
        transcript = transcript.then(kind, body)
    return transcript
