"""From left to right: which column a step stands in.

Longest path over the sequence flows, after the flows that close a loop (退回) have been found and set
aside. A boundary event stands on its host, so what follows it comes after the host.
"""

from __future__ import annotations

from engine.runtime.layout.model import Diagram, Flow, Node


def assign(diagram: Diagram, scope: str, nodes: list[Node]) -> int:
    """Give every node of one scope its rank, mark the flows that go back; returns the number of columns."""
    steps = [n for n in nodes if not n.artifact and not n.host]
    place = {n.id: n for n in steps}
    for node in nodes:
        if node.host:
            place[node.id] = place[node.host]
    flows = [
        f
        for f in diagram.flows
        if f.kind == "sequence" and f.scope == scope and f.source in place and f.target in place
    ]
    _mark_back(steps, flows, place)
    forward = [f for f in flows if not f.back and place[f.source] is not place[f.target]]
    after: dict[str, list[Node]] = {n.id: [] for n in steps}
    before: dict[str, list[Node]] = {n.id: [] for n in steps}
    for flow in forward:
        source, target = place[flow.source], place[flow.target]
        after[source.id].append(target)
        before[target.id].append(source)
    order = _topological(steps, after, before)
    folds = {} if scope else _foldable(flows, place)
    while True:
        _longest(order, before, after, folds)
        clash = _clash(steps, folds, place)
        if not clash:
            break
        for name in clash:
            del folds[name]
    least = min((n.rank for n in steps), default=0)
    for node in steps:
        node.rank -= least
    columns = max((n.rank + n.span for n in steps), default=0)
    _attach(diagram, nodes, place)
    return max(columns, 1)


def steps_in_order(diagram: Diagram) -> list[Node]:
    """All nodes from left to right, those inside a box where the box stands."""
    scopes = sorted({n.scope for n in diagram.nodes.values()}, key=diagram.depth, reverse=True)
    for scope in scopes:
        columns = assign(diagram, scope, diagram.children(scope))
        if scope:
            diagram.nodes[scope].span = columns
    for scope in reversed(scopes):
        for node in diagram.children(scope) if scope else []:
            node.rank += diagram.nodes[scope].rank
    return sorted(diagram.nodes.values(), key=lambda node: node.rank)


def _longest(
    order: list[Node], before: dict[str, list[Node]], after: dict[str, list[Node]], folds: dict[str, Node]
) -> None:
    for node in order:
        over = folds.get(node.id)
        node.rank = max((p.rank if p is over else p.rank + p.span for p in before[node.id]), default=0)
    for node in reversed(order):
        if not before[node.id] and after[node.id] and node.rank == 0:
            node.rank = min(s.rank if folds.get(s.id) is node else s.rank - node.span for s in after[node.id])


def _foldable(flows: list[Flow], place: dict[str, Node]) -> dict[str, Node]:
    """Steps that may stand straight above or below the one before, in another lane: target id → source.

    This keeps a hand-over between roles short. One up and one down from each step, never two in a row.
    """
    folds: dict[str, Node] = {}
    used: set[tuple[str, bool]] = set()
    returns = {
        (place[f.source].id, place[f.target].band > place[f.source].band)
        for f in flows
        if f.back and place[f.target].band != place[f.source].band
    }
    for flow in flows:
        source, target = place[flow.source], place[flow.target]
        way = (source.id, target.band > source.band)
        if (
            flow.back
            or flow.source != source.id
            or way in returns
            or source.band == target.band
            or source.box
            or target.box
            or target.id in folds
            or source.id in folds
            or any(over is target for over in folds.values())
            or way in used
        ):
            continue
        folds[target.id] = source
        used.add(way)
    return folds


def _clash(steps: list[Node], folds: dict[str, Node], place: dict[str, Node]) -> list[str]:
    """Folds that some other step stands in the way of, or that another way to the target has outrun."""
    bad = []
    for name, source in folds.items():
        target = place[name]
        low, high = sorted((source.band, target.band))
        if target.rank != source.rank or any(
            n is not source
            and n is not target
            and not n.apart
            and low <= n.band <= high
            and n.rank <= source.rank < n.rank + n.span
            for n in steps
        ):
            bad.append(name)
    return bad[:1]


def _attach(diagram: Diagram, nodes: list[Node], place: dict[str, Node]) -> None:
    """Boundary events, data and annotations stand in the column of the step they belong to."""
    for node in nodes:
        if node.host:
            node.rank = place[node.id].rank
        if not node.artifact:
            continue
        for flow in diagram.flows:
            if node.id in (flow.source, flow.target):
                other = diagram.nodes.get(flow.target if flow.source == node.id else flow.source)
                while other is not None and other.id not in place:
                    other = diagram.nodes.get(other.scope)
                if other is not None:
                    node.rank, node.band = place[other.id].rank, place[other.id].band
                    break


def _mark_back(steps: list[Node], flows: list[Flow], place: dict[str, Node]) -> None:
    """Depth first from the starts, in document order: a flow to a node still open closes a loop."""
    out: dict[str, list[Flow]] = {n.id: [] for n in steps}
    reached = set()
    for flow in flows:
        flow.back = False
        out[place[flow.source].id].append(flow)
        if place[flow.source] is not place[flow.target]:
            reached.add(place[flow.target].id)
    starts = [n for n in steps if n.tag == "startEvent"]
    starts += [n for n in steps if n.id not in reached and n not in starts]
    done: set[str] = set()
    for root in [*starts, *steps]:
        if root.id in done:
            continue
        opened = {root.id}
        stack = [(root.id, iter(out[root.id]))]
        while stack:
            here, rest = stack[-1]
            onward = next(rest, None)
            if onward is None:
                stack.pop()
                opened.discard(here)
                done.add(here)
                continue
            there = place[onward.target].id
            if there in opened:
                onward.back = True
            elif there not in done:
                opened.add(there)
                stack.append((there, iter(out[there])))


def _topological(
    steps: list[Node], after: dict[str, list[Node]], before: dict[str, list[Node]]
) -> list[Node]:
    waiting = {n.id: len(before[n.id]) for n in steps}
    ready = [n for n in steps if not waiting[n.id]]
    order = []
    while ready:
        node = ready.pop(0)
        order.append(node)
        for follower in after[node.id]:
            waiting[follower.id] -= 1
            if not waiting[follower.id]:
                ready.append(follower)
    return order
