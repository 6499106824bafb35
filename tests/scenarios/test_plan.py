"""抽查计划.

吉 第八条：制定年度抽查检查工作计划；
舞 第八条：于每季度制定本科室年度双随机抽查计划，经分管领导审定后录入平台。
"""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import update

from engine import clock
from engine.desk import season
from engine.domain import ceremony, plan
from engine.domain.document.plan_facts import plan_documents
from engine.domain.plan.coverage import registered
from engine.domain.registry.tables import ItemList
from engine.errors import Refused
from tests.scenarios import acts
from web.app import create_app


def test_sections_draft_the_leader_approves_and_the_office_publishes(jilin):
    case = acts.opens_plan(jilin)
    case.expects("编制科室抽查计划", role="业务科室", due="2026-03-16")
    acts.drafts(case, acts.task(jilin))
    case.expects("审批年度计划", role="分管领导")
    acts.approves(case)
    case.expects("锁定名录库", role="业务科室")
    made = jilin.read(lambda session: plan.get(session, case.data()["plan_id"]))
    assert (made.state, made.no) == ("published", "22010020260001")


def test_a_returned_plan_goes_back_to_the_sections(jilin):
    case = acts.opens_plan(jilin)
    acts.drafts(case, acts.task(jilin), compiled=False)
    case.completes("汇总抽查计划", by=acts.DRAFTER, compiled="return", reason="任务时间过于集中")
    acts.drafts(case, acts.task(jilin))
    case.completes("审批年度计划", by=acts.LEADER, decision="return", reason="比例偏低")
    case.expects("编制科室抽查计划")


def test_nobody_approves_the_plan_they_drafted(jilin):
    case = acts.drafts(acts.opens_plan(jilin), acts.task(jilin))
    with pytest.raises(Refused):
        case.completes("审批年度计划", by=acts.DRAFTER, decision="approve")


def test_wugang_enters_the_plan_on_the_platform_first(wugang):
    case = acts.drafts(acts.opens_plan(wugang), acts.task(wugang))
    case.completes("审批年度计划", by=acts.LEADER, decision="approve", coverage_reason="分季度实施")
    case.expects("录入平台", role="业务科室", due="2026-03-05")
    case.expects_nothing("公开抽查计划")


def test_a_void_draw_is_repeated_only_by_approval_and_both_stay_visible(jilin):
    case = acts.approves(acts.drafts(acts.opens_plan(jilin), acts.task(jilin)))
    acts.seals(acts.locks(case))
    acts.voids(case, "roster-error", "名单漏列")
    case.completes(
        "申请重新抽取", by=acts.DRAFTER, redraw="redraw", reason_code="roster", reason="名单已更正"
    )
    case.expects("审批重新抽取", role="分管领导")
    case.completes("审批重新抽取", by=acts.LEADER, decision="approve")
    acts.draws(case)
    rounds = jilin.read(lambda session: ceremony.rounds_of(session, case.data()["plan_id"], 1))
    assert [(draw.serial, draw.state) for draw in rounds] == [(1, "void"), (2, "placed")]


def test_a_record_that_is_not_public_on_the_promised_day_is_accounted_for(jilin):
    """吉 第三、七条: the day stands in the sealed roster; passing it is a finding and a step for 基金监管."""
    case = acts.approves(acts.drafts(acts.opens_plan(jilin), acts.task(jilin)))
    acts.draws(case)
    case.expects_nothing("说明抽取记录逾期未公开")
    case.passes(working_days=150)
    case.expects("说明抽取记录逾期未公开", role="基金监管")
    case.completes("说明抽取记录逾期未公开", by=acts.KEEPER, reason="检查组尚未进场", until="2026-12-31")
    draw = first_draw(case)
    assert draw.settings["missed"] == {"reason": "检查组尚未进场", "until": "2026-12-31"}
    assert draw.published_at is None
    case.passes(working_days=100)
    case.expects("说明抽取记录逾期未公开", role="基金监管")
    assert first_draw(case).settings["missed_days"] == ["2026-09-30", "2026-12-31"]


def first_draw(case):
    """The first draw of the plan."""
    return case.scenario.read(lambda session: ceremony.rounds_of(session, case.data()["plan_id"], 1)[0])


