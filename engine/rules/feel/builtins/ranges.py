"""Relations between points and ranges (10.3.4.10), after Allen's intervals, and the range constructor."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from engine.errors import RuleError
from engine.rules.feel import tree
from engine.rules.feel.limits import Run
from engine.rules.feel.parser import Parser
from engine.rules.feel.temporal import parse_date_time, parse_day, parse_duration, parse_time
from engine.rules.feel.tokens import NameBook
from engine.rules.feel.values import NUMBERS, Range, compare, type_name
from engine.sentence import Sentence

from .registry import builtin, no


class _Incomparable(Exception):
    """The two have no order."""


def _order(left: Any, right: Any) -> int:
    order = compare(left, right)
    if order is None:
        raise _Incomparable
    return order


def _as_range(value: Any) -> Range:
    return value if isinstance(value, Range) else Range(value, True, value, True)


def _low_before(a: Range, b: Range) -> int:
    """How the start of a lies to the start of b: -1 earlier, 0 the same, 1 later."""
    order = _order(a.low, b.low)
    return order or int(b.low_included) - int(a.low_included)


def _high_before(a: Range, b: Range) -> int:
    order = _order(a.high, b.high)
    return order or int(a.high_included) - int(b.high_included)


def _before(a: Range, b: Range) -> bool:
    order = _order(a.high, b.low)
    return order < 0 or (order == 0 and not (a.high_included and b.low_included))


def _meets(a: Range, b: Range) -> bool:
    return a.high_included and b.low_included and _order(a.high, b.low) == 0


def _overlaps_before(a: Range, b: Range) -> bool:
    return _low_before(a, b) < 0 and _high_before(a, b) <= 0 and not _before(a, b)


def _includes(a: Range, b: Range) -> bool:
    return _low_before(a, b) <= 0 and _high_before(a, b) >= 0


def _starts(a: Range, b: Range) -> bool:
    return _low_before(a, b) == 0 and _high_before(a, b) <= 0


def _finishes(a: Range, b: Range) -> bool:
    return _high_before(a, b) == 0 and _low_before(a, b) >= 0


def _coincides(a: Range, b: Range) -> bool:
    return _low_before(a, b) == 0 and _high_before(a, b) == 0


def _overlaps(a: Range, b: Range) -> bool:
    return not _before(a, b) and not _before(b, a)


def _declare_all(name: str, work: Any, shapes: str, *, swap: bool = False) -> None:
    """Shapes: `pp pr rp rr`, which of point and range each side may be; names are the standard's."""
    sides = shapes.split()
    names = {
        "pp": ("point1", "point2"),
        "pr": ("point", "range"),
        "rp": ("range", "point"),
        "rr": ("range1", "range2"),
    }
    words = {"p": "point", "r": "range"}
    allowed = set(sides)

    def relation(run: Run, left: Any, right: Any) -> bool | None:
        shape = ("r" if isinstance(left, Range) else "p") + ("r" if isinstance(right, Range) else "p")
        if left is None or right is None or shape not in allowed:
            return no(run, Sentence("{name}() 的参数类型不符", name=name))
        a, b = _as_range(left), _as_range(right)
        try:
            return bool(work(b, a) if swap else work(a, b))
        except _Incomparable:
            return no(run, Sentence("{name}() 的两个参数无法比较", name=name))

    for side in sides:
        first, second = names[side]
        kinds = [
            f"{label}:{'range' if words[letter] == 'range' else 'any'}"
            for label, letter in zip((first, second), side, strict=True)
        ]
        builtin(name, *kinds)(relation)


_declare_all("before", _before, "pp pr rp rr")
_declare_all("after", _before, "pp pr rp rr", swap=True)
_declare_all("meets", _meets, "rr")
_declare_all("met by", _meets, "rr", swap=True)
_declare_all("overlaps", _overlaps, "rr")
_declare_all("overlaps before", _overlaps_before, "rr")
_declare_all("overlaps after", _overlaps_before, "rr", swap=True)
_declare_all("finishes", _finishes, "pr rr")
_declare_all("finished by", _finishes, "rp rr", swap=True)
_declare_all("includes", _includes, "rp rr")
_declare_all("during", _includes, "pr rr", swap=True)
_declare_all("starts", _starts, "pr rr")
_declare_all("started by", _starts, "rp rr", swap=True)
_declare_all("coincides", _coincides, "pp rr")


_CONSTRUCTORS = {
    "date": parse_day,
    "time": parse_time,
    "date and time": parse_date_time,
    "duration": parse_duration,
}
_BOOK = NameBook(_CONSTRUCTORS)


def _end(node: tree.Node) -> Any:
    """The value of a range end, which must be written out; None for anything else."""
    if isinstance(node, tree.Literal):
        return NUMBERS.create_decimal(node.value) if isinstance(node.value, Decimal) else node.value
    if isinstance(node, tree.Negate) and isinstance(node.value, tree.Literal):
        value = _end(node.value)
        return NUMBERS.minus(value) if isinstance(value, Decimal) else None
    if isinstance(node, tree.AtLiteral):
        text = node.text
        return parse_duration(text) or parse_day(text) or parse_time(text) or parse_date_time(text)
    if isinstance(node, tree.Call) and isinstance(node.function, tree.Name) and len(node.arguments) == 1:
        made = _CONSTRUCTORS.get(node.function.name)
        text_node = node.arguments[0]
        if made is not None and isinstance(text_node, tree.Literal) and isinstance(text_node.value, str):
            return made(text_node.value)
    return None


@builtin("range", "from:string")
def range_of(run: Run, text: str) -> Range | None:
    """A range from its text, with both ends written out."""
    try:
        node = Parser(text, _BOOK).expression_only()
    except RuleError:
        node = tree.Literal(None)
    if not isinstance(node, tree.RangeNode):
        return no(run, Sentence("range()：“{text}”不是区间", text=text[:40]))
    low, high = _end(node.low), _end(node.high)
    order = compare(low, high)
    if order is None or order > 0 or type_name(low) != type_name(high):
        return no(run, Sentence("range()：“{text}”的两端不成区间", text=text[:40]))
    return Range(low, node.low_included, high, node.high_included)
