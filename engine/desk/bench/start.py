"""Starting the cases of a draw, in batches by jobs; and a step in a plan of many cases."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import func, select

from engine import clock
from engine.desk import jobs
from engine.desk.bench.ground import PACK, PEOPLE, Stopwatch, Tell, figure, ground, within
from engine.desk.bench.step import complete, oldest
from engine.desk.world import World
from engine.domain.ceremony.tables import Draw, DrawnObject, DrawnPerson
from engine.domain.inspection.tables import Inspection
from engine.domain.plan.tables import Plan
from engine.domain.registry import Inspector, RegistryObject
from engine.operation import Step, feed
from engine.people import Person
from engine.runtime.tables import Instance

CASES = 10_000
FEW = 10
TEAMS = 6
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


def bench_drawn(n: int = 0, tell: Tell = lambda _done: None) -> Iterator[dict[str, Any]]:
    """Wall time until every object of a draw has its inspection with a team, at its first human step."""
    number = n or CASES
    with ground() as world:
        draw_id = _drawn(world, number)
        watch = Stopwatch()
        _start(world, "bench_drawn", {"draw_id": draw_id}, tell)
        statements = _statements(world, draw_id, number)
        figures = {"seconds_per_10000": round(watch.seconds / number * CASES, 2)}
        yield figure("start-drawn", number, watch, **figures, **statements, **within(figures, BUDGETS))


def _statements(world: World, draw_id: str, number: int) -> dict[str, int]:
    with world.database.reading() as session:
        query = select(func.count(Inspection.id)).where(Inspection.draw_id == draw_id)
        return {"inspections": session.scalar(query) or 0, "expected": number}


def _drawn(world: World, number: int) -> str:
    """A draw of that many objects, shared by six teams of two."""
    year = clock.today().year
    with world.database.transaction() as session:
        plan = Plan(bureau_id=1, year=year, no="B0001", title="年度抽查计划", opened_by_id=1)
        session.add(plan)
        session.flush()
        draw = Draw(
            id=f"220100-{year}-0001", bureau_id=1, year=year, serial=1, plan_id=plan.id, batch=1, round=1,
            mode="import", state="placed", head="f" * 64,
        )  # fmt: skip
        things = [
            RegistryObject(
                bureau_id=1, code=f"H{each:011}", name=f"第{each}医院", kind="hospital", division="220100"
            )
            for each in range(number)
        ]
        people = [
            Inspector(bureau_id=1, person_id=each, staff_no=f"B{each}", name=f"测{each}", division="220100")
            for each in range(1, PEOPLE + 1)
        ]
        session.add_all([draw, *things, *people])
        session.flush()
        for place, thing in enumerate(things):
            session.add(DrawnObject(draw_id=draw.id, object_id=thing.id, group_id=f"G{place % TEAMS + 1}"))
        for place, who in enumerate(people):
            at = {"group_id": f"G{place % TEAMS + 1}", "role_index": place // TEAMS, "alias": f"{place:032x}"}
            session.add(DrawnPerson(draw_id=draw.id, inspector_id=who.id, **at))
        return draw.id


def bench_plan(n: int = 0, tell: Tell = lambda _done: None) -> Iterator[dict[str, Any]]:
    """`ratio`: CPU of a step in a plan of many cases to one of ten."""
    number = max(n or CASES, FEW)
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
    _start(world, "bench_plan", {"number": number}, tell)


def _start(world: World, process: str, data: Mapping[str, Any], tell: Tell) -> None:
    with world.database.transaction() as session:
        actor = session.get_one(Person, 1)
        world.runtime.start(session, process=process, data=data, bureau_id=1, pack=PACK, actor=actor)
    seen = 0
    while jobs.run_due(world, limit=1):
        now = started(world)
        tell(now - seen)
        seen = now


def started(world: World) -> int:
    """How many cases run."""
    with world.database.reading() as session:
        query = select(func.count(Instance.id)).where(Instance.parent_id.is_not(None))
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
