"""Every built-in function with every kind of argument: an answer or a null with a reason, never a crash."""

# ruff: noqa: PT017  (both endings are right; when it is the error, the error is looked at)

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import RuleError
from engine.rules.feel import DateTime, DaysTime, Range, Time, YearsMonths, parse, to_feel
from engine.rules.feel.builtins import BUILTINS
from engine.rules.feel.invocation import call, call_named
from engine.rules.feel.limits import Run
from engine.rules.feel.temporal import FarDate
from tests.engine.test_feel_roundtrip import NAMES, print_tree, trees

numbers = st.one_of(
    st.sampled_from([0, 1, -1, 2, 3, 0.5, -2.5]).map(lambda number: Decimal(str(number))),
    st.sampled_from(["1e6144", "-1e6000", "1e-6143", "9" * 34, "1e40", "0.1"]).map(Decimal),
)
times = st.builds(
    Time, st.integers(0, 23), st.integers(0, 59), st.integers(0, 59), st.integers(0, 10**9 - 1),
    st.sampled_from([None, 0, 28800, -3600, "Asia/Shanghai", "Europe/Paris"]),
)  # fmt: skip
days = st.one_of(
    st.dates(), st.builds(FarDate, st.sampled_from([-5, 0, 12024, 999_999_999]), st.just(2), st.just(28))
)
simple = st.one_of(
    st.none(),
    st.booleans(),
    numbers,
    st.sampled_from(["", "a", "2024-02-29", "12:00:00", "P1D", "[1..2]", "1,5", "(", "🐎", "Asia/Shanghai"]),
    days,
    times,
    st.builds(DateTime, days, times),
    st.integers(-(10**6), 10**6).map(YearsMonths),
    st.integers(-(10**18), 10**18).map(DaysTime),
    st.builds(Range, numbers, st.booleans(), numbers, st.booleans()),
    st.builds(Range, days, st.booleans(), st.none(), st.booleans(), st.just(">")),
    st.just(BUILTINS["count"]),
)
values = st.recursive(
    simple,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab键"), inner),
    max_leaves=5,
)


@pytest.mark.parametrize("name", BUILTINS)
@given(arguments=st.lists(values, max_size=4))
@settings(max_examples=15, deadline=None)
def test_a_function_answers_or_says_why_not(name, arguments):
    run = Run()
    try:
        value = call(run, BUILTINS[name], arguments)
    except RuleError as error:
        assert "上限" in error.reason
        return
    assert value is not None or run.diagnostics or None in _flat(arguments)
    to_feel(value)


def _flat(value):
    if isinstance(value, list):
        return [part for item in value for part in _flat(item)]
    return [part for item in value.values() for part in _flat(item)] if isinstance(value, dict) else [value]


@pytest.mark.parametrize("name", BUILTINS)
def test_a_function_refuses_unknown_parameter_names(name):
    run = Run()
    assert call_named(run, BUILTINS[name], {"没有这个参数": Decimal(1)}) is None
    assert run.diagnostics


@given(trees, st.fixed_dictionaries({}, optional=dict.fromkeys(NAMES, values)))
@settings(max_examples=120, deadline=None)
def test_any_expression_over_any_data_answers_or_refuses(node, context):
    """No exception but RuleError leaves the evaluator, and every answer has a FEEL text."""
    try:
        to_feel(parse(print_tree(node)).evaluate(context).value)
    except RuleError as error:
        assert error.reason


@given(st.text(max_size=60))
@settings(max_examples=120, deadline=None)
def test_any_text_is_read_or_refused(text):
    try:
        parse(text)
    except RuleError as error:
        assert 0 <= error.position <= len(text)


@given(st.text("()[]{}<>=+-*/.,:?\"' ainotrf012\\\n", max_size=40))
@settings(max_examples=200, deadline=None)
def test_any_row_of_signs_is_read_or_refused(text):
    try:
        parse(text, unary=True)
    except RuleError as error:
        assert 0 <= error.position <= len(text)


@given(days, st.integers(-50_000, 50_000))
@settings(max_examples=100, deadline=None)
def test_days_added_and_taken_away_meet_again(day, count):
    moved = parse("d + n").evaluate({"d": day, "n": DaysTime(count * 86_400 * 10**9)}).value
    if moved is not None:
        assert parse("m - n = d").value({"m": moved, "n": DaysTime(count * 86_400 * 10**9), "d": day}) is True


def test_the_calendar_of_far_years_goes_on_without_a_seam():
    assert parse('date("9999-12-31") + duration("P1D") = date("10000-01-01")').value({}) is True
    assert parse('date("0001-01-01") - duration("P1D") = date("0000-12-31")').value({}) is True
    assert parse('day of week(date("10000-01-01"))').value({}) == "Saturday"
    assert parse('date("0000-12-31") < date("0001-01-01")').value({}) is True
    assert date(1, 1, 1).isoweekday() == 1
