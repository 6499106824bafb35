"""Steps of a case as they stood at an earlier instant: open or done, with whom, and due when.

Put together from what is written at each change: `Handing` and the log's «接收», «放回» say in whose hands a step was,
questions (要求补充) and recounts of the calendar say by how much its limit has moved since. Never stored.
依据: 国办发〔2018〕118号 (全过程记录).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import clock
from engine.audit import AuditEntry
from engine.domain.calendar import count, working_days_between
from engine.runtime.tables import ExtraTask, Handing, WorkItem

NOT_ENDED = {"state": "open", "done_at": None, "done_by_id": None, "done_for_id": None, "closed_at": None}


@dataclass(frozen=True, slots=True)
class Hand:
    """A step changed hands: who had it before, and with whom it lay from then on (None: in its pool).

    `works` is whose inbox it lies in, `answers` who answers for it: two persons while it is delegated. `giver` had
    taken it for certain; None where they may have handed it on straight out of the pool.
    """

    at: datetime
    giver: int | None
    works: int | None
    answers: int | None


def stood(session: Session, case_id: int, items: Sequence[WorkItem], until: datetime) -> list[WorkItem]:
    """The steps of a case that had been opened by an instant (UTC), as they were at that instant."""
    opened = [item for item in items if item.opened_at <= until]
    hands, asked, recounts = (
        _hands(session, case_id, opened),
        _asked(session, case_id),
        _recounts(session, opened),
    )
    names = [column.key for column in WorkItem.__table__.columns]
    found = []
    for item in opened:
        ended = item.done_at or item.closed_at
        later: dict[str, Any] = NOT_ENDED if ended is not None and ended > until else {}
        later = later | _with(item, hands[item.id], until)
        later |= _due(session, item, asked[item.id], recounts[item.id], until)
        found.append(WorkItem(**{name: getattr(item, name) for name in names} | later) if later else item)
    return found


def _with(item: WorkItem, hands: Sequence[Hand], until: datetime) -> dict[str, Any]:
    """With whom a step lay, where that has changed since."""
    since = [hand for hand in hands if hand.at > until]
    if not since:
        return {}
    last = next((hand for hand in reversed(hands) if hand.at <= until), None)
    works, answers = (last.works, last.answers) if last else (since[0].giver, since[0].giver)
    pool = f"person/{works}" if works is not None else item.home
    return {"pool": pool, "claimed_by_id": answers, "claimed_at": last.at if last and answers else None}


def _due(
    session: Session,
    item: WorkItem,
    asked: Sequence[ExtraTask],
    recounts: Sequence[AuditEntry],
    until: datetime,
) -> dict[str, Any]:
    """When a step was due, and why, where its limit has moved since.

    Days for which its clock stands still are taken off again; what a later change of the calendar has moved is told
    by the day that was noted before it.
    """
    why = dict(item.due_why or {})
    waited = {row.id: row.paused_days - _paused(session, row, until) for row in asked}
    more = sum(waited.values())
    before = [(row.asked_at, row.limit_before) for row in asked if row.asked_at > until and waited[row.id]]
    before += [
        (row.at, clock.end_of(date.fromisoformat(row.before["day"]))) for row in recounts if row.at > until
    ]
    if not more and not before:
        return {}
    counted = count(session, date.fromisoformat(str(why["start"])[:10]), int(why["days"]) - more)
    waits = any(row.asked_at <= until and waited[row.id] for row in asked)
    noted = min(before, key=lambda each: each[0])[1] if before and not waits else None
    day = clock.local(noted).date() if noted else counted.day
    if day != counted.day:  # by another calendar: which days it skipped is not kept
        counted = replace(counted, day=day, skipped=[], worked=[])
    fresh = why | counted.as_json() | {"paused": int(why.get("paused", 0)) - more}
    return {"due_at": clock.end_of(day), "due_why": fresh}


def _paused(session: Session, row: ExtraTask, until: datetime) -> int:
    """The working days that a question had stopped the clock for."""
    if row.asked_at > until:
        return 0
    waited = working_days_between(session, clock.local(row.asked_at).date(), clock.local(until).date())
    return min(row.paused_days, waited)


def _hands(session: Session, case_id: int, items: Sequence[WorkItem]) -> dict[int, list[Hand]]:
    """Each time a step changed hands, in order; what happened at one instant as it is written."""
    homes = {item.id: item.home for item in items}
    found: dict[int, list[Hand]] = defaultdict(list)
    handed = select(Handing).where(Handing.work_item_id.in_(homes)).order_by(Handing.id)
    for row in session.scalars(handed):
        had = row.way in ("reassign", "close") or homes[row.work_item_id].startswith("person/")
        answers = row.from_id if row.way == "delegate" else row.to_id
        hand = Hand(row.at, row.from_id if had else None, row.to_id, answers)
        found[row.work_item_id].append(hand)
    taken = select(AuditEntry).where(
        AuditEntry.subject == f"case/{case_id}", AuditEntry.action.in_(("claim", "release"))
    )
    for entry in session.scalars(taken.order_by(AuditEntry.id)):
        if "holder" not in entry.after:  # written before the log said it: of that hand only the time is known
            continue
        holder = entry.after["holder"]
        giver = entry.actor_id if entry.action == "release" else None
        found[entry.after["item"]].append(Hand(entry.at, giver, holder, holder))
    for hands in found.values():
        hands.sort(key=lambda hand: hand.at)
    return found


def _asked(session: Session, case_id: int) -> dict[int | None, list[ExtraTask]]:
    found: dict[int | None, list[ExtraTask]] = defaultdict(list)
    for row in session.scalars(select(ExtraTask).where(ExtraTask.case_id == case_id)):
        found[row.item_id].append(row)
    return found


def _recounts(session: Session, items: Sequence[WorkItem]) -> dict[int, list[AuditEntry]]:
    subjects = {f"work_item/{item.id}": item.id for item in items}
    query = select(AuditEntry).where(
        AuditEntry.action == "deadline.recount", AuditEntry.subject.in_(subjects)
    )
    found: dict[int, list[AuditEntry]] = defaultdict(list)
    for row in session.scalars(query):
        found[subjects[row.subject]].append(row)
    return found
