"""For machines that watch: alive, ready (a real write), numbers."""

from __future__ import annotations

import hmac

from flask import Blueprint, Response, g, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from sqlalchemy.exc import DBAPIError

from engine.desk import health
from web import http
from web.auth import open_to_all

page = Blueprint("health", __name__)


@page.get("/healthz")
@open_to_all
def alive() -> ResponseReturnValue:
    """The process answers."""
    return {"alive": True}


@page.get("/readyz")
@open_to_all
def ready() -> ResponseReturnValue:
    """The database takes a write: a row is written and read back in one transaction."""
    try:
        g.database.run(health.write_mark)
    except DBAPIError as fault:
        http.log.error("not ready", exc_info=fault)
        return {"ready": False, "reason": _("数据库不能写入")}, 503
    return {"ready": True}


@page.get("/metrics")
@open_to_all
def metrics() -> ResponseReturnValue:
    """Numbers for Prometheus; needs the token of the installation (`CASEWORK_METRICS_TOKEN`)."""
    token = g.settings.metrics_token
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not token or not hmac.compare_digest(given.encode(), token.encode()):
        return http.refuse_stranger()
    registry = CollectorRegistry()
    for name, (text, value) in health.numbers(http.reading()).items():
        Gauge(f"casework_{name}", text, registry=registry).set(value)
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
