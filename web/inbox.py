"""The inbox and the page of one step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from engine import clock
from engine.access import rights
from engine.desk import (
    brief,
    cc,
    comment,
    cursor,
    hand,
    inbox,
    marks,
    proxy,
    saved,
    scan,
    seat,
    seen,
    signer,
    step,
    trace,
    urge,
    withdraw,
)
from engine.desk.audience import audience
from engine.desk.case import extra
from engine.desk.lamp import Days
from engine.desk.sheet import Sheet, sheet
from engine.domain import terms
from engine.domain.calendar import why_not
from engine.errors import CaseworkError, ChangedMeanwhile, Refused
from forms import definition, post
from forms.answered import Answer, answered
from forms.model import Form
from forms.page import page as form_page
from web import http, lookup, proof, upload, words
from web.auth import actor, ask_second_factor, carry_out, has_second_factor, keeps, needs
from web.listing import COLUMNS, Address, chips, tabs

page = Blueprint("inbox", __name__)
SECOND_FACTOR = {"draw", "publication"}  # 依据: 抽取、公示、发布须动态口令


def process_label(process: str) -> str:
    """What a process is called."""
    return words.label(terms.chinese(process.partition(".")[0]))


# --- the list -----------------------------------------------------------------------


@page.get("/")
def index() -> ResponseReturnValue:
    """What waits for me. All filters stand in the address. Who has no work to do is sent to the own pages."""
    if not rights.WORK.allows(g.person):
        return redirect(_home())
    reading = http.reading()
    address = Address.read(saved.layout(reading, g.person))
    tab, filters = address.tab, address.filters
    counts = inbox.counts(reading, g.person)
    offered = inbox.counts_of(reading, g.person, tab) if tab in {"done", "started"} else counts
    listed = tab in {"todo", "pool", "done", "started"}
    found = inbox.listing(reading, g.person, tab, filters, request.args.get("after", "")) if listed else None
    rows = found.rows if found else []
    waiting = tab in {"todo", "pool"}
    told, gone = (
        cc.unread(reading, g.person) + comment.unread(reading, g.person),
        cursor.number(request.args.get("gone", "")),
    )
    copies = cc.listing(reading, g.person, request.args.get("after", "")[:60]) if tab == "copies" else None
    following = found.next if found else copies.next if copies else ""
    return render_template(
        "inbox/index.html",
        tab=tab,
        filters=filters,
        address=address,
        counts=counts,
        rows=rows,
        searched=scan.SEARCHED if found and found.partial else 0,
        groups=_groups(rows) if waiting else [("", list(rows))],
        marks=marks.marks(reading, g.person, rows if waiting else [], batch="batch" in address.columns),
        tabs=tabs(tab, counts, told),
        chips=chips(address, counts) if waiting else [],
        processes=[(key, process_label(key)) for key in _with(offered.processes, filters.process)],
        steps=[(key, key) for key in _with(offered.steps, filters.step)],
        bureaus=inbox.bureau_names(reading, offered) if len(offered.bureaus) > 1 or filters.bureau else [],
        views=saved.views(reading, g.person),
        sharing=saved.sharing(g.person),
        columns=[(key, str(COLUMNS[key])) for key in saved.COLUMNS],
        next_url=address.url(after=following) if following else "",
        first_url=address.url() if request.args.get("after") else "",
        today=clock.today(),
        off=why_not(reading, clock.today()),
        process_label=process_label,
        standing_in=proxy.waiting(reading, g.person),
        asked=extra.mine(reading, g.person),
        may_open_lead=rights.OPEN_LEAD.allows(g.person),
        may_read_board=rights.READ_BOARD.allows(g.person),
        given=trace.given_away(reading, g.person, before=gone) if tab == "done" else [],
        given_more=trace.RECENT,
        copies=copies.rows if copies else [],
        mentions=comment.mentions(reading, g.person) if tab == "copies" else [],
        urged=urge.received(reading, g.person) if tab == "urged" else [],
        urges=urge.sent(reading, g.person) if tab == "urged" else [],
        lamp_of=Days(reading).lamp,
        peek=_peek(reading, waiting),
    )


def _with(offered: Iterable[str], chosen: str) -> list[str]:
    """What a filter offers, and what is chosen though nothing of it waits now (a kept view)."""
    return sorted({*offered, chosen} - {""})


@page.get("/badge")
@needs(rights.WORK)
def badge() -> ResponseReturnValue:
    """The number beside 待办, asked for by open pages every half minute; asking keeps no session alive."""
    return http.jsonify({"count": inbox.badge(http.reading(), g.person)})


@page.get("/keys")
@needs(rights.WORK)
def keys() -> ResponseReturnValue:
    """The keyboard map: a page of its own, and what `?` shows."""
    return render_template("inbox/keys.html", part=request.args.get("part") == "1")


def _peek(reading: Session, waiting: bool) -> Mapping[str, Any] | None:
    """The step looked at beside the list: what it is, why this day, what was said before."""
    number = cursor.number(request.args.get("peek", ""))
    if not waiting or not 0 < number < 2**62:
        return None
    shown = sheet(reading, g.person, inbox.item(reading, g.person, number))
    return {
        "sheet": shown,
        "name": shown.item.name,
        "urges": urge.urged(reading, shown.item),
        "mine": inbox.may_work_on(reading, g.person, shown.item),
    }


def _groups(rows: Any) -> list[tuple[str, list[inbox.Row]]]:
    groups: dict[str, list[inbox.Row]] = {}
    for row in rows:
        groups.setdefault(row.group, []).append(row)
    return list(groups.items())


def _home() -> str:
    if rights.READ_AUDIT.allows(g.person):
        return url_for("audit.index")
    if rights.READ_PROCESSES.allows(g.person):
        return url_for("process.index")
    return url_for("auth.me")


# --- one step ----------------------------------------------------------------------------


@page.get("/tasks/<int:item_id>")
@needs(rights.WORK)
def task(item_id: int) -> ResponseReturnValue:
    """The form of a step, made from the form of the case's release. Opening it is noted, once."""
    reading = http.reading()
    _open(reading, inbox.item(reading, g.person, item_id))
    shown = sheet(reading, g.person, inbox.item(reading, g.person, item_id))
    return _task_page(shown, _form(shown), shown.draft, None, 200)


