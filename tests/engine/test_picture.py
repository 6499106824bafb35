"""The picture of a case: states by form and colour, Chinese names, nothing a strict page would refuse."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest
from lxml import etree

from engine.errors import ModelInvalid
from engine.runtime import layout, picture
from engine.runtime.layout.model import BPMN
from engine.runtime.picture.marks import EVENTS, FEET, GATEWAYS, TASKS

SVG = "{http://www.w3.org/2000/svg}"
MODEL = f"""<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="{BPMN}" id="m" targetNamespace="urn:x">
  <bpmn:collaboration id="c"><bpmn:participant id="pool" name="抽查" processRef="p"/></bpmn:collaboration>
  <bpmn:process id="p" name="双随机抽查">
    <bpmn:laneSet id="l">
      <bpmn:lane id="team" name="检查组"><bpmn:flowNodeRef>start</bpmn:flowNodeRef>
        <bpmn:flowNodeRef>visit</bpmn:flowNodeRef><bpmn:flowNodeRef>ok</bpmn:flowNodeRef>
        <bpmn:flowNodeRef>late</bpmn:flowNodeRef></bpmn:lane>
      <bpmn:lane id="unit" name="业务科室"><bpmn:flowNodeRef>report</bpmn:flowNodeRef>
        <bpmn:flowNodeRef>tell</bpmn:flowNodeRef><bpmn:flowNodeRef>end</bpmn:flowNodeRef></bpmn:lane>
    </bpmn:laneSet>
    <bpmn:startEvent id="start" name="开始"/>
    <bpmn:userTask id="visit" name="现场检查并记录检查情况"/>
    <bpmn:boundaryEvent id="late" name="临期" attachedToRef="visit" cancelActivity="false">
      <bpmn:timerEventDefinition id="t"/></bpmn:boundaryEvent>
    <bpmn:exclusiveGateway id="ok" name="是否一致" default="f3"/>
    <bpmn:businessRuleTask id="report" name="A &amp; B &lt;script&gt;"/>
    <bpmn:callActivity id="tell" name="逐一反馈"><bpmn:multiInstanceLoopCharacteristics/></bpmn:callActivity>
    <bpmn:endEvent id="end" name="办结"><bpmn:terminateEventDefinition id="x"/></bpmn:endEvent>
    <bpmn:sequenceFlow id="f1" sourceRef="start" targetRef="visit"/>
    <bpmn:sequenceFlow id="f2" sourceRef="visit" targetRef="ok"/>
    <bpmn:sequenceFlow id="f3" name="一致" sourceRef="ok" targetRef="report"/>
    <bpmn:sequenceFlow id="f4" name="退回" sourceRef="ok" targetRef="visit"/>
    <bpmn:sequenceFlow id="f5" sourceRef="report" targetRef="tell"/>
    <bpmn:sequenceFlow id="f6" sourceRef="tell" targetRef="end"/>
    <bpmn:sequenceFlow id="f7" sourceRef="late" targetRef="report"/>
  </bpmn:process>
