"""Countersigning (会签/或签/票签/依次): one drawn step, a work item for each signer, one rule that decides.

The property `sign` says how: all · any · ratio:0.5 · turn. Parts already given stay whatever the others do.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from engine.errors import Refused
from engine.people import Person
from engine.runtime import history, wait, work_item
from engine.runtime.model import Element
from engine.runtime.ports import Place
from engine.runtime.tables import WorkItem
from engine.sentence import Sentence

if TYPE_CHECKING:
    from engine.runtime.run import Run

KEPT = ("_votes", wait.CHANGES)
AGREES = ("agree", "approve", True)


def part_given(
    run: Run, item: WorkItem, element: Element, answers: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Count a part: the votes for the process data once the step is decided, None while it is not."""
    run.session.flush()
    parts = run.session.scalars(
        select(WorkItem).where(WorkItem.instance_id == run.instance.id, WorkItem.task == item.task)
    ).all()
    live = [part for part in parts if part.state != "cancelled"]
    done = sum(part.state == "done" for part in live)
    agreed = run.votes.get(item.task, {"agree": 0})["agree"] + (answers.get("decision", "agree") in AGREES)
    votes = {"total": len(live), "done": done, "agree": agreed}
    run.votes = {**run.votes, item.task: votes}
    if not _decided(run, item, element, live, votes):
        return None
    for part in live:
        if part.state == "open":
            work_item.close(part)
    return {f"{element.id}_votes": votes}


def add(run: Run, item: WorkItem, person: Person, reason: str) -> None:
    """加签: one more signer of a countersigned step; parts already given stay. Refused: signs already."""
    element = _signed(run, item)
    seat = str(person.id)
    parts = _parts(run, item)
    seated = next((part for part in parts if part.seat == seat), None)
    if seated is not None and seated.state != "cancelled":
        raise Refused(
            Sentence("{person}已在“{step}”的会签人中。", person=person.name, step=item.step),
            slug="signs-already",
        )
    if seated is not None:
        seated.state, seated.closed_at, seated.pool, seated.told = "open", None, seated.home, False
    else:
        due = wait.due(run, element, run.state.data_at(item.task))
        wait.add_item(run, item.task, element, Place(f"person/{seat}", seat), due)
    _changed(run, item, "added", seat, Sentence("加签：{person}", person=person.name), reason)
    run.save()


def replace(run: Run, item: WorkItem, gone: Person, fresh: Person, reason: str) -> None:
    """改由他人签: somebody else signs in the place of one who has not; what others signed stays."""
    add(run, item, fresh, reason)
    remove(run, item, gone, reason, to=fresh)


def remove(run: Run, item: WorkItem, person: Person, reason: str, *, to: Person | None = None) -> None:
    """减签: a signer who has not signed is taken off; where all others have, the step is decided and goes on.

    The signer sees that the part went, and `to` whom.
    """
    element = _signed(run, item)
    parts = _parts(run, item)
    taken = next((part for part in parts if part.seat == str(person.id) and part.state == "open"), None)
    live = [part for part in parts if part.state != "cancelled" and part is not taken]
    if taken is None:
        for part in parts:
            if part.seat == str(person.id):
                work_item.must_be_open(run.session, part)  # raises: says who signed, or took it off, and when
        raise Refused(
            Sentence("{person}不在“{step}”未签的人中。", person=person.name, step=item.step),
            slug="not-signing",
            hint="已经签的意见不能减去。",
        )
    if not live:
        raise Refused("至少要有一名会签人。", slug="last-signer", hint="请先加签，再减签。")
    work_item.close(taken)
    if run.actor is None or run.actor.id != person.id:
        given_to = to.id if to else None
        work_item.handed(
            run.session, taken, "reassign", giver=person.id, to=given_to, by=run.actor, reason=reason
        )
    _changed(run, item, "removed", taken.seat, Sentence("减签：{person}", person=person.name), reason)
    _go_on(run, item, element, live)


def people_changed(run: Run, task: str) -> None:
    """The people of the case are others (调换): a step goes to those now responsible, or those left have decided it."""
    wait.redistribute(run, task)
    parts = run.session.scalars(
        select(WorkItem)
        .where(WorkItem.instance_id == run.instance.id, WorkItem.task == task)
        .order_by(WorkItem.id)
    ).all()
    element = run.element(parts[0].element) if parts else None
    if element is not None and element.property("sign") and run.state.has(task):
        _go_on(run, parts[0], element, [part for part in parts if part.state != "cancelled"])


def _go_on(run: Run, item: WorkItem, element: Element, live: list[WorkItem]) -> None:
    """Count anew after a part went; where those left have decided, the process goes on."""
    given = run.votes.get(item.task, {"agree": 0})
    done = sum(part.state == "done" for part in live)
    votes = {"total": len(live), "done": done, "agree": given["agree"]}
    run.votes = {**run.votes, item.task: votes}
    if done and _decided(run, item, element, live, votes):
        run.state.complete(item.task, {f"{element.id}_votes": votes})
        run.advance()
    else:
        run.save()


def _signed(run: Run, item: WorkItem) -> Element:
    work_item.must_be_open(run.session, item)
    element = run.element(item.element)
    if not element.property("sign"):
        raise Refused(Sentence("“{step}”不是会签环节。", step=item.step), slug="not-countersigned")
    return element


def _parts(run: Run, item: WorkItem) -> list[WorkItem]:
    run.session.flush()
    query = select(WorkItem).where(WorkItem.instance_id == run.instance.id, WorkItem.task == item.task)
    return list(run.session.scalars(query.order_by(WorkItem.id)))


def _changed(run: Run, item: WorkItem, way: str, seat: str, act: str, reason: str) -> None:
    data = run.instance.data or {}
    changes = dict(data.get(wait.CHANGES, {}))
    one = {key: [each for each in value if each != seat] for key, value in changes.get(item.task, {}).items()}
    one[way] = [*one.get(way, []), seat]
    run.instance.data = {**data, wait.CHANGES: {**changes, item.task: one}}
    history.note(
        run.session,
        run.instance,
        "note",
        element=run.element(item.element),
        actor=run.actor,
        detail={"act": act, "item": item.id, "answers": {"reason": reason}},
    )


def _decided(
    run: Run,
    item: WorkItem,
    element: Element,
    live: list[WorkItem],
    votes: Mapping[str, int],
) -> bool:
    rule = element.property("sign")
    if rule == "any":
        return True
    everybody = votes["done"] == votes["total"]
    if rule == "turn":  # who was added (加签) signs beside whose turn it is: the next turn waits for both
        return everybody and not _next_turn(run, item, element, {part.seat for part in live})
    if rule.startswith("ratio:"):
        return everybody or votes["agree"] >= float(rule.removeprefix("ratio:")) * votes["total"]
    return everybody


def _next_turn(run: Run, item: WorkItem, element: Element, seats: set[str]) -> bool:
    """Open the part of the next person; False where nobody is left."""
    data = run.state.data_at(item.task)
    following = [place for place in wait.signing(run, item.task, element, data) if place.seat not in seats]
    if following:
        wait.add_item(run, item.task, element, following[0], wait.due(run, element, data))
    return bool(following)
