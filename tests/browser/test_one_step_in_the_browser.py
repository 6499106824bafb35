"""One step and its page: a refusal keeps what was typed, two tabs, no JavaScript, a phone."""

from __future__ import annotations

from tests.browser.people import PHONE, Desk


def test_a_refused_form_keeps_what_was_typed_and_names_field_and_article(desk):
    item = desk.awaits("确定检查组组长")
    clerk = desk[desk.may_do(item)]
    clerk.finds(item)
    clerk.sees("吉 第十六条")
    clerk.page.fill("[name=reason]", "熟悉村卫生室，带队经验多。")
    clerk.submits()
    assert clerk.page.title().startswith("错误：")
    assert clerk.page.evaluate("document.activeElement.id") == "errors"
    summary = clerk.page.locator("#errors a").first
    assert summary.inner_text() == "请选择“组长”"
    assert clerk.page.input_value("[name=reason]") == "熟悉村卫生室，带队经验多。"
    summary.click()
    assert clerk.page.evaluate("document.activeElement.name || document.activeElement.id").endswith("leader")
    clerk.does(item)


def test_of_two_tabs_the_second_is_told_who_and_when(desk):
    item = desk.awaits("确定检查组组长")
    login = desk.may_do(item)
    first, second = desk[login], desk.visitor(login)
    first.begins(item)
    second.begins(item)
    first.submits()
    first.sees("已交：确定检查组组长")
    second.submits()
    second.sees(first.name, "今天", "没有办成")
    assert second.page.locator("form[data-form]").count() == 0
    assert [item.id for item in desk.waiting()].count(item.id) == 0


def test_an_inspection_goes_on_without_javascript(desk):
    """Choice, consent and signature, list of rows, upload, approval: every kind of control by plain posts."""
    case = desk.awaits("确定检查组组长").case_id
    kinds: list[str] = []
    while "制作现场检查记录" not in kinds:
        assert len(kinds) < 15, kinds
        desk.settles()
        item = next(item for item in desk.waiting() if item.case_id == case)
        plain = plainly(desk, desk.may_do(item))
        plain.finds(item)
        assert plain.page.locator("[data-pad]:visible").count() == 0
        plain.does(item)
        kinds.append(item.step)
    assert {"确定检查组组长", "廉洁承诺与利害关系声明", "审批行政检查", "按清单逐项检查", "收集证据"} <= set(
        kinds
    )


def plainly(desk: Desk, login: str):
    """The same person in a browser without JavaScript."""
    name = f"{login} without script"
    if name not in desk.people:
        desk.people[name] = desk.visitor(login, script=False)
    return desk.people[name]


def test_a_step_is_done_on_a_phone(desk):
    item = desk.waiting()[0]
    phone = desk.visitor(desk.may_do(item), width=PHONE)
    phone.does(item)
    assert phone.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
