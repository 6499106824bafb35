"""Completing a human step, beside the kernel alone: restore, run and save the whole workflow as JSON."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from engine.desk import step
from engine.desk.bench.diagrams import STEPS
from engine.desk.bench.ground import Stopwatch, Tell, counted, figure, ground, within
from engine.desk.bench.ground import first as first_of
from engine.desk.world import World
from engine.people import Person
from engine.runtime import release
from engine.runtime.spiff.stock import Stock
from engine.runtime.tables import WorkItem

N = 300
DATA = {"plan_id": 1, "task_id": 2}
BUDGETS = {"ratio": 1.5, "statements": 12, "commits": 1}


def bench(n: int = 0, tell: Tell = lambda _done: None) -> Iterator[dict[str, Any]]:
    """`ratio`: CPU of a persisted step (rights, inbox, log, receipt) to the kernel's restore + run + save."""
    number = n or N
    with ground() as world:
        raw = _raw(world, number)
        watch, statements, commits, cpu = Stopwatch(), 0, 0, 0.0
        for done in range(number):
            if done % STEPS == 0:
                start(world)
            with counted(world) as seen:
                began = time.process_time()
                complete(world, key=f"step-{done}")
                cpu += time.process_time() - began
            statements, commits = max(statements, seen.statements), max(commits, seen.commits)
            tell(1)
        figures = {"ratio": round(cpu / number / raw, 2), "statements": statements, "commits": commits}
        yield figure(
            "step",
            number,
            watch,
            **figures,
            step_cpu_ms=round(cpu / number * 1000, 3),
            raw_cpu_ms=round(raw * 1000, 3),
            **within(figures, BUDGETS),
        )


def start(world: World, process: str = "bench_row") -> None:
    """Open a case of ten steps."""
    with world.database.transaction() as session:
        actor = session.get_one(Person, 2)
        step.start_process(world, session, actor, process, DATA, bureau_id=1)


def complete(world: World, *, key: str, process: str = "bench_row", actor: int = 0) -> dict[str, Any]:
    """Complete the oldest open step of a process, as the page does."""
    with world.database.reading() as session:
        item = first_of(session, WorkItem, WorkItem.process == process, WorkItem.state == "open")
    who = actor or (1 if item.element == "step1" else 2)
    return step.submit(world, who, item.id, {"decision": "agree", "note": "无"}, key=key)


def _raw(world: World, number: int) -> float:
    """CPU seconds of the kernel alone for one step of the same model."""
    with world.database.reading() as session:
        spec = release.load(session, release.current(session, "jilin").id).specs["bench_row"]
    silent = _Silent()
    cpu, text = 0.0, ""
    for done in range(number):
        if done % STEPS == 0:
            case = Stock.start(spec, dict(DATA))
            case.advance(silent)
            text = case.save()
        began = time.process_time()
        case = Stock.load(text)
        task = case.ready()[0]
        task.data.update(decision="agree")
        task.run()
        case.advance(silent)
        text = case.save()
        cpu += time.process_time() - began
    return cpu / number


class _Silent:
    """A world without verbs and decisions."""

    def verb(self, element: str, task: str, data: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        """Nothing."""
        return {}

    def decision(self, element: str, data: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        """Nothing."""
        return {}
