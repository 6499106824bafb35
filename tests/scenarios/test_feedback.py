"""讨论、共识、反馈.

吉 第二十二条：在达成一致共识基础上，形成书面意见，当面向被检查对象和所在地医疗保障部门同时反馈.
"""

from __future__ import annotations

import pytest

from engine.domain import feedback
from engine.domain.document.facts import inspection as documents
from engine.domain.inspection import get
from engine.domain.inspection.tables import TeamMember
from engine.domain.inspection.team import membership
from engine.domain.pack import parameters
from engine.domain.registry import inspectors_of
from tests.scenarios import inspections as told
from tests.scenarios.test_inspection import refused


def dissents(scene, case, inspection_id):
    """One member of the team disagrees."""
    *_, last = told.members(scene, inspection_id)
    who = last[1]
    case.completes("成员表态", by=who, seat=told.seat(scene, who), decision="disagree", reason="证据不足")
    return case.all_complete("成员表态", decision="agree")


def test_without_consensus_jilin_lets_the_bureau_decide(jilin):
    """吉 第二十二条: dissent is kept; sent back once, decided the second time."""
    case, inspection_id = told.begins(jilin, jilin.bureau)
    told.recorded(jilin, case, inspection_id)
    case.completes("讨论检查情况", opinion="建议责令改正")
    dissents(jilin, case, inspection_id)
    case.expects("本局决定分歧意见", role="分管领导")
    case.completes("本局决定分歧意见", decision="return", reason="补充证据后再议")
    case.completes("讨论检查情况", opinion="建议约谈")
    dissents(jilin, case, inspection_id)
    case.completes("本局决定分歧意见", decision="approve", opinion="责令改正", reason="事实清楚")
    case.expects("当面反馈检查情况", role="检查组组长")
    opinion = jilin.read(lambda s: feedback.latest(s, inspection_id))
    assert (opinion.round, opinion.how, opinion.text) == (2, "bureau", "责令改正")
    assert "证据不足" in opinion.minority


def test_wugang_follows_the_majority_and_keeps_the_dissent(wugang):
    """Wugang is silent: the national value, majority with dissent on record."""
    case, inspection_id = told.begins(wugang, wugang.bureau, people=3)
    told.recorded(wugang, case, inspection_id)
    case.completes("讨论检查情况", opinion="建议责令改正")
    dissents(wugang, case, inspection_id)
    opinion = wugang.read(lambda s: feedback.latest(s, inspection_id))
    assert (opinion.how, opinion.settled) == ("majority", True)
    case.expects("当面反馈检查情况")


def test_the_object_may_refuse_to_sign_but_not_without_a_reason(jilin):
    """吉 第二十二条, 舞 第十二条."""
    case, inspection_id = told.begins(jilin, jilin.bureau)
    told.recorded(jilin, case, inspection_id)
    case.completes("讨论检查情况", opinion="未发现问题")
    case.all_complete("成员表态", decision="agree")
    case.completes("当面反馈检查情况", place="现场", present="双方", met_at=told.local(jilin))
    refused("signature-reason", case.completes, "被检查对象签收", received_by="刘掌柜")
    case.completes("被检查对象签收", received_by="刘掌柜", reason="拒签")
    given = jilin.read(lambda s: feedback.of(s, inspection_id))
    assert given.finished
    assert given.local_skipped == "本局即被检查对象所在地医疗保障部门，无须第二份签收。"


@pytest.mark.parametrize(("pack", "sits"), [("jilin", True), ("national", False)])
def test_experts_discuss_in_jilin_and_only_advise_by_the_national_rule(jilin, pack, sits):
    """吉 第二十二条 部分或全部检查专家及成员认真讨论; where a pack lets them advise only, they do not sit with the team."""
    case, inspection_id = told.begins(jilin, jilin.bureau)

    def invites(session):
        expert = inspectors_of(session, jilin.bureau, experts=True)[0]
        inspection = get(session, inspection_id)
        session.add(TeamMember(**membership(inspection, expert, source="invited", expert=True)))
        session.flush()
        return [m.expert for m in feedback.attendants(session, inspection_id, parameters(pack))]

    assert case.state() == "running"
    assert any(jilin.does(invites)) is sits


def test_the_leader_convenes_and_nobody_discusses_alone(jilin):
    """吉 第二十二条 检查组组长应召集部分或全部检查专家及成员认真讨论: the leader sits in it, and somebody else."""
    case, inspection_id = told.begins(jilin, jilin.bureau)
    told.recorded(jilin, case, inspection_id)
    (leader, _), (other, name) = told.members(jilin, inspection_id)
    for alone in ([leader], [other]):
        refused("attendance", case.completes, "讨论检查情况", attendance=alone, opinion="同意检查结果")
    case.completes(
        "讨论检查情况", attendance=[leader, other], opinion="同意", place="会议室", expert_advice="核对清单"
    )
    case.all_complete("成员表态", decision="agree")
    case.completes("当面反馈检查情况", place="会议室", present="双方", met_at=told.local(jilin))
    paper = jilin.read(lambda session: documents(session, inspection_id))["feedback"]
    assert (paper["discussed_in"], paper["consensus"], paper["expert_advice"]) == (
        "会议室",
        "意见一致",
        "核对清单",
    )
    assert name in [each["name"] for each in paper["participants"]]
