"""Going back: a case returns to an earlier human step (退回), or somebody takes their own step back (撤回).

What ran between is closed, its facts stay.

A way back ends where the world outside was touched (`no_return` of a step or process), where a called process
was done, where a message was taken, where branches came together, and where a boundary event branched off.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from sqlalchemy import select

from engine import operation
from engine.errors import ChangedMeanwhile, Refused
from engine.runtime import history, work_item
from engine.runtime.tables import Job, WorkItem
from engine.sentence import Sentence

if TYPE_CHECKING:
    from engine.runtime.model import Element
    from engine.runtime.run import Run

NO_RETURN = "no_return"
ELSEWHERE = ("start", "send", "cancel")  # wishes of a verb that reach other cases


def earlier(run: Run, item: WorkItem) -> list[Element]:
    """Human steps that a step may be sent back to, nearest first."""
    return [element for _, element in _ways(run, item)]


def send_back(run: Run, item: WorkItem, to: str, reason: str) -> None:
    """Reopen an earlier human step; open steps, timers and calls of the way between are closed.

    Refused (slug `no-return`) where no way leads back to it.
    """
    work_item.must_be_open(run.session, item)
    if not run.state.has(item.task):
        raise ChangedMeanwhile(Sentence("“{step}”已经不在等待办理。", step=item.step), hint="请刷新待办。")
    found = next(((token, element) for token, element in _ways(run, item) if element.id == to), None)
    if found is None:
        raise Refused(
            Sentence("“{step}”不能退回到这个环节。", step=item.step),
            slug="no-return",
            hint="已经批准、公开、封存或者由下级流程办结的事项不能退回，请按流程图上的路径办理。",
            fields={"to": "请从列出的环节中选一个。"},
        )
    token, element = found
    history.note(
        run.session,
        run.instance,
        "note",
        element=run.element(item.element),
        actor=run.actor,
        detail={
            "act": Sentence("退回到“{element}”", element=element.name),
            "item": item.id,
            "answers": {"reason": reason},
        },
    )
    run.state.send_back(token)
    run.advance()


def _ways(run: Run, item: WorkItem) -> Iterator[tuple[str, Element]]:
    if item.state != "open" or run.definition.properties.get(NO_RETURN) == "true":
        return
    if not run.state.has(item.task):
        return
    seen = {item.element}
    for token, identity in run.state.behind(item.task):
        element = run.definition.elements.get(identity)
        if element is None:
            continue
        if _is_end(element):
            return
        if element.kind == "userTask" and identity not in seen:
            seen.add(identity)
            yield token, element


def after(run: Run, item: WorkItem) -> Sequence[WorkItem]:
    """Open steps that would be closed if a done step were taken back (撤回).

    Refused (slug `too-late`) where it cannot be taken back: approved, published or sealed, a called process
    or another case was set going, somebody did a later step, or parts of a countersign were counted.
    """
    element = run.element(item.element)
    if item.state != "done" or not run.instance.alive:
        raise _too_late(item, "本流程已经办结")
    if element.property("sign"):
        raise _too_late(item, "会签意见已经计入")
    if run.definition.properties.get(NO_RETURN) == "true" or element.property(NO_RETURN) == "true":
        raise _too_late(item, "这一步办结后不能回头")
    tokens = [token for token in run.state.tokens() if _follows(run, item, token.id)]
    if not tokens:
        raise _too_late(item, "后面的环节已经办过")
    if any(token.kind == "call" for token in tokens):
        raise _too_late(item, "下级流程已经开始")
    later = select(WorkItem).where(WorkItem.instance_id == run.instance.id, WorkItem.id > item.id)
    if run.session.scalar(later.where(WorkItem.state == "done", WorkItem.done_at >= item.done_at).limit(1)):
        raise _too_late(item, "后面的环节已经办过")
    outside = select(Job.id).where(
        Job.instance_id == run.instance.id,
        Job.created_at >= item.done_at,
        Job.kind.in_((*ELSEWHERE, *operation.errands())),
    )
    if run.session.scalar(outside.limit(1)) is not None:
        raise _too_late(item, "已经通知了别的案件或单位")
    ours = {token.id for token in tokens}
    return [each for each in run.session.scalars(later.where(WorkItem.state == "open")) if each.task in ours]


def take_back(run: Run, item: WorkItem, reason: str) -> None:
    """Reopen a step for who did it; the caller has checked `after`."""
    history.note(
        run.session,
        run.instance,
        "note",
        element=run.element(item.element),
        actor=run.actor,
        detail={"act": "撤回", "item": item.id, "answers": {"reason": reason}},
    )
    run.state.send_back(item.task)
    run.advance()


def _follows(run: Run, item: WorkItem, token: str) -> bool:
    for passed, identity in run.state.behind(token):
        if passed == item.task:
            return True
        element = run.definition.elements.get(identity)
        if element is None:
            continue
        if element.kind in ("userTask", "manualTask") or _is_end(element):
            return False
    return False


def _is_end(element: Element) -> bool:
    """No way leads back over it; a message, for one, has been taken and does not come again."""
    return (
        element.kind == "callActivity" or element.event == "message" or element.property(NO_RETURN) == "true"
    )


def _too_late(item: WorkItem, why: str) -> Refused:
    return Refused(
        Sentence("“{step}”不能撤回：{why}。", step=item.step, why=why),
        slug="too-late",
        hint="请联系现在的承办人退回，或者按流程图上的路径办理。",
    )
