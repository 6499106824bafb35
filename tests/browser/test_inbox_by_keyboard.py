"""A clerk's morning in the inbox: by keyboard, many at once, drafts that outlive a lost session, a live badge."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import text
from werkzeug.serving import make_server

from engine import clock
from engine.desk import jobs
from engine.desk.world import Answers, World
from engine.runtime.instance import Runtime
from engine.settings import Settings
from engine.storage.base import Base
from engine.storage.session import Database
from tests.browser.conftest import _Quiet
from tests.web import flow
from tests.web.town import KEY, NOW, PASSWORD, build
from web.app import create_app

NAMES = ("同心药房", "永安诊所", "向阳卫生室")


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Any]:
    """The small town of the page tests, served, with three checks waiting for 贺知夏."""
    settings = Settings(
        database_url=f"sqlite:///{tmp_path}/town.db",
        secret_key=KEY,
        files_dir=tmp_path,
        anchors_dir=tmp_path,
        base_url="http://127.0.0.1",
    )
    database, answers = Database(settings.database_url), Answers()
    Base.metadata.create_all(database.engine)
    clock.install(NOW.isoformat())
    world = World(settings, database, Runtime(key=KEY, ports=answers), answers)
    with database.transaction() as session:
        build(session)
    flow.deploy(world)
    for name in NAMES:
        flow.does(world, flow.begin(world, name), "lu")
    server = make_server("127.0.0.1", 0, create_app(world), threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield SimpleNamespace(world=world, database=database, url=f"http://127.0.0.1:{server.server_port}")
    server.shutdown()
    server.server_close()
    thread.join(10)
    database.dispose()
    clock.install("")


@pytest.fixture
def sign_in(chrome: Browser, town: Any) -> Iterator[Any]:
    """Open a browser of a person; no page of it may have an error."""
    contexts, faults = [], []

    def enter(login: str, width: int = 1280, *, script: bool = True) -> Page:
        context = chrome.new_context(
            viewport={"width": width, "height": 900},
            locale="zh-CN",
            base_url=town.url,
            java_script_enabled=script,
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda fault: faults.append(str(fault)))
        page.goto("/sign-in")
        page.fill("[name=login]", login)
        page.fill("[name=password]", PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(f"{town.url}/")
        return page

    yield enter
    for context in contexts:
        context.close()
    assert faults == []


def test_without_script_nothing_is_offered_that_needs_it(sign_in: Any) -> None:
    """No keys that do nothing, no button that selects nothing: what stays does its work."""
    page = sign_in("he", script=False)
    for useless in ("[data-every]", "[data-none]", "[data-all]", ".keys", "[role=search] kbd"):
        expect(page.locator(useless)).to_be_hidden()
    for box in page.locator("main input[name=item]").all():
        box.check()
    page.get_by_role("button", name="接收所选").click()
    expect(page.locator("h1")).to_contain_text("接收")


def test_moving_ticking_and_looking_by_keyboard(sign_in: Any) -> None:
    page = sign_in("he")
    for key in ("j", "x", "j", "x"):
        page.keyboard.press(key)
    expect(page.locator("[data-count]")).to_have_text("已选 2 件")
    expect(page.locator("tr[data-here] b a")).to_be_focused()
    page.keyboard.press("p")
    expect(page.locator("#peek h2")).to_have_text(NAMES[1])
    expect(page.locator("[data-count]")).to_have_text("已选 2 件")  # the list stayed as it was
    page.keyboard.press("?")
    shown = page.locator("dialog[open]")
    expect(shown).to_contain_text("勾选、取消勾选")
    page.keyboard.press("j")
    expect(page.locator("tr[data-here] b a")).to_have_text(NAMES[1])  # no single keys behind a dialog
    page.keyboard.press("Escape")
    expect(shown).to_have_count(0)
    page.keyboard.press("/")
    page.keyboard.type("jjx?")
    expect(page.locator("#q-top")).to_have_value("jjx?")  # in a field a letter is a letter
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("o")
    page.wait_for_url("**/?due=late")


def test_single_keys_can_be_switched_off(sign_in: Any) -> None:
    page = sign_in("he")
    page.goto("/keys")
    page.click("[data-keys-toggle]")
    page.goto("/")
    page.keyboard.press("j")
    expect(page.locator("tr[data-here]")).to_have_count(0)
    page.click("[data-key-map]")
    page.click("dialog [data-keys-toggle]")
    page.click("dialog form button")
    page.keyboard.press("j")
    expect(page.locator("tr[data-here]")).to_have_count(1)


def test_many_at_once_with_a_result_for_each(sign_in: Any, town: Any) -> None:
    """On a phone: tick one, all of the page, one form, and the page shows by itself how far it has come."""
    page = sign_in("he", width=390)
    expect(page.locator("[data-bulk]")).to_be_hidden()
    page.check("[name=item] >> nth=0")
    page.click("[data-every]")
    page.click("[data-bulk] [value=complete]")
    page.fill("[name=note]", "已核对，无异议")
    page.click(".tray .btn")
    expect(page.locator("main")).to_contain_text("已处理 0 / 3 件")
    jobs.drain(town.world)
    expect(page.locator("h1")).to_have_text("批量办理的结果", timeout=15_000)
    expect(page.locator("tbody .lamp.done")).to_have_count(3)
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_what_was_typed_outlives_a_lost_session(sign_in: Any, town: Any) -> None:
    item = flow.begin(town.world, "北关医院")
    page = sign_in("lu")
    page.goto(f"/tasks/{item}")
    page.fill("[name=note]", "写到一半")
    expect(page.locator("[data-autosave]")).to_contain_text("草稿已自动保存", timeout=15_000)
    with town.database.transaction() as session:
        session.execute(text("update session set revoked_at = '2026-10-09'"))
    page.fill("[name=note]", "写到一半，又写了几个字")
    expect(page.locator("[data-autosave]")).to_contain_text("登录已失效", timeout=15_000)
    expect(page.locator("[name=note]")).to_have_value("写到一半，又写了几个字")
    with page.context.expect_page() as opened:
        page.click("[data-autosave] a")
    other = opened.value
    other.fill("[name=login]", "lu")
    other.fill("[name=password]", PASSWORD)
    other.keyboard.press("Enter")
    # kept on the server before the session was lost
    expect(other.locator("[name=note]")).to_have_value("写到一半")
    expect(other.locator("main")).to_contain_text("已恢复你")


def test_the_badge_is_live_and_the_list_says_when_there_is_more(sign_in: Any, town: Any) -> None:
    page = sign_in("he")
    badge = page.locator('.mast nav a[href="/"] b')
    expect(badge).to_have_text("3")
    flow.does(town.world, flow.begin(town.world, "新来的"), "lu")
    page.evaluate("document.dispatchEvent(new Event('casework:look'))")
    expect(badge).to_have_text("4")
    page.click("[data-live] a")
    expect(page.locator("table.grid")).to_contain_text("新来的")
