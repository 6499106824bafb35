"""Random trees: printing and parsing gives an equal tree; evaluation equals a slow reference."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.rules.feel import parse, tree
from engine.rules.feel.expression import read
from tests.engine.feel_printer import print_tree

NAMES = ("a", "金额", "Monthly Salary", "利润-成本", "item_1", "风险 等级")
numbers = st.decimals(min_value=0, max_value=10**9, places=3).map(tree.Literal)
texts = st.text(max_size=8).filter(lambda text: "\x00" not in text and text.isprintable()).map(tree.Literal)
names = st.sampled_from(NAMES).map(tree.Name)
leaves = st.one_of(
    numbers,
    texts,
    names,
    st.sampled_from([None, True, False]).map(tree.Literal),
    st.just(tree.AtLiteral("2024-02-29")),
)
types = st.recursive(
    st.sampled_from(["number", "string", "date and time", "Any", "years and months duration"]).map(
        tree.TypeNode
    ),
    lambda inner: st.one_of(
        inner.map(lambda part: tree.TypeNode("list", (part,))),
        inner.map(lambda part: tree.TypeNode("context", (part,), ("键",))),
        st.tuples(inner, inner).map(lambda pair: tree.TypeNode("function", pair)),
    ),
    max_leaves=4,
)


def _nodes(inner):
    iterators = st.lists(st.tuples(st.sampled_from(["x", "y"]), inner), min_size=1, max_size=2).map(tuple)
    ranged = st.tuples(st.just("i"), st.builds(tree.IterationRange, inner, inner)).map(lambda pair: (pair,))
    tests = st.lists(
        st.one_of(
            inner, st.builds(tree.UnaryRange, st.sampled_from(["<", "<=", ">", ">=", "=", "!="]), inner)
        ),
        min_size=1,
        max_size=3,
    ).map(tuple)
    parts = st.lists(inner, min_size=2, max_size=4).map(tuple)
    return st.one_of(
        st.builds(
            tree.Binary,
            st.sampled_from(["+", "-", "*", "/", "**", "=", "!=", "<", "<=", ">", ">="]),
            inner,
            inner,
        ),
        st.builds(tree.Logic, st.sampled_from(["and", "or"]), parts),
        st.builds(tree.Negate, inner),
        st.builds(tree.Between, inner, inner, inner),
        st.builds(tree.In, inner, tests),
        st.builds(tree.RangeNode, st.booleans(), inner, inner, st.booleans()),
        st.lists(inner, max_size=3).map(lambda items: tree.ListNode(tuple(items))),
        st.builds(tree.If, inner, inner, inner),
        st.builds(tree.For, st.one_of(iterators, ranged), inner),
        st.builds(tree.Quantified, st.sampled_from(["some", "every"]), iterators, inner),
        st.builds(tree.Path, inner, st.sampled_from(["a", "名称", "start included"])),
        st.builds(tree.Filter, inner, inner),
        st.builds(tree.Call, inner, st.lists(inner, max_size=2).map(tuple)),
        inner.map(lambda value: tree.Call(tree.Name("string length"), (value,), ("string",))),
        st.builds(tree.FunctionNode, types.map(lambda kind: (("p", kind), ("参数 二", None))), inner),
        st.builds(tree.InstanceOf, inner, types),
        st.dictionaries(st.sampled_from(["k", "键", "two words", "a+b", ""]), inner, max_size=3).map(
            lambda entries: tree.ContextNode(tuple(entries.items()))
        ),
    )


trees = st.recursive(leaves, _nodes, max_leaves=12)


@given(trees)
@settings(max_examples=250, deadline=None)
def test_a_printed_tree_reads_back_as_the_same_tree(node):
    """print → parse → equal tree."""
    text = print_tree(node)
    assert read(text, NAMES) == _flat(node), text


def _flat(node):
    """A chain `(a and b) and c` prints with its parentheses, so that nothing needs flattening."""
    return node


# -- a slow reference, on its own number type and its own three values

logic = st.recursive(
    st.sampled_from(["true", "false", "null"]),
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(["and", "or"]), st.lists(inner, min_size=2, max_size=3)),
        inner.map(lambda value: ("not", value)),
    ),
    max_leaves=8,
)
_ORDER = {"false": 0, "null": 1, "true": 2}
_BACK = {0: False, 1: None, 2: True}


def _logic_text(node):
    if isinstance(node, str):
        return node
    if node[0] == "not":
        return f"not({_logic_text(node[1])})"
    return "(" + f" {node[0]} ".join(map(_logic_text, node[1])) + ")"


def _logic_value(node):
    """Kleene's logic as minimum, maximum and mirror of false < unknown < true."""
    if isinstance(node, str):
        return _ORDER[node]
    if node[0] == "not":
        return 2 - _logic_value(node[1])
    return (min if node[0] == "and" else max)(map(_logic_value, node[1]))


