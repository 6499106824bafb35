"""The page of proxies: appoint, be refused, stand in, take back."""

import re
from datetime import date

from sqlalchemy import select

from engine.people import Grant, Person, Role


def test_a_leader_appoints_and_the_page_says_who_until_when(as_person):
    leader = as_person("shen")
    page = leader.get("/proxies").text
    assert "没有可以代理的人" in page  # the town has one leader and no head
    assert as_person("liang").get("/proxies").status_code == 403


def test_a_colleague_of_the_same_post_stands_in(as_person, town):
    with town.database.transaction() as session:
        he = session.scalars(select(Person).where(Person.login == "he")).one()
        session.add(
            Grant(person_id=he.id, bureau_id=he.bureau_id, role=Role.HEAD, valid_from=date(2020, 1, 1))
        )
        number = he.id
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
        admin, he = (
            session.scalars(select(Person).where(Person.login == login)).one() for login in ("guan", "he")
        )
        session.scalars(select(Grant).where(Grant.person_id == admin.id)).one().role = Role.SECURITY_ADMIN
        session.add(
            Grant(person_id=he.id, bureau_id=he.bureau_id, role=Role.HEAD, valid_from=date(2020, 1, 1))
        )
        shen = session.scalars(select(Person.id).where(Person.login == "shen")).one()
        form = {"principal": shen, "proxy": he.id, "valid_from": "2026-10-09", "valid_to": "2026-10-12"}
    client = as_person("guan")
    assert "离岗人员" in client.get("/proxies/absent").text
    assert client.post("/proxies/absent", data=form | {"reason": "突发疾病"}).status_code == 303
    assert "代沈其昌：突发疾病" in client.get("/proxies/absent").text
    assert client.post("/proxies/absent/1/revoke").status_code == 303
    assert "没有指定代理人" in client.get("/proxies/absent").text


def test_the_api_appoints_and_takes_back(as_person, town):
    with town.database.transaction() as session:
        he = session.scalars(select(Person).where(Person.login == "he")).one()
        session.add(
            Grant(person_id=he.id, bureau_id=he.bureau_id, role=Role.HEAD, valid_from=date(2020, 1, 1))
        )
        number = he.id
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
