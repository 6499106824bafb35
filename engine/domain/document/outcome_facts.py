"""What follows an inspection, on paper: orders to correct, transfers, swaps, the cover and list of the file.

As `facts`: printed from rows, never typed again. 依据: 吉 第十三、二十六、二十七条, 舞 第十三条.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import clock
from engine.domain import archive, disposition, evidence
from engine.domain.archive.tables import RETENTION, SECRECY
from engine.domain.followup import RESULTS, Followup
from engine.domain.inspection.licence import licensed_count
from engine.domain.inspection.tables import Disposition, Inspection, TeamMember, get
from engine.domain.inspection.team import team, team_leader
from engine.domain.inspection.visit import findings
from engine.domain.registry import Inspector, RegistryObject
from engine.domain.substitution import Substitution
from engine.domain.terms import SUBSTITUTION_REASONS
from engine.people import Bureau, Person

FOUND_BY: Mapping[str, str] = {
    "draw": "按原抽取凭证的号票依次补位，审批人不选人；调换记入抽取凭证",
    "platform": "由平台重新匹配后导入",
    "manual": "线索检查，由本局指定",
}
OUTCOMES: Mapping[str, str] = {
    "none": "没有合适人选",
    "postponed": "延期检查",
    "borrowed": "向上级借调",
    "declined": "不予调换",
}
BASIS = "《医疗保障基金使用监督管理条例》"
REMEDIES = "你单位对本通知不服的，可以自收到之日起六十日内申请行政复议，或者六个月内向人民法院提起行政诉讼。"


def outcome_documents(session: Session, inspection_id: int, *, verify_url: str = "") -> dict[str, Any]:
    """The documents of this kind that an inspection can print now: name in the catalogue → data."""
    row = get(session, inspection_id)
    decided = disposition.of(session, row.id)
    made = {
        "correction": _correction(session, row, decided),
        "transfer": _transfer(session, row, decided),
        "substitution": _substitution(session, row),
        "archive": _archive(session, row),
    }
    return {
        name: {**_head(session, row, verify_url), **data} for name, data in made.items() if data is not None
    }


def _head(session: Session, row: Inspection, verify_url: str) -> dict[str, Any]:
    thing = session.get_one(RegistryObject, row.object_id)
    return {
        "bureau": session.get_one(Bureau, row.bureau_id).name,
        "document_no": "",
        "case_no": row.case_no,
        "date": clock.today().isoformat(),
        "verify_url": verify_url,
        "object_name": thing.name,
        "object_code": thing.uscc or thing.code,
    }


def _name(session: Session, person_id: int | None) -> str:
    person = session.get(Person, person_id) if person_id else None
    return person.name if person else ""


def _facts_found(session: Session, row: Inspection) -> str:
    lines = [one for one in findings(session, row.id) if one.problem]
    return "\n".join(
        f"{number}. {one.item_name}：{one.description}"
        + (f"，涉及金额 {one.amount_fen / 100:,.2f} 元" if one.amount_fen else "")
        for number, one in enumerate(lines, 1)
    )


def _correction(session: Session, row: Inspection, decided: Disposition | None) -> dict[str, Any] | None:
    if decided is None or decided.kind != "corrected":
        return None
    watched = session.scalars(
        select(Followup)
        .where(Followup.inspection_id == row.id, Followup.kind == "correction")
        .order_by(Followup.id.desc())
    ).first()
    demands = [one.demand for one in findings(session, row.id) if one.demand]
    return {
        "date": clock.local(decided.decided_at).date().isoformat(),
        "facts": _facts_found(session, row),
        "basis": BASIS,
        "demand": decided.demand or "\n".join(demands) or decided.opinion,
        "deadline": decided.correct_by.isoformat() if decided.correct_by else "",
        "remedies": REMEDIES,
        "recheck": (watched.result or RESULTS["partly"] if watched.checked_on else "") if watched else "",
        "rechecked_on": watched.checked_on.isoformat() if watched and watched.checked_on else "",
        "receiver": "",
    }


def _transfer(session: Session, row: Inspection, decided: Disposition | None) -> dict[str, Any] | None:
    if decided is None or decided.kind != "transfer" or not decided.letter_no:
        return None
    watched = session.scalars(
        select(Followup)
        .where(Followup.inspection_id == row.id, Followup.kind == "transfer")
        .order_by(Followup.id.desc())
    ).first()
    leader = team_leader(session, row.id)
    done = watched if watched is not None and watched.state == "done" else None
    return {
        "document_no": decided.letter_no,
        "date": clock.local(decided.decided_at).date().isoformat(),
        "agency": decided.receiver,
        "facts": "\n".join(filter(None, (_facts_found(session, row), decided.letter_facts))),
        "basis": "《行政处罚法》",
        "contact": decided.contact or (leader.name if leader else ""),
        "contact_phone": "",
        "reply": f"{done.document_no} {done.result}".strip() if done else "",
        "reply_on": clock.local(done.done_at).date().isoformat() if done and done.done_at else "",
        "evidence": [
            {"title": one.title, "pages": "", "note": evidence.KINDS[one.kind]}
            for one in evidence.of(session, row.id)
        ],
    }


def _substitution(session: Session, row: Inspection) -> dict[str, Any] | None:
    last = session.scalars(
        select(Substitution)
        .where(Substitution.inspection_id == row.id, Substitution.decision != "")
        .order_by(Substitution.id.desc())
    ).first()
    if last is None:
        return None
    out = session.get_one(TeamMember, last.member_out_id)
    joined = session.get(Inspector, last.inspector_in_id) if last.inspector_in_id else None
    members = team(session, row.id)
    newcomer = next((one for one in members if joined and one.inspector_id == joined.id), None)
    leader = team_leader(session, row.id)
    return {
        "date": clock.local(last.requested_at).date().isoformat(),
        "group": last.group_id,
        "person_out": out.name,
        "certificate_out": out.certificate_no,
        "reason": SUBSTITUTION_REASONS[last.reason_code],
        "explanation": last.detail,
        "proof": f"{len(last.proof)} 件" if last.proof else "",
        "requested_by": _name(session, last.requester_id),
        "requested_on": clock.local(last.requested_at).date().isoformat(),
        "method": FOUND_BY[last.mode] if joined else "",
        "person_in": joined.name if joined else OUTCOMES.get(last.outcome, "等待补位"),
        "certificate_in": newcomer.certificate_no if newcomer else "",
        "licensed_after": licensed_count(members),
        "leader_change": f"原组长调出，现组长{leader.name if leader else '待确定'}"
        if last.was_leader
        else "无",
        "opinions": _opinions(session, last),
    }


def _opinions(session: Session, row: Substitution) -> list[dict[str, str]]:
    """Who asked, who decided with which words, who witnessed the next ticket."""
    decided = {"approve": "同意", "reject": "不同意", "return": "退回补充"}[row.decision]
    said = [
        ("申请", row.requester_id, "申请", "", row.requested_at),
        ("审批", row.approver_id, decided, row.opinion, row.decided_at),
    ]
    if row.witness_id:
        said.append(("见证递补", row.witness_id, "无异议", "", row.witnessed_at))
    if row.note and (row.mode == "manual" or row.outcome in ("postponed", "borrowed")):
        said.append(("递补", None, OUTCOMES.get(row.outcome, "指定"), row.note, row.concluded_at))
    return [
        {
            "step": step,
            "person": _name(session, who),
            "decision": decision,
            "opinion": words,
            "at": clock.local(at).isoformat(timespec="seconds") if at else "",
        }
        for step, who, decision, words, at in said
    ]


def _archive(session: Session, row: Inspection) -> dict[str, Any] | None:
    package = archive.of(session, row.id)
    if package is None:
        return None
    listed = archive.documents(session, package.id)
    days = [one.day for one in listed if one.day is not None]
    return {
        "document_no": package.archive_no,
        "date": clock.local(package.sealed_at or clock.now()).date().isoformat(),
        "archive_no": package.archive_no,
        "case_title": package.title,
        "starts_on": min(days).isoformat() if days else "",
        "ends_on": max(days).isoformat() if days else "",
        "pages": str(package.pages or ""),
        "secrecy": SECRECY[package.secrecy],
        "retention": RETENTION[package.retention],
        "archivist": _name(session, package.arranged_by_id),
        "checked_by": _name(session, package.sealed_by_id),
        "note": package.note,
        "digest": package.seal,
        "entries": [
            {
                "document_no": one.document_no,
                "author": one.author,
                "title": one.title,
                "date": one.day.isoformat() if one.day else "",
                "page": "",
            }
            for one in listed
        ],
    }
