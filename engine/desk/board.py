"""The board (督办): what is late or soon due, by unit and step, soonest first.

依据: 舞 第十五条 (基金监管股督促公示), 吉 第二十四条 (上级督办下级).
Overdue is a query; nothing is stored as late.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import CTE, Select, bindparam, func, or_, select, union_all
from sqlalchemy.orm import Session

from engine import clock
from engine.access.scope import visible_bureaus
from engine.desk import cursor as cursors
from engine.desk.lamp import Days, Lamp
from engine.people import Bureau, Person
from engine.runtime.tables import WorkItem
from engine.runtime.work_item import holder_of

PAGE = 50
MOST = 5_000  # rows of a file
COLUMNS = ("对象", "案号", "环节", "岗位", "承办", "机构", "开始", "到期日", "时限（工作日）")
WHEN = ("late", "today", "soon", "all")
WARM, HOT = 1, 3
KEPT = timedelta(seconds=30)
LARGE = 50_000  # open steps from which a board is kept
BOARDS = 64


@dataclass(frozen=True, slots=True)
class Filters:
    """What the board is narrowed to. `unit` is `<bureau id>/<lane>`, `bureau` one of the visible ones."""

    when: str = "late"
    unit: str = ""
    bureau: int = 0
    step: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One step on the board."""

    item_id: int
    case_id: int
    name: str
    case_no: str
    step: str
    lane: str
    bureau: str
    holder: str
    lamp: Lamp
    due_at: datetime | None
    opened_at: datetime


@dataclass(slots=True)
class Cell:
    """A square of the heat table; `level` 0–3 by the number that is late."""

    open: int = 0
    late: int = 0

    @property
    def level(self) -> int:
        """0 none late, 1 one, 2 two or three, 3 four and more."""
        return 0 if not self.late else 1 if self.late <= WARM else 2 if self.late <= HOT else 3


@dataclass(slots=True)
class Unit:
    """A row of the heat table."""

    key: str
    label: str
    cells: dict[str, Cell] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """Open steps of the unit."""
        return sum(cell.open for cell in self.cells.values())

    @property
    def late(self) -> int:
        """Late steps of the unit."""
        return sum(cell.late for cell in self.cells.values())


@dataclass(slots=True)
class Board:
    """Heat table, numbers and the list."""

    units: list[Unit]
    steps: list[str]
    open: int
    late: int
    today: int
    soon: int
    lines: list[Line]
    next: str
    bureaus: list[tuple[int, str]]


def board(session: Session, person: Person, filters: Filters, cursor: str = "") -> Board:
    """The board of the bureaus this person supervises."""
    bureaus = visible_bureaus(session, person)
    names = dict(session.execute(select(Bureau.id, Bureau.short_name).where(Bureau.id.in_(bureaus))).all())
    days = Days(session)
    shown = [filters.bureau] if filters.bureau in names else bureaus
    units, numbers = _heat(session, shown, names, days)
    steps = sorted({step for unit in units for step in unit.cells}, key=lambda step: -_late(units, step))
    lines, following = _lines(session, shown, names, filters, days, cursor)
    return Board(
        units=sorted(units, key=lambda unit: (-unit.late, -unit.total)),
        steps=steps,
        open=numbers["open"],
        late=numbers["late"],
        today=numbers["today"],
        soon=numbers["soon"],
        lines=lines,
        next=following,
        bureaus=sorted(names.items()),
    )


def late_count(session: Session, person: Person) -> int:
    """How many steps are late where this person supervises, at most a hundred."""
    bureaus = visible_bureaus(session, person)
    late = select(WorkItem.id).where(
        WorkItem.bureau_id.in_(bureaus), WorkItem.state == "open", WorkItem.due_at < clock.now()
    )
    return session.scalar(select(func.count()).select_from(late.limit(100).subquery())) or 0


def _late(units: Sequence[Unit], step: str) -> int:
    return sum(unit.cells[step].late for unit in units if step in unit.cells)


