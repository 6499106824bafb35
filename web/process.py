"""Processes: releases, what is in them, how each process runs."""

from __future__ import annotations

from flask import Blueprint, g, render_template
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext
from markupsafe import Markup

from engine.access import rights
from engine.desk import process
from web import http
from web.auth import needs

page = Blueprint("process", __name__)
KINDS = {
    "bpmn": lazy_gettext("流程图"),
    "dmn": lazy_gettext("决策表"),
    "form": lazy_gettext("表单"),
    "document": lazy_gettext("文书"),
    "pack": lazy_gettext("规则包"),
}


@page.get("/processes")
@needs(rights.READ_PROCESSES)
def index() -> ResponseReturnValue:
    """All releases, the one in force of each pack marked."""
    return render_template("process/index.html", releases=process.releases(http.reading()), kinds=KINDS)


@page.get("/processes/<int:release_id>")
@needs(rights.READ_PROCESSES)
def release(release_id: int) -> ResponseReturnValue:
    """One release: processes, tables, forms, documents, each by its hash."""
    return render_template("process/release.html", view=process.view(http.reading(), release_id), kinds=KINDS)


@page.get("/processes/<int:release_id>/<name>")
@needs(rights.READ_PROCESSES)
def show(release_id: int, name: str) -> ResponseReturnValue:
    """One process, drawn, and its human steps."""
    view = process.process(http.reading(), g.person, release_id, name)
    return render_template("process/show.html", view=view, svg=Markup(view.svg))  # noqa: S704 (built node by node)
