"""The pen: puts shapes, flows, signs and states of a drawing into SVG elements.

Nothing is put together as text; lxml escapes every name. States differ by form as well as by colour: 已办 a
check mark, 在办 a thick border and a round number, 超期 a triangle, 未到 a dashed border.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lxml import etree

from engine.runtime.layout import text
from engine.runtime.layout.model import ACTIVITIES, DATA, EVENTS, GATEWAYS, LABEL_ROOM, tag
from engine.runtime.layout.place import Rect
from engine.runtime.picture import marks
from engine.runtime.picture.read import Drawing, Line, Shape

SVG = "http://www.w3.org/2000/svg"
MARGIN = 20
COLOURS = {
    "surface": "#fffefb",
    "sunk": "#ece9e1",
    "line": "#dcd8cd",
    "edge": "#87837a",
    "ink": "#1c2126",
    "ink-2": "#474d52",
    "ink-3": "#60666a",
    "accent": "#17587a",
    "accent-soft": "#e2edf2",
    "on-accent": "#ffffff",
    "done": "#2a6246",
    "done-soft": "#e3f0e8",
    "late": "#a6261c",
    "late-soft": "#fae7e3",
}
STATES = {"late": "超期", "active": "在办", "done": "已办", "idle": "未到"}


@dataclass
class Pen:
    """One picture being drawn."""

    drawing: Drawing
    done: frozenset[str]
    active: Mapping[str, int]
    overdue: Mapping[str, int]
    counts: Mapping[str, int]
    literal: bool = False
    inside: dict[str, Rect] = field(default_factory=dict)

    def colour(self, token: str) -> str:
        """A design token with its light value behind it."""
        return COLOURS[token] if self.literal else f"var(--{token},{COLOURS[token]})"

    def state(self, ident: str) -> str:
        """late, active, done, idle; empty where the picture tells nothing about states."""
        if self.overdue.get(ident):
            return "late"
        if self.active.get(ident):
            return "active"
        if ident in self.done:
            return "done"
        return "idle" if self.done or self.active or self.overdue else ""

    def draw(self, title: str, description: str) -> etree._Element:
        """The whole picture with its text alternative."""
        frame = self._frame()
        root = etree.Element(
            f"{{{SVG}}}svg",
            {
                "class": "diagram",
                "viewBox": f"{frame.x} {frame.y} {frame.width} {frame.height}",
                "width": str(frame.width),
                "height": str(frame.height),
                "role": "img",
                "aria-labelledby": "diagram-title diagram-words",
                "font-size": str(text.FONT),
                "font-family": "PingFang SC, Microsoft YaHei, Noto Sans CJK SC, WenQuanYi Micro Hei, sans-serif"
                if self.literal
                else "var(--sans,'Microsoft YaHei','Noto Sans CJK SC','WenQuanYi Micro Hei',sans-serif)",
                "stroke-linejoin": "round",
            },
            nsmap={None: SVG},
        )
        self._add(root, "title", {"id": "diagram-title"}, title)
        self._add(root, "desc", {"id": "diagram-words"}, description)
        order = sorted(self.drawing.shapes, key=self._layer)
        for shape in order:
            if self._layer(shape) < 2:  # noqa: PLR2004 - pools, lanes and boxes lie below the flows
                self._shape(root, shape)
        for line in self.drawing.lines:
            self._line(root, line)
        for shape in order:
            if self._layer(shape) >= 2:  # noqa: PLR2004
                self._shape(root, shape)
        return root

    def _frame(self) -> Rect:
        boxes = [s.box for s in self.drawing.shapes] + [s.label for s in self.drawing.shapes if s.label]
        boxes += [line.label for line in self.drawing.lines if line.label]
        xs = [b.x for b in boxes] + [b.right for b in boxes]
        ys = [b.y for b in boxes] + [b.bottom for b in boxes]
        for line in self.drawing.lines:
            xs += [round(x) for x, _ in line.points]
            ys += [round(y) for _, y in line.points]
        left, top = min(xs, default=0) - MARGIN, min(ys, default=0) - MARGIN
        return Rect(left, top, max(xs, default=0) + MARGIN - left, max(ys, default=0) + MARGIN - top)

    @staticmethod
    def _layer(shape: Shape) -> int:
        if shape.kind in ("participant", "lane"):
            return 0
        return 1 if shape.expanded and shape.kind in ACTIVITIES else 3 if shape.kind == "boundaryEvent" else 2

    @staticmethod
    def _add(
        parent: etree._Element, name: str, attributes: Mapping[str, str | float], words: str = ""
    ) -> etree._Element:
        child = etree.SubElement(
            parent,
            f"{{{SVG}}}{name}",
            {key: value if isinstance(value, str) else f"{value:g}" for key, value in attributes.items()},
        )
        if words:
            child.text = words
        return child

    def _group(self, parent: etree._Element, ident: str, kind: str, name: str) -> etree._Element:
        state = self.state(ident) if kind not in ("participant", "lane") else ""
        classes = f"el {kind}" + (f" is-{state}" if state else "")
        group = self._add(parent, "g", {"id": f"el-{ident}", "data-element": ident, "class": classes})
        told = [name] if name else []
        if state and kind in ACTIVITIES:
            number = self.overdue.get(ident) if state == "late" else self.active.get(ident)
            told.append(STATES[state] + (f" {number}" if number else ""))
        if self.counts.get(ident):
            told.append(f"共 {self.counts[ident]}")
        if told:
            self._add(group, "title", {}, "，".join(told))
        return group

    def _shape(self, root: etree._Element, shape: Shape) -> None:
        group = self._group(root, shape.id, shape.kind, shape.name)
        if shape.kind in ("participant", "lane"):
            self._swimlane(group, shape)
        elif shape.kind in ACTIVITIES:
            self._activity(group, shape)
        elif shape.kind in EVENTS:
            self._event(group, shape)
        elif shape.kind in GATEWAYS:
            self._gateway(group, shape)
        elif shape.kind in DATA:
            self._data(group, shape)
        elif shape.kind == "textAnnotation":
            box = shape.box
            path = f"M{box.x + 12} {box.y}H{box.x}V{box.bottom}H{box.x + 12}"
            self._add(group, "path", {"d": path, "fill": "none", "stroke": self.colour("edge")})
            self._text(group, shape.name, Rect(box.x + 6, box.y, box.width - 8, box.height), anchor="start")
        elif shape.kind == "group":
            self._add(
                group,
                "rect",
                {
                    **_place(shape.box),
                    "rx": 8,
                    "fill": "none",
                    "stroke": self.colour("edge"),
                    "stroke-dasharray": "8 4 2 4",
                },
            )
        if self.counts.get(shape.id):
            box = shape.box
            self._add(
                group,
                "text",
                {
                    "x": box.right - 6,
                    "y": box.bottom - 6,
                    "text-anchor": "end",
                    "font-size": 11,
                    "fill": self.colour("ink-3"),
                    "class": "count",
                },
                str(self.counts[shape.id]),
            )

    def _swimlane(self, group: etree._Element, shape: Shape) -> None:
        box = shape.box
        pool = shape.kind == "participant"
        self._add(
            group,
            "rect",
            {
                **_place(box),
                "fill": self.colour("surface") if pool else "none",
                "stroke": self.colour("edge" if pool else "line"),
            },
        )
        open_pool = not pool or any(
            s.kind == "lane" or self._within(s.box, box) for s in self.drawing.shapes if s is not shape
        )
        if not open_pool or not shape.level:
            self._text(group, shape.name, Rect(box.x, box.y, box.width, box.height if not open_pool else 30))
            return
        if pool:
            self._add(
                group, "path", {"d": f"M{box.x + 30} {box.y}v{box.height}", "stroke": self.colour("edge")}
            )
        x, y = box.x + 15, box.y + box.height / 2
        if len(shape.name) * 16 <= box.height - 8 and text.width(shape.name) == len(shape.name) * text.FONT:
            self._upright(group, shape.name, x, y, "ink" if pool else "ink-2")
            return
        lines = text.wrap(shape.name, box.height - 10, lines=2)
        size = text.FONT if len(lines) > 1 else 13
        for number, words in enumerate(lines):
            shift = x + (number - (len(lines) - 1) / 2) * 13
            self._add(
                group,
                "text",
                {
                    "transform": f"translate({shift:g} {y:g}) rotate(-90)",
                    "dy": "0.35em",
                    "text-anchor": "middle",
                    "font-size": size,
                    "fill": self.colour("ink" if pool else "ink-2"),
                    "class": "role",
                },
                words,
            )

    def _upright(self, group: etree._Element, name: str, x: float, y: float, colour: str) -> None:
        """A role in Chinese reads from top to bottom."""
        look = {"text-anchor": "middle", "font-size": 13, "fill": self.colour(colour), "class": "role"}
        holder = self._add(group, "text", look)
        for number, char in enumerate(name):
            at = y + (number - (len(name) - 1) / 2) * 16
            self._add(holder, "tspan", {"x": x, "y": at, "dy": "0.35em"}, char)

    @staticmethod
    def _within(box: Rect, frame: Rect) -> bool:
        return (
            box.x >= frame.x and box.right <= frame.right and box.y >= frame.y and box.bottom <= frame.bottom
        )

    def _outline(self, ident: str) -> dict[str, str | float]:
        """Fill and border that tell the state."""
        state = self.state(ident)
        fill, stroke, wide = {
            "late": ("late-soft", "late", 3.0),
            "active": ("accent-soft", "accent", 3.0),
            "done": ("done-soft", "done", 1.5),
        }.get(state, ("surface", "edge", 1.5))
        out: dict[str, str | float] = {
            "fill": self.colour(fill),
            "stroke": self.colour(stroke),
            "stroke-width": wide,
        }
        if state == "idle":
            out["stroke-dasharray"] = "5 4"
        return out

    def _activity(self, group: etree._Element, shape: Shape) -> None:
        box = shape.box
        look = self._outline(shape.id)
        if shape.kind == "callActivity":
            look["stroke-width"] = 4.0 if self.state(shape.id) in ("late", "active") else 3.0
        if shape.element.get("triggeredByEvent") == "true":
            look["stroke-dasharray"] = "2 3"
        self._add(group, "rect", {**_place(box), "rx": 8, **look, "class": "box"})
        if shape.kind == "transaction":
            inner = Rect(box.x + 3, box.y + 3, box.width - 6, box.height - 6)
            self._add(
                group, "rect", {**_place(inner), "rx": 6, "fill": "none", "stroke": self.colour("edge")}
            )
        if shape.kind in marks.TASKS:
            self._sign(group, marks.TASKS[shape.kind], box.x + 7, box.y + 6, 15)
        feet = self._feet(shape)
        for number, foot in enumerate(feet):
            at = box.x + box.width / 2 + (number - len(feet) / 2) * 18 + 2
            self._sign(group, marks.FEET[foot], at, box.bottom - 18, 14)
        if shape.expanded:
            self._text(
                group, shape.name, Rect(box.x + 8, box.y + 3, box.width - 16, 20), anchor="start", lines=1
            )
        else:
            guests = [s.box for s in self.drawing.shapes if s.element.get("attachedToRef") == shape.id]
            below = any(guest.bottom > box.bottom for guest in guests)
            many = below or len(text.wrap(shape.name, box.width - 10)) > 2  # noqa: PLR2004 - then the sign needs its room
            top = 16 if shape.kind in marks.TASKS and many else 4
            bottom = 18 if feet or below else 2 if top > 4 else 4  # noqa: PLR2004
            room = Rect(box.x + 5, box.y + top, box.width - 10, box.height - top - bottom)
            self._text(group, shape.name, room, lines=max(1, int(room.height // text.LINE)))
        self._badges(group, shape)

    @staticmethod
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
        if (
            shape.kind in ("subProcess", "transaction", "adHocSubProcess", "callActivity")
            and not shape.expanded
        ):
            feet.append("collapsed")
        return feet

    def _badges(self, group: etree._Element, shape: Shape) -> None:
        """Signs of the state, on the upper right corner."""
        box, state = shape.box, self.state(shape.id)
        x, y = self._corner(shape)
        if state == "done":
            self._add(
                group,
                "path",
                {
                    "d": f"M{box.right - 20} {box.y + 11}l4 4 7-8",
                    "fill": "none",
                    "stroke": self.colour("done"),
                    "stroke-width": 2,
                    "class": "check",
                },
            )
        if state == "active" or (state == "late" and self.active.get(shape.id)):
            self._add(
                group, "circle", {"cx": x, "cy": y, "r": 11, "fill": self.colour("accent"), "class": "token"}
            )
            self._number(group, x, y, self.active[shape.id])
            x -= 28
        if state == "late":
            path = f"M{x - 13} {y + 9}L{x} {y - 14}L{x + 13} {y + 9}z"
            self._add(group, "path", {"d": path, "fill": self.colour("late"), "class": "late"})
            self._number(group, x, y + 2, self.overdue[shape.id])

    def _corner(self, shape: Shape) -> tuple[float, float]:
        """The first corner where no boundary event stands."""
        box = shape.box
        corners = [(box.right - 6, box.y + 2), (box.right - 6, box.bottom - 2), (box.x + 34, box.bottom - 2)]
        guests = [s.box for s in self.drawing.shapes if s.element.get("attachedToRef") == shape.id]
        for x, y in corners:
            if not any(Rect(round(x) - 12, round(y) - 12, 24, 24).meets(guest) for guest in guests):
                return x, y
        return corners[0]

    def _number(self, group: etree._Element, x: float, y: float, number: int) -> None:
        words = str(number) if number < 1000 else "…"  # noqa: PLR2004 - the title has the figure
        self._add(
            group,
            "text",
            {
                "x": x,
                "y": y,
                "dy": "0.35em",
                "text-anchor": "middle",
                "font-size": 12 if len(words) < 3 else 9,  # noqa: PLR2004
                "font-weight": "600",
                "fill": self.colour("on-accent" if not self.overdue else "surface"),
            },
            words,
        )

    def _event(self, group: etree._Element, shape: Shape) -> None:
        box = shape.box
        x, y, r = box.x + box.width / 2, box.y + box.height / 2, box.width / 2
        look = self._outline(shape.id)
        element = shape.element
        soft = element.get("cancelActivity") == "false" or element.get("isInterrupting") == "false"
        look["stroke-width"] = 3.0 if shape.kind == "endEvent" else look["stroke-width"]
        if soft:
            look["stroke-dasharray"] = "4 3"
        elif shape.kind == "boundaryEvent":
            look.pop("stroke-dasharray", None)
        self._add(
            group, "circle", {"cx": x, "cy": y, "r": r - (1 if shape.kind == "endEvent" else 0), **look}
        )
        if shape.kind not in ("startEvent", "endEvent"):
            ring = {**look, "fill": "none", "stroke-width": 1.2}
            self._add(group, "circle", {"cx": x, "cy": y, "r": r - 3.5, **ring})
        kinds = [
            tag(child)
            for child in element
            if tag(child).endswith("EventDefinition") or tag(child) == "eventDefinitionRef"
        ]
        if kinds:
            sign = marks.EVENTS.get(kinds[0] if len(kinds) == 1 else "multiple", marks.EVENTS["multiple"])
            thrown = shape.kind in ("endEvent", "intermediateThrowEvent")
            self._sign(group, sign, x - 8.5, y - 8.5, 17, solid=thrown)
        self._outside(group, shape)

    def _gateway(self, group: etree._Element, shape: Shape) -> None:
        box = shape.box
        x, y = box.x + box.width / 2, box.y + box.height / 2
        path = f"M{x:g} {box.y}L{box.right} {y:g}L{x:g} {box.bottom}L{box.x} {y:g}z"
        self._add(group, "path", {"d": path, **self._outline(shape.id)})
        self._sign(group, marks.GATEWAYS[shape.kind], x - 9, y - 9, 18)
        self._outside(group, shape)

    def _data(self, group: etree._Element, shape: Shape) -> None:
        b = shape.box
        if shape.kind == "dataObjectReference":
            path = f"M{b.x} {b.y}H{b.right - 10}L{b.right} {b.y + 10}V{b.bottom}H{b.x}zM{b.right - 10} {b.y}v10h10"
        else:
            half = b.width / 2
            path = f"M{b.x} {b.y + 7}a{half:g} 7 0 0 1 {b.width} 0v{b.height - 14}a{half:g} 7 0 0 1 {-b.width} 0zm0 0a{half:g} 7 0 0 0 {b.width} 0"
        self._add(
            group,
            "path",
            {"d": path, "fill": self.colour("surface"), "stroke": self.colour("edge"), "stroke-width": 1.5},
        )
        self._outside(group, shape)

    def _outside(self, group: etree._Element, shape: Shape) -> None:
        if not shape.name:
            return
        label = shape.label
        if label is None:
            lines = text.wrap(shape.name, LABEL_ROOM)
            label = Rect(
                shape.box.x + shape.box.width // 2 - 45, shape.box.bottom + 3, 90, len(lines) * text.LINE
            )
        self._text(group, shape.name, label, lines=0, muted=True)

    def _sign(
        self, group: etree._Element, sign: marks.Sign, x: float, y: float, size: float, *, solid: bool = False
    ) -> None:
        ink, paper = self.colour("ink-2"), self.colour("surface")
        holder = self._add(
            group, "g", {"transform": f"translate({x:g} {y:g}) scale({size / 16:g})", "class": "sign"}
        )
        for path, how in sign:
            fill = ink if how == "both" or (how == "fill" and solid) else "none"
            stroke = paper if how == "gap" or (how == "fold" and solid) else ink
            wide = 2.4 if how == "bold" else 1.2
            self._add(holder, "path", {"d": path, "fill": fill, "stroke": stroke, "stroke-width": wide})

    def _text(  # noqa: PLR0913
        self,
        group: etree._Element,
        words: str,
        room: Rect,
        *,
        anchor: str = "middle",
        lines: int = 0,
        muted: bool = False,
    ) -> None:
        """A name in the middle of a room, or from its left side."""
        rows = text.wrap(words, max(room.width, 24), lines=lines)
        x = room.x + (room.width / 2 if anchor == "middle" else 0)
        top = room.y + room.height / 2 - len(rows) * text.LINE / 2
        if muted:
            top = min(top, room.y) if len(rows) * text.LINE > room.height else top
        for number, row in enumerate(rows):
            y = top + (number + 0.5) * text.LINE
            self._add(
                group,
                "text",
                {
                    "x": x,
                    "y": y,
                    "dy": "0.35em",
                    "text-anchor": anchor,
                    "fill": self.colour("ink-2" if muted else "ink"),
                },
                row,
            )

    def _walked(self, line: Line) -> bool:
        if line.id in self.done:
            return True
        ends = [line.element.get(k, "") for k in ("sourceRef", "targetRef")]
        known = any(
            tag(self.drawing.elements[i]) == "sequenceFlow" for i in self.done if i in self.drawing.elements
        )
        forward = line.points[-1][0] >= line.points[0][0]
        return (
            not known
            and forward
            and ends[0] in self.done
            and self.state(ends[1]) in ("done", "active", "late")
        )

    def _line(self, root: etree._Element, line: Line) -> None:
        kind = tag(line.element)
        name = line.element.get("name", "")
        group = self._add(root, "g", {"id": f"el-{line.id}", "data-element": line.id, "class": f"el {kind}"})
        walked = kind == "sequenceFlow" and self._walked(line)
        if walked:
            group.set("class", f"el {kind} is-done")
        if name:
            self._add(group, "title", {}, name)
        stroke = self.colour("done" if walked else "edge")
        look: dict[str, str | float] = {
            "fill": "none",
            "stroke": stroke,
            "stroke-width": 2.0 if walked else 1.5,
        }
        if kind == "messageFlow":
            look["stroke-dasharray"] = "7 4"
        elif kind != "sequenceFlow":
            look["stroke-dasharray"] = "1.5 4"
        elif self.state(line.id) == "idle" and not walked:
            look["stroke-dasharray"] = "5 4"
        points = _shorten(line.points, 7 if kind in ("sequenceFlow", "messageFlow") else 0)
        self._add(group, "path", {"d": _rounded(points), **look})
        if kind in ("sequenceFlow", "messageFlow"):
            hollow = kind == "messageFlow"
            head = _arrow(line.points[-2], line.points[-1])
            self._add(
                group,
                "path",
                {"d": head, "fill": self.colour("surface") if hollow else stroke, "stroke": stroke},
            )
        self._tail(group, line, kind, stroke)
        if line.label is not None and name:
            self._text(group, name, line.label, muted=True)

    def _tail(self, group: etree._Element, line: Line, kind: str, stroke: str) -> None:
        """A stroke for the default flow, a diamond for a condition on a task, a ring where a message starts."""
        (ax, ay), (bx, by) = line.points[0], line.points[1]
        length = max(abs(bx - ax) + abs(by - ay), 1)
        dx, dy = (bx - ax) / length, (by - ay) / length
        source = self.drawing.elements.get(line.element.get("sourceRef", ""))
        if kind == "messageFlow":
            self._add(
                group,
                "circle",
                {
                    "cx": ax + dx * 4,
                    "cy": ay + dy * 4,
                    "r": 4,
                    "fill": self.colour("surface"),
                    "stroke": stroke,
                },
            )
        elif source is not None and kind == "sequenceFlow":
            if source.get("default") == line.id:
                x, y = ax + dx * 9, ay + dy * 9
                self._add(
                    group,
                    "path",
                    {
                        "d": f"M{x - 5 * dx - 5 * dy:g} {y - 5 * dy + 5 * dx:g}L{x + 5 * dx + 5 * dy:g} {y + 5 * dy - 5 * dx:g}",
                        "stroke": stroke,
                        "stroke-width": 1.5,
                        "class": "default",
                    },
                )
            elif tag(source) in ACTIVITIES and any(tag(c) == "conditionExpression" for c in line.element):
                d = f"M{ax:g} {ay:g}l{7 * dx + 4 * dy:g} {7 * dy + 4 * dx:g} {7 * dx - 4 * dy:g} {7 * dy - 4 * dx:g} {-7 * dx - 4 * dy:g} {-7 * dy - 4 * dx:g}z"
                self._add(
                    group,
                    "path",
                    {"d": d, "fill": self.colour("surface"), "stroke": stroke, "class": "condition"},
                )


def _place(box: Rect) -> dict[str, str | float]:
    return {"x": box.x, "y": box.y, "width": box.width, "height": box.height}


def _shorten(points: list[tuple[float, float]], by: float) -> list[tuple[float, float]]:
    """The line ends where the arrowhead begins."""
    (ax, ay), (bx, by_) = points[-2], points[-1]
    length = ((bx - ax) ** 2 + (by_ - ay) ** 2) ** 0.5
    if length <= by or not by:
        return points
    part = (length - by) / length
    return [*points[:-1], (ax + (bx - ax) * part, ay + (by_ - ay) * part)]


def _arrow(a: tuple[float, float], b: tuple[float, float]) -> str:
    length = ((b[0] - a[0]) ** 2 + (b[1] - a[1]) ** 2) ** 0.5 or 1
    dx, dy = (b[0] - a[0]) / length, (b[1] - a[1]) / length
    left = (b[0] - 9 * dx - 4.5 * dy, b[1] - 9 * dy + 4.5 * dx)
    right = (b[0] - 9 * dx + 4.5 * dy, b[1] - 9 * dy - 4.5 * dx)
    return f"M{b[0]:g} {b[1]:g}L{left[0]:.1f} {left[1]:.1f}L{right[0]:.1f} {right[1]:.1f}z"


def _rounded(points: list[tuple[float, float]], radius: float = 5) -> str:
    """A path with small arcs at the bends, so that crossing and bending lines are told apart."""
    out = [f"M{points[0][0]:g} {points[0][1]:g}"]
    for before, here, after in zip(points, points[1:], points[2:], strict=False):
        near, far = _toward(here, before, radius), _toward(here, after, radius)
        out.append(f"L{near[0]:g} {near[1]:g}Q{here[0]:g} {here[1]:g} {far[0]:g} {far[1]:g}")
    out.append(f"L{points[-1][0]:g} {points[-1][1]:g}")
    return "".join(out)


def _toward(here: tuple[float, float], there: tuple[float, float], radius: float) -> tuple[float, float]:
    length = ((there[0] - here[0]) ** 2 + (there[1] - here[1]) ** 2) ** 0.5 or 1
    part = min(radius, length / 2) / length
    return round(here[0] + (there[0] - here[0]) * part, 1), round(here[1] + (there[1] - here[1]) * part, 1)
