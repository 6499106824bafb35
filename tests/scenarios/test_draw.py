"""随机抽取.

吉 第十二条：要在本单位纪检监察或政策法规部门监督下，从名录库中随机抽取被检查对象和现场行政执法人员；
舞 第九条：统一使用平台随机抽取检查对象和匹配检查人员，做到全程留痕、责任可追溯。
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from engine.desk.sheet import sheet
from engine.domain import ceremony
from engine.domain.document.draw_facts import draw_documents
from engine.domain.draw.verify import verify
from engine.domain.pack import breaks
from engine.domain.registry import Inspector, RegistryObject, inspectors_of, object_by_code
from engine.errors import Refused
from engine.people import Person
from engine.runtime.tables import Submission, WorkItem
from tests.preamble import preamble
from tests.scenario import Case
from tests.scenarios import acts
from tests.scenarios import inspections as told
from tests.scenarios.test_inspection import objects_of_step, refused, related


@preamble
def opened(scene: Any, **more: Any) -> Case:
    """A published plan that waits for its draw."""
    return acts.approves(acts.drafts(acts.opens_plan(scene), acts.task(scene, **more)))


def draw_of(case: Case) -> Any:
    """The draw of the plan."""
    return case.scenario.read(lambda session: ceremony.rounds_of(session, case.data()["plan_id"], 1)[-1])


def edit(scene: Any, code: str, **values: Any) -> None:
    """Change an object of the registry behind everybody's back."""

    def work(session: Any) -> None:
        for row in session.query(RegistryObject).filter_by(code=code):
            for key, value in values.items():
                setattr(row, key, value)

    scene.does(work)


def object_id(scene: Any, code: str) -> int:
    """The object of our registry with this code."""
    return scene.read(lambda session: object_by_code(session, scene.bureau, code).id)


def test_objects_first_then_people_and_both_sign(jilin):
    case = acts.draws(opened(jilin), groups=2)
    draw = draw_of(case)
    checked = verify(ceremony.transcript_of(draw).as_json(), roster=draw.roster)
    assert checked.ok
    assert [event["type"] for event in draw.events] == [
        "commit",
        "reveal",
        "objects",
        "route",
        "duty",
        "place",
    ]
    assert case.data()["draw_outcome"] == "drawn"
    kept = jilin.read(lambda session: [row.answers for row in session.query(Submission)])
    assert not any("1" * 64 in str(answers) or "2" * 64 in str(answers) for answers in kept)


def test_a_repeat_within_the_year_needs_a_proper_reason_and_approval(jilin):
    """吉 第十一条：原则上同一年度内对同一检查对象的抽查，除有正当理由外，不得重复进行。"""
    case = opened(jilin)
    code = acts.object_codes(jilin, jilin.bureau)[0]
    edit(jilin, code, visits=1, visits_year=2026)
    row = {"object_code": code, "reason_code": "unresolved", "explanation": "上次问题未整改"}
    acts.locks(case, exceptions=[row])
    case.expects("审批例外事项", role="分管领导")
    case.completes("审批例外事项", by=acts.LEADER, decision="return", reason="整改期未到")
    case.expects("资格审查")
    case.completes("资格审查", by=acts.DRAFTER, checked=True, exceptions=[row])
    acts.sets(case)
    case.completes("审批例外事项", by=acts.LEADER, decision="approve")
    acts.seals(case)
    objects = {thing["id"]: thing for thing in draw_of(case).document["objects"]}
    assert (objects[code]["excl"], objects[code]["cap"], objects[code]["visits"]) == ("", 2, 1)


def test_who_has_an_interest_in_an_object_does_not_approve_its_repeat(jilin):
    """吉 第十三条 有利害关系的应依法回避: for the approver of a repeat as for the inspector."""
    case = opened(jilin)
    code = acts.object_codes(jilin, jilin.bureau)[0]
    edit(jilin, code, visits=1, visits_year=2026)
    row = {"object_code": code, "reason_code": "unresolved", "explanation": "上次问题未整改"}
    acts.locks(case, exceptions=[row])
    related(jilin, acts.LEADER, object_id(jilin, code))
    answers = {"by": acts.LEADER, "decision": "approve"}
    refused("conflict-of-interest", case.completes, "审批例外事项", **answers)
    assert objects_of_step(jilin, case.expects("审批例外事项")) == [code]


def test_an_object_the_superior_drew_is_out_for_good(jilin):
    case = opened(jilin)
    code = acts.object_codes(jilin, jilin.bureau)[0]
    edit(jilin, code, superior_drawn_on=date(2026, 2, 1))
    case.completes("锁定名录库", by=acts.DRAFTER)
    row = {"object_code": code, "reason_code": "other", "explanation": "重要"}
    with pytest.raises(Refused) as fault:
        case.completes("资格审查", by=acts.DRAFTER, checked=True, exceptions=[row])
    assert fault.value.slug == "superior-drawn"


def test_too_few_people_regroup_or_give_up(jilin):
    case = opened(jilin, at_least=30, ratio=100)
    acts.locks(case, groups=10, size=5)
    case.completes("处理人员不足", by=acts.DRAFTER, shortage="regroup", reason="减少组数")
    acts.sets(case, groups=10, size=5)
    case.completes("处理人员不足", by=acts.DRAFTER, shortage="abandon", reason="另择日期")
    case.expects("申请重新抽取")


def test_the_witness_objects_and_the_roster_is_looked_at_again(jilin):
    case = acts.locks(opened(jilin))
    case.completes("抽取人封签", by=acts.DRAFTER, commit_operator=acts.commit_of(case, "bureau"))
    case.completes("见证人核对名单并封签", by=acts.WITNESS, decision="return", reason="漏列一户")
    case.expects("资格审查", role="业务科室")


def test_the_witness_refuses_to_sign_and_the_draw_is_void(jilin):
    case = acts.reveals(acts.seals(acts.locks(opened(jilin))))
    case.completes("抽取人签署抽取记录", by=acts.DRAFTER)
    case.completes(
        "见证人签署抽取记录", by=acts.WITNESS, ceremony="void", void_reason="ordered", reason="程序有误"
    )
    assert draw_of(case).state == "void"
    case.expects("申请重新抽取")


def test_a_draw_in_which_everybody_is_in_conflict_fails_visibly(jilin):
    case = acts.locks(opened(jilin, ratio=100, at_least=3))
    jilin.does(lambda session: conflicts_everywhere(session, jilin.bureau))
    acts.reveals(acts.seals(case))
    draw = draw_of(case)
    assert (draw.state, draw.events[-1]["type"]) == ("failed", "fail")
    case.expects("申请重新抽取")


def conflicts_everywhere(session: Any, bureau_id: int) -> None:
    """Every inspector has a 利害关系 to every object."""
    from engine.domain.registry import Conflict, objects_of  # noqa: PLC0415

    things = objects_of(session, bureau_id, below_too=True)
    for who in inspectors_of(session, bureau_id):
        session.add_all(
            Conflict(inspector_id=who.id, object_id=thing.id, relation="other") for thing in things
        )


def sealed(scene: Any) -> Case:
    """A draw whose roster is sealed, before anybody has revealed."""
    return acts.seals(acts.locks(opened(scene)))


def test_a_wrong_secret_is_refused_at_once_and_the_right_one_still_opens(jilin):
    case = sealed(jilin)
    with pytest.raises(Refused) as fault:
        case.completes("抽取人启封", by=acts.DRAFTER, secret_operator="9" * 64)
    assert fault.value.slug == "commitment"
    assert draw_of(case).operator_secret == ""
    acts.signs(acts.reveals(case))
    assert draw_of(case).state == "placed"


def test_an_operator_who_does_not_come_has_left_an_envelope_with_the_witness(jilin):
    """Refusing to reveal gains nothing: the envelope is opened by the other party."""
    case = sealed(jilin)
    case.passes(working_days=2)
    case.expects_nothing("抽取人启封")
    case.completes(
        "当场启封",
        by=acts.WITNESS,
        ceremony="reveal",
        secret_witness=acts.SECRETS["witness"],
        secret_operator=acts.SECRETS["bureau"],
    )
    assert draw_of(case).state == "placed"


def test_a_witness_who_does_not_open_has_left_an_envelope_too_or_the_draw_is_void(jilin):
    case = sealed(jilin)
    case.completes("抽取人启封", by=acts.DRAFTER, secret_operator=acts.SECRETS["bureau"])
    case.passes(working_days=2)
    case.expects_nothing("当场启封")
    with pytest.raises(Refused) as fault:
        case.completes("启封代存信封", by=acts.DRAFTER, ceremony="reveal", secret_witness="9" * 64)
    assert fault.value.slug == "commitment"
    case.completes(
        "启封代存信封",
        by=acts.DRAFTER,
        ceremony="void",
        void_reason="reveal-missing",
        reason="信封内密值与封签不符",
    )
    draw = draw_of(case)
    assert (draw.state, [event["type"] for event in draw.events]) == ("void", ["commit", "void"])


def test_secrets_typed_into_our_page_are_approved_counted_and_called_unwitnessed(jilin):
    """做不到自备封签的单位: with a reason and the leader's approval, and the record says so."""
    case = opened(jilin)
    case.completes("锁定名录库", by=acts.DRAFTER, confirm=True)
    case.completes("资格审查", by=acts.DRAFTER, checked=True, exceptions=[])
    acts.sets(case, shares="typed", typed_reason="见证人没有自己的设备")
    case.completes("审批例外事项", by=acts.LEADER, decision="approve")
    assert jilin.read(lambda session: breaks(session, jilin.bureau, 2026))["draw.shares"] == 1
    case.completes("抽取人封签", by=acts.DRAFTER, secret_operator="1" * 64)
    case.completes("见证人核对名单并封签", by=acts.WITNESS, decision="agree", secret_witness="2" * 64)
    case.completes("当场启封", by=acts.WITNESS, ceremony="reveal")
    acts.signs(case)
    draw = draw_of(case)
    assert draw.settings["shares"] == "typed"
    minutes = jilin.read(lambda session: draw_documents(session, ceremony.get(session, draw.id))["roster"])
    assert minutes["shares"] == "未经承诺见证"


def with_third(scene: Any) -> Case:
    """A draw to which a deputy of the people's congress was invited, before the envelopes."""
    case = opened(scene)
    case.completes("锁定名录库", by=acts.DRAFTER, confirm=True)
    case.completes("资格审查", by=acts.DRAFTER, checked=True, exceptions=[])
    acts.sets(case, third="人大代表 田家和")
    return case.completes("抽取人封签", by=acts.DRAFTER, commit_operator=acts.commit_of(case, "bureau"))


def test_a_third_party_without_an_account_seals_and_opens_with_the_others(jilin):
    """The commitment was made on the third party's own device and is read out; the witness writes it down."""
    case = with_third(jilin)
    witnessed = {"decision": "agree", "commit_witness": acts.commit_of(case, "witness")}
    with pytest.raises(Refused) as fault:
        case.completes("见证人核对名单并封签", by=acts.WITNESS, **witnessed)
    assert fault.value.slug == "third-party"
    case.completes(
        "见证人核对名单并封签", by=acts.WITNESS, **witnessed, commit_third=acts.commit_of(case, "third")
    )
    case.completes("抽取人启封", by=acts.DRAFTER, secret_operator=acts.SECRETS["bureau"])
    with pytest.raises(Refused) as fault:
        case.completes("当场启封", by=acts.WITNESS, ceremony="reveal", secret_witness=acts.SECRETS["witness"])
    assert fault.value.slug == "secret-format", "nothing is opened while the third party is missing"
    case.completes(
        "当场启封",
        by=acts.WITNESS,
        ceremony="reveal",
        secret_witness=acts.SECRETS["witness"],
        secret_third=acts.SECRETS["third"],
    )
    draw = draw_of(case)
    assert [party["name"] for party in draw.document["parties"]] == ["bureau", "witness", "third"]
    assert verify(ceremony.transcript_of(draw).as_json(), roster=draw.roster).ok


def test_a_third_party_who_does_not_come_back_makes_the_draw_void(jilin):
    case = with_third(jilin)
    case.completes(
        "见证人核对名单并封签",
        by=acts.WITNESS,
        decision="agree",
        commit_witness=acts.commit_of(case, "witness"),
        commit_third=acts.commit_of(case, "third"),
    )
    acts.voids(case, "reveal-missing", "第三方未到场，信封内密值与封签不符")
    draw = draw_of(case)
    assert (draw.state, draw.events[-1]["body"]["reason"]) == ("void", "reveal-missing")


# -- 舞钢: the platform draws --


def platform_result(scene: Any, **more: Any) -> dict[str, Any]:
    """What the platform drew: two objects.

    Four people of whom enough are licensed and nobody is in conflict.
    """
    codes = acts.object_codes(scene, scene.bureau)

    def people(session: Any) -> list[str]:
        from engine import clock  # noqa: PLC0415
        from engine.domain.registry import object_by_code, relation_to  # noqa: PLC0415

        things = [object_by_code(session, scene.bureau, code) for code in codes[:2]]
        able = [
            who
            for who in inspectors_of(session, scene.bureau)
            if who.available(clock.today()) and not any(relation_to(session, who, thing) for thing in things)
        ]
        able.sort(key=lambda who: (not who.licensed(clock.today()), who.staff_no))
        return [who.staff_no for who in able[:4]]

    return {
        "result": "drawn",
        "serial": "HN-2026-0001",
        "drawn_at": "2026-03-02T08:30",
        "proof": [acts.PAPER],
        "objects": [{"group": "G1", "object_code": code} for code in codes[:2]],
        "members": [{"group": "G1", "staff_no": number} for number in scene.read(people)],
        **more,
    }


def test_wugang_imports_the_platforms_result_with_its_evidence(wugang):
    case = acts.locks(opened(wugang), size=4)
    case.expects("导入平台抽取结果", role="业务科室")
    case.completes("导入平台抽取结果", by=acts.DRAFTER, **platform_result(wugang))
    case.completes("核对平台抽取结果", by=acts.WITNESS, decision="return", reason="编号抄错")
    case.completes("导入平台抽取结果", by=acts.DRAFTER, **platform_result(wugang, serial="HN-2026-0002"))
    case.completes("核对平台抽取结果", by=acts.WITNESS, decision="agree")
    acts.signs(case)
    draw = draw_of(case)
    assert (draw.mode, draw.state, draw.events[0]["body"]["serial"]) == ("import", "placed", "HN-2026-0002")


def strata_of(case: Case) -> list[tuple[str, int, int, str]]:
    """What the review of eligibility shows: label, objects that may be drawn, quota, share of each stratum."""
    item = case.expects("资格审查")

    def look(session: Any) -> list[tuple[str, int, int, str]]:
        who = session.query(Person).filter_by(name=acts.DRAFTER).one()
        rows = sheet(session, who, session.get_one(WorkItem, item.id)).shown["rows"]["strata"]
        return [(str(row["stratum"]), row["eligible"], row["quota"], row["ratio"]) for row in rows]

    return case.scenario.read(look)


def test_a_serious_finding_raises_the_share_of_the_next_plan(wugang):
    """舞 第十六条 (W16) 纳入信用体系；第九条 (W9) 失信等级高的，提高抽查比例: one quarter feeds the next.

    The table `uplift` doubles the share: of 9 instead of 8 objects of high risk 6 instead of 5 are drawn, for 60 of
    100, where the others stay at 30.
    """
    result = platform_result(wugang)
    inspected = result["objects"][0]["object_code"]
    edit(wugang, inspected, complaints=0, penalties=0, credit_level="A")
    first = opened(wugang, ratio=30).completes("锁定名录库", by=acts.DRAFTER)
    before = strata_of(first)
    acts.sets(first.completes("资格审查", by=acts.DRAFTER, checked=True), size=4)
    first.completes("导入平台抽取结果", by=acts.DRAFTER, **result | {"objects": result["objects"][:1]})
    acts.signs(first.completes("核对平台抽取结果", by=acts.WITNESS, decision="agree"))
    (visit,) = wugang.cases("inspection")
    told.reported(wugang, visit, visit.data()["inspection_id"], "corrected", **told.CORRECTED, serious=True)
    assert wugang.read(lambda s: object_by_code(s, wugang.bureau, inspected).credit_level) == "D"

    second = acts.drafts(acts.opens_plan(wugang, quarter=2), acts.task(wugang, ratio=30))
    acts.approves(second).completes("锁定名录库", by=acts.DRAFTER)
    after = strata_of(second)
    normal, high = "村卫生室抽查", "村卫生室抽查（重点监管对象）"
    assert before == [(normal, 53, 16, "30/100"), (high, 8, 5, "60/100")]
    assert after == [(normal, 52, 16, "30/100"), (high, 9, 6, "60/100")]

    acts.sets(second.completes("资格审查", by=acts.DRAFTER, checked=True), size=4)
    again = result | {"serial": "HN-2026-0002", "objects": result["objects"][:1]}
    second.completes("导入平台抽取结果", by=acts.DRAFTER, **again)
    acts.signs(second.completes("核对平台抽取结果", by=acts.WITNESS, decision="agree"))

    def stratum(case: Case) -> list[str]:
        number = draw_of(case).id
        return wugang.read(lambda session: [row.stratum for row in ceremony.get(session, number).objects])

    assert (stratum(first), stratum(second)) == (["T01"], ["T01-H"]), "the same object, now of high risk"


