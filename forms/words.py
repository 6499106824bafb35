"""A condition in words, for readers without a script and for process owners: ““签字情况”是“拒绝签字””."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import reduce

from engine.rules.feel.tree import Between, Binary, Call, In, ListNode, Literal, Logic, Name, Node
from engine.sentence import Sentence
from forms.condition import Condition
from forms.model import Component, Form

OPPOSITE = {"=": "!=", "!=": "=", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}
MIRROR = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
COMPARED = {
    "<": lambda left, number: Sentence("{left}小于 {number}", left=left, number=number),
    "<=": lambda left, number: Sentence("{left}不大于 {number}", left=left, number=number),
    ">": lambda left, number: Sentence("{left}大于 {number}", left=left, number=number),
    ">=": lambda left, number: Sentence("{left}不小于 {number}", left=left, number=number),
}


def shown_when(form: Form, hide: Condition) -> str:
    """When a part is asked, as a sentence: the opposite of its `hide`."""
    known = {component.key: component for component in form.walk() if component.key}
    said = _say(hide.expression.node, known, wanted=False)
    return Sentence("{said}时填写", said=said) if said else Sentence("是否需要填写，看前面的回答")


def choice_that_shows(hide: Condition) -> tuple[str, str] | None:
    """(key, value) where a part shows exactly when one answer has one value: below that option."""
    node = hide.expression.node
    if isinstance(node, Call) and _called(node) == "not" and len(node.arguments) == 1:
        inner, op = node.arguments[0], "="
    else:
        inner, op = node, "!="
    if isinstance(inner, Binary) and inner.op == op and isinstance(inner.left, Name):
        value = inner.right
        if isinstance(value, Literal) and isinstance(value.value, str):
            return inner.left.name, value.value
    return None


def _say(  # noqa: PLR0911  (one line per construct)
    node: Node, known: Mapping[str, Component], *, wanted: bool
) -> str:
    """A sentence that is true exactly when the node is `wanted`; empty where we have no words for it."""
    if isinstance(node, Logic):
        return _chain(node, known, wanted=wanted)
    if isinstance(node, Call):
        return _call(node, known, wanted=wanted)
    if isinstance(node, Name) and node.name in known:
        return _ticked(known[node.name].named, wanted=wanted)
    if isinstance(node, Between) and wanted:
        low, high = _plain(node.low), _plain(node.high)
        who = _named(node.value, known)
        return Sentence("{who}在 {low} 到 {high} 之间", who=who, low=low, high=high) if low and high else ""
    if isinstance(node, In):
        tests = (
            node.tests[0].items
            if len(node.tests) == 1 and isinstance(node.tests[0], ListNode)
            else node.tests
        )
        return _is(node.value, tests, known, wanted=wanted)
    if isinstance(node, Binary) and node.op in OPPOSITE:
        left, op, right = node.left, node.op, node.right
        if isinstance(left, Literal):
            left, op, right = right, MIRROR.get(op, op), left
        op = op if wanted else OPPOSITE[op]
        if op in COMPARED:
            who, number = _named(left, known), _plain(right)
            return COMPARED[op](who, number) if number and who else ""
        return _is(left, (right,), known, wanted=op == "=")
    return ""


def _chain(node: Logic, known: Mapping[str, Component], *, wanted: bool) -> str:
    either = (node.op == "or") == wanted
    equal = [part for part in node.parts if isinstance(part, Binary) and part.op == ("=" if wanted else "!=")]
    names = {part.left.name for part in equal if isinstance(part.left, Name)}
    if either and len(equal) == len(node.parts) and len(names) == 1:
        return _is(equal[0].left, tuple(part.right for part in equal), known, wanted=True)
    said = [_say(part, known, wanted=wanted) for part in node.parts]
    if not all(said):
        return ""
    return (
        _either(said)
        if either
        else reduce(lambda left, right: Sentence("{left}，且{right}", left=left, right=right), said)
    )


def _either(said: Iterable[str]) -> str:
    return reduce(lambda left, right: Sentence("{left}或{right}", left=left, right=right), said)


def _ticked(who: str, *, wanted: bool) -> str:
    return Sentence("勾选了{who}", who=who) if wanted else Sentence("没有勾选{who}", who=who)


def _call(node: Call, known: Mapping[str, Component], *, wanted: bool) -> str:
    name = _called(node)
    if name == "not" and len(node.arguments) == 1:
        return _say(node.arguments[0], known, wanted=not wanted)
    if name == "list contains" and len(node.arguments) == 2:  # noqa: PLR2004
        value = _value(node.arguments[1], node.arguments[0], known)
        who = _named(node.arguments[0], known)
        if not (who and value):
            return ""
        if wanted:
            return Sentence("{who}选了{value}", who=who, value=value)
        return Sentence("{who}没有选{value}", who=who, value=value)
    return ""


def _is(subject: Node, values: tuple[Node, ...], known: Mapping[str, Component], *, wanted: bool) -> str:
    who = _named(subject, known)
    if not who:
        return ""
    if len(values) == 1 and isinstance(values[0], Literal):
        value = values[0].value
        if value is None:
            return Sentence("{who}没有填写", who=who) if wanted else Sentence("{who}已填写", who=who)
        if isinstance(value, bool):
            return _ticked(who, wanted=value == wanted)
    said = [_value(value, subject, known) for value in values]
    if not all(said):
        return ""
    value = _either(said)
    return (
        Sentence("{who}是{value}", who=who, value=value)
        if wanted
        else Sentence("{who}不是{value}", who=who, value=value)
    )


def _called(node: Call) -> str:
    return node.function.name if isinstance(node.function, Name) else ""


def _named(node: Node, known: Mapping[str, Component]) -> str:
    return known[node.name].named if isinstance(node, Name) and node.name in known else ""


def _plain(node: Node) -> str:
    return str(node.value) if isinstance(node, Literal) and isinstance(node.value, Decimal) else ""


def _value(node: Node, subject: Node, known: Mapping[str, Component]) -> str:
    """The label of an option, or the value itself."""
    if not isinstance(node, Literal) or node.value is None or isinstance(node.value, bool):
        return ""
    component = known.get(subject.name) if isinstance(subject, Name) else None
    labels = {choice.value: choice.label for choice in component.choices} if component else {}
    text = str(node.value)
    return f"“{labels.get(text, text)}”" if isinstance(node.value, str) else f" {text} "
