"""Rules that a CHECK cannot hold, because they look at another row or at the row before: triggers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import DDL, event


def statements(
    dialect: str, table: str, name: str, verbs: tuple[str, ...], condition: str, message: str
) -> list[str]:
    """The statements that refuse `verbs` on a table while a condition over OLD and NEW holds.

    `condition` is SQL that both databases read (`IS DISTINCT FROM`, `EXISTS (SELECT …)`).
    """
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER {name}_{verb.lower()} BEFORE {verb} ON {table} WHEN {condition} "
            f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
            for verb in verbs
        ]
    back = "OLD" if verbs == ("DELETE",) else "NEW"
    body = f"IF {condition} THEN RAISE EXCEPTION '{message}'; END IF; RETURN {back};"
    made = f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$"
    when = f"BEFORE {' OR '.join(verbs)} ON {table} FOR EACH ROW"
    return [made, f"CREATE TRIGGER {name} {when} EXECUTE FUNCTION {name}()"]


def guard(table: Any, name: str, verbs: tuple[str, ...], condition: str, message: str) -> None:
    """Give a table (`Model.__table__`) a trigger that refuses, whenever it is created."""
    made_with(
        table,
        {
            dialect: statements(dialect, table.name, name, verbs, condition, message)
            for dialect in ("sqlite", "postgresql")
        },
    )


def made_with(table: Any, ddl: Mapping[str, Iterable[str]]) -> None:
    """Carry out statements (dialect → SQL) whenever a table (`Model.__table__`) is created."""
    for dialect, written in ddl.items():
        for statement in written:
            made = DDL(statement.replace("%", "%%")).execute_if(dialect=dialect)  # type: ignore[no-untyped-call]
            event.listen(table, "after_create", made)
