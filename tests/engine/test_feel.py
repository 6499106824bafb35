"""FEEL as the owners of rules meet it: values, names, errors, and never a silent null."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from engine import clock
from engine.errors import RuleError
from engine.rules.feel import (
    DateTime,
    DaysTime,
    Limits,
    Range,
    Time,
    YearsMonths,
    evaluate,
    parse,
    to_feel,
    to_json,
    to_python,
    type_name,
)

SAYINGS = [
    # text, data, FEEL text of the answer
    ('if 金额 > 1000 and 类型 = "重点" then "全查" else "抽查"', {"金额": 1200, "类型": "重点"}, '"全查"'),
    ("计划.抽查 比例 * 100", {"计划": {"抽查 比例": 0.05}}, "5"),
    ("Monthly Salary * 12", {"Monthly Salary": 10}, "120"),
    ("利润-成本 + 1", {"利润-成本": 3}, "4"),
    ("a - b", {"a": 3, "b": 1}, "2"),
    ('date("2024-02-29") + duration("P1Y")', {}, 'date("2025-02-28")'),
    ('date("2024-03-01") - date("2024-02-01")', {}, 'duration("P29D")'),
    ('@"2021-03-27T12:00:00@Europe/Paris" + @"P1D"', {}, 'date and time("2021-03-28T13:00:00@Europe/Paris")'),
    ("for i in 1..3 return i * partial[-1]", {}, "[null, null, null]"),
    ("for i in 3..1 return i", {}, "[3, 2, 1]"),
    ('for d in @"2024-12-31"..@"2025-01-02" return d.day', {}, "[31, 1, 2]"),
    ("[1, 2, 3, 4][item > 2]", {}, "[3, 4]"),
    ("人员[年龄 >= 30].姓名", {"人员": [{"姓名": "甲", "年龄": 29}, {"姓名": "乙", "年龄": 30}]}, '["乙"]'),
    ("some x in [1, 2] satisfies x > 1", {}, "true"),
    ("every x in [] satisfies false", {}, "true"),
    ("5 in (< 3, [4..6])", {}, "true"),
    ("x between 1 and 3 and true", {"x": 2}, "true"),
    ("{a: 1, b: a + 1}.b", {}, "2"),
    ("(function(x: number) x * 2)(x: 4)", {}, "8"),
    ("-2 ** 2", {}, "4"),
    ("sort([3, 1, 2], function(a, b) a > b)", {}, "[3, 2, 1]"),
    ('matches("CY-0042", "^[A-Z]{2}-\\d{4}$")', {}, "true"),
    ('replace("13800001234", "(\\d{3})\\d{4}(\\d{4})", "$1****$2")', {}, '"138****1234"'),
    ('string join(split("a;b", ";"), "、")', {}, '"a、b"'),
    ('"🐎" = "\\U01F40E"', {}, "true"),
    ("null = null", {}, "true"),
    ("round half up(2.345, 2)", {}, "2.35"),
    ("decimal(1/3, 4)", {}, "0.3333"),
    ("[1..5] = [1..5]", {}, "true"),
    ("overlaps([1..5], [5..8])", {}, "true"),
    ("before([1..5), 5)", {}, "true"),
    ('{k: "v"} instance of context<k: string>', {}, "true"),
    ('context put({a: 1}, "b", 2)', {}, "{a: 1, b: 2}"),
    ("median([6, 1, 2, 3])", {}, "2.5"),
    ('number("1.000,5", ".", ",")', {}, "1000.5"),
    ('week of year(@"2020-12-31")', {}, "53"),
    ("// 说明\n1 /* 一 */ + 1", {}, "2"),
]


@pytest.mark.parametrize(("text", "data", "answer"), SAYINGS, ids=[text for text, *_ in SAYINGS])
def test_what_an_expression_gives(text, data, answer):
    assert to_feel(parse(text).evaluate(data).value) == answer


@pytest.mark.parametrize(
    ("python", "feel"),
    [
        (1, "1"),
        (0.1, "0.1"),
        (Decimal("1.50"), "1.5"),
        (True, "true"),
        (None, "null"),
        ('引号"与\n换行', '"引号\\"与\\n换行"'),
        ([1, ["a"]], '[1, ["a"]]'),
        ({"键": 1, "a b": 2, "a+b": 3}, '{键: 1, a b: 2, "a+b": 3}'),
        (date(2024, 2, 29), 'date("2024-02-29")'),
        (datetime(2024, 2, 29, 1, 2, 3, tzinfo=UTC), 'date and time("2024-02-29T01:02:03Z")'),
        (Time(8, 30, 0, 0, 28800), 'time("08:30:00+08:00")'),
        (YearsMonths(14), 'duration("P1Y2M")'),
        (DaysTime(-(10**9)), 'duration("-PT1S")'),
        (Range(Decimal(1), True, Decimal(5), False), "[1..5)"),
    ],
)
def test_values_have_a_feel_text_that_reads_back(python, feel):
    assert to_feel(python) == feel
    assert to_feel(parse(feel).value({}) if python is not None else None) == feel


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (1, "number"),
        ("", "string"),
        (False, "boolean"),
        (None, "null"),
        ([], "list"),
        ({}, "context"),
        (date(2024, 1, 1), "date"),
        (DateTime(date(2024, 1, 1), Time(0, 0, 0)), "date and time"),
        (YearsMonths(1), "years and months duration"),
    ],
)
def test_the_names_of_types(value, name):
    assert type_name(value) == name


# -- never a silent null


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("金额 > 1000", "没有名为“金额”的数据"),
        ('1 + "a"', r"number \+ string"),
        ("1 / 0", "除数为零"),
        ('"a" = 1', "类型不同"),
        ("null and true", "不是真假值"),
        ("{a: 1}.b", "没有“b”"),
        ("[1][2]", "没有第 2 项"),
        ("级别 in 允许的级别", "没有名为“级别”"),
        ("sum([])", "列表为空"),
        ('date("2024-02-30")', "不是日期"),
        ("没有的函数(1)", "没有名为“没有的函数”"),
        ('(function(x: number) x)("a")', "应为 number"),
        ("function(x) external {java: {}}", "外部"),
    ],
)
def test_a_null_with_a_reason_is_an_error(text, reason):
    with pytest.raises(RuleError, match=reason):
        evaluate(text, {})
    assert parse(text).evaluate({}).value is None


def test_a_null_of_the_data_is_a_plain_answer():
    assert evaluate("备注", {"备注": None}) is None
    assert evaluate("备注 = null", {"备注": None}) is True


# -- errors that help


@pytest.mark.parametrize(
    ("text", "position", "words"),
    [
        ("1 +", 3, "表达式结尾"),
        ("1 + )", 4, "“)”"),
        ("金额 ＞ 1000", 3, "半角符号 >"),
        ('"abc', 0, "没有结束的引号"),
        ("{a: 1, a: 2}", 10, "重复"),
        ("金額 > 1", 0, "是否想写“金额”"),
        ("string lenght(金额)", 0, "是否想写“string length”"),
        ("抽查 + 1", 0, "可用的有"),
        ("if 金额 then 1", 12, "else"),
        ("", 0, "为空"),
    ],
)
def test_an_error_says_where_and_what_now(text, position, words):
    with pytest.raises(RuleError, match=words.replace(")", r"\)")) as caught:
        parse(text, names=["金额"])
    assert caught.value.position == position


def test_known_names_are_accepted_whatever_signs_they_hold():
    names = ["date of birth", "金额(万元)", "a-b", "for reasons"]
    assert parse("金额(万元) + a-b", names=names).value({"金额(万元)": 1, "a-b": 2}) == 3
    assert parse("for reasons", names=names).names() == {"for reasons"}


def test_an_expression_tells_what_it_needs():
    text = parse("for x in 名单 return count(x.项目[状态 = 限值]) + 系数")
    assert text.names() == {"名单", "状态", "限值", "系数"}
    assert text.functions() == {"count"}


def test_the_tree_goes_to_the_browser_as_json():
    assert parse("a + 1").tree() == {
        "kind": "Binary",
        "at": 0,
        "op": "+",
        "left": {"kind": "Name", "at": 0, "name": "a"},
        "right": {"kind": "Literal", "at": 4, "value": {"number": "1"}},
    }


@pytest.mark.parametrize(
    ("cell", "value", "held"),
    [
        ("-", 1, True),
        ('"a", "b"', "b", True),
        ('not("a", "b")', "b", False),
        ("[1..3], > 10", 11, True),
        ("? > 3 and ? < 5", 4, True),
        ('contains(?, "医")', "医院", True),
        ("null", None, True),
        ("限值", 5, True),
        ('date("2024-01-01")', date(2024, 1, 1), True),
        ("true", False, False),
        ("[1, 2, 3]", 2, True),
    ],
)
def test_the_tests_of_a_table_cell(cell, value, held):
    assert parse(cell, unary=True).value({"?": value, "限值": 5}) is held


def test_evaluation_never_changes_the_data():
    data = {"名单": [1, 2], "项": {"a": 1}}
    evaluate("append(名单, 3)", data)
    evaluate('context put(项, "a", 2)', data)
    assert data == {"名单": [1, 2], "项": {"a": 1}}


def test_now_and_today_follow_the_product_clock():
    with clock.fixed(datetime(2026, 3, 1, 20, 0, tzinfo=UTC)):
        assert evaluate("today()") == date(2026, 3, 2)
        assert to_feel(evaluate("now()")) == 'date and time("2026-03-02T04:00:00@Asia/Shanghai")'


def test_a_local_time_beside_a_zoned_one_is_shanghai_time():
    assert evaluate('@"2026-03-02T08:00:00" = @"2026-03-02T00:00:00Z"') is True


def test_limits_are_an_argument():
    with pytest.raises(RuleError, match="步数"):
        parse("for i in 1..100 return i").evaluate({}, limits=Limits(steps=50))


def test_values_leave_as_plain_python_and_as_json():
    value = evaluate(
        '{数: 2, 比: 0.5, 日: date("2024-02-29"), 时: @"2024-02-29T08:00:00", 长: @"PT1H", 月: @"P1M"}'
    )
    assert to_python(value) == {
        "数": 2,
        "比": Decimal("0.5"),
        "日": date(2024, 2, 29),
        "时": datetime(2024, 2, 29, tzinfo=UTC),
        "长": timedelta(hours=1),
        "月": "P1M",
    }
    assert to_json(value) == {
        "数": 2,
        "比": 0.5,
        "日": "2024-02-29",
        "时": "2024-02-29T08:00:00",
        "长": "PT1H",
        "月": "P1M",
    }


def test_a_text_is_read_once():
    assert parse("1 + 1") is parse("1 + 1")
