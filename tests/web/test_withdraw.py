"""撤回: one's own step comes back while nobody has opened the next one; and where work went that left one's hands."""

from datetime import date

import pytest
from sqlalchemy import select

from engine.desk import trace
from engine.desk import withdraw as withdrawing
from engine.domain.notice import Notice
from engine.errors import Refused
from engine.people import Person, Role
from engine.runtime.tables import Handing, WorkItem
from tests.web import flow
from tests.web.town import somebody


def withdraw(client, item, reason="写错了"):
    return client.post(f"/api/v1/tasks/{item}/withdraw", json={"reason": reason})


def test_a_step_comes_back_with_its_answers_while_nobody_has_opened_the_next(as_person, memo):
    lu, he = as_person("lu"), as_person("he")
    first = flow.begin(memo)
    following = flow.does(memo, first, "lu", note="第一稿")
    assert "撤回…" in lu.get(f"/tasks/{first}").text
    assert lu.post(f"/tasks/{first}/hand/withdraw", data={"reason": "漏了附件"}).status_code == 303
    again = flow.waiting(memo, first)
    assert flow.row(memo, again).step == "起草"
    assert flow.row(memo, again).claimed_by_id == flow.row(memo, first).done_by_id
    assert "第一稿" in lu.get(f"/tasks/{again}").text, "what was typed is there again"
    assert he.get(f"/tasks/{following}").status_code == 200
    assert flow.row(memo, following).state == "cancelled"
    told = lu.get(f"/cases/{flow.row(memo, first).case_id}").text
    assert "撤回" in told
    assert "漏了附件" in told


def test_once_the_next_has_been_opened_it_says_who_and_when(as_person, memo):
    lu, he = as_person("lu"), as_person("he")
    first = flow.begin(memo)
    following = flow.does(memo, first, "lu")
    he.get(f"/tasks/{following}")
    assert "撤回…" not in lu.get(f"/tasks/{first}").text
    late = withdraw(lu, first)
    assert (late.status_code, late.json["code"]) == (409, "changed-meanwhile")
    assert "贺知夏 2026-10-09 10:20 已打开“核对”" in late.json["reason"]


def test_taking_the_next_step_counts_as_opening_it(as_person, memo):
    first = flow.begin(memo)
    following = flow.does(memo, first, "lu")
    as_person("he").post(f"/api/v1/tasks/{following}/claim", json={})
    assert withdraw(as_person("lu"), first).status_code == 409


def test_only_who_did_it_and_only_the_last_step_and_only_with_a_reason(as_person, memo):
    lu, he = as_person("lu"), as_person("he")
    first = flow.begin(memo)
    second = flow.does(memo, first, "lu")
    other = withdraw(he, first)
    assert (other.status_code, other.json["code"]) == (403, "not-your-step")
    assert withdraw(lu, first, "").json["code"] == "form-invalid"
    flow.does(memo, second, "he")
    late = withdraw(lu, first)
    assert (late.status_code, late.json["code"]) == (422, "too-late")
    assert "后面的环节已经办过" in late.json["reason"]


def test_the_end_of_a_process_is_the_end(as_person, memo):
    item = flow.begin(memo)
    for login, answers in (("lu", {}), ("he", {}), ("shen", {"decision": "approve"}), ("lu", {})):
        last, item = item, flow.does(memo, item, login, **answers)
    assert item == 0
    late = withdraw(as_person("lu"), last)
    assert (late.status_code, late.json["code"]) == (422, "too-late")
    assert "本流程已经办结" in late.json["reason"]


def test_the_same_key_takes_back_once(as_person, memo):
    lu, head = as_person("lu"), {"Idempotency-Key": "back-1"}
    first = flow.begin(memo)
    flow.does(memo, first, "lu")
    body = {"reason": "写错了"}
    one = lu.post(f"/api/v1/tasks/{first}/withdraw", json=body, headers=head)
    two = lu.post(f"/api/v1/tasks/{first}/withdraw", json=body, headers=head)
    assert (one.status_code, one.json) == (two.status_code, two.json) == (200, one.json)


# --- where work went ----------------------------------------------------------------------------------


def test_what_is_returned_over_somebodys_head_does_not_vanish_from_their_inbox(as_person, memo):
    """He has taken the check; the drafter takes nothing back, the machine closes it: he sees that it went."""
    lu, he = as_person("lu"), as_person("he")
    first = flow.begin(memo, "同心卫生院")
    check = flow.does(memo, first, "lu")
    he.post(f"/api/v1/tasks/{check}/claim", json={})
    with memo.database.transaction() as session:
        run = memo.runtime.open(session, flow.row(memo, check).instance_id, somebody(session, "lu"))
        run.end_here("立案撤销")
    page = he.get("/?tab=done").text
    assert "已转出" in page
    assert "同心卫生院" in page
    assert "已关闭" in page
    assert "陆文静已关闭" in he.get(f"/tasks/{check}").text
    assert he.get("/api/v1/handed").json["rows"][0]["way"] == "close"
    assert lu.get("/api/v1/handed").json["rows"] == []


