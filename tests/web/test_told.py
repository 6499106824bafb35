"""What people tell each other: 抄送, 交流意见 with mentions, 催办 with template and trace; only who may see the case."""

import pytest
from sqlalchemy import select, text

from engine.desk.audience import audience
from engine.desk.case.listing import visible
from engine.domain.notice import Notice
from engine.people import Person
from engine.runtime.tables import Instance
from tests.web import flow
from tests.web.town import somebody

ITEM = 2  # 柳坪镇中心卫生院: 审批计划, in the pool of the leader; 陆文静 opened the case


def ids(town, *logins):
    with town.database.reading() as session:
        return [somebody(session, login).id for login in logins]


def notices(town, kind):
    with town.database.reading() as session:
        query = select(Person.login, Notice.path).join(Person, Person.id == Notice.person_id)
        return sorted((login, path) for login, path in session.execute(query.where(Notice.kind == kind)))


def detail_of(town, kind):
    with town.database.reading() as session:
        return session.scalars(select(Notice.detail).where(Notice.kind == kind)).one()


# --- who may see a case -------------------------------------------------------------------------------


def test_the_audience_of_a_case_is_exactly_who_may_see_it(town):
    """Asked the other way round, the answer is the same for every person and every case."""
    with town.database.reading() as session:
        people = session.scalars(select(Person)).unique().all()
        for case in session.scalars(select(Instance)):
            told = {each.login for each in audience(session, case.id)}
            sees = {
                each.login
                for each in people
                if session.scalar(visible(session, each).where(Instance.id == case.id)) is not None
            }
            assert told == sees, case.object_name
            assert {"guan", "shenji", "liang", "expert"} & told == set(), "no administrator, no hired expert"


# --- 抄送 ---------------------------------------------------------------------------------------------


def test_a_copy_is_read_by_opening_the_step_and_gives_nothing_to_do(as_person, town):
    shen, luo = as_person("shen"), as_person("luo")
    to = ids(town, "luo")[0]
    assert f'value="{to}"' in shen.get(f"/tasks/{ITEM}/hand/copy").text
    sent = shen.post(f"/tasks/{ITEM}/hand/copy", data={"to": [to], "reason": "请知悉"})
    assert sent.status_code == 303
    listed = luo.get("/?tab=copies").text
    assert "抄送 1" in listed
    assert "请知悉" in listed
    assert "未阅" in listed
    assert notices(town, "copied") == [("luo", f"/tasks/{ITEM}")]
    assert detail_of(town, "copied").startswith("柳坪镇中心卫生院："), "of twenty copies one sees which"
    page = luo.get(f"/tasks/{ITEM}").text
    assert "等别人办" in page, "to be read, not to be done"
    answers = {"answers": {"decision": "return", "reason": "不妥"}}
    assert luo.post(f"/api/v1/tasks/{ITEM}/complete", json=answers).status_code == 403
    assert "已阅 今天" in luo.get("/?tab=copies").text
    assert "罗秉正" in shen.get(f"/tasks/{ITEM}").text
    assert "已阅 今天" in shen.get(f"/tasks/{ITEM}").text


def test_copies_are_ticked_off_one_by_one_or_all_and_only_ones_own(as_person, town):
    shen, luo = as_person("shen"), as_person("luo")
    for item in (1, 2, 3):
        answer = shen.post(f"/api/v1/tasks/{item}/copy", json={"to": ids(town, "luo"), "text": ""})
        assert answer.status_code == 200
    rows = luo.get("/api/v1/copies").json["rows"]
    assert len(rows) == 3
    assert as_person("he").post(f"/api/v1/copies/{rows[0]['id']}/read", json={}).status_code == 404
    assert luo.post(f"/api/v1/copies/{rows[0]['id']}/read", json={}).json["read_at"]
    assert [row["read_at"] is None for row in luo.get("/api/v1/copies").json["rows"]] == [True, True, False]
    assert luo.post("/api/v1/copies/read", json={}).json == {"read": 2}
    assert "没有" not in luo.get("/?tab=copies").text.split("抄送给我的")[1].split("</section>")[0]


