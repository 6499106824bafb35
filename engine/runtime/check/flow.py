"""Whether the arrows can be walked: starts, ends, gateways, reachability, cycles, boundary events."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from engine.errors import Finding
from engine.runtime.model import Element, Flow, Process
from engine.sentence import Sentence

ACTIVITIES = {"userTask", "manualTask", "serviceTask", "businessRuleTask", "callActivity", "subProcess"}
WAITS = {"userTask", "manualTask", "callActivity", "intermediateCatchEvent", "subProcess"}
MAX_NODES = 2000


def check(process: Process) -> list[Finding]:
    """Findings about the arrows of one process."""
    found: list[Finding] = []
    if len(process.elements) > MAX_NODES:
        return [
            _of(
                process,
                None,
                "size",
                Sentence(
                    "流程有 {count} 个节点，上限是 {most}。",
                    count=len(process.elements),
                    most=MAX_NODES,
                ),
                "请拆成几个流程。",
            )
        ]
    scopes: dict[str, list[Element]] = defaultdict(list)
    for element in process.elements.values():
        scopes[element.scope].append(element)
    flows = [flow for flow in process.flows if _ends(process, flow, found)]
    leaving: dict[str, list[Flow]] = defaultdict(list)
    entering: dict[str, list[Flow]] = defaultdict(list)
    for flow in flows:
        leaving[flow.source].append(flow)
        entering[flow.target].append(flow)
    for elements in scopes.values():
        found += _scope(process, elements, leaving, entering)
    found += _cycles(process, leaving)
    found += _turning_joins(process, leaving, entering)
    return found


def _of(process: Process, element: Element | None, rule: str, reason: str, hint: str) -> Finding:
    if element is None:
        return Finding(process.file, process.id, process.name, process.line, rule, reason, hint)
    return Finding(process.file, element.id, element.name, element.line, rule, reason, hint)


def _ends(process: Process, flow: Flow, found: list[Finding]) -> bool:
    missing = [end for end in (flow.source, flow.target) if end not in process.elements]
    if missing:
        found.append(
            Finding(
                process.file,
                flow.id,
                flow.name,
                flow.line,
                "dangling-flow",
                Sentence("顺序流连着不存在的节点 {missing}。", missing="、".join(missing)),
                "重新连接或删去这条顺序流。",
            ),
        )
    return not missing


def _scope(
    process: Process,
    elements: list[Element],
    leaving: dict[str, list[Flow]],
    entering: dict[str, list[Flow]],
) -> Iterable[Finding]:
    starts = [element for element in elements if element.kind == "startEvent"]
    if len(starts) != 1:
        where = starts[1] if len(starts) > 1 else None
        yield _of(
            process,
            where,
            "one-start",
            Sentence("这里有 {count} 个开始事件。", count=len(starts)),
            "每个流程、每个子流程恰好要有一个开始事件。",
        )
    for element in elements:
        yield from _element(process, element, leaving[element.id], entering[element.id])
    reached = _closure(
        {element.id for element in starts}, {k: [f.target for f in v] for k, v in leaving.items()}, elements
    )
    ends = {element.id for element in elements if element.kind == "endEvent"}
    ending = _closure(ends, {k: [f.source for f in v] for k, v in entering.items()}, [])
    for element in elements:
        if element.id not in reached and starts:
            yield _of(
                process, element, "unreachable", "从开始事件走不到这里。", "连上顺序流，或删去这个节点。"
            )
        elif element.id not in ending and element.kind not in ("endEvent", "boundaryEvent"):
            yield _of(process, element, "no-way-out", "从这里走不到结束事件。", "连上通向结束事件的顺序流。")


def _closure(start: set[str], arrows: dict[str, list[str]], hosts: list[Element]) -> set[str]:
    attached: dict[str, list[str]] = defaultdict(list)
    for element in hosts:
        if element.attached_to:
            attached[element.attached_to].append(element.id)
    seen, todo = set(start), list(start)
    while todo:
        here = todo.pop()
        for there in (*arrows.get(here, ()), *attached[here]):
            if there not in seen:
                seen.add(there)
                todo.append(there)
    return seen


def _element(process: Process, element: Element, out: list[Flow], into: list[Flow]) -> Iterable[Finding]:
    kind = element.kind
    if not element.name and (
        kind in ACTIVITIES or kind == "boundaryEvent" or (kind == "exclusiveGateway" and len(out) > 1)
    ):
        yield _of(process, element, "no-name", "这个节点没有名称。", "用规定里的词写上名称。")
    if kind in ACTIVITIES and len(out) > 1:
        yield _of(
            process,
            element,
            "two-ways-out",
            Sentence("任务有 {count} 条出线。", count=len(out)),
            "任务后加网关再分流。",
        )
    if kind in ACTIVITIES | {"startEvent", "intermediateCatchEvent", "boundaryEvent", "parallelGateway"}:
        yield from _ignored(process, element, out)
    if kind == "startEvent" and element.event == "timer":
        yield _of(process, element, "timer-start", "定时开始事件不受支持。", "由人发起，或由动作启动流程。")
    if kind == "boundaryEvent":
        yield from _boundary(process, element, out)
    if kind in ("exclusiveGateway", "inclusiveGateway") and len(out) > 1:
        yield from _split(process, element, out)
    if kind == "parallelGateway" and len(out) > 1 and len(into) > 1:
        yield _of(process, element, "join-and-split", "并行网关同时汇合又分开。", "拆成两个网关。")


def _ignored(process: Process, element: Element, out: list[Flow]) -> Iterable[Finding]:
    for flow in out:
        if flow.condition:
            yield _of(
                process,
                element,
                "condition-ignored",
                Sentence("出线“{flow}”上的条件会被引擎忽略。", flow=flow.name or flow.id),
                "加排他网关，把条件写在网关的出线上。",
            )


def _boundary(process: Process, element: Element, out: list[Flow]) -> Iterable[Finding]:
    host = process.elements.get(element.attached_to)
    if host is None or host.kind not in ACTIVITIES:
        yield _of(process, element, "boundary-host", "边界事件没有附在活动上。", "把它拖到一个任务的边上。")
    if element.event != "timer":
        yield _of(process, element, "boundary-kind", "边界事件只支持定时。", "消息请用事件子流程。")
    if not out:
        yield _of(process, element, "boundary-way", "边界事件没有出线。", "连上到期后要走的环节。")


def _split(process: Process, element: Element, out: list[Flow]) -> Iterable[Finding]:
    default = [flow for flow in out if flow.id == element.default]
    if not default:
        yield _of(
            process,
            element,
            "no-default",
            "网关没有默认出线：条件都不成立时案件会停住。",
            "把一条出线设为默认。",
        )
    for flow in out:
        if flow.id == element.default and flow.condition:
            yield _of(
                process,
                element,
                "default-condition",
                Sentence("默认出线“{flow}”上写了条件。", flow=flow.name or flow.id),
                "删去默认出线的条件。",
            )
        elif flow.id != element.default and not flow.condition:
            yield _of(
                process,
                element,
                "no-condition",
                Sentence("出线“{flow}”没有条件。", flow=flow.name or flow.id),
                "写上 FEEL 条件，或设为默认。",
            )


def _turning_joins(
    process: Process, leaving: dict[str, list[Flow]], entering: dict[str, list[Flow]]
) -> Iterable[Finding]:
    """An inclusive gateway cannot know on a second turn which tokens are still to come; a parallel one can."""
    for element in process.elements.values():
        if element.kind != "inclusiveGateway" or len(entering[element.id]) < 2:  # noqa: PLR2004 (a join)
            continue
        seen: set[str] = set()
        ahead = [element.id]
        while ahead:
            fresh = {flow.target for flow in leaving[ahead.pop()]} - seen
            seen |= fresh
            ahead += fresh
        if element.id in seen:
            yield _of(
                process,
                element,
                "inclusive-join-in-cycle",
                "包容网关在回路中汇合：第二遍走到这里时，不知道还要等哪几条分支。",
                "分支都要走的，改用并行网关；只走一条的，改用排他网关。",
            )


def _cycles(process: Process, leaving: dict[str, list[Flow]]) -> Iterable[Finding]:
    """A cycle in which nothing waits would run for ever within one transaction."""
    restless = {name for name, element in process.elements.items() if element.kind not in WAITS}
    colour: dict[str, int] = {}
    for root in restless:
        stack = [(root, iter([flow.target for flow in leaving[root]]))] if colour.get(root, 0) == 0 else []
        while stack:
            here, following = stack[-1]
            colour[here] = 1
            there = next(following, None)
            if there is None:
                colour[here] = 2
                stack.pop()
            elif there in restless:
                if colour.get(there, 0) == 1:
                    yield _of(
                        process,
                        process.elements[there],
                        "restless-cycle",
                        "回路中没有等待人或消息的环节，会无休止地走下去。",
                        "在回路中加一个人工环节。",
                    )
                    return
                if colour.get(there, 0) == 0:
                    stack.append((there, iter([flow.target for flow in leaving[there]])))
