"""The scans behind an inbox: one short index scan for each pool, merged soonest first, never a whole table.

A pool is a text (`role/1/leader`, `team/7`, `person/3`); instants are UTC. Statements asked for on every page are
kept, by the kinds of pools a person has. Nothing here asks who may see what: the caller hands in the pools.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    Select,
    and_,
    bindparam,
    case,
    func,
    literal,
    or_,
    select,
    tuple_,
    union,
    union_all,
)
from sqlalchemy.orm import Session

from engine.runtime.tables import Instance, WorkItem

CAP = 500  # counts stop here and say «500+»
FULL = 100  # and the number in the page header here
SEARCHED = 5_000  # soonest items of a pool that are searched for any part of a name; more take seconds
NAMED = 200  # cases whose number or object begins with what is searched for
NAMES = ("object_name", "case_no", "title")
_T = WorkItem.__table__.c  # columns of the plain table: merging scans of mapped ones costs twice as much

Place = tuple[datetime | None, int]
"""Where an item stands in the order: its due instant (None: none) and its number."""


@dataclass(frozen=True, slots=True)
class Sought:
    """A text looked for, and the cases whose number or object begins with it."""

    text: str
    cases: Sequence[int]


def sought(session: Session, text: str) -> Sought:
    """What to look for, with the cases found along an index however many there are."""
    begins = [_begins(session, column, text) for column in (Instance.case_no, Instance.object_name)]
    queries = [select(Instance.id).where(begin).limit(NAMED) for begin in begins]
    return Sought(text, session.scalars(union_all(*(select(query.subquery()) for query in queries))).all())


def contains(place: Any, text: str) -> Any:
    """The condition that one of an item's or case's names contains a text, taken literally."""
    like = f"%{_escaped(text)}%"
    return or_(*(getattr(place, name).like(like, escape="\\") for name in NAMES))


def soonest(
    session: Session,
    pools: Sequence[str],
    conditions: Sequence[Any],
    after: Place | None,
    *,
    dated: bool,
    limit: int,
    sought: Sought | None = None,
) -> list[Place]:
    """The soonest open items of some pools, after a place in the order; `dated`: those with a due instant."""
    if pools and not conditions and after is None and sought is None:  # the first page: asked for most
        kinds, values = _placed(pools)
        first = session.connection().execute(_soonest_query(kinds, limit, dated=dated), values)
        return [(row.due_at, row.id) for row in first]
    conditions = list(conditions)
    if after is not None:
        due, last = after
        if due is None:
            conditions.append(_T.id > last)
        else:
            conditions += [_T.due_at >= due, or_(_T.due_at > due, _T.id > last)]
    columns = (_T.due_at, _T.id)
    if sought is None:
        scans = [_scan(columns, place, conditions, dated=dated, limit=limit) for place in _sited(pools)]
    else:
        scans = [_search(place, conditions, sought, dated=dated, limit=limit) for place in _sited(pools)]
        if scans and sought.cases:
            named = and_(_T.case_id.in_(sought.cases), _T.pool.in_(pools))
            scans.append(_scan(columns, named, conditions, dated=dated, limit=limit))
    if not scans:
        return []
    together = union_all if sought is None else union
    merged = together(*(select(scan.subquery()) for scan in scans)).subquery()
    query = select(merged.c.due_at, merged.c.id).order_by(merged.c.due_at, merged.c.id).limit(limit)
    return [(due, number) for due, number in session.connection().execute(query)]


def beside(session: Session, pools: Sequence[str], place: Place) -> tuple[int, int]:
    """The open items just before and just after a place in the order of some pools; 0 where there is none."""
    due, number = place
    if due is None:
        before = _nearest(session, pools, [_T.id < number], dated=False, back=True)
        return before or _nearest(session, pools, [], dated=True, back=True), _nearest(
            session, pools, [_T.id > number], dated=False
        )
    order, here = tuple_(_T.due_at, _T.id), tuple_(literal(due, _T.due_at.type), number)
    after = _nearest(session, pools, [order > here], dated=True)
    return _nearest(session, pools, [order < here], dated=True, back=True), after or _nearest(
        session, pools, [], dated=False
    )


def first(session: Session, pools: Sequence[str]) -> int:
    """The soonest open item of some pools; 0 where there is none."""
    return _nearest(session, pools, [], dated=True) or _nearest(session, pools, [], dated=False)


def _nearest(
    session: Session, pools: Sequence[str], conditions: Sequence[Any], *, dated: bool, back: bool = False
) -> int:
    """The first item of some pools that meets conditions; `back`: the last."""
    columns = (_T.due_at, _T.id)
    scans = [
        _scan(columns, place, conditions, dated=dated, limit=1, back=back).subquery()
        for place in _sited(pools)
    ]
    if not scans:
        return 0
    merged = union_all(*map(select, scans)).subquery().c
    query = select(merged.id).order_by(*_ordered(merged.due_at, merged.id, back=back)).limit(1)
    return session.connection().scalar(query) or 0


def beyond(session: Session, pools: Sequence[str]) -> bool:
    """Whether a pool holds more than is searched."""
    scans = [_scan((_T.id,), place, [], dated=None, limit=1).offset(SEARCHED) for place in _sited(pools)]
    return bool(scans) and session.scalar(union_all(*(select(s.subquery()) for s in scans))) is not None


def number(session: Session, pools: Sequence[str]) -> int:
    """How many items wait, at most `FULL`."""
    kinds, values = _placed(pools)
    return session.connection().scalar(_number_query(kinds), values) or 0


def numbers(
    session: Session, pools: Sequence[str], own: str, *, now: datetime, end: datetime, soon: datetime
) -> Iterable[Any]:
    """How many wait: rows (late|today|soon|"", of the pool `own` or not, process, step, bureau, number).

    Each pool stops at `CAP`. `end` and `soon` are the last instants of today and of the days called near.
    """
    kinds, values = _placed(pools)
    values |= {"now": now, "end": end, "soon": soon, "own": own}
    return session.connection().execute(_numbers_query(kinds), values)


def _begins(session: Session, column: Any, text: str) -> Any:
    """SQLite compares bytes and uses its index for a range, PostgreSQL for a pattern."""
    if session.get_bind().dialect.name == "sqlite":
        return and_(column >= text, column < text + "\U0010ffff")
    return column.like(f"{_escaped(text)}%", escape="\\")


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _scan(
    columns: Sequence[Any],
    place: Any,
    conditions: Sequence[Any],
    *,
    dated: bool | None,
    limit: int,
    back: bool = False,
) -> Select[Any]:
    """The soonest items of one pool (or of a few small ones), straight along the index; `back`: the latest."""
    query = select(*columns).where(place, _T.state == "open", *conditions)
    if dated is not None:
        query = query.where(_T.due_at.is_not(None) if dated else _T.due_at.is_(None))
    return query.order_by(*_ordered(_T.due_at, _T.id, back=back)).limit(limit)


def _ordered(*columns: Any, back: bool) -> list[Any]:
    return [column.desc() for column in columns] if back else list(columns)


def _search(place: Any, conditions: Sequence[Any], sought: Sought, *, dated: bool, limit: int) -> Select[Any]:
    """Items among the soonest of a pool whose names contain a text."""
    columns = (_T.due_at, _T.id, *(_T[name] for name in NAMES))
    near = _scan(columns, place, conditions, dated=dated, limit=SEARCHED).subquery()
    found = select(near.c.due_at, near.c.id).where(contains(near.c, sought.text))
    return found.order_by(near.c.due_at, near.c.id).limit(limit)


def _grouped(pools: Iterable[str]) -> list[list[str]]:
    """Pools that may be large get a scan of their own; the small ones (teams) share one."""
    large = [[pool] for pool in pools if not pool.startswith("team/")]
    small = [pool for pool in pools if pool.startswith("team/")]
    return [*large, small] if small else large


def _sited(pools: Iterable[str]) -> list[Any]:
    return [_T.pool == group[0] if len(group) == 1 else _T.pool.in_(group) for group in _grouped(pools)]


def _placed(pools: Iterable[str]) -> tuple[str, dict[str, Any]]:
    """Pools as parameters of a kept statement: kinds of scan (`o` one pool, `s` several), and values."""
    groups = _grouped(pools)
    values: dict[str, Any] = {
        f"place{number}": group[0] if not group[0].startswith("team/") else group
        for number, group in enumerate(groups)
    }
    return "".join("s" if group[0].startswith("team/") else "o" for group in groups), values


def _scans(kinds: str, columns: Sequence[Any], limit: int, *, dated: bool | None = None) -> list[Any]:
    """The soonest of each of a person's pools, as the places of `_placed`."""
    scans = []
    for number, kind in enumerate(kinds):
        several = kind == "s"
        value: Any = bindparam(f"place{number}", expanding=several)
        place = _T.pool.in_(value) if several else _T.pool == value
        scans.append(_scan(columns, place, [], dated=dated, limit=limit).subquery())
    return scans


