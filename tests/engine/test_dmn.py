"""Decision tables and requirement graphs as process owners draw them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.errors import ModelInvalid, NotFound, RuleError
from engine.rules.dmn import load, load_all
from engine.rules.feel import to_feel
from tests.engine.dmn_samples import data, decision, literal, model, table, text


def decided(logic: str, **given: object):
    """The answer of one decision over its inputs."""
    names = list(given)
    file = model(data(*names), decision("结论", logic, *(f"i-{name}" for name in names)))
    return load(file, file="t.dmn").decide("结论", given)


ROWS = [(["< 10"], ['"低"']), (["[5..20]"], ['"中"']), (["> 15"], ['"高"'])]


@pytest.mark.parametrize(
    ("policy", "score", "answer"),
    [
        ("UNIQUE", 3, '"低"'),
        ("UNIQUE", 7, "null"),
        ("ANY", 7, "null"),
        ("FIRST", 7, '"低"'),
        ("PRIORITY", 7, '"中"'),
        ("RULE ORDER", 7, '["低", "中"]'),
        ("OUTPUT ORDER", 7, '["中", "低"]'),
        ("OUTPUT ORDER", 17, '["高", "中"]'),
        ("COLLECT", 7, '["低", "中"]'),
    ],
)
def test_hit_policies(policy, score, answer):
    order = '"高", "中", "低"' if policy in {"PRIORITY", "OUTPUT ORDER"} else ""
    assert to_feel(decided(table(["分"], ROWS, policy=policy, order=order), 分=score).value) == answer


@pytest.mark.parametrize(("how", "answer"), [("SUM", "3"), ("MIN", "1"), ("MAX", "2"), ("COUNT", "2")])
def test_collect_aggregates(how, answer):
    rows = [(["> 0"], ["1"]), (["> 1"], ["2"]), (["> 99"], ["3"])]
    logic = table(["分"], rows, policy="COLLECT", aggregation=how)
    assert to_feel(decided(logic, 分=5).value) == answer


def test_several_outputs_are_a_context():
    logic = table(["分"], [(["-"], ['"全查"', "0.05"])], outputs=["方式", "比例"])
    assert decided(logic, 分=1).value == {"方式": "全查", "比例": Decimal("0.05")}


def test_nothing_matched_is_never_a_quiet_null():
    answer = decided(table(["分"], ROWS), 分=None)
    assert answer.value is None
    assert answer.diagnostics[0] == "决策“结论”没有一行命中"


def test_an_unusable_answer_is_an_error():
    assert decided(table(["分"], ROWS), 分=3).usable() == "低"
    with pytest.raises(RuleError, match="决策“结论”没有结果：决策“结论”没有一行命中"):
        decided(table(["分"], ROWS), 分=None).usable()


def test_the_order_of_a_types_allowed_values_is_a_priority():
    kinds = '<itemDefinition name="级"><typeRef>string</typeRef>' + text("allowedValues", '"重", "轻"')
    logic = table(["分"], [(["-"], ['"轻"']), (["> 5"], ['"重"'])], policy="PRIORITY")
    logic = logic.replace('<output name="结果">', '<output name="结果" typeRef="级">')
    file = model(kinds + "</itemDefinition>", data("分"), decision("结论", logic, "i-分"))
    assert load(file).decide("结论", {"分": 6}).value == "重"


def test_a_default_answers_where_no_row_does():
    assert decided(table(["分"], [(["> 5"], ["1"])], default="0"), 分=1).value == 0


def test_a_value_outside_the_allowed_ones_is_said():
    logic = table(["级"], [(["-"], ["1"])], allowed='"一级", "二级"')
    assert decided(logic, 级="一级").value == 1
    answer = decided(logic, 级="四级")
    assert answer.value is None
    assert '不在允许的取值内："一级", "二级"' in answer.diagnostics[0]


def test_an_answer_tells_why():
    """Inputs, rows and annotations are kept for the case page."""
    answer = decided(table(["分"], ROWS), 分=28.5)
    assert answer.value == "高"
    [why] = answer.matched
    assert why.as_json() == {
        "table": "t",
        "label": "决策“结论”",
        "policy": "UNIQUE",
        "inputs": {"分": "28.5"},
        "rows": [{"number": 3, "id": "r3", "annotations": ["依据：第3条"], "outputs": ['"高"']}],
    }
    assert answer.inputs == {"分": Decimal("28.5")}


# -- graphs


def test_a_graph_of_decisions_knowledge_and_services():
    file = model(
        data("基数"),
        '<businessKnowledgeModel id="b-折算" name="折算"><variable name="折算"/><encapsulatedLogic>'
        '<formalParameter name="数" typeRef="number"/>'
        + literal("数 * 2")
        + "</encapsulatedLogic></businessKnowledgeModel>",
        decision("样本量", literal("折算(基数) + 1"), "i-基数", "b-折算"),
        '<decisionService id="s-抽样" name="抽样"><variable name="抽样"/><outputDecision href="#d-样本量"/>'
        '<inputData href="#i-基数"/></decisionService>',
        decision("两次", literal("抽样(1) + 抽样(基数: 2)"), "s-抽样"),
    )
    found = load(file)
    assert found.decide("样本量", {"基数": 10}).value == 21
    assert found.decide("d-样本量", {"基数": "十"}).value is None
    assert found.decide("两次", {}).value == 8
    assert found.invoke("抽样", {"基数": 5}).value == 11
    assert found.invoke("折算", {"数": 5}).value == 10
    assert [node.name for node in found.decisions()] == ["样本量", "两次"]


def test_a_decision_sees_only_what_it_requires():
    file = model(data("甲", "乙"), decision("结论", literal("甲 + 乙"), "i-甲"))
    assert faults(file) == ["name 4 d-结论 表达式“甲 + 乙”有误：第 5 个字符处的名称“乙”不存在。"]
    answer = load(file, strict=False).decide("结论", {"甲": 1, "乙": 2})
    assert answer.value is None
    assert "没有名为“乙”的数据" in answer.diagnostics[0]


def test_a_missing_input_is_said_by_name():
    answer = load(model(data("甲"), decision("结论", literal("甲 = 1"), "i-甲"))).decide("结论", {})
    assert answer.diagnostics[0] == "缺少输入“甲”"


def test_types_of_the_model_convert_and_refuse():
    kinds = (
        '<itemDefinition name="等级"><typeRef>string</typeRef>'
        + text("allowedValues", '"一", "二"')
        + "</itemDefinition>"
        '<itemDefinition name="名单" isCollection="true"><typeRef>等级</typeRef></itemDefinition>'
    )
    file = model(kinds, data("给", kind="名单"), decision("结论", literal("给"), "i-给", kind="名单"))
    found = load(file)
    assert found.decide("结论", {"给": "一"}).value == ["一"]
    refused = found.decide("结论", {"给": ["一", "三"]})
    assert refused.value is None
    assert "不符合类型" in refused.diagnostics[0]


YUAN = '"元"'


def test_boxed_expressions():
    entries = {
        "单价": literal("[3, 4, 5]"),
        "贵": f"<filter><in>{literal('单价')}</in><match>{literal('item > 3')}</match></filter>",
        "倍": f'<for iteratorVariable="x"><in>{literal("贵")}</in><return>{literal("x * 2")}</return></for>',
        "都贵": f'<every iteratorVariable="x"><in>{literal("倍")}</in>'
        f"<satisfies>{literal('x > 7')}</satisfies></every>",
        "": f"<conditional><if>{literal('都贵')}</if>"
        f"<then><list>{literal('sum(倍)')}{literal(YUAN)}</list></then>"
        f"<else>{literal('null')}</else></conditional>",
    }
    boxed = ""
    for name, logic in entries.items():
        variable = f'<variable name="{name}"/>' if name else ""
        boxed += f"<contextEntry>{variable}{logic}</contextEntry>"
    assert decided(f"<context>{boxed}</context>").value == [Decimal(18), "元"]


def test_a_relation_is_a_list_of_contexts():
    rows = "".join(
        f"<row>{literal(name)}{literal(count)}</row>" for name, count in (('"甲"', "1"), ('"乙"', "2"))
    )
    relation = f'<relation><column name="名"/><column name="数"/>{rows}</relation>'
    assert to_feel(decided(relation).value) == '[{名: "甲", 数: 1}, {名: "乙", 数: 2}]'


def test_files_import_each_other():
    library = model(
        '<itemDefinition name="比例"><typeRef>number</typeRef></itemDefinition>',
        data("规模"),
        decision("基准", literal("规模 * 0.05"), "i-规模", kind="比例"),
        namespace="urn:lib",
        name="lib",
    )
    main = model(
        '<import name="国家" namespace="urn:lib" importType="https://www.omg.org/spec/DMN/20230324/MODEL/"/>',
        '<decision id="d" name="本地"><variable name="本地" typeRef="国家.比例"/><informationRequirement>'
        '<requiredDecision href="urn:lib#d-基准"/></informationRequirement>'
        + literal("国家.基准 + 1")
        + "</decision>",
    )
    assert load_all([("main.dmn", main), ("lib.dmn", library)]).decide("本地", {"规模": 100}).value == 6
    with pytest.raises(ModelInvalid, match="导入的模型 urn:lib 不在一起"):
        load(main)


def test_an_endless_graph_and_an_endless_function_stop():
    loop = model(decision("甲", literal("乙"), "d-乙"), decision("乙", literal("甲"), "d-甲"))
    assert any("依赖它自己" in line for line in load(loop).decide("甲", {}).diagnostics)
    endless = model(
        '<businessKnowledgeModel id="b-f" name="f"><variable name="f"/><encapsulatedLogic>'
        '<formalParameter name="n"/>' + literal("f(n + 1)") + "</encapsulatedLogic></businessKnowledgeModel>",
        decision("结论", literal("f(1)"), "b-f"),
    )
    with pytest.raises(RuleError, match="层"):
        load(endless).decide("结论", {})


def test_an_unknown_decision_gives_the_nearest_name():
    with pytest.raises(NotFound, match="是否想写“抽查比例”"):
        load(model(decision("抽查比例", literal("1")))).decide("抽查比率", {})


# -- what is refused at load


def faults(file: bytes) -> list[str]:
    """The findings of a file, as `rule line element reason`."""
    with pytest.raises(ModelInvalid) as caught:
        load(file, file="t.dmn")
    return [f"{item.rule} {item.line} {item.element} {item.reason}" for item in caught.value.findings]


@pytest.mark.parametrize(
    ("part", "said"),
    [
        (decision("d", literal("1 +")), "feel 3 d-d 表达式“1 +”有误：第 4 个字符处"),
        (decision("d", literal("1"), "i-无"), "reference 3 d-d 引用的元素 #i-无 不存在"),
        (decision("d", literal("1"), kind="没有"), "type 3 d-d 没有类型“没有”"),
        (decision("d", "<surprise/>" + literal("1")), "unknown-element 3 d-d 不认识的元素 surprise"),
        (
            decision("d", table(["1"], [(["-"], ["1"])], policy="NEWEST")),
            "hit-policy 3 t 不认识的命中策略 NEWEST",
        ),
        (decision("d", table(["1", "2"], [(["-"], ["1"])])), "row 3 r1 第 1 行的格数与列数不符"),
        (
            decision(
                "d",
                '<literalExpression expressionLanguage="http://groovy"><text>1</text></literalExpression>',
            ),
            "language 3 d-d 不支持表达式语言 http://groovy",
        ),
        (
            '<businessKnowledgeModel id="b" name="b"><variable name="b"/><encapsulatedLogic kind="Java">'
            + literal('{class: "java.lang.Math", method signature: "cos(double)"}')
            + "</encapsulatedLogic></businessKnowledgeModel>",
            "external 3 b 不允许调用外部函数(Java)",
        ),
    ],
)
def test_a_fault_is_found_with_element_and_line(part, said):
    [found] = faults(model(part))
    assert found.startswith(said)


def test_all_faults_come_at_once():
    assert len(faults(model(decision("a", literal("1 +")), decision("b", literal(")"))))) == 2


@pytest.mark.parametrize(
    ("file", "rule"),
    [
        (b"<definitions", "xml-syntax"),
        (b'<!DOCTYPE d [<!ENTITY a "b">]><definitions/>', "xml-doctype"),
        (b"<definitions/>", "namespace"),
        (b'<definitions xmlns="http://example.org/"/>', "namespace"),
        (b"<a>" + b" " * (5 * 1024 * 1024) + b"</a>", "xml-size"),
    ],
)
def test_what_is_not_a_dmn_file(file, rule):
    assert faults(file)[0].startswith(rule)


def test_an_entity_is_never_read():
    bomb = b'<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><definitions>&x;</definitions>'
    assert faults(bomb) == ["xml-doctype 1 definitions 文件含有 DOCTYPE。"]


def test_a_file_with_too_many_expressions_is_refused(monkeypatch):
    monkeypatch.setattr("engine.rules.dmn.document.MOST_TEXTS", 20)
    rows = [([str(number)], ["1"]) for number in range(30)]
    assert faults(model(data("分"), decision("d", table(["分"], rows), "i-分")))[0].startswith("size")


def test_a_faulty_file_can_still_be_asked_for_its_good_parts():
    found = load(model(decision("好", literal("1")), decision("坏", literal("1 +"))), strict=False)
    assert found.decide("好", {}).value == 1
    assert "无法读取" in found.decide("坏", {}).diagnostics[0]
    assert len(found.findings) == 1


@pytest.mark.parametrize(
    "namespace",
    [
        "http://www.omg.org/spec/DMN/20151101/dmn.xsd",
        "http://www.omg.org/spec/DMN/20180521/MODEL/",
        "https://www.omg.org/spec/DMN/20191111/MODEL/",
        "https://www.omg.org/spec/DMN/20211108/MODEL/",
    ],
)
def test_all_versions_of_the_standard(namespace):
    file = model(decision("d", literal("1"))).replace(
        b"https://www.omg.org/spec/DMN/20230324/MODEL/", namespace.encode()
    )
    assert load(file).decide("d", {}).value == 1
