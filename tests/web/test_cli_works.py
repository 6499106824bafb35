"""Commands through to their result, as an administrator gives them: on a small installation of its own."""

from __future__ import annotations

import json
import re
import socket
import sqlite3
from pathlib import Path

import pytest

from engine import clock
from engine.desk import sample
from engine.desk.demo import WORDS
from engine.settings import ROOT
from engine.storage import schema
from tests.web.command import apart, casework
from web import cli_registry
from web.app import create_app
from web.assembly import open_world
from web.cli_open import settings

NATIONAL = ROOT / "workflows" / "national"


def furnish(database):
    """A small bureau of Wugang; nothing is released yet."""
    schema.upgrade(database)
    with database.transaction() as session:
        sample.build(session, "wugang", objects=20, today=clock.today())


@pytest.fixture
def home(databases, copied, tmp_path, monkeypatch):
    """The installation's folder; `casework` finds it by its settings."""
    databases.template("small", furnish)
    monkeypatch.delenv("CASEWORK_LANG", raising=False)
    monkeypatch.setenv("CASEWORK_DATABASE_URL", copied("small"))
    monkeypatch.setenv("CASEWORK_FILES_DIR", str(tmp_path / "files"))
    monkeypatch.setenv("CASEWORK_ANCHORS_DIR", str(tmp_path / "anchors"))
    (tmp_path / "key").write_text("k" * 64)
    monkeypatch.setenv("CASEWORK_SECRET_KEY_FILE", str(tmp_path / "key"))
    return tmp_path


# --- releases ---------------------------------------------------------------------------------------------------------


