"""The national systems of publication: where they are pushed to, and the file to hand in where they are not."""

from __future__ import annotations

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine.access import rights
from engine.desk import channel as channels
from engine.domain.publication import ChannelEndpoint
from engine.errors import Refused
from web import http, upload, words
from web.auth import carry_out, needs

page = Blueprint("channel", __name__)


@page.get("/publications/<channel>.xlsx")
@needs(rights.PUBLISH)
def batch(channel: str) -> ResponseReturnValue:
    """What a system still has to be given, in the columns of its result page."""
    made = channels.batch(http.reading(), g.person, channel)
    return upload.to_keep(made.content, words.label(made.name), "xlsx")


@page.get("/channels")
@needs(rights.MANAGE_SYSTEM)
def index() -> ResponseReturnValue:
    """Where this bureau's publications are pushed to."""
    return _page({}, {}, "", 200)


@page.post("/channels")
@needs(rights.MANAGE_SYSTEM)
def enter() -> ResponseReturnValue:
    """Enter an address; its signing secret is shown on this page only."""
    typed = {name: request.form.get(name, "")[:1000] for name in ("channel", "url")}
    try:
        endpoint, secret = carry_out(channels.enter, typed["channel"], typed["url"], g.settings)
    except Refused as refusal:
        return _page(typed, refusal.fields, words.whole(refusal.reason, refusal.hint), 422)
    return _page({}, {}, "", 200, secret=secret, endpoint=endpoint)


@page.post("/channels/<int:endpoint_id>/renew")
@needs(rights.MANAGE_SYSTEM)
def renew(endpoint_id: int) -> ResponseReturnValue:
    """A new signing secret."""
    endpoint, secret = carry_out(channels.renew, endpoint_id, g.settings)
    return _page({}, {}, "", 200, secret=secret, endpoint=endpoint)


@page.post("/channels/<int:endpoint_id>/close")
@needs(rights.MANAGE_SYSTEM)
def close(endpoint_id: int) -> ResponseReturnValue:
    """Nothing more is pushed there."""
    carry_out(channels.close, endpoint_id)
    http.say("done", _("已停用，以后按批量文件公示、登记回执。"))
    return redirect(url_for("channel.index")), 303


def _page(
    typed: dict[str, str],
    fields: dict[str, str],
    reason: str,
    status: int,
    *,
    secret: str = "",
    endpoint: ChannelEndpoint | None = None,
) -> ResponseReturnValue:
    with g.database.reading() as fresh:  # this request's older view does not know what was just entered
        return (
            render_template(
                "channel/index.html",
                systems=channels.SYSTEMS,
                endpoints=channels.endpoints(fresh, g.person),
                hosts=g.settings.webhook_hosts,
                typed=typed,
                fields=fields,
                reason=reason,
                failed=bool(reason),
                secret=secret,
                shown=endpoint.url if endpoint else "",
            ),
            status,
        )
