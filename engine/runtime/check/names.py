"""What the diagrams of a release may name, and what they call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine import markup, operation
from engine.errors import Finding
from engine.runtime.model import Diagram, Process
from engine.runtime.ports import Ports
from engine.sentence import Sentence

MAX_DEPTH = 5
DMN = "{*}"


@dataclass(slots=True)
class Release:
    """What the diagrams of a release may name."""

    ports: Ports
    diagrams: dict[str, Diagram]
    forms: dict[str, list[str]]
    decisions: dict[str, str]
    outputs: dict[str, list[str]]
    deadlines: frozenset[str]

    def processes(self) -> dict[str, Process]:
        """All processes of the release, by id."""
        return {
            process.id: process
            for diagram in self.diagrams.values()
            for process in diagram.processes.values()
        }


def outputs_of(decision: Any) -> list[str]:
    """The data keys that a decision puts into a case: its table's output columns, or its own id."""
    table = decision.element.find(f"{DMN}decisionTable")
    names = [output.get("name") for output in table.findall(f"{DMN}output")] if table is not None else []
    return [name for name in names if name] or [decision.id]


def deadline_keys(files: Mapping[str, bytes]) -> frozenset[str]:
    """The keys of the release's deadlines table."""
    content = files.get("deadlines.dmn")
    if content is None:
        return frozenset()
    root = markup.read(content, "deadlines.dmn")
    texts = (rule.find(f"{DMN}inputEntry/{DMN}text") for rule in root.iter(f"{DMN}rule"))
    return frozenset((text.text or "").strip().strip('"') for text in texts if text is not None)


def data_names(process: Process, release: Release, seen: frozenset[str] = frozenset()) -> set[str]:
    """All data keys that some step of a process may provide: what its conditions may speak of."""
    names = set(process.takes)
    if process.parent and process.parent not in seen:
        parent = release.processes().get(process.parent)
        if parent is not None:
            names |= data_names(parent, release, seen | {process.id})
            for trigger in parent.triggers:
                if trigger.process == process.id:
                    verb = operation.catalogue().get(trigger.element.property("operation"))
                    names |= set(verb.gives) if verb else set()
    for element in process.elements.values():
        verb = operation.catalogue().get(element.operator or element.property("operation"))
        names |= set(verb.gives) if verb else set()
        names |= set(element.property("routes").split())
        if element.property("sign"):
            names.add(f"{element.id}_votes")
        if element.decision:
            names |= set(release.outputs.get(element.decision, [element.decision]))
        if element.kind == "callActivity":
            if element.multiple:
                names.add(f"{element.id}_result")
            called = release.processes().get(element.called)
            names |= set(called.gives) if called else set()
    return names


def calls(release: Release) -> list[Finding]:
    """The call graph must have no cycle and at most `MAX_DEPTH` levels."""
    processes = release.processes()
    graph = {
        name: [
            element.called
            for element in process.elements.values()
            if element.kind == "callActivity" and element.called in processes
        ]
        for name, process in processes.items()
    }
    found: list[Finding] = []

    def walk(name: str, path: tuple[str, ...]) -> None:
        process = processes[name]
        if name in path:
            found.append(
                Finding(
                    process.file,
                    name,
                    process.name,
                    process.line,
                    "call-cycle",
                    Sentence("流程互相调用：{name}。", name=" → ".join((*path, name))),
                    "去掉其中一个调用。",
                )
            )
            return
        if len(path) >= MAX_DEPTH:
            found.append(
                Finding(
                    process.file,
                    name,
                    process.name,
                    process.line,
                    "call-depth",
                    Sentence(
                        "调用超过 {most} 层：{name}。",
                        most=MAX_DEPTH,
                        name=" → ".join((*path, name)),
                    ),
                    "减少一层调用。",
                )
            )
            return
        for called in graph[name]:
            walk(called, (*path, name))

    for name in processes:
        if not any(name in called for called in graph.values()):
            walk(name, ())
    if processes and not any(not any(name in called for called in graph.values()) for name in processes):
        walk(next(iter(processes)), ())
    return found
