"""The shared FEEL cases on our side; tests/browser/test_feel_parity.py asks the editors' library the same."""

from __future__ import annotations

import pytest

from engine.rules.feel import parse
from engine.rules.feel.agreement import agrees
from tests.rule_texts import cases, shipped

CASES = cases()
TEXTS = {(text.text, text.unary): text for text in shipped()}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.text} {case.data or ''}")
def test_a_shared_case(case):
    assert agrees(case.answer(), parse(case.expect).evaluate({}).value)


def test_there_are_enough_of_them_and_of_every_kind():
    assert len(CASES) >= 200
    assert len({(case.text, repr(case.data)) for case in CASES}) == len(CASES)
    assert {case.group for case in CASES} >= {
        "arithmetic", "strings", "dates and times", "durations", "lists", "contexts", "ranges",
        "conditionals and loops", "table cells",
    }  # fmt: skip
    chinese = [
        case for case in CASES if any("\u4e00" <= sign <= "\u9fff" for name in case.data for sign in name)
    ]
    assert len(chinese) >= 40


@pytest.mark.parametrize("text", TEXTS.values(), ids=lambda text: f"{text.where} {text.text}")
def test_every_function_that_the_product_ships_stands_in_the_shared_cases(text):
    shared = set().union(*(parse(case.text, unary=case.unary).functions() for case in CASES))
    assert text.expression.functions() <= shared
