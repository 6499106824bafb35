"""The diagram part of a BPMN file: writing it, and exchanging it in the text without touching the rest."""

from __future__ import annotations

import copy
import re
from xml.parsers import expat

from lxml import etree

from engine import markup
from engine.errors import Finding, ModelInvalid
from engine.runtime.layout.model import BOXES, BPMN, DC, DD, DI, Diagram, Node
from engine.runtime.layout.place import Picture, Rect

PREFIXES = (("bpmndi", DI), ("dc", DC), ("di", DD))


def parse(xml: bytes, file: str = "") -> etree._Element:
    """The tree of a BPMN file, read without entities, network or document types.

    Raises:
        ModelInvalid: too large, not well formed, with a DOCTYPE, or not BPMN.
    """
    root = markup.read(xml, file)
    if root.tag != f"{{{BPMN}}}definitions":
        raise ModelInvalid(
            [
                Finding(
                    file, "definitions", "", 1, "not-bpmn", "不是 BPMN 2.0 文件。", "根元素应为 definitions。"
                )
            ]
        )
    return root


def attach(root: etree._Element, drawn: list[tuple[Diagram, Picture]]) -> None:
    """Replace all diagrams in the tree."""
    for old in root.findall(f"{{{DI}}}BPMNDiagram"):
        root.remove(old)
    names = _Names({element.get("id") for element in root.iter() if isinstance(element.tag, str)})
    for number, (diagram, picture) in enumerate(drawn, start=1):
        root.append(_diagram(diagram, picture, "" if len(drawn) == 1 else f"_{number}", names))


class _Names:
    """Ids for the picture that the model does not use."""

    def __init__(self, taken: set[str | None]) -> None:
        self.taken = taken

    def new(self, wanted: str) -> str:
        while wanted in self.taken:
            wanted += "_"
        self.taken.add(wanted)
        return wanted


def _diagram(diagram: Diagram, picture: Picture, suffix: str, names: _Names) -> etree._Element:
    out = etree.Element(f"{{{DI}}}BPMNDiagram", {"id": names.new(f"diagram{suffix}")}, nsmap=dict(PREFIXES))
    plane = etree.SubElement(
        out, f"{{{DI}}}BPMNPlane", {"id": names.new(f"plane{suffix}"), "bpmnElement": diagram.plane}
    )
    frames = {p.id for p in diagram.pools} | {lane.id for lane in diagram.lanes}
    for element, rect in picture.shapes.items():
        attributes = {"id": names.new(f"{element}_di"), "bpmnElement": element}
        if element in frames:
            attributes["isHorizontal"] = "true"
        shape = etree.SubElement(plane, f"{{{DI}}}BPMNShape", attributes | _marks(diagram.nodes.get(element)))
        _bounds(shape, rect)
        _label(shape, picture.labels.get(element))
    for element, points in picture.flows.items():
        edge = etree.SubElement(
            plane, f"{{{DI}}}BPMNEdge", {"id": names.new(f"{element}_di"), "bpmnElement": element}
        )
        for x, y in points:
            etree.SubElement(edge, f"{{{DD}}}waypoint", {"x": str(x), "y": str(y)})
        _label(edge, picture.labels.get(element))
    etree.indent(out, "  ", level=1)
    return out


def _marks(node: Node | None) -> dict[str, str]:
    if node is not None and node.tag == "exclusiveGateway":
        return {"isMarkerVisible": "true"}
    if node is not None and node.tag in BOXES:
        return {"isExpanded": "true" if node.box else "false"}
    return {}


def _label(parent: etree._Element, rect: Rect | None) -> None:
    if rect is not None:
        _bounds(etree.SubElement(parent, f"{{{DI}}}BPMNLabel"), rect)


def _bounds(parent: etree._Element, rect: Rect) -> None:
    etree.SubElement(
        parent,
        f"{{{DC}}}Bounds",
        {"x": str(rect.x), "y": str(rect.y), "width": str(rect.width), "height": str(rect.height)},
    )


def splice(xml: bytes, root: etree._Element) -> bytes:
    """The text of the file with the diagrams of the tree in place of its own; all else stays as written."""
    encoding = root.getroottree().docinfo.encoding or "UTF-8"
    if encoding.upper() != "UTF-8":
        words = xml.decode(encoding).removeprefix("\ufeff")
        xml = re.sub(r"(<\?xml[^>]*?encoding=)([\"'])[^\"']*\2", r"\1\2UTF-8\2", words, count=1).encode()
    xml = xml.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n")
    spans, end = _spans(xml)
    for start, stop in reversed(spans):
        before = len(xml[:start].rstrip())
        xml = xml[:before] + xml[stop:]
        end -= stop - before
    parts = [_text(diagram) for diagram in root.findall(f"{{{DI}}}BPMNDiagram")]
    text = b"".join(b"\n  " + part for part in parts)
    return xml[:end].rstrip() + text + b"\n" + xml[end:].rstrip() + b"\n"


def _text(diagram: etree._Element) -> bytes:
    """One diagram as text, with only the namespaces it uses."""
    alone = copy.deepcopy(diagram)
    etree.cleanup_namespaces(alone)
    return etree.tostring(alone, encoding="UTF-8", xml_declaration=False).strip()


def _spans(xml: bytes) -> tuple[list[tuple[int, int]], int]:
    """Where the diagrams stand (start, end) and where the closing tag of the file begins, in bytes."""
    spans: list[tuple[int, int]] = []
    depth = 0
    start = closing = 0
    parser = expat.ParserCreate(namespace_separator=" ")

    def opened(name: str, _attributes: dict[str, str]) -> None:
        nonlocal depth, start
        if depth == 1 and name == f"{DI} BPMNDiagram":
            start = parser.CurrentByteIndex
        depth += 1

    def closed(name: str) -> None:
        nonlocal depth, closing
        depth -= 1
        here = parser.CurrentByteIndex
        if depth == 1 and name == f"{DI} BPMNDiagram":
            spans.append((start, xml.index(b">", here) + 1))
        if depth == 0:
            closing = here

    parser.StartElementHandler, parser.EndElementHandler = opened, closed
    parser.Parse(xml, True)
    return spans, closing
