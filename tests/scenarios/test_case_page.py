"""The page of a case: task list, what changed, ledger of limits, related cases, people, the file as of a day."""

from __future__ import annotations

import re
from datetime import date

import pytest
from sqlalchemy import select

from engine import clock
from engine.desk import case as cases
from engine.desk import hand, step
from engine.desk.recount import recount
from engine.desk.sheet import sheet
from engine.domain import calendar
from engine.domain.inspection import get
from engine.domain.registry import Inspector, RegistryObject, declare
from engine.errors import NotFound
from engine.operation import call
from engine.people import Person, Role, holders
from engine.runtime.tables import WorkItem
from tests.scenarios import acts
from tests.scenarios import inspections as told
from tests.scenarios.test_extra import answers, asks_more
from tests.scenarios.test_hand import sends_back
from tests.scenarios.test_publication import browser
from tests.scenarios.test_substitution import asks, inspecting


def someone(session, name):
    return session.scalars(select(Person).where(Person.name == name)).unique().one()


def page(case, *, by=acts.LEADER, **more):
    return case.scenario.read(lambda s: cases.view(s, someone(s, by), case.id, **more))


def states(case):
    return {line.step: line.state for line in page(case).checklist}


def test_the_task_list_says_what_is_done_begun_to_be_mended_and_next(jilin):
    case = acts.drafts(acts.opens_plan(jilin), acts.task(jilin))
    assert states(case)["汇总抽查计划"] == "已完成"
    assert states(case)["审批年度计划"] == "未开始"
    assert [line.step for line in page(case).checklist if line.item_id == 0] == ["公开抽查计划"]
    item = case.expects("审批年度计划")
    jilin.does(lambda s: step.claim(jilin.world, s, someone(s, acts.LEADER), item.id))
    assert states(case)["审批年度计划"] == "填写中"
    asks_more(case, "审批年度计划")
    assert states(case)["审批年度计划"] == "待补正"
    sends_back(case, "审批年度计划", "compile_plan", by=acts.LEADER)
    assert states(case)["汇总抽查计划"] == "待补正"


def test_a_form_answered_again_tells_what_changed(jilin):
    case = acts.drafts(acts.opens_plan(jilin), acts.task(jilin))
    sends_back(case, "审批年度计划", "compile_plan", by=acts.LEADER)
    case.completes("汇总抽查计划", by=acts.DRAFTER, **acts.PLAN | {"arrangement": "四月至六月实施"})
    entry = next(e for e in page(case).timeline if e.what == "办结：汇总抽查计划")
    assert [change[1:] for change in entry.changes] == [("三月至六月实施", "四月至六月实施")]


def test_what_was_chosen_keeps_the_name_it_had_then(jilin):
    """A submission holds numbers; how the chosen ones were called is kept with it, whatever changes later."""
    case = inspecting(jilin)
    item = case.expects("确定检查组组长")
    shown = jilin.read(lambda s: sheet(s, someone(s, acts.DRAFTER), s.get_one(WorkItem, item.id)).shown)
    leaders = shown["options"]["members"]
    number, name = leaders[0]
    submit = {"leader": str(number), "reason": "熟悉情况", "experts": []}
    jilin.does(
        lambda s: step.complete(
            jilin.world,
            s,
            someone(s, acts.DRAFTER),
            item.id,
            submit,
            options={"members": leaders, "none": [("x", "无")]},
        )
    )
    done = jilin.read(lambda s: sheet(s, someone(s, acts.LEADER), s.get_one(WorkItem, item.id)).chosen)
    assert done == {"members": [[str(number), name]]}


def test_what_speaks_for_a_leader_is_said_in_words(jilin):
    """The section chooses the leader by certificate and specialty: 药品, never the code «drug»."""
    case = inspecting(jilin)
    item = case.expects("确定检查组组长")
    with jilin.world.database.transaction() as session:
        for inspector in session.scalars(select(Inspector)):
            inspector.specialties = ["drug"]
    facts = jilin.read(
        lambda s: sheet(s, someone(s, acts.DRAFTER), s.get_one(WorkItem, item.id)).shown["facts"]
    )
    said = [value for _, value in facts if "药品" in str(value) or "drug" in str(value)]
    assert said
    assert not any("drug" in str(value) for value in said)


