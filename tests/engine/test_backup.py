"""P9: a backup restores on the same and on the other database; the log and every draw verify afterwards."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
import tempfile
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from sqlalchemy import func, insert, select, text

from engine import audit, clock
from engine.audit import anchor as heads
from engine.desk.demo import Year
from engine.domain.ceremony.tables import Draw
from engine.domain.draw import verify as verify_draw
from engine.errors import CaseworkError, Refused
from engine.people import Bureau
from engine.settings import Settings
from engine.storage import backup, schema
from engine.storage.base import Base
from engine.storage.files import FileStore, StoredFile
from engine.storage.session import Database
from web.assembly import open_world


@pytest.fixture(scope="module")
def installation(tmp_path_factory) -> Iterator[tuple[Database, Path, Path]]:
    """A year in Jilin up to its archive, then a second draw that is frozen at this moment: registries are locked."""
    folder = tmp_path_factory.mktemp("installation")
    world = open_world(
        Settings(
            database_url=f"sqlite:///{folder / 'casework.db'}",
            secret_key="k" * 40,
            files_dir=folder / "files",
            anchors_dir=folder / "anchors",
        )
    )
    schema.upgrade(world.database)
    year = Year(world, "jilin", objects=200, cases=2)
    year.runs()
    year.goes_on(start=year.rehearsal.now, cases=2)
    year.rehearsal.until(
        lambda session: session.scalar(select(Draw.id).where(Draw.state == "frozen")) is not None
    )
    copy = folder / "copy.tar.gz"
    with clock.fixed(year.rehearsal.now):
        backup.backup(world.database, folder / "files", copy)
    yield world.database, folder, copy
    world.database.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def target(request, tmp_path) -> Iterator[Database]:
    """An empty place to restore to."""
    if request.param == "sqlite":
        database = Database(f"sqlite:///{tmp_path / 'restored.db'}")
        yield database
        database.dispose()
        return
    server = request.getfixturevalue("postgres")
    server.template("bare", lambda _: None)
    url = server.copy("bare", tmp_path)
    database = Database(url)
    yield database
    database.dispose()
    server.drop(url)


def counted(database: Database) -> dict[str, int]:
    with database.reading() as session:
        return {
            table.name: session.scalar(select(func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
        }


def test_a_copy_restores_with_the_same_log_and_verifying_draws(installation, target, tmp_path):
    source, folder, copy = installation
    done = backup.restore(target, tmp_path / "files", copy)
    assert counted(target) == counted(source)
    assert done.rows == sum(counted(source).values())
    assert done.files == sum(path.is_file() for path in (folder / "files").rglob("*"))
    assert backup.faults(target, tmp_path / "files") == []
    known = heads.read((folder / "anchors" / heads.FILE).read_bytes(), heads.FILE)
    with source.reading() as before, target.reading() as after:
        assert audit.verify(after, known) == audit.verify(before, known)
        assert audit.verify(after, known).ok
        draws = after.scalars(select(Draw).order_by(Draw.id)).all()
        assert [draw.state for draw in draws] == ["closed", "frozen"]
        for draw in draws:
            told = {"document": draw.document, "events": draw.events, "head": draw.head}
            assert verify_draw(told, roster=draw.roster, head=draw.head).ok
    with target.transaction() as session:  # counters go on behind the restored rows, guards stand again
        audit.record(session, action="after.restore", subject="log", chained=True)
        assert audit.verify(session, known).ok
    with pytest.raises(Exception, match="locked by a draw"), target.engine.begin() as connection:
        connection.execute(text("UPDATE registry_object SET active = false"))


def test_a_copy_of_the_copy_is_the_same(installation, target, tmp_path):
    _, _, copy = installation
    backup.restore(target, tmp_path / "files", copy)
    backup.backup(target, tmp_path / "files", tmp_path / "again.tar.gz")
    assert contents(tmp_path / "again.tar.gz") == contents(copy)


def contents(path: Path) -> dict[str, bytes]:
    with tarfile.open(path) as archive:
        found = {member.name: archive.extractfile(member).read() for member in archive}
    found.pop("manifest.json")
    return found


def test_a_target_with_data_is_left_alone_unless_told_otherwise(installation, target, tmp_path):
    _, _, copy = installation
    schema.upgrade(target)
    with target.transaction() as session:
        audit.record(session, action="x", subject="y", chained=True)
    with pytest.raises(Refused, match="已有数据"):
        backup.restore(target, tmp_path / "files", copy)
    with target.reading() as session:
        assert audit.head(session)["seq"] == 1
    assert not (tmp_path / "files").exists()
    backup.restore(target, tmp_path / "files", copy, force=True)
    assert backup.faults(target) == []


def rewritten(copy: Path, path: Path, change) -> Path:
    """The copy with its members changed: `change` gets name → bytes."""
    with tarfile.open(copy) as archive:
        members = {member.name: archive.extractfile(member).read() for member in archive}
    change(members)
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def _row(members):
    members["tables/person.jsonl"] = members["tables/person.jsonl"].replace(b'"login":"', b'"login":"x', 1)


def _lost(members):
    del members["tables/audit_entry.jsonl"]


def _smuggled(members):
    members["files/ff/ff/evil"] = b"x"


def _escaping(members):
    import hashlib  # noqa: PLC0415

    manifest = orjson.loads(members["manifest.json"])
    members["files/../../evil"] = b"x"
    manifest["sha256"]["files/../../evil"] = hashlib.sha256(b"x").hexdigest()
    members["manifest.json"] = orjson.dumps(manifest)


def _older(members):
    members["manifest.json"] = orjson.dumps({**orjson.loads(members["manifest.json"]), "schema": "0000"})


def _foreign(members):
    members["manifest.json"] = b"{}"


def _unreadable(members):
    members["manifest.json"] = b"{"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_row, "person.jsonl 与清单的哈希不符"),
        (_lost, "缺少 tables/audit_entry.jsonl"),
        (_smuggled, "不在清单上"),
        (_escaping, "文件目录之外"),
        (_older, "表结构是 0000"),
        (_foreign, "不是本产品的备份文件"),
        (_unreadable, "清单不能读"),
    ],
)
def test_an_altered_copy_is_refused_whole(installation, tmp_path, change, reason):
    _, _, copy = installation
    target = Database(f"sqlite:///{tmp_path / 'db' / 'target.db'}")
    with pytest.raises(CaseworkError, match=reason):
        backup.restore(target, tmp_path / "files", rewritten(copy, tmp_path / "bad.tar.gz", change))
    target.dispose()
    assert not (tmp_path / "files").exists()
    assert not (tmp_path / "evil").exists()


@pytest.mark.parametrize(
    "content",
    [b"", b"no archive", gzip.compress(b"x" * 4000)],
    ids=["empty", "text", "gzip"],  # gzip's bytes carry the time: as a name they differ between processes
)
def test_what_is_no_copy_is_refused(tmp_path, content):
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(CaseworkError, match="备份"):
        backup.restore(Database("sqlite://"), tmp_path / "files", path)


def test_a_cut_copy_is_refused(installation, tmp_path):
    _, _, copy = installation
    path = tmp_path / "cut.tar.gz"
    path.write_bytes(copy.read_bytes()[: copy.stat().st_size // 2])
    with pytest.raises(CaseworkError, match="没有恢复任何内容"):
        backup.restore(Database("sqlite://"), tmp_path / "files", path)


def test_lost_or_changed_evidence_is_named(installation, tmp_path):
    _, _, copy = installation
    target = Database(f"sqlite:///{tmp_path / 'target.db'}")
    backup.restore(target, tmp_path / "files", copy)
    first, second = sorted(
        path for path in (tmp_path / "files").rglob("*") if path.is_file() and len(path.name) == 64
    )[:2]
    first.unlink()
    second.write_bytes(b"other")
    named = backup.faults(target, tmp_path / "files")
    assert len(named) >= 2
    assert all("缺失，或与登记的哈希不符" in line for line in named)
    target.dispose()


def most_held(work) -> int:
    """The most bytes that Python held at once during some work."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_no_file_and_no_table_is_held_whole(tmp_path, monkeypatch):
    """16 MB of evidence, 16 MB of log: in pieces into the copy, in pieces out of it, in pieces when compared."""
    size, lines = 16 << 20, 2000
    source, target = (Database(f"sqlite:///{tmp_path / name}.db") for name in ("source", "target"))
    for database in (source, target):
        schema.upgrade(database)
    digest = hashlib.sha256(bytes(size)).hexdigest()
    store = FileStore(tmp_path / "files")
    store.path(digest).parent.mkdir(parents=True)
    store.path(digest).write_bytes(bytes(size))
    with source.transaction() as session:
        bureau = Bureau(name="甲局", short_name="甲", division="220100", level="prefecture", pack="jilin")
        session.add(bureau)
        session.flush()
        session.add(
            StoredFile(id="a", sha256=digest, size=size, name="a.mp4", type="video/mp4", bureau_id=bureau.id)
        )
        for number in range(lines):
            written = {
                "id": number + 1,
                "at": clock.now(),
                "action": "x",
                "subject": "y",
                "reason": "甲" * 2800,
            }
            session.execute(
                insert(audit.AuditEntry), written | {"before": {}, "after": {}, "clause": "", "salt": ""}
            )
    monkeypatch.setattr(backup, "BATCH", 100)
    # what these hold is the size of the schema, not of the data
    answers = {"upgrade": [], "drift": [], "missing_guards": [], "newest": "1", "revision": "1"}
    for known, answer in answers.items():
        monkeypatch.setattr(schema, known, lambda *_, answer=answer: answer)
    monkeypatch.setattr(backup, "_broken_references", lambda *_: [])
    copy, there = tmp_path / "copy.tar.gz", tmp_path / "there"
    held = [
        most_held(lambda: backup.backup(source, tmp_path / "files", copy)),
        most_held(lambda: backup.restore(target, there, copy)),
    ]
    assert counted(target) == counted(source)
    assert FileStore(there).path(digest).stat().st_size == size
    assert max(held) < size // 2, held
    source.dispose()
    target.dispose()


def test_a_failing_backup_leaves_nothing_behind(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'none.db'}")
    with tempfile.TemporaryDirectory(dir=tmp_path) as folder:
        with pytest.raises(Exception, match="no such table"):
            backup.backup(database, tmp_path / "files", Path(folder) / "copy")
        assert list(Path(folder).iterdir()) == []
    database.dispose()
