"""The JSON API of cases, plans, draws and the overdue board."""

from __future__ import annotations

from typing import Any

from flask import g, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from engine.access import rights
from engine.desk import board as boards
from engine.desk import case as cases
from engine.desk import draw as draws
from engine.desk import event, third
from engine.desk import plan as plans
from engine.errors import NotAllowed
from forms import definition
from web import http, lookup, upload
from web.api import AFTER, answer, body, given_answers, number, route
from web.auth import actor, carry_out, has_second_factor
from web.draw import third_address
from web.openapi import ANY, DAY, MOMENT, NUMBER, TEXT, describes, listed, page_of, record

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
    holders=TEXT,
    lanes=listed(TEXT),
)
PLAN = record(
    id=NUMBER, title=TEXT, no=TEXT, bureau=TEXT, state=TEXT, year=NUMBER, quarter=NUMBER, published_on=DAY
)
DRAW = record(
    id=TEXT, bureau=TEXT, state=TEXT, mode=TEXT, round=NUMBER, roster=TEXT, head=TEXT, publish_by=DAY
)


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
        "year": NUMBER,
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
            year=number("year"),
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
        for trigger in event.actions(reading, g.person, view.instance.id)
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
    given = given_answers()
    trigger = event.trigger_of(reading, g.person, case_id, process, written=True)
    form = definition.read(
        cases.form_of(reading, instance, trigger), f"{trigger.element.property('form') or process}.form"
    )
    offered = event.offer(g.world, reading, g.person, case_id, process)
    options = lookup.offered(form, offered["shown"], given)
    kept = upload.load(form, given, {}, case_id=case_id, options=options, data=offered["data"])
    key = http.given_key()
    number_ = g.database.run(
        lambda session: event.act(g.world, session, actor(session), case_id, process, kept, key=key).id
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

    key = http.given_key()

    def opened(session: Any) -> int:
        return plans.open_plan(
            g.world, session, actor(session), year=year, quarter=quarter, title=title[:200], key=key
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
    return answer({"rows": [_draw(draw, bureau) for draw, bureau, *_ in rows]})


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


@route("POST", "/draws/<draw_id>/third", rights.WORK)
@describes(
    "出具第三方一次性链接；只在这里出现一次，原链接作废", record(url=TEXT, until=MOMENT), body=record()
)
def issue_third_link(draw_id: str) -> ResponseReturnValue:
    """A link by which the third party seals and opens; needs the second factor as every act of a draw."""
    if not has_second_factor():
        raise NotAllowed(
            "这一步要先输入动态口令。",
            slug="second-factor",
            hint="请先用 /api/v1/me/second-factor 输入动态口令，再用同一个会话调用。",
        )
    row, token = carry_out(third.issue, draw_id)
    return answer({"url": third_address(token), "until": row.expires_at})


@route("POST", "/draws/<draw_id>/third/revoke", rights.WORK)
@describes("撤销第三方一次性链接", record(draw=TEXT), body=record())
def revoke_third_link(draw_id: str) -> ResponseReturnValue:
    """The link works no longer."""
    carry_out(third.call_back, draw_id)
    return answer({"draw": draw_id})


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