def test_a_release_is_deployed_written_out_and_compared(home):
    deployed = casework("release", "deploy", "wugang", "--note", "首发", "--json")
    assert (deployed.code, deployed.json["version"]) == (0, 1)
    out = home / "out"
    written = casework("release", "export", "wugang/1", out, "--json")
    assert len(written.json) == len([path for path in out.rglob("*") if path.is_file()]) > 50
    assert casework("release", "check", out).code == 0
    assert "相同" in casework("release", "diff", "wugang/1", out).out
    report = out / "report.bpmn"
    report.write_bytes(report.read_bytes().replace("核对报告时限".encode(), "核对报告的时限".encode()))
    (change,) = casework("release", "diff", "wugang/1", out, "--json").json
    assert (change["path"], change["kind"], len(change["lines"])) == ("report.bpmn", "changed", 2)
    again = casework("release", "deploy", "wugang", "--json")
    assert again.json["version"] == 1  # the same content is the release that is there


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["release", "diff", "wugang/9", "wugang/1"], "没有发布 wugang/9"),
        (["release", "diff", "wugang/x", "wugang/1"], "不是数字"),
        (["release", "export", "7", "out"], "没有发布 7"),
        (["release", "export", "jilin", "out"], "还没有发布过"),
        (["release", "deploy", "/nowhere"], "没有文件或文件夹"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_release_commands_refuse(home, monkeypatch, arguments, words):
    monkeypatch.chdir(home)
    said = casework(*arguments)
    assert (said.code, said.out) == (1, "")
    assert words in said.line
    assert not (home / "out").exists()


def test_a_broken_diagram_is_not_deployed_and_every_finding_is_a_line(home):
    folder = home / "wugang"
    folder.mkdir()
    source = (NATIONAL / "report.bpmn").read_text("utf-8")
    (folder / "report.bpmn").write_text(
        source.replace('name="form" value="', 'name="form" value="nix/'), "utf-8"
    )
    found = casework("release", "check", folder, "--json")
    assert (found.code, len(found.json) >= 3) == (1, True)
    assert {"file", "element", "name", "line", "rule", "severity", "reason", "hint"} <= set(found.json[0])
    said = casework("release", "deploy", folder)
    assert said.code == 1
    assert len(said.err.strip().splitlines()) == len(found.json)
    assert casework("release", "export", "wugang/1", home / "out").code == 1


@pytest.mark.parametrize("name", ["", "plan.bpmn.xml", "release.zip"])
def test_where_nothing_can_be_released_nothing_is_found_in_order(home, name):
    """A misspelt name, a packed or an empty folder: a check that checked nothing is no success."""
    path = home / "proposed" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if name:
        path.write_bytes(b"x")
    for command in ("check", "deploy"):
        said = casework("release", command, path.parent if not name else path)
        assert (said.code, "没有可以发布的文件" in said.line) == (1, True)


def test_what_one_installation_wrote_out_is_deployed_in_another_under_its_own_pack(home):
    casework("release", "deploy", "wugang")
    casework("release", "export", "wugang/1", home / "out")
    said = casework("release", "deploy", home / "out", "--json")
    assert (said.json["pack"], said.json["version"]) == ("wugang", 1)


def test_a_folder_is_the_same_by_any_path(home, monkeypatch):
    """`casework release check .` within a folder looks at it as its full path does."""
    folder = home / "jilin"
    folder.mkdir()
    (folder / "draft.form").write_text('{"components": 3}', "utf-8")
    monkeypatch.chdir(folder)
    for path in (".", "draft.form", folder):
        said = casework("release", "check", path, "--json")
        assert (said.code, [found["file"] for found in said.json]) == (1, ["forms/jilin/draft.form"]), path


# --- people ----------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("home")
def test_a_person_is_added_given_a_post_and_listed():
    added = [
        "user",
        "add",
        "wen",
        "文一",
        "--bureau",
        "410481",
        "--staff-no",
        "900",
        "--password",
        "long enough 1",
    ]
    assert casework(*added).code == 0
    assert casework("user", "grant", "wen", "archivist", "--from", "2020-01-01").code == 0
    rows = {row["login"]: row for row in casework("user", "list", "--json").json}
    assert (rows["wen"]["name"], rows["wen"]["roles"]) == ("文一", ["archivist"])
    assert "档案专人" in casework("user", "list").out
    assert "已清除" in casework("user", "reset-2fa", "wen").out
    twice = casework(*added)
    assert (twice.code, "已经存在" in twice.line) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (
            ["add", "x", "某", "--bureau", "000000", "--staff-no", "1", "--password", "long enough 1"],
            1,
            "没有区划代码",
        ),
        (["add", "x", "某", "--bureau", "410481", "--staff-no", "1", "--password", "short"], 1, "密码至少"),
        (["grant", "nobody", "leader"], 1, "nobody"),
        (["grant", "nobody", "emperor"], 2, "emperor"),
        (["reset-2fa", "nobody"], 1, "nobody"),
    ],
    ids=lambda value: " ".join(value[:2]) if isinstance(value, list) else "",
)
@pytest.mark.usefixtures("home")
def test_what_user_commands_refuse(arguments, code, words):
    said = casework("user", *arguments)
    assert said.code == code
    assert words in said.line


# --- registries -------------------------------------------------------------------------------------------------------


def test_a_report_for_every_row_and_the_refused_ones_in_a_file(home):
    file = home / "objects.csv"
    file.write_text("编码,名称,类别\nX,名,村卫生室\nH41048100901,好,村卫生室\n", "utf-8")
    whole = casework("registry", "import", file, "--json")
    assert (whole.code, whole.json["applied"], whole.json["counts"]["refused"]) == (1, False, 1)
    assert whole.json["rows"][0]["notes"][0]["column"] == "编码"
    dry = casework("registry", "import", file, "--accept-valid", "--dry-run")
    assert "没有导入任何一行" in dry.out + dry.err
    good = casework("registry", "import", file, "--accept-valid", "--json")
    assert (good.code, good.json["applied"], good.json["counts"]["added"]) == (0, True, 1)
    assert "X" in Path(good.json["refused_file"]).read_text("utf-8-sig")
    listed = casework(
        "registry", "export", "--kind", "objects", "--format", "csv", "--to", home / "out", "--json"
    )
    assert "H41048100901" in Path(listed.json[0]["file"]).read_text("utf-8-sig")


