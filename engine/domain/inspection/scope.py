"""抽查事项: what an inspection may look into, by the plan it was drawn for, in the version that the plan keeps.

依据: 舞 第七条 (严格按照确定的计划，不得随意扩大抽查范围), 第十条 (依据清单载明的抽查内容), 吉 第五条、第八条.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.domain.ceremony.tables import Draw
from engine.domain.inspection.tables import Inspection
from engine.domain.plan.query import items_for, tasks_of
from engine.domain.plan.tables import PlanTask
from engine.domain.registry import InspectionItem, RegistryObject, current_items
from engine.domain.terms import cite
from engine.errors import Refused
from engine.sentence import Sentence


def planned(session: Session, inspection: Inspection) -> list[PlanTask]:
    """The tasks that the visit of a drawn object serves: those of its batch in whose scope it is; none of a lead.

    An object whose kind or level was changed after the draw is visited for the whole batch.
    """
    draw = session.get(Draw, inspection.draw_id) if inspection.draw_id else None
    if draw is None:
        return []
    thing = session.get_one(RegistryObject, inspection.object_id)
    return items_for(session, draw.plan_id, thing, draw.batch) or tasks_of(session, draw.plan_id, draw.batch)


def planned_method(session: Session, inspection: Inspection) -> str:
    """抽查方式 that the plan sets (舞 第十条); one visit for several tasks takes the closest look. "" for a lead."""
    chosen = {task.method for task in planned(session, inspection)}
    return next((method for method in ("onsite", "visit", "online") if method in chosen), "")


def offered(session: Session, inspection: Inspection) -> list[InspectionItem]:
    """The items that can be applied for: those of the plan; for a lead, which no plan binds, those in force."""
    if inspection.draw_id is None:
        return current_items(session, inspection.bureau_id)
    wanted = {task.item_id for task in planned(session, inspection)}
    query = select(InspectionItem).where(InspectionItem.id.in_(wanted)).order_by(InspectionItem.position)
    return list(session.scalars(query))


def approved(session: Session, inspection: Inspection) -> list[InspectionItem]:
    """The items of the application in the version it was made on; a later list changes nothing here (吉 第五条)."""
    query = select(InspectionItem).where(
        InspectionItem.list_id == inspection.item_list_id, InspectionItem.no.in_(inspection.items)
    )
    return list(session.scalars(query.order_by(InspectionItem.position)))


def refuse_other_items(
    inspection: Inspection, items: Sequence[InspectionItem], chosen: list[str], pack: str
) -> None:
    """The items of a drawn inspection are those of its plan, no more and no fewer (slug `items-not-planned`)."""
    known = {item.no: item.name for item in items}
    strange = [no for no in chosen if no not in known]
    left_out = [name for no, name in known.items() if no not in chosen] if inspection.draw_id else []
    if not strange and not left_out:
        return
    said = (
        Sentence("抽查事项{names}不在本次检查的计划或者清单内。", names="、".join(strange))
        if strange
        else Sentence("计划列明的抽查事项没有选全：{names}。", names="、".join(left_out))
    )
    raise Refused(
        said,
        clause=cite("W7 W10 J8 J10", pack),
        hint="抽查严格按照公开的计划进行；现场另外发现的问题在检查清单中记为“清单外”。",
        slug="items-not-planned",
        fields={"items": "与计划的抽查事项不一致"},
    )
