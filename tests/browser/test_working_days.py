"""A working day of each role at its own browser: what waits, what is done, what is refused, what is found again.

Roles whose day is told in another file stand in `DAYS` with that file: together they are all roles there are.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from engine import clock
from engine.domain.registry import RegistryObject
from engine.people import Role
from tests.browser.people import PATIENCE, PHONE, Desk, Visitor

FOLDER = Path(__file__).parent
YEAR = "test_year_in_the_browser.py::test_a_plan_goes_from_the_section_to_the_archive"
HERE = "test_working_days.py::test_"
DAYS = {
    Role.SECTION: YEAR,
    Role.LEADER: "test_leader_in_the_browser.py::test_a_leader_decides_a_substitution_on_one_screen",
    Role.WITNESS: YEAR,
    Role.INSPECTOR: YEAR,
    Role.REVIEWER: YEAR,
    Role.OFFICE: YEAR,
    Role.ARCHIVIST: YEAR,
    Role.SUPERVISION: HERE + "supervision_registers_a_lead_and_urges_what_is_late",
    Role.LEGAL: HERE + "legal_review_sends_a_filing_back_once",
    Role.HEAD: HERE + "the_head_files_the_case",
    Role.EXPERT: HERE + "an_expert_is_invited_declares_and_advises",
    Role.MODELLER: HERE + "a_process_owner_changes_a_diagram_and_another_releases_it",
    Role.RELEASER: HERE + "a_process_owner_changes_a_diagram_and_another_releases_it",
    Role.SECURITY_ADMIN: HERE + "security_gives_an_account_a_post_and_takes_a_leaver_out",
    Role.SYSTEM_ADMIN: HERE + "the_system_administrator_lets_notices_out",
    Role.AUDIT_ADMIN: HERE + "the_audit_administrator_reads_who_did_what",
}
PROBLEM = {"result": "pending", "description": "疑似串换药品", "amount": 6_000_000}


@pytest.fixture(scope="module")
def served(installation):
    """A bureau whose plan is drawn: four inspections wait for their leaders."""
    return installation(through="draw", cases=4).open()


@pytest.fixture(scope="module")
def cases(served) -> Iterator[int]:
    """The inspections, one for each story."""
    with served.world.database.reading() as session:
        waiting = served.year.rehearsal.open_items(session, element="choose_leader")
        return iter([item.case_id for item in waiting if served.year.ours(item)])


def test_every_role_has_its_day():
    assert set(DAYS) == set(Role)
    for place in DAYS.values():
        file, name = place.split("::")
        assert f"def {name}(" in (FOLDER / file).read_text("utf-8"), place


def with_a_problem(desk: Desk, case: int, **more: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """What the team answers when it finds something that asks for a case against the object."""
    item = desk.others(case, until="按清单逐项检查")
    listed = desk.answers(item.id, desk.may_do(item), {})["findings"]
    return {
        "check_items": {"findings": [listed[0] | PROBLEM, *listed[1:]]},
        "propose": {"kind": "filing", "opinion": "涉嫌串换药品，建议立案查处。"},
        **more,
    }


def decides(visitor: Visitor, decision: str, **typed: str) -> None:
    """Choose one way of a decision, type what it asks for, submit."""
    visitor.page.locator(f"[name=decision][value={decision}]").check()
    for name, text in typed.items():
        visitor.page.fill(f"[name={name}]", text)
    visitor.submits()


def test_legal_review_sends_a_filing_back_once(desk, cases):
    """吉 第九条 需要立案查处的，按照行政处罚相关规定."""
    case = next(cases)
    found = with_a_problem(desk, case)
    review = desk.others(case, until="法制审核", **found)
    legal = desk["郑明理"]
    legal.finds(review)
    legal.sees(review.object_name, "涉嫌串换药品，建议立案查处。", "立案")
    decides(legal, "return")
    legal.sees("有 1 处需要改正", "请填写“退回原因”")
    legal.page.fill("[name=reason]", "缺少药品进销存证据，请补充。")
    legal.submits()
    legal.sees("已交：法制审核")

    proposal = desk.awaits("提出处理意见", case=case)
    leader = desk[desk.may_do(proposal)]
    leader.finds(proposal)
    leader.sees("缺少药品进销存证据，请补充。")
    again = desk.others(case, until="法制审核", **found)
    legal.finds(again)
    legal.sees("缺少药品进销存证据，请补充。")  # what was said before stands beside the decision
    decides(legal, "approve")
    legal.sees("已交：法制审核")
    legal.page.goto("/?tab=done")
    assert legal.page.locator("table.grid tbody tr", has_text=review.object_name).count() == 2


def test_the_head_files_the_case(desk, cases):
    """立案 is decided by the head of the bureau, behind legal review; on the phone between two meetings."""
    case = next(cases)
    filing = desk.others(case, until="审批立案", **with_a_problem(desk, case))
    head = desk.visitor("高维岳", width=PHONE)
    head.finds(filing)
    head.confirms()
    head.sees(filing.object_name, "涉嫌串换药品，建议立案查处。", "法制审核")
    assert head.page.evaluate("document.documentElement.scrollWidth") <= PHONE
    decides(head, "approve", filing_no="长医保立〔2026〕3 号")
    head.sees("已交：审批立案")
    head.page.goto(f"/tasks/{filing.id}")
    head.sees("高维岳 于", "办结", "长医保立〔2026〕3 号")


def test_an_expert_is_invited_declares_and_advises(desk, cases):
    """吉 第十六条 可以邀请专家; an expert advises, reads the own cases only and decides nothing."""
    case = next(cases)
    expert = desk["田家和"]
    expert.inbox()
    expert.sees("现在没有等你办的事")
    choice = desk.awaits("确定检查组组长", case=case)
    section = desk["陆文静"]
    section.begins(choice)
    section.page.get_by_label("田家和").check()
    section.submits()
    section.sees("已交：确定检查组组长")
    pledge = desk.others(case, until="新成员承诺与声明")
    expert.does(pledge)
    discuss = desk.others(case, until="讨论检查情况")
    expert.page.goto(f"/cases/{case}")
    expert.sees(discuss.object_name, "田家和 专家")
    assert expert.page.goto(f"/tasks/{discuss.id}").status in (200, 403, 404)
    assert expert.page.locator("form[data-form]").count() == 0
    stranger = next(item.case_id for item in desk.waiting() if item.case_id != case)
    assert expert.page.goto(f"/cases/{stranger}").status == 404


def test_a_process_owner_changes_a_diagram_and_another_releases_it(desk, tmp_path):
    """A fault is found before anybody reads it; the change is released by another; running cases keep theirs."""
    owner, releaser = desk["梁书禾"], desk["钟审言"]
    page = owner.page
    page.goto("/processes")
    page.get_by_role("link", name="吉林省规则 v1").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="下载全部文件").click()
    with zipfile.ZipFile(download.value.path()) as zipped:
        report = zipped.read("report.bpmn").decode()

    def sends(text: str, note: str) -> None:
        page.goto("/processes")
        page.get_by_role("link", name="送审改动").click()
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as zipped:
            zipped.writestr("report.bpmn", text)
        (tmp_path / "改动.zip").write_bytes(packed.getvalue())
        page.set_input_files("#zip", tmp_path / "改动.zip")
        page.fill("#note", note)
        page.get_by_role("button", name="检查并送审").click()
        page.wait_for_url("**/processes/proposals/*")

    sends(report.replace('name="form" value="', 'name="form" value="nowhere/', 1), "换表单")
    owner.sees("检查未通过", "report.bpmn", "nowhere/", "怎么办")
    sends(report.replace("提交检查报告", "提交书面检查报告"), "按省局来函改环节名称")
    owner.sees("待复核", "没有发现问题", "作者不能发布自己的改动")
    place = page.url

    releaser.page.goto("/processes")
    releaser.page.get_by_role("link", name="第 2 号").click()
    releaser.sees("按省局来函改环节名称", "提交书面检查报告", "复核")
    releaser.page.get_by_role("button", name="发布这一版").click()
    code = releaser.page.locator("main").inner_text().split("现在的口令是 ")[1][:6]
    releaser.page.fill("#code", code)
    releaser.page.get_by_role("button", name="确认").click()
    releaser.page.wait_for_url(place)
    releaser.page.get_by_role("button", name="发布这一版").click()
    releaser.sees("已发布。新开的案件用这一版，在办案件不变。", "吉林省规则 v2", "现行")
    owner.page.goto("/processes")
    owner.sees("吉林省规则 v2", "吉林省规则 v1", "旧版", "钟审言")


def test_security_gives_an_account_a_post_and_takes_a_leaver_out(desk):
    security = desk["卫长安"]
    page = security.page
    page.goto("/people")
    page.fill("#name", "新来的")
    page.fill("#login", "luwenjing")
    page.fill("#staff_no", "220100-900")
    page.get_by_role("button", name="新增账号").click()
    security.sees("luwenjing")
    assert page.input_value("#name") == "新来的"  # what was typed stays
    page.fill("#login", "xinlaide")
    page.get_by_role("button", name="新增账号").click()
    password = page.locator(".note.done .hash").inner_text().strip()
    page.select_option("#role", label="办公室")
    page.get_by_role("button", name="授予岗位").click()
    security.sees("办公室", "在任")

    newcomer = desk.visitor("xinlaide", password=password)
    newcomer.inbox()
    newcomer.sees("现在没有等你办的事")

    page.fill("#reason", "调离本局")
    page.get_by_role("button", name="停用账号").click()
    security.sees("账号已停用，没有待办要移交", "2026-03-02")
    newcomer.page.goto("/")
    assert newcomer.page.url.endswith("/sign-in?next=/") or "/sign-in" in newcomer.page.url
    for place in ("/cases", "/board", "/audit"):
        assert page.goto(place).status == 403, place  # accounts only: no business, no log


def test_the_system_administrator_lets_notices_out(desk):
    admin = desk["纪维安"]
    page = admin.page
    page.goto("/")
    page.get_by_role("link", name="外送", exact=True).click()
    admin.sees("还没有外送地址", "hooks.example")
    page.fill("#url", "https://elsewhere.example/casework")
    page.get_by_role("button", name="登记地址").click()
    admin.sees("elsewhere.example")
    assert page.input_value("#url") == "https://elsewhere.example/casework"
    page.fill("#url", "https://hooks.example/casework")
    page.get_by_role("button", name="登记地址").click()
    first = page.locator(".note.done .hash").inner_text()
    page.goto("/hooks")
    assert page.locator(".note.done .hash").count() == 0  # shown once
    page.get_by_role("button", name="换密钥").click()
    assert page.locator(".note.done .hash").inner_text() != first
    page.get_by_role("button", name="停用").click()
    admin.sees("停用")
    assert page.get_by_role("button", name="换密钥").count() == 0


def test_the_audit_administrator_reads_who_did_what(desk):
    """Security gives and takes, audit reads; nobody does both (三员分设)."""
    security, audit = desk["卫长安"], desk["严审之"]
    security.page.goto("/people?q=田家和")
    security.page.get_by_role("link", name="田家和").click()
    security.page.get_by_role("button", name="重设密码").click()
    audit.page.goto("/")
    audit.page.get_by_label("人员").fill("卫长安")
    audit.page.get_by_label("动作").select_option(label="账号和岗位")
    audit.page.get_by_role("button", name="筛选").click()
    audit.sees("卫长安", "链头")
    rows = audit.page.locator("table.grid tbody tr")
    assert rows.count() >= 1
    assert all("卫长安" in text for text in rows.all_inner_texts())
    audit.page.get_by_label("人员").fill("没有这个人")
    audit.page.get_by_role("button", name="筛选").click()
    audit.sees("没有符合条件的记录", "看全部")
    assert audit.page.goto("/people").status == 403


def test_supervision_registers_a_lead_and_urges_what_is_late(desk, cases):
    """吉 第九条: leads are checked beside the draw; what is late is urged from one list. (Time passes: told last.)"""
    supervisor = desk["贺知夏"]
    supervisor.inbox()
    supervisor.page.get_by_role("button", name="登记线索").click()
    supervisor.page.wait_for_url("**/tasks/*")
    supervisor.does(desk.awaits("登记线索"), source_document="市长热线 2026-0301 号")
    with desk.served.world.database.reading() as session:
        ours = select(RegistryObject.code).where(RegistryObject.bureau_id == desk.served.year.bureau_id)
        code = session.scalars(ours.limit(1)).one()
    supervisor.does(desk.awaits("核实线索"), verdict="specific", object_code=code)
    desk.awaits("审批线索检查")
    supervisor.page.goto("/?tab=started")
    supervisor.sees("审批线索检查", "分管领导")

    late = desk.awaits("确定检查组组长", case=next(cases))
    rehearsal = desk.served.year.rehearsal
    rehearsal.passes(working_days=12)
    clock.install(rehearsal.now.isoformat())
    supervisor = desk.visitor("贺知夏")  # the session of that day is over
    page = supervisor.page
    page.goto("/board")
    supervisor.sees("件超期", "确定检查组组长")
    page.select_option("[name=step]", label="确定检查组组长")
    page.get_by_role("button", name="筛选").click()
    page.locator(f"[name=item][value='{late.id}']").check()
    page.get_by_role("button", name="催办所选").click()
    supervisor.sees("选了 1 件，其中 1 件可以催办", late.object_name)
    page.get_by_role("button", name="催办这 1 件").click()
    expect(page.locator("h1")).to_have_text("批量催办的结果", timeout=PATIENCE * 1000)
    supervisor.sees("已催办")

    section = desk.visitor("陆文静")
    section.page.goto(f"/tasks/{late.id}")
    section.sees("超期", "贺知夏", "催办")
