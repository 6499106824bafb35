"""P5: any change, cut or reordering of the log is detected by an outsider with one file and the published heads."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select, text
from sqlalchemy.exc import DBAPIError

from engine import audit, clock
from engine.audit import anchor as head
from engine.audit import export
from engine.audit.anchor import Anchors, anchor
from engine.desk import jobs
from engine.desk.world import World
from engine.errors import CaseworkError, SettingsInvalid
from engine.runtime.tables import Job
from engine.settings import ROOT, Settings
from engine.storage.session import Database
from tests.databases import with_tables

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
VERIFIER = ROOT / "web/static/verify/log_verify.py"
_spec = importlib.util.spec_from_file_location("log_verify", VERIFIER)
log_verify = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(log_verify)


@pytest.fixture(autouse=True)
def _clock():
    with clock.fixed(NOW):
        yield


@pytest.fixture
def world(database, tmp_path):
    """An installation whose log has twelve entries, sealed in three parts."""
    found = Settings(
        database_url=database.url.render_as_string(hide_password=False),
        secret_key="k" * 40,
        files_dir=tmp_path / "files",
        anchors_dir=tmp_path / "anchors",
    )
    world = World.open(found)
    for part in range(3):
        with world.database.transaction() as session:
            for number in range(4):
                audit.record(
                    session,
                    action="step.complete",
                    subject=f"case/{number}",
                    reason="李某已到场",
                    after={"名": "甲", "n": number},
                    chained=number == 3,
                )
        with clock.fixed(NOW + timedelta(minutes=part)):
            jobs.drain(world)
    yield world
    world.database.dispose()


def kept(world):
    return Anchors(world.settings.anchors_dir)


def exported(world, tmp_path, **options):
    path = tmp_path / "log.jsonl"
    with world.database.reading() as session:
        lines = list(export.lines(session, **options))
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    return path, lines


def outsider(*arguments):
    """What somebody without our software sees: exit code, words."""
    done = subprocess.run(
        [sys.executable, "-I", str(VERIFIER), *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_every_decision_sends_its_signed_head_outside(world):
    lines = head.read(kept(world).path.read_bytes(), "heads.jsonl")
    assert [line["seq"] for line in lines] == [4, 8, 12]
    with world.database.reading() as session:
        assert audit.verify(session, lines).ok
        assert set(session.scalars(select(Job.state))) == {"done"}
    key = kept(world).key().public_key()
    assert head.forged(lines, key) == (0, "")
    assert (kept(world).folder / head.PUBLIC_FILE).read_text().strip() == lines[0]["key"]


def test_ordinary_entries_are_sealed_and_anchored_within_the_hour_and_the_head_is_renewed(world):
    with world.database.transaction() as session:
        audit.record(session, action="sign-in", subject="person/1")
    jobs.seal_log(world)
    assert kept(world).newest()["seq"] == 13
    before = len(kept(world).path.read_bytes().splitlines())
    jobs.seal_log(world)
    assert len(kept(world).path.read_bytes().splitlines()) == before
    with clock.fixed(NOW + timedelta(hours=2)):
        jobs.seal_log(world)
    assert len(kept(world).path.read_bytes().splitlines()) == before + 1


def test_an_outsider_verifies_the_export_and_reads_nobodys_name(world, tmp_path):
    path, _ = exported(world, tmp_path)
    assert "李某" not in path.read_text(encoding="utf-8")
    code, said = outsider(path, "--anchors", kept(world).path, "--key", kept(world).folder / "head.pub")
    assert code == 0, said
    assert "12" in said
    path, _ = exported(world, tmp_path, disclose=True)
    assert "李某" in path.read_text(encoding="utf-8")
    assert outsider(path)[0] == 0


def test_an_outsider_sees_which_private_part_was_exchanged(world, tmp_path):
    path, lines = exported(world, tmp_path, disclose=True)
    lines[6]["private"]["reason"] = "王某已到场"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    code, said = outsider(path, "--json")
    assert (code, json.loads(said)["bad"]) == (1, 7)


def _changed(lines):
    lines[4]["entry"]["subject"] = "case/99"


def _cut(lines):
    del lines[4]


def _swapped(lines):
    lines[4], lines[5] = lines[5], lines[4]


def _relinked(lines):
    """Changed, with every later hash computed anew: only a head kept outside tells."""
    lines[4]["entry"]["subject"] = "case/99"
    previous = lines[3]["hash"]
    for line in lines[4:]:
        line["prev"] = previous
        line["hash"] = previous = log_verify.sha256(previous, line["entry"])


def _shortened(lines):
    del lines[9:]


@pytest.mark.parametrize(
    ("forge", "bad"), [(_changed, 5), (_cut, 5), (_swapped, 5), (_relinked, 8), (_shortened, 10)]
)
def test_a_forged_export_is_refused_at_the_first_bad_number(world, tmp_path, forge, bad):
    path, lines = exported(world, tmp_path)
    forge(lines)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    code, said = outsider(path, "--anchors", kept(world).path, "--json")
    assert (code, json.loads(said)["bad"]) == (1, bad)


def test_heads_signed_by_somebody_else_are_refused(world, tmp_path):
    path, _ = exported(world, tmp_path)
    other = Ed25519PrivateKey.generate()
    forged = tmp_path / "forged.jsonl"
    lines = head.read(kept(world).path.read_bytes(), "heads")
    forged.write_text("".join(json.dumps(head.sign(other, one["seq"], one["hash"])) + "\n" for one in lines))
    assert outsider(path, "--anchors", forged)[0] == 0
    code, said = outsider(path, "--anchors", forged, "--key", lines[0]["key"], "--json")
    assert (code, json.loads(said)["bad"]) == (1, 4)
    assert head.forged(head.read(forged.read_bytes(), "f"), kept(world).key().public_key())[0] == 4


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=80), st.integers(0, 511))
@settings(max_examples=10, deadline=None)
def test_the_verifier_s_own_ed25519_agrees_with_the_library(seed, message, bit):
    key = Ed25519PrivateKey.from_private_bytes(seed)
    public, signature = key.public_key().public_bytes_raw(), key.sign(message)
    assert log_verify.signature_holds(public, message, signature)
    wrong = bytearray(signature)
    wrong[bit // 8] ^= 1 << bit % 8
    assert not log_verify.signature_holds(public, message, bytes(wrong))
    assert not log_verify.signature_holds(public, message + b"x", signature)


def test_ed25519_of_rfc_8032():
    """Test 2 of section 7.1."""
    public = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
    signature = bytes.fromhex(
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )
    assert log_verify.signature_holds(public, b"\x72", signature)


def _drop(session, table):
    """What somebody who owns the database would do first."""
    if session.get_bind().dialect.name == "sqlite":
        for verb in ("update", "delete", "replace"):
            session.execute(text(f"DROP TRIGGER {table}_no_{verb}"))
    else:
        session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))


def test_a_restored_or_rewritten_log_is_not_signed_again(world):
    with world.database.transaction() as session:
        _drop(session, "audit_seal")
        session.execute(delete(audit.AuditSeal).where(audit.AuditSeal.seq > 9))
    with world.database.reading() as session, pytest.raises(CaseworkError, match="第 12 号"):
        anchor(session, kept(world))
    with world.database.reading() as session:
        verdict = audit.verify(session, head.read(kept(world).path.read_bytes(), "heads"))
        assert (verdict.ok, verdict.bad) == (False, 10)
        old = kept(world).path.read_bytes()
        line = head.restart(session, kept(world), "磁盘损坏，恢复昨晚的备份")
    assert line["after"]["seq"] == 12
    assert [path.read_bytes() for path in kept(world).folder.glob("heads-until-12-*.jsonl")] == [old]
    assert head.forged([line], kept(world).key().public_key()) == (0, "")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET reason = 'x'",
        "DELETE FROM audit_entry",
        "UPDATE audit_seal SET hash = prev_hash",
        "DELETE FROM audit_seal",
    ],
)
def test_the_database_refuses_to_change_the_log(world, statement):
    with pytest.raises(DBAPIError, match="append-only"), world.database.transaction() as session:
        session.execute(text(statement))


def test_replacing_a_row_on_sqlite_is_refused_too(world):
    if not world.database.is_sqlite:
        statement = "TRUNCATE audit_seal"
    else:
        statement = "INSERT OR REPLACE INTO audit_seal SELECT seq, entry_id, hash, prev_hash, at FROM audit_seal WHERE seq = 3"
    with pytest.raises(DBAPIError, match="append-only"), world.database.transaction() as session:
        session.execute(text(statement))


def written(session, number):
    """An entry with a number of our choice, as another connection of PostgreSQL may commit it."""
    session.execute(
        insert(audit.AuditEntry).values(
            id=number, at=NOW, action="x", subject="y", reason="", before={}, after={}, clause="", salt="s"
        )
    )


def test_an_entry_committed_after_a_higher_number_was_sealed_is_sealed_next(world):
    """Numbers are given before they are committed: the seal asks what waits, never «what comes after the last»."""
    with world.database.transaction() as session:
        written(session, 900)
        audit.seal_all(session)
        written(session, 800)
        assert audit.unsealed(session) == 1
        audit.seal_all(session)
        verdict = audit.verify(session)
        newest = session.scalar(select(audit.AuditSeal).order_by(audit.AuditSeal.seq.desc()).limit(1))
    assert (verdict.ok, verdict.unsealed, newest.entry_id) == (True, 0, 800)


def test_an_entry_that_no_seal_will_reach_is_named(world):
    """Who owns the database takes a new entry out of those that wait."""
    with world.database.transaction() as session:
        written(session, 900)
        if world.database.is_sqlite:
            session.execute(text("DROP TRIGGER audit_waiting_unsealed_delete"))
        else:
            session.execute(text("ALTER TABLE audit_waiting DISABLE TRIGGER USER"))
        session.execute(delete(audit.AuditWaiting))
    with world.database.reading() as session:
        verdict = audit.verify(session)
    assert (verdict.ok, verdict.bad) == (False, 13)
    assert verdict.reason == "编号 900 的记录没有封记，也不在等候封记之列"


def effort(length):
    """What SQLite does for the seal of one publication behind a log of some length: its machine's instructions."""
    steps = [0]

    def tick():
        steps[0] += 1
        return 0

    database = Database("sqlite://")
    with_tables(database)
    with database.transaction() as session:
        for number in range(length):
            audit.record(session, action="step.complete", subject=f"case/{number}")
        audit.seal_all(session)
        session.expunge_all()
        sqlite = session.connection().connection.driver_connection
        sqlite.set_progress_handler(tick, 1)
        audit.record(session, action="publication.publish", subject="publication/1", chained=True)
        sqlite.set_progress_handler(None, 1)
        assert audit.verify(session).sealed == length + 1
    database.dispose()
    return steps[0]


def test_what_a_publication_costs_does_not_grow_with_the_log():
    """Before, each draw and publication joined the whole log to find what was not sealed."""
    assert effort(2000) < effort(200) * 1.2


def test_the_key_is_its_owner_s_alone(tmp_path):
    kept = Anchors(tmp_path)
    first = kept.key().private_bytes_raw()
    assert kept.key().private_bytes_raw() == first
    path = tmp_path / head.KEY_FILE
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o644)
    with pytest.raises(SettingsInvalid, match="600"):
        kept.key()
    with pytest.raises(SettingsInvalid, match="不能用"):
        Anchors(tmp_path, Path("/nonexistent/key")).key()


def test_lines_that_are_no_heads_are_named():
    with pytest.raises(CaseworkError, match="第 2 行"):
        head.read(b'{"seq": 1, "hash": "x"}\n{"seq": "one"}\n', "heads.jsonl")
    assert head.contradictions(
        [{"seq": 1, "hash": "a"}, {"seq": 2, "hash": "b"}, {"seq": 1, "hash": "c"}]
    ) == (1, "第 1 号有两个不同的链头")
