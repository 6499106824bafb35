"""The register of built-in functions: each is declared once, beside its work, as the standard names it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from engine.rules.feel.limits import Run
from engine.rules.feel.values import Builtin, Variant

BUILTINS: dict[str, Builtin] = {}
Nothing = TypeVar("Nothing")
Work = TypeVar("Work", bound=Callable[..., Any])


def builtin(name: str, *parameters: str) -> Callable[[Work], Work]:
    """Declare one way to call a function.

    A parameter is `name:type`; `name:type=` is optional, `name:type?` may be null, `*name:type` repeats.
    """
    names, types, required, repeats = [], [], 0, False
    for parameter in parameters:
        label, _, wanted = parameter.partition(":")
        repeats = repeats or label.startswith("*")
        optional = wanted.endswith("=")
        names.append(label.lstrip("*"))
        types.append(wanted.removesuffix("="))
        required += not optional
    variant_of = (tuple(names), tuple(types), required, repeats)

    def register(work: Work) -> Work:
        BUILTINS.setdefault(name, Builtin(name)).variants.append(Variant(*variant_of, work))
        return work

    return register


def no(run: Run, reason: str) -> Nothing | None:
    """Null, with the reason; fits wherever a function may give nothing."""
    run.say(reason)
    return None