def test_whoever_stops_an_import_half_way_has_imported_nothing_and_may_begin_again(home, monkeypatch):
    assert casework("registry", "export", "--kind", "objects", "--format", "csv", "--to", home).code == 0
    text = (home / "410481-objects.csv").read_text("utf-8-sig")
    file = home / "more.csv"
    rows = [f"H4104810{number:04d},新设卫生室{number},村卫生室" for number in range(500, 900)]
    file.write_text("编码,名称,类别\n" + "\n".join(rows) + "\n", "utf-8")

    def stopped(stage, lines):
        for number, line in enumerate(lines):
            if stage == "导入" and number == 200:
                raise KeyboardInterrupt
            yield line

    with monkeypatch.context() as patch:
        patch.setattr(cli_registry, "_watch", stopped)
        said = casework("registry", "import", file)
    assert (said.code, said.line) == (130, "已中止。")
    assert (
        casework("registry", "export", "--kind", "objects", "--format", "csv", "--to", home / "after").code
        == 0
    )
    assert (home / "after" / "410481-objects.csv").read_text("utf-8-sig") == text
    again = casework("registry", "import", file, "--json")
    assert (again.code, again.json["counts"]["added"]) == (0, 400)
    third = casework("registry", "import", file, "--json")
    assert (third.json["counts"]["added"], third.json["counts"]["changed"]) == (0, 400)


@pytest.mark.usefixtures("home")
def test_conflicts_of_interest_are_never_public(tmp_path):
    said = casework("registry", "export", "--public", "--kind", "conflicts", "--to", tmp_path / "out")
    assert (said.code, "不公示" in said.line) == (1, True)


# --- starting ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "heavy"),
    [
        (["--help"], ["sqlalchemy", "lxml", "flask", "typst", "SpiffWorkflow", "engine.desk.world"]),
        (["pack", "list"], ["sqlalchemy", "flask", "typst", "SpiffWorkflow", "engine.desk.world"]),
        (["calendar", "add", "2026-09-28", "20"], ["flask", "typst", "SpiffWorkflow", "engine.desk.world"]),
    ],
    ids=lambda value: " ".join(value[:2]),
)
def test_a_light_command_loads_nothing_heavy(arguments, heavy, tmp_path):
    """Nobody waits for the machine, the pages or the typesetter to see a date."""
    none = f"sqlite:///{tmp_path / 'none.db'}"
    said = apart(*arguments, PYTHONPROFILEIMPORTTIME="1", CASEWORK_DATABASE_URL=none)
    loaded = {
        line.rsplit("|", 1)[-1].strip() for line in said.err.splitlines() if line.startswith("import time:")
    }
    assert said.code == 0
    assert "click" in loaded
    assert not loaded & set(heavy)


# --- database and log -----------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("home")
def test_a_port_in_use_is_one_sentence_and_nothing_is_started():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        said = casework("serve", "--port", port, "--with-worker")
    assert said.code == 1
    assert f"不能在 127.0.0.1:{port} 上提供网页：端口已经被别的程序占用" in said.line
    assert "--port" in said.line
    assert said.out == ""


def test_a_backup_goes_back_into_an_empty_place_and_the_log_verifies(home, monkeypatch):
    assert casework("release", "deploy", "wugang").code == 0
    assert casework("audit", "anchor").code == 0
    made = casework("db", "backup", home / "copy.tar.gz", "--json")
    assert made.json["rows"] > 100
    refused = casework("db", "restore", home / "copy.tar.gz")
    assert (refused.code, "--force" in refused.line) == (1, True)
    monkeypatch.setenv("CASEWORK_DATABASE_URL", f"sqlite:///{home / 'other.db'}")
    restored = casework("db", "restore", home / "copy.tar.gz", "--json")
    assert (restored.code, restored.json["rows"], restored.json["faults"]) == (0, made.json["rows"], [])
    assert casework("db", "check", "--json").json == {"ok": True, "faults": []}
    verdict = casework("audit", "verify", "--anchors", home / "anchors" / "heads.jsonl", "--json")
    assert (verdict.code, verdict.json["ok"], verdict.json["anchors"]) == (0, True, 1)


def test_a_file_that_is_no_backup_is_one_sentence(home):
    (home / "bad.tar.gz").write_bytes(b"nothing")
    said = casework("db", "restore", home / "bad.tar.gz", "--force")
    assert said.code == 1
    assert said.line


