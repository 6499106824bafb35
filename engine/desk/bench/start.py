"""Starting the cases of a draw, in batches by jobs; and a step in a plan of many cases."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import func, select

from engine.desk import jobs
from engine.desk.bench.ground import Stopwatch, Tell, figure, ground, within
from engine.desk.bench.step import complete, oldest
from engine.desk.world import World
from engine.operation import Step, feed
from engine.people import Person
from engine.runtime.tables import Instance

CASES = 10_000
FEW = 10
STEPS_MEASURED = 60
BUDGETS = {"seconds_per_10000": 20.0}


def _how_many(_step: Step, *, number: int) -> int:
    return number


Item = tuple[str, Mapping[str, Any]]


@feed("bench.items", count=_how_many)
def items(_step: Step, *, after: str, limit: int, number: int) -> Iterator[Item]:
    """As many cases as the plan says, in key order."""
    first = int(after) + 1 if after else 0
    for each in range(first, min(number, first + limit)):
        yield f"{each:07}", {"number": each}


def bench(n: int = 0, tell: Tell = lambda _done: None) -> Iterator[dict[str, Any]]:
    """Wall time until every case of a plan stands at its first human step."""
    number = n or CASES
    with ground() as world:
        watch = Stopwatch()
        start_plan(world, number, tell)
        figures = {"seconds_per_10000": round(watch.seconds / number * CASES, 2)}
        yield figure("start", number, watch, **figures, **within(figures, BUDGETS))


def bench_plan(n: int = 0, tell: Tell = lambda _done: None) -> Iterator[dict[str, Any]]:
    """`ratio`: CPU of a step in a plan of many cases to one of ten."""
    number = n or CASES
    costs: dict[int, float] = {}
    watch = Stopwatch()
    for size in (FEW, number):
        with ground() as world:
            start_plan(world, size, tell)
            costs[size] = _cost(world, min(STEPS_MEASURED, size))
    figures = {"ratio": round(costs[number] / costs[FEW], 2)}
    yield figure(
        "plan",
        number,
        watch,
        **figures,
        step_cpu_ms={str(size): round(cost * 1000, 3) for size, cost in costs.items()},
        **within(figures, {"ratio": 1.1}),
    )


def start_plan(world: World, number: int, tell: Tell = lambda _done: None) -> None:
    """Open a plan of that many cases and let the worker start them."""
    with world.database.transaction() as session:
        world.runtime.start(
            session,
            process="bench_plan",
            data={"number": number},
            bureau_id=1,
            pack="jilin",
            actor=session.get_one(Person, 1),
        )
    seen = 0
    while jobs.run_due(world, limit=1):
        now = started(world)
        tell(now - seen)
        seen = now


def started(world: World) -> int:
    """How many cases run."""
    with world.database.reading() as session:
        query = select(func.count(Instance.id)).where(Instance.process == "bench_case")
        return session.scalar(query) or 0


def _cost(world: World, number: int) -> float:
    """CPU seconds of a step of a case, the first ten left out."""
    cpu = 0.0
    for done in range(FEW + number):
        item = oldest(world, "bench_case")
        began = time.process_time()
        complete(world, item, key=f"plan-{done}")
        cpu += time.process_time() - began if done >= FEW else 0.0
    return cpu / number
