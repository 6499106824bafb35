"""Rule packs: inheritance, sources, what `pack check` refuses, and the counted exception."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import pytest

from engine.domain import pack, signing, terms
from engine.domain.pack import files as pack_file_module
from engine.domain.pack import model
from engine.errors import NotAllowed, NotFound, Refused
from engine.people import Bureau, Grant, Person, Role
from engine.settings import ROOT

SHIPPED = ("national", "jilin", "wugang")


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_packs_have_every_parameter_and_no_fault(name: str) -> None:
    assert pack.check(name) == []
    assert list(pack.parameters(name)) == list(pack.CATALOGUE)


@pytest.mark.parametrize(
    ("name", "key", "value", "strength", "source"),
    [
        ("national", "cap.per_year", 1, "principle", "国办发〔2024〕54号"),
        ("jilin", "cap.per_year", 1, "principle", "J11"),
        ("wugang", "cap.per_year", 2, "principle", "W9"),
        ("jilin", "exclude.superior_drawn", True, "hard", "J11"),
        ("wugang", "report.deadline", 5, "hard", "W14"),
        ("jilin", "report.deadline", None, "principle", "国发〔2019〕5号"),
        ("wugang", "publish.deadline", 20, "hard", "W15"),
        ("wugang", "draw.engine", "import", "hard", "W5 W9"),
        ("jilin", "draw.engine", "native", "hard", "国发〔2019〕5号"),
        ("wugang", "team.nominal", 4, "principle", "W9"),
        ("wugang", "team.min", 2, "hard", "W11"),
        ("jilin", "consensus", "required", "hard", "J22"),
        ("wugang", "consensus", "majority", "hard", "医疗保障基金飞行检查管理暂行办法"),
        ("jilin", "publish.channels", ["gsxt", "credit"], "hard", "J25"),
        ("wugang", "lead.publish", True, "hard", "W7"),
        ("jilin", "lead.publish", False, "hard", "国发〔2019〕5号"),
        ("wugang", "item_list.approval", "government", "hard", "W4"),
    ],
)
def test_values_of_the_regulations(name: str, key: str, value: object, strength: str, source: str) -> None:
    parameter = pack.parameters(name)[key]
    assert (parameter.value, parameter.strength, parameter.source) == (value, strength, source)


@pytest.mark.parametrize(("name", "foreign"), [("jilin", "W"), ("wugang", "J"), ("national", "JW")])
def test_no_rule_of_one_province_reaches_another(name: str, foreign: str) -> None:
    for parameter in pack.parameters(name).values():
        refs = [ref for ref in parameter.source.split() if ref.isascii()]
        assert not [ref for ref in refs if ref[0] in foreign], parameter.key


def test_names_and_inheritance() -> None:
    assert pack.names() == ["national", "jilin", "wugang"]
    assert pack.parameters("wugang").lineage == ("wugang", "national")
    assert pack.parameters("wugang").label("supervision") == "政策法规和基金监管股"
    assert pack.parameters("jilin").label("supervision") == "基金监管"
    with pytest.raises(NotFound):
        pack.parameters("henan")
    with pytest.raises(NotFound):
        pack.parameters("wugang")["no.such"]


def test_a_value_before_its_day_is_not_in_force() -> None:
    assert pack.parameters("jilin").value("consensus", date(2021, 11, 23)) is None
    assert pack.parameters("jilin").value("consensus", date(2021, 11, 24)) == "required"


@pytest.fixture
def copied(tmp_path, monkeypatch):
    """The packs in a folder of our own, to be spoilt."""
    folder = tmp_path / "workflows"
    shutil.copytree(terms.WORKFLOWS, folder)
    for module in (terms, pack_file_module, model, __import__("engine.domain.pack.check", fromlist=["x"])):
        monkeypatch.setattr(module, "WORKFLOWS", folder)
    for memo in (terms.lineage, pack_file_module.deadline_rows, model.parameters):
        memo.cache_clear()
    yield folder
    for memo in (terms.lineage, pack_file_module.deadline_rows, model.parameters):
        memo.cache_clear()


def test_a_value_after_its_last_day_is_no_longer_in_force(copied) -> None:
    """A transitional value ends with its day, that day included; where nothing follows there is no rule."""
    path = copied / "wugang" / "pack.toml"
    line = '"plan.amend_with_superior" = { value = true, strength = "hard", source = "W9", valid_to = 2026-06-30 }'
    path.write_text(path.read_text("utf-8") + line + "\n", "utf-8")
    assert pack.check("wugang") == []
    rules = pack.parameters("wugang")
    assert rules.value("plan.amend_with_superior", date(2026, 6, 30)) is True
    assert rules.value("plan.amend_with_superior", date(2026, 7, 1)) is None


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ('"cap.per_week" = { value = 1, strength = "hard", source = "W9" }', "unknown-key"),
        ('"plan.amend_with_superior" = { value = true, strength = "hard" }', "missing-source"),
        ('"plan.amend_with_superior" = { value = "ja", strength = "hard", source = "W9" }', "type"),
        ('"plan.amend_with_superior" = { value = true, strength = "soft", source = "W9" }', "strength"),
        ('"plan.amend_with_superior" = { value = true, strength = "hard", source = "J7" }', "foreign-source"),
        ('"plan.amend_with_superior" = { value = true, strength = "hard", source = "W19" }', "source"),
        (
            '"plan.amend_with_superior" = { value = true, strength = "hard", source = "W9", color = 1 }',
            "unknown-key",
        ),
        (
            '"plan.amend_with_superior" = { value = true, strength = "hard", source = "W9", valid_to = "x" }',
            "validity",
        ),
    ],
)
def test_check_names_the_line(copied, line: str, rule: str) -> None:
    path = copied / "wugang" / "pack.toml"
    path.write_text(path.read_text("utf-8") + line + "\n", "utf-8")
    findings = pack.check("wugang")
    assert [finding.rule for finding in findings] == [rule]
    assert findings[0].line == len(path.read_text("utf-8").splitlines())


def test_check_refuses_a_file_that_differs_from_its_parent_in_layout_only(copied) -> None:
    text = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="http://casework/{p}"
      xmlns:di="http://www.omg.org/spec/BPMN/20100524/DI">
      <process id="p"><startEvent id="s"/></process>{di}</definitions>"""
    (copied / "national" / "p.bpmn").write_text(text.format(p="national", di="<di:BPMNDiagram id='d'/>"))
    child = copied / "wugang" / "p.bpmn"
    child.write_text(text.format(p="wugang", di="\n <!-- moved --> <di:BPMNDiagram id='e'/>"))
    assert [finding.rule for finding in pack.check("wugang")] == ["same-as-parent"]
    child.write_text(child.read_text().replace('id="s"', 'id="begin"'))
    assert pack.check("wugang") == []
    assert pack.pack_files("wugang")["p.bpmn"] == child
    assert pack.pack_files("jilin")["p.bpmn"].parent.name == "national"


def test_check_sees_two_numbers_for_one_deadline(copied) -> None:
    path = copied / "wugang" / "pack.toml"
    path.write_text(
        path.read_text("utf-8").replace('"report.deadline" = { value = 5', '"report.deadline" = { value = 6')
    )
    assert [finding.rule for finding in pack.check("wugang")] == ["deadline"]


def test_citing_shows_a_user_only_what_binds_him() -> None:
    assert terms.cite("J11 W9", "wugang") == "舞医保〔2023〕18号第九条"
    assert terms.cite("J11 J12 行政处罚法", "jilin", short=True) == "吉 第十一条、第十二条；《行政处罚法》"
    assert terms.cite("W9", "jilin") == ""
    assert [terms.chinese_number(n) for n in (1, 10, 18, 20, 30)] == ["一", "十", "十八", "二十", "三十"]


@pytest.fixture
def people(session):
    """A bureau with a clerk and a deputy director."""
    bureau = Bureau(
        division="410481", name="舞钢市医疗保障局", short_name="舞钢", level="county", pack="wugang"
    )
    session.add(bureau)
    session.flush()
    clerk, leader = (
        Person(bureau_id=bureau.id, staff_no=f"S{n}", login=f"p{n}", name=f"某{n}") for n in (1, 2)
    )
    session.add_all([clerk, leader])
    session.flush()
    session.add(
        Grant(person_id=leader.id, bureau_id=bureau.id, role=Role.LEADER, valid_from=date(2020, 1, 1))
    )
    session.flush()
    session.expire_all()
    return bureau, clerk, leader


def _step(session, bureau, actor):
    rules = pack.parameters("wugang")
    return SimpleNamespace(
        session=session, bureau_id=bureau.id, pack="wugang", rules=rules, actor=actor, case_id=7
    )


def test_a_broken_principle_needs_reason_and_approver_and_is_counted(session, people) -> None:
    bureau, clerk, leader = people
    step = _step(session, bureau, clerk)
    with pytest.raises(Refused, match="理由"):
        pack.record_break(step, "cap.per_year", "H41048100001", " ", leader)
    with pytest.raises(NotAllowed, match="分管领导"):
        pack.record_break(step, "cap.per_year", "H41048100001", "投诉较多", clerk)
    with pytest.raises(NotAllowed, match="自己"):
        pack.record_break(
            _step(session, bureau, leader), "cap.per_year", "x", "投诉", leader, requester=leader
        )
    with pytest.raises(Refused, match="硬性"):
        pack.record_break(step, "team.min", "x", "人手不足", leader)
    row = pack.record_break(step, "cap.per_year", "H41048100001", "投诉较多", leader)
    assert pack.breaks(session, bureau.id, row.at.year) == {"cap.per_year": 1}


ASKED = re.compile(r"""(?:\[|value\(|_break\(\s*step,|: |\{|, |key = |else )\s*"([a-z_]+(?:\.[a-z_]+)*)\"""")
"""How a verb asks: `["team.min"]`, `.value("lead.publish")`, a broken principle, a table or a choice of keys."""
ENTERED = re.compile(r"""(?:@operation|@prefill|action=)\(?"[a-z_.]+\"""")


def test_every_parameter_of_a_pack_is_read_somewhere() -> None:
    """A rule that nothing obeys is a promise to nobody: each key is read by a verb or tied to a row of days."""
    sources = (path.read_text("utf-8") for path in (ROOT / "engine" / "domain").rglob("*.py"))
    read = {key for text in sources for key in ASKED.findall(ENTERED.sub("", text))}
    assert sorted(set(pack.CATALOGUE) - read) == []


def test_a_pack_may_ask_leaders_too_to_show_again_who_they_are() -> None:
    """`sign.reauth`: signatures by default; approvals of 分管领导 and 主要负责人 where the pack adds them."""
    jilin = pack.parameters("jilin")
    assert signing.minutes(jilin, "检查组", signs=True) == 15
    assert signing.minutes(jilin, "分管领导", signs=False) == 0
    asked = {**jilin.items, "sign.reauth": replace(jilin["sign.reauth"], value=["approval"])}
    stricter = replace(jilin, items=asked)
    assert signing.minutes(stricter, "分管领导", signs=False) == 15
    assert signing.minutes(stricter, "检查组", signs=True) == 0
