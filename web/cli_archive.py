"""`casework archive export|verify|ledger`."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import orjson
from sqlalchemy.orm import Session

from engine.desk import document
from engine.domain import archive as files
from engine.domain.archive.tables import ArchivePackage
from engine.domain.inspection.tables import Inspection
from engine.storage.files import FileStore, StoredFile
from web.cli_open import open_database, settings
from web.cli_words import say, spoken


@click.group(help="归档包：导出与核验；工作台账。")
def archive() -> None:
    """The archive package on disk."""


@archive.command("export", help="把案件 CASE（案号、档号或案件编号）的归档包写入空目录 DIRECTORY。")
@click.argument("case")
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
@click.option("--json", "as_json", is_flag=True, help="输出一个 JSON 文档")
def export_command(case: str, directory: Path, *, as_json: bool) -> None:
    """Write the package of a case into an empty folder."""
    found = settings()
    store = FileStore(found.files_dir)
    with open_database(found).reading() as session:
        package: ArchivePackage = files.find(session, case)
        papers = document.papers(session, session.get_one(Inspection, package.inspection_id).case_id)
        done = files.export(session, package, directory, lambda number: _read(session, store, number), papers)
    if as_json:
        click.echo(orjson.dumps(done, option=orjson.OPT_INDENT_2).decode())
        return
    sizes = (done["archive_no"], done["pieces"], done["papers"], done["bytes"], done["seal"])
    click.echo(say("已导出 {0}：{1} 件，另附文书 {2} 份，共 {3} 字节，封存摘要 {4}。", *sizes))


def _read(session: Session, store: FileStore, number: str) -> bytes:
    return store.read(session.get_one(StoredFile, number))


@archive.command("verify", help="核验目录 DIRECTORY 中的归档包；有不符时逐条说明，退出码 1。")
@click.argument("directory", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--json", "as_json", is_flag=True, help="输出一个 JSON 文档")
def verify_command(directory: Path, *, as_json: bool) -> None:
    """Check a package on disk; exit 1 names every fault."""
    faults = files.verify(directory)
    if as_json:
        click.echo(orjson.dumps({"ok": not faults, "faults": faults}, option=orjson.OPT_INDENT_2).decode())
    elif faults:
        for fault in faults:
            click.echo(spoken(fault), err=True)
    else:
        click.echo(say("归档包完整，目录与封存摘要一致。"))
    sys.exit(1 if faults else 0)


@archive.command("ledger", help="把区划 DIVISION 的医保局 YEAR 年度工作台账写成 PDF 文件 FILE。")
@click.argument("division")
@click.argument("year", type=click.IntRange(2000, 2200))
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def ledger_command(division: str, year: int, file: Path) -> None:
    """Write the ledger of a bureau and year."""
    with open_database().reading() as session:
        file.write_bytes(document.ledger(session, division, year))
    click.echo(say("已写入 {0}。", file))
