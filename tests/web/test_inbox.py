"""The inbox and the page of a step."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import text

from engine import clock
from engine.access.session import IDLE, REMEMBERED
from engine.desk import comment, trace
from engine.runtime import work_item
from engine.runtime.tables import Instance, WorkItem
from tests.web import flow
from tests.web.town import NOW, somebody


def test_what_waits_is_listed_soonest_first_in_working_days(as_person):
    page = as_person("shen").get("/").text
    names = re.findall(r'<b><a href="/tasks/\d+">([^<]+)</a>', page)
    assert names == ["惠众大药房", "柳坪镇中心卫生院", "石桥镇卫生院", "白杨社区卫生服务中心"]
    # due in the holiday on 5 October: late by 8 and 9 October; Saturday 10 October is worked
    assert re.findall(r'class="lamp (\w+)">([^<]+)</span></td>', page) == [
        ("late", "超期 2 日"),
        ("soon", "今日到期"),
        ("doing", "剩 2 日"),
        ("doing", "剩 9 日"),
    ]
    assert "1 件超期" in page


def test_somebody_elses_bureau_is_not_listed_and_not_found(as_person):
    client = as_person("wai")
    assert "惠众大药房" not in client.get("/").text
    assert client.get("/tasks/1").status_code == 404
    assert client.get("/cases/1").status_code == 404


def test_filters_stand_in_the_address(as_person):
    client = as_person("shen")
    assert "石桥镇卫生院" not in client.get("/?due=late").text
    found = client.get("/?q=石桥").text
    assert "石桥镇卫生院" in found
    assert "惠众大药房" not in found
    assert "没有符合筛选的事项" in client.get("/?q=查无").text


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("due=late", ["惠众大药房"]),
        ("due=today", ["柳坪镇中心卫生院"]),
        ("due=soon", ["柳坪镇中心卫生院", "石桥镇卫生院"]),
        ("process=memo", ["同心药房"]),
        ("process=plan&due=soon", ["柳坪镇中心卫生院", "石桥镇卫生院"]),
    ],
)
def test_filters_choose_the_rows(as_person, memo, query, expected):
    flow.does(memo, flow.does(memo, flow.begin(memo, "同心药房"), "lu"), "he")
    page = as_person("shen").get(f"/?{query}").text
    assert re.findall(r'<b><a href="/tasks/\d+">([^<]+)</a>', page) == expected


def test_an_empty_inbox_says_what_comes_and_where_to_go(as_person):
    page = as_person("zhou").get("/").text
    assert "现在没有等你办的事" in page
    assert "看已办" in page


def test_a_step_shows_its_released_form_its_article_and_why_the_day(as_person):
    page = as_person("shen").get("/tasks/2").text
    assert 'name="decision"' in page
    assert "吉 第八条" in page
    assert "为什么是这一天" in page
    assert "情况属实" in page
    assert 'name="idempotency_key"' in page


def test_a_refused_form_keeps_what_was_typed_and_names_the_field(as_person):
    client = as_person("shen")
    answer = client.post("/tasks/2", data={"decision": "return", "reason": ""})
    assert answer.status_code == 422
    assert "<title>错误：" in answer.text
    assert re.search(r'value="return"[^>]* checked', answer.text)
    assert 'class="errors"' in answer.text


def test_an_unknown_field_is_refused_by_name(as_person):
    answer = as_person("shen").post("/tasks/2", data={"decision": "approve", "lane_owners": "me"})
    assert answer.status_code == 422
    assert "lane_owners" in answer.text


def test_a_draft_is_kept_and_comes_back(as_person):
    client = as_person("shen")
    kept = client.post("/tasks/2", data={"decision": "return", "reason": "等附件", "intent": "draft"})
    assert kept.status_code == 303
    page = client.get("/tasks/2").text
    assert "等附件" in page
    assert "存的草稿" in page


def test_what_was_typed_when_the_sign_in_lapsed_is_a_draft_and_not_submitted(as_person):
    """Without a script there is no autosave: the post itself brings what was typed."""
    shen = as_person("shen")
    with clock.fixed(NOW + IDLE + timedelta(minutes=1)):
        answer = shen.post("/tasks/2", data={"decision": "return", "reason": "等附件"})
        assert answer.location == "/sign-in?next=/tasks/2"
        assert "没有提交。填写的内容已存为草稿" in shen.get(answer.location).text
        page = as_person("shen").get("/tasks/2").text
        assert "等附件" in page
        assert "提交“" in page


@pytest.mark.parametrize("lost", ["closed", "long ago", "not theirs"])
def test_nothing_is_kept_for_a_session_that_says_nothing_any_more(as_person, town, lost):
    person = as_person("zhou" if lost == "not theirs" else "shen")
    if lost == "closed":
        with town.database.transaction() as session:
            session.execute(text("update session set revoked_at = '2026-10-09'"))
    later = NOW + IDLE + (REMEMBERED + timedelta(minutes=1) if lost == "long ago" else timedelta(minutes=1))
    with clock.fixed(later):
        assert person.post("/tasks/2", data={"decision": "return", "reason": "等附件"}).status_code == 401
        with town.database.reading() as session:
            assert session.scalar(text("select count(*) from draft")) == 0


def test_claiming_shows_whose_it_is_and_releasing_gives_it_back(as_person):
    client = as_person("shen")
    assert client.post("/tasks/2/claim").status_code == 303
    assert "承办 沈其昌" in client.get("/tasks/2").text
    assert "放回待接收" in client.get("/tasks/2").text
    assert client.post("/tasks/2/release").status_code == 303
    assert "承办 沈其昌" not in client.get("/tasks/2").text


def test_administrators_have_no_inbox(as_person):
    assert as_person("guan").get("/").location == "/me"
    assert as_person("guan").get("/tasks/2").status_code == 403


def test_what_one_started_says_where_it_stands(as_person):
    page = as_person("lu").get("/?tab=started").text
    assert "惠众大药房" in page
    assert "审批计划" in page


def test_pages_are_paged_by_cursor(as_person, monkeypatch):
    monkeypatch.setattr("engine.desk.inbox.PAGE", 2)
    client = as_person("shen")
    first = client.get("/").text
    assert "石桥镇卫生院" not in first
    following = re.search(r'rel="next" href="([^"]+)"', first).group(1).replace("&amp;", "&")
    second = client.get(following).text
    assert "石桥镇卫生院" in second
    assert "惠众大药房" not in second


def test_a_draw_or_publication_asks_for_the_one_time_code_and_keeps_what_was_typed(as_person, town):
    with town.database.transaction() as session:
        session.get(WorkItem, 2).process = "publication"
    client = as_person("shen")
    answer = client.post("/tasks/2", data={"decision": "return", "reason": "等附件"})
    assert (answer.status_code, answer.location) == (303, "/second-factor?next=/tasks/2")
    told = client.post("/api/v1/tasks/2/complete", json={"answers": {"decision": "approve"}})
    assert (told.status_code, told.json["code"]) == (403, "second-factor")
    assert "等附件" in client.get("/tasks/2").text


def test_what_one_started_names_who_has_it_and_nobody_once_it_is_closed(as_person, town):
    """«等谁办»: the name of who took the step, not only their post; a closed case waits for nobody."""
    with town.database.transaction() as session:
        shen = somebody(session, "shen")
        item = session.query(WorkItem).filter_by(object_name="惠众大药房", state="open").one()
        item.claimed_by_id = shen.id
        case = item.case_id
    row = next(tr for tr in as_person("lu").get("/?tab=started").text.split("<tr") if "惠众大药房" in tr)
    assert 'data-l="承办">沈其昌<' in row
    with town.database.transaction() as session:
        found = session.get_one(Instance, case)
        found.state, found.outcome, found.ended_at = "completed", "done", found.started_at
        for item in session.query(WorkItem).filter_by(case_id=case):
            item.state, item.closed_at = "cancelled", found.started_at
    row = next(tr for tr in as_person("lu").get("/?tab=started").text.split("<tr") if "惠众大药房" in tr)
    assert "待接收" not in row


def test_what_one_started_is_narrowed_by_all_filters_and_offers_its_own(as_person):
    lu = as_person("lu")
    page = lu.get("/?tab=started&q=惠众").text
    assert "惠众大药房" in page
    assert "白杨社区" not in page
    assert '<option value="审批计划"' in page, "lu has nothing to do, and started what waits there"
    assert "惠众大药房" in lu.get("/?tab=started&step=审批计划&bureau=1").text
    assert "惠众大药房" not in lu.get("/?tab=started&step=编制计划").text
    assert "外地卫生院" not in lu.get("/?tab=started&bureau=1").text


def test_where_steps_went_and_what_was_said_is_paged(as_person, town, monkeypatch):
    for module in (trace, comment):
        monkeypatch.setattr(module, "RECENT", 2)
    shen = as_person("shen")
    with town.database.transaction() as session:
        mine = somebody(session, "shen")
        for number in (1, 2, 3):
            item = session.get_one(WorkItem, number)
            work_item.handed(session, item, "reassign", giver=mine.id, reason=f"第{number}件")
    for number in (1, 2, 3):
        shen.post("/cases/2/comments", data={"text": f"意见{number}"})
    first = shen.get("/?tab=done").text
    assert ("第3件" in first, "第1件" in first) == (True, False)
    rest = shen.get(
        re.search(r'href="(/\?tab=done&amp;gone=\d+)#', first).group(1).replace("&amp;", "&")
    ).text
    assert ("第1件" in rest, "第2件" in rest) == (True, False)
    said = shen.get("/cases/2/comments").text
    assert "意见1" not in said
    assert "意见1" in shen.get(re.search(r'href="(/cases/2/comments\?before=\d+)"', said).group(1)).text
    for address, word in (("/api/v1/handed", "reason"), ("/api/v1/cases/2/comments", "text")):
        page = shen.get(address).json
        last = shen.get(f"{address}?after={page['next']}").json
        assert [len(page["rows"]), len(last["rows"]), last["next"]] == [2, 1, ""], word


def test_what_a_kept_view_chooses_stands_in_its_filter_even_when_nothing_waits(as_person):
    page = as_person("shen").get("/?process=handover&step=接收移交").text
    assert '<option value="handover" selected>移交' in page
    assert '<option value="接收移交" selected>' in page
