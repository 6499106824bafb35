"""Sign-in: server-side sessions, no word about which accounts exist, lockout, second factor, revocation."""

import re
import subprocess
import sys
from datetime import timedelta

import argon2
import pyotp
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from engine import clock
from engine.access.session import SessionRow
from engine.audit import AuditEntry
from engine.settings import ROOT
from tests.web.test_api import token_of
from tests.web.town import NOW, PASSWORD, somebody

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"  # noqa: S105 (an authenticator app's, made up)


def test_a_stranger_is_sent_to_the_sign_in_and_back_again(client):
    answer = client.get("/?tab=done")
    assert answer.status_code == 302
    assert answer.location == "/sign-in?next=/?tab%3Ddone"
    answer = client.post("/sign-in", data={"login": "shen", "password": PASSWORD, "next": "/?tab=done"})
    assert (answer.status_code, answer.location) == (303, "/?tab=done")
    cookie = answer.headers.getlist("Set-Cookie")
    assert any("casework=" in line and "HttpOnly" in line and "SameSite=Lax" in line for line in cookie)


def test_next_stays_on_this_host(client):
    for target in ("https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"):
        answer = client.post("/sign-in", data={"login": "shen", "password": PASSWORD, "next": target})
        assert answer.location == "/"


def test_a_wrong_password_and_an_unknown_account_read_alike(client):
    wrong = client.post("/sign-in", data={"login": "shen", "password": "wrong wrong"})
    unknown = client.post("/sign-in", data={"login": "nobody", "password": "wrong wrong"})
    assert wrong.status_code == unknown.status_code == 422
    assert "账号或密码不对" in wrong.text
    assert "账号或密码不对" in unknown.text
    assert 'value="shen"' in wrong.text
    assert "<title>错误：登录" in wrong.text


def test_five_wrong_tries_lock_the_account_for_a_quarter_of_an_hour(client, town):
    for _ in range(5):
        client.post("/sign-in", data={"login": "shen", "password": "wrong wrong"})
    assert "账号暂时锁定" in client.post("/sign-in", data={"login": "shen", "password": PASSWORD}).text
    with clock.fixed(NOW + timedelta(minutes=16)):
        assert client.post("/sign-in", data={"login": "shen", "password": PASSWORD}).status_code == 303
    with town.database.reading() as session:
        refused = session.scalars(
            select(AuditEntry).where(AuditEntry.action == "account.sign_in_refused")
        ).all()
    assert len(refused) == 6


def test_a_name_that_nobody_has_is_locked_like_an_account(client):
    """Nobody finds out by trying which accounts exist: the same sentences, after the same number of tries."""

    def said(login):
        page = client.post("/sign-in", data={"login": login, "password": "wrong wrong"})
        return page.status_code, re.search(r'role="alert".*?</div>', page.text, re.DOTALL).group()

    locked = []
    for minutes in (0, 0, 0, 0, 3, 4, 17, 20, 21, 21, 21, 22, 36, 37):
        with clock.fixed(NOW + timedelta(minutes=minutes)):
            stranger = said("nobody")
            assert stranger == said("shen"), minutes
            locked += [minutes] if "账号暂时锁定" in stranger[1] else []
    assert locked == [4, 17, 36]


def test_signing_out_closes_the_session_on_the_server(as_person, town):
    client = as_person("shen")
    kept = client.get_cookie("casework").value
    assert client.get("/").status_code == 200
    client.post("/sign-out")
    client.set_cookie("casework", kept)
    assert client.get("/").status_code == 302
    with town.database.reading() as session:
        assert session.scalar(select(SessionRow)).digest != kept


def test_a_session_ends_after_eight_idle_hours(as_person):
    client = as_person("shen")
    with clock.fixed(NOW + timedelta(hours=7)):
        assert client.get("/").status_code == 200
    with clock.fixed(NOW + timedelta(hours=15, minutes=1)):
        assert client.get("/").status_code == 302


