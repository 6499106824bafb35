"""Handing work on: transfer (转办), delegate (委派), return (退回).

The same guards as for doing a step: whoever gets it must hold the post or belong to the team, must not have
done an incompatible step of the case, and must have no interest in the object.
依据: 吉 第十二、十三、二十四条, 舞 第八、十五条.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import audit
from engine.access.rights import WORK
from engine.desk import step
from engine.desk.notice import tell_of
from engine.desk.pool import draws_from, members
from engine.desk.world import World
from engine.domain import terms
from engine.errors import NotAllowed, NotFound, Refused
from engine.people import Person, person
from engine.runtime import back, history, receipt, release, work_item
from engine.runtime.model import Element
from engine.runtime.run import storable
from engine.runtime.tables import Draft, Instance, Submission, WorkItem
from engine.sentence import Sentence

WAYS = ("transfer", "delegate", "return")
LONGEST = 2000


# --- who may get it, where it may go back to ------------------------------------------------------


def receivers(session: Session, actor: Person, item: WorkItem, way: str = "transfer") -> list[Person]:
    """Who may get a step from this person: of the same duty, not excluded, by staff number."""
    if item.state != "open" or is_own_part(session, item, way):
        return []
    return [each for each in able(session, item) if each.id != actor.id]


def returns(world: World, session: Session, actor: Person, item: WorkItem) -> Sequence[Element]:
    """Earlier human steps of the same process that a step may go back to, nearest first."""
    if item.state != "open":
        return []
    return back.earlier(world.runtime.look(session, item.instance_id, actor), item)


def delegate_of(session: Session, item: WorkItem) -> Person | None:
    """Who works on a delegated step; None where it is not delegated."""
    found = work_item.delegate_of(item)
    return session.get_one(Person, found) if found is not None else None


def works_for_another(actor: Person, item: WorkItem) -> bool:
    """Whether the step was delegated to this person: what they hand in goes back to the delegator."""
    return work_item.delegate_of(item) == actor.id


# --- the acts -------------------------------------------------------------------------------------


def transfer(
    session: Session, actor: Person, item_id: int, *, to: int, reason: str, key: str = ""
) -> dict[str, Any]:
    """转办: the step is the receiver's now and does not come back; inbox and log say where it went."""
    item, receiver, answer, given = _handing(session, actor, item_id, to, reason, key, "transfer")
    if given is not None:
        return given
    giver = _holder(item, actor)
    work_item.give(session, item, receiver)
    act = Sentence("转办给{receiver}", receiver=receiver.name)
    passed(session, actor, item, "transfer", giver, receiver, reason)
    note(session, actor, item, act, "task.transfer", reason, {"to": receiver.name})
    return answer


def delegate(
    session: Session, actor: Person, item_id: int, *, to: int, reason: str, key: str = ""
) -> dict[str, Any]:
    """委派: the receiver works on the step; what they hand in returns to the delegator, who completes it."""
    item, receiver, answer, given = _handing(session, actor, item_id, to, reason, key, "delegate")
    if given is not None:
        return given
    work_item.lend(session, item, actor, receiver)
    act = Sentence("委派给{receiver}", receiver=receiver.name)
    passed(session, actor, item, "delegate", actor.id, receiver, reason)
    note(session, actor, item, act, "task.delegate", reason, {"to": receiver.name})
    return answer


def give_back(
    session: Session, actor: Person, item_id: int, answers: Mapping[str, Any], *, key: str = ""
) -> dict[str, Any]:
    """The delegate hands the answers in: the step returns to the delegator with them as a draft to confirm.

    Nothing is decided by it: the verb runs when the delegator completes the step.
    """
    item = work_item.locked(session, item_id)
    kept = storable(answers)
    answer = {"item": item.id, "case": item.case_id, "step": item.step}
    given = receipt.take(session, key, {"item": item_id, "actor": actor.id, "back": kept}, answer)
    if given is not None:
        return given
    work_item.must_be_open(session, item)
    if work_item.delegate_of(item) != actor.id or item.claimed_by_id is None:
        raise NotAllowed(
            Sentence("“{step}”没有委派给你，或者已被收回。", step=item.step),
            slug="not-delegated",
            hint="请刷新待办。",
        )
    step.refuse_excluded(session, actor, item)
    step.save_draft(session, actor, item_id, {})
    holder = session.get_one(Person, item.claimed_by_id)
    draft = session.scalar(select(Draft).where(Draft.work_item_id == item.id, Draft.person_id == holder.id))
    if draft is None:
        session.add(Draft(work_item_id=item.id, person_id=holder.id, answers=kept))
    else:
        draft.answers = kept
    work_item.come_back(session, item)
    words = next((str(kept[name]) for name in ("reason", "opinion", "note") if kept.get(name)), "")
    passed(session, actor, item, "back", actor.id, holder, words)
    act = Sentence("交回{holder}确认", holder=holder.name)
    note(session, actor, item, act, "task.give_back", words, {"answers": kept})
    return answer


