"""The running rules against the table written by hand, and the page made of the running rules."""

from __future__ import annotations

import re
import tomllib
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader

import pytest
from sqlalchemy import CheckConstraint

import engine.desk.world  # noqa: F401 (all tables)
from engine.access import rights
from engine.domain.terms import LANES, LOCAL_BUREAU, ROLE_LABELS, SUPERIOR_BUREAU, TEAM, TEAM_LEADER
from engine.people import Role
from engine.runtime import model
from engine.settings import ROOT
from engine.storage.base import Base

TABLE = tomllib.loads((ROOT / "tests" / "rights.toml").read_text("utf-8"))
OWN_WORDS = {
    "team": TEAM,
    "team_leader": TEAM_LEADER,
    "local_bureau": LOCAL_BUREAU,
    "superior_bureau": SUPERIOR_BUREAU,
}


def lane(word: str) -> str:
    return OWN_WORDS.get(word) or ROLE_LABELS[word]


def script(name: str):
    """A script of the house as a module."""
    loader = SourceFileLoader(f"script_{name}", str(ROOT / "scripts" / name))
    module = module_from_spec(spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def page():
    return script("rights")


def processes():
    for file in sorted((ROOT / "workflows").glob("*/*.bpmn")):
        yield from model.read(file.read_bytes(), file.name).processes.values()


STEPS = [
    (f"{process.id}.{element.id}", element)
    for process in processes()
    for element in process.elements.values()
    if element.kind == "userTask"
]


def test_every_permission_has_its_row_and_every_row_its_reason():
    assert set(TABLE["permissions"]) == {permission.name for permission in rights.all_permissions()}
    for part in ("permissions", "steps", "actions"):
        assert all(row["why"] for row in TABLE[part].values())
    assert {role for row in TABLE["permissions"].values() for role in row["allow"]} <= set(Role)


def test_every_human_step_has_its_row():
    assert {name for name, _ in STEPS} == set(TABLE["steps"])


@pytest.mark.parametrize(("name", "element"), STEPS, ids=[name for name, _ in STEPS])
def test_a_step_is_done_by_whom_the_table_says(name, element):
    row = TABLE["steps"][name]
    assert element.lane == lane(row["by"])
    assert set(element.property("excludes").split()) >= set(row.get("not", []))
    known = {"team", "team_leader", "starter"}
    assert (
        not element.property("assignee")
        or re.match(r"same:|person:", element.property("assignee"))
        or (element.property("assignee") in known)
    )


def test_what_is_set_off_from_the_case_page():
    running = {
        trigger.process: {word.strip() for word in trigger.element.property("by").split(",")}
        for process in processes()
        for trigger in process.triggers
    }
    assert running == {name: {lane(word) for word in row["by"]} for name, row in TABLE["actions"].items()}


def test_every_lane_is_worked_by_a_post():
    assert {element.lane for _, element in STEPS} <= {name for name, role in LANES.items() if role}


def test_every_address_asks_for_what_the_table_says(page):
    said = TABLE["routes"]
    running = page.routes()
    assert {address for address, _, _ in running} == set(said)
    for address, method, asks in running:
        row = said[address]
        assert asks == (row if isinstance(row, str) else row[method]), (method, address)


def refusals() -> set[str]:
    source = "\n".join(path.read_text("utf-8") for path in (ROOT / "engine").rglob("*.py"))
    return set(re.findall(r"slug=\"([a-z-]+)\"", source))


def triggers() -> str:
    return "\n".join(
        path.read_text("utf-8")
        for path in (ROOT / "engine").rglob("*.py")
        if "TRIGGER" in path.read_text("utf-8")
    )


def constraints() -> set[str]:
    return {
        f"{table.name}.{constraint.name}"
        for table in Base.metadata.tables.values()
        for constraint in table.constraints
        if isinstance(constraint, CheckConstraint)
    }


def test_every_rule_of_duty_is_held_by_something():
    """The sixteen rules; each names the constraint, trigger, step, refusal or permission that holds it."""
    there = {
        "step": set(TABLE["steps"]),
        "permission": set(TABLE["permissions"]),
        "refusal": refusals(),
        "": constraints(),
    }
    assert list(TABLE["duties"]) == [f"D{number}" for number in range(1, 17)]
    for name, duty in TABLE["duties"].items():
        assert duty["held_by"], name
        for holder in duty["held_by"]:
            kind, _, what = holder.rpartition(" ")
            assert re.search(rf"\b{what}", triggers()) if kind == "trigger" else what in there[kind], (
                name,
                holder,
            )


def test_three_administrators_have_no_business_and_nobody_edits_the_log():
    administrators = {"system_admin", "security_admin", "audit_admin"}
    for name, row in TABLE["permissions"].items():
        if administrators & set(row["allow"]):
            assert len(row["allow"]) == 1, name
            assert name in {"system.manage", "people.manage", "audit.read"}


def test_the_page_is_current(page):
    """docs/rights.md is what scripts/rights writes today."""
    assert (ROOT / page.FILE).read_text("utf-8") == page.text(), "run scripts/rights"
