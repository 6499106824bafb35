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


EVIDENCE = (
    {"type": "filepicker", "key": "proof", "label": "证据"},
    {"type": "textfield", "key": "say", "label": "说明"},
)


@pytest.fixture
def evidence(open_page, shown, tmp_path):  # noqa: F811
    """A form with a chosen file; `answer(handler)`: what the server does with the post."""
    tab = open_page(f"<main>{shown(page.page(read(*EVIDENCE)))}</main>")
    photo = tmp_path / "现场.jpg"
    photo.write_bytes(b"\xff\xd8" + bytes(200_000))
    tab.set_input_files("input[type=file]", photo)
    tab.fill("[name=say]", "药品进销存")

    def answer(handler):
        tab.route(f"{HOST}/do", handler)
        tab.click("button.btn[type=submit]")
        return tab

    return answer


def test_files_go_up_with_a_bar_and_the_page_goes_where_the_server_says(evidence):
    asked = []

    def taken(route):
        asked.append(route.request.headers.get("x-upload"))
        route.fulfill(status=204, headers={"X-Location": "/"})

    tab = evidence(taken)
    tab.wait_for_url(f"{HOST}/")
    assert asked == ["1"]


def test_a_stopped_upload_keeps_what_was_typed(evidence):
    tab = evidence(lambda _: None)  # the server never answers
    tab.wait_for_selector("[data-upload] progress:visible")
    assert tab.locator("button.btn[type=submit]").is_disabled()
    tab.click("[data-stop]")
    assert "没有提交" in tab.locator("[data-word]").inner_text()
    assert tab.locator("button.btn[type=submit]").is_enabled()
    assert tab.input_value("[name=say]") == "药品进销存"


def test_a_refused_upload_shows_the_form_that_came_back(evidence, shown):  # noqa: F811
    refused = Refused("有 1 处需要改正", fields={"say": "请写明来源"})
    back = shown(page.page(read(*EVIDENCE), values={"say": "药品进销存"}, refused=refused))
    html = f"<!doctype html><title>错误：收集证据</title><main>{back}</main>"
    tab = evidence(
        lambda route: route.fulfill(status=200, body=html, content_type="text/html; charset=utf-8")
    )
    tab.wait_for_selector("#errors")
    assert tab.evaluate("document.activeElement.id") == "errors"
    assert tab.title() == "错误：收集证据"
    assert tab.input_value("[name=say]") == "药品进销存"


def test_a_file_that_is_too_large_is_told_before_it_goes_up(open_page, shown, tmp_path):  # noqa: F811
    tab = open_page(shown(page.page(read(*EVIDENCE))))
    tab.evaluate(
        "document.querySelector('[data-upload]').dataset.most = 1000"
    )  # a file of 50 MB is slow to make
    photo = tmp_path / "现场.jpg"
    photo.write_bytes(bytes(2000))
    tab.set_input_files("input[type=file]", photo)
    tab.click("button.btn[type=submit]")
    assert "现场.jpg 单个文件不超过 50 MB" in tab.locator("[data-word]").inner_text()
    assert tab.url == f"{HOST}/"
