"""Completing a human step, beside the kernel alone: restore, run and save the whole workflow as JSON."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from engine.desk import step
from engine.desk.bench.diagrams import LONG, STEPS
from engine.desk.bench.ground import PACK, Stopwatch, Tell, counted, figure, ground, within
from engine.desk.bench.ground import first as first_of
from engine.desk.world import World
from engine.people import Person
from engine.runtime import release
from engine.runtime.spiff.stock import Stock
from engine.runtime.tables import WorkItem

N = 300
MODELS = {"step": ("bench_row", STEPS), "step-long": ("bench_long", LONG)}
DATA = {"plan_id": 1, "task_id": 2}
BUDGETS = {"ratio": 1.5, "statements": 12, "commits": 1}


def bench(n: int = 0, tell: Tell = lambda _done: None) -> Iterator[dict[str, Any]]:
    """`ratio`: CPU of a persisted step (rights, inbox, log, receipt) to the kernel's restore + run + save.

    Twice: a case of ten human steps, and one of twenty (cases have five to twenty).
    """
    number = n or N
    for name, (process, length) in MODELS.items():
        with ground() as world:
            raw, watch, statements, commits = _Raw(world, process, length), Stopwatch(), 0, 0
            for done in range(length):  # every step once, counted; statements and forms are compiled by now
                if done == 0:
                    start(world, process)
                item = oldest(world, process)
                with counted(world) as seen:
                    complete(world, item, key=f"count-{done}")
                raw.step()
                statements = max(statements, seen.statements)
                commits = max(commits, seen.commits)
            cpu = raw.cpu = 0.0
            for done in range(number):
                if done % length == 0:
                    start(world, process)
                item = oldest(world, process)
                began = time.process_time()
                complete(world, item, key=f"step-{done}")
                cpu += time.process_time() - began
                raw.step()  # in turn, so that a busy machine slows both alike
                tell(1)
            figures = {"ratio": round(cpu / raw.cpu, 2), "statements": statements, "commits": commits}
            yield figure(
                name,
                number,
                watch,
                **figures,
                human_steps=length,
                step_cpu_ms=round(cpu / number * 1000, 3),
                raw_cpu_ms=round(raw.cpu / number * 1000, 3),
                **within(figures, BUDGETS),
            )


def start(world: World, process: str = "bench_row") -> None:
    """Open a case of ten steps."""
    with world.database.transaction() as session:
        actor = session.get_one(Person, 2)
        step.start_process(world, session, actor, process, DATA, bureau_id=1)


def oldest(world: World, process: str) -> WorkItem:
    """The oldest open step of a process."""
    with world.database.reading() as session:
        return first_of(session, WorkItem, WorkItem.process == process, WorkItem.state == "open")  # type: ignore[no-any-return]


def doer(item: WorkItem) -> int:
    """Who does a step here: the first step somebody else, for the last one excludes who did it."""
    return 1 if item.element == "step1" else 2


def complete(world: World, item: WorkItem, *, key: str) -> dict[str, Any]:
    """Complete a step, as the page does."""
    return step.submit(world, doer(item), item.id, {"decision": "agree", "note": "无"}, key=key)


class _Raw:
    """The kernel alone on the same model, step by step; `cpu` adds up its seconds."""

    def __init__(self, world: World, process: str, length: int) -> None:
        with world.database.reading() as session:
            self._spec = release.load(session, release.current(session, PACK).id).specs[process]
        self._length, self._done, self._text, self.cpu = length, 0, "", 0.0

    def step(self) -> None:
        """Restore, complete one human step, run on, save."""
        world = _Silent()
        if self._done % self._length == 0:
            case = Stock.start(self._spec, dict(DATA))
            case.advance(world)
            self._text = case.save()
        began = time.process_time()
        case = Stock.load(self._text)
        task = case.ready()[0]
        task.data.update(decision="agree")
        task.run()
        case.advance(world)
        self._text = case.save()
        self.cpu += time.process_time() - began
        self._done += 1


class _Silent:
    """A world without verbs and decisions."""

    def verb(self, element: str, task: str, data: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        """Nothing."""
        return {}

    def decision(self, element: str, data: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        """Nothing."""
        return {}
