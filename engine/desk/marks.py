"""Marks beside the lines of the inbox: not yet opened, urged, completed together, and the batch a case is from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from engine.desk.inbox import Row
from engine.desk.tables import Seen
from engine.desk.urge import times_urged
from engine.domain.plan.tables import Plan
from engine.people import Person
from engine.runtime.tables import Instance


@dataclass(frozen=True, slots=True)
class Marks:
    """`fresh`: items this person has not opened; `urged`: how often; `batches`: plan titles by case."""

    fresh: frozenset[int] = frozenset()
    urged: Mapping[int, int] = field(default_factory=dict)
    batches: Mapping[int, str] = field(default_factory=dict)


_OPENED = select(Seen.work_item_id).where(
    Seen.person_id == bindparam("person"), Seen.work_item_id.in_(bindparam("items", expanding=True))
)


def marks(session: Session, person: Person, rows: Sequence[Row], *, batch: bool) -> Marks:
    """The marks of one page of open steps."""
    numbers = [row.id for row in rows if row.id]
    if not numbers:
        return Marks()
    return Marks(
        frozenset(numbers) - set(session.scalars(_OPENED, {"person": person.id, "items": numbers})),
        times_urged(session, numbers),
        _batches(session, {row.case_id for row in rows}) if batch else {},
    )


def _batches(session: Session, cases: set[int]) -> dict[int, str]:
    data = select(Instance.id, Instance.data).where(Instance.id.in_(cases))
    plans = {case: (given or {}).get("plan_id") for case, given in session.execute(data)}
    numbers = {number for number in plans.values() if isinstance(number, int)}
    titles = dict(session.execute(select(Plan.id, Plan.title).where(Plan.id.in_(numbers))).all())
    return {case: titles[number] for case, number in plans.items() if number in titles}
