"""The kernel as its makers ship it: whole workflow to JSON and back. A ruler, not a part of the machine."""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.bpmn.serializer.default.task_spec import (
    BpmnTaskSpecConverter,
    ConditionalGatewayConverter,
    ParallelGatewayConverter,
)
from SpiffWorkflow.bpmn.serializer.helpers import BpmnConverter
from SpiffWorkflow.bpmn.serializer.workflow import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.spiff.serializer.config import SPIFF_CONFIG
from SpiffWorkflow.spiff.specs.defaults import SubWorkflowTask
from SpiffWorkflow.util.task import TaskState

from engine.runtime.spiff.kernel import DecisionTask, DetachedCall, DueTimer, Engine, VerbTask, World
from engine.runtime.spiff.meet import Inclusive, Join, SubProcess
from engine.runtime.spiff.parse import Spec


class _PlainConverter(BpmnTaskSpecConverter):  # type: ignore[misc]
    def to_dict(self, spec: Any) -> dict[str, Any]:
        return self.get_default_attributes(spec)  # type: ignore[no-any-return]

    def from_dict(self, dct: dict[str, Any]) -> Any:
        return self.task_spec_from_dict(dct)


class _TimerConverter(BpmnConverter):  # type: ignore[misc]
    def to_dict(self, definition: Any) -> dict[str, Any]:
        return {
            "name": definition.name,
            "expression": definition.expression,
            "description": definition.description,
        }

    def from_dict(self, dct: dict[str, Any]) -> DueTimer:
        return DueTimer(dct["name"], dct["expression"], description=dct["description"])


_CONFIG = {
    **SPIFF_CONFIG,
    VerbTask: _PlainConverter,
    DecisionTask: _PlainConverter,
    DetachedCall: _PlainConverter,
    Join: ParallelGatewayConverter,
    Inclusive: ConditionalGatewayConverter,
    SubProcess: SPIFF_CONFIG[SubWorkflowTask],
    DueTimer: _TimerConverter,
}
_serializer = BpmnWorkflowSerializer(BpmnWorkflowSerializer.configure(_CONFIG))


class Stock:
    """An instance on the kernel's own workflow class; the same specs, the same FEEL, nothing else of ours."""

    def __init__(self, workflow: Any) -> None:
        self.workflow = workflow

    @classmethod
    def start(cls, spec: Spec, data: dict[str, Any]) -> Stock:
        """A new instance that has not moved yet."""
        workflow = BpmnWorkflow(spec.main, dict(spec.inner), script_engine=Engine())
        workflow.task_tree.data.update(data)
        return cls(workflow)

    @classmethod
    def load(cls, text: str) -> Stock:
        """Read what `save` wrote: specs, tasks and data."""
        workflow = _serializer.deserialize_json(text)
        workflow.script_engine = Engine()
        return cls(workflow)

    def save(self) -> str:
        """The whole workflow as JSON, as the kernel's handbook does it."""
        return str(_serializer.serialize_json(self.workflow))

    def advance(self, world: World) -> None:
        """Run everything the machine can do alone."""
        self.workflow.script_engine.environment.world = world
        self.workflow.do_engine_steps()

    def ready(self) -> list[Any]:
        """The kernel's tasks that wait for a person."""
        return list(self.workflow.get_tasks(state=TaskState.READY, manual=True))