def test_one_can_close_ones_other_sessions_but_nobody_elses(as_person, town):
    first, second, other = as_person("shen"), as_person("shen"), as_person("lu")
    with town.database.reading() as session:
        rows = session.scalars(select(SessionRow).order_by(SessionRow.id)).all()
    assert other.post(f"/me/sessions/{rows[0].id}/revoke").status_code == 404
    assert second.post(f"/me/sessions/{rows[0].id}/revoke").status_code == 303
    assert first.get("/").status_code == 302
    assert second.get("/").status_code == 200


def test_a_changed_password_closes_the_other_sessions(as_person):
    first, second = as_person("shen"), as_person("shen")
    data = {"old": PASSWORD, "new": "another-long-one", "again": "another-long-one"}
    assert second.post("/me/password", data={**data, "old": "wrong"}).status_code == 422
    assert second.post("/me/password", data={**data, "again": "different-one"}).status_code == 422
    assert second.post("/me/password", data=data).status_code == 303
    assert first.get("/").status_code == 302
    assert second.get("/").status_code == 200


@pytest.mark.parametrize("program", [False, True])
def test_who_finds_an_open_session_cannot_guess_the_password_in_it(as_person, program):
    client = as_person("shen")
    for number in range(6):
        old = PASSWORD if number == 5 else "wrong wrong"
        data = {"old": old, "new": "another-long-one", "again": "another-long-one"}
        if program:
            no = client.post("/api/v1/me/password", json={"old": old, "new": "another-long-one"})
        else:
            no = client.post("/me/password", data=data)
        assert no.status_code == 422
    assert "账号暂时锁定" in (no.json["reason"] if program else no.text)


def test_the_second_factor_is_enrolled_by_its_first_code(as_person, town):
    client = as_person("luo")
    assert "扫码" in client.get("/second-factor").text
    with client.session_transaction() as kept:
        secret = kept["totp"]
    assert client.post("/second-factor", data={"code": "000000"}).status_code == 422
    code = pyotp.TOTP(secret).at(int(NOW.timestamp()))
    answer = client.post("/second-factor", data={"code": code, "next": "/me"})
    assert (answer.status_code, answer.location) == (303, "/me")
    with town.database.reading() as session:
        assert somebody(session, "luo").totp_secret == secret


def test_somebody_without_a_post_any_more_sees_nothing(as_person, town):
    client = as_person("shen")
    with town.database.transaction() as session:
        person = somebody(session, "shen")
        person.grants[0].valid_to = NOW.date() - timedelta(days=1)
    assert client.get("/board").status_code in (403, 404)
    assert client.get("/tasks/1").status_code == 403


def test_a_token_is_shown_once_and_works_until_it_is_revoked(as_person, app):
    client = as_person("shen")
    assert client.post("/me/tokens", data={"token": " "}).status_code == 422
    page = client.post("/me/tokens", data={"token": "报表程序"}).text
    secret = re.search(r'保存：<br><span class="hash in">([^<]+)</span>', page).group(1)
    assert secret not in client.get("/me").text
    headers = {"Authorization": f"Bearer {secret}"}
    assert app.test_client().get("/api/v1/me", headers=headers).json["login"] == "shen"
    row = re.search(r"/me/sessions/(\d+)/revoke", client.get("/me").text).group(1)
    client.post(f"/me/sessions/{row}/revoke")
    assert app.test_client().get("/api/v1/me", headers=headers).status_code == 401


# --- the one-time code ------------------------------------------------------------------------------


def enrolled(town, login="luo"):
    with town.database.transaction() as session:
        somebody(session, login).totp_secret = SECRET


def code_at(moment):
    return pyotp.TOTP(SECRET).at(int(moment.timestamp()))


@pytest.mark.parametrize(
    ("early", "accepted"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)]
)
def test_a_code_counts_half_a_minute_early_or_late(as_person, town, early, accepted):
    enrolled(town)
    answer = as_person("luo").post("/second-factor", data={"code": code_at(NOW + timedelta(seconds=early))})
    assert answer.status_code == (303 if accepted else 422)


