"""`casework draw compute` and `casework draw verify` on files, as anybody runs them."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from tests.engine.draw_samples import REVEAL, example, full_draw
from web.cli_draw import draw


@pytest.fixture
def run(monkeypatch):
    monkeypatch.delenv("CASEWORK_LANG", raising=False)
    return lambda *arguments: CliRunner().invoke(draw, [str(one) for one in arguments])


@pytest.fixture
def put(tmp_path):
    def write(name: str, data: object):
        path = tmp_path / name
        path.write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
        return path

    return write


def test_compute_prints_the_transcript_and_nothing_else(run, put):
    done = run("compute", put("d.json", example()), "--reveal", put("r.json", REVEAL), "--json")
    assert done.exit_code == 0
    shown = json.loads(done.stdout)
    assert set(shown) == {"document", "events", "head"}
    assert set(shown["events"][0]) == {"n", "type", "body", "prev", "hash"}
    assert shown["head"] == "126dc6c963313fc316eb48beee55c6915c414bcbf7e14b51ea666849457b6011"
    verified = run("verify", put("t.json", shown), "--head", shown["head"], "--json")
    assert verified.exit_code == 0
    assert json.loads(verified.stdout)["ok"] is True


def test_compute_names_the_first_fault_and_exits_1(run, put, monkeypatch):
    data = example() | {"salt": "x"}
    files = (put("d.json", data), "--reveal", put("r.json", REVEAL))
    done = run("compute", *files, "--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout)["path"] == "D/salt"
    assert set(json.loads(done.stdout)) == {"path", "code", "reason"}
    assert "D/salt" in done.stderr
    assert "Traceback" not in done.output
    monkeypatch.setenv("CASEWORK_LANG", "en")
    assert "not written as the protocol requires" in run("compute", *files).stderr
    wrong = run(
        "compute",
        put("d.json", example()),
        "--reveal",
        put("r.json", {"secrets": [], "beacon": ""}),
        "--json",
    )
    assert json.loads(wrong.stdout)["code"] == "secret-count"


def test_verify_says_what_it_did_not_check(run, put, monkeypatch):
    document, transcript = full_draw()
    file = put("t.json", transcript.as_json())
    done = run("verify", file)
    assert done.exit_code == 0
    assert done.stdout.count("not checked") == 3
    complete = run("verify", file, "--roster", document.roster, "--head", transcript.head)
    assert complete.stdout.count("not checked") == 1
    monkeypatch.setenv("CASEWORK_LANG", "en")
    assert "substitutions and replacements" in run("verify", file).stdout


def test_verify_exits_1_with_the_first_bad_event(run, put):
    _, transcript = full_draw()
    data = transcript.as_json()
    data["events"][7]["body"]["in"] = "E00001"
    file = put("t.json", data)
    done = run("verify", file)
    assert done.exit_code == 1
    assert "n=7，第 11 项，events/7/body/in" in done.stdout
    bad = json.loads(run("verify", file, "--json").stdout)["bad"]
    assert {"n", "check", "path", "expected", "actual"} == set(bad)


def test_verify_compares_with_the_previous_draw(run, put):
    _, first = full_draw()
    _, lonely = full_draw(name="follower", draw="220000-2026-0002")
    done = run("verify", put("b.json", lonely.as_json()), "--previous", put("a.json", first.as_json()))
    assert done.exit_code == 1
    assert "D/prev_head" in done.stdout


def test_verify_shows_one_ticket(run, put):
    _, transcript = full_draw()
    file = put("t.json", transcript.as_json())
    drawn = transcript.events[2].body["drawn"][0]
    assert "抽中" in run("verify", file, "--ticket", drawn).stdout
    missing = run("verify", file, "--ticket", "H0")
    assert missing.exit_code == 1
    assert "H0" in missing.stderr


def test_wrong_usage_is_exit_2(run, tmp_path):
    assert run("verify", tmp_path / "none.json").exit_code == 2
    assert run("compute").exit_code == 2
