"""Views of the inbox that a leaver shares with a post or a section: another of them keeps the view, or it goes."""

from __future__ import annotations

from sqlalchemy.orm import Session

from engine import audit
from engine.desk import saved
from engine.desk.leaver.row import Passing, Row
from engine.desk.notice import Matter, tell
from engine.desk.tables import View
from engine.desk.world import World
from engine.domain import terms
from engine.errors import ChangedMeanwhile, Refused
from engine.people import Person, Section
from engine.sentence import Sentence


def rows(session: Session, leaver: Person) -> list[Row]:
    """The shared ones, by name."""
    return [
        Row(
            "view",
            each.id,
            each.name,
            _shared(session, each),
            "",
            None,
            saved.heirs(session, each),
            back=True,
        )
        for each in saved.shared(session, leaver)
    ]


def _shared(session: Session, view: View) -> str:
    section = session.get(Section, view.section_id) if view.section_id is not None else None
    return Sentence("共享给{whom}的视图", whom=section.name if section else terms.role_label(view.role))


def named(session: Session, number: int) -> tuple[str, str]:
    """Its name; a view belongs to no case."""
    found = session.get(View, number)
    return (found.name if found else "", "")


def give(_world: World, session: Session, passing: Passing) -> None:
    """Another of those it is shared with keeps it, or it is deleted where nobody gets it."""
    leaver, receiver = passing.leaver, passing.receiver
    found = session.get(View, passing.number)
    if found is None or found.person_id != leaver.id:
        raise ChangedMeanwhile(
            Sentence("这个视图已经不在{leaver}名下。", leaver=leaver.name), hint="请刷新后看现在的情形。"
        )
    name = found.name
    if receiver is None:
        session.delete(found)
    elif receiver.id not in {each.id for each in saved.heirs(session, found)}:
        raise Refused(
            Sentence("视图“{view}”没有共享给{receiver}。", view=name, receiver=receiver.name),
            slug="not-of-the-duty",
            hint="请从列出的人员中选。",
        )
    else:
        saved.inherit(session, found, receiver)
        title = Sentence("{leaver}离岗，视图“{view}”由你保管", leaver=leaver.name, view=name)
        tell(
            session,
            "assigned",
            [receiver],
            Matter(title, "/"),
            actor=passing.actor,
            key=f"view:{found.id}:{receiver.id}",
        )
    audit.record(
        session,
        action="view.hand_over",
        subject=f"person/{leaver.id}",
        actor=passing.actor,
        bureau_id=leaver.bureau_id,
        reason=passing.reason,
        after={"view": name, "to": receiver.name if receiver else ""},
    )
