"""Due timers: each fired once, however many workers look for them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from engine import clock
from engine.desk import jobs
from engine.desk.bench.ground import Stopwatch, Tell, figure, ground, within
from engine.desk.world import World
from engine.people import Person
from engine.runtime.tables import History, Job

N = 10_000
WORKERS = 3
BATCH = 100
YEAR = timedelta(days=400)


def bench(n: int = 0, tell: Tell = lambda _done: None) -> Iterator[dict[str, Any]]:
    """Wall time until all due timers have fired, and what a sweep costs while none is due."""
    number = n or N
    with ground() as world:
        prepare(world, number, tell)
        idle = Stopwatch()
        jobs.run_due(world, limit=BATCH)
        idle_ms = round(idle.cpu * 1000, 2)
        watch = Stopwatch()
        clock.install(f"+{YEAR.days}d")
        try:
            sweep(world)
        finally:
            clock.install("")
        with world.database.reading() as session:
            fired = session.scalar(select(func.count(History.id)).where(History.kind == "timer")) or 0
            left = (
                session.scalar(select(func.count(Job.id)).where(Job.kind == "timer", Job.state != "done"))
                or 0
            )
        figures = {
            "seconds_per_10000": round(watch.seconds / number * N, 2),
            "not_fired": left,
            "fired_twice": fired - number,
        }
        budgets = {"seconds_per_10000": 60.0, "not_fired": 0, "fired_twice": 0}
        yield figure(
            "timers", number, watch, **figures, idle_sweep_cpu_ms=idle_ms, **within(figures, budgets)
        )


def prepare(world: World, number: int, tell: Tell = lambda _done: None) -> None:
    """As many cases that each wait for a person, with a reminder."""
    for begin in range(0, number, BATCH):
        with world.database.transaction() as session:
            actor = session.get_one(Person, 1)
            for each in range(begin, min(begin + BATCH, number)):
                world.runtime.start(
                    session,
                    process="bench_timed",
                    data={"number": each},
                    bureau_id=1,
                    pack="jilin",
                    actor=actor,
                )
        tell(min(BATCH, number - begin))


def sweep(world: World, workers: int = WORKERS) -> None:
    """Several workers at once, until nothing is due."""

    def work() -> None:
        while jobs.run_due(world, limit=BATCH):
            pass

    threads = [threading.Thread(target=work) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
