"""移交离岗人员的待办: all open steps of who leaves, in one action, each row by itself and with its own answer.

What was taken out of a pool may go back there; what goes to a colleague goes to one who holds the same post or
belongs to the team, did no incompatible step of the case and has no interest in the object. A person's own part
(a pledge, a vote, a sealed envelope) is nobody else's: those are left, by name.
依据: 吉 第十二、十三条, 舞 第八条 (职责分离、回避).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, selectinload

from engine.access.rights import HAND_OVER
from engine.desk import hand, step
from engine.desk.pool import draws_from
from engine.desk.proxy import stands_in
from engine.desk.world import World
from engine.domain import terms
from engine.errors import ChangedMeanwhile, NotFound, Refused
from engine.people import Person, person
from engine.runtime import receipt, work_item
from engine.runtime.tables import Draft, WorkItem
from engine.sentence import Sentence

BACK = 0
"""Instead of a receiver: back to the pool it was taken from."""
PAGE = 200


@dataclass(frozen=True, slots=True)
class Row:
    """One step of a leaver: who may get it, and whether it may go back to its pool; or why neither."""

    item: WorkItem
    name: str
    receivers: Sequence[Person]
    back: bool
    why_not: str


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one row: where it went, or the refusal."""

    item_id: int
    step: str
    name: str
    ok: bool
    words: str
    hint: str = ""


def leavers(session: Session, actor: Person) -> list[tuple[Person, int]]:
    """Persons of the bureau who can no longer do what lies with them, with the number of those steps.

    Their account is closed, they hold no post any more, or the post that a taken step belongs to has ended.
    """
    HAND_OVER.demand(actor)
    mates = select(Person).where(Person.bureau_id == actor.bureau_id).order_by(Person.staff_no)
    known = {each.id: each for each in session.scalars(mates.options(selectinload(Person.grants)))}
    gone = {number for number, each in known.items() if not each.active or not each.roles()}
    pools = {f"person/{number}": number for number in known}
    left: Counter[int] = Counter()
    lying = select(WorkItem).where(
        WorkItem.bureau_id == actor.bureau_id,
        WorkItem.state == "open",
        or_(WorkItem.pool.in_(f"person/{number}" for number in gone), WorkItem.claimed_by_id.in_(known)),
    )
    for item in session.scalars(lying):
        for number in {pools.get(item.pool), item.claimed_by_id}:
            holder = known.get(number or 0)
            left[number or 0] += holder is not None and (holder.id in gone or _lapsed(session, holder, item))
    return [(each, left[number]) for number, each in known.items() if left[number]]


def _lapsed(session: Session, holder: Person, item: WorkItem) -> bool:
    """Whether somebody who works on has a step of a post that ended."""
    return not (
        item.home.startswith("person/")
        or draws_from(session, holder, item.home)
        or stands_in(session, holder, item) is not None
    )


def preview(session: Session, actor: Person, person_id: int) -> tuple[Person, list[Row]]:
    """The open steps of a person, soonest first, with what may be done with each."""
    leaver = _own(session, actor, person_id)
    return leaver, [_row(session, leaver, item) for item in _steps(session, leaver)]


def hand_over(
    world: World, actor_id: int, person_id: int, wanted: dict[int, int], *, reason: str, key: str = ""
) -> list[Done]:
    """Hand on each step to the person wanted for it (`BACK`: to its pool); a transaction for each row.

    A row that is refused, or that somebody has done meanwhile, says so and hinders no other.
    """
    found = []
    for item_id, to in wanted.items():
        row_key = f"{key}:{item_id}"[-80:] if key else ""
        one = partial(
            _hand, actor_id=actor_id, person_id=person_id, item_id=item_id, to=to, reason=reason, key=row_key
        )
        try:
            words, hint, ok = world.database.run(one), "", True
        except (Refused, NotFound, ChangedMeanwhile) as fault:
            words, hint, ok = fault.reason, fault.hint, False
        with world.database.reading() as session:
            item = session.get(WorkItem, item_id)
            name = (item.object_name or item.title or item.case_no) if item else ""
            found.append(Done(item_id, item.step if item else "", name, ok, words, hint))
    return found


