"""`casework registry import|export`: registries in and out of XLSX and CSV files, with a report per row."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import click
import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

import engine.domain.verbs  # noqa: F401 (all tables)
from engine.desk.release import in_force
from engine.domain.registry.columns import Line
from engine.domain.registry.transfer import REGISTRIES, Report, export_file, import_file
from engine.errors import NotFound, Refused
from engine.operation import Rules
from engine.people import Bureau
from web.cli_open import open_database
from web.cli_words import say, spoken

SHOWN = 50
_WORDS = {"accepted": "接受", "warned": "提示", "refused": "拒绝"}
_KIND = click.Choice(list(REGISTRIES))


@click.group()
def registry() -> None:
    """名录库和清单：导入、导出。"""


@registry.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--kind", type=_KIND, default=None, help="哪一种名录；不写则按列名辨认")
@click.option(
    "--bureau", "division", default="", help="机构的区划代码；不写则按文件名开头的区划，或最上级机构"
)
@click.option("--dry-run", is_flag=True, help="只检查，不导入")
@click.option("--accept-valid", is_flag=True, help="导入合格的行，被拒绝的行另存文件")
@click.option(
    "--refused-file", type=click.Path(dir_okay=False, path_type=Path), default=None, help="被拒绝的行存到哪里"
)
@click.option("--json", "as_json", is_flag=True, help="输出 JSON")
def import_(
    file: Path,
    kind: str | None,
    division: str,
    dry_run: bool,
    accept_valid: bool,
    refused_file: Path | None,
    as_json: bool,
) -> None:
    """导入名录文件；有一行被拒绝就一行也不导入，退出码为 1。中途按 Ctrl-C 则一行也不导入，可以再来一遍。"""
    with open_database().transaction() as session:
        bureau = _bureau(session, division, file.name)
        report = import_file(
            session,
            bureau,
            file.name,
            file.read_bytes(),
            kind=kind or "",
            accept_valid=accept_valid,
            dry_run=dry_run,
            rules=_rules(session, bureau),
            watch=_watch,
        )
    kept = ""
    if accept_valid and report.refused and not dry_run:
        target = refused_file or file.with_name(f"{file.stem}-refused.csv")
        target.write_bytes(report.refused_file(xlsx=target.suffix == ".xlsx"))
        kept = str(target)
    if as_json:
        click.echo(orjson.dumps({**report.as_json(), "refused_file": kept}, option=orjson.OPT_INDENT_2))
    else:
        _print(report, kept)
    if report.refused and not report.applied:
        sys.exit(1)


def _watch(stage: str, lines: Sequence[Line]) -> Iterable[Line]:
    """A bar for each stage, on a terminal."""
    from tqdm import tqdm  # noqa: PLC0415 (only here)

    return tqdm(lines, desc=say(stage), unit=say(" 行"), disable=not sys.stderr.isatty(), file=sys.stderr)


def _print(report: Report, kept: str) -> None:
    noted = [line for line in report.lines if line.notes]
    for line in noted[:SHOWN]:
        reasons = "；".join(f"{column}：{spoken(reason)}" for column, reason in line.notes)
        click.echo(say("第 {0} 行 {1} {2}", line.number, say(_WORDS[line.status]), reasons))
    if len(noted) > SHOWN:
        click.echo(say("……另有 {0} 行，用 --json 看全部。", len(noted) - SHOWN))
    if report.unknown:
        click.echo(say("没有用到的列：{0}。", "、".join(report.unknown)))
    if kept:
        click.echo(say("被拒绝的行已存入 {0}。", kept))
    click.echo(spoken(report.sentence()), err=bool(report.refused) and not report.applied)


@registry.command("export")
@click.option("--kind", "kinds", type=_KIND, multiple=True, help="哪些名录；不写则全部")
@click.option("--bureau", "division", default="", help="机构的区划代码；不写则最上级机构")
@click.option(
    "--to", "folder", type=click.Path(file_okay=False, path_type=Path), default=Path(), help="放到哪个文件夹"
)
@click.option(
    "--format", "form", type=click.Choice(["xlsx", "csv"]), default="xlsx", show_default=True, help="格式"
)
@click.option("--public", is_flag=True, help="公示版：隐去个人信息")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON")
def export(
    kinds: tuple[str, ...],
    division: str,
    folder: Path,
    form: str,
    public: bool,
    as_json: bool,
) -> None:
    """导出名录文件，列与导入相同。"""
    written: list[dict[str, str]] = []
    wanted = kinds or (("objects", "inspectors", "items") if public else tuple(REGISTRIES))
    if public and "conflicts" in wanted:
        raise Refused(
            say("利害关系登记不公示，不能导出公示版。"), hint=say("请去掉 --public 或 --kind conflicts。")
        )
    with open_database().reading() as session:
        bureau = _bureau(session, division, "")
        contents = {kind: export_file(session, bureau, kind, form=form, public=public) for kind in wanted}
        head = bureau.division
    folder.mkdir(parents=True, exist_ok=True)
    for kind, content in contents.items():
        path = folder / f"{head}-{kind}{'-public' if public else ''}.{form}"
        path.write_bytes(content)
        written.append({"kind": kind, "file": str(path)})
    if as_json:
        click.echo(orjson.dumps(written, option=orjson.OPT_INDENT_2))
        return
    for row in written:
        click.echo(row["file"])


def _rules(session: Session, bureau: Bureau) -> Rules | None:
    """The parameters in force; None where nothing is released yet."""
    try:
        return in_force(session, bureau.pack)
    except NotFound:
        return None


def _bureau(session: Session, division: str, file_name: str) -> Bureau:
    """The bureau named, else the one whose division the file name begins with, else the only highest one."""
    wanted = division or file_name.split("-", maxsplit=1)[0]
    found = session.scalar(select(Bureau).where(Bureau.division == wanted))
    if found is not None:
        return found
    if division:
        raise NotFound(say("没有区划代码为 {0} 的机构。", division))
    highest = session.scalars(select(Bureau).where(Bureau.parent_id.is_(None)).order_by(Bureau.id)).all()
    if len(highest) == 1:
        return highest[0]
    if not highest:
        raise NotFound(say("数据库里还没有机构。"), hint=say("请先建立机构（scripts/run 会建立样例）。"))
    raise Refused(say("有多个机构，请用 --bureau 写明区划代码。"), slug="bureau")
