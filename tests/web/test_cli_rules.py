"""`casework feel` and `casework decide` on the command line."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from tests.engine.dmn_samples import data, decision, model, table
from web.cli_rules import decide, feel


def said(command, *arguments):
    """Exit code, standard output, standard error."""
    result = CliRunner().invoke(command, list(arguments))
    return result.exit_code, result.stdout, result.stderr


def test_feel_prints_value_and_type():
    code, out, _ = said(feel, "金额 * 2", "--context", "{金额: 12.5}")
    assert (code, json.loads(out)) == (0, {"value": "25", "type": "number"})


def test_an_unreadable_expression_is_one_line_with_its_position():
    code, out, err = said(feel, "1 +")
    assert (code, out) == (1, "")
    assert err.count("\n") == 1
    assert "（位置 3）" in err
    code, out, err = said(feel, "1 +", "--json")
    assert json.loads(out)["error"]["position"] == 3
    assert (code, err) == (1, "")


def test_a_null_with_a_reason_is_not_success():
    code, out, err = said(feel, "1 / 0")
    assert code == 1
    assert json.loads(out)["diagnostics"] == ["除数为零（第 1 个字符）"]
    assert "除数为零" in err


@pytest.fixture
def file(tmp_path):
    """A table from a score to a share."""
    rows = [(["< 60"], ["0.05"]), ([">= 60"], ["0.2"])]
    path = tmp_path / "share.dmn"
    path.write_bytes(model(data("得分"), decision("比例", table(["得分"], rows), "i-得分")))
    return path


def test_decide_tells_the_value_and_the_row(file):
    code, out, _ = said(decide, str(file), "--decision", "比例", "--context", "{得分: 75}")
    assert code == 0
    assert out.splitlines() == [
        "比例 = 0.2",
        "  决策“比例”（UNIQUE）得分 = 75",
        "    第 2 行 → 0.2（依据：第2条）",
    ]


@pytest.mark.parametrize(
    ("expected", "code", "ok"), [("0.2", 0, True), ("0.200000001", 0, True), ("0.3", 1, False)]
)
def test_decide_compares_with_what_is_expected(file, expected, code, ok):
    given = ("--decision", "d-比例", "--context", "{得分: 75}", "--expect", expected, "--json")
    assert said(decide, str(file), *given)[0] == code
    assert json.loads(said(decide, str(file), *given)[1])["ok"] is ok


def test_decide_refuses_an_unknown_decision_and_wrong_usage(file):
    code, _, err = said(decide, str(file), "--decision", "比率")
    assert code == 1
    assert "是否想写“比例”" in err
    assert said(decide, str(file))[0] == 2
    assert said(decide, str(file.parent / "none.dmn"), "--decision", "x")[0] == 1


def test_a_batch_answers_line_by_line_in_order(file):
    lines = [
        {"id": "a", "file": file.name, "decision": "比例", "context": "{得分: 10}", "expect": "0.05"},
        {"id": "b", "file": str(file), "decision": "比例", "context": {"得分": 90}, "expect": "1"},
        {"id": "c", "file": "none.dmn", "decision": "比例", "context": "{}", "expect": "1"},
        {"id": "d", "file": file.name, "decision": "比例", "context": "{得分:", "expect": "1"},
        {"id": "e", "file": file.name, "decision": "比例", "context": '{得分: "x"}', "expect": "null"},
    ]
    batch = file.parent / "cases.jsonl"
    batch.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    code, out, _ = said(decide, "--batch", str(batch))
    answers = [json.loads(line) for line in out.splitlines()]
    assert [(answer["id"], answer["ok"], answer["value"]) for answer in answers] == [
        ("a", True, "0.05"),
        ("b", False, "0.2"),
        ("c", False, None),
        ("d", False, None),
        ("e", True, "null"),
    ]
    assert all(set(answer) == {"id", "ok", "value", "diagnostics", "error"} for answer in answers)
    assert "没有文件" in answers[2]["error"]
    assert code == 1
