"""Who has left something behind, what, and handing it over row by row."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from functools import partial
from types import ModuleType

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, selectinload

from engine.access.rights import HAND_OVER
from engine.desk import hand, seat
from engine.desk.leaver import errand, step, view
from engine.desk.leaver.row import BACK, Done, Passing, Row
from engine.desk.pool import draws_from
from engine.desk.proxy import stands_in
from engine.desk.world import World
from engine.errors import ChangedMeanwhile, NotFound, Refused
from engine.people import Person, person
from engine.runtime import receipt
from engine.runtime.tables import ExtraTask, WorkItem
from engine.sentence import Sentence

KINDS: Mapping[str, ModuleType] = {"step": step, "errand": errand, "question": errand, "view": view}

KEY = re.compile(rf"(?:(?:{'|'.join(KINDS)})-)?[1-9][0-9]{{0,17}}", re.ASCII)


def leavers(session: Session, actor: Person) -> list[tuple[Person, int]]:
    """Persons of the bureau who can no longer do what lies with them, with the number of steps and errands.

    Their account is closed, they hold no post any more, or the post that a step belongs to has ended.
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
        or_(
            WorkItem.pool.in_(f"person/{number}" for number in gone),
            WorkItem.claimed_by_id.in_(known),
            WorkItem.seat != "",
        ),
    )
    for item in session.scalars(lying):
        for number in {pools.get(item.pool), item.claimed_by_id}:
            holder = known.get(number or 0)
            left[number or 0] += holder is not None and (holder.id in gone or _lapsed(session, holder, item))
    waits = select(ExtraTask.person_id, ExtraTask.asked_by_id).where(
        ExtraTask.bureau_id == actor.bureau_id,
        ExtraTask.done_at.is_(None),
        ExtraTask.withdrawn_at.is_(None),
        or_(ExtraTask.person_id.in_(gone), ExtraTask.asked_by_id.in_(gone)),
    )
    for sides in session.execute(waits):
        left.update(number for number in sides if number in gone)
    return [(each, left[number]) for number, each in known.items() if left[number]]


def _lapsed(session: Session, holder: Person, item: WorkItem) -> bool:
    """Whether somebody who works on has a step, or a part of one, of a post that ended."""
    if item.seat:
        return bool(seat.why_not(session, holder, item))
    return not (
        item.home.startswith("person/")
        or draws_from(session, holder, item.home)
        or stands_in(session, holder, item) is not None
    )


def preview(session: Session, actor: Person, person_id: int) -> tuple[Person, list[Row]]:
    """What lies with a person: steps soonest first, then errands, then shared views; what may be done with each."""
    leaver = _own(session, actor, person_id)
    found = [*step.rows(session, leaver), *errand.rows(session, leaver), *view.rows(session, leaver)]
    return leaver, found


def is_key(text: str) -> bool:
    """Whether a text may name a row: `2`, `errand-5`."""
    return KEY.fullmatch(text) is not None


def hand_over(
    world: World, actor_id: int, person_id: int, wanted: Mapping[str, int], *, reason: str, key: str = ""
) -> list[Done]:
    """Hand on each row, by its `key`, to the person wanted for it (`BACK`: back, or ended); a transaction for each.

    A row that is refused, or that somebody has done meanwhile, says so and hinders no other.
    """
    found = []
    for row_key, to in wanted.items():
        kind, _, number = row_key.rpartition("-")
        kind, item_id = kind or "step", int(number)
        one = partial(
            _hand,
            world,
            actor_id=actor_id,
            person_id=person_id,
            wanted=(kind, item_id, to),
            reason=reason,
            key=f"{key}:{row_key}"[-80:] if key else "",
        )
        try:
            words, hint, ok = world.database.run(one), "", True
        except (Refused, NotFound, ChangedMeanwhile) as fault:
            words, hint, ok = fault.reason, fault.hint, False
        with world.database.reading() as session:
            title, name = KINDS[kind].named(session, item_id)
            found.append(Done(kind, item_id, title, name, ok, words, hint))
    return found


def _hand(
    world: World,
    session: Session,
    *,
    actor_id: int,
    person_id: int,
    wanted: tuple[str, int, int],
    reason: str,
    key: str,
) -> str:
    kind, number, to = wanted
    actor = person(session, actor_id)
    leaver = _own(session, actor, person_id)
    why = hand.worded(reason)
    receiver = None if to == BACK else person(session, to)
    words = (
        Sentence("已交给{person}", person=receiver.name)
        if receiver
        else Sentence("已放回待接收")
        if kind == "step"
        else Sentence("已撤回，不再办理")
        if kind != "view"
        else Sentence("已删去")
    )
    body = {"kind": kind, "item": number, "actor": actor.id, "leaver": person_id, "to": to, "reason": why}
    given = receipt.take(session, key, body, {"words": words})
    if given is not None:
        return str(given["words"])
    KINDS[kind].give(world, session, Passing(actor, leaver, number, receiver, why))
    session.flush()
    return words


def _own(session: Session, actor: Person, person_id: int) -> Person:
    found = person(session, person_id)
    if found.bureau_id != actor.bureau_id:
        raise NotFound(Sentence("没有编号为 {person_id} 的人员。", person_id=person_id))
    HAND_OVER.demand(actor, found)
    return found
