"""The only module that knows SpiffWorkflow: parse, restore, advance, dump.

The kernel knows BPMN's tokens and nothing else. It has no clock (a timer fires when we say so), no scripts (nothing
here executes text), no store, no rights. A state row holds tokens only; specs are parsed once per release and shared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from SpiffWorkflow.bpmn.parser.util import full_tag
from SpiffWorkflow.bpmn.specs.event_definitions.message import MessageEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.timer import TimeDateEventDefinition
from SpiffWorkflow.bpmn.specs.mixins.bpmn_spec_mixin import BpmnSpecMixin
from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent
from SpiffWorkflow.bpmn.specs.mixins.subworkflow_task import SubWorkflowTask
from SpiffWorkflow.bpmn.util.event import BpmnEvent
from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.exceptions import SpiffWorkflowException
from SpiffWorkflow.spiff.parser.event_parsers import SpiffBoundaryEventParser, SpiffIntermediateCatchEventParser
from SpiffWorkflow.spiff.parser.process import VALIDATOR, SpiffBpmnParser
from SpiffWorkflow.spiff.parser.task_spec import SpiffTaskParser
from SpiffWorkflow.bpmn.specs.defaults import BoundaryEvent, IntermediateCatchEvent
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.errors import CaseworkError
from engine.rules import feel

MAX_STEPS = 500  # of one advance; more means a cycle without a wait state
MAX_TOKENS = 2000
FORMAT = 1


class World:
    """What a running instance asks of the machine; `instance.py` answers it."""

    def verb(self, element: str, task: str, data: dict[str, Any]) -> Mapping[str, Any]:
        """Carry out a service task; its result merges into the token's data."""
        raise CaseworkError(f"no world for {element} {task} {sorted(data)}")

    def decision(self, element: str, data: dict[str, Any]) -> Mapping[str, Any]:
        """Evaluate a business rule task; its result merges into the token's data."""
        raise CaseworkError(f"no world for {element} {sorted(data)}")


class _Environment:
    """FEEL evaluates conditions; nothing executes."""

    def __init__(self) -> None:
        self.world = World()

    def evaluate(self, expression: str, context: Mapping[str, Any], external_context: Any = None) -> Any:  # noqa: ARG002
        """The value of a FEEL text over a token's data; a null with diagnostics is an error."""
        return feel.evaluate(expression, context)

    def execute(self, script: str, context: Any, external_context: Any = None) -> None:  # noqa: ARG002
        """Refuse: scripts do not exist."""
        raise CaseworkError("流程图不能执行脚本。")

    def call_service(self, context: Any, **_named: Any) -> None:  # noqa: ARG002
        """Refuse: verbs are called by `VerbTask`."""
        raise CaseworkError("服务任务必须写明动作。")


class _Engine:
    """What the kernel calls a script engine."""

    def __init__(self) -> None:
        self.environment = _Environment()

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
        world = my_task.workflow.script_engine.environment.world
        my_task.data.update(world.verb(self.bpmn_id, str(my_task.id), my_task.data))
        return True


class DecisionTask(BpmnSpecMixin):  # type: ignore[misc]
    """A business rule task: the world evaluates the decision."""

    def _run_hook(self, my_task: Any) -> bool:
        super()._run_hook(my_task)
        world = my_task.workflow.script_engine.environment.world
        my_task.data.update(world.decision(self.bpmn_id, my_task.data))
        return True


class DetachedCall(BpmnSpecMixin):  # type: ignore[misc]
    """A call activity: one waiting token here, the called processes are instances of their own."""

    def _run_hook(self, my_task: Any) -> None:
        # None leaves the token STARTED until `answer` completes it.
        super()._run_hook(my_task)


class DueTimer(TimeDateEventDefinition):  # type: ignore[misc]
    """A timer without a clock: it fires when the worker says that its due instant has come."""

    def has_fired(self, my_task: Any) -> bool:
        """Whether the worker has said so."""
        return bool(my_task._get_internal_data("event_fired", False))  # noqa: SLF001


class _DueTimers:
    def parse_timer_event(self, event: Any) -> DueTimer:
        """Every timer is a due date that we compute."""
        node = self.node  # type: ignore[attr-defined]
        return DueTimer(node.get("name", node.get("id")), "due", description=self.get_event_description(event))  # type: ignore[attr-defined]


class _BoundaryParser(_DueTimers, SpiffBoundaryEventParser):  # type: ignore[misc]
    pass


class _CatchParser(_DueTimers, SpiffIntermediateCatchEventParser):  # type: ignore[misc]
    pass


