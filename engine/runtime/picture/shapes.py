"""Pools, lanes, steps, events, gateways and data, each with its sign and its state."""

from __future__ import annotations

from lxml import etree

from engine.runtime.layout import text
from engine.runtime.layout.model import ACTIVITIES, DATA, EVENTS, GATEWAYS, LABEL_ROOM, tag
from engine.runtime.layout.place import Rect
from engine.runtime.picture import marks
from engine.runtime.picture.pen import Pen
from engine.runtime.picture.read import Shape

BAND = 30  # px: where the name of a pool or lane stands


def draw(pen: Pen, root: etree._Element, shape: Shape) -> None:
    """One shape with its name, sign and state."""
    group = pen.group(root, shape.id, shape.kind, shape.name)
    if shape.kind in ("participant", "lane"):
        _swimlane(pen, group, shape)
    elif shape.kind in ACTIVITIES:
        _activity(pen, group, shape)
    elif shape.kind in EVENTS:
        _event(pen, group, shape)
        pen.badge(group, shape.id, (shape.box.x, shape.box.y))
    elif shape.kind in GATEWAYS:
        _gateway(pen, group, shape)
        pen.badge(group, shape.id, (shape.box.x + 4, shape.box.bottom - 4))  # names stand above and beside
    elif shape.kind in DATA:
        _data(pen, group, shape)
    elif shape.kind == "textAnnotation":
        box = shape.box
        path = f"M{box.x + 12} {box.y}H{box.x}V{box.bottom}H{box.x + 12}"
        pen.add(group, "path", {"d": path, "fill": "none", "stroke": pen.colour("edge")})
        pen.write(group, shape.name, Rect(box.x + 6, box.y, box.width - 8, box.height), anchor="start")
    elif shape.kind == "group":
        pen.add(
            group,
            "rect",
            {
                **_place(shape.box),
                "rx": 8,
                "fill": "none",
                "stroke": pen.colour("edge"),
                "stroke-dasharray": "8 4 2 4",
            },
        )
    if pen.counts.get(shape.id):
        box = shape.box
        pen.add(
            group,
            "text",
            {
                "x": box.right - 6,
                "y": box.bottom - 6,
                "text-anchor": "end",
                "font-size": 11,
                "fill": pen.colour("ink-3"),
                "class": "count",
            },
            str(pen.counts[shape.id]),
        )


def _swimlane(pen: Pen, group: etree._Element, shape: Shape) -> None:
    box = shape.box
    pool = shape.kind == "participant"
    pen.add(
        group,
        "rect",
        {
            **_place(box),
            "fill": pen.colour("surface") if pool else "none",
            "stroke": pen.colour("edge" if pool else "line"),
        },
    )
    open_pool = not pool or any(
        s.kind == "lane" or _within(s.box, box) for s in pen.drawing.shapes if s is not shape
    )
    if not open_pool or not shape.level:
        pen.write(group, shape.name, Rect(box.x, box.y, box.width, box.height if not open_pool else 30))
        return
    if pool:
        pen.add(group, "path", {"d": f"M{box.x + BAND} {box.y}v{box.height}", "stroke": pen.colour("edge")})
    role(pen, group, shape)


def role(pen: Pen, group: etree._Element, shape: Shape) -> None:
    """The name of a pool or lane in its band, from top to bottom."""
    box, pool = shape.box, shape.kind == "participant"
    name = pen.posts.get(shape.name, shape.name)
    x, y = box.x + BAND / 2, box.y + box.height / 2
    if len(name) * 16 <= box.height - 8 and text.width(name) == len(name) * text.FONT:
        _upright(pen, group, name, (x, y), "ink" if pool else "ink-2")
        return
    lines = text.wrap(name, box.height - 10, lines=2)
    size = text.FONT if len(lines) > 1 else 13
    for number, words in enumerate(lines):
        shift = x + (number - (len(lines) - 1) / 2) * 13
        pen.add(
            group,
            "text",
            {
                "transform": f"translate({shift:g} {y:g}) rotate(-90)",
                "dy": "0.35em",
                "text-anchor": "middle",
                "font-size": size,
                "fill": pen.colour("ink" if pool else "ink-2"),
                "class": "role",
            },
            words,
        )


