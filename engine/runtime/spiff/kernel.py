"""The kernel bent to our rules: FEEL conditions, verbs and decisions by the world, flat scans, no scripts."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from SpiffWorkflow.bpmn.specs.event_definitions.timer import TimeDateEventDefinition
from SpiffWorkflow.bpmn.specs.mixins.bpmn_spec_mixin import BpmnSpecMixin
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

from engine.errors import CaseworkError
from engine.rules import feel
from engine.runtime.spiff.lean import Flat, LeanSub, Order, begin

MAX_STEPS = 500  # of one advance; more means a cycle without a wait state
MAX_SECONDS = 2.0  # of CPU in the kernel itself, the verbs' own work not counted
MAX_TOKENS = 2000

Data = dict[str, Any]


class World(Protocol):
    """What a running instance asks of the machine; `instance.py` answers it."""

    def verb(self, element: str, task: str, data: Data) -> Mapping[str, Any]:
        """Carry out a service task; its result merges into the token's data."""

    def decision(self, element: str, data: Data) -> Mapping[str, Any]:
        """Evaluate a business rule task; its result merges into the token's data."""


class Environment:
    """FEEL evaluates conditions; nothing executes. Holds the world, and counts the time spent in it."""

    def __init__(self) -> None:
        self.world: World | None = None
        self.outside = 0.0

    def ask(self, question: Callable[[World], Mapping[str, Any]]) -> Mapping[str, Any]:
        """Put a question to the world."""
        if self.world is None:
            raise CaseworkError("流程还没有开始运行。")
        start = time.thread_time()
        try:
            return question(self.world)
        finally:
            self.outside += time.thread_time() - start

    def evaluate(self, expression: str, context: Mapping[str, Any], external_context: Any = None) -> Any:  # noqa: ARG002
        """The value of a FEEL text over a token's data; a null with diagnostics is an error."""
        return feel.evaluate(expression, context)

    def execute(self, script: str, context: Any, external_context: Any = None) -> None:  # noqa: ARG002
        """Refuse: scripts do not exist."""
        raise CaseworkError("流程图不能执行脚本。")

    def call_service(self, context: Any, **_named: Any) -> None:  # noqa: ARG002
        """Refuse: verbs are called by `VerbTask`."""
        raise CaseworkError("服务任务必须写明动作。")


class Engine:
    """What the kernel calls a script engine."""

    def __init__(self) -> None:
        self.environment = Environment()

    def validate(self, expression: str) -> None:
        """A condition must be FEEL."""
        feel.parse(expression)

    def evaluate(self, task: Any, expression: str, external_context: Any = None) -> Any:  # noqa: ARG002
        """The value of a condition."""
        return self.environment.evaluate(expression, task.data)

    def execute(self, task: Any, script: str, external_context: Any = None) -> None:  # noqa: ARG002
        """Refuse: scripts do not exist."""
        self.environment.execute(script, {})


class VerbTask(BpmnSpecMixin):  # type: ignore[misc]
    """A service task: the world carries out the verb."""

    def _run_hook(self, my_task: Any) -> bool:
        super()._run_hook(my_task)
        environment = my_task.workflow.script_engine.environment
        my_task.data.update(
            environment.ask(lambda world: world.verb(self.bpmn_id, str(my_task.id), my_task.data))
        )
        return True


class DecisionTask(BpmnSpecMixin):  # type: ignore[misc]
    """A business rule task: the world evaluates the decision."""

    def _run_hook(self, my_task: Any) -> bool:
        super()._run_hook(my_task)
        environment = my_task.workflow.script_engine.environment
        my_task.data.update(environment.ask(lambda world: world.decision(self.bpmn_id, my_task.data)))
        return True


class DetachedCall(BpmnSpecMixin):  # type: ignore[misc]
    """A call activity: one waiting token here, the called processes are instances of their own."""

    def _run_hook(self, my_task: Any) -> None:
        # None leaves the token STARTED until `State.answer` completes it.
        super()._run_hook(my_task)


class DueTimer(TimeDateEventDefinition):  # type: ignore[misc]
    """A timer without a clock: it fires when the worker says that its due instant has come."""

    def has_fired(self, my_task: Any) -> bool:
        """Whether the worker has said so."""
        return bool(my_task._get_internal_data("event_fired", False))  # noqa: SLF001


class Workflow(Flat, BpmnWorkflow):  # type: ignore[misc]
    """The kernel's workflow with flat scans: tree walks cost up to 13 times as much, to depth 1000 only."""

    completed: bool

    def __init__(self, spec: Any, inner: Mapping[str, Any], *, deserializing: bool = False) -> None:
        self.order = Order()
        super().__init__(spec, inner, script_engine=Engine(), deserializing=True)
        if not deserializing:
            begin(self)

    def create_subprocess(self, my_task: Any, spec_name: str) -> LeanSub:
        """The inner workflow of a sub-process that a token has reached."""
        inner = self.subprocesses[my_task.id] = LeanSub(self.subprocess_specs[spec_name], my_task.id, self)
        return inner

    def is_completed(self) -> bool:
        """Whether no task is left to do; the kernel's own answer is wrong behind a long chain of loops."""
        if not self.completed:
            self.completed = not any(
                task.has_state(TaskState.NOT_FINISHED_MASK) for task in self.tasks.values()
            )
        return self.completed

    def _do_engine_steps(self, will_complete_task: Any = None, did_complete_task: Any = None) -> bool:
        active = self.get_active_subprocesses()
        ran = False
        for subprocess in sorted(active, key=lambda item: item.depth, reverse=True):
            while _run_ready(subprocess, will_complete_task, did_complete_task):
                ran = True
            if subprocess.parent_task_id is not None:
                task = self.get_task_from_id(subprocess.parent_task_id)
                task.task_spec._update(task)  # noqa: SLF001
        ran = _run_ready(self, will_complete_task, did_complete_task) or ran
        # What ran inside counts too: one sub-process may end as the next begins, so that their number alone would
        # leave the instance standing with work to do and nobody to wait for.
        return ran or len(self.get_active_subprocesses()) > len(active)


def _run_ready(workflow: Any, will: Any, did: Any) -> bool:
    """Run what the machine can do alone; returns whether there was anything."""
    ready = [
        task
        for task in workflow.tasks.values()
        if task._state == TaskState.READY and not task.task_spec.manual  # noqa: SLF001
    ]
    for task in ready:
        if task.state != TaskState.READY:  # cancelled by one that ran before it
            continue
        if will is not None:
            will(task)
        task.run()
        if did is not None:
            did(task)
    return bool(ready)
