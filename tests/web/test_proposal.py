"""Releasing in two pairs of hands: upload, every finding at once, the difference, another person releases."""

from __future__ import annotations

import base64
import io
import re
import stat
import zipfile

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from engine.audit import AuditEntry
from engine.desk import apart, release
from engine.desk.release import MOST_FILES
from engine.desk.world import seed_files
from engine.people import Role
from engine.runtime.proposal import Proposal
from engine.runtime.tables import Release
from tests.web.command import apart as casework_apart
from tests.web.town import ROOT, holds, somebody
from web.assembly import form_check, form_keys

NATIONAL = ROOT / "workflows/national"
REPORT = (NATIONAL / "report.bpmn").read_text("utf-8")
OTHER_NAME = REPORT.replace("核对报告时限", "核对报告的时限")


def packed(**files):
    """A zip as it is uploaded."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, content in files.items():
            zipped.writestr(name, content)
    return buffer.getvalue()


def posted(content, **fields):
    """The fields of the upload form."""
    return {"pack": "jilin", "start": "shipped", "zip": (io.BytesIO(content), "改动.zip"), **fields}


@pytest.fixture
def releaser(as_person, town):
    """Another person, who may release; without the second factor yet."""
    with town.database.transaction() as session:
        somebody(session, "luo").grants[0].role = Role.RELEASER
    return as_person("luo")


def with_code(client):
    """Give the one-time code that the demo shows."""
    shown = re.search(r"现在的口令是 (\d{6})", client.get("/second-factor").text)
    assert client.post("/second-factor", data={"code": shown[1]}).status_code == 303


def squeezed(page):
    """A page without the breaks of its lines."""
    return " ".join(page.split())


def proposed(author, content=None, **fields):
    """Upload, and give the address of the proposal's page."""
    answer = author.post(
        "/processes/propose", data=posted(content or packed(**{"report.bpmn": OTHER_NAME}), **fields)
    )
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def test_a_change_is_checked_compared_and_released_by_another(author, releaser, town):
    place = proposed(author, note="环节改名")
    page = author.get(place).text
    assert "待复核" in page
    assert "作者不能发布自己的改动" in page
    assert "没有发现问题" in page
    assert "环节改名" in releaser.get("/processes").text
    assert "report.bpmn" in releaser.get(place).text
    asked = releaser.post(place, data={"decision": "release"})
    assert (asked.status_code, "second-factor" in asked.headers["Location"]) == (303, True)
    with_code(releaser)
    town.answers.form_check, town.answers.form_key_list = form_check, form_keys
    done = releaser.post(place, data={"decision": "release"})
    assert (done.status_code, done.headers["Location"]) == (303, "/processes/2")
    with town.database.reading() as session:
        made = session.scalar(select(Release).where(Release.version == 2))
        logged = set(session.scalars(select(AuditEntry.action).where(AuditEntry.action.like("release.%"))))
    assert made.author_id != made.releaser_id
    assert (made.note, logged) == ("环节改名", {"release.propose", "release.deploy"})
    assert "已发布" in author.get(place).text


def test_the_files_of_a_release_and_of_a_proposal_are_downloaded_changed_and_sent_in_again(author, town):
    """Who changes a process begins with what is in force, without a command line."""
    assert "/processes/1/files.zip" in author.get("/processes/1").text
    got = author.get("/processes/1/files.zip")
    assert (got.status_code, got.content_type) == (200, "application/zip")
    with zipfile.ZipFile(io.BytesIO(got.data)) as zipped:
        assert {stat.filemode(entry.external_attr >> 16) for entry in zipped.infolist()} == {"-rw-r--r--"}
        shipped = {name: zipped.read(name) for name in zipped.namelist()}
    with town.database.reading() as session:
        assert shipped == release.content(session, session.get_one(Release, 1))
    place = proposed(author, packed(**shipped | {"report.bpmn": OTHER_NAME}), start="whole")
    assert f"{place}/files.zip" in author.get(place).text
    sent = author.get(f"{place}/files.zip").data
    with zipfile.ZipFile(io.BytesIO(sent)) as zipped:
        assert zipped.read("report.bpmn").decode() == OTHER_NAME
    for page, program in (("releases/1", got.data), (f"proposals/{place.rsplit('/', 1)[1]}", sent)):
        told = author.get(f"/api/v1/{page}/files").json
        assert base64.b64decode(told["zip"]) == program
    assert author.get("/processes/99/files.zip").status_code == 404


