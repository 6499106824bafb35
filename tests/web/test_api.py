"""The JSON API: by token or session, errors of one shape, the document tells the truth."""

import json

import pytest

from engine.access.session import open_session
from tests.web.town import somebody
from web import openapi


def token_of(town, login):
    with town.database.transaction() as session:
        person = somebody(session, login)
        return open_session(session, person, kind="token", name="test")[1]


def test_a_stranger_gets_401_as_json(client):
    answer = client.get("/api/v1/tasks")
    assert answer.status_code == 401
    assert answer.json["code"] == "sign-in"


def test_a_token_works_without_a_csrf_token_a_cookie_does_not(app, town):
    app.config["WTF_CSRF_ENABLED"] = True
    client = app.test_client()
    headers = {"Authorization": f"Bearer {token_of(town, 'shen')}"}
    assert client.post("/api/v1/tasks/2/claim", json={}, headers=headers).status_code == 200
    app.config["WTF_CSRF_ENABLED"] = False
    assert client.post("/sign-in", data={"login": "shen", "password": "demo-casework"}).status_code == 303
    app.config["WTF_CSRF_ENABLED"] = True
    assert client.post("/api/v1/tasks/2/release", json={}).status_code == 400


def test_tasks_are_the_inbox(as_person):
    client = as_person("shen")
    rows = client.get("/api/v1/tasks").json["rows"]
    assert [row["name"] for row in rows][:2] == ["惠众大药房", "柳坪镇中心卫生院"]
    assert rows[0]["lamp"] == {"kind": "late", "text": "超期 2 日", "days": -2}
    task = client.get(f"/api/v1/tasks/{rows[1]['id']}").json
    assert task["may_complete"] is True
    assert task["form"]["components"]


def test_a_refused_answer_names_its_fields(as_person):
    answer = as_person("shen").post(
        "/api/v1/tasks/2/complete", json={"answers": {"decision": "return", "reason": ""}}
    )
    assert answer.status_code == 422
    assert answer.json["code"] == "form-invalid"
    assert answer.json["fields"]


def test_somebody_elses_task_does_not_exist(as_person):
    for path in ("/api/v1/tasks/1", "/api/v1/cases/1"):
        assert as_person("wai").get(path).status_code == 404
    assert as_person("wai").post("/api/v1/tasks/1/claim", json={}).status_code == 404


def test_a_case_tells_where_it_stands_and_why_when(as_person):
    case = as_person("shen").get("/api/v1/cases/2").json
    assert case["standing"][0]["step"] == "审批计划"
    assert case["standing"][0]["why"]["start"] == "2026-09-29"
    assert case["timeline"][0]["who"] == "陆文静"


def test_a_body_that_is_no_json_is_a_bad_request(as_person):
    client = as_person("shen")
    assert client.post("/api/v1/tasks/2/complete", data="x").status_code == 415
    assert client.post("/api/v1/tasks/2/complete", json=[1]).status_code == 400
    assert (
        client.post("/api/v1/tasks/2/claim", json={}, headers={"Idempotency-Key": "a b"}).status_code == 400
    )


def test_the_document_lists_every_route_of_the_api(app, client):
    document = client.get("/api/v1/openapi.json").json
    assert document["openapi"] == "3.1.0"
    told = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    there = {
        (method, rule.rule.replace("<int:", "{").replace("<", "{").replace(">", "}"))
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith(openapi.PREFIX) and not rule.rule.endswith("openapi.json")
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert told == there
    assert json.dumps(document)


@pytest.mark.parametrize("value", [str(2**64), '"\\ud800"', f'[{{"n": -{2**70}}}]'])
def test_what_no_database_can_keep_is_a_bad_request(as_person, value):
    sent = f'{{"answers": {{"x": {value}}}}}'
    for path in ("draft", "complete"):
        answer = as_person("shen").post(f"/api/v1/tasks/2/{path}", data=sent, content_type="application/json")
        assert answer.status_code == 400
