"""String functions (10.3.4.3). Patterns run on google-re2: linear time, whatever the text."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from engine.rules.feel.limits import Run
from engine.rules.feel.patterns import Pattern, compile_pattern
from engine.sentence import Sentence

from .registry import builtin, no

_LARGE = Decimal(10**9)


@builtin("substring", "string:string", "start position:number", "length:number=")
def substring(run: Run, text: str, start: Decimal, length: Decimal | None = None) -> str | None:
    """From a position counted from 1, or from the end when negative."""
    first = int(max(-_LARGE, min(start, _LARGE)))
    if first == 0 or abs(first) > len(text):
        return no(run, Sentence("substring() 的起始位置 {first} 不在文本内", first=first))
    begin = first - 1 if first > 0 else len(text) + first
    if length is None:
        return text[begin:]
    size = int(min(length, _LARGE))
    return text[begin : begin + size] if size >= 1 else no(run, "substring() 的长度应不小于 1")


@builtin("string length", "string:string")
def string_length(_run: Run, text: str) -> Decimal:
    """Characters, not bytes."""
    return Decimal(len(text))


@builtin("upper case", "string:string")
def upper_case(_run: Run, text: str) -> str:
    """In capitals."""
    return text.upper()


@builtin("lower case", "string:string")
def lower_case(_run: Run, text: str) -> str:
    """In small letters."""
    return text.lower()


@builtin("substring before", "string:string", "match:string")
def substring_before(_run: Run, text: str, match: str) -> str:
    """What stands before the first match; empty without one."""
    found = text.find(match)
    return text[:found] if found >= 0 else ""


@builtin("substring after", "string:string", "match:string")
def substring_after(_run: Run, text: str, match: str) -> str:
    """What stands behind the first match; empty without one."""
    found = text.find(match)
    return text[found + len(match) :] if found >= 0 else ""


@builtin("contains", "string:string", "match:string")
def contains(_run: Run, text: str, match: str) -> bool:
    """Whether the match occurs."""
    return match in text


@builtin("starts with", "string:string", "match:string")
def starts_with(_run: Run, text: str, match: str) -> bool:
    """Whether the text begins so."""
    return text.startswith(match)


@builtin("ends with", "string:string", "match:string")
def ends_with(_run: Run, text: str, match: str) -> bool:
    """Whether the text ends so."""
    return text.endswith(match)


def _pattern(run: Run, text: str, flags: str | None) -> Pattern | None:
    found = compile_pattern(text, flags or "")
    if isinstance(found, str):
        return no(run, found)
    return found


@builtin("matches", "input:string", "pattern:string", "flags:string=")
def matches(run: Run, text: str, pattern: str, flags: str | None = None) -> bool | None:
    """Whether the XPath pattern is found anywhere."""
    found = _pattern(run, pattern, flags)
    return None if found is None else found.search(text) is not None


@builtin("replace", "input:string", "pattern:string", "replacement:string", "flags:string=")
def replace(run: Run, text: str, pattern: str, replacement: str, flags: str | None = None) -> str | None:
    """Every match replaced; `$1` is a group, `$0` the match."""
    found = _pattern(run, pattern, flags)
    if found is None:
        return None
    result = found.replace(run, text, replacement)
    return no(run, "replace() 的替换文本不合规则") if result is None else result


@builtin("split", "string:string", "delimiter:string")
def split(run: Run, text: str, delimiter: str) -> list[str] | None:
    """The parts between the matches of a pattern."""
    found = _pattern(run, delimiter, None)
    if found is None:
        return None
    parts = found.split(run, text)
    run.hold_list(len(parts))
    return parts


@builtin("string join", "list:list", "delimiter:string?=")
def string_join(run: Run, items: list[Any], delimiter: str | None = None) -> str | None:
    """The texts of a list in one; nulls are left out."""
    if any(item is not None and not isinstance(item, str) for item in items):
        return no(run, "string join() 的列表里有不是文本的项")
    texts = [item for item in items if item is not None]
    run.hold_text(sum(map(len, texts)) + len(delimiter or "") * len(texts))
    return (delimiter or "").join(texts)
