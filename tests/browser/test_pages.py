"""Pages work by keyboard."""

from __future__ import annotations


def test_the_inbox_works_by_keyboard(desk, served):
    page = desk["luwenjing"].page
    page.goto("/")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    first = page.locator("[data-keys=rows] tbody tr:not(.sec) a").first
    assert first.evaluate("(link) => link === document.activeElement")
    page.keyboard.press("Enter")
    page.wait_for_url("**/tasks/*")
    page.keyboard.press("g")
    page.keyboard.press("i")
    page.wait_for_url(served.url + "/")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.type") == "search"
