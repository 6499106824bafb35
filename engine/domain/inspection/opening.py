"""Where an inspection comes from: the drawn objects of a draw, or a lead; and what it is called.

依据: 吉 第三条 (随机抽取、随机选派、及时公开), 第九条、舞 第七条 (线索不执行双随机).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine import clock
from engine.domain.ceremony.tables import Draw, DrawnObject, DrawnPerson
from engine.domain.inspection.superior import mark_superior_drawn
from engine.domain.inspection.tables import Inspection, get
from engine.domain.inspection.team import join
from engine.domain.registry import RegistryObject
from engine.errors import Refused
from engine.operation import Step, feed, subject
from engine.people import Bureau

CHILDREN_AT_ONCE = 200


@feed("inspection.items")
def items(
    step: Step,
    *,
    after: str = "",
    limit: int = CHILDREN_AT_ONCE,
    draw_id: str,
    plan_id: int | None = None,
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The drawn objects of a draw, one inspection each, by object id; creates what is not there yet."""
    draw = step.session.get_one(Draw, draw_id)
    query = (
        select(DrawnObject)
        .where(DrawnObject.draw_id == draw_id, DrawnObject.state == "drawn")
        .order_by(DrawnObject.object_id)
    )
    if after:
        query = query.where(DrawnObject.object_id > int(after))
    for drawn in step.session.scalars(query.limit(limit)).all():
        inspection = open_drawn(step.session, draw, drawn)
        yield (
            str(drawn.object_id),
            {"inspection_id": inspection.id, "plan_id": plan_id or draw.plan_id, "outcome": ""},
        )


def open_from_draw(session: Session, draw_id: str) -> list[Inspection]:
    """All inspections of a draw, created where missing (idempotent)."""
    draw = session.get_one(Draw, draw_id)
    query = (
        select(DrawnObject)
        .where(DrawnObject.draw_id == draw_id, DrawnObject.state == "drawn")
        .order_by(DrawnObject.object_id)
    )
    return [open_drawn(session, draw, drawn) for drawn in session.scalars(query).all()]


def open_drawn(session: Session, draw: Draw, drawn: DrawnObject) -> Inspection:
    """The inspection of one drawn object with the people drawn for its group."""
    query = select(Inspection).where(Inspection.draw_id == draw.id, Inspection.object_id == drawn.object_id)
    known = session.scalar(query)
    if known is not None:
        return known
    inspection = _create(session, draw.bureau_id, drawn.object_id)
    inspection.draw_id, inspection.plan_id, inspection.group_no = draw.id, draw.plan_id, drawn.group_id
    session.add(inspection)
    session.flush()
    people = session.scalars(
        select(DrawnPerson)
        .where(
            DrawnPerson.draw_id == draw.id,
            DrawnPerson.group_id == drawn.group_id,
            DrawnPerson.state == "serving",
        )
        .order_by(DrawnPerson.role_index),
    ).all()
    for person in people:
        join(session, inspection, person.inspector_id, source="drawn")
    mark_superior_drawn(session, inspection)
    return inspection


def open_from_lead(  # noqa: PLR0913 (all by name)
    session: Session,
    *,
    bureau_id: int,
    object_id: int,
    lead_id: int,
    inspectors: Iterable[int],
    experts: Iterable[int] = (),
) -> Inspection:
    """The inspection of a lead: no draw, people assigned, the same guards (two licensed, 回避)."""
    known = session.scalar(select(Inspection).where(Inspection.lead_id == lead_id))
    if known is not None:
        return known
    inspection = _create(session, bureau_id, object_id)
    inspection.lead_id = lead_id
    session.add(inspection)
    session.flush()
    for inspector_id in inspectors:
        join(session, inspection, inspector_id, source="assigned")
    for inspector_id in experts:
        join(session, inspection, inspector_id, source="invited", expert=True)
    return inspection


def _create(session: Session, bureau_id: int, object_id: int) -> Inspection:
    bureau = session.get_one(Bureau, bureau_id)
    year = clock.today().year
    last = session.scalar(
        select(func.max(Inspection.serial)).where(Inspection.bureau_id == bureau_id, Inspection.year == year),
    )
    serial = (last or 0) + 1
    return Inspection(
        bureau_id=bureau_id,
        object_id=object_id,
        local_bureau_id=local_bureau(session, bureau, session.get_one(RegistryObject, object_id)),
        year=year,
        serial=serial,
        case_no=f"{bureau.short_name}检查〔{year}〕{serial}号",
    )


def local_bureau(session: Session, bureau: Bureau, thing: RegistryObject) -> int:
    """The bureau of the object's place: the one of its division, else the one that keeps it, else ours.

    依据: 吉 第十七条 (被检查对象所在地医疗保障部门).
    """
    found = (
        session.scalar(select(Bureau.id).where(Bureau.division == thing.division)) if thing.division else None
    )
    return found or thing.bureau_id or bureau.id


@subject("inspection")
def describe(session: Session, data: Mapping[str, Any]) -> dict[str, str]:
    """Number, title and object of an inspection, for inboxes and pages."""
    inspection = get(session, int(data["inspection_id"]))
    thing = session.get_one(RegistryObject, inspection.object_id)
    kind = "线索核查" if inspection.lead_id is not None else "双随机检查"
    return {"case_no": inspection.case_no, "title": f"{kind}：{thing.name}", "object_name": thing.name}


for _word in ("substitution", "feedback", "disposition", "report", "publication", "followup", "archive"):
    subject(_word)(describe)


def refuse_closed(inspection: Inspection) -> None:
    """Nothing more happens in a case that has ended."""
    if inspection.state in ("done", "cancelled"):
        raise Refused(f"{inspection.case_no}已结束，不能再办理。", slug="case-ended")
