"""Every trap of the kernel is refused by element, name and line, all findings at once."""

from __future__ import annotations

import pytest

from engine.errors import ModelInvalid
from engine.runtime import check, model
from tests.engine.test_runtime import FILES, HEAD, Ports, bag, flow, process, user

DEADLINES = (
    b'<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="deadlines" namespace="http://casework/test">'
    b'<inputData id="k" name="key"><variable id="kv" name="key" typeRef="string"/></inputData>'
    b'<decision id="deadlines" name="deadlines"><informationRequirement id="n"><requiredInput href="#k"/></informationRequirement><decisionTable id="t" hitPolicy="UNIQUE"><input id="i"><inputExpression id="ie" typeRef="string">'
    b'<text>key</text></inputExpression></input><output id="o" name="days" typeRef="number"/>'
    b'<rule id="r"><inputEntry id="e"><text>"step.default"</text></inputEntry><outputEntry id="x"><text>5</text></outputEntry></rule>'
    b"</decisionTable></decision></definitions>"
)


class World(Ports):
    """Lanes and forms of the test."""

    def lanes(self):
        return ["业务科室", "分管领导", "系统"]

    def check_form(self, path, content):  # noqa: ARG002
        return []

    def check_documents(self, files):  # noqa: ARG002
        return []

    def check_packs(self, files):  # noqa: ARG002
        return []

    def form_keys(self, path, content):  # noqa: ARG002
        return ["decision", "reason"]


def step(name: str, **props: str) -> str:
    return user(name, **{"form": "a/b", "clause": "J8", **props})


def findings(body: str, *, name: str = "p", extra: str = "", **props: str) -> dict[str, list[str]]:
    content = HEAD + extra + process(name, body, **props) + "</bpmn:definitions>"
    found = check.findings(
        {f"{name}.bpmn": content.encode(), "deadlines.dmn": DEADLINES, "forms/a/b.form": b"{}"}, World()
    )
    rules: dict[str, list[str]] = {}
    for finding in found:
        assert finding.line > 0 or finding.rule == "kernel", finding
        assert finding.reason, finding
        rules.setdefault(finding.rule, []).append(finding.element)
    return rules


GOOD = (
    '<bpmn:startEvent id="s"/>'
    + step("one")
    + '<bpmn:endEvent id="e"/>'
    + flow("s", "one")
    + flow("one", "e")
)


def test_a_sound_diagram_has_no_findings():
    assert findings(GOOD) == {}


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ('<bpmn:scriptTask id="x" name="x"><bpmn:script>import os</bpmn:script></bpmn:scriptTask>', "element-scriptTask"),
        ('<bpmn:task id="x" name="x"/>', "element-task"),
        ('<bpmn:sendTask id="x" name="x"/>', "element-sendTask"),
        ('<bpmn:complexGateway id="x" name="x"/>', "element-complexGateway"),
        ('<bpmn:dataObjectReference id="x" name="x"/>', "element-dataObjectReference"),
        ('<bpmn:intermediateThrowEvent id="x"><bpmn:linkEventDefinition name="l"/></bpmn:intermediateThrowEvent>', "element-linkEventDefinition"),
        ('<bpmn:boundaryEvent id="x" attachedToRef="one"><bpmn:compensateEventDefinition/></bpmn:boundaryEvent>', "element-compensateEventDefinition"),
        ('<bpmn:intermediateCatchEvent id="x"><bpmn:signalEventDefinition/></bpmn:intermediateCatchEvent>', "element-signalEventDefinition"),
        ('<bpmn:intermediateCatchEvent id="x"><bpmn:timerEventDefinition><bpmn:timeDuration>P3D</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:intermediateCatchEvent>', "element-timeDuration"),
        ('<bpmn:userTask id="x" name="x"><bpmn:extensionElements><spiffworkflow:preScript>1</spiffworkflow:preScript></bpmn:extensionElements></bpmn:userTask>', "extension-preScript"),
        ('<bpmn:userTask id="x" name="x"><bpmn:multiInstanceLoopCharacteristics/></bpmn:userTask>', "multi-instance"),
        ('<bpmn:userTask id="x" name="x"><bpmn:standardLoopCharacteristics/></bpmn:userTask>', "element-standardLoopCharacteristics"),
        ('<bpmn:userTask id="x" name="x" isForCompensation="true"/>', "attribute-isForCompensation"),
        ('<bpmn:subProcess id="x" name="x" triggeredByEvent="true"><bpmn:startEvent id="xs" isInterrupting="true"/></bpmn:subProcess>', "interrupting-event-subprocess"),
        ('<bpmn:subProcess id="x" name="x" triggeredByEvent="true"><bpmn:startEvent id="xs" isInterrupting="false"/></bpmn:subProcess>', "event-subprocess-start"),
    ],
)  # fmt: skip
def test_what_the_kernel_would_execute_ignore_or_choke_on_is_refused(body, rule):
    assert rule in findings(GOOD + body)


