"""A condition in words, for readers without a script and for process owners: ““签字情况”是“拒绝签字””."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from engine.rules.feel.tree import Between, Binary, Call, In, ListNode, Literal, Logic, Name, Node
from forms.condition import Condition
from forms.model import Component, Form

OPPOSITE = {"=": "!=", "!=": "=", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}
MIRROR = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
COMPARED = {"<": "小于", "<=": "不大于", ">": "大于", ">=": "不小于"}


def shown_when(form: Form, hide: Condition) -> str:
    """When a part is asked, as a sentence: the opposite of its `hide`."""
    known = {component.key: component for component in form.walk() if component.key}
    said = _say(hide.expression.node, known, wanted=False)
    return f"{said}时填写" if said else "是否需要填写，看前面的回答"


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
        return f"{'勾选了' if wanted else '没有勾选'}{known[node.name].named}"
    if isinstance(node, Between) and wanted:
        low, high = _plain(node.low), _plain(node.high)
        return f"{_named(node.value, known)}在 {low} 到 {high} 之间" if low and high else ""
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
            number = _plain(right)
            return f"{_named(left, known)}{COMPARED[op]} {number}" if number and _named(left, known) else ""
        return _is(left, (right,), known, wanted=op == "=")
    return ""


def _chain(node: Logic, known: Mapping[str, Component], *, wanted: bool) -> str:
    said = [_say(part, known, wanted=wanted) for part in node.parts]
    if not all(said):
        return ""
    either = (node.op == "or") == wanted
    heads = {text.partition("是“")[0] for text in said if "是“" in text and "不是“" not in text}
    if either and len(heads) == 1 and all("是“" in text for text in said):
        return said[0] + "".join("或" + text.removeprefix(heads.copy().pop() + "是") for text in said[1:])
    return ("或" if either else "，且").join(said)


def _call(node: Call, known: Mapping[str, Component], *, wanted: bool) -> str:
    name = _called(node)
    if name == "not" and len(node.arguments) == 1:
        return _say(node.arguments[0], known, wanted=not wanted)
    if name == "list contains" and len(node.arguments) == 2:  # noqa: PLR2004
        value = _value(node.arguments[1], node.arguments[0], known)
        who = _named(node.arguments[0], known)
        return f"{who}{'选了' if wanted else '没有选'}{value}" if who and value else ""
    return ""


def _is(subject: Node, values: tuple[Node, ...], known: Mapping[str, Component], *, wanted: bool) -> str:
    who = _named(subject, known)
    if not who:
        return ""
    if len(values) == 1 and isinstance(values[0], Literal):
        value = values[0].value
        if value is None:
            return f"{who}{'没有填写' if wanted else '已填写'}"
        if isinstance(value, bool):
            return f"{'勾选了' if value == wanted else '没有勾选'}{who}"
    said = [_value(value, subject, known) for value in values]
    return f"{who}{'是' if wanted else '不是'}{'或'.join(said)}" if all(said) else ""


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
