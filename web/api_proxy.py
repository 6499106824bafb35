"""The JSON API of proxies (代理): appointed for oneself, or for somebody who is absent and cannot."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import g
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from engine.access import rights
from engine.access.proxy import Proxy
from engine.desk import proxy
from web import http
from web.api import answer, given, route
from web.auth import actor
from web.openapi import DAY, NUMBER, TEXT, describes, listed, record

PROXY = record(
    id=NUMBER,
    principal=TEXT,
    proxy=TEXT,
    valid_from=DAY,
    valid_to=DAY,
    processes=listed(TEXT),
    steps=listed(TEXT),
    reason=TEXT,
)
ASKED = {
    "proxy": NUMBER,
    "valid_from": DAY,
    "valid_to": DAY,
    "reason": TEXT,
    "processes": listed(TEXT),
    "steps": listed(TEXT),
}
KINDS = {"proxy": int, "valid_from": str, "valid_to": str, "reason": str, "processes": list, "steps": list}


@route("GET", "/proxies", rights.WORK)
@describes("我指定的代理人，我代理的人", record(given=listed(PROXY), held=listed(PROXY)))
def proxies() -> ResponseReturnValue:
    """Proxies that concern me."""
    shown = proxy.page(http.reading(), g.person)
    return answer({"given": [_row(row) for row in shown.given], "held": [_row(row) for row in shown.held]})


@route("POST", "/proxies", rights.WORK)
@describes("指定代理人", PROXY, body=record(**ASKED))
def appoint_proxy() -> ResponseReturnValue:
    """Appoint a proxy for oneself."""
    return _appoint(g.person.id, given(**KINDS))


@route("POST", "/proxies/absent", rights.MANAGE_PEOPLE)
@describes("替不在岗的人指定代理人", PROXY, body=record(principal=NUMBER, **ASKED))
def appoint_for_absent() -> ResponseReturnValue:
    """Appoint a proxy for somebody who cannot."""
    asked = given(principal=int, **KINDS)
    return _appoint(asked["principal"], asked)


def _appoint(principal: int, asked: dict[str, Any]) -> ResponseReturnValue:
    try:
        days = (date.fromisoformat(asked["valid_from"]), date.fromisoformat(asked["valid_to"]))
    except ValueError as fault:
        raise BadRequest from fault
    if not all(isinstance(each, str) for each in [*asked["processes"], *asked["steps"]]):
        raise BadRequest
    return answer(
        g.database.run(
            lambda session: _row(
                proxy.appoint(
                    session,
                    actor(session),
                    principal=principal,
                    proxy=asked["proxy"],
                    days=days,
                    reason=asked["reason"],
                    processes=asked["processes"],
                    steps=asked["steps"],
                )
            )
        )
    )


@route("POST", "/proxies/<int:proxy_id>/revoke", rights.WORK)
@describes("收回代理", PROXY, body=record())
def revoke_proxy(proxy_id: int) -> ResponseReturnValue:
    """End a proxy."""
    return answer(g.database.run(lambda session: _row(proxy.revoke(session, actor(session), proxy_id))))


@route("POST", "/proxies/absent/<int:proxy_id>/revoke", rights.MANAGE_PEOPLE)
@describes("收回别人的代理", PROXY, body=record())
def revoke_for_absent(proxy_id: int) -> ResponseReturnValue:
    """End somebody's proxy."""
    return answer(g.database.run(lambda session: _row(proxy.revoke(session, actor(session), proxy_id))))


def _row(row: Proxy) -> dict[str, Any]:
    return {
        "id": row.id,
        "principal": row.principal.name,
        "proxy": row.proxy.name,
        "valid_from": row.valid_from,
        "valid_to": row.valid_to,
        "processes": row.processes,
        "steps": row.steps,
        "reason": row.reason,
    }
