"""The tree of a FEEL text: one small frozen class per construct of the DMN 1.5 grammar.

The tree is what the browser receives (`as_json`) and what the compiler turns into closures. `at` is the
0-based position in the text; it takes no part in equality, so printing and parsing gives an equal tree.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class Node:
    """Any construct."""

    at: int = field(default=0, compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Literal(Node):
    """null, true, false, a number or a string."""

    value: Decimal | str | bool | None


@dataclass(frozen=True, slots=True)
class AtLiteral(Node):
    """`@"2024-02-29"`: a date, time, date and time or duration."""

    text: str


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A variable or a function by its name."""

    name: str


@dataclass(frozen=True, slots=True)
class Binary(Node):
    """An operator between two values: + - * / ** = != < <= > >=."""

    op: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Logic(Node):
    """A chain of `and` or of `or`, in three-valued logic."""

    op: str
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Negate(Node):
    """The arithmetic minus."""

    value: Node


@dataclass(frozen=True, slots=True)
class Between(Node):
    """`value between low and high`."""

    value: Node
    low: Node
    high: Node


@dataclass(frozen=True, slots=True)
class In(Node):
    """`value in test` or `value in (test, test)`."""

    value: Node
    tests: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class UnaryTests(Node):
    """The tests of a decision table cell; an empty tuple is the dash."""

    tests: tuple[Node, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class UnaryRange(Node):
    """`< 5`, `>= 5`, `= 5`, `!= 5`: a range with one known end."""

    op: str
    value: Node


@dataclass(frozen=True, slots=True)
class RangeNode(Node):
    """`[low..high]` and its open forms."""

    low_included: bool
    low: Node
    high: Node
    high_included: bool


@dataclass(frozen=True, slots=True)
class ListNode(Node):
    """`[a, b]`."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class ContextNode(Node):
    """`{key: value}`; later entries see earlier ones."""

    entries: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class If(Node):
    """`if condition then yes else no`."""

    condition: Node
    yes: Node
    no: Node


@dataclass(frozen=True, slots=True)
class For(Node):
    """`for x in list, i in 1..3 return body`."""

    iterators: tuple[tuple[str, Node], ...]
    body: Node


@dataclass(frozen=True, slots=True)
class IterationRange(Node):
    """`1..10` after `in`: whole numbers or days, also downwards."""

    low: Node
    high: Node


@dataclass(frozen=True, slots=True)
class Quantified(Node):
    """`some` or `every` … `satisfies` …."""

    kind: str
    iterators: tuple[tuple[str, Node], ...]
    body: Node


@dataclass(frozen=True, slots=True)
class Path(Node):
    """`value.name`."""

    value: Node
    name: str


@dataclass(frozen=True, slots=True)
class Filter(Node):
    """`list[condition]` or `list[position]`."""

    value: Node
    condition: Node


@dataclass(frozen=True, slots=True)
class Call(Node):
    """`function(a, b)`; with `names` the call is by parameter name."""

    function: Node
    arguments: tuple[Node, ...]
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TypeNode(Node):
    """A type: a name, or list<…>, range<…>, context<…>, function<…> -> …."""

    name: str
    parts: tuple[TypeNode, ...] = ()
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FunctionNode(Node):
    """`function(a: number, b) body`; `external` bodies are kept only to refuse them by name."""

    parameters: tuple[tuple[str, TypeNode | None], ...]
    body: Node
    external: bool = False


@dataclass(frozen=True, slots=True)
class InstanceOf(Node):
    """`value instance of type`."""

    value: Node
    type: TypeNode


def children(node: Node) -> Iterator[Node]:
    """The nodes directly below a node."""
    for item in fields(node):
        yield from _nodes(getattr(node, item.name))


def _nodes(value: Any) -> Iterator[Node]:
    if isinstance(value, Node):
        yield value
    elif isinstance(value, tuple):
        for part in value:
            yield from _nodes(part)


def walk(node: Node) -> Iterator[Node]:
    """Every node of the tree, the root first."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        yield current
        waiting.extend(children(current))


def as_json(value: Any) -> Any:
    """The tree as JSON: `{kind, at, …fields}`; numbers as text, so that no digit is lost."""
    if isinstance(value, Node):
        return {
            "kind": type(value).__name__,
            **{item.name: as_json(getattr(value, item.name)) for item in fields(value)},
        }
    if isinstance(value, tuple):
        return [as_json(part) for part in value]
    return {"number": str(value)} if isinstance(value, Decimal) else value
