"""Editing the calendar: one day, a whole published year, or a file."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.domain.calendar.table import (
    HOLIDAY,
    WORKDAY,
    CalendarDay,
    CalendarYear,
    forget,
    package_years,
    published_list,
    shipped,
    year_of,
)
from engine.errors import NotFound, Refused
from engine.sentence import Sentence

KINDS = {
    "holiday": HOLIDAY, "workday": WORKDAY, "节假日": HOLIDAY, "放假": HOLIDAY, "休": HOLIDAY,
    "工作日": WORKDAY, "上班": WORKDAY, "班": WORKDAY, "调休上班": WORKDAY,
}  # fmt: skip
TRUTHS = {"1", "true", "yes", "是", "暂定"}
LARGEST_FILE = 1_000_000


class Row(NamedTuple):
    """One special day to be entered."""

    day: date
    kind: str
    name: str = ""
    provisional: bool = False


def set_day(
    session: Session,
    day: date,
    kind: str,
    name: str = "",
    *,
    source: str,
    provisional: bool = False,
) -> CalendarDay:
    """Enter or change one day; the source (document no.) must be named. `kind`: holiday or workday."""
    if kind not in KINDS:
        raise Refused(
            Sentence("{day}：类别只能是“节假日”或“工作日”，不能是“{kind}”。", day=day, kind=kind),
            slug="calendar-kind",
        )
    if not source.strip():
        raise Refused(
            Sentence("{day}：请写明依据的文件。", day=day),
            hint="例如“国办发明电〔2025〕7号”。",
            slug="calendar-source",
        )
    year = _stored(session, day.year)
    row = session.get(CalendarDay, day) or CalendarDay(day=day)
    row.kind, row.name, row.source, row.provisional = KINDS[kind], name, source, provisional
    session.add(row)
    _changed(session, year)
    return row


def remove_day(session: Session, day: date) -> None:
    """A day follows its weekday again; NotFound if it was not special."""
    year = _stored(session, day.year)
    row = session.get(CalendarDay, day)
    if row is None:
        raise NotFound(Sentence("日历中没有 {day} 的特别安排。", day=day))
    session.delete(row)
    _changed(session, year)


def publish(session: Session, number: int, *, source: str) -> CalendarYear:
    """The list of a year is official now: its dates are no longer provisional."""
    if not source.strip():
        raise Refused(Sentence("{number} 年：请写明放假通知的文号。", number=number), slug="calendar-source")
    year = _stored(session, number)
    year.published, year.source = True, source
    for row in _days(session, number):
        row.provisional = False
    _changed(session, year)
    return year


def import_year(session: Session, number: int) -> int:
    """Take a published year from `chinesecalendar`, in place of what stood there.

    How many special days it has.
    """
    if number not in package_years():
        raise NotFound(
            Sentence("随带的日历没有 {number} 年。", number=number),
            hint="请用 casework calendar import 导入放假通知。",
        )
    given = published_list(number)
    rows = [Row(day, special.kind, special.name) for day, special in given.days.items()]
    return _replace(session, number, rows, source=given.source, published=True)


def add_years(session: Session, numbers: Iterable[int] = ()) -> int:
    """Store every shipped year that is not stored yet; how many were added."""
    added = 0
    for number in numbers or sorted(package_years()):
        if session.get(CalendarYear, number) is None:
            import_year(session, number)
            added += 1
    return added


def import_file(session: Session, path: Path, *, source: str = "") -> dict[int, int]:
    """Take the years of a file in place of what stood there: year → number of special days.

    CSV (`day,kind,name[,provisional]`) or JSON (a list of such objects, or `{year, days: [{date, name,
    isOffDay}]}`). A year with a provisional row stays unpublished. Refuses the whole file, naming the first
    bad row. Of a published year that the file only touches (its list begins on 31 December, or a later notice moves
    some days) nothing else changes.
    """
    if path.stat().st_size > LARGEST_FILE:
        raise Refused(
            Sentence("{path}：文件超过 1 MB，不像一份放假安排。", path=path.name), slug="calendar-file"
        )
    rows = read_rows(path.name, path.read_bytes())
    years: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        years[row.day.year].append(row)
    source = source or f"导入文件 {path.name}"
    entered = {}
    for number, given in sorted(years.items()):
        if year_of(session, number).published and not _whole(number, given):
            for row in given:
                set_day(session, row.day, row.kind, row.name, source=source, provisional=row.provisional)
            entered[number] = len(given)
        else:
            published = not any(row.provisional for row in given)
            entered[number] = _replace(session, number, given, source=source, published=published)
    return entered


def _whole(number: int, given: Iterable[Row]) -> bool:
    """Whether these are the holidays of a whole year: its National Day is among them."""
    return any(row.day == date(number, 10, 1) and row.kind == HOLIDAY for row in given)


def read_rows(name: str, content: bytes) -> list[Row]:
    """The special days of a CSV or JSON file; Refused names file, row and what is wrong."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise Refused(
            Sentence("{name}：不是 UTF-8 文本（第 {start} 字节）。", name=name, start=fault.start),
            slug="calendar-file",
        ) from None
    records = _json_records(name, text) if text.lstrip()[:1] in ("[", "{") else _csv_records(text)
    rows: dict[date, Row] = {}
    for number, record in records:
        row = _row(Sentence("{name} 第 {number} 行", name=name, number=number), record)
        if row.day in rows:
            raise Refused(
                Sentence("{name} 第 {number} 行：{day} 出现了两次。", name=name, number=number, day=row.day),
                slug="calendar-file",
            )
        rows[row.day] = row
    if not rows:
        raise Refused(
            Sentence("{name}：没有任何日期。", name=name), hint="需要列 day,kind,name。", slug="calendar-file"
        )
    return list(rows.values())


