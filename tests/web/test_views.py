"""Kept and shared views, columns, density, filters by bureau, the preview, the badge and the keyboard map."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from engine import clock
from engine.access.session import TOUCH, SessionRow
from engine.desk import inbox
from engine.people import Person
from engine.runtime.tables import WorkItem
from tests.web import flow
from tests.web.town import NOW


def names(page):
    return re.findall(r'<b><a href="/tasks/\d+">([^<]+)</a>', page)


# --- views ----------------------------------------------------------------------------------------------


def test_a_view_keeps_filters_columns_and_density_under_a_name(as_person):
    shen = as_person("shen")
    kept = shen.post(
        "/views", data={"name": "急件", "due": "late", "density": "dense", "cols": "holder,clause"}
    )
    assert sorted(kept.location[2:].split("&")) == ["cols=holder,clause", "density=dense", "due=late"]
    page = shen.get(kept.location).text
    assert names(page) == ["惠众大药房"]
    assert 'class="grid dense"' in page
    assert '<th scope="col" class="">承办</th><th scope="col" class="wide-only">依据</th></tr>' in page
    assert ">急件</a>" in page
    shen.post("/views", data={"name": "急件", "due": "today"})
    assert len(shen.get("/api/v1/views").json["rows"]) == 1, "the same name is the same view"


def test_a_view_is_shared_with_a_post_or_a_section_and_shows_everybody_their_own(as_person, town):
    shen, he = as_person("shen"), as_person("he")
    flow.second(town, "luo", "leader")
    share = next(v for v in re.findall(r'<option value="(role:[^"]+)">', shen.get("/").text))
    assert share.endswith(":leader")
    shen.post("/views", data={"name": "本周", "due": "soon", "share": share})
    luo = as_person("luo")
    assert "沈其昌 共享给分管领导" in luo.get("/").text
    assert "本周" not in he.get("/").text, "not their post"
    row = luo.get("/api/v1/views").json["rows"][0]
    assert luo.post(f"/api/v1/views/{row['id']}/delete", json={}).status_code == 404, "only the own"
    he.post("/views", data={"name": "科里", "q": "卫生", "share": "section:1"})
    assert [row["shared"] for row in he.get("/api/v1/views").json["rows"]] == ["基金监管科"]
    assert shen.post(f"/views/{row['id']}/delete").status_code == 303
    assert luo.get("/api/v1/views").json["rows"] == []


def test_nobody_shares_with_a_post_that_is_not_theirs(as_person):
    for share in ("role:1:head", "section:1", "role:2:leader", "x"):
        answer = as_person("shen").post("/api/v1/views", json={"name": "x", "query": {}, "share": share})
        assert (answer.status_code, answer.json["code"]) == (422, "not-your-post"), share


def test_a_view_needs_a_name_and_there_are_not_endlessly_many(as_person, monkeypatch):
    shen = as_person("shen")
    assert shen.post("/api/v1/views", json={"name": " ", "query": {}}).json["code"] == "form-invalid"
    monkeypatch.setattr("engine.desk.saved.MOST", 1)
    assert shen.post("/api/v1/views", json={"name": "一", "query": {}}).status_code == 201
    assert shen.post("/api/v1/views", json={"name": "二", "query": {}}).json["code"] == "too-many-views"


def test_a_view_keeps_nothing_but_parts_of_the_address(as_person):
    shen = as_person("shen")
    shen.post("/api/v1/views", json={"name": "x", "query": {"due": "late", "next": "//evil", "after": "1"}})
    assert shen.get("/api/v1/views").json["rows"][0]["query"] == {"due": "late"}


def test_the_database_holds_one_sharing_a_view(town):
    row = "insert into inbox_view (person_id, name, query, at, role, bureau_id, section_id) values {}"
    for values in ("(1,'a','{}','2026-10-09','leader',1,1)", "(1,'b','{}','2026-10-09','leader',null,null)"):
        with pytest.raises(Exception, match=r"(?i)check constraint"), town.database.transaction() as session:
            session.execute(text(row.format(values)))


# --- columns and density -----------------------------------------------------------------------------


def test_columns_and_density_stay_for_the_person(as_person):
    shen = as_person("shen")
    kept = shen.post("/layout", data={"col": ["clause", "batch"], "density": "dense", "next": "/?due=late"})
    assert kept.location == "/?due=late"
    page = shen.get("/").text
    assert ">依据</th>" in page
    assert ">来源批次</th>" in page
    assert ">机构</th>" not in page
    assert 'class="grid dense"' in page
    assert 'class="grid roomy"' in as_person("lu").get("/?tab=started").text
    answer = shen.post("/api/v1/layout", json={"columns": ["password"], "density": "dense"})
    assert (answer.status_code, answer.json["code"]) == (422, "unknown-column")


def test_one_may_narrow_to_a_bureau(as_person, town):
    shen = as_person("shen")
    assert "柳坪村卫生室" not in shen.get("/").text
    with town.database.transaction() as session:
        session.execute(
            text("update work_item set pool = 'role/1/leader' where object_name = '柳坪村卫生室'")
        )
    page = shen.get("/").text
    assert "柳坪村卫生室" in page
    assert '<option value="2">柳坪县</option>' in page
    assert names(shen.get("/?bureau=2").text) == ["柳坪村卫生室"]


# --- preview, next, empty --------------------------------------------------------------------------------


def test_a_step_is_looked_at_beside_the_list_without_counting_as_opened(as_person):
    shen = as_person("shen")
    page = shen.get("/?peek=2").text
    pane = page.split('id="peek"')[1].split("</aside>")[0]
    assert "柳坪镇中心卫生院" in pane
    assert "情况属实" in pane
    assert "5 个工作日" in pane
    assert shen.get("/").text.count('class="tag new"') == 4
    assert shen.get("/?peek=5").status_code == 404, "another bureau's"


def test_after_a_step_the_next_one_comes_up_where_that_was_asked_for(as_person):
    shen = as_person("shen")
    page = shen.get("/tasks/2").text
    assert 'rel="prev" data-key="[" href="/tasks/1"' in page
    assert 'rel="next" data-key="]" href="/tasks/3"' in page
    sent = {"decision": "return", "reason": "比例偏低", "intent": "next:3"}
    assert shen.post("/tasks/2", data=sent).location == "/tasks/3"


def test_previous_and_next_go_on_behind_the_first_page_to_the_last_step_without_a_limit(as_person, town):
    """Sixty more steps, several due at one instant, ten without a limit: one walks them all, there and back."""
    columns = [column.key for column in WorkItem.__table__.columns if column.key != "id"]
    with town.database.transaction() as session:
        one = session.get_one(WorkItem, 2)
        for number in range(60):
            due = None if number % 6 == 0 else NOW + timedelta(days=number % 7)
            made = {"task": f"more{number}", "due_at": due}
            session.add(WorkItem(**{name: getattr(one, name) for name in columns} | made))
    shen, listed, address = as_person("shen"), [], "/"
    while address:
        page = shen.get(address).text
        listed += [int(number) for number in re.findall(r'<b><a href="/tasks/(\d+)">', page)]
        further = re.search(r'rel="next" href="([^"]+)"', page)
        address = further.group(1).replace("&amp;", "&") if further else ""
    assert len(listed) == 64
    with town.database.reading() as session:
        who = session.scalars(select(Person).where(Person.login == "shen")).one()
        beside = [inbox.neighbours(session, who, session.get_one(WorkItem, each)) for each in listed]
    assert [after for _, after in beside] == [*listed[1:], 0]
    assert [before for before, _ in beside] == [0, *listed[:-1]]
    page = shen.get(f"/tasks/{listed[55]}").text
    assert f'data-key="[" href="/tasks/{listed[54]}"' in page
    assert f'data-key="]" href="/tasks/{listed[56]}"' in page


def test_an_empty_filter_says_what_comes_next(as_person, town):
    with town.database.transaction() as session:
        session.execute(text("update work_item set due_at = '2026-12-01' where due_at < '2026-10-09'"))
    page = as_person("shen").get("/?due=late").text
    assert "没有超期的事项" in page
    assert 'href="/?due=soon">看 3 日内到期' in page


@pytest.mark.parametrize(
    ("tab", "said"),
    [("copies", "没有抄送给你的事项"), ("urged", "没有人催办你"), ("started", "你还没有发起过案件")],
)
def test_every_tab_says_what_it_is_for_when_it_is_empty(as_person, tab, said):
    page = as_person("zhou").get(f"/?tab={tab}").text
    assert said in page


# --- badge and keys ---------------------------------------------------------------------------------------


def test_the_badge_is_asked_for_by_open_pages_and_keeps_no_session_alive(as_person, town):
    shen = as_person("shen")
    assert shen.get("/badge").json == {"count": "4"}

    def seen():
        with town.database.reading() as session:
            return session.scalars(select(SessionRow.seen_at)).one()

    begun = seen()
    with clock.fixed(NOW + TOUCH + timedelta(minutes=1)):
        shen.get("/badge")
        assert seen() == begun, "nobody may be sitting there"
        shen.get("/")
        assert seen() > begun
    assert as_person("guan").get("/badge").status_code == 403


def test_the_keyboard_map_is_a_page_and_a_part(as_person):
    shen = as_person("shen")
    page, part = shen.get("/keys").text, shen.get("/keys?part=1").text
    assert "<html" in page
    assert "<html" not in part
    for shown in (page, part):
        assert "data-keys-toggle" in shown
        assert "可以关闭单键" in shown


# --- drafts -------------------------------------------------------------------------------------------


def test_what_is_typed_is_kept_by_the_page_itself(as_person):
    shen = as_person("shen")
    typed = {"decision": "return", "reason": "写到一半", "intent": "draft"}
    kept = shen.post("/tasks/2", data=typed, headers={"Accept": "application/json"})
    assert (kept.status_code, kept.json) == (200, {"saved": "今天 10:20"})
    assert "写到一半" in as_person("shen").get("/tasks/2").text, "in another session, too"
