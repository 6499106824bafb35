"""Two versions of a diagram: what the second reader has to judge, and nothing that only moved."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import ModelInvalid
from engine.runtime import layout
from engine.runtime.difference import Edit, differences

NATIONAL = Path(__file__).resolve().parents[2] / "workflows/national"
WUGANG = NATIONAL.parent / "wugang/draw.bpmn"
REPORT = (NATIONAL / "report.bpmn").read_bytes()
DRAW = (NATIONAL / "draw.bpmn").read_bytes()


def changed(one: str, two: str, source: bytes = REPORT) -> list[tuple[str, str, list[Edit]]]:
    """What a replacement in the text of a diagram comes to."""
    after = source.replace(one.encode(), two.encode())
    assert after != source
    return [(each.id, each.state, list(each.edits)) for each in differences(source, after)]


def test_a_diagram_differs_in_nothing_from_itself_laid_out_anew():
    for path in sorted(NATIONAL.glob("*.bpmn")):
        source = path.read_bytes()
        assert differences(source, layout.relayout(source)) == []


def test_a_new_name_is_one_change_though_flows_refer_to_it():
    assert changed("核对报告时限", "核对报告的时限") == [
        ("open", "changed", [Edit("name", "核对报告时限", "核对报告的时限")])
    ]


def test_what_is_new_in_one_direction_is_gone_in_the_other():
    wugang = WUGANG.read_bytes()
    there, back = differences(DRAW, wugang), differences(wugang, DRAW)
    for one, two in (("added", "removed"), ("removed", "added"), ("changed", "changed")):
        assert {each.id for each in there if each.state == one} == {
            each.id for each in back if each.state == two
        }
    states = {each.id: each.state for each in there}
    assert (states["import_result"], states["commit_operator"]) == ("added", "removed")


def test_the_verb_of_a_system_step_a_condition_and_an_end_are_told():
    wugang = {each.id: each for each in differences(DRAW, WUGANG.read_bytes())}
    assert Edit("serviceTaskOperator", "", "draw.send") in wugang["send_to_platform"].edits
    (condition,) = wugang["exception_asked__approve_exceptions"].edits
    assert (condition.trait, condition.before) == (
        "conditionExpression",
        "repeats > 0 or small_team or typed_shares",
    )
    target = next(e for e in wugang["exception_asked__send_to_platform"].edits if e.trait == "targetRef")
    assert target.after == "发送抽取任务到平台"


def test_two_flows_of_one_name_are_told_apart_by_their_ids():
    wugang = {each.id: each for each in differences(DRAW, WUGANG.read_bytes())}
    assert wugang["exception_asked"].edits == [
        Edit("default", "exception_asked__check_team", "exception_asked__send_to_platform")
    ]


def test_another_lane_and_another_timer_are_changes_of_the_element():
    inside = "<bpmn:flowNodeRef>open</bpmn:flowNodeRef>"
    (moved,) = changed(inside, "")
    assert (moved[:2], [edit.trait for edit in moved[2]]) == (("open", "changed"), ["lane"])
    found = changed(">due<", ">soon<")
    assert {edit.trait for _, _, edits in found for edit in edits} == {"timerEventDefinition/timeDate"}


def test_what_is_no_diagram_is_refused():
    with pytest.raises(ModelInvalid):
        differences(REPORT, b"<html/>")
