"""The database of an installation and the only `.commit()` of the product.

SQLite (embedded): WAL, `synchronous=FULL`, writers begin IMMEDIATE, readers have a read-only connection.
PostgreSQL: several web and worker processes; a step that loses a race (for a lock, or for being the first to write
what may stand once) is run again, at most three times.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import orjson
from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

T = TypeVar("T")
RETRYABLE = {"40001", "40P01", "23505"}
TRIES = 3
GONE = ("08", "57P")  # connection exceptions; the server ends, or has only just begun


def _dumps(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


class Database:
    """Opens transactions on one database URL."""

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if self.is_sqlite and self.url.database not in (None, "", ":memory:"):
            Path(str(self.url.database)).parent.mkdir(parents=True, exist_ok=True)
        self.engine = self._engine(read_only=False)
        self.reader = self._reader()

    def _reader(self) -> Engine:
        if not self.is_sqlite:
            return self.engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        return self._engine(read_only=True) if self._is_file else self.engine

    @property
    def _is_file(self) -> bool:
        return self.is_sqlite and self.url.database not in (None, "", ":memory:")

    def _engine(self, *, read_only: bool) -> Engine:
        options: dict[str, Any] = {"json_serializer": _dumps, "json_deserializer": orjson.loads}
        if self.is_sqlite:
            options["connect_args"] = {"check_same_thread": False, "isolation_level": None, "timeout": 30}
        else:
            options |= {"pool_pre_ping": True, "pool_size": 10, "max_overflow": 20}
        engine = create_engine(self.url, **options)
        if self.is_sqlite:
            _prepare_sqlite(engine, read_only=read_only)
        return engine

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """One unit of work: committed at the end, rolled back on any exception."""
        with Session(self.engine, expire_on_commit=False) as session:
            try:
                yield session
                session.commit()
            except BaseException:
                session.rollback()
                raise

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees one consistent state and can change nothing."""
        with Session(self.reader, expire_on_commit=False, autoflush=False) as session:
            yield session

    def run(self, work: Callable[[Session], T]) -> T:
        """Run a unit of work; a lost race (`RETRYABLE` on PostgreSQL; a row changed meanwhile) is run again."""
        for attempt in range(1, TRIES + 1):
            try:
                with self.transaction() as session:
                    return work(session)
            except (DBAPIError, StaleDataError) as fault:
                if attempt == TRIES or not _lost_race(fault):
                    raise
                time.sleep(random.uniform(0, 0.02) * attempt)  # noqa: S311 (to part the two)
        raise AssertionError("unreachable")

    def dispose(self) -> None:
        """Close all connections."""
        self.engine.dispose()
        self.reader.dispose()


def unreachable(fault: BaseException) -> bool:
    """Whether the database server went away under a statement, or lets nobody in (PostgreSQL being restarted).

    Nothing of the unit of work was kept, unless it was lost while committing: a key tells, when it is asked again.
    """
    if not isinstance(fault, DBAPIError):
        return False
    # The state is None where there is no connection; SQLite's faults have none at all.
    state = getattr(fault.orig, "sqlstate", "")
    away = isinstance(fault, OperationalError) and (state is None or state.startswith(GONE))
    return away or fault.connection_invalidated


def _lost_race(fault: Exception) -> bool:
    return (
        isinstance(fault, StaleDataError)
        or getattr(getattr(fault, "orig", None), "sqlstate", "") in RETRYABLE
    )


def _prepare_sqlite(engine: Engine, *, read_only: bool) -> None:
    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, record: Any) -> None:  # noqa: ARG001
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA busy_timeout=30000")
        if read_only:
            cursor.execute("PRAGMA query_only=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def on_begin(connection: Any) -> None:
        # A writer takes its lock at once: a later upgrade from reader to writer would fail without waiting.
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")
