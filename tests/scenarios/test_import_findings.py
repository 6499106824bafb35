"""平台结果与名录库比对.

舞 第五条、第九条: the platform draws; what its result says against the registries is a finding that the leader
in charge settles with a reason, in the record and in the file of the case.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from engine.domain import ceremony
from engine.domain.ceremony import findings
from engine.domain.document.draw_facts import draw_documents, draw_evidence
from engine.domain.draw.text import canonical, sha256
from engine.domain.pack import breaks
from engine.domain.registry import Conflict, inspector_by_staff_no, object_by_code
from engine.errors import Refused
from tests.scenario import Case
from tests.scenarios import acts, test_draw

IMPORT, SETTLE, CHECK = "导入平台抽取结果", "处理平台结果比对问题", "核对平台抽取结果"


def imports(scene: Any, spoil: Any = None, **more: Any) -> Case:
    """A platform's result comes back; `spoil(result)` makes the registries disagree with it."""
    case = acts.locks(test_draw.opened(scene), size=4)
    result = test_draw.platform_result(scene, **more)
    if spoil:
        spoil(result)
    return case.completes(IMPORT, by=acts.DRAFTER, **result)


def found(case: Case) -> list[Any]:
    """The findings about the result."""
    return case.scenario.read(lambda session: findings.of_draw(session, test_draw.draw_of(case).id))


def settles(case: Case, *decided: tuple[str, str]) -> Case:
    """The leader settles the findings in their order: (settlement, why)."""
    rows = [
        {"finding": str(each.id), "settlement": settlement, "why": why}
        for each, (settlement, why) in zip(found(case), decided, strict=True)
    ]
    return case.completes(SETTLE, by=acts.LEADER, decision="settle", settlements=rows)


def visited(case: Case) -> tuple[int, int]:
    """How many objects are visited, how many people serve."""

    def count(session: Any) -> tuple[int, int]:
        draw = ceremony.get(session, test_draw.draw_of(case).id)
        return len(draw.objects), len(draw.people)

    return case.scenario.read(count)


def stranger(result: dict[str, Any]) -> None:
    """An object and a person whom no registry knows, beside those that it knows."""
    result["objects"].append({"group": "G1", "object_code": "H999"})
    result["members"].append({"group": "G1", "staff_no": "N-999"})


def at_cap(scene: Any) -> Any:
    """The first object of the result has been visited as often as a year allows."""
    return lambda result: test_draw.edit(
        scene, result["objects"][0]["object_code"], visits=2, visits_year=2026
    )


def test_names_that_no_registry_knows_are_left_out_and_everybody_can_see_it(wugang):
    case = imports(wugang, stranger)
    case.expects(SETTLE, role="分管领导")
    case.expects_nothing(CHECK)
    assert [each.kind for each in found(case)] == ["unknown-object", "unknown-person"]
    with pytest.raises(Refused) as fault:
        settles(case, ("accept", "平台抽中"), ("drop", "查无此人"))
    assert fault.value.slug == "not-in-scope"
    with pytest.raises(Refused) as fault:
        settles(case, ("drop", "查无此户"), ("accept", "平台匹配"))
    assert fault.value.slug == "person-not-in-pool"
    one = {"finding": str(found(case)[0].id), "settlement": "drop", "why": "查无此户"}
    with pytest.raises(Refused) as fault:
        case.completes(SETTLE, by=acts.LEADER, decision="settle", settlements=[one])
    assert fault.value.slug == "finding-open"
    settles(case, ("drop", "查无此户"), ("drop", "查无此人"))
    case.completes(CHECK, by=acts.WITNESS, decision="agree")
    acts.signs(case)
    draw = test_draw.draw_of(case)
    body = draw.events[0]["body"]
    assert "H999" in body["objects"], "the platform's result is frozen as it came"
    assert visited(case) == (2, 4)
    said = findings.as_document(found(case))
    assert {"name": findings.DOCUMENT, "sha256": sha256(canonical(said))} in body["evidence"]
    paper = wugang.read(lambda session: draw_documents(session, ceremony.get(session, draw.id))["draw"])
    assert [(row["settled"], row["reason"]) for row in paper["findings"]] == [
        ("不予采用", "查无此户"),
        ("不予采用", "查无此人"),
    ]
    kept = wugang.read(lambda session: draw_evidence(session, ceremony.get(session, draw.id), "G1"))
    assert kept["findings"] == said


def test_an_object_at_its_cap_is_kept_for_a_reason_that_is_counted(wugang):
    """舞 第九条: 原则上 2 次; every exception has a reason and an approver."""
    case = imports(wugang, at_cap(wugang))
    settles(case, ("accept", "投诉集中"))
    case.completes(CHECK, by=acts.WITNESS, decision="agree")
    assert wugang.read(lambda session: breaks(session, wugang.bureau, 2026))["cap.per_year"] == 1
    assert visited(case) == (2, 4)


def test_a_superiors_object_is_never_kept(wugang):
    def drawn_above(result: dict[str, Any]) -> None:
        test_draw.edit(wugang, result["objects"][0]["object_code"], superior_drawn_on=date(2026, 2, 1))

    case = imports(wugang, drawn_above)
    with pytest.raises(Refused) as fault:
        settles(case, ("accept", "平台抽中"))
    assert fault.value.slug == "superior-drawn"
    settles(case, ("drop", "上级已抽"))
    case.expects(CHECK)


def test_somebody_in_conflict_goes_back_to_the_platform(wugang):
    """行政处罚法: 应当回避."""

    def related(result: dict[str, Any]) -> None:
        def work(session: Any) -> None:
            who = inspector_by_staff_no(session, wugang.bureau, result["members"][0]["staff_no"])
            thing = object_by_code(session, wugang.bureau, result["objects"][0]["object_code"])
            session.add(Conflict(inspector_id=who.id, object_id=thing.id, relation="spouse"))

        wugang.does(work)

    case = imports(wugang, related)
    assert [each.kind for each in found(case)] == ["conflict"]
    case.completes(SETTLE, by=acts.LEADER, decision="return", reason="请平台重新匹配")
    case.expects(IMPORT, role="业务科室")
    case.completes(IMPORT, by=acts.DRAFTER, result="failed", reason="平台无人可匹配")
    case.expects("申请重新抽取")


def test_what_is_left_must_still_be_a_lawful_team(wugang):
    """A team from which all but one are left out is none."""

    def ill(result: dict[str, Any]) -> None:
        def work(session: Any) -> None:
            for row in result["members"][:3]:
                who = inspector_by_staff_no(session, wugang.bureau, row["staff_no"])
                who.unavailable_from, who.unavailable_to = date(2026, 3, 1), date(2026, 3, 31)

        wugang.does(work)

    case = imports(wugang, ill)
    with pytest.raises(Refused) as fault:
        settles(case, *[("drop", "不能参加")] * 3)
    assert fault.value.slug == "too-few-people"
    settles(case, ("drop", "不能参加"), ("accept", "已经康复"), ("accept", "已经康复"))
    assert wugang.read(lambda session: breaks(session, wugang.bureau, 2026))["team.nominal"] == 1
    case.expects(CHECK)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"settlement": "drop", "reason": "", "settled_by_id": 2}, "ck_import_finding_reason"),
        (
            {"settlement": "accept", "reason": "有", "settled_by_id": 2},
            "ck_import_finding_unknown_never_kept",
        ),
        ({"settlement": "drop", "reason": "有", "settled_by_id": None}, "ck_import_finding_settled_by"),
        ({"settlement": "drop", "reason": "有", "settled_by_id": "self"}, "ck_import_finding_self_approval"),
    ],
)
def test_the_database_itself_refuses(wugang, change, rule):
    case = imports(wugang, stranger)

    def work(session: Any) -> None:
        row = findings.of_draw(session, test_draw.draw_of(case).id)[0]
        for key, value in change.items():
            setattr(row, key, row.recorded_by_id if value == "self" else value)

    with pytest.raises(IntegrityError, match=rule):
        wugang.does(work)
