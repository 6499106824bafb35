"""The frame of the JSON API: how a route is entered, who may ask, how answers and errors are written.

By token or session; errors are `{code, reason, clause, hint, fields}`. The routes stand in `web/api_*.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from typing import Any, TypeVar

from flask import Blueprint, Response, g, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from engine.access.permission import Permission
from engine.desk.pool import pools
from engine.errors import CaseworkError
from web import http, openapi
from web.auth import needs, open_to_all
from web.openapi import NUMBER, TEXT, describes, listed, record

View = TypeVar("View", bound=Callable[..., Any])
page = Blueprint("api", __name__, url_prefix=openapi.PREFIX)
http.csrf.exempt(page)
KEY = re.compile(r"[A-Za-z0-9._:-]{1,80}\Z")
HUGE = 2**62

AFTER = {"after": TEXT}
RECEIPT = record(item=NUMBER, case=NUMBER, step=TEXT)


def route(method: str, rule: str, permission: Permission | None = None) -> Callable[[View], View]:
    """Enter a route: address, permission, document."""

    def enter(view: View) -> View:
        marked = needs(permission)(view) if permission else view
        openapi.enter(method, rule, marked)
        page.add_url_rule(rule, view_func=marked, methods=[method])
        return view

    return enter


@page.before_request
def _guard() -> None:
    """A program with a cookie must bring the CSRF token; a bearer token needs none."""
    if request.method not in {"GET", "HEAD", "OPTIONS"} and g.row is not None and g.row.kind == "browser":
        http.protect()
    key = request.headers.get("Idempotency-Key")
    if key is not None and not KEY.match(key):
        raise BadRequest


def plain(value: Any) -> Any:
    """Dataclasses, instants and days as JSON."""
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def answer(value: Any, status: int = 200) -> Response:
    """A JSON answer."""
    response = http.jsonify(plain(value))
    response.status_code = status
    return response


def body() -> dict[str, Any]:
    """The JSON object of this request."""
    given = request.get_json()
    if not isinstance(given, dict) or not http.storable(given):
        raise BadRequest
    return given


def given(**kinds: type) -> dict[str, Any]:
    """The fields of this request's body, each of its type; 400 otherwise."""
    found = body()
    if any(type(found.get(name)) is not kind for name, kind in kinds.items()):
        raise BadRequest
    if any(abs(found[name]) > HUGE for name, kind in kinds.items() if kind is int):
        raise BadRequest
    return {name: found[name] for name in kinds}


def given_answers() -> dict[str, Any]:
    """What was answered to a form."""
    given = body().get("answers")
    if not isinstance(given, dict):
        raise BadRequest
    return given


def number(name: str) -> int:
    """A whole number of the query, 0 where there is none."""
    text = request.args.get(name, "")
    return min(int(text), HUGE) if text.isdecimal() and text.isascii() else 0


# --- the document and oneself ----------------------------------------------------------


@page.get("/openapi.json")
@open_to_all
def openapi_document() -> ResponseReturnValue:
    """The OpenAPI document of this installation."""
    return answer(openapi.document(g.settings.base_url))


@route("GET", "/me")
@describes(
    "我是谁，任什么岗位",
    record(id=NUMBER, name=TEXT, login=TEXT, bureau=TEXT, roles=listed(TEXT), pools=listed(TEXT)),
)
def me() -> ResponseReturnValue:
    """Who asks."""
    person = g.person
    roles = sorted(role.value for role in person.roles())
    found = pools(http.reading(), person)
    return answer(
        {
            "id": person.id,
            "name": person.name,
            "login": person.login,
            "bureau": person.bureau.name,
            "roles": roles,
            "pools": found,
        }
    )


@page.errorhandler(CaseworkError)
def refused(error: CaseworkError) -> Response:
    """Errors of the family, as JSON always."""
    return http.on_error(error)
