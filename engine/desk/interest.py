"""利害关系: which objects a step decides about, and who must keep away from it.

Every assignment asks here: who takes, is handed, signs or completes a step, and who is offered for it.
依据: 吉 第十三条 (回避), 行政处罚法.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.domain.ceremony.tables import DrawException
from engine.domain.handover.tables import Handover
from engine.domain.inspection.tables import Inspection
from engine.domain.lead import Lead
from engine.domain.registry import RegistryObject, below, refuse_conflicted
from engine.domain.replacement import ObjectReplacement
from engine.people import Person
from engine.runtime import release
from engine.runtime.tables import Instance, WorkItem
from engine.storage.known import hold, known, lay

HANDED = "objects handed down by another installation"  # for `known`, by bureau and code
REPEATS = "repeats that wait for approval"  # for `known`, by draw
EXCEPTIONS = "draw.approve_exceptions"  # of the steps of a draw the one that decides about objects by name
OF: dict[str, Any] = {
    "inspection_id": Inspection,
    "lead_id": Lead,
    "replacement_id": ObjectReplacement,
}


def refuse_interested(session: Session, pack: str, actor: Person, item: WorkItem) -> None:
    """Refuse whoever has a 利害关系 to an object that the step decides about (slug `conflict-of-interest`)."""
    for thing in things_of(session, item):
        refuse_conflicted(session, actor, thing, pack=pack)


def things_of(session: Session, item: WorkItem) -> list[RegistryObject]:
    """The objects that a step decides about: of its inspection, lead, handover or replacement, a draw's repeats."""
    data = session.get_one(Instance, item.instance_id).data
    found = [session.get_one(table, int(data[key])).object_id for key, table in OF.items() if data.get(key)]
    if data.get("handover_id"):
        found.append(_handed(session, session.get_one(Handover, int(data["handover_id"]))))
    if data.get("draw_id") and _decides_repeats(session, item):
        draw_id = str(data["draw_id"])
        found += known(session, REPEATS, draw_id, lambda: _repeats(session, {draw_id})[draw_id])
    return [session.get_one(RegistryObject, number) for number in found if number is not None]


def look_up_things(session: Session, items: Sequence[WorkItem]) -> None:
    """Ask for the objects of many steps at once, for a reading session that has their instances already."""
    told = [session.get_one(Instance, item.instance_id).data for item in items]
    wanted = {key: {int(data[key]) for data in told if data.get(key)} for key in (*OF, "handover_id")}
    down = _rows(session, Handover, wanted["handover_id"])
    wanted["inspection_id"] |= {row.inspection_id for row in down if row.inspection_id is not None}
    rows = [row for key, table in OF.items() for row in _rows(session, table, wanted[key])]
    handed: dict[int, set[str]] = defaultdict(set)
    for row in down:
        if row.inspection_id is None and row.to_bureau_id is not None:
            handed[row.to_bureau_id].add(row.object_code)
    for bureau_id, codes in handed.items():
        found = _coded(session, bureau_id, codes)
        lay(session, HANDED, {(bureau_id, code): found.get(code) for code in codes})
    draws = {str(data["draw_id"]) for data in told if data.get("draw_id")}
    repeats = _repeats(session, draws) if draws else {}
    lay(session, REPEATS, repeats)
    numbers = {row.object_id for row in rows if row.object_id is not None}.union(*repeats.values())
    hold(session, (rows, down, _rows(session, RegistryObject, numbers)))


def _rows(session: Session, table: Any, numbers: AbstractSet[int]) -> list[Any]:
    return list(session.scalars(select(table).where(table.id.in_(numbers)))) if numbers else []


def _handed(session: Session, row: Handover) -> int | None:
    """What was handed down: of the superior's inspection, else what its file calls by code in our registry."""
    if row.inspection_id is not None:
        return session.get_one(Inspection, row.inspection_id).object_id
    bureau_id, code = row.to_bureau_id, row.object_code
    if bureau_id is None:
        return None
    return known(session, HANDED, (bureau_id, code), lambda: _coded(session, bureau_id, {code}).get(code))


def _coded(session: Session, bureau_id: int, codes: AbstractSet[str]) -> dict[str, int]:
    query = select(RegistryObject.code, RegistryObject.id).where(
        RegistryObject.code.in_(codes - {""}), RegistryObject.bureau_id.in_(below(session, bureau_id))
    )
    return {row.code: row.id for row in session.execute(query)}


def _decides_repeats(session: Session, item: WorkItem) -> bool:
    element = release.load(session, item.release_id).processes[item.process].elements[item.element]
    return element.property("operation") == EXCEPTIONS


def _repeats(session: Session, draws: AbstractSet[str]) -> dict[str, list[int]]:
    query = select(DrawException.draw_id, DrawException.object_id).where(
        DrawException.draw_id.in_(draws), DrawException.approved.is_(False)
    )
    found: dict[str, list[int]] = {draw_id: [] for draw_id in draws}
    for draw_id, object_id in session.execute(query.order_by(DrawException.id)):
        found[draw_id].append(object_id)
    return found