def _hand(
    session: Session, *, actor_id: int, person_id: int, item_id: int, to: int, reason: str, key: str
) -> str:
    actor = person(session, actor_id)
    leaver = _own(session, actor, person_id)
    item = work_item.locked(session, item_id)
    why = hand.worded(reason)
    words = (
        Sentence("已放回待接收")
        if to == BACK
        else Sentence("已交给{person}", person=person(session, to).name)
    )
    body = {"item": item_id, "actor": actor.id, "leaver": person_id, "to": to, "reason": why}
    given = receipt.take(session, key, body, {"words": words})
    if given is not None:
        return str(given["words"])
    work_item.must_be_open(session, item)
    if not _lies_with(item, leaver):
        raise ChangedMeanwhile(
            Sentence("“{step}”已经不在{leaver}手上。", step=item.step, leaver=leaver.name),
            hint="请刷新后看现在的情形。",
        )
    row = _row(session, leaver, item)
    if row.why_not:
        raise Refused(row.why_not, slug="own-part")
    if to == BACK:
        _give_back(session, item, leaver, row)
        act = Sentence("{leaver}离岗，放回待接收", leaver=leaver.name)
        hand.note(session, actor, item, act, "task.hand_over", why, {"to": item.pool})
        return words
    receiver = next((each for each in row.receivers if each.id == to), None)
    if receiver is None:
        step.refuse_excluded(session, person(session, to), item)
        raise Refused(
            Sentence("“{step}”由{lane}办理，接办人不在这个岗位或检查组。", step=item.step, lane=item.lane),
            slug="not-of-the-duty",
            hint="请从列出的人员中选。",
        )
    _leave_draft(session, item, leaver, receiver)
    work_item.give(session, item, receiver)
    hand.passed(session, actor, item, "transfer", leaver.id, receiver, why)
    act = Sentence("{leaver}离岗，交给{receiver}", leaver=leaver.name, receiver=receiver.name)
    after = {"from": leaver.name, "to": receiver.name}
    hand.note(session, actor, item, act, "task.hand_over", why, after)
    return words


def _row(session: Session, leaver: Person, item: WorkItem) -> Row:
    name = item.object_name or item.title or item.case_no
    if item.home.startswith("person/") and item.lane in (terms.TEAM, terms.TEAM_LEADER):
        words = Sentence("“{step}”是检查组的事，请先调换检查人员或改选组长，待办随之移交。", step=item.step)
        return Row(item, name, [], back=False, why_not=words)
    if hand.is_own_part(session, item):
        return Row(
            item,
            name,
            [],
            back=False,
            why_not=Sentence(
                "“{step}”须由{leaver}本人办理，请按调换人员办理。", step=item.step, leaver=leaver.name
            ),
        )
    delegated = item.claimed_by_id not in (None, leaver.id)
    receivers = [] if delegated else [each for each in hand.able(session, item) if each.id != leaver.id]
    back = delegated or not item.home.startswith("person/")
    why_not = (
        ""
        if receivers or back
        else Sentence("“{step}”没有可以接办的人，请先配备{lane}。", step=item.step, lane=item.lane)
    )
    return Row(item, name, receivers, back=back, why_not=why_not)


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


def _steps(session: Session, leaver: Person) -> Sequence[WorkItem]:
    mine = or_(WorkItem.pool == f"person/{leaver.id}", WorkItem.claimed_by_id == leaver.id)
    query = select(WorkItem).where(mine, WorkItem.state == "open", WorkItem.bureau_id == leaver.bureau_id)
    return session.scalars(query.order_by(WorkItem.due_at, WorkItem.id).limit(PAGE)).all()


def _lies_with(item: WorkItem, leaver: Person) -> bool:
    return item.pool == f"person/{leaver.id}" or item.claimed_by_id == leaver.id


def _own(session: Session, actor: Person, person_id: int) -> Person:
    found = person(session, person_id)
    if found.bureau_id != actor.bureau_id:
        raise NotFound(Sentence("没有编号为 {person_id} 的人员。", person_id=person_id))
    HAND_OVER.demand(actor, found)
    return found
