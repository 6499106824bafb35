"""`casework bureau add|rename|section|list`: the bureaus that an installation hosts."""

from __future__ import annotations

import click
import orjson

from engine.desk import bureau as desk
from engine.domain.terms import SECTION_KINDS
from web.cli_open import open_database
from web.cli_words import say


@click.group()
def bureau() -> None:
    """机构与科室。"""


@bureau.command()
@click.argument("division")
@click.argument("name")
@click.option("--short", "short_name", required=True, help="简称，如“长春市”")
@click.option("--level", type=click.Choice(list(desk.TIERS)), required=True, help="省级、市级还是县级")
@click.option("--pack", required=True, help="遵守的规则包")
@click.option("--parent", default="", help="上级机构的行政区划代码")
def add(division: str, name: str, short_name: str, level: str, pack: str, parent: str) -> None:
    """新增一个机构。"""
    with open_database().transaction() as session:
        made = desk.add(session, division, name, short_name=short_name, level=level, pack=pack, parent=parent)
    click.echo(say("已新增机构 {0}（{1}）。", made.name, made.division))


@bureau.command()
@click.argument("division")
@click.argument("name")
@click.option("--short", "short_name", default="", help="新的简称，不写则不变")
def rename(division: str, name: str, short_name: str) -> None:
    """机构改名；已经打印和公示的不变。"""
    with open_database().transaction() as session:
        found = desk.rename(session, division, name, short_name=short_name)
    click.echo(say("{0} 现在叫{1}。", found.division, found.name))


@bureau.command()
@click.argument("division")
@click.argument("name")
@click.option("--kind", type=click.Choice(list(SECTION_KINDS)), required=True, help="科室的职能")
def section(division: str, name: str, kind: str) -> None:
    """新增科室，或改已有科室的职能。"""
    with open_database().transaction() as session:
        found = desk.section(session, division, name, kind)
    click.echo(say("{0} 的{1}：{2}。", division, found.name, SECTION_KINDS[found.kind]))


@bureau.command("list")
@click.option("--json", "as_json", is_flag=True, help="输出一个 JSON 文档")
def list_(as_json: bool) -> None:
    """列出机构和科室。"""
    with open_database().reading() as session:
        rows = [
            {
                "division": row.division,
                "name": row.name,
                "short_name": row.short_name,
                "level": row.level,
                "pack": row.pack,
                "parent": row.parent.division if row.parent else "",
                "sections": [{"name": each.name, "kind": each.kind} for each in sections],
            }
            for row, sections in desk.listed(session)
        ]
    if as_json:
        click.echo(orjson.dumps(rows, option=orjson.OPT_INDENT_2).decode())
        return
    if not rows:
        click.echo(say("还没有机构。用 casework bureau add 新增，或用 casework db seed 装入演示机构。"))
    for found in rows:
        names = "、".join(each["name"] for each in found["sections"]) or say("没有科室")
        click.echo(f"{found['division']:<10}{found['name']}　{found['pack']}　{names}")
