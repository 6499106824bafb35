"""Calling functions by position or by name, with the gentle conversions of the standard."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from engine.errors import RuleError
from engine.sentence import Sentence

from .arithmetic import moment
from .limits import Run
from .temporal import DateTime, DaysTime, FarDate, Time, YearsMonths
from .values import Builtin, Function, Range, Variant, type_name

_CHECKS: dict[str, tuple[type, ...]] = {
    "number": (Decimal,),
    "string": (str,),
    "boolean": (bool,),
    "list": (list,),
    "context": (dict,),
    "date": (date, FarDate),
    "time": (Time,),
    "moment": (DateTime,),
    "duration": (YearsMonths, DaysTime),
    "days": (DaysTime,),
    "range": (Range,),
    "function": (Function, Builtin),
}


def _convert(value: Any, wanted: str) -> tuple[Any, bool]:  # noqa: PLR0911  (one return per kind of value)
    """A value for a parameter of a built-in; `wanted` may list several types by `|`; `?` allows null."""
    if wanted == "any":
        return value, True
    if value is None:
        return None, wanted.endswith("?")
    names = wanted.rstrip("?").split("|")
    for name in names:
        if isinstance(value, _CHECKS[name]):
            return value, True
    if "list" in names:
        return [value], True
    if isinstance(value, list) and len(value) == 1:
        return _convert(value[0], wanted)
    if "moment" in names and "date" not in names and isinstance(value, date | FarDate):
        return moment(value), True
    return None, False


def _run_variant(run: Run, function: Builtin, variant: Variant, arguments: Sequence[Any]) -> Any:
    ready: list[Any] = []
    for index, value in enumerate(arguments):
        wanted = variant.types[min(index, len(variant.types) - 1)]
        if value is None and index >= variant.required and not variant.repeats:
            ready.append(None)
            continue
        converted, fits = _convert(value, wanted)
        if not fits:
            run.say(Sentence("{label}() 的参数 {parameter} 应为 {wanted}，不能是 {value_type}", label=function.name,
                             parameter=variant.names[min(index, len(variant.names) - 1)],
                             wanted=wanted.rstrip("?"), value_type=type_name(value)))  # fmt: skip
            return None
        ready.append(converted)
    run.spend(1 + sum(map(_cost, ready)))
    result = variant.work(run, *ready)
    if type(result) is str:
        run.hold_text(len(result))
    elif type(result) is list:
        run.hold_list(len(result))
    return result


def _cost(value: Any) -> int:
    """The steps that looking at an argument may take."""
    if type(value) is list or type(value) is dict:
        return len(value)
    return len(value) // 64 if type(value) is str else 0


def _best(function: Builtin, arguments: Sequence[Any]) -> Variant | None:
    fitting = [
        variant
        for variant in function.variants
        if variant.required <= len(arguments) and (variant.repeats or len(arguments) <= len(variant.names))
    ]
    for variant in fitting:
        if all(
            _convert(value, variant.types[min(index, len(variant.types) - 1)])[1]
            for index, value in enumerate(arguments)
        ):
            return variant
    return fitting[0] if fitting else None


def call(run: Run, function: Function | Builtin, arguments: list[Any], name: str = "") -> Any:
    """Call by position; a wrong number or type of arguments gives null with the reason."""
    if isinstance(function, Builtin):
        variant = function.variants[0] if len(function.variants) == 1 else _best(function, arguments)
        if variant is None or not (
            variant.required <= len(arguments) and (variant.repeats or len(arguments) <= len(variant.names))
        ):
            run.say(
                Sentence("{function}() 不接受 {count} 个参数", function=function.name, count=len(arguments))
            )
            return None
        return _run_variant(run, function, variant, arguments)
    label = name or function.name or "函数"
    if len(arguments) != len(function.parameters):
        run.say(
            Sentence(
                "{label}() 需要 {count} 个参数，得到 {given} 个",
                label=label,
                count=len(function.parameters),
                given=len(arguments),
            )
        )
        return None
    ready = []
    for parameter, wanted, value in zip(
        function.parameters, function.types or (None,) * len(arguments), arguments, strict=True
    ):
        if wanted is not None:
            run.weigh(value)
        converted, fits = (value, True) if wanted is None else wanted.coerce(value)
        if not fits:
            run.say(
                Sentence(
                    "{label}() 的参数 {parameter} 应为 {wanted}，不能是 {value_type}",
                    label=label,
                    parameter=parameter,
                    wanted=wanted.name,
                    value_type=type_name(value),
                )
            )
            return None
        ready.append(converted)
    run.calls += 1
    if run.calls > run.limits.calls:
        raise RuleError(
            Sentence("函数调用超过 {calls} 层。", calls=run.limits.calls),
            hint="请检查函数是否无休止地调用自己。",
        )
    value = function.invoke(run, ready)
    run.calls -= 1
    if function.result is not None:
        run.weigh(value)
        value, fits = function.result.coerce(value)
        if not fits:
            run.say(Sentence("{label}() 的结果不是 {result}", label=label, result=function.result.name))
    return value


def call_named(run: Run, function: Function | Builtin, arguments: dict[str, Any], name: str = "") -> Any:
    """Call by parameter names; a missing optional one is left out, an unknown one gives null."""
    if isinstance(function, Function):
        if set(arguments) - set(function.parameters):
            unknown = "、".join(sorted(set(arguments) - set(function.parameters)))
            run.say(Sentence("{name}() 没有参数 {unknown}", name=name or function.name, unknown=unknown))
            return None
        return call(run, function, [arguments.get(parameter) for parameter in function.parameters], name)
    for variant in function.variants:
        given = set(arguments)
        if given <= set(variant.names) and set(variant.names[: variant.required]) <= given:
            used = max((index for index, known in enumerate(variant.names) if known in given), default=-1) + 1
            return _run_variant(
                run, function, variant, [arguments.get(known) for known in variant.names[:used]]
            )
    known = " 或 ".join("(" + ", ".join(variant.names) + ")" for variant in function.variants)
    run.say(Sentence("{function}() 的参数名应为 {known}", function=function.name, known=known))
    return None
