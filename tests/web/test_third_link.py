"""第三方一次性链接: somebody without an account seals and opens on the own telephone; everybody else is refused by name.

依据: 吉 第十二条 (监督下随机抽取); docs/draw.md 3. Without a device the witness writes the commitment down, as before.
"""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from engine import clock
from engine.access.session import SessionRow
from engine.access.sign_in import TRIES_PER_ADDRESS
from engine.audit import AuditEntry
from engine.domain import ceremony
from engine.domain.ceremony import ThirdLink, link
from engine.domain.draw import commitment
from engine.domain.draw.verify import verify
from tests.engine.test_ceremony import OPENED, SEALED, WITNESSED
from tests.web.test_draw import NUMBER, room  # noqa: F401 (a fixture)
from tests.web.town import NOW

SECRET = "3" * 64
COMMIT = commitment(NUMBER, "third", SECRET)
SECOND_OPEN = """insert into third_link (draw_id, digest, issued_by_id, issued_at, expires_at, tries)
    select draw_id, 'x', issued_by_id, issued_at, expires_at, 0 from third_link"""


@pytest.fixture
def hall(room, town):  # noqa: F811
    """A draw with a third party whose operator has sealed; the operator's browser has given a one-time code."""
    with town.database.transaction() as session:
        draw = ceremony.get(session, NUMBER)
        draw.settings = {**draw.settings, "third": "市人大代表 孟繁星"}
        for row in session.scalars(select(SessionRow)):
            row.second_factor_at = NOW
    room.acts("draw.commit_operator", "drafter", **SEALED)
    return room


def issued(room):  # noqa: F811
    """The path that the operator's page shows as QR and text."""
    page = room.browser.post(f"/draws/{NUMBER}/third").text
    assert "<svg" in page
    return re.search(r"http://localhost(/public/third/[\w-]+)", page)[1]


def draw_of(town):
    with town.database.reading() as session:
        return ceremony.get(session, NUMBER)


def test_the_third_party_seals_and_opens_without_an_account(hall, client, town):
    path = issued(hall)
    assert "交封签" in client.get(path).text
    answer = client.post(path, data={"commit": f"{COMMIT[:32]} {COMMIT[32:]}"})
    assert (answer.status_code, answer.location) == (303, path)
    assert draw_of(town).settings["third_commit"] == COMMIT
    hall.acts("draw.commit_witness", "witness", **WITNESSED)  # the witness types nothing for the third party
    hall.acts("draw.freeze")
    assert draw_of(town).roster[:8] in client.get(path).text
    assert client.post(path, data={"secret": SECRET}).status_code == 303
    hall.acts("draw.reveal_operator", "drafter", secret_operator="1" * 64)
    hall.acts("draw.reveal", "witness", **OPENED)
    hall.acts("draw.compute")
    draw = draw_of(town)
    assert [party["name"] for party in draw.document["parties"]] == ["bureau", "witness", "third"]
    assert draw.events[1]["body"]["secrets"][2] == SECRET
    with town.database.reading() as session:
        assert verify(ceremony.transcript_of(ceremony.get(session, NUMBER)).as_json(), roster=draw.roster).ok
        logged = session.scalars(select(AuditEntry.action).where(AuditEntry.action.like("draw.third%"))).all()
    assert logged == ["draw.third_link", "draw.third_commit", "draw.third_reveal"]
    assert SECRET not in str(draw.settings)
    assert "出号或者结束" in client.get(path).text
    assert "casework=" not in str(client.get(path).headers)  # nobody is signed in by it


def test_each_step_is_done_once_and_a_wrong_value_is_named(hall, client, town):
    path = issued(hall)
    assert "64 位" in client.post(path, data={"commit": "x" * 64}).text
    assert "不能启封" in client.post(path, data={"secret": SECRET}).text
    client.post(path, data={"commit": COMMIT})
    again = client.post(path, data={"commit": "9" * 64})
    assert (again.status_code, "只能交一次" in again.text) == (422, True)
    hall.acts("draw.commit_witness", "witness", **WITNESSED)
    hall.acts("draw.freeze")
    wrong = client.post(path, data={"secret": "9" * 64})
    assert (wrong.status_code, "与封存名单前交出的封签不符" in wrong.text) == (422, True)
    assert "9" * 64 in wrong.text  # what was typed stays
    client.post(path, data={"secret": SECRET})
    assert "只能启封一次" in client.post(path, data={"secret": SECRET}).text
    assert draw_of(town).settings["third_commit"] == COMMIT


