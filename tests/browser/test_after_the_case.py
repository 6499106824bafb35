"""A closed case in Chromium: what is public is corrected, the file is lent, on a phone as well."""

from __future__ import annotations

import pytest

from engine.runtime.tables import Instance
from tests.browser.people import PHONE


@pytest.fixture(scope="module")
def served(installation):
    """A bureau whose one case is in the archive."""
    return installation(through="archive", cases=1).open()


def test_a_closed_case_offers_correction_and_lending(desk, served):
    """吉 第七条, 第二十七条: the buttons stand on the page of the closed case; each opens its form, then its step."""
    with served.world.database.reading() as session:
        case = session.query(Instance).filter_by(process="inspection", state="completed").first().id
    section = desk.visitor("陆文静", width=PHONE)
    for name, fill in (
        ("更正或撤回公示", {"kind": "correction", "reason": "复议决定改变了一项结果"}),
        ("借阅案卷", {"purpose": "复议需要核对原件", "kind": "original", "due_on": "2027-03-31"}),
    ):
        section.page.goto(f"{served.url}/cases/{case}")
        section.page.get_by_role("link", name=name).first.click()
        for key, value in fill.items():
            radio = section.page.locator(f'input[name="{key}"][value="{value}"]')
            if radio.count():
                radio.check()
            else:
                section.page.fill(f'[name="{key}"]', value)
        assert section.page.evaluate("document.documentElement.scrollWidth") <= PHONE
        section.page.get_by_role("button", name="发起").or_(
            section.page.get_by_role("button", name="提交")
        ).first.click()
        section.sees("已发起")
    with served.world.database.reading() as session:
        open_now = [row.process for row in session.query(Instance).filter_by(state="running", case_id=case)]
    assert {"inspection.change", "archive.lending"} <= set(open_now)