LONG = "核对定点医疗机构报送的全部材料" * 6  # 90 characters
WIDE = "x" * 81


@pytest.mark.parametrize(
    ("element", "label"),
    [
        (step("one").replace('name="one"', f'name="{LONG}"'), "名称"),
        (step("one", clause=" ".join(["J8"] * 30)), "依据"),
        (step("one", deadline=WIDE), "时限"),
        (step("one", form=f"a/{WIDE}"), "表单"),
        (step("one").replace('"one"', f'"{"o" * 79}"'), "日志事项"),
        (step("one").replace('"one"', f'"{WIDE}"'), "id"),
        (f'<bpmn:intermediateCatchEvent id="one" name="等"><bpmn:messageEventDefinition messageRef="{WIDE}"/></bpmn:intermediateCatchEvent>', "消息"),
    ],
)  # fmt: skip
def test_a_name_that_no_row_of_the_database_can_keep_is_refused_on_every_database(element, label):
    """PostgreSQL would refuse the step that writes it in the middle of a case, SQLite would not."""
    body = '<bpmn:startEvent id="s"/>\n' + element + '<bpmn:endEvent id="e"/>'
    extra = f'<bpmn:message id="{WIDE}" name="{WIDE}"/>'
    content = HEAD + extra + process("p", body) + "</bpmn:definitions>"
    found = check.findings({"p.bpmn": content.encode(), "deadlines.dmn": DEADLINES}, World())
    (fault,) = [each for each in found if each.rule == "too-long" and each.reason.startswith(label)]
    assert fault.file == "p.bpmn"
    assert fault.line == 2
    assert fault.element[:1] in "ox"
    assert "最多 80 个" in fault.reason


def test_a_question_at_a_gateway_may_be_long_and_a_path_may_not():
    body = GOOD + f'<bpmn:exclusiveGateway id="g" name="{LONG}"/>'
    assert "too-long" not in findings(body)
    path = f"forms/{WIDE}.form"
    (fault,) = [each for each in check.findings({path: b"{}"}, World()) if each.rule == "too-long"]
    assert fault.file == path


def test_the_name_of_a_decision_stands_in_the_timeline():
    long = DEADLINES.replace(
        b'<decision id="deadlines" name="deadlines">', f'<decision id="deadlines" name="{LONG}">'.encode()
    )
    (fault,) = [each for each in check.findings({"deadlines.dmn": long}, World()) if each.rule == "too-long"]
    assert (fault.element, fault.name, fault.line) == ("deadlines", LONG, 1)


def test_all_findings_come_at_once_with_names_and_lines():
    found = findings(
        '<bpmn:startEvent id="s"/>\n'
        + user("no_form", lane="业务科室", clause="J8")
        + step("wrong_form", form="a/c")
        + step("wrong_lane", lane="业务课室")
        + step("wrong_verb", operation="test.marc")
        + step("wrong_deadline", deadline="step.defualt")
        + step("wrong_clause", clause="第8条!")
        + step("wrong_sign", sign="both")
        + step("wrong_exclude", excludes="nobody")
        + step("wrong_assignee", assignee="same:nobody")
        + step("wrong_routes", routes="verdict")
        + step("misspelt", dedline="x")
        + "".join(
            flow(a, b)
            for a, b in [
                ("s", "no_form"),
                ("no_form", "wrong_form"),
                ("wrong_form", "wrong_lane"),
                ("wrong_lane", "wrong_verb"),
                ("wrong_verb", "wrong_deadline"),
                ("wrong_deadline", "wrong_clause"),
                ("wrong_clause", "wrong_sign"),
                ("wrong_sign", "wrong_exclude"),
                ("wrong_exclude", "wrong_assignee"),
                ("wrong_assignee", "wrong_routes"),
                ("wrong_routes", "misspelt"),
                ("misspelt", "e"),
            ]
        )
        + '<bpmn:endEvent id="e"/>',
    )
    assert found == {
        "no-form": ["no_form"],
        "unknown-form": ["wrong_form"],
        "lane": ["wrong_lane"],
        "unknown-operation": ["wrong_verb"],
        "unknown-deadline": ["wrong_deadline"],
        "clause": ["wrong_clause"],
        "sign": ["wrong_sign"],
        "excludes": ["wrong_exclude"],
        "assignee": ["wrong_assignee"],
        "routes": ["wrong_routes"],
        "unknown-property": ["misspelt"],
    }


