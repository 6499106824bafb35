"""Diagrams laid out to be read: nothing overlaps, no flow enters a shape, twice gives the same."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from engine.errors import ModelInvalid
from engine.runtime import layout
from engine.runtime.layout import text
from engine.runtime.layout.model import BPMN, DC, DI
from engine.runtime.layout.xml import parse

HOUSE = Path(__file__).resolve().parents[2]
MIWG = sorted((HOUSE / "tests" / "conformance" / "bpmn-miwg").glob("*.bpmn"))
ROLES = ["业务科室", "分管领导", "检查组", "系统", "见证监督", "办公室", "档案专人"]
NAMES = [
    "审批",
    "现场检查并记录检查情况",
    "填写抽查情况报告",
    "向检查对象逐一当面反馈检查结果",
    "归档",
    "是否一致",
]
SPIFF = "http://spiffworkflow.org/bpmn/schema/1.0/core"


def bpmn(
    nodes: list[str], flows: list[tuple[str, ...]], lanes: dict[str, list[str]], extra: str = ""
) -> bytes:
    """A file as a process owner writes it: (source, target[, name]) flows, lanes by name, no picture."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<bpmn:definitions xmlns:bpmn="{BPMN}" xmlns:spiffworkflow="{SPIFF}" id="m">',
        '  <bpmn:collaboration id="c">',
        '    <bpmn:participant id="pool" name="抽查" processRef="p"/>',
        "  </bpmn:collaboration>",
        '  <bpmn:process id="p" isExecutable="true">',
        '    <bpmn:laneSet id="lanes">' if lanes else "",
    ]
    for number, (name, members) in enumerate(lanes.items()):
        refs = "".join(f"<bpmn:flowNodeRef>{m}</bpmn:flowNodeRef>" for m in members)
        lines.append(f'      <bpmn:lane id="lane{number}" name="{name}">{refs}</bpmn:lane>')
    lines.append("    </bpmn:laneSet>" if lanes else "")
    lines += [f"    {node}" for node in nodes]
    for number, (source, target, *name) in enumerate(flows):
        label = f' name="{name[0]}"' if name and name[0] else ""
        lines.append(
            f'    <bpmn:sequenceFlow id="f{number}"{label} sourceRef="{source}" targetRef="{target}"/>'
        )
    lines += [f"    {extra}", "  </bpmn:process>", "</bpmn:definitions>"]
    return "\n".join(line for line in lines if line.strip()).encode() + b"\n"


SMALL = bpmn(
    [
        '<bpmn:startEvent id="start" name="开始"/>',
        '<bpmn:userTask id="draft" name="起草"><bpmn:extensionElements><spiffworkflow:properties>',
        '  <spiffworkflow:property name="form" value="plan/draft"/></spiffworkflow:properties>',
        "</bpmn:extensionElements></bpmn:userTask>",
        '<bpmn:userTask id="approve" name="审批"/>',
        '<bpmn:exclusiveGateway id="ok" name="是否同意" default="f3"/>',
        '<bpmn:endEvent id="end" name="结束"/>',
        '<bpmn:boundaryEvent id="late" name="临期" attachedToRef="approve" cancelActivity="false">',
        '  <bpmn:timerEventDefinition id="t"/></bpmn:boundaryEvent>',
        '<bpmn:serviceTask id="urge" name="催办"/>',
        "<!-- 注释也原样保留 -->",
    ],
    [
        ("start", "draft"),
        ("draft", "approve"),
        ("approve", "ok"),
        ("ok", "end", "同意"),
        ("ok", "draft", "退回"),
        ("late", "urge"),
    ],
    {"业务科室": ["start", "draft", "end"], "分管领导": ["approve", "ok", "late"], "系统": ["urge"]},
)


def places(xml: bytes) -> dict[str, tuple[float, float, float, float]]:
    """Left, top, right, bottom of every shape."""
    out = {}
    for shape in parse(xml).iter(f"{{{DI}}}BPMNShape"):
        bounds = shape.find(f"{{{DC}}}Bounds")
        x, y, w, h = (float(bounds.get(k)) for k in ("x", "y", "width", "height"))
        out[shape.get("bpmnElement")] = (x, y, x + w, y + h)
    return out


def test_lanes_lie_one_below_the_other_in_their_order_and_hold_their_steps():
    where = places(layout.relayout(SMALL))
    assert where["lane0"][3] == where["lane1"][1]
    assert where["lane1"][3] == where["lane2"][1]
    assert where["pool"][0] < where["lane0"][0]
    assert where["lane0"][1] <= where["draft"][1] < where["draft"][3] <= where["lane0"][3]
    assert layout.problems(layout.relayout(SMALL)) == []


def test_work_runs_from_left_to_right_and_only_the_return_runs_back():
    where = places(layout.relayout(SMALL))
    assert where["start"][0] < where["draft"][0] <= where["approve"][0] < where["ok"][0] < where["end"][0]