@cache
def _number_query(kinds: str) -> Select[Any]:
    items = union_all(*map(select, _scans(kinds, (_T.id,), FULL))).subquery()
    return select(func.count()).select_from(select(items.c.id).limit(FULL).subquery())


@cache
def _numbers_query(kinds: str) -> Any:
    """Counted pool by pool: sorting all of them together for one count costs half as much again."""
    columns = (_T.id, _T.pool, _T.due_at, _T.process, _T.step, _T.bureau_id)
    return union_all(*map(_counted, _scans(kinds, columns, CAP)))


def _counted(items: Any) -> Select[Any]:
    due = items.c.due_at
    near = case(
        (due < bindparam("now"), "late"),
        (due <= bindparam("end"), "today"),
        (due <= bindparam("soon"), "soon"),
        else_="",
    ).label("near")
    own = (func.max(items.c.pool) == bindparam("own")).label("own")
    kinds_of = (items.c.process, items.c.step, items.c.bureau_id)
    return select(near, own, *kinds_of, func.count()).group_by(near, *kinds_of)


@cache
def _soonest_query(kinds: str, limit: int, *, dated: bool) -> Select[Any]:
    items = union_all(*map(select, _scans(kinds, (_T.due_at, _T.id), limit, dated=dated))).subquery()
    return select(items.c.due_at, items.c.id).order_by(items.c.due_at, items.c.id).limit(limit)
