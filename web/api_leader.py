"""The API of what leaders do: proxies, questions, signers. Entered into the same blueprint as `web/api.py`."""

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
from web.api import HUGE, answer, body, route
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


def proxy_row(row: Proxy) -> dict[str, Any]:
    """A proxy as the API says it."""
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


def given(kinds: dict[str, type]) -> dict[str, Any]:
    """The fields of the body, each of its kind; 400 otherwise. Numbers that no row has become 0."""
    found = body()
    for name, kind in kinds.items():
        if type(found.get(name)) is not kind:
            raise BadRequest
        if kind is int and not 0 < found[name] < HUGE:
            found[name] = 0
    return {name: found[name] for name in kinds}


def texts(found: list[Any]) -> list[str]:
    """A list of texts; 400 otherwise."""
    if not all(isinstance(each, str) for each in found):
        raise BadRequest
    return found


@route("GET", "/proxies", rights.WORK)
@describes("我指定的代理人，我代理的人", record(given=listed(PROXY), held=listed(PROXY)))
def proxies() -> ResponseReturnValue:
    """Proxies that concern me."""
    shown = proxy.page(http.reading(), g.person)
    return answer(
        {"given": [proxy_row(row) for row in shown.given], "held": [proxy_row(row) for row in shown.held]}
    )


@route("POST", "/proxies", rights.WORK)
@describes(
    "指定代理人",
    PROXY,
    body=record(
        proxy=NUMBER, valid_from=DAY, valid_to=DAY, reason=TEXT, processes=listed(TEXT), steps=listed(TEXT)
    ),
)
def appointproxy_row() -> ResponseReturnValue:
    """Appoint a proxy for oneself."""
    told = given(
        {"proxy": int, "valid_from": str, "valid_to": str, "reason": str, "processes": list, "steps": list}
    )
    try:
        days = (date.fromisoformat(told["valid_from"]), date.fromisoformat(told["valid_to"]))
    except ValueError as fault:
        raise BadRequest from fault
    processes, steps = texts(told["processes"]), texts(told["steps"])
    return answer(
        g.database.run(
            lambda session: proxy_row(
                proxy.appoint(
                    session,
                    actor(session),
                    principal=g.person.id,
                    proxy=told["proxy"],
                    days=days,
                    reason=told["reason"],
                    processes=processes,
                    steps=steps,
                )
            )
        )
    )


@route("POST", "/proxies/<int:proxy_id>/revoke", rights.WORK)
@describes("收回代理", PROXY, body=record())
def revokeproxy_row(proxy_id: int) -> ResponseReturnValue:
    """End a proxy."""
    return answer(g.database.run(lambda session: proxy_row(proxy.revoke(session, actor(session), proxy_id))))