def test_a_boundary_event_sits_on_the_edge_of_its_host():
    where = places(layout.relayout(SMALL))
    middle = (where["late"][1] + where["late"][3]) / 2
    assert middle in (where["approve"][1], where["approve"][3])
    assert where["approve"][0] < where["late"][0] < where["late"][2] <= where["approve"][2] + 18


def test_the_rest_of_the_file_stays_byte_for_byte():
    drawn = layout.relayout(SMALL)
    assert re.sub(rb"\n  <bpmndi:BPMNDiagram.*</bpmndi:BPMNDiagram>", b"", drawn, flags=re.DOTALL) == SMALL


def test_a_second_run_changes_nothing_and_an_old_picture_is_replaced():
    drawn = layout.relayout(SMALL)
    moved = drawn.replace(b'x="2', b'x="9')
    assert layout.relayout(drawn) == drawn
    assert layout.relayout(moved) == drawn
    assert layout.relayout(SMALL.replace(b"\n", b"\r\n")) == drawn


def test_other_encodings_become_utf_8():
    words = SMALL.decode().replace("UTF-8", "GB18030")
    assert layout.relayout(words.encode("gb18030")) == layout.relayout(SMALL)


def test_names_that_are_long_make_the_task_wider():
    xml = bpmn(
        ['<bpmn:userTask id="a" name="审批"/>', f'<bpmn:userTask id="b" name="{"检查情况" * 6}"/>'],
        [("a", "b")],
        {},
    )
    where = places(layout.relayout(xml))
    assert where["a"][2] - where["a"][0] == 100
    assert where["b"][2] - where["b"][0] == 120
    assert {box[3] - box[1] for name, box in where.items() if name in "ab"} == {80}


def test_an_event_sub_process_is_drawn_open_inside_its_lane():
    inside = (
        '<bpmn:subProcess id="box" name="证据保存" triggeredByEvent="true">'
        '<bpmn:startEvent id="s" isInterrupting="false"><bpmn:messageEventDefinition id="m"/>'
        '</bpmn:startEvent><bpmn:userTask id="keep" name="先行登记保存"/>'
        '<bpmn:sequenceFlow id="in" sourceRef="s" targetRef="keep"/></bpmn:subProcess>'
    )
    xml = bpmn(
        ['<bpmn:startEvent id="a"/>', '<bpmn:userTask id="b"/>', inside],
        [("a", "b")],
        {"检查组": ["a", "b", "box"]},
    )
    drawn = layout.relayout(xml)
    where = places(drawn)
    assert where["box"][0] < where["s"][0] < where["keep"][2] < where["box"][2]
    assert b'isExpanded="true"' in drawn
    assert layout.problems(drawn) == []


def test_a_tree_without_a_picture_gets_one_in_place():
    tree = parse(SMALL)
    assert layout.layout(tree) is tree
    assert tree.find(f"{{{DI}}}BPMNDiagram") is not None


@pytest.mark.parametrize("file", MIWG, ids=lambda f: f.stem)
def test_the_reference_diagrams_of_the_bpmn_miwg_are_readable(file: Path):
    drawn = layout.relayout(file.read_bytes(), file.name)
    assert [str(finding) for finding in layout.problems(drawn, file.name)] == []


@pytest.mark.parametrize(
    ("xml", "reason"),
    [
        (b"<a", "完整"),
        (b"<a/>", "不是 BPMN"),
        (b"<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", "DOCTYPE"),
        (b" " * (5 * 1024 * 1024 + 1), "5 MB"),
    ],
)
def test_what_is_not_a_bpmn_file_is_refused_with_a_reason(xml: bytes, reason: str):
    with pytest.raises(ModelInvalid, match=reason):
        layout.relayout(xml, "x.bpmn")


def rules(xml: bytes) -> set[str]:
    return {finding.rule for finding in layout.problems(xml, "x.bpmn")}


def test_problems_finds_what_a_reader_would_stumble_over():
    drawn = layout.relayout(SMALL)
    assert rules(SMALL) == {"layout.missing"}
    where = places(drawn)

    def moved(name: str, x: float, y: float) -> bytes:
        old = (
            f'x="{where[name][0]:.0f}" y="{where[name][1]:.0f}" width="{where[name][2] - where[name][0]:.0f}"'
        )
        assert drawn.count(old.encode()) == 1
        return drawn.replace(
            old.encode(), re.sub(r"^x=.* width", f'x="{x:.0f}" y="{y:.0f}" width', old).encode()
        )

    assert "layout.overlap" in rules(moved("urge", where["draft"][0] + 20, where["draft"][1]))
    assert "layout.lane" in rules(moved("urge", where["urge"][0], where["draft"][1]))
    assert "layout.through" in rules(moved("urge", where["approve"][2] - 30, where["approve"][1]))
    label = re.search(rb'<bpmndi:BPMNLabel>\s*<dc:Bounds x="(\d+)" y="(\d+)"', drawn)
    x, y = where["draft"][:2]
    covered = drawn.replace(
        label[0], label[0].replace(label[1], b"%d" % x).replace(label[2], b"%d" % (y + 20))
    )
    assert "layout.label" in rules(covered)


