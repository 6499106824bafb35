"""`casework db upgrade|check|backup|restore`."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from tqdm import tqdm

from engine import audit as log
from engine.desk import demo, sample
from engine.settings import Settings
from engine.storage import backup as copies
from engine.storage import schema
from engine.storage.session import Database
from web.assembly import open_world


@click.group()
def db() -> None:
    """数据库：升级、核对、备份、恢复。"""


@db.command()
def upgrade() -> None:
    """升级到最新的表结构。"""
    database = Database(Settings.from_env().database_url)
    schema.upgrade(database)
    click.echo(f"表结构已是 {schema.revision(database)[1]}。")


@db.command()
def check() -> None:
    """核对表结构、外键和日志链；有出入时退出码为 1。"""
    database = Database(Settings.from_env().database_url)
    faults = copies.faults(database) + _log_faults(database)
    for fault in faults:
        click.echo(fault, err=True)
    if faults:
        sys.exit(1)
    click.echo("表结构、引用和日志链相符。")


@db.command()
def seed() -> None:
    """把演示机构装进空的数据库（已有人员则不动），并列出演示账号。"""
    world = open_world(Settings.from_env())
    with tqdm(unit=" 环节", disable=not sys.stderr.isatty(), file=sys.stderr) as bar:
        accounts = demo.seed(world, tick=lambda item: bar.update() or bar.set_postfix_str(item.step))
    shown: set[tuple[str, str]] = set()
    click.echo(f"演示账号（密码都是 {sample.PASSWORD}）：")
    for account in accounts:
        if (account.bureau, account.posts) not in shown:
            shown.add((account.bureau, account.posts))
            click.echo(f"  {account.login:<18}{account.name}　{account.bureau}　{account.posts}")


@db.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def backup(file: Path) -> None:
    """把数据库和证据文件写成一个备份文件。"""
    settings = Settings.from_env()
    made = copies.backup(Database(settings.database_url), settings.files_dir, file)
    click.echo(f"已备份到 {file}：{made.rows} 行，{made.files} 个文件。")


@db.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--force", is_flag=True, help="目标数据库不为空时也恢复（原有内容被替换）")
def restore(file: Path, force: bool) -> None:
    """从备份文件恢复；恢复后自动核对。"""
    settings = Settings.from_env()
    made = copies.restore(Database(settings.database_url), settings.files_dir, file, force=force)
    faults = _log_faults(Database(settings.database_url))
    for fault in faults:
        click.echo(fault, err=True)
    click.echo(f"已恢复：{made.rows} 行，{made.files} 个文件。")
    sys.exit(1 if faults else 0)


def _log_faults(database: Database) -> list[str]:
    with database.reading() as session:
        verdict = log.verify(session)
    return [] if verdict.ok else [f"日志链在第 {verdict.bad} 号断开：{verdict.reason}"]