def test_copies_are_paged_unread_first(as_person, town, monkeypatch):
    monkeypatch.setattr("engine.desk.cc.PAGE", 2)
    shen, luo = as_person("shen"), as_person("luo")
    for item in (1, 2, 3, 4):
        shen.post(f"/api/v1/tasks/{item}/copy", json={"to": ids(town, "luo"), "text": ""})
    first = luo.get("/api/v1/copies").json
    luo.post(f"/api/v1/copies/{first['rows'][0]['id']}/read", json={})
    seen, cursor = [], ""
    for _ in range(3):
        page = luo.get("/api/v1/copies", query_string={"after": cursor}).json
        seen += [row["item_id"] for row in page["rows"]]
        cursor = page["next"]
        if not cursor:
            break
    assert sorted(seen) == [1, 2, 3, 4]
    assert seen[-1] == 4, "what was read comes last"


@pytest.mark.parametrize(
    ("login", "slug"), [("expert", "not-their-case"), ("wai", "not-their-case"), ("shen", "to-oneself")]
)
def test_a_copy_opens_no_way_to_a_case_one_may_not_see(as_person, town, login, slug):
    shen = as_person("shen")
    answer = shen.post(f"/api/v1/tasks/{ITEM}/copy", json={"to": ids(town, login), "text": ""})
    assert (answer.status_code, answer.json["code"]) == (422, slug)
    page = shen.post(f"/tasks/{ITEM}/hand/copy", data={"to": ids(town, login), "reason": "请看"})
    assert page.status_code == 422
    assert "请看" in page.text, "what was typed is kept"


def test_whoever_loses_the_case_loses_the_copy(as_person, town):
    as_person("shen").post(f"/api/v1/tasks/{ITEM}/copy", json={"to": ids(town, "luo"), "text": "机密"})
    with town.database.transaction() as session:
        luo = somebody(session, "luo").id
        session.execute(text("update grant_ set bureau_id = 3 where person_id = :luo"), {"luo": luo})
    luo = as_person("luo")
    assert luo.get("/api/v1/copies").json["rows"] == []
    assert "机密" not in luo.get("/?tab=copies").text


def test_the_same_person_gets_one_copy(as_person, town):
    shen = as_person("shen")
    for _ in range(2):
        shen.post(f"/api/v1/tasks/{ITEM}/copy", json={"to": ids(town, "luo"), "text": ""})
    assert len(as_person("luo").get("/api/v1/copies").json["rows"]) == 1
    columns = "work_item_id, case_id, from_id, to_id, text, at"
    again = f"insert into carbon_copy ({columns}) select {columns} from carbon_copy"  # noqa: S608 (our own words)
    with pytest.raises(Exception, match=r"(?i)unique constraint"), town.database.transaction() as session:
        session.execute(text(again))
    with pytest.raises(Exception, match=r"(?i)check constraint"), town.database.transaction() as session:
        session.execute(text("update carbon_copy set to_id = from_id"))


# --- 交流意见 -------------------------------------------------------------------------------------------


def case_of(town, item=ITEM):
    return flow.row(town, item).case_id


def test_a_mention_reminds_who_may_see_the_case_and_opening_it_reads_the_mention(as_person, town):
    shen, he = as_person("shen"), as_person("he")
    case = case_of(town)
    said = shen.post(
        f"/cases/{case}/comments",
        data={"text": "@贺知夏请核对比例。", "item": ITEM, "next": f"/tasks/{ITEM}"},
    )
    assert said.location == f"/tasks/{ITEM}#talk"
    assert "<b>@贺知夏</b>请核对比例。" in shen.get(f"/tasks/{ITEM}").text
    assert notices(town, "mentioned") == [("he", f"/cases/{case}/comments")]
    assert "：" in detail_of(town, "mentioned"), "names the case, then what was said"
    listed = he.get("/?tab=copies").text
    assert "提到我的意见" in listed
    assert "未阅" in listed
    assert "请核对比例" in he.get(f"/cases/{case}/comments").text
    assert 'class="lamp soon">未阅' not in he.get("/?tab=copies").text
    assert he.get("/api/v1/mentions").json["rows"][0]["read_at"]


def test_people_are_chosen_by_tick_too_and_the_author_is_not_reminded(as_person, town):
    shen, case = as_person("shen"), case_of(town)
    body = {"text": "@沈其昌 自己记一笔", "mention": ids(town, "luo", "lu")}
    assert shen.post(f"/api/v1/cases/{case}/comments", json=body).status_code == 200
    assert [login for login, _ in notices(town, "mentioned")] == ["lu", "luo"]
    rows = shen.get(f"/api/v1/cases/{case}/comments").json["rows"]
    assert sorted(rows[0]["mentioned"]) == ["罗秉正", "陆文静"]


