"""A lead names its institution: typed, found, picked; with a script as one types, without one by a button."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from engine.domain.registry import RegistryObject
from tests.browser.people import PHONE


@pytest.fixture(scope="module")
def served(installation):
    """A bureau with its registries and nothing begun."""
    return installation(objects=60, cases=1).open()


def institution(desk):
    """Some institution of the bureau."""
    with desk.served.world.database.reading() as session:
        query = select(RegistryObject).where(RegistryObject.bureau_id == desk.person("陆文静").bureau_id)
        return session.scalars(query.order_by(RegistryObject.id)).first()


def opens(visitor):
    """Open a lead, register it, and stand before its verification."""
    page = visitor.page
    page.goto("/")
    page.get_by_role("button", name="登记线索").click()
    page.select_option("#f-source_kind", "complaint")
    page.fill("#f-source_document", "12345 热线工单 2026-0301")
    page.fill("#f-summary", "反映虚假住院")
    page.locator("form[data-form] .tray button.btn").click()
    visitor.desk.settles()
    visitor.finds(visitor.desk.awaits("核实线索"))
    page.check('[name="verdict"][value="specific"]')
    page.fill("#f-finding", "线索具体")


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_one_types_half_a_name_and_picks_the_institution(desk, script):
    thing = institution(desk)
    section = desk.visitor("贺知夏", script=script, width=PHONE)
    page = section.page
    opens(section)
    page.fill("#f-object_code", thing.name[:2])
    if script:
        page.wait_for_selector("#f-object_code-l option", state="attached")
        words = page.locator("#f-object_code-l option").evaluate_all("all => all.map((one) => one.value)")
        assert f"{thing.code} {thing.name}" in words
    page.get_by_role("button", name="查找对象").click()
    assert page.locator("#f-finding").input_value() == "线索具体"
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE
    page.get_by_label(thing.name).check()
    page.locator("form[data-form] .tray button.btn").click()
    section.sees("已交：核实线索")
    waits = desk.awaits("审批线索检查")
    assert waits.object_name == thing.name
    page.goto("/")
    desk["沈其昌"].does(waits, decision="return", reason="请补充材料")
    desk.settles()
    again = desk.awaits("核实线索")
    section.finds(again)  # what was settled before stands there, by code and name
    assert page.locator("#f-object_code").input_value() == f"{thing.code} {thing.name}"
    section.does(again, verdict="general", finding="不针对具体对象")
