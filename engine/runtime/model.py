"""A BPMN file as the machine needs it: processes, elements, lanes, properties; hardened XML; no kernel here.

Source: BPMN 2.0.2 (formal/2013-12-09). Event sub-processes started by a message become processes of their own
(`inspection.obstruction`), so that they may run many times beside their case without making its state grow.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from engine import markup
from engine.errors import Finding, ModelInvalid

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
SPIFF = "http://spiffworkflow.org/bpmn/schema/1.0/core"
NS = {"bpmn": BPMN, "spiff": SPIFF}

Node = Any  # lxml's element type has no public name


def tag(node: Node) -> str:
    """Local name of a BPMN element."""
    return etree.QName(node).localname


def properties(node: Node) -> dict[str, str]:
    """Our properties bag of an element."""
    found = node.findall("bpmn:extensionElements/spiff:properties/spiff:property", NS)
    return {item.get("name", ""): item.get("value", "") for item in found}


@dataclass(slots=True)
class Element:
    """A flow node with what the machine needs of it."""

    id: str
    kind: str
    name: str
    line: int
    lane: str
    properties: dict[str, str]
    operator: str = ""
    parameters: dict[str, str] = field(default_factory=dict)
    decision: str = ""
    called: str = ""
    multiple: bool = False
    attached_to: str = ""
    event: str = ""  # timer · message · terminate · …
    message: str = ""
    default: str = ""
    scope: str = ""  # id of the sub-process or process it stands in

    def property(self, name: str, default: str = "") -> str:
        """A property, or the default."""
        return self.properties.get(name, default)


@dataclass(slots=True)
class Flow:
    """A sequence flow; `condition` is FEEL."""

    id: str
    name: str
    line: int
    source: str
    target: str
    condition: str
    scope: str


@dataclass(slots=True)
class Trigger:
    """A message start event of an event sub-process: what people may set off from the case page."""

    process: str
    element: Element
    message: str
    name: str


@dataclass(slots=True)
class Process:
    """One runnable process of a file."""

    id: str
    name: str
    file: str
    line: int
    properties: dict[str, str]
    elements: dict[str, Element]
    flows: list[Flow]
    triggers: list[Trigger]
    parent: str = ""  # for an event sub-process: the process it belongs to

    @property
    def takes(self) -> list[str]:
        """Data keys needed at the start."""
        return self.properties.get("takes", "").split()

    @property
    def gives(self) -> list[str]:
        """Data keys handed to the caller at the end."""
        return self.properties.get("gives", "").split()

    @property
    def case(self) -> str:
        """The kind of case an instance is, "" for a process that belongs to its caller's case."""
        return self.properties.get("case", "")


@dataclass(slots=True)
class Diagram:
    """A BPMN file: its processes and the XML that the kernel gets."""

    file: str
    processes: dict[str, Process]
    tree: Node
    source: bytes


def read(content: bytes, file: str) -> Diagram:
    """Read a BPMN file; structure faults raise ModelInvalid, all else is the release check's business."""
    tree = markup.read(content, file)
    if etree.QName(tree).namespace != BPMN or tag(tree) != "definitions":
        raise ModelInvalid(
            [
                Finding(
                    file,
                    "",
                    "",
                    tree.sourceline or 0,
                    "not-bpmn",
                    "不是 BPMN 2.0 文件。",
                    "根元素应为 bpmn:definitions。",
                )
            ]
        )
    processes: dict[str, Process] = {}
    for node in tree.findall("bpmn:process", NS):
        for process in _processes(node, tree, file):
            processes[process.id] = process
    if not processes:
        raise ModelInvalid(
            [
                Finding(
                    file,
                    "",
                    "",
                    tree.sourceline or 0,
                    "no-process",
                    "文件中没有流程。",
                    "至少要有一个 bpmn:process。",
                )
            ]
        )
    return Diagram(file, processes, tree, content)


