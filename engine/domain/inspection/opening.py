"""Where an inspection comes from: the drawn objects of a draw, or a lead; and what it is called.

依据: 吉 第三条 (随机抽取、随机选派、及时公开), 第九条、舞 第七条 (线索不执行双随机).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, selectinload

from engine import clock
from engine.domain.ceremony.tables import Draw, DrawnObject, DrawnPerson
from engine.domain.inspection.scope import planned_method
from engine.domain.inspection.superior import mark_superior_drawn
from engine.domain.inspection.tables import Inspection, TeamMember, get
from engine.domain.inspection.team import join, membership
from engine.domain.registry import Inspector, RegistryObject, matrix
from engine.errors import Refused
from engine.operation import Step, feed, operation, subject
from engine.people import Bureau
from engine.sentence import Sentence
from engine.storage.base import append, gathered

CHILDREN_AT_ONCE = 200


def _how_many(step: Step, *, draw_id: str, plan_id: int | None = None) -> int:  # noqa: ARG001 (as `items`)
    """How many objects a draw has given, without opening their inspections."""
    query = select(func.count()).where(DrawnObject.draw_id == draw_id, DrawnObject.state == "drawn")
    return step.session.scalar(query) or 0


@feed("inspection.items", count=_how_many)
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
    query = _drawn(draw_id)
    if after:
        query = query.where(DrawnObject.object_id > int(after))
    for inspection in open_drawn(step.session, draw, step.session.scalars(query.limit(limit)).all()):
        yield (
            str(inspection.object_id),
            {"inspection_id": inspection.id, "plan_id": plan_id or draw.plan_id, "outcome": ""},
        )


@operation("inspection.begin", clause="J3 J9 W7", gives=("object_type", "online_types", "planned_method"))
def begin(step: Step, *, inspection_id: int) -> Mapping[str, Any]:
    """下达检查任务: the inspection knows the case that runs it; the facts of which its way is decided (舞 第六条)."""
    inspection = get(step.session, inspection_id)
    inspection.case_id = step.case_id
    return {
        "object_type": step.session.get_one(RegistryObject, inspection.object_id).type,
        "online_types": list(step.rules.value("method.online_types") or []),
        "planned_method": planned_method(step.session, inspection),
    }


def open_from_draw(session: Session, draw_id: str) -> list[Inspection]:
    """All inspections of a draw, created where missing (idempotent)."""
    return open_drawn(session, session.get_one(Draw, draw_id), session.scalars(_drawn(draw_id)).all())


def _drawn(draw_id: str) -> Select[DrawnObject]:
    query = select(DrawnObject).where(DrawnObject.draw_id == draw_id, DrawnObject.state == "drawn")
    return query.order_by(DrawnObject.object_id)


def open_drawn(session: Session, draw: Draw, drawn: Sequence[DrawnObject]) -> list[Inspection]:
    """The inspections of drawn objects with the people of their groups; a batch costs a few statements.

    Somebody with a 利害关系 that the draw did not know (a platform's draw) joins with it written down, so
    that the first check of the team sends the case to a swap.
    """
    query = select(Inspection).where(Inspection.draw_id == draw.id)
    known = {i.object_id: i for i in session.scalars(query.where(Inspection.object_id.in_(_ids(drawn))))}
    missing = [row for row in drawn if row.object_id not in known]
    if missing:
        things = session.scalars(select(RegistryObject).where(RegistryObject.id.in_(_ids(missing)))).all()
        by_id = {thing.id: thing for thing in things}
        new = _new(session, draw.bureau_id, [by_id[row.object_id] for row in missing])
        origin = {"draw_id": draw.id, "plan_id": draw.plan_id}
        with gathered(session):
            for row, values in zip(missing, new, strict=True):
                append(session, Inspection, **values, **origin, group_no=row.group_id)
        made = session.scalars(query.where(Inspection.object_id.in_(_ids(missing)))).all()
        known |= {inspection.object_id: inspection for inspection in made}
        _people(session, draw, made, things)
        mark_superior_drawn(session, draw.bureau_id, things)
        # A session lets go of rows that nobody holds; the cases that start now ask for each of these again.
        session.info["opening"] = [*made, *things]
    return [known[row.object_id] for row in drawn]


def _ids(rows: Sequence[DrawnObject]) -> list[int]:
    return [row.object_id for row in rows]


def _people(
    session: Session, draw: Draw, made: Sequence[Inspection], things: Sequence[RegistryObject]
) -> None:
    """Team members of the inspections, from those who serve in their groups."""
    serving = session.execute(
        select(DrawnPerson.group_id, Inspector)
        .join(Inspector, Inspector.id == DrawnPerson.inspector_id)
        .where(DrawnPerson.draw_id == draw.id, DrawnPerson.state == "serving")
        .where(DrawnPerson.group_id.in_({inspection.group_no for inspection in made}))
        .order_by(DrawnPerson.group_id, DrawnPerson.role_index)
        .options(selectinload(Inspector.certificates)),
    ).all()
    groups: dict[str, list[Inspector]] = {}
    for group, inspector in serving:
        groups.setdefault(group, []).append(inspector)
    everybody = list({who.id: who for team in groups.values() for who in team}.values())
    apart = set(matrix(session, everybody, things))
    related = {"conflict": "other", "conflict_note": "名录库登记的利害关系"}
    free = dict.fromkeys(related, "")
    with gathered(session):
        for inspection in made:
            for who in groups.get(inspection.group_no, []):
                relation = related if (who.id, inspection.object_id) in apart else free
                append(session, TeamMember, **membership(inspection, who, source="drawn"), **relation)


def open_from_lead(
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
    (values,) = _new(session, bureau_id, [session.get_one(RegistryObject, object_id)])
    inspection = Inspection(**values, lead_id=lead_id)
    session.add(inspection)
    session.flush()
    for inspector_id in inspectors:
        join(session, inspection, inspector_id, source="assigned")
    for inspector_id in experts:
        join(session, inspection, inspector_id, source="invited", expert=True)
    return inspection


def _new(session: Session, bureau_id: int, things: Sequence[RegistryObject]) -> list[dict[str, Any]]:
    """Numbered inspections of objects as rows, not yet stored."""
    bureau = session.get_one(Bureau, bureau_id)
    year = clock.today().year
    query = select(func.max(Inspection.serial))
    last = session.scalar(query.where(Inspection.bureau_id == bureau_id, Inspection.year == year)) or 0
    divisions = {thing.division for thing in things}
    places = select(Bureau.division, Bureau.id).where(Bureau.division.in_(divisions))
    local = {division: number for division, number in session.execute(places)}  # noqa: C416 (rows, not pairs)
    return [
        {
            "bureau_id": bureau_id,
            "object_id": thing.id,
            # 被检查对象所在地医疗保障部门 (吉 第十七条): of its division, else the one that keeps it.
            "local_bureau_id": local.get(thing.division) or thing.bureau_id,
            "year": year,
            "serial": serial,
            "case_no": f"{bureau.short_name}检查〔{year}〕{serial}号",
        }
        for serial, thing in enumerate(things, last + 1)
    ]


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
        raise Refused(
            Sentence("{case_no}已结束，不能再办理。", case_no=inspection.case_no), slug="case-ended"
        )