def _upright(pen: Pen, group: etree._Element, name: str, middle: tuple[float, float], colour: str) -> None:
    """A role in Chinese reads from top to bottom."""
    x, y = middle
    look: dict[str, str | float] = {"text-anchor": "middle", "font-size": 13, "fill": pen.colour(colour)}
    look["class"] = "role"
    holder = pen.add(group, "text", look)
    for number, char in enumerate(name):
        at = y + (number - (len(name) - 1) / 2) * 16
        pen.add(holder, "tspan", {"x": x, "y": at, "dy": "0.35em"}, char)


def _within(box: Rect, frame: Rect) -> bool:
    return box.x >= frame.x and box.right <= frame.right and box.y >= frame.y and box.bottom <= frame.bottom


def _activity(pen: Pen, group: etree._Element, shape: Shape) -> None:
    box = shape.box
    look = pen.outline(shape.id)
    if shape.kind == "callActivity":
        look["stroke-width"] = 4.0 if pen.state(shape.id) in ("late", "active") else 3.0
    if shape.element.get("triggeredByEvent") == "true":
        look["stroke-dasharray"] = "2 3"
    pen.add(group, "rect", {**_place(box), "rx": 8, **look, "class": "box"})
    if shape.kind == "transaction":
        inner = Rect(box.x + 3, box.y + 3, box.width - 6, box.height - 6)
        pen.add(group, "rect", {**_place(inner), "rx": 6, "fill": "none", "stroke": pen.colour("edge")})
    if shape.kind in marks.TASKS:
        pen.sign(group, marks.TASKS[shape.kind], box.x + 7, box.y + 6, 15)
    feet = _feet(shape)
    for number, foot in enumerate(feet):
        at = box.x + box.width / 2 + (number - len(feet) / 2) * 18 + 2
        pen.sign(group, marks.FEET[foot], at, box.bottom - 18, 14)
    if shape.expanded:
        pen.write(group, shape.name, Rect(box.x + 8, box.y + 3, box.width - 16, 20), anchor="start", lines=1)
    else:
        guests = pen.drawing.guests.get(shape.id, [])
        below = any(guest.bottom > box.bottom for guest in guests)
        many = below or len(text.wrap(shape.name, box.width - 10)) > 2  # noqa: PLR2004 - then the sign needs its room
        top = 16 if shape.kind in marks.TASKS and many else 4
        bottom = 18 if feet or below else 2 if top > 4 else 4  # noqa: PLR2004
        room = Rect(box.x + 5, box.y + top, box.width - 10, box.height - top - bottom)
        pen.write(group, shape.name, room, lines=max(1, int(room.height // text.LINE)))
    _badges(pen, group, shape)


def _feet(shape: Shape) -> list[str]:
    feet = []
    for child in shape.element:
        if tag(child) == "multiInstanceLoopCharacteristics":
            feet.append("sequential" if child.get("isSequential") == "true" else "parallel")
        elif tag(child) == "standardLoopCharacteristics":
            feet.append("loop")
    if shape.element.get("isForCompensation") == "true":
        feet.append("compensation")
    if shape.kind == "adHocSubProcess":
        feet.append("adHocSubProcess")
    if shape.kind in ("subProcess", "transaction", "adHocSubProcess", "callActivity") and not shape.expanded:
        feet.append("collapsed")
    return feet


def _badges(pen: Pen, group: etree._Element, shape: Shape) -> None:
    """Signs of the state, on the upper right corner."""
    box, state = shape.box, pen.state(shape.id)
    x, y = _corner(pen, shape)
    pen.badge(group, shape.id, (x, y))
    if state == "done":
        pen.add(
            group,
            "path",
            {
                "d": f"M{box.right - 20} {box.y + 11}l4 4 7-8",
                "fill": "none",
                "stroke": pen.colour("done"),
                "stroke-width": 2,
                "class": "check",
            },
        )
    if state == "active" or (state == "late" and pen.active.get(shape.id)):
        pen.add(group, "circle", {"cx": x, "cy": y, "r": 11, "fill": pen.colour("accent"), "class": "token"})
        pen.number(group, (x, y), pen.active[shape.id], "on-accent")
        x -= 28
    if state == "late":
        path = f"M{x - 13} {y + 9}L{x} {y - 14}L{x + 13} {y + 9}z"
        pen.add(group, "path", {"d": path, "fill": pen.colour("late"), "class": "late"})
        pen.number(group, (x, y + 2), pen.overdue[shape.id], "surface")


def _corner(pen: Pen, shape: Shape) -> tuple[float, float]:
    """The first corner where no boundary event stands."""
    box = shape.box
    corners = [(box.right - 6, box.y + 2), (box.right - 6, box.bottom - 2), (box.x + 34, box.bottom - 2)]
    guests = pen.drawing.guests.get(shape.id, [])
    for x, y in corners:
        if not any(Rect(round(x) - 12, round(y) - 12, 24, 24).meets(guest) for guest in guests):
            return x, y
    return corners[0]


def _event(pen: Pen, group: etree._Element, shape: Shape) -> None:
    box = shape.box
    x, y, r = box.x + box.width / 2, box.y + box.height / 2, box.width / 2
    look = pen.outline(shape.id)
    element = shape.element
    soft = element.get("cancelActivity") == "false" or element.get("isInterrupting") == "false"
    look["stroke-width"] = 3.0 if shape.kind == "endEvent" else look["stroke-width"]
    if soft:
        look["stroke-dasharray"] = "4 3"
    elif shape.kind == "boundaryEvent":
        look.pop("stroke-dasharray", None)
    pen.add(group, "circle", {"cx": x, "cy": y, "r": r - (1 if shape.kind == "endEvent" else 0), **look})
    if shape.kind not in ("startEvent", "endEvent"):
        ring = {**look, "fill": "none", "stroke-width": 1.2}
        pen.add(group, "circle", {"cx": x, "cy": y, "r": r - 3.5, **ring})
    kinds = [
        tag(child)
        for child in element
        if tag(child).endswith("EventDefinition") or tag(child) == "eventDefinitionRef"
    ]
    if kinds:
        sign = marks.EVENTS.get(kinds[0] if len(kinds) == 1 else "multiple", marks.EVENTS["multiple"])
        thrown = shape.kind in ("endEvent", "intermediateThrowEvent")
        pen.sign(group, sign, x - 8.5, y - 8.5, 17, solid=thrown)
    _outside(pen, group, shape)


def _gateway(pen: Pen, group: etree._Element, shape: Shape) -> None:
    box = shape.box
    x, y = box.x + box.width / 2, box.y + box.height / 2
    path = f"M{x:g} {box.y}L{box.right} {y:g}L{x:g} {box.bottom}L{box.x} {y:g}z"
    pen.add(group, "path", {"d": path, **pen.outline(shape.id)})
    pen.sign(group, marks.GATEWAYS[shape.kind], x - 9, y - 9, 18)
    _outside(pen, group, shape)


def _data(pen: Pen, group: etree._Element, shape: Shape) -> None:
    b = shape.box
    if shape.kind == "dataObjectReference":
        path = (
            f"M{b.x} {b.y}H{b.right - 10}L{b.right} {b.y + 10}V{b.bottom}H{b.x}zM{b.right - 10} {b.y}v10h10"
        )
    else:
        half = b.width / 2
        top, bottom = f"a{half:g} 7 0 0 1 {b.width} 0", f"a{half:g} 7 0 0 1 {-b.width} 0"
        path = f"M{b.x} {b.y + 7}{top}v{b.height - 14}{bottom}zm0 0a{half:g} 7 0 0 0 {b.width} 0"
    pen.add(
        group,
        "path",
        {"d": path, "fill": pen.colour("surface"), "stroke": pen.colour("edge"), "stroke-width": 1.5},
    )
    _outside(pen, group, shape)


def _outside(pen: Pen, group: etree._Element, shape: Shape) -> None:
    if not shape.name:
        return
    label = shape.label
    if label is None:
        lines = text.wrap(shape.name, LABEL_ROOM)
        label = Rect(
            shape.box.x + shape.box.width // 2 - 45, shape.box.bottom + 3, 90, len(lines) * text.LINE
        )
    pen.write(group, shape.name, label, lines=0, muted=True)


def _place(box: Rect) -> dict[str, str | float]:
    return {"x": box.x, "y": box.y, "width": box.width, "height": box.height}
