"""The sandbox: every attack ends as a refusal with a sentence, within the budgets of steps and memory."""

from __future__ import annotations

import pytest

from engine.errors import RuleError
from engine.rules.feel import DEFAULT, parse
from engine.rules.feel.limits import Run
from tests.engine.feel_attacks import ATTACKS, HARMLESS


def refused(text: str) -> tuple[str, Run]:
    """The sentence of the refusal, and what was spent until then."""
    run = Run()
    try:
        value = run.finish(parse(text).run({}, run))
    except RuleError as error:
        return str(error), run
    assert value is None, f"{text[:80]} gave {value!r:.80}"
    assert run.diagnostics, f"{text[:80]} gave a silent null"
    return run.diagnostics[0], run


@pytest.mark.parametrize("text", ATTACKS, ids=lambda text: repr(text[:50]))
def test_an_attack_is_refused_within_its_budget(text):
    reason, run = refused(text)
    assert any("\u4e00" <= sign <= "\u9fff" for sign in reason)
    assert run.steps <= DEFAULT.steps
    assert run.memory <= DEFAULT.memory


def test_there_are_more_than_a_hundred_different_attacks():
    assert len(set(ATTACKS)) >= 150


@pytest.mark.parametrize(("text", "expected"), HARMLESS.items(), ids=range(len(HARMLESS)))
def test_what_only_looks_bad_is_answered(text, expected):
    assert parse(text).value({}) == expected


def test_a_value_never_leaves_as_a_python_object():
    """Only the types of FEEL come in: an object with attributes is refused by its type's name."""
    with pytest.raises(RuleError, match="object"):
        parse("a").value({"a": object()})
