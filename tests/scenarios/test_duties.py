"""职责分离: who did one step is told “你办理过本案的…” at the step that checks it, whatever posts they hold."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from engine.desk import step as desk
from engine.errors import NotAllowed
from engine.people import Grant, Person, Role
from tests.scenario import Case
from tests.scenarios import acts, test_substitution
from tests.scenarios import inspections as told
from tests.scenarios.test_handover import handed
from tests.scenarios.test_lead import able, verified


def also(scene: Any, name: str, role: Role, *, bureau: int = 0) -> None:
    """Somebody is given a second post: the duty must hold all the same."""

    def give(session: Any) -> None:
        who = session.query(Person).filter_by(name=name).one()
        session.add(
            Grant(person_id=who.id, bureau_id=bureau or who.bureau_id, role=role, valid_from=date(2020, 1, 1))
        )

    scene.does(give)


def told_why(case: Case, step: str, name: str, did: str) -> None:
    """This step is refused to somebody, in these words."""

    def tries(session: Any) -> None:
        item = session.merge(case.expects(step), load=True)
        desk.refuse_excluded(session, session.query(Person).filter_by(name=name).one(), item)

    with pytest.raises(NotAllowed, match=f"你办理过本案的“{did}”，不能再办理“{step}”") as fault:
        case.scenario.read(tries)
    assert fault.value.slug == "self-approval"


def test_who_drafted_the_plan_does_not_approve_it(jilin):
    """舞 第八条, §2 no. 4: the drafter of a section who is a leader too."""
    case = acts.drafts(acts.opens_plan(jilin), acts.task(jilin))
    also(jilin, acts.SECOND, Role.LEADER)
    with pytest.raises(NotAllowed, match="你办理过本案的“编制科室抽查计划”"):
        case.completes("审批年度计划", by=acts.SECOND, decision="approve")
    told_why(case, "审批年度计划", acts.DRAFTER, "编制科室抽查计划")


def test_who_prepared_the_draw_does_not_witness_it(jilin):
    """吉 第十二条, §2 no. 1 and 2: in no step of the preparation."""
    case = acts.locks(acts.approves(acts.drafts(acts.opens_plan(jilin), acts.task(jilin))))
    case.completes("抽取人封签", by=acts.DRAFTER, commit_operator=acts.commit_of(case, "bureau"))
    also(jilin, acts.DRAFTER, Role.WITNESS)
    with pytest.raises(NotAllowed, match="你办理过本案的“资格审查”"):
        case.completes(
            "见证人核对名单并封签",
            by=acts.DRAFTER,
            decision="agree",
            commit_witness=acts.commit_of(case, "witness"),
        )


def test_who_signed_as_operator_does_not_sign_as_witness(jilin):
    """吉 第十二条, §2 no. 1: two persons under one record."""
    case = acts.seals(acts.locks(acts.approves(acts.drafts(acts.opens_plan(jilin), acts.task(jilin)))))
    acts.reveals(case).completes("抽取人签署抽取记录", by=acts.DRAFTER)
    told_why(case, "见证人签署抽取记录", acts.DRAFTER, "抽取人签署抽取记录")


def test_who_asks_for_a_swap_does_not_approve_it(jilin):
    """吉 第十三条 由分管领导审批, §2 no. 7."""
    case = test_substitution.inspecting(jilin)
    test_substitution.asks(case)
    also(jilin, acts.DRAFTER, Role.LEADER)
    with pytest.raises(NotAllowed, match="你办理过本案的“申请调换”"):
        case.completes("审批调换", by=acts.DRAFTER, decision="approve")


def test_who_approves_a_swap_does_not_choose_the_name(jilin):
    """§2 no. 7: a lead's team is named; the leader who agreed to the swap names nobody."""
    case = verified(jilin)
    case.completes("审批线索检查", by=acts.LEADER, decision="approve")
    case.completes("指派检查人员", by=acts.KEEPER, inspectors=able(jilin), reason="熟悉该机构")
    inspection = jilin.cases("inspection")[0]
    out = told.members(jilin, inspection.data()["inspection_id"])[0]
    inspection.sets_off(
        "inspection.recusal", by=acts.DRAFTER, member=out[0], applicant=out[1], reason="工作冲突"
    )
    inspection.completes(
        "申请调换", by=acts.DRAFTER, member=out[0], reason_code="work_clash", proof=[acts.PAPER]
    )
    inspection.completes("审批调换", by=acts.LEADER, decision="approve")
    also(jilin, acts.LEADER, Role.SECTION)
    told_why(inspection, "指定递补人员", acts.LEADER, "审批调换")


def test_who_reports_up_does_not_accept_the_report(jilin):
    """吉 第二十四条, §2 no. 12: the report and its review are two persons' work."""
    _, _, down = handed(jilin)
    down.completes(
        "移交检查结果和处理意见", document_no="吉医保移〔2026〕7号", opinion="依法处理", by_file="no"
    )
    down.completes("签收移交事项", received=True)
    down.completes("属地处理", handling="已处理")
    reporter = jilin.read(lambda session: _first_of(session, down, "形成工作报告上报"))
    down.completes("形成工作报告上报", by=reporter, report="已处理")
    down.completes("通报同级有关部门", peers=[{"department": "卫生健康局"}])
    also(jilin, reporter, Role.SECTION, bureau=jilin.province)
    told_why(down, "审阅工作报告", reporter, "形成工作报告上报")


def _first_of(session: Any, case: Case, step: str) -> str:
    item = session.merge(case.expects(step), load=True)
    return str(next(case.scenario.rehearsal.candidates(session, item)).name)


def test_who_sets_something_off_does_not_approve_it(jilin):
    """The start of an event counts as a step: who asks for a correction in public does not agree to it."""
    case, inspection_id = told.begins(jilin, jilin.bureau)
    told.published(jilin, case, inspection_id)
    section = told.one_of(jilin, jilin.bureau, Role.SECTION)
    case.sets_off("inspection.change", by=section, kind="correction", reason="异议成立")
    also(jilin, section, Role.LEADER)
    with pytest.raises(NotAllowed, match="你办理过本案的“更正或撤回公示”"):
        case.completes("审批更正或撤回", by=section, decision="approve")
