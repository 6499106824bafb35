"""The diagrams that benchmarks run: steps in a row, a plan of many cases, a step with a reminder."""

from __future__ import annotations

_HEAD = (
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core" targetNamespace="http://casework/bench">'
)
_TAIL = "</bpmn:definitions>"
STEPS, LONG = 10, 20


def _bag(**named: str) -> str:
    rows = "".join(f'<spiffworkflow:property name="{key}" value="{value}"/>' for key, value in named.items())
    return (
        "<bpmn:extensionElements><spiffworkflow:properties>"
        f"{rows}</spiffworkflow:properties></bpmn:extensionElements>"
    )


def _flow(source: str, target: str, condition: str = "") -> str:
    text = (
        f'<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">{condition}</bpmn:conditionExpression>'
        if condition
        else ""
    )
    return (
        f'<bpmn:sequenceFlow id="{source}_{target}" sourceRef="{source}" targetRef="{target}">{text}'
        "</bpmn:sequenceFlow>"
    )


def _user(name: str, **named: str) -> str:
    bag = _bag(**{"lane": "业务科室", "routes": "decision", "clause": "J8", "form": "bench/step", **named})
    return f'<bpmn:userTask id="{name}" name="{name}">{bag}</bpmn:userTask>'


def _process(name: str, body: str, **named: str) -> str:
    return (
        f'{_HEAD}<bpmn:process id="{name}" name="{name}" isExecutable="true">'
        f"{_bag(case=name, **named)}{body}</bpmn:process>{_TAIL}"
    )


def _row(steps: int = STEPS) -> str:
    """Human steps, each with a gateway that may send back; the last one excludes who did the first."""
    parts, before = ['<bpmn:startEvent id="s"/>'], "s"
    for number in range(1, steps + 1):
        step, gate = f"step{number}", f"gate{number}"
        following = f"step{number + 1}" if number < steps else "e"
        parts.append(_user(step, **({"excludes": "step1"} if number == steps else {})))
        parts.append(f'<bpmn:exclusiveGateway id="{gate}" default="{gate}_{following}"/>')
        parts += [_flow(before, step), _flow(step, gate), _flow(gate, step, 'decision = "return"')]
        before = gate
    return "".join([*parts, '<bpmn:endEvent id="e"/>', _flow(before, "e")])


_PLAN = (
    '<bpmn:startEvent id="s"/>'
    '<bpmn:parallelGateway id="both"/>'
    f'<bpmn:callActivity id="cases" name="cases" calledElement="bench_case">{_bag(items="bench.items")}'
    '<bpmn:multiInstanceLoopCharacteristics isSequential="false"/></bpmn:callActivity>'
    + _user("note1")
    + _user("note2")
    + '<bpmn:parallelGateway id="joined"/><bpmn:endEvent id="e"/>'
    + _flow("s", "both")
    + _flow("both", "cases")
    + _flow("both", "note1")
    + _flow("note1", "note2")
    + _flow("note2", "joined")
    + _flow("cases", "joined")
    + _flow("joined", "e")
)

_DRAWN = (
    '<bpmn:startEvent id="s"/>'
    f'<bpmn:callActivity id="cases" name="cases" calledElement="inspection">{_bag(items="inspection.items")}'
    '<bpmn:multiInstanceLoopCharacteristics isSequential="false"/></bpmn:callActivity>'
    '<bpmn:endEvent id="e"/>' + _flow("s", "cases") + _flow("cases", "e")
)

_TIMED = (
    '<bpmn:startEvent id="s"/>'
    + _user("slow")
    + '<bpmn:boundaryEvent id="remind" name="remind" cancelActivity="false" attachedToRef="slow">'
    + _bag(deadline="step.default")
    + '<bpmn:timerEventDefinition><bpmn:timeDate xsi:type="bpmn:tFormalExpression">due</bpmn:timeDate>'
    "</bpmn:timerEventDefinition></bpmn:boundaryEvent>"
    + _user("nudged")
    + '<bpmn:endEvent id="e"/><bpmn:endEvent id="f"/>'
    + _flow("s", "slow")
    + _flow("slow", "e")
    + _flow("remind", "nudged")
    + _flow("nudged", "f")
)

_FORM = """{"type": "default", "id": "bench_step", "schemaVersion": 16, "components": [
 {"type": "radio", "id": "decision", "key": "decision", "label": "意见", "validate": {"required": true},
  "values": [{"label": "同意", "value": "agree"}, {"label": "退回", "value": "return"}]},
 {"type": "textarea", "id": "note", "key": "note", "label": "说明"}]}"""

FILES = {
    "forms/bench/step.form": _FORM.encode(),
    "bench_row.bpmn": _process("bench_row", _row(), takes="plan_id task_id").encode(),
    "bench_long.bpmn": _process("bench_long", _row(LONG), takes="plan_id task_id").encode(),
    "bench_case.bpmn": _process("bench_case", _row(), takes="number").encode(),
    "bench_plan.bpmn": _process("bench_plan", _PLAN, takes="number").encode(),
    "bench_drawn.bpmn": _process("bench_drawn", _DRAWN, takes="draw_id").encode(),
    "bench_timed.bpmn": _process("bench_timed", _TIMED, takes="number").encode(),
}
