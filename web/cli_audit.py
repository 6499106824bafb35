"""`casework audit verify`."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import orjson

from engine import audit as log
from engine.settings import Settings
from engine.storage.session import Database


@click.group()
def audit() -> None:
    """审计日志。"""


@audit.command()
@click.option("--anchors", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="锚点文件：每行一个 {seq, hash}")
@click.option("--json", "as_json", is_flag=True, help="输出一个 JSON 文档")
def verify(anchors: Path | None, as_json: bool) -> None:
    """重算日志链并与锚点比对；说出第一个不符的序号。"""
    known = [orjson.loads(line) for line in anchors.read_bytes().splitlines() if line.strip()] if anchors else []
    database = Database(Settings.from_env().database_url)
    with database.reading() as session:
        verdict = log.verify(session, known)
    if as_json:
        click.echo(orjson.dumps(verdict.as_json(), option=orjson.OPT_INDENT_2).decode())
    elif verdict.ok:
        click.echo(f"日志链完整：已封记 {verdict.sealed} 条，待封记 {verdict.unsealed} 条，链头 {verdict.head}。")
    else:
        click.echo(f"日志链在第 {verdict.bad} 号断开：{verdict.reason}。", err=True)
    sys.exit(0 if verdict.ok else 1)
