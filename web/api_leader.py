"""The API of what leaders do: briefs, questions, signers. Entered into the same blueprint as `web/api.py`."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from flask import g
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.exceptions import BadRequest

from engine.access import rights
from engine.desk import brief, inbox, signer
from engine.desk.case import extra, find
from engine.desk.sheet import sheet
from engine.errors import NotFound
from web import http, words
from web.api import answer, given, route
from web.auth import actor, carry_out
from web.openapi import ANY, DAY, FLAG, MOMENT, NUMBER, TEXT, describes, listed, record

# --- before a decision --------------------------------------------------------------------------


@route("GET", "/tasks/<int:item_id>/brief", rights.WORK)
@describes(
    "决定前的简报：谁提出、事实、各种决定之后、能否决定、以前的情形、反常之处",
    record(
        by=TEXT,
        at=MOMENT,
        words=TEXT,
        facts=listed(listed(TEXT)),
        fates=listed(ANY),
        checks=listed(ANY),
        history=listed(listed(TEXT)),
        object_cases=listed(ANY),
        unusual=listed(TEXT),
        questions=listed(ANY),
    ),
)
def task_brief(item_id: int) -> ResponseReturnValue:
    """What a person needs before a decision."""
    reading = http.reading()
    found = brief.brief(reading, g.person, sheet(reading, g.person, inbox.item(reading, g.person, item_id)))
    if found is None:
        raise NotFound("这一步不需要作出决定，没有简报。")
    return answer(brief.as_json(found))


@route("POST", "/tasks/<int:item_id>/ask", rights.WORK)
@describes(
    "要求提出人补充；答复前本件暂停计时", record(item=NUMBER, case=NUMBER, step=TEXT), body=record(asked=TEXT)
)
def ask_more(item_id: int) -> ResponseReturnValue:
    """Ask whoever brought a step about for more."""
    inbox.item(http.reading(), g.person, item_id)
    asked, key = given(asked=str)["asked"], http.given_key()
    return answer(carry_out(extra.ask_more, item_id, asked=asked, key=key))


@route("GET", "/tasks/<int:item_id>/signers", rights.WORK)
@describes(
    "会签人：谁已签，可以加签谁",
    record(rule=TEXT, parts=ANY, able=listed(record(id=NUMBER, name=TEXT)), may_change=FLAG),
)
def signers(item_id: int) -> ResponseReturnValue:
    """Who signs a step."""
    reading = http.reading()
    found = signer.signing(reading, g.person, inbox.item(reading, g.person, item_id))
    if found is None:
        raise NotFound("这一步不是会签环节。")
    able = [{"id": each.id, "name": each.name} for each in found.able]
    return answer(
        {
            "rule": found.rule,
            "parts": [replace(part, why_not=words.said(part.why_not)) for part in found.parts],
            "able": able,
            "may_change": found.may_change,
        }
    )


@route("POST", "/tasks/<int:item_id>/signers", rights.WORK)
@describes(
    "加签（add）、减签（remove）或改由他人签（replace：who 不再签，to 来签）",
    record(item=NUMBER, case=NUMBER, step=TEXT),
    body={
        **record(way={"enum": list(signer.WAYS)}, who=NUMBER, reason=TEXT, to=NUMBER),
        "required": ["way", "who", "reason"],
    },
)
def change_signers(item_id: int) -> ResponseReturnValue:
    """Add a signer, take one off who has not signed, or let another sign instead."""
    inbox.item(http.reading(), g.person, item_id)
    told, key = given(way=str, who=int, reason=str), http.given_key()
    if told["way"] == "replace":
        told |= given(to=int)
    if told["way"] not in signer.WAYS:
        raise BadRequest
    asked = signer.Change(**told)
    return answer(
        g.database.run(
            lambda session: signer.change(g.world, session, actor(session), item_id, asked, key=key)
        )
    )


# --- errands ------------------------------------------------------------------------------------

EXTRA = record(
    id=NUMBER,
    case_id=NUMBER,
    title=TEXT,
    asked=TEXT,
    person=TEXT,
    asked_by=TEXT,
    asked_at=MOMENT,
    due_on=DAY,
    result=TEXT,
    open=FLAG,
)


def _extra(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "case_id": row.case_id,
        "title": row.title,
        "asked": row.asked,
        "person": row.person.name,
        "asked_by": row.asked_by.name,
        "asked_at": row.asked_at,
        "due_on": row.due_on,
        "result": row.result,
        "open": row.open,
    }


@route("GET", "/cases/<int:case_id>/extra", rights.READ_OWN_CASES)
@describes("本案的临时任务和补充要求", record(rows=listed(EXTRA)))
def extras(case_id: int) -> ResponseReturnValue:
    """The errands and questions of a case."""
    reading = http.reading()
    case = find(reading, g.person, case_id)
    return answer({"rows": [_extra(row) for row in extra.of_case(reading, case.case_id or case.id)]})


@route("GET", "/extra", rights.WORK)
@describes("交给我、还没有答复的临时任务和补充要求，先到期的在前", record(rows=listed(EXTRA)))
def my_extras() -> ResponseReturnValue:
    """What I am asked for and have not answered."""
    return answer({"rows": [_extra(row) for row in extra.mine(http.reading(), g.person)]})


@route("POST", "/cases/<int:case_id>/extra", rights.READ_CASES)
@describes(
    "交办临时任务",
    record(case=NUMBER, title=TEXT),
    body=record(title=TEXT, asked=TEXT, person=NUMBER, due_on=DAY),
)
def give_extra(case_id: int) -> ResponseReturnValue:
    """Give somebody of the case an errand."""
    told = given(title=str, asked=str, person=int, due_on=str)
    try:
        due_on = date.fromisoformat(told.pop("due_on"))
    except ValueError as fault:
        raise BadRequest from fault
    key = http.given_key()
    return answer(carry_out(extra.ask, case_id, due_on=due_on, key=key, **told))


@route("POST", "/extra/<int:extra_id>", rights.WORK)
@describes("答复临时任务；result 为空即撤回本人交办的", EXTRA, body=record(result=TEXT))
def end_extra(extra_id: int) -> ResponseReturnValue:
    """Answer an errand; an empty answer of who gave it takes it back."""
    result = given(result=str)["result"]

    def end(session: Session) -> dict[str, Any]:
        person = actor(session)
        if not result and extra.get(session, person, extra_id).asked_by_id == person.id:
            return _extra(extra.withdraw(session, person, extra_id))
        return _extra(extra.finish(session, person, extra_id, result=result))

    return answer(g.database.run(end))
