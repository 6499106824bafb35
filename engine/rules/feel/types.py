"""Types of FEEL and of a model's item definitions: belonging to one, and gentle conversion to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from .arithmetic import MIDNIGHT
from .temporal import DateTime, FarDate
from .tree import TypeNode
from .values import Builtin, Function, Range, type_name

_ALIASES = {
    "day and time duration": "days and time duration",
    "dayTimeDuration": "days and time duration",
    "days and time duration": "days and time duration",
    "year and month duration": "years and months duration",
    "yearMonthDuration": "years and months duration",
    "years and months duration": "years and months duration",
    "dateTime": "date and time",
    "date and time": "date and time",
    "number": "number", "string": "string", "boolean": "boolean", "date": "date", "time": "time",
    "list": "list", "context": "context", "function": "function", "range": "range",
    "Any": "Any", "Null": "Null",
}  # fmt: skip


@dataclass(slots=True, eq=False)
class Type:
    """A type. `allowed` is the constraint of an item definition, `choices` its tests in their order."""

    name: str
    element: Type | None = None
    fields: dict[str, Type] | None = None
    parameters: tuple[Type, ...] | None = None
    result: Type | None = None
    allowed: Callable[[Any], bool] | None = None
    base: Type | None = None
    choices: list[Any] = field(default_factory=list)

    def holds(self, value: Any, *, constrained: bool = True) -> bool:
        """Whether a value belongs to the type, with or without its allowed values; null always does."""
        if value is None:
            return True
        if not self._shape(value, constrained):
            return False
        return not constrained or self.allowed is None or self.allowed(value)

    def _shape(self, value: Any, constrained: bool) -> bool:  # noqa: PLR0911  (one return per kind of value)
        if self.base is not None:
            return self.base.holds(value, constrained=constrained)
        if self.name == "Any":
            return True
        if type_name(value) != self.name:
            return False
        part = self.element
        if self.name == "list":
            return part is None or all(part.holds(item, constrained=constrained) for item in value)
        if self.name == "context":
            return self.fields is None or all(
                name in value and kind.holds(value[name], constrained=constrained)
                for name, kind in self.fields.items()
            )
        if self.name == "range":
            return part is None or (part.holds(value.low) and part.holds(value.high))
        return self.name != "function" or self._signature(value)

    def _signature(self, value: Function | Builtin) -> bool:
        if self.parameters is None:
            return True
        if isinstance(value, Builtin):
            return any(
                variant.repeats or variant.required <= len(self.parameters) <= len(variant.names)
                for variant in value.variants
            )
        if len(value.parameters) != len(self.parameters):
            return False
        declared = value.types or (None,) * len(value.parameters)
        accepts = all(
            own is None or wanted.fits(own) for own, wanted in zip(declared, self.parameters, strict=True)
        )
        return accepts and (value.result is None or self.result is None or value.result.fits(self.result))

    def root(self) -> Type:
        """The built-in type below any chain of names."""
        found = self
        while found.base is not None:
            found = found.base
        return found

    def fits(self, other: Type) -> bool:
        """Whether every value of this type belongs to the other (constraints aside)."""
        mine, wanted = self.root(), other.root()
        if wanted.name == "Any" or mine is wanted:
            return True
        if mine.name != wanted.name:
            return False
        if mine.name in {"list", "range"}:
            return wanted.element is None or (mine.element is not None and mine.element.fits(wanted.element))
        if mine.name == "context":
            fields = mine.fields or {}
            return all(
                name in fields and fields[name].fits(part) for name, part in (wanted.fields or {}).items()
            )
        return True

    def coerce(self, value: Any) -> tuple[Any, bool]:
        """The value as this type (one-item list ↔ item, date → date and time) and whether that worked."""
        if value is None or self.holds(value):
            return value, True
        root = self.root()
        if isinstance(value, list) and len(value) == 1 and root.name != "list" and self.holds(value[0]):
            return value[0], True
        if root.name == "list" and not isinstance(value, list) and self.holds([value]):
            return [value], True
        if root.name == "date and time" and isinstance(value, date | FarDate):
            return DateTime(value, MIDNIGHT), True
        return None, False


ANY = Type("Any")
BUILT_IN: dict[str, Type] = {alias: Type(name) if name != "Any" else ANY for alias, name in _ALIASES.items()}


def resolve(node: TypeNode, known: Mapping[str, Type]) -> Type | None:
    """The type that a type expression means; None for an unknown name."""
    if not node.parts:
        return known.get(node.name) or BUILT_IN.get(node.name)
    parts = [resolve(part, known) for part in node.parts]
    found = [part for part in parts if part is not None]
    if len(found) < len(parts):
        return None
    if node.name == "context":
        return Type("context", fields=dict(zip(node.keys, found, strict=True)))
    if node.name == "function":
        return Type("function", parameters=tuple(found[:-1]), result=found[-1])
    return Type(node.name, element=found[0])


def instance_of(value: Any, wanted: Type) -> bool:
    """`value instance of type`: null is an instance of nothing but Null."""
    if value is None:
        return wanted.root().name == "Null"
    return wanted.holds(value, constrained=False)


__all__ = ["ANY", "BUILT_IN", "Range", "Type", "instance_of", "resolve"]
