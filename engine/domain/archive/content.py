"""What goes into the file.

Every row of the inspection as a readable document, and every stored file by its hash.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import rfc8785
from sqlalchemy import inspect, select
from sqlalchemy.orm import DeclarativeBase, Session

from engine import clock
from engine.domain import credit, disposition, evidence, feedback, publication, report
from engine.domain.archive.tables import PIECES, ArchiveSupplement
from engine.domain.ceremony.tables import Draw
from engine.domain.document.draw_facts import draw_evidence
from engine.domain.followup import Followup
from engine.domain.inspection.tables import (
    Finding,
    Inspection,
    Obstruction,
    SiteRecord,
    TeamMember,
    Visit,
    get,
)
from engine.domain.lead import Lead
from engine.domain.substitution.tables import Application, Reinforcement, Substitution
from engine.operation import Step
from engine.people import Bureau, Person
from engine.storage.files import StoredFile

HIDDEN = {"id", "inspection_id", "package_id", "content", "mac"}


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece before it gets its number.

    `content` is canonical JSON text, or `file_id` names a stored file.
    """

    piece: str
    title: str
    document_no: str
    author: str
    day: date | None
    content: str = ""
    file_id: str = ""
    size: int = 0
    hash: str = ""


def plain(row: DeclarativeBase) -> dict[str, Any]:
    """A row as JSON values; times as ISO text, ids of the machine left out."""
    values = {column.key: getattr(row, column.key) for column in inspect(type(row)).column_attrs}
    return {key: _json(value) for key, value in values.items() if key not in HIDDEN}


def _json(value: Any) -> Any:
    if isinstance(value, datetime):
        return clock.local(value).isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): _json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_json(item) for item in value]
    return value


def pieces(step: Step, inspection_id: int) -> list[Piece]:
    """All pieces of an inspection, in the order of the work, and every file that was handed in (吉 第七条)."""
    session, found = step.session, get(step.session, inspection_id)
    bureau = session.get_one(Bureau, found.bureau_id).name
    approved = clock.local(found.approved_at).date() if found.approved_at else None
    made = [_document("approval", "行政检查审批表、检查通知书", [found], found.notice_no, bureau, approved)]

    draw = session.get(Draw, found.draw_id) if found.draw_id else None
    if draw is not None:
        proof = {"table": "draw", **draw_evidence(session, draw, found.group_no)}
        made.append(
            _written("draw", "名单封存纪要和抽取凭证", [proof], draw.id, bureau, _day(draw.frozen_at))
        )

    def add(
        piece: str, title: str, rows: Sequence[DeclarativeBase], no: str = "", day: date | None = None
    ) -> None:
        if rows:
            made.append(_document(piece, title, rows, no, bureau, day or _last(rows)))

    def of(table: type[Any]) -> list[Any]:
        return list(
            session.scalars(select(table).where(table.inspection_id == inspection_id).order_by(table.id))
        )

    lead = session.get(Lead, found.lead_id) if found.lead_id else None
    add(
        "lead",
        "线索登记、核实和批准",
        [lead] if lead else [],
        lead.no if lead else "",
        lead.received_on if lead else None,
    )
    add("team", "检查组成员及廉洁承诺", of(TeamMember))
    swaps = [*of(Application), *of(Substitution), *of(Reinforcement)]
    add("substitution", "人员调换、回避和补充", swaps)
    add("visit", "执法证件出示及权利义务告知书", of(Visit), day=_day(found.arrived_at))
    add("findings", "抽查事项检查结果", of(Finding), day=found.ended_on)
    add("record", "检查记录", of(SiteRecord), day=found.ended_on)
    add("obstruction", "检查受阻及处置", of(Obstruction))
    listed = evidence.of(session, inspection_id)
    add("evidence", "证据清单", listed)
    add("preservation", "证据先行登记保存", of(evidence.Preservation))
    opinions = of(feedback.Opinion)
    votes = [vote for opinion in opinions for vote, _ in feedback.votes(session, opinion)]
    add("opinion", "讨论记录和检查意见", [*opinions, *votes])
    add("feedback", "反馈意见书及回执", of(feedback.Feedback))
    decided = disposition.of(session, inspection_id)
    add(
        "disposition",
        "处理意见",
        [decided] if decided else [],
        decided.filing_no or decided.letter_no if decided else "",
    )
    add("report", "随机抽查情况报告", of(report.Report))
    rated = credit.of(session, inspection_id)
    add("credit", "信用记录", [rated] if rated else [])
    shown = publication.versions(session, inspection_id)
    add(
        "publication",
        "公示内容及回执",
        [*shown, *(r for row in shown for r in publication.receipts(session, row.id))],
    )
    add("followup", "后续监管记录", of(Followup))
    extra = of(ArchiveSupplement)
    add("supplement", "备考表", extra)
    made += [
        _file(session, item.file_id, f"证据{item.no}：{item.title}", item.collected_by_id)
        for item in listed
        if item.file_id
    ]
    made += [
        _file(session, row.file_id, f"补充材料：{PIECES.get(row.piece, row.piece)}", row.by_id)
        for row in extra
        if row.file_id
    ]
    held = {piece.hash for piece in made if piece.file_id}
    for file in _handed_in(step, found, lead, swaps):
        added = _file(session, *file)
        if added.hash not in held:
            held.add(added.hash)
            made.append(added)
    return made


