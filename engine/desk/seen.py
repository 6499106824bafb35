"""Who has opened a step: what is new in the inbox, and until when the step before may be taken back (撤回)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.desk.tables import Seen
from engine.people import Person
from engine.runtime.tables import WorkItem


def has_seen(session: Session, person: Person, item: WorkItem) -> bool:
    """Whether this person has opened the step before."""
    return session.get(Seen, (item.id, person.id)) is not None


def see(session: Session, person: Person, item_id: int) -> None:
    """Note that a person opened a step; the first time counts."""
    if session.get(Seen, (item_id, person.id)) is None:
        session.add(Seen(work_item_id=item_id, person_id=person.id))
        session.flush()


def seen_by_others(session: Session, actor: Person, items: Sequence[WorkItem]) -> tuple[str, datetime] | None:
    """Who else opened, took or drafted one of these steps first, and when; None where nobody did."""
    query = (
        select(Person.name, Seen.at)
        .join(Person, Person.id == Seen.person_id)
        .where(Seen.work_item_id.in_([item.id for item in items]), Seen.person_id != actor.id)
        .order_by(Seen.at)
    )
    first = session.execute(query.limit(1)).first()
    if first is not None:
        return first.name, first.at
    for item in items:
        if item.claimed_by_id not in (None, actor.id) and item.claimed_at is not None:
            return session.get_one(Person, item.claimed_by_id).name, item.claimed_at
    return None