def test_wugang_smaller_groups_need_a_reason_and_approval(wugang):
    """舞 第九条：原则上按 4 人一组抽取。"""
    case = opened(wugang)
    case.completes("锁定名录库", by=acts.DRAFTER)
    case.completes("资格审查", by=acts.DRAFTER, checked=True, exceptions=[])
    with pytest.raises(Refused) as fault:
        acts.sets(case, size=3)
    assert fault.value.slug == "reason-needed"
    acts.sets(case, size=3, reason="持证人员不足")
    case.completes("审批例外事项", by=acts.LEADER, decision="return", reason="请调配人员")
    case.completes("资格审查", by=acts.DRAFTER, checked=True, exceptions=[])
    acts.sets(case, size=3, reason="持证人员不足")
    case.completes("审批例外事项", by=acts.LEADER, decision="approve")
    case.expects("导入平台抽取结果")


def test_wugang_a_platform_that_drew_nothing(wugang):
    case = acts.locks(opened(wugang), size=4)
    case.completes("导入平台抽取结果", by=acts.DRAFTER, result="failed", reason="平台人员不足")
    case.expects("申请重新抽取")


def test_wugang_the_witness_refuses_to_sign(wugang):
    case = acts.locks(opened(wugang), size=4)
    case.completes("导入平台抽取结果", by=acts.DRAFTER, **platform_result(wugang))
    case.completes("核对平台抽取结果", by=acts.WITNESS, decision="agree")
    case.completes("抽取人签署抽取记录", by=acts.DRAFTER)
    case.completes(
        "见证人签署抽取记录", by=acts.WITNESS, ceremony="void", void_reason="ordered", reason="平台数据有误"
    )
    assert draw_of(case).state == "void"


def test_wugang_refuses_a_result_with_fewer_than_two_licensed(wugang):
    case = acts.locks(opened(wugang), size=4)
    result = platform_result(wugang)

    def revoke(session: Any) -> None:
        numbers = [row["staff_no"] for row in result["members"]][1:]
        for who in session.query(Inspector).filter(Inspector.staff_no.in_(numbers)):
            for each in who.certificates:
                each.state = "revoked"

    wugang.does(revoke)
    with pytest.raises(Refused) as fault:
        case.completes("导入平台抽取结果", by=acts.DRAFTER, **result)
    assert fault.value.slug == "too-few-licensed"


def test_a_witness_who_does_not_come_opens_the_registries_again(jilin):
    """The locks do not wait for ever: the draw is given up, its number goes to the next one."""
    case = acts.locks(opened(jilin))
    case.completes("抽取人封签", by=acts.DRAFTER, commit_operator=acts.commit_of(case, "bureau"))
    case.passes(working_days=3)
    case.expects("申请重新抽取")
    case.expects_nothing("见证人核对名单并封签")
    acts_at = {"redraw": "redraw", "reason_code": "witness", "reason": "见证人另行到场"}
    case.completes("申请重新抽取", by=acts.DRAFTER, **acts_at)
    case.completes("审批重新抽取", by=acts.LEADER, decision="approve")
    acts.draws(case)
    assert draw_of(case).id == "220100-2026-0001"