def _row(where: str, record: Mapping[str, Any]) -> Row:
    kind = str(record.get("kind", "")).strip()
    if "isOffDay" in record:
        kind = HOLIDAY if record["isOffDay"] else WORKDAY
    text = str(record.get("day") or record.get("date") or "").strip()
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Refused(
            Sentence("{where}：“{text}”不是日期。", where=where, text=text),
            hint="请写成 2027-02-06。",
            slug="calendar-file",
        ) from None
    if kind not in KINDS:
        raise Refused(
            Sentence("{where}：类别“{kind}”无法识别，应为 holiday 或 workday。", where=where, kind=kind),
            slug="calendar-file",
        )
    provisional = str(record.get("provisional", "")).strip().lower() in TRUTHS
    return Row(day, KINDS[kind], str(record.get("name", "")).strip(), provisional)


def _csv_records(text: str) -> list[tuple[int, Mapping[str, Any]]]:
    heads = {"日期": "day", "类别": "kind", "名称": "name", "暂定": "provisional"}
    reader = csv.reader(io.StringIO(text))
    head = [heads.get(cell.strip(), cell.strip().lower()) for cell in next(reader, [])]
    return [
        (number, dict(zip(head, cells, strict=False))) for number, cells in enumerate(reader, 2) if any(cells)
    ]


def _json_records(name: str, text: str) -> list[tuple[int, Mapping[str, Any]]]:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as fault:
        raise Refused(
            Sentence("{name}：JSON 读不出（{fault}）。", name=name, fault=fault), slug="calendar-file"
        ) from None
    entries = value.get("days") if isinstance(value, dict) else value
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise Refused(
            Sentence("{name}：JSON 应是日期对象的列表，或 {{year, days}}。", name=name), slug="calendar-file"
        )
    return list(enumerate(entries, 1))


def _replace(session: Session, number: int, rows: Iterable[Row], *, source: str, published: bool) -> int:
    year = session.get(CalendarYear, number)
    if year is None:
        year = CalendarYear(year=number, revision=0)
        session.add(year)
    for old in _days(session, number):
        session.delete(old)
    session.flush()
    days = [
        CalendarDay(day=row.day, kind=row.kind, name=row.name, source=source, provisional=row.provisional)
        for row in rows
    ]
    session.add_all(days)
    year.published, year.source = published, source
    _changed(session, year)
    return len(days)


def _stored(session: Session, number: int) -> CalendarYear:
    """The year as rows, copied from what ships when nobody has edited it yet."""
    year = session.get(CalendarYear, number)
    if year is not None:
        return year
    given = shipped(number)
    year = CalendarYear(year=number, published=given.published, source=given.source, revision=0)
    session.add(year)
    session.add_all(
        CalendarDay(
            day=day,
            kind=special.kind,
            name=special.name,
            source=special.source,
            provisional=special.provisional,
        )
        for day, special in given.days.items()
    )
    session.flush()
    return year


def _days(session: Session, number: int) -> list[CalendarDay]:
    between = CalendarDay.day.between(date(number, 1, 1), date(number, 12, 31))
    return list(session.scalars(select(CalendarDay).where(between)))


def _changed(session: Session, year: CalendarYear) -> None:
    year.revision += 1
    session.flush()
    forget(session, year.year)
