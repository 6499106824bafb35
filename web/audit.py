"""The log, for the audit administrator: to read, never to change."""

from __future__ import annotations

from flask import Blueprint, g, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.access import rights
from engine.audit.words import GROUPS
from engine.desk import audit, cursor
from web import http, words
from web.auth import needs

page = Blueprint("audit", __name__)


@page.get("/audit")
@needs(rights.READ_AUDIT)
def index() -> ResponseReturnValue:
    """Entries, latest first, and the head of the chain."""
    args = request.args
    given = {name: args.get(name, "").strip()[:80] for name in ("actor", "action", "subject")}
    after = cursor.number(args.get("after", ""))
    found = audit.log(http.reading(), **given, cursor=after)
    groups = [(key, words.label(name)) for key, name in GROUPS.items()]
    if given["action"] and given["action"] not in GROUPS:
        groups.append((given["action"], words.label(audit.act(given["action"], {}).name)))
    kept = {name: value for name, value in given.items() if value}
    return render_template(
        "audit/index.html",
        log=found,
        given=given,
        groups=groups,
        filtered=bool(kept),
        person=g.person,
        next_url=url_for("audit.index", **kept, after=found.next) if found.next else "",
        first_url=url_for("audit.index", **kept) if after else "",
    )
