"""How values are said on a page: days, instants, numbers, articles. All pages say it alike."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime

from flask import Flask

from engine import clock
from engine.domain import terms

WEEKDAYS = "一二三四五六日"
_REF = re.compile(r"[A-Z][1-9][0-9]?( [A-Z][1-9][0-9]?)*\Z")


@dataclass(frozen=True, slots=True)
class Mark:
    """An article beside a step: «吉 第十一条», and the document's full number for the title."""

    short: str
    full: str


def clauses(refs: str, pack: str = "") -> list[Mark]:
    """The marks for article references as a reader of that pack sees them, one each."""
    marks = []
    for ref in terms.split_refs(refs or ""):
        short = terms.cite(ref, pack, short=True)
        if short:
            marks.append(Mark(short, terms.cite(ref, pack)))
    return marks


def cited(text: str, pack: str = "") -> str:
    """Words for a clause that may still be references (`J8 W8`); other text stays as it is."""
    return terms.cite(text, pack) if _REF.match(text or "") else text or ""


def day(value: date | datetime | str | None) -> str:
    """«10 月 9 日», with the year when it is another one."""
    found = _day(value)
    if found is None:
        return ""
    year = "" if found.year == clock.today().year else f"{found.year} 年 "
    return f"{year}{found.month} 月 {found.day} 日"


def weekday(value: date | datetime | str | None) -> str:
    """«星期五»."""
    found = _day(value)
    return "" if found is None else f"星期{WEEKDAYS[found.weekday()]}"


def iso(value: date | datetime | str | None) -> str:
    """«2026-10-09»."""
    found = _day(value)
    return "" if found is None else found.isoformat()


def moment(value: datetime | None) -> str:
    """«今天 10:20», «10-09 10:20», «2025-10-09 10:20»: as short as it stays clear."""
    if value is None:
        return ""
    local, today = clock.local(value), clock.today()
    if local.date() == today:
        return f"今天 {local:%H:%M}"
    return f"{local:%m-%d %H:%M}" if local.year == today.year else f"{local:%Y-%m-%d %H:%M}"


def number(value: float | None) -> str:
    """1284 → «1,284»."""
    return "" if value is None else f"{value:,}"


def yuan(fen: int | None) -> str:
    """Fen as yuan: 620000 → «6,200.00 元»."""
    return "" if fen is None else f"{fen // 100:,}.{fen % 100:02d} 元"


def _day(value: date | datetime | str | None) -> date | None:
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return date.fromisoformat(value[:10])
    return clock.local(value).date() if isinstance(value, datetime) else value


def install(app: Flask) -> None:
    """Give templates these words."""
    app.jinja_env.filters |= {
        "day": day, "weekday": weekday, "iso": iso, "moment": moment, "number": number, "yuan": yuan,
        "state_label": terms.state_label,
    }  # fmt: skip
    app.jinja_env.globals |= {"clauses": clauses, "cited": cited, "role_label": terms.role_label}
