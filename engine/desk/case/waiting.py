"""Whom a case waits for: its open steps, soonest first; the parts of one step are told together.

A step that sixty people countersign, or that two thousand objects wait at, is one line with the first names and
how many there are, so that the page of a case stays a page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.desk.lamp import Cell, Days, Lamp, band
from engine.people import Person
from engine.runtime.tables import WorkItem
from engine.runtime.work_item import holder_of

NAMED = 6  # holders named in a line
LINES = 20  # lines of one page


@dataclass(frozen=True, slots=True)
class Standing:
    """A step that is open now, and who has it ("" while nobody took it)."""

    item: WorkItem
    lamp: Lamp
    holder: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """Open parts of one step with one due instant: `item` is the reader's own where there is one."""

    item: WorkItem
    lamp: Lamp
    count: int
    holders: Sequence[str]
    days: Sequence[Cell]


def standing(session: Session, items: Sequence[WorkItem], days: Days) -> list[Standing]:
    """Every open step of these, soonest first, with its holder."""
    still = sorted((item for item in items if item.state == "open"), key=_soonest)
    held = [holder_of(item) for item in still]
    known = select(Person.id, Person.name).where(Person.id.in_(set(held)))
    names: dict[int | None, str] = dict(session.execute(known).all())
    return [
        Standing(item, days.lamp(item.due_at), names.get(who, ""))
        for item, who in zip(still, held, strict=True)
    ]


def waiting(session: Session, person: Person, found: Sequence[Standing], days: Days) -> list[Waiting]:
    """The same in lines: what is one step of the diagram and due at one instant is one line."""
    groups: dict[tuple[int, str, datetime | None], list[Standing]] = {}
    for each in found:
        groups.setdefault((each.item.instance_id, each.item.element, each.item.due_at), []).append(each)
    lines = []
    for group in list(groups.values())[:LINES]:
        own = next((each for each in group if holder_of(each.item) == person.id), group[0])
        names = dict.fromkeys(each.holder for each in group if each.holder)
        why = own.item.due_why or {}
        lines.append(
            Waiting(
                own.item,
                own.lamp,
                len(group),
                list(names)[:NAMED],
                band(session, why, own.item.due_at, days.today),
            )
        )
    return lines


def _soonest(item: WorkItem) -> tuple[bool, datetime, int]:
    return item.due_at is None, item.due_at or item.opened_at, item.id or 0
