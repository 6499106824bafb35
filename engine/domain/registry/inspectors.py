"""The registry of inspectors (执法检查人员名录库): columns, checks, how rows go in, certificates.

依据: 吉 第四条, 舞 第五条 (按照执法资质、业务专长进行分类标注).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from engine import clock
from engine.domain.registry.columns import (
    FOREVER,
    Column,
    Line,
    code,
    day,
    label_of,
    many,
    one_of,
    short,
    some_of,
    whole,
    words,
    yes,
)
from engine.domain.registry.tables import Certificate, Inspector
from engine.domain.terms import CERTIFICATE_STATES, INSPECTOR_STATES, SPECIALTIES
from engine.people import Bureau, Person
from engine.sentence import Sentence

EXPIRING = timedelta(days=60)
ID_LENGTH = 18
_ID_WEIGHTS = tuple(pow(2, 17 - place, 11) for place in range(17))
_STAFF_NO = re.compile(r"[A-Za-z0-9._-]{1,40}")
_GENDERS = {"男": "男", "女": "女"}

COLUMNS = (
    Column("单位工号", "staff_no", words, required=True, aliases=("工号",)),
    Column("姓名", "name", short(40), required=True),
    Column("性别", "gender", one_of(_GENDERS, "")),
    Column("身份证号", "id_card_masked", code),
    Column("手机号", "phone", short(40)),
    Column("学历", "education", short(40)),
    Column("专业", "major", short(60)),
    Column("技术职称", "title", short(60)),
    Column("岗位大类", "post_category", short(60)),
    Column("从事本岗起始日期", "post_since", day),
    Column("岗位资质资格", "qualification", short(80)),
    Column("执法事项范围", "item_scope", words),
    Column("地区", "division", code),
    Column("层级", "level", short(40)),
    Column("担任职务", "position", short(60)),
    Column("业务部门", "section", short(80)),
    Column("业务专长", "specialties", some_of(SPECIALTIES), show=label_of(SPECIALTIES)),
    Column("可任组长", "can_lead", yes),
    Column("是否专家", "is_expert", yes),
    Column("执法人员状态", "state", one_of(INSPECTOR_STATES, "active"), show=label_of(INSPECTOR_STATES)),
    Column("不能参加起", "unavailable_from", day),
    Column("不能参加止", "unavailable_to", day),
    Column("本年度出勤次数", "load", whole),
    Column("出勤次数所属年度", "load_year", whole),
    Column("住址", "address", short(300)),
    Column("不得同组人员工号", "relatives", many),
    Column("备注", "note", words),
    Column("执法证编号", "number", short(60)),
    Column("发证机关", "issuer", short(100)),
    Column("发证日期", "valid_from", day),
    Column("有效期", "valid_to", day, aliases=("有效期至",)),
    Column(
        "执法证状态",
        "certificate_state",
        one_of(CERTIFICATE_STATES, "valid"),
        show=label_of(CERTIFICATE_STATES),
    ),
    Column("部门执法证编号", "number2", short(60)),
    Column("部门执法证发证机关", "issuer2", short(100)),
    Column("部门执法证有效期", "valid_to2", day),
)
_CERTIFICATE = {
    "number",
    "issuer",
    "valid_from",
    "valid_to",
    "certificate_state",
    "number2",
    "issuer2",
    "valid_to2",
}
FIELDS = {column.name for column in COLUMNS} - _CERTIFICATE


def masked_id(number: str) -> str:
    """410481199001010011 → 410481********0011; a short or masked number stays as it is."""
    if len(number) != ID_LENGTH or "*" in number:
        return number
    return number[:6] + "*" * 8 + number[14:]


def id_card_fault(number: str) -> str:
    """What is wrong with an 18-digit identity card number, "" if nothing; a masked one cannot be checked."""
    if not number or "*" in number:
        return ""
    if not re.fullmatch(r"\d{17}[0-9X]", number):
        return "身份证号应为 18 位"
    total = sum(int(char) * weight for char, weight in zip(number[:17], _ID_WEIGHTS, strict=True))
    right = "10X98765432"[total % 11]
    return "" if number[17] == right else Sentence("身份证号校验码应为 {right}", right=right)


def check(lines: Iterable[Line]) -> None:
    """Check rows: a wrong number, an expert who leads, a certificate about to end."""
    seen: dict[str, int] = {}
    numbers: dict[str, int] = {}
    for line in lines:
        values = line.values
        staff_no = str(values.get("staff_no", ""))
        if staff_no and not _STAFF_NO.fullmatch(staff_no):
            line.refuse(
                "单位工号",
                Sentence("“{staff_no}”只能由字母、数字、点、横线组成，最多 40 位", staff_no=staff_no),
            )
        if staff_no and staff_no in seen:
            line.refuse("单位工号", Sentence("与第 {line} 行重复", line=seen[staff_no]))
        seen.setdefault(staff_no, line.number)
        fault = id_card_fault(str(values.get("id_card_masked", "")))
        if fault:
            line.warn("身份证号", fault)
        values["id_card_masked"] = masked_id(str(values.get("id_card_masked", "")))
        if values.get("is_expert") and values.get("can_lead"):
            line.refuse("可任组长", "专家不能任组长")
        _absence(line)
        _certificate(line, numbers)
        if values.get("load") and not values.get("load_year"):
            values["load_year"] = clock.today().year


def _absence(line: Line) -> None:
    start, end = line.values.get("unavailable_from"), line.values.get("unavailable_to")
    if start and end and end < start:
        line.refuse("不能参加止", "早于不能参加起")
    if end and not start:
        line.refuse("不能参加起", "有止期而没有起期")


def _certificate(line: Line, numbers: dict[str, int]) -> None:
    values = line.values
    number, start, end = values.get("number"), values.get("valid_from"), values.get("valid_to")
    if not number:
        if values.get("can_lead"):
            line.refuse("可任组长", "没有执法证的人员不能任组长")
        if end or values.get("number2"):
            line.refuse("执法证编号", "填了有效期或部门执法证，却没有执法证编号")
        return
    if number in numbers:
        line.refuse("执法证编号", Sentence("与第 {line} 行重复", line=numbers[number]))
    numbers.setdefault(str(number), line.number)
    if start and end and end < start:
        line.refuse("有效期", "早于发证日期")
    today = clock.today()
    if end is None:
        line.warn("有效期", "没有填写，按长期有效处理")
    elif end < today:
        line.warn("有效期", Sentence("执法证已于 {end} 到期，不能参加抽取", end=end))
    elif end - today <= EXPIRING:
        line.warn("有效期", Sentence("执法证将于 {end} 到期", end=end))


def apply(session: Session, bureau: Bureau, lines: Iterable[Line]) -> dict[str, int]:
    """Enter checked rows; an account with the same staff number is linked.

    Certificates are replaced by number.
    """
    query = (
        select(Inspector)
        .where(Inspector.bureau_id == bureau.id)
        .options(selectinload(Inspector.certificates))
    )
    known = {row.staff_no: row for row in session.scalars(query)}
    found = session.execute(select(Person.staff_no, Person.id).where(Person.bureau_id == bureau.id))
    accounts: dict[str, int] = {row[0]: row[1] for row in found}
    added = changed = 0
    for line in lines:
        values = line.values
        row = known.get(values["staff_no"])
        if row is None:
            row = Inspector(bureau_id=bureau.id, staff_no=values["staff_no"])
            session.add(row)
            added += 1
        else:
            changed += 1
        for name in FIELDS & set(values):
            setattr(row, name, values[name])
        row.person_id = accounts.get(row.staff_no, row.person_id)
        _store(row, "provincial", values, "")
        _store(row, "department", values, "2")
    session.flush()
    return {"added": added, "changed": changed}


def _store(row: Inspector, kind: str, values: Mapping[str, Any], suffix: str) -> None:
    number = values.get("number" + suffix)
    if not number:
        return
    found = next((each for each in row.certificates if each.type == kind), None)
    if found is None:
        found = Certificate(type=kind, number=number)
        row.certificates.append(found)
    found.number = number
    found.issuer = values.get("issuer" + suffix) or ""
    found.valid_from = values.get("valid_from") if not suffix else None
    found.valid_to = values.get("valid_to" + suffix) or FOREVER
    found.state = (values.get("certificate_state") or "valid") if not suffix else "valid"


def served(row: Inspector, year: int) -> None:
    """One more turn of duty this year."""
    row.load, row.load_year = row.turns(year) + 1, year


def public_row(row: Inspector, on: date | None = None) -> dict[str, str]:
    """What the public registry shows: name, unit, certificate; never identity card, phone or address."""
    certificate = row.certificate(on or clock.today())
    return {
        "姓名": row.name,
        "业务部门": row.section,
        "业务专长": "、".join(SPECIALTIES.get(each, each) for each in row.specialties),
        "执法证编号": certificate.number if certificate else "",
        "身份证号": row.id_card_masked,
    }