def test_a_changed_answer_is_told_in_the_words_of_the_form(jilin):
    case = acts.drafts(acts.opens_plan(jilin), acts.task(jilin))
    case.completes("审批年度计划", by=acts.LEADER, decision="return", reason="请核对对象数")
    acts.drafts(case, acts.task(jilin))
    case.completes("审批年度计划", by=acts.LEADER, decision="approve", coverage_reason="分季度实施")
    entry = next(e for e in page(case).timeline if "审批年度计划" in e.what and e.changes)
    assert ("审批意见", "退回", "同意") in entry.changes, "not «return» and «approve»"


def test_the_ledger_names_each_pause_and_the_limits_say_why(jilin):
    case = inspecting(jilin)
    asks(case)
    number = asks_more(case, "审批调换")
    jilin.passes(working_days=2)
    answers(jilin, number)
    seen = page(case)
    row = seen.ledger[0]
    assert (row.kind, row.what, row.who, row.days) == ("暂停计时", "审批调换", acts.LEADER, 2)
    assert row.before is not None
    assert row.after is not None
    assert row.after > row.before
    assert all(limit.why.get("text") for limit in seen.limits)
    assert next(limit for limit in seen.limits if limit.step == "申请调换").ended_at is not None


def test_related_cases_people_and_their_conflicts(jilin):
    case = inspecting(jilin)
    seen = page(case)
    assert [each.why for each in seen.related] == ["来源"]
    out = asks(case)

    def conflicts(session):
        who = someone(session, acts.DRAFTER)
        thing = session.get(RegistryObject, page(case).thing.id)
        declare(session, who, relation="spouse", thing=thing, note="", actor=who)
        declare(
            session, session.get(Person, out.person_id), relation="spouse", thing=thing, note="", actor=who
        )

    jilin.does(conflicts)
    seen = page(case)
    assert {each.name: each.relation for each in seen.doers}[acts.DRAFTER] == "配偶在该单位任职"
    assert seen.ties == {out.id: "配偶在该单位任职"}


def test_the_file_as_of_a_day_shows_what_stood_then(jilin):
    case = acts.drafts(acts.opens_plan(jilin), acts.task(jilin))
    jilin.passes(working_days=3)
    acts.approves(case)
    then = page(case, as_of=date(2026, 3, 2))
    assert [standing.item.step for standing in then.standing] == ["审批年度计划"]
    assert then.answered[0].step == "汇总抽查计划"
    assert all(entry.at.date() <= date(2026, 3, 2) for entry in then.timeline)
    assert then.diagrams[0].active == 1
    now = page(case)
    assert "审批年度计划" not in [standing.item.step for standing in now.standing]
    assert now.diagrams[0].done > then.diagrams[0].done
    with pytest.raises(NotFound):
        page(case, as_of=date(2026, 3, 1))


def stood(case, step, day):
    """(whose, due) of an open step at the end of a day of March."""
    found = next(each for each in page(case, as_of=date(2026, 3, day)).standing if each.item.step == step)
    why = date.fromisoformat(found.item.due_why["day"])
    assert why == clock.local(found.item.due_at).date(), "the reason names the same day"
    return found.holder, why.day


def test_the_file_as_of_a_day_names_who_had_the_step_and_its_limit_then(jilin):
    """Taken on the 3rd, handed on and stopped by a question on the 4th, answered on the 6th."""
    case = inspecting(jilin)
    asks(case)
    item = case.expects("审批调换")
    jilin.passes(working_days=1)
    jilin.does(lambda s: step.claim(jilin.world, s, someone(s, acts.LEADER), item.id))
    jilin.passes(working_days=1)
    jilin.does(
        lambda s: hand.transfer(
            s,
            someone(s, acts.LEADER),
            item.id,
            to=someone(s, acts.OTHER_LEADER).id,
            reason="出差",
            key="to another",
        )
    )
    number = asks_more(case, "审批调换", by=acts.OTHER_LEADER)
    jilin.passes(working_days=2)
    answers(jilin, number)
    assert stood(case, "审批调换", 2) == ("", 3)
    assert stood(case, "审批调换", 3) == (acts.LEADER, 3)
    assert stood(case, "审批调换", 4) == (acts.OTHER_LEADER, 3)
    assert stood(case, "审批调换", 5) == (acts.OTHER_LEADER, 4), "its clock stood still"
    assert stood(case, "审批调换", 6) == (acts.OTHER_LEADER, 5)
    jilin.passes(working_days=1)
    case.completes("审批调换", by=acts.OTHER_LEADER, decision="approve")
    assert stood(case, "审批调换", 2) == ("", 3), "done or not: it was open then"
    assert stood(case, "审批调换", 6) == (acts.OTHER_LEADER, 5)


