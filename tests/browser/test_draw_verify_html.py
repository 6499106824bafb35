"""The offline pages in a real browser: a citizen drags a record in; a witness makes a secret."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from engine.domain.draw import append_close, check_document, commitment, compute, verify
from engine.domain.draw.instances import Shape, make, random_instance
from tests.engine.draw_samples import REVEAL, example, full_draw

WATCH = """window.told = []; new MutationObserver(() => told.push(document.getElementById("status").textContent))
    .observe(document.getElementById("status"), { childList: true })"""
PAGES = Path(__file__).parents[2] / "web" / "static" / "verify"


@pytest.fixture
def page(chrome: Browser) -> Iterator[Page]:
    context = chrome.new_context(offline=True, locale="zh-CN")
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.goto((PAGES / "draw_verify.html").as_uri())
    yield page
    context.close()
    assert faults == []


def choose(page: Page, data: object, tmp_path: Path, into: str = "#file", timeout: int = 20_000) -> None:
    file = tmp_path / f"{into[1:]}-{len(list(tmp_path.iterdir()))}.json"
    file.write_text(data if isinstance(data, str) else json.dumps(data, ensure_ascii=False), encoding="utf-8")
    page.set_input_files(into, file)
    page.wait_for_selector("#status.verdict", timeout=timeout)


def states(page: Page) -> dict[int, str]:
    found = page.eval_on_selector_all("#checks li", "all => all.map(e => [e.dataset.check, e.dataset.state])")
    return {int(check): state for check, state in found}


def test_a_citizen_checks_the_published_record_and_the_own_institution(page, tmp_path):
    document = check_document(example())
    transcript = compute(document, REVEAL)
    choose(page, transcript.as_json(), tmp_path)
    assert "相符" in page.inner_text("#status")
    assert states(page)[2] == "not-checked"
    page.fill("#roster", " ".join([document.roster[:32], document.roster[32:].upper()]))
    page.fill("#head", transcript.head)
    page.click("#again")
    page.wait_for_selector('[data-check="2"][data-state="ok"]')
    page.fill("#code", "P41048100003")
    page.press("#code", "Enter")
    page.wait_for_selector("#ticket .ruler")
    seed = verify(transcript.as_json()).checks[4].note
    own = hashlib.sha256(f"{seed}\nobject\nP41048100003".encode()).hexdigest()
    assert own in page.inner_text("#ticket").replace(" ", "").replace("\n", "")
    assert "抽中" in page.inner_text("#ticket .verdict")
    page.fill("#code", "H00")
    page.press("#code", "Enter")
    page.wait_for_selector("#ticket p:has-text('没有 H00')")
    page.click("#lang")
    assert "It holds" in page.inner_text("#status")
    assert page.get_attribute("html", "lang") == "en"


def test_a_changed_record_is_named_by_event_check_and_place(page, tmp_path):
    _, transcript = full_draw()
    data = transcript.as_json()
    data["events"][6]["body"]["in"] = "E00001"
    choose(page, data, tmp_path)
    bad = verify(data).bad
    assert f"第 {bad.n} 个事件，第 {bad.check} 项" in page.inner_text("#status")
    assert bad.path in page.inner_text("#fault")
    assert states(page)[bad.check] == "bad"


def test_numbers_are_read_as_written_and_keys_only_once(page, tmp_path):
    text = json.dumps(compute(check_document(example()), REVEAL).as_json())
    for wrong in (
        text.replace('"visits": 2', '"visits": 2.0'),
        text.replace('"den": 3', '"den": 9007199254740993'),
        text.replace('"min": 1', '"min": 1, "min": 1'),
        text[:-1],
    ):
        assert wrong != text
        choose(page, wrong, tmp_path)
        page.wait_for_selector('[data-check="1"][data-state="bad"]')
        choose(page, text, tmp_path)
        page.wait_for_selector('[data-check="1"][data-state="ok"]')


def test_the_previous_record_is_asked_for_and_compared(page, tmp_path):
    _, first = full_draw()
    data, reveal = random_instance(1)
    data["prev_head"] = first.head
    document = check_document(data)
    choose(page, compute(document, reveal).as_json(), tmp_path)
    choose(page, first.as_json(), tmp_path, into="#previous")
    page.wait_for_selector('[data-check="12"]:not(:has(.missing:has-text("上一次")))')
    assert states(page)[12] == "ok"


def test_made_up_draws_hold_in_the_browser(page, tmp_path):
    for number in range(8):
        data, reveal = random_instance(number)
        document = check_document(data)
        choose(page, compute(document, reveal).as_json(), tmp_path)
        page.wait_for_function(
            "draw => document.getElementById('facts').innerText.includes(draw)", arg=data["draw"]
        )
        assert page.get_attribute("#status", "class") == "verdict done"


def test_a_hundred_thousand_objects_are_checked_while_one_waits(page, tmp_path):
    shape = Shape(objects=100_000, strata=20, quota=(5, 100), groups=100, people=500)
    data, reveal = make("page", shape)
    document = check_document(data)
    transcript = append_close(compute(document, reveal), document)
    page.evaluate(WATCH)
    choose(page, transcript.as_json(), tmp_path, timeout=120_000)
    assert page.get_attribute("#status", "class") == "verdict done"
    told = page.evaluate("window.told")
    assert any("第 3 步，共 7 步，抽出对象" in words for words in told), told
    assert not page.is_visible("#bar")
    print(page.inner_text("#status"))  # noqa: T201 - the measured time, shown with -s


def test_a_witness_makes_a_secret_on_the_own_device(page):
    page.goto((PAGES / "share.html").as_uri())
    page.click("#make")
    assert "抽取编号" in page.inner_text("#error")
    page.fill("#draw", "410481-2026-0001")
    page.fill("#party", "witness")
    seen = set()
    for hash_name in ("sha256", "sm3", "sha256"):
        page.select_option("#hash", hash_name)
        page.click("#make")
        secret = page.inner_text("#out-secret").replace(" ", "")
        assert page.get_attribute("#out-commit", "data-value") == commitment(
            "410481-2026-0001", "witness", secret, hash_name
        )
        seen.add(secret)
    assert len(seen) == 3
    digits = "123456" * 16 + "1234"
    page.fill("#dice", digits[:-1])
    page.click("#make")
    assert "还差 1 次" in page.inner_text("#error")
    page.fill("#dice", " ".join(digits))
    page.click("#make")
    secret = page.inner_text("#out-secret").replace(" ", "")
    assert secret == hashlib.sha256(digits.encode()).hexdigest()
    page.emulate_media(media="print")
    assert page.is_visible("#out-commit")
    assert not page.is_visible("#make")
    page.emulate_media(media="screen")
    page.click("#forget")
    assert not page.is_visible("#out-secret")
    assert page.input_value("#dice") == ""
