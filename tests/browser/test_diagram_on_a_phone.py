"""A diagram is larger than a phone: it scrolls in its own box, and one button shows the whole of it."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from engine.runtime.tables import Release
from tests.browser.people import PHONE


@pytest.fixture(scope="module")
def served(installation):
    """A bureau with its diagrams and nothing begun."""
    return installation(objects=60, cases=1).open()


@pytest.mark.parametrize(("name", "width"), [("inspection", PHONE), ("lead", PHONE), ("followup", 1280)])
def test_one_button_shows_the_whole_diagram_and_back(desk, served, name, width):
    """Wider than the box on a phone; taller than it at a desk."""
    with served.world.database.reading() as session:
        release = session.scalars(select(Release.id).where(Release.pack == "jilin")).first()
    owner = desk.visitor("梁书禾", width=width)
    page = owner.page
    page.goto(f"/processes/{release}/{name}")
    hidden = "(box) => Math.max(box.scrollWidth - box.clientWidth, box.scrollHeight - box.clientHeight)"
    box = page.locator(".map").first
    assert box.evaluate(hidden) > 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_role("button", name="缩小看全图").click()
    assert box.evaluate(hidden) <= 1
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_role("button", name="放大看环节").click()
    assert box.evaluate(hidden) > 0


@pytest.mark.parametrize("width", [PHONE, 1280])
def test_the_names_of_the_lanes_are_read_once(desk, served, width):
    """Unscrolled they lie on the drawn ones; scrolled they stay at the edge."""
    with served.world.database.reading() as session:
        release = session.scalars(select(Release.id).where(Release.pack == "jilin")).first()
    page = desk.visitor("梁书禾", width=width).page
    page.goto(f"/processes/{release}/inspection")
    box, names = page.locator(".map").first, page.locator(".lane-names svg rect").first
    drawn = page.locator(".map > svg g.lane > rect").first
    start, frame = page.locator(".map .startEvent").first.bounding_box(), box.bounding_box()
    assert frame["y"] <= start["y"] <= frame["y"] + frame["height"] - start["height"]  # opens at its start
    box.evaluate("(box) => box.scrollTo(0, box.scrollTop)")
    assert abs(names.bounding_box()["x"] - drawn.bounding_box()["x"]) <= 1
    box.evaluate("(box) => box.scrollTo(600, 0)")
    assert abs(names.bounding_box()["x"] - box.bounding_box()["x"]) <= 1
