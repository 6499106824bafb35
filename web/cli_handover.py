"""`casework handover key|partner|send|send-drawn|receive`: files between two installations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import orjson

from engine.desk import handover as desk
from web.cli_open import open_database, settings


@click.group(help="与其他系统之间的移交文件：导出、导入、公钥。")
def handover() -> None:
    """Signed files between installations."""


@handover.command(help="打印本系统的公钥，交给对方登记。")
def key() -> None:
    """Print our public key."""
    click.echo(desk.public_key(settings()))


@handover.command(help="登记另一系统中的医保局：区划代码 DIVISION、名称 NAME、公钥 KEY。")
@click.argument("division")
@click.argument("name")
@click.argument("key")
def partner(division: str, name: str, key: str) -> None:
    """Enter a partner's key."""
    with open_database().transaction() as session:
        desk.believe(session, division, name, key)
    click.echo(f"已登记{name}。")


@handover.command(
    help="把移交事项 NUMBER（文号或编号）导出为文件 FILE：上级导出移交和审阅意见，下级导出工作报告。"
)
@click.argument("number")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def send(number: str, file: Path) -> None:
    """Write the signed file of a handover."""
    found = settings()
    with open_database(found).reading() as session:
        _write(file, desk.send(session, found, number))


@handover.command("send-drawn", help="把抽取 DRAW 的对象导出为文件 FILE，供区划 DIVISION 的下级系统排除。")
@click.argument("draw")
@click.argument("division")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def send_drawn(draw: str, division: str, file: Path) -> None:
    """Write the signed list of drawn objects."""
    found = settings()
    with open_database(found).reading() as session:
        _write(file, desk.send_drawn(session, found, draw, division))


@handover.command(help="导入对方的文件 FILE：移交、工作报告、审阅意见或已抽取对象。")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def receive(file: Path) -> None:
    """Take in a partner's file."""
    try:
        document = orjson.loads(file.read_bytes())
    except orjson.JSONDecodeError as fault:
        raise click.ClickException(f"{file} 不是 JSON 文件：{fault}") from None
    if not isinstance(document, dict):
        raise click.ClickException(f"{file} 不是移交文件。")
    with open_database().transaction() as session:
        click.echo(desk.receive(session, document))


def _write(file: Path, document: dict[str, Any]) -> None:
    file.write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2))
    click.echo(f"已写入 {file}。")
