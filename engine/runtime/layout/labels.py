"""Names beside gateways, events and flows, so that they cover nothing.

Candidates around the shape or along the flow are tried in the order a reader would look for them; where none
is free, the channel is asked for more room and the picture is placed again.
"""

from __future__ import annotations

from itertools import pairwise

from engine.runtime.layout import text
from engine.runtime.layout.model import DATA, EVENTS, GATEWAYS, LABEL_ROOM, Diagram, Flow, Node
from engine.runtime.layout.place import Picture, Placer, Point, Rect
from engine.runtime.layout.search import NORTH

ROUNDS = 4
FAR = 0.5


def write(diagram: Diagram, placer: Placer) -> Picture:
    """Place everything, enlarging channels until every label has room."""
    picture = placer.place()
    for number in range(ROUNDS):
        if not _Writer(diagram, picture, placer, eager=number > 0).run():
            return picture
        picture = placer.place()
    _Writer(diagram, picture, placer, eager=False).run()
    return picture


class _Writer:
    def __init__(self, diagram: Diagram, picture: Picture, placer: Placer, *, eager: bool) -> None:
        self.eager = eager
        self.diagram, self.picture, self.placer = diagram, picture, placer
        self.asked = False
        self.near: dict[str, int] = {}
        boxes = {n.id for n in diagram.nodes.values() if n.box}
        frames = {p.id for p in diagram.pools} | {lane.id for lane in diagram.lanes}
        self.solid = [r for i, r in picture.shapes.items() if i not in boxes | frames]
        self.lines = [(a, b) for points in picture.flows.values() for a, b in pairwise(points)]
        for ident in boxes | frames:
            if ident not in picture.shapes:
                continue
            r = picture.shapes[ident]
            self.lines += [
                ((r.x, r.y), (r.right, r.y)),
                ((r.x, r.bottom), (r.right, r.bottom)),
                ((r.x, r.y), (r.x, r.bottom)),
                ((r.right, r.y), (r.right, r.bottom)),
            ]
            if ident in boxes:
                self.solid.append(Rect(r.x, r.y, r.width, 22))

    def run(self) -> bool:
        """Shapes first: their labels have fewer places to go. Labels in each other's way then move again.

        Returns whether more room was asked for.
        """
        self.picture.labels.clear()
        named: dict[str, Node | Flow] = {
            n.id: n for n in self.diagram.nodes.values() if n.name and n.tag in EVENTS | GATEWAYS | DATA
        }
        named |= {f.id: f for f in self.diagram.flows if f.name and len(self.picture.flows[f.id]) > 1}
        spots = {
            ident: self._beside_node(item) if isinstance(item, Node) else self._beside_flow(item)
            for ident, item in named.items()
        }
        harm = {ident: self._pick(ident, places) for ident, places in spots.items()}
        for _ in range(3):
            bad = [ident for ident, value in harm.items() if value >= FAR]
            if not bad:
                return False
            for ident in reversed(list(spots)):
                own = self.picture.labels[ident]
                if ident in bad or any(own.meets(self.picture.labels[b], 1) for b in bad):
                    harm[ident] = self._pick(ident, spots[ident])
        for ident, item in named.items():
            if self._pick(ident, spots[ident]) >= FAR:
                if isinstance(item, Node):
                    self._ask_for_node(item)
                else:
                    self._ask_for_flow(item)
        return self.asked

    def _beside_node(self, node: Node) -> list[Rect]:
        shape = self.picture.shapes[node.id]
        wide, high = text.size_of(node.name, LABEL_ROOM)
        middle = shape.x + shape.width // 2
        below, above = shape.bottom + 3, shape.y - high - 3
        centred = middle - (wide + 1) // 2
        right, left = middle + 5, middle - wide - 5
        if node.tag in GATEWAYS:
            side = shape.y + 10 - high
            low = shape.bottom - 10
            spots = [
                (centred, above),
                (right, above),
                (left, above),
                (centred, below),
                (right, below),
                (left, below),
            ]
            spots += [
                (middle + 14, side),
                (middle - 14 - wide, side),
                (middle + 14, low),
                (middle - 14 - wide, low),
            ]
        elif node.host:
            out = middle + 20
            spots = [
                (right, below),
                (left, below),
                (out, shape.y + 20),
                (right + 8, below),
                (left - 8, below),
            ]
            if self.placer.router.spots[node.id][1] == NORTH:
                spots = [(right, above), (left, above), (out, shape.y + 16 - high)]
        else:
            spots = [
                (centred, below),
                (right, below),
                (left, below),
                (centred, above),
                (right, above),
                (left, above),
            ]
        return [Rect(x, y, wide, high) for x, y in spots]

    def _ask_for_node(self, node: Node) -> None:
        shape = self.picture.shapes[node.id]
        wide, high = text.size_of(node.name, LABEL_ROOM)
        middle = shape.x + shape.width // 2
        rows, columns = self.placer.rows, self.placer.columns
        host = self.diagram.nodes.get(node.host)
        if node.tag in GATEWAYS:
            self._ask(rows.before, node.row, shape.y - self._band(node, 0), high + 8)
            self._ask(columns.after, node.rank, self._band(node, 1) - middle, wide + 14)
        elif host is not None:
            if not host.box:
                self._ask(columns.after, host.rank, self._band(node, 1) - middle, wide + 14)
            self._ask(self.placer.margins, self.placer.edge_line(node), 0, high + 30)
        else:
            self._ask(rows.after, node.row, self._band(node, 2) - shape.bottom, high + 8)

    def _band(self, node: Node, side: int) -> int:
        """Upper, right or lower edge of the row and column of a node, in px."""
        host = self.diagram.nodes.get(node.host, node)
        shape = self.picture.shapes[host.id]
        row = [
            self.picture.shapes[n.id]
            for n in self.diagram.nodes.values()
            if not n.box and not n.host and n.row == host.row
        ]
        column = [
            self.picture.shapes[n.id]
            for n in self.diagram.nodes.values()
            if not n.box and not n.host and n.rank == host.rank
        ]
        if side == 0:
            return min((r.y for r in row), default=shape.y)
        if side == 1:
            return max((r.right for r in column), default=shape.right)
        return max((r.bottom for r in row), default=shape.bottom)

    def _ask(self, room: dict[int, int], cell: int, have: int, need: int) -> None:
        """Ask a channel for the room that is missing; growing in small steps keeps the picture tight."""
        missing, given = min(need - have, need), room.get(cell, 0)
        if self.eager:  # what was asked for was given and did not help: the others need to move on
            missing = max(missing, given + 24)
        if missing > given:
            room[cell] = missing
            self.asked = True

    def _beside_flow(self, flow: Flow) -> list[Rect]:
        """A reader looks beside the start, so the first two stretches come first."""
        points = self.picture.flows[flow.id]
        wide, high = text.size_of(flow.name, LABEL_ROOM)
        spots: list[Rect] = []
        for number, (a, b) in enumerate(pairwise(points)):
            if number == 2:  # noqa: PLR2004
                self.near[flow.id] = len(spots)
            spots += _along(a, b, wide, high, 15 if flow.default and not number else 5)
        return spots

    def _ask_for_flow(self, flow: Flow) -> None:
        points = self.picture.flows[flow.id]
        wide, high = text.size_of(flow.name, LABEL_ROOM)
        source = self.diagram.nodes.get(flow.source)
        if source is None:
            return
        shape = self.picture.shapes[source.id]
        (ax, ay), (bx, by) = points[0], points[1]
        last = source.rank + source.span - 1
        middle = shape.x + shape.width // 2
        rows, columns = self.placer.rows, self.placer.columns
        extra = 10 if flow.default else 0
        axis = self.placer.grid.x
        if source.host:
            self._ask(self.placer.margins, self.placer.edge_line(source), 0, high + 30 + extra)
        elif ay == by and source.box:
            border = axis.closing[source.id] if bx > ax else axis.opening[source.id]
            self._ask(self.placer.margins_x, border, 0, wide + 10 + extra)
        elif ay == by and bx > ax:
            self._ask(columns.after, last, self._band(source, 1) - ax, wide + 10 + extra)
        elif ay == by:
            self._ask(columns.before, source.rank, 0, wide + 10 + extra)
        else:
            if not source.box:
                self._ask(columns.after, last, self._band(source, 1) - middle, wide + 14)
            if by > ay:
                edge = source.row + source.tall - 1
                self._ask(rows.after, edge, self._band(source, 2) - ay, high + 8 + extra)
            else:
                self._ask(rows.before, source.row, ay - self._band(source, 0), high + 8 + extra)

    def _pick(self, ident: str, spots: list[Rect]) -> float:
        """Take the first free place near the start, else the least bad; returns how bad it is."""
        self.picture.labels.pop(ident, None)
        best, least = spots[0], 1e9
        for number, spot in enumerate(spots):
            far = FAR if number >= self.near.get(ident, len(spots)) else 0
            harm = self._harm(spot) + far + number * 0.001
            if harm < least:
                best, least = spot, harm
            if harm < FAR:
                break
        self.picture.labels[ident] = best
        return least

    def _harm(self, spot: Rect) -> int:
        harm = 4 * sum(spot.meets(shape, 1) for shape in self.solid)
        harm += 4 * sum(spot.meets(label, 1) for label in self.picture.labels.values())
        return harm + sum(crosses(spot, a, b, 2) for a, b in self.lines)


