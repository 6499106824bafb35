"""The values of FEEL and what holds for all of them: type names, equality, order, text.

number = Decimal of 34 digits · string = str · boolean = bool · null = None · list = list · context = dict ·
date = `datetime.date` (or `FarDate`) · the rest are small frozen classes here and in `temporal`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from decimal import ROUND_HALF_EVEN, Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import Any

from engine.errors import RuleError
from engine.sentence import Sentence

from .limits import Run
from .temporal import (
    SECOND,
    DateTime,
    DaysTime,
    FarDate,
    Time,
    YearsMonths,
    day_text,
    duration_text,
    instant,
    offset_of,
    time_text,
)
from .tokens import KEYWORDS

NUMBERS = Context(
    prec=34,
    rounding=ROUND_HALF_EVEN,
    Emin=-6143,
    Emax=6144,
    traps=[InvalidOperation, DivisionByZero, Overflow],
)
PRODUCT_ZONE = "Asia/Shanghai"
_PLAIN_NAME = re.compile(r"[^\W\d]\w*(?: \w+)*")
_LONGEST_PLAIN = 60


@dataclass(frozen=True, slots=True)
class Range:
    """A range; `op` marks the one-sided forms `< 5`, `= 5`, whose missing end is infinity, not null."""

    low: Any
    low_included: bool
    high: Any
    high_included: bool
    op: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """A function defined in FEEL or by a model: parameter names, their types, and the call itself."""

    name: str
    parameters: tuple[str, ...]
    invoke: Callable[[Run, list[Any]], Any]
    types: tuple[Any, ...] = ()
    result: Any = None


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to call a built-in: parameter names with their types, how many are required, the work."""

    names: tuple[str, ...]
    types: tuple[str, ...]
    required: int
    repeats: bool
    work: Callable[..., Any]


@dataclass(frozen=True, slots=True, eq=False)
class Builtin:
    """A function of the standard with all its ways to be called."""

    name: str
    variants: list[Variant] = field(default_factory=list)


_KINDS: dict[type, str] = {
    Decimal: "number", str: "string", bool: "boolean", type(None): "null", list: "list", dict: "context",
    date: "date", FarDate: "date", Time: "time", DateTime: "date and time",
    YearsMonths: "years and months duration",
    DaysTime: "days and time duration", Range: "range", Function: "function", Builtin: "function",
}  # fmt: skip


def type_name(value: Any) -> str:
    """The FEEL name of a value's type."""
    return _KINDS.get(type(value)) or _KINDS[type(adapt(value))]


def adapt(value: Any, depth: int = 0) -> Any:
    """A Python or JSON value as a FEEL value, copied; refuses objects: nothing of Python is reachable."""
    kind = type(value)
    if kind is Decimal or kind is str or kind is bool or value is None:
        return value if kind is not Decimal else _decimal(value)
    if depth > 100:  # noqa: PLR2004
        raise RuleError("数据嵌套超过 100 层。", hint="请传入较浅的数据。")
    if kind in {list, tuple}:
        return [adapt(item, depth + 1) for item in value]
    if isinstance(value, Mapping):
        return {str(key): adapt(item, depth + 1) for key, item in value.items()}
    if kind in _KINDS:
        return value
    return _adapt_other(value, depth)


def _decimal(value: Decimal) -> Decimal | None:
    return value if value.is_finite() else None


def _adapt_other(value: Any, depth: int) -> Any:  # noqa: PLR0911  (one return per kind of value)
    if isinstance(value, int):
        if value.bit_length() > 4096:  # noqa: PLR2004
            raise RuleError("整数过大。", hint="请传入 34 位以内的数。")
        return Decimal(value)
    if isinstance(value, float):
        return _decimal(Decimal(repr(value)))
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, datetime):
        return DateTime(value.date(), _time(value.timetz(), value))
    if isinstance(value, time):
        return _time(value, None)
    if isinstance(value, timedelta):
        return DaysTime((value.days * 86_400 + value.seconds) * SECOND + value.microseconds * 1000)
    if isinstance(value, set | frozenset):
        return [adapt(item, depth + 1) for item in sorted(value, key=repr)]
    raise RuleError(
        Sentence("不能作为 FEEL 值的类型：{kind}。", kind=type(value).__name__),
        hint="只接受数字、文本、日期、列表和上下文。",
    )


def _time(clock: time, moment: datetime | None) -> Time:
    zone: int | str | None = None
    info: tzinfo | None = clock.tzinfo
    if info is not None:
        key = getattr(info, "key", None)
        offset = moment.utcoffset() if moment is not None else clock.utcoffset()
        zone = key if key and key != "UTC" else int(offset.total_seconds()) if offset is not None else None
    return Time(clock.hour, clock.minute, clock.second, clock.microsecond * 1000, zone)


# -- equality and order


def _clock_key(value: Time, *, zoned: bool) -> int:
    zone = value.zone if value.zone is not None or not zoned else PRODUCT_ZONE
    return value.nanos() - (offset_of(zone) or 0) * SECOND


def _moment_key(value: DateTime, *, zoned: bool) -> int:
    if zoned and value.time.zone is None:
        clock = value.time
        value = DateTime(value.day, Time(clock.hour, clock.minute, clock.second, clock.nano, PRODUCT_ZONE))
    return instant(value)


