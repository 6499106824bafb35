"""Cases: the list, one case, and what may be set off in it."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy.orm import Session

from engine import clock
from engine.access import rights
from engine.desk import case, cursor, document, event, inbox, opening
from engine.domain import terms
from engine.domain.evidence import KINDS as EVIDENCE_KINDS
from engine.domain.registry.sheet import write_xlsx
from engine.errors import CaseworkError, ChangedMeanwhile, Refused
from engine.people import Bureau
from forms import definition, post
from forms.page import page as form_page
from web import http, lookup, upload, words
from web.auth import actor, needs
from web.inbox import process_label

page = Blueprint("case", __name__)


@page.get("/cases")
@needs(rights.READ_OWN_CASES)
def index() -> ResponseReturnValue:
    """Cases I may see, latest first; filters in the address."""
    args = request.args
    kind = args.get("kind", "") if args.get("kind") in case.KINDS else ""
    state = args.get("state", "") if args.get("state") in case.STATES else ""
    q = args.get("q", "").strip()[:80]
    parent = cursor.number(args.get("parent", ""))
    after = cursor.number(args.get("after", ""))
    years = case.years(http.reading(), g.person)
    year = cursor.number(args.get("year", ""))
    year = year if year in years else 0
    found = case.listing(
        http.reading(), g.person, kind=kind, state=state, q=q, parent=parent, year=year, cursor=after
    )
    given = {"kind": kind, "state": state, "q": q, "parent": parent or "", "year": year or ""}
    kept = {key: value for key, value in given.items() if value}
    return render_template(
        "case/index.html",
        found=found,
        kind=kind,
        state=state,
        q=q,
        parent=parent,
        kinds=[(key, process_label(key)) for key in case.KINDS],
        states=list(case.STATES.items()),
        year=year,
        years=[(each, str(each)) for each in years],
        filtered=bool(kept),
        next_url=url_for("case.index", **kept, after=found.next) if found.next else "",
        first_url=url_for("case.index", **kept) if after else "",
    )


@page.get("/cases/<int:case_id>")
@needs(rights.READ_OWN_CASES)
def show(case_id: int) -> ResponseReturnValue:
    """One case. Every part of it is on the page, without script."""
    reading = http.reading()
    only = request.args.get("only", "") if request.args.get("only") in {"people", "system"} else ""
    before = cursor.number(request.args.get("before", ""))
    as_of = day(request.args.get("as_of", ""))
    view = case.view(reading, g.person, case_id, before=before, only=only, as_of=as_of)
    if view.instance.id != case_id:
        return redirect(url_for("case.show", case_id=view.instance.id))
    own = (each.item for each in view.standing if inbox.may_work_on(reading, g.person, each.item))
    return render_template(
        "case/show.html",
        view=view,
        mine=next(own, None) if as_of is None else None,
        actions=event.actions(reading, g.person, view.instance.id) if as_of is None else [],
        may_give=as_of is None and rights.READ_CASES.allows(g.person) and view.instance.alive,
        today=clock.today(),
        diagrams=[
            (diagram, drawn(diagram.svg, number), drawn(diagram.lanes, number))
            for number, diagram in enumerate(view.diagrams)
        ],
        data=case.data_of(view.instance),
        process_label=process_label,
        relations=terms.RELATIONS,
        words=terms,
        kinds=EVIDENCE_KINDS,
        only=only,
        documents=document.printable(reading, g.person, view.instance.id),
    )


@page.get("/cases/<int:case_id>/timeline.xlsx")
@needs(rights.READ_OWN_CASES)
def export(case_id: int) -> ResponseReturnValue:
    """The whole timeline as a spreadsheet: who, what, when, by which article, what changed from what."""
    reading = http.reading()
    instance = case.find(reading, g.person, case_id)
    pack = reading.get_one(Bureau, instance.bureau_id).pack
    name = _("时间线")
    columns = [_("时间"), _("谁"), _("事项"), _("依据"), _("说明"), _("变化")]
    rows = (
        [
            clock.local(entry.at).strftime("%Y-%m-%d %H:%M"),
            *(words.label(entry.who), words.said(entry.what), words.cited(entry.clause, pack)),
            entry.quote,
            "\n".join(f"{asked}: {before or '—'} → {after or '—'}" for asked, before, after in entry.changes),
        ]
        for entry in case.whole(reading, int(instance.case_id or instance.id))
    )
    kept = f"{case.name_of(instance)} {name}"
    return upload.to_keep(write_xlsx(columns, rows, title=name), kept, "xlsx")


@page.post("/leads")
@needs(rights.OPEN_LEAD)
def create_lead() -> ResponseReturnValue:
    """A lead came in: open its case and go to its first form."""
    key = http.given_key()

    def opened(session: Session) -> tuple[int, int | None]:
        person = actor(session)
        case = opening.open_lead(g.world, session, person, key=key)
        return case.id, opening.first_step(session, person, case.id)

    case_id, item_id = g.database.run(opened)
    if item_id is not None:
        return redirect(url_for("inbox.task", item_id=item_id)), 303
    http.say("done", _("线索已收，登记环节已送到承办科室的待办。"))
    return redirect(url_for("case.show", case_id=case_id)), 303


@page.route("/cases/<int:case_id>/actions/<process>", methods=["GET", "POST"])
@needs(rights.READ_OWN_CASES)
def act(case_id: int, process: str) -> ResponseReturnValue:
    """Set off what the diagram lets people set off: 检查受阻, 申请调换 …, after its form."""
    reading = http.reading()
    instance = case.find(reading, g.person, case_id)
    written = request.method == "POST"
    trigger = event.trigger_of(reading, g.person, case_id, process, written=written)
    source = case.form_of(reading, instance, trigger)
    form = definition.read(source, f"{trigger.element.property('form') or process}.form")
    typed: dict[str, Any] = {}
    offered: dict[str, Any] = {"shown": {}, "data": {}}
    refusal: CaseworkError | None = None
    status = 200
    try:
        offered = event.offer(g.world, reading, g.person, case_id, process)
    except ChangedMeanwhile as other:
        refusal, status = other, 409
    if written:
        posted, faults = upload.lists(form, case_id=case_id, bureau_id=instance.bureau_id, keep=True)
        typed = post.reshaped(form, posted) or post.answers(form, posted)
        if refusal is None and not request.form.get("intent", "").startswith(
            (post.ADD, post.DROP, post.FIND)
        ):
            key = http.given_key()
            try:
                kept = upload.load(
                    form,
                    typed,
                    faults,
                    case_id=case_id,
                    options=lookup.offered(form, offered["shown"], typed),
                    data=offered["data"],
                )
                g.database.run(
                    lambda session: event.act(
                        g.world, session, actor(session), case_id, process, kept, key=key
                    )
                )
            except ChangedMeanwhile as other:
                refusal, status = other, 409
            except Refused as no:
                refusal, status = no, 422
            else:
                http.say("done", _("已发起：%(name)s。", name=trigger.name))
                return redirect(url_for("case.show", case_id=case_id)), 303
    return (
        render_template(
            "case/act.html",
            instance=instance,
            name=case.name_of(instance),
            trigger=trigger,
            failed=refusal is not None,
            other=None if isinstance(refusal, Refused) else refusal,
            page=form_page(
                form,
                values=typed,
                refused=refusal if isinstance(refusal, Refused) else None,
                shown={**offered["shown"], "options": lookup.offered(form, offered["shown"], typed)},
                data=offered["data"],
                files=upload.shown(form, typed, case_id=case_id),
            ),
        ),
        status,
    )


def day(given: str) -> date | None:
    """The day of the address, None for none or nonsense; a day to come is today."""
    try:
        return min(date.fromisoformat(given), clock.today())
    except ValueError:
        return None


def drawn(svg: str, number: int) -> Markup:
    """A picture of a page that shows several: its ids get its number, so that each id stands once."""
    if number:
        svg = svg.replace('"diagram-', f'"diagram-{number}-').replace(
            " diagram-words", f" diagram-{number}-words"
        )
        svg = svg.replace('id="el-', f'id="el-{number}-')
    return Markup(svg)  # noqa: S704 (built node by node, never from text)
