"""调换预警: what looks arranged, for who approves and for the page of the draw.

The same place vacant again; somebody away more than twice as often as people are on the mean, vacated places
and declined calls of the year's draws together. 依据: J13; draw.md 2.7.
"""

from __future__ import annotations

from collections import Counter

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.domain.ceremony import store
from engine.domain.ceremony.tables import Draw
from engine.domain.draw.aftermath import alarms
from engine.domain.registry import inspectors_of
from engine.domain.substitution.tables import Substitution


def alarms_of(session: Session, draw: Draw) -> list[str]:
    """The alarms over a draw and the substitutions of its year, as sentences."""
    query = (
        select(Substitution, Draw)
        .join(Draw, Draw.id == Substitution.draw_id)
        .where(
            Draw.bureau_id == draw.bureau_id,
            Draw.year == draw.year,
            Substitution.decision.not_in(("return", "reject")),
        )
    )
    people = inspectors_of(session, draw.bureau_id)
    by_id, by_no = {who.id: who.name for who in people}, {who.staff_no: who.name for who in people}
    absences: Counter[str] = Counter()
    for row, drawn in session.execute(query):
        away = [by_id.get(row.inspector_out_id or 0, "")]
        away += [by_no.get(str(drawn.aliases.get(each["id"], "")), "") for each in row.absent]
        absences.update(name for name in away if name)
    return alarms(store.transcript_of(draw), list(by_id.values()), dict(absences))
