"""Every command of the outer contract: it is there, explains itself, and never shows a traceback."""

from __future__ import annotations

import json

import click
import pytest

from tests.web.command import apart, casework
from web.cli import COMMANDS
from web.cli import casework as group
from web.cli_words import TRANSLATIONS

CONTRACT = """
serve; worker; demo; db upgrade; db check; db backup; db restore; pack list; pack show; pack check;
calendar add; calendar list; calendar import; registry import; registry export; release check; release deploy;
release diff; release export; release rehearse; feel; decide; draw show; draw compute; draw verify; audit verify;
archive export; archive verify; user add; user grant; user list; user reset-2fa; bench; openapi
"""
ALL = [line.split() for line in CONTRACT.replace("\n", " ").strip().split(";")]


@pytest.fixture(autouse=True)
def _place(monkeypatch, tmp_path):
    """No installation: nothing may be created by asking."""
    monkeypatch.delenv("CASEWORK_LANG", raising=False)
    monkeypatch.setenv("CASEWORK_DATABASE_URL", f"sqlite:///{tmp_path / 'var' / 'none.db'}")
    monkeypatch.setenv("CASEWORK_FILES_DIR", str(tmp_path / "files"))
    monkeypatch.setenv("CASEWORK_ANCHORS_DIR", str(tmp_path / "anchors"))
    monkeypatch.setenv("LANGUAGE", "zh")


def every_command(command=group, path=()):
    """(path, command) of everything below."""
    context = click.Context(command)
    if not isinstance(command, click.Group):
        yield path, command
        return
    for name in command.list_commands(context):
        yield from every_command(command.get_command(context, name), (*path, name))


def test_the_list_of_commands_says_what_each_is_for():
    said = casework("--help")
    assert said.code == 0
    assert all(name in said.out and purpose in said.out for name, (_, purpose) in COMMANDS.items())


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_every_command_of_the_contract_explains_itself_in_chinese(path):
    said = casework(*path, "--help")
    assert (said.code, said.err) == (0, "")
    assert "用法" in said.out
    explanation = said.out.partition("选项")[0].partition("用法")[2][1:]
    assert any("\u4e00" <= sign <= "\u9fff" for sign in explanation), explanation


def test_every_option_is_explained():
    for path, command in every_command():
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.help, (path, parameter.name)


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_an_unknown_option_is_wrong_usage_in_one_line(path):
    said = casework(*path, "--no-such-option")
    assert said.code == 2
    assert said.out == ""
    assert "没有选项 --no-such-option" in said.line


@pytest.mark.parametrize("path", [["nix"], ["draw", "nix"]], ids=" ".join)
def test_an_unknown_command_is_wrong_usage(path):
    said = casework(*path)
    assert (said.code, said.out) == (2, "")
    assert "没有命令 nix" in said.line


def test_a_bare_group_shows_its_help():
    said = casework("draw")
    assert said.code == 2
    assert "compute" in said.err


NEEDS_DATABASE = [
    ["db", "check"],
    ["db", "seed"],
    ["db", "backup", "copy.tar.gz"],
    ["draw", "show", "410481-2026-0001"],
    ["audit", "verify"],
    ["handover", "partner", "410400", "某局", "00"],
    ["handover", "send", "1", "file"],
    ["handover", "send-drawn", "1", "410400", "file"],
    ["audit", "export", "log.jsonl"],
    ["audit", "anchor"],
    ["archive", "export", "1", "folder"],
    ["user", "list"],
    ["user", "grant", "wang", "leader"],
    ["user", "reset-2fa", "wang"],
    ["registry", "export"],
    ["release", "deploy", "jilin"],
    ["release", "diff", "jilin/1", "jilin/2"],
    ["release", "export", "jilin/1", "folder"],
    ["worker", "--once"],
    ["serve"],
]


