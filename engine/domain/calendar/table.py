"""The calendar as it stands: special days per year, who published them, and how a year is read.

A year that nobody has edited is read from the published lists that ship with `chinesecalendar`; the first
edit copies it into the tables. A session keeps the years it has read until one of them is edited.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.metadata import version
from typing import NamedTuple

from chinese_calendar import constants
from sqlalchemy import CheckConstraint, bindparam, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine.storage.base import Base, word

HOLIDAY = "holiday"
WORKDAY = "workday"
WEEKEND = 5  # date.weekday() of a Saturday
_CACHE = "casework.calendar"


class CalendarYear(Base):
    """A year of the calendar.

    `published`: the State Council's list is in; `revision` rises with every edit.
    """

    __tablename__ = "calendar_year"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    published: Mapped[bool] = mapped_column(default=False)
    source: Mapped[str] = mapped_column(default="")
    revision: Mapped[int] = mapped_column(default=1)

    __table_args__ = (CheckConstraint("year between 1990 and 2200", name="year"),)


class CalendarDay(Base):
    """A day that differs from its weekday: a holiday, or a weekend day that is worked (调休上班)."""

    __tablename__ = "calendar_day"

    day: Mapped[date] = mapped_column(primary_key=True)
    kind: Mapped[word]
    name: Mapped[word] = mapped_column(default="")
    source: Mapped[str] = mapped_column(default="")
    provisional: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (CheckConstraint("kind in ('holiday','workday')", name="kind"),)


class Special(NamedTuple):
    """What makes a day special.

    `kind` holiday or workday, the name people know it by, and whether it may change.
    """

    kind: str
    name: str
    source: str = ""
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class Year:
    """One year, ready to count with."""

    number: int
    published: bool
    source: str
    days: Mapping[date, Special]
    stored: bool = False


# 春节 (正月初一), 清明, 端午, 中秋: the movable statutory holidays of years whose list is still to come.
_MOVABLE: Mapping[int, tuple[str, str, str, str]] = {
    2027: ("02-06", "04-05", "06-09", "09-15"),
    2028: ("01-26", "04-04", "05-28", "10-03"),
    2029: ("02-13", "04-04", "06-16", "09-22"),
    2030: ("02-03", "04-05", "06-05", "09-12"),
}
STATUTORY = "按《全国年节及纪念日放假办法》推算，国务院办公厅尚未公布放假安排"


@cache
def package_years() -> frozenset[int]:
    """Years whose published list ships with the installation."""
    return frozenset(day.year for day in constants.holidays)


@cache
def published_list(year: int) -> Year:
    """A year as the State Council published it, from `chinesecalendar`.

    KeyError if it does not know the year.
    """
    if year not in package_years():
        raise KeyError(year)
    source = f"国务院办公厅放假通知（chinesecalendar {version('chinesecalendar')}）"
    named = {holiday.value: holiday.chinese for holiday in constants.Holiday}
    days = {
        day: Special(kind, named.get(name, name), source)
        for kind, table in ((HOLIDAY, constants.holidays), (WORKDAY, constants.workdays))
        for day, name in table.items()
        if day.year == year
    }
    return Year(year, published=True, source=source, days=dict(sorted(days.items())))


@cache
def expected(year: int) -> Year:
    """A year whose list is not published yet: the statutory holidays alone, every one provisional.

    The stretches that the yearly list makes of them (swapped weekends) cannot be known before.
    """
    fixed = {"01-01": "元旦", "05-01": "劳动节", "05-02": "劳动节"}
    fixed |= {"10-01": "国庆节", "10-02": "国庆节", "10-03": "国庆节"}
    days = {date.fromisoformat(f"{year:04d}-{day}"): name for day, name in fixed.items()}
    if year in _MOVABLE:
        spring, *others = (date.fromisoformat(f"{year}-{day}") for day in _MOVABLE[year])
        days |= {date.fromordinal(spring.toordinal() + shift): "春节" for shift in (-1, 0, 1, 2)}
        for day, name in zip(others, ("清明节", "端午节", "中秋节"), strict=True):
            days.setdefault(day, name)
    special = {day: Special(HOLIDAY, name, STATUTORY, provisional=True) for day, name in sorted(days.items())}
    return Year(year, published=False, source=STATUTORY, days=special)


def shipped(year: int) -> Year:
    """A year as it stands before anybody edits it."""
    return published_list(year) if year in package_years() else expected(year)


def year_of(session: Session, number: int) -> Year:
    """A year as this installation counts it."""
    known: dict[int, Year] = session.info.setdefault(_CACHE, {})
    if number not in known:
        known[number] = _read(session, number)
    return known[number]


def forget(session: Session, number: int | None = None) -> None:
    """Read a year again at its next use (all years without a number)."""
    known: dict[int, Year] = session.info.setdefault(_CACHE, {})
    if number is None:
        known.clear()
    else:
        known.pop(number, None)


_YEAR = (
    select(
        CalendarYear.published,
        CalendarYear.source.label("list"),
        CalendarDay.day,
        CalendarDay.kind,
        CalendarDay.name,
        CalendarDay.source,
        CalendarDay.provisional,
    )
    .outerjoin(CalendarDay, CalendarDay.day.between(bindparam("first"), bindparam("last")))
    .where(CalendarYear.year == bindparam("number"))
    .order_by(CalendarDay.day)
)


def _read(session: Session, number: int) -> Year:
    span = {"number": number, "first": date(number, 1, 1), "last": date(number, 12, 31)}
    # Every change of a calendar is flushed at once (`load._changed`): reading need not flush, steps count often.
    rows = session.connection().execute(_YEAR, span).all()
    if not rows:
        return shipped(number)
    days = {row.day: Special(row.kind, row.name, row.source, row.provisional) for row in rows if row.day}
    return Year(number, published=rows[0].published, source=rows[0].list, days=days, stored=True)


def list_year(session: Session, number: int) -> list[dict[str, object]]:
    """The special days of a year, in order: `{day, kind, name, source, provisional}`."""
    year = year_of(session, number)
    return [
        {
            "day": day.isoformat(),
            "kind": special.kind,
            "name": special.name,
            "source": special.source,
            "provisional": special.provisional or not year.published,
        }
        for day, special in year.days.items()
    ]