def test_a_rewritten_log_is_named_by_its_number(home, monkeypatch):
    assert casework("release", "deploy", "wugang").code == 0
    assert casework("audit", "anchor").code == 0
    copy = home / "rewritten.db"
    assert casework("db", "backup", home / "copy.tar.gz").code == 0
    monkeypatch.setenv("CASEWORK_DATABASE_URL", f"sqlite:///{copy}")
    assert casework("db", "restore", home / "copy.tar.gz").code == 0
    with sqlite3.connect(copy) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute(
            "UPDATE audit_entry SET action = 'release.nothing' WHERE action = 'release.deploy'"
        )
    said = casework("audit", "verify")
    assert said.code == 1
    assert "日志链在第" in said.line
    answer = casework("audit", "verify", "--json")
    assert (answer.code, answer.json["ok"]) == (1, False)
    assert casework("db", "check", "--json").json["ok"] is False


def test_an_export_of_the_log_holds_every_entry(home):
    assert casework("release", "deploy", "wugang").code == 0
    assert casework("audit", "anchor").code == 0
    told = casework("audit", "export", home / "log.jsonl", "--json").json
    lines = (home / "log.jsonl").read_text("utf-8").splitlines()
    assert told["entries"] == len(lines) >= 1
    assert all(json.loads(line) for line in lines)


def test_an_older_release_is_made_current_again(home):
    """`casework release restore`: the next version has the older content, and says so."""
    casework("release", "deploy", "wugang")
    out = home / "out"
    casework("release", "export", "wugang/1", out)
    report = out / "report.bpmn"
    report.write_bytes(report.read_bytes().replace("核对报告时限".encode(), "核对报告的时限".encode()))
    folder = out.rename(home / "wugang")
    assert casework("release", "deploy", folder, "--json").json["version"] == 2
    refused = casework("release", "deploy", "wugang")
    assert (refused.code, "请恢复第 1 版" in refused.line) == (1, True)
    made = casework("release", "restore", "wugang/1", "--note", "环节名称有误", "--json")
    assert (made.code, made.json["version"], made.json["restores"]) == (0, 3, 1)
    assert "相同" in casework("release", "diff", "wugang/1", "wugang/3").out
    assert "不用恢复" in casework("release", "restore", "wugang/1", "--note", "再来").line


# --- nothing there yet ----------------------------------------------------------------------------------------------


@pytest.fixture
def empty(tmp_path, monkeypatch):
    """An installation with its tables and nothing in them."""
    monkeypatch.delenv("CASEWORK_LANG", raising=False)
    monkeypatch.setenv("CASEWORK_DATABASE_URL", f"sqlite:///{tmp_path / 'empty.db'}")
    monkeypatch.setenv("CASEWORK_FILES_DIR", str(tmp_path / "files"))
    monkeypatch.setenv("CASEWORK_ANCHORS_DIR", str(tmp_path / "anchors"))
    (tmp_path / "key").write_text("k" * 64)
    monkeypatch.setenv("CASEWORK_SECRET_KEY_FILE", str(tmp_path / "key"))
    assert casework("db", "upgrade").code == 0
    return tmp_path


@pytest.mark.usefixtures("empty")
def test_who_asks_an_empty_installation_is_told_that_it_is_empty():
    """No command answers with silence; a program gets an empty list."""
    assert "还没有人员" in casework("user", "list").out
    assert casework("user", "list", "--json").json == []
    assert "日志还是空的" in casework("audit", "verify").out
    for arguments, words in (
        (["archive", "export", "A-1", "out"], "没有案件“A-1”的归档案卷"),
        (["release", "restore", "jilin/1", "--note", "恢复"], "没有发布 jilin/1"),
        (["registry", "export"], "数据库里还没有机构"),
    ):
        said = casework(*arguments)
        assert (said.code, said.out) == (1, "")
        assert words in said.line


