"""The benchmarks run (on a handful of rows) and say what they measured; no test depends on a time."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from engine.desk.bench import BENCHES
from web.cli import casework

SMALL = {"step": 1, "plan": 12, "start": 12, "inbox": 300, "board": 300, "timers": 5, "clients": 16}
ALWAYS = {"name", "n", "seconds", "cpu", "cpu_ms_per_unit", "machine", "budgets", "within"}
COUNTED = {"statements", "commits", "errors", "not_fired", "fired_twice"}  # what no slow machine excuses


@pytest.mark.parametrize("name", SMALL)
def test_a_benchmark_says_what_it_measured(name):
    for result in BENCHES[name](SMALL[name], lambda _done: None):
        assert set(result) >= ALWAYS, result
        held = {figure: result["within"][figure] for figure in COUNTED & set(result["budgets"])}
        assert all(held.values()), result


def test_the_command_prints_json_one_result_a_line():
    ran = CliRunner().invoke(casework, ["bench", "http", "--json", "--n", "1"])
    assert ran.exit_code == 0, ran.output
    (result,) = [json.loads(line) for line in ran.stdout.splitlines()]
    assert set(result) >= ALWAYS
    assert [each > 0 for each in result["loop_ms"]] == [True, True]  # the machine's speed before and after
    assert result["within"]["statements"], result
    assert result["within"]["commits"], result


def test_the_budgets_of_a_step_are_reported_together():
    ran = CliRunner().invoke(casework, ["bench", "step", "--json", "--n", "2"])
    assert ran.exit_code == 0, ran.output
    named = [json.loads(line)["name"] for line in ran.stdout.splitlines()]
    assert named == ["step", "step-long", "http", "plan", "start"]


def test_the_page_is_measured_as_a_browser_gets_it():
    ran = CliRunner().invoke(casework, ["bench", "page", "--json", "--n", "60"])
    assert ran.exit_code == 0, ran.output
    (result,) = [json.loads(line) for line in ran.stdout.splitlines()]
    assert set(result) >= ALWAYS
    assert result["bytes"] > 10_000


def test_every_object_of_a_draw_has_its_inspection():
    (result,) = BENCHES["start-drawn"](25, lambda _done: None)
    assert set(result) >= ALWAYS
    assert result["inspections"] == result["expected"] == 25


def test_the_command_speaks_to_people_and_names_what_there_is():
    ran = CliRunner().invoke(casework, ["bench", "clients", "--n", "16"])
    assert ran.exit_code == 0, ran.output
    assert "errors: 0（预算 0，符合）" in ran.stdout
    assert "可用" in CliRunner().invoke(casework, ["bench", "nothing"]).output
