"""Countersigning (会签/或签/票签/依次): one drawn step, a work item for each signer, one rule that decides.

The property `sign` says how: all · any · ratio:0.5 · turn. Parts already given stay whatever the others do.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from engine.runtime import wait
from engine.runtime.model import Element
from engine.runtime.tables import WorkItem

if TYPE_CHECKING:
    from engine.runtime.run import Run

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
            part.state = "cancelled"
    return {f"{element.id}_votes": votes}


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
    if rule == "turn":
        return not _next_turn(run, item, element, {part.seat for part in live})
    everybody = votes["done"] == votes["total"]
    if rule.startswith("ratio:"):
        return everybody or votes["agree"] >= float(rule.removeprefix("ratio:")) * votes["total"]
    return everybody


def _next_turn(run: Run, item: WorkItem, element: Element, seats: set[str]) -> bool:
    """Open the part of the next person; False where nobody is left."""
    data = run.state.data_at(item.task)
    following = [place for place in wait.places(run, element, data) if place.seat not in seats]
    if following:
        wait.add_item(run, item.task, element, following[0], wait.due(run, element, data))
    return bool(following)
