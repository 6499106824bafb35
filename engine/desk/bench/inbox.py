"""Reading: a page of the inbox and the overdue board over very many open steps."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from random import Random
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from engine import clock
from engine.desk import board, inbox
from engine.desk.bench.ground import Stopwatch, Tell, figure, ground, postgres, within
from engine.desk.bench.step import start
from engine.desk.world import World
from engine.people import Bureau, Person, person
from engine.runtime.tables import Instance, WorkItem

SIZES = {100_000: 10.0, 1_000_000: 15.0}
BOARD = {1_000_000: 200.0}
CHUNK = 5000
PAGES = 30
BUREAUS = 6
LANES = ("业务科室", "基金监管", "分管领导", "检查组")
ROLES = ("section", "supervision", "leader", "reviewer")
STEPS = 12
FAR = 100  # days before and after today that due days spread over
UNDATED = 0.05
OURS, ONE_POOL, OWN = 0.7, 0.5, 0.0001  # shares: of our bureau, of one role's pool, of one person


def bench(n: int = 0, tell: Tell = lambda _done: None) -> Iterator[dict[str, Any]]:
    """CPU of a page as the browser asks for it (counts, list, badge): the first and one far behind."""
    for number, budget in ({n: SIZES[100_000]} if n else SIZES).items():
        with ground() as world:
            yield _pages(world, "inbox", number, budget, tell)


def bench_postgres(n: int = 0, tell: Tell = lambda _done: None) -> Iterator[dict[str, Any]]:
    """The same on PostgreSQL (the server's own CPU is not counted; `wall_ms` has it)."""
    for number, budget in ({n: SIZES[100_000]} if n else SIZES).items():
        with postgres() as world:
            yield _pages(world, "inbox-postgres", number, budget, tell)


def _pages(world: World, name: str, number: int, budget: float, tell: Tell) -> dict[str, Any]:
    fill(world, number, tell)
    watch = Stopwatch()
    figures = {"page_cpu_ms": _cpu(world, _first), "late_page_cpu_ms": _cpu(world, _filtered)}
    figures["far_page_cpu_ms"] = _cpu(world, _far(world))
    search = _cpu(world, _searched)
    wall = _wall(world, _first)
    budgets = dict.fromkeys(figures, budget)
    return figure(
        name, number, watch, **figures, wall_ms=wall, search_cpu_ms=search, **within(figures, budgets)
    )


def bench_board(n: int = 0, tell: Tell = lambda _done: None) -> Iterator[dict[str, Any]]:
    """Wall time of the overdue board of one bureau and of the tree."""
    for number, budget in ({n: 200.0} if n else BOARD).items():
        with ground() as world:
            fill(world, number, tell)
            watch = Stopwatch()
            figures = {"board_ms": _wall(world, _board), "lamp_ms": _wall(world, _late)}
            yield figure("board", number, watch, **figures, **within(figures, dict.fromkeys(figures, budget)))


def fill(world: World, number: int, tell: Tell = lambda _done: None) -> None:
    """Many open steps: half of them in the pool of one role, the others spread; a few of the person's own."""
    random = Random(number)  # noqa: S311 (a sample, no secret)
    with world.database.transaction() as session:
        for each in range(2, BUREAUS + 1):
            name = f"第{each}局"
            code = f"22010{each}"
            session.add(
                Bureau(
                    id=each,
                    division=code,
                    name=name,
                    short_name=name,
                    level="county",
                    pack="jilin",
                    parent_id=1,
                )
            )
    start(world)
    now = clock.now()
    with world.database.reading() as session:
        case = session.get_one(Instance, 1)
    for begin in range(0, number, CHUNK):
        rows = []
        for each in range(begin, min(begin + CHUNK, number)):
            pick = random.random()
            lane = random.randrange(len(LANES))
            bureau = 1 if pick < OURS else random.randint(1, BUREAUS)
            pool = f"role/{bureau}/{ROLES[lane]}"
            if pick < ONE_POOL:
                pool = "role/1/section"
            elif pick > 1 - OWN:
                pool = "person/1"
            due = now + timedelta(days=random.randint(-FAR, FAR), minutes=each % 1440)
            rows.append(
                {
                    "instance_id": case.id, "case_id": case.id, "bureau_id": bureau,
                    "release_id": case.release_id, "process": f"bench{each % 3}", "task": f"t{each}",
                    "element": "step", "step": f"环节{each % STEPS}", "lane": LANES[lane], "pool": pool,
                    "home": pool, "case_no": f"检查〔2026〕{each}号", "object_name": f"第{each}医院",
                    "due_at": None if random.random() < UNDATED else due,
                }
            )  # fmt: skip
        with world.database.transaction() as session:
            session.connection().execute(insert(WorkItem.__table__), rows)  # type: ignore[arg-type]
        tell(len(rows))


Read = Callable[[Session, Person], Any]


def _first(session: Session, who: Person) -> Any:
    inbox.counts(session, who)
    inbox.badge(session, who)
    return inbox.listing(session, who, "todo", inbox.Filters())


def _filtered(session: Session, who: Person) -> Any:
    inbox.counts(session, who)
    return inbox.listing(session, who, "todo", inbox.Filters(due="late", step="环节3"))


def _searched(session: Session, who: Person) -> Any:
    return inbox.listing(session, who, "todo", inbox.Filters(q="不存在"))


def _far(world: World) -> Read:
    with world.database.reading() as session:
        who, cursor = person(session, 1), ""
        for _ in range(PAGES):
            cursor = inbox.listing(session, who, "todo", inbox.Filters(), cursor).next
    return lambda session, who: inbox.listing(session, who, "todo", inbox.Filters(), cursor)


def _board(session: Session, who: Person) -> Any:
    board._kept.clear()  # noqa: SLF001 (what the first view costs, not the ones that follow within half a minute)
    return board.board(session, who, board.Filters())


def _late(session: Session, who: Person) -> Any:
    return board.late_count(session, who)


def _cpu(world: World, read: Read) -> float:
    """Milliseconds of CPU of one read in a session of its own; the best of ten."""
    return _best(world, read, time.process_time)


def _wall(world: World, read: Read) -> float:
    """Milliseconds of one read in a session of its own; the best of ten."""
    return _best(world, read, time.perf_counter)


def _best(world: World, read: Read, tick: Callable[[], float]) -> float:
    best = float("inf")
    for _ in range(10):
        with world.database.reading() as session:
            who = person(session, 1)
            began = tick()
            read(session, who)
            best = min(best, tick() - began)
    return round(best * 1000, 2)
