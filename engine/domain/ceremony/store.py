"""Keeping a transcript in its row.

Numbers in the bureau's series, the chain from draw to draw, locks and endings.

依据: J12 (the draw is supervised), W9 (全程留痕、责任可追溯); protocol SR1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine import audit, clock
from engine.domain.ceremony import duty
from engine.domain.ceremony.tables import Draw
from engine.domain.draw import Document, Event, Transcript
from engine.domain.draw.aftermath import append_close, append_void
from engine.domain.draw.text import DIGESTS, ZEROS
from engine.domain.inspection.tables import Inspection
from engine.errors import NotFound
from engine.operation import Step, subject
from engine.people import Bureau, Person
from engine.sentence import Sentence

ENDED = ("closed", "failed", "void")


def get(session: Session, draw_id: str) -> Draw:
    """The draw with this number; NotFound otherwise."""
    found = session.get(Draw, draw_id)
    if found is None:
        raise NotFound(Sentence("没有编号为 {draw_id} 的抽取。", draw_id=draw_id))
    return found


def transcript_of(draw: Draw) -> Transcript:
    """The transcript as it stands in the row."""
    digest = DIGESTS["sha256" if draw.mode == "import" else draw.hash]
    return Transcript(draw.document, digest, tuple(Event(**event) for event in draw.events))


def document_of(draw: Draw) -> Document | None:
    """D of a native draw, None for an import."""
    return Document(draw.document) if draw.document else None


def keep(draw: Draw, transcript: Transcript) -> None:
    """Store a longer transcript; what stood before must stand unchanged at its beginning."""
    events = [event.as_json() for event in transcript.events]
    if events[: len(draw.events)] != draw.events:
        raise AssertionError(f"the transcript of {draw.id} does not continue the stored one")
    draw.events = events
    draw.head = transcript.head


def latest(session: Session, bureau_id: int) -> Draw | None:
    """The draw of a bureau that has the highest number, however it ended."""
    query = select(Draw).where(Draw.bureau_id == bureau_id).order_by(Draw.year.desc(), Draw.serial.desc())
    return session.scalar(query.limit(1))


def rounds_of(session: Session, plan_id: int, batch: int) -> list[Draw]:
    """All draws of a batch, first to last: the public redraw count is one less."""
    query = select(Draw).where(Draw.plan_id == plan_id, Draw.batch == batch, Draw.state != "abandoned")
    return list(session.scalars(query.order_by(Draw.round)))


def number(session: Session, bureau: Bureau, *, plan_id: int, batch: int, mode: str, hash_name: str) -> Draw:
    """A draw with the next number of the series.

    One that was abandoned before event 0 gives its number on.
    """
    year = clock.today().year
    rounds = rounds_of(session, plan_id, batch)
    last = latest(session, bureau.id)
    if last is not None and last.state == "abandoned" and last.year == year:
        draw = last
    else:
        serial = 1 + (
            session.scalar(
                select(func.max(Draw.serial)).where(Draw.bureau_id == bureau.id, Draw.year == year)
            )
            or 0
        )
        draw = Draw(
            id=f"{bureau.division}-{year}-{serial:04d}", bureau_id=bureau.id, year=year, serial=serial
        )
        session.add(draw)
    draw.plan_id, draw.batch, draw.round = plan_id, batch, len(rounds) + 1
    draw.previous_id = rounds[-1].id if rounds else None
    draw.mode, draw.hash, draw.state = mode, hash_name, "prepared"
    draw.settings, draw.reason, draw.opened_at = {}, "", clock.now()
    clear(draw)
    session.flush()
    return draw


def clear(draw: Draw) -> None:
    """Forget operator, witness and their shares: before event 0 everything may begin again."""
    draw.operator_id = draw.witness_id = None
    draw.operator_commit = draw.witness_commit = ""
    draw.settings = {key: value for key, value in draw.settings.items() if key != "third_commit"}
    clear_secrets(draw)


def previous_head(session: Session, draw: Draw, pack: str) -> str:
    """The head of the bureau's draw before, which must have ended.

    Zeros for its first (slug `previous-draw-open`).
    """
    query = (
        select(Draw)
        .where(Draw.bureau_id == draw.bureau_id, Draw.id != draw.id, Draw.state != "abandoned")
        .order_by(Draw.year.desc(), Draw.serial.desc())
    )
    before = session.scalar(query.limit(1))
    if before is None:
        return ZEROS
    if before.state == "placed":
        close_if_settled(session, before)
    duty.refuse_open_draw(before, pack, waiting(session, before.id))
    return before.head


def waiting(session: Session, draw_id: str) -> int:
    """How many drawn objects have neither been visited nor dropped.

    Until then people may still be swapped.
    """
    query = select(func.count(Inspection.id)).where(
        Inspection.draw_id == draw_id, Inspection.arrived_at.is_(None), Inspection.closed_at.is_(None)
    )
    return session.scalar(query) or 0


def close_if_settled(session: Session, draw: Draw) -> bool:
    """End a draw whose teams have all arrived: event `close`, nothing may follow.

    Returns whether it is closed.
    """
    started = session.scalar(select(func.count(Inspection.id)).where(Inspection.draw_id == draw.id)) or 0
    if draw.state == "placed" and started == len(draw.objects) and not waiting(session, draw.id):
        close(session, draw)
    return draw.state == "closed"


def close(session: Session, draw: Draw) -> None:
    """Append `close`."""
    day = draw.publish_by.isoformat() if draw.publish_by else ""
    keep(draw, append_close(transcript_of(draw), document_of(draw), publish_by=day))
    end(session, draw, "closed", "draw.close")


def publish(session: Session, plan_id: int, batch: int) -> None:
    """Document, secrets and transcript of every ended round become public: nobody can be warned any more."""
    for draw in rounds_of(session, plan_id, batch):
        if draw.state in ENDED and draw.published_at is None:
            draw.published_at = clock.now()
            log(session, draw, "draw.publish")


def overdue(session: Session, bureau_id: int) -> list[Draw]:
    """Draws whose day of publication has passed: a missed `publish_by` is a finding."""
    query = select(Draw).where(
        Draw.bureau_id == bureau_id, Draw.published_at.is_(None), Draw.publish_by < clock.today()
    )
    return list(session.scalars(query.where(Draw.state != "abandoned").order_by(Draw.id)))


def end(session: Session, draw: Draw, state: str, action: str, actor: Person | None = None) -> None:
    """The draw has ended; its head goes into the next one and into the sealed log."""
    draw.state = state
    draw.ended_at = clock.now()
    clear_secrets(draw)
    log(session, draw, action, actor)


def clear_secrets(draw: Draw) -> None:
    """The shares stand in the transcript or are worthless: the row keeps none."""
    draw.operator_secret = draw.witness_secret = ""
    draw.settings = {key: value for key, value in draw.settings.items() if key != "third_secret"}


def log(
    session: Session,
    draw: Draw,
    action: str,
    actor: Person | None = None,
    *,
    after: Mapping[str, Any] | None = None,
) -> None:
    """A sealed entry of the log with number, roster and head of the draw."""
    audit.record(
        session,
        action=action,
        subject=f"draw/{draw.id}",
        actor=actor,
        bureau_id=draw.bureau_id,
        reason=draw.reason,
        after={"state": draw.state, "roster": draw.roster, "head": draw.head, **(after or {})},
        clause="J12 W9",
        chained=True,
    )


def void(step: Step, draw: Draw, reason: str) -> None:
    """Append `void`, signed by whom the row knows."""
    by = [{"name": "bureau", "sig": _signature(draw.operator)}]
    if draw.witness_id is not None:
        by.append({"name": "witness", "sig": _signature(draw.witness)})
    keep(draw, append_void(transcript_of(draw), document_of(draw), reason=reason, by=by))
    end(step.session, draw, "void", "draw.void", step.actor)


def _signature(person: Person | None) -> str:
    return f"person/{person.staff_no}" if person else "system"


@subject("draw")
def describe(session: Session, data: Mapping[str, Any]) -> dict[str, str]:
    """How a draw is called in lists: its number once it has one."""
    draw = session.get(Draw, str(data.get("draw_id") or ""))
    return {"case_no": draw.id if draw else "", "title": "随机抽取", "object_name": ""}
