"""Typed columns for all tables: instants are UTC and aware, constraints are named, JSON is comparable."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, cast

from sqlalchemy import (
    JSON,
    BigInteger,
    Date,
    DateTime,
    ForeignKey,
    Insert,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    Update,
    event,
    insert,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DontWrapMixin
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column
from sqlalchemy.orm.exc import StaleDataError
from sqlalchemy.sql.operators import OperatorType
from sqlalchemy.types import TypeDecorator, TypeEngine

from engine.errors import Refused
from engine.sentence import Sentence


class UtcDateTime(TypeDecorator[datetime]):
    """An instant. Refuses naive values; comes back aware, in UTC, from every database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """To the database: UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a naive datetime cannot be stored: {value!r}")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """From the database: SQLite forgets the zone, which is always UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class TooLong(Refused, DontWrapMixin):
    """A text does not fit where it is to stand; whoever wrote it may shorten it."""


class Bounded(TypeDecorator[str]):
    """A short text. Both databases refuse a longer one, and say so in words (SQLite would take it as it is)."""

    impl = String
    cache_ok = True

    def __init__(self, length: int = 0) -> None:
        self.length = length
        super().__init__(length)

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """To the database: whole, or not at all."""
        if value is not None and len(value) > self.length:
            raise TooLong(
                Sentence(
                    "“{begin}…”太长：有 {count} 个字符，最多 {most} 个。",
                    begin=value[:20],
                    count=len(value),
                    most=self.length,
                ),
                hint="请改短后再提交。",
                slug="too-long",
            )
        return value

    def coerce_compared_value(self, op: OperatorType | None, value: Any) -> TypeEngine[Any]:  # noqa: ARG002
        """What is searched for may have any length: it is not found, that is all."""
        return String()


BigId = BigInteger().with_variant(Integer, "sqlite")
Json = JSON().with_variant(JSONB, "postgresql")

pk = Annotated[int, mapped_column(BigId, primary_key=True)]
WORD = 80  # characters
word = Annotated[str, mapped_column(Bounded(WORD))]
text = Annotated[str, mapped_column(Text)]
sha256 = Annotated[str, mapped_column(String(64))]


class Base(DeclarativeBase):
    """Parent of all tables."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        },
    )
    type_annotation_map = {  # noqa: RUF012 (SQLAlchemy reads it once)
        datetime: UtcDateTime,
        date: Date,
        str: Text,
        int: BigId,
        dict[str, Any]: Json,
        list[Any]: Json,
        list[str]: Json,
        Decimal: String(64),
    }


def append(session: Session, model: type[Base], **values: Any) -> None:
    """Write a row that nobody changes in this transaction, at once and past the unit of work.

    A step writes five such rows; this way each costs a third of the processor time of a mapped object. Rows
    that it refers to must have been flushed.
    """
    write(session, _insert(model), values)


def write(session: Session, statement: Insert | Update, values: Mapping[str, Any]) -> int:
    """Carry out a statement for one row, within `gathered` later and together; returns the rows it met."""
    waiting: dict[Any, list[Mapping[str, Any]]] | None = session.info.get(_WAITING)
    if waiting is None:
        return int(session.connection().execute(statement, values).rowcount)
    waiting.setdefault((statement, tuple(values)), []).append(values)
    return 1


@contextmanager
def gathered(session: Session) -> Iterator[None]:
    """Within it rows wait, to be written table by table: many like rows cost half of what they cost one by one.

    They are written before anything else is asked of the session or flushed, at the latest at the end; after an
    exception not at all, since its transaction is void.
    """
    if _WAITING in session.info:
        yield
        return
    waiting: dict[Any, list[Mapping[str, Any]]] = {}

    def write_all(*_event: Any) -> None:
        for (statement, _keys), rows in list(waiting.items()):
            del waiting[statement, _keys]
            met = session.connection().execute(statement, rows).rowcount
            # PostgreSQL does not say how many rows an INSERT wrote; either it writes them all or it fails
            if isinstance(statement, Update) and met < len(rows):
                raise StaleDataError(f"{len(rows)} rows of {statement.table}: not all were as seen")

    session.info[_WAITING] = waiting
    for moment in ("do_orm_execute", "before_flush"):
        event.listen(session, moment, write_all)
    try:
        yield
        write_all()
    finally:
        for moment in ("do_orm_execute", "before_flush"):
            event.remove(session, moment, write_all)
        del session.info[_WAITING]


_WAITING = "rows that wait to be written together"


def append_once(session: Session, model: type[Base], unique: str, **values: Any) -> bool:
    """Write a row unless one with the same unique value stands there; returns whether it was written.

    On PostgreSQL this waits for a transaction that is writing the same value, and then sees its row.
    """
    dialect = session.get_bind().dialect.name
    written = session.connection().execute(_insert_once(dialect, model, unique), values)
    return written.first() is not None


@cache
def _insert_once(dialect: str, model: type[Base], unique: str) -> Any:
    build = postgresql.insert if dialect == "postgresql" else sqlite.insert
    statement = build(cast("Table", model.__table__)).on_conflict_do_nothing(index_elements=[unique])
    return statement.returning(model.__table__.c[unique])


@cache
def _insert(model: type[Base]) -> Insert:
    return insert(cast("Table", model.__table__))


def reference(target: str, **options: Any) -> Any:
    """Make a foreign key column, indexed unless told otherwise."""
    options.setdefault("index", True)
    ondelete = options.pop("ondelete", None)
    return mapped_column(BigId, ForeignKey(target, ondelete=ondelete), **options)
