"""退回: what is sent back and done again stands once. One scenario for each process that has such a way back."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from engine.domain import plan, publication
from engine.domain.disposition import Disposition
from engine.domain.feedback import Opinion, OpinionVote
from engine.domain.inspection import team
from engine.domain.inspection.tables import Inspection
from engine.domain.plan.tables import PlanSection, PlanTask
from engine.domain.publication.tables import Publication
from engine.domain.registry.tables import InspectionItem, ItemList
from engine.domain.substitution import Substitution
from engine.people import Role
from tests.scenarios import acts, test_registry, test_substitution
from tests.scenarios import inspections as told
from tests.scenarios.test_feedback import dissents
from tests.scenarios.test_lead import able, verified


def count(scene: Any, table: Any, **where: Any) -> int:
    """How many rows there are."""
    query = select(func.count()).select_from(table).filter_by(**where)
    return scene.read(lambda session: session.scalar(query))


def test_a_plan_drafted_again_has_its_tasks_once(jilin):
    """吉 第八条: returned by who compiles and by the leader; the second draft takes the place of the first."""
    case = acts.opens_plan(jilin)
    acts.drafts(case, acts.task(jilin), acts.task(jilin, name="二次任务"), compiled=False)
    case.completes("汇总抽查计划", by=acts.DRAFTER, compiled="return", reason="任务过多")
    acts.drafts(case, acts.task(jilin))
    case.completes("审批年度计划", by=acts.LEADER, decision="return", reason="比例偏低")
    acts.drafts(case, acts.task(jilin, ratio=20))
    acts.approves(case)
    plan_id = case.data()["plan_id"]
    assert (count(jilin, PlanTask, plan_id=plan_id), count(jilin, PlanSection, plan_id=plan_id)) == (1, 3)
    made = jilin.read(lambda session: plan.get(session, plan_id))
    assert (made.state, made.version) == ("published", 1)


def test_an_application_written_again_is_one_inspection_with_one_notice(jilin):
    """国办发〔2024〕54号: returned once, approved the second time; the last words count."""
    case, inspection_id = told.begins(jilin, jilin.bureau)
    told.formed(jilin, case, inspection_id)
    first, second = told.today(jilin), told.today(jilin, days=5)
    case.completes("填写行政检查审批表", period_from=first, period_to=told.today(jilin, days=20))
    case.completes("审批行政检查", decision="return", reason="期限过长")
    case.completes("填写行政检查审批表", period_from=second, period_to=told.today(jilin, days=10))
    case.completes("审批行政检查", decision="approve")
    row = jilin.read(lambda session: session.get_one(Inspection, inspection_id))
    assert (row.period_from.isoformat(), row.notice_no != "") == (second, True)
    assert len(jilin.read(lambda session: team(session, inspection_id))) == 2


def test_an_opinion_discussed_again_keeps_both_rounds_apart(jilin):
    """吉 第二十二条: the votes of the first round do not count for the second."""
    case, inspection_id = told.begins(jilin, jilin.bureau)
    told.recorded(jilin, case, inspection_id)
    case.completes("讨论检查情况", opinion="建议责令改正")
    dissents(jilin, case, inspection_id)
    case.completes("本局决定分歧意见", decision="return", reason="补充证据后再议")
    case.completes("讨论检查情况", opinion="建议约谈")
    case.all_complete("成员表态", decision="agree")
    assert count(jilin, Opinion, inspection_id=inspection_id) == 2
    assert count(jilin, OpinionVote) == 4
    case.expects("当面反馈检查情况")


def test_a_disposition_reviewed_twice_is_one_disposition(jilin):
    """行政处罚法 法制审核: returned by the reviewer and by the head."""
    case, inspection_id = told.begins(jilin, jilin.bureau)
    told.fed_back(jilin, case, inspection_id, **told.PENDING)
    case.completes("提出处理意见", kind="filing", opinion="立案")
    case.completes("法制审核", decision="return", reason="证据不足")
    case.completes("提出处理意见", kind="filing", opinion="立案，证据已补充")
    case.completes("法制审核", decision="approve")
    case.completes("审批立案", decision="return", reason="请核实金额")
    case.completes("提出处理意见", kind="filing", opinion="立案，金额已核实")
    told.handled(case, "filing")
    rows = jilin.read(lambda session: session.scalars(select(Disposition)).all())
    assert [(row.kind, row.opinion) for row in rows] == [("filing", "立案，金额已核实")]
    assert rows[0].reviewed_by_id != rows[0].proposed_by_id


def test_a_publication_drafted_again_is_one_version(jilin):
    """吉 第二十五条: returned by the reviewer; one version, one receipt for each channel."""
    case, inspection_id = told.begins(jilin, jilin.bureau)
    told.reported(jilin, case, inspection_id)
    case.completes("汇总、分析、评估检查结果", summary="初稿")
    case.completes("公示前审查", decision="return", reason="写明检查时间")
    told.made_public(case)
    assert count(jilin, Publication, inspection_id=inspection_id) == 1
    row = jilin.read(lambda session: publication.versions(session, inspection_id)[0])
    owed = jilin.read(lambda session: [one.channel for one in publication.receipts(session, row.id)])
    assert sorted(owed) == sorted(set(owed))
    assert row.summary == "抽查结果：见各事项结果"


def test_an_item_list_drafted_again_is_one_list(jilin):
    """吉 第五条: returned by the legal reviewer and by the province; applied once."""
    province = test_registry.who(jilin, jilin.province, Role.SUPERVISION)
    case = acts.opens_change(jilin, "items")
    case.completes("起草随机抽查事项清单", by=acts.KEEPER, **test_registry.ITEMS)
    case.completes("法制审核", by=acts.LEGAL, decision="return", reason="依据不全")
    case.completes("起草随机抽查事项清单", by=acts.KEEPER, **test_registry.ITEMS)
    case.completes("法制审核", by=acts.LEGAL, decision="approve")
    case.completes("审定全省统一清单", by=province, decision="return", reason="请征求意见")
    case.completes("起草随机抽查事项清单", by=acts.KEEPER, **test_registry.ITEMS)
    case.completes("法制审核", by=acts.LEGAL, decision="approve")
    case.completes("审定全省统一清单", by=province, decision="approve")
    made = jilin.read(lambda session: session.scalars(select(ItemList).filter_by(version="2026-2")).one())
    assert count(jilin, InspectionItem, list_id=made.id) == 2


def test_a_lead_verified_again_is_inspected_once(jilin):
    """吉 第九条: returned by the leader; one inspection with the people named last."""
    case = verified(jilin)
    case.completes("审批线索检查", by=acts.LEADER, decision="return", reason="请补充材料")
    code = acts.object_codes(jilin, jilin.bureau)[0]
    case.completes("核实线索", by=acts.KEEPER, verdict="specific", object_code=code, finding="已补充材料")
    case.completes("审批线索检查", by=acts.LEADER, decision="approve")
    case.completes("指派检查人员", by=acts.KEEPER, inspectors=able(jilin), reason="熟悉该机构")
    assert count(jilin, Inspection, lead_id=case.data()["lead_id"]) == 1


def test_a_swap_confirmed_again_puts_one_person_in(jilin):
    """吉 第十三条: returned by the witness; one leaves, one joins."""
    case = test_substitution.inspecting(jilin)
    out = test_substitution.asks(case)
    case.completes("审批调换", by=acts.LEADER, decision="approve")
    case.completes("确认递补人选", by=acts.DRAFTER, absent=[])
    case.completes("见证递补", by=acts.WITNESS, decision="return", reason="请说明跳过理由")
    case.completes("确认递补人选", by=acts.DRAFTER, absent=[])
    case.completes("见证递补", by=acts.WITNESS, decision="approve")
    now = test_substitution.members(case)
    assert (len(now), out.inspector_id in {one.inspector_id for one in now}) == (2, False)
    assert count(jilin, Substitution) == 1
