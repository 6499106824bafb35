"""Draws: the list and one draw."""

from __future__ import annotations

from typing import Any

import segno
from flask import Blueprint, Response, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup

from engine.access import rights
from engine.desk import document, draw, third
from engine.domain import terms
from engine.storage import files
from web import http, upload, words
from web.auth import carry_out, has_second_factor, needs

page = Blueprint("draw", __name__)


@page.get("/draws")
@needs(rights.READ_DRAWS)
def index() -> ResponseReturnValue:
    """All numbered draws of the bureaus I may see, void ones too."""
    return render_template("draw/index.html", draws=draw.listing(http.reading(), g.person))


@page.get("/draws/<draw_id>")
@needs(rights.READ_DRAWS)
def show(draw_id: str) -> ResponseReturnValue:
    """One draw: funnel, strata, groups, events, hashes."""
    reading = http.reading()
    code = request.args.get("code", "").strip()[:40]
    view = draw.view(reading, draw.find(reading, g.person, draw_id), code=code)
    return render_template("draw/show.html", **shown(view, public=False))


def shown(view: draw.DrawView, *, public: bool) -> dict[str, Any]:
    """What the page of a draw needs besides the draw: words, and the sealed hash as a picture for phones."""
    roster = view.draw.roster
    code = Markup(segno.make(roster, error="m").svg_inline(border=1, omitsize=True)) if roster else ""  # noqa: S704
    return {
        "view": view,
        "kinds": terms.OBJECT_KINDS,
        "public": public,
        "roster_code": code,
        "verifiers": http.verifiers(),
        "documents": [] if public else document.printable_of_draw(http.reading(), view.draw),
        "door": None if public else third.door(http.reading(), view.draw, g.person),
        "at": "public.draw_state" if public else "draw.state",
    }


@page.post("/draws/<draw_id>/third")
@needs(rights.WORK)
def issue_link(draw_id: str) -> ResponseReturnValue:
    """出具第三方链接: QR and text, shown once on this page and never again."""
    if not has_second_factor():
        return redirect(url_for("auth.second_factor", next=url_for("draw.show", draw_id=draw_id))), 303
    row, token = carry_out(third.issue, draw_id)
    who, until = str(row.draw.settings["third"]), row.expires_at
    address = third_address(token)
    code = Markup(segno.make(address, error="m").svg_inline(border=2, omitsize=True))  # noqa: S704 (made here)
    return render_template(
        "draw/third.html", draw_id=draw_id, who=who, until=until, address=address, code=code
    )


@page.post("/draws/<draw_id>/third/revoke")
@needs(rights.WORK)
def revoke_link(draw_id: str) -> ResponseReturnValue:
    """撤销第三方链接."""
    carry_out(third.call_back, draw_id)
    http.say("done", _("第三方链接已撤销。"))
    return redirect(url_for("draw.show", draw_id=draw_id)), 303


def third_address(token: str) -> str:
    """The whole address of a one-time link."""
    return f"{g.settings.base_url}{url_for('third.show', token=token)}"


@page.get("/draws/<draw_id>/documents/<name>.pdf")
@needs(rights.READ_DRAWS)
def printed(draw_id: str, name: str) -> ResponseReturnValue:
    """The minutes of the sealed roster, or the record of the draw, to be printed and signed."""
    reading = http.reading()
    found = draw.find(reading, g.person, draw_id)
    address = f"{g.settings.base_url}{url_for('public.show_draw', draw_id=draw_id)}"
    made = document.pdf_of_draw(reading, found, name, verify_url=address, verifiers=http.verifiers())
    return upload.paper(made, f"{words.label(document.TEMPLATES[name].title)} {draw_id}")


@page.get("/draws/<draw_id>/state.json")
@needs(rights.READ_DRAWS)
def state(draw_id: str) -> ResponseReturnValue:
    """Whether anything has happened since the page was read."""
    found = draw.find(http.reading(), g.person, draw_id)
    return http.jsonify({"mark": draw.mark(found), "live": draw.is_live(found)})


@page.get("/draws/<draw_id>/transcript.json")
@needs(rights.READ_DRAWS)
def transcript(draw_id: str) -> ResponseReturnValue:
    """The transcript as far as it is public."""
    found = draw.find(http.reading(), g.person, draw_id)
    return download(draw.transcript(found), draw_id)


def download(transcript: object, draw_id: str) -> Response:
    """The transcript as a JSON document to keep."""
    response = http.jsonify(transcript)
    response.headers["Content-Disposition"] = files.disposition(f"{_('抽取凭证数据')} {draw_id}.json")
    return response
