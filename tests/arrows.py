"""Which arrows of which diagrams the scenarios have walked.

The machine tells every step it completes and the step before it (`engine.runtime.spiff.walked`). A step with
one way out, or one that forks, has walked all its arrows when it completes; of a choice, the arrow counts
whose target was done. Only what was committed counts, as only that stands in the history: what a refusal rolled
back was not walked.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import event
from sqlalchemy.orm import Session

from engine.runtime import model, spiff
from engine.settings import ROOT

CHOICES = ("exclusiveGateway", "inclusiveGateway", "eventBasedGateway")


@dataclass(frozen=True, slots=True)
class Arrow:
    """A sequence flow of a diagram, with the words of the steps it joins."""

    file: str
    id: str
    words: str

    def __str__(self) -> str:
        return f"{self.file}  {self.id}  {self.words}"


class _Waits(threading.local):
    """What each thread was told in its open transaction: (pack, process, source, target)."""

    def __init__(self) -> None:
        self.steps: list[tuple[str, str, str, str]] = []


@dataclass(slots=True)
class Trail:
    """What the machine told, per pack: completed steps, and pairs of steps."""

    pack: str = ""
    done: dict[str, set[tuple[str, str]]] = field(default_factory=lambda: defaultdict(set))
    pairs: dict[str, set[tuple[str, str, str]]] = field(default_factory=lambda: defaultdict(set))

    waits: _Waits = field(default_factory=_Waits)  # told in a transaction that is still open
    files: set[Path] = field(default_factory=set)  # the test modules that ran

    def told(self) -> dict[str, list[list[str]]]:
        """All of it as plain lists, for another process."""
        steps = [[pack, *step] for pack, steps in self.done.items() for step in steps]
        pairs = [[pack, *pair] for pack, pairs in self.pairs.items() for pair in pairs]
        return {"done": steps, "pairs": pairs, "files": [[str(file)] for file in self.files]}

    def hears(self, told: dict[str, list[list[str]]]) -> None:
        """What another process has told."""
        for pack, process, step in told["done"]:
            self.done[pack].add((process, step))
        for pack, process, source, target in told["pairs"]:
            self.pairs[pack].add((process, source, target))
        self.files |= {Path(file) for (file,) in told["files"]}

    def tell(self, process: str, source: str, target: str) -> None:
        """A listener of the machine."""
        if self.pack:
            self.waits.steps.append((self.pack, process, source, target))

    def keep(self, session: Session) -> None:
        """A transaction is committed: what was told in it counts."""
        if session.in_nested_transaction():
            return
        for pack, process, source, target in self.waits.steps:
            self.done[pack].add((process, target))
            self.pairs[pack].add((process, source, target))
        self.waits.steps.clear()

    def drop(self, _session: Session) -> None:
        """A transaction is rolled back: nothing of it happened."""
        self.waits.steps.clear()

    @contextmanager
    def listening(self) -> Iterator[Trail]:
        """Listen to the machine and to the database."""
        listeners = (("after_commit", self.keep), ("after_rollback", self.drop))
        spiff.walked.append(self.tell)
        for name, listener in listeners:
            event.listen(Session, name, listener)
        try:
            yield self
        finally:
            spiff.walked.remove(self.tell)
            for name, listener in listeners:
                event.remove(Session, name, listener)

    def has_walked(self, packs: list[str], process: model.Process, flow: model.Flow) -> bool:
        """Whether an arrow was walked in one of the packs that run this diagram."""
        source = process.elements[flow.source]
        for pack in packs:
            if (process.id, flow.source, flow.target) in self.pairs[pack]:
                return True
            if source.kind not in CHOICES and (process.id, flow.source) in self.done[pack]:
                return True
        return False


def packs_running(file: Path) -> list[str]:
    """The packs whose releases hold this diagram: its own, or those below that do not replace it."""
    if file.parent.name != "national":
        return [file.parent.name]
    return [
        folder.name
        for folder in sorted((ROOT / "workflows").iterdir())
        if (folder / "pack.toml").exists() and folder.name != "national" and not (folder / file.name).exists()
    ]


def arrows(trail: Trail) -> tuple[list[Arrow], list[Arrow]]:
    """(all arrows, those not walked) of every diagram of every pack."""
    everything, missing = [], []
    for file in sorted((ROOT / "workflows").glob("*/*.bpmn")):
        name = file.relative_to(ROOT / "workflows").as_posix()
        packs = packs_running(file)
        for process in model.read(file.read_bytes(), name).processes.values():
            for flow in process.flows:
                source, target = process.elements[flow.source], process.elements[flow.target]
                label = f"[{flow.name}] " if flow.name else ""
                words = f"{source.name or source.id} → {label}{target.name or target.id}"
                arrow = Arrow(name, flow.id, words)
                everything.append(arrow)
                if not trail.has_walked(packs, process, flow):
                    missing.append(arrow)
    return everything, missing
