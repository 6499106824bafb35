"""The JSON API of the national systems of publication: the batch file."""

from __future__ import annotations

import base64

from flask import g
from flask.typing import ResponseReturnValue

from engine.access import rights
from engine.desk import channel as channels
from web import http
from web.api import answer, route
from web.openapi import NUMBER, TEXT, describes, record


@route("GET", "/publications/<channel>", rights.PUBLISH)
@describes(
    "本局待公示系统接收的批量文件（gsxt、credit、platform；content 为 Base64 的 XLSX）",
    record(name=TEXT, publications=NUMBER, content=TEXT),
)
def read_batch(channel: str) -> ResponseReturnValue:
    """The batch file of a system."""
    made = channels.batch(http.reading(), g.person, channel)
    content = base64.b64encode(made.content).decode()
    return answer({"name": made.name, "publications": made.publications, "content": content})