def _keep_typed(item_id: int) -> ResponseReturnValue:
    """Somebody whose sign-in lapsed while they typed: their draft, and nothing done."""
    reading = http.reading()
    shown = sheet(reading, g.person, inbox.item(reading, g.person, item_id))
    form = _form(shown)
    posted, _faults = upload.lists(
        form, case_id=shown.item.case_id, bureau_id=shown.item.bureau_id, keep=False
    )
    _save_draft(item_id, post.answers(form, posted))
    http.say("soon", _("登录已失效，没有提交。填写的内容已存为草稿，登录后继续。"))
    return redirect(url_for("auth.sign_in_page", next=url_for("inbox.task", item_id=item_id))), 303


@page.post("/tasks/<int:item_id>")
@keeps(_keep_typed)
@needs(rights.WORK)
def complete(item_id: int) -> ResponseReturnValue:
    """Hand the answers in. A refused form comes back with what was typed; a draft is kept without checks."""
    reading = http.reading()
    shown = sheet(reading, g.person, inbox.item(reading, g.person, item_id))
    form = _form(shown)
    mine = inbox.may_work_on(reading, g.person, shown.item)
    posted, faults = upload.lists(form, case_id=shown.item.case_id, bureau_id=shown.item.bureau_id, keep=mine)
    again = post.reshaped(form, posted)
    if again is not None:
        return _task_page(shown, form, again, None, 200)
    typed = post.answers(form, posted)
    if request.form.get("intent") == "draft":
        return _keep_draft(item_id, typed)
    first = ask_second_factor if lacks_second_factor(shown.item) else None
    first = first or (proof.ask if proof.lacks(shown, form) else None)
    if first is not None:
        _save_draft(item_id, typed)
        return first()
    key = http.given_key()
    try:
        options = lookup.offered(form, shown.shown, typed)
        kept = upload.load(form, typed, faults, case_id=shown.item.case_id, options=options, data=shown.data)
        _hand_in(shown, form, kept, key, options)
    except ChangedMeanwhile as other:
        return _task_page(shown, form, typed, other, 409)
    except Refused as refusal:
        return _task_page(shown, form, typed, refusal, 422)
    return redirect(_onward(item_id)), 303


@page.post("/tasks/<int:item_id>/claim")
@needs(rights.WORK)
def claim(item_id: int) -> ResponseReturnValue:
    """Take a step out of its pool."""
    inbox.item(http.reading(), g.person, item_id)
    g.database.run(lambda session: step.claim(g.world, session, actor(session), item_id))
    return redirect(url_for("inbox.task", item_id=item_id)), 303


@page.post("/tasks/<int:item_id>/release")
@needs(rights.WORK)
def release(item_id: int) -> ResponseReturnValue:
    """Hand a taken step back."""
    inbox.item(http.reading(), g.person, item_id)
    carry_out(step.release_item, item_id)
    http.say("doing", _("已放回待接收。"))
    return redirect(url_for("inbox.index")), 303


def _keep_draft(item_id: int, typed: Mapping[str, Any]) -> ResponseReturnValue:
    """Keep what was typed; a page that saves by itself while one types gets the time, no new page."""
    _save_draft(item_id, typed)
    if http.wants_json():
        return http.jsonify({"saved": words.moment(clock.now())})
    http.say("doing", _("草稿已存，未提交。"))
    return redirect(url_for("inbox.task", item_id=item_id)), 303


