"""The JSON API of a step: what waits, taking it, its answers, handing it on, sending it back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response, g, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from engine.access import rights
from engine.desk import hand, inbox, proof, seen, step, urge
from engine.desk.sheet import sheet
from engine.errors import NotAllowed
from forms import definition
from forms import draft as drafts
from web import http, lookup, upload
from web.api import AFTER, HUGE, RECEIPT, answer, body, given_answers, number, route
from web.auth import actor, carry_out, has_second_factor
from web.inbox import SECOND_FACTOR, unsigned
from web.openapi import ANY, FLAG, MOMENT, NUMBER, TEXT, describes, listed, page_of, record
from web.proof import signs

LAMP = record(kind=TEXT, text=TEXT, days={"type": ["integer", "null"]})
TASK = record(
    id=NUMBER,
    case_id=NUMBER,
    name=TEXT,
    case_no=TEXT,
    step=TEXT,
    process=TEXT,
    clause=TEXT,
    lamp=LAMP,
    due_at=MOMENT,
    holder=TEXT,
    mine=FLAG,
    bureau=TEXT,
    at=MOMENT,
    group=TEXT,
)
HANDED = record(to=NUMBER, reason=TEXT)


# --- tasks ------------------------------------------------------------------------------


@route("GET", "/tasks", rights.WORK)
@describes(
    "待办，最先到期的在前",
    page_of(TASK),
    query={
        "tab": {"enum": list(inbox.TABS)},
        "due": {"enum": ["", "late", "today", "soon"]},
        "process": TEXT,
        "step": TEXT,
        "q": TEXT,
        "bureau": NUMBER,
        **AFTER,
    },
)
def tasks() -> ResponseReturnValue:
    """One page of a tab of the inbox."""
    args = request.args
    tab = args.get("tab", "todo")
    words = (args.get(name, "")[:80] for name in ("due", "process", "step", "q"))
    filters = inbox.Filters(*words, bureau=number("bureau"))
    return answer(
        inbox.listing(
            http.reading(), g.person, tab if tab in inbox.TABS else "todo", filters, args.get("after", "")
        )
    )


@route("GET", "/tasks/<int:item_id>", rights.WORK)
@describes(
    "一个环节：表单、事实、选项、时限和理由",
    record(
        id=NUMBER,
        step=TEXT,
        state=TEXT,
        case_id=NUMBER,
        form=ANY,
        facts=listed(listed(TEXT)),
        options=ANY,
        draft=ANY,
        due_at=MOMENT,
        why=ANY,
        clause=TEXT,
        version=NUMBER,
        may_complete=FLAG,
    ),
)
def task(item_id: int) -> ResponseReturnValue:
    """One step with its released form."""
    reading = http.reading()
    found = inbox.item(reading, g.person, item_id)
    shown = sheet(reading, g.person, found)
    may = inbox.may_work_on(reading, g.person, found)
    if may and not seen.has_seen(reading, g.person, found):
        carry_out(seen.see, item_id)
    return answer(
        {
            "id": found.id,
            "step": found.step,
            "state": found.state,
            "case_id": found.case_id,
            "form": http.loads(shown.source),
            "facts": [[str(a), str(b)] for a, b in shown.shown.get("facts", [])],
            "options": shown.shown.get("options", {}),
            "draft": shown.draft,
            "due_at": found.due_at,
            "why": shown.why,
            "clause": found.clause,
            "version": found.version,
            "may_complete": may,
        }
    )


@route("POST", "/tasks/<int:item_id>/claim", rights.WORK)
@describes("接收", record(id=NUMBER, version=NUMBER), body=record())
def claim(item_id: int) -> ResponseReturnValue:
    """Take a step out of its pool."""
    inbox.item(http.reading(), g.person, item_id)
    found = g.database.run(lambda session: step.claim(g.world, session, actor(session), item_id))
    return answer({"id": found.id, "version": found.version})


@route("POST", "/tasks/<int:item_id>/release", rights.WORK)
@describes("放回待接收", record(id=NUMBER, version=NUMBER), body=record())
def release(item_id: int) -> ResponseReturnValue:
    """Hand a taken step back."""
    inbox.item(http.reading(), g.person, item_id)
    found = carry_out(step.release_item, item_id)
    return answer({"id": found.id, "version": found.version})


@route("POST", "/tasks/<int:item_id>/draft", rights.WORK)
@describes("存草稿", record(id=NUMBER), body=record(answers=ANY))
def draft(item_id: int) -> ResponseReturnValue:
    """Keep what was typed."""
    shown = sheet(http.reading(), g.person, inbox.item(http.reading(), g.person, item_id))
    kept = drafts.kept(definition.read(shown.source, shown.path), given_answers())
    carry_out(step.save_draft, item_id, kept)
    return answer({"id": item_id})


@route("POST", "/tasks/<int:item_id>/complete", rights.WORK)
@describes("提交", record(item=NUMBER, case=NUMBER, step=TEXT), body=record(answers=ANY))
def complete(item_id: int) -> ResponseReturnValue:
    """Complete a step with answers to its released form; draws and publications need the second factor."""
    reading = http.reading()
    found = inbox.item(reading, g.person, item_id)
    given = given_answers()
    shown = sheet(reading, g.person, found)
    if found.process in SECOND_FACTOR and not has_second_factor():
        raise NotAllowed(
            "这一步要先输入动态口令。",
            slug="second-factor",
            hint="请在页面上输入动态口令，再用同一个会话调用。",
        )
    form = definition.read(shown.source, shown.path)
    proof.demand(g.row, shown.rules, found, signs=signs(form))
    options = lookup.offered(form, shown.shown, given)
    kept = upload.load(form, given, {}, case_id=found.case_id, options=options, data=shown.data)
    if hand.works_for_another(g.person, found):
        kept = unsigned(form, kept)
        key = http.given_key()
        return answer(carry_out(hand.give_back, item_id, kept, key=key))
    return answer(step.submit(g.world, g.person.id, item_id, kept, key=http.given_key(), options=options))


@route("GET", "/tasks/<int:item_id>/hand", rights.WORK)
@describes(
    "这一步可以转办、委派给谁，可以退回到哪里，谁催办过",
    record(
        transfer=listed(record(id=NUMBER, name=TEXT)),
        delegate=listed(record(id=NUMBER, name=TEXT)),
        returns=listed(record(element=TEXT, step=TEXT)),
        urges=listed(ANY),
        delegated_to=TEXT,
    ),
)
def handing(item_id: int) -> ResponseReturnValue:
    """To whom a step may be handed on, and where it may go back to."""
    reading = http.reading()
    found = inbox.item(reading, g.person, item_id)
    to = {
        way: [{"id": each.id, "name": each.name} for each in hand.receivers(reading, g.person, found, way)]
        for way in ("transfer", "delegate")
    }
    delegate_ = hand.delegate_of(reading, found)
    returns = hand.returns(g.world, reading, g.person, found)
    return answer(
        {
            **to,
            "returns": [{"element": each.id, "step": each.name} for each in returns],
            "urges": urge.urged(reading, found),
            "delegated_to": delegate_.name if delegate_ else "",
        }
    )


@route("POST", "/tasks/<int:item_id>/transfer", rights.WORK)
@describes("转办：换人办理，不再回来", RECEIPT, body=HANDED)
def transfer(item_id: int) -> ResponseReturnValue:
    """The step is the receiver's now."""
    return _handed(item_id, hand.transfer)


