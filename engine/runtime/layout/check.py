"""What makes a diagram hard to read, found by measuring it.

Shapes that overlap or lie outside their lane, flows that run through a shape or on top of each other,
names that are covered, elements that have no place at all.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from lxml import etree

from engine.errors import Finding
from engine.runtime.layout.model import ACTIVITIES, ARTIFACTS, BPMN, DC, DD, DI, EVENTS, GATEWAYS, tag
from engine.runtime.layout.xml import parse
from engine.sentence import Sentence

NODES = ACTIVITIES | EVENTS | GATEWAYS | ARTIFACTS
FLOWS = frozenset(("sequenceFlow", "messageFlow"))
SLACK = 1.0
TOGETHER = 16.0
Box = tuple[float, float, float, float]
Point = tuple[float, float]


@dataclass
class _Plan:
    """The places read from the file: boxes are (left, top, right, bottom)."""

    file: str
    elements: dict[str, etree._Element] = field(default_factory=dict)
    shapes: dict[str, Box] = field(default_factory=dict)
    flows: dict[str, list[Point]] = field(default_factory=dict)
    labels: dict[str, Box] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def say(self, ident: str, rule: str, reason: str, hint: str = "") -> None:
        element = self.elements[ident]
        name, line = " ".join(element.get("name", "").split()), element.sourceline or 0
        hint = hint or "请运行 scripts/layout-bpmn，或在画布上移开。"
        self.findings.append(Finding(self.file, ident, name, line, f"layout.{rule}", reason, hint))

    def called(self, ident: str) -> str:
        """How a reader would call an element."""
        name = " ".join(self.elements[ident].get("name", "").split())
        return f"“{name}”" if name else ident

    def around(self, ident: str) -> set[str]:
        """Ids of everything that contains an element: boxes, its pool and its lanes."""
        element: etree._Element | None = self.elements[ident]
        out = set()
        while element is not None:
            out.add(element.get("id", ""))
            element = element.getparent()
        return out


def problems(text: bytes, file: str = "") -> list[Finding]:
    """All faults of the diagrams in a BPMN file, as findings with rule `layout.…`; none means readable.

    Raises:
        ModelInvalid: not a BPMN file.
    """
    root = parse(text, file)
    elements = {e.get("id", ""): e for e in root.iter() if e.get("id") and tag(e)}
    findings: list[Finding] = []
    placed: set[str] = set()
    for plane in root.iter(f"{{{DI}}}BPMNPlane"):
        plan = _read(file, elements, plane)
        placed |= {*plan.shapes, *(i for i, points in plan.flows.items() if len(points) > 1)}
        solid = [i for i in plan.shapes if tag(plan.elements[i]) in NODES]
        _overlaps(plan, solid)
        _lanes(plan)
        _through(plan, solid)
        _together(plan)
        _covered(plan, solid)
        findings += plan.findings
    return _missing(_Plan(file, elements), placed) + findings


def _read(file: str, elements: dict[str, etree._Element], plane: etree._Element) -> _Plan:
    plan = _Plan(file, elements)
    for item in plane:
        ident = item.get("bpmnElement", "").rpartition(":")[2]
        if ident not in plan.elements:
            continue
        if item.tag == f"{{{DI}}}BPMNShape" and (box := _box(item)) is not None:
            plan.shapes[ident] = box
        else:
            plan.flows[ident] = [
                (float(w.get("x", "0")), float(w.get("y", "0"))) for w in item.iter(f"{{{DD}}}waypoint")
            ]
        label = item.find(f"{{{DI}}}BPMNLabel")
        if label is not None and (box := _box(label)) is not None:
            plan.labels[ident] = box
    return plan


def _box(item: etree._Element) -> Box | None:
    bounds = item.find(f"{{{DC}}}Bounds")
    if bounds is None:
        return None
    x, y, width, height = (float(bounds.get(key, "0")) for key in ("x", "y", "width", "height"))
    return x, y, x + width, y + height


def _meet(a: Box, b: Box, slack: float = SLACK) -> bool:
    return a[0] + slack < b[2] and b[0] + slack < a[2] and a[1] + slack < b[3] and b[1] + slack < a[3]


def _holds(outer: Box, inner: Box) -> bool:
    return (
        outer[0] <= inner[0] + SLACK
        and outer[1] <= inner[1] + SLACK
        and outer[2] >= inner[2] - SLACK
        and outer[3] >= inner[3] - SLACK
    )


def _missing(plan: _Plan, placed: set[str]) -> list[Finding]:
    closed = {i for i, e in plan.elements.items() if i not in placed and tag(e) in ACTIVITIES}
    for ident, element in plan.elements.items():
        if plan.around(ident) & (closed - {ident}):
            continue
        if tag(element) in NODES and ident not in placed:
            plan.say(ident, "missing", "在图上没有位置。", "请运行 scripts/layout-bpmn。")
        known = {element.get("sourceRef"), element.get("targetRef")} <= set(plan.elements)
        if tag(element) in FLOWS and known and ident not in placed:
            plan.say(ident, "missing", "连线在图上没有画出。", "请运行 scripts/layout-bpmn。")
    return plan.findings


def _overlaps(plan: _Plan, solid: list[str]) -> None:
    above = {i: plan.around(i) for i in solid}
    for number, a in enumerate(solid):
        for b in solid[number + 1 :]:
            related = a in above[b] or b in above[a]
            hosts = {plan.elements[a].get("attachedToRef"), plan.elements[b].get("attachedToRef")}
            if related or hosts & {a, b} or not _meet(plan.shapes[a], plan.shapes[b]):
                continue
            plan.say(b, "overlap", Sentence("与{a}重叠。", a=plan.called(a)))


def _lanes(plan: _Plan) -> None:
    for lane in (e for e in plan.elements.values() if tag(e) == "lane"):
        frame = plan.shapes.get(lane.get("id", ""))
        for reference in lane.iter(f"{{{BPMN}}}flowNodeRef"):
            ident = (reference.text or "").strip()
            box = plan.shapes.get(ident)
            if frame is None or box is None or plan.elements[ident].get("attachedToRef"):
                continue
            if not _holds(frame, box):
                plan.say(ident, "lane", Sentence("画在泳道{id}之外。", id=plan.called(lane.get("id", ""))))


def _ends(plan: _Plan, ident: str) -> set[str]:
    """The two ends of a flow, for data associations also the step they stand in."""
    element = plan.elements[ident]
    ends = {element.get("sourceRef", ""), element.get("targetRef", "")}
    for child in element:
        if tag(child) in ("sourceRef", "targetRef"):
            ends.add((child.text or "").strip())
    parent = element.getparent()
    if tag(element).startswith("data") and parent is not None:
        ends.add(parent.get("id", ""))
    return ends


def _enters(box: Box, a: Point, b: Point, slack: float = SLACK) -> bool:
    """Whether a stretch passes the inside of a box (Liang and Barsky's clipping)."""
    low, high = 0.0, 1.0
    dx, dy = b[0] - a[0], b[1] - a[1]
    for step, start, least, most in ((dx, a[0], box[0], box[2]), (dy, a[1], box[1], box[3])):
        least_in, most_in = least + slack, most - slack
        if not step:
            if not least_in < start < most_in:
                return False
            continue
        near, far = sorted(((least_in - start) / step, (most_in - start) / step))
        low, high = max(low, near), min(high, far)
    return low < high


def _through(plan: _Plan, solid: list[str]) -> None:
    for flow, points in plan.flows.items():
        ends = _ends(plan, flow)
        spared = {box for end in ends if end in plan.elements for box in plan.around(end)}
        hosts = {plan.elements[end].get("attachedToRef") for end in ends if end in plan.elements}
        for ident in solid:
            box = plan.shapes[ident]
            if ident in ends:
                if any(_enters(box, a, b, 2) for a, b in pairwise(points)) and not _inner(plan, ident, ends):
                    plan.say(
                        flow, "through", Sentence("连线穿过了自己一端的{ident}。", ident=plan.called(ident))
                    )
            elif ident in spared or ident in hosts:
                continue
            elif any(_enters(box, a, b) for a, b in pairwise(points)):
                plan.say(flow, "through", Sentence("连线穿过了{ident}。", ident=plan.called(ident)))


def _inner(plan: _Plan, ident: str, ends: set[str]) -> bool:
    """A flow between a box and a step inside it is inside the box by right."""
    return any(ident in plan.around(end) for end in ends - {ident} if end in plan.elements)


def _together(plan: _Plan) -> None:
    flows = [(i, points, _ends(plan, i)) for i, points in plan.flows.items()]
    for number, (a, first, ends) in enumerate(flows):
        for b, second, others in flows[number + 1 :]:
            if ends & others and tag(plan.elements[a]) == tag(plan.elements[b]):
                continue
            shared = sum(_shared(s, t) for s in pairwise(first) for t in pairwise(second))
            if shared > TOGETHER:
                plan.say(
                    b,
                    "together",
                    Sentence("连线与{a}重合 {shared} px。", a=plan.called(a), shared=f"{shared:.0f}"),
                )


def _shared(s: tuple[Point, Point], t: tuple[Point, Point]) -> float:
    """Length of two upright or level stretches that lie on each other."""
    for axis in (0, 1):
        across = 1 - axis
        if s[0][across] == s[1][across] == t[0][across] == t[1][across]:
            low = max(min(s[0][axis], s[1][axis]), min(t[0][axis], t[1][axis]))
            high = min(max(s[0][axis], s[1][axis]), max(t[0][axis], t[1][axis]))
            return max(0.0, high - low)
    return 0.0


def _covered(plan: _Plan, solid: list[str]) -> None:
    names = list(plan.labels)
    boxes = {box for i in solid for box in plan.around(i) - {i}}
    outside = [i for i in solid if i not in boxes]
    for number, ident in enumerate(names):
        label = plan.labels[ident]
        if tag(plan.elements[ident]) in ACTIVITIES | {"participant", "lane", "textAnnotation"}:
            continue
        for shape in outside:
            if shape != ident and _meet(label, plan.shapes[shape]) and shape not in plan.around(ident):
                plan.say(ident, "label", Sentence("名称被{shape}盖住。", shape=plan.called(shape)))
        for flow, points in plan.flows.items():
            if any(_enters(label, a, b, 2) for a, b in pairwise(points)):
                plan.say(ident, "label", Sentence("名称被连线{flow}穿过。", flow=plan.called(flow)))
        for other in names[number + 1 :]:
            if _meet(label, plan.labels[other]):
                plan.say(ident, "label", Sentence("名称与{other}的名称重叠。", other=plan.called(other)))