@given(logic)
@settings(max_examples=150, deadline=None)
def test_three_valued_logic_equals_kleenes(node):
    assert parse(_logic_text(node)).evaluate({}).value is _BACK[_logic_value(node)]


sums = st.recursive(
    st.integers(min_value=0, max_value=999),
    lambda inner: st.tuples(st.sampled_from("+-*"), inner, inner),
    max_leaves=8,
)


def _sum_text(node):
    return str(node) if isinstance(node, int) else f"({_sum_text(node[1])} {node[0]} {_sum_text(node[2])})"


def _sum_value(node):
    if isinstance(node, int):
        return Fraction(node)
    left, right = _sum_value(node[1]), _sum_value(node[2])
    return {"+": left + right, "-": left - right, "*": left * right}[node[0]]


@given(sums)
@settings(max_examples=150, deadline=None)
def test_arithmetic_equals_exact_fractions(node):
    """Up to eight three-digit factors fit into 34 digits, so the two must be equal, not close."""
    assert Fraction(parse(_sum_text(node)).value({})) == _sum_value(node)


@given(st.integers(-999, 999), st.integers(-999, 999).filter(bool))
@settings(max_examples=100, deadline=None)
def test_division_is_right_to_34_digits(numerator, denominator):
    got = parse(f"({numerator}) / ({denominator})").value({})
    assert abs(Fraction(got) - Fraction(numerator, denominator)) <= Fraction(1, 10**30)


values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 5),
    st.sampled_from(["", "a", "b"]),
    st.lists(st.integers(0, 2), max_size=2),
)


def _kind(value):
    if value is None or isinstance(value, bool | str | list):
        return type(value)
    return int


@given(values, values, st.sampled_from(["=", "!=", "<", "<=", ">", ">="]))
@settings(max_examples=200, deadline=None)
def test_comparison_equals_a_reference(left, right, op):
    """Equal kinds compare, null equals only null, all else is null with a reason."""
    result = parse(f"l {op} r").evaluate({"l": left, "r": right})
    if op in {"=", "!="} and (left is None or right is None):
        expected = (left is right) is (op == "=")
    elif _kind(left) is not _kind(right) or (op not in {"=", "!="} and _kind(left) not in {int, str}):
        expected = None
    else:
        order = [left == right, left != right]
        order += (
            [left < right, left <= right, left > right, left >= right]
            if _kind(left) in {int, str}
            else [None] * 4
        )
        expected = dict(zip(["=", "!=", "<", "<=", ">", ">="], order, strict=True))[op]
    assert result.value is expected
    assert (result.value is None) == bool(result.diagnostics)


def test_numbers_have_34_digits():
    assert str(parse("1 / 3").value({})) == "0." + "3" * 34
    assert parse("0.1 + 0.2 = 0.3").value({}) is True
    assert parse("99999999999999999999999999999999 + 1").value({}) == Decimal(10) ** 32
