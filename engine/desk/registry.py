"""The registries (名录库) as lists: objects, inspectors, items; and the import of a file with its report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session, selectinload

from engine import clock
from engine.access.permission import Permission
from engine.access.rights import EDIT_INSPECTORS, EDIT_ITEMS, EDIT_OBJECTS
from engine.access.scope import visible_bureaus
from engine.desk import cursor as cursors
from engine.domain.registry import Inspector, RegistryLock, RegistryObject, current_item_list
from engine.domain.registry.tables import ImportRun, InspectionItem, ItemList
from engine.people import Person

PAGE = 50
EDITORS: dict[str, Permission] = {
    "objects": EDIT_OBJECTS,
    "inspectors": EDIT_INSPECTORS,
    "items": EDIT_ITEMS,
    "conflicts": EDIT_INSPECTORS,
}


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of a registry."""

    rows: Sequence[Any]
    next: str
    total: int


def objects(session: Session, person: Person, *, q: str = "", kind: str = "", cursor: str = "") -> Listed:
    """Objects of the visible bureaus by code; two bureaus may have the same one, each in its own registry."""
    bureaus = visible_bureaus(session, person)
    query = select(RegistryObject).where(RegistryObject.bureau_id.in_(bureaus))
    total = session.scalar(
        select(func.count()).select_from(RegistryObject).where(RegistryObject.bureau_id.in_(bureaus))
    )
    if kind:
        query = query.where(RegistryObject.kind == kind)
    if q:
        names = (RegistryObject.name, RegistryObject.code, RegistryObject.uscc)
        query = query.where(or_(*(name.icontains(q, autoescape=True) for name in names)))
    rows, following = _page(session, query, RegistryObject.code, RegistryObject.id, cursor)
    return Listed(rows, following, total or 0)


def inspectors(session: Session, person: Person, *, q: str = "", cursor: str = "") -> Listed:
    """Inspectors of the visible bureaus by staff number, with their certificates."""
    bureaus = visible_bureaus(session, person)
    query = (
        select(Inspector)
        .where(Inspector.bureau_id.in_(bureaus))
        .options(selectinload(Inspector.certificates))
    )
    total = session.scalar(
        select(func.count()).select_from(Inspector).where(Inspector.bureau_id.in_(bureaus))
    )
    if q:
        names = (Inspector.name, Inspector.staff_no)
        query = query.where(or_(*(name.icontains(q, autoescape=True) for name in names)))
    rows, following = _page(session, query, Inspector.staff_no, Inspector.id, cursor)
    return Listed(rows, following, total or 0)


def _page(session: Session, query: Select[Any], name: Any, number: Any, cursor: str) -> tuple[list[Any], str]:
    """A page by name and number, and the cursor behind it: «number_name» of its last row."""
    head, _, last = cursor.partition("_")
    if last:
        query = query.where(or_(name > last, and_(name == last, number > cursors.number(head))))
    rows = list(session.scalars(query.order_by(name, number).limit(PAGE + 1)))
    end = rows[PAGE - 1] if len(rows) > PAGE else None
    return rows[:PAGE], f"{end.id}_{getattr(end, name.key)}" if end else ""


def items(session: Session, person: Person) -> tuple[ItemList | None, list[InspectionItem]]:
    """The item list in force for the person's bureau."""
    found = current_item_list(session, person.bureau_id)
    return found, list(found.items) if found else []


def locks(session: Session, person: Person) -> list[RegistryLock]:
    """Registries of the own bureau that a draw holds now: nobody may edit them."""
    query = select(RegistryLock).where(
        RegistryLock.bureau_id == person.bureau_id, RegistryLock.released_at.is_(None)
    )
    return list(session.scalars(query))


def imports(session: Session, person: Person) -> list[tuple[ImportRun, str]]:
    """The last imports of the own bureau: which file, by whom, how many rows."""
    query = (
        select(ImportRun, Person.name)
        .outerjoin(Person, Person.id == ImportRun.actor_id)
        .where(ImportRun.bureau_id == person.bureau_id)
        .order_by(ImportRun.id.desc())
        .limit(10)
    )
    return [(run, name or "系统") for run, name in session.execute(query)]


def may_edit(person: Person, kind: str) -> bool:
    """Whether the person's section keeps this registry (different units keep objects and inspectors)."""
    return kind in EDITORS and EDITORS[kind].allows(person)


def licensed(inspector: Inspector) -> bool:
    """Whether an inspector holds a certificate that is valid today."""
    return inspector.certificate(clock.today()) is not None
