"""One plan of a bureau in Chromium: through the inboxes of its roles, from the section's draft to the archive.

Everybody opens their work in the inbox and types into the form of the page. The steps that decide are written
out: the leader's return and approval, the two envelopes of the draw, the refused signature, the seal.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from engine.runtime.tables import WorkItem
from tests.browser.people import Desk, Visitor

SHARE = Path(__file__).parents[2] / "web/static/verify/share.html"
REASON = "抽查比例的依据没有写明，请补充后再报。"


@pytest.fixture(scope="module")
def served(installation):
    """A bureau on the first working day of March, with nothing begun."""
    return installation(cases=1).open()


def envelope(chrome: Browser, draw: str, party: str) -> tuple[str, str]:
    """A secret and its commitment, made by a party on the own device without a network."""
    context = chrome.new_context(offline=True, locale="zh-CN")
    page = context.new_page()
    page.goto(SHARE.as_uri())
    page.fill("#draw", draw)
    page.fill("#party", party)
    page.click("#make")
    secret = page.inner_text("#out-secret").replace(" ", "").replace("\n", "")
    commitment = page.get_attribute("#out-commit", "data-value")
    context.close()
    return secret, commitment


def test_a_plan_goes_from_the_section_to_the_archive(chrome, desk):
    the_plan_is_drafted_returned_and_approved(desk)
    the_plan_is_published(desk)
    operator, witness, draw = the_roster_is_sealed(chrome, desk)
    the_envelopes_are_opened_and_both_sign(desk, operator, witness)
    case = the_team_is_sent(desk)
    the_object_refuses_to_sign(desk)
    the_result_is_agreed_and_published(desk)
    the_file_is_sealed(desk, case)
    everybody_finds_it_again(desk, case, draw)


def the_plan_is_drafted_returned_and_approved(desk: Desk) -> None:
    section = desk["陆文静"]
    section.inbox()
    section.sees("现在没有等你办的事")
    section.page.get_by_role("link", name="计划", exact=True).click()
    section.page.fill("#year", "2026")
    section.page.locator("main form button.btn", has_text="发起计划").click()
    desk.awaits("编制科室抽查计划")
    desk.goes_on(until="审批年度计划")

    approval = desk.awaits("审批年度计划")
    leader = desk["沈其昌"]
    section.inbox()
    section.sees_nothing_of("审批年度计划")
    leader.finds(approval)
    leader.sees("抽查任务", "定点医药机构医疗保障基金使用情况抽查", "吉 第八条")
    leader.page.get_by_label("退回", exact=True).check()
    leader.submits()
    assert leader.page.title().startswith("错误：")
    leader.sees("有 1 处需要改正", "请填写“退回原因”")
    assert leader.page.get_by_label("退回", exact=True).is_checked()
    leader.page.get_by_label("退回原因").fill(REASON)
    leader.submits()
    leader.sees("已交：审批年度计划")

    again = next(item for item in drafts(desk) if desk.may_do(item) == section.login)
    section.finds(again)
    section.sees(REASON, "沈其昌")
    assert section.page.input_value("[name='tasks.0.name']") == "定点医药机构医疗保障基金使用情况抽查"
    section.does(again)
    desk.goes_on(until="汇总抽查计划")
    section.does(desk.awaits("汇总抽查计划"), arrangement="三月抽取，四月至六月检查，比例按省局要求。")
    approval = desk.awaits("审批年度计划")
    approves_by_keyboard(leader, approval.id)


def drafts(desk: Desk) -> list[WorkItem]:
    """The sections' own steps."""
    desk.awaits("编制科室抽查计划")
    return [item for item in desk.waiting() if item.step == "编制科室抽查计划"]


def approves_by_keyboard(leader: Visitor, item_id: int) -> None:
    """No pointer: J to the row, Enter, Tab to the decision, Space, Ctrl+Enter."""
    page = leader.page
    leader.inbox()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/tasks/{item_id}")
    tab_to(leader, "input[name=decision]")
    page.keyboard.press("Space")
    assert page.locator("input[name=decision][value=approve]").is_checked()
    reason = "textarea[name=coverage_reason]"  # the plan covers fewer than half: shown once «同意» is chosen
    page.locator(reason).wait_for(state="visible")
    tab_to(leader, reason)
    page.keyboard.type("本年度首次抽查，先覆盖村卫生室。")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(leader.desk.served.url + "/")
    leader.sees("已交：审批年度计划")


def tab_to(visitor: Visitor, selector: str) -> None:
    """Press Tab until the control has the focus; what has the focus is always to be seen."""
    for _ in range(60):
        if visitor.page.evaluate("(s) => document.activeElement.matches(s)", selector):
            return
        visitor.page.keyboard.press("Tab")
    raise AssertionError(f"用 Tab 到不了 {selector}")


def the_plan_is_published(desk: Desk) -> None:
    office = desk["柳含章"]
    office.does(desk.awaits("公开抽查计划"))
    office.page.goto("/public/plans")
    office.sees("2026", "定点医药机构医疗保障基金使用情况抽查")


def the_roster_is_sealed(chrome: Browser, desk: Desk) -> tuple[str, str, str]:
    desk.goes_on(until="抽取人封签")
    item = desk.awaits("抽取人封签")
    section = desk["陆文静"]
    section.finds(item)
    section.confirms()
    draw = re.search(r"\d{6}-2026-\d{4}", section.page.locator("main").inner_text())
    assert draw, "封签页应写明抽取编号"
    operator, commitment = envelope(chrome, draw[0], "bureau")
    seals(section, "commit_operator", commitment)

    witness = desk["罗秉正"]
    item = desk.awaits("见证人核对名单并封签")
    witness.finds(item)
    witness.confirms()
    witness.sees("名单核对意见")
    witness.page.get_by_label("没有异议").check()
    secret, commitment = envelope(chrome, draw[0], "witness")
    seals(witness, "commit_witness", commitment)
    return operator, secret, draw[0]


