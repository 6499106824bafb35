"""Diagrams laid out to be read: pools, lanes as swimlanes, work from left to right, loops led around.

Diagrams are authored as XML without a picture; `scripts/layout-bpmn` writes it. Imported files without one
get the same. The stages, each a module: `model` (what there is) → `ranks` (columns) → `rows` → `grid`
(order of all lines) → `route` (flows) → `place` (px) → `labels` → `xml`; `check` looks at the result.
"""

from __future__ import annotations

from lxml import etree

from engine.errors import Finding
from engine.runtime.layout import grid, labels, model, place, route, rows, xml
from engine.runtime.layout.check import problems

__all__ = ["Finding", "layout", "problems", "relayout"]

TRACKS = (4, 8)


def layout(tree: etree._Element) -> etree._Element:
    """Give a BPMN tree (its root) a diagram made from lanes and flows; an existing one is replaced.

    The tree is changed in place and returned. Elements that refer to nothing are left out of the picture.
    """
    xml.attach(tree, [(diagram, _draw(diagram)) for diagram in model.read(tree)])
    return tree


def relayout(text: bytes, file: str = "") -> bytes:
    """The same file with a new diagram: UTF-8, LF, everything else byte for byte as it was.

    Raises:
        ModelInvalid: not a BPMN file.
    """
    tree = layout(xml.parse(text, file))
    return xml.splice(text, tree)


def _draw(diagram: model.Diagram) -> place.Picture:
    columns, heights = rows.arrange(diagram)
    router = None
    for tracks in TRACKS:
        lines = grid.build(diagram, columns, heights, tracks)
        router = route.Router(diagram, lines, place.boundary_spots(diagram, lines))
        router.run()
        if not router.clashes:
            break
    return labels.write(diagram, place.Placer(diagram, router.grid, router)) if router else place.Picture()
