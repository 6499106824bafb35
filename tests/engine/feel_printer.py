"""Tree → FEEL text that reads back as an equal tree."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from engine.rules.feel import tree
from engine.rules.feel.values import key_text, number_text, string_text

# How tightly a construct binds; an operand that binds less tightly than its place asks gets parentheses.
_LOOSE, _OR, _AND, _COMPARE, _SUM, _PRODUCT, _POWER, _SIGN, _TIGHT, _ATOM = range(10)
_BINDS = {"+": _SUM, "-": _SUM, "*": _PRODUCT, "/": _PRODUCT, "**": _POWER}


def print_tree(node: tree.Node) -> str:
    """The text of a tree."""
    return _print(node)[0]


def _at(node: tree.Node, least: int) -> str:
    text, binds = _print(node)
    return text if binds >= least else f"({text})"


def _print(node: tree.Node) -> tuple[str, int]:
    return _PRINTERS[type(node)](node)


def _literal(node: Any) -> tuple[str, int]:
    if isinstance(node.value, Decimal):
        return number_text(node.value), _ATOM
    if isinstance(node.value, str):
        return string_text(node.value), _ATOM
    return {None: "null", True: "true", False: "false"}[node.value], _ATOM


def _binary(node: Any) -> tuple[str, int]:
    binds = _BINDS.get(node.op, _COMPARE)
    return f"{_at(node.left, binds)} {node.op} {_at(node.right, binds + 1)}", binds


def _logic(node: Any) -> tuple[str, int]:
    binds = _OR if node.op == "or" else _AND
    return f" {node.op} ".join(_at(part, binds + 1) for part in node.parts), binds


def _between(node: Any) -> tuple[str, int]:
    return f"{_at(node.value, _COMPARE)} between {_at(node.low, _SUM)} and {_at(node.high, _SUM)}", _COMPARE


def _tests(nodes: Any) -> str:
    return ", ".join(_at(node, _LOOSE) for node in nodes)


def _in(node: Any) -> tuple[str, int]:
    return f"{_at(node.value, _COMPARE)} in ({_tests(node.tests)})", _COMPARE


def _unary(node: Any) -> tuple[str, int]:
    text = _tests(node.tests) or "-"
    return (f"not({text})" if node.negated else text), _LOOSE


def _range(node: Any) -> tuple[str, int]:
    low, high = "[" if node.low_included else "(", "]" if node.high_included else ")"
    return f"{low}{_at(node.low, _OR)}..{_at(node.high, _OR)}{high}", _ATOM


def _context(node: Any) -> tuple[str, int]:
    entries = ", ".join(f"{key_text(key)}: {_at(value, _LOOSE)}" for key, value in node.entries)
    return "{" + entries + "}", _ATOM


def _iterators(node: Any) -> str:
    return ", ".join(f"{name} in {_at(source, _OR)}" for name, source in node.iterators)


def _iteration(node: Any) -> tuple[str, int]:
    return f"{_at(node.low, _OR)}..{_at(node.high, _OR)}", _ATOM


def _call(node: Any) -> tuple[str, int]:
    given = [_at(argument, _LOOSE) for argument in node.arguments]
    if node.names:
        given = [f"{name}: {text}" for name, text in zip(node.names, given, strict=True)]
    return f"{_at(node.function, _TIGHT)}({', '.join(given)})", _TIGHT


def _function(node: Any) -> tuple[str, int]:
    parameters = ", ".join(f"{name}: {_type(kind)[0]}" if kind else name for name, kind in node.parameters)
    return f"function({parameters}) {'external ' if node.external else ''}{_at(node.body, _LOOSE)}", _LOOSE


def _type(node: Any) -> tuple[str, int]:
    if not node.parts:
        return node.name, _ATOM
    parts = [_type(part)[0] for part in node.parts]
    if node.name == "context":
        parts = [f"{key}: {part}" for key, part in zip(node.keys, parts, strict=True)]
    if node.name == "function":
        return f"function<{', '.join(parts[:-1])}> -> {parts[-1]}", _ATOM
    return f"{node.name}<{', '.join(parts)}>", _ATOM


_PRINTERS: dict[type, Callable[[Any], tuple[str, int]]] = {
    tree.Literal: _literal,
    tree.AtLiteral: lambda node: ("@" + string_text(node.text), _ATOM),
    tree.Name: lambda node: (node.name, _ATOM),
    tree.Binary: _binary,
    tree.Logic: _logic,
    tree.Negate: lambda node: (f"-{_at(node.value, _SIGN)}", _SIGN),
    tree.Between: _between,
    tree.In: _in,
    tree.UnaryTests: _unary,
    tree.UnaryRange: lambda node: (f"({node.op} {_at(node.value, _SUM)})", _ATOM),
    tree.RangeNode: _range,
    tree.ListNode: lambda node: (f"[{', '.join(_at(item, _LOOSE) for item in node.items)}]", _ATOM),
    tree.ContextNode: _context,
    tree.If: lambda node: (
        f"if {_at(node.condition, _OR)} then {_at(node.yes, _OR)} else {_at(node.no, _OR)}",
        _LOOSE,
    ),
    tree.For: lambda node: (f"for {_iterators(node)} return {_at(node.body, _LOOSE)}", _LOOSE),
    tree.IterationRange: _iteration,
    tree.Quantified: lambda node: (
        f"{node.kind} {_iterators(node)} satisfies {_at(node.body, _LOOSE)}",
        _LOOSE,
    ),
    tree.Path: lambda node: (f"{_at(node.value, _TIGHT)}.{node.name}", _TIGHT),
    tree.Filter: lambda node: (f"{_at(node.value, _TIGHT)}[{_at(node.condition, _LOOSE)}]", _TIGHT),
    tree.Call: _call,
    tree.FunctionNode: _function,
    tree.InstanceOf: lambda node: (f"{_at(node.value, _TIGHT)} instance of {_type(node.type)[0]}", _SIGN),
    tree.TypeNode: _type,
}
