"""任务清单: the human steps of a case with one of four states, 未开始、填写中、待补正、已完成.

未开始 also names what the diagram leads to next; 待补正 is a step that came back, or waits for something asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.runtime import release
from engine.runtime.ahead import ahead
from engine.runtime.tables import Draft, ExtraTask, Instance, WorkItem

NOT_BEGUN, FILLING, TO_MEND, DONE = "未开始", "填写中", "待补正", "已完成"
LAMPS = {NOT_BEGUN: "idle", FILLING: "doing", TO_MEND: "soon", DONE: "done"}


@dataclass(frozen=True, slots=True)
class Line:
    """One step: its state, the latest work item (0 before it begins), how often it was done."""

    step: str
    lane: str
    state: str
    lamp: str
    item_id: int
    times: int


def checklist(session: Session, members: Sequence[Instance], items: Sequence[WorkItem]) -> list[Line]:
    """The steps of a case and its running parts: done ones first, then open ones, then what comes next."""
    found: dict[tuple[int, str], list[WorkItem]] = {}
    for item in items:
        if item.state != "cancelled":
            found.setdefault((item.instance_id, item.element), []).append(item)
    numbers = [item.id for item in items if item.state == "open"]
    drafted = set(session.scalars(select(Draft.work_item_id).where(Draft.work_item_id.in_(numbers))))
    asked = select(ExtraTask.item_id).where(
        ExtraTask.item_id.in_(numbers), ExtraTask.done_at.is_(None), ExtraTask.withdrawn_at.is_(None)
    )
    waiting = set(session.scalars(asked))
    lines = [_line(group, drafted, waiting) for group in found.values()]
    lines.sort(key=lambda line: line.state != DONE)
    return lines + _next(session, members, items, {key[1] for key in found})


def _line(group: Sequence[WorkItem], drafted: set[int], waiting: set[int | None]) -> Line:
    done = [item for item in group if item.state == "done"]
    still = [item for item in group if item.state == "open"]
    last = (still or group)[-1]
    state = DONE
    if still:
        again = any(item.task != each.task for item in still for each in done)
        if again or any(item.id in waiting for item in still):
            state = TO_MEND
        else:
            begun = any(item.id in drafted or item.claimed_by_id is not None for item in still) or done
            state = FILLING if begun else NOT_BEGUN
    return Line(last.step, last.lane, state, LAMPS[state], last.id, len(done))


def _next(
    session: Session, members: Sequence[Instance], items: Sequence[WorkItem], known: set[str]
) -> list[Line]:
    running = {member.id: member for member in members if member.alive}
    found: dict[str, Line] = {}
    told: set[tuple[int, str]] = set()
    for item in items:
        place = (item.instance_id, item.element)
        if item.state != "open" or item.instance_id not in running or place in told:
            continue
        told.add(place)
        member = running[item.instance_id]
        process = release.load(session, item.release_id).processes[member.process]
        hoped = {**(member.data or {}), "decision": "approve"}
        for each in ahead(process, item.element, hoped):
            if each.kind == "human" and each.element not in known:
                found.setdefault(each.element, Line(each.name, each.lane, NOT_BEGUN, LAMPS[NOT_BEGUN], 0, 0))
    return list(found.values())
