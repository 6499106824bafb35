"""Several people at work on one plan at the same time: no error, and how long each waits."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from statistics import quantiles
from typing import Any

from sqlalchemy import select

from engine.desk import step
from engine.desk.bench.ground import PACK, Stopwatch, Tell, figure, ground, postgres, within
from engine.desk.bench.start import start_plan
from engine.desk.world import World
from engine.errors import ChangedMeanwhile
from engine.runtime import release
from engine.runtime.tables import WorkItem
from engine.settings import Settings

CLIENTS = 8
N = 400
BUDGETS = {"errors": 0, "p90_seconds": 0.5}


def bench(n: int = 0, tell: Tell = lambda _done: None) -> Iterator[dict[str, Any]]:
    """Eight clients complete the steps of a plan's cases; a lost race is an answer, not an error."""
    number = n or N
    with ground() as world:
        start_plan(world, max(CLIENTS, number // 10))
        watch = Stopwatch()
        yield _figure(world, "clients", watch, _clients(world, range(CLIENTS), number, tell))


def bench_postgres(n: int = 0, tell: Tell = lambda _done: None) -> Iterator[dict[str, Any]]:
    """The same on PostgreSQL, the clients in two processes."""
    number = n or N
    with postgres() as world:
        start_plan(world, max(CLIENTS, number // 10))
        watch, results = Stopwatch(), Result()
        half = CLIENTS // 2
        with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
            shares = [range(half), range(half, CLIENTS)]
            for found in pool.map(partial(_process, world.settings, number), shares):
                results.add(found)
                tell(len(found.waits))
        yield _figure(world, "clients-postgres", watch, results)


@dataclass(slots=True)
class Result:
    """Seconds each request took, races lost, errors in words."""

    waits: list[float] = field(default_factory=list)
    lost: int = 0
    faults: list[str] = field(default_factory=list)

    def add(self, other: Result) -> None:
        """Take in what another process found."""
        self.waits += other.waits
        self.lost += other.lost
        self.faults += other.faults


def _figure(world: World, name: str, watch: Stopwatch, found: Result) -> dict[str, Any]:
    p90 = quantiles(found.waits, n=10)[-1] if len(found.waits) > 1 else 0.0
    figures = {"errors": len(found.faults), "p90_seconds": round(p90, 3)}
    kind = "sqlite" if world.database.is_sqlite else "postgresql"
    more = {"lost_races": found.lost, "database": kind, "faults": found.faults[:3]}
    return figure(name, len(found.waits), watch, **figures, **more, **within(figures, BUDGETS))


def _process(settings: Settings, number: int, mine: range) -> Result:
    """Half of the clients in a process of their own, with connections of their own."""
    world = World.open(settings)
    with world.database.reading() as session:  # a server has its releases compiled when people come
        release.load(session, release.current(session, PACK).id)
    return _clients(world, mine, number, lambda _done: None)


def _clients(world: World, mine: range, number: int, tell: Tell) -> Result:
    result, lock = Result(), threading.Lock()

    def client(each: int) -> None:
        for turn in range(number // CLIENTS or 1):
            began, lost, fault = time.perf_counter(), 0, ""
            try:
                if not _work(world, each, turn):
                    return
            except ChangedMeanwhile:
                lost = 1
            except Exception as error:  # noqa: BLE001 (errors are what is counted here)
                fault = f"{type(error).__name__}: {error}"
            with lock:
                result.add(Result([time.perf_counter() - began], lost, [fault] if fault else []))
            tell(1)

    with ThreadPoolExecutor(len(mine)) as pool:
        list(pool.map(client, mine))
    return result


def _work(world: World, client: int, turn: int) -> bool:
    """Look into the pool, take one of the first steps, complete it."""
    with world.database.reading() as session:
        query = (
            select(WorkItem.id)
            .where(WorkItem.process == "bench_case", WorkItem.state == "open", WorkItem.element != "step10")
            .order_by(WorkItem.id)
            .limit(CLIENTS)
        )
        open_items = session.scalars(query).all()
    if not open_items:
        return False
    chosen = open_items[client % len(open_items)]
    step.submit(world, client + 1, chosen, {"decision": "agree"}, key=f"client-{client}-{turn}")
    return True
