"""时限台账: every limit of a case, and what moved it: 暂停、延期、日历变动, each with who, why and by how much.

依据: 吉 第二十四、二十六条, 舞 第十四、十五条; deadlines are counted in working days.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from engine import clock
from engine.audit import AuditEntry
from engine.domain.calendar import working_days_between
from engine.people import Person
from engine.runtime.tables import ExtraTask, History, WorkItem


@dataclass(frozen=True, slots=True)
class Limit:
    """One step's limit: when it was due, when it was done, whether in time, and why that day."""

    item_id: int
    step: str
    due_at: datetime
    ended_at: datetime | None
    late: bool
    why: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Moved:
    """One entry of the ledger. `kind`: 暂停计时 · 延期 · 日历变动; `days`: working days, 0 where not counted."""

    at: datetime
    kind: str
    what: str
    who: str
    before: date | None
    after: date | None
    days: int
    reason: str


def limits(items: Sequence[WorkItem]) -> list[Limit]:
    """The limits of the steps that are open or done, in the order in which they were due."""
    now = clock.now()
    found = [
        Limit(
            item.id,
            item.step,
            item.due_at,
            item.done_at,
            (item.done_at or now) > item.due_at,
            item.due_why or {},
        )
        for item in items
        if item.due_at is not None and item.state != "cancelled"
    ]
    return sorted(found, key=lambda limit: (limit.due_at, limit.item_id))


def ledger(session: Session, case_id: int, items: Sequence[WorkItem]) -> list[Moved]:
    """What moved a limit of the case, latest first."""
    steps = {item.id: item.step for item in items}
    found = [*_pauses(session, case_id, steps), *_extensions(session, case_id), *_recounts(session, steps)]
    return sorted(found, key=lambda moved: moved.at)[::-1]  # of one instant, what was written later first


def _pauses(session: Session, case_id: int, steps: Mapping[int, str]) -> list[Moved]:
    query = select(ExtraTask).where(ExtraTask.case_id == case_id, ExtraTask.item_id.is_not(None))
    return [
        Moved(
            row.asked_at,
            "暂停计时",
            steps.get(row.item_id or 0, ""),
            row.asked_by.name,
            clock.local(row.limit_before).date() if row.limit_before else None,
            clock.local(row.limit_after).date() if row.limit_after else None,
            row.paused_days,
            row.asked,
        )
        for row in session.scalars(query)
    ]


def _extensions(session: Session, case_id: int) -> list[Moved]:
    """Extended terms (整改延期): the answers of the step that extends one; what went on to a penalty case is none.

    The term before is what the last look at what is still open (`followup.next`) found.
    """
    query = (
        select(History, Person.name)
        .outerjoin(Person, Person.id == History.person_id)
        .where(
            History.case_id == case_id,
            or_(
                and_(History.kind == "human", History.element.like("extend%")),
                and_(History.kind == "system", History.element == "next"),
            ),
        )
        .order_by(History.id)
    )
    found = []
    terms: dict[int, date | None] = {}
    for row, name in session.execute(query):
        detail = row.detail or {}
        if row.kind == "system":
            terms[row.instance_id] = _date((detail.get("result") or {}).get("followup_due"))
            continue
        answers = detail.get("answers", {})
        after = _date(answers.get("due_on"))
        if after is not None and answers.get("way", "extend") == "extend":
            before = terms.get(row.instance_id)
            days = max(0, working_days_between(session, before, after)) if before else 0
            why = str(answers.get("reason", ""))
            found.append(Moved(row.at, "延期", row.step, name, before, after, days, why))
    return found


def _recounts(session: Session, steps: Mapping[int, str]) -> list[Moved]:
    subjects = [f"work_item/{number}" for number in steps]
    query = select(AuditEntry).where(
        AuditEntry.action == "deadline.recount", AuditEntry.subject.in_(subjects)
    )
    return [
        Moved(
            row.at,
            "日历变动",
            steps.get(int(row.subject.partition("/")[2]), ""),
            "系统",
            _day(row.before),
            _day(row.after),
            0,
            row.reason,
        )
        for row in session.scalars(query)
    ]


def _day(given: Mapping[str, Any]) -> date | None:
    return _date(given.get("day"))


def _date(given: Any) -> date | None:
    return date.fromisoformat(str(given)[:10]) if given else None