def test_on_the_promised_day_the_record_becomes_public_by_itself(jilin):
    """Every team has arrived, nobody can be warned any more: no hand is needed."""
    case = acts.approves(acts.drafts(acts.opens_plan(jilin), acts.task(jilin, ratio=1)))
    acts.draws(case)
    jilin.cases("inspection")[0].goes_on(until="按清单逐项检查")
    case.passes(working_days=100)
    assert first_draw(case).published_at is None
    case.passes(working_days=50)
    draw = first_draw(case)
    assert (draw.state, draw.events[-1]["type"]) == ("closed", "close")
    assert draw.published_at is not None
    case.expects_nothing("说明抽取记录逾期未公开")


def test_a_draw_given_up_ends_its_tasks_and_the_plan(jilin):
    case = acts.approves(acts.drafts(acts.opens_plan(jilin), acts.task(jilin)))
    acts.seals(acts.locks(case))
    acts.voids(case, "ordered", "另行安排")
    case.completes("申请重新抽取", by=acts.DRAFTER, redraw="redraw", reason_code="ordered", reason="另行安排")
    case.completes("审批重新抽取", by=acts.LEADER, decision="return", reason="本期不再抽取")
    assert case.state() == "completed"


def test_no_redraw_wanted_ends_the_tasks(jilin):
    case = acts.approves(acts.drafts(acts.opens_plan(jilin), acts.task(jilin)))
    acts.seals(acts.locks(case))
    acts.voids(case, "ordered", "另行安排")
    case.completes("申请重新抽取", by=acts.DRAFTER, redraw="end", reason_code="ordered", reason="另行安排")
    assert case.state() == "completed"
    draw = jilin.read(lambda session: ceremony.rounds_of(session, case.data()["plan_id"], 1)[0])
    assert (draw.state, draw.published_at is not None) == ("void", True)


def test_the_plan_follows_a_superiors_new_rules(jilin):
    """吉 第十条：上级主管部门的规定有改变的，要及时调整做好本级的抽查工作。"""
    case = acts.drafts(acts.opens_plan(jilin), acts.task(jilin), acts.task(jilin, name="二批", batch=2))
    acts.approves(case)
    second = jilin.read(lambda session: str(plan.tasks_of(session, case.data()["plan_id"], 2)[0].id))
    paper = {"superior_document": "吉医保发〔2026〕9号", "summary": "比例提高", "proof": [acts.PAPER]}
    case.sets_off("plan.amend_plan", by=acts.DRAFTER, changes=[{"task": second, "ratio": 20}], **paper)
    case.completes("审批计划调整", by=acts.LEADER, decision="approve")
    case.completes("重新公开调整后的计划", by=acts.OFFICE)
    made = jilin.read(lambda session: plan.tasks_of(session, case.data()["plan_id"], 2)[0])
    assert made.ratio == "20%"
    case.sets_off("plan.amend_plan", by=acts.DRAFTER, changes=[{"task": second, "ratio": 30}], **paper)
    case.completes("审批计划调整", by=acts.LEADER, decision="return", reason="没有依据")
    made = jilin.read(lambda session: plan.tasks_of(session, case.data()["plan_id"], 2)[0])
    assert made.ratio == "20%"


def test_batch_after_batch_is_drawn_inspected_and_made_public(jilin):
    """吉 第三条：随机抽取、随机选派、及时公开；the draws of a bureau form one chain."""
    case = acts.drafts(
        acts.opens_plan(jilin), acts.task(jilin, ratio=1), acts.task(jilin, name="二批", ratio=1, batch=2)
    )
    acts.draws(acts.approves(case))
    acts.goes_to_the_end(case, until="锁定名录库")
    acts.draws(case)
    acts.goes_to_the_end(case)
    assert case.state() == "completed"
    rounds = jilin.read(
        lambda session: [ceremony.rounds_of(session, case.data()["plan_id"], batch)[0] for batch in (1, 2)]
    )
    assert [draw.state for draw in rounds] == ["closed", "closed"]
    assert all(draw.published_at for draw in rounds)
    assert rounds[1].document["prev_head"] == rounds[0].head


def test_a_plan_that_does_not_come_is_urged(wugang):
    """舞 第八条 每季度制定, 第三条 监督实施: twenty working days without a compiled plan go to the supervising section."""
    case = acts.opens_plan(wugang)
    case.passes(working_days=19)
    case.expects_nothing("督办计划编制")
    case.passes(working_days=2)
    case.is_overdue("编制科室抽查计划")
    case.expects("督办计划编制", role="基金监管")
    case.completes("督办计划编制", note="请本周内提交")
    acts.drafts(case, acts.task(wugang), compiled=False)
    case.completes("汇总抽查计划", by=acts.DRAFTER, **acts.PLAN)
    case.expects("审批年度计划")