def send_back(
    world: World, session: Session, actor: Person, item_id: int, *, to: str, reason: str, key: str = ""
) -> dict[str, Any]:
    """退回: an earlier human step of the same process is open again, with who did it if they still may.

    Open steps, timers and calls of the way between are closed; what was recorded stays as versions.
    """
    run, item = world.runtime.open_item(session, item_id, actor)
    reason = worded(reason)
    answer = {"item": item.id, "case": item.case_id, "step": item.step}
    body = {"item": item_id, "actor": actor.id, "to": to, "reason": reason}
    given = receipt.take(session, key, body, answer)
    if given is not None:
        return given
    _refuse(session, actor, item)
    back.send_back(run, item, to, reason)
    session.flush()
    audit.record(
        session,
        action="task.return",
        subject=f"case/{item.case_id}",
        actor=actor,
        bureau_id=item.bureau_id,
        reason=reason,
        before={"step": item.step},
        after={"step": run.element(to).name},
        clause=item.clause,
        release_id=item.release_id,
    )
    reopened = to_who_did_it(session, item, run.element(to))
    if reopened is not None and reopened.claimed_by_id is not None:
        doer = person(session, reopened.claimed_by_id)
        tell_of(session, "returned", reopened, [doer], detail=reason, actor=actor)
    return answer


# --- guards -----------------------------------------------------------------------------------------


def _handing(
    session: Session, actor: Person, item_id: int, to: int, reason: str, key: str, way: str
) -> tuple[WorkItem, Person, dict[str, Any], dict[str, Any] | None]:
    """What transfer and delegate share: lock, receipt, rights of both persons."""
    item = work_item.locked(session, item_id)
    reason = worded(reason)
    answer = {"item": item.id, "case": item.case_id, "step": item.step}
    body = {"item": item_id, "actor": actor.id, "way": way, "to": to, "reason": reason}
    given = receipt.take(session, key, body, answer)
    if given is not None:
        return item, actor, answer, given
    _refuse(session, actor, item)
    if is_own_part(session, item, way):
        raise Refused(
            Sentence(
                "“{step}”指定由本人办理，不能{act}。",
                step=item.step,
                act="转办" if way == "transfer" else "委派",
            ),
            slug="own-part",
            hint="请由本人办理；本人不能办理的，按调换人员办理。",
        )
    try:
        receiver = person(session, to)
    except NotFound as fault:
        raise _not_of_the_duty(item) from fault
    if receiver.id == actor.id:
        raise Refused("这件事已经在你手上。", slug="to-oneself", fields={"to": "请选另一个人。"})
    if receiver.id not in {each.id for each in _of_the_duty(session, item)} or not WORK.allows(receiver):
        raise _not_of_the_duty(item)
    step.refuse_excluded(session, receiver, item)
    return item, receiver, answer, None


def _not_of_the_duty(item: WorkItem) -> Refused:
    return Refused(
        Sentence("“{step}”由{lane}办理，接办人不在这个岗位或检查组。", step=item.step, lane=item.lane),
        slug="not-of-the-duty",
        hint="请从列出的人员中选。",
        fields={"to": "请从列出的人员中选。"},
    )


def _refuse(session: Session, actor: Person, item: WorkItem) -> None:
    """Whoever hands a step on must be able to do it, and must not be waiting for its delegate."""
    work_item.must_be_open(session, item)
    work_item.must_not_be_delegated(session, item)
    step.refuse_excluded(session, actor, item, step.refuse_outsider(session, actor, item))


def _holder(item: WorkItem, actor: Person) -> int:
    """Whose hands it leaves: who had taken it, else who hands it on straight out of the pool."""
    return work_item.holder_of(item) or actor.id


def is_own_part(session: Session, item: WorkItem, way: str = "delegate") -> bool:
    """Whether a step is one person's own: a part of a countersign, or given to a person by name."""
    element = release.load(session, item.release_id).processes[item.process].elements[item.element]
    return bool(element.property("sign")) or (way == "transfer" and item.home.startswith("person/"))