# --- the year in one command ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pack", ["jilin", "wugang"])
def test_a_year_of_the_demo_has_every_word_a_swap_included(pack):
    """吉 第十三条, 舞 第九条: somebody drawn has an interest in their object, and the next one comes instead."""
    told = casework("demo", "--pack", pack, "--cases", 2, "--objects", 100, "--json")
    assert told.code == 0
    assert told.json.keys() == {"pack", "seed", "steps", "refusals", "ids", "seconds"}
    assert set(WORDS) - {"followup"} <= told.json["steps"].keys()
    assert len(told.json["ids"]["cases"]) == 2
    assert len({row["slug"] for row in told.json["refusals"]}) == 10


@pytest.mark.parametrize(("through", "last"), [("draw", "draw"), ("substitution", "substitution")])
def test_the_demo_stops_where_it_is_told_to(through, last):
    """What comes after has not happened, and no refusal is tried on half a year."""
    told = casework(
        "demo", "--pack", "jilin", "--cases", 2, "--objects", 100, "--through", through, "--json"
    ).json
    assert last in told["steps"]
    assert not {"feedback", "publication", "archive"} & told["steps"].keys()
    assert told["refusals"] == []


@pytest.mark.usefixtures("home")
def test_an_installation_is_set_up_to_the_first_sign_in():
    """Bureaus from the top down, sections, an account with a post: then somebody signs in and enters the others."""
    top = ["220000", "吉林省医疗保障局", "--short", "吉林省", "--level", "province", "--pack", "jilin"]
    city = ["220100", "长春市医疗保障局", "--short", "长春市", "--level", "prefecture", "--pack", "jilin"]
    assert "没有区划代码为 220000 的机构" in casework("bureau", "add", *city, "--parent", "220000").line
    assert casework("bureau", "add", *top).code == 0
    assert casework("bureau", "add", *city, "--parent", "220000").code == 0
    for arguments, words in (
        ((*city, "--parent", "220000"), "长春市医疗保障局（220100）已经存在"),
        (("220381", "公主岭市医疗保障局", *city[2:], "--parent", "220100"), "不能是市级机构的上级"),
        (("220381", "公主岭市医疗保障局", *city[2:7], "nix"), "没有规则包“nix”"),
    ):
        said = casework("bureau", "add", *arguments)
        assert (said.code, words in said.line) == (1, True), said.line
    assert casework("bureau", "section", "220100", "基金监管处", "--kind", "supervision").code == 0
    assert casework("bureau", "rename", "220100", "长春市医保局", "--short", "长春").code == 0
    rows = {row["division"]: row for row in casework("bureau", "list", "--json").json}
    assert rows["220100"]["parent"] == "220000"
    assert (rows["220100"]["name"], rows["220100"]["short_name"]) == ("长春市医保局", "长春")
    assert rows["220100"]["sections"] == [{"name": "基金监管处", "kind": "supervision"}]
    person = ["an", "卫长安", "--bureau", "220100", "--staff-no", "0001", "--password", "demo-casework"]
    assert casework("user", "add", *person).code == 0
    assert casework("user", "grant", "an", "security_admin").code == 0
    client = create_app(open_world(settings())).test_client()
    there = {"base_url": settings().base_url}
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/sign-in", **there).text)
    form = {"login": "an", "password": "demo-casework", "csrf_token": token[1]}
    assert client.post("/sign-in", data=form, **there).status_code == 303
    page = client.get("/people", **there).text
    assert "基金监管处" in page


@pytest.mark.usefixtures("home")
def test_a_day_of_the_calendar_is_entered_changed_and_taken_back():
    """A day off that the bureau gets at short notice: counted at once, logged, and gone again when it was a mistake."""
    day, counted = "2026-11-12", ["calendar", "add", "2026-11-11", "1"]
    assert casework(*counted).out.strip() == day
    assert casework("calendar", "set", day, "holiday", "--name", "临时放假").code == 2, (
        "no document, no day off"
    )
    given = casework(
        "calendar", "set", day, "holiday", "--name", "临时放假", "--source", "吉政办函〔2026〕1号"
    )
    assert (given.code, "期限改动 0 件" in given.out) == (0, True)
    assert casework(*counted).out.strip() == "2026-11-13"
    assert casework("calendar", "unset", day).code == 0
    assert casework(*counted).out.strip() == day
    again = casework("calendar", "unset", day)
    assert (again.code, "没有 2026-11-12 的特别安排" in again.line) == (1, True)
