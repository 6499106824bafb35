"""How a command opens the installation: settings, clock, a database that is there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine import clock
from engine.errors import NotFound
from engine.settings import Settings
from engine.storage.session import Database
from web.cli_words import say

if TYPE_CHECKING:  # the machine takes a second to load; most commands do without
    from engine.desk.world import World


def settings() -> Settings:
    """The settings, with the process' clock set by them."""
    found = Settings.from_env()
    clock.install(found.clock)
    return found


def connect(found: Settings) -> Database:
    """The database, there or not yet; its connections end with the command."""
    return _ending_with_the_command(Database(found.database_url))


def _ending_with_the_command(database: Database) -> Database:
    context = click.get_current_context(silent=True)
    if context is not None:
        context.find_root().call_on_close(database.dispose)
    return database


def open_database(found: Settings | None = None) -> Database:
    """The database, which must exist and hold the tables. Raises NotFound otherwise and creates nothing."""
    database = connect(found or settings())
    refuse_missing(database)
    return database


def refuse_missing(database: Database) -> None:
    """NotFound unless there is a database with our tables."""
    if not is_there(database):
        raise NotFound(say("数据库还没有建立。"), hint=say("请先执行 casework db upgrade。"))


def is_there(database: Database) -> bool:
    """Whether the database exists and holds our tables; looking creates nothing."""
    from sqlalchemy import inspect  # noqa: PLC0415 (only where a database is asked for)

    path = database.url.database
    if database.is_sqlite and path not in (None, "", ":memory:") and not Path(str(path)).exists():
        return False
    return inspect(database.engine).has_table("person")


def open_installation() -> World:
    """The assembled installation on a database that is there."""
    from web.assembly import open_world  # noqa: PLC0415 (see above)

    world = open_world(Settings.from_env())
    refuse_missing(_ending_with_the_command(world.database))
    return world


def scratch_settings(folder: Path) -> Settings:
    """Settings of an installation that lives and ends in a folder, anchors included."""
    return Settings.from_env(
        {
            "CASEWORK_DATABASE_URL": f"sqlite:///{folder / 'scratch.db'}",
            "CASEWORK_FILES_DIR": str(folder / "files"),
            "CASEWORK_ANCHORS_DIR": str(folder / "anchors"),
        },
    )
