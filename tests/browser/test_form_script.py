"""Step forms in a real browser: conditions follow answers, rows grow, a signature is drawn."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from engine.errors import Refused
from engine.rules import feel
from forms import schema
from tests.web.test_form_rendering import EVERYTHING, SHOWN, page, read, record, shown  # noqa: F401

pytestmark = pytest.mark.browser
STATIC = Path(__file__).parents[2] / "web/static"
HOST = "http://forms.test"

# text, data: the browser must answer as the server does, or say that it does not know
SHARED = [
    ('a = "x"', {"a": "x"}),
    ('a != "x"', {"a": None}),
    ("a = null", {"a": None}),
    ("a = null or b > 3", {"a": 1, "b": 4}),
    ("a and b", {"a": True, "b": None}),
    ("a or b", {"a": None, "b": True}),
    ("not(a)", {"a": False}),
    ("not(a)", {"a": None}),
    ("a > 3", {"a": None}),
    ("a >= 3.5", {"a": 3.5}),
    ("a * 2 - 1 = 5", {"a": 3}),
    ("a between 1 and 3", {"a": 3}),
    ('a in ("x", "y")', {"a": "y"}),
    ("a in [1..3]", {"a": 3}),
    ("a in (<2, >5)", {"a": 6}),
    ('a in ["x", "y"]', {"a": "z"}),
    ('list contains(a, "x")', {"a": ["x", "y"]}),
    ("count(a) > 1", {"a": ["x", "y"]}),
    ('contains(a, "卫生")', {"a": "村卫生室"}),
    ("string length(a) < 3", {"a": "村卫"}),
    ('(if a = 1 then "y" else "n") = "y"', {"a": 1}),
    ("a = b", {"a": "1", "b": 1}),
    ("-a < 0", {"a": 3}),
    ("a / b > 1", {"a": 1, "b": 0}),
    ('starts with(a, "H")', {"a": "H41"}),
    ("a = []", {"a": []}),
]


@pytest.fixture
def open_page(chrome):
    context = chrome.new_context(locale="zh-CN", viewport={"width": 1000, "height": 800})
    tab = context.new_page()
    faults = []
    tab.on("pageerror", lambda error: faults.append(str(error)))
    tab.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)

    def opened(soup):
        sheets = "".join(
            f'<link rel="stylesheet" href="/static/{n}.css">' for n in ("tokens", "app", "scene", "form")
        )
        head = f'<!doctype html><html lang="zh-CN"><head><link rel="icon" href="data:,">{sheets}'
        html = f'{head}<script type="module" src="/static/form.js"></script></head><body>{soup}</body></html>'
        policy = {"Content-Security-Policy": "default-src 'self'; img-src 'self' data:"}
        tab.route(
            f"{HOST}/static/*", lambda route: route.fulfill(path=STATIC / route.request.url.rsplit("/", 1)[1])
        )
        tab.route(
            f"{HOST}/",
            lambda route: route.fulfill(body=html, content_type="text/html; charset=utf-8", headers=policy),
        )
        tab.goto(f"{HOST}/")
        tab.wait_for_function("document.readyState === 'complete'")
        return tab

    yield opened
    context.close()
    assert faults == []


def test_the_browser_answers_conditions_as_the_server_does(open_page, shown):  # noqa: F811
    tab = open_page(shown(page.page(record())))
    cases = [{"tree": feel.parse(text).tree(), "data": data} for text, data in SHARED]
    script = """async (cases) => {
      const { evaluate } = await import("/static/form.js");
      return cases.map(({ tree, data }) => evaluate(tree, (name) => data[name] ?? null));
    }"""
    found = tab.evaluate(script, json.loads(json.dumps(cases)))
    wanted = [feel.parse(text).evaluate(data).value for text, data in SHARED]
    wanted = [float(value) if isinstance(value, Decimal) else value for value in wanted]
    texts = [text for text, _ in SHARED]
    assert list(zip(texts, found, strict=True)) == list(zip(texts, wanted, strict=True))


def test_a_conditional_part_comes_and_goes_and_loses_its_words(open_page, shown):  # noqa: F811
    tab = open_page(shown(page.page(record())))
    reason = tab.locator("textarea[name=unsigned_reason]")
    assert not reason.is_visible()
    tab.check("input[value=refused]")
    assert reason.is_visible()
    assert not tab.get_by_text("时填写").first.is_visible()
    assert not tab.locator("input[name=witness_name]").is_visible()
    tab.check("input[name=witness_invited][value=yes]")
    assert tab.locator("input[name=witness_name]").is_visible()
    tab.check("input[value=signed]")
    assert not reason.is_visible()


def test_rows_grow_and_go_and_each_row_follows_its_own_answers(open_page, shown):  # noqa: F811
    tab = open_page(shown(page.page(read(*EVERYTHING), shown=SHOWN)))
    tab.click("[data-add]")
    tab.fill("input[name='items.1.name']", "病历")
    assert tab.locator("input[name='items.1.spec']").is_visible()
    assert not tab.locator("input[name='items.0.spec']").is_visible()
    tab.locator("[data-row]").nth(0).locator("[data-drop]").click()
    assert tab.locator("[data-row]").count() == 1


def test_a_signature_is_drawn_as_a_line_the_server_accepts(open_page, shown):  # noqa: F811
    form = read({"type": "signature", "key": "signed", "label": "签名"})
    tab = open_page(shown(page.page(form)))
    box = tab.locator("[data-pad] svg").bounding_box()
    tab.mouse.move(box["x"] + 30, box["y"] + 30)
    tab.mouse.down()
    tab.mouse.move(box["x"] + 90, box["y"] + 60, steps=4)
    tab.mouse.up()
    path = tab.input_value("input[name='signed.path']")
    assert schema.load(form, {"signed": {"name": "罗启南", "path": path}})["signed"]["path"] == path
    tab.click("[data-clear]")
    assert tab.input_value("input[name='signed.path']") == ""


def test_the_error_summary_takes_the_focus(open_page, shown):  # noqa: F811
    refused = Refused("有 1 处需要改正", fields={"place": "请填写“检查地点”"})
    tab = open_page(shown(page.page(record(), refused=refused)))
    assert tab.evaluate("document.activeElement.id") == "errors"
