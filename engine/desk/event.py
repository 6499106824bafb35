"""What a diagram lets people set off in a case (检查受阻, 申请调换 …): offered by lane and stage, asked by a form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from engine import audit, clock, operation
from engine.desk.pool import pools
from engine.desk.world import World
from engine.domain import terms
from engine.errors import ChangedMeanwhile, NotAllowed, NotFound
from engine.operation import shown_on
from engine.people import Person
from engine.runtime import call, receipt, release
from engine.runtime.model import Trigger
from engine.runtime.run import storable
from engine.runtime.tables import ALIVE, Instance, WorkItem
from engine.sentence import Sentence

STAGES = {"": ALIVE, "ended": ("completed",), "any": (*ALIVE, "completed")}
"""When something may be set off (property `stage` of its start): while the process runs, after it, or both."""


def actions(session: Session, actor: Person, case_id: int) -> list[Trigger]:
    """What this person may set off in a case: the message starts of its event sub-processes.

    Offered while the process runs, or where the start says so (`stage`: ended · any) after it has ended.
    A lead's inspection runs inside the lead's case: what it lets people set off is offered there, too.
    """
    return [trigger for instance, trigger in _drawn(session, actor, case_id) if _is_time(instance, trigger)]


def trigger_of(
    session: Session, actor: Person, case_id: int, process: str, *, written: bool = False
) -> Trigger:
    """What this person may set off in a case, by its process; NotFound otherwise.

    `written`: somebody has filled in its form, and finds it again though the case has ended meanwhile.
    """
    for instance, trigger in _drawn(session, actor, case_id):
        if trigger.process == process and (_is_time(instance, trigger) or (written and not instance.alive)):
            return trigger
    raise NotFound("现在不能在本案发起这个事项。", hint="案件可能已办结，或不在你的职责内。")


def _is_time(instance: Instance, trigger: Trigger) -> bool:
    return instance.state in STAGES[trigger.element.property("stage")]


def _drawn(session: Session, actor: Person, case_id: int) -> list[tuple[Instance, Trigger]]:
    # A batch's children (they carry an item key, and there may be ten thousand) stand for themselves.
    inside = and_(Instance.case_id == case_id, Instance.item == "")
    here = session.scalars(select(Instance).where(or_(Instance.id == case_id, inside)).order_by(Instance.id))
    return [
        (instance, trigger)
        for instance in here
        for trigger in release.load(session, instance.release_id).processes[instance.process].triggers
        if _may_trigger(session, actor, instance, trigger)
    ]


def offer(world: World, session: Session, actor: Person, case_id: int, process: str) -> dict[str, Any]:
    """What the form before an event shows besides its fields, and the data it is asked upon: `{shown, data}`.

    The data is that of the process the event belongs to (a lead's inspection, a closed file), not of the case.
    """
    owner, trigger = _the_offer(session, actor, case_id, process)
    run = world.runtime.look(session, owner.id, actor)
    data = dict(owner.data or {})
    told = run.step(trigger.element, data, {})
    return {"shown": shown_on(trigger.element.property("form"), told), "data": data}


def _the_offer(session: Session, actor: Person, case_id: int, process: str) -> tuple[Instance, Trigger]:
    known = [pair for pair in _drawn(session, actor, case_id) if pair[1].process == process]
    found = next((pair for pair in known if _is_time(*pair)), None)
    if found is None and any(not instance.alive for instance, _ in known):
        raise _ended(session, next(instance for instance, _ in known if not instance.alive))
    if found is None:
        raise NotAllowed(
            "现在不能在本案发起这个事项。", slug="not-your-step", hint="案件可能已办结，或不在你的职责内。"
        )
    return found


def _ended(session: Session, case: Instance) -> ChangedMeanwhile:
    """Who did the last step before the end, and when the case ended."""
    last = select(WorkItem).where(WorkItem.instance_id == case.id, WorkItem.state == "done")
    item = session.scalar(last.order_by(WorkItem.done_at.desc(), WorkItem.id.desc()).limit(1))
    who = session.get(Person, item.done_by_id) if item and item.done_by_id else None
    name = who.name if who else "系统"
    when = clock.local(case.ended_at).strftime("%Y-%m-%d %H:%M") if case.ended_at else ""
    return ChangedMeanwhile(
        Sentence("案件已于 {when} 办结（最后由{name}办理），不能再发起这个事项。", when=when, name=name),
        who=name,
        when=case.ended_at,
        hint="请刷新案件页。",
    )


def _may_trigger(session: Session, actor: Person, instance: Instance, trigger: Trigger) -> bool:
    mine = set(pools(session, actor))
    for lane in trigger.element.property("by").replace("，", ",").split(","):
        label = lane.strip()
        if label in (terms.TEAM, terms.TEAM_LEADER):
            if f"team/{instance.data.get('inspection_id')}" in mine:
                return True
        elif f"role/{instance.bureau_id}/{terms.LANES.get(label, '')}" in mine:
            return True
    return False


def act(
    world: World,
    session: Session,
    actor: Person,
    case_id: int,
    process: str,
    answers: Mapping[str, Any],
    *,
    key: str,
) -> Instance:
    """Set off an event sub-process of a case (检查受阻, 申请调换 …): record the form, start it; once for a key."""
    body = {"case": case_id, "process": process, "actor": actor.id, "answers": dict(answers)}

    def set_off() -> int:
        offered, trigger = _the_offer(session, actor, case_id, process)
        run = world.runtime.open(session, offered.id, actor)
        if not _is_time(run.instance, trigger):  # it ended before it was locked
            raise _ended(session, run.instance)
        verb = trigger.element.property("operation")
        data = run.instance.data
        result: dict[str, Any] = {}
        if verb:
            result = operation.call(verb, run.step(trigger.element, data, answers), {})
        instance = call.trigger(
            world.runtime,
            session,
            run.instance,
            process,
            actor=actor,
            data={name: value for name, value in {**data, **result}.items() if not name.startswith("_")},
            key=key,
        )
        audit.record(
            session,
            action=f"event.{process}",
            subject=f"case/{case_id}",
            actor=actor,
            bureau_id=run.instance.bureau_id,
            reason=str(answers.get("reason", "")),
            after=storable(answers),
            clause=trigger.element.property("clause"),
            release_id=run.instance.release_id,
        )
        return instance.id

    return session.get_one(Instance, receipt.once(session, key, body, set_off))
