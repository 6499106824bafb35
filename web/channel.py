"""The national systems of publication: the batch file to hand in there."""

from __future__ import annotations

from flask import Blueprint, g
from flask.typing import ResponseReturnValue

from engine.access import rights
from engine.desk import channel as channels
from web import http, upload, words
from web.auth import needs

page = Blueprint("channel", __name__)


@page.get("/publications/<channel>.xlsx")
@needs(rights.PUBLISH)
def batch(channel: str) -> ResponseReturnValue:
    """What a system still has to be given, in the columns of its result page."""
    made = channels.batch(http.reading(), g.person, channel)
    return upload.to_keep(made.content, words.label(made.name), "xlsx")
