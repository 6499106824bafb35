"""What happens more than once, or at the wrong moment, in one inspection: nothing is mixed up and nothing is left open."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from engine.domain import plan
from engine.domain.evidence import Preservation
from engine.domain.inspection import get
from engine.domain.inspection.tables import Obstruction
from engine.domain.registry import Inspector, RegistryObject, declare
from engine.people import Person
from tests.scenarios import acts
from tests.scenarios import inspections as told
from tests.scenarios.test_archive import borrows, closed, proposes, ten_years_on
from tests.scenarios.test_inspection import PAPER, refused
from tests.scenarios.test_publication import changes, shown
from tests.scenarios.test_registry import ITEMS
from tests.scenarios.test_substitution import on_site, one_more

DOOR = "出示执法证件并告知权利义务"


def at_risk(what: str) -> dict[str, Any]:
    """A request for preservation."""
    return {
        "reason": "账册可能被替换",
        "items": [{"name": what}],
        "place": "本局档案室",
        "keeper": "温故安",
    }


def at_the_door(scene, inspection_id, **more) -> dict[str, Any]:
    """Answers of the arrival."""
    return {
        "arrived_at": told.local(scene),
        "certificates": [number for number, _ in told.members(scene, inspection_id)],
        "received_by": "刘掌柜",
        "rights_told": True,
        "rights_signature": told.SIGNED,
        **more,
    }


def test_each_preservation_has_its_own_approval_days_and_decision(jilin):
    """行政处罚法: seven working days from the approval of each 先行登记保存, however many there are."""
    case, inspection_id = told.begins(jilin, jilin.bureau)
    told.arrived(jilin, case, inspection_id)
    member = told.members(jilin, inspection_id)[0][1]
    case.sets_off("inspection.preservation", by=member, **at_risk("账册"))
    case.completes("审批先行登记保存", decision="approve")
    case.passes(working_days=2)
    case.sets_off("inspection.preservation", by=member, **at_risk("药品"))
    case.completes("审批先行登记保存", decision="approve")
    case.completes("作出保存处理决定", outcome="return")
    case.completes("作出保存处理决定", outcome="seal")
    rows = jilin.read(lambda s: s.scalars(select(Preservation).order_by(Preservation.id)).all())
    assert [(row.items[0]["name"], str(row.from_day), str(row.until_day), row.outcome) for row in rows] == [
        ("账册", "2026-03-02", "2026-03-11", "return"),
        ("药品", "2026-03-04", "2026-03-13", "seal"),
    ]


def test_each_obstruction_has_its_own_instruction_and_measures(jilin):
    """吉 第二十一条: the second report does not touch what was ordered upon the first."""
    case, inspection_id = told.begins(jilin, jilin.bureau)
    told.arrived(jilin, case, inspection_id)
    member = told.members(jilin, inspection_id)[0][1]
    case.sets_off("inspection.obstruction", by=member, kind="threat", description="人身受到威胁")
    case.sets_off("inspection.obstruction", by=member, kind="hidden", description="转移账册")
    case.completes("调度指挥", instruction="请公安机关协助", emergency="yes")
    case.completes("调度指挥", instruction="先复制电子账", emergency="no")
    case.completes("采取应急措施并记录", measures="民警到场", basis="医疗保障基金使用监督管理条例")
    rows = jilin.read(lambda s: s.scalars(select(Obstruction).order_by(Obstruction.id)).all())
    assert [(row.description, row.instruction, row.measures, row.ended_at is not None) for row in rows] == [
        ("人身受到威胁", "请公安机关协助", "民警到场", True),
        ("转移账册", "先复制电子账", "", True),
    ]


def test_no_file_is_closed_while_something_preserved_awaits_its_decision(jilin):
    """吉 第二十七条: what is still written into the file keeps it open; it is sealed afterwards."""
    case, inspection_id = told.begins(jilin, jilin.bureau)
    told.arrived(jilin, case, inspection_id)
    member = told.members(jilin, inspection_id)[0][1]
    case.sets_off("inspection.preservation", by=member, **at_risk("账册"))
    case.sets_off("inspection.obstruction", by=member, kind="delayed", description="负责人不到场")
    case.completes("按清单逐项检查", findings=told.found(told.chosen(jilin, inspection_id)))
    case.completes("收集证据", none="yes")
    case.completes("制作现场检查记录", **told.record(jilin))
    told.told(jilin, case)
    case.completes("提出处理意见", kind="none", opinion="无问题")
    case.completes("提交检查报告", advice="加强日常监管")
    told.made_public(case)
    no = refused("archive-open-measure", told.archived, case)
    assert "先行登记保存 1 项、检查受阻 1 项" in no.reason
    case.completes("审批先行登记保存", decision="return", reason="复制即可")
    case.completes("调度指挥", instruction="已到场，继续检查", emergency="no")
    told.archived(case)
    assert case.state() == "completed"


def test_nobody_arrives_before_the_approval(jilin):
    """国办发〔2024〕54号: no inspection without approval, not on paper either."""
    case, inspection_id = told.begins(jilin, jilin.bureau)
    case.passes(working_days=3)
    told.approved(jilin, case, inspection_id)
    before = at_the_door(jilin, inspection_id, arrived_at="2026-03-02T08:00")
    no = refused("before-approval", case.completes, DOOR, **before)
    assert "arrived_at" in no.fields
    case.completes(DOOR, **at_the_door(jilin, inspection_id))


def test_nobody_goes_while_a_swap_is_open(jilin):
    """吉 第十三条: after the arrival nobody is swapped, so the request is settled before it."""
    case, inspection_id = told.begins(jilin, jilin.bureau)
    told.approved(jilin, case, inspection_id)
    (_, leader), (number, name) = told.members(jilin, inspection_id)[:2]
    asked = {"member": number, "reason": "健康状况", "relation": ""}
    case.sets_off("inspection.recusal", by=leader, **asked)
    again = refused("already-requested", case.sets_off, "inspection.recusal", by=leader, **asked)
    assert name in again.reason
    no = refused("substitution-open", case.completes, DOOR, **at_the_door(jilin, inspection_id))
    assert name in no.reason
    case.completes("申请调换", member=number, reason_code="health", proof=[PAPER])
    refused("substitution-open", case.completes, DOOR, **at_the_door(jilin, inspection_id))
    case.completes("审批调换", decision="reject", reason="可以参加")
    case.completes(DOOR, **at_the_door(jilin, inspection_id))


def test_nothing_is_discussed_or_told_before_it_happened_or_in_the_future(jilin):
    """吉 第二十二条: at the end of the inspection the team discusses, then the leader tells."""
    case, inspection_id = told.begins(jilin, jilin.bureau)
    told.recorded(jilin, case, inspection_id)
    for slug, at in (("discussion-time", "2026-02-27T10:00"), ("future-time", told.local(jilin, hours=2))):
        refused(slug, case.completes, "讨论检查情况", opinion="同意检查结果", discussed_at=at)
    case.completes("讨论检查情况", opinion="同意检查结果")
    case.all_complete("成员表态", decision="agree")
    meeting = {"place": "会议室", "present": "双方人员", "met_at": told.local(jilin, hours=2)}
    refused("future-time", case.completes, "当面反馈检查情况", **meeting)


def test_an_order_to_correct_leaves_time(jilin):
    """舞 第十三条, 吉 第二十六条: the last day to correct lies ahead."""
    case, inspection_id = told.begins(jilin, jilin.bureau)
    told.fed_back(jilin, case, inspection_id, **told.CORRECTED)
    order = {"kind": "corrected", "opinion": "责令改正", "correct_by": "2026-03-02"}
    refused("correction-due", case.completes, "提出处理意见", **order)
    case.completes("提出处理意见", **order | {"correct_by": "2026-03-03"})


@pytest.mark.parametrize("starts", ["2025-12-31", "2027-01-04"])
def test_a_task_begins_in_the_year_of_its_plan(jilin, starts):
    """吉 第八条: the plan of a year holds the work of that year."""
    case = acts.opens_plan(jilin)
    with pytest.raises(Exception, match="不在本计划的 2026 年"):
        acts.drafts(case, acts.task(jilin, starts_on=starts, ends_on="2027-02-01"))


def test_a_plan_is_made_public_after_its_approval_and_not_tomorrow(jilin):
    """吉 第七条: what is entered about the publication of a plan has happened."""
    case = acts.drafts(acts.opens_plan(jilin), acts.task(jilin))
    case.completes("审批年度计划", by=acts.LEADER, decision="approve", coverage_reason="分批实施")
    for slug, day in (("before-approval", "2026-02-27"), ("future-time", "2026-03-03")):
        refused(slug, case.completes, "公开抽查计划", published_on=day)


def test_what_is_public_is_changed_once_at_a_time(jilin):
    """吉 第七条: two corrections side by side would leave two versions in public."""
    case, inspection_id = told.begins(jilin, jilin.bureau)
    told.published(jilin, case, inspection_id)
    changes(jilin, case, "correction")
    refused("change-pending", changes, jilin, case, "withdrawal")
    case.completes("审批更正或撤回", decision="approve")
    refused("change-pending", changes, jilin, case, "withdrawal")
    told.made_public(case)
    changes(jilin, case, "withdrawal")
    assert shown(jilin, inspection_id) == [
        (1, "result", "superseded"),
        (2, "correction", "published"),
        (3, "withdrawal", "requested"),
    ]


def test_nobody_joins_a_team_twice(jilin):
    """吉 第十三条: one more inspector is asked for once, and still fits when the leader agrees."""
    case = on_site(jilin)
    asked = one_more(case)
    case.sets_off("inspection.reinforcement", by=acts.DRAFTER, **asked)
    refused("already-requested", case.sets_off, "inspection.reinforcement", by=acts.DRAFTER, **asked)
    inspection_id = case.data()["inspection_id"]

    def conflicts(session):
        who = session.get_one(Inspector, int(asked["inspector"]))
        thing = session.get_one(RegistryObject, get(session, inspection_id).object_id)
        declare(
            session,
            who,
            relation="spouse",
            thing=thing,
            note="",
            actor=session.get_one(Person, who.person_id),
        )

    jilin.does(conflicts)
    refused("reinforcement-unfit", case.completes, "审批补充检查人员", by=acts.LEADER, decision="approve")
    case.completes("审批补充检查人员", by=acts.LEADER, decision="return", reason="存在利害关系")


def test_no_file_is_destroyed_while_it_is_out_and_none_is_lent_that_is_gone(jilin):
    """国家档案局令第8号: one proposal at a time; what was allowed to be lent meanwhile is looked at again."""
    case, _ = closed(jilin, "10")
    ten_years_on(jilin)
    borrows(jilin, case, due_on="2037-06-01")
    case.completes("审批借阅", decision="approve")
    proposes(jilin, case)
    refused("destruction-pending", proposes, jilin, case)
    case.completes("鉴定案卷价值", appraisal="destroy", opinion="无保存价值")
    case.completes("审批销毁", decision="approve")
    case.completes("调出案卷", handed=True)
    refused("on-loan", case.completes, "核准销毁", decision="approve")
    case.completes("清点归还", condition="intact")
    borrows(jilin, case, due_on="2037-06-01")
    case.completes("审批借阅", decision="approve")
    case.completes("核准销毁", decision="approve")
    refused("not-archived", case.completes, "调出案卷", handed=True)


def test_an_amendment_is_approved_upon_the_plan_that_it_was_made_for(jilin):
    """吉 第十条: two amendments of one task; the second was written upon values that are no more."""
    case = acts.drafts(acts.opens_plan(jilin), acts.task(jilin), acts.task(jilin, name="二批", batch=2))
    acts.approves(case)
    second = jilin.read(lambda session: str(plan.tasks_of(session, case.data()["plan_id"], 2)[0].id))
    paper = {"superior_document": "吉医保发〔2026〕9号", "summary": "时间调整", "proof": [acts.PAPER]}
    for change in ({"ends_on": "2026-05-31"}, {"starts_on": "2026-06-10"}):
        case.sets_off("plan.amend_plan", by=acts.DRAFTER, changes=[{"task": second, **change}], **paper)
    case.completes("审批计划调整", by=acts.LEADER, decision="approve")
    refused("amendment-stale", case.completes, "审批计划调整", by=acts.LEADER, decision="approve")
    case.completes("审批计划调整", by=acts.LEADER, decision="return", reason="请按现行计划重新提出")


def test_two_drafts_of_one_version_of_the_item_list(wugang):
    """舞 第四条: whoever comes second is told, and numbers the version anew."""
    first, second = acts.opens_change(wugang, "items"), acts.opens_change(wugang, "items")
    given = {"decision": "approve", "document": "舞政〔2026〕5号", "approved_on": "2026-03-02"}
    for case in (first, second):
        case.completes("起草随机抽查事项清单", by=acts.KEEPER, **ITEMS)
        case.completes("法制审核", by=acts.LEGAL, decision="approve")
    first.completes("登记政府审定结果", by="阮清和", **given)
    refused("version-taken", second.completes, "登记政府审定结果", by="阮清和", **given)
    second.completes("登记政府审定结果", by="阮清和", decision="return", reason="版本号已使用")
    second.completes("起草随机抽查事项清单", by=acts.KEEPER, **ITEMS | {"version": "2026-3"})