class _PlainParser(SpiffTaskParser):  # type: ignore[misc]
    def create_task(self) -> Any:
        return self.spec_class(self.spec, self.bpmn_id, **self.bpmn_attributes)


class _Parser(SpiffBpmnParser):  # type: ignore[misc]
    OVERRIDE_PARSER_CLASSES = {  # noqa: RUF012
        **SpiffBpmnParser.OVERRIDE_PARSER_CLASSES,
        full_tag("serviceTask"): (_PlainParser, VerbTask),
        full_tag("businessRuleTask"): (_PlainParser, DecisionTask),
        full_tag("callActivity"): (_PlainParser, DetachedCall),
        full_tag("boundaryEvent"): (_BoundaryParser, BoundaryEvent),
        full_tag("intermediateCatchEvent"): (_CatchParser, IntermediateCatchEvent),
    }

    def _find_dependencies(self, process: Any) -> None:
        """A process depends on no other at parse time: calls run detached, decisions are ours."""


class _Workflow(BpmnWorkflow):  # type: ignore[misc]
    """The kernel's workflow with flat scans: tree walks cost up to 13 times as much and stop at depth 1000."""

    def is_completed(self) -> bool:
        if not self.completed:
            self.completed = not any(task.has_state(TaskState.NOT_FINISHED_MASK) for task in self.tasks.values())
        return bool(self.completed)

    def update_waiting_tasks(self) -> None:
        for task in [task for task in self.tasks.values() if task.state == TaskState.WAITING]:
            task.task_spec._update(task)  # noqa: SLF001

    def _do_engine_steps(self, will_complete_task: Any = None, did_complete_task: Any = None) -> bool:
        def run_ready(workflow: Any) -> int:
            ready = [task for task in workflow.tasks.values() if task.state == TaskState.READY and not task.task_spec.manual]
            done = 0
            for task in ready:
                if task.state != TaskState.READY:  # cancelled by one that ran before it
                    continue
                if will_complete_task is not None:
                    will_complete_task(task)
                task.run()
                done += 1
                if did_complete_task is not None:
                    did_complete_task(task)
            return done

        active = self.get_active_subprocesses()
        for subprocess in sorted(active, key=lambda item: item.depth, reverse=True):
            while run_ready(subprocess):
                pass
            if subprocess.parent_task_id is not None:
                task = self.get_task_from_id(subprocess.parent_task_id)
                task.task_spec._update(task)  # noqa: SLF001
        return run_ready(self) > 0 or len(self.get_active_subprocesses()) > len(active)


@dataclass(frozen=True, slots=True)
class Spec:
    """A process as the kernel has parsed it, shared by all its instances."""

    process: str
    main: Any
    inner: Mapping[str, Any]


def parse(tree: Any, file: str) -> dict[str, Spec]:
    """All processes of a prepared tree (`model.for_kernel`); CaseworkError where the kernel cannot follow."""
    parser = _Parser()
    try:
        parser.add_bpmn_xml(tree, filename=file)
        return {
            process: Spec(process, parser.get_spec(process), parser.get_subprocess_specs(process))
            for process in list(parser.process_parsers)
            if process in parser.get_process_ids()
        }
    except SpiffWorkflowException as fault:
        raise CaseworkError(f"{file}：流程图不能运行：{fault}") from fault


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


Walked = Callable[[str, str, str], None]
walked: list[Walked] = []  # the test suite listens here: (process, from element, to element)


