"""The columns of registry files: heading, where the value goes, how it is read, and what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from engine.domain.registry.sheet import LONGEST_CELL, Sheet
from engine.sentence import Sentence

YES = {"是", "y", "yes", "true", "1", "√", "有"}
NO = {"否", "n", "no", "false", "0", "×", "无", ""}
FOREVER = date(9999, 12, 31)
_DATE = re.compile(r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?(?: 00:00:00)?")
_SPLIT = re.compile(r"[、,，;；|/\s]+")
_DIGITS_KEPT = 15

Reader = Callable[[Any], Any]


class Wrong(ValueError):
    """A cell that cannot be read; the text says why, in Chinese."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `read` turns a cell into a value or raises Wrong; `show` turns a value into a cell."""

    heading: str
    name: str
    read: Reader
    required: bool = False
    aliases: tuple[str, ...] = ()
    show: Callable[[Any], Any] = field(default=lambda value: value)


@dataclass(slots=True)
class Line:
    """One row of an import: `status` accepted, warned or refused; `notes` are (column, reason)."""

    number: int
    cells: Sequence[Any]
    values: dict[str, Any] = field(default_factory=dict)
    notes: list[tuple[str, str]] = field(default_factory=list)
    status: str = "accepted"

    def warn(self, column: str, reason: str) -> None:
        """Something is doubtful; the row still goes in."""
        self.notes.append((column, reason))
        if self.status == "accepted":
            self.status = "warned"

    def refuse(self, column: str, reason: str) -> None:
        """Something is wrong; the row does not go in."""
        self.notes.append((column, reason))
        self.status = "refused"

    def as_json(self) -> dict[str, Any]:
        """`{row, status, notes: [{column, reason}]}`."""
        notes = [{"column": column, "reason": reason} for column, reason in self.notes]
        return {"row": self.number, "status": self.status, "notes": notes}


def words(cell: Any) -> str:
    """Text of any kind; a number keeps its digits."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, date):
        return cell.isoformat()
    text = str(cell)
    if text.startswith(("=", "@")):
        raise Wrong(Sentence("以“{text}”开头，像是公式，请改为文字", text=text[0]))
    if len(text) > LONGEST_CELL:
        raise Wrong(Sentence("超过 {most} 字", most=LONGEST_CELL))
    return text


def code(cell: Any) -> str:
    """A code: upper case, no blanks. A long number has lost digits in the spreadsheet."""
    if isinstance(cell, int | float) and len(str(cell)) > _DIGITS_KEPT:
        raise Wrong("被存成了数字，末位已失真，请把这一列设为文本后重填")
    return re.sub(r"\s", "", words(cell)).upper()


def short(limit: int) -> Reader:
    """Text of at most `limit` characters."""

    def read(cell: Any) -> str:
        text = words(cell)
        if len(text) > limit:
            raise Wrong(Sentence("超过 {limit} 字", limit=limit))
        return text

    return read


def whole(cell: Any) -> int:
    """A whole number, 0 for an empty cell."""
    text = words(cell).replace(",", "").replace("，", "")
    if not text:
        return 0
    if not re.fullmatch(r"\d{1,15}", text):
        raise Wrong(Sentence("“{text}”不是不小于 0 的整数", text=text))
    return int(text)


def day(cell: Any) -> date | None:
    """A date in any of the usual spellings; 长期 is the end of time; None for an empty cell."""
    if isinstance(cell, date):
        return cell
    text = words(cell)
    if not text:
        return None
    if text in ("长期", "永久"):
        return FOREVER
    match = _DATE.fullmatch(text)
    if match:
        with suppress(ValueError):  # 2026-02-30: said below, as any other text
            return date(int(match[1]), int(match[2]), int(match[3]))
    raise Wrong(Sentence("“{text}”不是日期，请写成 2026-10-12", text=text))


def yes(cell: Any) -> bool:
    """是 or 否; empty is 否."""
    text = words(cell).casefold()
    if text in YES:
        return True
    if text in NO:
        return False
    raise Wrong(Sentence("“{text}”应为“是”或“否”", text=text))


def many(cell: Any) -> list[str]:
    """A list of words, separated by 、 or the like."""
    return [part for part in _SPLIT.split(words(cell)) if part]


def one_of(labels: Mapping[str, str], otherwise: str | None = None) -> Reader:
    """A code given by its Chinese label or by itself; `otherwise` for an empty cell, required if None."""
    known = {label: key for key, label in labels.items()} | {key: key for key in labels}

    def read(cell: Any) -> str:
        text = words(cell)
        if not text and otherwise is not None:
            return otherwise
        if text not in known:
            raise Wrong(Sentence("“{text}”应为 {values} 之一", text=text, values="、".join(labels.values())))
        return known[text]

    return read


def some_of(labels: Mapping[str, str]) -> Reader:
    """A list of codes given by their labels."""
    read_one = one_of(labels)

    def read(cell: Any) -> list[str]:
        return [read_one(part) for part in many(cell)]

    return read


def label_of(labels: Mapping[str, str]) -> Callable[[Any], Any]:
    """How a code, or a list of codes, is shown."""

    def show(value: Any) -> Any:
        if isinstance(value, list | tuple):
            return "、".join(labels.get(each, each) for each in value)
        return labels.get(value, value)

    return show


def parse(sheet: Sheet, columns: Sequence[Column]) -> tuple[list[Line], list[str], list[str]]:
    """Read every row; the lines, the headings nobody knows, and the required headings that are missing."""
    by_heading: dict[str, Column] = {}
    for column in columns:
        by_heading |= dict.fromkeys((column.heading, column.name, *column.aliases), column)
    places = [
        (place, by_heading[heading]) for place, heading in enumerate(sheet.headings) if heading in by_heading
    ]
    given = {column.name for _place, column in places}
    unknown = [heading for heading in sheet.headings if heading and heading not in by_heading]
    missing = [column.heading for column in columns if column.required and column.name not in given]
    lines: list[Line] = []
    for number, cells in sheet.rows:
        line = Line(number, cells)
        for place, column in places:
            cell = cells[place] if place < len(cells) else None
            try:
                value = column.read(cell)
            except Wrong as fault:
                line.refuse(column.heading, str(fault))
                continue
            if column.required and value in ("", None):
                line.refuse(column.heading, "必填")
            line.values[column.name] = value
        lines.append(line)
    return lines, unknown, missing
