"""Handing a step on, page by page and by the API: 转办, 委派, 退回, 催办."""

import re
from datetime import date

import pytest
from sqlalchemy import select

from engine.people import Grant, Role
from engine.runtime.tables import WorkItem
from tests.web import flow
from tests.web.town import holds, somebody

ITEM = 2  # 柳坪镇中心卫生院: 审批计划, in the pool of the leader

RETURNED = {"decision": "return", "reason": "比例偏低"}


@pytest.fixture
def deputy(town):
    """周砚秋 is a second deputy director now; returns the id."""
    with town.database.transaction() as session:
        return holds(session, somebody(session, "zhou"), Role.LEADER).id


def item(town):
    with town.database.reading() as session:
        return session.get_one(WorkItem, ITEM)


def id_of(town, login):
    with town.database.reading() as session:
        return somebody(session, login).id


def test_a_transferred_step_is_the_receivers_and_the_giver_sees_where_it_went(as_person, town, deputy):
    shen, zhou = as_person("shen"), as_person("zhou")
    form = shen.get(f"/tasks/{ITEM}/hand/transfer").text
    assert "周砚秋" in form
    assert "沈其昌（" not in form, "not to oneself"
    done = shen.post(f"/tasks/{ITEM}/hand/transfer", data={"to": deputy, "reason": "出差，请代办"})
    assert done.status_code == 303
    assert "柳坪镇中心卫生院" not in shen.get("/").text.replace(shen.get("/?tab=done").text, "")
    given = shen.get("/?tab=done").text
    assert "已转出" in given
    assert "转办 周砚秋" in given
    assert "柳坪镇中心卫生院" in zhou.get("/").text
    told = zhou.get(f"/cases/{item(town).case_id}").text
    assert "转办给周砚秋" in told
    assert "出差，请代办" in told
    late = shen.post(f"/tasks/{ITEM}", data=RETURNED)
    assert late.status_code == 409
    assert "周砚秋" in late.text
    assert RETURNED["reason"] in late.text, "what was typed is still there to be copied"


def test_a_delegated_step_comes_back_with_the_draft_and_the_delegator_decides(as_person, town, deputy):
    shen, zhou = as_person("shen"), as_person("zhou")
    sent = {"to": deputy, "reason": "请先核对比例"}
    assert shen.post(f"/tasks/{ITEM}/hand/delegate", data=sent).status_code == 303
    assert "你已委派给周砚秋" in shen.get(f"/tasks/{ITEM}").text
    assert shen.post(f"/tasks/{ITEM}", data=RETURNED).status_code == 409
    assert "沈其昌委派你办理" in zhou.get(f"/tasks/{ITEM}").text
    back = zhou.post(f"/tasks/{ITEM}", data=RETURNED)
    assert back.status_code == 303
    assert item(town).state == "open", "nothing is decided by a delegate"
    page = shen.get(f"/tasks/{ITEM}").text
    assert "比例偏低" in page
    assert 'value="return"' in page
    late = zhou.post(f"/tasks/{ITEM}", data=RETURNED)
    assert late.status_code == 409
    assert "沈其昌" in late.text
    done = shen.post(f"/tasks/{ITEM}", data=RETURNED)
    assert done.status_code == 303
    assert (item(town).state, item(town).done_by_id) == ("done", id_of(town, "shen"))


def test_a_delegation_is_taken_back(as_person, town, deputy):
    shen = as_person("shen")
    shen.post(f"/tasks/{ITEM}/hand/delegate", data={"to": deputy, "reason": "请先看"})
    assert shen.post(f"/tasks/{ITEM}/release").status_code == 303
    assert item(town).pool == item(town).home


@pytest.mark.parametrize("way", ["transfer", "delegate"])
def test_nobody_gets_a_step_that_is_not_of_their_duty(as_person, town, way):
    shen = as_person("shen")
    for login in ("he", "shen", "wai"):
        answer = shen.post(f"/api/v1/tasks/{ITEM}/{way}", json={"to": id_of(town, login), "reason": "请代办"})
        assert answer.status_code == 422, login
        assert answer.json["code"] in ("not-of-the-duty", "to-oneself")
    nobody = shen.post(f"/api/v1/tasks/{ITEM}/{way}", json={"to": 999, "reason": "请代办"})
    assert (nobody.status_code, nobody.json["code"]) == (422, "not-of-the-duty")
    assert shen.post(f"/tasks/{ITEM}/hand/{way}", data={"to": "x", "reason": ""}).status_code == 422


def test_who_may_not_do_a_step_may_not_hand_it_on(as_person, deputy):
    answer = as_person("he").post(f"/api/v1/tasks/{ITEM}/transfer", json={"to": deputy, "reason": "请代办"})
    assert (answer.status_code, answer.json["code"]) == (403, "not-your-step")


