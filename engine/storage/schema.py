"""The schema of the database: upgrade it, and tell whether it has drifted from the code."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from engine.storage.base import Base
from engine.storage.session import Database

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


def revision(database: Database) -> tuple[str, str]:
    """(version of the database, newest version of the code); "" for an empty database."""
    head = ScriptDirectory.from_config(_config()).get_current_head() or ""
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() or "", head


def drift(database: Database) -> list[str]:
    """Differences between the database and the tables of the code, in words; empty when there are none."""
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return [str(difference) for difference in compare_metadata(context, Base.metadata)]
