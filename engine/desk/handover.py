"""移交文件 between installations: our signed file out, a partner's file in.

What comes in starts or continues the case here; the same file twice changes nothing. The same key signs the
heads of the log, so that a partner needs to know one key only.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import audit
from engine.audit.anchor import Anchors
from engine.desk import cursor
from engine.domain import handover
from engine.domain.handover import Handover, Partner
from engine.domain.inspection.tables import Inspection
from engine.errors import NotFound, Refused
from engine.people import Bureau
from engine.runtime import job
from engine.sentence import Sentence
from engine.settings import Settings


def signer(settings: Settings) -> handover.Sign:
    """Signs a file with the key of this installation."""
    return Anchors(settings.anchors_dir, settings.anchor_key_file).key().sign


def public_key(settings: Settings) -> str:
    """The key that a partner must enter to believe our files, hex."""
    return Anchors(settings.anchors_dir, settings.anchor_key_file).key().public_key().public_bytes_raw().hex()


def bureau_of(session: Session, division: str) -> Bureau:
    """The bureau of this installation with a division code; NotFound otherwise."""
    found = session.scalar(select(Bureau).where(Bureau.division == division))
    if found is None:
        raise NotFound(Sentence("本系统没有区划代码为“{division}”的医保局。", division=division))
    return found


def believe(session: Session, division: str, name: str, key: str) -> Partner:
    """Enter (or change) the key of a bureau in another installation."""
    try:
        whole = len(bytes.fromhex(key)) == 32  # noqa: PLR2004 (Ed25519)
    except ValueError:
        whole = False
    if not whole:
        raise Refused("公钥应为 64 位十六进制。", hint="请向对方核对后重新填写。", slug="partner-key")
    row = session.scalar(select(Partner).where(Partner.division == division)) or Partner(division=division)
    row.name, row.public_key = name, key.lower()
    session.add(row)
    audit.record(
        session,
        action="handover.partner",
        subject=f"partner/{division}",
        after={"name": name, "key": row.public_key},
    )
    return row


def send(session: Session, settings: Settings, number: str) -> dict[str, Any]:
    """The file of a handover, by document number or id.

    The superior's results down, the receiver's report up, and then the superior's decision on it down.
    """
    row_id = cursor.number(number)
    wanted = Handover.id == row_id if row_id else Handover.document_no == number
    row = session.scalars(select(Handover).where(wanted).order_by(Handover.id.desc())).first()
    if row is None:
        raise NotFound(Sentence("没有移交事项“{number}”。", number=number))
    if row.side == "receiver":
        return handover.export_report(
            session, row, session.get_one(Bureau, row.to_bureau_id), row.from_division, signer(settings)
        )
    if row.state == "prepared":
        raise Refused(
            "移交还没有下达，不能导出。", hint="请先办理“移交检查结果和处理意见”。", slug="not-issued"
        )
    report = handover.last_report(session, row.id)
    if report is not None and report.decision:
        sender = session.get_one(Bureau, row.from_bureau_id)
        return handover.export_decision(session, row, sender, report, signer(settings))
    return handover.export_handover(session, row, signer(settings))


def send_drawn(session: Session, settings: Settings, draw_id: str, receiver: str) -> dict[str, Any]:
    """The objects of a draw, for the registry of a lower bureau in another installation (吉 第十一条)."""
    rows = session.scalars(select(Inspection).where(Inspection.draw_id == draw_id)).all()
    if not rows:
        raise NotFound(Sentence("抽取“{draw_id}”没有检查任务。", draw_id=draw_id))
    bureau = session.get_one(Bureau, rows[0].bureau_id)
    objects = [row.object_id for row in rows]
    return handover.export_drawn(session, bureau, receiver, secrets.token_hex(16), objects, signer(settings))


def receive(session: Session, document: Mapping[str, Any]) -> str:
    """Take in a partner's file; returns in words what it did. Refuses strangers and changed files."""
    bureau = bureau_of(session, str(document.get("to", "")))
    kind = document.get("kind")
    if kind == "handover":
        row = handover.import_handover(session, bureau, document)
        work = {"process": "handover", "data": {"handover_id": row.id}, "bureau": bureau.id}
        job.enqueue(session, "start", work, key=f"start:handover/{row.uid}")
        return Sentence(
            "已收到{from_name}移交的“{object_name}”（{document_no}），转{bureau}办理。",
            from_name=row.from_name,
            object_name=row.object_name,
            document_no=row.document_no,
            bureau=bureau.name,
        )
    if kind == "report":
        report = handover.import_report(session, bureau, document)
        return Sentence("已收到工作报告第 {version} 版，请审阅。", version=report.version)
    if kind == "decision":
        answered = handover.import_decision(session, bureau, document)
        return Sentence("已收到上级对工作报告第 {version} 版的审阅意见，请登记。", version=answered.version)
    marked = handover.import_drawn(session, bureau, document)
    return Sentence("上级已抽取的对象中，本局名录库有 {marked} 个，已标记。", marked=marked)
