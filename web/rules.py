"""Decisions: the tables of a release with what is wrong in them, and why a case was decided so."""

from __future__ import annotations

from flask import Blueprint, g, render_template
from flask.typing import ResponseReturnValue

from engine.access import rights
from engine.desk import rules
from web import http
from web.auth import needs

page = Blueprint("rules", __name__)


@page.get("/processes/<int:release_id>/decisions")
@needs(rights.READ_PROCESSES)
def index(release_id: int) -> ResponseReturnValue:
    """The decisions of a release, each with the number of findings."""
    release, found = rules.decisions(http.reading(), release_id)
    return render_template("rules/index.html", release=release, decisions=found)


@page.get("/processes/<int:release_id>/decisions/<name>")
@needs(rights.READ_PROCESSES)
def show(release_id: int, name: str) -> ResponseReturnValue:
    """One decision: its tables cell by cell, what it needs, who asks it."""
    view = rules.decision(http.reading(), release_id, name)
    return render_template("rules/show.html", view=view)


@page.get("/cases/decisions/<int:entry_id>")
@needs(rights.READ_OWN_CASES)
def explanation(entry_id: int) -> ResponseReturnValue:
    """Why a case was decided so: inputs, matched rows, answer, release and article."""
    why = rules.explanation(http.reading(), g.person, entry_id)
    may_read = rights.READ_PROCESSES.allows(g.person)
    return render_template("rules/explanation.html", why=why, may_read=may_read)