def test_the_same_key_gives_the_same_receipt_and_another_body_is_refused(as_person, deputy):
    shen, head = as_person("shen"), {"Idempotency-Key": "once"}
    body = {"to": deputy, "reason": "请代办"}
    first = shen.post(f"/api/v1/tasks/{ITEM}/transfer", json=body, headers=head)
    again = shen.post(f"/api/v1/tasks/{ITEM}/transfer", json=body, headers=head)
    assert first.status_code == again.status_code == 200
    assert first.json == again.json == {"item": ITEM, "case": first.json["case"], "step": "审批计划"}
    other = shen.post(f"/api/v1/tasks/{ITEM}/transfer", json={**body, "reason": "另一个"}, headers=head)
    assert (other.status_code, other.json["code"]) == (422, "key-reused")
    late = shen.post(f"/api/v1/tasks/{ITEM}/transfer", json=body)
    assert (late.status_code, late.json["code"]) == (409, "changed-meanwhile")
    assert "周砚秋" in late.json["reason"]


def test_the_first_step_goes_back_nowhere_and_says_so(as_person):
    shen = as_person("shen")
    assert "没有可以退回的环节" in shen.get(f"/tasks/{ITEM}/hand/return").text
    answer = shen.post(f"/api/v1/tasks/{ITEM}/return", json={"to": "s", "reason": "材料不全"})
    assert (answer.status_code, answer.json["code"]) == (422, "no-return")


def test_urging_is_seen_on_the_step_and_counts_once_a_day(as_person):
    shen, he = as_person("shen"), as_person("he")
    assert f"/tasks/{ITEM}/urge" in he.get("/board?when=all").text
    assert he.post(f"/tasks/{ITEM}/urge", data={"reason": "请今天办完"}).status_code == 303
    page = shen.get(f"/tasks/{ITEM}").text
    assert "贺知夏" in page
    assert "请今天办完" in page
    again = he.post(f"/api/v1/tasks/{ITEM}/urge", json={"text": "再催"})
    assert (again.status_code, again.json["code"]) == (422, "urged-today")
    assert as_person("zhou").post(f"/api/v1/tasks/{ITEM}/urge", json={"text": "请办"}).status_code == 403
    assert as_person("wai").post(f"/api/v1/tasks/{ITEM}/urge", json={"text": "请办"}).status_code == 404


def test_the_api_says_to_whom_and_where(as_person, deputy):
    told = as_person("shen").get(f"/api/v1/tasks/{ITEM}/hand").json
    assert told["transfer"] == told["delegate"] == [{"id": deputy, "name": "周砚秋"}]
    assert told["returns"] == []


def test_a_taken_step_is_nobodys_once_the_post_has_ended(as_person, town):
    """第八条: what one may do is read at every step, also of what lies in one's hands already."""
    with town.database.transaction() as session:
        holds(session, somebody(session, "shen"), Role.INSPECTOR)
    shen = as_person("shen")
    assert shen.post(f"/tasks/{ITEM}/claim").status_code == 303
    with town.database.transaction() as session:
        post = session.scalar(select(Grant).where(Grant.role == Role.LEADER))
        post.valid_to = date(2026, 10, 8)
        holds(session, somebody(session, "he"), Role.HEAD)
    for act, body in (
        ("complete", {"answers": RETURNED}),
        ("draft", {"answers": RETURNED}),
        ("return", {"to": "s", "reason": "材料不全"}),
        ("transfer", {"to": id_of(town, "he"), "reason": "请代办"}),
    ):
        no = shen.post(f"/api/v1/tasks/{ITEM}/{act}", json=body)
        assert (no.status_code, no.json["code"]) == (403, "not-your-step"), act
    assert "沈其昌" in as_person("he").get("/leavers").text, "who answers for the work sees where it lies"
    page = shen.get(f"/tasks/{ITEM}").text
    assert "请放回，由在岗的人办理" in page
    assert shen.post(f"/tasks/{ITEM}/release").status_code == 303
    assert item(town).pool == item(town).home


def test_a_post_bears_the_name_that_the_readers_bureau_has_for_it(as_person, memo):
    """舞: 政策法规和基金监管股 is what Jilin calls 基金监管; no diagram is copied for a name."""
    item = flow.does(memo, flow.begin(memo, "同心药房"), "lu")
    case = flow.row(memo, item).case_id
    with memo.database.transaction() as session:
        somebody(session, "he").bureau.pack = "wugang"
    he = as_person("he")
    pages = (f"/tasks/{item}", f"/cases/{case}", "/board", "/me")
    for page in pages:
        shown = he.get(page).text
        assert "政策法规和基金监管股" in shown, page
        seen = re.sub(
            r"<svg.*?</svg>|<[^>]*>", " ", shown, flags=re.DOTALL
        )  # the case's diagram: by its release
        stray = [seen[m.start() - 60 : m.end() + 20] for m in re.finditer(r"(?<!和)基金监管(?![股科])", seen)]
        assert stray == [], page
    refused = as_person("lu").post(f"/tasks/{item}/claim", data={"version": "1"})
    assert "由政策法规和基金监管股办理" in refused.text
    assert "政策法规和基金监管股" not in he.get(f"/tasks/{item}?lang=en").text
