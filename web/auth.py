"""Sign-in, second factor, the own account; who asks and what the page header shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar
from urllib.parse import urlsplit

import segno
from flask import Blueprint, Flask, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy.orm import Session

from engine import clock
from engine.access import sign_in
from engine.access.identity import identities
from engine.access.permission import Permission
from engine.access.session import TOUCH, find_session, lapsed_person
from engine.desk import account
from engine.errors import CaseworkError, Refused
from engine.people import Person
from web import http, language

P, T = ParamSpec("P"), TypeVar("T")
View = TypeVar("View", bound=Callable[..., Any])
page = Blueprint("auth", __name__)
MAX_NEXT = 500
UNATTENDED = {"inbox.badge"}  # asked for by pages that nobody may be looking at: keeps no session alive


# --- who asks ------------------------------------------------------------------------


def open_to_all(view: View) -> View:
    """A page for everybody, without sign-in."""
    view.open_to_all = True  # type: ignore[attr-defined]
    return view


def needs(permission: Permission) -> Callable[[View], View]:
    """A page for those who hold a permission; others are told so (403)."""

    def mark(view: View) -> View:
        view.permission = permission  # type: ignore[attr-defined]
        return view

    return mark


def keeps(keep: View) -> Callable[[View], View]:
    """A page whose post, from somebody whose session lapsed meanwhile, is kept by `keep` and not carried out."""

    def mark(view: View) -> View:
        view.keep = keep  # type: ignore[attr-defined]
        return view

    return mark


def install(app: Flask) -> None:
    """Ask for a sign-in everywhere except where a page is open to all."""
    app.before_request(_identify)
    app.before_request(_guard)


def cookie_name() -> str:
    """The name of the sign-in cookie; bound to this host where there is https."""
    return "__Host-casework" if g.settings.base_url.startswith("https://") else "casework"


def _identify() -> None:
    if request.endpoint == "static" or request.blueprint == "health":  # nobody is asked for there
        return
    bearer = request.headers.get("Authorization", "")
    if request.blueprint == "api" and bearer.startswith("Bearer "):
        row = find_session(http.reading(), bearer.removeprefix("Bearer ").strip(), kind="token")
    else:
        row = find_session(http.reading(), request.cookies.get(cookie_name(), ""))
    if row is None:
        return
    g.row, g.person = row, row.person
    if clock.now() - row.seen_at > TOUCH and request.endpoint not in UNATTENDED:
        g.database.run(lambda changing: account.used(changing, g.row.id))


def _guard() -> ResponseReturnValue | None:
    view = g_view()
    if request.endpoint in {None, "static"} or getattr(view, "open_to_all", False):
        return None
    if g.person is None:
        if request.method == "GET" and not http.wants_json():
            return redirect(url_for("auth.sign_in_page", next=request.full_path.rstrip("?")))
        return _kept(getattr(view, "keep", None)) or http.refuse_stranger()
    permission = getattr(view, "permission", None)
    if permission is not None:
        permission.demand(g.person)
    return None


def _kept(keep: Callable[..., ResponseReturnValue] | None) -> ResponseReturnValue | None:
    """Let a page keep what somebody typed whose session has lapsed; then the sign-in, and back there."""
    if keep is None or http.wants_json():
        return None
    g.person = lapsed_person(http.reading(), request.cookies.get(cookie_name(), ""))
    try:
        return keep(**(request.view_args or {})) if g.person is not None else None
    except CaseworkError:
        return None  # no longer theirs, or done by another: the sign-in says what comes next
    finally:
        g.person = None


def g_view() -> Any:
    """The function behind this address."""
    from flask import current_app  # noqa: PLC0415 (bound to the request)

    return current_app.view_functions.get(request.endpoint or "")


def actor(changing: Session) -> Person:
    """The person who asks, read again in the session that changes something."""
    return changing.get_one(Person, g.person.id)


def carry_out(use_case: Callable[Concatenate[Session, Person, P], T], *given: P.args, **named: P.kwargs) -> T:
    """Do for the person who asks what a page or a call asks for: one unit of work, run again if it lost a race."""
    found: T = g.database.run(lambda changing: use_case(changing, actor(changing), *given, **named))
    return found


def safe_next(target: str) -> str:
    """A path on this host, or the inbox."""
    parts = urlsplit(target)
    clean = target.startswith("/") and not target.startswith(("//", "/\\")) and len(target) <= MAX_NEXT
    if clean and not parts.scheme and not parts.netloc and "\\" not in target and target.isprintable():
        return target
    return url_for("inbox.index")


# --- sign in and out --------------------------------------------------------------------------


@page.get("/sign-in")
@open_to_all
def sign_in_page() -> ResponseReturnValue:
    """The sign-in form."""
    return sign_in_form("", "", 200)


@page.post("/sign-in")
@open_to_all
def sign_in_post() -> ResponseReturnValue:
    """Sign in; a failure says one sentence and keeps the account name."""
    login = request.form.get("login", "")[:80]
    password, address = request.form.get("password", "")[:500], request.remote_addr or ""
    agent = request.user_agent.string[:200]
    outcome = g.database.run(
        lambda changing: account.sign_in(changing, login, password, address=address, agent=agent)
    )
    if outcome.row is None:
        return sign_in_form(login, outcome.reason, 422)
    return enter(outcome.secret, safe_next(request.form.get("next", "")))


def enter(secret: str, target: str) -> ResponseReturnValue:
    """This browser is signed in: a new session id and a new CSRF token, then on to a page."""
    language.forget_all_else()
    response = redirect(target)
    response.set_cookie(
        cookie_name(),
        secret,
        httponly=True,
        samesite="Lax",
        secure=g.settings.base_url.startswith("https://"),
        path="/",
    )
    return response, 303


def sign_in_form(login: str, reason: str, status: int) -> ResponseReturnValue:
    """The sign-in form with what was wrong."""
    target = request.values.get("next", "")
    people = account.demo_people(http.reading()) if g.settings.demo else []
    return (
        render_template(
            "auth/sign_in.html",
            login=login,
            reason=reason,
            next=target,
            people=people,
            failed=bool(reason),
            identity=bool(g.settings.oidc_issuer),
        ),
        status,
    )


@page.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """Close this session."""
    g.database.run(lambda changing: account.sign_out(changing, g.row.id))
    language.forget_all_else()
    response = redirect(url_for("auth.sign_in_page"))
    response.delete_cookie(cookie_name())
    return response, 303


# --- second factor ------------------------------------------------------------------------------


def has_second_factor() -> bool:
    """Whether this session has given a one-time code lately."""
    return g.row is not None and g.row.has_second_factor(clock.now())


def ask_second_factor() -> ResponseReturnValue:
    """Send the person to the one-time code, and back here afterwards."""
    back = request.full_path.rstrip("?") if request.method == "GET" else request.path
    return redirect(url_for("auth.second_factor", next=back)), 303


@page.get("/second-factor")
def second_factor() -> ResponseReturnValue:
    """Ask for the one-time code; on the first time show what the app must scan."""
    return _code_form("", 200)


@page.post("/second-factor")
def second_factor_post() -> ResponseReturnValue:
    """Check the code."""
    secret = "" if g.person.totp_secret else session.get("totp", "")
    code = request.form.get("code", "")[:20]
    if not g.database.run(lambda changing: account.give_code(changing, g.row.id, code, secret=secret)):
        return _code_form(account.WRONG_CODE, 422)
    session.pop("totp", None)
    return redirect(safe_next(request.form.get("next", ""))), 303


def _code_form(reason: str, status: int) -> ResponseReturnValue:
    person: Person = g.person
    secret = person.totp_secret or session.get("totp") or account.enrolment_secret(person)
    enrolling = not person.totp_secret
    if enrolling:
        session["totp"] = secret
    code = Markup(segno.make(sign_in.totp_uri(person, secret)).svg_inline(omitsize=True)) if enrolling else ""  # noqa: S704
    return (
        render_template(
            "auth/second_factor.html",
            next=request.values.get("next", ""),
            reason=reason,
            enrolling=enrolling,
            qr=code,
            secret=secret if enrolling else "",
            demo_code=sign_in.totp_now(secret) if g.settings.demo else "",
            failed=bool(reason),
        ),
        status,
    )


# --- the own account ----------------------------------------------------------------------------


@page.get("/me")
def me() -> ResponseReturnValue:
    """Posts, open sessions, password."""
    return _me({}, "", 200)


@page.post("/me/password")
def password() -> ResponseReturnValue:
    """Change the own password; other sessions are closed."""
    old, new, again = (request.form.get(name, "")[:500] for name in ("old", "new", "again"))
    address = request.remote_addr or ""
    if new != again:
        return _me({"again": _("请再填写一次相同的新密码")}, _("两次填写的新密码不同。"), 422)
    try:
        reason = g.database.run(
            lambda changing: account.change_password(changing, g.row.id, old, new, address=address)
        )
    except Refused as refusal:
        return _me(refusal.fields, refusal.reason, 422)
    if reason:
        return _me({"old": _("请填写现在使用的密码")}, reason, 422)
    http.say("done", _("密码已改，其他登录已退出。"))
    return redirect(url_for("auth.me")), 303


@page.post("/me/tokens")
def token() -> ResponseReturnValue:
    """A new API token, shown once on this page and never again."""
    try:
        secret = carry_out(account.new_token, request.form.get("token", "")[:80])
    except Refused as refusal:
        return _me(refusal.fields, refusal.reason, 422)
    return _me({}, "", 200, secret=secret)


@page.post("/me/sessions/<int:row_id>/revoke")
def revoke(row_id: int) -> ResponseReturnValue:
    """Close one of the own sessions."""
    carry_out(account.revoke, row_id)
    http.say("done", _("那个登录已退出。"))
    return redirect(url_for("auth.me")), 303


def _me(fields: dict[str, str], reason: str, status: int, *, secret: str = "") -> ResponseReturnValue:
    reading = http.reading()
    return (
        render_template(
            "auth/me.html",
            person=g.person,
            posts=sorted(g.person.grants, key=lambda grant: grant.valid_from),
            sessions=account.sessions(reading, g.person),
            identities=identities(reading, g.person),
            provider=g.settings.oidc_issuer,
            current=g.row.id,
            second_factor=bool(g.person.totp_secret),
            fields=fields,
            reason=reason,
            failed=bool(reason),
            today=clock.today(),
            secret=secret,
        ),
        status,
    )
