"""A prepared BPMN tree as the kernel's specs: our kinds of task and timer in place of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from SpiffWorkflow.bpmn.parser.util import full_tag
from SpiffWorkflow.bpmn.specs.defaults import BoundaryEvent, IntermediateCatchEvent
from SpiffWorkflow.exceptions import SpiffWorkflowException
from SpiffWorkflow.spiff.parser.event_parsers import (
    SpiffBoundaryEventParser,
    SpiffIntermediateCatchEventParser,
)
from SpiffWorkflow.spiff.parser.process import VALIDATOR, SpiffBpmnParser
from SpiffWorkflow.spiff.parser.task_spec import SpiffTaskParser

from engine.errors import CaseworkError
from engine.runtime.spiff.kernel import DecisionTask, DetachedCall, DueTimer, VerbTask
from engine.runtime.spiff.meet import Inclusive, Join, SubProcess
from engine.sentence import Sentence


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
        raise CaseworkError(Sentence("{file}：流程图不能运行：{fault}", file=file, fault=fault)) from fault


def schema_faults(tree: Any) -> list[tuple[int, str]]:
    """(line, message) of everything that the BPMN 2.0 XSD, with the extension's XSD, refuses."""
    validator = VALIDATOR.validator
    if validator.validate(tree):
        return []
    return [(fault.line, fault.message) for fault in validator.error_log]


class _DueTimers:
    """Every timer is a due date that we compute."""

    node: Any
    get_event_description: Any

    def parse_timer_event(self, event: Any) -> DueTimer:
        name = self.node.get("name", self.node.get("id"))
        return DueTimer(name, "due", description=self.get_event_description(event))


class _BoundaryParser(_DueTimers, SpiffBoundaryEventParser):  # type: ignore[misc]
    pass


class _CatchParser(_DueTimers, SpiffIntermediateCatchEventParser):  # type: ignore[misc]
    pass


class _PlainParser(SpiffTaskParser):  # type: ignore[misc]
    def create_task(self) -> Any:
        return self.spec_class(self.spec, self.bpmn_id, **self.bpmn_attributes)


class _Parser(SpiffBpmnParser):  # type: ignore[misc]
    OVERRIDE_PARSER_CLASSES: ClassVar[dict[str, Any]] = {
        **SpiffBpmnParser.OVERRIDE_PARSER_CLASSES,
        full_tag("serviceTask"): (_PlainParser, VerbTask),
        full_tag("businessRuleTask"): (_PlainParser, DecisionTask),
        full_tag("callActivity"): (_PlainParser, DetachedCall),
        full_tag("parallelGateway"): (SpiffBpmnParser.PARSER_CLASSES[full_tag("parallelGateway")][0], Join),
        full_tag("inclusiveGateway"): (
            SpiffBpmnParser.PARSER_CLASSES[full_tag("inclusiveGateway")][0],
            Inclusive,
        ),
        full_tag("subProcess"): (
            SpiffBpmnParser.OVERRIDE_PARSER_CLASSES[full_tag("subProcess")][0],
            SubProcess,
        ),
        full_tag("boundaryEvent"): (_BoundaryParser, BoundaryEvent),
        full_tag("intermediateCatchEvent"): (_CatchParser, IntermediateCatchEvent),
    }

    def _find_dependencies(self, process: Any) -> None:
        """A process depends on no other at parse time: calls run detached, decisions are ours."""
