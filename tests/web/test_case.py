"""Cases and the board: who sees which, where a case stands, why the day, what is late by unit."""

import io
import re
from datetime import timedelta
from urllib.parse import quote

import python_calamine
from sqlalchemy import select, update

from engine import clock
from engine.desk import event
from engine.errors import ChangedMeanwhile
from engine.runtime.tables import Instance, WorkItem
from tests.web.town import NOW, somebody


def test_the_list_shows_the_own_bureau_and_those_below_to_who_supervises(as_person):
    leader = as_person("shen").get("/cases").text
    assert "惠众大药房" in leader
    assert "柳坪村卫生室" in leader  # of the county below
    assert "外地卫生院" not in leader
    section = as_person("lu").get("/cases").text
    assert "惠众大药房" in section
    assert "柳坪村卫生室" not in section


def test_a_closed_case_tells_how_it_ended_in_words(as_person, town):
    with town.database.transaction() as session:
        case = session.scalars(select(Instance).where(Instance.id == Instance.case_id)).first()
        case.state, case.outcome, case.ended_at = "completed", "done", case.started_at
        for item in session.scalars(select(WorkItem).where(WorkItem.case_id == case.id)):
            item.state, item.closed_at = "cancelled", case.started_at
    page = as_person("shen").get("/cases").text
    assert ">done<" not in page
    assert page.count("已办结</span>") == 1, "told once, as the state"


def test_the_list_says_who_has_a_case_now(as_person, town):
    """«等谁办» is answered without opening the case: by name, or by the post that has not taken it."""
    leader = as_person("shen")
    assert "分管领导 待接收" in leader.get("/cases").text
    with town.database.transaction() as session:
        item = session.query(WorkItem).filter_by(object_name="石桥镇卫生院", state="open").one()
        item.claimed_by_id = somebody(session, "shen").id
    row = next(tr for tr in leader.get("/cases").text.split("<tr>") if "石桥镇卫生院" in tr)
    assert '承办">沈其昌' in row


def test_a_case_of_last_year_is_found_by_its_year(as_person, town):
    leader = as_person("shen")
    now = clock.now()
    assert 'name="year"' not in leader.get("/cases").text, "one year only: nothing to choose"
    with town.database.transaction() as session:
        first = session.scalars(select(Instance).order_by(Instance.id)).first()
        first.started_at = now - timedelta(days=400)
        name = first.object_name
    then = clock.local(now - timedelta(days=400)).year
    page = leader.get(f"/cases?year={then}").text
    assert f'<option value="{then}" selected>' in page
    assert name in page
    assert page.count("<tr>") == 2, "the head and this one"
    assert name not in leader.get(f"/cases?year={then + 1}").text
    assert leader.get(f"/api/v1/cases?year={10**12}").json["rows"] == []


def test_a_case_number_is_found_with_the_brackets_a_keyboard_has(as_person, town):
    with town.database.transaction() as session:
        for case in session.query(Instance).filter_by(object_name="石桥镇卫生院"):
            case.case_no = "青河市检查〔2025〕7号"
    leader = as_person("shen")
    for typed in ("青河市检查[2025]7号", "检查（2025）7", "检查 2025 7号", "〔2025〕7"):
        assert "石桥镇卫生院" in leader.get("/cases", query_string={"q": typed}).text, typed
    assert "没有符合条件的案件" in leader.get("/cases", query_string={"q": "检查[2024]7号"}).text


def test_an_outside_expert_and_administrators_see_no_case(as_person):
    assert "还没有案件" in as_person("expert").get("/cases").text
    assert as_person("expert").get("/cases/1").status_code == 404
    assert as_person("guan").get("/cases").status_code == 403


def test_a_case_shows_step_diagram_timeline_and_why_the_day(as_person):
    page = as_person("shen").get("/cases/2").text
    assert "办理“审批计划”" in page
    assert re.search(r'<svg[^>]*role="group"', page)
    assert "在办：审批计划" in page  # the diagram in words
    assert "陆文静</b> 办结：编制计划" in page
    assert "2026-09-29 起，次日开始计 5 个工作日" in page
    assert "国庆" in page  # the date band


def test_the_timeline_names_the_article_and_the_diagram_counts_what_is_late(as_person):
    page = as_person("shen").get("/cases/1").text
    entry = next(each for each in page.split("<li") if "办结：编制计划" in each)
    assert "吉 第八条" in entry
    assert "在办：审批计划（已超期）" in page
    assert "已超期" not in as_person("shen").get("/cases/2").text


HEARD = "/cases/1/actions/plan.heard"


def test_what_was_typed_before_an_event_stays_when_the_case_has_ended_meanwhile(as_person, town):
    """Two windows: one writes the form, the case is closed in the other. 409, and the words are still there."""
    witness = as_person("luo")
    assert witness.get(HEARD).status_code == 200
    with town.database.transaction() as session:
        case = session.get(Instance, 1)
        case.state, case.ended_at = "completed", clock.now()
        session.execute(
            update(WorkItem)
            .where(WorkItem.case_id == 1)
            .values(state="done", done_by_id=somebody(session, "shen").id, done_at=NOW)
        )
    posted = {"decision": "return", "reason": "来人说账册在仓库里"}
    late = witness.post(HEARD, data=posted)
    assert late.status_code == 409
    assert "案件已于 2026-10-09 10:20 办结（最后由沈其昌办理），不能再发起这个事项" in late.text
    assert "来人说账册在仓库里" in late.text
    program = witness.post(f"/api/v1{HEARD}", json={"answers": posted}, headers={"Idempotency-Key": "k"})
    assert (program.status_code, program.json["code"]) == (409, "changed-meanwhile")
    assert witness.get(HEARD).status_code == 404, "no button leads there any more"
    assert as_person("shen").post(HEARD, data=posted).status_code == 404, "and never did for others"


