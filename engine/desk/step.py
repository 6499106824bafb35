"""Doing one's work: take a step, hand it back, complete it; start a process.

The straight line of a completed step: receipt → lock → rights and duties → verb → on to the next waits → log.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import audit
from engine.desk.chosen import NONE, Options, chosen
from engine.desk.interest import refuse_interested
from engine.desk.pool import draws_from, finds
from engine.desk.proxy import stands_in
from engine.desk.seat import refuse_lapsed
from engine.desk.world import World
from engine.domain import terms
from engine.errors import CaseworkError, ChangedMeanwhile, NotAllowed, NotFound, Refused
from engine.operation import shown_on
from engine.people import Bureau, Person, person
from engine.runtime import receipt, release, work_item
from engine.runtime.run import storable
from engine.runtime.tables import Draft, Instance, Submission, WorkItem
from engine.sentence import Sentence
from engine.storage.base import append


def claim(_world: World, session: Session, actor: Person, item_id: int) -> WorkItem:
    """Take a step out of a pool that the person may draw from."""
    item = work_item.get(session, item_id)
    work_item.must_be_open(session, item)
    if item.claimed_by_id != actor.id:
        principal = refuse_outsider(session, actor, item)
        refuse_excluded(session, actor, item, principal)
    work_item.claim(session, item, actor)
    log_holder(session, actor, item, "claim")
    return item


def release_item(session: Session, actor: Person, item_id: int) -> WorkItem:
    """Hand a taken step back to its pool."""
    item = work_item.get(session, item_id)
    delegate = work_item.delegate_of(item)
    work_item.release(session, item, actor)
    if delegate is not None:  # 收回委派: the delegate sees that it went
        work_item.handed(session, item, "reassign", giver=delegate, by=actor)
    log_holder(session, actor, item, "release")
    return item


def complete(
    world: World,
    session: Session,
    actor: Person,
    item_id: int,
    answers: Mapping[str, Any],
    *,
    key: str = "",
    advance: bool = True,
    options: Options = NONE,
) -> dict[str, Any]:
    """Complete a step with validated answers; returns the receipt `{item, case, step}`.

    `options`: what was offered; how the chosen ones were called is kept. Refused or NotAllowed: nothing happened.
    ChangedMeanwhile: somebody else was first. `key` makes a repeat harmless.
    """
    run, item = world.runtime.open_item(session, item_id, actor)
    body = {"item": item_id, "actor": actor.id, "answers": dict(answers)}
    answer = {"item": item.id, "case": item.case_id, "step": item.step}
    if (given := receipt.take(session, key, body, answer)) is not None:
        return given
    work_item.must_be_open(session, item)
    work_item.must_not_be_delegated(session, item)
    principal = refuse_outsider(session, actor, item)
    element = run.element(item.element)
    refuse_excluded(session, actor, item, principal)
    kept = storable(answers)
    append(
        session,
        Submission,
        work_item_id=item.id,
        case_id=item.case_id,
        person_id=actor.id,
        form=item.form,
        form_hash=hashlib.sha256(run.compiled.forms.get(item.form, b"")).hexdigest(),
        answers=kept,
        chosen=chosen(options, kept),
    )
    audit.record(
        session,
        action=f"step.{item.process}.{item.element}",
        subject=f"case/{item.case_id}",
        actor=actor,
        acting_for=principal,
        bureau_id=item.bureau_id,
        reason=str(answers.get("reason", "")),
        after=kept,
        clause=element.property("clause"),
        release_id=item.release_id,
    )
    run.complete(item, answers, advance=advance, acting_for=principal)
    session.flush()
    return answer


def submit(
    world: World,
    actor_id: int,
    item_id: int,
    answers: Mapping[str, Any],
    *,
    key: str = "",
    options: Options = NONE,
) -> dict[str, Any]:
    """Complete a step in a transaction of its own; where a system step behind it fails, the answer is kept.

    The machine's part is then tried again by a job; it stands on the board as an incident if it keeps failing.
    """

    def work(session: Session, *, advance: bool) -> dict[str, Any]:
        actor = person(session, actor_id)
        return complete(world, session, actor, item_id, answers, key=key, advance=advance, options=options)

    try:
        return world.database.run(lambda session: work(session, advance=True))
    except (Refused, NotFound, ChangedMeanwhile):
        raise
    except Exception:  # noqa: BLE001 (whatever the machine's part did: the person's answer must not be lost)
        return world.database.run(lambda session: work(session, advance=False))


def context(world: World, session: Session, actor: Person, item: WorkItem) -> dict[str, Any]:
    """What the form of a step shows besides its fields: `{facts, options, defaults, rows}`, and a draft."""
    run = world.runtime.look(session, item.instance_id, actor)
    element = run.element(item.element)
    data = run.state.data_at(item.task) if item.state == "open" else run.state.data
    told = run.step(element, data, {}, item)
    shown = shown_on(item.form, told)
    draft = session.scalar(select(Draft).where(Draft.work_item_id == item.id, Draft.person_id == actor.id))
    return {
        **shown,
        "step": told,
        "draft": dict(draft.answers) if draft else {},
        "data": data,
        "form": run.compiled.forms.get(item.form, b""),
    }


def save_draft(session: Session, actor: Person, item_id: int, answers: Mapping[str, Any]) -> None:
    """Keep what was typed and not yet submitted."""
    item = work_item.get(session, item_id)
    work_item.must_be_open(session, item)
    refuse_outsider(session, actor, item)
    kept = storable(answers)
    draft = session.scalar(select(Draft).where(Draft.work_item_id == item.id, Draft.person_id == actor.id))
    if draft is None:
        session.add(Draft(work_item_id=item.id, person_id=actor.id, answers=kept))
    else:
        draft.answers = kept
    session.flush()


def refuse_outsider(session: Session, actor: Person, item: WorkItem) -> Person | None:
    """Refuse who does not find the step in a pool of theirs; who comes second is told who was first.

    Gives the absent person for whom a proxy does it, None for who does it as themselves.
    """
    if finds(session, actor, item):
        refuse_lapsed(session, actor, item)
        return None
    principal = stands_in(session, actor, item)
    if principal is not None:
        return principal
    if item.claimed_by_id not in (None, actor.id) and draws_from(session, actor, item.home):
        work_item.claim(session, item, actor)  # raises: says who took it and when
    work_item.refuse_gone(session, item, actor)
    raise NotAllowed(
        Sentence("“{step}”由{lane}办理，不在你的职责内。", step=item.step, lane=item.lane),
        slug="not-your-step",
        hint="如确需由你办理，请联系安全管理员核对岗位。",
    )


def refuse_excluded(session: Session, actor: Person, item: WorkItem, principal: Person | None = None) -> None:
    """Refuse whom a duty excludes: did an incompatible step of this case, or has an interest in an object it is about.

    Who acts for an absent person may act only where both might: a proxy never launders an own proposal.
    依据: 职责分离 (吉 第十二条, 舞 第八条), 回避 (吉 第十三条).
    """
    _refuse_excluded(session, actor, item)
    if principal is None:
        return
    try:
        _refuse_excluded(session, principal, item)
    except Refused as no:
        raise NotAllowed(
            Sentence(
                "不能代{principal}办理“{step}”：{principal}本人按规定就不能办理。{reason}",
                principal=principal.name,
                step=item.step,
                reason=no.reason,
            ),
            clause=no.clause,
            slug="proxy-excluded",
            hint="请由另一位有权限的人办理。",
        ) from no


def _refuse_excluded(session: Session, actor: Person, item: WorkItem) -> None:
    compiled = release.load(session, item.release_id)
    element = compiled.processes[item.process].elements[item.element]
    excluded = element.property("excludes").split()
    if excluded:
        done = work_item.performers(session, item.case_id)
        did = {element: set(done[element]) for element in excluded if element in done}
        begun = session.get_one(Instance, item.instance_id).started_by_id
        for trigger in compiled.processes[item.process].elements.values():
            if trigger.kind == "startEvent" and trigger.id in excluded and begun is not None:
                did.setdefault(trigger.id, set()).add(begun)
        for step, persons in did.items():
            if actor.id in persons:
                name = next(
                    (p.elements[step].name for p in compiled.processes.values() if step in p.elements), step
                )
                raise NotAllowed(
                    Sentence("你办理过本案的“{name}”，不能再办理“{step}”。", name=name, step=item.step),
                    clause=terms.cite(element.property("clause"), compiled.pack),
                    slug="self-approval",
                    hint="请由另一位有权限的人办理。",
                )
    refuse_interested(session, compiled.pack, actor, item)


def inspection_of(session: Session, item: WorkItem) -> int | None:
    """The inspection that a step belongs to, if any."""
    instance = session.get_one(Instance, item.instance_id)
    found = instance.data.get("inspection_id")
    return int(found) if found is not None else None


def log_holder(session: Session, actor: Person | None, item: WorkItem, action: str) -> None:
    """A step was taken out of a pool (`claim`) or lies there again (`release`): by whom, and who has it now."""
    audit.record(
        session,
        action=action,
        subject=f"case/{item.case_id}",
        actor=actor,
        bureau_id=item.bureau_id,
        after={"step": item.step, "item": item.id, "holder": item.claimed_by_id},
    )


def start_process(
    world: World,
    session: Session,
    actor: Person,
    process: str,
    data: Mapping[str, Any],
    *,
    bureau_id: int,
) -> Instance:
    """Open a case of a kind in a bureau, on the current release of the bureau's pack."""
    bureau = session.get(Bureau, bureau_id)
    if bureau is None:
        raise CaseworkError(Sentence("没有编号为 {bureau_id} 的机构。", bureau_id=bureau_id))
    instance = world.runtime.start(
        session, process=process, data=data, bureau_id=bureau_id, pack=bureau.pack, actor=actor
    )
    audit.record(
        session,
        action=f"start.{process}",
        subject=f"case/{instance.case_id}",
        actor=actor,
        bureau_id=bureau_id,
        after=dict(data),
        release_id=instance.release_id,
    )
    return instance
