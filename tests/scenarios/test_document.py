"""文书: what the rows of a finished inspection print, from the approval to the publication."""

from __future__ import annotations

import pytest

from engine.desk import document
from engine.desk.world import seed_files
from engine.domain.document import TEMPLATES, check, produce
from engine.domain.document.facts import inspection
from engine.people import Role, holders
from tests.scenarios import inspections as told

URL = "https://example.cn/public/d/1"


@pytest.mark.parametrize("pack", ["jilin", "wugang"])
def test_a_published_inspection_prints_its_documents(pack, request):
    """吉 第十八、二十、二十二条; 舞 第十二、十四、十五条: each paper from the facts, with nothing missing."""
    scene = request.getfixturevalue(pack)
    case, inspection_id = told.begins(scene, scene.bureau)
    told.published(scene, case, inspection_id, "corrected", **told.CORRECTED)
    found = scene.read(lambda session: inspection(session, inspection_id, verify_url=URL))
    expected = {
        "inspection_approval",
        "notice",
        "rights",
        "record",
        "record_form",
        "feedback",
        "publication",
        "report",
    }
    if pack == "jilin":
        expected -= {"report"}
    assert set(found) >= expected
    documents = seed_files(pack)
    for name, data in found.items():
        if TEMPLATES[name].file not in documents:
            continue
        check(TEMPLATES[name], data)
        assert produce(name, data, documents).startswith(b"%PDF-1.7"), name
    told_of = scene.read(lambda session: document.printable(session, leader(session, scene.bureau), case.id))
    assert ("notice", "检查通知书") in told_of
    assert ("record_form" in dict(told_of)) == (pack == "wugang")
    made = scene.read(lambda session: document.pdf(session, leader(session, scene.bureau), case.id, "notice"))
    assert made.startswith(b"%PDF-1.7")


def leader(session, bureau_id):
    return holders(session, bureau_id, Role.LEADER)[0]


def test_before_anything_is_approved_there_is_nothing_to_print(jilin):
    """A document without its fact does not exist."""
    _, inspection_id = told.begins(jilin, jilin.bureau)
    assert jilin.read(lambda session: inspection(session, inspection_id)) == {}
