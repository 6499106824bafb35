"""The JSON API of the inbox beyond one step: taking back, copies, comments, views, many at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import g, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from engine.access import rights
from engine.desk import bulk as bulks
from engine.desk import cc, comment, inbox, saved, trace
from engine.desk import urge as urging
from engine.desk import withdraw as withdrawing
from web import http
from web.api import AFTER, HUGE, RECEIPT, answer, body, number, route
from web.auth import actor, carry_out
from web.bulk import checked, needs_code
from web.openapi import ANY, MOMENT, NUMBER, TEXT, describes, listed, page_of, record

NUMBERS = listed(NUMBER)
LISTED = 200
COPY = record(
    id=NUMBER,
    item_id=NUMBER,
    case_id=NUMBER,
    name=TEXT,
    case_no=TEXT,
    step=TEXT,
    process=TEXT,
    who=TEXT,
    text=TEXT,
    at=MOMENT,
    read_at=MOMENT,
)
SAID = record(id=NUMBER, who=TEXT, step=TEXT, text=TEXT, at=MOMENT, mentioned=listed(TEXT))
VIEW = record(id=NUMBER, name=TEXT, query=ANY, who=TEXT, shared=TEXT)
ROW = record(
    item_id=NUMBER,
    case_id=NUMBER,
    name=TEXT,
    case_no=TEXT,
    step=TEXT,
    state={"enum": list(bulks.WORDS)},
    text=TEXT,
    at=MOMENT,
)


def text(name: str, *, most: int = 5000, needed: bool = True) -> str:
    """A text of the body."""
    found = body().get(name, None if needed else "")
    if not isinstance(found, str) or len(found) > most:
        raise BadRequest
    return found


def numbers(name: str, *, needed: bool = True) -> list[int]:
    """A list of row numbers of the body."""
    found = body().get(name, None if needed else [])
    if not isinstance(found, list) or len(found) > LISTED:
        raise BadRequest
    if any(type(each) is not int or not 0 < each < HUGE for each in found):
        raise BadRequest
    return found


def seen_item(item_id: int) -> None:
    """NotFound for who may not see the step."""
    inbox.item(http.reading(), g.person, item_id)


@route("POST", "/tasks/<int:item_id>/urge", rights.WORK)
@describes("催办：督办人员、发起人、办过前面环节的人", RECEIPT, body=record(text=TEXT))
def urge(item_id: int) -> ResponseReturnValue:
    """A line in the timeline, seen by whoever has the step."""
    seen_item(item_id)
    words, key = text("text"), http.given_key()
    return answer(carry_out(urging.urge, item_id, text=words, key=key))


@route("POST", "/tasks/<int:item_id>/withdraw", rights.WORK)
@describes("撤回：下一环节还没有人打开之前，本人收回刚办的这一步", RECEIPT, body=record(reason=TEXT))
def withdraw(item_id: int) -> ResponseReturnValue:
    """The step lies with who did it again."""
    seen_item(item_id)
    reason, key = text("reason"), http.given_key()
    return answer(
        g.database.run(lambda s: withdrawing.withdraw(g.world, s, actor(s), item_id, reason=reason, key=key))
    )


@route("POST", "/tasks/<int:item_id>/copy", rights.WORK)
@describes("抄送给能看本案的人", RECEIPT, body=record(to=NUMBERS, text=TEXT))
def copy(item_id: int) -> ResponseReturnValue:
    """Show the step to people who have nothing to do in it."""
    seen_item(item_id)
    to, words, key = numbers("to"), text("text"), http.given_key()
    return answer(carry_out(cc.send, item_id, to=to, text=words, key=key))


@route("GET", "/copies", rights.WORK)
@describes("抄送给我的，未阅的在前", page_of(COPY), query={**AFTER})
def copies() -> ResponseReturnValue:
    """What was copied to me."""
    return answer(cc.listing(http.reading(), g.person, request.args.get("after", "")[:60]))


@route("POST", "/copies/<int:copy_id>/read", rights.WORK)
@describes("标为已阅", record(id=NUMBER, read_at=MOMENT), body=record())
def read(copy_id: int) -> ResponseReturnValue:
    """Tick a copy off."""
    found = carry_out(cc.read, copy_id)
    return answer({"id": found.id, "read_at": found.read_at})


@route("POST", "/copies/read", rights.WORK)
@describes("全部标为已阅", record(read=NUMBER), body=record())
def read_all() -> ResponseReturnValue:
    """Tick all copies off."""
    return answer({"read": carry_out(cc.read_all)})


@route("GET", "/mentions", rights.WORK)
@describes("提到我的意见，未阅的在前", record(rows=listed(ANY)))
def mentions() -> ResponseReturnValue:
    """Where I was mentioned."""
    return answer({"rows": comment.mentions(http.reading(), g.person)})


@route("GET", "/handed", rights.WORK)
@describes("离开我手上的环节去了哪里", page_of(ANY), query={**AFTER})
def handed() -> ResponseReturnValue:
    """Where my steps went."""
    rows = trace.given_away(http.reading(), g.person, before=number("after"))
    return answer({"rows": rows, "next": following(rows, trace.RECENT)})


def following(rows: Sequence[Any], most: int) -> str:
    """The cursor behind a page of rows that stand by their numbers, "" where it is not full."""
    return str(rows[-1].id) if len(rows) == most else ""


@route("GET", "/cases/<int:case_id>/comments", rights.READ_OWN_CASES)
@describes("案件的交流意见，最新的在前", page_of(SAID), query={**AFTER})
def comments(case_id: int) -> ResponseReturnValue:
    """What people said about a case."""
    case = comment.find(http.reading(), g.person, case_id)
    rows = comment.said(http.reading(), case.id, before=number("after"))
    return answer({"rows": rows, "next": following(rows, comment.RECENT)})


@route("POST", "/cases/<int:case_id>/comments", rights.READ_OWN_CASES)
@describes(
    "写交流意见；@姓名 或 mention 提醒能看本案的人",
    record(case=NUMBER),
    body={
        "type": "object",
        "properties": {"text": TEXT, "mention": NUMBERS, "item": NUMBER},
        "required": ["text"],
    },
)
def say(case_id: int) -> ResponseReturnValue:
    """Say something about a case."""
    words, people, about, key = (
        text("text"),
        numbers("mention", needed=False),
        body().get("item", 0),
        http.given_key(),
    )
    if type(about) is not int or not 0 <= about < HUGE:
        raise BadRequest
    return answer(carry_out(comment.add, case_id, words, item_id=about, mention=people, key=key))


@route("GET", "/views", rights.WORK)
@describes("视图：自己的和共享给我的", record(rows=listed(VIEW), columns=listed(TEXT), density=TEXT))
def views() -> ResponseReturnValue:
    """Kept views, and my layout."""
    reading = http.reading()
    columns, density = saved.layout(reading, g.person)
    return answer({"rows": saved.views(reading, g.person), "columns": columns, "density": density})


@route("POST", "/views", rights.WORK)
@describes(
    "保存视图；share 为自己的岗位（role:机构:岗位）或科室（section:编号）",
    record(id=NUMBER),
    body={
        "type": "object",
        "properties": {"name": TEXT, "query": ANY, "share": TEXT},
        "required": ["name", "query"],
    },
    status=201,
)
def keep() -> ResponseReturnValue:
    """Keep a view."""
    name, share, query = text("name"), text("share", needed=False), body().get("query")
    if not isinstance(query, dict) or not all(isinstance(value, str) for value in query.values()):
        raise BadRequest
    made = carry_out(saved.keep, name, query, share=share)
    return answer({"id": made.id}, 201)


@route("POST", "/views/<int:view_id>/delete", rights.WORK)
@describes("删去自己的视图", record(id=NUMBER), body=record())
def forget(view_id: int) -> ResponseReturnValue:
    """Delete an own view."""
    carry_out(saved.forget, view_id)
    return answer({"id": view_id})


@route("POST", "/layout", rights.WORK)
@describes(
    "列和行距",
    record(columns=listed(TEXT), density=TEXT),
    body=record(columns=listed({"enum": list(saved.COLUMNS)}), density={"enum": list(saved.DENSITIES)}),
)
def lay_out() -> ResponseReturnValue:
    """Keep columns and density."""
    columns, density = body().get("columns"), text("density")
    if not isinstance(columns, list) or not all(isinstance(name, str) for name in columns):
        raise BadRequest
    carry_out(saved.lay_out, columns, density)
    return answer({"columns": columns, "density": density})


@route("POST", "/bulk", rights.WORK)
@describes(
    "一次接收、转办、办理或催办多件：每件一个事务，逐件给结果。办理只限流程图标明的低风险环节，answers 用于每一件；"
    "催办的 reason 里 【环节】、【到期日】、【时限】 换成各件的",
    record(bulk=NUMBER),
    body={
        "type": "object",
        "properties": {
            "act": {"enum": list(bulks.ACTS)},
            "items": NUMBERS,
            "to": NUMBER,
            "reason": TEXT,
            "answers": ANY,
        },
        "required": ["act", "items"],
    },
    status=202,
)
def bulk() -> ResponseReturnValue:
    """Begin a bulk act."""
    act, ids, reason, key = text("act"), numbers("items"), text("reason", needed=False), http.given_key()
    to, answers = body().get("to", 0), body().get("answers", {})
    if type(to) is not int or not 0 <= to < HUGE or not isinstance(answers, dict):
        raise BadRequest
    reading = http.reading()
    items = bulks.chosen(reading, ids)
    for item in items:
        inbox.item(reading, g.person, item.id)
    kept: dict[int, bulks.Given] = {}
    if act == "complete":
        bulks.refuse_unlike(reading, items)
        needs_code(items)
        kept = checked(items, answers)
    number = carry_out(bulks.begin, act, items, to=to, reason=reason, answers=kept, key=key)
    return answer({"bulk": number}, 202)


@route("GET", "/bulk/<int:bulk_id>", rights.WORK)
@describes("批量操作的进度和每一件的结果", record(act=TEXT, total=NUMBER, waiting=NUMBER, rows=listed(ROW)))
def bulk_progress(bulk_id: int) -> ResponseReturnValue:
    """How far a bulk act has come."""
    found = bulks.progress(http.reading(), g.person, bulk_id)
    return answer(
        {
            "act": found.bulk.act,
            "total": len(found.rows),
            "waiting": found.number("waiting"),
            "rows": found.rows,
        }
    )
