"""What many scenarios begin with is walked once: who tells it again finds the installation as it was left.

@preamble
def closed(scene, retention="30"): ...

A preamble that is told to an installation in which nothing else has happened yet is known by its name, its answers
and the preambles before it. The first scenario walks it, and what it left (database, files, the held clock) is kept;
the next gets a copy. Whatever else is committed in between makes the past unknown, and everything is walked again.
A scenario that patches the code (fixture `monkeypatch`) walks for itself.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import wraps
from pathlib import Path
from threading import Lock
from typing import Any, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine, event

from tests.databases import Databases
from tests.scenario import Case, Scenario

P, R = ParamSpec("P"), TypeVar("R")
MOST = 30  # so many are kept at once: on PostgreSQL each takes 17 MB


class Unknown(Exception):
    """A thing that a key cannot be made of."""


@dataclass(frozen=True, slots=True)
class Left:
    """What a preamble left: what it gave, and the instant to which it let time go by."""

    result: Any
    now: datetime


@dataclass(frozen=True, slots=True)
class Number:
    """A case without its scenario."""

    id: int


@dataclass(slots=True)
class Memory:
    """The preambles that this process has walked, the one told last at the end; `folder` keeps their files."""

    databases: Databases
    folder: Path
    left: dict[str, Left] = field(default_factory=dict)
    pasts: dict[str, Past] = field(default_factory=dict)  # by the name of the database

    @contextmanager
    def listening(self) -> Iterator[Memory]:
        """Hear of every connection and of every commit of this process."""
        heard = {"do_connect": self._connects, "commit": self._commits}
        for name, listener in heard.items():
            event.listen(Engine, name, listener)
        yield self
        for name, listener in heard.items():
            event.remove(Engine, name, listener)

    def _connects(self, _dialect: Any, _record: Any, where: Any, named: Mapping[str, Any]) -> None:
        past = self.pasts.get(named.get("dbname") or next(iter(where), ""))
        if past is not None:
            past.is_made()

    def _commits(self, connection: Connection) -> None:
        past = self.pasts.get(str(connection.engine.url.database))
        if past is not None:
            past.known = ""

    def begins(self, scene: Scenario, furnished: str, *, known: str) -> Past:
        """An installation is opened on a template; where its past is not `known`, nothing is remembered of it."""
        database = scene.world.database
        past = Past(self, scene, database.url.render_as_string(hide_password=False), furnished, known)
        self.pasts[str(database.url.database)] = past
        return past

    def ends(self, past: Past) -> None:
        """The scenario is over."""
        past.scene.world.database.dispose()
        del self.pasts[str(past.scene.world.database.url.database)]
        self.databases.drop(past.url)

    def keeps(self, past: Past, name: str, left: Left) -> None:
        """A preamble was walked for the first time."""
        while len(self.left) >= MOST:
            oldest = next(iter(self.left))
            del self.left[oldest]
            self.databases.forget(oldest)
            shutil.rmtree(self.folder / oldest, ignore_errors=True)
        past.is_made()
        past.scene.world.database.dispose()
        self.databases.keep(past.url, name)
        for number, folder in enumerate(past.folders()):
            if folder.exists():
                shutil.copytree(folder, self.folder / name / str(number))
        self.left[name] = left

    def gives(self, past: Past, name: str) -> Left:
        """The installation stands where the preamble left it."""
        left = self.left[name] = self.left.pop(name)
        past.scene.world.database.dispose()
        past.wanted = name
        for number, folder in enumerate(past.folders()):
            shutil.rmtree(folder, ignore_errors=True)
            if (self.folder / name / str(number)).exists():
                shutil.copytree(self.folder / name / str(number), folder)
        past.scene.rehearsal.now = left.now
        return left


@dataclass(slots=True)
class Past:
    """What has happened in an installation since it was furnished, as long as it was preambles only.

    Its database is copied when somebody first looks into it: often it is not the furnished one that is wanted.
    """

    memory: Memory
    scene: Scenario
    url: str
    wanted: str
    known: str
    made: str = ""
    lock: Any = field(default_factory=Lock)

    def is_made(self) -> None:
        """From here on the database is there, with what is wanted in it; two threads may look at once."""
        with self.lock:
            if self.wanted != self.made:
                self.memory.databases.refill(self.url, self.wanted)
                self.made = self.wanted

    def folders(self) -> tuple[Path, Path]:
        """Where the installation keeps files beside its database."""
        return self.scene.world.settings.files_dir, self.scene.world.settings.anchors_dir

    def key(self, name: str, answers: Any) -> str:
        """The name of a preamble after this past; empty where it has none."""
        if not self.known or self.scene.rehearsal.rules:
            return ""
        try:
            told = repr((self.known, self.scene.rehearsal.now, name, _written(answers)))
        except Unknown:
            return ""
        return f"past_{hashlib.sha256(told.encode()).hexdigest()[:20]}"


def preamble(tell: Callable[P, R]) -> Callable[P, R]:
    """A story of a scenario, or of a case, with which many begin."""

    @wraps(tell)
    def told(*args: P.args, **answers: P.kwargs) -> R:
        first: Any = args[0]
        scene = first.scenario if isinstance(first, Case) else first
        past: Past | None = getattr(scene, "past", None)
        name = past.key(f"{tell.__module__}.{tell.__name__}", (args, answers)) if past else ""
        if past is None or not name:
            return tell(*args, **answers)
        if name not in past.memory.left:
            result = tell(*args, **answers)
            past.memory.keeps(past, name, Left(_without(result), scene.rehearsal.now))
        else:
            result = _with(past.memory.gives(past, name).result, scene)
        past.known = name
        return result

    return told


def _written(value: Any) -> Any:
    """Arguments as plain words: the scenario is known, a case is its number."""
    if isinstance(value, Scenario):
        return "scenario"
    if isinstance(value, Case):
        return Number(value.id)
    if isinstance(value, Mapping):
        return [(key, _written(each)) for key, each in value.items()]
    if isinstance(value, list | tuple):
        return [_written(each) for each in value]
    if value is None or isinstance(value, str | int | float | datetime):
        return value
    raise Unknown


def _without(result: Any) -> Any:
    if isinstance(result, tuple):
        return tuple(_without(each) for each in result)
    return Number(result.id) if isinstance(result, Case) else result


def _with(result: Any, scene: Scenario) -> Any:
    if isinstance(result, tuple):
        return tuple(_with(each, scene) for each in result)
    return Case(scene, result.id) if isinstance(result, Number) else result
