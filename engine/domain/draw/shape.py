"""Shapes of values in draw documents: small checks that refuse by path and code.

A check is a function of value and path. `row` builds the check of an object with exactly these keys:
missing keys first (in the order given), then unknown ones (by code point), then each value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from engine.domain.draw.refusal import DrawRefused
from engine.domain.draw.text import LIMIT, escape, is_text
from engine.sentence import Sentence

Check = Callable[[Any, str], None]

ID: Final = re.compile(r"[A-Za-z0-9._-]{1,40}")
HEX64: Final = re.compile(r"[0-9a-f]{64}")
_UNPRINTABLE: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_DATE: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_MOMENT: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})T(?:[01][0-9]|2[0-3]):[0-5][0-9]\+08:00")
_DRAW: Final = re.compile(r"(.+)-([0-9]{4})-([0-9]{4,})", re.DOTALL)
_LONGEST_TEXT: Final = 200
_MONTHS: Final = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def string(value: Any, path: str) -> None:
    """Any text that can be written as UTF-8."""
    if type(value) is not str:
        raise DrawRefused(path, "type", "应为文字")
    if not is_text(value):
        raise DrawRefused(path, "json-text")


def boolean(value: Any, path: str) -> None:
    """True or false; 0 and 1 are not booleans."""
    if type(value) is not bool:
        raise DrawRefused(path, "type", "应为 true 或 false")


def integer(least: int | None = None) -> Check:
    """An integer below 2^53, at least `least`; booleans are not integers."""

    def check(value: Any, path: str) -> None:
        if type(value) is not int:
            raise DrawRefused(path, "type", "应为整数")
        if abs(value) >= LIMIT:
            raise DrawRefused(path, "json-number")
        if least is not None and value < least:
            raise DrawRefused(path, "range", Sentence("不得小于 {least}", least=least))

    return check


def matching(pattern: re.Pattern[str], *, empty: bool = False, hint: str = "") -> Check:
    """Text that matches the pattern from end to end; `empty` also allows ""."""

    def check(value: Any, path: str) -> None:
        string(value, path)
        if not (pattern.fullmatch(value) or (empty and not value)):
            raise DrawRefused(path, "format", hint)

    return check


identifier = matching(ID, hint="只能是 1–40 个字母、数字、点、下划线、短横线")
identifier_or_empty = matching(ID, empty=True, hint="只能是 1–40 个字母、数字、点、下划线、短横线，或者留空")
hex64 = matching(HEX64, hint="应为 64 位小写十六进制")


def one_of(*words: str) -> Check:
    """One of these words."""

    def check(value: Any, path: str) -> None:
        string(value, path)
        if value not in words:
            raise DrawRefused(
                path, "format", Sentence("只能是 {words}", words="、".join(f"“{word}”" for word in words))
            )

    return check


def printable(value: Any, path: str) -> None:
    """1–200 characters (code points) without control characters and line separators."""
    string(value, path)
    if not 1 <= len(value) <= _LONGEST_TEXT or _UNPRINTABLE.search(value):
        raise DrawRefused(path, "format", "应为 1–200 个可见字符，不含控制字符")


def printable_or_empty(value: Any, path: str) -> None:
    """As `printable`, or ""."""
    string(value, path)
    if value:
        printable(value, path)


def _is_day(text: str) -> bool:
    match = _DATE.fullmatch(text)
    if not match:
        return False
    year, month, day = (int(part) for part in match.groups())
    leap = month == 2 and (year % 400 == 0 or (year % 4 == 0 and year % 100 != 0))  # noqa: PLR2004 - calendar
    return year >= 1 and 1 <= month <= len(_MONTHS) and 1 <= day <= _MONTHS[month - 1] + leap


def day(value: Any, path: str) -> None:
    """A calendar day as YYYY-MM-DD."""
    string(value, path)
    if not _is_day(value):
        raise DrawRefused(path, "format", "应为 YYYY-MM-DD 的日期")


def moment(value: Any, path: str) -> None:
    """A minute in China Standard Time as YYYY-MM-DDTHH:MM+08:00."""
    string(value, path)
    match = _MOMENT.fullmatch(value)
    if not match or not _is_day(match[1]):
        raise DrawRefused(path, "format", "应为 YYYY-MM-DDTHH:MM+08:00 的时刻")


def series(draw: str) -> tuple[str, int, int] | None:
    """Bureau code, year and serial number of a draw number `code-YYYY-NNNN`, None if it is none."""
    match = _DRAW.fullmatch(draw) if ID.fullmatch(draw) else None
    if not match or int(match[3]) < 1:
        return None
    return match[1], int(match[2]), int(match[3])


def draw_number(value: Any, path: str) -> None:
    """抽取编号 `code-YYYY-NNNN`, split at the last two hyphens, counted from 0001."""
    string(value, path)
    if series(value) is None:
        raise DrawRefused(path, "format", "应为 代码-年份-四位以上序号，序号从 0001 起")


def array(item: Check, *, least: int = 0) -> Check:
    """A list of at least `least` items."""

    def check(value: Any, path: str) -> None:
        if type(value) is not list:
            raise DrawRefused(path, "type", "应为列表")
        if len(value) < least:
            raise DrawRefused(path, "range", Sentence("至少要有 {least} 项", least=least))
        for index, one in enumerate(value):
            item(one, f"{path}/{index}")

    return check


def row(fields: Mapping[str, Check]) -> Check:
    """An object with exactly these keys."""

    def check(value: Any, path: str) -> None:
        if type(value) is not dict:
            raise DrawRefused(path, "type", "应为对象")
        for name in fields:
            if name not in value:
                raise DrawRefused(f"{path}/{name}", "missing-key")
        if len(value) > len(fields):
            name = min(key for key in value if key not in fields)
            raise DrawRefused(f"{path}/{escape(name)}", "unknown-key")
        for name, field in fields.items():
            field(value[name], f"{path}/{name}")

    return check


def mapping(item: Check) -> Check:
    """An object whose keys are names in the id pattern, walked by code point."""

    def check(value: Any, path: str) -> None:
        if type(value) is not dict:
            raise DrawRefused(path, "type", "应为对象")
        for name in sorted(value):
            inner = f"{path}/{escape(name)}"
            identifier(name, inner)
            item(value[name], inner)

    return check


def ascending(keys: list[Any], path: str) -> None:
    """Refuses the first key smaller than the one before it."""
    for index in range(1, len(keys)):
        if keys[index] < keys[index - 1]:
            raise DrawRefused(f"{path}/{index}", "unsorted")


def distinct(keys: list[Any], path: str) -> None:
    """Refuses the first key of an ascending list equal to the one before it."""
    for index in range(1, len(keys)):
        if keys[index] == keys[index - 1]:
            raise DrawRefused(f"{path}/{index}", "duplicate")


def strictly_ascending(keys: list[Any], path: str) -> None:
    """Sorting first, then repetition, as everywhere in the protocol."""
    ascending(keys, path)
    distinct(keys, path)
