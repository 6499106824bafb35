"""The JSON API: every action of the pages, by token or session.

Errors are `{code, reason, clause, hint, fields}`. Long because every action has a route and its description.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from typing import Any, TypeVar

from flask import Blueprint, Response, g, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from engine.access import rights
from engine.access.permission import Permission
from engine.desk import board as boards
from engine.desk import case as cases
from engine.desk import draw as draws
from engine.desk import hand, inbox, seen, step, urge
from engine.desk import plan as plans
from engine.desk.pool import pools
from engine.desk.sheet import sheet
from engine.errors import CaseworkError, NotAllowed
from forms import definition, schema
from web import http, openapi
from web.auth import actor, has_second_factor, needs, open_to_all
from web.inbox import SECOND_FACTOR, unsigned
from web.openapi import ANY, DAY, FLAG, MOMENT, NUMBER, TEXT, describes, listed, page_of, record

View = TypeVar("View", bound=Callable[..., Any])
page = Blueprint("api", __name__, url_prefix=openapi.PREFIX)
http.csrf.exempt(page)
KEY = re.compile(r"[A-Za-z0-9._:-]{1,80}\Z")
HUGE = 2**62

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
CASE = record(
    id=NUMBER,
    name=TEXT,
    case_no=TEXT,
    kind=TEXT,
    state=TEXT,
    lamp=TEXT,
    outcome=TEXT,
    bureau=TEXT,
    started_at=MOMENT,
    steps=TEXT,
)
PLAN = record(
    id=NUMBER, title=TEXT, no=TEXT, bureau=TEXT, state=TEXT, year=NUMBER, quarter=NUMBER, published_on=DAY
)
DRAW = record(
    id=TEXT, bureau=TEXT, state=TEXT, mode=TEXT, round=NUMBER, roster=TEXT, head=TEXT, publish_by=DAY
)
AFTER = {"after": TEXT}
RECEIPT = record(item=NUMBER, case=NUMBER, step=TEXT)
HANDED = record(to=NUMBER, reason=TEXT)


def route(method: str, rule: str, permission: Permission | None = None) -> Callable[[View], View]:
    """Enter a route: address, permission, document."""

    def enter(view: View) -> View:
        marked = needs(permission)(view) if permission else view
        openapi.enter(method, rule, marked)
        page.add_url_rule(rule, view_func=marked, methods=[method])
        return view

    return enter


@page.before_request
def _guard() -> None:
    """A program with a cookie must bring the CSRF token; a bearer token needs none."""
    if request.method not in {"GET", "HEAD", "OPTIONS"} and g.row is not None and g.row.kind == "browser":
        http.protect()
    key = request.headers.get("Idempotency-Key")
    if key is not None and not KEY.match(key):
        raise BadRequest


def plain(value: Any) -> Any:
    """Dataclasses, instants and days as JSON."""
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def answer(value: Any, status: int = 200) -> Response:
    """A JSON answer."""
    response = http.jsonify(plain(value))
    response.status_code = status
    return response


def body() -> dict[str, Any]:
    """The JSON object of this request."""
    given = request.get_json()
    if not isinstance(given, dict) or not http.storable(given):
        raise BadRequest
    return given


def number(name: str) -> int:
    """A whole number of the query, 0 where there is none."""
    text = request.args.get(name, "")
    return min(int(text), HUGE) if text.isdecimal() and text.isascii() else 0


# --- the document and oneself ----------------------------------------------------------


def document() -> dict[str, Any]:
    """The OpenAPI document."""
    return openapi.document()


@page.get("/openapi.json")
@open_to_all
def openapi_document() -> ResponseReturnValue:
    """The OpenAPI document of this installation."""
    return answer(openapi.document(g.settings.base_url))


@route("GET", "/me")
@describes(
    "我是谁，任什么岗位",
    record(id=NUMBER, name=TEXT, login=TEXT, bureau=TEXT, roles=listed(TEXT), pools=listed(TEXT)),
)
def me() -> ResponseReturnValue:
    """Who asks."""
    person = g.person
    roles = sorted(role.value for role in person.roles())
    found = pools(http.reading(), person)
    return answer(
        {
            "id": person.id,
            "name": person.name,
            "login": person.login,
            "bureau": person.bureau.name,
            "roles": roles,
            "pools": found,
        }
    )


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
        g.database.run(lambda session: seen.see(session, actor(session), item_id))
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
    found = g.database.run(lambda session: step.release_item(session, actor(session), item_id))
    return answer({"id": found.id, "version": found.version})


@route("POST", "/tasks/<int:item_id>/draft", rights.WORK)
@describes("存草稿", record(id=NUMBER), body=record(answers=ANY))
def draft(item_id: int) -> ResponseReturnValue:
    """Keep what was typed."""
    inbox.item(http.reading(), g.person, item_id)
    given = _answers()
    g.database.run(lambda session: step.save_draft(session, actor(session), item_id, given))
    return answer({"id": item_id})


@route("POST", "/tasks/<int:item_id>/complete", rights.WORK)
@describes("提交", record(item=NUMBER, case=NUMBER, step=TEXT), body=record(answers=ANY))
def complete(item_id: int) -> ResponseReturnValue:
    """Complete a step with answers to its released form; draws and publications need the second factor."""
    reading = http.reading()
    found = inbox.item(reading, g.person, item_id)
    given = _answers()
    shown = sheet(reading, g.person, found)
    if found.process in SECOND_FACTOR and not has_second_factor():
        raise NotAllowed(
            "这一步要先输入动态口令。",
            slug="second-factor",
            hint="请在页面上输入动态口令，再用同一个会话调用。",
        )
    form = definition.read(shown.source, shown.path)
    kept = schema.load(form, given, options=shown.shown.get("options", {}), data=shown.data)
    if hand.works_for_another(g.person, found):
        kept = unsigned(form, kept)
        key = http.given_key()
        return answer(
            g.database.run(lambda session: hand.give_back(session, actor(session), item_id, kept, key=key))
        )
    return answer(step.submit(g.world, g.person.id, item_id, kept, key=http.given_key()))


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
    return answer(
        g.database.run(
            lambda session: act_(session, actor(session), item_id, to=number_, reason=reason, key=key)
        )
    )


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


def _answers() -> dict[str, Any]:
    given = body().get("answers")
    if not isinstance(given, dict):
        raise BadRequest
    return given


# --- cases --------------------------------------------------------------------------------


@route("GET", "/cases", rights.READ_OWN_CASES)
@describes(
    "案件，最新的在前",
    page_of(CASE),
    query={
        "kind": {"enum": ["", *cases.KINDS]},
        "state": {"enum": ["", *cases.STATES]},
        "q": TEXT,
        "parent": NUMBER,
        **AFTER,
    },
)
def list_cases() -> ResponseReturnValue:
    """Cases the person may see."""
    args = request.args
    return answer(
        cases.listing(
            http.reading(),
            g.person,
            kind=args.get("kind", "")[:80],
            state=args.get("state", "")[:80],
            q=args.get("q", "")[:80],
            parent=number("parent"),
            cursor=number("after"),
        )
    )


@route("GET", "/cases/<int:case_id>", rights.READ_OWN_CASES)
@describes(
    "一个案件：当前环节、时限和理由、时间线、可发起的事项",
    record(
        id=NUMBER,
        name=TEXT,
        case_no=TEXT,
        kind=TEXT,
        state=TEXT,
        outcome=TEXT,
        pack=TEXT,
        release=NUMBER,
        data=ANY,
        standing=listed(ANY),
        timeline=listed(ANY),
        actions=listed(ANY),
    ),
)
def case(case_id: int) -> ResponseReturnValue:
    """One case."""
    reading = http.reading()
    view = cases.view(reading, g.person, case_id)
    standing = [
        {
            "item": s.item.id,
            "element": s.item.element,
            "step": s.item.step,
            "lane": s.item.lane,
            "holder": s.holder,
            "lamp": s.lamp,
            "due_at": s.item.due_at,
            "why": s.item.due_why,
            "clause": s.item.clause,
        }
        for s in view.standing
    ]
    actions = [
        {"process": trigger.process, "name": trigger.name}
        for trigger in step.actions(reading, g.person, view.instance.id)
    ]
    return answer(
        {
            "id": view.instance.id,
            "name": view.name,
            "case_no": view.instance.case_no,
            "kind": view.kind,
            "state": view.instance.state,
            "outcome": view.instance.outcome,
            "pack": view.pack,
            "release": view.version,
            "data": view.instance.data or {},
            "standing": standing,
            "timeline": list(view.timeline),
            "actions": actions,
        }
    )


@route("POST", "/cases/<int:case_id>/actions/<process>", rights.READ_OWN_CASES)
@describes(
    "在案件中发起事项（检查受阻、申请调换等）", record(id=NUMBER), body=record(answers=ANY), status=201
)
def act(case_id: int, process: str) -> ResponseReturnValue:
    """Set off what the diagram lets people set off."""
    reading = http.reading()
    instance = cases.find(reading, g.person, case_id)
    given = _answers()
    trigger = cases.trigger_of(g.world, reading, g.person, case_id, process)
    form = definition.read(
        cases.form_of(reading, instance, trigger), f"{trigger.element.property('form') or process}.form"
    )
    offered = step.offer(g.world, reading, g.person, case_id, process)
    kept = schema.load(form, given, options=offered["shown"].get("options", {}), data=offered["data"])
    key = http.given_key()
    number_ = g.database.run(
        lambda session: step.act(g.world, session, actor(session), case_id, process, kept, key=key).id
    )
    return answer({"id": number_}, 201)


# --- plans, draws, board, releases -----------------------------------------------------------


@route("GET", "/plans", rights.READ_PLANS)
@describes("计划", record(rows=listed(PLAN)), query={"year": NUMBER})
def list_plans() -> ResponseReturnValue:
    """Plans the person may see."""
    rows = plans.listing(http.reading(), g.person, year=number("year"))
    return answer({"rows": [_plan(plan, title, bureau) for plan, title, bureau, _ in rows]})


@route("POST", "/plans", rights.DRAFT_PLAN)
@describes(
    "发起计划",
    record(case=NUMBER),
    body={
        "type": "object",
        "properties": {
            "year": {"type": "integer", "minimum": 2000, "maximum": 2100},
            "quarter": {"type": "integer", "minimum": 0, "maximum": 4},
            "title": TEXT,
        },
        "required": ["year"],
    },
    status=201,
)
def create_plan() -> ResponseReturnValue:
    """Open a plan and its case."""
    given = body()
    year, quarter, title = given.get("year"), given.get("quarter", 0), given.get("title", "")
    if type(year) is not int or type(quarter) is not int or not isinstance(title, str):
        raise BadRequest
    if not 2000 <= year <= 2100 or not 0 <= quarter <= 4:  # noqa: PLR2004 (years, quarters)
        raise BadRequest

    def opened(session: Any) -> int:
        return plans.open_plan(
            g.world, session, actor(session), year=year, quarter=quarter, title=title[:200]
        ).id

    return answer({"case": g.database.run(opened)}, 201)


@route("GET", "/plans/<int:plan_id>", rights.READ_PLANS)
@describes("一个计划：任务和抽取", record(plan=PLAN, case=NUMBER, tasks=listed(ANY), draws=listed(TEXT)))
def show_plan(plan_id: int) -> ResponseReturnValue:
    """One plan."""
    view = plans.view(http.reading(), g.person, plan_id)
    tasks = [
        {
            "no": task.no,
            "name": task.name,
            "item": task.item_name,
            "kind": task.object_kind,
            "num": task.num,
            "den": task.den,
            "starts_on": task.starts_on,
            "ends_on": task.ends_on,
        }
        for task in view.tasks
    ]
    return answer(
        {
            "plan": _plan(view.plan, view.title, view.bureau.short_name),
            "case": view.case_id,
            "tasks": tasks,
            "draws": [draw.id for draw in view.draws],
        }
    )


def _plan(plan: Any, title: str, bureau: str) -> dict[str, Any]:
    return {
        "id": plan.id,
        "title": title,
        "no": plan.no,
        "bureau": bureau,
        "state": plan.state,
        "year": plan.year,
        "quarter": plan.quarter,
        "published_on": plan.published_on,
    }


@route("GET", "/draws", rights.READ_DRAWS)
@describes("抽取，最新的在前", record(rows=listed(DRAW)))
def list_draws() -> ResponseReturnValue:
    """Numbered draws, failed and void ones too."""
    rows = draws.listing(http.reading(), g.person)
    return answer({"rows": [_draw(draw, bureau) for draw, bureau, _, _ in rows]})


@route("GET", "/draws/<draw_id>", rights.READ_DRAWS)
@describes(
    "一次抽取：漏斗、各层、记录",
    record(draw=DRAW, funnel=listed(ANY), strata=listed(ANY), events=listed(ANY)),
)
def show_draw(draw_id: str) -> ResponseReturnValue:
    """One draw."""
    reading = http.reading()
    view = draws.view(reading, draws.find(reading, g.person, draw_id))
    return answer(
        {
            "draw": _draw(view.draw, view.bureau.short_name),
            "funnel": view.funnel,
            "strata": view.strata,
            "events": view.events,
        }
    )


def _draw(draw: Any, bureau: str) -> dict[str, Any]:
    return {
        "id": draw.id,
        "bureau": bureau,
        "state": draw.state,
        "mode": draw.mode,
        "round": draw.round,
        "roster": draw.roster,
        "head": draw.head,
        "publish_by": draw.publish_by,
    }


@route("GET", "/board", rights.READ_BOARD)
@describes(
    "督办",
    record(
        open=NUMBER, late=NUMBER, today=NUMBER, soon=NUMBER, units=listed(ANY), lines=listed(ANY), next=TEXT
    ),
    query={"when": {"enum": list(boards.WHEN)}, "unit": TEXT, "bureau": NUMBER, "step": TEXT, **AFTER},
)
def board() -> ResponseReturnValue:
    """What is late, by unit and step."""
    args = request.args
    when = args.get("when", "late")
    filters = boards.Filters(
        when if when in boards.WHEN else "late",
        args.get("unit", "")[:80],
        number("bureau"),
        args.get("step", "")[:80],
    )
    found = boards.board(http.reading(), g.person, filters, args.get("after", ""))
    return answer(
        {
            "open": found.open,
            "late": found.late,
            "today": found.today,
            "soon": found.soon,
            "units": found.units,
            "lines": found.lines,
            "next": found.next,
        }
    )


@page.errorhandler(CaseworkError)
def refused(error: CaseworkError) -> Response:
    """Errors of the family, as JSON always."""
    return http.on_error(error)
