"""临时任务 and 要求补充 of a leaver: another answers in their place, another waits for the answer, or it ends."""

from __future__ import annotations

from sqlalchemy.orm import Session

from engine import clock
from engine.desk.case import extra
from engine.desk.case.listing import name_of
from engine.desk.leaver.row import Passing, Row
from engine.desk.world import World
from engine.errors import ChangedMeanwhile
from engine.people import Person
from engine.runtime.tables import ExtraTask, Instance
from engine.sentence import Sentence


def rows(session: Session, leaver: Person) -> list[Row]:
    """What the leaver is asked for, then what the leaver has asked others for, in cases of the own bureau."""
    found = [(row, "errand") for row in extra.mine(session, leaver)]
    found += [(row, "question") for row in extra.awaited(session, leaver)]
    return [_row(session, leaver, row, kind) for row, kind in found if row.bureau_id == leaver.bureau_id]


def _row(session: Session, leaver: Person, row: ExtraTask, kind: str) -> Row:
    of = (
        Sentence("{asked_by}交办", asked_by=row.asked_by.name)
        if kind == "errand"
        else Sentence("等{person}答复", person=row.person.name)
    )
    return Row(
        kind,
        row.id,
        row.title,
        of,
        name_of(session.get_one(Instance, row.case_id)),
        clock.end_of(row.due_on),
        extra.heirs(session, row, leaver),
        back=True,
    )


def named(session: Session, number: int) -> tuple[str, str]:
    """Title and object."""
    row = session.get(ExtraTask, number)
    return (row.title, name_of(session.get_one(Instance, row.case_id))) if row else ("", "")


def give(_world: World, session: Session, passing: Passing) -> None:
    """Hand it on, or end it where nobody gets it."""
    actor, leaver = passing.actor, passing.leaver
    row = extra.get(session, actor, passing.number)
    if leaver.id not in (row.person_id, row.asked_by_id):
        raise ChangedMeanwhile(
            Sentence("“{step}”已经不在{leaver}手上。", step=row.title, leaver=leaver.name),
            hint="请刷新后看现在的情形。",
        )
    if passing.receiver is None:
        extra.end(session, actor, row.id, passing.reason)
    else:
        extra.pass_on(session, actor, leaver, row.id, passing.receiver, passing.reason)
