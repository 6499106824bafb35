"""The benchmarks of `casework bench`: name → function `(n, tell) → figures`. No test depends on a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from engine.desk.bench import clients, inbox, start, step, timers
from engine.desk.bench.ground import Tell
from engine.domain.draw.bench import bench_draw
from engine.rules.bench import bench_feel

Bench = Callable[[int, Tell], Iterator[dict[str, Any]]]


def _draw(_n: int, _tell: Tell) -> Iterator[dict[str, Any]]:
    yield from bench_draw()


def _feel(_n: int, _tell: Tell) -> Iterator[dict[str, Any]]:
    yield bench_feel()


BENCHES: Mapping[str, Bench] = {
    "step": step.bench,
    "plan": start.bench_plan,
    "start": start.bench,
    "start-drawn": start.bench_drawn,
    "inbox": inbox.bench,
    "board": inbox.bench_board,
    "timers": timers.bench,
    "clients": clients.bench,
    "clients-postgres": clients.bench_postgres,
    "inbox-postgres": inbox.bench_postgres,
    "draw": _draw,
    "feel": _feel,
}
