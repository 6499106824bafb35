"""`value.name`: the entries of a context, the properties of calendar values and ranges, and lists of them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from .temporal import SECOND, DateTime, DaysTime, FarDate, Time, YearsMonths, days_of, offset_of
from .values import Range

MISSING_MEMBER = object()


def member(value: Any, name: str) -> Any:
    """The named part of a value, or MISSING_MEMBER; a list gives the list of its items' parts."""
    if isinstance(value, dict):
        return value.get(name, MISSING_MEMBER)
    if isinstance(value, list):
        found = [MISSING_MEMBER if isinstance(item, list) else member(item, name) for item in value]
        return [None if item is MISSING_MEMBER else item for item in found]
    if isinstance(value, Range):
        return _of_range(value, name)
    part = _of_calendar(value, name)
    return Decimal(part) if isinstance(part, int) and not isinstance(part, bool) else part


def _of_range(value: Range, name: str) -> Any:
    parts = {
        "start": value.low,
        "end": value.high,
        "start included": value.low_included,
        "end included": value.high_included,
    }
    return parts.get(name, MISSING_MEMBER)


def weekday(day: date | FarDate) -> int:
    """Monday 1 … Sunday 7."""
    return (days_of(day) + 3) % 7 + 1


def _of_calendar(value: Any, name: str) -> Any:
    if isinstance(value, YearsMonths):
        sign = -1 if value.months < 0 else 1
        parts = {"years": sign * (abs(value.months) // 12), "months": sign * (abs(value.months) % 12)}
        return parts.get(name, MISSING_MEMBER)
    if isinstance(value, DaysTime):
        return _of_days_time(value, name)
    if isinstance(value, DateTime):
        found = _of_calendar(value.day, name)
        return found if found is not MISSING_MEMBER else _of_time(value.time, name, value)
    if isinstance(value, Time):
        return _of_time(value, name, None)
    if isinstance(value, date | FarDate) and name in {"year", "month", "day", "weekday"}:
        return weekday(value) if name == "weekday" else getattr(value, name)
    return MISSING_MEMBER


def _of_days_time(value: DaysTime, name: str) -> Any:
    sign = -1 if value.nanos < 0 else 1
    seconds, nano = divmod(abs(value.nanos), SECOND)
    if name == "seconds":
        return (
            sign * (Decimal(seconds % 60) + Decimal(nano).scaleb(-9))
            if nano
            else Decimal(sign * (seconds % 60))
        )
    parts = {"days": seconds // 86_400, "hours": seconds // 3600 % 24, "minutes": seconds // 60 % 60}
    return sign * parts[name] if name in parts else MISSING_MEMBER


def _of_time(value: Time, name: str, moment: DateTime | None) -> Any:
    if name == "second":
        return Decimal(value.second)
    if name in {"hour", "minute"}:
        return value.hour if name == "hour" else value.minute
    if name == "time offset":
        offset = offset_of(value.zone, moment.day if moment else None, value.nanos())
        return None if offset is None else DaysTime(offset * SECOND)
    if name == "timezone":
        return value.zone if isinstance(value.zone, str) else None
    return MISSING_MEMBER
