"""The open steps of a leaver: to a colleague of the same duty, or back to the pool they were taken from.

What goes to a colleague goes to one who holds the same post or belongs to the team, did no incompatible step of the
case and has no interest in the object. A part of a countersign is signed by another in their place. What the team
itself must settle (a pledge, a vote) and what is somebody's own (a sealed envelope) is left, by name.
依据: 吉 第十二、十三条, 舞 第八条 (职责分离、回避).
"""

from __future__ import annotations

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from engine.desk import hand, signer, step
from engine.desk.case import extra
from engine.desk.leaver.row import Passing, Row
from engine.desk.world import World
from engine.domain import terms
from engine.errors import ChangedMeanwhile, Refused
from engine.people import Person
from engine.runtime import work_item
from engine.runtime.tables import Draft, WorkItem
from engine.sentence import Sentence

PAGE = 200


def rows(session: Session, leaver: Person) -> list[Row]:
    """The open steps, soonest first, with what may be done with each."""
    mine = or_(WorkItem.pool == f"person/{leaver.id}", WorkItem.claimed_by_id == leaver.id)
    query = select(WorkItem).where(mine, WorkItem.state == "open", WorkItem.bureau_id == leaver.bureau_id)
    found = session.scalars(query.order_by(WorkItem.due_at, WorkItem.id).limit(PAGE))
    return [_row(session, leaver, item) for item in found]


def named(session: Session, number: int) -> tuple[str, str]:
    """The step, and the object of its case."""
    item = session.get(WorkItem, number)
    return (item.step, item.name) if item else ("", "")


def give(world: World, session: Session, passing: Passing) -> None:
    """Hand a step on, or put it back where nobody gets it."""
    actor, leaver, receiver, reason = passing.actor, passing.leaver, passing.receiver, passing.reason
    if work_item.get(session, passing.number).seat:  # locked with its instance, as whoever signs locks it
        world.runtime.open_item(session, passing.number, actor)
    item = work_item.locked(session, passing.number)
    work_item.must_be_open(session, item)
    if not _lies_with(item, leaver):
        work_item.refuse_gone(session, item, leaver)
        raise ChangedMeanwhile(
            Sentence("“{step}”已经不在{leaver}手上。", step=item.step, leaver=leaver.name),
            hint="请刷新后看现在的情形。",
        )
    row = _row(session, leaver, item)
    if row.why_not:
        raise Refused(row.why_not, slug="own-part")
    if receiver is None:
        _give_back(session, item, leaver, row)
        act = Sentence("{leaver}离岗，放回待接收", leaver=leaver.name)
        hand.note(session, actor, item, act, "task.hand_over", reason, {"to": item.pool})
        return
    if receiver.id not in {each.id for each in row.receivers}:
        step.refuse_excluded(session, receiver, item)
        raise Refused(
            Sentence("“{step}”由{lane}办理，接办人不在这个岗位或检查组。", step=item.step, lane=item.lane),
            slug="not-of-the-duty",
            hint="请从列出的人员中选。",
        )
    if item.seat:
        signer.change(
            world, session, actor, item.id, signer.Change("replace", leaver.id, reason, receiver.id)
        )
        return
    _leave_draft(session, item, leaver, receiver)
    work_item.give(session, item, receiver)
    extra.follow(session, actor, leaver, item, receiver)
    hand.passed(session, actor, item, "transfer", leaver.id, receiver, reason)
    act = Sentence("{leaver}离岗，交给{receiver}", leaver=leaver.name, receiver=receiver.name)
    after = {"from": leaver.name, "to": receiver.name}
    hand.note(session, actor, item, act, "task.hand_over", reason, after)


def _row(session: Session, leaver: Person, item: WorkItem) -> Row:
    receivers, back, why_not = _ways(session, leaver, item)
    return Row("step", item.id, item.step, item.lane, item.name, item.due_at, receivers, back, why_not)


def _ways(session: Session, leaver: Person, item: WorkItem) -> tuple[list[Person], bool, str]:
    """Who may get it, whether it may go back, why neither."""
    if item.home.startswith("person/") and item.lane in (terms.TEAM, terms.TEAM_LEADER):
        words = Sentence("“{step}”是检查组的事，请先调换检查人员或改选组长，待办随之移交。", step=item.step)
        return [], False, words
    if item.seat:
        signers = [each for each in signer.able_to_sign(session, item) if each.id != leaver.id]
        none = Sentence("“{step}”没有可以代签的人，请减签。", step=item.step)
        return signers, False, "" if signers else none
    delegated = item.claimed_by_id not in (None, leaver.id)
    receivers = [] if delegated else [each for each in hand.able(session, item) if each.id != leaver.id]
    back = delegated or not item.home.startswith("person/")
    none = Sentence("“{step}”没有可以接办的人，请先配备{lane}。", step=item.step, lane=item.lane)
    return receivers, back, "" if receivers or back else none


def _give_back(session: Session, item: WorkItem, leaver: Person, row: Row) -> None:
    if not row.back:
        raise Refused(
            Sentence("“{step}”是指定到人的，不能放回。", step=item.step),
            slug="not-pooled",
            hint="请选一位接办人。",
        )
    if item.claimed_by_id == leaver.id:
        item.pool = f"person/{leaver.id}"  # a delegate's hold ends with the delegator's
        work_item.release(session, item, leaver)
        item.told = False  # whoever finds it in the pool is told of it
    else:
        work_item.come_back(session, item)


def _leave_draft(session: Session, item: WorkItem, leaver: Person, receiver: Person) -> None:
    """What the leaver had typed is not lost: it becomes the receiver's draft, unless there is one."""
    drafts = {
        draft.person_id: draft
        for draft in session.scalars(
            select(Draft).where(Draft.work_item_id == item.id, Draft.person_id.in_((leaver.id, receiver.id)))
        )
    }
    if leaver.id in drafts and receiver.id not in drafts:
        drafts[leaver.id].person_id = receiver.id


def _lies_with(item: WorkItem, leaver: Person) -> bool:
    return item.pool == f"person/{leaver.id}" or item.claimed_by_id == leaver.id
