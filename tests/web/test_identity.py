"""统一身份: sign-in by an OpenID provider, for linked subjects only; every claim of the answer is checked.

One provider is a stranger's (oidc-provider-mock, a process of its own); the other is ours and can be told to lie.
"""

import hashlib
import hmac
import json
import socket
import subprocess
import sys
import threading
import time
from base64 import urlsafe_b64encode
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import Request, urlopen

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from engine import clock
from engine.access.identity import Identity
from engine.access.session import SessionRow
from engine.audit import AuditEntry
from tests.web.town import somebody

CLIENT, SECRET = "casework", "known-to-both"
KEY = RSAKey.generate_key(2048, {"kid": "one"}, private=True)
OTHER = RSAKey.generate_key(2048, {"kid": "one"}, private=True)


class Provider:
    """A small provider: discovery, authorization that always agrees, token with PKCE and one use of a code."""

    def __init__(self):
        self.subject, self.codes, self.asked = "s-1", {}, []
        self.spoil = lambda header, claims, key: (header, claims, key)
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                parts = urlsplit(self.path)
                if parts.path == "/.well-known/openid-configuration":
                    ends = {
                        "authorization_endpoint": "/authorize",
                        "token_endpoint": "/token",
                        "jwks_uri": "/keys",
                    }
                    self.say({"issuer": provider.issuer, **{k: provider.issuer + v for k, v in ends.items()}})
                elif parts.path == "/keys":
                    self.say({"keys": [KEY.as_dict(private=False)]})
                else:
                    self.send_error(404)

            def do_POST(self):
                form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                status, answer = provider.token({name: values[0] for name, values in form.items()})
                self.say(answer, status)

            def say(self, answer, status=200):
                content = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *said):
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def authorize(self, address):
        """What the browser brings back after the person has agreed."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        self.asked.append(asked)
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        return urlencode({"code": code, "state": asked["state"], "iss": self.issuer})

    def token(self, form):
        """The answer to a code: once, for the same address, for who can open the challenge."""
        asked = self.codes.pop(form["code"], None)
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (
            asked is None
            or asked["code_challenge"] != challenge
            or asked["redirect_uri"] != form["redirect_uri"]
            or form["client_secret"] != SECRET
        ):
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims = {
            "iss": self.issuer, "aud": CLIENT, "sub": self.subject, "nonce": asked["nonce"], "iat": now,
            "exp": now + 300,
        }  # fmt: skip
        header, claims, key = self.spoil({"alg": "RS256", "kid": "one"}, claims, KEY)
        token = by_hand(header, claims, key) if isinstance(key, bytes) else jwt.encode(header, claims, key)
        return 200, {"id_token": token, "token_type": "Bearer", "access_token": "x"}


def by_hand(header, claims, secret):
    """A token that no library would make: unsigned, or with the public key taken for a secret."""
    parts = [urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, claims)]
    seal = hmac.new(secret, b".".join(parts), hashlib.sha256).digest() if secret else b""
    return b".".join([*parts, urlsafe_b64encode(seal).rstrip(b"=")]).decode()


@pytest.fixture
def provider():
    """Our own provider, on a real socket."""
    made = Provider()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def known(town, provider):
    """The town asks this provider; the clock runs, since tokens have an hour of their own."""
    return _knows(town, provider.issuer)


def _knows(town, issuer):
    town.settings = replace(
        town.settings,
        oidc_issuer=issuer,
        oidc_client_id=CLIENT,
        oidc_client_secret=SECRET,
        webhook_hosts=("127.0.0.1",),
    )
    return town


@pytest.fixture(autouse=True)
def _running_clock(town):  # noqa: ARG001 (the town holds the clock; we let it go)
    with clock.fixed(datetime.now(UTC)):
        yield


def link(client, provider):
    """Link the signed-in person's account."""
    address = client.get("/me/identity").location
    return client.get(f"/sign-in/identity/back?{provider.authorize(address)}")


def sign_in(client, provider, target=""):
    """Sign in through the provider."""
    address = client.get(f"/sign-in/identity?{urlencode({'next': target})}").location
    return client.get(f"/sign-in/identity/back?{provider.authorize(address)}")


