"""Where an instance waits, as rows: work items for people, jobs for timers; opened, handed on, withdrawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import clock, operation
from engine.errors import CaseworkError
from engine.runtime import call, spiff, work_item
from engine.runtime.model import Element
from engine.runtime.ports import Asked, DueDate, Place
from engine.runtime.tables import Instance, WorkItem
from engine.sentence import Sentence
from engine.storage.base import append

if TYPE_CHECKING:
    from engine.runtime.run import Run

CHANGES = "_signers"  # kept with the instance beside the votes: who was added or taken off, by token


def opened(run: Run, token: spiff.Token) -> None:
    """A token has reached a human step: open it for its people, due as the rules say."""
    _name(run)
    element = run.element(token.element)
    found = places(run, element, token.data)
    if not found:
        raise _nobody(element)
    if element.property("sign") == "turn":
        found = found[:1]
    limit = due(run, element, token.data)
    for place in found:
        add_item(run, token.id, element, place, limit)


def _nobody(element: Element) -> CaseworkError:
    """A step that no person finds would wait for ever: the machine stops instead and stands on the board."""
    return CaseworkError(
        Sentence("环节“{step}”没有可以会签的人，请先配备{lane}。", step=element.name, lane=element.lane)
    )


def _name(run: Run) -> None:
    """A case that began without an object (线索) is called by it as soon as a step has found out which."""
    instance = run.instance
    if instance.object_name:
        return
    told = operation.describe(instance.process, run.session, instance.data or {})
    if told.get("object_name"):
        instance.title, instance.object_name = told["title"], told["object_name"]


def add_item(run: Run, task: str, element: Element, place: Place, due: DueDate) -> None:
    """Write a work item, with everything that the inbox shows."""
    append(
        run.session,
        WorkItem,
        instance_id=run.instance.id,
        case_id=run.instance.case_id,
        bureau_id=run.instance.bureau_id,
        release_id=run.instance.release_id,
        process=run.instance.process,
        task=task,
        element=element.id,
        step=element.name,
        lane=element.lane,
        form=element.property("form"),
        clause=element.property("clause"),
        case_no=run.instance.case_no,
        title=run.instance.title,
        object_name=run.instance.object_name,
        pool=place.pool,
        home=place.pool,
        seat=place.seat,
        due_at=due.at,
        due_why=dict(due.why),
    )


def places(run: Run, element: Element, data: Mapping[str, Any]) -> list[Place]:
    """Where a human step is found."""
    return list(run.runtime.ports.places(run.session, asked(run.session, run.instance, element, data)))


def asked(session: Session, instance: Instance, element: Element, data: Mapping[str, Any]) -> Asked:
    """The question for a step's people, as it is put to the world."""
    case_id = instance.case_id or instance.id

    def performer(step: str) -> int | None:
        session.flush()
        return work_item.performer(session, case_id, step)

    return Asked(
        process=instance.process,
        element=element.id,
        lane=element.lane,
        rule=element.property("assignee"),
        sign=element.property("sign"),
        bureau_id=instance.bureau_id,
        case_id=case_id,
        data=data,
        starter_id=instance.started_by_id,
        performer=performer,
    )


def signing(run: Run, task: str, element: Element, data: Mapping[str, Any]) -> list[Place]:
    """Where a step is found now: as its lane says, with who was added (加签), without who was taken off (减签)."""
    return changed(places(run, element, data), run.instance, task)


def changed(found: Sequence[Place], instance: Instance, task: str) -> list[Place]:
    """Places of a lane with 加签 and without 减签 of one token."""
    change = (instance.data or {}).get(CHANGES, {}).get(task)
    if not change:
        return list(found)
    seats = [place.seat for place in found]
    added = [Place(f"person/{seat}", seat) for seat in change.get("added", []) if seat not in seats]
    return [place for place in [*found, *added] if place.seat not in change.get("removed", [])]


def due(run: Run, element: Element, data: Mapping[str, Any]) -> DueDate:
    """The due instant of a step or timer, from today or from the day that `deadline_from` names."""
    origin = data.get(element.property("deadline_from"))
    start = date.fromisoformat(str(origin)[:10]) if origin else clock.today()
    with run.session.no_autoflush:  # the calendar does not depend on what this step writes
        return run.runtime.ports.due(
            run.session,
            pack=run.compiled.pack,
            key=element.property("deadline") or "step.default",
            start=start,
            decide=run.compiled.limit,
        )


def scheduled(run: Run, token: spiff.Token) -> None:
    """A token waits for a timer: compute its due instant, let a job wait for it."""
    element = run.element(token.element)
    limit = due(run, element, token.data)
    run.state.set_due(token.id, limit.at.isoformat())
    run.enqueue(
        "timer",
        {"instance": run.instance.id, "task": token.id, **counted(limit)},
        key=f"timer:{run.instance.id}:{token.id}",
        due_at=limit.at,
    )


def counted(limit: DueDate) -> dict[str, Any]:
    """From which day how many working days a timer was counted: a change of the calendar counts it again."""
    return {key: limit.why[key] for key in ("start", "days", "clause") if key in limit.why}


def redistribute(run: Run, task: str) -> None:
    """The people of the case have changed: open parts of a step go to those now responsible."""
    token = next((token for token in run.state.tokens() if token.id == task and token.kind == "human"), None)
    if token is None:
        return
    parts = run.session.scalars(
        select(WorkItem).where(WorkItem.instance_id == run.instance.id, WorkItem.task == task),
    ).all()
    element = run.element(token.element)
    found = signing(run, task, element, token.data)
    if not found:
        raise _nobody(element)
    seats = {part.seat: part for part in parts}
    for part in parts:
        if part.state == "open" and part.seat not in {place.seat for place in found}:
            _gone(run, part, "reassign")
            work_item.close(part)
    for place in found:
        seated = seats.get(place.seat)
        waits = any(part.state == "open" for part in parts)
        if element.property("sign") == "turn" and waits and (seated is None or seated.state != "open"):
            continue  # not this one's turn
        if seated is None:
            add_item(run, task, element, place, due(run, element, token.data))
        elif seated.state == "cancelled":
            seated.state, seated.pool, seated.home, seated.told = "open", place.pool, place.pool, False
            seated.closed_at = None
        elif seated.state == "open" and seated.home != place.pool:
            _gone(run, seated, "reassign", place.pool)
            seated.pool = seated.home = place.pool
            seated.claimed_by_id = seated.claimed_at = None
            seated.told = False
    run.session.flush()


def closed(run: Run, token: spiff.Token) -> None:
    """A token is gone: its open parts are withdrawn, its children cancelled."""
    if token.kind == "human":
        for item in run.session.scalars(
            select(WorkItem).where(
                WorkItem.instance_id == run.instance.id,
                WorkItem.task == token.id,
                WorkItem.state == "open",
            ),
        ):
            _gone(run, item, "close")
            work_item.close(item)
    elif token.kind == "call":
        call.closed(run, token)


def _gone(run: Run, item: WorkItem, way: str, pool: str = "") -> None:
    """Whoever had the step sees where it went; what one closed oneself needs no telling."""
    holder = work_item.holder_of(item)
    kind, _, number = pool.partition("/")
    to = int(number) if kind == "person" else None
    if holder is None or holder == to or (run.actor is not None and run.actor.id == holder):
        return
    work_item.handed(run.session, item, way, giver=holder, to=to, by=run.actor)