def _save_draft(item_id: int, typed: Mapping[str, Any]) -> None:
    carry_out(step.save_draft, item_id, typed)


def _open(reading: Session, item: inbox.WorkItem) -> None:
    """Note that the step, and what was said or copied to this person about it, has been opened."""
    fresh = inbox.may_work_on(reading, g.person, item) and not seen.has_seen(reading, g.person, item)
    copy = cc.to_read(reading, g.person, item)
    mentioned = comment.has_unread(reading, g.person, item.case_id)
    if not (fresh or copy or mentioned):
        return

    def note(session: Session) -> None:
        if fresh:
            seen.see(session, actor(session), item.id)
        if copy:
            cc.read(session, actor(session), copy.id)
        if mentioned:
            comment.read_those_of(session, actor(session), item.case_id)

    g.database.run(note)


def _onward(item_id: int) -> str:
    """After a step: the next one where that was asked for, else the list."""
    wish, _colon, number = request.form.get("intent", "").partition(":")
    if wish == "next" and number.isdecimal() and number.isascii() and number != str(item_id):
        return url_for("inbox.task", item_id=int(number[:18]))
    return url_for("inbox.index")


def lacks_second_factor(item: inbox.WorkItem) -> bool:
    """Whether a step needs the one-time code and this session has not given it."""
    return item.process in SECOND_FACTOR and not has_second_factor()


def _form(shown: Sheet) -> Form:
    return definition.read(shown.source, shown.path)


def _hand_in(shown: Sheet, form: Form, kept: Mapping[str, Any], key: str, offered: lookup.Options) -> None:
    """Complete the step; what was delegated goes back to the delegator instead."""
    item = shown.item
    if hand.works_for_another(g.person, item):
        own = unsigned(form, kept)
        carry_out(hand.give_back, item.id, own, key=key)
        http.say("done", _("已交回确认：%(step)s，%(name)s。", step=item.step, name=shown.item.name))
        return
    step.submit(g.world, g.person.id, item.id, kept, key=key, options=offered)
    http.say("done", _("已交：%(step)s，%(name)s。", step=item.step, name=shown.item.name))


def unsigned(form: Form, answers: Mapping[str, Any]) -> dict[str, Any]:
    """What a delegate hands back: the signature is the delegator's own."""
    own = {component.key for component in form.walk() if component.type == "signature"}
    return {key: value for key, value in answers.items() if key not in own}


def _task_page(
    shown: Sheet, form: Form, values: Mapping[str, Any], refusal: CaseworkError | None, status: int
) -> ResponseReturnValue:
    reading, item = http.reading(), shown.item
    mine = inbox.may_work_on(reading, g.person, item)
    before, following = inbox.neighbours(reading, g.person, item)
    refused = refusal if isinstance(refusal, Refused) else None
    if refused is not None:
        refused.clause = words.cited(refused.clause, shown.pack)
    told = brief.brief(reading, g.person, shown) if mine else None
    beside = {**shown.shown, "options": lookup.offered(form, shown.shown, values)}
    if told is not None:
        beside["facts"] = []
    return (
        render_template(
            "inbox/task.html",
            sheet=shown,
            brief=told,
            signing=signer.signing(reading, g.person, item),
            item=shown.item,
            page=form_page(
                form,
                values=values,
                refused=refused,
                shown=beside,
                data=shown.data,
                files=upload.shown(form, values, case_id=shown.item.case_id),
            )
            if mine
            else None,
            said=_read(form, shown.answers, shown, shown.chosen),
            unsent=_read(form, values, shown, beside["options"])
            if refusal is not None and refused is None
            else [],
            other=refusal if refused is None else None,
            failed=refusal is not None,
            mine=mine,
            lapsed=seat.why_not(reading, g.person, item),
            claimed=shown.item.claimed_by_id == g.person.id,
            delegate=hand.delegate_of(reading, item),
            urges=urge.urged(reading, item) if item.state == "open" else [],
            may_urge=urge.may_urge(reading, g.person, item),
            may_withdraw=withdraw.withdrawable(g.world, reading, g.person, item),
            went=trace.given_away(reading, g.person, item_id=item.id)[:1],
            copied=cc.copied_to(reading, item),
            comments=comment.said(reading, item.case_id) if item.case_id else [],
            comments_most=comment.RECENT,
            audience=[each for each in audience(reading, item.case_id) if each.id != g.person.id],
            before=before,
            following=following,
            name=shown.item.name,
            process_label=process_label,
            second_factor=lacks_second_factor(item),
            unproved=mine and proof.lacks(shown, form),
        ),
        status,
    )


def _read(form: Form, answers: Mapping[str, Any], shown: Sheet, options: lookup.Options) -> list[Answer]:
    """What was answered, to be read."""
    files = upload.shown(form, answers, case_id=shown.item.case_id)
    return answered(form, answers, options=options, files=files)