def split(*flows: str, default: str = "") -> str:
    mark = f' default="{default}"' if default else ""
    return (
        '<bpmn:startEvent id="s"/>' + step("one", routes="decision") + f'<bpmn:exclusiveGateway id="g" name="同意？"{mark}/>' + step("two")
        + '<bpmn:endEvent id="e"/>' + flow("s", "one") + flow("one", "g") + "".join(flows) + flow("two", "e")
    )  # fmt: skip


def test_gateways_must_lead_somewhere_whatever_the_data_says():
    assert "no-default" in findings(split(flow("g", "two", "decision = 1"), flow("g", "e", "decision = 2")))
    assert "no-condition" in findings(split(flow("g", "two"), flow("g", "e"), default="g_e"))
    assert "default-condition" in findings(
        split(flow("g", "two", "decision = 1"), flow("g", "e", "true"), default="g_e")
    )
    assert findings(split(flow("g", "two", "decision = 1"), flow("g", "e"), default="g_e")) == {}


def test_conditions_are_feel_over_names_that_exist():
    assert "feel" in findings(split(flow("g", "two", "decision = = 1"), flow("g", "e"), default="g_e"))
    assert "feel-name" in findings(split(flow("g", "two", "decison = 1"), flow("g", "e"), default="g_e"))
    assert "feel" in findings(split(flow("g", "two", "__import__('os')"), flow("g", "e"), default="g_e"))


def test_arrows_must_be_walkable():
    assert "condition-ignored" in findings(GOOD.replace(flow("one", "e"), flow("one", "e", "true")))
    assert "two-ways-out" in findings(GOOD + step("two") + flow("one", "two") + flow("two", "e"))
    assert "unreachable" in findings(GOOD + step("two") + flow("two", "e"))
    assert "no-way-out" in findings('<bpmn:startEvent id="s"/>' + step("one") + flow("s", "one"))
    assert "one-start" in findings(GOOD + '<bpmn:startEvent id="s2"/>' + flow("s2", "one"))
    assert "dangling-flow" in findings(GOOD + flow("one", "nowhere"))


def test_a_cycle_in_which_nothing_waits_is_refused():
    body = (
        '<bpmn:startEvent id="s"/>' + step("one", routes="decision") + '<bpmn:exclusiveGateway id="g" name="g" default="g_h"/>'
        '<bpmn:exclusiveGateway id="h" name="h" default="h_g"/><bpmn:endEvent id="e"/>'
        + flow("s", "one") + flow("one", "g") + flow("g", "h") + flow("h", "g") + flow("h", "e", "decision = 1") + flow("g", "e", "decision = 2")
    )  # fmt: skip
    assert "restless-cycle" in findings(body)


@pytest.mark.parametrize(("kind", "refused"), [("inclusiveGateway", True), ("parallelGateway", False)])
def test_an_inclusive_gateway_does_not_join_within_a_cycle(kind, refused):
    split = f'<bpmn:{kind} id="f" name="f"' + (' default="f_one"/>' if refused else "/>")
    body = (
        '<bpmn:startEvent id="s"/><bpmn:exclusiveGateway id="m" name="m"/>' + split + step("one") + step("two", routes="decision")
        + f'<bpmn:{kind} id="j" name="j"/><bpmn:exclusiveGateway id="g" name="g" default="g_e"/><bpmn:endEvent id="e"/>'
        + flow("s", "m") + flow("m", "f") + flow("f", "one") + flow("f", "two", "decision = 1" if refused else "")
        + flow("one", "j") + flow("two", "j") + flow("j", "g") + flow("g", "e") + flow("g", "m", "decision = 2")
    )  # fmt: skip
    assert ("inclusive-join-in-cycle" in findings(body)) is refused


