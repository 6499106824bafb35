"""Whose part of a countersigned step (会签) still stands: a post that ended or a closed account signs no more.

Asked anew each time, of today's posts and of the team as it is now; who was added (加签) needs only to be at work.
The part stays open with the reason until another signs in its place, or it is taken off (`engine/desk/signer.py`).
依据: 吉 第十二、十三条 (职责分离、调换).
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from engine.access.rights import WORK
from engine.desk.world import Answers
from engine.domain import terms
from engine.errors import NotAllowed
from engine.people import Person
from engine.runtime import release, wait
from engine.runtime.tables import Instance, WorkItem
from engine.sentence import Sentence


def why_not(session: Session, person: Person, item: WorkItem) -> str:
    """Why a person may no longer give their part; "" where they may, and for a step that one person does."""
    if item.seat != str(person.id) or item.state != "open":
        return ""
    if not person.active:
        return Sentence("{name}的账号已停用", name=person.name)
    if not WORK.allows(person):
        return Sentence("{name}已没有办理岗位", name=person.name)
    if item.seat in _seats(session, item):
        return ""
    if item.lane in (terms.TEAM, terms.TEAM_LEADER):
        return Sentence("{name}已不在检查组", name=person.name)
    return Sentence("{name}已不任{lane}岗位", name=person.name, lane=item.lane)


def refuse_lapsed(session: Session, person: Person, item: WorkItem) -> None:
    """Refuse a part whose signer's post has ended since the step opened."""
    why = why_not(session, person, item)
    if why:
        raise NotAllowed(
            Sentence("“{step}”不能再由{name}签：{why}。", step=item.step, name=person.name, why=why),
            slug="not-your-step",
            hint="请本机构的领导或其他会签人改由他人签，或者减签。",
        )


def _seats(session: Session, item: WorkItem) -> set[str]:
    """Who signs as posts, team, 加签 and 减签 stand now."""
    instance = session.get_one(Instance, item.instance_id)
    element = release.load(session, item.release_id).processes[instance.process].elements[item.element]
    asked = wait.asked(session, instance, element, instance.data or {})
    places = wait.changed(Answers().places(session, asked), instance, item.task)
    return {place.seat for place in places}
