"""结果处理. 舞 第十三条：当场纠正；进一步核查；移送. 吉 第二十三条：统筹区属地管理."""

from __future__ import annotations

import pytest

from engine.domain import disposition, followup
from tests.scenarios import inspections as told
from tests.scenarios.test_inspection import refused


def test_a_problem_must_be_handled(jilin):
    """舞 第十三条, 吉 第二十六条: «nothing to do» is refused where a problem was found."""
    case, inspection_id = told.begins(jilin, jilin.bureau)
    told.fed_back(jilin, case, inspection_id, **told.CORRECTED)
    refused(
        "problem-unhandled", case.completes, "提出处理意见", kind="none", opinion="情节轻微", deviation="已改"
    )
    case.completes("提出处理意见", kind="corrected", opinion="责令改正", correct_by="2026-03-16")
    row = jilin.read(lambda s: disposition.of(s, inspection_id))
    assert (row.proposed, row.kind) == ("corrected", "corrected")


def test_the_opinion_may_differ_from_the_table_with_a_reason(jilin):
    """The table advises, people decide; the deviation is written down."""
    case, inspection_id = told.begins(jilin, jilin.bureau)
    told.fed_back(jilin, case, inspection_id, **told.PENDING)
    refused(
        "reason-needed",
        case.completes,
        "提出处理意见",
        kind="corrected",
        opinion="责令改正",
        correct_by="2026-03-16",
    )
    case.completes(
        "提出处理意见",
        kind="corrected",
        opinion="责令改正",
        correct_by="2026-03-16",
        deviation="金额已核实退回",
    )
    case.expects("提交检查报告")


def test_filing_passes_legal_review_and_the_head(jilin):
    """吉 第九条 需要立案查处的，按照行政处罚相关规定; both may send it back."""
    case, inspection_id = told.begins(jilin, jilin.bureau)
    told.fed_back(jilin, case, inspection_id, **told.PENDING)
    case.completes("提出处理意见", kind="filing", opinion="立案查处")
    case.expects("法制审核", role="法制审核")
    case.completes("法制审核", decision="return", reason="补充证据")
    case.completes("提出处理意见", kind="filing", opinion="立案查处，已补充证据")
    case.completes("法制审核", decision="approve")
    case.expects("审批立案", role="主要负责人")
    case.completes("审批立案", decision="return", reason="再核实金额")
    case.completes("提出处理意见", kind="filing", opinion="立案查处，金额已核实")
    case.completes("法制审核", decision="approve")
    case.completes("审批立案", decision="approve")
    row = jilin.read(lambda s: disposition.of(s, inspection_id))
    assert row.filing_no
    assert [f.kind for f in jilin.read(lambda s: followup.open_of(s, inspection_id))] == ["penalty"]


def test_what_belongs_to_others_is_transferred(wugang):
    """舞 第十三条第二项 属于其他行政机关管辖的，移送处理."""
    case, inspection_id = told.begins(wugang, wugang.bureau)
    told.reported(wugang, case, inspection_id, "transfer", **told.PENDING, other_authority="市场监督管理局")
    row = wugang.read(lambda s: disposition.of(s, inspection_id))
    assert (row.kind, row.receiver, row.letter_no) == ("transfer", "市场监督管理局", "医保移〔2026〕1号")


def test_what_was_mended_on_the_spot_is_rechecked_beside_the_rest(wugang):
    """舞 第十三条 各项分别处理; 吉 第二十六条 防止监管脱节: one finding is mended on the spot, another leads to a case
    against the object; both stay watched until they are settled."""
    case, inspection_id = told.begins(wugang, wugang.bureau)
    found_two(wugang, case, inspection_id, told.CORRECTED, told.PENDING)
    case.completes("提出处理意见", kind="filing", opinion="立案查处")
    told.handled(case, "filing")
    watched = wugang.read(lambda s: {row.kind: row.demand for row in followup.open_of(s, inspection_id)})
    assert set(watched) == {"correction", "penalty"}
    assert watched["correction"] == "退还多收费用"


def found_two(scene, case, inspection_id, first, second):
    """The visit is over and told, with two problems."""
    told.arrived(scene, case, inspection_id)
    rows = told.found(told.chosen(scene, inspection_id), **first)
    rows[1] |= second
    case.completes("按清单逐项检查", findings=rows)
    case.completes("收集证据", none="yes")
    case.completes("制作现场检查记录", **told.record(scene))
    return told.told(scene, case)


@pytest.mark.parametrize(("kind", "left"), [("transfer", "penalty"), ("filing", "transfer")])
def test_one_letter_does_not_settle_what_belongs_elsewhere(wugang, kind, left):
    """舞 第十三条第二项 需要进一步核查或属于其他行政机关管辖的: where both were found, neither is forgotten."""
    case, inspection_id = told.begins(wugang, wugang.bureau)
    found_two(
        wugang, case, inspection_id, told.PENDING, {**told.PENDING, "other_authority": "市场监督管理局"}
    )
    more = {"deviation": "先立案"} if kind == "filing" else told.HANDLED["transfer"]
    case.completes("提出处理意见", kind=kind, opinion="按规定处理", **more)
    told.handled(case, kind)
    watched = wugang.read(lambda s: {row.kind: row.demand for row in followup.open_of(s, inspection_id)})
    assert set(watched) == {"penalty", "transfer"}
    assert "疑似串换药品" in watched[left]


def test_a_problem_of_another_place_is_handled_there(jilin):
    """吉 第二十三条 按统筹区属地管理原则由各地下达处理意见: no reason lets the province order it itself."""
    case, inspection_id = told.begins(jilin, jilin.province, local=False)
    told.fed_back(jilin, case, inspection_id, **told.PENDING)
    for kind in ("filing", "corrected"):
        refused(
            "local-handling", case.completes, "提出处理意见", kind=kind, opinion="立案", deviation="案情简单"
        )
    case.completes("提出处理意见", kind="local", opinion="移交属地")
