"""`casework release check|deploy|restore|diff|export|rehearse`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import click
import orjson
from sqlalchemy.orm import Session

from engine.desk import release as desk
from engine.people import person_by_login
from engine.settings import Settings
from web.assembly import open_world
from web.cli_open import open_installation, scratch_settings
from web.cli_words import JSON_HELP, heard, print_json, say, spoken

_OUTCOMES = {"completed": "走通", "stuck": "卡住", "not-reached": "没有走到"}


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
        click.echo(orjson.dumps([heard(finding) for finding in found], option=orjson.OPT_INDENT_2).decode())
    else:
        for finding in found:
            click.echo(f"[{finding.rule}] {spoken(finding.sentence)}")
        click.echo(say("{0}：{1} 处错误，{2} 处提醒。", path, len(errors), len(found) - len(errors)))
    sys.exit(1 if errors else 0)


@release.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--by", "releaser", default="", help="复核发布人的账号")
@click.option("--author", default="", help="模型作者的账号")
@click.option("--note", default="", help="发布说明")
@click.option("--json", "as_json", is_flag=True, help="输出一个 JSON 文档")
def deploy(path: Path, releaser: str, author: str, note: str, as_json: bool) -> None:
    """检查并发布；在办案件继续用各自的版本。"""
    world = open_installation()
    with world.database.transaction() as session:
        made = desk.deploy(
            world,
            session,
            path,
            _hands(session, author, releaser, note),
        )
        body = {"id": made.id, "pack": made.pack, "version": made.version, "hash": made.hash}
    if as_json:
        click.echo(orjson.dumps(body).decode())
    else:
        click.echo(say("{0} 第 {1} 版，内容哈希 {2}…", made.pack, made.version, made.hash[:16]))


def _hands(session: Session, author: str, releaser: str, note: str) -> desk.Hands:
    """The accounts that a command names; "" for nobody."""
    return desk.Hands(
        person_by_login(session, author) if author else None,
        person_by_login(session, releaser) if releaser else None,
        note,
    )


@release.command()
@click.argument("version")
@click.option("--by", "releaser", default="", help="复核发布人的账号")
@click.option("--author", default="", help="提出恢复的人的账号")
@click.option("--note", required=True, help="为什么恢复")
@click.option("--json", "as_json", is_flag=True, help=JSON_HELP)
def restore(version: str, releaser: str, author: str, note: str, *, as_json: bool) -> None:
    """恢复为旧版：以它的内容发布下一个版本；在办案件继续用各自的版本。"""
    world = open_installation()
    with world.database.transaction() as session:
        older = desk.version(session, version)
        made = desk.restore(
            world,
            session,
            older,
            _hands(session, author, releaser, note),
        )
        body = {"id": made.id, "pack": made.pack, "version": made.version, "restores": older.version}
    if as_json:
        print_json(body)
    else:
        click.echo(
            say("{0} 第 {1} 版，内容恢复为第 {2} 版。", body["pack"], body["version"], body["restores"])
        )


@release.command()
@click.argument("a")
@click.argument("b")
@click.option("--json", "as_json", is_flag=True, help="输出一个 JSON 文档")
def diff(a: str, b: str, as_json: bool) -> None:
    """比较两个版本（jilin/1 jilin/2），或一个版本和一个文件夹。"""
    world = open_installation()
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
        click.echo(f"{say(words[change.kind])} {change.path}")
        for line in change.lines:
            click.echo(f"    {line}")
    if not changes:
        click.echo(say("两个版本相同。"))


@release.command()
@click.argument("version")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--json", "as_json", is_flag=True, help=JSON_HELP)
def export(version: str, folder: Path, *, as_json: bool) -> None:
    """把一个版本的全部文件写到文件夹。"""
    world = open_installation()
    with world.database.reading() as session:
        files = desk.content(session, desk.version(session, version))
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    if as_json:
        print_json([str(folder / path) for path in files])
    else:
        click.echo(say("已写出 {0} 个文件到 {1}。", len(files), folder))


@release.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help=JSON_HELP)
def rehearse(path: Path, *, as_json: bool) -> None:
    """检查一个待发布的文件夹或规则包，再在临时的样本机构中把每个流程走一遍；有流程走不通时退出码为 1。"""
    from tqdm import tqdm  # noqa: PLC0415 (only here)

    from engine.desk import candidate  # noqa: PLC0415 (only here)
    from engine.storage import schema  # noqa: PLC0415 (only here)

    with tempfile.TemporaryDirectory(prefix="casework-rehearsal-") as scratch:
        world = open_world(scratch_settings(Path(scratch)))
        schema.upgrade(world.database)
        try:
            with tqdm(unit=say(" 环节"), disable=not sys.stderr.isatty(), file=sys.stderr) as bar:
                tried = candidate.rehearse(
                    world, path, tick=lambda item: bar.update() or bar.set_postfix_str(item.step)
                )
        finally:
            world.database.dispose()
    if as_json:
        print_json([one.as_json() for one in tried])
    else:
        for one in tried:
            outcome = say(_OUTCOMES[one.outcome])
            click.echo(
                say("{0:<14}{1}：开始 {2}，走完 {3}", one.process, outcome, one.started, one.completed)
            )
            for stop in one.stuck:
                click.echo(f"    {stop['element']}“{stop['step']}”{spoken(stop['reason'])}")
    sys.exit(1 if any(one.outcome == "stuck" for one in tried) else 0)