def test_what_was_typed_before_an_event_stays_when_another_was_first(as_person, monkeypatch):
    def taken(*_args, **_named):
        raise ChangedMeanwhile("陆文静刚刚办过。")

    monkeypatch.setattr(event, "act", taken)
    late = as_person("luo").post(HEARD, data={"decision": "return", "reason": "情况属实，请核对"})
    assert late.status_code == 409
    assert "陆文静刚刚办过" in late.text
    assert "情况属实，请核对" in late.text


def test_a_job_given_up_keeps_nobody_from_working_on(as_person, town):
    """An incident stops nothing: what is set off from the case page is offered all the same."""
    with town.database.transaction() as session:
        session.get(Instance, 1).state = "incident"
    witness = as_person("luo")
    assert HEARD in witness.get("/cases/1").text
    assert witness.get(HEARD).status_code == 200
    assert "交办临时任务…" in as_person("shen").get("/cases/1").text
    assert "在办 6 件使用本版" in as_person("liang").get("/processes/1").text


def test_as_of_an_earlier_day_the_deadline_is_as_near_as_it_was(as_person, town):
    """What is overdue today was not so then: the page of that day counts from that day."""
    with town.database.reading() as session:
        item = session.query(WorkItem).filter_by(object_name="石桥镇卫生院").one()
        address, opened, due = f"/cases/{item.case_id}", item.opened_at, item.due_at
    with clock.fixed(due + timedelta(days=10)):
        client = as_person("shen")
        assert "超期" in client.get(address).text
        then = client.get(f"{address}?as_of={clock.local(opened):%Y-%m-%d}").text
    assert "超期" not in then.split("<main")[1]


def test_search_and_filters(as_person):
    client = as_person("shen")
    assert "惠众大药房" in client.get("/cases?q=惠众").text
    assert "没有符合条件的案件" in client.get("/cases?q=%25").text  # a per cent sign is no wildcard
    assert "没有符合条件的案件" in client.get("/cases?kind=lead").text


def test_the_board_counts_by_unit_and_step_and_leads_to_the_list(as_person):
    client = as_person("shen")
    page = client.get("/board").text
    assert "1 件超期" in page
    assert "青岭市 分管领导" in page
    cell = (
        re.search(r'<a class="h1" href="([^"]+)">4<small>超期 1</small>', page).group(1).replace("&amp;", "&")
    )
    listed = client.get(cell.partition("#")[0]).text
    assert "惠众大药房" in listed
    assert "石桥镇卫生院" not in listed
    assert "石桥镇卫生院" in client.get("/board?when=all").text


def test_the_board_of_one_bureau(as_person):
    page = as_person("shen").get("/board?when=all&bureau=2").text
    assert "柳坪村卫生室" in page
    assert "惠众大药房" not in page


def test_a_process_is_drawn_with_its_steps(as_person):
    page = as_person("liang").get("/processes/1/plan").text
    assert "审批计划" in page
    assert "<svg" in page
    assert as_person("liang").get("/processes/1/nothing").status_code == 404


def test_the_log_is_for_the_audit_administrator_alone(as_person):
    assert as_person("shen").get("/audit").status_code == 403
    page = as_person("shenji").get("/audit?action=account").text
    assert "登录" in page


def test_the_timeline_is_taken_along_whole(as_person):
    shen = as_person("shen")
    assert 'href="/cases/1/timeline.xlsx"' in shen.get("/cases/1").text
    got = shen.get("/cases/1/timeline.xlsx")
    assert quote("时间线") in got.headers["Content-Disposition"]
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(got.data))
    rows = book.get_sheet_by_index(0).to_python()
    assert rows[0] == ["时间", "谁", "事项", "依据", "说明", "变化"]
    told = shen.get("/api/v1/cases/1").json["timeline"]
    assert len(rows) - 1 == len(told) > 0
    assert shen.get("/cases/999/timeline.xlsx").status_code == 404


def test_the_board_is_taken_along_as_a_spreadsheet_narrowed_as_it_is(as_person):
    """«no export» is what people complain of elsewhere: the list as one sees it, under a Chinese name and its day."""
    leader = as_person("shen")
    assert "/board.xlsx?when=all" in leader.get("/board?when=all").text
    got = leader.get("/board.xlsx?when=all")
    assert quote("督办清单") in got.headers["Content-Disposition"]
    sheet = (
        python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(got.data)).get_sheet_by_index(0).to_python()
    )
    assert sheet[0][:5] == ["对象", "案号", "环节", "岗位", "承办"]
    assert {"惠众大药房", "柳坪镇中心卫生院"} <= {row[0] for row in sheet[1:]}
    late = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(leader.get("/board.xlsx").data))
    assert [row[0] for row in late.get_sheet_by_index(0).to_python()[1:]] == ["惠众大药房"]
    assert as_person("lu").get("/board.xlsx").status_code == 403


def test_the_board_names_whom_a_personal_step_waits_for(as_person, town):
    with town.database.transaction() as session:
        item = session.query(WorkItem).filter_by(object_name="惠众大药房", state="open").one()
        shen = somebody(session, "shen")
        item.pool = item.home = f"person/{shen.id}"
    row = next(tr for tr in as_person("he").get("/board").text.split("<tr>") if "惠众大药房" in tr)
    assert "沈其昌" in row