def _handed_in(
    step: Step, found: Inspection, lead: Lead | None, swaps: Sequence[Any]
) -> Iterator[tuple[str, str, int | None]]:
    """What people handed in besides the evidence, whatever step asked for it: (file id, title, by whom).

    Proof of a swap or a lead is known by its hash: it was enclosed before this case had a step.
    """
    if found.case_id is not None:
        for file_id, name in step.machine.handed_in(step.session, found.case_id):
            stored = step.session.get_one(StoredFile, file_id)
            yield file_id, f"{name}：{stored.name}", stored.uploaded_by_id
    proofs = [
        *(lead.source_proof if lead else []),
        *(each for row in swaps for each in getattr(row, "proof", [])),
    ]
    for proof in proofs:
        same = select(StoredFile).where(
            StoredFile.sha256 == proof["sha256"], StoredFile.bureau_id == found.bureau_id
        )
        for stored in step.session.scalars(same.order_by(StoredFile.uploaded_at).limit(1)):
            yield stored.id, f"证明材料：{stored.name}", stored.uploaded_by_id


DATED = (
    "submitted_at",
    "published_at",
    "met_at",
    "discussed_at",
    "approved_at",
    "done_at",
    "concluded_at",
    "decided_at",
    "taken_at",
    "pledged_at",
    "reported_at",
    "requested_at",
    "opened_at",
    "created_at",
    "at",
)
"""When a row was done, the telling column first."""


def _last(rows: Sequence[Any]) -> date | None:
    """The day of the last of some rows, for the column 日期 of the list."""
    found = (next((getattr(row, name) for name in DATED if getattr(row, name, None)), None) for row in rows)
    return _day(max((moment for moment in found if moment is not None), default=None))


def _day(moment: datetime | None) -> date | None:
    return clock.local(moment).date() if moment else None


def _document(
    piece: str, title: str, rows: Sequence[DeclarativeBase], no: str, author: str, day: date | None
) -> Piece:
    return _written(
        piece, title, [{"table": row.__tablename__, **plain(row)} for row in rows], no, author, day
    )


def _written(
    piece: str, title: str, rows: Sequence[Mapping[str, Any]], no: str, author: str, day: date | None
) -> Piece:
    body = rfc8785.dumps({"title": title, "rows": list(rows)})
    return Piece(
        piece, title, no, author, day, body.decode(), "", len(body), hashlib.sha256(body).hexdigest()
    )


def _file(session: Session, file_id: str, title: str, person_id: int | None) -> Piece:
    stored = session.get_one(StoredFile, file_id)
    author = session.get_one(Person, person_id).name if person_id else ""
    return Piece("file", title, "", author, _day(stored.uploaded_at), "", file_id, stored.size, stored.sha256)
