"""The JSON API of the national systems of publication: the batch file, and where they are pushed to."""

from __future__ import annotations

import base64
from typing import Any

from flask import g
from flask.typing import ResponseReturnValue

from engine.access import rights
from engine.desk import channel as channels
from engine.domain.publication import ChannelEndpoint
from web import http
from web.api import answer, given, route
from web.auth import actor, carry_out
from web.openapi import FLAG, MOMENT, NUMBER, TEXT, describes, listed, record

ENDPOINT = record(id=NUMBER, channel=TEXT, name=TEXT, url=TEXT, active=FLAG, created_at=MOMENT)
SECRET = record(id=NUMBER, secret=TEXT)


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


@route("GET", "/channels", rights.MANAGE_SYSTEM)
@describes("公示推送地址", record(rows=listed(ENDPOINT)))
def list_endpoints() -> ResponseReturnValue:
    """Where publications are pushed to."""
    found = channels.endpoints(http.reading(), g.person).values()
    return answer({"rows": [_endpoint(row) for row in found]})


def _endpoint(row: ChannelEndpoint) -> dict[str, Any]:
    told = {name: getattr(row, name) for name in ("id", "channel", "url", "active", "created_at")}
    return told | {"name": channels.SYSTEMS[row.channel]}


@route("POST", "/channels", rights.MANAGE_SYSTEM)
@describes(
    "登记或更换公示推送地址；签名密钥只在这次应答中给出",
    SECRET,
    body=record(channel=TEXT, url=TEXT),
    status=201,
)
def enter_endpoint() -> ResponseReturnValue:
    """Enter an address."""
    asked = given(channel=str, url=str)

    def work(session: Any) -> tuple[int, str]:
        endpoint, secret = channels.enter(session, actor(session), asked["channel"], asked["url"], g.settings)
        return endpoint.id, secret

    number, secret = g.database.run(work)
    return answer({"id": number, "secret": secret}, 201)


@route("POST", "/channels/<int:endpoint_id>/renew", rights.MANAGE_SYSTEM)
@describes("换公示推送的签名密钥", SECRET, body=record())
def renew_endpoint_secret(endpoint_id: int) -> ResponseReturnValue:
    """A new signing secret."""
    secret = carry_out(channels.renew, endpoint_id, g.settings)[1]
    return answer({"id": endpoint_id, "secret": secret})


@route("POST", "/channels/<int:endpoint_id>/close", rights.MANAGE_SYSTEM)
@describes("停用公示推送地址", record(id=NUMBER), body=record())
def close_endpoint(endpoint_id: int) -> ResponseReturnValue:
    """Nothing more is pushed there."""
    carry_out(channels.close, endpoint_id)
    return answer({"id": endpoint_id})
