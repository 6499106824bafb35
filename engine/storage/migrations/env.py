"""Alembic's environment: the tables of the product, the database of the settings (or the connection handed in)."""

from __future__ import annotations

from alembic import context

import engine.desk.health  # its mark
import engine.domain.verbs  # noqa: F401 (all tables of the domain)
from engine import access, audit  # noqa: F401
from engine.runtime import tables  # noqa: F401
from engine.settings import Settings
from engine.storage.base import Base
from engine.storage.session import Database


def run(connection: object) -> None:
    """Migrate or compare on a connection."""
    context.configure(
        connection=connection,  # type: ignore[arg-type]
        target_metadata=Base.metadata,
        compare_type=True,
        render_as_batch=True,
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    database = Database(Settings.from_env().database_url)
    with database.engine.begin() as connection:
        run(connection)