def keys(left: Any, right: Any) -> tuple[Any, Any] | None:  # noqa: PLR0911  (one return per kind of value)
    """Two values of one ordered type as comparable keys; None where FEEL knows no order between them.

    A local time beside a zoned one counts as Asia/Shanghai.
    """
    kind = _KINDS.get(type(left))
    if kind is None or kind != _KINDS.get(type(right)):
        return None
    if kind in {"number", "string"}:
        return left, right
    if kind == "date":
        return (left.year, left.month, left.day), (right.year, right.month, right.day)
    if kind == "time":
        zoned = (left.zone is None) != (right.zone is None)
        return _clock_key(left, zoned=zoned), _clock_key(right, zoned=zoned)
    if kind == "date and time":
        zoned = (left.time.zone is None) != (right.time.zone is None)
        return _moment_key(left, zoned=zoned), _moment_key(right, zoned=zoned)
    if kind == "days and time duration":
        return left.nanos, right.nanos
    return (left.months, right.months) if kind == "years and months duration" else None


def compare(left: Any, right: Any) -> int | None:
    """-1, 0 or 1; None where the two have no order."""
    pair = keys(left, right)
    return None if pair is None else (pair[0] > pair[1]) - (pair[0] < pair[1])


def equal(left: Any, right: Any) -> bool | None:  # noqa: PLR0911  (one return per kind of value)
    """FEEL equality: true, false, or null between different types. Times are equal by whole seconds."""
    if left is None or right is None:
        return left is right
    kind = type_name(left)
    if kind != type_name(right):
        return None
    if kind == "list":
        return len(left) == len(right) and all(equal(a, b) is True for a, b in zip(left, right, strict=True))
    if kind == "context":
        return left.keys() == right.keys() and all(
            equal(item, right[key]) is True for key, item in left.items()
        )
    if kind in {"time", "date and time"}:
        pair = keys(left, right)
        return pair is not None and pair[0] // SECOND == pair[1] // SECOND
    if kind == "range":
        return (
            (left.op, left.low_included, left.high_included)
            == (right.op, right.low_included, right.high_included)
            and equal(left.low, right.low) is True
            and equal(left.high, right.high) is True
        )
    return bool(left == right)


def contains(tested: Range, value: Any) -> bool | None:
    """Whether a range holds a value; None where that has no answer."""
    if tested.op in {"=", "!="}:
        same = equal(value, tested.low)
        return None if same is None else same == (tested.op == "=")
    low = high = True
    if tested.op not in {"<", "<="}:
        order = compare(tested.low, value)
        if order is None:
            return None
        low = order < 0 or (order == 0 and tested.low_included)
    if tested.op not in {">", ">="}:
        order = compare(value, tested.high)
        if order is None:
            return None
        high = order < 0 or (order == 0 and tested.high_included)
    return low and high


# -- text


def number_text(value: Decimal) -> str:
    """A number without useless zeros; with an exponent only where it is very long."""
    if not value:
        return "0"
    plain = value.normalize(NUMBERS)
    if abs(plain.adjusted()) > _LONGEST_PLAIN:
        return str(plain)
    return format(plain, "f")


def string_text(value: str) -> str:
    """A string as a FEEL literal."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + escaped.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t") + '"'


def key_text(key: str) -> str:
    """A context key: bare where it reads as a name, else quoted."""
    plain = _PLAIN_NAME.fullmatch(key) and not any(word in KEYWORDS for word in key.split())
    return key if plain else string_text(key)


def range_text(value: Range, text: Callable[[Any], str]) -> str:
    """A range as FEEL writes it."""
    if value.op:
        return f"({value.op} {text(value.high if value.op in {'<', '<='} else value.low)})"
    ends = ("[" if value.low_included else "(", "]" if value.high_included else ")")
    return f"{ends[0]}{text(value.low)}..{text(value.high)}{ends[1]}"


def bare_text(value: Any) -> str | None:
    """The ISO text of a calendar value; None for other values."""
    if isinstance(value, date | FarDate):
        return day_text(value)
    if isinstance(value, Time):
        return time_text(value)
    if isinstance(value, DateTime):
        return f"{day_text(value.day)}T{time_text(value.time)}"
    if isinstance(value, YearsMonths | DaysTime):
        return duration_text(value)
    return None


def to_feel(value: Any) -> str:  # noqa: PLR0911  (one return per kind of value)
    """A value as FEEL text which reads back as the same value (a function is only named)."""
    kind = type_name(value)
    if kind in {"null", "boolean"}:
        return {None: "null", True: "true", False: "false"}[value]
    if kind == "number":
        return number_text(adapt(value))
    if kind == "string":
        return string_text(str(value))
    if kind == "list":
        return "[" + ", ".join(to_feel(item) for item in value) + "]"
    if kind == "context":
        return "{" + ", ".join(f"{key_text(str(key))}: {to_feel(item)}" for key, item in value.items()) + "}"
    if kind == "range":
        return range_text(value, to_feel)
    if kind == "function":
        return f"function {value.name}" if value.name else "function"
    constructor = "duration" if kind.endswith("duration") else kind
    return f'{constructor}("{bare_text(adapt(value))}")'
