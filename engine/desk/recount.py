"""After an edit of the calendar: deadlines of open steps and set timers are counted again, each change is logged.

A provisional date becomes final when the State Council's list for its year is in; nothing else moves a
deadline.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import audit, clock
from engine.domain.calendar import count
from engine.people import Person
from engine.runtime.tables import Instance, Job, WorkItem


def recount(session: Session, actor: Person | None = None) -> dict[str, int]:
    """Count open steps' deadlines and waiting timers again by the calendar as it stands: `{looked, moved}`.

    Start day, number of days, strength and article stay as they were when the step opened or the timer was set:
    reminders and breaches move together with the deadline they belong to.
    """
    looked, moved = _timers(session, actor)
    query = (
        select(WorkItem).where(WorkItem.state == "open", WorkItem.due_at.is_not(None)).order_by(WorkItem.id)
    )
    for item in session.scalars(query).all():
        why = dict(item.due_why or {})
        if "start" not in why or "days" not in why:
            continue
        looked += 1
        counted = count(session, date.fromisoformat(str(why["start"])), int(why["days"]))
        fresh = why | counted.as_json()
        if fresh == why:
            continue
        before = item.due_at
        item.due_at, item.due_why = clock.end_of(counted.day), fresh
        if item.due_at == before:
            continue
        moved += 1
        audit.record(
            session,
            action="deadline.recount",
            subject=f"work_item/{item.id}",
            actor=actor,
            bureau_id=item.bureau_id,
            reason="工作日历有变动",
            before={"day": str(why.get("day", ""))},
            after={"day": counted.day.isoformat(), "provisional": counted.provisional},
            clause=str(why.get("clause", "")),
        )
    session.flush()
    return {"looked": looked, "moved": moved}


def _timers(session: Session, actor: Person | None) -> tuple[int, int]:
    looked = moved = 0
    query = select(Job).where(Job.kind == "timer", Job.state == "waiting").order_by(Job.id)
    for waiting in session.scalars(query).all():
        start, days = waiting.payload.get("start"), waiting.payload.get("days")
        if start is None or days is None:
            continue
        looked += 1
        counted = count(session, date.fromisoformat(str(start)), int(days))
        before, after = waiting.due_at, clock.end_of(counted.day)
        if after == before:
            continue
        moved += 1
        waiting.due_at, waiting.payload = after, {**waiting.payload, "due": after.isoformat()}
        instance = session.get_one(Instance, waiting.instance_id or waiting.payload["instance"])
        audit.record(
            session,
            action="deadline.recount",
            subject=f"timer/{waiting.id}",
            actor=actor,
            bureau_id=instance.bureau_id,
            reason="工作日历有变动",
            before={"day": clock.local(before).date().isoformat()},
            after={"day": counted.day.isoformat(), "provisional": counted.provisional},
            clause=str(waiting.payload.get("clause", "")),
        )
    return looked, moved