def _processes(node: Node, tree: Node, file: str) -> Iterator[Process]:
    lanes = {
        ref.text.strip(): lane.get("name", "")
        for lane in node.iterfind(".//bpmn:lane", NS)
        for ref in lane.findall("bpmn:flowNodeRef", NS)
        if ref.text
    }
    messages = {item.get("id", ""): item.get("name", "") for item in tree.findall("bpmn:message", NS)}
    identity = node.get("id", "")
    main = Process(
        identity, node.get("name", identity), file, node.sourceline or 0, properties(node), {}, [], []
    )
    _collect(node, main, lanes, messages, "")
    yield main
    for inner in node.iterfind(".//bpmn:subProcess", NS):
        if inner.get("triggeredByEvent") != "true":
            continue
        name = f"{identity}.{inner.get('id', '')}"
        side = Process(
            name,
            inner.get("name", name),
            file,
            inner.sourceline or 0,
            properties(inner),
            {},
            [],
            [],
            parent=identity,
        )
        _collect(inner, side, lanes, messages, lanes.get(inner.get("id", ""), ""))
        for element in side.elements.values():
            if element.kind == "startEvent" and element.event == "message":
                main.triggers.append(Trigger(name, element, element.message, side.name))
        yield side


def _collect(
    scope: Node, process: Process, lanes: dict[str, str], messages: dict[str, str], lane: str
) -> None:
    for node in scope:
        if not isinstance(node.tag, str) or etree.QName(node).namespace != BPMN:
            continue
        kind = tag(node)
        if kind == "sequenceFlow":
            condition = node.find("bpmn:conditionExpression", NS)
            text = (condition.text or "").strip() if condition is not None else ""
            process.flows.append(
                Flow(
                    node.get("id", ""),
                    node.get("name", ""),
                    node.sourceline or 0,
                    node.get("sourceRef", ""),
                    node.get("targetRef", ""),
                    text,
                    scope.get("id", ""),
                ),
            )
        elif kind == "subProcess" and node.get("triggeredByEvent") == "true":
            continue
        elif kind.endswith(
            ("Task", "task", "Event", "Gateway", "Activity", "subProcess", "transaction", "SubProcess")
        ):
            element = _element(node, lanes, messages, lane)
            element.scope = scope.get("id", "")
            process.elements[element.id] = element
            if kind == "subProcess":
                _collect(node, process, lanes, messages, element.lane)


def _element(node: Node, lanes: dict[str, str], messages: dict[str, str], lane: str) -> Element:
    identity = node.get("id", "")
    bag = properties(node)
    element = Element(
        id=identity,
        kind=tag(node),
        name=node.get("name", ""),
        line=node.sourceline or 0,
        lane=bag.get("lane") or lanes.get(identity) or lane,
        properties=bag,
        called=node.get("calledElement", ""),
        attached_to=node.get("attachedToRef", ""),
        default=node.get("default", ""),
    )
    operator = node.find("bpmn:extensionElements/spiff:serviceTaskOperator", NS)
    if operator is not None:
        element.operator = operator.get("id", "")
        element.parameters = {
            item.get("id", ""): item.get("value", "") for item in operator.iterfind(".//spiff:parameter", NS)
        }
    decision = node.find("bpmn:extensionElements/spiff:calledDecisionId", NS)
    element.decision = (decision.text or "").strip() if decision is not None else ""
    element.multiple = node.find("bpmn:multiInstanceLoopCharacteristics", NS) is not None
    for definition in node:
        if isinstance(definition.tag, str) and tag(definition).endswith("EventDefinition"):
            element.event = tag(definition).removesuffix("EventDefinition")
            element.message = messages.get(definition.get("messageRef", ""), "")
    return element


def for_kernel(diagram: Diagram) -> Node:
    """The XML that the kernel parses.

    Without DI (the kernel orders branches by their height in the picture, we by their order in the file),
    without the loop characteristics of call activities (children and their count live in the database), and
    with event sub-processes as processes of their own.
    """
    tree = copy.deepcopy(diagram.tree)
    for picture in tree.findall("{http://www.omg.org/spec/BPMN/20100524/DI}BPMNDiagram"):
        tree.remove(picture)
    for loop in tree.findall(".//bpmn:callActivity/bpmn:multiInstanceLoopCharacteristics", NS):
        loop.getparent().remove(loop)
    for process in tree.findall("bpmn:process", NS):
        for inner in list(process.iterfind(".//bpmn:subProcess", NS)):
            if inner.get("triggeredByEvent") != "true":
                continue
            side = etree.SubElement(
                tree, f"{{{BPMN}}}process", id=f"{process.get('id')}.{inner.get('id')}", isExecutable="true"
            )
            side.set("name", inner.get("name", ""))
            for child in list(inner):
                side.append(child)
            inner.getparent().remove(inner)
            for start in side.findall("bpmn:startEvent", NS):
                for definition in [item for item in start if tag(item).endswith("EventDefinition")]:
                    start.remove(definition)
    return tree
