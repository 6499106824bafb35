"""两种结果: what the shipped diagrams lead to for each answer, told before anything is decided."""

from pathlib import Path

import pytest

from engine.runtime import model
from engine.runtime.ahead import ahead

PLAN = Path("workflows/national/plan.bpmn")


@pytest.fixture(scope="module")
def plan():
    return model.read(PLAN.read_bytes(), PLAN.name).processes["plan"]


def test_the_way_after_an_approval_is_told_although_system_steps_have_facts_to_find(plan):
    told = [each.name for each in ahead(plan, "approve_plan", {"plan_id": 1, "decision": "approve"})]
    assert "公开抽查计划" in told


def test_the_way_after_a_return_leads_back_to_the_sections(plan):
    told = [each.name for each in ahead(plan, "approve_plan", {"plan_id": 1, "decision": "return"})]
    assert told[0] == "编制科室抽查计划"