@pytest.mark.parametrize("said", ["@外聘专家 请看", "请@外地人协助"])
def test_who_may_not_see_the_case_cannot_be_mentioned_and_the_text_is_kept(as_person, town, said):
    shen, case = as_person("shen"), case_of(town)
    page = shen.post(f"/cases/{case}/comments", data={"text": said})
    assert page.status_code == 422
    assert "不能看这个案件" in page.text
    assert said in page.text
    assert as_person("shen").get(f"/api/v1/cases/{case}/comments").json["rows"] == []


def test_a_name_nobody_has_is_just_text_and_markup_is_not_markup(as_person, town):
    shen, case = as_person("shen"), case_of(town)
    shen.post(f"/cases/{case}/comments", data={"text": "邮箱 a@石桥.cn <b>粗</b>"})
    page = shen.get(f"/cases/{case}/comments").text
    assert "&lt;b&gt;粗&lt;/b&gt;" in page
    assert notices(town, "mentioned") == []


def test_a_stranger_reads_and_writes_no_comment(as_person, town):
    wai, case = as_person("wai"), case_of(town)
    assert wai.get(f"/cases/{case}/comments").status_code == 404
    assert wai.post(f"/api/v1/cases/{case}/comments", json={"text": "你好"}).status_code == 404


@pytest.mark.parametrize("said", ["", "  ", "长" * 1001])
def test_an_empty_or_endless_comment_is_refused(as_person, town, said):
    answer = as_person("shen").post(f"/api/v1/cases/{case_of(town)}/comments", json={"text": said})
    assert (answer.status_code, answer.json["code"]) == (422, "form-invalid")


def test_the_database_holds_the_length_of_a_comment(town):
    with pytest.raises(Exception, match=r"(?i)check constraint"), town.database.transaction() as session:
        session.execute(
            text("insert into comment (case_id, author_id, text, at) values (1, 1, '', '2026-10-09')")
        )


# --- 催办 -----------------------------------------------------------------------------------------------


def test_urging_begins_with_a_sentence_that_fits_and_leaves_a_trace(as_person, town):
    he, shen = as_person("he"), as_person("shen")
    page = he.get("/tasks/1/urge").text
    assert "“审批计划”2026-10-05 到期，已超期 2 日，请今天办结" in page
    he.post("/tasks/1/urge", data={"reason": "请今天办结"})
    assert notices(town, "urged") == [("shen", "/tasks/1")]
    assert "催 1 次" in shen.get("/").text
    mine = shen.get("/?tab=urged").text
    assert "惠众大药房" in mine
    trace = he.get("/?tab=urged").text
    assert "在 分管领导 处" in trace
    shen.post("/tasks/1", data={"decision": "return", "reason": "退回补充"})
    assert "沈其昌 今天 10:20 办结" in he.get("/?tab=urged").text


def test_who_opened_the_case_may_urge_and_the_holder_may_not(as_person):
    lu, shen = as_person("lu"), as_person("shen")
    assert "催办…" in lu.get(f"/tasks/{ITEM}").text
    assert lu.post(f"/api/v1/tasks/{ITEM}/urge", json={"text": "请办"}).status_code == 200
    shen.post(f"/api/v1/tasks/{ITEM}/claim", json={})
    own = shen.post(f"/api/v1/tasks/{ITEM}/urge", json={"text": "请办"})
    assert (own.status_code, own.json["code"]) == (422, "urge-oneself")


def test_the_database_holds_one_urging_a_day(town):
    row = "insert into step_urge (work_item_id, by_id, day, text, at) values (1, 1, '2026-10-09', 'x', '2026-10-09')"
    twice = f"{row}, (1, 1, '2026-10-09', 'y', '2026-10-09')"
    with pytest.raises(Exception, match=r"(?i)unique constraint"), town.database.transaction() as session:
        session.execute(text(twice))


def test_a_step_is_new_until_it_was_opened(as_person, town):
    shen, version = as_person("shen"), flow.row(town, ITEM).version
    assert shen.get("/").text.count('class="tag new"') == 4
    shen.get(f"/tasks/{ITEM}")
    assert shen.get("/").text.count('class="tag new"') == 3
    assert flow.row(town, ITEM).version == version, "looking changes nothing of the step"
