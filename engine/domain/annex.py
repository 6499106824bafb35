"""附件目录 of a report: every paper, piece of evidence and file that came up in the inspection so far.

依据: 舞 第十四条 (检查过程中形成的材料应当作为检查报告的附件一并提交).
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import clock
from engine.domain import answers as ask
from engine.domain import evidence, feedback
from engine.domain.inspection.tables import Disposition, SiteRecord, Visit, get
from engine.operation import Step
from engine.storage.files import StoredFile


def annex(step: Step, inspection_id: int) -> list[dict[str, str]]:
    """The index as `[{no, title, hash}]`; `hash` is that of a stored file, empty for a paper made here."""
    listed = [*_papers(step.session, inspection_id), *_files(step, inspection_id)]
    return [{"no": str(no), "title": title, "hash": digest} for no, (title, digest) in enumerate(listed, 1)]


def decided_of(session: Session, inspection_id: int) -> Disposition | None:
    """处理意见, once the leader has proposed it."""
    return session.scalar(select(Disposition).where(Disposition.inspection_id == inspection_id))


def _papers(session: Session, inspection_id: int) -> Iterator[tuple[str, str]]:
    inspection = get(session, inspection_id)
    if inspection.notice_no:
        yield f"行政检查审批表、检查通知书（{inspection.notice_no}）", ""
    if session.scalar(select(Visit.id).where(Visit.inspection_id == inspection_id)) is not None:
        yield "权利义务告知书", ""
    query = select(SiteRecord.version).where(SiteRecord.inspection_id == inspection_id)
    for version in session.scalars(query.order_by(SiteRecord.version)):
        yield f"检查记录（第{version}版）", ""
    for item in evidence.of(session, inspection_id):
        yield f"证据{item.no}：{item.title}", item.hash
    for kept in evidence.approved_preservations(session, inspection_id):
        yield f"证据先行登记保存通知书（{kept.from_day}）", ""
    if (opinion := feedback.latest(session, inspection_id)) is not None:
        yield f"讨论记录（第{opinion.round}轮）", ""
    if (given := feedback.of(session, inspection_id)) is not None:
        yield f"检查意见反馈书（{clock.local(given.met_at):%Y-%m-%d}）", ""
    if (decided := decided_of(session, inspection_id)) is not None:
        number = decided.filing_no or decided.letter_no
        yield f"处理意见（{number}）" if number else "处理意见", ""


def _files(step: Step, inspection_id: int) -> Iterator[tuple[str, str]]:
    """What people handed in, named by the step that asked for it; evidence stands in the index already."""
    own = {item.file_id for item in evidence.of(step.session, inspection_id)}
    named = dict(step.machine.handed_in(step.session, step.case_id))
    named |= dict.fromkeys(ask.words(step.answers, "files"), "报告附件")
    for file_id, where in named.items():
        stored = step.session.get(StoredFile, file_id)
        if stored is not None and file_id not in own:
            yield f"{where}：{stored.name}", stored.sha256
