"""随机抽查情况报告. 舞 第十四条：在检查结束之日起 5 个工作日内提交，检查过程中形成的材料作为附件一并提交."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from engine.desk.recount import recount
from engine.domain import calendar, report
from tests.scenarios import inspections as told
from tests.scenarios.test_inspection import form_of, refused

STEP = "提交随机抽查情况报告"


def test_wugang_has_five_working_days(wugang):
    """2026-03-02 + 5 working days = 2026-03-09; the reminder, then the supervising section."""
    case, inspection_id = told.begins(wugang, wugang.bureau)
    told.fed_back(wugang, case, inspection_id)
    case.completes("提出处理意见", kind="none", opinion="无需处理")
    case.expects(STEP, role="检查组组长", due="2026-03-09")
    case.passes(working_days=4)
    assert "提醒检查组" in case.history()
    case.passes(working_days=2)
    case.is_overdue(STEP)
    case.expects("督办逾期报告", role="基金监管")
    refused("overdue-reason", case.completes, STEP, advice="加强管理")
    case.completes("督办逾期报告", note="请今日内提交")
    case.completes(STEP, advice="加强管理", overdue_reason="等待检验结果")
    row = wugang.read(lambda s: report.of(s, inspection_id))
    assert (row.due_on.isoformat(), row.overdue_days) == ("2026-03-09", 1)
    urged = wugang.read(lambda s: [u.note for u in s.scalars(select(report.Urge).order_by(report.Urge.id))])
    assert urged == ["系统提醒：抽查情况报告即将到期。", "请今日内提交"]


def test_a_new_holiday_moves_the_deadline_its_reminder_and_its_breach_together(wugang):
    """P3: a change of the calendar counts again, from the same day; nothing fires by the old date."""
    case, inspection_id = told.begins(wugang, wugang.bureau)
    told.fed_back(wugang, case, inspection_id)
    case.completes("提出处理意见", kind="none", opinion="无需处理")
    case.expects(STEP, due="2026-03-09")

    def holiday(session):
        for day in (5, 6):
            calendar.set_day(session, date(2026, 3, day), "holiday", "临时放假", source="国办发明电")
        return recount(session)["moved"]

    assert wugang.does(holiday) >= 3  # the step, its reminder, its breach
    case.expects(STEP, due="2026-03-11")
    wugang.rehearsal.now = wugang.rehearsal.now.replace(day=10, hour=9)
    wugang.rehearsal.work()
    assert "提醒检查组" in case.history()
    case.expects_nothing("督办逾期报告")
    wugang.rehearsal.now = wugang.rehearsal.now.replace(day=12)
    wugang.rehearsal.work()
    case.expects("督办逾期报告")


def test_jilin_sets_no_number_of_days(jilin):
    """吉 第二十四条 sets a time only for what a superior hands down."""
    case, inspection_id = told.begins(jilin, jilin.bureau)
    told.fed_back(jilin, case, inspection_id)
    case.completes("提出处理意见", kind="none", opinion="无需处理")
    facts = dict(form_of(jilin, case, "提交检查报告")["facts"])
    assert facts["报告期限"] == "规则包未规定，按本环节的时限"
    assert "是否逾期" not in facts  # only the step's own time runs, and the page shows it
    case.completes("提交检查报告", advice="加强日常监管")
    row = jilin.read(lambda s: report.of(s, inspection_id))
    assert row.due_on is None
    assert [line["title"] for line in row.attachments][1:3] == ["权利义务告知书", "检查记录（第1版）"]
