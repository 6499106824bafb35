"""Counting working days (工作日): the first day is not counted, every skipped day has its reason."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlalchemy.orm import Session

from engine.domain.calendar.table import HOLIDAY, WEEKEND, WORKDAY, Special, year_of
from engine.errors import Refused
from engine.sentence import COMMA, Joined, Sentence

ONE_DAY = timedelta(days=1)
LONGEST = 2500  # ten years of working days; nothing in the regulations comes near
LAST = date(2200, 12, 31)  # as far as the table of years goes
_WEEKDAYS = "一二三四五六日"


@dataclass(frozen=True, slots=True)
class Counted:
    """A day reached by counting.

    `skipped` and `worked` are `{day, why}` in order; `worked` are swapped weekends.
    """

    start: date
    days: int
    day: date
    provisional: bool
    skipped: list[dict[str, str]] = field(default_factory=list)
    worked: list[dict[str, str]] = field(default_factory=list)

    def text(self) -> str:
        """Why this date, in one sentence for people."""
        start, weekday = self.start.isoformat(), f"星期{_WEEKDAYS[self.day.weekday()]}"
        parts = [Sentence("{start} 起，次日开始计 {days} 个工作日", start=start, days=self.days)]
        if self.skipped:
            parts.append(Sentence("跳过 {days}", days=Joined(_stretches(self.skipped), COMMA)))
        if self.worked:
            parts.append(Sentence("计入 {days}", days=Joined(_stretches(self.worked), COMMA)))
        parts.append(
            Sentence("到 {day}（{weekday}）当日终了时届满", day=self.day.isoformat(), weekday=weekday)
        )
        if self.provisional:
            parts.append(Sentence("涉及尚未公布放假安排的年份，为暂定日期"))
        return Sentence("{said}。", said=Joined(parts))

    def as_json(self) -> dict[str, Any]:
        """`{start, days, day, provisional, skipped, worked, text}`, all JSON values."""
        return {
            "start": self.start.isoformat(),
            "days": self.days,
            "day": self.day.isoformat(),
            "provisional": self.provisional,
            "skipped": list(self.skipped),
            "worked": list(self.worked),
            "text": self.text(),
        }


def why_not(session: Session, day: date) -> str:
    """Why a day is no working day: «国庆节», «星期六»; "" for a working day."""
    special = year_of(session, day.year).days.get(day)
    if special is not None:
        return (special.name or "节假日") if special.kind == HOLIDAY else ""
    return f"星期{_WEEKDAYS[day.weekday()]}" if day.weekday() >= WEEKEND else ""


def is_working_day(session: Session, day: date) -> bool:
    """Whether the bureau works on this day."""
    return not why_not(session, day)


def count(session: Session, start: date, days: int) -> Counted:
    """Count `days` working days behind `start`, which is itself not counted; 0 stays where it is.

    Refuses a negative number and one longer than ten years.
    """
    if not 0 <= days <= LONGEST:
        raise Refused(
            Sentence("工作日数应为 0 至 {longest} 的整数，不能是 {days}。", longest=LONGEST, days=days),
            slug="working-days",
        )
    day = start
    left = days
    provisional = False
    skipped: list[dict[str, str]] = []
    worked: list[dict[str, str]] = []
    while left:
        if day >= LAST:
            raise Refused(
                Sentence(
                    "工作日历到 {last} 为止，推算不到 {start} 以后的 {days} 个工作日。",
                    last=LAST,
                    start=start,
                    days=days,
                ),
                hint="请核对日期的年份。",
                slug="calendar-end",
            )
        day += ONE_DAY
        year = year_of(session, day.year)
        special = year.days.get(day)
        provisional = provisional or not year.published or (special is not None and special.provisional)
        reason = why_not(session, day)
        if reason:
            skipped.append({"day": day.isoformat(), "why": reason})
            continue
        left -= 1
        if special is not None and special.kind == WORKDAY and day.weekday() >= WEEKEND:
            name = Sentence("{special}调休上班", special=special.name) if special.name else "调休上班"
            worked.append({"day": day.isoformat(), "why": name})
    return Counted(start, days, day, provisional, skipped, worked)


def add_working_days(session: Session, start: date, days: int) -> date:
    """The day that ends a period of `days` working days from `start` (first day not counted)."""
    return count(session, start, days).day


def working_days_between(session: Session, start: date, end: date) -> int:
    """Working days behind `start` up to and including `end`; negative when `end` lies before `start`.

    From today to the due day it is what is left («剩 2 日»); from the due day to today what is overdue («超期
    3 日»).
    """
    if end < start:
        return -working_days_between(session, end, start)
    years = (year_of(session, number).days for number in range(start.year, end.year + 1))
    special = (_shift(day, special) for days in years for day, special in days.items() if start < day <= end)
    return _weekdays(end) - _weekdays(start) + sum(special)


def _weekdays(day: date) -> int:
    """Mondays to Fridays up to and including a day, since the first of the calendar (a Monday)."""
    weeks, rest = divmod(day.toordinal(), 7)
    return weeks * WEEKEND + min(rest, WEEKEND)


def _shift(day: date, special: Special) -> int:
    """What a listed day changes in a count of weekdays: a swapped weekend adds one, a holiday takes one."""
    if special.kind == HOLIDAY:
        return -1 if day.weekday() < WEEKEND else 0
    return 1 if day.weekday() >= WEEKEND else 0


def _stretches(entries: list[dict[str, str]]) -> list[str]:
    """Neighbouring days with one reason as one stretch: 10-01 至 10-07 国庆节.

    Weekends without their weekday.
    """
    runs: list[tuple[date, date, str]] = []
    for entry in entries:
        day = date.fromisoformat(entry["day"])
        why = "周末" if entry["why"].startswith("星期") else entry["why"]
        if runs and runs[-1][2] == why and runs[-1][1] + ONE_DAY == day:
            runs[-1] = (runs[-1][0], day, why)
        else:
            runs.append((day, day, why))
    return [
        Sentence("{day} {why}", day=f"{first:%m-%d}", why=why)
        if first == last
        else Sentence("{first} 至 {last} {why}", first=f"{first:%m-%d}", last=f"{last:%m-%d}", why=why)
        for first, last, why in runs
    ]
