"""What all answers share: headers, CSRF, origin, errors as pages and as JSON, health, numbers."""

import re

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from engine.errors import (
    ChangedMeanwhile,
    Finding,
    ModelInvalid,
    NotAllowed,
    NotFound,
    Refused,
    RuleError,
    Unavailable,
)
from tests.web.conftest import pages
from tests.web.town import PASSWORD
from web.auth import open_to_all


def test_every_page_carries_a_strict_policy_and_is_not_kept(as_person):
    answer = as_person("shen").get("/")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"


def test_pages_hold_no_inline_script_or_style(as_person):
    client = as_person("shen")
    for path in (
        "/",
        "/tasks/2",
        "/cases/2",
        "/board",
        "/plans",
        "/draws",
        "/registry",
        "/processes",
        "/processes/1/plan",
        "/me",
    ):
        page = client.get(path).text
        assert not re.search(r"<script(?![^>]*\bsrc=)", page), path
        assert "<style" not in page, path
        assert not re.search(r"<[^>]+\s(style|on[a-z]+)=", page), path


def test_static_files_are_kept_for_ever_under_their_digest(client):
    page = client.get("/sign-in").text
    address = re.search(r'href="(/static/app\.css\?v=[0-9a-f]{12})"', page).group(1)
    with client.get(address) as answer:
        assert "immutable" in answer.headers["Cache-Control"]


def test_a_post_from_another_site_is_refused(client):
    data = {"login": "shen", "password": PASSWORD}
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert client.post("/sign-in", data=data, headers=headers).status_code == 403
    assert client.post("/sign-in", data=data, headers={"Origin": "http://localhost"}).status_code == 303


@pytest.fixture
def race():
    """The next unit of work finds at its end that another has changed the same row."""
    lost = []

    def fail(_session):
        if lost:
            raise StaleDataError(lost.pop())

    event.listen(Session, "before_commit", fail)
    yield lost
    event.remove(Session, "before_commit", fail)


@pytest.mark.parametrize(
    ("path", "typed"),
    [("/notices/read", {"until": "9"}), ("/me/tokens", {"token": "报表程序"}), ("/sign-out", {})],
)
def test_a_post_that_lost_a_race_is_done_again(as_person, race, path, typed):
    client = as_person("guan")
    race.append("changed meanwhile")
    assert client.post(path, data=typed).status_code in {200, 303}
    assert not race


def test_a_post_without_the_token_of_the_form_is_refused(app):
    app.config["WTF_CSRF_ENABLED"] = True
    client = app.test_client()
    answer = client.post("/sign-in", data={"login": "shen", "password": PASSWORD})
    assert answer.status_code == 400
    assert "页面已经过期" in answer.text
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/sign-in").text).group(1)
    assert (
        client.post("/sign-in", data={"login": "shen", "password": PASSWORD, "csrf_token": token}).status_code
        == 303
    )


@pytest.fixture
def own(town):
    """Pages of one test alone: it gives them an address more."""
    return pages(town)


def test_an_article_stands_inside_the_sentence_that_rests_on_it(own):
    @own.get("/public/raise")
    @open_to_all
    def page():
        raise Refused("还不能公示。", clause="J8", hint="请先审查。")

    text = own.test_client().get("/public/raise").text
    assert "还不能公示（吉医保发〔2021〕30号第八条）。" in text


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Refused("不行。", clause="J8", hint="改一改。", slug="why", fields={"a": "请填写"}), 422),
        (NotAllowed("你不能办。"), 403),
        (NotFound("没有。"), 404),
        (ChangedMeanwhile("李强 10:21 已接收。"), 409),
        (ModelInvalid([Finding("a.bpmn", "t", "审批", 3, "r", "没有角色")]), 422),
        (RuleError("算不出。"), 422),
        (Unavailable("平台不应答。"), 503),
    ],
)
def test_each_kind_of_no_has_its_status_as_page_and_as_json(own, error, status):
    @own.get("/public/raise")
    @open_to_all
    def page():
        raise error

    client = own.test_client()
    answer = client.get("/public/raise")
    assert answer.status_code == status
    assert error.reason.removesuffix("。") in answer.text
    told = client.get("/public/raise", headers={"Accept": "application/json"})
    assert told.status_code == status
    assert {"code", "reason", "clause", "hint", "fields"} <= set(told.json)


def test_an_unforeseen_failure_gives_a_number_and_no_traceback(own):
    own.config.update(TESTING=False, PROPAGATE_EXCEPTIONS=False)

    @own.get("/public/raise")
    @open_to_all
    def page():
        raise RuntimeError("secret detail")

    answer = own.test_client().get("/public/raise")
    assert answer.status_code == 500
    assert "编号" in answer.text
    assert "secret" not in answer.text


def test_an_unknown_address_says_where_to_go(as_person):
    answer = as_person("shen").get("/nowhere")
    assert answer.status_code == 404
    assert "没有找到" in answer.text


def test_alive_ready_and_numbers(client):
    assert client.get("/healthz").json == {"alive": True}
    assert client.get("/readyz").json == {"ready": True}
    assert client.get("/metrics").status_code == 401
    numbers = client.get("/metrics", headers={"Authorization": "Bearer watch"}).text
    assert "casework_work_items_open 6.0" in numbers
    assert "casework_work_items_late 1.0" in numbers


def test_public_pages_need_no_sign_in(client):
    for path in (
        "",
        "/items",
        "/plans",
        "/draws",
        "/verify",
        "/results.csv",
        "/results.json",
        "/log/head.json",
    ):
        assert client.get(f"/public{path}").status_code == 200, path
    assert client.get("/public/draws/229900-2026-0001/transcript.json").status_code == 404
