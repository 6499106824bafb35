"""Several people at work on one plan at the same time: no error, and how long each waits."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from statistics import quantiles
from typing import Any

from sqlalchemy import select

from engine.desk import step
from engine.desk.bench.ground import Stopwatch, Tell, figure, ground, within
from engine.desk.bench.start import start_plan
from engine.desk.world import World
from engine.errors import ChangedMeanwhile
from engine.runtime.tables import WorkItem

CLIENTS = 8
N = 400
BUDGETS = {"errors": 0, "p90_seconds": 0.5}


def bench(n: int = 0, tell: Tell = lambda _done: None) -> Iterator[dict[str, Any]]:
    """Eight clients complete the steps of a plan's cases; a lost race is an answer, not an error."""
    number = n or N
    with ground() as world:
        yield measure(world, number, tell)


def measure(world: World, number: int, tell: Tell = lambda _done: None) -> dict[str, Any]:
    """The same on a world that stands already (PostgreSQL)."""
    start_plan(world, max(CLIENTS, number // 10))
    watch, lock = Stopwatch(), threading.Lock()
    waits: list[float] = []
    faults: list[str] = []
    lost = 0

    def client(each: int) -> None:
        nonlocal lost
        for turn in range(number // CLIENTS or 1):
            began = time.perf_counter()
            try:
                if not _work(world, each, turn):
                    return
            except ChangedMeanwhile:
                lost += 1
            except Exception as fault:  # noqa: BLE001 (errors are what is counted here)
                with lock:
                    faults.append(f"{type(fault).__name__}: {fault}")
            with lock:
                waits.append(time.perf_counter() - began)
            tell(1)

    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(client, range(CLIENTS)))
    p90 = quantiles(waits, n=10)[-1] if len(waits) > 1 else 0.0
    figures = {"errors": len(faults), "p90_seconds": round(p90, 3)}
    kind = "sqlite" if world.database.is_sqlite else "postgresql"
    return figure(
        "clients",
        len(waits),
        watch,
        **figures,
        lost_races=lost,
        database=kind,
        faults=faults[:3],
        **within(figures, BUDGETS),
    )


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
