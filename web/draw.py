"""Draws: the list and one draw."""

from __future__ import annotations

from flask import Blueprint, Response, g, render_template
from flask.typing import ResponseReturnValue

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
    view = draw.view(reading, draw.find(reading, g.person, draw_id))
    return render_template("draw/show.html", view=view, kinds=terms.OBJECT_KINDS, public=False)


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
