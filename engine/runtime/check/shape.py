"""What may stand in a diagram at all: an allow-list of elements, attributes, extensions (BPMN XSD first).

Whatever is not on the list is refused by name with what to use instead; nothing is dropped silently.
"""

from __future__ import annotations

from lxml import etree

from engine.errors import Finding
from engine.runtime import spiff
from engine.runtime.model import BPMN, NS, SPIFF, Diagram, Node, tag
from engine.sentence import Sentence

MAX_NODES = 2000

PLAIN = {"id", "name"}
ATTRIBUTES: dict[str, set[str]] = {
    "definitions": PLAIN
    | {"targetNamespace", "exporter", "exporterVersion", "expressionLanguage", "typeLanguage"},
    "collaboration": PLAIN | {"isClosed"},
    "participant": PLAIN | {"processRef"},
    "messageFlow": PLAIN | {"sourceRef", "targetRef", "messageRef"},
    "process": PLAIN | {"isExecutable", "isClosed", "processType"},
    "laneSet": PLAIN,
    "lane": PLAIN | {"partitionElementRef"},
    "flowNodeRef": set(),
    "incoming": set(),
    "outgoing": set(),
    "documentation": {"id", "textFormat"},
    "extensionElements": set(),
    "message": PLAIN | {"itemRef"},
    "textAnnotation": {"id", "textFormat"},
    "text": set(),
    "association": {"id", "sourceRef", "targetRef", "associationDirection"},
    "group": {"id", "categoryValueRef"},
    "category": PLAIN,
    "categoryValue": {"id", "value"},
    "startEvent": PLAIN | {"isInterrupting", "parallelMultiple"},
    "endEvent": PLAIN,
    "boundaryEvent": PLAIN | {"attachedToRef", "cancelActivity", "parallelMultiple"},
    "intermediateCatchEvent": PLAIN | {"parallelMultiple"},
    "messageEventDefinition": PLAIN | {"messageRef"},
    "timerEventDefinition": PLAIN,
    "terminateEventDefinition": PLAIN,
    "timeDate": {"id", "{http://www.w3.org/2001/XMLSchema-instance}type"},
    "userTask": PLAIN | {"implementation"},
    "manualTask": PLAIN,
    "serviceTask": PLAIN | {"implementation", "operationRef"},
    "businessRuleTask": PLAIN | {"implementation"},
    "callActivity": PLAIN | {"calledElement"},
    "subProcess": PLAIN | {"triggeredByEvent"},
    "exclusiveGateway": PLAIN | {"default", "gatewayDirection"},
    "parallelGateway": PLAIN | {"gatewayDirection"},
    "inclusiveGateway": PLAIN | {"default", "gatewayDirection"},
    "sequenceFlow": PLAIN | {"sourceRef", "targetRef"},
    "conditionExpression": {"id", "language", "{http://www.w3.org/2001/XMLSchema-instance}type"},
    "multiInstanceLoopCharacteristics": {"id", "isSequential"},
}

INSTEAD: dict[str, tuple[str, str]] = {
    "task": ("未定类型的任务会一直等人办理。", "改成用户任务、服务任务或业务规则任务。"),
    "scriptTask": ("脚本任务会执行代码。", "改用服务任务，动作从目录中选。"),
    "script": ("脚本会执行代码。", "删去脚本，改用服务任务。"),
    "sendTask": ("发送任务不受支持。", "改用服务任务，由动作发送消息。"),
    "receiveTask": ("接收任务不受支持。", "改用消息中间捕获事件。"),
    "linkEventDefinition": ("链接事件会被引擎忽略。", "直接连一条顺序流。"),
    "compensateEventDefinition": ("补偿事件会被引擎忽略。", "画出作废或更正的环节。"),
    "signalEventDefinition": ("信号事件会被引擎忽略。", "改用消息事件。"),
    "conditionalEventDefinition": ("条件事件会执行代码。", "改用排他网关和 FEEL 条件。"),
    "errorEventDefinition": ("错误事件不受支持。", "让动作给出结果，用排他网关分流。"),
    "escalationEventDefinition": ("升级事件不受支持。", "用定时边界事件转到监督环节。"),
    "cancelEventDefinition": ("取消事件不受支持。", "用排他网关分流。"),
    "complexGateway": ("复杂网关不受支持。", "改用排他网关或并行网关。"),
    "eventBasedGateway": ("事件网关不受支持。", "改用定时边界事件和消息捕获事件。"),
    "adHocSubProcess": ("临时子流程不受支持。", "改用消息触发的事件子流程。"),
    "transaction": ("事务子流程不受支持。", "改用普通子流程。"),
    "standardLoopCharacteristics": ("标准循环不受支持。", "用排他网关画出回路。"),
    "dataObject": ("数据对象不受支持。", "流程数据由动作给出，删去数据对象。"),
    "dataObjectReference": ("数据对象引用会使引擎停住。", "删去数据对象引用。"),
    "dataStoreReference": ("数据存储不受支持。", "删去数据存储引用。"),
    "ioSpecification": ("输入输出说明不受支持。", "用流程属性 takes、gives 说明数据。"),
    "completionCondition": ("完成条件会执行代码。", "用会签属性 sign 说明何时完成。"),
    "loopCardinality": ("循环次数不受支持。", "用属性 items 说明条目来源。"),
    "timeDuration": (
        "时长按自然日计算，与工作日期限不符。",
        "改用 timeDate，内容写 due，期限写在属性 deadline。",
    ),
    "timeCycle": ("周期定时不受支持。", "每个提醒画一个定时边界事件。"),
    "intermediateThrowEvent": ("中间抛出事件不受支持。", "改用服务任务。"),
    "preScript": ("前置脚本会执行代码。", "改用服务任务。"),
    "postScript": ("后置脚本会执行代码。", "改用服务任务。"),
}

