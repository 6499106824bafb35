"""Flows: their way, arrowheads, and the marks of default and conditional flows."""

from __future__ import annotations

from itertools import pairwise

from lxml import etree

from engine.runtime.layout.model import ACTIVITIES, tag
from engine.runtime.picture.pen import EDITED, Pen
from engine.runtime.picture.read import Line


def draw(pen: Pen, root: etree._Element, line: Line) -> None:
    """One flow, with its name where the diagram has a place for it."""
    kind = tag(line.element)
    name = line.element.get("name", "")
    group = pen.add(root, "g", {"id": f"el-{line.id}", "data-element": line.id, "class": f"el {kind}"})
    walked = kind == "sequenceFlow" and _walked(pen, line)
    if walked:
        group.set("class", f"el {kind} is-done")
    if name:
        pen.add(group, "title", {}, name)
    edited = pen.edited.get(line.id, "")
    if edited:
        group.set("class", f"el {kind} is-{edited}")
    stroke = pen.colour(EDITED[edited][1] if edited else "done" if walked else "edge")
    look: dict[str, str | float] = {
        "fill": "none",
        "stroke": stroke,
        "stroke-width": 3.0 if edited else 2.0 if walked else 1.5,
    }
    if kind == "messageFlow":
        look["stroke-dasharray"] = "7 4"
    elif kind != "sequenceFlow":
        look["stroke-dasharray"] = "1.5 4"
    elif pen.state(line.id) == "idle" and not walked:
        look["stroke-dasharray"] = "5 4"
    points = _shorten(line.points, 7 if kind in ("sequenceFlow", "messageFlow") else 0)
    pen.add(group, "path", {"d": _rounded(points), **look})
    if kind in ("sequenceFlow", "messageFlow"):
        hollow = kind == "messageFlow"
        head = _arrow(line.points[-2], line.points[-1])
        pen.add(
            group,
            "path",
            {"d": head, "fill": pen.colour("surface") if hollow else stroke, "stroke": stroke},
        )
    _tail(pen, group, line, kind, stroke)
    if line.label is not None and name:
        pen.write(group, name, line.label, muted=True)
    pen.badge(group, line.id, _middle(line.points))


def _middle(points: list[tuple[float, float]]) -> tuple[float, float]:
    """Where the longest stretch of a line is half over."""
    stretches = list(pairwise(points))
    (ax, ay), (bx, by) = max(stretches, key=lambda s: abs(s[1][0] - s[0][0]) + abs(s[1][1] - s[0][1]))
    return (ax + bx) / 2, (ay + by) / 2


def _walked(pen: Pen, line: Line) -> bool:
    if line.id in pen.done:
        return True
    ends = [line.element.get(k, "") for k in ("sourceRef", "targetRef")]
    known = any(tag(pen.drawing.elements[i]) == "sequenceFlow" for i in pen.done if i in pen.drawing.elements)
    forward = line.points[-1][0] >= line.points[0][0]
    return not known and forward and ends[0] in pen.done and pen.state(ends[1]) in ("done", "active", "late")


def _tail(pen: Pen, group: etree._Element, line: Line, kind: str, stroke: str) -> None:
    """A stroke for the default flow, a diamond for a condition on a task, a ring where a message starts."""
    (ax, ay), (bx, by) = line.points[0], line.points[1]
    length = max(abs(bx - ax) + abs(by - ay), 1)
    dx, dy = (bx - ax) / length, (by - ay) / length
    source = pen.drawing.elements.get(line.element.get("sourceRef", ""))
    if kind == "messageFlow":
        pen.add(
            group,
            "circle",
            {
                "cx": ax + dx * 4,
                "cy": ay + dy * 4,
                "r": 4,
                "fill": pen.colour("surface"),
                "stroke": stroke,
            },
        )
    elif source is not None and kind == "sequenceFlow":
        if source.get("default") == line.id:
            x, y, slant = ax + dx * 9, ay + dy * 9, (dx + dy, dy - dx)
            path = f"M{x - 5 * slant[0]:g} {y - 5 * slant[1]:g}L{x + 5 * slant[0]:g} {y + 5 * slant[1]:g}"
            pen.add(
                group,
                "path",
                {
                    "d": path,
                    "stroke": stroke,
                    "stroke-width": 1.5,
                    "class": "default",
                },
            )
        elif tag(source) in ACTIVITIES and any(tag(c) == "conditionExpression" for c in line.element):
            corners = [(7, 4), (14, 0), (7, -4)]
            d = f"M{ax:g} {ay:g}" + "".join(
                f"L{ax + a * dx + b * dy:g} {ay + a * dy + b * dx:g}" for a, b in corners
            )
            pen.add(
                group,
                "path",
                {"d": f"{d}z", "fill": pen.colour("surface"), "stroke": stroke, "class": "condition"},
            )


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
