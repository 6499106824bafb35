"""FEEL values for the world outside the rules: plain Python, and JSON."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from .temporal import DateTime, DaysTime, FarDate, Time, YearsMonths, Zone
from .values import PRODUCT_ZONE, bare_text, to_feel


def _zone(zone: Zone) -> tzinfo | None:
    if isinstance(zone, str):
        return ZoneInfo(zone)
    return None if zone is None else timezone(timedelta(seconds=zone))


def to_python(value: Any) -> Any:  # noqa: PLR0911  (one return per kind of value)
    """A FEEL value as plain Python: int or Decimal, date, aware datetime, time, timedelta, lists and dicts.

    A local date and time is one in Asia/Shanghai. What Python cannot hold (months, far years) is a text.
    """
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() and abs(value.adjusted()) < 34 else value  # noqa: PLR2004
    if isinstance(value, list):
        return [to_python(item) for item in value]
    if isinstance(value, dict):
        return {key: to_python(item) for key, item in value.items()}
    if isinstance(value, DateTime) and isinstance(value.day, date):
        clock = to_python(value.time)
        return datetime.combine(value.day, clock.replace(tzinfo=clock.tzinfo or ZoneInfo(PRODUCT_ZONE)))
    if isinstance(value, Time):
        return time(value.hour, value.minute, value.second, value.nano // 1000, _zone(value.zone))
    if isinstance(value, DaysTime) and abs(value.nanos) < 10**23:
        return timedelta(microseconds=value.nanos // 1000)
    if isinstance(value, DateTime | DaysTime | YearsMonths | FarDate):
        return bare_text(value)
    return value if value is None or isinstance(value, bool | str | date) else to_feel(value)


def to_json(value: Any) -> Any:
    """A FEEL value as JSON: whole numbers as int, others as float, calendar values as ISO text."""
    if isinstance(value, Decimal):
        whole = to_python(value)
        return whole if isinstance(whole, int) else float(value)
    if isinstance(value, list):
        return [to_json(item) for item in value]
    if isinstance(value, dict):
        return {key: to_json(item) for key, item in value.items()}
    if value is None or isinstance(value, bool | str):
        return value
    text = bare_text(value)
    return text if text is not None else to_feel(value)
