"""The stored form of an instance: its tokens as JSON, equal data once, the spec left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent
from SpiffWorkflow.util.task import TaskState

from engine.errors import CaseworkError
from engine.runtime.spiff.kernel import Workflow
from engine.runtime.spiff.lean import LeanSub, LeanTask
from engine.runtime.spiff.parse import Spec
from engine.sentence import Sentence

FORMAT = 1  # tasks refer to each other by their place in the list, to spare long ids


def dump(workflow: Any) -> bytes:
    """The state as JSON: tokens with an index into the distinct data, the spec left out."""
    pool: dict[bytes, int] = {}
    body: dict[str, Any] = {
        "format": FORMAT,
        "main": _dump(workflow, pool),
        "inner": [
            [identity, inner.spec.name, _dump(inner, pool)]
            for identity, inner in workflow.subprocesses.items()
        ],
    }
    body["pool"] = [orjson.Fragment(data) for data in pool]
    return orjson.dumps(body)


def restore(spec: Spec, content: bytes) -> Workflow:
    """The state that `dump` wrote, on the shared spec."""
    body = orjson.loads(content)
    if body["format"] != FORMAT:
        raise CaseworkError(
            Sentence(
                "实例状态的格式 {found} 不是本版本的格式 {own}。",
                found=body["format"],
                own=FORMAT,
            )
        )
    pool = body["pool"]
    workflow = Workflow(spec.main, spec.inner, deserializing=True)
    _restore(workflow, body["main"], pool)
    # A sub-process needs the task it hangs on: the file order is the order of creation, parents first.
    for identity, name, inner in body["inner"]:
        task = workflow.get_task_from_id(identity)
        child = LeanSub(spec.inner[name], identity, workflow, deserializing=True)
        workflow.subprocesses[identity] = child
        _restore(child, inner, pool)
        child.completed_event.connect(task.task_spec._on_subworkflow_completed, task)  # noqa: SLF001
    return workflow


def _dump(workflow: Any, pool: dict[bytes, int]) -> dict[str, Any]:
    def place(data: Mapping[str, Any]) -> int:
        return pool.setdefault(orjson.dumps(data, option=orjson.OPT_SORT_KEYS), len(pool))

    number = {identity: index for index, identity in enumerate(workflow.tasks)}
    return {
        "root": number[workflow.task_tree.id],
        "last": number.get(workflow.last_task.id) if workflow.last_task else None,
        "success": workflow.success,
        "completed": workflow.completed,
        "data": place(workflow.data),
        "ids": [identity.replace("-", "") for identity in workflow.tasks],
        "tasks": [
            [
                number.get(task._parent),  # noqa: SLF001
                [number[child] for child in task._children],  # noqa: SLF001
                task.task_spec.name,
                task.state,
                task.triggered,
                task.last_state_change,
                task.internal_data,
                place(task.data),
            ]
            for task in workflow.tasks.values()
        ],
    }


def _restore(workflow: Any, body: Mapping[str, Any], pool: list[dict[str, Any]]) -> None:
    ids = [f"{t[:8]}-{t[8:12]}-{t[12:16]}-{t[16:20]}-{t[20:]}" for t in body["ids"]]
    specs = workflow.spec.task_specs
    for identity, row in zip(ids, body["tasks"], strict=True):
        parent, children, name, state, triggered, changed, internal, data = row
        task = LeanTask(workflow, specs[name], state=state, id=identity, changed=changed)
        task._parent = None if parent is None else ids[parent]  # noqa: SLF001
        task._children = [ids[child] for child in children]  # noqa: SLF001
        task.triggered = triggered
        task.internal_data = internal
        task.data = pool[data].copy()
        if state == TaskState.WAITING and isinstance(task.task_spec, CatchingEvent):
            workflow.top_workflow.event_manager.add_task(task)
    workflow.order.newest = max([workflow.order.newest, *(row[5] for row in body["tasks"])])
    workflow.task_tree = workflow.tasks[ids[body["root"]]]
    workflow.last_task = None if body["last"] is None else workflow.tasks[ids[body["last"]]]
    workflow.success = body["success"]
    workflow.completed = body["completed"]
    workflow.data = dict(pool[body["data"]])
