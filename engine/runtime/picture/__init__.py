"""The diagram of a case as SVG made by the server: for pages, for print, for the public, without scripts.

Colours are `var(--token, #literal)` in presentation attributes, so that the picture follows the page's light
and dark tokens, needs no style attribute (strict CSP), and still has its colours where no page is around it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from lxml import etree

from engine.runtime.layout.model import tag
from engine.runtime.picture import read, sheet
from engine.runtime.picture.pen import Pen
from engine.runtime.picture.sentence import sentence
from engine.runtime.picture.sheet import compose

__all__ = ["lanes", "name", "strips", "svg", "words"]


def svg(
    bpmn: bytes,
    *,
    done: Collection[str] = (),
    active: Mapping[str, int] | None = None,
    overdue: Mapping[str, int] | None = None,
    counts: Mapping[str, int] | None = None,
    edited: Mapping[str, str] | None = None,
    posts: Mapping[str, str] | None = None,
    links: Mapping[str, tuple[str, str]] | None = None,
) -> str:
    """One `<svg role="img">` with 泳道, states and a text alternative; `role="group"` where steps lead somewhere.

    Args:
        bpmn: the file; without a diagram it is laid out first.
        done: ids of finished elements (flows too, if known; else a flow between finished ones counts).
        active: element id → persons or cases now there; shown with a thick border and a round number.
        overdue: element id → how many of them are late; shown with a triangle.
        counts: element id → cases that passed; a plain number in the corner.
        edited: element or flow id → added, changed, removed, where two versions are compared.
        posts: what the bureau calls a lane (`Pack.posts`), where it has a name of its own.
        links: element id → (address, what is told of it besides its name: who, when), for steps one may open.

    Raises:
        ModelInvalid: not a BPMN file.
    """
    drawing = read.drawing(bpmn)
    pen = Pen(
        drawing,
        frozenset(done),
        dict(active or {}),
        dict(overdue or {}),
        dict(counts or {}),
        edited=dict(edited or {}),
        posts=dict(posts or {}),
        links=dict(links or {}),
    )
    text = sentence(pen)
    root = compose(pen, drawing.name, text)
    return etree.tostring(root, encoding="unicode")


def name(bpmn: bytes) -> str:
    """What the process is called; its pool may bear the name of the bureau."""
    found = read.drawing(bpmn)
    return next((e.get("name", "") for e in found.elements.values() if tag(e) == "process"), "") or found.name


def lanes(bpmn: bytes, posts: Mapping[str, str] | None = None) -> str:
    """The names of the lanes as a narrow SVG as high as the picture; "" for a diagram without lanes."""
    root = sheet.lanes(Pen(read.drawing(bpmn), frozenset(), {}, {}, {}, posts=dict(posts or {})))
    return "" if root is None else etree.tostring(root, encoding="unicode")


def strips(
    bpmn: bytes, done: Collection[str] = (), active: Mapping[str, int] | None = None
) -> list[tuple[int, int, int]]:
    """Where the picture is cut for A4: (left, width, height) of each piece; [] where it fits as a whole.

    Of a case, whose states are given, only the pieces in which it has been.
    """
    return sheet.strips(Pen(read.drawing(bpmn), frozenset(done), dict(active or {}), {}, {}))


def words(
    bpmn: bytes,
    done: Collection[str] = (),
    active: Mapping[str, int] | None = None,
    overdue: Mapping[str, int] | None = None,
    edited: Mapping[str, str] | None = None,
    posts: Mapping[str, str] | None = None,
) -> str:
    """The same as one Chinese sentence: what is done, who is at work, what is late, what is to come.

    Of two versions: what is new, changed, gone.
    """
    pen = Pen(read.drawing(bpmn), frozenset(done), dict(active or {}), dict(overdue or {}), {})
    pen.edited, pen.posts = dict(edited or {}), dict(posts or {})
    return sentence(pen)
