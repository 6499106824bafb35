"""What the picture shows: shapes and flows with their places, from the diagram part of a BPMN file."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from lxml import etree

from engine.runtime import layout
from engine.runtime.layout import model, ranks
from engine.runtime.layout.model import DC, DD, DI, tag
from engine.runtime.layout.place import Rect
from engine.runtime.layout.xml import parse


@dataclass
class Shape:
    """An element with its place in px, the place of its name if that stands outside, and what it is."""

    element: etree._Element
    box: Rect
    label: Rect | None
    expanded: bool
    level: bool

    @property
    def id(self) -> str:
        """Id in the model."""
        return self.element.get("id", "")

    @property
    def kind(self) -> str:
        """Local name in BPMN."""
        return tag(self.element)

    @property
    def name(self) -> str:
        """Name, or the text of an annotation."""
        if self.kind == "textAnnotation":
            return "".join(t for e in self.element if tag(e) == "text" for t in e.itertext())
        return self.element.get("name", "")


@dataclass
class Line:
    """A flow with its corner points."""

    element: etree._Element
    points: list[tuple[float, float]]
    label: Rect | None

    @property
    def id(self) -> str:
        """Id in the model."""
        return self.element.get("id", "")


@dataclass
class Drawing:
    """All that one picture needs."""

    name: str
    shapes: list[Shape] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    elements: dict[str, etree._Element] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)
    guests: dict[str, list[Rect]] = field(default_factory=dict)


@lru_cache(32)
def drawing(bpmn: bytes) -> Drawing:
    """Read a file; one without a diagram is laid out first. Kept, for every case of a release shows the same.

    Raises:
        ModelInvalid: not a BPMN file.
    """
    root = parse(bpmn)
    if root.find(f"{{{DI}}}BPMNDiagram/{{{DI}}}BPMNPlane") is None:
        layout.layout(root)
    elements = {e.get("id", ""): e for e in root.iter() if isinstance(e.tag, str) and e.get("id") and tag(e)}
    process = next((p for p in root if tag(p) == "process"), None)
    participant = next((e for e in root.iter(f"{{{model.BPMN}}}participant")), None)
    named = [e.get("name", "") for e in (participant, process) if e is not None and e.get("name")]
    out = Drawing(named[0] if named else "流程", elements=elements)
    plane = root.find(f"{{{DI}}}BPMNDiagram/{{{DI}}}BPMNPlane")
    for item in plane if plane is not None else []:
        element = elements.get(item.get("bpmnElement", "").rpartition(":")[2])
        if element is None:
            continue
        label = _bounds(item.find(f"{{{DI}}}BPMNLabel"))
        if item.tag == f"{{{DI}}}BPMNShape":
            box = _bounds(item)
            if box is not None:
                expanded = item.get("isExpanded", "false") == "true"
                out.shapes.append(
                    Shape(element, box, label, expanded, item.get("isHorizontal", "true") == "true")
                )
        elif item.tag == f"{{{DI}}}BPMNEdge":
            points = [
                (float(w.get("x", "0")), float(w.get("y", "0"))) for w in item.findall(f"{{{DD}}}waypoint")
            ]
            if len(points) > 1:
                out.lines.append(Line(element, points, label))
    for shape in out.shapes:
        out.guests.setdefault(shape.element.get("attachedToRef", ""), []).append(shape.box)
    out.order = _order(root)
    return out


def _order(root: etree._Element) -> list[str]:
    """Ids of the steps in the order of the work, from left to right."""
    found: list[str] = []
    for diagram in model.read(root):
        steps = ranks.steps_in_order(diagram)
        found += [n.id for n in steps if n.tag in model.ACTIVITIES and not n.box]
    return found


def _bounds(item: etree._Element | None) -> Rect | None:
    bounds = item.find(f"{{{DC}}}Bounds") if item is not None else None
    if bounds is None:
        return None
    x, y, width, height = (round(float(bounds.get(k, "0"))) for k in ("x", "y", "width", "height"))
    return Rect(x, y, width, height)
