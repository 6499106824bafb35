"""Plans that bureaus of China have published (`tests/data/plans.json`): the share they state gives the number they state."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from engine import clock
from engine.domain import plan
from engine.domain.pack import parameters
from engine.domain.plan.coverage import sampled
from engine.domain.plan.tables import PlanTask
from engine.settings import ROOT
from tests.engine.year_samples import Year, task

ROWS = json.loads((ROOT / "tests" / "data" / "plans.json").read_text("utf-8"))
COUNTED = [row for row in ROWS if "sample" in row]
STRATA = {row["stratum"]: row for row in ROWS if "stratum" in row}


def shared(row: dict[str, Any]) -> PlanTask:
    """The share of a row as a task holds it."""
    ratio = row["ratio"]
    return PlanTask(num=ratio["num"], den=ratio["den"], rounding=row.get("rounding", "up"), at_least=1)


@pytest.mark.parametrize("row", COUNTED, ids=["beijing", "shandong"])
def test_the_stated_share_of_the_stated_base_is_the_stated_number(row):
    """吉 第八条 抽取比例: 2 % of 4,709 rounded up are 95; 1 % of 27,478 rounded down are 274."""
    assert sampled(shared(row), row["base"]) == row["sample"]
    other = {"up": "down", "down": "up"}[row["rounding"]]
    assert sampled(shared({**row, "rounding": other}), row["base"]) != row["sample"]


@pytest.fixture
def drafted(session):
    """A county with ten institutions of each of two kinds, and a plan with the shares of 长治市 2024."""
    with clock.fixed(datetime(2026, 3, 2, 1, tzinfo=UTC)):
        year = Year(session, objects=0)
        for place, kind in enumerate(STRATA):
            for number in range(1, 12):
                year.thing(place * 100 + number, kind=kind)
        made = plan.propose(
            session, parameters(year.pack), bureau=year.bureau, year=2026, opener=year.people["drafter"], quarter=1
        )  # fmt: skip
        year.data = {"plan_id": made.id}
        year.does("plan.open")
        rows = [
            task(
                year, name=row["items"][0], object_kind=kind, ratio=str(row["ratio"]["num"]),
                frequency=row["frequency"],
            )
            for kind, row in STRATA.items()
        ]  # fmt: skip
        year.does("plan.draft_section", "drafter", tasks=rows)
        year.does("plan.assess")
        yield plan.get(session, made.id)


def test_shares_by_level_of_the_hospital_make_a_plan(drafted):
    """长治市 2024: half of the hospitals of the third level, three tenths of the second; each at most once a year."""
    assert {each.object_kind: (each.num, each.den) for each in drafted.tasks} == {
        "hospital3": (50, 100),
        "hospital2": (30, 100),
    }
    assert drafted.coverage["sample"] == 6 + 4  # of eleven each, rounded up
    assert drafted.coverage["burden"] == 1
