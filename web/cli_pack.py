"""`casework pack list|show|check`: what the regulations fix, and whether a pack may be used."""

from __future__ import annotations

import sys
from typing import Any

import click
import orjson

from engine.domain import pack as packs
from engine.domain.terms import STRENGTHS
from web.cli_words import heard, say, spoken


@click.group()
def pack() -> None:
    """规则包：参数、强度、依据、继承。"""


@pack.command("list")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON")
def list_(as_json: bool) -> None:
    """列出规则包。"""
    rows = [_head(packs.parameters(name)) for name in packs.names()]
    if as_json:
        click.echo(orjson.dumps(rows, option=orjson.OPT_INDENT_2))
        return
    for row in rows:
        line = " → ".join(row["lineage"])
        click.echo(f"{row['name']:<10}{row['title']}  {row['document']}  {row['status']}  （{line}）")


@pack.command()
@click.argument("name", metavar="PACK")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON")
def show(name: str, as_json: bool) -> None:
    """继承以后的全部参数：值、强度、依据、效力期间。"""
    rows = packs.show(name)
    if as_json:
        answer = {**_head(packs.parameters(name)), "parameters": rows}
        click.echo(orjson.dumps(answer, option=orjson.OPT_INDENT_2))
        return
    for row in rows:
        until = say(" 至 {0}", row["valid_to"]) if row["valid_to"] else say(" 起")
        click.echo(
            f"{row['key']:<28}{_value(row['value'])}  [{say(STRENGTHS[row['strength']])}]  "
            f"{row['source']}  {row['valid_from']}{until}  {row['meaning']}",
        )


@pack.command()
@click.argument("name", metavar="PACK")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON")
def check(name: str, as_json: bool) -> None:
    """核对一个规则包；有问题时逐条列出，退出码为 1。"""
    findings = packs.check(name)
    if as_json:
        click.echo(orjson.dumps([heard(finding) for finding in findings], option=orjson.OPT_INDENT_2))
    else:
        for finding in findings:
            click.echo(spoken(finding.sentence), err=True)
        if not findings:
            click.echo(say("规则包 {0} 没有问题。", name))
    if findings:
        sys.exit(1)


def _head(found: packs.Pack) -> dict[str, Any]:
    return {
        "name": found.name,
        "title": found.title,
        "level": found.level,
        "document": found.document,
        "issuer": found.issuer,
        "issued": found.issued,
        "status": found.status,
        "version": found.version,
        "lineage": list(found.lineage),
    }


def _value(value: Any) -> str:
    if value is None:
        return say("不规定")
    if isinstance(value, bool):
        return say("是") if value else say("否")
    return "、".join(value) or say("（空）") if isinstance(value, list) else str(value)
