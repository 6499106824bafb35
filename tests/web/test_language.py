"""Chinese and English pages: the reader chooses, the choice is kept, and no text is left behind."""

import re
import subprocess
import sys
from string import Formatter

import pytest
from babel.messages import pofile

from engine.settings import ROOT
from tests.web.town import PASSWORD, PEOPLE

HAN = re.compile(r"[\u3400-\u9fff]")
NAMES = {"青岭市", "外地", *(name for name, _ in PEOPLE.values()), "外地人"}
ENGLISH = ROOT / "web/translations/en/LC_MESSAGES"


def words(html):
    """What a reader sees and hears of a page, the switch to Chinese left out."""
    html = re.sub(r"<(script|style)\b.*?</\1>|<a [^>]*hreflang=.*?</a>", "", html, flags=re.DOTALL)
    told = re.findall(r'(?:aria-label|title|placeholder|alt|data-l)="([^"]*)"', html)
    return [*told, *re.split(r"<[^>]+>", html)]


def test_pages_are_chinese_unless_asked(client):
    page = client.get("/sign-in").text
    assert '<html lang="zh-CN">' in page
    assert "<h1>登录</h1>" in page
    assert 'href="/sign-in?lang=en" lang="en" hreflang="en"' in page


def test_english_is_kept_for_the_next_page_and_through_the_sign_in(client):
    page = client.get("/sign-in?next=/board&lang=en").text
    assert '<html lang="en">' in page
    assert 'href="/sign-in?next=%2Fboard&amp;lang=zh"' in page
    answer = client.post("/sign-in", data={"login": "shen", "password": PASSWORD})
    assert answer.status_code == 303
    page = client.get("/").text
    assert "<h1>Inbox</h1>" in page
    assert "Oct 9 Friday" in page
    assert "Names, what people filled in" in page
    client.post("/sign-out")
    assert "<h1>Sign in</h1>" in client.get("/sign-in").text
    assert "<h1>登录</h1>" in client.get("/sign-in?lang=zh").text
    assert "<h1>登录</h1>" in client.get("/sign-in").text


def test_an_unknown_language_changes_nothing(client):
    assert '<html lang="zh-CN">' in client.get("/sign-in?lang=xx").text


def test_a_page_of_our_own_words_has_no_chinese_left(client):
    for path in ("/sign-in", "/public/verify", "/public/draws"):
        left = {text for text in words(client.get(f"{path}?lang=en").text) if HAN.search(text)}
        assert left <= NAMES, path


def test_an_error_page_is_english_too(as_person):
    client = as_person("shen")
    page = client.get("/cases/999999?lang=en")
    assert page.status_code == 404
    assert "<h1>Not found</h1>" in page.text


def test_a_step_has_its_english_name_and_values_stay_as_they_are(as_person):
    """The name of a value is translated, never the value itself: it comes back to us."""
    page = as_person("shen").get("/tasks/1?lang=en").text
    assert "Agree" in page
    assert 'value="approve"' in page


def test_what_is_wrong_with_an_answer_is_said_in_english(as_person):
    client = as_person("shen")
    client.get("/tasks/1?lang=en")
    page = client.post("/tasks/1", data={"decision": "maybe"})
    assert page.status_code == 422
    assert "2 to correct" in page.text
    assert "“Opinion of the approver” takes only the options listed" in page.text
    assert "只能从" not in page.text


@pytest.mark.parametrize("name", ["messages", "labels"])
def test_translations_keep_their_places(name):
    with (ENGLISH / f"{name}.po").open("rb") as file:
        for message in pofile.read_po(file, locale="en"):
            given, said = (set(re.findall(r"%\((\w+)\)s", text)) for text in (message.id, message.string))
            assert said <= given, message.id
            filled, kept = (
                {part[1] for part in Formatter().parse(text) if part[1]}
                for text in (message.id, message.string)
            )
            assert kept <= filled, message.id


def test_every_text_has_its_english_and_the_catalogues_are_compiled():
    """`scripts/translate` collects new texts; their English is written by hand."""
    run = subprocess.run(
        [sys.executable, ROOT / "scripts/translate", "--check"], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout
