"""The rules where they are used: one language, no null that slips through, every decision explained."""

from __future__ import annotations

import json
import re
from dataclasses import fields, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from engine import operation
from engine.domain.ceremony import pool
from engine.errors import RuleError
from engine.people import Bureau, Person
from engine.rules.dmn import load
from engine.rules.feel import DEFAULT, DateTime, DaysTime, Time, evaluate, parse
from engine.rules.plain import plain
from engine.runtime import release
from engine.runtime.check import findings
from engine.runtime.instance import Runtime
from engine.runtime.spiff.kernel import Environment
from engine.runtime.tables import History, Instance, WorkItem
from engine.settings import ROOT
from forms import condition
from tests.engine.dmn_samples import data, decision, literal, model, table
from tests.engine.test_runtime import HEAD, Ports, bag, flow, process, service, user

# --- one language ---------------------------------------------------------------------------------

OWN = [
    path
    for room in ("engine", "forms", "web")
    for path in (ROOT / room).rglob("*")
    if path.suffix in {".py", ".js"} and "node_modules" not in path.parts and "verify" not in path.parts
]


def test_nothing_else_evaluates_what_an_owner_writes():
    """No second language: no code from text, in Python or in the browser, and no script of the kernel."""
    other = re.compile(
        r"(?<![\w.])(eval|exec|compile)\(|\bast\.literal_eval|new Function\(|from_string\("
        r"|PythonScriptEngine|simpleeval|asteval|numexpr|jsonlogic|json_logic|SpiffWorkflow\.dmn"
    )
    found = []
    for path in OWN:
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            if other.search(line) and not line.lstrip().startswith(("#", "//", "def ")):
                found.append(f"{path.relative_to(ROOT)}:{number} {line.strip()}")
    # The browser's `evaluate` walks the tree that our parser made; nothing of it is code.
    assert not found, "\n".join(found)


def test_no_diagram_names_another_language():
    for path in [*ROOT.glob("workflows/*/*.bpmn"), *ROOT.glob("workflows/*/*.dmn")]:
        assert not re.search(r'\b(expressionLanguage|language|scriptFormat)="', path.read_text("utf-8")), path


# --- no null slips through ------------------------------------------------------------------------


def test_a_gateway_and_a_timer_refuse_a_null_with_a_reason():
    environment = Environment()
    assert environment.evaluate("decision = null", {}) is True
    for text in ("问题数 > 3", "date(到期)", "名单[1]"):
        with pytest.raises(RuleError, match="没有结果"):
            environment.evaluate(text, {"问题数": None, "到期": "2026-02-30", "名单": []})


def test_a_form_condition_that_cannot_be_told_does_not_hold():
    hidden = condition.read('=count > 3 or kind != "a"')
    assert hidden.holds({"count": 4})
    assert not hidden.holds({"count": None, "kind": "a"})
    with pytest.raises(RuleError):
        condition.read('="a" + count').value({"count": 3})


BROKEN = model(
    data("数"),
    decision("d", table(["数"], [(["> 0"], ['"有"', "10 / (数 - 1)"])], outputs=("a", "b")), "i-数"),
    decision("list", table(["数"], [(["-"], ["10 / (数 - 1)"]), (["-"], ["7"])], policy="COLLECT"), "i-数"),
    decision("whole", literal("if d.b > 1 then 1 else 2"), "d-d"),
    decision("empty", table(["数"], [(["-"], ['"有"', "null"])], outputs=("a", "b")), "i-数"),
)


@pytest.mark.parametrize("name", ["d", "list", "whole"])
def test_an_output_that_a_fault_made_null_is_refused_even_inside_an_answer(name):
    rules = load(BROKEN)
    assert rules.decide(name, {"数": 3}).usable()
    made = rules.decide(name, {"数": 1})
    assert made.diagnostics
    with pytest.raises(RuleError, match="除数为零"):
        made.usable()


def test_a_null_that_the_owner_wrote_is_an_answer():
    assert load(BROKEN).decide("empty", {"数": 1}).usable() == {"a": "有", "b": None}


def test_a_row_that_asks_for_true_does_not_hold_for_nothing():
    """An empty field is not a yes: found by comparing with the editors' library."""
    rules = load(
        model(
            data("严重"),
            decision("d", table(["严重"], [(["true"], ["1"]), (["-"], ["0"])], policy="FIRST"), "i-严重"),
        )
    )
    assert [rules.decide("d", {"严重": value}).value for value in (True, False, None)] == [1, 0, 0]


