"""What the public sees: results per item in the fields of the national page, without anything personal.

Fields: 国家企业信用信息公示系统“双随机抽查结果信息”; masking: 个人信息保护法, 政府信息公开条例.
"""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy.orm import Session

from engine import clock
from engine.domain.inspection.scope import planned
from engine.domain.inspection.tables import Inspection
from engine.domain.inspection.team import team
from engine.domain.inspection.visit import findings
from engine.domain.plan.query import default_title
from engine.domain.plan.tables import Plan
from engine.domain.registry import RegistryObject
from engine.domain.terms import METHODS, RESULT_CODES, RESULTS
from engine.people import Bureau

_ID_CARD = re.compile(r"(?<!\d)(\d{6})\d{8}(\d{3}[\dXx])(?!\d)")
_PHONE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")
_SURNAME_CLINIC = re.compile(r"^[\u4e00-\u9fa5]{2,3}(诊所|门诊部|卫生室|口腔|中医)")


def mask_name(name: str) -> str:
    """A person's name with the surname only: 张三 → 张**."""
    return f"{name[:1]}**" if name else ""


def mask_id(text: str) -> str:
    """Identity card numbers as 410481********001X; phone numbers vanish."""
    return _PHONE.sub("***", _ID_CARD.sub(r"\1********\2", text))


def personal_data(text: str) -> list[str]:
    """Identity card and phone numbers that stand in a text meant for the public."""
    return [match.group(0) for pattern in (_ID_CARD, _PHONE) for match in pattern.finditer(text)]


def named_after_person(name: str) -> bool:
    """Whether a small body seems to bear a person's name: then its name is personal data and needs a look."""
    return bool(_SURNAME_CLINIC.match(name))


def is_market_body(thing: RegistryObject) -> bool:
    """Market bodies carry a 统一社会信用代码 that begins with 9.

    Hospitals 1, private non-enterprise units 5 do not.
    """
    return thing.uscc.startswith("9")


def rows(session: Session, inspection: Inspection) -> list[dict[str, Any]]:
    """One result per drawn item (抽查事项、抽查结果), numbered; what is 清单外 is not a drawn item."""
    listed = [finding for finding in findings(session, inspection.id) if not finding.off_list]
    return [
        {
            "seqno": number,
            "raninsItemName": finding.item_name,
            "raninsCheckResName": RESULTS[finding.result],
            "code": RESULT_CODES[finding.result],
        }
        for number, finding in enumerate(listed, 1)
    ]


def record(
    session: Session, inspection: Inspection, items: list[dict[str, Any]], extra: dict[str, str]
) -> dict[str, Any]:
    """The public view of a publication: object, plan and task, unit, date, type, results, inspectors.

    Natural persons appear masked; no phone, no identity card, no patient data.
    """
    thing = session.get_one(RegistryObject, inspection.object_id)
    plan = session.get(Plan, inspection.plan_id) if inspection.plan_id else None
    tasks = planned(session, inspection)
    bureau = session.get_one(Bureau, inspection.bureau_id)
    person = thing.type == "person"
    return {
        "objectName": mask_name(thing.name) if person else mask_id(thing.name),
        "uscc": "" if person else thing.uscc,
        "objectCode": "" if person else thing.code,
        "raninsPlanId": plan.no if plan else "",
        "raninsPlaneName": extra.get("plan", plan.title or default_title(plan) if plan else ""),
        "raninsTaskId": inspection.case_no,
        "raninsTaskName": extra.get(
            "task", "、".join({task.name: 0 for task in tasks}) or inspection.case_no
        ),
        "raninsTypeName": "不定向"
        if inspection.draw_id and not any(task.directed for task in tasks)
        else "定向",
        "insAuth": bureau.name,
        "insDate": inspection.ended_on.isoformat() if inspection.ended_on else "",
        "method": METHODS.get(inspection.method, ""),
        "inspectors": [
            {"name": m.name, "certificate": m.certificate_no}
            for m in team(session, inspection.id)
            if m.licensed
        ],
        "details": items,
        "summary": mask_id(extra.get("summary", "")),
        "penalty": mask_id(extra.get("penalty", "")),
        "remark": mask_id(extra.get("remark", "")),
        "publishedOn": clock.today().isoformat(),
    }
