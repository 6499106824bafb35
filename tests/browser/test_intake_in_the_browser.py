"""A registry file in the browser: progress, stop, go on, the report, the refused rows; others work on meanwhile."""

from __future__ import annotations

import threading

import pytest
from playwright.sync_api import expect

from engine.desk import intake
from tests.browser.people import PATIENCE, PHONE

ROWS = 2000
HEAD = "编码,名称,类别,区划\n"
SOON = PATIENCE * 1000


@pytest.fixture(scope="module")
def served(installation):
    """A bureau with nothing begun."""
    return installation(cases=1).open()


@pytest.fixture
def held(monkeypatch):
    """The background process rests half way through the rows until somebody lets it go on."""
    event, tell = threading.Event(), intake._Watch._tell

    def resting(watch, session, stage, done, total):
        tell(watch, session, stage, done, total)
        if done == intake.EVERY * 2:
            session.commit()  # what it has told stands in the database while it rests
            event.wait(PATIENCE)

    monkeypatch.setattr(intake._Watch, "_tell", resting)
    yield event
    event.set()


def written(folder):
    """A file as a clerk has it on the disk; its last row is no good."""
    lines = [f"H220102{number:05},第{number}卫生室,村卫生室,220102" for number in range(1, ROWS + 1)]
    path = folder / "名录.csv"
    path.write_text(HEAD + "\n".join([*lines, "H22010299999,没有这种的,什么店,220102"]) + "\n", "utf-8")
    return path


def test_a_large_file_is_checked_stopped_taken_up_again_and_entered(desk, tmp_path, held):
    clerk, leader = desk["陆文静"], desk["沈其昌"]
    page = clerk.page
    page.goto("/registry/import")
    page.set_input_files("#file", written(tmp_path))
    page.select_option("#kind", "objects")
    page.get_by_role("button", name="上传并核对").click()
    page.wait_for_url("**/registry/imports/*")
    expect(page.get_by_text(f"已核对 1000 / {ROWS + 1} 行")).to_be_visible(timeout=SOON)
    leader.page.goto("/me")
    leader.page.goto("/plans")
    leader.sees("计划")
    page.get_by_role("button", name="停止").click()
    held.set()
    expect(page.get_by_text("已停止，没有导入")).to_be_visible(timeout=SOON)

    page.get_by_role("button", name="继续").click()
    expect(page.get_by_text("已核对，还没有导入")).to_be_visible(timeout=SOON)
    clerk.sees(f"{ROWS + 1} 行", "什么店", "拒绝 1")
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    assert "H22010299999" in download.value.path().read_text("utf-8-sig")
    page.get_by_role("button", name="只导入能用的行").click()
    expect(page.get_by_text("已导入", exact=True)).to_be_visible(timeout=SOON)

    phone = desk.visitor("陆文静", script=False, width=PHONE)
    phone.page.goto(page.url)
    phone.sees("已导入", "什么店")
    assert phone.page.locator("html").evaluate("(page) => page.scrollWidth") <= PHONE
