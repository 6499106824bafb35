"""Rows written past the unit of work: at once, or gathered and then together, always before anybody reads."""

from __future__ import annotations

import pytest
from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm.exc import StaleDataError

from engine.errors import Refused
from engine.people import Bureau
from engine.runtime.tables import Receipt
from engine.storage.base import append, gathered, write


def put(session, key):
    append(session, Receipt, key=key, body_hash="0" * 64, answer={})


def number(session):
    return session.scalar(select(func.count()).select_from(Receipt))


def test_gathered_rows_stand_there_for_whoever_reads_and_at_the_end(database):
    with database.transaction() as session:
        with gathered(session):
            put(session, "a")
            put(session, "b")
            assert number(session) == 2
            with gathered(session):
                put(session, "c")
            put(session, "d")
        assert number(session) == 4


@pytest.mark.parametrize("way", ["mapped", "past the unit of work"])
def test_what_is_too_long_for_its_column_is_refused_in_words_on_both_databases(database, way):
    """SQLite would keep it, PostgreSQL would end in a failure: whoever typed it is told, and may shorten it."""
    values = {"division": "2" * 81, "name": "局", "short_name": "局", "level": "county", "pack": "jilin"}

    def work(session):
        if way == "mapped":
            session.add(Bureau(**values))
            session.flush()
        else:
            append(session, Bureau, **values)

    with pytest.raises(Refused, match="太长：有 81 个字符，最多 80 个") as no:
        database.run(work)
    assert no.value.slug == "too-long"


def test_what_is_looked_for_may_have_any_length(database):
    with database.reading() as session:
        assert session.scalar(select(Bureau).where(Bureau.division == "2" * 200)) is None
        assert session.scalar(select(Bureau).where(Bureau.division.in_(["2" * 200]))) is None
        assert session.scalar(select(Bureau).where(Bureau.division.contains("2" * 200))) is None


def test_gathered_rows_come_before_what_the_unit_of_work_writes(database):
    seen = update(Receipt).where(Receipt.key == bindparam("one")).values(body_hash=bindparam("hash"))
    with database.transaction() as session, gathered(session):
        put(session, "a")
        put(session, "b")
        for each in ("a", "b"):
            assert write(session, seen, {"one": each, "hash": each * 64}) == 1
        session.add(Bureau(id=1, division="220000", name="局", short_name="局", level="county", pack="jilin"))
        session.flush()
        assert session.scalars(select(Receipt.body_hash).order_by(Receipt.key)).all() == ["a" * 64, "b" * 64]


def put_and_stop(database):
    with database.transaction() as session, gathered(session):
        put(session, "a")
        raise ValueError("stop")


def change(database, *keys):
    changing = update(Receipt).where(Receipt.key == bindparam("one")).values(body_hash=bindparam("hash"))
    with database.transaction() as session, gathered(session):
        put(session, "a")
        for key in keys:
            write(session, changing, {"one": key, "hash": "1" * 64})


def test_after_an_exception_nothing_is_written(database):
    with pytest.raises(ValueError, match="stop"):
        put_and_stop(database)
    with database.reading() as session:
        assert number(session) == 0


def test_a_gathered_change_that_meets_no_row_is_a_lost_race(database):
    with pytest.raises(StaleDataError, match="receipt"):
        change(database, "a", "missing")
    with database.reading() as session:
        assert number(session) == 0
