"""The steps of filing: is it complete, the list, the seal, the ledger.

依据: 吉 第七条, 第二十六条, 第二十七条; 舞 第三条; 国家档案局令第8号.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date
from typing import Any

import rfc8785
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine import clock
from engine.domain import answers as ask
from engine.domain import credit, disposition, evidence, publication, report
from engine.domain.archive import content
from engine.domain.archive.tables import (
    PIECES,
    RETENTION,
    SECRECY,
    ArchiveDocument,
    ArchivePackage,
    ArchiveSupplement,
    LedgerRow,
)
from engine.domain.archive.trace import enter
from engine.domain.disposition import KINDS
from engine.domain.followup import open_of, refuse_open
from engine.domain.inspection.tables import Inspection, get
from engine.domain.inspection.team import team, team_leader
from engine.domain.inspection.trouble import open_obstructions
from engine.domain.inspection.visit import findings
from engine.domain.registry import RegistryObject
from engine.domain.terms import cite
from engine.errors import NotFound, Refused
from engine.operation import Rules, Step, operation, prefill
from engine.people import Bureau, Person, Role
from engine.sentence import Sentence


def of(session: Session, inspection_id: int) -> ArchivePackage | None:
    """The file of an inspection."""
    return session.scalar(select(ArchivePackage).where(ArchivePackage.inspection_id == inspection_id))


def documents(session: Session, package_id: int) -> list[ArchiveDocument]:
    """卷内目录: the pieces in order."""
    query = select(ArchiveDocument).where(ArchiveDocument.package_id == package_id)
    return list(session.scalars(query.order_by(ArchiveDocument.no)))


def seal_of(rows: list[ArchiveDocument]) -> str:
    """The hash over the list: number, path, title, size and hash of every piece (RFC 8785, SHA-256)."""
    listed: list[Any] = [
        {"no": r.no, "path": r.path, "title": r.title, "size": r.size, "sha256": r.hash} for r in rows
    ]
    return hashlib.sha256(rfc8785.dumps(listed)).hexdigest()


@operation("archive.examine", clause="J27 W3", gives=("file", "case_type"))
def examine(step: Step, *, inspection_id: int) -> Mapping[str, Any]:
    """What the file holds, as facts for the table `completeness`.

    An open follow-up refuses at once (吉 第二十六条).
    """
    inspection = get(step.session, inspection_id)
    refuse_open(step.session, inspection, step.rules)
    held = {piece.piece for piece in content.pieces(step, inspection_id)}
    query = select(ArchiveSupplement.piece).where(ArchiveSupplement.inspection_id == inspection_id)
    held |= set(step.session.scalars(query))
    owed = {
        "draw": inspection.draw_id is not None,
        "publication": inspection.lead_id is None or bool(step.rules.value("lead.publish")),
    }
    held |= {piece for piece, is_owed in owed.items() if not is_owed}
    return {
        "file": {piece: piece in held for piece in PIECES},
        "case_type": "online" if inspection.method == "online" else "onsite",
    }


def missing(step: Step) -> list[str]:
    """The pieces that the table `completeness` misses."""
    found = step.data.get("completeness") or []
    return [str(piece) for piece in (found if isinstance(found, (list, tuple)) else [found])]


@operation("archive.supplement", clause="J27 W3")
def supplement(step: Step, *, inspection_id: int) -> None:
    """Each missing piece is added, or it is stated why it does not exist."""
    lines = {ask.text(row, "piece"): row for row in ask.rows(step.answers, "pieces")}
    for piece in missing(step):
        row = lines.get(piece)
        files = ask.words(row, "file") if row else []
        words = ask.text(row, "statement") if row else ""
        if not files and not words:
            raise Refused(
                Sentence("缺少“{piece}”，请补充材料或说明情况。", piece=PIECES.get(piece, piece)),
                clause=cite("J27 W3", step.pack),
                slug="archive-incomplete",
                fields={"pieces": "有材料未补充"},
            )
        step.session.add(
            ArchiveSupplement(
                inspection_id=inspection_id,
                piece=piece,
                file_id=files[0] if files else "",
                statement=words,
                by_id=step.person().id,
            ),
        )
    step.session.flush()


def refuse_unfinished(step: Step, inspection: Inspection) -> None:
    """A file is not closed while something preserved awaits its decision, or an obstruction its end.

    Both write into the file (slug `archive-open-measure`).
    """
    preserved = len(evidence.open_preservations(step.session, inspection.id))
    blocked = len(open_obstructions(step.session, inspection.id))
    if preserved or blocked:
        raise Refused(
            Sentence(
                "{case_no}还有先行登记保存 {preserved} 项、检查受阻 {blocked} 项没有处理完，不能归档。",
                case_no=inspection.case_no,
                preserved=preserved,
                blocked=blocked,
            ),
            clause=cite("J19 J21 J27 行政处罚法", step.pack),
            hint="请先在案件页办结这些事项。",
            slug="archive-open-measure",
        )


@operation("archive.arrange", clause="J27", gives=("archive_no",))
def arrange(step: Step, *, inspection_id: int) -> Mapping[str, Any]:
    """The archivist gives title, term and secrecy; the list is written from what the file holds."""
    inspection = get(step.session, inspection_id)
    refuse_open(step.session, inspection, step.rules)
    refuse_unfinished(step, inspection)
    retention = ask.required(
        step.answers, "retention", "保管期限", clause=cite("国家档案局令第8号", step.pack)
    )
    if retention not in RETENTION:
        raise Refused(Sentence("没有保管期限“{retention}”。", retention=retention), slug="retention")
    row = of(step.session, inspection_id)
    if row is None:
        bureau = step.session.get_one(Bureau, inspection.bureau_id)
        number = int(
            step.session.scalar(
                select(func.count(ArchivePackage.id)).where(ArchivePackage.bureau_id == inspection.bureau_id)
            )
            or 0
        )
        row = ArchivePackage(
            inspection_id=inspection_id,
            bureau_id=inspection.bureau_id,
            archive_no=f"{bureau.division}-YBJC-{inspection.year}-{number + 1:05d}",
        )
        step.session.add(row)
    if row.state != "arranged" and row.id is not None:
        raise Refused("案卷已封存，不能再编目。", clause=cite("J27", step.pack), slug="sealed")
    row.title = ask.required(step.answers, "title", "案卷题名")
    row.retention = retention
    row.retain_until = None if retention == "permanent" else _years_on(clock.today(), int(retention))
    row.secrecy = ask.text(step.answers, "secrecy") or "public"
    row.pages = ask.number(step.answers, "pages")
    row.note = ask.text(step.answers, "note")
    row.arranged_by_id = step.person().id
    step.session.flush()
    return {"archive_no": row.archive_no}


def _years_on(day: date, years: int) -> date:
    return date(day.year + years, 12, 31)


@operation("archive.list", clause="J27")
def write_list(step: Step, *, inspection_id: int) -> None:
    """卷内目录: a snapshot of every piece with its hash."""
    package = _arranged(step, inspection_id)
    for old in documents(step.session, package.id):
        step.session.delete(old)
    step.session.flush()
    for no, piece in enumerate(content.pieces(step, inspection_id), 1):
        suffix = f"{no:03d}-{piece.piece}" + (".json" if piece.content else f"-{piece.file_id[:12]}.bin")
        step.session.add(
            ArchiveDocument(
                package_id=package.id,
                no=no,
                document_no=piece.document_no,
                author=piece.author,
                title=piece.title,
                day=piece.day,
                path=f"data/{suffix}",
                content=piece.content,
                file_id=piece.file_id,
                size=piece.size,
                hash=piece.hash,
            ),
        )
    step.session.flush()


def refuse_keeper(person: Person, rules: Rules) -> None:
    """The dedicated person seals where the pack names one (slug `not-the-archivist`; 依据: J27)."""
    rule = rules["archive.person"]
    if rule.value == "archivist" and Role.ARCHIVIST not in person.roles():
        raise Refused(
            Sentence("案卷由{label}封存。", label=rules.label("archivist")),
            clause=rules.cite(rule.source),
            slug="not-the-archivist",
        )


@operation("archive.seal", clause="J27 W3")
def seal(step: Step, *, inspection_id: int) -> None:
    """The archivist checks the list and seals it; from now on it can be read and lent, never altered."""
    package = _arranged(step, inspection_id)
    inspection = get(step.session, inspection_id)
    refuse_open(step.session, inspection, step.rules)
    refuse_unfinished(step, inspection)
    refuse_keeper(step.person(), step.rules)
    if not ask.flag(step.answers, "checked"):
        raise Refused(
            "请确认已逐件核对卷内目录。",
            clause=cite("J27", step.pack),
            slug="unchecked",
            fields={"checked": "请确认"},
        )
    package.open_followups = len(open_of(step.session, inspection_id))
    package.seal = seal_of(documents(step.session, package.id))
    package.state, package.sealed_by_id, package.sealed_at = "sealed", step.person().id, clock.now()
    step.session.flush()
    kept = {"retention": package.retention, "retain_until": str(package.retain_until)}
    enter(step, package.id, "seal", kept, clause="J27 W3", chained=True)


@operation("archive.enter_ledger", clause="J27")
def enter_ledger(step: Step, *, inspection_id: int) -> None:
    """One line of the 工作台账, written once the file is sealed."""
    package = of(step.session, inspection_id)
    if package is None or package.state != "sealed":
        raise Refused("案卷尚未封存。", clause=cite("J27 W3", step.pack), slug="not-archived")
    inspection = get(step.session, inspection_id)
    known = step.session.scalar(select(LedgerRow).where(LedgerRow.inspection_id == inspection_id))
    row = known or LedgerRow(
        inspection_id=inspection_id, bureau_id=inspection.bureau_id, year=inspection.year
    )
    row.archive_no = package.archive_no
    row.line = ledger_line(step.session, inspection, package)
    step.session.add(row)
    step.session.flush()


def ledger_line(session: Session, inspection: Inspection, package: ArchivePackage) -> dict[str, str]:
    """The columns of the 工作台账, in words."""
    thing = session.get_one(RegistryObject, inspection.object_id)
    leader = team_leader(session, inspection.id)
    decided = disposition.of(session, inspection.id)
    handed = report.of(session, inspection.id)
    shown = [row for row in publication.versions(session, inspection.id) if row.published_at is not None]
    rated = credit.of(session, inspection.id)
    found = findings(session, inspection.id)
    first = shown[0] if shown else None
    return {
        "案号": inspection.case_no,
        "检查对象": thing.name,
        "对象编码": thing.code,
        "来源": f"抽取 {inspection.draw_id}" if inspection.draw_id else "线索",
        "检查组": "、".join(m.name for m in team(session, inspection.id)),
        "组长": leader.name if leader else "",
        "进场": f"{clock.local(inspection.arrived_at):%Y-%m-%d}" if inspection.arrived_at else "线上",
        "检查结束": str(inspection.ended_on or ""),
        "发现问题": str(sum(1 for finding in found if finding.problem)),
        "涉及金额（元）": f"{sum(finding.amount_fen for finding in found) / 100:.2f}",
        "处理方式": KINDS[decided.kind] if decided else "",
        "报告日期": f"{clock.local(handed.submitted_at):%Y-%m-%d}" if handed else "",
        "报告超期（工作日）": str(handed.overdue_days) if handed else "",
        "公示日期": f"{clock.local(first.published_at):%Y-%m-%d}" if first and first.published_at else "",
        "公示超期（工作日）": str(first.overdue_days) if first else "",
        "信用等级": rated.level if rated else "",
        "档号": package.archive_no,
    }


def ledger(session: Session, bureau_id: int, year: int) -> list[LedgerRow]:
    """The 工作台账 of a bureau and year."""
    query = select(LedgerRow).where(LedgerRow.bureau_id == bureau_id, LedgerRow.year == year)
    return list(session.scalars(query.order_by(LedgerRow.id)))


def _arranged(step: Step, inspection_id: int) -> ArchivePackage:
    package = of(step.session, inspection_id)
    if package is None:
        raise NotFound("案卷尚未编目。")
    if package.state != "arranged":
        raise Refused("案卷已封存，不能改动。", clause=cite("J27", step.pack), slug="sealed")
    return package


@prefill("archive/supplement")
def show_missing(step: Step) -> dict[str, Any]:
    """Which pieces are missing."""
    still = missing(step)
    return {
        "facts": [("缺少材料", "、".join(PIECES.get(piece, piece) for piece in still))],
        "options": {"pieces": [(piece, PIECES.get(piece, piece)) for piece in still]},
        "defaults": {"pieces": [{"piece": piece} for piece in still]},
    }


@prefill("archive/arrange")
def show_title(step: Step) -> dict[str, Any]:
    """Title and terms to choose from."""
    inspection = get(step.session, int(step.data["inspection_id"]))
    thing = step.session.get_one(RegistryObject, inspection.object_id)
    return {
        "facts": [("案号", inspection.case_no), ("检查对象", thing.name)],
        "options": {"retentions": list(RETENTION.items()), "secrecies": list(SECRECY.items())},
        "defaults": {
            "title": Sentence(
                "对{thing}随机抽查检查案卷（{case_no}）", thing=thing.name, case_no=inspection.case_no
            ),
            "retention": "30",
            "secrecy": "public",
        },
    }


@prefill("archive/seal")
def show_list(step: Step) -> dict[str, Any]:
    """卷内目录."""
    package = of(step.session, int(step.data["inspection_id"]))
    if package is None:
        return {}
    return {
        "facts": [
            ("档号", package.archive_no),
            ("案卷题名", package.title),
            ("保管期限", RETENTION[package.retention]),
        ],
        "rows": {
            "documents": [
                {
                    "no": str(d.no),
                    "document_no": d.document_no,
                    "author": d.author,
                    "title": d.title,
                    "day": str(d.day or ""),
                }
                for d in documents(step.session, package.id)
            ],
        },
    }
