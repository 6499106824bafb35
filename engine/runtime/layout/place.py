"""From line numbers to px: every channel gets exactly the room that the flows and labels in it need.

Flows that share a stretch of a channel get tracks of their own, 12 px apart; the others lie in its middle.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

from engine.runtime.layout import text
from engine.runtime.layout.grid import BAND, BORDER, TRACK, Axis, Grid
from engine.runtime.layout.model import EVENTS, FEW, GATEWAYS, LABEL_ROOM, Diagram, Node
from engine.runtime.layout.route import Router
from engine.runtime.layout.search import NORTH, SOUTH, Vertex

PITCH, LEFT, TOP, HEADER, SPOT = 12, 160, 80, 30, 28
Point = tuple[int, int]


@dataclass
class Rect:
    """A box in px; `x`, `y` is the upper left corner."""

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """X of the right side."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """Y of the lower side."""
        return self.y + self.height

    def meets(self, other: Rect, room: int = 0) -> bool:
        """Whether the two overlap, or come closer than `room`."""
        return (
            self.x < other.right + room
            and other.x < self.right + room
            and self.y < other.bottom + room
            and other.y < self.bottom + room
        )


@dataclass
class Room:
    """Extra distance before and after each column (row); where boundary events stand; px."""

    before: dict[int, int] = field(default_factory=dict)
    after: dict[int, int] = field(default_factory=dict)
    spots: dict[int, int] = field(default_factory=dict)


@dataclass
class Picture:
    """The result in px: shapes, flows, and labels by element id."""

    shapes: dict[str, Rect] = field(default_factory=dict)
    flows: dict[str, list[Point]] = field(default_factory=dict)
    labels: dict[str, Rect] = field(default_factory=dict)


Segment = tuple[int, int, int]


class Placer:
    """Coordinates of all lines and of all stretches of flows."""

    def __init__(self, diagram: Diagram, grid: Grid, router: Router) -> None:
        self.diagram, self.grid, self.router = diagram, grid, router
        self.columns, self.rows = Room(), Room()
        self.margins: dict[int, int] = {}
        self.margins_x: dict[int, int] = {}
        for node in diagram.nodes.values():
            if node.host:
                self.margins[self.edge_line(node)] = 32
            if node.guests > FEW:
                self.columns.spots[node.rank] = 44
        self.levels_x = _levels(grid.x, grid.y, self._segments(vertical=True))
        self.levels_y = _levels(grid.y, grid.x, self._segments(vertical=False))

    def edge_line(self, node: Node) -> int:
        """The line of the y axis on which a boundary event stands."""
        host, y = self.diagram.nodes[node.host], self.grid.y
        if not host.box:
            return y.centre[host.row]
        return y.opening[host.id] if self.router.spots[node.id][1] == NORTH else y.closing[host.id]

    def _segments(self, *, vertical: bool) -> list[Segment]:
        """Stretches along tracks: (line, first and last line it reaches on the other axis)."""
        out = []
        for path in self.router.paths.values():
            for (ax, ay), (bx, by) in pairwise(path):
                if vertical and ax == bx and self.grid.x.kind[ax] == TRACK:
                    out.append((ax, min(ay, by), max(ay, by)))
                if not vertical and ay == by and self.grid.y.kind[ay] == TRACK:
                    out.append((ay, min(ax, bx), max(ax, bx)))
        return out

    def place(self) -> Picture:
        """Shapes and flows; labels come later."""
        simple = [n for n in self.diagram.nodes.values() if not n.host and not n.box]
        halves_x: dict[int, int] = {}
        halves_y: dict[int, int] = {}
        for node in simple:
            wide = node.width
            if node.tag in EVENTS | GATEWAYS and node.name:
                wide = max(wide, text.size_of(node.name, LABEL_ROOM)[0])
            halves_x[node.rank] = max(halves_x.get(node.rank, 0), (wide + 1) // 2)
            halves_y[node.row] = max(halves_y.get(node.row, 0), (node.height + 1) // 2)
        depth = max((pool.depth for pool in self.diagram.pools), default=0)
        framed = any(pool.id for pool in self.diagram.pools)
        start_x = LEFT + (HEADER * (1 + depth) if framed else 0)
        xs, tracks_x = _sweep(
            self.grid.x, start_x, halves_x, self.columns, self.levels_x, self._gap_x, self.margins_x
        )
        ys, tracks_y = _sweep(self.grid.y, TOP, halves_y, self.rows, self.levels_y, self._gap_y, self.margins)
        ys, tracks_y = self._stretch(ys, tracks_y, halves_y)
        picture = Picture()
        self._shapes(picture, xs, ys)
        for flow, path in self.router.paths.items():
            picture.flows[flow] = self._points(flow, path, xs, ys, tracks_x, tracks_y, picture)
        return picture

    def _gap_x(self, before: int, after: int) -> int:
        kinds = (self.grid.x.kind[before], self.grid.x.kind[after])
        return {(BAND, BAND): 44, (BORDER, BORDER): 20}.get(kinds, 26)

    def _gap_y(self, before: int, after: int) -> int:
        kinds = (self.grid.y.kind[before], self.grid.y.kind[after])
        if before in self.grid.pool_bottom and after in self.grid.pool_top:
            return 50
        base = {(BAND, BAND): 30, (BORDER, BORDER): 20}.get(kinds, 24)
        return base + (14 if before in self.grid.y.opening.values() else 0)

    def _stretch(
        self, ys: list[int], tracks: dict[Segment, int], halves: dict[int, int]
    ) -> tuple[list[int], dict[Segment, int]]:
        """A lane is at least as high as its name is long."""
        grid, short = self.grid, False
        for number, band in enumerate(self.diagram.bands):
            pool = self.diagram.pools[band.pool]
            bottom = grid.pool_bottom[band.pool] if pool.last == number else grid.band_top[number + 1]
            least = max(60, int(text.width(band.name)) + 20 if band.lane else 60)
            if pool.first == pool.last and not band.black and pool.id:
                least = max(least, int(text.width(pool.name)) + 20)
            missing = least - (ys[bottom] - ys[grid.band_top[number]])
            rows = [c for c in grid.y.cell[grid.band_top[number] : bottom] if c >= 0]
            if missing > 0 and rows:
                short = True
                half = (missing + 1) // 2
                self._grow(self.rows.before, rows[0], self._edge(ys, rows[0], -1) + half)
                self._grow(self.rows.after, rows[-1], self._edge(ys, rows[-1], 1) + half)
        if not short:
            return ys, tracks
        return _sweep(grid.y, TOP, halves, self.rows, self.levels_y, self._gap_y, self.margins)

    def _edge(self, ys: list[int], row: int, side: int) -> int:
        """Free distance now between a row and the next border."""
        axis = self.grid.y
        line = axis.centre[row]
        half = (
            max(
                (n.height for n in self.diagram.nodes.values() if n.row == row and not n.box and not n.host),
                default=0,
            )
            // 2
        )
        other = line + side
        while axis.kind[other] == TRACK:
            other += side
        return abs(ys[other] - ys[line]) - half

    @staticmethod
    def _grow(room: dict[int, int], cell: int, least: int) -> None:
        room[cell] = max(room.get(cell, 0), least)

    def _shapes(self, picture: Picture, xs: list[int], ys: list[int]) -> None:
        grid, diagram = self.grid, self.diagram
        for number, pool in enumerate(diagram.pools):
            if pool.id:
                top, bottom = ys[grid.pool_top[number]], ys[grid.pool_bottom[number]]
                picture.shapes[pool.id] = Rect(LEFT, top, xs[grid.pool_right] - LEFT, bottom - top)
        for lane in diagram.lanes:
            pool = diagram.pools[diagram.bands[lane.first].pool]
            at = LEFT + HEADER * (lane.depth + (1 if pool.id else 0))
            top = ys[grid.band_top[lane.first]]
            number = diagram.bands[lane.first].pool
            bottom = ys[grid.pool_bottom[number] if lane.last == pool.last else grid.band_top[lane.last + 1]]
            picture.shapes[lane.id] = Rect(at, top, xs[grid.pool_right] - at, bottom - top)
        for node in diagram.nodes.values():
            if node.box:
                left, right = xs[grid.x.opening[node.id]], xs[grid.x.closing[node.id]]
                top, bottom = ys[grid.y.opening[node.id]], ys[grid.y.closing[node.id]]
                picture.shapes[node.id] = Rect(left, top, right - left, bottom - top)
            elif not node.host:
                x, y = xs[grid.x.centre[node.rank]], ys[grid.y.centre[node.row]]
                half = (node.width // 2, node.height // 2)
                picture.shapes[node.id] = Rect(x - half[0], y - half[1], node.width, node.height)
        for node in diagram.nodes.values():
            if node.host:
                host = picture.shapes[node.host]
                line, side = self.router.spots[node.id]
                y = host.y if side == NORTH else host.bottom
                picture.shapes[node.id] = Rect(xs[line] - 18, y - 18, 36, 36)

    def _points(
        self,
        flow: str,
        path: list[Vertex],
        xs: list[int],
        ys: list[int],
        tracks_x: dict[Segment, int],
        tracks_y: dict[Segment, int],
        picture: Picture,
    ) -> list[Point]:
        """Corner points in px, the ends clipped to the shapes."""
        points = [[xs[i], ys[j]] for i, j in path]
        for index, ((ax, ay), (bx, by)) in enumerate(pairwise(path)):
            if ax == bx:
                at = tracks_x.get((ax, min(ay, by), max(ay, by)), xs[ax])
                points[index][0] = points[index + 1][0] = at
            else:
                at = tracks_y.get((ay, min(ax, bx), max(ax, bx)), ys[ay])
                points[index][1] = points[index + 1][1] = at
        ends = self.router.flows[flow]
        for end, here, after in ((ends.source, 0, 1), (ends.target, -1, -2)):
            node = self.diagram.nodes.get(end)
            if node is not None and (not node.box or node.host):
                points[here] = _clip(picture.shapes[end], points[here], points[after], node)
        return [(x, y) for x, y in points]


def _clip(shape: Rect, end: list[int], after: list[int], node: Node) -> list[int]:
    """Where the line leaves the shape: the middle of that side."""
    if end[0] == after[0]:
        down = after[1] > end[1] if not node.host else after[1] > shape.y + shape.height // 2
        return [end[0], shape.bottom if down else shape.y]
    return [shape.right if after[0] > end[0] else shape.x, end[1]]


def _levels(
    axis: Axis, cross: Axis, segments: list[Segment]
) -> dict[int, tuple[float, dict[Segment, float]]]:
    """For each section: how many tracks it needs, and on which (possibly between two) each stretch lies.

    Stretches that reach the same section of the other axis keep apart; their order is kept.
    """
    sections: dict[int, dict[int, list[list[Segment]]]] = {}
    for segment in sorted(set(segments)):
        groups = sections.setdefault(axis.section[segment[0]], {}).setdefault(segment[0], [])
        touching = [g for g in groups if any(_near(cross, segment, other) for other in g)]
        for group in touching:
            groups.remove(group)
        groups.append([segment, *(s for group in touching for s in group)])
    out = {}
    for section, lines in sections.items():
        order = [group for line in sorted(lines) for group in lines[line]]
        line_of = [group[0][0] for group in order]
        apart = [
            [
                line_of[a] != line_of[b] and any(_near(cross, s, t) for s in order[a] for t in order[b])
                for b in range(len(order))
            ]
            for a in range(len(order))
        ]
        low, high = [0] * len(order), [0] * len(order)
        for a in range(len(order)):
            low[a] = max((low[b] + 1 for b in range(a) if apart[a][b]), default=0)
        for a in range(len(order) - 1, -1, -1):
            high[a] = max((high[b] + 1 for b in range(a + 1, len(order)) if apart[a][b]), default=0)
        top = max(low)
        where = {s: (top + low[a] - high[a]) / 2 for a, group in enumerate(order) for s in group}
        out[section] = (float(top), where)
    return out


def _near(cross: Axis, a: Segment, b: Segment) -> bool:
    return cross.section[a[1]] <= cross.section[b[2]] and cross.section[b[1]] <= cross.section[a[2]]


def _sweep(  # noqa: C901 - one pass over one axis with all that takes room on it
    axis: Axis,
    start: int,
    halves: dict[int, int],
    room: Room,
    levels: dict[int, tuple[float, dict[Segment, float]]],
    gap: Callable[[int, int], int],
    margins: dict[int, int],
) -> tuple[list[int], dict[Segment, int]]:
    """Coordinates of all lines in one pass from the first to the last."""
    at = [0] * len(axis)
    tracks: dict[Segment, int] = {}
    edge = start
    previous = -1
    index = 0
    while index < len(axis):
        first = index
        while index < len(axis) and axis.kind[index] == TRACK:
            index += 1
        if index >= len(axis):
            break
        here, cell = index, axis.cell[index]
        used = levels.get(axis.section[first]) if first < here else None
        if previous >= 0:
            behind = max(
                room.after.get(axis.cell[previous], 0) if axis.cell[previous] >= 0 else 0,
                margins.get(previous, 0),
            )
            ahead = max(room.before.get(cell, 0) if cell >= 0 else 0, margins.get(here, 0))
            bare = gap(previous, here)
            if used:
                near = 17 if axis.kind[previous] == BAND else 14
                far = 19 if axis.kind[here] == BAND else 14
                near, far = max(near, behind), max(far, ahead)
                extra = max(0, bare - near - far - int(used[0] * PITCH))
                near += extra // 2
                far += extra - extra // 2
                for segment, level in used[1].items():
                    tracks[segment] = edge + near + int(level * PITCH)
                edge += near + int(used[0] * PITCH) + far
            else:
                edge += max(bare, behind + ahead + (8 if behind and ahead else 0))
            for line in range(first, here):
                at[line] = edge
        half = halves.get(cell, 0) if cell >= 0 else 0
        if cell >= 0:
            centre = edge + half
            lines = [i for i in range(here, len(axis)) if axis.cell[i] == cell]
            for line in lines:
                at[line] = centre
            if len(lines) == 3:  # noqa: PLR2004 - columns carry two more lines for boundary events
                aside = room.spots.get(cell, SPOT)
                at[lines[0]], at[lines[2]] = centre - aside, centre + aside
            edge = centre + half
            index = lines[-1] + 1
        else:
            at[here] = edge
            index = here + 1
        previous = index - 1
    return at, tracks


def boundary_spots(diagram: Diagram, grid: Grid) -> dict[str, tuple[int, int]]:
    """Where on its host each boundary event stands: (line, side); below first, above if its way leads up."""
    spots: dict[str, tuple[int, int]] = {}
    taken: set[tuple[str, int, int]] = set()
    for node in diagram.nodes.values():
        if not node.host:
            continue
        host = diagram.nodes[node.host]
        columns = range(host.rank + host.span - 1, host.rank - 1, -1)
        sides_of = [line for column in columns for line in (grid.x.right[column], grid.x.left[column])]
        middles = [grid.x.centre[column] for column in columns]
        lines = middles if host.box else sides_of + middles
        goes = [
            diagram.nodes[f.target]
            for f in diagram.flows
            if f.source == node.id and f.target in diagram.nodes
        ]
        up = bool(goes) and all(goal.row < host.row for goal in goes)
        sides = (NORTH, SOUTH) if up else (SOUTH, NORTH)
        options = [(line, side) for side in sides for line in lines]
        if host.box:
            options += [(line, side) for side in sides for line in sides_of]
        else:  # the middle last: it has room only if the host is wide
            options.sort(key=lambda option: option[0] in middles)
        free = next((o for o in options if (host.id, *o) not in taken), options[0])
        taken.add((host.id, *free))
        spots[node.id] = free
    return spots
