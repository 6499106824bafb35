"""时限和参数随案件的版本: a running case keeps the rules of its release, a new case obeys those in force."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from engine.desk import intake
from engine.desk.release import findings
from engine.desk.world import seed_files
from engine.domain import report
from engine.domain.registry import object_by_code
from engine.people import Person
from engine.runtime import release
from tests.scenarios import acts
from tests.scenarios import inspections as told
from tests.scenarios import test_draw as draws
from tests.scenarios import test_registry as registry
from tests.scenarios.test_inspection import refused

STEP = "提交随机抽查情况报告"
CHOOSE = "确定检查组组长"


def five_become_eight(table: bytes) -> bytes:
    """舞 第十四条 as another bureau might write it: 8 working days for the report."""
    row = re.compile(r'(<text>"report.submit"</text></inputEntry>\s*<outputEntry[^>]*><text>)5(</text>)')
    text, changed = row.subn(r"\g<1>8\2", table.decode())
    assert changed == 1
    return text.encode()


def reports(installation, case, inspection_id):
    """The team hands in its report; gives the last day that the verb wrote down."""
    told.fed_back(installation, case, inspection_id)
    case.completes("提出处理意见", kind="none", opinion="无需处理")
    due = case.expects(STEP).due_at.date().isoformat()
    case.completes(STEP, advice="加强管理")
    return due, installation.read(lambda s: report.of(s, inspection_id)).due_on.isoformat()


def test_a_verb_counts_by_the_table_of_the_cases_own_release(wugang):
    old, of_old = told.begins(wugang, wugang.bureau)
    files = seed_files("wugang")
    files["deadlines.dmn"] = five_become_eight(files["deadlines.dmn"])
    wugang.does(lambda session: release.deploy(session, "wugang", files))
    new, of_new = told.begins(wugang, wugang.bureau)

    assert reports(wugang, old, of_old) == ("2026-03-09", "2026-03-09")
    assert reports(wugang, new, of_new) == ("2026-03-12", "2026-03-12")


def test_a_verb_obeys_the_parameters_of_the_cases_own_release(jilin):
    """`leader.choice`: a release has the leader drawn; who began before it still chooses among the drawn."""
    old, of_old = told.begins(jilin, jilin.bureau, people=3)
    jilin.releases("leader.choice", "drawn")
    new, of_new = told.begins(jilin, jilin.bureau, people=3)
    _, of_the_old, _ = told.members(jilin, of_old)
    first, second, _ = told.members(jilin, of_new)
    old.completes(CHOOSE, leader=of_the_old[0], reason="熟悉该类机构")
    refused("form-invalid", new.completes, CHOOSE, leader=second[0], reason="熟悉该类机构")
    new.completes(CHOOSE, leader=first[0], reason="抽取产生")


@pytest.mark.parametrize(("began", "counted"), [("before", ("cap", 1)), ("after", ("", 2))])
def test_the_yearly_cap_is_that_of_the_release_that_the_case_began_under(jilin, began, counted):
    """吉 第十一条: a release allows two inspections a year; a plan that began before it draws with one."""
    if began == "after":
        jilin.releases("cap.per_year", 2)
    case = draws.opened(jilin)
    if began == "before":
        jilin.releases("cap.per_year", 2)
    code = acts.object_codes(jilin, jilin.bureau)[0]
    draws.edit(jilin, code, visits=1, visits_year=2026)
    acts.seals(acts.locks(case))
    thing = next(each for each in draws.draw_of(case).document["objects"] if each["id"] == code)
    assert (thing["excl"], thing["cap"]) == counted


def test_the_release_check_reads_the_parameters(jilin):
    """Every fault of `packs/<name>.toml` is found before it is frozen, by key and line."""
    files = seed_files("jilin")
    assert [each for each in found(jilin, files) if each.file.startswith("packs/")] == []
    text = files["packs/jilin.toml"].decode()
    line = text.count("\n") + 1
    for added, rule in (
        ('"cap.per_week" = { value = 1, strength = "hard", source = "J11" }', "unknown-key"),
        ('"team.licensed" = { value = "两", strength = "hard", source = "J16" }', "type"),
        ('"team.licensed" = { value = 3, strength = "hard" }', "missing-source"),
        ('"team.licensed" = { value = 3, strength = "hard", source = "W11" }', "foreign-source"),
        ("]", "toml"),
    ):
        files["packs/jilin.toml"] = f"{text}{added}\n".encode()
        (fault,) = [each for each in found(jilin, files) if each.file == "packs/jilin.toml"]
        assert (fault.rule, fault.line) == (rule, 0 if rule == "toml" else line), added
    files["packs/jilin.toml"] = text.replace('inherits = "national"', 'inherits = "henan"').encode()
    assert {"parent"} <= {each.rule for each in found(jilin, files)}


def test_a_release_without_parameters_or_with_those_in_a_wrong_place_is_refused(jilin):
    files = {path: text for path, text in seed_files("jilin").items() if not path.startswith("packs/")}
    assert "missing-file" in {each.rule for each in found(jilin, files)}
    strayed = seed_files("jilin") | {"pack.toml": b""}
    assert [(each.file, each.rule) for each in found(jilin, strayed) if each.rule == "place"] == [
        ("pack.toml", "place")
    ]


def test_what_only_the_installed_pack_decides_is_said_by_the_check(jilin):
    """Who keeps a registry is nobody's case: the release says so, instead of changing nothing silently."""
    files = seed_files("jilin")
    keeper = '"registry.objects_by" = { value = "supervision", strength = "hard", source = "J5" }\n'
    files["packs/jilin.toml"] += keeper.encode()
    (said,) = [each for each in found(jilin, files) if each.rule == "installed"]
    assert (said.severity, said.element) == ("warning", "registry.objects_by")


def found(installation, files):
    """What the release check says."""
    return findings(installation.world.answers, files)


def test_who_keeps_a_registry_is_asked_of_the_cases_own_release(jilin):
    """舞 第三条: a release gives the object registry to another unit; a change under way stays with its own."""
    code = acts.object_codes(jilin, jilin.bureau)[0]
    own = jilin.read(lambda session: object_by_code(session, jilin.bureau, code).bureau_id)
    section = registry.section_of(jilin, own)
    rows = [{"act": "close", "code": code, "note": "终止协议"}]
    old = acts.opens_change(jilin, "objects", bureau=own, by=section)
    jilin.releases("registry.objects_by", "supervision")
    new = acts.opens_change(jilin, "objects", bureau=own, by=section)
    drafted = {"by": section, "cause": "协议终止", "rows": rows}
    refused("registry-other-unit", new.completes, "起草检查对象名录库变更", **drafted)
    old.completes("起草检查对象名录库变更", **drafted)


def test_a_file_for_a_registry_is_taken_from_who_keeps_it_by_the_rules_in_force(jilin):
    def hand_in(session):
        keeper = registry.section_of(jilin, jilin.bureau)
        actor = session.scalars(select(Person).where(Person.login == keeper)).one()
        return intake.hand_in(session, actor, "objects", "o.csv", b"x", key="k")

    jilin.releases("registry.objects_by", "supervision")
    refused("registry-other-unit", jilin.does, hand_in)
