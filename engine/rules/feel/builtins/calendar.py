"""Calendar functions: constructors (10.3.4.1), calendar facts (10.3.4.8), now and today."""
# ruff: noqa: PLR2004  (calendar numbers)

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from engine import clock
from engine.rules.feel.arithmetic import MIDNIGHT
from engine.rules.feel.limits import Run
from engine.rules.feel.properties import weekday
from engine.rules.feel.temporal import (
    SECOND,
    DateTime,
    Day,
    DaysTime,
    FarDate,
    Time,
    YearsMonths,
    Zone,
    at_instant,
    day_at,
    days_in_month,
    days_of,
    instant,
    make_day,
    parse_date_time,
    parse_day,
    parse_duration,
    parse_time,
)
from engine.rules.feel.values import PRODUCT_ZONE, adapt
from engine.sentence import Sentence

from .registry import builtin, no

_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_LARGEST = 10**12


def _whole(number: Decimal) -> int | None:
    return int(number) if abs(number) < _LARGEST and number == number.to_integral_value() else None


@builtin("date", "from:string|date|moment")
def date(run: Run, value: Any) -> Day | None:
    """A day from text, or of a date and time."""
    if isinstance(value, DateTime):
        return value.day
    if isinstance(value, dt.date | FarDate):
        return value
    found = parse_day(value)
    return found if found is not None else no(run, Sentence("date()：“{value}”不是日期", value=value[:40]))


@builtin("date", "year:number", "month:number", "day:number")
def date_of(run: Run, year: Decimal, month: Decimal, day: Decimal) -> Day | None:
    """A day of its three numbers."""
    numbers = (_whole(year), _whole(month), _whole(day))
    found = None if None in numbers else make_day(numbers[0] or 0, numbers[1] or 0, numbers[2] or 0)
    return (
        found
        if found is not None
        else no(run, Sentence("date()：没有 {year}-{month}-{day} 这一天", year=year, month=month, day=day))
    )


@builtin("date and time", "from:string|moment|date")
def date_and_time(run: Run, value: Any) -> DateTime | None:
    """A date and time from text; a day is its midnight."""
    if isinstance(value, DateTime):
        return value
    if isinstance(value, dt.date | FarDate):
        return DateTime(value, MIDNIGHT)
    found = parse_date_time(value)
    return (
        found
        if found is not None
        else no(run, Sentence("date and time()：“{value}”不是日期时间", value=value[:40]))
    )


@builtin("date and time", "date:date|moment", "time:time")
def date_and_time_of(_run: Run, day: Any, time_of_day: Time) -> DateTime:
    """A day and a time on it."""
    return DateTime(day.day if isinstance(day, DateTime) else day, time_of_day)


@builtin("date and time", "date:moment", "timezone:string")
def date_and_time_in(run: Run, moment: DateTime, timezone: str) -> DateTime | None:
    """The same instant on the clock of another zone."""
    found = at_instant(instant(moment), timezone) if moment.time.zone is not None else None
    return (
        found
        if found is not None
        else no(run, Sentence("date and time()：没有时区“{timezone}”", timezone=timezone[:40]))
    )


@builtin("time", "from:string|time|moment|date")
def time(run: Run, value: Any) -> Time | None:
    """A time from text, or of a date and time; a day is its midnight UTC."""
    if isinstance(value, DateTime):
        return value.time
    if isinstance(value, Time):
        return value
    if isinstance(value, dt.date | FarDate):
        return MIDNIGHT
    found = parse_time(value)
    return found if found is not None else no(run, Sentence("time()：“{value}”不是时间", value=value[:40]))


@builtin("time", "hour:number", "minute:number", "second:number", "offset:days?=")
def time_of(
    run: Run, hour: Decimal, minute: Decimal, second: Decimal, offset: DaysTime | None = None
) -> Time | None:
    """A time of its numbers, with an offset from UTC."""
    hours, minutes = _whole(hour), _whole(minute)
    if hours is None or minutes is None or not (0 <= hours < 24 and 0 <= minutes < 60 and 0 <= second < 60):
        return no(
            run,
            Sentence(
                "time()：没有 {hour}:{minute}:{second} 这一时间", hour=hour, minute=minute, second=second
            ),
        )
    zone: Zone = None
    if offset is not None:
        seconds = abs(offset.nanos) // SECOND
        if seconds > 18 * 3600:
            return no(run, "time()：时差超过 18 小时")
        zone = -seconds if offset.nanos < 0 else seconds
    whole = int(second)
    return Time(hours, minutes, whole, int((second - whole) * SECOND), zone)


@builtin("duration", "from:string|duration")
def duration(run: Run, value: Any) -> YearsMonths | DaysTime | None:
    """A duration from text."""
    if not isinstance(value, str):
        return value  # type: ignore[no-any-return]
    found = parse_duration(value)
    return (
        found if found is not None else no(run, Sentence("duration()：“{value}”不是时长", value=value[:40]))
    )


@builtin("years and months duration", "from:date|moment", "to:date|moment")
def years_and_months_duration(_run: Run, start: Any, end: Any) -> YearsMonths:
    """Whole months between two days, towards zero."""
    first: Any = start.day if isinstance(start, DateTime) else start
    last: Any = end.day if isinstance(end, DateTime) else end
    months = (last.year - first.year) * 12 + last.month - first.month
    clock_of = [value.time.nanos() if isinstance(value, DateTime) else 0 for value in (start, end)]
    if months > 0 and (last.day, clock_of[1]) < (first.day, clock_of[0]):
        months -= 1
    elif months < 0 and (last.day, clock_of[1]) > (first.day, clock_of[0]):
        months += 1
    return YearsMonths(months)


@builtin("day of year", "date:date|moment")
def day_of_year(_run: Run, value: Any) -> Decimal:
    """1 … 366."""
    day = value.day if isinstance(value, DateTime) else value
    return Decimal(days_of(day) - days_of(make_day(day.year, 1, 1) or day) + 1)


@builtin("day of week", "date:date|moment")
def day_of_week(_run: Run, value: Any) -> str:
    """Monday … Sunday."""
    return _DAYS[weekday(value.day if isinstance(value, DateTime) else value) - 1]


@builtin("month of year", "date:date|moment")
def month_of_year(_run: Run, value: Any) -> str:
    """January … December."""
    day = value.day if isinstance(value, DateTime) else value
    return _MONTHS[day.month - 1]


@builtin("week of year", "date:date|moment")
def week_of_year(_run: Run, value: Any) -> Decimal:
    """The ISO 8601 week."""
    day = value.day if isinstance(value, DateTime) else value
    thursday = days_of(day) - weekday(day) + 4
    year = (day_at(thursday) or day).year
    first = days_of(make_day(year, 1, 1) or day)
    return Decimal((thursday - first) // 7 + 1)


@builtin("last day of month", "date:date|moment")
def last_day_of_month(_run: Run, value: Any) -> Decimal:
    """28 … 31."""
    day = value.day if isinstance(value, DateTime) else value
    return Decimal(days_in_month(day.year, day.month))


@builtin("now")
def now(_run: Run) -> DateTime:
    """The current instant, as read in Shanghai."""
    found: DateTime = adapt(clock.local(clock.now()))
    return DateTime(
        found.day, Time(found.time.hour, found.time.minute, found.time.second, found.time.nano, PRODUCT_ZONE)
    )


@builtin("today")
def today(_run: Run) -> Day:
    """The current day in Shanghai."""
    return clock.today()
