"""Many steps at once: the selection is looked at first, then done one by one, with an answer for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine import clock
from engine.access import rights
from engine.desk import bulk, cursor, inbox
from engine.desk import urge as urging
from engine.desk.sheet import sheet
from engine.domain.registry.sheet import write_xlsx
from engine.errors import NotAllowed, NotFound, Refused
from forms import definition, post
from forms.answered import Answer, answered
from forms.page import page as form_page
from web import http, lookup, upload, words
from web.auth import carry_out, needs
from web.inbox import lacks_second_factor

page = Blueprint("bulk", __name__)
UNLIKE = ("bulk-unlike", "bulk-not-low-risk", "bulk-size")


@page.get("/bulk")
@needs(rights.WORK)
def preview() -> ResponseReturnValue:
    """What would come of each selected step, before anything is done."""
    return _preview(request.args.get("act", ""), {}, None, 200)


@page.post("/bulk")
@needs(rights.WORK)
def begin() -> ResponseReturnValue:
    """Begin; what cannot be begun comes back with what was typed."""
    act, key = request.args.get("act", ""), http.given_key()
    to, reason = request.form.get("to", ""), request.form.get("reason", "")[:5000]
    number = cursor.number(to)
    typed: dict[str, Any] = {}
    try:
        items = _items()
        kept: Mapping[int, bulk.Given] = {}
        if act == "complete":
            bulk.refuse_unlike(http.reading(), items)
            needs_code(items)
            shown = sheet(http.reading(), g.person, items[0])
            form = definition.read(shown.source, shown.path)
            again = post.reshaped(form, request.form)
            if again is not None:
                return _preview(act, again, None, 200)
            typed = post.answers(form, request.form)
            kept = checked(items, typed)
        made = carry_out(bulk.begin, act, items, to=number, reason=reason, answers=kept, key=key)
    except Refused as no:
        no.clause = words.cited(no.clause, g.person.bureau.pack)
        return _preview(act, typed, no, 422)
    return redirect(url_for("bulk.progress", bulk_id=made)), 303


@page.get("/bulk/<int:bulk_id>")
@needs(rights.WORK)
def progress(bulk_id: int) -> ResponseReturnValue:
    """How far it has come; the page looks again by itself until every row has its answer."""
    found = bulk.progress(http.reading(), g.person, bulk_id)
    return render_template("bulk/progress.html", found=found, said=_said(found), back=_back(found.bulk.act))


@page.get("/bulk/<int:bulk_id>.xlsx")
@needs(rights.WORK)
def export(bulk_id: int) -> ResponseReturnValue:
    """What came of each step, as a spreadsheet to keep."""
    found = bulk.progress(http.reading(), g.person, bulk_id)
    columns = [_("对象"), _("案号"), _("环节"), _("结果"), _("说明"), _("时间")]
    rows = (
        [
            *(row.name, row.case_no, words.label(row.step), words.label(row.word), words.said(row.text)),
            clock.local(row.at).strftime("%Y-%m-%d %H:%M") if row.at else "",
        ]
        for row in found.rows
    )
    name = _("批量%(act)s的结果", act=words.label(found.word))
    return upload.to_keep(write_xlsx(columns, rows, title=name), name, "xlsx")


def _said(found: bulk.Progress) -> Sequence[Answer]:
    """What was written for every step, by the form of the first."""
    if not found.given.answers:
        return []
    form = definition.read(found.form, found.path)
    files = upload.shown(form, found.given.answers, case_id=found.rows[0].case_id)
    return answered(form, found.given.answers, options=found.given.options, files=files)


def needs_code(items: Sequence[inbox.WorkItem]) -> None:
    """Refuse what needs the one-time code where this session has not given it."""
    if any(lacks_second_factor(item) for item in items):
        raise NotAllowed(
            _("这一步要先输入动态口令。"),
            slug="second-factor",
            hint=_("请先在页面上输入动态口令，再批量办理。"),
        )


def checked(items: Sequence[inbox.WorkItem], answers: Mapping[str, Any]) -> dict[int, bulk.Given]:
    """The same answers, checked by each step's own form; Refused names field and step."""
    kept = {}
    for item in items:
        shown = sheet(http.reading(), g.person, item)
        form = definition.read(shown.source, shown.path)
        options = lookup.offered(form, shown.shown, answers)
        loaded = upload.load(form, answers, {}, case_id=item.case_id, options=options, data=shown.data)
        kept[item.id] = bulk.Given(loaded, options)
    return kept


def _back(act: str) -> tuple[str, str, str]:
    """The list that the selection came from: address, name, and the words of the way back."""
    if act == "urge":
        return url_for("board.index"), _("督办"), _("回到督办")
    return url_for("inbox.index"), _("待办"), _("回到待办")


def _items() -> list[inbox.WorkItem]:
    reading = http.reading()
    given = (cursor.number(text) for text in request.args.getlist("item"))
    items = bulk.chosen(reading, [number for number in given if number])
    for item in items:
        inbox.item(reading, g.person, item.id)
    return items


def _preview(act: str, typed: Mapping[str, Any], refusal: Refused | None, status: int) -> ResponseReturnValue:
    if act not in bulk.ACTS:
        raise NotFound(_("没有这个页面。"), hint=_("请从待办进入。"))
    reading, items, form = http.reading(), [], None
    try:
        items = _items()
        if act == "complete":
            bulk.refuse_unlike(reading, items)
    except Refused as no:
        refusal, status = no, 422
        refusal.clause = words.cited(no.clause, g.person.bureau.pack)
    looked = bulk.preview(reading, g.person, act, items)
    if act == "complete" and items and (refusal is None or refusal.slug not in UNLIKE):
        shown = sheet(reading, g.person, items[0])
        source = definition.read(shown.source, shown.path)
        form = form_page(
            source,
            values=typed,
            refused=refusal,
            shown={**shown.shown, "facts": [], "options": lookup.offered(source, shown.shown, typed)},
            data=shown.data,
        )
    return (
        render_template(
            "bulk/preview.html",
            act=act,
            word=bulk.ACTS[act],
            looked=looked,
            going=sum(not each.no for each in looked),
            people=bulk.receivers(reading, g.person, items) if act == "transfer" else [],
            form_page=form,
            url=url_for("bulk.begin", act=act, item=[each.item.id for each in looked]),
            chosen=request.form.get("to", ""),
            reason=request.form.get("reason", urging.MANY if act == "urge" else ""),
            example=next(
                (urging.filled(reading, each.item, urging.MANY) for each in looked if not each.no), ""
            ),
            back=_back(act),
            refusal=refusal,
            failed=refusal is not None,
        ),
        status,
    )
