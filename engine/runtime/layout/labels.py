"""Names beside gateways, events and flows, so that they cover nothing.

Candidates around the shape or along the flow are tried in the order a reader would look for them; where none
is free, the channel is asked for more room and the picture is placed again.
"""

from __future__ import annotations

from engine.runtime.layout import text
from engine.runtime.layout.model import DATA, EVENTS, GATEWAYS, LABEL_ROOM, Diagram, Flow, Node
from engine.runtime.layout.place import Picture, Placer, Point, Rect

ROUNDS = 5


def write(diagram: Diagram, placer: Placer) -> Picture:
    """Place everything, enlarging channels until every label has room."""
    picture = placer.place()
    for _ in range(ROUNDS):
        writer = _Writer(diagram, picture, placer)
        writer.run()
        if not writer.asked:
            break
        picture = placer.place()
    else:
        _Writer(diagram, picture, placer).run()
    return picture


class _Writer:
    def __init__(self, diagram: Diagram, picture: Picture, placer: Placer) -> None:
        self.diagram, self.picture, self.placer = diagram, picture, placer
        self.asked = False
        boxes = {n.id for n in diagram.nodes.values() if n.box}
        frames = {p.id for p in diagram.pools} | {lane.id for lane in diagram.lanes}
        self.solid = [r for i, r in picture.shapes.items() if i not in boxes | frames]
        self.lines = [
            (a, b) for points in picture.flows.values() for a, b in zip(points, points[1:], strict=False)
        ]
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

    def run(self) -> None:
        """Shapes first: their labels have fewer places to go."""
        self.picture.labels.clear()
        for node in self.diagram.nodes.values():
            if node.name and node.tag in EVENTS | GATEWAYS | DATA:
                self._node(node)
        for flow in self.diagram.flows:
            if flow.name:
                self._flow(flow)

    def _node(self, node: Node) -> None:
        shape = self.picture.shapes[node.id]
        wide, high = text.size_of(node.name, LABEL_ROOM)
        middle = shape.x + shape.width // 2
        below, above = shape.bottom + 3, shape.y - high - 3
        centred = middle - (wide + 1) // 2
        right, left = middle + 5, middle - wide - 5
        if node.tag in GATEWAYS:
            side = shape.y + 10 - high
            low = shape.bottom - 10
            spots = [(centred, above), (right, above), (left, above), (centred, below), (right, below), (left, below)]
            spots += [(middle + 14, side), (middle - 14 - wide, side), (middle + 14, low), (middle - 14 - wide, low)]
        elif node.host:
            out = middle + 20
            spots = [(right, below), (left, below), (out, shape.y + 20), (right + 8, below), (right, above), (left, above)]
            if self.placer.router.spots[node.id][1] == 3:  # noqa: PLR2004 - NORTH
                spots = [(right, above), (left, above), (out, shape.y + 16 - high)]
        else:
            spots = [(centred, below), (right, below), (left, below), (centred, above), (right, above), (left, above)]
        best = self._pick(node.id, [Rect(x, y, wide, high) for x, y in spots])
        if best is None:
            return
        first = self.picture.labels[node.id]
        if node.tag in GATEWAYS:
            self._ask(self.placer.rows.before, node.row, shape.y - self._band(node, 0), high + 8)
            self._ask(self.placer.columns.after, node.rank, self._band(node, 1) - middle, wide + 14)
        elif first.y >= shape.y:
            last_row = node.row
            host = self.diagram.nodes.get(node.host)
            if host is not None:
                last_row = host.row + host.tall - 1
            self._ask(self.placer.rows.after, last_row, self._band(node, 2) - shape.bottom, high + 8)
            if host is not None:
                self._ask(self.placer.columns.after, host.rank + host.span - 1, self._band(node, 1) - middle, wide + 14)
        else:
            self._ask(self.placer.rows.before, node.row, shape.y - self._band(node, 0), high + 8)

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
        missing = need - have
        if missing > room.get(cell, 0):
            room[cell] = max(missing, 0)
            self.asked = True

    def _flow(self, flow: Flow) -> None:
        points = self.picture.flows[flow.id]
        wide, high = text.size_of(flow.name, LABEL_ROOM)
        spots: list[Rect] = []
        late: list[Rect] = []
        for number, (a, b) in enumerate(zip(points, points[1:], strict=False)):
            bucket = spots if number < 2 else late  # noqa: PLR2004 - a reader looks beside the start
            bucket += _along(a, b, wide, high)
        best = self._pick(flow.id, spots + late)
        if best is None:
            return
        source = self.diagram.nodes.get(flow.source)
        if source is None or len(points) < 2:  # noqa: PLR2004
            return
        shape = self.picture.shapes[source.id]
        (ax, ay), (bx, by) = points[0], points[1]
        last = source.rank + source.span - 1
        middle = shape.x + shape.width // 2
        if ay == by:
            if bx > ax:
                self._ask(self.placer.columns.after, last, self._band(source, 1) - ax, wide + 10)
            else:
                self._ask(self.placer.columns.before, source.rank, 0, wide + 10)
        elif by > ay:
            self._ask(self.placer.rows.after, source.row + source.tall - 1, self._band(source, 2) - ay, high + 8)
            self._ask(self.placer.columns.after, last, self._band(source, 1) - middle, wide + 14)
        else:
            self._ask(self.placer.rows.before, source.row, ay - self._band(source, 0), high + 8)
            self._ask(self.placer.columns.after, last, self._band(source, 1) - middle, wide + 14)

    def _pick(self, ident: str, spots: list[Rect]) -> Rect | None:
        """Take the first free place; None means all is well, else the best of the bad."""
        best, least = spots[0], 1e9
        for number, spot in enumerate(spots):
            harm = self._harm(spot)
            if harm + number * 0.001 < least:
                best, least = spot, harm + number * 0.001
            if not harm:
                break
        self.picture.labels[ident] = best
        return best if least >= 1 else None

    def _harm(self, spot: Rect) -> int:
        harm = 4 * sum(spot.meets(shape, 1) for shape in self.solid)
        harm += 4 * sum(spot.meets(label, 1) for label in self.picture.labels.values())
        return harm + sum(crosses(spot, a, b, 2) for a, b in self.lines)


def _along(a: Point, b: Point, wide: int, high: int) -> list[Rect]:
    """Places beside one stretch, from its start."""
    (ax, ay), (bx, by) = a, b
    out = []
    if ay == by:
        length = abs(bx - ax)
        for step in (0.0, 0.5, 1.0):
            free = length - wide - 8
            if free < 0 and step:
                break
            shift = int(max(free, 0) * step) + 6
            x = ax + shift if bx > ax else ax - shift - wide
            out += [Rect(x, ay - high - 3, wide, high), Rect(x, ay + 3, wide, high)]
    else:
        length = abs(by - ay)
        for step in (0.0, 0.5, 1.0):
            free = length - high - 8
            if free < 0 and step:
                break
            shift = int(max(free, 0) * step) + 4
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
