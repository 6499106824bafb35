"""`casework demo`: a bureau's year without a browser, as each role, at a held clock."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import click
import orjson
from tqdm import tqdm

from engine.desk import demo as story
from engine.desk import sample
from engine.settings import Settings
from engine.storage import schema
from web.assembly import open_world


@click.command()
@click.option("--pack", type=click.Choice(["jilin", "wugang"]), required=True, help="规则包")
@click.option("--objects", type=click.IntRange(1, 20_000), default=None, help="检查对象数")
@click.option("--cases", type=click.IntRange(1, 2_000), default=3, show_default=True, help="抽取的检查对象数")
@click.option(
    "--through", type=click.Choice(story.WORDS), default="archive", show_default=True, help="走到哪一步"
)
@click.option("--seed", type=int, default=1, show_default=True, help="样本种子，相同种子结果相同")
@click.option(
    "--write",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=None,
    help="只写出名录库文件",
)
@click.option("--json", "as_json", is_flag=True, help="输出一个 JSON 文档")
def demo(
    pack: str, objects: int | None, cases: int, through: str, seed: int, folder: Path | None, as_json: bool
) -> None:
    """不用浏览器，从计划到归档走完一个抽查年度（在临时数据库中，时钟固定）。"""
    if folder is not None:
        paths = sample.write(
            sample.prepare(pack, objects=objects, seed=seed, today=story.START.date()), folder
        )
        click.echo(
            orjson.dumps([str(path) for path in paths]).decode()
            if as_json
            else f"已写出 {len(paths)} 个文件到 {folder}。"
        )
        return
    with tempfile.TemporaryDirectory(prefix="casework-demo-") as scratch:
        told = _tell(Path(scratch), pack, objects, cases, through, seed)
    if as_json:
        click.echo(orjson.dumps(told.as_json()).decode())
        return
    click.echo(
        f"{pack}：{sum(told.steps.values())} 个人工环节，"
        f"{len(told.ids['cases'])} 个案件，用时 {told.seconds} 秒。"
    )
    for word, count in told.steps.items():
        click.echo(f"  {word:<14}{count}")
    for tried in told.refusals:
        click.echo(f"  [{tried['outcome']}] {tried['slug']}：{tried['sentence']}{tried['clause']}")


def _tell(scratch: Path, pack: str, objects: int | None, cases: int, through: str, seed: int) -> story.Story:
    settings = Settings.from_env(
        {
            "CASEWORK_DATABASE_URL": f"sqlite:///{scratch / 'demo.db'}",
            "CASEWORK_FILES_DIR": str(scratch / "files"),
            "CASEWORK_ANCHORS_DIR": str(scratch / "anchors"),
        },
    )
    world = open_world(settings)
    schema.upgrade(world.database)
    try:
        with tqdm(unit=" 环节", disable=not sys.stderr.isatty(), file=sys.stderr) as bar:
            year = story.Year(world, pack, objects=objects, cases=cases, seed=seed, swap=True)
            told = year.runs(
                through=through, tick=lambda item: bar.update() or bar.set_postfix_str(item.step)
            )
        if through == "archive":
            told.refusals = year.tries()
    finally:
        world.database.dispose()
    return told