def test_values_are_stored_as_plain_json():
    moment = DateTime(date(2026, 3, 2), Time(9, 30, 0, 0, "Asia/Shanghai"))
    value = {
        "n": Decimal("2.0"),
        "half": Decimal("0.5"),
        "day": date(2026, 3, 2),
        "at": moment,
        "for": [DaysTime(86400 * 10**9)],
    }
    stored = json.loads(json.dumps(plain(value)))
    assert stored == {
        "n": 2, "half": 0.5, "day": "2026-03-02", "at": "2026-03-02T09:30:00@Asia/Shanghai", "for": ["P1D"],
    }  # fmt: skip
    assert evaluate("half < 1", stored) is True, "a gateway can compare what a table gave"
    with pytest.raises(RuleError):
        plain(object())


# --- limits: each of them bites -------------------------------------------------------------------

AT_THE_EDGE = {
    "list_size": ("for i in 1..50 return i", 50),
    "string_size": ('"' + "a" * 30 + '" + "' + "b" * 30 + '"', 60),
    "memory": ("for i in 1..50 return i", 50),
    "steps": ("for i in 1..50 return i", 50),
    "calls": ("{f: function(n) if n = 0 then 0 else f(n - 1), y: f(20)}.y", 20),
    "result": ("for i in 1..50 return i", 50),
}


@pytest.mark.parametrize("name", AT_THE_EDGE)
def test_a_lower_limit_refuses_what_the_present_one_allows(name):
    text, needed = AT_THE_EDGE[name]
    expression = parse(text)
    assert expression.evaluate({}).value is not None
    low = expression_under(text, name, needed - 1)
    assert low, f"{name} is not enforced"


def expression_under(text: str, name: str, bound: int) -> bool:
    try:
        result = parse(text).evaluate({}, limits=replace(DEFAULT, **{name: bound}))
    except RuleError as refusal:
        return bool(refusal.reason)
    return result.value is None and bool(result.diagnostics)


AT_READING = ("length", "depth", "nodes", "digits", "exponent")


def test_every_limit_of_a_text_is_enforced_when_it_is_read():
    for text in (
        "1" * (DEFAULT.digits + 1),
        "1e6145",
        "(" * 100 + "1" + ")" * 100,
        "+".join(["1"] * 2001),
        "1+" * 10_001 + "1",
    ):
        with pytest.raises(RuleError):
            parse(text)
    assert {field.name for field in fields(DEFAULT)} == {*AT_THE_EDGE, *AT_READING}


# --- in a running case ----------------------------------------------------------------------------

GRADE = model(
    data("score", kind="number"),
    decision("grade", table(["score"], [
        ([">= 60"], ['"good"', "score / (score - 70)"]), (["< 60"], ['"bad"', "0.5"]),
    ], outputs=("level", "factor")), "i-score"),
)  # fmt: skip
EXTENSIONS = "</bpmn:extensionElements>"
CALLED = "<spiffworkflow:calledDecisionId>d-grade</spiffworkflow:calledDecisionId>"
PROPERTIES = bag(clause="J11").removeprefix("<bpmn:extensionElements>").removesuffix(EXTENSIONS)
ASKING = (
    HEAD
    + process(
        "asking",
        '<bpmn:startEvent id="s"/>'
         '<bpmn:businessRuleTask id="judge" name="评级">'
        + bag(clause="J22").replace(EXTENSIONS, CALLED + EXTENSIONS)
        + "</bpmn:businessRuleTask>"
        + service("ask", "rules.ask").replace(EXTENSIONS, PROPERTIES + EXTENSIONS)
        + '<bpmn:exclusiveGateway id="g" default="g_low"/>' + user("high") + user("low")
        + '<bpmn:endEvent id="e"/><bpmn:endEvent id="e2"/>'
        + flow("s", "judge") + flow("judge", "ask") + flow("ask", "g")
        + flow("g", "high", 'level = "good" and factor &gt; 1') + flow("g", "low")
        + flow("high", "e") + flow("low", "e2"),
        takes="score",
    )
    + "</bpmn:definitions>"
).encode()  # fmt: skip


