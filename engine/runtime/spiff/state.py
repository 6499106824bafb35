"""The tokens of one instance, and what can be done with them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from SpiffWorkflow.bpmn.specs.control import BoundaryEventSplit
from SpiffWorkflow.bpmn.specs.event_definitions.message import MessageEventDefinition
from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent
from SpiffWorkflow.bpmn.specs.mixins.events.intermediate_event import BoundaryEvent
from SpiffWorkflow.bpmn.specs.mixins.unstructured_join import UnstructuredJoin
from SpiffWorkflow.bpmn.util.event import BpmnEvent
from SpiffWorkflow.util.task import TaskState

from engine.errors import CaseworkError
from engine.runtime.spiff import stored
from engine.runtime.spiff.kernel import (
    MAX_SECONDS,
    MAX_STEPS,
    MAX_TOKENS,
    DetachedCall,
    DueTimer,
    Workflow,
    World,
)
from engine.runtime.spiff.lean import new_id
from engine.runtime.spiff.meet import ended
from engine.runtime.spiff.parse import Spec
from engine.sentence import Sentence

Walked = Callable[[str, str, str], None]
walked: list[Walked] = []  # the test suite listens here: (process, from element, to element)


@dataclass(frozen=True, slots=True)
class Token:
    """A place where an instance stands: `kind` is human · timer · message · call."""

    id: str
    kind: str
    element: str
    data: Mapping[str, Any]
    since: float
    due: str = ""
    message: str = ""


class State:
    """The tokens of one instance, and what can be done with them."""

    def __init__(self, workflow: Workflow, process: str) -> None:
        self._workflow = workflow
        self._process = process

    @classmethod
    def start(cls, spec: Spec, data: Mapping[str, Any]) -> State:
        """A new instance that has not moved yet."""
        workflow = Workflow(spec.main, spec.inner)
        workflow.task_tree.data.update(data)
        return cls(workflow, spec.process)

    @classmethod
    def restore(cls, spec: Spec, content: bytes) -> State:
        """The state that `dump` wrote, on the shared spec."""
        return cls(stored.restore(spec, content), spec.process)

    def dump(self) -> bytes:
        """The state as JSON, to be restored on the same spec."""
        return stored.dump(self._workflow)

    @property
    def completed(self) -> bool:
        """Whether no token is left."""
        return self._workflow.is_completed()

    @property
    def data(self) -> dict[str, Any]:
        """The data of the instance: of the end once completed, of the latest token before."""
        if self.completed:
            return ended(self._workflow)
        last = self._workflow.last_task
        return dict(last.data if last else self._workflow.task_tree.data)

    def advance(self, world: World) -> None:
        """Run everything the machine can do alone, up to the next wait states.

        CaseworkError beyond `MAX_STEPS` steps, `MAX_TOKENS` tokens or `MAX_SECONDS` of the kernel's own time.
        """
        environment = self._workflow.script_engine.environment
        environment.world, environment.outside = world, 0.0
        begun, count = time.thread_time(), 0

        def did(task: Any) -> None:
            nonlocal count
            count += 1
            if count > MAX_STEPS or len(self._workflow.tasks) > MAX_TOKENS:
                raise CaseworkError(
                    Sentence("流程“{process}”走了 {count} 步仍没有停下。", process=self._process, count=count)
                )
            if time.thread_time() - begun - environment.outside > MAX_SECONDS:
                raise CaseworkError(
                    Sentence(
                        "流程“{process}”运行 {seconds:g} 秒仍没有停下。",
                        process=self._process,
                        seconds=MAX_SECONDS,
                    )
                )
            if walked:
                self._tell(task)

        self._workflow.do_engine_steps(did_complete_task=did)
        for token in self.tokens() if walked else ():
            self._tell(self._task(token.id))  # an arrow is walked when its end is reached

    def _tell(self, task: Any) -> None:
        parent = task.parent
        while parent is not None and "." in parent.task_spec.name:  # splits and joins that the kernel put in
            parent = parent.parent
        for listener in walked:
            listener(self._process, parent.task_spec.name if parent else "", task.task_spec.name)

    def tokens(self) -> Iterator[Token]:
        """Where the instance waits: human steps, timers, messages and calls."""
        for workflow in (self._workflow, *self._workflow.get_active_subprocesses()):
            for task in workflow.tasks.values():
                token = _token(task)
                if token is not None:
                    yield token

    def passed(self) -> Iterator[tuple[str, str]]:
        """Element ids with the kernel's word for their state, for the picture: completed or cancelled."""
        for workflow in (self._workflow, *self._workflow.subprocesses.values()):
            for task in workflow.tasks.values():
                if task.state in (TaskState.COMPLETED, TaskState.CANCELLED):
                    yield task.task_spec.name, TaskState.get_name(task.state).lower()

    def has(self, task: str) -> bool:
        """Whether a token still waits."""
        return any(token.id == task for token in self.tokens())

    def data_at(self, task: str) -> dict[str, Any]:
        """The data of a token."""
        return dict(self._task(task).data)

    def complete(self, task: str, result: Mapping[str, Any]) -> None:
        """A human step is done."""
        token = self._task(task)
        token.data.update(result)
        token.run()
        if walked:
            self._tell(token)

    def answer(self, task: str, result: Mapping[str, Any]) -> None:
        """The processes that a call activity started are done."""
        token = self._task(task)
        token.data.update(result)
        token.complete()
        if walked:
            self._tell(token)

    def behind(self, task: str) -> Iterator[tuple[str, str]]:
        """(token, element) of what a token has passed, nearest first.

        Ends where branches came together and where a boundary event branched off.
        """
        here = self._task(task)
        while True:
            outer = here.workflow.parent_task_id
            here = here.parent or (self._task(outer) if outer is not None else None)
            if here is None or isinstance(here.task_spec, BoundaryEvent):
                return
            if isinstance(here.task_spec, UnstructuredJoin) and len(here.task_spec.inputs) > 1:
                return
            if getattr(here.task_spec, "bpmn_id", None):
                yield here.id, here.task_spec.bpmn_id

    def send_back(self, task: str) -> None:
        """Make a passed human step wait anew, with the data it had; everything after it is dropped.

        The step and its boundary events get new ids: the old ones name the work that was done before.
        """
        target = self._task(task)
        self._workflow.reset_from_task_id(target.id)
        split = isinstance(target.parent.task_spec, BoundaryEventSplit)
        for each in list(target.parent.children) if split else [target]:
            _rename(each)
        self._workflow.event_manager.tasks = {  # the kernel keeps those that were dropped
            waiting.id: waiting
            for workflow in (self._workflow, *self._workflow.subprocesses.values())
            for waiting in workflow.tasks.values()
            if waiting.state == TaskState.WAITING and isinstance(waiting.task_spec, CatchingEvent)
        }

    def set_due(self, task: str, due: str) -> None:
        """Note the due instant of a timer with its token."""
        self._task(task)._set_internal_data(event_value=due)  # noqa: SLF001

    def fire(self, task: str) -> None:
        """The due instant of a timer has come."""
        token = self._task(task)
        token._set_internal_data(event_fired=True)  # noqa: SLF001
        token.task_spec._update(token)  # noqa: SLF001

    def catch(self, message: str, data: Mapping[str, Any]) -> int:
        """Deliver a message; returns how many tokens waited for it."""
        waiting = [
            token.id for token in self.tokens() if token.kind == "message" and token.message == message
        ]
        for identity in waiting:
            task = self._task(identity)
            task.data.update(data)
            task.task_spec.catch(task, BpmnEvent(task.task_spec.event_definition))
            task.task_spec._update(task)  # noqa: SLF001
        return len(waiting)

    def cancel(self) -> None:
        """End all tokens."""
        self._workflow.cancel()

    def _task(self, identity: str) -> Any:
        for workflow in (self._workflow, *self._workflow.subprocesses.values()):
            if identity in workflow.tasks:
                return workflow.tasks[identity]
        raise CaseworkError(Sentence("这个环节已经不在等待（{identity}）。", identity=identity))


def _rename(task: Any) -> None:
    old, task.id = task.id, new_id()
    parent = task.parent
    parent._children = [task.id if child == old else child for child in parent._children]  # noqa: SLF001
    for child in task.children:
        child._parent = task.id  # noqa: SLF001
    task.workflow.tasks = {each.id: each for each in task.workflow.tasks.values()}


def _token(task: Any) -> Token | None:
    spec = task.task_spec
    kind = due = message = ""
    if task.state == TaskState.READY and spec.manual:
        kind = "human"
    elif task.state == TaskState.STARTED and isinstance(spec, DetachedCall):
        kind = "call"
    elif task.state == TaskState.WAITING and isinstance(spec, CatchingEvent):
        if isinstance(spec.event_definition, DueTimer):
            kind, due = "timer", str(task.internal_data.get("event_value", ""))
        elif isinstance(spec.event_definition, MessageEventDefinition):
            kind, message = "message", str(spec.event_definition.name)
    if not kind:
        return None
    element = spec.bpmn_id or spec.name
    return Token(task.id, kind, element, task.data, task.last_state_change, due, message)
