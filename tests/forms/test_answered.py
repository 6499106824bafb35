"""A form that was handed in is read in words: labels, names of options, yuan, the hour, files; no key and no number."""

from __future__ import annotations

import json

from forms import definition
from forms.answered import answered

FORM = {
    "type": "default",
    "components": [
        {
            "type": "radio",
            "key": "decision",
            "label": "决定",
            "values": [{"value": "approve", "label": "同意"}],
        },
        {"type": "checklist", "key": "certificates", "label": "出示证件的人员", "valuesKey": "certificates"},
        {"type": "checkbox", "key": "told", "label": "已告知"},
        {
            "type": "datetime",
            "key": "at",
            "label": "到达时间",
            "subtype": "datetime",
            "timeSerializingFormat": "utc_offset",
        },
        {"type": "filepicker", "key": "papers", "label": "附件"},
        {
            "type": "dynamiclist",
            "path": "findings",
            "label": "检查结果",
            "components": [
                {"type": "select", "key": "item", "label": "抽查事项", "valuesKey": "items"},
                {"type": "money", "key": "amount", "label": "涉及金额"},
            ],
        },
        {"type": "signature", "key": "signature", "label": "签名"},
        {"type": "textfield", "key": "note", "label": "备注"},
    ],
}
ANSWERS = {
    "decision": "approve",
    "certificates": ["17", "18"],
    "told": True,
    "at": "2026-06-06T01:00:00+00:00",
    "papers": ["f1"],
    "findings": [{"item": "1", "amount": 12000}],
    "signature": {"name": "何亭玉", "strokes": "M0 0"},
}
CHOSEN = {
    "certificates": [["17", "何亭玉 长医执0001"], ["18", "马明远 长医执0002"]],
    "items": [["1", "1 基金使用情况"]],
}


def test_every_answer_is_read_by_its_label_and_in_words():
    form = definition.read(json.dumps(FORM).encode(), "arrive.form")
    files = {"f1": {"name": "通知书.pdf", "href": "/files/f1"}}
    given = {each.label: each for each in answered(form, ANSWERS, options=CHOSEN, files=files)}
    assert given["决定"].words == ["同意"]
    assert given["出示证件的人员"].words == ["何亭玉 长医执0001", "马明远 长医执0002"]
    assert given["已告知"].words == ["是"]
    assert given["到达时间"].text == "2026-06-06 09:00", "as the clock of the bureau showed it"
    assert given["附件"].files[0]["href"] == "/files/f1"
    row = {each.label: each for each in given["检查结果"].rows[0]}
    assert row["抽查事项"].words == ["1 基金使用情况"]
    assert row["涉及金额"].text == "120.00 元"
    assert given["签名"].text == "何亭玉"
    assert "备注" not in given, "what nobody answered is left out"


def test_an_option_whose_name_was_not_kept_is_shown_as_it_stands():
    form = definition.read(json.dumps(FORM).encode(), "arrive.form")
    given = {each.label: each for each in answered(form, {"certificates": ["17"]})}
    assert given["出示证件的人员"].text == "17"