def test_a_changed_diagram_is_drawn_with_what_is_new_changed_and_gone(author, releaser, town):
    """Who releases looks at the picture of before and after, and at every trait that differs; not at XML."""
    town.answers.form_check, town.answers.form_key_list = form_check, form_keys
    first = proposed(author)
    assert "整张图都是新的" in releaser.get(f"{first}/draw").text  # the town had a plan only
    with_code(releaser)
    assert releaser.post(first, data={"decision": "release"}).status_code == 303
    drawn = (ROOT / "workflows/wugang/draw.bpmn").read_text("utf-8")
    place = proposed(author, packed(**{"draw.bpmn": drawn, "report.bpmn": REPORT}), start="current")
    assert f'href="{place}/draw"' in releaser.get(place).text
    after, before = releaser.get(f"{place}/draw").text, releaser.get(f"{place}/draw?side=before").text
    assert re.search(r'data-element="import_result" class="el userTask is-added"', after)
    assert re.search(r'data-element="sign_operator" class="el userTask is-changed"', after)
    assert re.search(r'data-element="commit_operator" class="el userTask is-removed"', before)
    assert 'data-element="commit_operator"' not in after
    assert re.search(r"依据：</span><del>J12</del> <ins>W9</ins>", squeezed(after))
    renamed = squeezed(releaser.get(f"{place}/report").text)
    assert "有 1 处不同" in renamed
    assert re.search(r"名称.{0,40}<del>核对报告的时限</del> <ins>核对报告时限</ins>", renamed)
    assert releaser.get(f"{place}/plan").status_code == 200  # not changed: drawn, and nothing differs
    assert releaser.get(f"{place}/nothing").status_code == 404


def test_a_diagram_that_the_check_refused_is_not_drawn(author):
    wrong = REPORT.replace('name="form" value="', 'name="form" value="nowhere/', 2)
    place = proposed(author, packed(**{"report.bpmn": wrong}))
    assert f"{place}/report" not in author.get(place).text
    assert author.get(f"{place}/report").status_code == 404


def test_every_finding_stands_on_the_page_at_once_and_nobody_can_release_it(author, releaser, town):
    wrong = REPORT.replace('name="form" value="', 'name="form" value="nowhere/', 2)
    place = proposed(author, packed(**{"report.bpmn": wrong}))
    page = author.get(place).text
    assert "检查未通过" in page
    assert page.count("nowhere/") >= 2
    assert re.search(r"第 \d+ 行", page)
    with_code(releaser)
    refused = releaser.post(place, data={"decision": "release"})
    assert (refused.status_code, "检查发现错误" in refused.text) == (422, True)
    with town.database.reading() as session:
        assert session.scalar(select(Release).where(Release.version == 2)) is None


def test_an_author_with_both_posts_still_cannot_release_the_own_change(author, town):
    place = proposed(author)
    with town.database.transaction() as session:
        granter = somebody(session, "guan")
        holds(session, somebody(session, "liang"), Role.RELEASER, granted_by_id=granter.id)
    with_code(author)
    answer = author.post(place, data={"decision": "release"})
    assert answer.status_code == 422
    assert "作者不能发布自己的" in answer.text


def test_sending_back_needs_a_reason_and_the_second_decision_is_told_who_was_first(author, releaser):
    place = proposed(author)
    kept = releaser.post(place, data={"decision": "return", "reason": " "})
    assert (kept.status_code, "请写明退回的原因" in kept.text) == (422, True)
    assert releaser.post(place, data={"decision": "return", "reason": "条款不对"}).status_code == 303
    assert "条款不对" in author.get(place).text
    late = releaser.post(place, data={"decision": "return", "reason": "再退"})
    assert (late.status_code, "这次送审已由罗秉正于 2026-10-09 10:20 退回" in late.text) == (409, True)


def test_a_change_made_from_an_older_version_is_not_laid_over_the_newer(author, releaser, town):
    town.answers.form_check, town.answers.form_key_list = form_check, form_keys
    one = proposed(author)
    two = proposed(author, packed(**{"report.bpmn": REPORT.replace("核对报告时限", "查对报告时限")}))
    with_code(releaser)
    assert releaser.post(one, data={"decision": "release"}).status_code == 303
    assert "现行版本已经换了" in releaser.get(two).text
    assert releaser.post(two, data={"decision": "release"}).status_code == 422
    with town.database.reading() as session:
        assert session.scalars(select(Release.version).order_by(Release.version)).all() == [1, 2]


def test_what_changes_nothing_or_waits_already_is_not_proposed(author):
    content = packed(**{"report.bpmn": OTHER_NAME})
    place = proposed(author, content)
    again = author.post("/processes/propose", data=posted(content, note="写好的说明"))
    assert again.status_code == 422
    assert f"第 {place.rsplit('/', 1)[1]} 号" in again.text
    assert "写好的说明" in again.text


