"""Plans: the list, one plan, opening a new one."""

from __future__ import annotations

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine import clock
from engine.access import rights
from engine.desk import cursor, plan
from engine.errors import Refused
from web import http
from web.auth import actor, needs

page = Blueprint("plan", __name__)
QUARTERS = (1, 2, 3, 4)
OCTOBER = 10


@page.get("/plans")
@needs(rights.READ_PLANS)
def index() -> ResponseReturnValue:
    """Plans of the bureaus I may see, latest first."""
    return _page({}, None, 200)


@page.post("/plans")
@needs(rights.DRAFT_PLAN)
def create() -> ResponseReturnValue:
    """Open a plan; the drafting steps then wait in the inboxes."""
    form = request.form
    year, quarter = form.get("year", ""), form.get("quarter", "")
    typed = {"year": year, "quarter": quarter, "title": form.get("title", "").strip()[:200]}
    if not (2000 <= cursor.number(year) <= 2100):  # noqa: PLR2004 (four digits of a year)
        return _page(
            typed, Refused(_("请填写年度。"), fields={"year": _("请填写四位数的年度，例如 2026")}), 422
        )
    key = http.given_key()
    try:
        case_id = g.database.run(
            lambda session: (
                plan.open_plan(
                    g.world,
                    session,
                    actor(session),
                    year=int(year),
                    quarter=cursor.number(quarter) if cursor.number(quarter) in QUARTERS else 0,
                    title=typed["title"],
                    key=key,
                ).id
            )
        )
    except Refused as refusal:
        return _page(typed, refusal, 422)
    http.say("done", _("计划已发起，编制环节已送到各科室的待办。"))
    return redirect(url_for("case.show", case_id=case_id)), 303


@page.get("/plans/<int:plan_id>")
@needs(rights.READ_PLANS)
def show(plan_id: int) -> ResponseReturnValue:
    """One plan: its tasks, its draws, where its case stands."""
    return render_template("plan/show.html", view=plan.view(http.reading(), g.person, plan_id))


def _page(typed: dict[str, str], refusal: Refused | None, status: int) -> ResponseReturnValue:
    return (
        render_template(
            "plan/index.html",
            plans=plan.listing(http.reading(), g.person, year=cursor.number(request.args.get("year", ""))),
            may_draft=rights.DRAFT_PLAN.allows(g.person),
            typed={"year": _planned_year(), "quarter": "", "title": ""} | typed,
            refusal=refusal,
            failed=refusal is not None,
        ),
        status,
    )


def _planned_year() -> str:
    """The year one plans for: the next one from November on."""
    today = clock.today()
    return str(today.year + (today.month > OCTOBER))