def test_a_delegate_whose_work_is_taken_back_sees_that_it_went(as_person, memo):
    deputy = flow.second(memo, "zhou", "supervision")
    he, zhou = as_person("he"), as_person("zhou")
    check = flow.does(memo, flow.begin(memo), "lu")
    he.post(f"/api/v1/tasks/{check}/delegate", json={"to": deputy, "reason": "请先看"})
    he.post(f"/api/v1/tasks/{check}/release", json={})
    ways = [row["way"] for row in zhou.get("/api/v1/handed").json["rows"]]
    assert ways == ["reassign"]
    assert "改派" in zhou.get("/?tab=done").text


def test_the_database_holds_where_it_went(town):
    """A transfer without a receiver, or to oneself, is no transfer."""
    for values in (
        {"from_id": 1, "to_id": None, "way": "transfer"},
        {"from_id": 1, "to_id": 1, "way": "reassign"},
        {"from_id": 1, "to_id": 2, "way": "lost"},
    ):
        with (
            pytest.raises(Exception, match=r"ck_handing_\w+|CHECK constraint failed"),
            town.database.transaction() as session,
        ):
            session.add(Handing(work_item_id=1, case_id=1, **values))


def test_the_old_holder_may_still_open_what_went_to_another_bureau(memo):
    first = flow.begin(memo)
    with memo.database.transaction() as session:
        item = flow.row(memo, first)
        stranger = somebody(session, "expert")
        assert not trace.had(session, stranger, item)
        session.add(Handing(work_item_id=first, case_id=item.case_id, from_id=stranger.id, way="reassign"))
        session.flush()
        assert trace.had(session, stranger, item)
        assert [each.way for each in trace.given_away(session, stranger)] == ["reassign"]


def test_what_is_given_back_by_a_step_with_parts_is_refused_by_name(memo):
    first = flow.begin(memo)
    flow.does(memo, first, "lu")
    with memo.database.transaction() as session:
        run = memo.runtime.open(session, flow.row(memo, first).instance_id, somebody(session, "lu"))
        run.element("draft").properties["sign"] = "all"
        try:
            with pytest.raises(Refused) as no:
                withdrawing.withdraw(memo, session, somebody(session, "lu"), first, reason="写错了")
        finally:
            del run.element("draft").properties["sign"]
    assert no.value.slug == "too-late"
    assert session.scalars(select(Handing)).all() == []


# --- back out of a countersign ---------------------------------------------------------------------------


def parts(town, item):
    with town.database.reading() as session:
        case = session.get_one(WorkItem, item).case_id
        query = select(WorkItem).where(
            WorkItem.case_id == case, WorkItem.state == "open", WorkItem.seat != ""
        )
        return {int(part.seat): part.id for part in session.scalars(query)}


def test_out_of_a_countersign_and_back_nobody_writes_their_part_anew(as_person, memo):
    """He has given his part, Zhou has a draft, Qin returns: both find what they wrote when it comes round again."""
    zhou_id = flow.second(memo, "zhou", "supervision")
    luo_id = flow.second(memo, "luo", "supervision")
    he, zhou, luo = as_person("he"), as_person("zhou"), as_person("luo")
    draft = flow.begin(memo, kind="panel")
    flow.does(memo, draft, "lu")
    given = parts(memo, draft)
    he_id = next(seat for seat in given if seat not in (zhou_id, luo_id))
    he.post(f"/tasks/{given[he_id]}", data={"note": "同意，附件已看"})
    zhou.post(f"/tasks/{given[zhou_id]}", data={"note": "还要看一处", "intent": "draft"})
    sent = luo.post(f"/api/v1/tasks/{given[luo_id]}/return", json={"to": "draft", "reason": "缺附件"})
    assert sent.status_code == 200
    assert flow.row(memo, given[he_id]).state == "done", "the part given stays in the file"
    assert [row["way"] for row in zhou.get("/api/v1/handed").json["rows"]] == ["close"], "and Zhou is told"
    flow.does(memo, flow.waiting(memo, draft), "lu", note="附件已补")
    again = parts(memo, draft)
    page = he.get(f"/tasks/{again[he_id]}").text
    assert "同意，附件已看" in page
    assert "已带入你" in page
    assert "还要看一处" in zhou.get(f"/tasks/{again[zhou_id]}").text
    assert "已带入你" not in luo.get(f"/tasks/{again[luo_id]}").text, "wrote nothing before"


def test_who_no_longer_holds_the_post_takes_nothing_back(as_person, memo):
    flow.second(memo, "lu", "inspector")
    first = flow.begin(memo)
    following = flow.does(memo, first, "lu")
    with memo.database.transaction() as session:
        lu = somebody(session, "lu")
        next(each for each in lu.grants if each.role == Role.SECTION).valid_to = date(2026, 10, 8)
    assert "撤回…" not in as_person("lu").get(f"/tasks/{first}").text
    no = withdraw(as_person("lu"), first)
    assert (no.status_code, no.json["code"]) == (403, "not-your-step")
    assert flow.row(memo, following).state == "open"


def test_each_signer_is_told_once_that_the_countersign_was_taken_back(as_person, memo):
    flow.second(memo, "luo", Role.SUPERVISION)
    first = flow.begin(memo, kind="panel")
    flow.does(memo, first, "lu", note="第一稿")
    assert withdraw(as_person("lu"), first).status_code == 200
    with memo.database.reading() as session:
        told = select(Person.login).join(Notice, Notice.person_id == Person.id)
        told = told.where(Notice.kind == "withdrawn").order_by(Person.login)
        assert session.scalars(told).all() == ["he", "luo"]
