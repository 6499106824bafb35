"""The schema of the database: upgrade it, and tell whether it has drifted from the code."""

from __future__ import annotations

import re
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import DDL, text

from engine.storage.base import Base
from engine.storage.session import Database

_TRIGGER = re.compile(r"CREATE (?:OR REPLACE )?(?:CONSTRAINT )?TRIGGER (\w+)")
MIGRATIONS = Path(__file__).parent / "migrations"


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def upgrade(database: Database) -> None:
    """Bring the schema to the newest version; a fresh database gets all of it."""
    config = _config()
    with database.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def newest() -> str:
    """The newest version of the code."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def revision(database: Database) -> tuple[str, str]:
    """(version of the database, newest version of the code); "" for an empty database."""
    head = newest()
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() or "", head


def drift(database: Database) -> list[str]:
    """Differences between the database and the tables of the code, in words; empty when there are none."""
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return [str(difference) for difference in compare_metadata(context, Base.metadata)]


def guards(database: Database) -> set[str]:
    """The triggers of a database, by name."""
    statement = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if database.is_sqlite
        else "SELECT tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid "
        "WHERE NOT tgisinternal AND tgenabled <> 'D' AND relnamespace = current_schema()::regnamespace"
    )
    with database.engine.connect() as connection:
        return set(connection.scalars(text(statement)))


def missing_guards(database: Database) -> list[str]:
    """Triggers that the tables of the code declare and the database lacks or has switched off."""
    return sorted(_declared(database.engine.dialect.name) - guards(database))


def _declared(dialect: str) -> set[str]:
    """The names in the CREATE TRIGGER statements that listen to the creation of tables."""
    found: set[str] = set()
    for table in Base.metadata.sorted_tables:
        for listener in table.dispatch.after_create:
            ddl = getattr(listener, "__self__", listener)
            if isinstance(ddl, DDL) and ddl._ddl_if is not None and ddl._ddl_if.dialect == dialect:  # noqa: SLF001
                found |= set(_TRIGGER.findall(ddl.statement))
    return found
