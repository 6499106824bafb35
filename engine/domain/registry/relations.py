"""Conflicts of interest as a file: columns, checks, how rows go in.

What a conflict means stands in `conflicts.py`.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import clock
from engine.domain.registry.columns import Column, Line, code, day, label_of, one_of, short, words
from engine.domain.registry.queries import below
from engine.domain.registry.tables import Conflict, Inspector, RegistryObject
from engine.domain.terms import RELATIONS
from engine.people import Bureau
from engine.sentence import Sentence

COLUMNS = (
    Column("单位工号", "staff_no", words, required=True, aliases=("工号",)),
    Column("姓名", "name", short(40)),
    Column("关系", "relation", one_of(RELATIONS), required=True, show=label_of(RELATIONS)),
    Column("检查对象编码", "code", code),
    Column("相关单位或地址", "matter", short(300)),
    Column("申报日期", "declared_on", day),
    Column("截止日期", "until", day),
    Column("备注", "note", words),
)


def check(lines: Iterable[Line]) -> None:
    """Check rows: an object or a matter is named; an employer that no longer counts is warned."""
    for line in lines:
        values = line.values
        if not values.get("code") and not values.get("matter"):
            line.refuse("检查对象编码", "请填检查对象编码，或填相关单位或地址")
        start, end = values.get("declared_on"), values.get("until")
        if start and end and end < start:
            line.refuse("截止日期", "早于申报日期")
        elif end and end < clock.today():
            line.warn("截止日期", Sentence("已于 {end} 届满，不再计入回避", end=end))


def resolve(session: Session, bureau: Bureau, lines: Iterable[Line]) -> None:
    """Refuse rows whose inspector or object is not in the registries."""
    rows = list(lines)
    in_people = select(Inspector.staff_no, Inspector.id).where(Inspector.bureau_id == bureau.id)
    in_objects = select(RegistryObject.code, RegistryObject.id)
    in_objects = in_objects.where(RegistryObject.bureau_id.in_(below(session, bureau.id)))
    people: dict[str, int] = {row[0]: row[1] for row in session.execute(in_people)}
    objects: dict[str, int] = {row[0]: row[1] for row in session.execute(in_objects)}
    for line in rows:
        given, wanted = str(line.values.get("staff_no", "")), str(line.values.get("code", ""))
        if given and given not in people:
            line.refuse("单位工号", Sentence("人员名录库中没有“{staff_no}”", staff_no=given))
        if wanted and wanted not in objects:
            line.refuse("检查对象编码", Sentence("检查对象名录库中没有“{code}”", code=wanted))
        line.values["inspector_id"] = people.get(given)
        line.values["object_id"] = objects.get(wanted) if wanted else None


def apply(session: Session, bureau: Bureau, lines: Iterable[Line]) -> dict[str, int]:
    """Enter checked rows; what stands already is left as it is."""
    known = {
        (row.inspector_id, row.object_id, row.relation, row.matter)
        for row in session.scalars(select(Conflict).join(Inspector).where(Inspector.bureau_id == bureau.id))
    }
    added = unchanged = 0
    for line in lines:
        values = line.values
        key = (values["inspector_id"], values["object_id"], values["relation"], values.get("matter") or "")
        if key in known:
            unchanged += 1
            continue
        known.add(key)
        row = Conflict(
            inspector_id=key[0],
            object_id=key[1],
            relation=key[2],
            matter=key[3],
            declared_on=values.get("declared_on") or clock.today(),
            until=values.get("until"),
            note=values.get("note") or "",
            source="导入",
        )
        session.add(row)
        added += 1
    session.flush()
    return {"added": added, "changed": 0, "unchanged": unchanged}
