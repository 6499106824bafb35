"""Ink: colours, states, text and signs, as SVG elements.

Nothing is put together as text; lxml escapes every name. States differ by form as well as by colour: 已办 a
check mark, 在办 a thick border and a round number, 超期 a triangle, 未到 a dashed border; of two versions 新, 改, 删.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lxml import etree

from engine.runtime.layout import text
from engine.runtime.layout.model import ACTIVITIES
from engine.runtime.layout.place import Rect
from engine.runtime.picture import marks
from engine.runtime.picture.read import Drawing

SVG = "http://www.w3.org/2000/svg"
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
    "soon": "#7a5000",
    "soon-soft": "#faefd8",
    "late": "#a6261c",
    "late-soft": "#fae7e3",
}
STATES = {"late": "超期", "active": "在办", "done": "已办", "idle": "未到"}
EDITED = {"added": ("新", "done"), "changed": ("改", "soon"), "removed": ("删", "late")}


@dataclass
class Pen:
    """What all parts of one picture share: its states, its colours, and the ways to put ink on it."""

    drawing: Drawing
    done: frozenset[str]
    active: Mapping[str, int]
    overdue: Mapping[str, int]
    counts: Mapping[str, int]
    edited: Mapping[str, str] = field(default_factory=dict)
    posts: Mapping[str, str] = field(default_factory=dict)
    links: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    inside: dict[str, Rect] = field(default_factory=dict)

    def colour(self, token: str) -> str:
        """A design token with its light value behind it."""
        return f"var(--{token},{COLOURS[token]})"

    def state(self, ident: str) -> str:
        """late, active, done, idle; empty where the picture tells nothing about states, or about versions."""
        if self.overdue.get(ident):
            return "late"
        if self.active.get(ident):
            return "active"
        if ident in self.done:
            return "done"
        return "idle" if self.done or self.active or self.overdue else ""

    @staticmethod
    def add(
        parent: etree._Element, name: str, attributes: Mapping[str, str | float], words: str = ""
    ) -> etree._Element:
        """Append one SVG element; numbers are written short."""
        child: etree._Element = etree.SubElement(
            parent,
            f"{{{SVG}}}{name}",
            {key: value if isinstance(value, str) else f"{value:g}" for key, value in attributes.items()},
        )
        if words:
            child.text = words
        return child

    def group(self, parent: etree._Element, ident: str, kind: str, name: str) -> etree._Element:
        """The group of one element: pages find it by id; its title tells name and state, a link leads on."""
        state = self.state(ident) if kind not in ("participant", "lane") else ""
        edited = self.edited.get(ident, "")
        classes = f"el {kind}" + "".join(f" is-{each}" for each in (state, edited) if each)
        told = [name] if name else []
        if state and kind in ACTIVITIES:
            number = self.overdue.get(ident) if state == "late" else self.active.get(ident)
            told.append(STATES[state] + (f" {number}" if number else ""))
        if edited:
            told.append(EDITED[edited][0])
        if self.counts.get(ident):
            told.append(f"共 {self.counts[ident]}")
        if ident in self.links:
            address, more = self.links[ident]
            told.append(more)
            parent = self.add(parent, "a", {"href": address, "aria-label": "，".join(told)})
        group = self.add(parent, "g", {"id": f"el-{ident}", "data-element": ident, "class": classes})
        if told:
            self.add(group, "title", {}, "，".join(told))
        return group

    def number(self, group: etree._Element, at: tuple[float, float], number: int, colour: str) -> None:
        """A number on a badge."""
        words = str(number) if number < 1000 else "…"  # noqa: PLR2004 - the title has the figure
        self.add(
            group,
            "text",
            {
                "x": at[0],
                "y": at[1],
                "dy": "0.35em",
                "text-anchor": "middle",
                "font-size": 12 if len(words) < 3 else 9,  # noqa: PLR2004
                "font-weight": "600",
                "fill": self.colour(colour),
            },
            words,
        )

    def badge(self, group: etree._Element, ident: str, at: tuple[float, float]) -> None:
        """新, 改 or 删 on what differs between two versions."""
        if ident not in self.edited:
            return
        word, colour = EDITED[self.edited[ident]]
        self.add(group, "circle", {"cx": at[0], "cy": at[1], "r": 10, "fill": self.colour(colour)})
        look: dict[str, str | float] = {"dy": "0.35em", "text-anchor": "middle", "font-size": 12}
        look |= {"x": at[0], "y": at[1], "font-weight": "600", "fill": self.colour("surface")}
        self.add(group, "text", look, word)

    def sign(
        self, group: etree._Element, sign: marks.Sign, x: float, y: float, size: float, *, solid: bool = False
    ) -> None:
        """One of the small signs at (x, y)."""
        ink, paper = self.colour("ink-2"), self.colour("surface")
        holder = self.add(
            group, "g", {"transform": f"translate({x:g} {y:g}) scale({size / 16:g})", "class": "sign"}
        )
        for path, how in sign:
            fill = ink if how == "both" or (how == "fill" and solid) else "none"
            stroke = paper if how == "gap" or (how == "fold" and solid) else ink
            wide = 2.4 if how == "bold" else 1.2
            self.add(holder, "path", {"d": path, "fill": fill, "stroke": stroke, "stroke-width": wide})

    def write(
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
            self.add(
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

    def outline(self, ident: str) -> dict[str, str | float]:
        """Fill and border that tell the state."""
        state = self.state(ident)
        fill, stroke, wide = {
            "late": ("late-soft", "late", 3.0),
            "active": ("accent-soft", "accent", 3.0),
            "done": ("done-soft", "done", 1.5),
        }.get(state, ("surface", "edge", 1.5))
        if ident in self.edited:
            stroke, wide = EDITED[self.edited[ident]][1], 3.0
            fill = f"{stroke}-soft"
        out: dict[str, str | float] = {
            "fill": self.colour(fill),
            "stroke": self.colour(stroke),
            "stroke-width": wide,
        }
        if state == "idle":
            out["stroke-dasharray"] = "5 4"
        return out
