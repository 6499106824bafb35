"""Going back (退回): a case returns to an earlier human step; what ran between is closed, its facts stay.

A way back ends where the world outside was touched (`no_return` of a step or process), where a called process
was done, where branches came together, and where a boundary event branched off.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.errors import ChangedMeanwhile, Refused
from engine.runtime import history, work_item

if TYPE_CHECKING:
    from engine.runtime.model import Element
    from engine.runtime.run import Run
    from engine.runtime.tables import WorkItem

NO_RETURN = "no_return"


def earlier(run: Run, item: WorkItem) -> list[Element]:
    """Human steps that a step may be sent back to, nearest first."""
    return [element for _, element in _ways(run, item)]


def send_back(run: Run, item: WorkItem, to: str, reason: str) -> None:
    """Reopen an earlier human step; open steps, timers and calls of the way between are closed.

    Refused (slug `no-return`) where no way leads back to it.
    """
    work_item.must_be_open(run.session, item)
    if not run.state.has(item.task):
        raise ChangedMeanwhile(f"「{item.step}」已经不在等待办理。", hint="请刷新待办。")
    found = next(((token, element) for token, element in _ways(run, item) if element.id == to), None)
    if found is None:
        raise Refused(
            f"「{item.step}」不能退回到这个环节。",
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
        detail={"act": f"退回到“{element.name}”", "item": item.id, "answers": {"reason": reason}},
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
        if element.kind == "callActivity" or element.property(NO_RETURN) == "true":
            return
        if element.kind == "userTask" and identity not in seen:
            seen.add(identity)
            yield token, element
