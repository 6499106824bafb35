"""What is wrong with a decision table as a whole: gaps, overlaps, unreachable rows, conflicting outputs.

Each input column is cut at every value written in its cells; one sample from each piece stands for all of
it, tested with the cells' own closures. Rows are bits; columns are walked one after the other, and equal sets
of rows are looked at once, so that a table of ordinary size is analysed completely.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from engine.errors import RuleError
from engine.rules.feel.compiler import Env
from engine.rules.feel.limits import Run
from engine.rules.feel.temporal import (
    DAY,
    DateTime,
    DaysTime,
    Time,
    YearsMonths,
    day_at,
    days_of,
    shift,
    time_of,
)
from engine.rules.feel.values import Range, compare, equal, to_feel, type_name
from engine.sentence import Sentence

from .table import Row, Table, decide_row, priority

_MOST_FINDINGS = 40
_MOST_VISITS = 100_000
_MOST_ROWS = 300
_OTHER = "其他"
_OTHER_TEXT = "其他取值"
_ORDERED = ("number", "date", "time", "date and time", "days and time duration", "years and months duration")


@dataclass(frozen=True, slots=True)
class TableFinding:
    """One problem: kind (gap, overlap, conflict, unreachable, open), rows, cells, and an input showing it."""

    kind: str
    severity: str
    rows: list[int]
    reason: str
    hint: str = ""
    cells: dict[str, str] = field(default_factory=dict)
    example: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """All fields; values are FEEL texts."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a column's values: a sample, its text, the rows that hold it, whether it is a fraction."""

    sample: Any
    text: str
    rows: int
    between_whole: bool = False


def analyse(table: Table) -> list[TableFinding]:
    """All findings of a table, errors first."""
    if len(table.rows) > _MOST_ROWS:
        return [
            TableFinding(
                "open",
                "info",
                [],
                Sentence("表超过 {most} 行，未作分析。", most=_MOST_ROWS),
                "请拆分此表。",
            )
        ]
    open_rows = _open_rows(table)
    pieces = [_pieces(table, column, open_rows) for column in range(len(table.inputs))]
    found = [
        TableFinding(
            "open",
            "info",
            [table.rows[index].number],
            Sentence("第 {row} 行用到其他数据，无法静态分析。", row=table.rows[index].number),
        )
        for index in sorted(open_rows)
    ]
    found += _empty_rows(table, pieces, open_rows)
    found += _walk_all(table, pieces, open_rows)
    found += _overlaps(table, pieces, open_rows)
    order = {"error": 0, "warning": 1, "info": 2}
    return sorted(found, key=lambda finding: order[finding.severity])


def _holds(table: Table, row: Row, column: int, value: Any) -> bool | None:
    run = Run()
    try:
        held = row.tests[column](Env({"?": value, table.inputs[column].text: value}, None, run))
    except RuleError:
        return None
    return held if isinstance(held, bool) else None


def _open_rows(table: Table) -> set[int]:
    """Rows with a cell that needs other data than the column's own value."""
    return {
        index
        for index, row in enumerate(table.rows)
        if any(row.needs[column] - {table.inputs[column].text} for column in range(len(table.inputs)))
    }


def _constants(table: Table, column: int) -> list[Any]:
    found: list[Any] = []
    sources = [constant for row in table.rows for constant in row.constants[column]]
    sources += table.inputs[column].constants
    for value in sources:
        ends = [value.low, value.high] if isinstance(value, Range) else [value]
        for end in ends:
            if (
                end is not None
                and not isinstance(end, list | dict)
                and all(equal(end, known) is not True for known in found)
            ):
                found.append(end)
    return found


