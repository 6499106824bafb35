"""Between installations: the handover, the report and the decision travel as one signed JSON file each.

Shape: `{v: "HANDOVER1", kind, uid, from, to, body, signature}`; the Ed25519 signature covers the RFC 8785
bytes of
all other members. A file is believed only from a bureau whose key is entered as partner.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine import audit, clock
from engine.domain.handover.tables import Handover, HandoverReport, Partner
from engine.domain.inspection.superior import mark
from engine.domain.registry import RegistryObject
from engine.errors import Refused
from engine.people import Bureau, Person
from engine.sentence import Sentence

VERSION = "HANDOVER1"
KINDS = ("handover", "report", "decision", "drawn")
Sign = Callable[[bytes], bytes]


def signed(
    kind: str, uid: str, sender: str, receiver: str, body: Mapping[str, Any], sign: Sign
) -> dict[str, Any]:
    """A file ready to be sent; sender and receiver are divisions."""
    document: dict[str, Any] = {
        "v": VERSION,
        "kind": kind,
        "uid": uid,
        "from": sender,
        "to": receiver,
        "body": dict(body),
    }
    return {**document, "signature": sign(rfc8785.dumps(document)).hex()}


def believed(session: Session, document: Mapping[str, Any], receiver: str) -> Partner:
    """The partner who signed a file addressed to us; refused otherwise (slug `handover-file`)."""

    def refuse(reason: str) -> Refused:
        return Refused(
            Sentence("移交文件不能导入：{reason}。", reason=reason),
            hint="请向发送单位核实后重新导出。",
            slug="handover-file",
        )

    if document.get("v") != VERSION or document.get("kind") not in KINDS:
        raise refuse("不是移交文件，或者版本不同")
    if document.get("to") != receiver:
        raise refuse("收件单位不是本局")
    partner = session.scalar(select(Partner).where(Partner.division == str(document.get("from"))))
    if partner is None:
        raise refuse(Sentence("没有登记发送单位 {sender} 的公钥", sender=document.get("from")))
    unsigned = {key: value for key, value in document.items() if key != "signature"}
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(partner.public_key))
        key.verify(bytes.fromhex(str(document.get("signature", ""))), rfc8785.dumps(unsigned))
    except (InvalidSignature, ValueError):
        raise refuse("签名不符，内容可能被改动") from None
    return partner


def export_handover(session: Session, row: Handover, sign: Sign) -> dict[str, Any]:
    """The superior's file for the local bureau's installation."""
    sender = session.get_one(Bureau, row.from_bureau_id)
    body = {
        "from_name": row.from_name,
        "to_name": row.to_name,
        "object": {"name": row.object_name, "code": row.object_code, "uscc": row.uscc},
        "findings": list(row.findings),
        "document_no": row.document_no,
        "opinion": row.opinion,
        "due_on": row.due_on.isoformat() if row.due_on else "",
    }
    return signed("handover", row.uid, sender.division, row.to_division, body, sign)


def import_handover(session: Session, bureau: Bureau, document: Mapping[str, Any]) -> Handover:
    """The local bureau's half of a handover, from the superior's file.

    The same file twice gives the same row.
    """
    partner = believed(session, document, bureau.division)
    known = session.scalar(select(Handover).where(Handover.uid == str(document["uid"])))
    if known is not None:
        return known
    body: Mapping[str, Any] = document["body"]
    row = Handover(
        uid=str(document["uid"]),
        side="receiver",
        to_bureau_id=bureau.id,
        from_name=partner.name,
        from_division=partner.division,
        to_name=bureau.name,
        to_division=bureau.division,
        object_name=str(body["object"]["name"]),
        object_code=str(body["object"]["code"]),
        uscc=str(body["object"]["uscc"]),
        findings=list(body["findings"]),
        document_no=str(body["document_no"]),
        opinion=str(body["opinion"]),
        due_on=date.fromisoformat(str(body["due_on"])),
        state="sent",
    )
    session.add(row)
    session.flush()
    _log(session, "handover.import", row, bureau.id)
    return row


def export_report(
    session: Session, row: Handover, sender: Bureau, receiver: str, sign: Sign
) -> dict[str, Any]:
    """The local bureau's working report for the superior's installation."""
    last = session.scalars(
        select(HandoverReport)
        .where(HandoverReport.handover_id == row.id)
        .order_by(HandoverReport.version.desc()),
    ).first()
    if last is None:
        raise Refused("还没有工作报告。", slug="no-report")
    body = {
        "version": last.version,
        "text": last.text,
        "recovered_fen": last.recovered_fen,
        "peers": list(last.peers),
        "peer_document": last.peer_document,
        "reported_by": last.reported_by,
    }
    return signed("report", row.uid, sender.division, receiver, body, sign)


def import_report(session: Session, bureau: Bureau, document: Mapping[str, Any]) -> HandoverReport:
    """Enter a report that came as a file from who got the handover; the same file twice gives the same row."""
    partner = believed(session, document, bureau.division)
    row = session.scalar(select(Handover).where(Handover.uid == str(document["uid"])))
    if row is None or row.from_bureau_id != bureau.id or row.to_division != partner.division:
        raise Refused("本局没有对应的移交事项。", slug="handover-file")
    body: Mapping[str, Any] = document["body"]
    highest = (
        session.scalar(select(func.max(HandoverReport.version)).where(HandoverReport.handover_id == row.id))
        or 0
    )
    known = session.scalar(
        select(HandoverReport).where(
            HandoverReport.handover_id == row.id, HandoverReport.version == int(body["version"])
        ),
    )
    if known is not None:
        return known
    report = HandoverReport(
        handover_id=row.id,
        version=max(int(body["version"]), int(highest) + 1),
        text=str(body["text"]),
        recovered_fen=int(body["recovered_fen"]),
        peers=list(body["peers"]),
        peer_document=str(body["peer_document"]),
        reported_by=str(body["reported_by"]),
    )
    session.add(report)
    row.state = "reported"
    session.flush()
    _log(session, "handover.import_report", row, bureau.id)
    return report


def export_decision(
    session: Session, row: Handover, sender: Bureau, report: HandoverReport, sign: Sign
) -> dict[str, Any]:
    """The superior's decision on a report (认可、退回), for the local bureau's installation."""
    if not report.decision:
        raise Refused("工作报告还没有审阅。", hint="请先办理“审阅工作报告”。", slug="not-decided")
    who = session.get(Person, report.decided_by_id) if report.decided_by_id else None
    body = {
        "version": report.version,
        "decision": report.decision,
        "reason": report.reason,
        "decided_by": who.name if who else "",
        "decided_on": clock.local(report.decided_at).date().isoformat() if report.decided_at else "",
    }
    return signed("decision", row.uid, sender.division, row.to_division, body, sign)


def import_decision(session: Session, bureau: Bureau, document: Mapping[str, Any]) -> HandoverReport:
    """Keep the superior's signed decision with the report it is about; the same file twice changes nothing.

    A decision about another version than the last one reported is refused (slug `handover-file`).
    """
    partner = believed(session, document, bureau.division)
    row = session.scalar(select(Handover).where(Handover.uid == str(document["uid"])))
    if row is None or row.to_bureau_id != bureau.id or row.from_division != partner.division:
        raise Refused("本局没有对应的移交事项。", slug="handover-file")
    body: Mapping[str, Any] = document["body"]
    report = session.scalars(
        select(HandoverReport)
        .where(HandoverReport.handover_id == row.id)
        .order_by(HandoverReport.version.desc())
    ).first()
    if report is None or report.version != int(body["version"]):
        raise Refused(
            Sentence("审阅意见针对工作报告第 {version} 版，不是最近上报的一版。", version=body["version"]),
            hint="请向上级核实后重新导出。",
            slug="handover-file",
        )
    if not report.answer:
        report.answer = {key: str(body[key]) for key in ("decision", "reason", "decided_by", "decided_on")}
        session.flush()
        _log(session, "handover.import_decision", row, bureau.id)
    return report


def export_drawn(
    session: Session, bureau: Bureau, receiver: str, uid: str, object_ids: list[int], sign: Sign
) -> dict[str, Any]:
    """The objects a superior has drawn, for the registry of a lower installation (吉 第十一条)."""
    rows = session.scalars(
        select(RegistryObject).where(RegistryObject.id.in_(object_ids)).order_by(RegistryObject.code)
    )
    body = {"on": clock.today().isoformat(), "codes": [row.code for row in rows], "from_name": bureau.name}
    return signed("drawn", uid, bureau.division, receiver, body, sign)


def import_drawn(session: Session, bureau: Bureau, document: Mapping[str, Any]) -> int:
    """Mark the objects that the superior has drawn, on the day of its file; returns how many our registry has."""
    partner = believed(session, document, bureau.division)
    codes = [str(code) for code in document["body"]["codes"]]
    on = date.fromisoformat(str(document["body"]["on"]))
    rows = session.scalars(
        select(RegistryObject).where(RegistryObject.bureau_id == bureau.id, RegistryObject.code.in_(codes)),
    ).all()
    for row in rows:
        mark(session, row, Sentence("{partner} {day} 已抽取", partner=partner.name, day=on), on=on)
    return len(rows)


def _log(session: Session, action: str, row: Handover, bureau_id: int) -> None:
    audit.record(
        session,
        action=action,
        subject=f"handover/{row.id}",
        bureau_id=bureau_id,
        after={"uid": row.uid, "document": row.document_no},
        clause="J24",
        chained=True,
    )
