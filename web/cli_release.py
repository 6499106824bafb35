"""`casework release check|deploy|diff|export`."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import orjson

from engine.desk import release as desk
from engine.people import person_by_login
from engine.settings import Settings
from web.assembly import open_world


@click.group()
def release() -> None:
    """流程发布：图、决策表、表单和文书一起检查、一起冻结。"""


@release.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="输出一个 JSON 文档")
def check(path: Path, as_json: bool) -> None:
    """检查一个文件、文件夹或规则包，一次列出全部问题；有错误时退出码为 1。"""
    found = desk.inspect(open_world(Settings.from_env()), path)
    errors = [finding for finding in found if finding.severity == "error"]
    if as_json:
        click.echo(
            orjson.dumps([finding.as_json() for finding in found], option=orjson.OPT_INDENT_2).decode()
        )
    else:
        for finding in found:
            click.echo(f"[{finding.rule}] {finding}")
        click.echo(f"{path}：{len(errors)} 处错误，{len(found) - len(errors)} 处提醒。")
    sys.exit(1 if errors else 0)


@release.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--by", "releaser", default="", help="复核发布人的账号")
@click.option("--author", default="", help="模型作者的账号")
@click.option("--note", default="", help="发布说明")
@click.option("--json", "as_json", is_flag=True, help="输出一个 JSON 文档")
def deploy(path: Path, releaser: str, author: str, note: str, as_json: bool) -> None:
    """检查并发布；在办案件继续用各自的版本。"""
    world = open_world(Settings.from_env())
    with world.database.transaction() as session:
        made = desk.deploy(
            world,
            session,
            path,
            actor=person_by_login(session, releaser) if releaser else None,
            author=person_by_login(session, author) if author else None,
            note=note,
        )
        body = {"id": made.id, "pack": made.pack, "version": made.version, "hash": made.hash}
    if as_json:
        click.echo(orjson.dumps(body).decode())
    else:
        click.echo(f"{made.pack} 第 {made.version} 版，内容哈希 {made.hash[:16]}…")


@release.command()
@click.argument("a")
@click.argument("b")
@click.option("--json", "as_json", is_flag=True, help="输出一个 JSON 文档")
def diff(a: str, b: str, as_json: bool) -> None:
    """比较两个版本（jilin/1 jilin/2），或一个版本和一个文件夹。"""
    world = open_world(Settings.from_env())
    with world.database.reading() as session:
        sides = []
        for text in (a, b):
            path = Path(text)
            sides.append(
                desk.files_at(path)[1]
                if path.is_dir()
                else desk.content(session, desk.version(session, text))
            )
    changes = desk.compare(*sides)
    if as_json:
        click.echo(
            orjson.dumps(
                [{"path": c.path, "kind": c.kind, "lines": c.lines} for c in changes],
                option=orjson.OPT_INDENT_2,
            ).decode()
        )
        return
    words = {"added": "新增", "removed": "删除", "changed": "改动"}
    for change in changes:
        click.echo(f"{words[change.kind]} {change.path}")
        for line in change.lines:
            click.echo(f"    {line}")
    if not changes:
        click.echo("两个版本相同。")


@release.command()
@click.argument("version")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
def export(version: str, folder: Path) -> None:
    """把一个版本的全部文件写到文件夹。"""
    world = open_world(Settings.from_env())
    with world.database.reading() as session:
        files = desk.content(session, desk.version(session, version))
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    click.echo(f"已写出 {len(files)} 个文件到 {folder}。")
