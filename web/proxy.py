"""代理: appointing who stands in during an absence, ending it, seeing whom one stands in for."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine import clock
from engine.access import rights
from engine.desk import cursor, proxy
from engine.errors import Refused
from web import http
from web.auth import carry_out, needs

page = Blueprint("proxy", __name__)


@page.get("/proxies")
@needs(rights.WORK)
def index() -> ResponseReturnValue:
    """Whom I appointed, whom I stand in for, and the form to appoint somebody."""
    return _page(None, 200)


@page.post("/proxies")
@needs(rights.WORK)
def appoint() -> ResponseReturnValue:
    """Appoint a proxy for oneself."""
    return _appoint(g.person.id, url_for("proxy.index"))


@page.post("/proxies/<int:proxy_id>/revoke")
@needs(rights.WORK)
def revoke(proxy_id: int) -> ResponseReturnValue:
    """End a proxy of one's own."""
    return _revoke(proxy_id, url_for("proxy.index"))


@page.get("/proxies/absent")
@needs(rights.MANAGE_PEOPLE)
def absent() -> ResponseReturnValue:
    """The proxies of the bureau, for the security administrator: somebody is away and cannot appoint."""
    return _page(None, 200)


@page.post("/proxies/absent")
@needs(rights.MANAGE_PEOPLE)
def appoint_for_absent() -> ResponseReturnValue:
    """Appoint a proxy for somebody who cannot."""
    return _appoint(cursor.number(request.form.get("principal", "")), url_for("proxy.absent"))


@page.post("/proxies/absent/<int:proxy_id>/revoke")
@needs(rights.MANAGE_PEOPLE)
def revoke_for_absent(proxy_id: int) -> ResponseReturnValue:
    """End somebody's proxy."""
    return _revoke(proxy_id, url_for("proxy.absent"))


def _appoint(principal: int, back: str) -> ResponseReturnValue:
    try:
        days = (day("valid_from"), day("valid_to"))
        carry_out(
            proxy.appoint,
            principal=principal,
            proxy=cursor.number(request.form.get("proxy", "")),
            days=days,
            reason=request.form.get("reason", "")[:2000],
            processes=request.form.getlist("processes"),
            steps=request.form.getlist("steps"),
        )
    except Refused as no:
        return _page(no, 422)
    http.say("done", _("已指定代理人，起止日期内有效。"))
    return redirect(back), 303


def _revoke(proxy_id: int, back: str) -> ResponseReturnValue:
    carry_out(proxy.revoke, proxy_id)
    http.say("done", _("代理已收回。"))
    return redirect(back), 303


def day(name: str) -> date:
    """A day of the form; refuses what is none."""
    try:
        return date.fromisoformat(request.form.get(name, ""))
    except ValueError as fault:
        raise Refused(
            _("请填写代理的起止日期。"), slug="proxy-days", fields={name: _("请填日期。")}
        ) from fault


def _page(refusal: Refused | None, status: int) -> ResponseReturnValue:
    reading = http.reading()
    shown = proxy.page(reading, g.person)
    labels = dict(shown.processes) | dict(shown.steps)
    return (
        render_template(
            "proxy/index.html",
            shown=shown,
            labels=labels,
            managing=rights.MANAGE_PEOPLE.allows(g.person),
            waiting=proxy.waiting(reading, g.person),
            refusal=refusal,
            faults=refusal.fields if refusal else {},
            failed=refusal is not None,
            typed=request.form,
            today=clock.today(),
        ),
        status,
    )
