"""Searching from within a form: what answers to the words typed into an object, person or article field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, g, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine.access import rights
from engine.desk import lookup
from engine.errors import NotFound
from forms import search
from forms.model import Form
from web import http
from web.auth import needs

page = Blueprint("lookup", __name__)
Options = Mapping[str, Sequence[tuple[Any, str]]]


@page.get("/lookup/<kind>")
@needs(rights.WORK)
def find(kind: str) -> ResponseReturnValue:
    """What the browser may complete: `{"found": ["H22010200003 鹿苑西村卫生室", …]}`."""
    if kind not in lookup.KINDS:
        raise NotFound(_("没有这个页面。"), hint=_("请从待办进入。"))
    found = lookup.find(http.reading(), g.person, kind, request.args.get("q", ""))
    return http.jsonify({"found": [label for _value, label in found]})


def offered(form: Form, shown: Mapping[str, Any], answers: Mapping[str, Any]) -> Options:
    """The options of a step, and what the house finds for the words typed into fields that are searched."""
    found = {
        component.wanted(typed): lookup.find(http.reading(), g.person, component.type, typed)
        for component, typed in search.sought(form, {**shown.get("defaults", {}), **answers})
    }
    return {**shown.get("options", {}), **found}
