"""Context functions (10.3.4.9) and conversions between types (10.3.4.1)."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from engine.rules.feel.limits import Run
from engine.rules.feel.values import (
    NUMBERS,
    Range,
    bare_text,
    equal,
    key_text,
    number_text,
    range_text,
    to_feel,
    type_name,
)
from engine.sentence import Sentence

from .registry import builtin, no

_NUMBER = re.compile(r"-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_LONGEST_NUMBER = 400


@builtin("get value", "m:context", "key:string")
@builtin("get value", "m:context", "keys:list")
def get_value(run: Run, context: dict[str, Any], key: str | list[Any]) -> Any:
    """The entry of a key, or of a path of keys."""
    found: Any = context
    if not key and isinstance(key, list):
        return no(run, "get value() 的键列表为空")
    for part in [key] if isinstance(key, str) else key:
        if not isinstance(found, dict) or not isinstance(part, str) or part not in found:
            return no(run, Sentence("get value()：没有“{part}”这一项", part=part))
        found = found[part]
    return found


@builtin("get entries", "m:context")
def get_entries(_run: Run, context: dict[str, Any]) -> list[dict[str, Any]]:
    """The list of `{key, value}`."""
    return [{"key": key, "value": value} for key, value in context.items()]


@builtin("context put", "context:context", "key:string", "value:any")
@builtin("context put", "context:context", "keys:list", "value:any")
def context_put(run: Run, context: dict[str, Any], key: str | list[Any], value: Any) -> dict[str, Any] | None:
    """The context with one entry set, at a key or at a path of keys."""
    path = [key] if isinstance(key, str) else key
    if not path or not all(isinstance(part, str) for part in path):
        return no(run, "context put() 的键应为文本")
    run.hold_list(len(context) + 1)
    if len(path) == 1:
        return {**context, path[0]: value}
    inner = context.get(path[0])
    if path[0] not in context:
        inner = {}
    if not isinstance(inner, dict):
        return no(run, Sentence("context put()：“{path}”不是上下文", path=path[0]))
    below = context_put(run, inner, path[1:], value)
    return None if below is None else {**context, path[0]: below}


@builtin("context merge", "contexts:list")
def context_merge(run: Run, contexts: list[Any]) -> dict[str, Any] | None:
    """One context of many; later entries win."""
    if not all(isinstance(item, dict) for item in contexts):
        return no(run, "context merge() 的列表里有不是上下文的项")
    run.hold_list(sum(map(len, contexts)))
    merged: dict[str, Any] = {}
    for item in contexts:
        merged.update(item)
    return merged


@builtin("context", "entries:list")
def context(run: Run, entries: list[Any]) -> dict[str, Any] | None:
    """A context of `{key, value}` entries; a repeated key has no answer."""
    made: dict[str, Any] = {}
    for entry in entries:
        if not isinstance(entry, dict) or not isinstance(entry.get("key"), str) or "value" not in entry:
            return no(run, "context() 的每一项应为 {key, value}")
        if entry["key"] in made:
            return no(run, Sentence("context() 的键“{key}”重复", key=entry["key"]))
        made[entry["key"]] = entry["value"]
    return made


@builtin("is", "value1:any=", "value2:any=")
def same(run: Run, *values: Any) -> bool:
    """Whether two values are the same element of the value space; no conversion of zones."""
    run.weigh(list(values))
    first, second = (*values, None, None)[:2]
    if type_name(first) != type_name(second):
        return False
    return bool(first == second) if bare_text(first) is not None else equal(first, second) is True


@builtin("number", "from:string|number")
@builtin("number", "from:string", "grouping separator:string?", "decimal separator:string?")
def number(
    run: Run, text: str | Decimal, grouping: str | None = None, point: str | None = None
) -> Decimal | None:
    """A text as a number, with its separators named."""
    if isinstance(text, Decimal):
        return text
    if (
        grouping not in {None, " ", ",", "."}
        or point not in {None, ",", "."}
        or (grouping and grouping == point)
    ):
        return no(run, "number() 的分隔符只能是空格、逗号或句点，且不能相同")
    plain = text.replace(grouping, "") if grouping else text
    if point == ",":
        if "." in plain:
            return no(run, Sentence("number()：“{text}”不是数字", text=text[:40]))
        plain = plain.replace(",", ".")
    if len(plain) > _LONGEST_NUMBER or not _NUMBER.fullmatch(plain):
        return no(run, Sentence("number()：“{text}”不是数字", text=text[:40]))
    made = Decimal(plain)
    return NUMBERS.plus(made) if abs(made.adjusted()) < NUMBERS.Emax else no(run, "number()：数字过大")


def text_of(value: Any) -> str:
    """A value as people read it: strings bare, all else as FEEL writes it."""
    if isinstance(value, str):
        return value
    bare = bare_text(value)
    return bare if bare is not None else _inner(value)


def _inner(value: Any) -> str:
    if isinstance(value, Decimal):
        return number_text(value)
    if isinstance(value, list):
        return "[" + ", ".join(map(_inner, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key_text(key)}: {_inner(item)}" for key, item in value.items()) + "}"
    if isinstance(value, Range):
        return range_text(value, _inner)
    bare = bare_text(value)
    return bare if bare is not None else to_feel(value)


@builtin("string", "from:any")
def string(run: Run, value: Any) -> str | None:
    """A value as text; null stays null."""
    if value is None:
        return no(run, "string() 的参数为 null")
    run.weigh(value)
    return text_of(value)
