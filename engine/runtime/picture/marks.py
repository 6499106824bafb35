"""The small signs of BPMN 2.0 (task types, event kinds, gateways), drawn by hand on a 16 × 16 field.

Each sign is a list of (path, how): "line" strokes, "solid" fills, "both" does both in the colour of the ink.
"""

from __future__ import annotations

import math

Sign = list[tuple[str, str]]


def _ring(cx: float, cy: float, r: float) -> str:
    return f"M{cx - r:g} {cy:g}a{r:g} {r:g} 0 1 0 {2 * r:g} 0a{r:g} {r:g} 0 1 0 {-2 * r:g} 0z"


def _gear(cx: float, cy: float, outer: float, inner: float, teeth: int = 8) -> str:
    points = []
    for number in range(teeth * 4):
        angle = 2 * math.pi * (number - 0.5) / (teeth * 4)
        radius = outer if number % 4 in (0, 1) else inner
        points.append(f"{cx + radius * math.cos(angle):.2f} {cy + radius * math.sin(angle):.2f}")
    return "M" + "L".join(points) + "z"


def _polygon(cx: float, cy: float, r: float, corners: int) -> str:
    angles = [2 * math.pi * number / corners for number in range(corners)]
    points = [f"{cx + r * math.sin(angle):.2f} {cy - r * math.cos(angle):.2f}" for angle in angles]
    return "M" + "L".join(points) + "z"


HAND = (
    "M1.5 7.2 6 3.1c.9-.7 1.9.3 1.3 1.2L6 6h7.4c1.2 0 1.2 1.7 0 1.7H9.2h4.9c1.2 0 1.2 1.8 0 1.8H9.2"
    "h4.3c1.2 0 1.2 1.7 0 1.7H9.2h3.1c1.1 0 1.1 1.6 0 1.6H5.5c-2.4 0-4-1.2-4-3z"
)
ENVELOPE = "M1.5 3.5h13v9h-13z"

TASKS: dict[str, Sign] = {
    "userTask": [
        (_ring(8, 5, 2.9), "line"),
        ("M2 14.5c0-3.6 2.4-5.4 6-5.4s6 1.8 6 5.4z", "line"),
    ],
    "serviceTask": [(_gear(8, 8, 7, 5.3), "line"), (_ring(8, 8, 2.3), "line")],
    "businessRuleTask": [
        ("M1.5 2.5h13v3.4h-13z", "both"),
        ("M1.5 2.5h13v11h-13zM1.5 9.7h13M5.6 5.9v7.6", "line"),
    ],
    "manualTask": [
        (
            HAND,
            "line",
        )
    ],
    "sendTask": [(ENVELOPE, "both"), ("M1.5 3.5 8 8.6l6.5-5.1", "gap")],
    "receiveTask": [(ENVELOPE, "line"), ("M1.5 3.5 8 8.6l6.5-5.1", "line")],
    "scriptTask": [("M3 2h9.5c-3 3 3 9-.5 12H2.5C6 11 0 5 3 2zM4.5 5h5M5 8h5M6 11h5", "line")],
}

EVENTS: dict[str, Sign] = {
    "messageEventDefinition": [(ENVELOPE, "fill"), ("M1.5 3.5 8 8.6l6.5-5.1", "fold")],
    "timerEventDefinition": [
        (_ring(8, 8, 6.8), "line"),
        ("M8 3.4V8l3.2 2M8 1.2v1.4M8 13.4v1.4M1.2 8h1.4M13.4 8h1.4", "line"),
    ],
    "errorEventDefinition": [("M2 14 6 4.2l3.6 5L14 2 10.4 12.4 6.6 7.2z", "fill")],
    "escalationEventDefinition": [("M8 1.5 12.6 14 8 9.6 3.4 14z", "fill")],
    "signalEventDefinition": [("M8 1.8 14.2 13H1.8z", "fill")],
    "conditionalEventDefinition": [("M3 1.8h10v12.4H3zM5 4.8h6M5 8h6M5 11.2h6", "line")],
    "linkEventDefinition": [("M1.5 5.4h7V2.6L14.5 8l-6 5.4v-2.8h-7z", "fill")],
    "compensateEventDefinition": [("M8 3.2v9.6L1.6 8zM14.4 3.2v9.6L8 8z", "fill")],
    "cancelEventDefinition": [
        ("M3.6 1.8 8 6.2l4.4-4.4 1.8 1.8L9.8 8l4.4 4.4-1.8 1.8L8 9.8l-4.4 4.4-1.8-1.8L6.2 8 1.8 3.6z", "fill")
    ],
    "terminateEventDefinition": [(_ring(8, 8, 7), "both")],
    "multiple": [(_polygon(8, 8.4, 6.8, 5), "fill")],
}

GATEWAYS: dict[str, Sign] = {
    "exclusiveGateway": [("M3.4 2.5 12.6 13.5M12.6 2.5 3.4 13.5", "bold")],
    "parallelGateway": [("M8 1v14M1 8h14", "bold")],
    "inclusiveGateway": [(_ring(8, 8, 6.6), "bold")],
    "complexGateway": [("M8 1v14M1 8h14M3 3l10 10M13 3 3 13", "bold")],
    "eventBasedGateway": [
        (_ring(8, 8, 8.6), "line"),
        (_ring(8, 8, 7), "line"),
        (_polygon(8, 8, 4.6, 5), "line"),
    ],
}

FEET: dict[str, Sign] = {
    "parallel": [("M4 3v10M8 3v10M12 3v10", "bold")],
    "sequential": [("M3 4h10M3 8h10M3 12h10", "bold")],
    "loop": [("M5 13.4A6 6 0 1 1 9.5 13.8M5.6 9.8v4H1.8", "line")],
    "collapsed": [("M1.5 1.5h13v13h-13zM8 4v8M4 8h8", "line")],
    "adHocSubProcess": [("M1.5 9.5c2-4.5 4.5-3 6.5-1.5s4.5 3 6.5-1.5", "bold")],
    "compensation": [("M8 3.2v9.6L1.6 8zM14.4 3.2v9.6L8 8z", "line")],
}