def linked():
    """A zip whose entry is a symbolic link."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as zipped:
        entry = zipfile.ZipInfo("plan.bpmn")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        zipped.writestr(entry, "/etc/passwd")
    return buffer.getvalue()


def twice():
    """A zip with one name twice."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as zipped:
        zipped.writestr("plan.bpmn", "a")
        with pytest.warns(UserWarning, match="Duplicate name"):
            zipped.writestr("plan.bpmn", "b")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (lambda: packed(**{"../x.bpmn": "x"}), "../x.bpmn”的路径不能用"),
        (lambda: packed(**{"/x.bpmn": "x"}), "/x.bpmn”的路径不能用"),
        (lambda: packed(**{"a\\b.bpmn": "x"}), "的路径不能用"),
        (lambda: packed(**{"C:x.bpmn": "x"}), "C:x.bpmn”的路径不能用"),
        (lambda: packed(**{"x.exe": "x"}), "x.exe”不属于发布的文件种类"),
        (lambda: packed(**{"长" * 40 + ".bpmn": "x"}), "的路径太长"),
        (lambda: packed(**{"bomb.bpmn": "0" * 5_000_000}), "bomb.bpmn”压缩了 100 倍以上"),
        (lambda: packed(**{f"{n}.bpmn": "x" for n in range(MOST_FILES + 1)}), f"最多 {MOST_FILES} 个"),
        (linked, "plan.bpmn”是链接"),
        (twice, "plan.bpmn”在压缩包中出现两次"),
        (lambda: b"no zip", "压缩包打不开"),
        (lambda: packed(**{"plan.bpmn": "x" * 500})[:-40], "压缩包打不开"),
    ],
    ids=[
        "above",
        "root",
        "backslash",
        "drive",
        "kind",
        "long",
        "bomb",
        "many",
        "link",
        "twice",
        "text",
        "cut",
    ],
)
def test_an_archive_that_may_not_be_opened_is_refused_by_name(content, words):
    """In the child that opens it for the web process."""
    with pytest.raises(apart.Refused, match=re.escape(words)):
        apart.examine({}, content())


def test_an_entry_that_lies_about_its_size_is_cut_off():
    """The directory says 10 bytes, the entry holds five million."""
    content = bytearray(packed(**{"plan.bpmn": "0" * 5_000_000}))
    real = (5_000_000).to_bytes(4, "little")
    while real in content:
        spot = content.index(real)
        content[spot : spot + 4] = (10).to_bytes(4, "little")
    with pytest.raises(apart.Refused, match="打不开"):
        apart.examine({}, bytes(content))


def test_a_check_without_end_is_stopped(monkeypatch):
    """Time and memory of the child are bounded; what it was doing says one sentence."""
    monkeypatch.setattr(apart, "PATIENCE", 0.05)
    with pytest.raises(apart.Refused, match="已停止"):
        apart.examine({}, packed(**{"plan.bpmn": "x"}))


def test_the_form_says_what_is_missing_and_keeps_the_rest(author):
    answer = author.post("/processes/propose", data={"pack": "jilin", "note": "写好的说明"})
    assert answer.status_code == 422
    assert "请选择一个 ZIP 文件" in answer.text
    assert "写好的说明" in answer.text
    assert author.post("/processes/propose", data=posted(b"x", pack="nowhere")).status_code == 404


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        (
            "UPDATE release_proposal SET decided_by_id = author_id, decided_at = proposed_at, state = 'returned', reason = 'x'",
            "two_persons",
        ),
        ("UPDATE release_proposal SET state = 'released'", "release"),
        ("UPDATE release_proposal SET state = 'done'", "state"),
        ("UPDATE release_proposal SET release_id = 1", "released"),
        (
            "UPDATE release_proposal SET state = 'returned', decided_by_id = author_id + 1, decided_at = proposed_at",
            "returned_with_reason",
        ),
    ],
)
def test_raw_sql_meets_the_constraints(author, town, statement, name):
    proposed(author)
    with pytest.raises(DBAPIError, match=name), town.database.transaction() as session:
        session.execute(text(statement))
    with town.database.reading() as session:
        assert session.scalar(select(Proposal.state)) == "waiting"


# --- the same over the API ----------------------------------------------------------------------------------------


def coded(content):
    """A zip in a JSON body."""
    return base64.b64encode(content).decode()