def test_a_step_sent_back_was_with_who_did_it_before_they_handed_it_on(jilin):
    case = acts.drafts(acts.opens_plan(jilin), acts.task(jilin))
    sends_back(case, "审批年度计划", "compile_plan", by=acts.LEADER)
    item = case.expects("汇总抽查计划")
    jilin.passes(working_days=1)
    by, to = acts.DRAFTER, acts.SECOND
    jilin.does(lambda s: hand.delegate(s, someone(s, by), item.id, to=someone(s, to).id, reason="出差"))
    assert stood(case, "汇总抽查计划", 2)[0] == by
    assert stood(case, "汇总抽查计划", 3)[0] == to
    jilin.passes(working_days=1)
    jilin.does(lambda s: step.release_item(s, someone(s, by), item.id))
    assert stood(case, "汇总抽查计划", 3)[0] == to
    assert stood(case, "汇总抽查计划", 4)[0] == ""


def test_an_extended_term_stands_in_the_ledger_and_a_filing_does_not(jilin):
    """吉 第二十六条: what is mended later is told with the day before and by how much; 立案 extends nothing."""
    case, inspection_id = told.begins(jilin, jilin.bureau)
    told.published(jilin, case, inspection_id, "corrected", **told.CORRECTED)
    first = case.expects("复查整改情况").due_at
    case.completes("复查整改情况", result="partly", situation="退还一半")
    case.completes("决定延期或立案", way="extend", due_on="2026-04-20", reason="资金周转")
    case.completes("复查整改情况", result="not", situation="仍未退还")
    case.completes("决定延期或立案", way="extend", due_on="2026-04-24", reason="等候拨款")
    case.completes("复查整改情况", result="not", situation="仍未退还")
    case.completes("决定延期或立案", way="filing", due_on="2026-06-01", reason="拒不改正")
    rows = [row for row in page(case).ledger if row.kind == "延期"]
    assert [(row.before, row.after, row.reason) for row in reversed(rows)] == [
        (clock.local(first).date(), date(2026, 4, 20), "资金周转"),
        (date(2026, 4, 20), date(2026, 4, 24), "等候拨款"),
    ]
    assert rows[0].days == 4
    assert rows[1].days > 0


def test_a_new_holiday_stands_in_the_ledger_and_moves_no_earlier_day(wugang):
    case, inspection_id = told.begins(wugang, wugang.bureau)
    told.fed_back(wugang, case, inspection_id)
    case.completes("提出处理意见", kind="none", opinion="无需处理")
    wugang.passes(working_days=1)

    def holiday(session):
        for day in (5, 6):
            calendar.set_day(session, date(2026, 3, day), "holiday", "临时放假", source="国办发明电")
        recount(session)

    wugang.does(holiday)
    rows = [(row.kind, row.what, row.before, row.after) for row in page(case).ledger]
    assert rows == [("日历变动", "提交随机抽查情况报告", date(2026, 3, 9), date(2026, 3, 11))]
    assert stood(case, "提交随机抽查情况报告", 2)[1] == 9
    assert stood(case, "提交随机抽查情况报告", 3)[1] == 11


