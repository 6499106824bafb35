"""+ - * / ** between the types of FEEL (tables 50–54 of the standard). None means: no such operation."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal, DecimalException
from typing import Any

from .temporal import (
    DAY,
    DateTime,
    DaysTime,
    FarDate,
    Time,
    YearsMonths,
    add_months,
    day_at,
    days_of,
    instant,
    shift,
    time_of,
)
from .values import NUMBERS, keys

Operation = Callable[[Any, Any], Any]
MOST_NANOS = 10**33
MOST_MONTHS = 10**20
MIDNIGHT = Time(0, 0, 0, 0, 0)


def _is_day(value: Any) -> bool:
    return isinstance(value, date | FarDate)


def moment(value: Any) -> Any:
    """A date as its midnight UTC; other values as they are."""
    return DateTime(value, MIDNIGHT) if _is_day(value) else value


def add(left: Any, right: Any) -> Any:
    """`+`."""
    if isinstance(left, Decimal) and isinstance(right, Decimal):
        return NUMBERS.add(left, right)
    if isinstance(left, str) and isinstance(right, str):
        return left + right
    if isinstance(left, YearsMonths | DaysTime) and not isinstance(right, YearsMonths | DaysTime):
        left, right = right, left
    return _move(left, right, 1)


def subtract(left: Any, right: Any) -> Any:
    """`-`."""
    if isinstance(left, Decimal) and isinstance(right, Decimal):
        return NUMBERS.subtract(left, right)
    if isinstance(left, Time) and isinstance(right, Time):
        if (left.zone is None) != (right.zone is None):
            return None
        pair = keys(left, right)
        return DaysTime(pair[0] - pair[1]) if pair else None
    first, second = moment(left), moment(right)
    if isinstance(first, DateTime) and isinstance(second, DateTime):
        if (first.time.zone is None) != (second.time.zone is None):
            return None
        return DaysTime(instant(first) - instant(second))
    return _move(left, right, -1)


def _move(left: Any, right: Any, sign: int) -> Any:
    if isinstance(right, YearsMonths):
        return _move_months(left, sign * right.months)
    if not isinstance(right, DaysTime):
        return None
    nanos = sign * right.nanos
    if isinstance(left, DaysTime):
        return DaysTime(left.nanos + nanos)
    if isinstance(left, Time):
        return time_of(left.nanos() + nanos, left.zone)
    if isinstance(left, DateTime):
        return shift(left, nanos)
    return day_at((days_of(left) * DAY + nanos) // DAY) if _is_day(left) else None


def _move_months(left: Any, months: int) -> Any:
    if isinstance(left, YearsMonths):
        return YearsMonths(left.months + months)
    if isinstance(left, DateTime):
        day = add_months(left.day, months)
        return DateTime(day, left.time) if day is not None else None
    return add_months(left, months) if _is_day(left) else None


def _scaled(value: YearsMonths | DaysTime, factor: Decimal, operation: Operation) -> Any:
    if isinstance(value, YearsMonths):
        return YearsMonths(int(operation(Decimal(value.months), factor)))
    return DaysTime(int(operation(Decimal(value.nanos), factor)))


def multiply(left: Any, right: Any) -> Any:
    """`*`."""
    if isinstance(left, Decimal) and isinstance(right, Decimal):
        return NUMBERS.multiply(left, right)
    if isinstance(left, Decimal):
        left, right = right, left
    if isinstance(left, YearsMonths | DaysTime) and isinstance(right, Decimal):
        return _scaled(left, right, NUMBERS.multiply)
    return None


def divide(left: Any, right: Any) -> Any:
    """`/`; by zero there is no answer."""
    if isinstance(right, Decimal) and right:
        if isinstance(left, Decimal):
            return NUMBERS.divide(left, right)
        if isinstance(left, YearsMonths | DaysTime):
            return _scaled(left, right, NUMBERS.divide)
    if isinstance(left, YearsMonths) and isinstance(right, YearsMonths) and right.months:
        return NUMBERS.divide(Decimal(left.months), Decimal(right.months))
    if isinstance(left, DaysTime) and isinstance(right, DaysTime) and right.nanos:
        return NUMBERS.divide(Decimal(left.nanos), Decimal(right.nanos))
    return None


def power(left: Any, right: Any) -> Any:
    """`**`."""
    if isinstance(left, Decimal) and isinstance(right, Decimal):
        return NUMBERS.power(left, right) if right else Decimal(1)
    return None


def negate(value: Any) -> Any:
    """The minus before a number or a duration."""
    if isinstance(value, Decimal):
        return NUMBERS.minus(value)
    if isinstance(value, YearsMonths):
        return YearsMonths(-value.months)
    return DaysTime(-value.nanos) if isinstance(value, DaysTime) else None


OPERATIONS: dict[str, Operation] = {"+": add, "-": subtract, "*": multiply, "/": divide, "**": power}


def calculate(op: str, left: Any, right: Any) -> Any:
    """One operation; overflow, division by zero and types that do not fit give None."""
    try:
        value = OPERATIONS[op](left, right)
        if isinstance(value, DaysTime) and abs(value.nanos) > MOST_NANOS:
            return None
        return None if isinstance(value, YearsMonths) and abs(value.months) > MOST_MONTHS else value
    except (DecimalException, OverflowError, ValueError):
        return None
