"""What people tell each other about a case: comments with mentions, copies ticked off; kept views and layout."""

from __future__ import annotations

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine.access import rights
from engine.desk import cc, comment, cursor, saved
from engine.desk.audience import audience
from engine.desk.case.listing import name_of
from engine.errors import Refused
from web import http, words
from web.auth import carry_out, needs, safe_next

page = Blueprint("comment", __name__)
MOST = 2000


@page.route("/cases/<int:case_id>/comments", methods=["GET", "POST"])
@needs(rights.READ_OWN_CASES)
def on_case(case_id: int) -> ResponseReturnValue:
    """Read and write comments on a case; a refused one comes back with what was typed."""
    reading = http.reading()
    case = comment.find(reading, g.person, case_id)
    refusal: Refused | None = None
    about = cursor.number(request.form.get("item", ""))
    if request.method == "POST":
        key, text = http.given_key(), request.form.get("text", "")[:MOST]
        people = [number for number in map(cursor.number, request.form.getlist("mention")) if number]
        try:
            carry_out(comment.add, case_id, text, item_id=about, mention=people, key=key)
        except Refused as no:
            no.clause = words.cited(no.clause, g.person.bureau.pack)
            refusal = no
        else:
            back = safe_next(request.form.get("next", "") or url_for("comment.on_case", case_id=case_id))
            return redirect(f"{back}#talk"), 303
    elif comment.has_unread(reading, g.person, case.id):
        carry_out(comment.read_those_of, case.id)
    return (
        render_template(
            "inbox/comments.html",
            case=case,
            name=name_of(case),
            comments=comment.said(reading, case.id, before=cursor.number(request.args.get("before", ""))),
            comments_most=comment.RECENT,
            audience=[each for each in audience(reading, case.id) if each.id != g.person.id],
            about=about,
            typed=request.form.get("text", ""),
            chosen=request.form.getlist("mention"),
            refusal=refusal,
            failed=refusal is not None,
        ),
        200 if refusal is None else 422,
    )


@page.post("/copies/<int:copy_id>/read")
@needs(rights.WORK)
def read(copy_id: int) -> ResponseReturnValue:
    """Tick a copy off."""
    carry_out(cc.read, copy_id)
    return redirect(url_for("inbox.index", tab="copies")), 303


@page.post("/copies/read")
@needs(rights.WORK)
def read_all() -> ResponseReturnValue:
    """Tick all copies off."""
    number = carry_out(cc.read_all)
    http.say("done", _("%(n)s 件抄送标为已阅。", n=number))
    return redirect(url_for("inbox.index", tab="copies")), 303


@page.post("/views")
@needs(rights.WORK)
def keep() -> ResponseReturnValue:
    """Keep the present filters, columns and density as a view, perhaps shared."""
    form = request.form
    query = {name: form.get(name, "")[:200] for name in saved.PARTS}
    made = carry_out(saved.keep, form.get("name", "")[:200], query, share=form.get("share", "")[:80])
    http.say("done", _("视图“%(name)s”已保存。", name=made.name))
    return redirect(url_for("inbox.index", **made.query)), 303


@page.post("/views/<int:view_id>/delete")
@needs(rights.WORK)
def forget(view_id: int) -> ResponseReturnValue:
    """Delete an own view."""
    carry_out(saved.forget, view_id)
    http.say("doing", _("视图已删去。"))
    return redirect(url_for("inbox.index")), 303


@page.post("/layout")
@needs(rights.WORK)
def lay_out() -> ResponseReturnValue:
    """Keep columns and density for this person."""
    columns, density = request.form.getlist("col")[:20], request.form.get("density", "roomy")
    carry_out(saved.lay_out, columns, density)
    return redirect(safe_next(request.form.get("next", ""))), 303
