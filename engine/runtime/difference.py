"""What differs between two versions of a diagram, element by element: what the second reader has to judge.

Places in the picture (DI) are left out, they change nothing that runs; so are the lists of flows and lane members,
which say once more what the flows and elements say themselves. 依据: BPMN 2.0.2 §8.3 (BaseElement id).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from lxml import etree

from engine.runtime.layout.model import BPMN, tag
from engine.runtime.layout.xml import parse

State = Literal["added", "changed", "removed"]
FRAMES = frozenset(("definitions", "collaboration", "laneSet"))  # hold elements, and are none to be judged
TWICE = frozenset(("incoming", "outgoing", "flowNodeRef", "laneSet"))
PARTS = ("EventDefinition", "Expression", "LoopCharacteristics")
INNER = frozenset(
    (
        *("timeDuration", "timeDate", "timeCycle", "condition", "documentation", "text"),
        *("loopCardinality", "completionCondition", "ioSpecification", "dataInput", "dataOutput"),
    )
)
XSI = "http://www.w3.org/2001/XMLSchema-instance"


@dataclass(frozen=True, slots=True)
class Edit:
    """One trait of an element before and after; "" where there was or is none."""

    trait: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Difference:
    """An element that is new, gone, or has other traits; `kind`: its local name in BPMN."""

    id: str
    name: str
    kind: str
    state: State
    edits: Sequence[Edit]


def differences(before: bytes, after: bytes) -> list[Difference]:
    """Every element that differs, in the order of the new diagram; what is gone comes last.

    Raises:
        ModelInvalid: one of them is not a BPMN file.
    """
    old, new = _Version(parse(before)), _Version(parse(after))
    found = []
    for ident, element in new.elements.items():
        was = old.elements.get(ident)
        if was is None:
            found.append(Difference(*_of(element), "added", _edits({}, new.traits(element), old, new)))
        elif edits := _edits(old.traits(was), new.traits(element), old, new):
            found.append(Difference(*_of(element), "changed", edits))
    gone = [element for ident, element in old.elements.items() if ident not in new.elements]
    return found + [
        Difference(*_of(element), "removed", _edits(old.traits(element), {}, old, new)) for element in gone
    ]


class _Version:
    """One of the two files: what is judged by itself, and the lanes it lies in."""

    def __init__(self, root: etree._Element) -> None:
        named = [e for e in root.iter(f"{{{BPMN}}}*") if e.get("id") and tag(e) not in FRAMES | INNER]
        self.elements = {e.get("id", ""): e for e in named if not tag(e).endswith(PARTS)}
        self.lanes = {
            (reference.text or "").strip(): lane.get("name", "")
            for lane in root.iter(f"{{{BPMN}}}lane")  # an inner lane comes after the one it divides
            for reference in lane.findall(f"{{{BPMN}}}flowNodeRef")
        }

    def traits(self, element: etree._Element) -> dict[str, str]:
        """Kind, name, lane, attributes, extension properties and inner parts; references by id."""
        found = {"kind": tag(element)}
        if element.get("id", "") in self.lanes:
            found["lane"] = self.lanes[element.get("id", "")]
        for trait, text in self._told(element, ""):
            found[trait] = f"{found[trait]}；{text}" if trait in found else text
        return found

    def _told(self, element: etree._Element, under: str) -> Iterator[tuple[str, str]]:
        own = bool(tag(element))
        for attribute, text in element.attrib.items():
            name = etree.QName(attribute)
            if name.namespace != XSI and not (own and name.localname == "id"):
                # an extension's own id is what it names, e.g. the verb of a system step
                yield under.rstrip("/") if name.localname == "id" else f"{under}{name.localname}", text
        if text := (element.text or "").strip():
            yield under.rstrip("/"), text
        for child in element:
            yield from self._part(child, under)

    def _part(self, child: etree._Element, under: str) -> Iterator[tuple[str, str]]:
        kind = etree.QName(child).localname
        if kind in TWICE or child.get("id") in self.elements:
            return
        if kind in ("extensionElements", "properties"):
            yield from self._told(child, under)
        elif kind == "property":
            yield f"{under}{child.get('name', '')}", child.get("value", "")
        else:
            told = list(self._told(child, f"{under}{kind}/"))
            yield from told or ([(f"{under}{kind}", kind)] if tag(child) else [])

    def named(self, text: str) -> str:
        """What references refer to, by their names; any other text as it is."""
        found = [self.elements.get(word) for word in text.split()]
        if not all(element is not None and element.get("name") for element in found):
            return text
        return "、".join(element.get("name", "") for element in found if element is not None)


def _of(element: etree._Element) -> tuple[str, str, str]:
    return element.get("id", ""), element.get("name", ""), tag(element)


def _edits(one: Mapping[str, str], two: Mapping[str, str], old: _Version, new: _Version) -> list[Edit]:
    """What is told of an element; kind and name of one that is new or gone stand with it already."""
    known = () if one and two else ("kind", "name")
    found = []
    for trait in dict.fromkeys([*one, *two]):
        was, now = one.get(trait, ""), two.get(trait, "")
        if was != now and trait not in known:
            names = old.named(was), new.named(now)
            alike = names[0] == names[1]  # two flows of one name: only their ids tell them apart
            found.append(Edit(trait, *((was, now) if alike else names)))
    return found
