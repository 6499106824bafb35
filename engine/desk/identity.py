"""Sign-in by an identity provider (OpenID Connect): authorization code with PKCE, state and nonce.

Every call goes through `desk/outside`: only to the provider's host, one address, no redirects. The answer is
believed after its signature, issuer, audience, times and nonce were checked; a link decides who it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from authlib.common.security import generate_token
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from sqlalchemy.orm import Session

from engine import audit, clock
from engine.access.identity import Identity, identities, linked
from engine.access.session import open_session
from engine.desk import outside
from engine.desk.account import SignIn
from engine.errors import NotFound, Refused, Unavailable
from engine.people import Person
from engine.settings import Settings

ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]  # signatures with a published key; never none, never HS256
LEEWAY = 60  # seconds
OK = 200  # HTTP
SCOPE = "openid profile"
NOT_LINKED = "这个统一身份还没有绑定账号。请先用密码登录，再到“我的账号”中绑定。"


@dataclass(frozen=True, slots=True)
class Pending:
    """What this browser must bring back: it proves that the answer belongs to the question."""

    state: str
    nonce: str
    verifier: str


def begin(settings: Settings, back: str) -> tuple[str, Pending]:
    """The provider's address to send the browser to, and what to remember of it."""
    found = _discovered(settings)
    pending = Pending(generate_token(32), generate_token(32), generate_token(64))
    query = {
        "response_type": "code",
        "client_id": settings.oidc_client_id,
        "redirect_uri": back,
        "scope": SCOPE,
        "state": pending.state,
        "nonce": pending.nonce,
        "code_challenge": create_s256_code_challenge(pending.verifier),
        "code_challenge_method": "S256",
    }
    address = str(found["authorization_endpoint"])
    return f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(query)}", pending


def subject_of(settings: Settings, back: str, pending: Pending | None, answer: Mapping[str, str]) -> str:
    """The provider's subject behind an answer to `begin`; Refused where anything does not fit."""
    if pending is None or answer.get("state") != pending.state:
        raise _refused("这次登录不是从本浏览器发起的，或者已经用过。")
    if answer.get("iss", settings.oidc_issuer) != settings.oidc_issuer:
        raise _refused("应答来自另一个统一身份平台。")
    if answer.get("error") or not answer.get("code"):
        raise _refused("统一身份平台没有确认你的身份。")
    found = _discovered(settings)
    form = {
        "grant_type": "authorization_code",
        "code": answer["code"],
        "redirect_uri": back,
        "client_id": settings.oidc_client_id,
        "code_verifier": pending.verifier,
    }
    if settings.oidc_client_secret:
        form["client_secret"] = settings.oidc_client_secret
    status, given = outside.fetch("POST", str(found["token_endpoint"]), _hosts(settings), form=form)
    if status != OK or not isinstance(given.get("id_token"), str):
        raise _refused("统一身份平台不认这次登录。")
    return _checked(settings, found, pending, given["id_token"])


def _checked(settings: Settings, found: Mapping[str, Any], pending: Pending, token: str) -> str:
    status, keys = outside.fetch("GET", str(found["jwks_uri"]), _hosts(settings))
    if status != OK:
        raise Unavailable("统一身份平台没有给出公钥。", hint="请稍后再试，或用密码登录。")
    claims = jwt.JWTClaimsRegistry(
        now=int(clock.now().timestamp()),
        leeway=LEEWAY,
        iss={"essential": True, "value": settings.oidc_issuer},
        aud={"essential": True, "value": settings.oidc_client_id},
        nonce={"essential": True, "value": pending.nonce},
        exp={"essential": True},
        iat={"essential": True},
        sub={"essential": True},
    )
    try:
        said = jwt.decode(token, KeySet.import_key_set(keys), algorithms=ALGORITHMS).claims  # type: ignore[arg-type]
        claims.validate(said)
    except (JoseError, ValueError) as fault:
        raise _refused("统一身份平台的证明没有通过核对。") from fault
    if said.get("azp", settings.oidc_client_id) != settings.oidc_client_id:
        raise _refused("统一身份平台的证明是给另一个系统的。")
    return str(said["sub"])


def sign_in(
    session: Session, settings: Settings, subject: str, *, address: str = "", agent: str = ""
) -> SignIn:
    """Sign in whoever has linked this subject; nobody else, and no account is made."""
    found = linked(session, settings.oidc_issuer, subject)
    if found is None or not found.person.active:
        audit.record(
            session, action="account.identity_refused", subject="identity/unknown", reason=NOT_LINKED
        )
        return SignIn(None, "", NOT_LINKED)
    person = found.person
    found.used_at = clock.now()
    row, secret = open_session(session, person, address=address, name=agent)
    _log(session, person, found, "account.sign_in_identity")
    return SignIn(row, secret, "")


def link(session: Session, settings: Settings, person: Person, subject: str) -> Identity:
    """Link the own account to a subject; refuses one that is another's."""
    known = linked(session, settings.oidc_issuer, subject)
    if known is not None and known.person_id != person.id:
        raise Refused(
            "这个统一身份已经绑定另一个账号。", hint="请联系安全管理员核对。", slug="identity-taken"
        )
    if known is not None:
        return known
    if any(each.issuer == settings.oidc_issuer for each in identities(session, person)):
        raise Refused("你的账号已经绑定一个统一身份。", hint="请先解除原来的绑定。", slug="identity-known")
    made = Identity(person_id=person.id, issuer=settings.oidc_issuer, subject=subject)
    session.add(made)
    session.flush()
    _log(session, person, made, "account.identity_linked")
    return made


def part(session: Session, person: Person, identity_id: int) -> None:
    """Take the own link away."""
    found = session.get(Identity, identity_id)
    if found is None or found.person_id != person.id:
        raise NotFound("没有这个绑定。")
    _log(session, person, found, "account.identity_parted")
    session.delete(found)


def _discovered(settings: Settings) -> dict[str, Any]:
    if not settings.oidc_issuer:
        raise NotFound("本系统没有接入统一身份平台。", hint="请用密码登录。")
    address = settings.oidc_issuer.rstrip("/") + "/.well-known/openid-configuration"
    status, found = outside.fetch("GET", address, _hosts(settings))
    wanted = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    if (
        status != OK
        or found.get("issuer") != settings.oidc_issuer
        or any(not isinstance(found.get(name), str) for name in wanted)
    ):
        raise Unavailable("统一身份平台的说明不完整。", hint="请用密码登录，并告诉系统管理员。")
    return found


def _hosts(settings: Settings) -> tuple[str, ...]:
    parts = urlsplit(settings.oidc_issuer)
    return (parts.netloc, parts.hostname or "", *settings.webhook_hosts)


def _refused(reason: str) -> Refused:
    return Refused(reason, slug="identity", hint="请重新登录，或用密码登录。")


def _log(session: Session, person: Person, identity: Identity, action: str) -> None:
    audit.record(
        session,
        action=action,
        subject=f"identity/{identity.id}",
        actor=person,
        bureau_id=person.bureau_id,
        after={"issuer": identity.issuer},
    )