def test_a_code_may_be_typed_in_full_width_and_with_anything_between(as_person, town):
    enrolled(town, "shen")
    client, right = as_person("shen"), pyotp.TOTP(SECRET).at(NOW)
    assert client.post("/second-factor", data={"code": "一²٣"}).status_code == 422
    wide = " ".join(chr(ord(digit) + 0xFEE0) for digit in right)
    assert client.post("/second-factor", data={"code": wide}).status_code == 303


def test_a_code_is_taken_once_in_whatever_session(as_person, town):
    """Who looks over a shoulder cannot use the code again; an older one of the window is worth nothing either."""
    enrolled(town)
    one, other = as_person("luo"), as_person("luo")
    assert one.post("/second-factor", data={"code": code_at(NOW)}).status_code == 303
    for client in (one, other):
        assert client.post("/second-factor", data={"code": code_at(NOW)}).status_code == 422
    earlier = code_at(NOW - timedelta(seconds=30))
    assert other.post("/second-factor", data={"code": earlier}).status_code == 422
    assert (
        other.post("/second-factor", data={"code": code_at(NOW + timedelta(seconds=30))}).status_code == 303
    )


def test_the_database_lets_no_code_run_backwards(town, as_person):
    enrolled(town)
    as_person("luo").post("/second-factor", data={"code": code_at(NOW)})
    with pytest.raises(DBAPIError, match="accepted once"), town.database.transaction() as session:
        session.execute(text("UPDATE person SET totp_step = 1 WHERE login = 'luo'"))


def test_five_wrong_codes_lock_and_a_right_one_does_not_help_until_it_is_over(as_person, town):
    enrolled(town)
    client = as_person("luo")
    for _ in range(5):
        client.post("/second-factor", data={"code": "000000"})
    assert client.post("/second-factor", data={"code": code_at(NOW)}).status_code == 422
    later = NOW + timedelta(minutes=16)
    with clock.fixed(later):
        assert client.post("/second-factor", data={"code": code_at(later)}).status_code == 303


def test_a_program_gives_its_code_too(town, app):
    enrolled(town)
    headers = {"Authorization": f"Bearer {token_of(town, 'luo')}"}
    client = app.test_client()
    wrong = client.post("/api/v1/me/second-factor", json={"code": "1"}, headers=headers)
    assert (wrong.status_code, wrong.json["code"]) == (422, "wrong-code")
    right = client.post("/api/v1/me/second-factor", json={"code": code_at(NOW)}, headers=headers)
    assert right.json == {"ok": True}
    with town.database.reading() as session:
        assert session.scalar(select(SessionRow)).second_factor_at == NOW


def test_an_address_that_tries_too_many_accounts_has_to_wait(client):
    for number in range(30):
        client.post("/sign-in", data={"login": f"nobody{number}", "password": "wrong wrong"})
    refused = client.post("/sign-in", data={"login": "shen", "password": PASSWORD})
    assert refused.status_code == 422
    assert "这个网络地址试错太多" in refused.text
    with clock.fixed(NOW + timedelta(minutes=16)):
        assert client.post("/sign-in", data={"login": "shen", "password": PASSWORD}).status_code == 303


def test_the_pages_carry_their_security_headers(client, as_person):
    for answer in (client.get("/sign-in"), as_person("shen").get("/")):
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert answer.headers["Cache-Control"] == "no-store"


def test_a_stored_password_is_argon2id_at_a_cost_that_guessing_pays():
    """RFC 9106, second recommendation: 64 MiB, three passes, four lanes.

    Hashed in a process of its own, because this suite hashes cheaply.
    """
    code = (
        "from engine.access import sign_in; from engine.people import Person; who = Person(); "
        "sign_in.set_password(who, 'long enough'); print(who.password_hash, sign_in._NOBODY)"
    )
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    for stored in told.stdout.split():
        cost = argon2.extract_parameters(stored)
        assert cost.type is argon2.Type.ID
        assert cost.memory_cost >= 64 * 1024
        assert cost.time_cost >= 3
        assert cost.parallelism == 4
