"""The page behind the third party's one-time link. No account, no session: whoever holds the link acts."""

from __future__ import annotations

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine.desk import third
from engine.errors import Refused
from web import http
from web.auth import open_to_all

page = Blueprint("third", __name__, url_prefix="/public/third")
MOST = 200  # characters of a value: 64, and room for blanks


@page.get("/<token>")
@open_to_all
def show(token: str) -> ResponseReturnValue:
    """What the third party can do now."""
    _admit(token)
    return _page(token, None, 200)


@page.post("/<token>")
@open_to_all
def act(token: str) -> ResponseReturnValue:
    """Hand over the commitment, or open the envelope."""
    _admit(token)
    given = {key: request.form[key][:MOST] for key in ("commit", "secret") if key in request.form}
    try:
        phase = g.database.run(lambda session: third.act(session, token, given))
    except Refused as refusal:
        g.database.run(lambda session: third.erred(session, token))
        return _page(token, refusal, 422)
    http.say("done", _("已经启封，与封签一致。") if phase == "done" else _("封签已经收到。"))
    return redirect(url_for("third.show", token=token)), 303


def _admit(token: str) -> None:
    """404 for a link that never was, 429 for an address that has tried too many of them."""
    address = request.remote_addr or ""
    if third.exists(http.reading(), token):
        return
    if g.database.run(lambda session: third.missed(session, address)):
        abort(429)
    third.view(http.reading(), token)  # says that there is none


def _page(token: str, refusal: Refused | None, status: int) -> ResponseReturnValue:
    return (
        render_template(
            "public/third.html",
            view=third.view(http.reading(), token),
            refusal=refusal,
            typed=request.form,
            failed=refusal is not None,
        ),
        status,
    )
