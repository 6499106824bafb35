"""Chinese and English pages: the reader chooses, the choice is kept, and no text is left behind."""

import ast
import json
import re
import subprocess
import sys
from string import Formatter

import pytest
from babel.messages import pofile

from engine.desk.ticket import _place
from engine.domain.draw.document import Document
from engine.errors import Finding, ModelInvalid
from engine.sentence import Joined, Recall, Sentence, read, spelled, told
from engine.settings import ROOT
from tests.web.town import PASSWORD, PEOPLE

HAN = re.compile(r"[\u3400-\u9fff]")
NAMES = {"青岭市", "外地", *(name for name, _ in PEOPLE.values()), "外地人"}
REFUSING = {
    "Refused", "NotAllowed", "NotFound", "ChangedMeanwhile", "RuleError", "SettingsInvalid", "Unavailable",
    "CaseworkError",
}  # fmt: skip
NOTING = {
    "Finding",
    "TableFinding",
    "finding",
    "find_fault",
    "broken",
    "say",
    "null",
    "_of",
    "warn",
    "Verdict",
}
"""As in `scripts/translate`."""
OWN_PATTERNS = {
    "engine/sentence.py",
    "forms/fields.py",
    "forms/schema.py",
}  # their literals are known elsewhere
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


def test_why_something_is_refused_is_said_in_english(as_person):
    """Reason, hint and field, with the names that were filled in; without `lang=en` in Chinese as ever."""
    client = as_person("shen")
    client.get("/?lang=en")
    page = client.get("/cases/999999").text
    assert "There is no such case." in page
    assert "You may not be allowed to see it. It can be reached from the list of cases." in page
    page = client.post("/me/tokens", data={"token": ""}).text
    assert not HAN.search("".join(re.findall(r'class="err"[^>]*>([^<]*)<', page)))
    page = client.post("/people", data={"login": "", "name": "", "staff_no": ""})
    assert page.status_code == 403
    assert "You may not do this: Manage people and posts" in page.text
    assert "你不能管理人员和岗位" in as_person("shen").post("/people", data={"login": ""}).text


def test_urging_without_a_word_says_so_at_its_field(as_person):
    client = as_person("he")
    client.get("/?lang=en")
    page = client.post("/tasks/1/urge", data={"reason": ""})
    assert page.status_code == 422
    assert re.search(r'class="err" id="reason-e">Fill in: [^<]+\.</span>', page.text)
    assert "请填写" not in page.text


def test_the_api_refuses_in_the_language_of_the_pages(as_person):
    client = as_person("shen")
    chinese = client.get("/api/v1/cases/999999").json
    english = client.get("/api/v1/cases/999999?lang=en").json
    assert chinese["reason"] == "没有这个案件。"
    assert english["reason"] == "There is no such case."
    assert english["code"] == chinese["code"]


def test_a_sentence_is_told_with_its_parts():
    """Sentences inside sentences, lists and quoted labels are looked up by themselves; names stay."""
    words = {"{who}不能办{what}，缺少{lacks}。": "{who} cannot do {what}: {lacks} missing.", "报告": "report",
             "第 {n} 件": "piece {n}", "照片": "photo", "；": "; "}  # fmt: skip
    sentence = Sentence("{who}不能办{what}，缺少{lacks}。", who="贺知夏", what="“报告”", lacks="照片、录音")
    assert sentence == "贺知夏不能办“报告”，缺少照片、录音。"
    assert (
        told(sentence, lambda text: words.get(text, text))
        == "贺知夏 cannot do “report”: photo, 录音 missing."
    )
    both = Joined([Sentence("第 {n} 件", n=3), "照片"])
    assert both == "第 3 件；照片"
    assert told(both, lambda text: words.get(text, text)) == "piece 3; photo"
    assert told("", str.upper) == ""
    carried = read(json.loads(json.dumps(spelled(sentence))))
    assert (carried, carried.parts) == (sentence, sentence.parts)
    assert read(spelled("照片")) == "照片"


def test_a_sentence_that_a_row_keeps_as_text_is_told_again():
    """The pattern with the most words of its own is found, also in several sentences; what people wrote is not."""
    words = {"转办给{receiver}": "Transferred to {receiver}", "{who}办{what}": "{who} does {what}", "检查组": "team",
             "没有这一步。": "There is no such step.", "请刷新后再试。": "Reload and try again.",
             "{said}。": "{said}.", "；": "; "}  # fmt: skip
    recall = Recall(words)

    def look(text):
        return words.get(text) or recall.told(text, look)

    assert look("转办给检查组") == "Transferred to team"
    assert look("没有这一步。请刷新后再试。") == "There is no such step. Reload and try again."
    assert look("转办给贺知夏；转办给检查组。") == "Transferred to 贺知夏; Transferred to team."
    assert look("我办这件事") == "我办这件事"


