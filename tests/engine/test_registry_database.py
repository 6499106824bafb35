"""On a real database: the sample world goes in, and raw SQL meets the rules that it holds."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from engine.desk import sample
from engine.domain import calendar, registry
from engine.domain.registry.transfer import export_file, import_file
from engine.people import Bureau

DRAW = "410481-2026-0001"


@pytest.fixture
def county(database):
    with database.transaction() as session:
        loaded = sample.build(session, "wugang", objects=30, seed=3)
    return database, loaded.main_id


def test_registries_go_out_and_in_again(county) -> None:
    database, bureau_id = county
    with database.transaction() as session:
        bureau = session.get_one(Bureau, bureau_id)
        for kind in ("objects", "inspectors", "conflicts", "items"):
            assert import_file(
                session, bureau, "x.csv", export_file(session, bureau, kind, form="csv"), kind=kind
            ).applied


def test_the_calendar_is_the_same_everywhere(database) -> None:
    with database.transaction() as session:
        calendar.import_year(session, 2026)
        calendar.set_day(session, date(2027, 1, 4), "holiday", "元旦", source="国办发明电")
    with database.reading() as session:
        assert calendar.count(session, date(2026, 12, 4), 20).day == date(2027, 1, 5)


ATTEMPTS = [
    "UPDATE registry_object SET agreement_state = 'suspended' WHERE code LIKE 'H%'",
    "UPDATE registry_object SET active = false",
    "DELETE FROM registry_object WHERE id NOT IN (SELECT object_id FROM conflict WHERE object_id > 0)",
    "UPDATE inspector SET can_lead = false",
    "DELETE FROM certificate",
    "UPDATE certificate SET valid_to = '2099-01-01'",
]
ALWAYS = {
    "UPDATE registry_object SET credit_level = 'X'": "credit_level",
    "UPDATE registry_object SET blacklisted_from = '2026-01-01', blacklist_decision = ''": "blacklist",
    "UPDATE inspector SET can_lead = true, is_expert = true": "experts_never_lead",
    "UPDATE registry_object SET code = 'H1'": r"bureau_id_code|registry_object\.bureau_id, registry_object\.code",
    (
        "INSERT INTO conflict (relation, matter, declared_on, note, source) "
        "VALUES ('spouse', 'x', '2026-01-01', '', '')"
    ): "somebody",
    "UPDATE calendar_day SET kind = 'party'": "ck_calendar_day_kind",
}


@pytest.mark.parametrize("statement", ATTEMPTS)
def test_raw_sql_cannot_edit_a_registry_that_a_draw_holds(county, statement) -> None:
    database, bureau_id = county
    with database.transaction() as session:
        who = registry.inspectors_of(session, bureau_id)[0].person
        registry.lock(session, [bureau_id], DRAW, who)
    with pytest.raises(DBAPIError, match="locked by a draw"), database.transaction() as session:
        session.execute(text(statement))
    with database.transaction() as session:
        session.execute(text("UPDATE registry_object SET credit_level = 'C'"))
        registry.release(session, DRAW)
    with database.transaction() as session:
        session.execute(text(statement))


@pytest.mark.parametrize(("statement", "rule"), ALWAYS.items())
def test_raw_sql_meets_the_constraints(county, statement, rule) -> None:
    database, _bureau_id = county
    with database.transaction() as session:
        calendar.import_year(session, 2026)
    with pytest.raises(DBAPIError, match=rf"constraint.*{rule}"), database.transaction() as session:
        session.execute(text(statement))


def test_two_draws_cannot_hold_one_registry(county) -> None:
    database, bureau_id = county
    statement = text(
        "INSERT INTO registry_lock (bureau_id, kind, draw_id, locked_by_id, locked_at) "
        "SELECT bureau_id, kind, 'other', locked_by_id, locked_at FROM registry_lock",
    )
    with database.transaction() as session:
        registry.lock(session, [bureau_id], DRAW, registry.inspectors_of(session, bureau_id)[0].person)
    once = r"uq_registry_lock_open|UNIQUE .*registry_lock\.bureau_id, registry_lock\.kind"
    with pytest.raises(DBAPIError, match=once), database.transaction() as session:
        session.execute(statement)
