"""The versions of a publication and their receipts: what stands, and a further one.

依据: 吉 第二十五条; 舞 第十五条.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine.domain.feedback import refuse_before_feedback
from engine.domain.followup import penalties
from engine.domain.inspection.tables import Inspection
from engine.domain.publication import content
from engine.domain.publication.tables import (
    Publication,
    PublicationReceipt,
)
from engine.operation import Step


def versions(session: Session, inspection_id: int) -> list[Publication]:
    """All versions about an inspection, oldest first; none is ever removed."""
    return list(
        session.scalars(
            select(Publication)
            .where(Publication.inspection_id == inspection_id)
            .order_by(Publication.version)
        )
    )


def published(session: Session, inspection_id: int) -> bool:
    """Whether a result stands published (a withdrawn one counts: its withdrawal is published)."""
    return any(row.state in ("published", "superseded") for row in versions(session, inspection_id))


def receipts(session: Session, publication_id: int) -> list[PublicationReceipt]:
    """The receipts of a version, by channel."""
    query = select(PublicationReceipt).where(PublicationReceipt.publication_id == publication_id)
    return list(session.scalars(query.order_by(PublicationReceipt.channel)))


def about(row: Publication, known: Mapping[int, Publication]) -> str:
    """What a version is about (result · penalty): a correction or withdrawal is about what it changes."""
    while row.previous_id is not None:
        row = known[row.previous_id]
    return row.kind


def standing(session: Session, inspection_id: int, what: str = "result") -> Publication | None:
    """The version about the result, or about the penalty, that stands published now."""
    rows = versions(session, inspection_id)
    known = {row.id: row for row in rows}
    return next(
        (row for row in reversed(rows) if row.state == "published" and about(row, known) == what), None
    )


def punished(session: Session, row: Publication) -> str:
    """The penalty as the public may read it in this version; nothing of it before it is public, or once withdrawn.

    依据: 舞 第二条 (查处结果).
    """
    known = {each.id: each for each in versions(session, row.inspection_id)}
    last = row if about(row, known) == "penalty" else standing(session, row.inspection_id, "penalty")
    if last is None or row.kind == "result":
        return ""
    if last.kind == "penalty":
        listed = (
            f"{each.document_no} {each.result}".strip() for each in penalties(session, row.inspection_id)
        )
        return "；".join(listed)
    return last.summary if last.kind == "correction" else ""


def new_version(step: Step, inspection: Inspection, kind: str, **fields: Any) -> Publication:
    """A further version with the results as they stand; refused before the feedback."""
    given = refuse_before_feedback(step.session, inspection, step.rules)
    highest = step.session.scalar(
        select(func.max(Publication.version)).where(Publication.inspection_id == inspection.id)
    )
    row = Publication(
        inspection_id=inspection.id,
        bureau_id=inspection.bureau_id,
        version=int(highest or 0) + 1,
        kind=kind,
        feedback_id=given.id,
        items=content.rows(step.session, inspection),
        **fields,
    )
    step.session.add(row)
    step.session.flush()
    return row
