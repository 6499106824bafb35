"""One consistent copy of an installation in one file: every table as JSON lines, every evidence file, with hashes.

The same file restores on SQLite and on PostgreSQL, so it also moves an installation from one to the other.
"""

from __future__ import annotations

import base64
import hashlib
import io
import os
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import DateTime, MetaData, Table, func, insert, inspect, select, text
from sqlalchemy.engine import Connection

from engine import clock
from engine.errors import CaseworkError, Refused
from engine.storage import schema
from engine.storage.base import Base
from engine.storage.session import Database

FORMAT = "casework-backup-1"
BATCH = 1000


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
    with os.fdopen(handle, "wb") as raw, tarfile.open(fileobj=raw, mode="w:gz") as archive:
        with database.reader.connect() as connection:
            if not database.is_sqlite:
                connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
            for table in Base.metadata.sorted_tables:
                content = io.BytesIO()
                for row in _rows(connection, table):
                    content.write(orjson.dumps(row) + b"\n")
                    rows += 1
                _add(archive, f"tables/{table.name}.jsonl", content.getvalue(), sums)
        for path in (
            sorted(item for item in files_dir.rglob("*") if item.is_file()) if files_dir.exists() else []
        ):
            _add(archive, f"files/{path.relative_to(files_dir).as_posix()}", path.read_bytes(), sums)
            files += 1
        head = {
            "format": FORMAT,
            "schema": schema.revision(database)[0],
            "at": clock.now().isoformat(),
            "sha256": sums,
        }
        _add(archive, "manifest.json", orjson.dumps(head), {})
        archive.close()
        raw.flush()
        os.fsync(raw.fileno())
    Path(name).replace(target)
    return Copied(rows, files)


def restore(database: Database, files_dir: Path, source: Path, *, force: bool = False) -> Copied:
    """Put a copy back, all or nothing; refuses a target that holds data unless `force`, and a copy that was altered."""
    with tarfile.open(source) as archive:
        content = {member.name: member for member in archive if member.isfile()}
        manifest = orjson.loads(_read(archive, content, "manifest.json"))
        if manifest.get("format") != FORMAT:
            raise CaseworkError(f"{source} 不是本产品的备份文件。")
        schema.upgrade(database)
        current = schema.revision(database)[1]
        if manifest["schema"] != current:
            raise Refused(
                f"备份的表结构是 {manifest['schema']}，本版本是 {current}。",
                hint="请用生成备份的版本恢复后再升级。",
            )
        for name, digest in manifest["sha256"].items():
            if hashlib.sha256(_read(archive, content, name)).hexdigest() != digest:
                raise CaseworkError(f"备份中的 {name} 与清单的哈希不符，没有恢复任何内容。")
        rows = 0
        with database.engine.begin() as connection:
            if not force and any(
                connection.scalar(select(func.count()).select_from(table))
                for table in Base.metadata.sorted_tables
            ):
                raise Refused("目标数据库已有数据，没有恢复。", hint="确认要替换时请加 --force。")
            _empty(connection)
            for table in Base.metadata.sorted_tables:
                lines = _read(archive, content, f"tables/{table.name}.jsonl").splitlines()
                rows += len(lines)
                for start in range(0, len(lines), BATCH):
                    connection.execute(
                        insert(table),
                        [_typed(table, orjson.loads(line)) for line in lines[start : start + BATCH]],
                    )
            _follow_sequences(connection)
        names = [name for name in manifest["sha256"] if name.startswith("files/")]
        for name in names:
            path = files_dir / name.removeprefix("files/")
            if not path.resolve().is_relative_to(files_dir.resolve()):
                raise CaseworkError(f"备份中的路径 {name} 指向文件目录之外。")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(_read(archive, content, name))
    found = faults(database)
    if found:
        raise CaseworkError(f"已恢复，但核对发现 {len(found)} 处出入：{found[0]}")
    return Copied(rows, len(names))


def faults(database: Database) -> list[str]:
    """Whether schema and references hold: sentences, empty when all is well (the log is checked by `audit.verify`)."""
    found = [f"表结构与代码不同：{line}" for line in schema.drift(database)]
    with database.reading() as session:
        if database.is_sqlite:
            found += [
                f"{row[0]} 第 {row[1]} 行引用了不存在的 {row[2]}"
                for row in session.execute(text("PRAGMA foreign_key_check"))
            ]
            found += [
                f"数据库文件损坏：{row[0]}"
                for row in session.execute(text("PRAGMA integrity_check"))
                if row[0] != "ok"
            ]
    return found


def _add(archive: tarfile.TarFile, name: str, content: bytes, sums: dict[str, str]) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))
    sums[name] = hashlib.sha256(content).hexdigest()


def _read(archive: tarfile.TarFile, content: dict[str, tarfile.TarInfo], name: str) -> bytes:
    member = content.get(name)
    file = archive.extractfile(member) if member else None
    if file is None:
        raise CaseworkError(f"备份中缺少 {name}。")
    return file.read()


def _rows(connection: Connection, table: Table) -> Iterator[dict[str, Any]]:
    for row in connection.execution_options(stream_results=True).execute(
        select(table).order_by(*table.primary_key.columns)
    ):
        yield {column: _portable(value) for column, value in row._mapping.items()}  # noqa: SLF001


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
        elif isinstance(value, str) and python.__class__.__name__ == "Date":
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
    head = schema.ScriptDirectory.from_config(schema._config()).get_current_head()  # noqa: SLF001
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
                            f"SELECT setval('{sequence}', COALESCE((SELECT max({column.name}) FROM {table.name}), 0) + 1, false)"
                        )
                    )  # noqa: S608
