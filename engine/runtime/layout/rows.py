"""From top to bottom: which row of its lane a step stands in.

First every step takes the row of the step before it if that is free; then rows are exchanged as long as
this makes flows straighter, shorter or less crossed. Boxes are arranged from the inside out.
"""

from __future__ import annotations

from engine.runtime.layout import ranks
from engine.runtime.layout.model import Diagram, Flow, Node

BAND_GAP = 4
ROUNDS = 6


def arrange(diagram: Diagram) -> tuple[int, list[int]]:
    """Give every node absolute `rank` and `row`; returns the number of columns and of rows for each band."""
    scopes = sorted({n.scope for n in diagram.nodes.values()}, key=diagram.depth, reverse=True)
    columns, heights = 1, [1] * len(diagram.bands)
    for scope in scopes:
        nodes = diagram.children(scope)
        wide = ranks.assign(diagram, scope, nodes)
        tall = _Rows(diagram, scope, nodes, wide).solve()
        if scope:
            box = diagram.nodes[scope]
            box.span = max([wide, *(n.rank + n.span for n in nodes)])
            box.tall = tall[0]
            first = min(
                (n for n in nodes if not n.artifact and not n.host),
                key=lambda n: (n.tag != "startEvent", n.apart, n.rank, n.row),
            )
            box.port = first.row + first.port
        else:
            columns = max([wide, *(n.rank + n.span for n in nodes)])
            heights = [tall.get(band, 1) for band in range(len(diagram.bands))]
    first_row = [sum(heights[:band]) for band in range(len(heights))]
    for scope in reversed(scopes):
        for node in diagram.children(scope):
            if scope:
                box = diagram.nodes[scope]
                node.rank, node.row, node.band = node.rank + box.rank, node.row + box.row, box.band
            else:
                node.row += first_row[node.band]
    return columns, heights


