"""Where the flows run: cheapest path over the symbolic grid, one flow after the other.

A path pays for length, bends and crossings. It may never enter a shape and never run on top of another
flow, except that flows with the same end may join before it and flows with the same start may part after
it. When all are routed, each is taken out once and tried again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from engine.runtime.layout.grid import Grid
from engine.runtime.layout.model import EVENTS, GATEWAYS, Diagram, Flow, Node
from engine.runtime.layout.search import BEND, CROSS, EAST, HARD, NORTH, SOUTH, WEST, Port, Search, Vertex


@dataclass
class Router:
    """Routes and what they occupy. `paths` maps a flow id to its corner points as line numbers."""

    diagram: Diagram
    grid: Grid
    spots: dict[str, tuple[int, int]]
    paths: dict[str, list[Vertex]] = field(default_factory=dict)
    units: dict[tuple[int, int, int], set[str]] = field(default_factory=dict)
    passes: dict[Vertex, dict[str, int]] = field(default_factory=dict)
    walls: dict[tuple[str, ...], bytearray] = field(default_factory=dict)
    flows: dict[str, Flow] = field(default_factory=dict)
    clashes: int = 0

    def run(self) -> None:
        """Route everything; short and straight flows first, loops last."""
        nodes = self.diagram.nodes
        self.flows = {f.id: f for f in self.diagram.flows}

        def key(flow: Flow) -> tuple[int, int, int]:
            a, b = nodes.get(flow.source), nodes.get(flow.target)
            if a is None or b is None:
                return 3, 0, 0
            if a.rank == b.rank and flow.kind == "sequence" and not (flow.back or a.host):
                return -1, abs(a.row - b.row), a.rank
            kind = 3 if flow.kind == "message" else 2 if flow.kind != "sequence" else int(flow.back)
            return kind, abs(a.row - b.row) + abs(b.rank - a.rank), a.rank

        order = sorted(self.diagram.flows, key=key)
        for flow in order:
            self._route(flow)
        for flow in order:
            if len(self.paths[flow.id]) > 2:  # noqa: PLR2004 - a straight line cannot get better
                self._clear(flow)
                self._route(flow)
        self.clashes = sum(self._clash(flow) for flow in order)

    def _clash(self, flow: Flow) -> int:
        path = self.paths[flow.id]
        return sum(
            any(
                not self.kin(flow, self.flows[other])
                for other in self.units.get(unit, ())
                if other != flow.id
            )
            for unit in _units(path)
        )

    @staticmethod
    def kin(flow: Flow, other: Flow) -> float:
        """0: must keep apart; otherwise the price of running together, for each px."""
        if flow.kind != other.kind:
            return 0.0
        if flow.target == other.target:
            return 0.15
        return 0.6 if flow.source == other.source else 0.0

    def ports(self, flow: Flow, end: str, other: str, *, out: bool) -> list[Port]:
        """Ways out of (or, read backwards, into) one end of a flow."""
        node = self.diagram.nodes.get(end)
        if node is None:
            return self._pool_ports(end)
        x, y = self.grid.x, self.grid.y
        if node.host:
            return self._boundary_ports(node)
        if node.box:
            left, right = x.opening[node.id], x.closing[node.id]
            top, bottom = y.opening[node.id], y.closing[node.id]
            level = y.centre[node.row + node.port]
            ports = [
                Port([(right, level), (right + 1, level)], EAST),
                Port([(left, level), (left - 1, level)], WEST),
            ]
            for column in range(node.rank, node.rank + node.span):
                middle = x.centre[column]
                ports.append(Port([(middle, top), (middle, top - 1)], NORTH))
                ports.append(Port([(middle, bottom), (middle, bottom + 1)], SOUTH))
        else:
            column, middle, level = node.rank, x.centre[node.rank], y.centre[node.row]
            right, left = x.right[column], x.left[column]
            ports = [
                Port([(middle, level), (right, level), (right + 1, level)], EAST),
                Port([(middle, level), (left, level), (left - 1, level)], WEST),
                Port([(middle, level), (middle, level - 1)], NORTH),
                Port([(middle, level), (middle, level + 1)], SOUTH),
            ]
        taken = {spot for guest, spot in self.spots.items() if self.diagram.nodes[guest].host == node.id}
        ports = [port for port in ports if (port.way[0][0], port.direction) not in taken]
        for port in ports:
            port.cost = self._taste(flow, node, other, port.direction, out=out)
        return ports

    def _taste(self, flow: Flow, node: Node, other: str, direction: int, *, out: bool) -> float:
        """Readers expect work to enter on the left and to leave on the right."""
        upright = direction in (NORTH, SOUTH)
        if flow.kind != "sequence":
            return 0.0 if upright else 90.0 if flow.kind == "message" else 20.0
        if upright:
            return self._taste_upright(flow, node, self.diagram.nodes.get(other), out=out)
        good = direction == (EAST if out else WEST)
        if flow.back:
            return 30.0 if good else 70.0
        return 0.0 if good else 140.0

    @staticmethod
    def _taste_upright(flow: Flow, node: Node, peer: Node | None, *, out: bool) -> float:
        """Up and down suit loops, gateways that split, and steps right above each other."""
        if flow.back:
            return 10.0 if node.tag in EVENTS else 0.0
        if peer is not None and peer.rank == node.rank and not peer.host:
            return 0.0
        if node.tag in GATEWAYS:
            return 6.0 if out else 14.0
        level = peer is not None and peer.row == node.row
        return (45.0 if level else 22.0) + (0 if out else -4)

    def _boundary_ports(self, node: Node) -> list[Port]:
        host = self.diagram.nodes[node.host]
        line, side = self.spots[node.id]
        y = self.grid.y
        if host.box:
            top, bottom = y.opening[host.id], y.closing[host.id]
        else:
            top = bottom = y.centre[host.row]
        if side == NORTH:
            return [Port([(line, top), (line, top - 1)], NORTH)]
        return [Port([(line, bottom), (line, bottom + 1)], SOUTH)]

    def _pool_ports(self, end: str) -> list[Port]:
        index = next(i for i, pool in enumerate(self.diagram.pools) if pool.id == end)
        top, bottom = self.grid.pool_top[index], self.grid.pool_bottom[index]
        ports = []
        for middle in self.grid.x.centre:
            if top > 0:
                ports.append(Port([(middle, top), (middle, top - 1)], NORTH))
            if bottom + 1 < len(self.grid.y):
                ports.append(Port([(middle, bottom), (middle, bottom + 1)], SOUTH))
        return ports

    def _around(self, end: str) -> set[str]:
        """Boxes around a node."""
        node = self.diagram.nodes.get(end)
        names = set()
        while node is not None and node.scope:
            names.add(node.scope)
            node = self.diagram.nodes.get(node.scope)
        return names

    def wall(self, flow: Flow) -> bytearray:
        """1 where this flow may not pass."""
        nodes = self.diagram.nodes
        free = flow.kind == "message" or flow.scope == "*"
        source = nodes.get(flow.source)
        if free:
            key: tuple[str, ...] = ("free", *sorted(self._around(flow.source) | self._around(flow.target)))
        else:
            pool = self.diagram.bands[source.band].pool if source is not None else 0
            key = (flow.scope, str(pool))
        if key not in self.walls:
            self.walls[key] = self._build_wall(flow, key, free=free)
        return self.walls[key]

    def _build_wall(self, flow: Flow, key: tuple[str, ...], *, free: bool) -> bytearray:
        x, y = self.grid.x, self.grid.y
        high = len(y)
        wall = bytearray(b"\1" * (len(x) * high))
        west, east, north, south = self._frame(flow, key, free=free)
        for i in range(west + 1, east):
            wall[i * high + north + 1 : i * high + south] = bytes(south - north - 1)
        passable = set(key[1:]) if free else self._scope_chain(flow.scope)
        for node in self.diagram.nodes.values():
            if node.host or node.id in passable:
                continue
            if node.box:
                columns = range(x.opening[node.id], x.closing[node.id] + 1)
                rows = range(y.opening[node.id], y.closing[node.id] + 1)
            else:
                columns = range(x.left[node.rank], x.right[node.rank] + 1)
                rows = range(y.centre[node.row], y.centre[node.row] + 1)
            for i in columns:
                wall[i * high + rows.start : i * high + rows.stop] = b"\1" * len(rows)
        return wall

    def _frame(self, flow: Flow, key: tuple[str, ...], *, free: bool) -> tuple[int, int, int, int]:
        """The lines a flow may not reach: the border of its box, its pool, or of the whole picture."""
        x, y = self.grid.x, self.grid.y
        if free:
            return 0, len(x) - 1, -1, len(y)
        if flow.scope:
            box = flow.scope
            return x.opening[box], x.closing[box], y.opening[box], y.closing[box]
        pool = int(key[1])
        return (
            self.grid.pool_left,
            self.grid.pool_right,
            self.grid.pool_top[pool],
            self.grid.pool_bottom[pool],
        )

    def _scope_chain(self, scope: str) -> set[str]:
        names = set()
        while scope:
            names.add(scope)
            scope = self.diagram.nodes[scope].scope
        return names

    def _clear(self, flow: Flow) -> None:
        path = self.paths.pop(flow.id)
        for unit in _units(path):
            self.units[unit].discard(flow.id)
        for vertex in _vertices(path):
            self.passes.get(vertex, {}).pop(flow.id, None)

    def _occupy(self, flow: Flow, path: list[Vertex]) -> None:
        self.paths[flow.id] = path
        for unit in _units(path):
            self.units.setdefault(unit, set()).add(flow.id)
        previous: Vertex | None = None
        for vertex in _vertices(path):
            mask = self.passes.setdefault(vertex, {})
            if previous is not None:
                axis = 1 if previous[1] == vertex[1] else 2
                mask[flow.id] = mask.get(flow.id, 0) | axis
                before = self.passes[previous]
                before[flow.id] = before.get(flow.id, 0) | axis
            previous = vertex

    def _route(self, flow: Flow) -> None:
        outs = self.ports(flow, flow.source, flow.target, out=True)
        ins = self.ports(flow, flow.target, flow.source, out=False)
        best = Search(self, flow, outs, ins, strict=True).run()
        if best is None:
            best = Search(self, flow, outs, ins, strict=False).run()
        if best is None:
            a, b = outs[0].way[0], ins[0].way[0]
            best = [a, (b[0], a[1]), b] if a[0] != b[0] and a[1] != b[1] else [a, b]
        self._occupy(flow, corners(best))

    def together(self, flow: Flow, unit: tuple[int, int, int], step: float) -> float:
        """Price of running on top of the flows on one stretch."""
        cost = 0.0
        for other in self.units.get(unit, ()):
            kin = self.kin(flow, self.flows[other])
            cost += step * kin if kin else HARD
        return cost

    def stub(self, flow: Flow, way: list[Vertex]) -> float:
        """Price of leaving through a port that other flows may use already."""
        cost = 0.0
        for unit in _units(way):
            for other in self.units.get(unit, ()):
                kin = self.kin(flow, self.flows[other])
                split = 0
                if flow.kind == "sequence" and self.flows[other].source == flow.source:
                    node = self.diagram.nodes.get(flow.source)
                    split = 130 if node is not None and node.tag in GATEWAYS else 40
                cost += 12.0 + 30 * kin + split if kin else HARD
        return cost

    def corner(self, flow: Flow, v: Vertex, direction: int, turn: int) -> float:
        """Price of a bend, and of meeting other flows at this crossing of lines."""
        bend = direction != turn
        cost = BEND if bend else 0.0
        meets = self.passes.get(v)
        if meets:
            mine = 3 if bend else 1 if direction in (EAST, WEST) else 2
            for other, mask in meets.items():
                if self.kin(flow, self.flows[other]):
                    cost += 0.0 if mask & mine else 10.0
                elif mask == 3 or bend:  # noqa: PLR2004 - both directions: a bend
                    cost += HARD
                elif mask != mine:
                    cost += CROSS
        return cost


def _vertices(path: list[Vertex]) -> list[Vertex]:
    """All crossings of lines on a path given by its corners."""
    out = [path[0]]
    for (ax, ay), (bx, by) in pairwise(path):
        dx, dy = (bx > ax) - (bx < ax), (by > ay) - (by < ay)
        steps = abs(bx - ax) + abs(by - ay)
        out += [(ax + dx * n, ay + dy * n) for n in range(1, steps + 1)]
    return out


def _units(path: list[Vertex]) -> list[tuple[int, int, int]]:
    out = []
    points = _vertices(path)
    for (ax, ay), (bx, by) in pairwise(points):
        out.append((0, min(ax, bx), ay) if ay == by else (1, ax, min(ay, by)))
    return out


def corners(path: list[Vertex]) -> list[Vertex]:
    """Only the ends and the bends."""
    out = [path[0]]
    for here, after in pairwise(path[1:]):
        if not ((out[-1][0] == here[0] == after[0]) or (out[-1][1] == here[1] == after[1])):
            out.append(here)
    return [*out, path[-1]]
