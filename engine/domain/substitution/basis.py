"""批准的依据: an approval holds for the candidates and the proof that stood when it was given.

Another substitution may take a candidate, a proof may be another file: then the leader is asked again.
依据: J13; draw.md 2.7.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.domain.ceremony import store
from engine.domain.ceremony.tables import DrawnPerson
from engine.domain.draw.aftermath import candidates_for
from engine.domain.draw.text import canonical, sha256
from engine.domain.substitution.tables import Substitution
from engine.domain.terms import cite
from engine.errors import Refused
from engine.operation import Step


def seat_of(session: Session, row: Substitution) -> DrawnPerson | None:
    """The place in the draw that falls vacant; after a postponement it is empty already (draw.md 2.7)."""
    query = select(DrawnPerson).where(
        DrawnPerson.draw_id == row.draw_id,
        DrawnPerson.group_id == row.group_id,
        DrawnPerson.inspector_id == row.inspector_out_id,
        DrawnPerson.state == ("serving" if row.postponed_to is None else "left"),
    )
    return session.scalar(query.order_by(DrawnPerson.id.desc()).limit(1))


def basis_of(session: Session, row: Substitution) -> str:
    """Hash of what an approval is given for: place, candidates in their order, reason, proof."""
    draw = store.get(session, str(row.draw_id))
    document = store.document_of(draw)
    place = seat_of(session, row)
    found = (
        candidates_for(store.transcript_of(draw), document, place.group_id, place.role_index)
        if document is not None and place is not None
        else []
    )
    seat = [place.group_id, place.role_index] if place is not None else []
    candidates = [candidate.id for candidate in found]
    return sha256(
        canonical({"seat": seat, "candidates": candidates, "reason": row.reason_code, "proof": row.proof})
    )


def approved_for(session: Session, row: Substitution) -> None:
    """Keep what the leader has approved, beside the draw."""
    if row.mode != "draw" or row.draw_id is None:
        return
    draw = store.get(session, row.draw_id)
    kept = dict(draw.settings.get("approved") or {})
    draw.settings = {**draw.settings, "approved": {**kept, str(row.id): basis_of(session, row)}}


def stands(session: Session, row: Substitution) -> bool:
    """Whether the approval still holds."""
    if row.mode != "draw" or row.draw_id is None:
        return True
    approved = store.get(session, row.draw_id).settings.get("approved") or {}
    return bool(approved.get(str(row.id)) == basis_of(session, row))


def refuse_lapsed(step: Step, row: Substitution) -> None:
    """Candidates or proof have changed since the approval (slug `approval-lapsed`)."""
    if not stands(step.session, row):
        raise Refused(
            "调换获批后，候补人选或证明材料已有变化，原批准失效。",
            clause=cite("J13", step.pack),
            hint="请退回“确认递补人选”，由分管领导重新审批。",
            slug="approval-lapsed",
        )