def test_the_api_proposes_and_releases_too(author, releaser, town):
    town.answers.form_check, town.answers.form_key_list = form_check, form_keys
    sent = {"pack": "jilin", "start": "shipped", "zip": coded(packed(**{"report.bpmn": OTHER_NAME}))}
    assert releaser.post("/api/v1/proposals", json=sent).status_code == 403
    made = author.post("/api/v1/proposals", json=sent)
    assert (made.status_code, made.json["state"]) == (201, "waiting")
    found = releaser.get(f"/api/v1/proposals/{made.json['id']}").json
    assert "report.bpmn" in {change["path"] for change in found["changes"]}
    released = {"proposal": made.json["id"]}
    answer = releaser.post("/api/v1/releases", json=released)
    assert (answer.status_code, answer.json["code"]) == (403, "second-factor")
    with_code(releaser)
    answer = releaser.post("/api/v1/releases", json=released)
    assert (answer.status_code, answer.json["version"]) == (201, 2)
    again = releaser.post("/api/v1/releases", json=released)
    assert (again.status_code, again.json["code"]) == (409, "changed-meanwhile")
    rows = releaser.get("/api/v1/releases").json["rows"]
    assert [(row["version"], row["current"], row["author"], row["releaser"]) for row in rows][:1] == [
        (2, True, "梁书禾", "罗秉正")
    ]


HAN = re.compile(r"[\u3400-\u9fff]")
FORMS_GONE = REPORT.replace('name="form" value="', 'name="form" value="nowhere/')
CONDITION = re.sub(r'(tFormalExpression">)[^<]+', r"\1decision =", REPORT)


@pytest.mark.parametrize("wrong", [FORMS_GONE, CONDITION], ids=["forms", "conditions"])
def test_findings_over_the_api_are_in_the_readers_language(author, releaser, wrong):
    """Names of the diagram stay as they are drawn; what is wrong and what now is said in English where asked for."""
    sent = {"pack": "jilin", "start": "shipped", "zip": coded(packed(**{"report.bpmn": wrong}))}
    made = author.post("/api/v1/proposals", json=sent).json
    assert made["state"] == "refused"
    assert all(HAN.search(each["reason"]) for each in made["findings"])
    english = releaser.get(f"/api/v1/proposals/{made['id']}?lang=en").json["findings"]
    assert [each["rule"] for each in english] == [each["rule"] for each in made["findings"]]
    assert not [each for each in english if HAN.search(each["reason"] + each["hint"])]
    again = releaser.get(f"/api/v1/proposals/{made['id']}?lang=zh").json
    assert again["findings"] == made["findings"]


def test_the_command_line_says_its_findings_in_the_users_language(tmp_path):
    """`casework release check`, in words and as JSON."""
    folder = tmp_path / "jilin"
    for path, content in seed_files("jilin").items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    (folder / "report.bpmn").write_text(FORMS_GONE, "utf-8")
    chinese, english = (casework_apart("release", "check", folder, CASEWORK_LANG=lang) for lang in ("", "en"))
    assert (chinese.code, english.code) == (1, 1)
    assert all(HAN.search(line) for line in chinese.out.splitlines())
    left = [HAN.search(re.sub(r"“[^”]*”", "", line)) for line in english.out.splitlines()]
    assert not any(left), english.out
    told = casework_apart("release", "check", folder, "--json", CASEWORK_LANG="en").json
    assert not [each for each in told if HAN.search(each["reason"] + each["hint"])]


def test_the_api_refuses_by_name(author, releaser, as_person):
    assert as_person("shen").post("/api/v1/releases", json={"pack": "jilin"}).status_code == 403
    for sent, code in (
        ({"pack": "jilin", "zip": coded(b"no zip")}, "bad-zip"),
        ({"pack": "nowhere", "zip": coded(packed(a="x"))}, "not-found"),
    ):
        assert author.post("/api/v1/proposals", json=sent).json["code"] == code
    assert author.post("/api/v1/proposals", json={"pack": "jilin", "zip": "§"}).status_code == 400
    assert author.post("/api/v1/proposals", json={"pack": "jilin"}).status_code == 400
    with_code(releaser)
    assert releaser.post("/api/v1/releases", json={"pack": "nowhere"}).status_code == 404
    assert releaser.post("/api/v1/releases", json={"proposal": 99}).status_code == 404


def test_what_ships_with_the_product_is_released_without_a_proposal(releaser, town):
    town.answers.form_check, town.answers.form_key_list = form_check, form_keys
    with_code(releaser)
    made = releaser.post("/api/v1/releases", json={"pack": "jilin", "note": "首发"})
    assert (made.status_code, made.json["version"]) == (201, 2)
