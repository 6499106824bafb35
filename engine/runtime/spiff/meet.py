"""Where branches meet: what each of them changed since they parted, in the order of time.

As shipped, the kernel lays the whole data of one branch over another's: a branch that only finished last takes back
what the others had changed, and of two lists a mixture is left.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any

from SpiffWorkflow.bpmn.specs.defaults import InclusiveGateway, ParallelGateway
from SpiffWorkflow.spiff.specs.defaults import SubWorkflowTask
from SpiffWorkflow.util.task import TaskState

_OPENED = TaskState.READY | TaskState.STARTED | TaskState.COMPLETED | TaskState.ERROR
Data = dict[str, Any]


def met(arrivals: Sequence[Any]) -> Data:
    """The data of several tasks as one: what was changed last counts, what nobody changed is as before they parted."""
    parted = _parted(arrivals).data
    found = dict(parted)
    for arrival in sorted(arrivals, key=lambda task: task.last_state_change):
        found = _laid(found, parted, arrival.data)
    return found


def ended(workflow: Any) -> Data:
    """The data of a process or sub-process that has ended, of all its branches together."""
    ends = [
        task.parent
        for task in workflow.tasks.values()
        if task.task_spec is workflow.spec.end and task.parent.state == TaskState.COMPLETED
    ]
    return met(ends) if ends else dict(workflow.last_task.data if workflow.last_task else workflow.data)


def _parted(arrivals: Sequence[Any]) -> Any:
    """The nearest task that all of them come from."""
    shared = list(_line(arrivals[0]))
    for arrival in arrivals[1:]:
        line = {task.id for task in _line(arrival)}
        shared = [task for task in shared if task.id in line]
    return shared[0]


def _line(task: Any) -> Iterator[Any]:
    while task is not None:
        yield task
        task = task.parent


def _laid(found: Data, before: Mapping[str, Any], after: Mapping[str, Any]) -> Data:
    """What somebody made of `before`, laid over what others have made of it."""
    laid = {key: value for key, value in found.items() if key in after or key not in before}
    for key, value in after.items():
        if key in before and before[key] == value:
            continue
        known, old = found.get(key), before.get(key)
        if isinstance(value, dict) and isinstance(known, dict):
            laid[key] = _laid(known, old if isinstance(old, dict) else {}, value)
        else:
            laid[key] = value
    return laid


class SubProcess(SubWorkflowTask):  # type: ignore[misc]
    """A sub-process: gives what its branches made together, not what the one that ended last knew."""

    def update_data(self, my_task: Any, subworkflow: Any) -> None:
        """At the end of its inner workflow."""
        my_task.data = deepcopy(ended(subworkflow))


class Join(ParallelGateway):  # type: ignore[misc]
    """A parallel gateway: takes exactly one token from each incoming flow, and leaves what is over (BPMN 2.0 §13.4.1).

    As shipped, a token that came on an earlier turn of a cycle counts again: on the second turn the gateway would
    open for the first branch alone.
    """

    def _check_threshold_unstructured(self, my_task: Any) -> bool:
        return len(self._taken(my_task)) == len(self.inputs)

    def _run_hook(self, my_task: Any) -> bool:
        my_task.data = met(self._taken(my_task))
        return True

    def _taken(self, my_task: Any) -> list[Any]:
        """The tasks whose tokens this turn takes: of each incoming flow the oldest that no turn before has taken.

        Each token that arrives is a task of this gateway; those that only wait are cancelled by the next one.
        """
        turns, arrivals = 0, {name: list[Any]() for name in (spec.name for spec in self.inputs)}
        for task in my_task.workflow.tasks.values():
            if task.task_spec is not self:
                continue
            turns += task is not my_task and task.has_state(_OPENED)
            if task.parent is not None and task.parent.state == TaskState.COMPLETED:
                arrivals[task.parent.task_spec.name].append(task.parent)
        return [
            sorted(came, key=lambda task: task.last_state_change)[turns]
            for came in arrivals.values()
            if len(came) > turns
        ]


class Inclusive(InclusiveGateway):  # type: ignore[misc]
    """An inclusive gateway: parts by conditions, and waits for each branch that may still come (BPMN 2.0 §13.4.3)."""

    def _get_matching_outputs(self, my_task: Any) -> Any:
        # Asked once, when the gateway opens: the conditions are to see what the branches made together.
        my_task.data = met(
            [task.parent for task in my_task.workflow.tasks.values() if self._comes(task, my_task)]
        )
        return super()._get_matching_outputs(my_task)

    def _comes(self, task: Any, my_task: Any) -> bool:
        if task.task_spec is not self:
            return False
        return task is my_task or (
            task.has_state(TaskState.FINISHED_MASK) and not my_task.is_descendant_of(task)
        )
