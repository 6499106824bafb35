"""The page of proxies: appoint, be refused, stand in, take back."""

import re

import pytest
from sqlalchemy import select

from engine.desk import proxy
from engine.desk.bench.ground import counted
from engine.people import Grant, Role
from tests.web.test_hand import ITEM, RETURNED, id_of, item
from tests.web.town import account, holds, somebody


def colleague(town) -> int:
    """贺知夏 becomes the head of the bureau, whom the leader may appoint; the number."""
    with town.database.transaction() as session:
        return holds(session, somebody(session, "he"), Role.HEAD).id


def test_a_leader_appoints_and_the_page_says_who_until_when(as_person):
    leader = as_person("shen")
    page = leader.get("/proxies").text
    assert "没有可以代理的人" in page  # the town has one leader and no head
    assert as_person("liang").get("/proxies").status_code == 403


def test_a_colleague_of_the_same_post_stands_in(as_person, town):
    number = colleague(town)
    leader = as_person("shen")
    form = {"proxy": number, "valid_from": "2026-10-09", "valid_to": "2026-10-12", "reason": "培训"}
    assert "起止日期" in leader.post("/proxies", data=form | {"valid_to": "2026-10-01"}).text
    refused = leader.post("/proxies", data=form | {"valid_to": ""})
    assert refused.status_code == 422
    assert 'value="2026-10-09"' in refused.text  # what was typed stays
    assert leader.post("/proxies", data=form).status_code == 303
    assert "2026-10-09 – 2026-10-12" in leader.get("/proxies").text
    deputy = as_person("he")
    inbox = deputy.get("/").text
    assert "你正代别人办理" in inbox
    task = re.search(r'href="(/tasks/\d+)">审批计划（代沈其昌）', inbox).group(1)
    assert "提交“审批计划”" in deputy.get(task).text
    assert deputy.post("/proxies/1/revoke").status_code == 403
    assert leader.post("/proxies/1/revoke").status_code == 303
    assert "代沈其昌" not in deputy.get("/").text


def test_the_security_administrator_appoints_for_somebody_who_cannot(as_person, town):
    with town.database.transaction() as session:
        admin = somebody(session, "guan")
        session.scalars(select(Grant).where(Grant.person_id == admin.id)).one().role = Role.SECURITY_ADMIN
        shen = somebody(session, "shen").id
    form = {"principal": shen, "proxy": colleague(town), "valid_from": "2026-10-09", "valid_to": "2026-10-12"}
    client = as_person("guan")
    assert "离岗人员" in client.get("/proxies/absent").text
    assert client.post("/proxies/absent", data=form | {"reason": "突发疾病"}).status_code == 303
    assert "代沈其昌：突发疾病" in client.get("/proxies/absent").text
    assert client.post("/proxies/absent/1/revoke").status_code == 303
    assert "没有指定代理人" in client.get("/proxies/absent").text


def test_the_api_appoints_and_takes_back(as_person, town):
    number = colleague(town)
    client = as_person("shen")
    body = {
        "valid_from": "2026-10-09",
        "valid_to": "2026-10-12",
        "reason": "培训",
        "processes": [],
        "steps": [],
    }
    assert client.post("/api/v1/proxies", json=body | {"proxy": "x"}).status_code == 400
    assert client.post("/api/v1/proxies", json=body | {"proxy": 10**30}).status_code == 400
    assert client.post("/api/v1/proxies", json=body | {"proxy": number}).json["proxy"] == "贺知夏"
    assert [row["principal"] for row in as_person("he").get("/api/v1/proxies").json["held"]] == ["沈其昌"]
    assert client.post("/api/v1/proxies/1/revoke", json={}).status_code == 200
    assert client.get("/api/v1/proxies").json == {"given": [], "held": []}


@pytest.fixture
def deputy(town, as_person):
    """贺知夏 holds the post of the head and stands in for the leader from today to the 12th."""
    number = colleague(town)
    form = {"proxy": number, "valid_from": "2026-10-09", "valid_to": "2026-10-12", "reason": "培训"}
    assert as_person("shen").post("/proxies", data=form).status_code == 303
    return as_person("he")


def test_what_a_proxy_takes_first_is_still_done_for_the_absent_one(deputy, town):
    assert deputy.post(f"/tasks/{ITEM}/claim").status_code == 303
    assert "你代沈其昌办理" in deputy.get(f"/tasks/{ITEM}").text
    assert deputy.post(f"/tasks/{ITEM}", data=RETURNED).status_code == 303
    done = item(town)
    assert (done.done_by_id, done.done_for_id) == (id_of(town, "he"), id_of(town, "shen"))


def test_what_a_proxy_took_gives_nothing_once_the_proxy_is_over(deputy, as_person, town):
    assert deputy.post(f"/tasks/{ITEM}/claim").status_code == 303
    assert as_person("shen").post("/proxies/1/revoke").status_code == 303
    assert deputy.post(f"/tasks/{ITEM}", data=RETURNED).status_code == 422
    assert deputy.post(f"/api/v1/tasks/{ITEM}/complete", json={"answers": RETURNED}).status_code == 403
    assert "请放回" in deputy.get(f"/tasks/{ITEM}").text
    assert deputy.post(f"/tasks/{ITEM}/release").status_code == 303
    assert item(town).pool == item(town).home


def test_a_scope_that_nobody_knows_is_refused_and_not_taken_for_everything(deputy, as_person, town):
    body = {
        "proxy": id_of(town, "he"),
        "valid_from": "2026-10-09",
        "valid_to": "2026-10-12",
        "reason": "培训",
    }
    for scope in ({"processes": ["plam"], "steps": []}, {"processes": [], "steps": ["plan.approve_pln"]}):
        no = as_person("shen").post("/api/v1/proxies", json=body | scope)
        assert (no.status_code, no.json["code"]) == (422, "proxy-scope")
    assert [row["id"] for row in deputy.get("/api/v1/proxies").json["held"]] == [1]


def test_the_page_of_the_administrator_asks_no_more_for_a_large_bureau_than_for_a_small_one(town):
    counts = []
    for more in (2, 30):
        with town.database.transaction() as session:
            guan = somebody(session, "guan")
            guan.grants[0].role = Role.SECURITY_ADMIN
            for number in range(more):
                name = f"c{more}-{number}"
                account(session, guan.bureau_id, name, "同事", Role.LEADER, staff_no=name)
        with town.database.reading() as session, counted(town) as seen:
            shown = proxy.page(session, somebody(session, "guan"))
        counts.append(seen.statements)
    assert len(shown.able) == 33
    assert counts[0] == counts[1]
