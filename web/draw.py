"""Draws: the list and one draw."""

from __future__ import annotations

import hashlib
from typing import Any

import segno
from flask import Blueprint, Response, g, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from engine.access import rights
from engine.desk import draw
from engine.domain import terms
from web import http
from web.auth import needs

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
    code = Markup(segno.make(roster, error="m").svg_inline(scale=2, border=1)) if roster else ""  # noqa: S704
    verifiers = [
        (name, hashlib.sha256((http.STATIC / "verify" / name).read_bytes()).hexdigest())
        for name in ("draw_verify.html", "draw_verify.py")
    ]
    return {
        "view": view,
        "kinds": terms.OBJECT_KINDS,
        "public": public,
        "roster_code": code,
        "verifiers": verifiers,
        "at": "public.draw_state" if public else "draw.state",
    }


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
    return download(draw.transcript(found), f"{draw_id}.json")


def download(data: object, name: str) -> Response:
    """A JSON document to keep."""
    response = http.jsonify(data)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
