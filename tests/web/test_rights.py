"""Every permission and every route, for every role, against the hand-written table."""

import tomllib
from datetime import date
from pathlib import Path

import pytest

from engine import audit
from engine.access import rights
from engine.people import ADMINISTRATORS, Grant, Person, Role
from tests.web.town import somebody

TABLE = {
    name: row["allow"]
    for name, row in tomllib.loads((Path(__file__).parents[1] / "rights.toml").read_text("utf-8"))[
        "permissions"
    ].items()
}
NAMES = ("惠众大药房", "柳坪镇中心卫生院", "石桥镇卫生院", "白杨社区卫生服务中心")
OPEN_TO_ALL = {"/sign-in", "/healthz", "/readyz", "/metrics"}


def holder(role, **more):
    grant = Grant(
        role=role, bureau_id=1, valid_from=date(2020, 1, 1), valid_to=more.get("valid_to", date(9999, 12, 31))
    )
    return Person(id=7, bureau_id=1, active=more.get("active", True), grants=[grant])


def test_the_table_names_exactly_the_permissions_there_are():
    assert sorted(TABLE) == [permission.name for permission in rights.all_permissions()]


@pytest.mark.parametrize("role", list(Role))
def test_a_role_may_what_the_table_says_and_nothing_else(role):
    person = holder(role)
    may = {permission.name for permission in rights.all_permissions() if permission.allows(person)}
    assert may == {name for name, roles in TABLE.items() if role.value in roles}


@pytest.mark.parametrize("role", list(Role))
def test_a_post_that_ended_and_a_closed_account_give_nothing(role):
    ended = holder(role, valid_to=date(2020, 2, 1))
    closed = holder(role, active=False)
    assert not [p.name for p in rights.all_permissions() if p.allows(ended) or p.allows(closed)]


def test_nobody_approves_the_own_plan_or_releases_the_own_model():
    leader, releaser = holder(Role.LEADER), holder(Role.RELEASER)
    own = type("Row", (), {"bureau_id": 1, "author_id": 7})()
    others = type("Row", (), {"bureau_id": 1, "author_id": 8})()
    elsewhere = type("Row", (), {"bureau_id": 2, "author_id": 8})()
    for permission, person in ((rights.APPROVE_PLAN, leader), (rights.RELEASE, releaser)):
        assert permission.allows(person, others)
        assert not permission.allows(person, own)
        assert not permission.allows(person, elsewhere)


BUSINESS = {"case", "plan", "draw", "registry", "board", "inbox", "lead"}


def test_the_table_gives_the_three_administrators_no_business():
    """What counts as business is every permission but those named here; a new one is business until it is not."""
    own = {"audit.read", "people.manage", "system.manage"}
    others = {"process.read", "process.edit", "process.release"}
    for role in ADMINISTRATORS:
        held = {name for name, roles in TABLE.items() if role.value in roles}
        assert held <= own, (role, held)
        assert len(held) == 1, "each of the three has one duty, and no two have the same"
    assert {name.split(".")[0] for name in TABLE} >= BUSINESS
    assert own | others <= set(TABLE)


@pytest.fixture
def as_role(app, town):
    """A signed-in browser of somebody who holds exactly one role."""

    def enter(role):
        with town.database.transaction() as session:
            person = somebody(session, "lu")
            person.grants[0].role = role
        client = app.test_client()
        assert client.post("/sign-in", data={"login": "lu", "password": "demo-casework"}).status_code == 303
        return client

    return enter


def as_business(app):
    """沈其昌's browser."""
    client = app.test_client()
    client.post("/sign-in", data={"login": "shen", "password": "demo-casework"})
    return client


def routes(app):
    """Every address with numbers filled in, its method, its permission."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint == "static":
            continue
        view = app.view_functions[rule.endpoint]
        values = {name: (1 if name.endswith("_id") and name != "draw_id" else "x") for name in rule.arguments}
        values |= {"form": "xlsx"} if "form" in rule.arguments else {}
        with app.test_request_context():
            path = rule.build(values)[1]
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
            yield method, path, getattr(view, "permission", None), getattr(view, "open_to_all", False)


@pytest.mark.parametrize("role", list(Role))
def test_every_route_answers_a_role_as_the_table_says(app, as_role, role):
    client = as_role(role)
    for method, path, permission, open_to_all in routes(app):
        if path in OPEN_TO_ALL or path == "/sign-out" or path.endswith("/revoke"):
            continue  # would end the very session that asks
        if path in {"/leads", "/api/v1/leads"} and role.value in TABLE["lead.open"]:
            continue  # the town's release has no leads; opening one is shown in the browser tests
        status = client.open(path, method=method).status_code
        allowed = open_to_all or permission is None or role.value in TABLE[permission.name]
        assert status < 500, (method, path, status)
        if (
            not allowed or method == "GET"
        ):  # a post may still be refused: another's step, another unit's registry
            assert (status == 403) is not allowed, (method, path, status, allowed)


def test_a_stranger_gets_no_page_but_the_public_ones(app, client):
    for method, path, _, open_to_all in routes(app):
        status = client.open(path, method=method).status_code
        if open_to_all:
            assert status < 500, (method, path, status)
        else:
            assert status in (302, 401), (method, path, status)


@pytest.mark.parametrize("role", sorted(ADMINISTRATORS))
def test_no_page_and_no_answer_shows_an_administrator_any_business(app, as_role, town, role):
    """Every address is really opened and read: no institution, no case number, no remark stands anywhere in it.

    The log has it all, reasons included; its reader sees who did what to which number.
    """
    with town.database.transaction() as session:
        for object_name in NAMES:
            audit.record(
                session,
                action="step.plan.approve_plan",
                subject="case/1",
                actor=somebody(session, "shen"),
                bureau_id=1,
                reason=f"{object_name}有问题，退回",
                after={"reason": object_name},
            )
    client, seen = as_role(role), 0
    for method, path, _, open_to_all in routes(app):
        if method != "GET" or open_to_all:
            continue
        for address in (path, f"{path}?q=惠众", f"{path}?subject=case/1"):
            answer = client.get(address)
            seen += answer.status_code == 200
            found = [name for name in (*NAMES, "青检〔2026〕") if name in answer.get_data(as_text=True)]
            assert not found, (address, found)
    assert seen >= 6, "an own account, notices, and the page of the own duty, each with a filter"
    assert as_business(app).get("/cases").text.count("惠众大药房"), "the town has business that could be seen"
