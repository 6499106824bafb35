"""The whole picture: its frame, its text alternative, and what lies above what."""

from __future__ import annotations

from lxml import etree

from engine.runtime.layout import text
from engine.runtime.layout.model import ACTIVITIES
from engine.runtime.layout.place import Rect
from engine.runtime.picture import lines, shapes
from engine.runtime.picture.pen import SVG, Pen
from engine.runtime.picture.read import Shape

MARGIN = 20
PAPER = 1200  # of the picture's pixels, as wide as a column of A4: text of some five points
OVERLAP = 120  # a box and a little
FONTS = "'PingFang SC','Microsoft YaHei','Noto Sans CJK SC','WenQuanYi Micro Hei',sans-serif"


def compose(pen: Pen, title: str, description: str) -> etree._Element:
    """The whole picture with its text alternative."""
    frame = _frame(pen)
    root = etree.Element(
        f"{{{SVG}}}svg",
        {
            "id": "diagram-sheet",
            "class": "diagram",
            "viewBox": f"{frame.x} {frame.y} {frame.width} {frame.height}",
            "width": str(frame.width),
            "height": str(frame.height),
            "role": "group" if pen.links else "img",  # what is an image has no links in it
            "aria-labelledby": "diagram-title diagram-words",
            "font-size": str(text.FONT),
            "font-family": f"var(--sans,{FONTS})",
            "stroke-linejoin": "round",
        },
        nsmap={None: SVG},
    )
    pen.add(root, "title", {"id": "diagram-title"}, title)
    pen.add(root, "desc", {"id": "diagram-words"}, description)
    order = sorted(pen.drawing.shapes, key=_layer)
    for shape in order:
        if _layer(shape) < 2:  # noqa: PLR2004 - pools, lanes and boxes lie below the flows
            shapes.draw(pen, root, shape)
    for line in pen.drawing.lines:
        lines.draw(pen, root, line)
    for shape in order:
        if _layer(shape) >= 2:  # noqa: PLR2004
            shapes.draw(pen, root, shape)
    return root


def lanes(pen: Pen) -> etree._Element | None:
    """The names of the lanes alone, as high as the picture: they stay in sight when it scrolls sideways.

    None where there are none. They say what the picture says already, so readers who cannot see skip them.
    """
    found = [shape for shape in pen.drawing.shapes if shape.kind == "lane" and shape.level]
    if not found:
        return None
    frame, left = _frame(pen), min(shape.box.x for shape in found)
    root = etree.Element(
        f"{{{SVG}}}svg",
        {
            "id": "diagram-lanes",
            "class": "lanes",
            "viewBox": f"{left} {frame.y} {shapes.BAND} {frame.height}",
            "width": str(shapes.BAND),
            "height": str(frame.height),
            "aria-hidden": "true",
            "font-size": str(text.FONT),
            "font-family": f"var(--sans,{FONTS})",
        },
        nsmap={None: SVG},
    )
    for shape in found:
        box = shape.box
        place = {"x": box.x, "y": box.y, "width": shapes.BAND, "height": box.height}
        look = {"fill": pen.colour("surface"), "stroke": pen.colour("line")}
        pen.add(root, "rect", {**place, **look})
        shapes.role(pen, root, shape)
    return root


def strips(pen: Pen) -> list[tuple[int, int, int]]:
    """Where a diagram too wide for A4 is cut for print: (left, width, height) of each piece; [] for one that fits.

    Pieces overlap by the names of the lanes, laid over their left edge, and by one box, so that each is whole once.
    Of a case only those pieces are kept in which something was done or goes on.
    """
    frame = _frame(pen)
    if frame.width <= PAPER * 1.25:
        return []
    places = [
        shape.box.x + shape.box.width // 2 - frame.x
        for shape in pen.drawing.shapes
        if shape.kind not in ("participant", "lane") and (shape.id in pen.done or shape.id in pen.active)
    ]
    step = PAPER - shapes.BAND - OVERLAP
    found = [(left, PAPER, frame.height) for left in range(0, frame.width - shapes.BAND - OVERLAP, step)]
    return [each for each in found if any(0 <= x - each[0] < PAPER for x in places)] if places else found


def _frame(pen: Pen) -> Rect:
    boxes = [s.box for s in pen.drawing.shapes] + [s.label for s in pen.drawing.shapes if s.label]
    boxes += [line.label for line in pen.drawing.lines if line.label]
    xs = [b.x for b in boxes] + [b.right for b in boxes]
    ys = [b.y for b in boxes] + [b.bottom for b in boxes]
    for line in pen.drawing.lines:
        xs += [round(x) for x, _ in line.points]
        ys += [round(y) for _, y in line.points]
    left, top = min(xs, default=0) - MARGIN, min(ys, default=0) - MARGIN
    return Rect(left, top, max(xs, default=0) + MARGIN - left, max(ys, default=0) + MARGIN - top)


def _layer(shape: Shape) -> int:
    if shape.kind in ("participant", "lane"):
        return 0
    return 1 if shape.expanded and shape.kind in ACTIVITIES else 3 if shape.kind == "boundaryEvent" else 2