EXTENSIONS: dict[str, set[str]] = {
    "properties": set(),
    "property": {"name", "value"},
    "serviceTaskOperator": {"id", "resultVariable"},
    "parameters": set(),
    "parameter": {"id", "type", "value"},
    "calledDecisionId": set(),
}
DRAWING = {
    "http://www.omg.org/spec/BPMN/20100524/DI",
    "http://www.omg.org/spec/DD/20100524/DC",
    "http://www.omg.org/spec/DD/20100524/DI",
}


def check(diagram: Diagram) -> list[Finding]:
    """Schema and allow-list findings of a file."""
    tree, file = diagram.tree, diagram.file
    found = [
        Finding(
            file,
            "",
            "",
            line,
            "schema",
            Sentence("不合 BPMN 2.0 的结构：{message}", message=message),
            "请用建模工具重新保存，或按提示改正。",
        )
        for line, message in spiff.schema_faults(tree)
    ]
    nodes = sum(1 for _ in tree.iter())
    if nodes > MAX_NODES * 20:
        found.append(
            Finding(
                file,
                "",
                "",
                0,
                "size",
                Sentence("图中有 {nodes} 个 XML 元素，过大。", nodes=nodes),
                "请拆成几个流程。",
            )
        )
        return found
    for node in tree.iter():
        found += _node(node, file)
    return found


def _owner(node: Node) -> tuple[str, str]:
    """The nearest element with an id: what a person sees in the modeller."""
    while node is not None:
        if node.get("id"):
            return node.get("id"), node.get("name", "")
        node = node.getparent()
    return "", ""


def _node(node: Node, file: str) -> list[Finding]:
    name = etree.QName(node)
    if name.namespace in DRAWING:
        return []
    owner, title = _owner(node)
    line = node.sourceline or 0
    local = name.localname
    if name.namespace == SPIFF:
        if local not in EXTENSIONS:
            reason, hint = INSTEAD.get(
                local,
                (
                    Sentence("扩展元素 {local} 不受支持。", local=local),
                    "只能使用 properties、serviceTaskOperator、calledDecisionId。",
                ),
            )
            return [Finding(file, owner, title, line, f"extension-{local}", reason, hint)]
        return _attributes(node, EXTENSIONS[local], file)
    if name.namespace != BPMN:
        return [
            Finding(
                file,
                owner,
                title,
                line,
                "extension-foreign",
                Sentence(
                    "命名空间 {namespace} 的元素 {local} 不会被执行。", namespace=name.namespace, local=local
                ),
                "删去它，或把内容改写为本产品的属性。",
            ),
        ]
    if local not in ATTRIBUTES:
        reason, hint = INSTEAD.get(
            local, (Sentence("元素 {local} 不受支持。", local=local), "请改用允许的元素，见建模说明。")
        )
        return [Finding(file, owner, title, line, f"element-{local}", reason, hint)]
    found = _attributes(node, ATTRIBUTES[local], file)
    if local == "multiInstanceLoopCharacteristics" and tag(node.getparent()) != "callActivity":
        found.append(
            Finding(
                file,
                owner,
                title,
                line,
                "multi-instance",
                "多实例只能用在调用活动上。",
                "多人办理请用会签属性 sign。",
            )
        )
    if local == "subProcess" and node.get("triggeredByEvent") == "true":
        found += _event_subprocess(node, file)
    return found


def _attributes(node: Node, allowed: set[str], file: str) -> list[Finding]:
    owner, title = _owner(node)
    return [
        Finding(
            file,
            owner,
            title,
            node.sourceline or 0,
            f"attribute-{etree.QName(name).localname}",
            Sentence(
                "{node} 的属性 {localname} 不会被执行。",
                node=tag(node),
                localname=etree.QName(name).localname,
            ),
            "删去这个属性。",
        )
        for name in node.attrib
        if name not in allowed
    ]


def _event_subprocess(node: Node, file: str) -> list[Finding]:
    found = []
    owner, title = _owner(node)
    for start in node.findall("bpmn:startEvent", NS):
        if start.get("isInterrupting", "true") == "true":
            found.append(
                Finding(
                    file,
                    owner,
                    title,
                    start.sourceline or 0,
                    "interrupting-event-subprocess",
                    "中断式事件子流程会被引擎当作不中断处理。",
                    "把开始事件设为非中断（isInterrupting=false）。",
                ),
            )
        if start.find("bpmn:messageEventDefinition", NS) is None:
            found.append(
                Finding(
                    file,
                    owner,
                    title,
                    start.sourceline or 0,
                    "event-subprocess-start",
                    "事件子流程要由消息触发。",
                    "给开始事件加上消息。",
                ),
            )
    return found