def test_a_linked_person_signs_in_by_the_provider(known, provider, as_person, app):
    assert link(as_person("shen"), provider).location == "/me"
    browser = app.test_client()
    assert "用统一身份登录" in browser.get("/sign-in").text
    answer = sign_in(browser, provider, "/board")
    assert (answer.status_code, answer.location) == (303, "/board")
    assert browser.get("/api/v1/me").json["login"] == "shen"
    with known.database.reading() as session:
        acts = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert acts[-1] == "account.sign_in_identity"


def test_the_question_carries_pkce_state_and_nonce_and_asks_for_no_more_than_needed(known, provider, app):
    sign_in(app.test_client(), provider)
    (asked,) = provider.asked
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    assert asked["scope"] == "openid profile"
    assert min(len(asked[name]) for name in ("state", "nonce", "code_challenge")) >= 32
    assert asked["redirect_uri"] == f"{known.settings.base_url}/sign-in/identity/back"


def test_who_is_not_linked_gets_no_account_and_no_post(known, provider, app):
    answer = sign_in(app.test_client(), provider)
    assert answer.status_code == 422
    assert "还没有绑定账号" in answer.text
    with known.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Identity)) == 0
        assert session.scalar(select(func.count()).select_from(SessionRow)) == 0


def test_a_closed_account_does_not_come_in_by_another_door(known, provider, as_person, app):
    link(as_person("shen"), provider)
    with known.database.transaction() as session:
        somebody(session, "shen").active = False
    assert sign_in(app.test_client(), provider).status_code == 422


def test_a_provider_does_not_replace_the_second_factor(known, provider, as_person, app):
    link(as_person("shen"), provider)
    browser = app.test_client()
    sign_in(browser, provider)
    with known.database.reading() as session:
        assert session.scalars(select(SessionRow).order_by(SessionRow.id)).all()[-1].second_factor_at is None


def test_one_subject_is_one_person_and_a_person_has_one_subject(known, provider, as_person):
    shen, lu = as_person("shen"), as_person("lu")
    link(shen, provider)
    refused = link(lu, provider)
    assert refused.status_code == 422
    assert "已经绑定另一个账号" in refused.text
    provider.subject = "s-2"
    assert "已经绑定一个统一身份" in link(shen, provider).text
    with known.database.reading() as session:
        lu_id = somebody(session, "lu").id
    with pytest.raises(IntegrityError), known.database.transaction() as session:
        session.add(Identity(person_id=lu_id, issuer=provider.issuer, subject="s-1"))


def test_a_link_is_taken_away_by_its_owner_only(known, provider, as_person, app):
    shen = as_person("shen")
    link(shen, provider)
    assert as_person("lu").post("/me/identity/1/part").status_code == 404
    assert shen.get("/api/v1/me/identity").json["rows"][0]["issuer"] == provider.issuer
    assert shen.post("/api/v1/me/identity/1/part", json={}).status_code == 200
    assert sign_in(app.test_client(), provider).status_code == 422
    with known.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Identity)) == 0


# --- an answer that does not fit --------------------------------------------------------------------


def test_an_answer_belongs_to_the_browser_that_asked_and_is_used_once(known, provider, as_person, app):
    link(as_person("shen"), provider)
    one, other = app.test_client(), app.test_client()
    query = provider.authorize(one.get("/sign-in/identity").location)
    assert other.get(f"/sign-in/identity/back?{query}").status_code == 422
    assert one.get("/sign-in/identity/back?code=x&state=y").status_code == 422
    assert one.get(f"/sign-in/identity/back?{query}").status_code == 422  # the question was used up
    query = provider.authorize(one.get("/sign-in/identity").location)
    assert one.get(f"/sign-in/identity/back?{query}").status_code == 303
    assert one.get(f"/sign-in/identity/back?{query}").status_code == 422
    assert known.settings.oidc_issuer == provider.issuer


def test_another_provider_cannot_answer(known, provider, as_person, app):
    """依据: RFC 9207 (mix-up)."""
    link(as_person("shen"), provider)
    browser = app.test_client()
    query = provider.authorize(browser.get("/sign-in/identity").location)
    assert (
        browser.get(
            f"/sign-in/identity/back?{query}".replace(str(provider.server.server_port), "1")
        ).status_code
        == 422
    )
    assert known.settings.oidc_issuer == provider.issuer


