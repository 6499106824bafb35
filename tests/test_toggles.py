"""A rule counts only if its test goes red without it: the table tests/toggles.toml, and the runs that prove it."""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
import tomllib

import pytest

from engine.settings import ROOT

TABLE = tomllib.loads((ROOT / "tests" / "toggles.toml").read_text("utf-8"))
RULES = {rule["id"]: rule for rule in TABLE["rule"]}
SAMPLE = (
    "plan-content", "plan-approver", "repeat-reasons", "cap-exempt-jilin", "supervisor-units", "operator-is-witness",
    "witness-excludes", "lock-objects", "team-min", "archive-person", "supervision-staff", "log-update", "may-objects",
)  # fmt: skip
ARTICLES = [f"J{number}" for number in range(1, 31)] + [f"W{number}" for number in range(1, 19)]
DUTIES = [f"D{number}" for number in range(1, 17)]


def toggles(*words: str) -> subprocess.CompletedProcess[str]:
    """`scripts/toggles`, outside this process: it forks and imports the product afresh."""
    return subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "toggles"), *words],
        cwd=ROOT, env=os.environ.copy(), capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_every_article_and_every_duty_has_a_rule_or_a_reason():
    named = {word for rule in TABLE["rule"] for word in rule["articles"].split()}
    assert not set(ARTICLES + DUTIES) - named - set(TABLE["without"])
    assert not named & set(TABLE["without"])
    assert all(TABLE["without"].values())
    assert len(RULES) == len(TABLE["rule"])


def test_every_line_names_a_test_that_is_there():
    for rule in TABLE["rule"]:
        file, name = rule["test"].split("::")
        written = (ROOT / "tests" / file).read_text("utf-8")
        assert re.search(rf"^def {name.partition('[')[0]}\(", written, re.MULTILINE), rule["id"]


def test_every_line_names_something_to_switch_off():
    """The functions at once; what stands in files and schema is looked for when a line is run."""
    for rule in TABLE["rule"]:
        if "function" in rule["off"]:
            module, name = rule["off"]["function"].split(":")
            assert callable(getattr(importlib.import_module(module), name)), rule["id"]


def test_the_page_is_current():
    """docs/toggles.md holds every line of the table, each shown red."""
    done = toggles("--check")
    assert done.returncode == 0, done.stdout


def test_a_sample_goes_red_without_its_rule():
    """A dozen of all kinds on every run; scripts/test --full runs them all."""
    assert len(SAMPLE) >= 12
    done = toggles("--dry", "--exact", *SAMPLE)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_every_rule_goes_red_when_it_is_switched_off():
    done = toggles("--dry")
    assert done.returncode == 0, done.stdout + done.stderr
