"""Questions to the registries that other rooms ask."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session, selectinload

from engine import clock
from engine.domain.registry.tables import InspectionItem, Inspector, ItemList, RegistryObject
from engine.errors import NotFound
from engine.people import Bureau, Person
from engine.sentence import Sentence


def below(session: Session, bureau_id: int) -> list[int]:
    """A bureau and every bureau under it: the pool of a superior's draw is their union (吉 第四条)."""
    found = [bureau_id]
    layer = [bureau_id]
    while layer:
        layer = list(
            session.scalars(select(Bureau.id).where(Bureau.parent_id.in_(layer)).order_by(Bureau.id))
        )
        found += layer
    return found


def above(session: Session, bureau_id: int) -> list[int]:
    """A bureau and its superiors, nearest first."""
    found: list[int] = []
    bureau = session.get(Bureau, bureau_id)
    while bureau is not None and bureau.id not in found:
        found.append(bureau.id)
        bureau = session.get(Bureau, bureau.parent_id) if bureau.parent_id else None
    return found


def _in_force(day: date) -> Select[ItemList]:
    """Published item lists that are valid on a day, the newest first."""
    return (
        select(ItemList)
        .where(ItemList.state == "published", ItemList.valid_from <= day)
        .where(or_(ItemList.valid_to.is_(None), ItemList.valid_to >= day))
        .order_by(ItemList.valid_from.desc(), ItemList.id.desc())
    )


def own_item_lists(session: Session) -> dict[int, ItemList]:
    """The item list in force that a bureau has of its own, by bureau, items included: for all bureaus at once."""
    found: dict[int, ItemList] = {}
    for each in session.scalars(_in_force(clock.today()).options(selectinload(ItemList.items))):
        found.setdefault(each.bureau_id, each)
    return found


def current_item_list(session: Session, bureau_id: int, on: date | None = None) -> ItemList | None:
    """The item list in force for a bureau: its own, else that of the nearest superior that has one.

    依据: 吉 第四条 (the province's list binds all levels), 舞 第四条 (the bureau's own).
    """
    day = on or clock.today()
    for owner in above(session, bureau_id):
        found = session.scalar(_in_force(day).where(ItemList.bureau_id == owner).limit(1))
        if found is not None:
            return found
    return None


def current_items(session: Session, bureau_id: int, on: date | None = None) -> list[InspectionItem]:
    """The items of the list in force, in its order; empty where there is no list yet."""
    found = current_item_list(session, bureau_id, on)
    return list(found.items) if found else []


def object_by_code(session: Session, bureau_id: int, code: str) -> RegistryObject:
    """The object with this code in a bureau's registry, or in that of a bureau below it.

    NotFound otherwise.
    """
    query = (
        select(RegistryObject)
        .where(RegistryObject.code == code, RegistryObject.bureau_id.in_(below(session, bureau_id)))
        .order_by(RegistryObject.id)
        .limit(1)
    )
    found = session.scalar(query)
    if found is None:
        raise NotFound(Sentence("名录库中没有编码为“{code}”的检查对象。", code=code))
    return found


def inspector_by_staff_no(session: Session, bureau_id: int, staff_no: str) -> Inspector:
    """The inspector with this staff number; NotFound otherwise."""
    found = session.scalar(
        select(Inspector).where(Inspector.bureau_id == bureau_id, Inspector.staff_no == staff_no)
    )
    if found is None:
        raise NotFound(Sentence("人员名录库中没有工号为“{staff_no}”的人员。", staff_no=staff_no))
    return found


def inspector_of(session: Session, person: Person) -> Inspector | None:
    """The registry row of somebody with an account."""
    return session.scalar(select(Inspector).where(Inspector.person_id == person.id))


def objects_of(session: Session, bureau_id: int, *, below_too: bool = False) -> list[RegistryObject]:
    """The objects of a bureau's registry (with those of the bureaus under it), by code."""
    bureaus = below(session, bureau_id) if below_too else [bureau_id]
    query = select(RegistryObject).where(RegistryObject.bureau_id.in_(bureaus)).order_by(RegistryObject.code)
    return list(session.scalars(query))


def inspectors_of(session: Session, bureau_id: int, *, experts: bool = False) -> list[Inspector]:
    """The inspectors (or the experts) of a bureau's registry, by staff number."""
    query = (
        select(Inspector)
        .where(Inspector.bureau_id == bureau_id, Inspector.is_expert.is_(experts))
        .order_by(Inspector.staff_no)
    )
    return list(session.scalars(query))
