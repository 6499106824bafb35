"""加签、减签、改由他人签 of a countersigned step."""

from __future__ import annotations

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.exceptions import BadRequest

from engine.access import rights
from engine.desk import cursor, inbox, signer
from engine.errors import CaseworkError, ChangedMeanwhile, NotFound, Refused
from web import http
from web.auth import actor, needs

page = Blueprint("signer", __name__)


@page.route("/tasks/<int:item_id>/signers", methods=["GET", "POST"])
@needs(rights.WORK)
def change(item_id: int) -> ResponseReturnValue:
    """Who signs a step: add somebody, take somebody off who has not signed, or let another sign instead."""
    reading = http.reading()
    item = inbox.item(reading, g.person, item_id)
    found = signer.signing(reading, g.person, item)
    if found is None:
        raise NotFound(_("这一步不是会签环节。"))
    refusal: CaseworkError | None = None
    status = 200
    if request.method == "POST":
        asked, key = _asked(), http.given_key()
        try:
            g.database.run(
                lambda session: signer.change(g.world, session, actor(session), item_id, asked, key=key)
            )
        except ChangedMeanwhile as other:
            refusal, status = other, 409
        except Refused as no:
            refusal, status = no, 422
        else:
            http.say("done", _("会签人已改，记入时间线。"))
            return redirect(url_for("signer.change", item_id=item_id)), 303
    return (
        render_template(
            "inbox/signers.html",
            item=item,
            found=found,
            refusal=refusal,
            failed=refusal is not None,
            faults=getattr(refusal, "fields", {}),
            typed=request.form,
        ),
        status,
    )


def _asked() -> signer.Change:
    way = request.form.get("way", "")
    if way not in signer.WAYS:
        raise BadRequest
    who, to = (cursor.number(request.form.get(name, "")) for name in ("who", "to"))
    return signer.Change(way, who, request.form.get("reason", "")[: signer.LONGEST + 1], to)