@operation.operation("rules.ask", gives=("asked",))
def ask(step: operation.Step) -> dict[str, object]:
    """A verb that asks a table."""
    return {"asked": step.machine.decide("d-grade", {"score": 10, "beside": "not an input"})["factor"]}


@pytest.fixture
def machine(session):
    session.add(Bureau(id=1, division="220000", name="局", short_name="局", level="county", pack="test"))
    session.flush()
    session.add(Person(id=1, bureau_id=1, staff_no="E1", login="p1", name="人1"))
    session.flush()
    release.deploy(session, "test", {"asking.bpmn": ASKING, "grade.dmn": GRADE})
    return Runtime(key="k" * 40, ports=Ports())


def begin(machine, session, score):
    actor = session.get(Person, 1)
    case = machine.start(
        session, process="asking", data={"score": score}, bureau_id=1, pack="test", actor=actor
    )
    session.flush()
    return case


@pytest.mark.parametrize(("score", "step"), [(90, "high"), (30, "low")])
def test_a_decision_steers_a_case_and_is_kept_with_its_reasons(machine, session, score, step):
    case = begin(machine, session, score)
    assert session.scalars(select(WorkItem.element).where(WorkItem.instance_id == case.id)).all() == [step]
    judged, asked = session.scalars(
        select(History).where(History.instance_id == case.id, History.kind == "decision").order_by(History.id)
    )
    assert (judged.element, judged.step, judged.clause) == ("judge", "评级", "J22")
    assert judged.detail["inputs"] == {"score": score}
    assert judged.detail["release"] == case.release_id
    assert judged.detail["version"] == 1
    row = 1 if score >= 60 else 2
    assert [hit["number"] for hit in judged.detail["matched"][0]["rows"]] == [row]
    assert judged.detail["matched"][0]["rows"][0]["annotations"] == [f"依据：第{row}条"]
    # A verb's question stands under the verb's step and article, with the inputs used and no others.
    assert (asked.element, asked.step, asked.clause) == ("ask", "grade", "J11")
    assert asked.detail["inputs"] == {"score": 10}
    assert asked.detail["value"] == {"level": "bad", "factor": 0.5}
    assert session.get(Instance, case.id).data["asked"] == 0.5


@pytest.mark.parametrize("score", [70, None, "多"])
def test_a_decision_without_an_answer_stops_the_step_that_asked(machine, session, score):
    """70 breaks one output of two; nothing and a text fit no row. None of them goes on silently."""
    with pytest.raises(RuleError, match="没有结果"):
        begin(machine, session, score)


# --- in the release check -------------------------------------------------------------------------


class Catalogue:
    """Ports of a check that has only tables."""

    def check_documents(self, files):  # noqa: ARG002
        return []

    def check_packs(self, files):  # noqa: ARG002
        return []


def test_the_release_check_reads_tables_as_a_whole():
    rows = [(["< 60"], ["1"]), (["[70..90]"], ["2"]), ([">= 90"], ["3"])]
    found = findings(
        {"grade.dmn": model(data("分"), decision("d", table(["分"], rows), "i-分"))}, Catalogue()
    )
    assert {(one.rule, one.severity, one.element) for one in found} == {
        ("table-conflict", "error", "d-d"),
        ("table-gap", "warning", "d-d"),
    }
    assert any("例如 分 = 90" in one.reason for one in found)


def test_shipped_tables_have_no_finding_but_texts_that_are_no_key():
    """The deadlines table knows its keys; a key that it has not is an error when asked for, by intention."""
    for path in sorted(ROOT.glob("workflows/*/*.dmn")):
        assert findings({path.name: Path(path).read_bytes()}, Catalogue()) == [], path


# --- in a draw ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("factor", "share"), [(1, (5, 100)), (2, (10, 100)), (1.5, (15, 200)), (30, (100, 100)), (None, (5, 100))]
)
def test_a_factor_that_is_no_whole_number_is_not_cut_off(factor, share):
    """The table «uplift» may say 1.5: three halves of 5 %, exactly, and never more than everybody."""
    task = SimpleNamespace(num=5, den=100, at_least=1, rounding="ceil")
    draw = SimpleNamespace(settings={})
    step = SimpleNamespace(machine=SimpleNamespace(decide=lambda _, __: {"risk": "high", "factor": factor}))
    rule = pool._rule(task, pool._factor(step, draw))
    assert (rule["num"], rule["den"]) == share
    assert json.loads(json.dumps(draw.settings)) == draw.settings
