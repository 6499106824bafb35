"""撤回: whoever did a step takes it back while nobody has opened what came after it.

依据: 吉 第十二条 (逐件留痕): what was handed in stays in the file, taking it back is a line of its own.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from engine import audit, clock
from engine.access.proxy import standing
from engine.desk import hand, seen, step
from engine.desk.notice import tell_of
from engine.desk.pool import draws_from
from engine.desk.world import World
from engine.errors import ChangedMeanwhile, NotAllowed, Refused
from engine.people import Person, person
from engine.runtime import back, receipt, work_item
from engine.runtime.tables import WorkItem
from engine.sentence import Sentence


def withdrawable(world: World, session: Session, actor: Person, item: WorkItem) -> bool:
    """Whether this person may still take back a step they did: nobody has opened what came after it."""
    if item.state != "done" or item.done_by_id != actor.id or not _still_theirs(session, actor, item):
        return False
    try:
        following = back.after(world.runtime.look(session, item.instance_id, actor), item)
    except Refused:
        return False
    return seen.seen_by_others(session, actor, following) is None


def withdraw(
    world: World, session: Session, actor: Person, item_id: int, *, reason: str, key: str = ""
) -> dict[str, Any]:
    """撤回: whoever did a step takes it back while nobody has opened what came after it.

    It lies with them again, with their answers as a draft. ChangedMeanwhile says who opened it first, and when.
    """
    run, item = world.runtime.open_item(session, item_id, actor)
    reason = hand.worded(reason)
    answer = {"item": item.id, "case": item.case_id, "step": item.step}
    body = {"item": item_id, "actor": actor.id, "withdraw": reason}
    given = receipt.take(session, key, body, answer)
    if given is not None:
        return given
    if item.done_by_id != actor.id:
        raise NotAllowed(
            Sentence("“{step}”不是你办的，不能撤回。", step=item.step),
            slug="not-your-step",
            hint="请联系办理人撤回，或者退回。",
        )
    if not _still_theirs(session, actor, item):
        raise NotAllowed(
            Sentence("“{step}”由{lane}办理，不在你的职责内。", step=item.step, lane=item.lane),
            slug="not-your-step",
            hint="请联系在岗的人退回。",
        )
    following = back.after(run, item)
    first = seen.seen_by_others(session, actor, following)
    if first is not None:
        who, at = first
        raise ChangedMeanwhile(
            Sentence(
                "{who} {day:%Y-%m-%d %H:%M} 已打开“{step}”，不能再撤回。",
                who=who,
                day=clock.local(at),
                step=following[0].step,
            ),
            who=who,
            when=at,
            hint="请联系对方退回。",
        )
    step.refuse_excluded(session, actor, item)
    for each in following:
        holder = work_item.holder_of(each)
        named = [person(session, holder)] if holder else []
        tell_of(session, "withdrawn", each, named, detail=reason, actor=actor)
    back.take_back(run, item, reason)
    session.flush()
    audit.record(
        session,
        action="task.withdraw",
        subject=f"case/{item.case_id}",
        actor=actor,
        bureau_id=item.bureau_id,
        reason=reason,
        after={"item": item.id, "step": item.step},
        clause=item.clause,
        release_id=item.release_id,
    )
    hand.to_who_did_it(session, item, run.element(item.element))
    return answer


def _still_theirs(session: Session, actor: Person, item: WorkItem) -> bool:
    """Whether who did a step might do it today: as themselves, or for the same absent person."""
    if item.home.startswith("person/") or draws_from(session, actor, item.home):
        return True
    return any(
        row.principal_id == item.done_for_id and row.covers(item.process, item.element)
        for row in standing(session, actor)
    )
