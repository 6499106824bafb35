"""The page of a case and of a step in Chromium: the diagram leads to the steps, and both can be printed."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from engine.desk import opening
from engine.people import Person
from tests.browser.people import WIDE
from tests.browser.test_accessibility import enter, look

HIDDEN = "(all) => all.filter((each) => each.checkVisibility()).length"


@pytest.fixture(scope="module")
def served(installation):
    """A bureau in which the supervision has just entered a lead."""
    served = installation(objects=60, cases=1).open()
    with served.world.database.transaction() as session:
        who = session.scalars(select(Person).where(Person.name == "贺知夏")).unique().first()
        served.login = who.login
        served.case = opening.open_lead(served.world, session, who, key="lead").id
        served.task = opening.first_step(session, who, served.case)
    return served


@pytest.fixture
def page(chrome, served):
    tab = enter(chrome, served, served.login, width=WIDE)
    yield tab
    tab.context.close()


def test_a_step_of_the_diagram_is_reached_by_keyboard(page, served):
    assert look(page, f"/cases/{served.case}") == []
    link = page.locator(".map svg a").first
    page.locator(".map").first.focus()
    page.keyboard.press("Tab")
    assert link.evaluate("(link) => link === document.activeElement")
    assert link.evaluate("(link) => getComputedStyle(link).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/tasks/{served.task}")


@pytest.mark.parametrize("place", ["cases/{0.case}", "tasks/{0.task}"])
def test_on_paper_there_is_the_page_and_nothing_to_press(page, served, place):
    """No menu, no button, folded parts open, nothing wider than the sheet."""
    page.goto("/" + place.format(served))
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 794, "height": 1123})  # A4 at 96 px per inch
    assert page.locator("h1").is_visible()
    for what in ("nav", "button:not(.vh)", "a.btn", "input[type=submit]"):
        assert page.locator(what).evaluate_all(HIDDEN) == 0, what
    folded = "(all) => all.filter((each) => each.checkVisibility() && !each.open).length"
    assert page.locator("main details").evaluate_all(folded) == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 794
