"""Sign-in by the identity provider of the administration, and linking the own account to it."""

from __future__ import annotations

from flask import Blueprint, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine.desk import identity
from engine.errors import CaseworkError, NotAllowed, Unavailable
from web import http, words
from web.auth import actor, carry_out, enter, open_to_all, safe_next, sign_in_form

page = Blueprint("identity", __name__)
KEPT = "identity"


@page.get("/sign-in/identity")
@open_to_all
def begin() -> ResponseReturnValue:
    """Go to the provider; this browser remembers what the answer must fit to."""
    return _to_provider(link=False)


@page.get("/me/identity")
def link() -> ResponseReturnValue:
    """Go to the provider to link the own account."""
    return _to_provider(link=True)


def _to_provider(*, link: bool) -> ResponseReturnValue:
    try:
        address, pending = identity.begin(g.settings, _back())
    except Unavailable as fault:
        if link:
            raise
        return sign_in_form("", words.whole(fault.reason, fault.hint), 503)
    session[KEPT] = {
        "state": pending.state,
        "nonce": pending.nonce,
        "verifier": pending.verifier,
        "next": request.args.get("next", "")[:500],
        "person": g.person.id if link else 0,
    }
    return redirect(address)


@page.get("/sign-in/identity/back")
@open_to_all
def back() -> ResponseReturnValue:
    """The provider has answered: sign in whoever is linked, or link who asked to be."""
    kept = session.pop(KEPT, None)
    pending = identity.Pending(kept["state"], kept["nonce"], kept["verifier"]) if kept else None
    try:
        subject = identity.subject_of(g.settings, _back(), pending, request.args)
    except CaseworkError as fault:
        return sign_in_form("", words.whole(fault.reason, fault.hint), 422)
    if kept["person"]:
        return _linked(kept["person"], subject)
    address, agent = request.remote_addr or "", request.user_agent.string[:200]
    outcome = g.database.run(
        lambda changing: identity.sign_in(changing, g.settings, subject, address=address, agent=agent)
    )
    if outcome.row is None:
        return sign_in_form("", outcome.reason, 422)
    return enter(outcome.secret, safe_next(kept["next"]))


def _linked(person_id: int, subject: str) -> ResponseReturnValue:
    if g.person is None or g.person.id != person_id:
        raise NotAllowed(_("绑定没有完成：登录的人已经换了。"), hint=_("请重新登录后再绑定。"))
    g.database.run(lambda changing: identity.link(changing, g.settings, actor(changing), subject))
    http.say("done", _("已绑定统一身份，以后可以用它登录。"))
    return redirect(url_for("auth.me"))


@page.post("/me/identity/<int:identity_id>/part")
def part(identity_id: int) -> ResponseReturnValue:
    """Take the link away."""
    carry_out(identity.part, identity_id)
    http.say("done", _("已解除绑定。"))
    return redirect(url_for("auth.me")), 303


def _back() -> str:
    return f"{g.settings.base_url}{url_for('identity.back')}"