def test_a_plan_compiled_late_is_urged_too(jilin):
    """吉 第八条: the sections are done, the compiled plan is not."""
    case = acts.drafts(acts.opens_plan(jilin), acts.task(jilin), compiled=False)
    case.passes(working_days=21)
    case.completes("督办计划编制", note="请提交审批")
    case.completes("汇总抽查计划", by=acts.DRAFTER, **acts.PLAN)
    case.expects("审批年度计划")


def test_a_plan_that_is_due_before_there_is_a_list_opens_as_soon_as_there_is_one(jilin):
    acts.opens_plan(jilin)
    jilin.rehearsal.now = datetime(2027, 1, 4, 9, tzinfo=clock.SHANGHAI)
    jilin.does(lambda session: session.execute(update(ItemList).values(state="draft")))
    jilin.does(season.due)
    assert len(jilin.cases("plan")) == 1
    jilin.does(lambda session: session.execute(update(ItemList).values(state="published")))
    jilin.does(season.due)
    assert len(jilin.cases("plan")) == 2


@pytest.mark.parametrize(
    ("pack", "day", "period"),
    [("jilin", (2027, 1, 4), (2027, 0)), ("wugang", (2026, 4, 1), (2026, 2))],
)
def test_the_next_plan_opens_by_itself_once(pack, day, period, request):
    """吉 第十条 年度, 舞 第八条 每季度: on the first day of the period, one plan, however many workers look."""
    scene = request.getfixturevalue(pack)
    acts.opens_plan(scene)
    assert scene.does(season.due) == 0
    scene.rehearsal.now = datetime(*day, 9, tzinfo=clock.SHANGHAI)
    assert scene.does(season.due) == 1
    assert scene.does(season.due) == 0
    plans = scene.cases("plan")
    assert len(plans) == 2
    plans[1].expects("编制科室抽查计划", role="业务科室")
    made = scene.read(lambda session: plan.get(session, plans[1].data()["plan_id"]))
    assert (made.year, made.quarter) == period


def test_jilin_plans_visits_on_the_spot_only(jilin, wugang):
    """吉 第十条 按规定计划比例抽取检查对象，开展现场检查; 舞 第六条 lets a plan choose, and names the main way."""
    case = acts.opens_plan(jilin)
    with pytest.raises(Refused, match="“抽查方式”列出的选项"):
        acts.drafts(case, acts.task(jilin, method="online"), compiled=False)
    acts.drafts(case, acts.task(jilin, method=""), compiled=False)
    other = acts.opens_plan(wugang)
    people = acts.task(wugang, name="参保人员抽查", object_kind="person", method="")
    acts.drafts(
        other, people, acts.task(wugang, method="visit"), acts.task(wugang, method=""), compiled=False
    )
    planned = wugang.read(lambda s: [t.method for t in plan.get(s, other.data()["plan_id"]).tasks])
    assert planned == ["online", "visit", "onsite"]


def test_the_plan_shows_all_its_parts_to_the_leader_on_paper_and_in_public(jilin):
    """吉 第八条 抽查事项、检查内容、时间安排、抽查比例以及工作和纪律要求; 第七条: whoever approves it and whoever reads it
    sees each of them."""
    case = acts.drafts(acts.opens_plan(jilin), acts.task(jilin))
    row = jilin.read(lambda s: plan.shown.task_rows(plan.get(s, case.data()["plan_id"]))[0])
    assert (row["content"], row["method"]) == ("医疗保障基金使用情况", "现场检查")
    acts.approves(case)
    paper = jilin.read(lambda s: plan_documents(s, plan.get(s, case.data()["plan_id"])))["plan"]
    assert paper["tasks"][0]["content"] == "医疗保障基金使用情况"
    assert paper["arrangement"] == acts.PLAN["arrangement"]
    page = create_app(jilin.world).test_client().get("/public/plans").text
    for words in (
        row["content"],
        *(acts.PLAN[key] for key in ("arrangement", "work_requirements", "discipline")),
    ):
        assert words in page, words


def test_a_province_plans_for_the_registries_below_it(jilin):
    """吉 第四条 省级对全省所有统筹区被监管对象实施随机抽查: its base is what its draw will take from."""
    below = jilin.read(lambda s: registered(s, jilin.province))
    own = jilin.read(lambda s: registered(s, jilin.bureau))
    assert sum(below.values()) >= sum(own.values()) > 0