def _along(a: Point, b: Point, wide: int, high: int, start: int) -> list[Rect]:
    """Places beside one stretch, from its start."""
    (ax, ay), (bx, by) = a, b
    out = []
    if ay == by:
        length = abs(bx - ax)
        for step in (0.0, 0.5, 1.0):
            free = length - wide - start - 4
            if free < 0 and step:
                break
            shift = int(max(free, 0) * step) + start
            x = ax + shift if bx > ax else ax - shift - wide
            out += [Rect(x, ay - high - 3, wide, high), Rect(x, ay + 3, wide, high)]
    else:
        length = abs(by - ay)
        for step in (0.0, 0.5, 1.0):
            free = length - high - start - 4
            if free < 0 and step:
                break
            shift = int(max(free, 0) * step) + start
            y = ay + shift if by > ay else ay - shift - high
            out += [Rect(ax + 4, y, wide, high), Rect(ax - wide - 4, y, wide, high)]
    return out


def crosses(box: Rect, a: Point, b: Point, room: int = 0) -> bool:
    """Whether an upright or level line enters a box (made larger by `room` px)."""
    left, right = sorted((a[0], b[0]))
    top, bottom = sorted((a[1], b[1]))
    return (
        left < box.right + room and right > box.x - room and top < box.bottom + room and bottom > box.y - room
    )
