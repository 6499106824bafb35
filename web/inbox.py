"""The inbox and the page of one step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from engine import clock
from engine.access import rights
from engine.desk import hand, inbox, proxy, step
from engine.desk.sheet import Sheet, sheet
from engine.domain import terms
from engine.domain.calendar import why_not
from engine.errors import CaseworkError, ChangedMeanwhile, Refused
from forms import definition, post
from forms.model import Form
from forms.page import page as form_page
from web import http, upload, words
from web.auth import actor, ask_second_factor, has_second_factor, needs

page = Blueprint("inbox", __name__)
TABS = {
    "todo": lazy_gettext("待办"),
    "pool": lazy_gettext("待接收"),
    "done": lazy_gettext("已办"),
    "started": lazy_gettext("我发起"),
}
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
    args = request.args
    tab = args.get("tab", "todo") if args.get("tab") in TABS else "todo"
    filters = inbox.Filters(
        due=args.get("due", "") if args.get("due") in {"late", "today", "soon"} else "",
        process=args.get("process", "")[:80],
        step=args.get("step", "")[:80],
        q=args.get("q", "").strip()[:80],
    )
    counts = inbox.counts(reading, g.person)
    found = inbox.listing(reading, g.person, tab, filters, args.get("after", ""))

    def url(**changes: str) -> str:
        given = {
            "tab": tab,
            "due": filters.due,
            "process": filters.process,
            "step": filters.step,
            "q": filters.q,
        }
        kept = {
            key: value
            for key, value in (given | changes).items()
            if value and (key, value) != ("tab", "todo")
        }
        return url_for("inbox.index", **kept)

    plus = "+" if counts.capped else ""
    tabs = [
        {
            "url": url_for("inbox.index", **({"tab": key} if key != "todo" else {})),
            "label": label,
            "current": tab == key,
            "count": {"todo": f"{counts.total}{plus}", "pool": str(counts.pool or "")}.get(key, ""),
        }
        for key, label in TABS.items()
    ]
    chips = [
        {
            "url": url(due=""),
            "label": _("全部"),
            "count": f"{counts.total}{plus}",
            "kind": "",
            "current": not filters.due,
        },
        {
            "url": url(due="late"),
            "label": _("超期"),
            "count": counts.late,
            "kind": "late",
            "current": filters.due == "late",
        },
        {
            "url": url(due="today"),
            "label": _("今日到期"),
            "count": counts.today,
            "kind": "soon",
            "current": filters.due == "today",
        },
        {
            "url": url(due="soon"),
            "label": _("3 日内"),
            "count": counts.today + counts.soon,
            "kind": "",
            "current": filters.due == "soon",
        },
    ]
    return render_template(
        "inbox/index.html",
        tab=tab,
        filters=filters,
        counts=counts,
        found=found,
        tabs=tabs,
        chips=chips if tab in {"todo", "pool"} else [],
        processes=[(key, process_label(key)) for key in sorted(counts.processes)],
        steps=[(key, key) for key in sorted(counts.steps)],
        groups=_groups(found.rows) if tab in {"todo", "pool"} else [("", list(found.rows))],
        next_url=url(after=found.next) if found.next else "",
        first_url=url() if args.get("after") else "",
        today=clock.today(),
        off=why_not(reading, clock.today()),
        process_label=process_label,
        standing_in=proxy.waiting(reading, g.person),
        may_open_lead=rights.OPEN_LEAD.allows(g.person),
        given=hand.given_away(reading, g.person) if tab == "done" else [],
    )


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
    """The form of a step, made from the form of the case's release."""
    reading = http.reading()
    shown = sheet(reading, g.person, inbox.item(reading, g.person, item_id))
    return _task_page(shown, _form(shown), shown.draft, None, 200)