def test_the_witness_cannot_put_another_commitment_in_its_place(hall, client):
    client.post(issued(hall), data={"commit": COMMIT})
    with pytest.raises(link.Refused) as no:
        hall.acts("draw.commit_witness", "witness", **WITNESSED, commit_third="9" * 64)
    assert no.value.slug == "third-party"


def test_a_new_link_calls_the_old_one_back_and_a_link_can_be_revoked(hall, client, town):
    first = issued(hall)
    client.post(first, data={"commit": COMMIT})
    second = issued(hall)
    assert "已被撤销" in client.get(first).text
    assert "third_commit" not in draw_of(town).settings
    client.post(second, data={"commit": COMMIT})
    assert hall.browser.post(f"/draws/{NUMBER}/third/revoke").status_code == 303
    assert client.get(second).status_code == 422
    assert "没有可以撤销的链接" in hall.browser.post(f"/draws/{NUMBER}/third/revoke").text


def test_a_link_expires_and_stops_after_too_many_wrong_values(hall, client):
    path = issued(hall)
    with clock.fixed(NOW + link.LASTS + timedelta(minutes=1)):
        assert "已经过期" in client.get(path).text
    for _ in range(link.TRIES):
        client.post(path, data={"commit": "x"})
    assert "已经停用" in client.post(path, data={"commit": COMMIT}).text


def test_guessing_links_is_stopped_by_address(hall, client):
    path = issued(hall)
    for number in range(TRIES_PER_ADDRESS):
        assert client.get(f"/public/third/guess{number}").status_code == 404
    assert client.get("/public/third/once-more").status_code == 429
    assert client.get(path).status_code == 200  # who has the link is not shut out by who guesses


def test_a_roster_sent_back_ends_the_link_with_the_envelopes(hall, client, town):
    path = issued(hall)
    client.post(path, data={"commit": COMMIT})
    hall.acts("draw.commit_witness", "witness", decision="return", reason="漏列一户")
    assert "third_commit" not in draw_of(town).settings
    assert "已被撤销" in client.get(path).text


def test_only_the_operator_of_a_draw_with_a_third_party_issues(hall, town):
    with town.database.transaction() as session:
        draw = ceremony.get(session, NUMBER)
        second = hall.year.people["second"]
        with pytest.raises(link.Refused) as no:
            link.issue(session, draw, session.merge(second), "jilin")
        assert no.value.slug == "not-operator"
        draw.settings = {**draw.settings, "third": ""}
        with pytest.raises(link.Refused) as no:
            link.issue(session, draw, session.get(type(second), draw.operator_id), "jilin")
        assert no.value.slug == "no-third-party"


def test_a_program_issues_and_revokes_too(hall):
    made = hall.browser.post(f"/api/v1/draws/{NUMBER}/third", json={})
    assert "/public/third/" in made.json["url"]
    assert hall.browser.post(f"/api/v1/draws/{NUMBER}/third/revoke", json={}).status_code == 200


def test_without_the_one_time_code_no_link_is_issued(hall, town):
    with town.database.transaction() as session:
        for row in session.scalars(select(SessionRow)):
            row.second_factor_at = None
    assert "/second-factor" in hall.browser.post(f"/draws/{NUMBER}/third").location
    refused = hall.browser.post(f"/api/v1/draws/{NUMBER}/third", json={})
    assert (refused.status_code, refused.json["code"]) == (403, "second-factor")


def test_the_database_keeps_one_open_link_a_draw_and_no_link_in_clear(hall, town):
    token = issued(hall).rpartition("/")[2]
    with town.database.transaction() as session:
        row = session.scalars(select(ThirdLink)).one()
        assert token not in str(vars(row))
        for statement in (
            SECOND_OPEN,
            "update third_link set expires_at = issued_at",
            "update third_link set tries = 21",
            "update third_link set revoked_by_id = issued_by_id",
        ):
            with pytest.raises(IntegrityError), session.begin_nested():
                session.execute(text(statement))
