"""Every page in a real browser: axe finds nothing, nothing is wider than the screen, keys work."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from engine.domain.ceremony.tables import Draw
from engine.runtime.tables import Instance, WorkItem

pytestmark = pytest.mark.browser
AXE = (Path(__file__).parent / "axe" / "axe.min.js").read_text("utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
PUBLIC = ["/public", "/public/items", "/public/plans", "/public/draws", "/public/verify", "/sign-in"]
RUN = f"axe.run(document, {{runOnly: {TAGS}, resultTypes: ['violations']}})"
ROLES = {
    "luwenjing": "section",
    "hezhixia": "supervision",
    "shenqichang": "leader",
    "luobingzheng": "witness",
    "zhouyanqiu": "inspector",
    "tianjiahe": "expert",
    "liangshuhe": "modeller",
    "jiweian": "system_admin",
    "yanshenzhi": "audit_admin",
}


def enter(chrome, served, login, width):
    """A signed-in page; every console error fails the test at its end."""
    context = chrome.new_context(viewport={"width": width, "height": 900}, locale="zh-CN", bypass_csp=True)
    page = context.new_page()
    page.faults = []
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    if login:
        page.goto(f"{served.url}/sign-in")
        page.fill("#login", login)
        page.fill("#password", "demo-casework")
        page.click("main form button[type=submit]")
        page.wait_for_selector("a.me")
    return page


def addresses(served, client):
    """The GET addresses of the pages, with numbers of real rows; those the person may open."""
    with served.world.database.reading() as session:
        item = session.scalar(select(WorkItem.id).where(WorkItem.state == "open"))
        done = session.scalar(select(WorkItem.id).where(WorkItem.state == "done"))
        plan = session.scalar(select(Instance.id).where(Instance.process == "plan"))
        inspection = session.scalar(select(Instance.id).where(Instance.process == "inspection"))
        draw = session.scalar(select(Draw.id))
    found = [
        "/",
        "/?tab=done",
        "/?tab=started",
        f"/tasks/{item}",
        f"/tasks/{done}",
        "/cases",
        f"/cases/{plan}",
        f"/cases/{inspection}",
        "/plans",
        "/plans/1",
        "/draws",
        f"/draws/{draw}",
        "/board?when=all",
        "/registry",
        "/registry?tab=inspectors",
        "/registry?tab=items",
        "/registry/import",
        "/processes",
        "/processes/1",
        "/processes/1/inspection",
        "/audit",
        "/me",
        "/second-factor",
        "/nowhere",
    ]
    return [path for path in found if client.get(path).status_code in (200, 404)]


def visited(served, login):
    client = served.app.test_client()
    client.application.config["WTF_CSRF_ENABLED"] = False
    client.post("/sign-in", data={"login": login, "password": "demo-casework"})
    found = addresses(served, client)
    client.application.config["WTF_CSRF_ENABLED"] = True
    return found


def check(page, address, path):
    page.goto(address + path)
    page.evaluate("() => document.querySelectorAll('details').forEach((part) => part.open = true)")
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"{path}: {wide} px wider than the screen"
    page.evaluate(AXE)
    result = page.evaluate(RUN)
    found = [
        f"{rule['id']}: {node['target']} {node['failureSummary']}"
        for rule in result["violations"]
        for node in rule["nodes"]
    ]
    assert not found, f"{path}\n" + "\n".join(found)
    assert page.faults == [], path


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("login", list(ROLES))
def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(chrome, served, login, width):
    page = enter(chrome, served, login, width)
    for path in visited(served, login):
        check(page, served.url, path)
    page.context.close()


@pytest.mark.parametrize("width", [390, 1280])
def test_public_pages_pass_axe_without_sign_in(chrome, served, width):
    page = enter(chrome, served, "", width)
    with served.world.database.reading() as session:
        draw = session.scalar(select(Draw.id))
    for path in [*PUBLIC, f"/public/draws/{draw}"]:
        check(page, served.url, path)
    page.context.close()


def test_dark_mode_keeps_its_contrast(chrome, served):
    page = enter(chrome, served, "luwenjing", 1280)
    page.emulate_media(color_scheme="dark")
    for path in visited(served, "luwenjing")[:14]:
        check(page, served.url, path)
    page.context.close()


def test_the_inbox_works_by_keyboard(chrome, served):
    page = enter(chrome, served, "luwenjing", 1280)
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
    page.context.close()


def test_pages_work_without_a_script(chrome, served):
    context = chrome.new_context(java_script_enabled=False, viewport={"width": 390, "height": 900})
    page = context.new_page()
    page.goto(f"{served.url}/sign-in")
    page.fill("#login", "luwenjing")
    page.fill("#password", "demo-casework")
    page.click("main form button[type=submit]")
    assert page.locator("h1").inner_text() == "待办"
    page.locator("[data-keys=rows] tbody tr:not(.sec) a").first.click()
    page.click(".tray button.btn")
    assert "需要改正" in page.locator("#errors").inner_text()
    context.close()


def test_a_refused_form_takes_the_focus_to_its_summary(chrome, served):
    page = enter(chrome, served, "luwenjing", 1280)
    page.locator("[data-keys=rows] tbody tr:not(.sec) a").first.click()
    page.click(".tray button.btn")
    page.wait_for_selector("#errors")
    assert page.evaluate("document.activeElement.id") == "errors"
    assert page.title().startswith("错误：")
    page.locator("#errors a").first.click()
    assert page.evaluate("document.activeElement !== document.body")
    page.context.close()


def test_a_lead_and_a_registry_change_open_their_first_form(chrome, served):
    page = enter(chrome, served, "hezhixia", 1280)
    page.click("text=登记线索")
    page.wait_for_url("**/tasks/*")
    assert page.locator("h1").inner_text() == "登记线索"
    page.context.close()
    page = enter(chrome, served, "luwenjing", 1280)
    page.goto(f"{served.url}/registry")
    page.click("text=发起变更")
    page.wait_for_url("**/tasks/*")
    assert "名录库变更" in page.locator("h1").inner_text()
    page.context.close()