def _middle(low: Any, high: Any) -> Any:
    if isinstance(low, Decimal):
        return (low + high) / 2
    if isinstance(low, date):
        return day_at((days_of(low) + days_of(high)) // 2)
    if isinstance(low, Time):
        return time_of((low.nanos() + high.nanos()) // 2, low.zone)
    if isinstance(low, DateTime):
        return shift(
            low, ((days_of(high.day) - days_of(low.day)) * DAY + high.time.nanos() - low.time.nanos()) // 2
        )
    if isinstance(low, DaysTime):
        return DaysTime((low.nanos + high.nanos) // 2)
    return YearsMonths((low.months + high.months) // 2)


def _beyond(value: Any, sign: int) -> Any:
    if isinstance(value, Decimal):
        return value + sign
    if isinstance(value, date):
        return day_at(days_of(value) + sign)
    if isinstance(value, Time):
        return time_of(value.nanos() + sign * 60 * 10**9, value.zone)
    if isinstance(value, DateTime):
        return shift(value, sign * DAY)
    return (
        DaysTime(value.nanos + sign * DAY)
        if isinstance(value, DaysTime)
        else YearsMonths(value.months + sign)
    )


def _samples(table: Table, column: int) -> Iterator[tuple[Any, str, bool]]:
    """Samples with the text of the piece they stand for, and whether it lies between two whole neighbours."""
    constants = _constants(table, column)
    kinds = {type_name(value) for value in constants}
    declared = table.inputs[column].type
    wanted = declared.root().name if declared is not None else ""
    if "boolean" in kinds or wanted == "boolean":
        yield True, "true", False
        yield False, "false", False
        return
    for kind in _ORDERED:
        values = sorted((value for value in constants if type_name(value) == kind), key=_key)
        if not values:
            continue
        whole = kind == "number" and all(value == value.to_integral_value() for value in values)
        yield _beyond(values[0], -1), f"< {to_feel(values[0])}", False
        for index, value in enumerate(values):
            yield value, to_feel(value), False
            if index + 1 < len(values):
                following = values[index + 1]
                middle = _middle(value, following)
                if compare(value, middle) == -1 and compare(middle, following) == -1:
                    between = whole and following - value == 1
                    yield middle, f"({to_feel(value)}..{to_feel(following)})", between
        yield _beyond(values[-1], 1), f"> {to_feel(values[-1])}", False
    texts = [value for value in constants if isinstance(value, str)]
    for text in texts:
        yield text, to_feel(text), False
    if texts or not kinds:
        yield _OTHER, _OTHER_TEXT, False


def _key(value: Any) -> Any:
    if isinstance(value, DateTime):
        return (days_of(value.day), value.time.nanos())
    if isinstance(value, Time | DaysTime):
        return value.nanos() if isinstance(value, Time) else value.nanos
    if isinstance(value, YearsMonths):
        return value.months
    return value if isinstance(value, Decimal) else days_of(value)


def _pieces(table: Table, column: int, open_rows: set[int]) -> list[Piece]:
    found: dict[tuple[int, bool], Piece] = {}
    source = table.inputs[column]
    for sample, text, between in _samples(table, column):
        if source.allowed is not None and source.allowed(Env({"?": sample}, None, Run())) is not True:
            continue
        if source.type is not None and not source.type.holds(sample):
            continue
        rows = 0
        for index, row in enumerate(table.rows):
            if index in open_rows or _holds(table, row, column, sample) is True:
                rows |= 1 << index
        known = found.get((rows, between))
        joined = f"{known.text}、{text}" if known else text
        found[rows, between] = Piece(known.sample if known else sample, joined, rows, between)
    return list(found.values()) or [Piece(None, "-", (1 << len(table.rows)) - 1)]


def _example(table: Table, chosen: Sequence[Piece]) -> dict[str, str]:
    return {column.label: to_feel(piece.sample) for column, piece in zip(table.inputs, chosen, strict=True)}


def _cells(table: Table, chosen: Sequence[Piece]) -> dict[str, str]:
    return {column.label: piece.text for column, piece in zip(table.inputs, chosen, strict=True)}


def _empty_rows(table: Table, pieces: list[list[Piece]], open_rows: set[int]) -> list[TableFinding]:
    found = []
    for index, row in enumerate(table.rows):
        for column, parts in enumerate(pieces):
            if index not in open_rows and not any(piece.rows >> index & 1 for piece in parts):
                label = table.inputs[column].label
                found.append(TableFinding(
                    "unreachable", "error", [row.number],
                    Sentence(
                        "第 {row} 行永远不会命中：“{label}”的条件 {cell} 没有可能的取值。",
                        row=row.number,
                        label=label,
                        cell=row.cells[column],
                    ),
                    "请改正该单元格或删去此行。", {label: row.cells[column]},
                ))  # fmt: skip
                break
    return found


def _walk_all(table: Table, pieces: list[list[Piece]], open_rows: set[int]) -> list[TableFinding]:
    """Gaps, and rows that another row always beats."""
    winners, gaps, complete = _explore(table, pieces, sum(1 << index for index in open_rows))
    has_default = any(output.default is not None for output in table.outputs)
    quiet = has_default or table.policy in {"COLLECT", "RULE ORDER", "OUTPUT ORDER"}
    found = [] if quiet else [_gap(table, chosen) for chosen in gaps]
    if not complete:
        return [*found, TableFinding("open", "info", [], "表过大，只分析了一部分。", "请拆分此表。")]
    if table.policy not in {"FIRST", "PRIORITY"}:
        return found
    for index, row in enumerate(table.rows):
        reachable = all(any(piece.rows >> index & 1 for piece in parts) for parts in pieces)
        if reachable and not winners >> index & 1 and index not in open_rows:
            reason = Sentence("第 {row} 行永远不起作用：凡它命中之处，其他行总在前。", row=row.number)
            found.append(TableFinding("unreachable", "error", [row.number], reason, "请调整次序或删去此行。"))
    return found


def _explore(table: Table, pieces: list[list[Piece]], open_rows: int) -> tuple[int, list[list[Piece]], bool]:
    """The rows that win somewhere, the combinations without a row, and whether all was looked at."""
    winners = 0
    gaps: list[list[Piece]] = []
    seen: set[tuple[int, int]] = set()
    waiting: list[tuple[int, list[Piece]]] = [((1 << len(table.rows)) - 1, [])]
    for _visit in range(_MOST_VISITS):
        if not waiting:
            return winners, gaps, True
        rows, chosen = waiting.pop()
        if not rows:
            if len(gaps) < _MOST_FINDINGS:
                gaps.append([*chosen, *(Piece(parts[0].sample, "-", 0) for parts in pieces[len(chosen) :])])
        elif len(chosen) == len(pieces):
            # A row that needs other data may not match after all: it puts no other row in the shade.
            winners |= _winner(table, rows & ~open_rows) if rows & ~open_rows else 0
        elif (len(chosen), rows) not in seen:
            seen.add((len(chosen), rows))
            waiting.extend((rows & piece.rows, [*chosen, piece]) for piece in reversed(pieces[len(chosen)]))
    return winners, gaps, not waiting


def _gap(table: Table, chosen: list[Piece]) -> TableFinding:
    cells = _cells(table, chosen)
    shown = "，".join(f"{label} = {text}" for label, text in cells.items() if text != "-")
    reason = Sentence("没有一行覆盖：{shown}。", shown=shown) if shown else "没有一行覆盖任何输入。"
    example = _example(table, chosen)
    if any(piece.between_whole for piece in chosen):
        return TableFinding("gap", "info", [], reason, "若该列只取整数可忽略。", cells, example)
    if any(_OTHER_TEXT in piece.text for piece in chosen):
        hint = "若没有其他取值，请在该列列出允许的取值；否则请增加一行。"
        return TableFinding("gap", "warning", [], reason, hint, cells, example)
    return TableFinding("gap", "error", [], reason, "请增加一行或放宽条件。", cells, example)


def _winner(table: Table, rows: int) -> int:
    """The rows that count where these rows match."""
    if table.policy == "FIRST":
        return rows & -rows
    if table.policy != "PRIORITY":
        return rows
    indexes = [index for index in range(len(table.rows)) if rows >> index & 1]
    ranks = {index: priority(table, decide_row(table, table.rows[index])) for index in indexes}
    best = min(ranks.values())
    return sum(1 << index for index, rank in ranks.items() if rank == best)


def _overlaps(table: Table, pieces: list[list[Piece]], open_rows: set[int]) -> list[TableFinding]:
    """Pairs of rows that one input can hit both: an error for UNIQUE, a conflict where ANY outputs differ."""
    if table.policy not in {"UNIQUE", "ANY"}:
        return []
    found: list[TableFinding] = []
    closed = [index for index in range(len(table.rows)) if index not in open_rows]
    for place, first in enumerate(closed):
        for second in closed[place + 1 :]:
            both = (1 << first) | (1 << second)
            chosen = [next((piece for piece in parts if piece.rows & both == both), None) for parts in pieces]
            common = [piece for piece in chosen if piece is not None]
            if len(common) < len(pieces) or len(found) >= _MOST_FINDINGS:
                continue
            one, two = table.rows[first], table.rows[second]
            same = one.results == two.results or equal(decide_row(table, one), decide_row(table, two)) is True
            if table.policy == "ANY" and same:
                continue
            kind = "overlap" if same else "conflict"
            numbers = {"one": one.number, "two": two.number}
            found.append(TableFinding(
                kind, "error", [one.number, two.number],
                Sentence("第 {one} 行与第 {two} 行可同时命中。", **numbers)
                if same
                else Sentence("第 {one} 行与第 {two} 行可同时命中，输出却不同。", **numbers),
                "请收窄其中一行的条件，或改用其他命中策略。", _cells(table, common), _example(table, common),
            ))  # fmt: skip
    return found
