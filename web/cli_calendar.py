"""`casework calendar add|list|import|set|unset`.

Working days without a browser, and without a database where there is none yet.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import click
import orjson
from sqlalchemy.orm import Session

from engine import audit, clock
from engine.domain import calendar as days
from engine.domain.calendar import CalendarDay, CalendarYear
from engine.storage.session import Database
from web.cli_open import connect, is_there, open_database, settings
from web.cli_words import say

_KINDS = {"holiday": "放假", "workday": "上班"}


class Day(click.ParamType):
    """A date on the command line: 2026-09-28."""

    name = "日期"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Wrong usage (exit 2) for anything that is no date."""
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            self.fail(say("“{0}”不是日期，请写成 2026-09-28。", value), param, ctx)


@click.group()
def calendar() -> None:
    """工作日历：推算期限、查看、导入放假安排。"""


@calendar.command()
@click.argument("start", metavar="DATE", type=Day())
@click.argument("number", metavar="N", type=click.IntRange(0, 2500))
@click.option("--json", "as_json", is_flag=True, help="输出 JSON，含跳过的日子和原因")
def add(start: date, number: int, as_json: bool) -> None:
    """从 DATE 的次日起算 N 个工作日，给出届满日。"""
    with _reading() as session:
        counted = days.count(session, start, number)
    if as_json:
        answer = {
            "date": counted.day.isoformat(),
            "due_at": clock.end_of(counted.day).isoformat(),
            **counted.as_json(),
        }
        click.echo(orjson.dumps(answer, option=orjson.OPT_INDENT_2))
    else:
        click.echo(counted.day.isoformat())
    if counted.provisional:
        click.echo(say("注意：涉及尚未公布放假安排的年份，这是暂定日期。"), err=True)


@calendar.command("list")
@click.argument("year", type=click.IntRange(1990, 2200))
@click.option("--json", "as_json", is_flag=True, help="输出 JSON")
def list_(year: int, as_json: bool) -> None:
    """列出一年中的放假和调休上班。"""
    with _reading() as session:
        rows, known = days.list_year(session, year), days.year_of(session, year)
    if as_json:
        answer = {"year": year, "published": known.published, "source": known.source, "days": rows}
        click.echo(orjson.dumps(answer, option=orjson.OPT_INDENT_2))
        return
    click.echo(say("{0} 年（{1}）", year, known.source))
    if not rows:
        click.echo(say("没有登记放假和调休：只有周六、周日不上班。"))
    for row in rows:
        mark = say("（暂定）") if row["provisional"] else ""
        click.echo(f"{row['day']}  {say(_KINDS[str(row['kind'])])}  {row['name']}{mark}")


@calendar.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--source", default="", help="放假通知的文号")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON")
def import_(file: Path, source: str, as_json: bool) -> None:
    """导入放假安排（CSV 或 JSON），代替原有年份。"""
    from engine.desk.recount import recount  # noqa: PLC0415 (the other commands need no machine and start at once)

    database = open_database()
    with database.transaction() as session:
        years = days.import_file(session, file, source=source)
        moved = recount(session)["moved"]
    if as_json:
        click.echo(
            orjson.dumps(
                {"moved": moved, "years": {str(year): number for year, number in years.items()}},
                option=orjson.OPT_INDENT_2,
            )
        )
        return
    for year, number in years.items():
        click.echo(say("{0} 年：{1} 天。", year, number))
    if moved:
        click.echo(say("在办环节的期限改动 {0} 件。", moved))


@calendar.command("set")
@click.argument("day", metavar="DATE", type=Day())
@click.argument("kind", type=click.Choice(list(_KINDS)))
@click.option("--name", default="", help="节日名称，如“国庆节”")
@click.option("--source", required=True, help="放假通知的文号")
def set_(day: date, kind: str, name: str, source: str) -> None:
    """登记或改动一天的放假（holiday）或上班（workday），并重算在办期限。"""
    with _changing("calendar.set", day, {"kind": kind, "name": name, "source": source}) as session:
        days.set_day(session, day, kind, name, source=source)


@calendar.command()
@click.argument("day", metavar="DATE", type=Day())
def unset(day: date) -> None:
    """撤销一天的特别安排，恢复按星期推算，并重算在办期限。"""
    with _changing("calendar.unset", day, {}) as session:
        days.remove_day(session, day)


@contextmanager
def _changing(action: str, day: date, after: dict[str, str]) -> Iterator[Session]:
    """One day of the calendar changes: the log says so, and open deadlines are counted again."""
    from engine.desk.recount import recount  # noqa: PLC0415 (as `import`)

    with open_database().transaction() as session:
        row = session.get(CalendarDay, day)
        before = {"kind": row.kind, "name": row.name, "source": row.source} if row is not None else {}
        yield session
        audit.record(session, action=action, subject=f"calendar/{day}", before=before, after=after)
        moved = recount(session)["moved"]
    click.echo(say("{0} 已改，在办环节的期限改动 {1} 件。", day, moved))


@contextmanager
def _reading() -> Iterator[Session]:
    """The installation's calendar, or the shipped one where there is no database yet."""
    database = connect(settings())
    if is_there(database):
        with database.reading() as session:
            yield session
        return
    shipped = Database("sqlite://")
    with Session(shipped.engine) as session:
        CalendarYear.metadata.create_all(
            session.connection(),
            tables=[CalendarYear.__table__, CalendarDay.__table__],
        )
        yield session
    shipped.dispose()