def _heat(
    session: Session, bureaus: Sequence[int], names: dict[int, str], days: Days
) -> tuple[list[Unit], dict[str, int]]:
    """Open and late steps by bureau, lane and step; kept for half a minute, a million take a moment."""
    counted = _recent(session, tuple(sorted(bureaus)), days)
    units: dict[str, Unit] = {}
    numbers = {"open": 0, "late": 0, "today": 0, "soon": 0}
    several = len(bureaus) > 1
    for (bureau_id, lane, step), (number, late, today, soon) in counted.items():
        key = f"{bureau_id}/{lane}"
        label = f"{names.get(bureau_id, '')} {lane}" if several else lane
        cell = units.setdefault(key, Unit(key, label)).cells.setdefault(step, Cell())
        cell.open += number
        cell.late += late
        for name, value in (("open", number), ("late", late), ("today", today), ("soon", soon)):
            numbers[name] += value
    return list(units.values()), numbers


_T = WorkItem.__table__.c
Place = tuple[int, str, str]
Count = tuple[int, int, int, int]
_kept: OrderedDict[tuple[object, ...], tuple[datetime, dict[Place, Count]]] = OrderedDict()


def _recent(session: Session, bureaus: tuple[int, ...], days: Days) -> dict[Place, Count]:
    """Open, late, due today, due soon for each bureau, lane and step. Only large boards are worth keeping."""
    now = clock.now()
    key = (str(session.get_bind().engine.url), bureaus)
    kept = _kept.get(key)
    if kept is not None and timedelta() <= now - kept[0] < KEPT:
        return kept[1]
    spans = {"now": now, "end": clock.end_of(days.today), "soon": clock.end_of(days.soon)}
    counted = {
        (bureau_id, lane, step): (late + today + soon + later + undated, late, today, soon)
        for bureau_id, lane, step, late, today, soon, later, undated in session.execute(
            _counted(), {"bureaus": bureaus, **spans}
        )
    }
    if sum(count[0] for count in counted.values()) >= LARGE:
        _kept[key] = (now, counted)
        while len(_kept) > BOARDS:
            _kept.popitem(last=False)
    return counted


@cache
def _counted() -> Select[Any]:
    """Every place with open steps, and how many are due when: each entry of the index is read once.

    The places are found by leaps along the index (a grouped query would compare every row with the one
    before, which takes three times as long), and each is counted in five ranges that do not overlap.
    """
    lanes = _leaps("lane", select(Bureau.id).where(Bureau.id.in_(bindparam("bureaus", expanding=True))))
    steps = _leaps("step", select(lanes.c[0], lanes.c.lane).where(lanes.c.lane.is_not(None)))
    now, end, soon = (bindparam(name, type_=_T.due_at.type) for name in ("now", "end", "soon"))
    spans = (
        _T.due_at < now,
        (_T.due_at >= now) & (_T.due_at <= end),
        (_T.due_at > end) & (_T.due_at <= soon),
        _T.due_at > soon,
        _T.due_at.is_(None),
    )
    here = (_T.bureau_id == steps.c[0], _T.state == "open", _T.lane == steps.c.lane, _T.step == steps.c.step)
    numbers = [
        select(func.count()).where(*here, span).correlate(steps).scalar_subquery().label(f"span{number}")
        for number, span in enumerate(spans)
    ]
    return select(*steps.c, *numbers).where(steps.c.step.is_not(None))


def _leaps(name: str, places: Select[Any]) -> CTE:
    """Places, and for each the values that a column takes there, each found from the one before; NULL ends."""
    outer = places.subquery()
    columns = [_T.bureau_id, _T.lane][: len(outer.c)]

    def least(here: Any, *more: Any) -> Any:
        inside = [column == here.c[at] for at, column in enumerate(columns)]
        query = select(func.min(_T[name])).where(*inside, _T.state == "open", *more)
        return query.correlate(here).scalar_subquery()

    found = select(*outer.c, least(outer).label(name)).cte(f"by_{name}", recursive=True)
    kept = [found.c[at] for at in range(len(columns))]
    following = select(*kept, least(found, _T[name] > found.c[name])).where(found.c[name].is_not(None))
    return found.union_all(following)


