"""A leader's day: a substitution decided on one screen, more asked for, a proxy for the days away, the file of the case.

吉 第十三条：由分管领导审批，在符合条件的执法人员中进行调换。
"""

from __future__ import annotations

from tests.browser.people import PHONE, Desk, Visitor

WHY = "检查人员与本单位有诉讼，申请回避。"
MORE = "请补充诉讼的立案通知书。"


def test_a_leader_decides_a_substitution_on_one_screen(desk):
    case = desk.awaits("确定检查组组长").case_id
    section, leader = desk["luwenjing"], desk["shenqichang"]
    the_party_asks_that_somebody_steps_aside(desk, section, case)
    item = desk.awaits("审批调换", case=case)
    leader.finds(item)
    everything_needed_is_there(leader)
    the_leader_asks_for_more(section, leader, item)
    it_is_approved(desk, leader, item)
    the_file_tells_it(leader, case)


def the_party_asks_that_somebody_steps_aside(desk: Desk, section: Visitor, case: int) -> None:
    page = section.page
    page.goto(f"/cases/{case}")
    page.get_by_role("link", name="申请调换或回避").click()
    page.locator("[name=member]").first.check()
    page.locator("[name=asked_by][value=object]").check()
    page.fill("[name=applicant]", "被检查单位")
    page.select_option("[name=relation]", "requested")
    page.fill("[name=reason]", WHY)
    page.set_input_files("[name=proof]", desk.picture("回避申请"))
    section.submits()
    section.sees("已发起：申请调换或回避")
    request = desk.awaits("申请调换", case=case)
    section.finds(request)
    section.sees("被检查对象：被检查单位")
    assert page.input_value("[name=detail]") == WHY  # nothing is typed twice
    page.set_input_files("[name=proof]", desk.picture("人事登记表"))
    section.submits()
    section.sees("已交：申请调换")


def everything_needed_is_there(leader: Visitor) -> None:
    """What is asked, by whom, why, the article, both ways it can go, history, what is unusual: one page."""
    leader.sees(
        "事情是这样",
        "陆文静",
        WHY,
        "吉 第十三条",
        "“同意”之后",
        "业务科室办理“确认递补人选”",
        "“退回补充”之后",
        "“不同意”之后",
        "你可以决定本件",
        "你与检查对象没有利害关系",
        "一年内第 1 次申请调换",
        "由系统补出，审批人不选人",
    )
    page = leader.page
    for width in (PHONE, 1280, 1920):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width
    page.set_viewport_size({"width": 1280, "height": 900})


def the_leader_asks_for_more(section: Visitor, leader: Visitor, item) -> None:
    page = leader.page
    page.get_by_text("材料不够，要求陆文静补充").click()
    page.fill("#asked", MORE)
    page.get_by_role("button", name="要求补充").click()
    leader.sees("等待答复，本件暂停计时", MORE)
    section.page.goto(f"/cases/{item.case_id}#extra")
    section.page.get_by_role("link", name="补充：审批调换").click()
    section.page.fill("#result", "立案通知书见附件第 2 页。")
    section.page.get_by_role("button", name="答复").click()
    section.sees("已答复")
    leader.page.reload()
    leader.sees("立案通知书见附件第 2 页")


def it_is_approved(desk: Desk, leader: Visitor, item) -> None:
    """One choice, one button."""
    leader.page.locator("[name=decision][value=approve]").check()
    leader.submits()
    leader.sees("已交：审批调换")
    desk.awaits("确认递补人选", case=item.case_id)


def the_file_tells_it(leader: Visitor, case: int) -> None:
    page = leader.page
    page.goto(f"/cases/{case}")
    leader.sees(
        "任务清单", "未开始", "申请调换", "要求陆文静补充", "时限", "暂停、延期台账", "关联案件", "临时任务"
    )
    strip = page.locator(".lane-names svg").first
    before = strip.bounding_box()["x"]
    page.locator(".map").first.evaluate("(box) => box.scrollTo(600, 0)")
    assert abs(strip.bounding_box()["x"] - before) < 2  # the lanes' names stay in sight
    page.fill("#as_of", page.get_attribute("#as_of", "max"))
    page.get_by_role("button", name="查看").click()
    leader.sees("这是截至", "按历史记录还原")
    assert page.get_by_role("link", name="办理“").count() == 0
    for width in (PHONE, 1280, 1920):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width


def test_a_leader_goes_away_and_somebody_stands_in(desk):
    leader = desk["shenqichang"]
    page = leader.page
    page.goto("/")
    page.get_by_role("link", name="离岗代理").click()
    today = page.get_attribute("#valid_from", "min")
    page.select_option("#proxy", index=1)
    page.fill("#valid_from", today)
    page.fill("#valid_to", today)
    page.fill("#reason", "参加省局培训")
    page.get_by_role("button", name="指定代理人").click()
    leader.sees("已指定代理人", "参加省局培训")
    page.get_by_role("button", name="收回").click()
    leader.sees("代理已收回", "没有指定代理人")
