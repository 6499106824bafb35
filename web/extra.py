"""临时任务 and 要求补充: asking somebody of a case for something, and answering."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine import clock
from engine.access import rights
from engine.desk import case, cursor, inbox
from engine.desk.case import extra
from engine.errors import CaseworkError, ChangedMeanwhile, NotFound, Refused
from web import http
from web.auth import carry_out, needs

page = Blueprint("extra", __name__)
MOST = 2001  # one more than is allowed: the desk refuses it by name


@page.post("/tasks/<int:item_id>/ask")
@needs(rights.WORK)
def ask_more(item_id: int) -> ResponseReturnValue:
    """Ask whoever brought a step about for more; the step stays where it is."""
    item = inbox.item(http.reading(), g.person, item_id)
    words, key = request.form.get("asked", "")[:MOST], http.given_key()
    try:
        carry_out(extra.ask_more, item_id, asked=words, key=key)
    except Refused as no:
        return render_template("extra/ask.html", item=item, refusal=no, typed=words, failed=True), 422
    http.say("done", _("已要求补充，答复前暂停计时。"))
    return redirect(url_for("inbox.task", item_id=item_id)), 303


@page.route("/cases/<int:case_id>/extra", methods=["GET", "POST"])
@needs(rights.READ_CASES)
def new(case_id: int) -> ResponseReturnValue:
    """Give somebody of the case an errand."""
    reading = http.reading()
    instance = case.find(reading, g.person, case_id)
    refusal, status, key = None, 200, http.given_key()
    if request.method == "POST":
        try:
            carry_out(
                extra.ask,
                case_id,
                title=request.form.get("title", "")[:MOST],
                asked=request.form.get("asked", "")[:MOST],
                person=cursor.number(request.form.get("person", "")),
                due_on=_day(request.form.get("due_on", "")),
                key=key,
            )
        except Refused as no:
            refusal, status = no, 422
        else:
            http.say("done", _("已交办，对方会收到消息。"))
            return redirect(url_for("case.show", case_id=case_id, _anchor="extra")), 303
    people = extra.people(reading, g.person, instance)
    return (
        render_template(
            "extra/new.html",
            instance=instance,
            name=case.name_of(instance),
            people=people,
            refusal=refusal,
            failed=refusal is not None,
            typed=request.form,
            today=clock.today(),
        ),
        status,
    )


@page.route("/cases/<int:case_id>/extra/<int:extra_id>", methods=["GET", "POST"])
@needs(rights.WORK)
def show(case_id: int, extra_id: int) -> ResponseReturnValue:
    """One errand or question: what is asked, the answer, or the form for it."""
    row = extra.get(http.reading(), g.person, extra_id)
    if row.case_id != case_id:
        raise NotFound(_("没有这项临时任务。"))
    typed = request.form.get("result", "")[:MOST]
    refusal: CaseworkError | None = None
    status = 200
    if request.method == "POST":
        try:
            carry_out(extra.finish, extra_id, result=typed)
        except ChangedMeanwhile as other:
            refusal, status = other, 409
        except Refused as no:
            refusal, status = no, 422
        else:
            http.say("done", _("已答复：%(title)s。", title=row.title))
            return redirect(url_for("inbox.index")), 303
    return (
        render_template(
            "extra/show.html", row=row, refusal=refusal, failed=refusal is not None, typed=typed,
            fault=getattr(refusal, "fields", {}).get("result", ""),
        ),
        status,
    )  # fmt: skip


@page.post("/cases/<int:case_id>/extra/<int:extra_id>/withdraw")
@needs(rights.WORK)
def withdraw(case_id: int, extra_id: int) -> ResponseReturnValue:
    """Take an errand or question back."""
    row = carry_out(extra.withdraw, extra_id)
    http.say("done", _("已撤回。"))
    if row.item_id:
        return redirect(url_for("inbox.task", item_id=row.item_id)), 303
    return redirect(url_for("case.show", case_id=case_id, _anchor="extra")), 303


def _day(given: str) -> date | None:
    try:
        return date.fromisoformat(given)
    except ValueError:
        return None
