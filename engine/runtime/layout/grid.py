"""The symbolic grid: the order of all lines, before any of them has a coordinate.

Each axis is a sequence of lines: centre lines of columns (rows), borders of pools, lanes and boxes, and
between them tracks on which flows may run. Flows are routed on line numbers; only then do lines get
coordinates, so that a channel is exactly as wide as the flows in it need.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.runtime.layout.model import Diagram, Node

BAND, TRACK, BORDER = "band", "track", "border"
NOMINAL = {BAND: 60, TRACK: 5, BORDER: 8}


@dataclass
class Axis:
    """Lines in order. `cell[i]` is the column (row) of line i or -1; `section[i]` numbers runs of tracks."""

    kind: list[str] = field(default_factory=list)
    cell: list[int] = field(default_factory=list)
    section: list[int] = field(default_factory=list)
    bias: list[int] = field(default_factory=list)
    nominal: list[int] = field(default_factory=list)
    centre: list[int] = field(default_factory=list)
    left: list[int] = field(default_factory=list)
    right: list[int] = field(default_factory=list)
    opening: dict[str, int] = field(default_factory=dict)
    closing: dict[str, int] = field(default_factory=dict)
    at: int = 0

    def __len__(self) -> int:
        return len(self.kind)

    def add(self, kind: str, cell: int = -1, *, bias: int = 0, new: bool = True) -> int:
        """Append a line and return its number."""
        self.kind.append(kind)
        self.cell.append(cell)
        self.bias.append(bias)
        self.section.append(self.section[-1] + 1 if self.section and new else (self.section or [0])[-1])
        self.nominal.append(self.at)
        self.at += NOMINAL[kind] if kind != BAND else 30
        return len(self.kind) - 1

    def tracks(self, count: int) -> None:
        """A run of tracks; the middle ones are preferred."""
        self.at += 18
        for number in range(count):
            self.add(TRACK, bias=abs(2 * number - count + 1), new=number == 0)
        self.at += 13


@dataclass
class Grid:
    """Both axes and where each node, box, band and pool lies on them."""

    x: Axis
    y: Axis
    pool_top: list[int]
    pool_bottom: list[int]
    band_top: list[int]
    pool_left: int
    pool_right: int


def build(diagram: Diagram, columns: int, heights: list[int], tracks: int) -> Grid:
    """Lay out the order of lines for placed nodes."""
    boxes = [n for n in diagram.nodes.values() if n.box]
    x, y = Axis(), Axis()
    left = x.add(BORDER)
    for column in range(columns):
        ends = _nested(diagram, [b for b in boxes if b.rank + b.span == column])
        starts = _nested(diagram, [b for b in boxes if b.rank == column])
        _channel(x, ends[::-1], starts, tracks)
        x.left.append(x.add(BAND, column))
        x.centre.append(x.add(BAND, column))
        x.right.append(x.add(BAND, column))
    _channel(x, _nested(diagram, [b for b in boxes if b.rank + b.span == columns])[::-1], [], tracks)
    right = x.add(BORDER)
    pool_top, pool_bottom, band_top = [0] * len(diagram.pools), [0] * len(diagram.pools), []
    row = 0
    for number, band in enumerate(diagram.bands):
        pool = diagram.pools[band.pool]
        if pool.first == number:
            if number:
                y.tracks(tracks)
            pool_top[band.pool] = y.add(BORDER)
            band_top.append(pool_top[band.pool])
        else:
            band_top.append(y.add(BORDER))
        for _ in range(heights[number]):
            inside = [b for b in boxes if b.row + b.tall == row and b.band == number]
            starts = _nested(diagram, [b for b in boxes if b.row == row])
            _channel(y, _nested(diagram, inside)[::-1], starts, tracks)
            y.left.append(-1)
            y.centre.append(y.add(BAND, row))
            y.right.append(-1)
            row += 1
        rest = _nested(diagram, [b for b in boxes if b.row + b.tall == row])
        _channel(y, rest[::-1], [], tracks)
        if pool.last == number:
            pool_bottom[band.pool] = y.add(BORDER)
    return Grid(x, y, pool_top, pool_bottom, band_top, left, right)


Nest = list[list[Node]]


def _nested(diagram: Diagram, boxes: list[Node]) -> Nest:
    """Boxes by depth, outer first; those of one depth share a line, for they cannot overlap."""
    levels: dict[int, list[Node]] = {}
    for box in boxes:
        levels.setdefault(diagram.depth(box.scope), []).append(box)
    return [levels[depth] for depth in sorted(levels)]


def _channel(axis: Axis, ends: Nest, starts: Nest, tracks: int) -> None:
    """Between two columns or rows: first boxes end (inner first), then boxes begin (outer first)."""
    axis.tracks(tracks)
    for level in ends:
        axis.closing |= dict.fromkeys((box.id for box in level), axis.add(BORDER))
        axis.tracks(tracks)
    for level in starts:
        axis.opening |= dict.fromkeys((box.id for box in level), axis.add(BORDER))
        axis.tracks(tracks)
