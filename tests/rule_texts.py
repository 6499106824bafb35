"""The shared FEEL cases, and every FEEL text that the product ships in diagrams, tables and forms."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from typing import Any

from lxml import etree

from engine.rules.feel import Expression, parse, to_json
from engine.rules.feel.tree import Binary, Call, Literal, Name, Node, UnaryRange, children, walk
from engine.rules.feel.tree import Path as PathNode
from engine.settings import ROOT

CASES = ROOT / "tests/data/feel_cases.json"
FORM_KEYS = ("hide", "expression", "valuesExpression")
FEW = 12  # contexts a text is tried with


@dataclass(frozen=True)
class Case:
    """A text, its data, the FEEL text of the answer.

    `unary`: a cell of a table, its input under `?`; the answer is whether the cell matches.
    `differs`: why the editors' library answers otherwise.
    """

    text: str
    group: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    expect: str = ""
    unary: bool = False
    differs: str = ""

    def asked(self) -> dict[str, Any]:
        """What the browser is asked."""
        return {"text": self.text, "data": self.data, "unary": self.unary}

    def answer(self) -> Any:
        """Our value."""
        value = parse(self.text, unary=self.unary).evaluate(self.data).value
        return value is True if self.unary else value


@cache
def cases() -> tuple[Case, ...]:
    """The shared file."""
    return tuple(Case(**case) for case in json.loads(CASES.read_text("utf-8")))


@dataclass(frozen=True)
class Shipped:
    """A FEEL text of the product: where it stands, whether it is a cell, the name of the cell's input."""

    where: str
    text: str
    unary: bool = False
    condition: bool = False

    @property
    def expression(self) -> Expression:
        """The text, parsed."""
        return parse(self.text, unary=self.unary)

    def samples(self) -> Iterator[Case]:
        """The text with data of the kinds it compares with: its own literals, values beside them, nothing."""
        expression = self.expression
        paths = kinds(expression)
        if self.unary:
            paths["?",] = literals(expression.node) or next(iter(paths.values()))
        combinations = list(product(*(beside(values) for values in paths.values())))
        for values in combinations[:: max(1, len(combinations) // FEW)]:
            data: dict[str, Any] = {}
            for path, value in zip(paths, values, strict=True):
                inner = data
                for name in path[:-1]:
                    inner = inner.setdefault(name, {})
                inner[path[-1]] = value
            yield Case(self.text, self.where, data, unary=self.unary)


def beside(values: list[Any]) -> list[Any]:
    """Values, others of the same kind, and nothing."""
    more: list[Any] = [None]
    for value in values:
        if isinstance(value, bool):
            more += [True, False]
        elif isinstance(value, str):
            more.append("其他")
        elif isinstance(value, list):
            more += [[], ["其他", "药店"]]
        elif value is not None:
            more += [value - 1, value + 1]
    return [value for place, value in enumerate([*values, *more]) if value not in [*values, *more][:place]]


def literals(node: Node) -> list[Any]:
    """The values written in a text, as JSON."""
    return [to_json(part.value) for part in walk(node) if isinstance(part, Literal)]


def kinds(expression: Expression) -> dict[tuple[str, ...], list[Any]]:
    """The variables a text reads, each path with values of the kind it is used as."""
    found: dict[tuple[str, ...], list[Any]] = {}
    known = expression.names()

    def see(node: Node, likely: list[Any]) -> None:
        names: list[str] = []
        inner = node
        while isinstance(inner, PathNode):
            names.insert(0, inner.name)
            inner = inner.value
        if isinstance(inner, Name):
            if inner.name in known:
                found.setdefault((inner.name, *names), []).extend(likely)
        elif isinstance(inner, Binary):
            other = literals(inner) or [2]
            see(inner.left, other)
            see(inner.right, other)
        elif isinstance(inner, Call) and inner.function == Name("list contains"):
            see(inner.arguments[0], [["药店"]])
            see(inner.arguments[1], ["药店"])
        elif isinstance(inner, Call) and inner.function == Name("count"):
            see(inner.arguments[0], [["缺"]])
        else:
            for child in children(inner):
                see(child, [2] if isinstance(inner, UnaryRange) else [True])

    see(expression.node, [True])
    return found


def shipped() -> list[Shipped]:
    """Every FEEL text of diagrams, tables and forms."""
    return [*_diagrams(), *_tables(), *_forms()]


def _diagrams() -> Iterator[Shipped]:
    for path in sorted(ROOT.glob("workflows/*/*.bpmn")):
        for element in etree.parse(str(path)).iter("{*}conditionExpression", "{*}timeDate"):
            yield Shipped(f"{path.name}:{element.sourceline}", element.text.strip(), condition=True)


def _tables() -> Iterator[Shipped]:
    for path in sorted(ROOT.glob("workflows/*/*.dmn")):
        for element in etree.parse(str(path)).iter(
            "{*}inputEntry", "{*}outputEntry", "{*}defaultOutputEntry", "{*}inputExpression"
        ):
            text = (element.findtext("{*}text") or "").strip()
            if text and text != "-":
                cell = etree.QName(element).localname == "inputEntry"
                yield Shipped(f"{path.name}:{element.sourceline}", text, unary=cell)


def _forms() -> Iterator[Shipped]:
    for path in sorted(ROOT.glob("forms/*/*.form")):
        where = path.relative_to(ROOT / "forms").as_posix()
        for text in _texts(json.loads(path.read_text("utf-8"))):
            yield Shipped(where, text.removeprefix("=").strip(), condition=True)


def _texts(part: Any) -> Iterator[str]:
    if isinstance(part, list):
        for item in part:
            yield from _texts(item)
    elif isinstance(part, dict):
        for key, value in part.items():
            if key in FORM_KEYS and isinstance(value, str):
                yield value
            else:
                yield from _texts(value)
