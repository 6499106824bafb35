"""`casework bench draw`: how long a draw takes from JSON text to the last event, and how much memory.

Budgets (docs/draw.md): objects 1e5 in 1 s, 1e6 in 10 s and 1.5 GB; people 100 groups of 500 in 1 s,
1,000 groups of 5,000 in 15 s. Nothing is asserted; the figures are printed.
"""

from __future__ import annotations

import os
import platform
import resource
import time
from collections.abc import Iterator
from typing import Any, Final

from engine.domain.draw.document import check_document
from engine.domain.draw.instances import Shape, make
from engine.domain.draw.text import canonical
from engine.domain.draw.transcript import compute

_OBJECT_BUDGETS: Final = {100_000: 1.0, 1_000_000: 10.0}
_PEOPLE_BUDGETS: Final = {(100, 500): 1.0, (1_000, 5_000): 15.0}
_MEBIBYTE: Final = 1024


def _measure(name: str, n: int, unit: str, budget: float, shape: Shape) -> dict[str, Any]:
    document, reveal = make(f"bench/{name}", shape)
    text = canonical(document)
    del document
    started, cpu = time.perf_counter(), time.process_time()
    checked = check_document(text)
    read = time.perf_counter() - started
    transcript = compute(checked, reveal)
    seconds = time.perf_counter() - started
    return {
        "name": name,
        "n": n,
        "unit": unit,
        "seconds": round(seconds, 3),
        "read_seconds": round(read, 3),
        "cpu": round(time.process_time() - cpu, 3),
        "microseconds_per_unit": round(seconds / n * 1e6, 2),
        "budget_seconds": budget,
        "end": transcript.events[-1].type,
        "head": transcript.head,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // _MEBIBYTE,
        "machine": f"{platform.machine()} × {os.cpu_count()}, Python {platform.python_version()}",
    }


def bench_draw() -> Iterator[dict[str, Any]]:
    """Measures one size after the other: `{name, n, unit, seconds, cpu, …, machine}` each.

    `seconds` is everything from JSON text to the last event; making up the data is not counted.
    """
    for objects, budget in _OBJECT_BUDGETS.items():
        shape = Shape(objects=objects, strata=20, quota=(5, 100), groups=50, people=250)
        yield _measure(f"draw-objects-{objects}", objects, "object", budget, shape)
    for (groups, people), budget in _PEOPLE_BUDGETS.items():
        shape = Shape(
            objects=groups * 25,
            strata=5,
            quota=(20, 100),
            groups=groups,
            roles=("lead", "cert", "spec", "any"),
            people=people,
        )
        yield _measure(f"draw-people-{groups}-{people}", people, "person", budget, shape)
