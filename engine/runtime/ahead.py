"""What comes next (两种结果): the steps a diagram leads to, for one possible answer, read and never carried out.

Exclusive gateways are decided as the machine would, from the data and the answer; what a system step has still to
find out stays open and the default branch is told. The way ends at human steps, called processes, waits and ends.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.errors import RuleError
from engine.rules import feel
from engine.runtime.model import Element, Process

DEEPEST = 24  # elements; a loop without a human step is refused at release
SILENT = {"parallelGateway", "inclusiveGateway", "exclusiveGateway", "startEvent", "intermediateThrowEvent"}


@dataclass(frozen=True, slots=True)
class Ahead:
    """One thing that will happen. `kind`: system · human · call · wait · end; `lane`: who does it."""

    kind: str
    name: str
    lane: str
    element: str


def ahead(process: Process, element: str, data: Mapping[str, Any], *, humans: int = 1) -> list[Ahead]:
    """What follows a step of a process, in order, with the answer already among the data.

    `humans`: how many human steps are told one behind the other, as if each went on the same way.
    """
    found: dict[str, Ahead] = {}
    start = element
    for _ in range(humans):
        told = [each for each in _after(process, start, dict(data), DEEPEST) if each.element not in found]
        found |= {each.element: each for each in told}
        waits = [each for each in told if each.kind == "human"]
        if len(waits) != 1 or waits[0].element == element:
            break
        start = waits[0].element
    return list(found.values())


def _after(process: Process, element: str, data: dict[str, Any], left: int) -> Iterator[Ahead]:
    for target in _targets(process, process.elements[element], data):
        yield from _at(process, process.elements[target], data, left - 1)


def _at(process: Process, node: Element, data: dict[str, Any], left: int) -> Iterator[Ahead]:
    if left < 0:
        return
    if node.kind == "endEvent":
        inside = process.elements.get(node.scope)
        if inside is not None and inside.kind == "subProcess":
            yield from _after(process, inside.id, data, left)
        else:
            yield _told("end", node)
        return
    if node.kind == "subProcess":
        starts = [e for e in process.elements.values() if e.scope == node.id and e.kind == "startEvent"]
        for start in starts[:1]:
            yield from _after(process, start.id, data, left)
        return
    kinds = {
        "userTask": "human",
        "manualTask": "human",
        "callActivity": "call",
        "intermediateCatchEvent": "wait",
    }
    if node.kind in kinds:
        yield _told(kinds[node.kind], node)
        return
    if node.kind not in SILENT:
        yield _told("system", node)
    yield from _after(process, node.id, data, left)


def _told(kind: str, node: Element) -> Ahead:
    return Ahead(kind, node.name, node.lane, node.id)


def _targets(process: Process, node: Element, data: Mapping[str, Any]) -> list[str]:
    flows = [flow for flow in process.flows if flow.source == node.id]
    if node.kind != "exclusiveGateway":
        return [flow.target for flow in flows]
    for flow in flows:
        if flow.condition and _holds(flow.condition, data):
            return [flow.target]
    return [flow.target for flow in flows if flow.id == node.default][:1]


def _holds(condition: str, data: Mapping[str, Any]) -> bool:
    try:
        return feel.evaluate(condition, dict(data)) is True
    except RuleError:  # rests on what a system step has still to find out
        return False
