"""后续监管. 吉 第二十六条：谁管辖、谁负责，做好后续监管工作，防止监管脱节."""

from __future__ import annotations

from engine.domain import followup, publication
from tests.scenarios import inspections as told


def test_what_was_mended_is_rechecked_before_the_archive(jilin):
    """Not mended.

    Extended, then on to a penalty case whose result is published too (舞 第二条, national rule).
    """
    case, inspection_id = told.begins(jilin, jilin.bureau)
    told.published(jilin, case, inspection_id, "corrected", **told.CORRECTED)
    case.expects("复查整改情况", role="业务科室")
    case.completes("复查整改情况", result="partly", situation="退还一半")
    case.expects("决定延期或立案", role="分管领导")
    case.completes("决定延期或立案", way="extend", due_on="2026-04-20", reason="资金周转")
    case.expects("复查整改情况", due="2026-04-20")
    case.completes("复查整改情况", result="not", situation="仍未退还")
    case.completes("决定延期或立案", way="filing", due_on="2026-06-01", reason="拒不改正")
    case.completes(
        "登记查处或移送结果", result="罚款 2000 元", document_no="长医保罚〔2026〕1号", amount=200000
    )
    told.made_public(case)
    versions = jilin.read(lambda s: [(row.kind, row.state) for row in publication.versions(s, inspection_id)])
    assert versions == [("result", "published"), ("penalty", "published")]
    told.archived(case)
    assert case.state() == "completed"


def test_mended_in_time_and_done(wugang):
    case, inspection_id = told.begins(wugang, wugang.bureau)
    told.published(wugang, case, inspection_id, "corrected", **told.CORRECTED)
    case.completes("复查整改情况", result="done", situation="已全部退还")
    case.expects("整理编目", role="档案专人")
    assert not wugang.read(lambda s: followup.open_of(s, inspection_id))


def test_an_overdue_recheck_is_urged(jilin):
    """The date passes: noted, and the supervising section urges."""
    case, inspection_id = told.begins(jilin, jilin.bureau)
    told.published(jilin, case, inspection_id, "corrected", **told.CORRECTED)
    case.passes(working_days=40)
    case.is_overdue("复查整改情况")
    case.completes("督办逾期事项", note="请尽快复查")
    case.expects("复查整改情况")


def test_an_overdue_result_of_a_case_or_a_transfer_is_urged(wugang):
    """吉 第二十六条 防止监管脱节, 舞 第二条: what went to another desk is not forgotten there."""
    case, inspection_id = told.begins(wugang, wugang.bureau)
    told.published(wugang, case, inspection_id, "filing", **told.PENDING)
    case.passes(working_days=21)
    case.is_overdue("登记查处或移送结果")
    case.completes("督办逾期事项", note="请告知立案进展")
    case.completes(
        "登记查处或移送结果", result="罚款5000元", document_no="舞医保罚〔2026〕1号", amount=500000
    )
    told.made_public(case)