def able(session: Session, item: WorkItem) -> list[Person]:
    """Who might do a step in another's place: of the same duty, at work, not excluded."""
    working = filter(WORK.allows, _of_the_duty(session, item))
    return [each for each in working if not excluded(session, each, item)]


def _of_the_duty(session: Session, item: WorkItem) -> list[Person]:
    pool = duty_of(session, item)
    return members(session, pool) if pool else []


def duty_of(session: Session, item: WorkItem) -> str:
    """The pool of those of a step's duty: its own, or of the team or post that its lane names; "" for none."""
    if not item.home.startswith("person/"):
        return item.home
    if item.lane in (terms.TEAM, terms.TEAM_LEADER):
        inspection_id = step.inspection_of(session, item)
        if inspection_id is not None:
            return f"team/{inspection_id}"
    role = terms.LANES.get(item.lane, "")
    return f"role/{item.bureau_id}/{role}" if role else ""


def excluded(session: Session, each: Person, item: WorkItem) -> bool:
    """Whether a duty keeps somebody from a step: an incompatible step of the case, an interest in the object."""
    try:
        step.refuse_excluded(session, each, item)
    except Refused:
        return True
    return False


def to_who_did_it(session: Session, item: WorkItem, element: Element) -> WorkItem | None:
    """The reopened step; it lies with who did it, where they still find it in its pool."""
    if element.property("sign"):
        return None
    opened = session.scalar(
        select(WorkItem).where(
            WorkItem.instance_id == item.instance_id, WorkItem.element == element.id, WorkItem.state == "open"
        )
    )
    did = work_item.performer(session, item.case_id, element.id)
    if opened is None or did is None:
        return opened
    who = person(session, did)
    if opened.pool.startswith("person/"):
        if opened.pool == f"person/{did}":
            _answers_again(session, opened, who)
        return opened
    if WORK.allows(who) and draws_from(session, who, opened.pool) and not excluded(session, who, opened):
        work_item.claim(session, opened, who)
        step.log_holder(session, None, opened, "claim")
        _answers_again(session, opened, who)
    return opened


def _answers_again(session: Session, opened: WorkItem, who: Person) -> None:
    """What was answered before stands in the reopened form as a draft; one signs and decides anew."""
    last = (
        select(Submission.answers)
        .join(WorkItem, WorkItem.id == Submission.work_item_id)
        .where(
            WorkItem.instance_id == opened.instance_id,
            WorkItem.element == opened.element,
            Submission.person_id == who.id,
        )
        .order_by(Submission.id.desc())
    )
    answers = session.scalar(last.limit(1))
    if answers:
        kept = {name: value for name, value in answers.items() if name not in ("decision", "signature")}
        session.add(Draft(work_item_id=opened.id, person_id=who.id, answers=kept))
        session.flush()


def worded(text: str, field: str = "reason", label: str = "理由") -> str:
    """What was written, trimmed; Refused where nothing was, or too much."""
    kept = text.strip()
    if not kept or len(kept) > LONGEST:
        sentence = (
            Sentence("请填写{label}。", label=label)
            if not kept
            else Sentence("{label}不超过 {most} 字。", label=label, most=LONGEST)
        )
        raise Refused(sentence, slug="form-invalid", fields={field: sentence})
    return kept


def passed(
    session: Session, actor: Person, item: WorkItem, way: str, giver: int, receiver: Person, reason: str
) -> None:
    """A step has gone from one to another (`way`: `tables.Handing`): the giver sees where, the receiver is told."""
    work_item.handed(session, item, way, giver=giver, to=receiver.id, by=actor, reason=reason)
    kind = "given_back" if way == "back" else "assigned"
    tell_of(session, kind, item, [receiver], detail=reason, actor=actor)


def note(
    session: Session,
    actor: Person,
    item: WorkItem,
    act: str,
    action: str,
    reason: str,
    after: Mapping[str, Any],
) -> None:
    """Write an act on a step into the case's timeline and into the log."""
    instance = session.get_one(Instance, item.instance_id)
    element = release.load(session, item.release_id).processes[item.process].elements[item.element]
    history.note(
        session,
        instance,
        "note",
        element=element,
        step=item.step,
        actor=actor,
        detail={"act": act, "item": item.id, "answers": {"reason": reason}},
    )
    audit.record(
        session,
        action=action,
        subject=f"case/{item.case_id}",
        actor=actor,
        bureau_id=item.bureau_id,
        reason=reason,
        after={"item": item.id, "step": item.step, **after},
        clause=item.clause,
        release_id=item.release_id,
    )
    session.flush()
