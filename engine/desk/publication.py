"""What the public may see (公示): results, the item list, plans, draws. Only the public view of each.

依据: 吉 第二十五条 (谁检查、谁录入、谁公开), 舞 第四、八、十五条.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import String, cast, select
from sqlalchemy.orm import Session, defer, selectinload

from engine import clock
from engine.desk import cursor as cursors
from engine.desk.draw import STATES
from engine.domain.ceremony.tables import Draw
from engine.domain.plan.query import default_title
from engine.domain.plan.tables import Plan, PlanTask
from engine.domain.publication.tables import KIND_LABELS, Publication
from engine.domain.registry import own_item_lists
from engine.domain.registry.tables import InspectionItem, ItemList
from engine.domain.terms import RESULTS
from engine.errors import NotFound
from engine.people import Bureau

PAGE = 50
CLEAN = RESULTS["none"]
OPEN_STATES = ("published",)
OPEN_COLUMNS = ("检查对象", "机构编码", "检查事项", "检查机关", "检查结果", "检查日期", "公示日期")
"""Heads of the open data, the same in every language of the pages."""


@dataclass(frozen=True, slots=True)
class Result:
    """One published result as the public sees it."""

    id: int
    name: str
    code: str
    task: str
    bureau: str
    result: str
    inspected_on: str
    published_on: str
    version: int
    kind: str
    view: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Results:
    """A page of results."""

    rows: Sequence[Result]
    next: str


def bureaus(session: Session) -> list[tuple[int, str]]:
    """All bureaus of the installation."""
    return list(session.execute(select(Bureau.id, Bureau.name).order_by(Bureau.division)))


def results(session: Session, *, q: str = "", year: int = 0, bureau: int = 0, cursor: str = "") -> Results:
    """Published results, latest first."""
    query = select(Publication).where(Publication.state.in_(OPEN_STATES))
    if bureau:
        query = query.where(Publication.bureau_id == bureau)
    if year:
        start, end = clock.start_of(date(year, 1, 1)), clock.start_of(date(year + 1, 1, 1))
        query = query.where(Publication.published_at >= start, Publication.published_at < end)
    if q:
        name, code, uscc = (
            cast(Publication.view[key].as_string(), String) for key in ("objectName", "objectCode", "uscc")
        )
        numbers = (q, q.upper())  # typed as they are read, kept in capitals
        query = query.where(name.icontains(q, autoescape=True) | code.in_(numbers) | uscc.in_(numbers))
    if cursors.number(cursor):
        query = query.where(Publication.id < cursors.number(cursor))
    found = list(session.scalars(query.order_by(Publication.id.desc()).limit(PAGE + 1)))
    rows = [_result(row) for row in found[:PAGE]]
    return Results(rows, str(rows[-1].id) if len(found) > PAGE else "")


def result(session: Session, publication_id: int) -> tuple[Result, list[Publication]]:
    """One published result with its later and earlier versions (更正记录)."""
    row = session.get(Publication, publication_id)
    if row is None or row.state not in ("published", "superseded", "withdrawn"):
        raise NotFound("没有这条公示。", hint="它可能还没有公布，请按机构名称查询。")
    versions = session.scalars(
        select(Publication)
        .where(
            Publication.inspection_id == row.inspection_id,
            Publication.state.in_(("published", "superseded", "withdrawn")),
        )
        .order_by(Publication.version)
    ).all()
    return _result(row), list(versions)


def _result(row: Publication) -> Result:
    view = row.view or {}
    names = dict.fromkeys(str(item.get("raninsCheckResName", "")) for item in view.get("details", []))
    told = [name for name in names if name != CLEAN or len(names) == 1]  # item by item stands on its page
    return Result(
        id=row.id,
        name=str(view.get("objectName", "")),
        code=str(view.get("objectCode", "")),
        task=str(view.get("raninsTaskName", "")),
        bureau=str(view.get("insAuth", "")),
        result="、".join(told) or str(view.get("summary", "")),
        inspected_on=str(view.get("insDate", "")),
        published_on=str(view.get("publishedOn", "")),
        version=row.version,
        kind=KIND_LABELS.get(row.kind, row.kind),
        view=view,
    )


def item_lists(session: Session) -> list[tuple[Bureau, ItemList, list[InspectionItem]]]:
    """The item list in force of each bureau that has one of its own."""
    lists = own_item_lists(session)
    bureaus = session.scalars(select(Bureau).where(Bureau.id.in_(lists)).order_by(Bureau.division))
    return [(bureau, lists[bureau.id], list(lists[bureau.id].items)) for bureau in bureaus]


def plans(session: Session) -> list[tuple[Plan, str, str, list[PlanTask]]]:
    """Published plans: row, title, bureau, tasks."""
    query = (
        select(Plan, Bureau.name)
        .join(Bureau, Bureau.id == Plan.bureau_id)
        .where(Plan.published_on.is_not(None))
        .order_by(Plan.year.desc(), Plan.quarter.desc(), Plan.id.desc())
        .limit(PAGE)
        .options(selectinload(Plan.tasks))
    )
    return [
        (plan, plan.title or default_title(plan), name, list(plan.tasks))
        for plan, name in session.execute(query)
    ]


def draws(session: Session) -> list[tuple[Draw, str, str, str]]:
    """Numbered draws of all bureaus, failed and void ones too: row, bureau, lamp, state."""
    query = (
        select(Draw, Bureau.name)
        .join(Bureau, Bureau.id == Draw.bureau_id)
        .where(Draw.state.not_in(("prepared", "abandoned")))
        .options(defer(Draw.document), defer(Draw.events), defer(Draw.aliases))
        .order_by(Draw.year.desc(), Draw.id.desc())
        .limit(PAGE)
    )
    return [
        (draw, name, *STATES.get(draw.state, ("idle", draw.state))) for draw, name in session.execute(query)
    ]


def draw(session: Session, draw_id: str) -> Draw:
    """A numbered draw; NotFound before its list was frozen."""
    found = session.get(Draw, draw_id)
    if found is None or found.state in ("prepared", "abandoned"):
        raise NotFound("没有这次抽取。", hint="请按抽取编号核对，例如 229900-2026-0001。")
    return found
