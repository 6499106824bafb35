"""Where publications are pushed to: entered by the system administrator, the secret shown once, the file otherwise."""

import re
from dataclasses import replace

import pytest
from sqlalchemy import select

from engine.audit import AuditEntry
from engine.desk import channel
from engine.errors import NotFound
from tests.web.town import somebody

SECRET = re.compile(r'<span class="hash in">([0-9a-f]{64})</span>')
URL = "https://gsxt.example/results"


@pytest.fixture
def admin(town, as_person):
    """管's browser, in a town that may call one host."""
    town.settings = replace(town.settings, webhook_hosts=("gsxt.example",))
    return as_person("guan")


def test_the_secret_of_a_push_address_is_shown_once_and_changes_when_asked(admin, as_person):
    page = admin.post("/channels", data={"channel": "gsxt", "url": f" {URL} "})
    first = SECRET.search(page.text)[1]
    again = admin.get("/channels")
    assert URL in again.text
    assert "自动推送" in again.text
    assert first not in again.text
    assert SECRET.search(admin.post("/channels/1/renew").text)[1] != first
    assert admin.post("/channels/1/close").status_code == 303
    assert "自动推送</span>" not in admin.get("/channels").text
    assert as_person("shen").get("/channels").status_code == 403


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"channel": "gsxt", "url": "https://elsewhere.example/"}, "url"),
        ({"channel": "gsxt", "url": "http://gsxt.example/"}, "url"),
        ({"channel": "gsxt", "url": f"{URL}?{'a' * 500}"}, "url"),
        ({"channel": "credit", "url": "gsxt.example"}, "url"),
        ({"channel": "website", "url": URL}, "channel"),
    ],
)
def test_what_may_not_be_called_is_refused_and_stays_typed(admin, given, field):
    page = admin.post("/channels", data=given)
    assert page.status_code == 422
    assert f'id="{field}-e"' in page.text
    assert f'value="{given["url"]}"' in page.text


def test_another_address_of_the_same_system_replaces_the_first_and_the_log_has_each(admin, town):
    def enter(url):
        return admin.post("/api/v1/channels", json={"channel": "credit", "url": url})

    first, second = enter(URL), enter(f"{URL}/2")
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json["secret"] != second.json["secret"]
    assert enter(f"{URL}/2").json["code"] == "endpoint-known"
    renewed = admin.post("/api/v1/channels/1/renew", json={}).json["secret"]
    assert renewed not in (first.json["secret"], second.json["secret"])
    (row,) = admin.get("/api/v1/channels").json["rows"]
    assert (row["url"], row["name"], row["active"]) == (f"{URL}/2", "信用信息共享平台", True)
    assert "secret" not in row
    assert admin.post("/api/v1/channels/1/close", json={}).json == {"id": 1}
    assert admin.post("/api/v1/channels/1/close", json={}).status_code == 404
    with town.database.reading() as session:
        done = session.scalars(
            select(AuditEntry.action).where(AuditEntry.action.startswith("endpoint.")).order_by(AuditEntry.id)
        ).all()
    assert done == ["endpoint.enter", "endpoint.enter", "endpoint.renew", "endpoint.close"]


def test_an_address_belongs_to_its_bureau(admin, town):
    admin.post("/channels", data={"channel": "gsxt", "url": URL})
    with town.database.transaction() as session:
        other = somebody(session, "wai")
        other.grants[0].role = somebody(session, "guan").grants[0].role
        assert not channel.endpoints(session, other)
        with pytest.raises(NotFound):
            channel.close(session, other, 1)