@route("POST", "/tasks/<int:item_id>/delegate", rights.WORK)
@describes("委派：对方先办，交回后由本人确认提交；放回（release）即收回", RECEIPT, body=HANDED)
def delegate(item_id: int) -> ResponseReturnValue:
    """The receiver works on the step, it comes back."""
    return _handed(item_id, hand.delegate)


def _handed(item_id: int, act_: Callable[..., dict[str, Any]]) -> Response:
    inbox.item(http.reading(), g.person, item_id)
    given = body()
    to, reason, key = given.get("to"), given.get("reason"), http.given_key()
    if type(to) is not int or not isinstance(reason, str):
        raise BadRequest
    number_ = to if 0 < to < HUGE else 0
    return answer(carry_out(act_, item_id, to=number_, reason=reason, key=key))


@route("POST", "/tasks/<int:item_id>/return", rights.WORK)
@describes("退回到前面的人工环节", RECEIPT, body=record(to=TEXT, reason=TEXT))
def send_back(item_id: int) -> ResponseReturnValue:
    """An earlier human step of the same process is open again."""
    inbox.item(http.reading(), g.person, item_id)
    given = body()
    to, reason, key = given.get("to"), given.get("reason"), http.given_key()
    if not isinstance(to, str) or not isinstance(reason, str):
        raise BadRequest
    return answer(
        g.database.run(
            lambda session: hand.send_back(
                g.world, session, actor(session), item_id, to=to, reason=reason, key=key
            )
        )
    )