@pytest.mark.parametrize(
    ("why", "spoil"),
    [
        ("another audience", lambda h, c, k: (h, {**c, "aud": "another"}, k)),
        ("several audiences, given to another", lambda h, c, k: (h, {**c, "aud": [CLIENT, "b"], "azp": "b"}, k)),
        ("another issuer", lambda h, c, k: (h, {**c, "iss": "https://evil.example"}, k)),
        ("another nonce", lambda h, c, k: (h, {**c, "nonce": "replayed"}, k)),
        ("no nonce", lambda h, c, k: (h, {n: v for n, v in c.items() if n != "nonce"}, k)),
        ("no subject", lambda h, c, k: (h, {n: v for n, v in c.items() if n != "sub"}, k)),
        ("run out", lambda h, c, k: (h, {**c, "exp": c["iat"] - 120}, k)),
        ("never ending", lambda h, c, k: (h, {n: v for n, v in c.items() if n != "exp"}, k)),
        ("from the future", lambda h, c, k: (h, {**c, "iat": c["iat"] + 3600, "exp": c["exp"] + 7200}, k)),
        ("signed by another key", lambda h, c, _k: (h, c, OTHER)),
        ("not signed", lambda _h, c, _k: ({"alg": "none"}, c, b"")),
        ("signed by the public key as a secret", lambda _h, c, _k: (
            {"alg": "HS256", "kid": "one"}, c, KEY.as_pem(private=False))),
    ],
)  # fmt: skip
def test_a_proof_that_lies_signs_nobody_in(known, provider, as_person, app, why, spoil):
    assert link(as_person("shen"), provider).location == "/me"
    provider.spoil = spoil
    answer = sign_in(app.test_client(), provider)
    assert answer.status_code == 422, why
    assert "没有通过核对" in answer.text or "给另一个系统" in answer.text
    with known.database.reading() as session:
        assert (
            session.scalar(select(func.count()).select_from(SessionRow)) == 1
        )  # 沈其昌's first, by password


def test_a_provider_that_is_down_leaves_the_password(known, provider, app):
    provider.server.shutdown()
    provider.server.server_close()
    answer = app.test_client().get("/sign-in/identity")
    assert answer.status_code == 503
    assert 'name="password"' in answer.text
    assert known.settings.oidc_issuer == provider.issuer


def test_without_a_provider_there_is_no_such_button(town, client):
    assert "统一身份" not in client.get("/sign-in").text
    assert client.get("/sign-in/identity").status_code == 404
    assert town.settings.oidc_issuer == ""


# --- a stranger's provider ----------------------------------------------------------------------------


@pytest.fixture
def stranger():
    """oidc-provider-mock, a process of its own; gives its issuer."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "oidc_provider_mock", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    issuer = f"http://127.0.0.1:{port}"
    for _ in range(300):
        try:
            with urlopen(f"{issuer}/.well-known/openid-configuration"):  # noqa: S310 (our own process)
                break
        except OSError:
            time.sleep(0.1)
    yield issuer
    process.terminate()
    process.wait()


def test_a_strangers_provider_signs_in_too(town, stranger, as_person, app):
    _knows(town, stranger)

    def through(client, first):
        address = client.get(first).location
        form = urlencode({"sub": "u-77"}).encode()
        with _no_redirect(Request(address, data=form)) as answer:  # noqa: S310 (our own process)
            back = urlsplit(answer.headers["Location"])
        return client.get(f"{back.path}?{back.query}")

    assert through(as_person("shen"), "/me/identity").location == "/me"
    browser = app.test_client()
    assert through(browser, "/sign-in/identity").status_code == 303
    assert browser.get("/api/v1/me").json["login"] == "shen"


def _no_redirect(request):
    from urllib.request import HTTPErrorProcessor, build_opener  # noqa: PLC0415 (this test's only)

    class Keep(HTTPErrorProcessor):
        def http_response(self, request, response):  # noqa: ARG002 (urllib's words)
            return response

    return build_opener(Keep).open(request)