@page.post("/tasks/<int:item_id>")
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
        with g.database.transaction() as session:
            step.save_draft(session, actor(session), item_id, typed)
        http.say("doing", _("草稿已存，未提交。"))
        return redirect(url_for("inbox.task", item_id=item_id)), 303
    if shown.item.process in SECOND_FACTOR and not has_second_factor():
        with g.database.transaction() as session:
            step.save_draft(session, actor(session), item_id, typed)
        return ask_second_factor()
    key = http.given_key()
    try:
        options = shown.shown.get("options", {})
        kept = upload.load(form, typed, faults, case_id=shown.item.case_id, options=options, data=shown.data)
        _hand_in(shown, form, kept, key)
    except ChangedMeanwhile as other:
        return _task_page(shown, form, typed, other, 409)
    except Refused as refusal:
        return _task_page(shown, form, typed, refusal, 422)
    return redirect(url_for("inbox.index")), 303


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
    g.database.run(lambda session: step.release_item(session, actor(session), item_id))
    http.say("doing", _("已放回待接收。"))
    return redirect(url_for("inbox.index")), 303


def _form(shown: Sheet) -> Form:
    return definition.read(shown.source, shown.path)


def _hand_in(shown: Sheet, form: Form, kept: Mapping[str, Any], key: str) -> None:
    """Complete the step; what was delegated goes back to the delegator instead."""
    item = shown.item
    if hand.works_for_another(g.person, item):
        own = unsigned(form, kept)
        g.database.run(lambda session: hand.give_back(session, actor(session), item.id, own, key=key))
        http.say("done", _("已交回确认：%(step)s，%(name)s。", step=item.step, name=_name(shown)))
        return
    step.submit(g.world, g.person.id, item.id, kept, key=key)
    http.say("done", _("已交：%(step)s，%(name)s。", step=item.step, name=_name(shown)))


def unsigned(form: Form, answers: Mapping[str, Any]) -> dict[str, Any]:
    """What a delegate hands back: the signature is the delegator's own."""
    own = {component.key for component in form.walk() if component.type == "signature"}
    return {key: value for key, value in answers.items() if key not in own}


def _name(shown: Sheet) -> str:
    return shown.item.object_name or shown.item.title or shown.item.case_no


def _task_page(
    shown: Sheet, form: Form, values: Mapping[str, Any], refusal: CaseworkError | None, status: int
) -> ResponseReturnValue:
    mine = inbox.may_work_on(http.reading(), g.person, shown.item)
    refused = refusal if isinstance(refusal, Refused) else None
    if refused is not None:
        refused.clause = words.cited(refused.clause, shown.pack)
    return (
        render_template(
            "inbox/task.html",
            sheet=shown,
            item=shown.item,
            page=form_page(
                form,
                values=values,
                refused=refused,
                shown=shown.shown,
                data=shown.data,
                files=upload.shown(form, values, case_id=shown.item.case_id),
            )
            if mine
            else None,
            said=said(form, shown.answers),
            other=refusal if refused is None else None,
            failed=refusal is not None,
            mine=mine,
            claimed=shown.item.claimed_by_id == g.person.id,
            delegate=hand.delegate_of(http.reading(), shown.item),
            urges=hand.urged(http.reading(), shown.item) if shown.item.state == "open" else [],
            name=_name(shown),
            process_label=process_label,
            second_factor=shown.item.process in SECOND_FACTOR and not has_second_factor(),
        ),
        status,
    )


def said(form: Form, answers: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What was answered, as label and words, in the order of the form."""
    found = []
    for component in form.walk():
        key = component.key
        if key in answers and answers[key] not in (None, "", [], {}):
            labels = {choice.value: choice.label for choice in component.choices}
            found.append((words.label(component.label or key), _in_words(answers[key], labels)))
    return found


def _in_words(value: Any, labels: Mapping[str, str]) -> str:
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, Mapping):
        if "name" in value and "path" in value:
            return str(value["name"])
        return _("，").join(f"{key} {_in_words(part, labels)}" for key, part in value.items())
    if isinstance(value, list):
        return _("；").join(_in_words(part, labels) for part in value)
    return words.label(labels[str(value)]) if str(value) in labels else str(value)
