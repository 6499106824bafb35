"""Call activities run detached: children are instances of their own, the parent keeps one waiting token.

A finishing child locks its own row, then the call's row, and counts under that lock; the last one locks the
parent and sends it on. Starting and cancelling children goes through jobs, in batches. A multi-instance
call takes its items from a source of the catalogue (`items`) or from a FEEL list (`collection`) and stores the
expected total before its first child starts. Event sub-processes are children without a
call: many may run beside their case, which ends only after them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from engine import clock, operation
from engine.errors import CaseworkError
from engine.rules import feel
from engine.rules.plain import plain
from engine.runtime import history
from engine.runtime.tables import ALIVE, Call, Instance
from engine.sentence import Sentence

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from engine.people import Person
    from engine.runtime.instance import Runtime
    from engine.runtime.model import Element
    from engine.runtime.run import Run
    from engine.runtime.spiff import Token

BATCH = 100
MAX_ELEMENTS = 1000  # of a FEEL list: they are kept with the call


@dataclass(frozen=True, slots=True)
class Caller:
    """Who starts an instance: the parent with its activity and waiting token, and the item it stands for."""

    parent: Instance | None = None
    activity: str = ""
    task: str = ""
    item: str = ""


def opened(run: Run, token: Token) -> None:
    """A token has reached a call activity: note the call, let a job start the children."""
    element = run.element(token.element)
    run.state.set_due(token.id, "called")
    row = Call(
        instance_id=run.instance.id,
        task=token.id,
        element=element.id,
        process=element.called,
        multiple=element.multiple,
        feed=element.property("items") if element.multiple else "",
        total=1,
    )
    run.session.add(row)
    run.session.flush()
    run.enqueue("children", {"call": row.id}, key=f"children:{row.id}:")


def start_children(runtime: Runtime, session: Session, call_id: int, *, batch: int = BATCH) -> None:
    """Start the next batch of children; the job after it carries on behind the last item key."""
    row = session.scalar(
        select(Call).where(Call.id == call_id).with_for_update().execution_options(populate_existing=True)
    )
    if row is None or row.state != "open" or (row.total and row.started >= row.total):
        return
    parent = session.get(Instance, row.instance_id)
    if parent is None or not parent.alive:
        return
    run = runtime.open(session, parent.id)
    data = run.state.data_at(row.task)
    caller = Caller(parent, row.element, row.task)
    if not row.multiple:
        row.started = 1
        session.flush()
        runtime.start(session, process=row.process, data=data, bureau_id=parent.bureau_id, caller=caller)
        return
    if row.started == 0:
        row.total = _begin(run, row, data)
        if row.total == 0:
            row.state = "done"
            run.answer(row.task, {f"{row.element}_result": {"total": 0, "outcomes": {}}})
            return
    items = _next(run, row, data, batch)
    if not items:
        raise CaseworkError(
            Sentence(
                "条目来源“{feed}”只给出 {started} 条，应有 {total} 条。",
                feed=row.feed,
                started=row.started,
                total=row.total,
            )
        )
    row.after = items[-1][0]
    row.started += len(items)
    if row.started < row.total:
        run.enqueue("children", {"call": row.id}, key=f"children:{row.id}:{row.after}")
    session.flush()
    runtime.start_many(session, row.process, items, bureau_id=parent.bureau_id, caller=caller)


def _begin(run: Run, row: Call, data: Mapping[str, Any]) -> int:
    """How many children a multi-instance call has; the elements of a FEEL list are fixed here."""
    element = run.element(row.element)
    if row.feed:
        if row.feed not in operation.feeds():
            raise CaseworkError(Sentence("目录中没有条目来源“{feed}”。", feed=row.feed))
        return operation.feed_size(row.feed, run.step(element, data), _taken(row, data))
    text = element.property("collection")
    found = plain(feel.evaluate(text, data))
    if not isinstance(found, list):
        raise CaseworkError(
            Sentence("“{element}”的多实例列表“{text}”得到的不是列表。", element=element.name, text=text),
            hint="请改成得到列表的表达式。",
        )
    if len(found) > MAX_ELEMENTS:
        raise CaseworkError(
            Sentence(
                "“{element}”的多实例列表有 {count} 项，最多 {most} 项。",
                element=element.name,
                count=len(found),
                most=MAX_ELEMENTS,
            ),
            hint="条目很多时用目录中的条目来源（属性 items）。",
        )
    row.elements = [_given(element, each, number) for number, each in enumerate(found, 1)]
    return len(found)


def _given(element: Element, each: Any, number: int) -> dict[str, Any]:
    """What a child is given for an element: under the name `each`, else the entries of the context it is."""
    name = element.property("each")
    if name:
        return {name: each}
    if not isinstance(each, dict):
        raise CaseworkError(
            Sentence(
                "“{element}”的多实例列表第 {number} 项不是一组数据。", element=element.name, number=number
            ),
            hint="请用属性 each 给每一项起名。",
        )
    return each


def _next(run: Run, row: Call, data: Mapping[str, Any], batch: int) -> list[tuple[str, dict[str, Any]]]:
    """The next `(item key, data of the child)` behind those that were started."""
    if not row.feed:
        some = row.elements[row.started : row.started + batch]
        return [(f"{number:06}", {**data, **given}) for number, given in enumerate(some, row.started + 1)]
    source = operation.feeds()[row.feed](
        run.step(run.element(row.element), data), after=row.after, limit=batch, **_taken(row, data)
    )
    return [(key, {**data, **given}) for key, given in islice(source, batch)]


def _taken(row: Call, data: Mapping[str, Any]) -> dict[str, Any]:
    return {key: data[key] for key in operation.references(row.feed) if key in data}


def ended(run: Run) -> bool:
    """No token is left: the instance ends, unless something still runs beside it; to be saved, then counted."""
    if run.definition.triggers and _beside(run.session, run.instance.id):
        return False
    instance = run.instance
    instance.state, instance.ended_at = "completed", clock.now()
    instance.outcome = str(run.state.data.get("outcome", ""))
    history.note(run.session, instance, "end", step=run.definition.name, detail={"outcome": instance.outcome})
    return True


def _beside(session: Session, instance_id: int) -> int:
    return (
        session.scalar(
            select(func.count(Instance.id)).where(
                Instance.parent_id == instance_id, Instance.parent_task == "", Instance.state.in_(ALIVE)
            ),
        )
        or 0
    )


def child_ended(run: Run) -> None:
    """An instance has ended: its call counts it, the last one sends the parent on."""
    instance, session = run.instance, run.session
    if instance.parent_id is None:
        return
    session.flush()
    if not instance.parent_task:
        parent = run.runtime.open(session, instance.parent_id)
        if parent.state.completed and parent.instance.alive and ended(parent):
            parent.save()
            child_ended(parent)
        return
    row = session.scalar(
        select(Call)
        .where(Call.instance_id == instance.parent_id, Call.task == instance.parent_task)
        .with_for_update()
        .execution_options(populate_existing=True),
    )
    if row is None or row.state != "open":
        return
    row.finished += 1
    if row.finished < row.total:
        return
    row.state = "done"
    result: dict[str, Any]
    if row.multiple:
        counts = session.execute(
            select(Instance.outcome, func.count(Instance.id))
            .where(Instance.parent_id == row.instance_id, Instance.parent_task == row.task)
            .group_by(Instance.outcome),
        )
        row.outcomes = {str(outcome): int(number) for outcome, number in counts}
        result = {f"{row.element}_result": {"total": row.total, "outcomes": row.outcomes}}
    else:
        data: Mapping[str, Any] = run.state.data
        result = {key: data.get(key) for key in run.definition.gives}
    session.flush()
    run.runtime.open(session, instance.parent_id).answer(row.task, result)


def closed(run: Run, token: Token) -> None:
    """A call's token is gone (interrupted): its children are cancelled by jobs."""
    row = run.session.scalar(
        select(Call).where(Call.instance_id == run.instance.id, Call.task == token.id, Call.state == "open")
    )
    if row is None:
        return
    row.state = "cancelled"
    children = run.session.scalars(
        select(Instance.id).where(
            Instance.parent_id == run.instance.id,
            Instance.parent_task == token.id,
            Instance.state.in_(ALIVE),
        ),
    )
    for child in children:
        run.cancel(child, "上级环节已中止")


def trigger(
    runtime: Runtime,
    session: Session,
    case: Instance,
    process: str,
    *,
    actor: Person,
    data: Mapping[str, Any],
    key: str,
) -> Instance:
    """Somebody sets off an event sub-process of a running case (检查受阻, 证据可能灭失 …)."""
    return runtime.start(
        session,
        process=process,
        data=data,
        bureau_id=case.bureau_id,
        actor=actor,
        caller=Caller(case, process.rsplit(".", 1)[-1], item=key),
    )
