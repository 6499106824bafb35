"""`casework db upgrade|check|backup|restore`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

import engine.desk.world  # noqa: F401 (all tables)
from engine import audit as log
from engine.audit.anchor import Anchors, read
from engine.errors import NotFound
from engine.settings import Settings
from engine.storage import backup as copies
from engine.storage import schema
from engine.storage.session import Database
from web.cli_open import connect, open_database, open_installation, settings
from web.cli_words import JSON_HELP, print_json, say, spoken


@click.group()
def db() -> None:
    """数据库：升级、核对、备份、恢复。"""


@db.command()
def upgrade() -> None:
    """升级到最新的表结构。"""
    database = connect(settings())
    schema.upgrade(database)
    click.echo(say("表结构已是 {0}。", schema.revision(database)[1]))


@db.command()
@click.option("--json", "as_json", is_flag=True, help=JSON_HELP)
def check(*, as_json: bool) -> None:
    """核对表结构、外键、证据文件、日志链和锚点；有出入时退出码为 1。"""
    found = settings()
    database = open_database(found)
    faults = copies.faults(database, found.files_dir) + _log_faults(database, found)
    if as_json:
        print_json({"ok": not faults, "faults": faults})
    for fault in faults if not as_json else ():
        click.echo(spoken(fault), err=True)
    if not faults and not as_json:
        click.echo(say("表结构、引用和日志链相符。"))
    sys.exit(1 if faults else 0)


@db.command()
def seed() -> None:
    """把演示机构装进空的数据库（已有人员则不动），并列出演示账号。"""
    from tqdm import tqdm  # noqa: PLC0415 (only here)

    from engine.desk import demo, sample  # noqa: PLC0415 (only here)

    world = open_installation()
    with tqdm(unit=say(" 环节"), disable=not sys.stderr.isatty(), file=sys.stderr) as bar:
        accounts = demo.seed(world, tick=lambda item: bar.update() or bar.set_postfix_str(item.step))
    shown: set[tuple[str, str]] = set()
    click.echo(say("演示账号（密码都是 {0}）：", sample.PASSWORD))
    for account in accounts:
        if (account.bureau, account.posts) not in shown:
            shown.add((account.bureau, account.posts))
            click.echo(f"  {account.login:<20}{account.name}　{account.bureau}　{account.posts}")


@db.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--json", "as_json", is_flag=True, help=JSON_HELP)
def backup(file: Path, *, as_json: bool) -> None:
    """把数据库和证据文件写成一个备份文件。"""
    found = settings()
    if not file.absolute().parent.is_dir():
        raise NotFound(say("没有文件夹 {0}。", file.absolute().parent))
    made = copies.backup(open_database(found), found.files_dir, file)
    if as_json:
        print_json({"file": str(file), "rows": made.rows, "files": made.files})
    else:
        click.echo(say("已备份到 {0}：{1} 行，{2} 个文件。", file, made.rows, made.files))


@db.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--force", is_flag=True, help="目标数据库不为空时也恢复（原有内容被替换）")
@click.option("--json", "as_json", is_flag=True, help=JSON_HELP)
def restore(file: Path, *, force: bool, as_json: bool) -> None:
    """从备份文件恢复；恢复后自动核对。"""
    found = settings()
    database = connect(found)
    made = copies.restore(database, found.files_dir, file, force=force)
    faults = _log_faults(database, found)
    for fault in faults:
        click.echo(spoken(fault), err=True)
    if as_json:
        print_json({"rows": made.rows, "files": made.files, "faults": faults})
    else:
        click.echo(say("已恢复：{0} 行，{1} 个文件。", made.rows, made.files))
    sys.exit(1 if faults else 0)


def _log_faults(database: Database, found: Settings) -> list[str]:
    """The chain by itself, and against the heads this installation has signed."""
    anchors = Anchors(found.anchors_dir, found.anchor_key_file)
    known = read(anchors.path.read_bytes(), anchors.path.name) if anchors.path.exists() else []
    with database.reading() as session:
        verdict = log.verify(session, known)
    return [] if verdict.ok else [say("日志链在第 {0} 号断开：{1}。", verdict.bad, spoken(verdict.reason))]
