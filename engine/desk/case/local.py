"""所在地医保部门: whether the local bureau was told in advance and signed for the feedback, or why not.

依据: 吉 第十七条 (提前通知), 第二十二条 (同时反馈).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from engine.domain import feedback
from engine.domain.inspection.tables import Inspection
from engine.people import Bureau


@dataclass(frozen=True, slots=True)
class LocalBureau:
    """The bureau of the object's place. `notice`: what it was told, or why nothing; `receipt`: why it signs nothing."""

    name: str
    told_at: datetime | None
    notice: str
    received_at: datetime | None
    receipt: str


def local_bureau(session: Session, inspection: Inspection | None) -> LocalBureau | None:
    """What came of both duties towards the local bureau; None as long as neither has come up."""
    if inspection is None:
        return None
    given = feedback.of(session, inspection.id)
    found = LocalBureau(
        name=session.get_one(Bureau, inspection.local_bureau_id).name,
        told_at=inspection.local_notified_at,
        notice=inspection.local_notice,
        received_at=given.receipt_local_at if given else None,
        receipt=given.local_skipped if given else "",
    )
    return found if found.notice or found.received_at or found.receipt else None