class State:
    """The tokens of one instance, and what can be done with them."""

    def __init__(self, workflow: Any, process: str) -> None:
        self._workflow = workflow
        self._process = process

    @classmethod
    def start(cls, spec: Spec, data: Mapping[str, Any]) -> State:
        """A new instance that has not moved yet."""
        workflow = _Workflow(spec.main, spec.inner, script_engine=_Engine())
        workflow.task_tree.data.update(data)
        return cls(workflow, spec.process)

    @property
    def completed(self) -> bool:
        """Whether no token is left."""
        return bool(self._workflow.is_completed())

    @property
    def data(self) -> dict[str, Any]:
        """The data of the instance: of the end once completed, of the latest token before."""
        last = self._workflow.last_task
        return dict(self._workflow.data) if self.completed else dict(last.data if last else self._workflow.task_tree.data)

    def advance(self, world: World) -> None:
        """Run everything the machine can do alone, up to the next wait states; at most `MAX_STEPS` steps."""
        self._workflow.script_engine.environment.world = world
        count = 0

        def did(task: Any) -> None:
            nonlocal count
            count += 1
            if count > MAX_STEPS or len(self._workflow.tasks) > MAX_TOKENS:
                raise CaseworkError(f"流程「{self._process}」走了 {count} 步仍没有停下。")
            if walked:
                self._tell(task)

        self._workflow.do_engine_steps(did_complete_task=did)

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
        waiting = [token.id for token in self.tokens() if token.kind == "message" and token.message == message]
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
        key = UUID(identity)
        for workflow in (self._workflow, *self._workflow.subprocesses.values()):
            if key in workflow.tasks:
                return workflow.tasks[key]
        raise CaseworkError(f"这个环节已经不在等待（{identity}）。")

    # -- the stored form ------------------------------------------------------------------------------------------

    def dump(self) -> bytes:
        """The state as JSON: tokens with an index into the distinct data, the spec left out."""
        pool: dict[bytes, int] = {}
        body = {
            "format": FORMAT,
            "main": _dump(self._workflow, pool),
            "inner": [
                [str(identity), workflow.spec.name, _dump(workflow, pool)] for identity, workflow in self._workflow.subprocesses.items()
            ],
        }
        body["pool"] = [orjson.Fragment(data) for data in pool]
        return orjson.dumps(body)

    @classmethod
    def restore(cls, spec: Spec, content: bytes) -> State:
        """The state that `dump` wrote, on the shared spec."""
        body = orjson.loads(content)
        if body["format"] != FORMAT:
            raise CaseworkError(f"实例状态的格式 {body['format']} 不是本版本的格式 {FORMAT}。")
        pool = body["pool"]
        workflow = _Workflow(spec.main, spec.inner, script_engine=_Engine(), deserializing=True)
        _restore(workflow, body["main"], pool)
        # A sub-process needs the task it hangs on: the file order is the order of creation, parents first.
        for identity, name, inner in body["inner"]:
            key = UUID(identity)
            task = workflow.get_task_from_id(key)
            child = BpmnSubWorkflow(spec.inner[name], key, workflow, deserializing=True)
            workflow.subprocesses[key] = child
            _restore(child, inner, pool)
            child.completed_event.connect(task.task_spec._on_subworkflow_completed, task)  # noqa: SLF001
        return cls(workflow, spec.process)


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
    return Token(str(task.id), kind, spec.bpmn_id or spec.name, task.data, task.last_state_change, due, message)


def _dump(workflow: Any, pool: dict[bytes, int]) -> dict[str, Any]:
    def place(data: Mapping[str, Any]) -> int:
        return pool.setdefault(orjson.dumps(data, option=orjson.OPT_SORT_KEYS), len(pool))

    return {
        "root": str(workflow.task_tree.id),
        "last": str(workflow.last_task.id) if workflow.last_task else None,
        "success": workflow.success,
        "completed": workflow.completed,
        "data": place(workflow.data),
        "tasks": [
            [
                str(task.id),
                str(task._parent) if task._parent else None,  # noqa: SLF001
                [str(child) for child in task._children],  # noqa: SLF001
                task.task_spec.name,
                task.state,
                task.triggered,
                round(task.last_state_change, 3),
                task.internal_data,
                place(task.data),
            ]
            for task in workflow.tasks.values()
        ],
    }


def _restore(workflow: Any, body: Mapping[str, Any], pool: list[dict[str, Any]]) -> None:
    for identity, parent, children, name, state, triggered, changed, internal, data in body["tasks"]:
        task = Task(workflow, workflow.spec.task_specs[name], state=state, id=UUID(identity))
        task._parent = UUID(parent) if parent else None  # noqa: SLF001
        task._children = [UUID(child) for child in children]  # noqa: SLF001
        task.triggered = triggered
        task.last_state_change = changed
        task.internal_data = internal
        task.data = dict(pool[data])
        if state == TaskState.WAITING and isinstance(task.task_spec, CatchingEvent):
            workflow.top_workflow.event_manager.add_task(task)
    workflow.task_tree = workflow.tasks[UUID(body["root"])]
    workflow.last_task = workflow.tasks.get(UUID(body["last"])) if body["last"] else None
    workflow.success = body["success"]
    workflow.completed = body["completed"]
    workflow.data = dict(pool[body["data"]])


def schema_faults(tree: Any) -> list[tuple[int, str]]:
    """(line, message) of everything that the BPMN 2.0 XSD, with the extension's XSD, refuses."""
    validator = VALIDATOR.validator
    if validator.validate(tree):
        return []
    return [(fault.line, fault.message) for fault in validator.error_log]