def test_a_step_of_the_diagram_leads_to_what_was_filled_in_by_whom_and_when(jilin):
    case = acts.drafts(acts.opens_plan(jilin), acts.task(jilin))
    done = page(case).answered[0]
    now = case.expects("审批年度计划")
    drawn = dict(re.findall(r'<a href="([^"]+)" aria-label="([^"]+)"', page(case).diagrams[0].svg))
    assert drawn[f"/tasks/{done.item_id}"] == f"汇总抽查计划，已办，{acts.DRAFTER} 2026-03-02 09:00"
    assert drawn[f"/tasks/{now.id}"] == "审批年度计划，在办 1，分管领导 2026-03-02 09:00"
    sends_back(case, "审批年度计划", "compile_plan", by=acts.LEADER)
    again = case.expects("汇总抽查计划")
    assert f'href="/tasks/{again.id}"' in page(case).diagrams[0].svg, "what waits before what is done"


def test_decisions_lead_to_their_explanations(jilin):
    case = acts.drafts(acts.opens_plan(jilin), acts.task(jilin))
    assert page(case).decisions


def test_the_parts_of_one_countersigned_step_are_one_line(jilin):
    """Sixty who sign are not sixty lines and sixty date bands: one line with the first names and how many."""
    case = inspecting(jilin)
    item = case.expects("确定检查组组长")
    columns = [column.key for column in WorkItem.__table__.columns if column.key != "id"]
    with jilin.world.database.transaction() as session:
        leader = someone(session, acts.LEADER)
        others = select(Person).where(Person.active, Person.id != leader.id).order_by(Person.id)
        people = [*session.scalars(others.limit(59)), leader]
        stored = session.get_one(WorkItem, item.id)
        for person in people:
            pool = {"pool": f"person/{person.id}", "home": f"person/{person.id}", "seat": f"x{person.id}"}
            session.add(WorkItem(**{name: getattr(stored, name) for name in columns} | pool))
    shown = page(case)
    lines = [line for line in shown.waiting if line.item.step == "确定检查组组长"]
    assert len(lines) == 1
    assert lines[0].count >= 60
    assert len(lines[0].holders) == 6
    assert lines[0].item.pool == f"person/{leader.id}", "a reader who is among them goes to the own part"
    assert len(shown.standing) >= 60, "programs are told each of them"


def facts(scene, case, *, bureau):
    """What the page of a case says about the local bureau, tags left out."""
    with clock.fixed(scene.rehearsal.now):
        text = browser(scene, Role.LEADER, bureau=bureau).get(f"/cases/{case.id}").text
    panel = text.split('id="local"')[1].split("</section>")[0]
    return re.sub(r"<[^>]+>|\s+", " ", panel)


def test_why_no_local_bureau_was_told_stands_on_the_page(jilin):
    """吉 第十七条, 第二十二条: where our own bureau is the local one, notice and second receipt are left out."""
    case, inspection_id = told.begins(jilin, jilin.bureau)
    assert page(case).local is None, "nothing has come up yet"
    told.fed_back(jilin, case, inspection_id)
    said = facts(jilin, case, bureau=jilin.bureau)
    assert "本局即被检查对象所在地医疗保障部门，不另行告知。" in said
    assert "本局即被检查对象所在地医疗保障部门，无须第二份签收。" in said
    assert page(case, as_of=date(2026, 3, 2)).local is None


def test_what_the_local_bureau_was_told_and_signed_stands_on_the_page(jilin):
    """吉 第十七条, 第二十二条: the notice with its time, the receipt with its time."""
    case, inspection_id = told.begins(jilin, jilin.province, local=False)
    told.fed_back(jilin, case, inspection_id)
    said = facts(jilin, case, bureau=jilin.province)
    assert "已告知，请协助准备：准备近三年结算数据" in said
    assert "已签收" in said


def test_a_rule_that_allows_no_notice_is_the_reason_named(jilin):
    """Where another bureau is the local one, «we are it» would be false."""
    case, inspection_id = told.begins(jilin, jilin.province, local=False)
    item = case.expects("确定检查组组长")

    def skips(session):
        who = holders(session, jilin.province, Role.SECTION)[0]
        asked = step.context(jilin.world, session, who, session.get_one(WorkItem, item.id))["step"]
        call("inspection.skip_notify", asked, {"inspection_id": inspection_id})
        return get(session, inspection_id).local_notice

    assert jilin.read(skips) == "本规则包未规定提前告知所在地医保部门。"