def test_the_command_writes_checks_and_says_which_file(tmp_path: Path):
    file = tmp_path / "plan.bpmn"
    file.write_bytes(SMALL)
    command = [sys.executable, str(HOUSE / "scripts" / "layout-bpmn")]
    before = subprocess.run([*command, "--check", file], capture_output=True, text=True, check=False)
    written = subprocess.run([*command, file], capture_output=True, text=True, check=False)
    after = subprocess.run([*command, "--check", file], capture_output=True, text=True, check=False)
    assert (before.returncode, written.returncode, after.returncode) == (1, 0, 0)
    assert "plan.bpmn" in before.stdout
    assert file.read_bytes() == layout.relayout(SMALL)


@st.composite
def diagrams(draw: st.DrawFn) -> bytes:
    """Any graph a person could draw: loops, splits, boundary events, several lanes."""
    kinds = ["userTask", "serviceTask", "exclusiveGateway", "parallelGateway", "endEvent", "callActivity"]
    kinds += ["subProcess", "subProcess triggeredByEvent='true'"]
    count = draw(st.integers(1, 11))
    names = [f"n{number}" for number in range(count)]
    kind = {name: draw(st.sampled_from(kinds)) for name in names}
    kind["n0"] = "startEvent"
    elements = []
    for name in names:
        label = draw(st.sampled_from(["", *NAMES]))
        inner = ""
        if kind[name].startswith("subProcess"):
            inner = (
                f'<bpmn:startEvent id="{name}s"/><bpmn:userTask id="{name}t" name="{label}"/>'
                f'<bpmn:sequenceFlow id="{name}f" sourceRef="{name}s" targetRef="{name}t"/>'
                f'<bpmn:endEvent id="{name}e" name="已保存"/>'
            )
        tag = kind[name].split()[0]
        elements.append(f'<bpmn:{kind[name]} id="{name}" name="{label}">{inner}</bpmn:{tag}>')
    apart = {name for name in names if "triggered" in kind[name]}
    hosts = [name for name in names if kind[name].endswith(("Task", "Activity", "subProcess"))]
    guests = draw(st.lists(st.sampled_from(hosts), max_size=6)) if hosts else []
    if any(kind[host].startswith("subProcess") for host in guests):
        guests = guests[:4]  # as many as stand side by side on a box of two columns
    for number, host in enumerate(guests):
        elements.append(
            f'<bpmn:boundaryEvent id="b{number}" name="{draw(st.sampled_from(["", "临近期限"]))}" '
            f'attachedToRef="{host}"><bpmn:timerEventDefinition id="t{number}"/></bpmn:boundaryEvent>'
        )
        names.append(f"b{number}")
    sources = [n for n in names if kind.get(n) != "endEvent" and n not in apart]
    targets = [n for n in names if not n.startswith("b") and n != "n0" and n not in apart]
    flows: list[tuple[str, ...]] = []
    if targets:
        pairs = st.tuples(
            st.sampled_from(sources), st.sampled_from(targets), st.sampled_from(["", "", "同意", "退回补正"])
        )
        drawn = draw(st.lists(pairs, max_size=2 * count, unique_by=lambda pair: pair[:2]))
        flows = [pair for pair in drawn if pair[0] != pair[1]]
    lanes: dict[str, list[str]] = {role: [] for role in ROLES[: draw(st.integers(0, 4))]}
    if lanes:
        for name in names:
            lanes[draw(st.sampled_from(sorted(lanes)))].append(name)
    return bpmn(elements, flows, lanes)


HARD = {"layout.overlap", "layout.through", "layout.missing", "layout.lane"}


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(diagrams())
def test_whatever_is_drawn_no_shape_overlaps_and_no_flow_enters_a_shape(xml: bytes):
    drawn = layout.relayout(xml)
    assert [str(f) for f in layout.problems(drawn) if f.rule in HARD] == []
    assert layout.relayout(drawn) == drawn


@given(st.text(st.sampled_from("检查报告，。（）ab 1"), min_size=1, max_size=40), st.integers(40, 160))
def test_wrapping_keeps_every_word_and_stays_in_the_room(words: str, room: int):
    lines = text.wrap(words, room)
    assert "".join(lines).replace(" ", "") == words.replace(" ", "")
    assert all(text.width(line) <= room for line in lines)
    assert len(text.wrap(words, room, lines=2)) <= 2


def test_a_closing_mark_never_starts_a_line():
    assert not any(line[0] in "，。）" for line in text.wrap("立案（查处），整改。" * 3, 60))


def test_the_picture_of_a_file_reads_back_as_xml():
    assert etree.fromstring(layout.relayout(SMALL)).tag == f"{{{BPMN}}}definitions"
