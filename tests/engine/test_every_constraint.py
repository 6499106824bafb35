"""Every rule that a constraint holds is tried in plain SQL: a row that breaks this rule alone is refused by its name.

No verb, no page and no form is asked. A database looks at a row's CHECKs before it follows its references, so the
broken row may refer to nobody; that a proper one passes is tried too, else the attempts would show nothing.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Enum,
    Index,
    Integer,
    LargeBinary,
    Table,
    UniqueConstraint,
    null,
    text,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from engine.audit.log import PROTECTED
from engine.storage.base import Base, UtcDateTime
from tests.engine.constraint_samples import DAY, KEPT_ONCE, PROPER, WRONG, Row

TABLES = Base.metadata.sorted_tables
CHECKS = {
    str(check.name): check
    for table in TABLES
    for check in table.constraints
    if isinstance(check, CheckConstraint)
}
KEYS: dict[str, UniqueConstraint | Index] = {
    str(key.name): key
    for table in TABLES
    for key in (*table.constraints, *table.indexes)
    if isinstance(key, UniqueConstraint) or (isinstance(key, Index) and key.unique)
}
# They hold no rule of their own: a reference with a copied column needs a key that names both.
REFERRED = {name for name, key in KEYS.items() if {*key.table.primary_key} <= {*key.columns}}
SHAPES = (
    (r"(\w+) in \([^)]*\)", lambda _: "?"),
    (r"(\w+) <> ''", lambda _: ""),
    (r"(\w+) >= (\d+)", lambda found: int(found[2]) - 1),
)


def attempts(check: CheckConstraint) -> list[Row]:
    """What breaks a rule: as written in the samples, or read off a rule of a simple shape."""
    rule = " ".join(str(check.sqltext).split())
    shaped = [
        {found[1]: wrong(found)}
        for shape, wrong in SHAPES
        if (found := re.fullmatch(shape, rule)) is not None
    ]
    return WRONG.get(str(check.name), shaped)


def plain(column: Column[Any], number: int = 1) -> Any:
    """A value of a column's type, another one for another number."""
    if isinstance(column.type, Enum):
        return column.type.enums[number - 1]
    kinds: tuple[tuple[Any, Any], ...] = (
        (Boolean, False),
        (Integer, number),
        ((Date, UtcDateTime), DAY + timedelta(days=number - 1)),
        (JSON, {}),
        (LargeBinary, b"x" * number),
    )
    return next((value for kind, value in kinds if isinstance(column.type, kind)), "x" * number)


def begun(column: Column[Any]) -> Any:
    """What stands in a column when nobody said anything about it."""
    if column.default is not None and column.default.is_scalar:
        return column.default.arg
    return None if column.nullable else plain(column)


def row(table: Table, *changes: Row) -> Row:
    """A proper row of a table with changes; every column is named, so that nothing is filled in on the way."""
    values = {column.name: begun(column) for column in table.columns} | PROPER.get(table.name, {})
    for change in changes:
        assert change.keys() <= values.keys(), f"{table.name} has no such column: {change}"
        values |= change
    return {name: stored(table.columns[name], value) for name, value in values.items()}


def stored(column: Column[Any], value: Any) -> Any:
    """The value as it goes to the database: no JSON null, an instant for a day."""
    if value is None:
        return null()
    if isinstance(column.type, UtcDateTime) and isinstance(value, date):
        return datetime.combine(value, time(), UTC)
    return value


def broken(session: Session, table: Table, values: Row) -> str:
    """What the database says about a row."""
    with pytest.raises(IntegrityError) as refused, session.begin_nested():
        session.execute(table.insert().values(values))
    return str(refused.value.orig)


def without_references(session: Session) -> None:
    """Rows may refer to nobody, until this transaction ends."""
    postgres = session.get_bind().dialect.name == "postgresql"
    session.execute(
        text("SET LOCAL session_replication_role = replica" if postgres else "PRAGMA defer_foreign_keys = ON")
    )


def test_every_check_is_tried():
    tried = {name for name, check in CHECKS.items() if attempts(check)}
    assert tried == CHECKS.keys()
    assert WRONG.keys() <= CHECKS.keys(), "a rule that is gone"
    assert PROPER.keys() <= {table.name for table in TABLES}, "a table that is gone"


@pytest.mark.parametrize("name", sorted({check.table.name for check in CHECKS.values()}))
def test_a_proper_row_passes_every_check_of_its_table(session, name):
    without_references(session)
    table = Base.metadata.tables[name]
    with session.begin_nested() as nested:
        session.execute(table.insert().values(row(table)))
        nested.rollback()


@pytest.mark.parametrize("name", sorted(CHECKS))  # several processes must collect the same
def test_a_row_that_breaks_one_rule_is_refused_by_the_name_of_this_rule(session, name):
    table = CHECKS[name].table
    for change in attempts(CHECKS[name]):
        said = broken(session, table, row(table, change))
        assert re.search(rf"(?i)check constraint .*\b{name}\b", said), f"{change}: {said}"


@pytest.mark.parametrize("name", sorted(KEYS.keys() - REFERRED))
def test_what_there_is_once_is_refused_a_second_time(session, name):
    without_references(session)
    key = KEYS[name]
    table = key.table
    same = {column.name: plain(column) for column in key.columns if begun(column) is None}
    first = row(table, same, KEPT_ONCE.get(name, {}))
    others = {
        column.name
        for other in (table.primary_key, *(KEYS[other] for other in KEYS if KEYS[other].table is table))
        for column in other.columns
        if not column.nullable and column.name not in key.columns
    }
    second = first | {
        other: stored(table.columns[other], plain(table.columns[other], 2)) for other in sorted(others)
    }
    session.execute(table.insert().values(first))
    said = broken(session, table, second)
    columns = ", ".join(f"{table.name}.{column.name}" for column in key.columns)
    answers = [f'"{name}"', f"UNIQUE constraint failed: {columns}\n"]
    if table.name in PROTECTED:
        answers.append(f"{table.name} is append-only\n")  # on SQLite its guard is asked first
    assert any(answer in f"{said}\n" for answer in answers), said


def test_every_key_of_the_samples_is_there():
    assert KEPT_ONCE.keys() <= KEYS.keys() - REFERRED, "a key that is gone"
