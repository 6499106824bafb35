"""The kernel's task and sub-process without what nobody reads: the same states and steps, a third of the work.

As shipped, every change of state writes a log record that lists the data and walks the tree, whether logged or
not; every look for a task walks the tree; and an id is an object whose hash is computed anew at each look-up.
`tests/engine/test_spiff.py` holds these classes against the kernel's own on random models.
"""

from __future__ import annotations

import os
from random import Random
from typing import Any

from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine import clock

# No secret: a step makes dozens of ids, and the system's source costs several times as much.
_ids = Random()  # noqa: S311
os.register_at_fork(after_in_child=_ids.seed)  # two web processes must not count on from the same seed


def new_id() -> str:
    """The id of a task, written as a UUID: a text, whose hash is computed once."""
    text = f"{_ids.getrandbits(128):032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


class Order:
    """When what happens inside an instance happened: each later than the one before.

    Joins take tokens and merge data by it. A system clock that is set back, or that stands still for two events, must
    turn none of them round.
    """

    __slots__ = ("newest",)

    def __init__(self) -> None:
        self.newest = 0.0

    def next(self) -> float:
        """Seconds of the system, to the thousandth as they are stored."""
        self.newest = round(max(clock.order(), self.newest + 0.001), 3)
        return self.newest


class LeanTask(Task):  # type: ignore[misc]
    """A task that tells no log of its states."""

    def __init__(
        self,
        workflow: Any,
        task_spec: Any,
        parent: Any = None,
        state: int = TaskState.MAYBE,
        id: str = "",  # noqa: A002 (the kernel's name for it)
        changed: float | None = None,
    ) -> None:
        # Not by the kernel's own: this is the most frequent call of a step.
        self.id = id or new_id()
        self.workflow = workflow
        self.task_spec = task_spec
        self.triggered = False
        self.thread_id = 0
        self.data: dict[str, Any] = {}
        self.internal_data: dict[str, Any] = {}
        self.last_state_change = workflow.order.next() if changed is None else changed
        self._children: list[str] = []
        self._state = state
        self._parent = None
        workflow.tasks[self.id] = self
        if parent is not None:
            self._parent = parent.id
            parent._children.append(self.id)  # noqa: SLF001 (the same class)

    def _add_child(self, task_spec: Any, state: int = TaskState.MAYBE) -> LeanTask:
        if self._state & TaskState.PREDICTED_MASK and not state & TaskState.PREDICTED_MASK:
            super()._add_child(task_spec, state)  # raises
        task = LeanTask(self.workflow, task_spec, self, state)
        task.thread_id = self.thread_id
        if state == TaskState.READY:
            task._ready()
        return task

    def _sync_children(self, task_specs: list[Any], state: int = TaskState.MAYBE) -> None:
        if self._children:
            super()._sync_children(task_specs, state)
            return
        for spec in task_specs:
            self._add_child(spec, state)

    def _set_state(self, value: int) -> None:
        if value != self._state:
            self._state = value
            self.last_state_change = self.workflow.order.next()

    def collect_log_extras(self, dct: Any = None) -> Any:
        """What the kernel would log about a task."""
        return dct or {}


class Flat:
    """A workflow, whole or inner, that finds its tasks by scanning them instead of walking the tree."""

    tasks: dict[str, LeanTask]
    order: Order

    def collect_log_extras(self, dct: Any = None) -> Any:
        """What the kernel would log about itself; its own walks the tree at every start, logged or not."""
        return dct or {}

    def update_waiting_tasks(self) -> None:
        """Let waiting tasks see whether they may go on."""
        for task in [task for task in self.tasks.values() if task._state == TaskState.WAITING]:  # noqa: SLF001
            if task._state == TaskState.WAITING and task.id in self.tasks:  # noqa: SLF001 (still, after the others)
                task.task_spec._update(task)  # noqa: SLF001

    def get_tasks(self, first_task: Any = None, **wanted: Any) -> list[Any]:
        """As the kernel finds them; of one spec below a task, which every event asks for, without a walk."""
        if first_task is None or wanted.keys() != {"spec_name"}:
            return super().get_tasks(first_task, **wanted)  # type: ignore[misc, no-any-return]
        name = wanted["spec_name"]
        return [
            task
            for task in self.tasks.values()
            if task.task_spec.name == name and (task is first_task or task.is_descendant_of(first_task))
        ]


class LeanSub(Flat, BpmnSubWorkflow):  # type: ignore[misc]
    """An inner workflow of a sub-process."""

    def __init__(self, spec: Any, parent_task_id: str, top: Any, *, deserializing: bool = False) -> None:
        self.order = top.order
        super().__init__(spec, parent_task_id, top, deserializing=True)
        if not deserializing:
            begin(self)

    def get_next_task(self, first_task: Any = None, **wanted: Any) -> Any:
        """As the kernel finds it; its own start task, which every sub-process asks for, without a walk."""
        if wanted == {"spec_name": "Start"}:
            return self.task_tree
        return super().get_next_task(first_task, **wanted)


def begin(workflow: Any) -> None:
    """What the kernel does to make a new workflow ready, with lean tasks."""
    root = LeanTask(workflow, workflow.spec.start, state=TaskState.FUTURE)
    workflow.task_tree = root
    root.task_spec._predict(root, mask=TaskState.NOT_FINISHED_MASK)  # noqa: SLF001
    root._ready()  # noqa: SLF001
