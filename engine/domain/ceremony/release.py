"""公开抽取记录: hashes at once, the whole transcript when nobody can be warned any more.

By itself when the inspections are over, at the latest on the day that stands in D. A day that passes while a
team has not arrived is a finding in the sealed log and a step for who supervises.
依据: J3, J7, W9; protocol SR1 2.9.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine import clock
from engine.domain import answers as ask
from engine.domain.ceremony import store
from engine.domain.ceremony.tables import Draw
from engine.domain.plan.query import tasks_of
from engine.domain.terms import cite
from engine.errors import Refused
from engine.operation import Step, operation


def make_public(step: Step, draw: Draw) -> bool:
    """Close the draw and publish it with the failed and void rounds before it, unless a visit is still ahead.

    Published before the visit, the lists would warn who is going to be visited.
    """
    if draw.published_at is None and not store.waiting(step.session, draw.id):
        if draw.state == "placed":
            store.close(step.session, draw)
        store.publish(step.session, draw.plan_id, draw.batch)
    return draw.published_at is not None


@operation("draw.release", clause="J3 J7 W9")
def release_draw(step: Step, *, draw_id: str) -> None:
    """公开抽取记录: the inspections are over; a replaced object whose visit is still ahead is waited for."""
    draw = store.get(step.session, draw_id)
    if make_public(step, draw):
        for task in tasks_of(step.session, draw.plan_id, draw.batch):
            task.state = "done"


@operation("draw.publish_due", clause="J3 J7 W9", gives=("draw_published",))
def publish_due(step: Step, *, draw_id: str) -> Mapping[str, Any]:
    """按期公开抽取记录: the promised day is over.

    `draw_published`: true, or false while a team has not arrived; then the missed day is a finding.
    """
    draw = store.get(step.session, draw_id)
    if make_public(step, draw):
        return {"draw_published": True}
    promised = promised_day(draw)
    missed = [*draw.settings.get("missed_days", []), promised]
    draw.settings = {**draw.settings, "missed_days": missed}
    waiting = store.waiting(step.session, draw.id)
    store.log(step.session, draw, "draw.publish_missed", after={"publish_by": promised, "waiting": waiting})
    return {"draw_published": False}


def promised_day(draw: Draw) -> str:
    """The day that was promised last: of D, or of the latest account of a missed one."""
    account = draw.settings.get("missed")
    if account:
        return str(account["until"])
    return draw.publish_by.isoformat() if draw.publish_by else ""


@operation("draw.account_missed", clause="J3 J7 W9", gives=("publish_until",))
def account_missed(step: Step, *, draw_id: str) -> Mapping[str, Any]:
    """说明抽取记录逾期未公开: why, and the day on which publication is tried again, in the sealed log."""
    draw = store.get(step.session, draw_id)
    why = ask.required(step.answers, "reason", "逾期原因", clause=cite("J7 W9", step.pack))
    until = ask.day(step.answers, "until")
    if until is None or until < clock.today():
        raise Refused("请填写今后的公开日期。", slug="publish-by", fields={"until": "不得早于今天"})
    said = {"publish_by": promised_day(draw), "until": until.isoformat(), "missed": why}
    draw.settings = {**draw.settings, "missed": {"reason": why, "until": until.isoformat()}}
    store.log(step.session, draw, "draw.account_missed", step.actor, after=said)
    return {"publish_until": until.isoformat()}


@operation("plan.drop_batch", clause="J7 J10")
def drop_batch(step: Step, *, plan_id: int, batch: int) -> None:
    """结束未抽取成功的任务: they stay in the plan as ended; what was drawn in vain becomes public at once."""
    store.publish(step.session, plan_id, batch)
    for task in tasks_of(step.session, plan_id, batch):
        task.state = "ended"