def seals(visitor: Visitor, name: str, commitment: str) -> None:
    """Type a commitment; the way in which the secret was made is said where the page asks."""
    own = visitor.page.locator("input[name=share][value=own-device]")
    if own.count():
        own.check()
    visitor.page.fill(f"[name={name}]", commitment)
    visitor.submits()
    visitor.sees("已交：")


def the_envelopes_are_opened_and_both_sign(desk: Desk, operator: str, witness: str) -> None:
    opening = desk.awaits("抽取人启封")
    section = desk["陆文静"]
    section.finds(opening)
    section.page.fill("[name=secret_operator]", "0" * 64)
    section.submits()
    section.sees("封签")
    assert section.page.input_value("[name=secret_operator]") in ("", "0" * 64)
    section.page.fill("[name=secret_operator]", operator)
    section.submits()
    section.sees("已交：抽取人启封")

    guard = desk["罗秉正"]
    guard.finds(desk.awaits("当场启封"))
    guard.page.get_by_label("启封", exact=False).first.check()
    guard.page.fill("[name=secret_witness]", witness)
    guard.submits()
    guard.sees("已交：当场启封")

    signing = desk.awaits("抽取人签署抽取记录")
    section.finds(signing)
    section.sees("抽取结果")
    section.does(signing, signature={"name": "陆文静"})
    guard.does(desk.awaits("见证人签署抽取记录"), ceremony="sign", signature={"name": "罗秉正"})


def the_team_is_sent(desk: Desk) -> int:
    """The drawn people find the case in their own inboxes; nobody else of the bureau does."""
    choice = desk.awaits("确定检查组组长")
    desk["陆文静"].does(choice)
    pledge = desk.awaits("廉洁承诺与利害关系声明")
    member = desk[desk.may_do(pledge)]
    stranger = next(
        name for name in ("zhouyanqiu", "tumingyi", "moyining", "qinzhaoyuan") if name != member.login
    )
    member.finds(pledge)
    member.sees(pledge.object_name)
    stranger_page = desk[stranger].page
    assert stranger_page.goto(f"/tasks/{pledge.id}").status in (200, 403, 404)
    desk[stranger].sees_nothing_of("提交“廉洁承诺与利害关系声明”")
    desk.goes_on(until="审批行政检查")
    leader = desk["沈其昌"]
    approval = desk.awaits("审批行政检查")
    leader.finds(approval)
    leader.sees(approval.object_name, "同意", "退回")
    leader.page.get_by_label("同意", exact=True).check()
    leader.submits()
    leader.sees("已交：审批行政检查")
    desk.goes_on(until="制作现场检查记录")
    return pledge.case_id


def the_object_refuses_to_sign(desk: Desk) -> None:
    """依据: 舞 第十二条 — the reason is noted and a third party witnesses."""
    record = desk.awaits("制作现场检查记录")
    inspector = desk[desk.may_do(record)]
    inspector.begins(record, signature="refused", inspectors_signature={"name": inspector.name})
    assert not inspector.page.locator("[name=signer]").is_visible()
    inspector.submits()
    inspector.sees("已交：制作现场检查记录")

    witness = desk.awaits("注明原因并邀请见证")
    inspector.finds(witness)
    inspector.submits()
    inspector.sees("需要改正", "请填写“无法取得签字或盖章的原因”")
    inspector.does(
        witness,
        witness_name="高守信",
        witness_contact="13800000000",
        reason="负责人称对检查依据有异议，拒绝签字。",
    )


def the_result_is_agreed_and_published(desk: Desk) -> None:
    desk.goes_on(until="公示前审查")
    review = desk.awaits("公示前审查")
    reviewer = desk["邵一凡"]
    reviewer.finds(review)
    reviewer.confirms()
    reviewer.sees(review.object_name)
    reviewer.does(review, decision="approve")
    desk.goes_on(until="整理编目")


def the_file_is_sealed(desk: Desk, case: int) -> None:
    archivist = desk["温故安"]
    archivist.does(desk.awaits("整理编目"))
    seal = desk.awaits("核对并封存")
    archivist.finds(seal)
    archivist.sees("核对")
    archivist.does(seal, checked=True, signature={"name": "温故安"})
    desk.settles()
    archivist.page.goto(f"/cases/{case}")
    archivist.sees("办结")


def everybody_finds_it_again(desk: Desk, case: int, draw: str) -> None:
    """The inboxes are empty, what was done stands in 已办, the case tells who did what, the public sees the result."""
    assert desk.waiting() == []
    for name in ("陆文静", "沈其昌", "罗秉正", "邵一凡", "温故安"):
        desk[name].inbox()
        desk[name].sees("现在没有等你办的事")
        desk[name].page.goto("/?tab=done")
        assert desk[name].page.locator("table.grid tbody tr").count() >= 1, name
    leader = desk["沈其昌"]
    leader.page.goto(f"/cases/{case}")
    leader.sees("制作现场检查记录", "注明原因并邀请见证", "公示前审查", "核对并封存")
    leader.page.goto(f"/draws/{draw}")
    leader.sees("罗秉正", "陆文静")
    leader.page.goto("/public")
    assert leader.page.locator("main a[href*='/public/results/']").count() >= 1