def _lines(
    session: Session,
    bureaus: Sequence[int],
    names: dict[int, str],
    filters: Filters,
    days: Days,
    cursor: str,
) -> tuple[list[Line], str]:
    """One page of the list: a short index scan for each bureau, merged."""
    conditions = _conditions(filters, days)
    due, last_id = cursors.read(cursor) or (None, 0)
    if due is not None:
        conditions += [WorkItem.due_at >= due, or_(WorkItem.due_at > due, WorkItem.id > last_id)]
    scans = [_scan(bureau_id, conditions) for bureau_id in bureaus]
    if not scans:
        return [], ""
    merged = union_all(*(select(scan.subquery()) for scan in scans)).subquery()
    ids = session.scalars(select(merged.c.id).order_by(merged.c.due_at, merged.c.id).limit(PAGE + 1)).all()
    shown = ids[:PAGE]
    found = {item.id: item for item in session.scalars(select(WorkItem).where(WorkItem.id.in_(shown)))}
    held = {number: holder_of(item) for number, item in found.items()}
    known = select(Person.id, Person.name).where(Person.id.in_(set(held.values())))
    holders: dict[int | None, str] = dict(session.execute(known).all())
    lines = [_line(found[number], holders.get(held[number]), names, days) for number in shown]
    if len(ids) <= PAGE:
        return lines, ""
    last = found[shown[-1]]
    return lines, cursors.written(last.due_at, last.id)


def table(session: Session, person: Person, filters: Filters) -> Iterator[list[Any]]:
    """The whole list as rows of a file, soonest first; at most `MOST` of them."""
    bureaus = visible_bureaus(session, person)
    names = dict(session.execute(select(Bureau.id, Bureau.short_name).where(Bureau.id.in_(bureaus))).all())
    shown = [filters.bureau] if filters.bureau in names else bureaus
    days, following, left = Days(session), "", MOST
    while left > 0:
        lines, following = _lines(session, shown, names, filters, days, following)
        for line in lines[:left]:
            due = clock.local(line.due_at).date() if line.due_at else None
            opened = clock.local(line.opened_at).date()
            yield [
                *(line.name, line.case_no, line.step, line.lane, line.holder, line.bureau),
                *(opened, due, line.lamp.text),
            ]
        left -= len(lines)
        if not following:
            return


def _scan(bureau_id: int, conditions: Sequence[Any]) -> Select[datetime | None, int]:
    return (
        select(WorkItem.due_at, WorkItem.id)
        .where(
            WorkItem.bureau_id == bureau_id,
            WorkItem.state == "open",
            WorkItem.due_at.is_not(None),
            *conditions,
        )
        .order_by(WorkItem.due_at, WorkItem.id)
        .limit(PAGE + 1)
    )


def _conditions(filters: Filters, days: Days) -> list[Any]:
    now, end, soon = clock.now(), clock.end_of(days.today), clock.end_of(days.soon)
    found: list[Any] = {
        "late": [WorkItem.due_at < now],
        "today": [WorkItem.due_at >= now, WorkItem.due_at <= end],
        "soon": [WorkItem.due_at >= now, WorkItem.due_at <= soon],
    }.get(filters.when, [])
    if filters.step:
        found.append(WorkItem.step == filters.step)
    unit, _, lane = filters.unit.partition("/")
    bureau = cursors.number(unit)
    if bureau and lane:
        found += [WorkItem.bureau_id == bureau, WorkItem.lane == lane]
    return list(found)


def _line(item: WorkItem, holder: str | None, names: dict[int, str], days: Days) -> Line:
    return Line(
        item_id=item.id,
        case_id=item.case_id,
        name=item.name,
        case_no=item.case_no,
        step=item.step,
        lane=item.lane,
        bureau=names.get(item.bureau_id, ""),
        holder=holder or "",
        lamp=days.lamp(item.due_at),
        due_at=item.due_at,
        opened_at=item.opened_at,
    )