@pytest.mark.parametrize("arguments", NEEDS_DATABASE, ids=" ".join)
def test_without_a_database_it_says_what_to_do_and_makes_nothing(arguments, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said = casework(*arguments)
    assert (said.code, said.out) == (1, "")
    assert "请先执行 casework db upgrade" in said.line
    assert not list(tmp_path.rglob("*.db"))
    assert not (tmp_path / "folder").exists()


def test_asking_for_json_gives_an_error_as_json_too():
    said = casework("audit", "verify", "--json")
    assert said.code == 1
    assert said.json["error"]["code"] == "not-found"
    assert "casework db upgrade" in said.line


@pytest.mark.parametrize(
    "arguments",
    [
        ["registry", "import", "/nowhere.csv"],
        ["audit", "verify", "--anchors", "/nowhere"],
        ["draw", "verify", "/nowhere.json"],
        ["draw", "compute", "/nowhere.json", "--reveal", "/nowhere.json"],
        ["decide", "--batch", "/nowhere.jsonl"],
        ["db", "restore", "/nowhere.tar.gz"],
        ["archive", "verify", "/nowhere"],
        ["calendar", "import", "/nowhere.csv"],
        ["calendar", "add", "2026-02-30", "1"],
        ["calendar", "add", "2026-02-03", "-1"],
        ["calendar", "list", "1066"],
        ["demo", "--pack", "national"],
        ["demo", "--pack", "jilin", "--through", "lunch"],
        ["pack", "show"],
        ["feel"],
        ["decide"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_exit_2_in_one_line(arguments):
    said = casework(*arguments)
    assert (said.code, said.out) == (2, "")
    assert "--help" in said.line


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["pack", "show", "atlantis"], "atlantis"),
        (["pack", "check", "atlantis"], "atlantis"),
        (["release", "check", "/nowhere"], "没有文件或文件夹"),
        (["release", "rehearse", "/nowhere"], "没有文件或文件夹"),
        (["decide", "/nowhere.dmn", "--decision", "x"], "没有文件"),
        (["feel", "1 +"], "位置"),
        (["feel", "1", "--context", "[1]"], "上下文"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_done_is_exit_1_in_one_line(arguments, words):
    said = casework(*arguments)
    assert (said.code, said.out) == (1, "")
    assert words in said.line


@pytest.mark.parametrize("content", [b"", b"{", b"[1, 2]", b"\xff\xfe\x00", b'{"a": 1, "a": 2}', b"{}"])
def test_unreadable_json_is_a_sentence(content, tmp_path):
    path = tmp_path / "bad.json"
    path.write_bytes(content)
    for arguments in (["draw", "compute", path, "--reveal", path], ["draw", "verify", path]):
        said = casework(*arguments)
        assert said.code == 1
        assert "Traceback" not in said.out + said.err
        assert said.out + said.err


def test_wrong_settings_are_one_line_that_names_them_all(monkeypatch):
    monkeypatch.setenv("CASEWORK_DATABASE_URL", "mysql://x")
    monkeypatch.setenv("CASEWORK_NONSENSE", "1")
    said = casework("user", "list")
    assert said.code == 1
    assert "CASEWORK_NONSENSE" in said.line
    assert "CASEWORK_DATABASE_URL" in said.line


def test_a_database_that_does_not_answer_is_one_line(monkeypatch):
    monkeypatch.setenv(
        "CASEWORK_DATABASE_URL", "postgresql+psycopg://nobody@127.0.0.1:1/none?connect_timeout=2"
    )
    said = casework("user", "list")
    assert said.code == 1
    assert "数据库没有办成" in said.line


def test_a_file_that_is_no_database_is_one_line(monkeypatch, tmp_path):
    (tmp_path / "casework.db").write_bytes(b"no database at all" * 100)
    monkeypatch.setenv("CASEWORK_DATABASE_URL", f"sqlite:///{tmp_path / 'casework.db'}")
    said = casework("db", "check")
    assert said.code == 1
    assert "数据库没有办成" in said.line


def test_openapi_is_one_document():
    document = casework("openapi").json
    assert document["openapi"].startswith("3.1")
    assert "/tasks/{id}/complete" in " ".join(document["paths"]) or document["paths"]


def test_english_where_it_is_asked_for():
    said = apart("--help", CASEWORK_LANG="en")
    assert "Commands" in said.out
    assert not any("\u4e00" <= sign <= "\u9fff" for sign in said.out)
    said = apart("calendar", "add", "2027-09-28", "20", CASEWORK_LANG="en")
    assert (said.code, said.err.strip()) == (
        0,
        casework_in_english("注意：涉及尚未公布放假安排的年份，这是暂定日期。"),
    )
    said = apart("draw", "verify", CASEWORK_LANG="en")
    assert said.code == 2
    assert said.err.startswith("Missing argument 'FILE'")
    said = apart("pack", "show", "nowhere", CASEWORK_LANG="en")
    assert said.err.strip().startswith("There is no rule pack “nowhere”.")
    said = apart("user", "list", CASEWORK_LANG="en")
    assert "casework db upgrade" in said.err
    assert not any("\u4e00" <= sign <= "\u9fff" for sign in said.err)


def catalogue(language, domain):
    from babel.messages import pofile  # noqa: PLC0415 (only here)

    with (TRANSLATIONS / language / "LC_MESSAGES" / f"{domain}.po").open("rb") as file:
        return pofile.read_po(file, locale=language)


def casework_in_english(chinese):
    return catalogue("en", "cli").get(chinese).string


def sentences():
    """Everything the command line says in its own words: help texts and the arguments of `say`."""
    import ast  # noqa: PLC0415 (only here)

    for _, purpose in COMMANDS.values():
        yield purpose
    for _, command in [((), group), *every_command()]:
        yield command.help
        yield from (parameter.help for parameter in command.params if isinstance(parameter, click.Option))
    for path in sorted((TRANSLATIONS.parent).glob("cli*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "say" and node.args:
                first = node.args[0]
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    yield first.value


def test_every_sentence_has_its_english():
    known = catalogue("en", "cli")
    missing = sorted(
        {text for text in sentences() if text and not (known.get(text) and known.get(text).string)}
    )
    assert missing == []


def test_translations_keep_their_places():
    import string  # noqa: PLC0415 (only here)

    for language, domain in (("en", "cli"), ("zh", "click")):
        for message in catalogue(language, domain):
            if message.id and isinstance(message.id, str):
                given = {name for _, name, _, _ in string.Formatter().parse(message.id) if name is not None}
                used = {
                    name for _, name, _, _ in string.Formatter().parse(message.string) if name is not None
                }
                assert used <= given, message.id


def test_compiled_catalogues_are_current():
    import gettext  # noqa: PLC0415 (only here)

    for language, domain in (("en", "cli"), ("zh", "click")):
        compiled = gettext.translation(domain, TRANSLATIONS, languages=[language])
        for message in catalogue(language, domain):
            if message.id and isinstance(message.id, str):
                assert compiled.gettext(message.id) == message.string, "run scripts/translate"


def test_json_is_the_only_thing_on_standard_output():
    for arguments in (
        ["pack", "list", "--json"],
        ["pack", "show", "jilin", "--json"],
        ["calendar", "add", "2027-09-28", "20", "--json"],
        ["calendar", "list", "2026", "--json"],
    ):
        json.loads(casework(*arguments).out)
