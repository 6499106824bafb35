"""Tables as files.

Reading XLSX and CSV within limits, writing them so that no cell is ever taken for a formula.
"""

from __future__ import annotations

import csv
import io
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

import python_calamine
import xlsxwriter

from engine.errors import Refused
from engine.sentence import Sentence

LARGEST_FILE = 30_000_000
LARGEST_UNZIPPED = 300_000_000
MOST_ROWS = 200_000
MOST_COLUMNS = 120
LONGEST_CELL = 4000
FORMULA = ("=", "+", "-", "@", "\t", "\r")
_ZIP = b"PK\x03\x04"
_EXACT = 2**53
WIDTHS, WIDEST = 200, 48  # rows looked at for the width of a column; its most


class Sheet:
    """A table as read: headings and rows of cleaned cells, each with its number in the file (from 1)."""

    def __init__(self, name: str, headings: list[str], rows: list[tuple[int, list[Any]]]) -> None:
        self.name = name
        self.headings = headings
        self.rows = rows

    def records(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Rows as heading → cell."""
        for number, cells in self.rows:
            yield number, dict(zip(self.headings, cells, strict=False))


def read(name: str, content: bytes) -> Sheet:
    """An XLSX (first sheet) or CSV (UTF-8 or GB 18030) file.

    Refused says what is wrong with the file as a whole.
    """
    if len(content) > LARGEST_FILE:
        raise _bad(
            name,
            Sentence(
                "文件有 {size} MB，超过 {most} MB。",
                size=len(content) // 1000000,
                most=LARGEST_FILE // 1000000,
            ),
        )
    if not content.strip():
        raise _bad(name, "文件是空的。")
    lines = _xlsx(name, content) if content.startswith(_ZIP) else _csv(name, content)
    table = [(number, [clean(cell) for cell in cells]) for number, cells in lines]
    table = [(number, cells) for number, cells in table if any(cell not in ("", None) for cell in cells)]
    if not table:
        raise _bad(name, "文件中没有内容。")
    headings = [str(cell or "").strip().lstrip("*＊") for cell in table[0][1]]
    twice = sorted({heading for heading in headings if heading and headings.count(heading) > 1})
    if twice:
        raise _bad(name, Sentence("列名重复：{twice}。", twice="、".join(twice)))
    return Sheet(name, headings, table[1:])


def _bad(name: str, reason: str) -> Refused:
    return Refused(
        Sentence("{name}：{reason}", name=name, reason=reason),
        hint="请用本系统导出的模板填写。",
        slug="registry-file",
    )


def _csv(name: str, content: bytes) -> list[tuple[int, list[Any]]]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        break
    else:
        raise _bad(name, "不是 UTF-8 或 GB 18030 编码的文本。")
    if "\x00" in text:
        raise _bad(name, "不是表格文件。")
    try:
        rows: list[tuple[int, list[Any]]] = []
        for number, cells in enumerate(csv.reader(io.StringIO(text, newline=""), strict=True), 1):
            _limit(name, number, len(cells))
            rows.append((number, list(cells)))
    except csv.Error as fault:
        raise _bad(name, Sentence("CSV 读不出：{fault}。", fault=fault)) from None
    return rows


def _xlsx(name: str, content: bytes) -> list[tuple[int, list[Any]]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            size = sum(entry.file_size for entry in package.infolist())
        if size > LARGEST_UNZIPPED:
            raise _bad(
                name,
                Sentence(
                    "解压后有 {size} MB，超过 {most} MB。",
                    size=size // 1000000,
                    most=LARGEST_UNZIPPED // 1000000,
                ),
            )
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        sheet = book.get_sheet_by_index(0)
        _limit(name, sheet.total_height, sheet.total_width)
        return list(enumerate(sheet.to_python(skip_empty_area=False), 1))
    except (zipfile.BadZipFile, python_calamine.CalamineError, IndexError) as fault:
        raise _bad(name, Sentence("XLSX 读不出：{fault}。", fault=fault)) from None


def _limit(name: str, rows: int, columns: int) -> None:
    if rows > MOST_ROWS:
        raise _bad(name, Sentence("超过 {most} 行。", most=MOST_ROWS))
    if columns > MOST_COLUMNS:
        raise _bad(name, Sentence("超过 {most} 列。", most=MOST_COLUMNS))


def clean(cell: Any) -> Any:
    """A cell as we keep it: NFC text without control characters and outer blanks.

    Whole numbers as integers.
    """
    if isinstance(cell, bool) or cell is None:
        return cell
    if isinstance(cell, float):
        return int(cell) if cell.is_integer() and abs(cell) < _EXACT else cell
    if isinstance(cell, datetime):
        return cell.date()
    if not isinstance(cell, str):
        return cell
    text = unicodedata.normalize("NFC", cell)
    text = "".join(char for char in text if char == "\n" or unicodedata.category(char)[0] != "C").strip(
        " \u3000\n"
    )
    return text[1:] if text[:1] == "'" and text[1:2] in FORMULA else text


def guarded(cell: Any) -> Any:
    """A cell for a CSV file: what a spreadsheet would take for a formula gets a leading apostrophe."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else plain(cell)


def plain(cell: Any) -> Any:
    """A value as written: dates ISO, yes and no in Chinese, lists with 、."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, list | tuple):
        return "、".join(str(each) for each in cell)
    return cell


def write_csv(headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """A CSV file that Excel opens as UTF-8."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(headings)
    writer.writerows([guarded(cell) for cell in row] for row in rows)
    return b"\xef\xbb\xbf" + out.getvalue().encode("utf-8")


def _width(cell: Any) -> int:
    """About how wide a cell is shown, in digits: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in str(plain(cell)))


def write_xlsx(headings: Sequence[str], rows: Iterable[Sequence[Any]], *, title: str = "名录") -> bytes:
    """An XLSX file with one sheet; every text stands as text, never as a formula or a link."""
    out = io.BytesIO()
    options = {
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "in_memory": True,
    }
    book = xlsxwriter.Workbook(out, options)
    sheet = book.add_worksheet(title[:31])
    bold = book.add_format({"bold": True, "bg_color": "#EFEDE6", "border": 1})
    rows = [list(row) for row in rows]
    for column, heading in enumerate(headings):
        sheet.write_string(0, column, heading, bold)
        longest = max((_width(row[column]) for row in rows[:WIDTHS] if column < len(row)), default=0)
        sheet.set_column(column, column, min(WIDEST, max(10, 2 * len(heading) + 4, longest + 2)))
    for number, row in enumerate(rows, 1):
        for column, cell in enumerate(row):
            value = plain(cell)
            if isinstance(value, int | float):
                sheet.write_number(number, column, value)
            elif value != "":
                sheet.write_string(number, column, str(value))
    sheet.freeze_panes(1, 0)
    if rows:
        sheet.autofilter(0, 0, len(rows), len(headings) - 1)
    book.close()
    return out.getvalue()
