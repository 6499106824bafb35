"""One thing that lies with a leaver, its handing over, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.people import Person

BACK = 0
"""Instead of a receiver: a step back to the pool it was taken from; an errand or a shared view ends."""


@dataclass(frozen=True, slots=True)
class Row:
    """A thing of a leaver: who may get it, and whether it may go back or end; or why neither.

    `kind`: step · errand (asked of the leaver) · question (asked by the leaver) · view. `of`: the lane, who asked,
    who is to answer, with whom it is shared. `name`: the case's object.
    """

    kind: str
    id: int
    title: str
    of: str
    name: str
    due_at: datetime | None
    receivers: Sequence[Person]
    back: bool
    why_not: str = ""

    @property
    def key(self) -> str:
        """How a form names it: `2` for a step, `errand-5` for others."""
        return str(self.id) if self.kind == "step" else f"{self.kind}-{self.id}"


@dataclass(frozen=True, slots=True)
class Passing:
    """The handing over of one thing: by whom, from whom, the number of its row, to whom (None: back, or ended), why."""

    actor: Person
    leaver: Person
    number: int
    receiver: Person | None
    reason: str


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one row: where it went, or the refusal."""

    kind: str
    item_id: int
    step: str
    name: str
    ok: bool
    words: str
    hint: str = ""
