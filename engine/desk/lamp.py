"""How near a deadline is, in working days and in words: what inbox, case and board show beside a step.

依据: 时限一律按工作日计算 (`domain/calendar`); overdue is a question of the moment, never a stored state.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from sqlalchemy.orm import Session

from engine import clock
from engine.domain.calendar import why_not, working_days_between

SOON = 3


@dataclass(frozen=True, slots=True)
class Lamp:
    """A mark beside a step. `kind`: late · soon · doing · pause · idle; `days`: working days left."""

    kind: str
    text: str
    days: int | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """One day of the date band: `kind` is "" (counted), off, nil (before the count), now or end."""

    day: date
    kind: str
    label: str

    @property
    def month(self) -> int:
        """Its month."""
        return self.day.month

    @property
    def number(self) -> int:
        """Its day of the month."""
        return self.day.day


class Days:
    """Counts working days from today, each due day once; `at`: from the day of an earlier instant."""

    def __init__(self, session: Session, at: datetime | None = None) -> None:
        self.session = session
        self.now = at or clock.now()
        self.today = clock.local(self.now).date()
        self._left: dict[date, int] = {}

    def left(self, day: date) -> int:
        """Working days from today to a due day; negative behind it."""
        if day not in self._left:
            if day >= self.today:
                self._left[day] = working_days_between(self.session, self.today, day)
            else:
                self._left[day] = -max(1, working_days_between(self.session, day, self.today))
        return self._left[day]

    @cached_property
    def soon(self) -> date:
        """The last day that counts as «within three working days»."""
        day, found = self.today, 0
        while found < SOON:
            day = date.fromordinal(day.toordinal() + 1)
            found += not why_not(self.session, day)
        return day

    def lamp(self, due_at: datetime | None) -> Lamp:
        """The mark of a due instant."""
        if due_at is None:
            return Lamp("idle", "无时限")
        day = clock.local(due_at).date()
        if due_at < self.now:
            days = self.left(day) if day < self.today else -1
            return Lamp("late", f"超期 {-days} 日", days)
        if day == self.today:
            return Lamp("soon", "今日到期", 0)
        days = self.left(day)
        return Lamp("soon" if days <= 1 else "doing", f"剩 {days} 日", days)


def band(
    session: Session, why: Mapping[str, Any], due_at: datetime | None, today: date | None = None
) -> list[Cell]:
    """The days from the week of the start to the due day, for «why this date»; empty beyond eight weeks."""
    start_text = str(why.get("start", ""))
    if due_at is None or not start_text:
        return []
    start, end = date.fromisoformat(start_text[:10]), clock.local(due_at).date()
    first = start.toordinal() - start.weekday()
    if not 0 <= end.toordinal() - first <= 8 * 7:
        return []
    today, cells, counted = today or clock.today(), [], 0
    for ordinal in range(first, end.toordinal() + 1):
        day = date.fromordinal(ordinal)
        off = why_not(session, day)
        if day <= start:
            cells.append(Cell(day, "nil", "起算" if day == start else ""))
            continue
        counted += not off
        kind = "end" if day == end else "off" if off else "now" if day == today else ""
        cells.append(Cell(day, kind, _off_word(off) if off else str(counted)))
    return cells


def _off_word(why: str) -> str:
    return "休息" if why.startswith("星期") else why.removesuffix("节") or why
