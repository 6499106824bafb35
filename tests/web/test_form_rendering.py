"""Step forms as HTML: every macro with StrictUndefined, nothing inline, readable without a script."""

import json
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from engine.errors import Refused
from forms import definition, page, post, schema
from web import words

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def shown():
    env = Environment(
        loader=FileSystemLoader(ROOT / "web/templates"),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.install_null_translations(newstyle=True)
    words.install(env)
    env.globals |= {"csrf_token": lambda: "token", "new_key": lambda: "key"}
    template = env.from_string('{% from "components/form.html" import form %}{{ form(page, "/do", "提交") }}')
    return lambda made: BeautifulSoup(template.render(page=made), "html.parser")


def read(*components):
    source = json.dumps({"type": "default", "components": list(components)}).encode()
    return definition.read(source, "forms/x/y.form")


def record():
    return definition.read((ROOT / "tests/forms/record.form").read_bytes(), "forms/inspection/record.form")


EVERYTHING = (
    {"type": "text", "id": "t", "text": "# 说明\n\n第一段\n换行\n\n- 甲\n- 乙"},
    {"type": "html", "id": "h", "content": '<p onclick="x()">好<script>alert(1)</script></p>'},
    {"type": "textfield", "key": "line", "label": "名称", "description": "全称"},
    {
        "type": "number",
        "key": "count",
        "label": "数量",
        "appearance": {"suffixAdorner": "家"},
        "decimalDigits": 0,
    },
    {"type": "money", "key": "amount", "label": "金额", "validate": {"required": True}},
    {"type": "textarea", "key": "note", "label": "备注"},
    {"type": "datetime", "key": "day", "label": "日期", "subtype": "date"},
    {"type": "datetime", "key": "at", "label": "时间", "subtype": "datetime"},
    {"type": "checkbox", "key": "pledge", "label": "已阅读", "validate": {"required": True}},
    {
        "type": "checklist",
        "key": "methods",
        "label": "方式",
        "values": [{"value": "a", "label": "甲"}, {"value": "b", "label": "乙"}],
    },
    {"type": "taglist", "key": "tags", "label": "标签", "valuesKey": "tags"},
    {"type": "select", "key": "item", "label": "事项", "valuesKey": "items"},
    {
        "type": "radio",
        "key": "yes",
        "label": "是否",
        "values": [{"value": "y", "label": "是"}, {"value": "n", "label": "否"}],
    },
    {"type": "textarea", "key": "why", "label": "原因", "conditional": {"hide": '=yes != "n"'}},
    {
        "type": "textfield",
        "key": "many",
        "label": "多于三",
        "conditional": {"hide": "=count = null or count <= 3"},
    },
    {"type": "filepicker", "key": "files", "label": "附件", "multiple": True, "accept": ".pdf,image/*"},
    {"type": "photo", "key": "photos", "label": "照片", "multiple": True, "validate": {"location": True}},
    {"type": "signature", "key": "signed", "label": "签名"},
    {"type": "person", "key": "leader", "label": "组长", "valuesKey": "team"},
    {"type": "object", "key": "object", "label": "对象"},
    {"type": "clause", "key": "basis", "label": "依据", "valuesKey": "clauses", "multiple": True},
    {"type": "textfield", "key": "fixed", "label": "案号", "readonly": True},
    {"type": "expression", "key": "double", "label": "两倍", "expression": "=count * 2"},
    {
        "type": "table",
        "id": "tb",
        "label": "名单",
        "dataSource": "rows",
        "columns": [{"key": "a", "label": "名"}],
    },
    {"type": "separator", "id": "s"},
    {"type": "spacer", "id": "sp", "height": 20},
    {"type": "textfield", "key": "left", "label": "左", "layout": {"row": "r", "columns": 8}},
    {"type": "textfield", "key": "right", "label": "右", "layout": {"row": "r", "columns": 8}},
    {
        "type": "group",
        "id": "g",
        "label": "一组",
        "showOutline": True,
        "components": [{"type": "textfield", "key": "inner", "label": "组内"}],
    },
    {
        "type": "dynamiclist",
        "path": "items",
        "label": "清单",
        "components": [
            {"type": "textfield", "key": "name", "label": "名称", "validate": {"required": True}},
            {"type": "textfield", "key": "spec", "label": "规格", "conditional": {"hide": "=name = null"}},
        ],
    },
)
SHOWN = {
    "facts": [("案号", "舞检〔2026〕0001")],
    "options": {
        "items": [(1, "事项一")],
        "team": [(7, "周砚秋")],
        "tags": [("x", "标签一")],
        "clauses": [("J13", "吉 第十三条")],
    },
    "rows": {"rows": [{"a": "<b>甲</b>"}]},
    "defaults": {"fixed": "0001"},
}


def test_every_component_is_shown_and_nothing_is_inline(shown):
    soup = shown(
        page.page(
            read(*EVERYTHING),
            values={"leader": 7, "amount": 123450, "at": "2026-03-05T02:30:00+00:00"},
            shown=SHOWN,
        )
    )
    assert not soup.find("script")
    assert not soup.find(style=True)
    assert not [name for tag in soup.find_all() for name in tag.attrs if name.startswith("on")]
    assert soup.find("input", {"name": "amount"})["value"] == "1,234.50"
    assert soup.find("input", {"name": "at"})["value"] == "2026-03-05T10:30"
    assert soup.find("option", selected=True).text == "周砚秋"
    assert "&lt;b&gt;甲" in str(soup)
    assert soup.find("textarea", {"name": "why"}).find_parent(class_="opt").find("input")["value"] == "n"


def test_each_input_has_a_label_and_ids_are_unique(shown):
    soup = shown(page.page(read(*EVERYTHING), shown=SHOWN))
    ids = [tag["id"] for tag in soup.find_all(id=True)]
    assert len(ids) == len(set(ids))
    for control in soup.select("input:not([type=hidden]),select,textarea"):
        labelled = control.find_parent("label") or soup.find("label", {"for": control.get("id")})
        assert labelled, control


def test_a_condition_is_said_in_words_and_shipped_as_a_tree(shown):
    soup = shown(page.page(record()))
    part = soup.find("textarea", {"name": "unsigned_reason"}).find_parent(class_="when")
    assert part.find(attrs={"data-when": True}).text == "“签字情况”是“拒绝签字”或“负责人不在场”时填写"
    assert json.loads(part["data-hide"])["kind"] == "Logic"


def test_what_was_typed_comes_back_with_the_sentences_linked_to_the_fields(shown):
    form = record()
    posted = post.answers(form, {"found": ["corrected"], "amount": ["一千"], "place": ["<柳坪>"]})
    with pytest.raises(Refused) as caught:
        schema.load(form, posted)
    soup = shown(page.page(form, values=posted, refused=caught.value))
    assert soup.find("input", {"name": "place"})["value"] == "<柳坪>"
    assert soup.find("input", {"name": "amount"})["value"] == "一千"
    summary = soup.find(id="errors")
    assert "要改正" in summary.h2.text
    for link in summary.find_all("a"):
        target = soup.find(id=link["href"][1:])
        assert target is not None
        box = target if target.name == "fieldset" else target.find_parent(class_="bad")
        assert link.text in box.text


def test_a_refusal_without_fields_is_said_above_the_form(shown):
    refused = Refused("检查组持证人员不足 2 名", clause="吉 第十六条", hint="请先补充人员。")
    text = shown(page.page(read(*EVERYTHING), refused=refused, shown=SHOWN)).find(id="errors").text
    assert all(word in text for word in ("不足 2 名", "第十六条", "请先补充人员"))


def test_rows_can_be_added_without_a_script(shown):
    form = read(*EVERYTHING)
    soup = shown(page.page(form, values={"items": [{"name": "甲"}, {"name": "乙"}]}, shown=SHOWN))
    assert [
        row["value"] for row in soup.find_all("button", {"name": "intent", "value": re.compile("drop:")})
    ] == [
        "drop:items.0",
        "drop:items.1",
    ]
    assert soup.find("button", {"value": "add:items"})
    assert soup.find("template").find("input", {"name": "items.__i__.name"})


def test_owner_markup_is_cleaned(shown):
    soup = shown(
        page.page(
            read(
                {
                    "type": "html",
                    "id": "h",
                    "content": '<p onclick="x">好<script>alert(1)</script><img src=x></p>',
                }
            )
        )
    )
    assert str(soup.find(class_="said").p) == "<p>好</p>"
