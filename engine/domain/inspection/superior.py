"""What a superior's draw means below.

The object is marked, and a local inspection not yet begun is called off.

依据: 吉 第十一条 (上级监管部门在同一年度内已抽查的检查对象，在当地组织抽查时，应当予以排除).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from engine import audit, clock
from engine.domain.inspection.tables import Inspection
from engine.domain.registry import RegistryObject, above, below


def mark_superior_drawn(session: Session, bureau_id: int, things: Sequence[RegistryObject]) -> int:
    """Mark the rows of lower registries that are these drawn objects; returns how many were marked.

    The same object: the drawn row itself, or one with its institution code or 统一社会信用代码.
    """
    lower = [number for number in below(session, bureau_id) if number != bureau_id]
    if not lower:
        return 0
    same = or_(
        RegistryObject.id.in_([thing.id for thing in things]),
        RegistryObject.code.in_([thing.code for thing in things if thing.code]),
        RegistryObject.uscc.in_([thing.uscc for thing in things if thing.uscc]),
    )
    rows = session.scalars(select(RegistryObject).where(same, RegistryObject.bureau_id.in_(lower))).all()
    for row in rows:
        mark(session, row)
    return len(rows)


def mark(session: Session, row: RegistryObject, source: str = "", *, on: date | None = None) -> None:
    """Enter in a lower registry that a superior has drawn this object (today); the log names the source.

    A later mark stays: what was drawn last counts for 当年.
    """
    row.superior_drawn_on = max(on or clock.today(), row.superior_drawn_on or date.min)
    audit.record(
        session,
        action="registry.superior_drawn",
        subject=f"object/{row.id}",
        bureau_id=row.bureau_id,
        reason=source or "上级本年度已抽取",
        after={"superior_drawn_on": row.superior_drawn_on.isoformat()},
        clause="J11",
    )


def superior_drew(session: Session, inspection: Inspection) -> bool:
    """Whether a superior has drawn the object this year, this inspection not being the superior's own."""
    thing = session.get_one(RegistryObject, inspection.object_id)
    day = thing.superior_drawn_on
    if day is None or day.year != inspection.year or inspection.lead_id is not None:
        return False
    if thing.bureau_id == inspection.bureau_id:
        return True
    # The row belongs to a lower bureau: our own draw has marked it, only a draw from above ours counts.
    superiors = above(session, inspection.bureau_id)[1:]
    return bool(
        superiors
        and session.scalar(
            select(Inspection.id).where(
                Inspection.object_id == thing.id,
                Inspection.year == inspection.year,
                Inspection.bureau_id.in_(superiors),
            ),
        ),
    )