def test_a_finding_keeps_its_words_for_another_day_and_is_told_with_them():
    """As JSON it carries pattern and parts; a refusal of a model tells each of its findings."""
    finding = Finding(
        "plan.bpmn", "draft", "起草", 7, "unknown-form", Sentence("没有表单“{form}”。", form="a/b")
    )
    words = {
        "没有表单“{form}”。": "There is no form “{form}”.",
        "{place} {who} {reason}{hint}": "{place} {who} {reason}",
    }
    kept = Finding.read(json.loads(json.dumps(finding.spelled())))
    assert kept == finding
    assert str(kept) == "plan.bpmn:7 draft“起草” 没有表单“a/b”。"
    refusal = ModelInvalid([kept])
    refusal.tell(lambda text: words.get(text, text))
    assert refusal.findings[0].reason == "There is no form “a/b”."
    assert refusal.reason == "plan.bpmn:7 draft“起草” There is no form “a/b”."


def test_what_is_noted_of_a_model_or_a_file_is_a_sentence_too():
    """As for refusals: a literal or a `Sentence`, so that its English stands in the catalogue."""
    loose = []
    for path in (each for room in ("engine", "forms") for each in sorted((ROOT / room).rglob("*.py"))):
        for call in (
            node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)
        ):
            name = getattr(call.func, "id", "") or getattr(call.func, "attr", "")
            texts = [*call.args, *(each.value for each in call.keywords)] if name in NOTING else []
            loose += [
                f"{path.relative_to(ROOT)}:{each.lineno}"
                for text in texts
                for each in said_as(text)
                if isinstance(each, ast.JoinedStr | ast.BinOp) and HAN.search(ast.unparse(each))
            ]
    assert loose == []


def test_every_refusal_can_be_said_in_both_languages():
    """What a refusal says is a literal or a `Sentence` with a literal pattern, so that the catalogue finds it."""
    loose = []
    for path in (each for room in ("engine", "forms", "web") for each in sorted((ROOT / room).rglob("*.py"))):
        tree = ast.parse(path.read_text("utf-8"))
        where = str(path.relative_to(ROOT))
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            name = getattr(call.func, "id", "") or getattr(call.func, "attr", "")
            texts = [
                *call.args[:1],
                *(each.value for each in call.keywords if each.arg in {"hint", "fields"}),
            ]
            if name in REFUSING and any(
                isinstance(each, ast.JoinedStr | ast.BinOp) for text in texts for each in said_as(text)
            ):
                loose.append(f"{where}:{call.lineno}")
            if (
                name == "Sentence"
                and not isinstance(call.args[0], ast.Constant)
                and where not in OWN_PATTERNS
            ):
                loose.append(f"{where}:{call.lineno}")
    assert loose == []


def said_as(text):
    """The expressions that may be said: both branches of a choice, every value of a table."""
    if isinstance(text, ast.IfExp):
        return [*said_as(text.body), *said_as(text.orelse)]
    return [one for value in text.values for one in said_as(value)] if isinstance(text, ast.Dict) else [text]


@pytest.mark.parametrize("name", ["messages", "labels", "refusals"])
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
            assert name != "refusals" or kept == filled, message.id


def test_every_text_has_its_english_and_the_catalogues_are_compiled():
    """`scripts/translate` collects new texts; their English is written by hand."""
    run = subprocess.run(
        [sys.executable, ROOT / "scripts/translate", "--check"], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout


def test_one_of_something_reads_right_in_english_too():
    """Chinese knows no plural: an English text with a number is put so that 1 fits as well as 7."""
    text = (ENGLISH / "messages.po").read_text("utf-8")
    assert re.findall(r'msgstr ".*%\((?:n|m|num|total)\)s [a-z]+s\b.*', text) == []


def test_a_seat_of_a_draw_has_its_english_name():
    known = {}
    for name in ("labels", "refusals"):
        with (ENGLISH / f"{name}.po").open("rb") as file:
            known |= {each.id: each.string for each in pofile.read_po(file)}
    seat = _place(Document({"roles": ["lead"]}), 0, "G01")
    assert seat == "G01 第 1 席（可任组长）"
    assert told(seat, lambda text: known.get(text, text)) == "G01 seat 1 (May lead)"
