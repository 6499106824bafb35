"""What a diagram consists of, before anything has a place: pools, bands, nodes and flows read from BPMN 2.0.

A band is the horizontal strip of one leaf lane (or of a process without lanes, or of a black-box pool).
A box is an expanded sub-process. Order is document order everywhere, so that the same file always gives
the same picture.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from lxml import etree

from engine.runtime.layout import text

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
DI = "http://www.omg.org/spec/BPMN/20100524/DI"
DC = "http://www.omg.org/spec/DD/20100524/DC"
DD = "http://www.omg.org/spec/DD/20100524/DI"

ACTIVITIES = frozenset(
    (
        *("task", "userTask", "serviceTask", "scriptTask", "businessRuleTask", "manualTask", "sendTask"),
        *("receiveTask", "callActivity", "subProcess", "transaction", "adHocSubProcess"),
    )
)
EVENTS = frozenset(
    (
        *("startEvent", "endEvent", "boundaryEvent", "intermediateCatchEvent", "intermediateThrowEvent"),
        *("implicitThrowEvent", "event"),
    )
)
GATEWAYS = frozenset(
    ("exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway", "complexGateway")
)
BOXES = frozenset(("subProcess", "transaction", "adHocSubProcess"))
DATA = frozenset(("dataObjectReference", "dataStoreReference"))
ARTIFACTS = DATA | {"textAnnotation"}
LABEL_ROOM = 84
FEW = 4


def tag(element: etree._Element) -> str:
    """Local name of a BPMN element, empty for anything else."""
    name = element.tag
    if isinstance(name, str) and name.startswith(f"{{{BPMN}}}"):
        return name.rpartition("}")[2]
    return ""


@dataclass(eq=False)
class Node:
    """One shape. `rank` and `row` are grid cells; `span` × `tall` is how many of them a box takes."""

    id: str
    tag: str
    name: str
    width: int
    height: int
    scope: str
    band: int
    host: str = ""
    box: bool = False
    apart: bool = False
    span: int = 1
    tall: int = 1
    rank: int = 0
    row: int = 0
    port: int = 0
    guests: int = 0

    @property
    def artifact(self) -> bool:
        """Data and annotations follow their node; they have no place in the order of the work."""
        return self.tag in ARTIFACTS


@dataclass(eq=False)
class Flow:
    """One connection. `kind` is sequence, message, data or association; `back` closes a loop."""

    id: str
    kind: str
    name: str
    source: str
    target: str
    scope: str
    back: bool = False
    default: bool = False


@dataclass
class Band:
    """A strip of the picture: a leaf lane, a whole process, or a pool whose inside is not shown."""

    pool: int
    lane: str = ""
    name: str = ""
    black: bool = False


@dataclass
class Pool:
    """A participant, or with an empty id a process drawn without one."""

    id: str
    name: str
    first: int
    last: int = 0
    depth: int = 0


@dataclass
class Lane:
    """A lane at some depth of nesting, over the bands `first`…`last`."""

    id: str
    depth: int
    first: int
    last: int


@dataclass
class Diagram:
    """Everything one `BPMNPlane` shows."""

    plane: str
    nodes: dict[str, Node] = field(default_factory=dict)
    flows: list[Flow] = field(default_factory=list)
    bands: list[Band] = field(default_factory=list)
    pools: list[Pool] = field(default_factory=list)
    lanes: list[Lane] = field(default_factory=list)

    def children(self, scope: str) -> list[Node]:
        """Nodes directly inside a box (or, for "", at the top), in document order."""
        return [node for node in self.nodes.values() if node.scope == scope]

    def depth(self, scope: str) -> int:
        """How many boxes are around."""
        deep = 0
        while scope:
            scope, deep = self.nodes[scope].scope, deep + 1
        return deep


def read(root: etree._Element) -> list[Diagram]:
    """All diagrams of a file: one for the collaboration, or one for each process."""
    processes = {p.get("id", ""): p for p in root if tag(p) == "process"}
    out = []
    shown: set[str] = set()
    collaborations = [
        c for c in root if tag(c) == "collaboration" and any(tag(p) == "participant" for p in c)
    ]
    for collaboration in collaborations:
        participants = [p for p in collaboration if tag(p) == "participant"]
        diagram = Diagram(collaboration.get("id", ""))
        for participant in participants:
            reference = participant.get("processRef", "").rpartition(":")[2]
            process = processes.get(reference) if reference not in shown else None
            shown.add(reference)
            _pool(diagram, participant, process)
        if len(collaborations) == 1:  # a process without a participant stands beside the pools
            for name in [n for n, p in processes.items() if n not in shown and _works(p)]:
                shown.add(name)
                _pool(diagram, None, processes[name])
        _flows(diagram, collaboration, "")
        out.append(diagram)
    for name, process in processes.items():
        if name not in shown and _works(process):
            diagram = Diagram(name)
            _pool(diagram, None, process)
            out.append(diagram)
    for diagram in out:
        _tidy(diagram)
    return out


def _works(parent: etree._Element) -> bool:
    """Whether there is any step inside."""
    return any(tag(e) in ACTIVITIES | EVENTS | GATEWAYS for e in parent)


def _pool(diagram: Diagram, participant: etree._Element | None, process: etree._Element | None) -> None:
    first = len(diagram.bands)
    pool = Pool("", "", first)
    if participant is not None:
        pool = Pool(participant.get("id", ""), participant.get("name", ""), first)
    index = len(diagram.pools)
    diagram.pools.append(pool)
    lane_of: dict[str, int] = {}
    lane_set = None if process is None else next((e for e in process if tag(e) == "laneSet"), None)
    if lane_set is not None:
        pool.depth = _lanes(diagram, lane_set, index, 0, lane_of)
    if len(diagram.bands) == first:
        empty = process is None or not _works(process)
        diagram.bands.append(Band(index, name=pool.name, black=empty))
    pool.last = len(diagram.bands) - 1
    if process is not None:
        _content(diagram, process, "", lane_of, first)


def _lanes(diagram: Diagram, lane_set: etree._Element, pool: int, depth: int, lane_of: dict[str, int]) -> int:
    """Leaf lanes become bands; returns the depth of nesting."""
    deepest = depth
    for lane in (e for e in lane_set if tag(e) == "lane"):
        first = len(diagram.bands)
        entry = Lane(lane.get("id", ""), depth, first, first)
        diagram.lanes.append(entry)
        inner = next((e for e in lane if tag(e) == "childLaneSet"), None)
        deepest = max(deepest, depth + 1)
        if inner is not None and any(tag(e) == "lane" for e in inner):
            deepest = max(deepest, _lanes(diagram, inner, pool, depth + 1, lane_of))
        else:
            diagram.bands.append(Band(pool, lane.get("id", ""), lane.get("name", "")))
        entry.last = len(diagram.bands) - 1
        for reference in (e for e in lane if tag(e) == "flowNodeRef"):
            lane_of.setdefault((reference.text or "").strip().rpartition(":")[2], first)
    return deepest


def _content(
    diagram: Diagram, parent: etree._Element, scope: str, lane_of: dict[str, int], band: int
) -> None:
    for element in parent:
        kind, ident = tag(element), element.get("id", "")
        if not ident or kind not in ACTIVITIES | EVENTS | GATEWAYS | ARTIFACTS:
            continue
        name = _name(element, kind)
        is_box = kind in BOXES and _works(element)
        signs = kind not in ("task", "subProcess") or any(
            tag(e).endswith("LoopCharacteristics") for e in element
        )
        width, height = _size(kind, name, signs=signs)
        place = lane_of.get(ident, -1) if not scope else band
        node = Node(ident, kind, name, width, height, scope, place, element.get("attachedToRef", ""), is_box)
        node.apart = kind in BOXES and element.get("triggeredByEvent") == "true"
        diagram.nodes[ident] = node
        if is_box:
            _content(diagram, element, ident, lane_of, 0)
    _flows(diagram, parent, scope)
    if not scope:
        _homeless(diagram, band)


def _homeless(diagram: Diagram, first: int) -> None:
    """A node that no lane lists stands beside its neighbour, else in the first lane."""
    lost = [n for n in diagram.nodes.values() if not n.scope and n.band < 0]
    for _ in range(2):
        for node in lost:
            around = [node.host] if node.host else []
            ends = [(f.source, f.target) for f in diagram.flows if node.id in (f.source, f.target)]
            around += [b if a == node.id else a for a, b in ends]
            for name in around:
                other = diagram.nodes.get(name)
                if node.band < 0 and other is not None:
                    while other.scope:
                        other = diagram.nodes[other.scope]
                    node.band = other.band
    for node in lost:
        node.band = node.band if node.band >= 0 else first


def _flows(diagram: Diagram, parent: etree._Element, scope: str) -> None:
    defaults = {e.get("default", "").rpartition(":")[2] for e in parent if e.get("default")}
    for element in parent:
        kind, ident = tag(element), element.get("id", "")
        if kind in ("sequenceFlow", "messageFlow", "association") and ident:
            ends = (element.get("sourceRef", ""), element.get("targetRef", ""))
            flow_kind = {"sequenceFlow": "sequence", "messageFlow": "message"}.get(kind, kind)
            source, target = (end.rpartition(":")[2] for end in ends)
            flow = Flow(ident, flow_kind, element.get("name", ""), source, target, scope)
            flow.default = ident in defaults
            diagram.flows.append(flow)
        for inner in element:
            if tag(inner) in ("dataInputAssociation", "dataOutputAssociation") and inner.get("id"):
                incoming = tag(inner) == "dataInputAssociation"
                other = next((e for e in inner if tag(e) == ("sourceRef" if incoming else "targetRef")), None)
                end = (other.text or "").strip() if other is not None else ""
                source, target = (end, ident) if incoming else (ident, end)
                diagram.flows.append(Flow(inner.get("id", ""), "data", "", source, target, scope))


def _tidy(diagram: Diagram) -> None:
    """Drop what cannot be drawn: flows to nowhere, hosts that do not exist."""
    known = set(diagram.nodes) | {pool.id for pool in diagram.pools if pool.id}
    for flow in diagram.flows:
        if {flow.source, flow.target} <= known and flow.kind != "message":
            ends = [diagram.nodes[e] for e in (flow.source, flow.target) if e in diagram.nodes]
            if any(end.scope != flow.scope for end in ends):
                flow.scope = "*"
    diagram.flows = [
        flow for flow in diagram.flows if {flow.source, flow.target} <= known and flow.source != flow.target
    ] + [flow for flow in diagram.flows if flow.source == flow.target and flow.source in known]
    for node in diagram.nodes.values():
        if node.host:
            host = diagram.nodes.get(node.host)
            if host is None or host.scope != node.scope or host.host:
                node.host = ""
            else:
                node.band = host.band
                host.guests += 1
    for node in diagram.nodes.values():
        if node.guests > FEW and not node.box:
            node.width = max(node.width, 140)


def _name(element: etree._Element, kind: str) -> str:
    if kind == "textAnnotation":
        words = next((e for e in element if tag(e) == "text"), None)
        return "".join(words.itertext()) if words is not None else ""
    return element.get("name", "")


def _size(kind: str, name: str, *, signs: bool) -> tuple[int, int]:
    """Usual sizes; a task grows from 100 × 80 to 120 × 80, and beyond only for very long names."""
    if kind in ACTIVITIES:
        most = 3 if signs else 4
        for wide in (100, 120, 150):
            if len(text.wrap(name, wide - 14)) <= most:
                return wide, 80
        return 180, max(80, len(text.wrap(name, 166)) * text.LINE + 40)
    if kind == "textAnnotation":
        wide, high = text.size_of(name, 140)
        return max(60, wide + 14), max(30, high + 10)
    return (36, 36) if kind in EVENTS else (36, 50) if kind == "dataObjectReference" else (50, 50)