class _Rows:
    """Rows of the nodes of one scope; inside a box there is one band, number 0."""

    def __init__(self, diagram: Diagram, scope: str, nodes: list[Node], columns: int) -> None:
        self.scope = scope
        self.columns = columns
        self.nodes = [n for n in nodes if not n.host]
        self.apart = [n for n in self.nodes if n.apart]
        self.steps = [n for n in self.nodes if not n.apart]
        self.hosts = {n.id: diagram.nodes[n.host] for n in nodes if n.host}
        here = {n.id: n for n in self.nodes}
        self.pairs: list[tuple[Node, Node, Flow]] = []
        for flow in diagram.flows:
            ends = [self._owner(diagram, end, here) for end in (flow.source, flow.target)]
            if ends[0] is not None and ends[1] is not None and ends[0] is not ends[1]:
                self.pairs.append((ends[0], ends[1], flow))
        self.of: dict[str, list[int]] = {n.id: [] for n in self.nodes}
        for index, (a, b, _) in enumerate(self.pairs):
            self.of[a.id].append(index)
            self.of[b.id].append(index)
        self.row: dict[str, int] = {}
        self.taken: dict[tuple[int, int, int], Node] = {}

    def _owner(self, diagram: Diagram, end: str, here: dict[str, Node]) -> Node | None:
        end = self.hosts[end].id if end in self.hosts else end
        node = diagram.nodes.get(end)
        while node is not None and node.id not in here:
            if node.host and node.host in here:
                return here[node.host]
            node = diagram.nodes.get(node.scope)
        return node

    def solve(self) -> dict[int, int]:
        """Number of rows in each band."""
        for node in sorted(self.steps, key=lambda n: (n.artifact, n.rank)):
            self._greedy(node)
        for _ in range(ROUNDS):
            if not self._improve():
                break
        return self._normalise()

    def _cells(self, node: Node, row: int) -> list[tuple[int, int, int]]:
        return [
            (node.band, row + down, node.rank + right)
            for down in range(node.tall)
            for right in range(node.span)
        ]

    def _free(self, node: Node, row: int) -> bool:
        return all(self.taken.get(cell, node) is node for cell in self._cells(node, row))

    def _put(self, node: Node, row: int) -> None:
        self._lift(node)
        self.row[node.id] = row
        for cell in self._cells(node, row):
            self.taken[cell] = node

    def _lift(self, node: Node) -> None:
        if node.id in self.row:
            for cell in self._cells(node, self.row.pop(node.id)):
                self.taken.pop(cell, None)

    def _candidates(self, node: Node) -> list[int]:
        rows = [row for (band, row, _) in self.taken if band == node.band]
        low, high = (min(rows), max(rows)) if rows else (0, 0)
        return [row for row in range(low - node.tall, high + 2) if self._free(node, row)] or [0]

    def _greedy(self, node: Node) -> None:
        """The row that costs least now; on equal cost the upper one, but downwards before upwards."""
        best = min(self._candidates(node), key=lambda row: (self._cost(node, row), row < 0, abs(row)))
        self._put(node, best)

    def _y(self, node: Node, row: int) -> int:
        return (node.band * BAND_GAP + row + node.port) if node.band >= 0 else row

    def _cost(self, node: Node, row: int) -> float:
        rows = {r for (band, r, _), n in self.taken.items() if band == node.band and n is not node}
        cost = sum(2.0 for down in range(node.tall) if row + down not in rows)
        for index in self.of[node.id]:
            a, b, flow = self.pairs[index]
            other = b if a is node else a
            if other.id not in self.row:
                continue
            cost += self._flow_cost(flow, node, row, other, self.row[other.id])
        if node.tag == "endEvent" and row in rows:
            cost += 0.05
        return cost

    def _flow_cost(self, flow: Flow, node: Node, row: int, other: Node, other_row: int) -> float:
        y, oy = self._y(node, row), self._y(other, other_row)
        weight = 0.25 if flow.back or flow.kind == "message" else 1.0
        if node.artifact or other.artifact:
            return abs(y - oy) * 1.2
        cost = abs(y - oy) * (0.5 if node.band == other.band else 0.3) * weight
        left, right = (node, other) if node.rank < other.rank else (other, node)
        if node.band == other.band and y == oy:
            between = range(left.rank + left.span, right.rank)
            level = row + node.port
            blocked = {
                n.id
                for rank in between
                if (n := self.taken.get((node.band, level, rank))) is not None and n is not node
            }
            cost += len(blocked) * (0.3 if flow.back else 1.6)
        elif not flow.back and left.rank != right.rank:
            cost += 1.0 * weight
        return cost + 0.8 * self._crossings(flow, node, y, other, oy)

    def _crossings(self, flow: Flow, node: Node, y: int, other: Node, oy: int) -> int:
        """Flows between the same columns whose ends stand in the opposite order."""
        if flow.back or node.rank == other.rank:
            return 0
        near, far = (y, oy) if node.rank < other.rank else (oy, y)
        left, right = sorted((node.rank, other.rank))
        count = 0
        for a, b, second in self.pairs:
            if second is flow or second.back or a.id not in self.row or b.id not in self.row:
                continue
            if a in (node, other) or b in (node, other):
                continue
            if a.rank == left and b.rank == right:
                above = self._y(a, self.row[a.id]) - near, self._y(b, self.row[b.id]) - far
                count += above[0] * above[1] < 0
        return count

    def _improve(self) -> bool:
        better = False
        for node in self.steps:
            for group in ([node], self._run(node)):
                if len(group) == 1 and group[0] is not node:
                    continue
                better |= self._move(group)
        return better

    def _run(self, node: Node) -> list[Node]:
        """The steps that follow one by one in the same row: a branch moves as a whole."""
        run = [node]
        while len(run) <= self.columns:
            last = run[-1]
            following = [
                b
                for index in self.of[last.id]
                for a, b, flow in [self.pairs[index]]
                if a is last and not flow.back and b.band == node.band and b.rank > last.rank
            ]
            if len(following) != 1 or self.row.get(following[0].id) != self.row[node.id]:
                break
            run.append(following[0])
        return run

    def _move(self, group: list[Node]) -> bool:
        old = [self.row[n.id] for n in group]
        base = self._total(group)
        best, best_cost = 0, base - 1e-6
        rows = [row for (band, row, _) in self.taken if band == group[0].band]
        low, high = min(rows) - 1, max(rows) + 1
        for shift in range(low - min(old), high - max(old) + 1):
            if shift and self._shift(group, old, shift):
                cost = self._total(group)
                if cost < best_cost:
                    best, best_cost = shift, cost
            self._shift(group, old, 0)
        if not best:
            return False
        return self._shift(group, old, best)

    def _shift(self, group: list[Node], old: list[int], shift: int) -> bool:
        """Put a group `shift` rows below where it was; False (and nowhere) if there is no room."""
        for node in group:
            self._lift(node)
        if not all(self._free(n, row + shift) for n, row in zip(group, old, strict=True)):
            return False
        for node, row in zip(group, old, strict=True):
            self._put(node, row + shift)
        return True

    def _total(self, group: list[Node]) -> float:
        """Cost of all flows (a moved step may stand in the way of any of them) and of all rows used."""
        cost = 2.0 * len({(band, row) for (band, row, _) in self.taken})
        for a, b, flow in self.pairs:
            cost += self._flow_cost(flow, a, self.row[a.id], b, self.row[b.id]) if self._placed(a, b) else 0
        return cost + 0.01 * sum(abs(self.row[n.id]) for n in group)

    def _placed(self, a: Node, b: Node) -> bool:
        return a.id in self.row and b.id in self.row

    def _normalise(self) -> dict[int, int]:
        heights: dict[int, int] = {}
        for band in sorted({n.band for n in self.nodes}):
            used = sorted({row for (b, row, _) in self.taken if b == band})
            index = {row: number for number, row in enumerate(used)}
            heights[band] = len(used)
            for node in self.steps:
                if node.band == band:
                    node.row = index[self.row[node.id]]
            self._aside(band, heights)
        return heights

    def _in_the_way(self, box: Node, row: int, rank: int) -> int:
        """How many flows from lane to lane would have to go around a box standing there."""
        count = 0
        for a, b, _ in self.pairs:
            upper, lower = (a, b) if a.band < b.band else (b, a)
            left, right = sorted((a.rank, b.rank))
            if upper.band == lower.band or left < rank or right >= rank + box.span:
                continue
            starts = upper.band < box.band or (upper.band == box.band and upper.row < row)
            ends = lower.band > box.band or (lower.band == box.band and lower.row >= row + box.tall)
            count += starts and ends
        return count

    def _aside(self, band: int, heights: dict[int, int]) -> None:
        """Event sub-processes have no way in: they stand where room is left, else in a row below."""
        full = {
            (node.row + down, node.rank + right)
            for node in self.steps
            if node.band == band
            for down in range(node.tall)
            for right in range(node.span)
        }
        for node in (n for n in self.apart if n.band == band):
            places = [
                (row, rank)
                for row in range(heights[band] - node.tall + 1)
                for rank in range(self.columns - node.span + 1)
            ]
            places += [(heights[band], rank) for rank in range(max(self.columns - node.span, 0) + 1)]

            def cells(row: int, rank: int, node: Node = node) -> set[tuple[int, int]]:
                return {(row + down, rank + right) for down in range(node.tall) for right in range(node.span)}

            row, rank = min(
                (place for place in places if not cells(*place) & full),
                key=lambda place: (
                    self._in_the_way(node, *place) + (place[0] == heights[band]),
                    place,
                ),
            )
            node.row, node.rank = row, rank
            full |= cells(row, rank)
            heights[band] = max(heights[band], row + node.tall)