</bpmn:definitions>
""".encode()
STATES = {"done": ["start", "visit"], "active": {"ok": 1, "report": 3}, "overdue": {"report": 2}}


def drawn(**states: object) -> etree._Element:
    return etree.fromstring(picture.svg(layout.relayout(MODEL), **states))


def element(root: etree._Element, ident: str) -> etree._Element:
    (found,) = root.xpath(f'//*[@data-element="{ident}"]')
    return found


def words(group: etree._Element) -> str:
    return "".join(t for e in group.iter(f"{SVG}text") for t in e.itertext())


def test_every_element_of_the_diagram_can_be_found_and_linked():
    root = drawn()
    ids = {e.get("data-element") for e in root.iter() if e.get("data-element")}
    flows = {f"f{number}" for number in range(1, 8)}
    assert ids == flows | {"pool", "team", "unit", "start", "visit", "late", "ok", "report", "tell", "end"}
    assert element(root, "visit").get("id") == "el-visit"


def test_a_linked_step_leads_to_its_page_and_says_who_and_when():
    root = drawn(**STATES, links={"visit": ("/tasks/7", "沈其昌 2026-03-02 09:00")})
    (link,) = root.iter(f"{SVG}a")
    assert link.get("href") == "/tasks/7"
    assert link.get("aria-label") == "现场检查并记录检查情况，已办，沈其昌 2026-03-02 09:00"
    assert [each.get("data-element") for each in link] == ["visit"]
    assert root.get("role") == "group", "an image would hide its links"
    assert drawn(**STATES).get("role") == "img"


def test_lanes_carry_the_role_and_boxes_the_whole_name():
    root = drawn()
    assert words(element(root, "team")) == "检查组"
    assert words(element(root, "visit")) == "现场检查并记录检查情况"
    assert len(element(root, "visit").findall(f"{SVG}text")) == 2


def test_states_differ_by_class_border_and_sign():
    root = drawn(**STATES)
    assert element(root, "visit").get("class").split()[-1] == "is-done"
    assert element(root, "visit").find(f"{SVG}path[@class='check']") is not None
    late = element(root, "report")
    assert late.get("class").endswith("is-late")
    assert late.find(f"{SVG}rect").get("stroke").startswith("var(--late,")
    assert late.find(f"{SVG}circle[@class='token']") is not None
    assert words(late).endswith("32")
    assert element(root, "tell").find(f"{SVG}rect").get("stroke-dasharray")
    assert late.find(f"{SVG}title").text == "A & B <script>，超期 2"


def test_without_states_nothing_is_dashed_as_not_yet_reached():
    root = drawn()
    assert not root.xpath("//*[contains(@class, 'is-')]")
    assert element(root, "tell").find(f"{SVG}rect").get("stroke-dasharray") is None


def test_the_way_taken_is_marked_but_not_the_return():
    root = drawn(done=["start", "visit", "ok"], active={"report": 1})
    assert element(root, "f2").get("class").endswith("is-done")
    assert not element(root, "f4").get("class").endswith("is-done")


def test_flows_named_as_done_are_believed():
    root = drawn(done=["start", "visit", "ok", "f1", "f4"])
    assert [i for i in ("f1", "f2", "f3", "f4") if "is-done" in element(root, i).get("class")] == ["f1", "f4"]


def test_a_non_interrupting_boundary_event_is_dashed_and_shows_a_clock():
    late = element(drawn(), "late")
    assert late.find(f"{SVG}circle").get("stroke-dasharray") == "4 3"
    assert EVENTS["timerEventDefinition"][0][0] in {p.get("d") for p in late.iter(f"{SVG}path")}


@pytest.mark.parametrize(
    ("ident", "sign"),
    [
        ("visit", TASKS["userTask"]),
        ("report", TASKS["businessRuleTask"]),
        ("tell", FEET["parallel"]),
        ("ok", GATEWAYS["exclusiveGateway"]),
        ("end", EVENTS["terminateEventDefinition"]),
    ],
)
def test_each_kind_of_element_has_its_sign(ident: str, sign: list[tuple[str, str]]):
    paths = {p.get("d") for p in element(drawn(), ident).iter(f"{SVG}path")}
    assert {path for path, _ in sign} <= paths


def test_a_default_flow_has_its_stroke_and_a_call_activity_a_thick_border():
    root = drawn()
    assert element(root, "f3").find(f"{SVG}path[@class='default']") is not None
    assert float(element(root, "tell").find(f"{SVG}rect").get("stroke-width")) >= 3


def test_nothing_a_strict_content_policy_forbids():
    root = drawn(**STATES)
    assert next(root.iter(f"{SVG}script", f"{SVG}style", f"{SVG}foreignObject"), None) is None
    names = {name for e in root.iter() for name in e.attrib}
    assert not [name for name in names if name == "style" or name.startswith("on") or "href" in name]
    assert "<script>" not in picture.svg(MODEL)  # though a step is called so


def test_the_text_alternative_names_what_is_done_under_way_late_and_to_come():
    root = drawn(**STATES)
    assert root.get("role") == "img"
    title, desc = root[0], root[1]
    assert root.get("aria-labelledby").split() == [title.get("id"), desc.get("id")]
    assert title.text == "抽查"
    assert desc.text == picture.words(MODEL, **STATES)
    assert (
        desc.text
        == "抽查：已办：现场检查并记录检查情况；在办：A & B <script>（3 人，超期 2）；未到：逐一反馈。"
    )


def test_a_lane_bears_the_name_that_the_bureau_has_for_it():
    posts = {"业务科室": "相关业务科室"}
    assert words(element(drawn(posts=posts), "unit")) == "相关业务科室"
    assert "相关业务科室" in "".join(etree.fromstring(picture.lanes(MODEL, posts)).itertext())
    assert "；相关业务科室办" in picture.words(MODEL, posts=posts)


def test_without_states_the_words_tell_who_does_what():
    assert (
        picture.words(MODEL)
        == "抽查，共 3 个环节：检查组办现场检查并记录检查情况；业务科室办A & B <script>、逐一反馈。"
    )


def test_colours_are_tokens_with_a_value_behind():
    colours = re.findall(r' (?:fill|stroke)="([^"]+)"', picture.svg(MODEL))
    assert all(c == "none" or re.fullmatch(r"var\(--[a-z0-9-]+,#[0-9a-f]{6}\)", c) for c in colours)


def test_a_file_without_a_picture_is_laid_out_first_and_a_file_that_is_none_is_refused():
    assert picture.svg(MODEL) == picture.svg(layout.relayout(MODEL))
    with pytest.raises(ModelInvalid):
        picture.svg(b"<a/>")


def test_counts_stand_in_the_corner():
    assert words(element(drawn(counts={"visit": 132}), "visit")).endswith("132")


def test_a_wide_diagram_is_cut_into_pieces_that_a4_can_hold():
    """The inspection is five metres of screen wide: on paper its pieces stand below each other, each box whole once."""
    inspection = (Path(__file__).parents[2] / "workflows/national/inspection.bpmn").read_bytes()
    pieces = picture.strips(inspection)
    width = int(etree.fromstring(picture.svg(inspection)).get("width"))
    assert pieces[0][0] == 0
    assert pieces[-1][0] + pieces[-1][1] >= width
    assert all(left + wide > following for (left, wide, _), (following, *_) in pairwise(pieces)), "no gap"
    begun = picture.strips(inspection, {"choose_leader"})
    assert 0 < len(begun) < len(pieces), "of a case that has just begun, only where it has been"
    assert picture.strips(layout.relayout(MODEL)) == [], "what fits stays whole"


def test_of_two_versions_what_is_new_changed_or_gone_is_marked_by_a_word_and_told_in_words():
    edited = {"visit": "changed", "report": "added", "f4": "removed", "ok": "added"}
    root = drawn(edited=edited)
    marks = {"visit": "改", "report": "新", "f4": "删", "ok": "新"}
    for ident, mark in marks.items():
        group = element(root, ident)
        assert mark in words(group)
        assert f"is-{edited[ident]}" in group.get("class")
    assert not set("新改删") & set(words(element(root, "tell")))
    told = picture.words(layout.relayout(MODEL), edited=edited)
    assert told == "抽查：新增：A & B <script>，另有 1 处；改动：现场检查并记录检查情况；删除：1 处。"