def test_timers_need_a_deadline_and_a_way():
    timer = '<bpmn:timerEventDefinition><bpmn:timeDate xsi:type="bpmn:tFormalExpression">due</bpmn:timeDate></bpmn:timerEventDefinition>'
    found = findings(
        GOOD + f'<bpmn:boundaryEvent id="t" name="到期" attachedToRef="one">{timer}</bpmn:boundaryEvent>'
    )
    assert found["no-deadline"] == ["t"]
    assert found["boundary-way"] == ["t"]


def test_processes_that_call_each_other_are_refused():
    def calling(name: str, called: str) -> str:
        return process(
            name,
            f'<bpmn:startEvent id="{name}s"/><bpmn:callActivity id="{name}c" name="c" calledElement="{called}"/><bpmn:endEvent id="{name}e"/>'
            + flow(f"{name}s", f"{name}c")
            + flow(f"{name}c", f"{name}e"),
        )

    content = HEAD + calling("a", "b") + calling("b", "a") + "</bpmn:definitions>"
    rules = [
        finding.rule
        for finding in check.findings({"a.bpmn": content.encode(), "deadlines.dmn": DEADLINES}, World())
    ]
    assert "call-cycle" in rules


def test_strangers_xml_is_refused_before_it_is_understood():
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"/>'
    for content, rule in (
        (bomb, "xml-doctype"),
        (b"<a", "xml-syntax"),
        (b"<a/>", "not-bpmn"),
        (b" " * 5_000_001, "xml-size"),
    ):
        with pytest.raises(ModelInvalid) as refused:
            model.read(content, "x.bpmn")
        assert [finding.rule for finding in refused.value.findings] == [rule]


def test_the_runtimes_own_test_diagrams_would_be_told_what_they_lack():
    found = check.findings({name: content.encode() for name, content in FILES.items()}, World())
    assert {finding.rule for finding in found} >= {"no-form", "no-clause", "unknown-deadline"}


def calls(multiple=True, **props):
    """Findings about a call activity of a process that takes `findings`; the called one takes `finding`."""
    many = '<bpmn:multiInstanceLoopCharacteristics isSequential="false"/>' if multiple else ""
    body = (
        '<bpmn:startEvent id="s"/>'
        f'<bpmn:callActivity id="c" name="逐项核对" calledElement="child">{bag(**props)}{many}</bpmn:callActivity>'
        '<bpmn:endEvent id="e"/>' + flow("s", "c") + flow("c", "e")
    )
    child = (
        '<bpmn:startEvent id="x"/>'
        + step("look")
        + '<bpmn:endEvent id="y"/>'
        + flow("x", "look")
        + flow("look", "y")
    )
    content = (
        HEAD
        + process("p", body, takes="findings")
        + process("child", child, takes="finding")
        + "</bpmn:definitions>"
    )
    files = {"p.bpmn": content.encode(), "deadlines.dmn": DEADLINES, "forms/a/b.form": b"{}"}
    return check.findings(files, World())


def test_the_list_of_a_multi_instance_call_is_feel_over_the_process_data():
    assert calls(collection="findings[risk = &quot;high&quot;]", each="finding") == []
    assert calls(collection="for f in findings return {finding: f}") == []


@pytest.mark.parametrize(
    ("props", "rule", "words"),
    [
        ({"collection": "findings[", "each": "finding"}, "feel", "个字"),
        ({"collection": "findngs", "each": "finding"}, "feel-name", "第 1 个字符处的名称“findngs”"),
        ({"collection": "lst(findings)", "each": "finding"}, "feel-name", "函数“lst”"),
        ({"collection": "findings", "items": "test.items"}, "items-twice", "只留一个"),
        ({"collection": "findings", "each": "other"}, "each", "不接收“other”"),
        ({"items": "test.items", "each": "finding"}, "each", "只和 collection 一起用"),
        ({"items": "test.itms"}, "items", "test.items"),
        ({}, "items", "FEEL 列表"),
    ],
)
def test_what_a_multi_instance_call_cannot_be_is_refused_by_name_and_place(props, rule, words):
    found = [finding for finding in calls(**props) if finding.rule == rule]
    assert [finding.element for finding in found] == ["c"], calls(**props)
    assert words in found[0].reason + found[0].hint


def test_a_list_on_a_single_call_is_refused():
    assert [finding.rule for finding in calls(multiple=False, collection="findings")] == [
        "items-single",
        "takes",
    ]
