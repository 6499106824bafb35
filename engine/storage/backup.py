"""One consistent copy of an installation in one file: every table as JSON lines, every evidence file, with hashes.

The same file restores on SQLite and on PostgreSQL, so it also moves an installation from one to the other. Tables and
files pass through in pieces, both ways: memory holds a batch of rows or a piece of a file, however large they are.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import os
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import IO, Any, BinaryIO

import orjson
from sqlalchemy import Date, DateTime, MetaData, Table, and_, func, insert, inspect, select, text
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from engine import clock
from engine.errors import CaseworkError, Refused
from engine.sentence import Sentence
from engine.storage import schema
from engine.storage.base import Base
from engine.storage.files import FileStore, StoredFile
from engine.storage.session import Database

FORMAT = "casework-backup-1"
BATCH = 1000
CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Copied:
    """How much a backup holds."""

    rows: int
    files: int


def backup(database: Database, files_dir: Path, target: Path) -> Copied:
    """Write the copy; the target appears only when it is complete."""
    rows = files = 0
    sums: dict[str, str] = {}
    handle, name = tempfile.mkstemp(dir=target.resolve().parent, prefix=target.name)
    try:
        with os.fdopen(handle, "wb") as raw, tarfile.open(fileobj=raw, mode="w:gz") as archive:
            with database.reader.connect() as connection:
                if not database.is_sqlite:
                    connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
                for table in Base.metadata.sorted_tables:
                    # the archive wants to know a size before the first byte
                    with tempfile.TemporaryFile(dir=target.resolve().parent) as lines:
                        for row in _rows(connection, table):
                            lines.write(orjson.dumps(row, option=orjson.OPT_SORT_KEYS) + b"\n")
                            rows += 1
                        _add(archive, f"tables/{table.name}.jsonl", lines, sums)
            for path in (
                sorted(item for item in files_dir.rglob("*") if item.is_file()) if files_dir.exists() else []
            ):
                with path.open("rb") as file:
                    _add(archive, f"files/{path.relative_to(files_dir).as_posix()}", file, sums)
                files += 1
            head = {
                "format": FORMAT,
                "schema": schema.revision(database)[0],
                "at": clock.now().isoformat(),
                "sha256": sums,
            }
            _add(archive, "manifest.json", io.BytesIO(orjson.dumps(head)), {})
            archive.close()
            raw.flush()
            os.fsync(raw.fileno())
        Path(name).replace(target)
    finally:
        Path(name).unlink(missing_ok=True)
    return Copied(rows, files)


def restore(database: Database, files_dir: Path, source: Path, *, force: bool = False) -> Copied:
    """Put a copy back, all or nothing; refuses a target that holds data unless `force`, and a copy that was altered.

    Files come first: they stand under their hashes and harm nobody, should the database refuse the rows.
    """
    try:
        with tarfile.open(source) as archive:
            return _restore(database, files_dir, archive, source, force=force)
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as fault:
        raise CaseworkError(
            Sentence("{source} 不是完整的备份文件，没有恢复任何内容。", source=source)
        ) from fault


def _restore(
    database: Database, files_dir: Path, archive: tarfile.TarFile, source: Path, *, force: bool
) -> Copied:
    content = {member.name: member for member in archive if member.isfile()}
    manifest = _manifest(archive, content, source)
    names = _checked(archive, content, manifest["sha256"], files_dir)
    current = schema.newest()
    if manifest["schema"] != current:
        raise Refused(
            Sentence(
                "备份的表结构是 {schema}，本版本是 {current}。", schema=manifest["schema"], current=current
            ),
            hint="请用生成备份的版本恢复后再升级。",
        )
    schema.upgrade(database)
    if not force and _holds_data(database):
        raise Refused("目标数据库已有数据，没有恢复。", hint="确认要替换时请加 --force。")
    for name in names:
        path = files_dir / name.removeprefix("files/")
        path.parent.mkdir(parents=True, exist_ok=True)
        with _opened(archive, content, name) as file, path.open("wb") as out:
            shutil.copyfileobj(file, out, CHUNK)
    rows = 0
    with database.engine.begin() as connection:
        if force:
            _empty(connection)
        with _triggers_off(connection):  # a draw under way has locked the registries that are put back
            for table in Base.metadata.sorted_tables:
                with _opened(archive, content, f"tables/{table.name}.jsonl") as file:
                    lines = (_typed(table, orjson.loads(line)) for line in file)
                    while batch := list(islice(lines, BATCH)):
                        connection.execute(insert(table), batch)
                        rows += len(batch)
        _follow_sequences(connection)
    found = faults(database, files_dir)
    if found:
        raise CaseworkError(
            Sentence("已恢复，但核对发现 {count} 处出入：{found}", count=len(found), found=found[0])
        )
    return Copied(rows, len(names))


def _manifest(archive: tarfile.TarFile, content: dict[str, tarfile.TarInfo], source: Path) -> dict[str, Any]:
    try:
        with _opened(archive, content, "manifest.json") as file:
            manifest = orjson.loads(file.read())
    except ValueError as fault:
        raise CaseworkError(Sentence("{source} 的清单不能读，没有恢复任何内容。", source=source)) from fault
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise CaseworkError(Sentence("{source} 不是本产品的备份文件。", source=source))
    return manifest


def _checked(
    archive: tarfile.TarFile, content: dict[str, tarfile.TarInfo], sums: dict[str, str], files_dir: Path
) -> list[str]:
    """The names of the files in the copy, after everything in it has been compared with the manifest."""
    unlisted = sorted(set(content) - set(sums) - {"manifest.json"})
    if unlisted:
        raise CaseworkError(
            Sentence("备份中的 {unlisted} 不在清单上，没有恢复任何内容。", unlisted=unlisted[0])
        )
    for name, digest in sums.items():
        with _opened(archive, content, name) as file:
            passing = _Passing(file)
            while passing.read(CHUNK):
                continue
        if passing.digest.hexdigest() != digest:
            raise CaseworkError(Sentence("备份中的 {name} 与清单的哈希不符，没有恢复任何内容。", name=name))
    names = [name for name in sums if name.startswith("files/")]
    for name in names:
        if not (files_dir / name.removeprefix("files/")).resolve().is_relative_to(files_dir.resolve()):
            raise CaseworkError(
                Sentence("备份中的路径 {name} 指向文件目录之外，没有恢复任何内容。", name=name)
            )
    return names


def _holds_data(database: Database) -> bool:
    with database.reading() as session:
        return any(
            session.scalar(select(func.count()).select_from(table)) for table in Base.metadata.sorted_tables
        )


@contextmanager
def _triggers_off(connection: Connection) -> Iterator[None]:
    """Within a transaction: the rules that guard changes do not guard the putting back of what they once allowed."""
    if connection.dialect.name == "postgresql":
        names = [table.name for table in Base.metadata.sorted_tables]
        for name in names:
            connection.execute(text(f'ALTER TABLE "{name}" DISABLE TRIGGER USER'))
        yield
        connection.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
        for name in names:
            connection.execute(text(f'ALTER TABLE "{name}" ENABLE TRIGGER USER'))
        return
    triggers = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
    for name, _ in triggers:
        connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
    yield
    for _, statement in triggers:
        connection.exec_driver_sql(statement)


def faults(database: Database, files_dir: Path | None = None) -> list[str]:
    """Whether schema, guards, references and files hold: sentences, empty when all is well.

    The log is checked by `audit.verify`.
    """
    found: list[str] = [Sentence("表结构与代码不同：{line}", line=line) for line in schema.drift(database)]
    found += [
        Sentence("数据库缺少保护规则（触发器）{name}", name=name) for name in schema.missing_guards(database)
    ]
    if found:
        return found
    with database.reading() as session:
        if database.is_sqlite:
            found += [
                Sentence("数据库文件损坏：{row}", row=row[0])
                for row in session.execute(text("PRAGMA integrity_check"))
                if row[0] != "ok"
            ]
        for table in Base.metadata.sorted_tables:
            found += _broken_references(session, table)
        if files_dir is not None:
            found += _broken_files(session, files_dir)
    return found


def _broken_references(session: Session, table: Table) -> Iterator[str]:
    for key in table.foreign_key_constraints:
        target = key.referred_table.alias()
        pairs = [(element.parent, target.c[element.column.name]) for element in key.elements]
        lost = (
            select(*(column for column, _ in pairs))
            .select_from(table.outerjoin(target, and_(*(column == other for column, other in pairs))))
            .where(*(column.is_not(None) for column, _ in pairs), pairs[0][1].is_(None))
            .limit(5)
        )
        for row in session.execute(lost):
            named = "、".join(
                f"{column.name} = {value}" for (column, _), value in zip(pairs, row, strict=True)
            )
            yield Sentence(
                "表 {table} 中 {named} 引用了不存在的 {referred_table}",
                table=table.name,
                named=named,
                referred_table=key.referred_table.name,
            )


def _broken_files(session: Session, files_dir: Path) -> Iterator[str]:
    store = FileStore(files_dir)
    for file in session.scalars(select(StoredFile).order_by(StoredFile.id)).yield_per(BATCH):
        if not store.verify(file):
            yield Sentence(
                "文件“{file}”（{file_id}）缺失，或与登记的哈希不符", file=file.name, file_id=file.id
            )


def _add(archive: tarfile.TarFile, name: str, content: BinaryIO, sums: dict[str, str]) -> None:
    member = tarfile.TarInfo(name)
    member.size = content.seek(0, os.SEEK_END)
    content.seek(0)
    passing = _Passing(content)
    archive.addfile(member, passing)
    sums[name] = passing.digest.hexdigest()


class _Passing:
    """A file that is hashed while it passes: the manifest says what was really copied (`IO[bytes]` as far as asked)."""

    def __init__(self, content: IO[bytes]) -> None:
        self.content, self.digest = content, hashlib.sha256()

    def read(self, size: int = -1, /) -> bytes:
        """The next piece."""
        piece = self.content.read(size)
        self.digest.update(piece)
        return piece


def _opened(archive: tarfile.TarFile, content: dict[str, tarfile.TarInfo], name: str) -> IO[bytes]:
    member = content.get(name)
    file = archive.extractfile(member) if member else None
    if file is None:
        raise CaseworkError(Sentence("备份中缺少 {name}。", name=name))
    return file


def _rows(connection: Connection, table: Table) -> Iterator[dict[str, Any]]:
    for row in connection.execution_options(stream_results=True).execute(
        select(table).order_by(*table.primary_key.columns)
    ):
        yield {"".join(column): _portable(value) for column, value in row._mapping.items()}  # noqa: SLF001


def _portable(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode()}
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value


def _typed(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    typed: dict[str, Any] = {}
    for name, value in row.items():
        kind = table.c[name].type
        python = getattr(kind, "impl", kind)
        if isinstance(value, dict) and set(value) == {"base64"}:
            typed[name] = base64.b64decode(value["base64"])
        elif isinstance(value, str) and isinstance(python, DateTime):
            typed[name] = datetime.fromisoformat(value)
        elif isinstance(value, str) and isinstance(python, Date):
            typed[name] = date.fromisoformat(value)
        else:
            typed[name] = value
    return typed


def _empty(connection: Connection) -> None:
    """Make an empty database of the present schema: append-only tables cannot be emptied by deleting."""
    old = MetaData()
    old.reflect(connection)
    old.drop_all(connection)
    Base.metadata.create_all(connection)
    versions = old.tables.get("alembic_version")
    head = schema.newest()
    if versions is not None:
        versions.create(connection)
        connection.execute(insert(versions).values(version_num=head))


def _follow_sequences(connection: Connection) -> None:
    """PostgreSQL's counters continue behind the restored rows."""
    if connection.dialect.name != "postgresql":
        return
    for table in Base.metadata.sorted_tables:
        for column in table.primary_key.columns:
            if (
                column.autoincrement
                and inspect(connection).has_table(table.name)
                and column.type.python_type is int
            ):
                sequence = connection.scalar(
                    text("SELECT pg_get_serial_sequence(:t, :c)"), {"t": table.name, "c": column.name}
                )
                if sequence:
                    connection.execute(
                        text(
                            f"SELECT setval('{sequence}', "  # noqa: S608 (names of our own tables)
                            f"COALESCE((SELECT max({column.name}) FROM {table.name}), 0) + 1, false)"
                        )
                    )
