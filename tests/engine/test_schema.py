"""A database made by migrations is the database the tables describe, with every guard in force."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

import engine.desk.world  # noqa: F401 (all tables)
from engine import audit
from engine.audit import AuditSeal
from engine.domain.registry import RegistryLock
from engine.domain.registry.tables import RegistryObject
from engine.people import Bureau, Person
from engine.storage import backup, schema
from engine.storage.base import Base
from engine.storage.session import Database
from tests.databases import SqliteDatabases

KINDS = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture(scope="module", params=KINDS)
def migrated(request, tmp_path_factory) -> Callable[[], Database]:
    """Makes copies of a database that was empty and went through all migrations twice, on each kind."""
    folder = tmp_path_factory.mktemp("migrated")
    kind = SqliteDatabases(folder) if request.param == "sqlite" else request.getfixturevalue("postgres")

    def migrate(database: Database) -> None:
        schema.upgrade(database)
        schema.upgrade(database)  # a second time changes nothing

    kind.template("migrated", migrate)
    return lambda: Database(kind.copy("migrated", tmp_path_factory.mktemp("copy")))


@pytest.fixture
def empty(migrated) -> Iterator[Database]:
    """A migrated database without any row."""
    database = migrated()
    yield database
    database.dispose()


def test_an_empty_database_becomes_exactly_what_the_tables_say(empty):
    assert schema.drift(empty) == []
    assert schema.missing_guards(empty) == []
    assert backup.faults(empty) == []
    assert schema.revision(empty)[0] == schema.newest()


def test_migrated_and_created_databases_have_the_same_guards(empty, tmp_path, request):
    if empty.is_sqlite:
        made = Database(f"sqlite:///{tmp_path / 'made.db'}")
        Base.metadata.create_all(made.engine)
        statement = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name"
    else:
        made = Database(request.getfixturevalue("postgres").url("template_empty"))
        statement = (
            "SELECT tgname, prosrc, pg_get_triggerdef(pg_trigger.oid) FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid "
            "WHERE NOT tgisinternal ORDER BY tgname"
        )
    found = []
    for database in (empty, made):
        with database.engine.connect() as connection:
            found.append(
                [[" ".join(part.split()) for part in row] for row in connection.execute(text(statement))]
            )
    made.dispose()
    assert found[0] == found[1]


def test_drift_is_named(empty):
    with empty.engine.begin() as connection:
        connection.execute(text("ALTER TABLE person ADD COLUMN stray INTEGER"))
    (fault,) = backup.faults(empty)
    assert "stray" in fault


def test_a_missing_guard_is_named(empty):
    with empty.engine.begin() as connection:
        where = "" if empty.is_sqlite else " ON audit_seal"
        connection.execute(text(f"DROP TRIGGER audit_seal_no_update{where}"))
    assert backup.faults(empty) == ["数据库缺少保护规则（触发器）audit_seal_no_update"]


@pytest.fixture
def guarded(empty):
    """A migrated database with a sealed entry and a locked registry."""
    with empty.transaction() as session:
        bureau = Bureau(
            name="舞钢市医疗保障局", short_name="舞钢局", division="410481", level="county", pack="wugang"
        )
        session.add(bureau)
        session.flush()
        session.add(
            RegistryObject(
                bureau_id=bureau.id, code="H41048100001", name="甲医院", kind="pharmacy", type="institution"
            )
        )
        keeper = Person(bureau_id=bureau.id, login="keeper", name="管理员", staff_no="1")
        session.add(keeper)
        session.flush()
        session.add(
            RegistryLock(
                bureau_id=bureau.id, kind="objects", draw_id="410481-2026-0001", locked_by_id=keeper.id
            )
        )
        audit.record(session, action="x", subject="y", chained=True)
        audit.record(session, action="x", subject="waits")
    return empty


@pytest.mark.parametrize(
    ("statement", "refusal"),
    [
        ("UPDATE audit_entry SET reason = 'x'", "append-only"),
        ("DELETE FROM audit_entry", "append-only"),
        ("UPDATE audit_seal SET seq = 9", "append-only"),
        ("DELETE FROM audit_seal", "append-only"),
        ("DELETE FROM audit_waiting", "waits until it is sealed"),
        ("UPDATE audit_waiting SET entry_id = 1", "waits until it is sealed"),
        ("UPDATE registry_object SET active = false", "locked by a draw"),
        ("DELETE FROM registry_object", "locked by a draw"),
    ],
)
def test_plain_sql_gets_nowhere(guarded, statement, refusal):
    with pytest.raises(DBAPIError, match=refusal), guarded.engine.begin() as connection:
        connection.execute(text(statement))


def test_a_broken_reference_is_named(guarded):
    with guarded.engine.connect() as connection:
        if guarded.is_sqlite:
            connection.exec_driver_sql("ROLLBACK")
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
            connection.exec_driver_sql("UPDATE bureau SET parent_id = 77")
        else:
            connection.execute(text("ALTER TABLE bureau DISABLE TRIGGER ALL"))
            connection.execute(text("UPDATE bureau SET parent_id = 77"))
            connection.execute(text("ALTER TABLE bureau ENABLE TRIGGER ALL"))
            connection.commit()
    assert backup.faults(guarded) == ["表 bureau 中 parent_id = 77 引用了不存在的 bureau"]


def test_the_sealed_chain_is_read_back_alike_on_both_databases(guarded):
    with guarded.reading() as session:
        assert audit.verify(session).ok
        assert session.get(AuditSeal, 1) is not None
