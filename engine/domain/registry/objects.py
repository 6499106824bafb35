"""The registry of objects (检查对象名录库).

Its columns, the checks of a row, how rows go in, and single edits.
依据: 吉 第四条, 舞 第三条、第五条.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from engine import clock
from engine.domain.registry.codes import check_institution, check_uscc, division
from engine.domain.registry.columns import (
    Column,
    Line,
    code,
    day,
    label_of,
    many,
    one_of,
    short,
    whole,
    words,
    yes,
)
from engine.domain.registry.queries import below
from engine.domain.registry.tables import RegistryObject
from engine.domain.terms import AGREEMENT_STATES, CREDIT_LEVELS, OBJECT_KINDS, OBJECT_TYPES
from engine.people import Bureau
from engine.sentence import Sentence

KINDS = OBJECT_KINDS
_CREDIT = {level: level for level in CREDIT_LEVELS}

COLUMNS = (
    Column("编码", "code", code, required=True, aliases=("机构编码", "定点医药机构编码", "medinsCode")),
    Column("统一社会信用代码", "uscc", code, aliases=("信用代码", "uscc")),
    Column("名称", "name", short(200), required=True, aliases=("机构名称", "medinsName")),
    Column("简称", "short_name", short(80)),
    Column("对象类型", "type", one_of(OBJECT_TYPES, "institution"), show=label_of(OBJECT_TYPES)),
    Column("类别", "kind", one_of(KINDS), required=True, aliases=("机构类别",), show=label_of(KINDS)),
    Column("等级", "level", short(40), aliases=("医院等级", "hospLv")),
    Column("经营性质", "ownership", short(40), aliases=("medinsNatu",)),
    Column("区划", "division", code, aliases=("区划代码", "admdvs")),
    Column("地址", "address", short(300), aliases=("addr",)),
    Column("坐标", "coordinates", short(60)),
    Column("法定代表人", "legal_representative", short(60)),
    Column("负责人", "person_in_charge", short(60)),
    Column("联系方式", "contact", short(60), aliases=("联系电话", "tel")),
    Column("协议编号", "agreement_no", short(60)),
    Column(
        "协议状态", "agreement_state", one_of(AGREEMENT_STATES, "active"), show=label_of(AGREEMENT_STATES)
    ),
    Column("床位数", "beds", whole),
    Column("面积", "area", whole, aliases=("面积（平方米）", "biz_area")),
    Column("职工人数", "staff", whole, aliases=("biz_psncnt",)),
    Column("上年度基金支付（分）", "fund", whole),
    Column("最近检查日期", "last_inspected_on", day),
    Column("信用等级", "credit_level", one_of(_CREDIT, "")),
    Column("投诉举报次数", "complaints", whole),
    Column("行政处罚次数", "penalties", whole),
    Column("黑名单起", "blacklisted_from", day),
    Column("黑名单止", "blacklisted_to", day),
    Column("黑名单决定文号", "blacklist_decision", short(80)),
    Column("专项库标签", "tags", many),
    Column("所属连锁", "group_name", short(100)),
    Column("本年度抽查次数", "visits", whole),
    Column("抽查次数所属年度", "visits_year", whole),
    Column("上级抽查日期", "superior_drawn_on", day),
    Column("在库", "active", lambda cell: True if cell in ("", None) else yes(cell)),
    Column("停业日期", "closed_on", day),
    Column("备注", "note", words),
)
FIELDS = {column.name for column in COLUMNS}


def check(lines: Iterable[Line]) -> None:
    """Check rows against the standards and against each other.

    Wrong ones are refused, doubtful ones warned.
    """
    codes: dict[str, int] = {}
    usccs: dict[str, int] = {}
    twins: dict[tuple[str, str], int] = {}
    for line in lines:
        values = line.values
        _codes(line)
        _dates(line)
        for column, key, seen, speak in (
            ("编码", values.get("code"), codes, line.refuse),
            ("统一社会信用代码", values.get("uscc"), usccs, line.warn),
        ):
            if key and key in seen:
                speak(column, Sentence("与第 {seen} 行的“{key}”重复", seen=seen[key], key=key))
            elif key:
                seen[key] = line.number
        twin = (str(values.get("name", "")), str(values.get("address", "")))
        if all(twin) and twin in twins:
            line.warn("名称", Sentence("与第 {twins} 行名称和地址都相同", twins=twins[twin]))
        twins.setdefault(twin, line.number)


def _codes(line: Line) -> None:
    values = line.values
    type_ = str(values.get("type", "institution"))
    kind = str(values.get("kind", ""))
    if type_ != "institution" and kind and kind != type_:
        line.refuse("类别", Sentence("对象类型是“{kind}”，类别也应是“{kind}”", kind=OBJECT_TYPES[type_]))
    if type_ == "institution" and kind in ("person", "employer"):
        line.refuse("类别", Sentence("定点医药机构的类别不能是“{kind}”", kind=KINDS[kind]))
    if values.get("code"):
        _note(line, "编码", check_institution(values["code"], kind, type_))
    if values.get("uscc"):
        _note(line, "统一社会信用代码", check_uscc(values["uscc"]))
    elif type_ == "institution" and kind and kind not in ("village_clinic", "clinic", "station"):
        line.warn("统一社会信用代码", "没有填写")
    place = values.get("division")
    if place and division(place) is None:
        line.refuse("区划", Sentence("没有区划“{place}”", place=place))
    elif not place and values.get("code"):
        values["division"] = str(values["code"])[1:7]


def _note(line: Line, column: str, verdict: tuple[str, str]) -> None:
    level, reason = verdict
    if level == "refuse":
        line.refuse(column, reason)
    elif level == "warn":
        line.warn(column, reason)


def _dates(line: Line) -> None:
    values = line.values
    start, end = values.get("blacklisted_from"), values.get("blacklisted_to")
    if start and end and end < start:
        line.refuse("黑名单止", "早于黑名单起")
    if start and not values.get("blacklist_decision"):
        line.refuse("黑名单决定文号", "列入黑名单须写明决定文号")
    if end and not start:
        line.refuse("黑名单起", "有黑名单止而没有黑名单起")
    seen = values.get("last_inspected_on")
    if seen and seen > clock.today():
        line.refuse("最近检查日期", Sentence("{day} 在今天之后", day=seen))
    if values.get("visits") and not values.get("visits_year"):
        values["visits_year"] = seen.year if seen else clock.today().year


def apply(session: Session, bureau: Bureau, lines: Iterable[Line]) -> dict[str, int]:
    """Enter checked rows: new codes are added, known ones changed.

    A superior's file goes to the bureaus below.
    An object belongs to the bureau of its division, else to the nearest bureau above it.
    """
    owners = {each.division: each.id for each in _bureaus(session, bureau)}
    rows = [line.values | {"bureau_id": _owner(line.values, owners, bureau.id)} for line in lines]
    known = {
        (bureau_id, number): key
        for bureau_id, number, key in session.execute(
            select(RegistryObject.bureau_id, RegistryObject.code, RegistryObject.id).where(
                RegistryObject.bureau_id.in_(owners.values()),
            ),
        )
    }
    added = [row for row in rows if (row["bureau_id"], row["code"]) not in known]
    changed = [
        row | {"id": known[row["bureau_id"], row["code"]], "updated_at": clock.now()}
        for row in rows
        if (row["bureau_id"], row["code"]) in known
    ]
    if added:
        session.execute(insert(RegistryObject), added)
    if changed:
        session.execute(update(RegistryObject), changed)
        session.expire_all()
    return {"added": len(added), "changed": len(changed)}


def _bureaus(session: Session, bureau: Bureau) -> list[Bureau]:
    return list(session.scalars(select(Bureau).where(Bureau.id.in_(below(session, bureau.id)))))


def _owner(values: Mapping[str, Any], owners: Mapping[str, int], otherwise: int) -> int:
    place: str = str(values.get("division") or "")
    while place:
        if place in owners:
            return owners[place]
        found = division(place)
        place = found.parent if found else ""
    return otherwise


def public_row(thing: RegistryObject) -> dict[str, str]:
    """What the public registry shows: no persons, no contacts; an insured person only by a masked name."""
    name = masked_name(thing.name) if thing.type == "person" else thing.name
    return {
        "编码": "" if thing.type == "person" else thing.code,
        "统一社会信用代码": thing.uscc,
        "名称": name,
        "类别": KINDS.get(thing.kind, thing.kind),
        "等级": thing.level,
        "区划": thing.division,
        "协议状态": AGREEMENT_STATES[thing.agreement_state],
    }


def masked_name(name: str) -> str:
    """张三丰 → 张**."""
    return name[:1] + "*" * max(1, len(name) - 1)
