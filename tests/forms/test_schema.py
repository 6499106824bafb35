"""Answers: only declared ones; a hidden one is neither required nor kept; sentences carry the label."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import Refused
from forms import definition, post, schema
from forms.fields import fen, yuan

FILE = "f" * 22


def form(*components):
    return definition.read(json.dumps({"components": list(components)}).encode(), "forms/x/y.form")


def one(kind, key="a", label="项目", **more):
    return {"type": kind, "key": key, "label": label, **more}


def refused(made, answers, **more):
    with pytest.raises(Refused) as caught:
        schema.load(made, answers, **more)
    return caught.value.fields


DECISION = form(
    one(
        "radio",
        "decision",
        "审批意见",
        validate={"required": True},
        values=[{"value": "approve", "label": "同意"}, {"value": "return", "label": "退回"}],
    ),
    one(
        "textarea",
        "reason",
        "退回理由",
        validate={"required": True},
        conditional={"hide": '=decision != "return"'},
    ),
)


def test_a_hidden_field_is_neither_required_nor_kept():
    assert schema.load(DECISION, {"decision": "approve", "reason": "旧的草稿"}) == {"decision": "approve"}
    assert refused(DECISION, {"decision": "return"}) == {"reason": "请填写“退回理由”"}


def test_a_hidden_field_with_a_wrong_shape_does_no_harm():
    assert schema.load(DECISION, {"decision": "approve", "reason": 7}) == {"decision": "approve"}


def test_nothing_undeclared_is_accepted():
    assert refused(DECISION, {"decision": "approve", "lane_owners": {"x": ["me"]}}) == {
        "lane_owners": "表单里没有“lane_owners”这一项，不能提交",
    }


def test_what_is_hidden_counts_as_empty_for_other_conditions():
    made = form(
        one("checkbox", "a"),
        one("textfield", "b", conditional={"hide": "=not(a)"}),
        one("textfield", "c", validate={"required": True}, conditional={"hide": "=b = null"}),
    )
    assert schema.load(made, {"a": False, "b": "还在", "c": "x"}) == {"a": False}
    assert refused(made, {"a": True, "b": "有"}) == {"c": "请填写“项目”"}


def test_sentences_come_in_the_order_of_the_page():
    made = form(
        one("textfield", "z", validate={"required": True}), one("textfield", "a", validate={"required": True})
    )
    assert list(refused(made, {})) == ["z", "a"]


@pytest.mark.parametrize(
    ("component", "value", "kept"),
    [
        (one("textfield"), "  e\u0301 ", "é"),
        (one("textarea"), "一\r\n二", "一\n二"),
        (one("number"), 12, 12),
        (one("number"), "3.50", "3.5"),
        (one("number"), 1e3, 1000),
        (one("money"), 0, 0),
        (one("datetime", subtype="date"), "2026-03-05", "2026-03-05"),
        (one("datetime", subtype="datetime"), "2026-03-05T10:30", "2026-03-05T10:30:00+08:00"),
        (one("datetime", subtype="time"), "09:05", "09:05"),
        (one("checkbox"), True, True),
        (one("checklist", valuesKey="v"), ["1", "1"], ["1"]),
        (one("clause"), "J13 W9", "J13 W9"),
        (one("filepicker"), [FILE], [FILE]),
        (one("photo"), [FILE], [{"file": FILE}]),
        (one("signature"), {"name": "罗启南", "path": "M1 2L3 4"}, {"name": "罗启南", "path": "M1 2L3 4"}),
    ],
)
def test_answers_come_back_as_json(component, value, kept):
    assert schema.load(form(component), {"a": value})["a"] == kept


@pytest.mark.parametrize(
    ("component", "value", "sentence"),
    [
        (one("textfield", validate={"maxLength": 2}), "三个字", "“项目”最多 2 个字，现在有 3 个"),
        (one("textfield"), "a\u0000b", "“项目”中有看不见的控制字符，请重新输入"),
        (
            one("textfield", validate={"pattern": "^H\\d+$", "patternErrorMessage": "编码以 H 开头"}),
            "P1",
            "编码以 H 开头",
        ),
        (
            one("textfield", validate={"validationType": "phone"}),
            "12a",
            "“项目”要写成电话号码，例如 13800000000 或 0375-8100000",
        ),
        (one("number"), "十", "“项目”要写成数字，例如 12 或 3.5"),
        (one("number"), True, "“项目”要写成数字，例如 12 或 3.5"),
        (one("number", decimalDigits=0), "1.5", "“项目”要写成整数"),
        (one("number", validate={"min": 2}), 1, "“项目”不能小于 2"),
        (one("money"), "一千", "“项目”要写成元，最多两位小数，例如 1234.50；没有金额填 0"),
        (one("money"), -1, "“项目”不能小于 0.00 元"),
        (one("datetime", subtype="date"), "2026-02-30", "“项目”要写成日期，例如 2026-03-05"),
        (one("radio", values=[{"value": "x", "label": "甲"}]), "y", "“项目”只能从列出的选项中选择"),
        (one("filepicker"), [FILE, "g" * 22], "“项目”只能上传一个文件"),
        (one("filepicker"), ["../../etc/passwd"], "“项目”中有不认识的文件，请重新上传"),
        (one("photo", validate={"location": True}), [FILE], "“项目”第 1 张没有定位，请重拍或写明原因"),
        (one("signature"), {"path": "M1 2"}, "“项目”还缺签名人的姓名"),
        (one("signature"), {"name": "罗\x00启"}, "“项目”中有看不见的控制字符，请重新输入"),
        (one("select", valuesKey="people"), "罗\x00", "“项目”中有看不见的控制字符，请重新输入"),
        (one("signature"), {"name": "罗", "path": "<svg onload=x>"}, "“项目”的笔迹读不下去，请清除后重签"),
        (one("clause"), "javascript:1", "“项目”要写成条款引用，例如 J13 或 W9"),
    ],
)
def test_each_sentence_says_what_to_do(component, value, sentence):
    assert refused(form(component), {"a": value}) == {"a": sentence}


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("money", "请填写“项目”，没有金额填 0"),
        ("checkbox", "请确认“项目”"),
        ("filepicker", "请上传“项目”"),
        ("signature", "请签名：“项目”"),
    ],
)
def test_missing_answers_are_asked_for_in_the_words_of_their_type(kind, sentence):
    assert refused(form(one(kind, validate={"required": True})), {}) == {"a": sentence}


def test_options_of_the_domain_are_compared_and_keep_their_type():
    made = form(one("person", valuesKey="team"), one("taglist", "b", valuesKey="tags"))
    options = {"team": [(7, "周砚秋")], "tags": [("x", "甲"), ("y", "乙")]}
    assert schema.load(made, {"a": "7", "b": ["y"]}, options=options) == {"a": 7, "b": ["y"]}
    assert refused(made, {"a": 8}, options=options) == {"a": "请在“项目”列出的选项中选择"}


def test_options_may_be_computed_from_answers():
    made = form(one("checklist", "a", valuesKey="v"), one("select", "b", valuesExpression="=a"))
    assert schema.load(made, {"a": ["甲", "乙"], "b": "乙"})["b"] == "乙"
    assert refused(made, {"a": ["甲"], "b": "乙"}) == {"b": "请在“项目”列出的选项中选择"}


ROWS = form(
    {
        "type": "dynamiclist",
        "path": "items",
        "label": "清单",
        "validate": {"required": True},
        "components": [
            one("textfield", "name", "名称", validate={"required": True}),
            one("number", "count", "数量"),
            one(
                "textfield",
                "why",
                "原因",
                validate={"required": True},
                conditional={"hide": "=count = null or count < limit"},
            ),
        ],
    },
    one("expression", "total", "合计", expression="=sum(for row in items return row.count)"),
)


def test_rows_are_checked_one_by_one_and_named_as_in_the_page():
    assert refused(ROWS, {"items": [{"name": "甲"}, {"count": "x"}]}, data={"limit": 3}) == {
        "items.1.name": "请填写“名称”",
        "items.1.count": "“数量”要写成数字，例如 12 或 3.5",
    }
    assert refused(ROWS, {}) == {"items": "请至少填写一行“清单”"}


def test_conditions_see_their_row_then_the_case():
    answers = {"items": [{"name": "甲", "count": 5}, {"name": "乙", "count": 1, "why": "不留"}]}
    assert refused(ROWS, answers, data={"limit": 3}) == {"items.0.why": "请填写“原因”"}
    kept = schema.load(ROWS, answers, data={"limit": 9})
    assert kept == {"items": [{"name": "甲", "count": 5}, {"name": "乙", "count": 1}], "total": 6}


def test_a_computed_value_is_never_taken_from_outside():
    assert "total" in refused(ROWS, {"items": [{"name": "甲"}], "total": 99})


def test_a_post_becomes_the_same_answers_as_json():
    made = form(
        one("number", "n"),
        one("money", "m"),
        one("checkbox", "c"),
        one("filepicker", "f", multiple=True),
        one("photo", "p", multiple=True),
        one("signature", "s"),
        {"type": "dynamiclist", "path": "items", "label": "清单", "components": [one("textfield", "x")]},
    )
    lists = {
        "n": ["１,２34.50"],
        "m": ["￥1,234.5"],
        "c": ["true"],
        "f": ["a" * 22, "b" * 22],
        "f.drop": ["a" * 22],
        "p": ["c" * 22, "d" * 22, "e" * 22],
        "p.lat": ["43.1", ""],
        "p.lon": ["125.3", ""],
        "s.name": ["罗"],
        "s.path": [""],
        "items.3.x": ["乙"],
        "items.0.x": ["甲"],
        "items.5.x": [""],
        "csrf_token": ["t"],
    }
    answers = post.answers(made, lists)
    assert answers == {
        "n": "1234.5",
        "m": 123450,
        "c": True,
        "f": ["b" * 22],
        "p": [{"file": "c" * 22, "lat": "43.1", "lon": "125.3"}, {"file": "d" * 22}, {"file": "e" * 22}],
        "s": {"name": "罗"},
        "items": [{"x": "甲"}, {"x": "乙"}],
    }
    assert schema.load(made, answers) == answers
    assert schema.files(made, answers) == ["b" * 22, "c" * 22, "d" * 22, "e" * 22]


def test_odd_row_numbers_are_unknown_names_and_not_rows():
    lists = {"items.0.name": ["甲"], "items.².name": ["乙"], f"items.{'9' * 5000}.name": ["丙"]}
    assert set(refused(ROWS, post.answers(ROWS, lists))) == set(lists) - {"items.0.name"}


def test_unknown_names_of_a_post_are_refused_not_dropped():
    answers = post.answers(DECISION, {"decision": ["approve"], "lane_owners": ["me"]})
    assert "lane_owners" in refused(DECISION, answers)


def test_a_button_without_a_script_adds_or_removes_a_row():
    lists = {"items.0.name": ["甲"], "items.1.name": ["乙"]}
    assert post.reshaped(ROWS, {**lists, "intent": ["add:items"]})["items"] == [
        {"name": "甲"},
        {"name": "乙"},
        {},
    ]
    assert post.reshaped(ROWS, {**lists, "intent": ["drop:items.0"]})["items"] == [{"name": "乙"}]
    assert post.reshaped(ROWS, {**lists, "intent": ["draft"]}) is None
    assert post.reshaped(ROWS, {**lists, "intent": ["drop:nowhere.9"]})["items"] == [
        {"name": "甲"},
        {"name": "乙"},
    ]


@given(st.integers(min_value=0, max_value=10**13))
def test_yuan_as_shown_are_the_same_fen_when_they_come_back(amount):
    assert fen(yuan(amount)) == amount


@settings(deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=6,
    )
)
def test_whatever_is_sent_the_answer_is_a_refusal_or_declared_keys(anything):
    kept, sentences = {}, {}
    try:
        kept = schema.load(ROWS, {"items": anything})
    except Refused as refusal:
        sentences = refusal.fields
    assert sentences or kept["items"]
    assert set(kept) <= {"items", "total"}
