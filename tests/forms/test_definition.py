"""Reading forms: what we do not know is refused by component, attribute and name, all findings at once."""

import json

import pytest

from engine.errors import ModelInvalid
from forms import catalogue, definition


def source(*components, **form):
    return json.dumps(
        {"type": "default", "schemaVersion": 19, "components": list(components), **form}
    ).encode()


def findings(*components, **form):
    with pytest.raises(ModelInvalid) as caught:
        definition.read(source(*components, **form), "forms/x/y.form")
    return caught.value.findings


def text(key="a", **more):
    return {"type": "textfield", "id": f"f_{key}", "key": key, "label": "甲", **more}


def test_every_finding_is_told_at_once_with_file_component_reason_and_hint():
    found = findings(
        {"type": "iframe", "id": "frame"},
        {"type": "textfeild", "id": "b"},
        text("c", foo=1),
        text("D"),
        text("e", validate={"pattern": "(?=x)"}),
        text("f", conditional={"hide": "=a +"}),
    )
    assert [(one.element, one.rule) for one in found] == [
        ("frame", "form-component"),
        ("b", "form-component"),
        ("c", "form-attribute"),
        ("D", "form-key"),
        ("e", "form-pattern"),
        ("f", "form-condition"),
    ]
    assert all(one.file == "forms/x/y.form" and one.reason for one in found)
    assert "textfield" in found[1].hint


@pytest.mark.parametrize("kind", sorted(catalogue.REFUSED))
def test_components_that_could_show_foreign_content_are_refused_with_a_way_out(kind):
    assert findings({"type": kind, "id": "x"})[0].hint == catalogue.REFUSED[kind]


@pytest.mark.parametrize("key", ["A", "1a", "a-b", "a" * 42, "__class__", "键", ""])
def test_keys_follow_one_pattern(key):
    assert findings(text(key))[0].rule == "form-key"


@pytest.mark.parametrize("key", ["lane_owners", "csrf_token", "intent", "constructor", "this", "not"])
def test_reserved_words_are_no_keys(key):
    assert "保留字" in findings(text(key))[0].reason


@pytest.mark.parametrize(
    ("component", "rule"),
    [
        (text(label=""), "form-label"),
        (text(label="{{ 7*7 }}"), "form-template"),
        (text(validate={"requierd": True}), "form-validate"),
        (text(readonly="=b"), "form-attribute"),
        (text(layout={"columns": 17}), "form-layout"),
        (text(conditional={"hide": "=nosuch(1)"}), "form-condition"),
        (text(conditional={"show": "=true"}), "form-condition"),
        ({"type": "number", "key": "n", "label": "数", "validate": {"min": "=x"}}, "form-validate"),
        ({"type": "radio", "key": "r", "label": "选"}, "form-options"),
        (
            {"type": "radio", "key": "r", "label": "选", "values": [{"value": 1, "label": "一"}]},
            "form-options",
        ),
        (
            {"type": "select", "key": "r", "label": "选", "valuesKey": "a", "valuesExpression": "=b"},
            "form-options",
        ),
        ({"type": "filepicker", "key": "f", "label": "件", "accept": "<script>"}, "form-attribute"),
        ({"type": "datetime", "key": "d", "label": "日", "subtype": "year"}, "form-attribute"),
        ({"type": "text", "id": "t", "text": "=1+1"}, "form-template"),
    ],
)
def test_each_rule_names_itself(component, rule):
    assert rule in {one.rule for one in findings(component)}


def test_the_same_key_twice_on_one_level_is_refused_but_not_in_a_list_of_its_own():
    assert findings(text(), {**text(), "id": "other"})[0].rule == "form-duplicate"
    inner = {
        "type": "dynamiclist",
        "path": "items",
        "label": "清单",
        "components": [{**text(), "id": "inner"}],
    }
    assert definition.read(source(text(), inner), "x.form").keys == {"a", "items"}


def test_a_condition_may_not_depend_on_itself_around_a_corner():
    found = findings(
        text("a", conditional={"hide": "=b = null"}), text("b", conditional={"hide": "=a = null"})
    )
    assert {one.element for one in found} == {"a", "b"}
    assert "绕回" in found[0].reason


def test_names_from_outside_are_known_and_checked_beside_the_diagram():
    form = definition.read(
        source(text("reason", conditional={"hide": '=decison = "approve"'}), text("decision")), "x.form"
    )
    assert form.needs == {"decison"}
    finding = form.check()[0]
    assert finding.element == "reason"
    assert finding.hint == "是否应为“decision”？"
    assert form.check({"decison"}) == []


def test_not_json_is_told_with_its_line():
    with pytest.raises(ModelInvalid) as caught:
        definition.read(b'{\n"type": }', "forms/x/y.form")
    assert caught.value.findings[0].line == 2


def test_size_number_and_depth_are_bounded():
    with pytest.raises(ModelInvalid, match="kB"):
        definition.read(b" " * (catalogue.MAX_BYTES + 1), "x.form")
    assert "超过" in findings(*[text(f"k{n}") for n in range(catalogue.MAX_COMPONENTS + 1)])[0].reason
    deep = text()
    for number in range(6):
        deep = {"type": "group", "id": f"g{number}", "components": [deep]}
    assert findings(deep)[0].rule == "form-depth"


def test_findings_carry_the_line_of_the_component():
    lines = (
        b'{"components": [\n{"type": "textfield",\n "id": "a",\n "key": "a", "label": "", "validate": {}}]}'
    )
    with pytest.raises(ModelInvalid) as caught:
        definition.read(lines, "x.form")
    assert caught.value.findings[0].line == 3


def test_the_name_of_a_form_is_its_path():
    table = {
        "type": "table",
        "id": "t",
        "dataSource": "coverage",
        "columns": [{"key": "item", "label": "事项"}],
    }
    form = definition.read(
        source(table, {"type": "select", "key": "s", "label": "选", "valuesKey": "items"}),
        "forms/plan/approve.form",
    )
    assert form.name == "plan/approve"
