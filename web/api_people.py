"""The JSON API of the security administrator (accounts and posts) and of who hands over a leaver's steps."""

from __future__ import annotations

from typing import Any

from flask import g, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest, NotFound

from engine import clock
from engine.access import rights
from engine.desk import leaver, people
from engine.people import Grant, Person
from web import http, words
from web.api import HUGE, answer, body, given, route
from web.auth import actor, carry_out
from web.openapi import ANY, DAY, FLAG, MOMENT, NUMBER, TEXT, describes, listed, page_of, record
from web.people import ACTS

ACCOUNT = record(id=NUMBER, login=TEXT, name=TEXT, staff_no=TEXT, active=FLAG, roles=listed(TEXT))
POST = record(id=NUMBER, role=TEXT, first=DAY, last=DAY)
VIEW = record(
    account=ACCOUNT,
    posts=listed(POST),
    sessions=listed(record(id=NUMBER, kind=TEXT, name=TEXT, seen_at=MOMENT)),
    open_steps=NUMBER,
    locked=FLAG,
    second_factor=FLAG,
)
CHANGE = {
    "type": "object",
    "properties": {
        "role": TEXT,
        "first": TEXT,
        "last": TEXT,
        "grant_id": NUMBER,
        "until": TEXT,
        "section_id": {"type": ["integer", "null"]},
        "reason": TEXT,
    },
}
STEP = record(
    kind=TEXT,
    item=NUMBER,
    step=TEXT,
    of=TEXT,
    name=TEXT,
    receivers=listed(record(id=NUMBER, name=TEXT)),
    back=FLAG,
    why_not=TEXT,
)
MOST = 200


@route("GET", "/people", rights.MANAGE_PEOPLE)
@describes("本机构的账号，按工号", page_of(ACCOUNT), query={"q": TEXT, "after": TEXT})
def list_people() -> ResponseReturnValue:
    """Accounts of the bureau."""
    q, after = request.args.get("q", "")[:80], request.args.get("after", "")[:80]
    found = people.listing(http.reading(), g.person, q=q, cursor=after)
    return answer({"rows": [_account(row) for row in found.rows], "next": found.next})


@route("POST", "/people", rights.MANAGE_PEOPLE)
@describes(
    "新增账号；首次密码只在这次应答中给出",
    record(id=NUMBER, password=TEXT),
    body=record(login=TEXT, name=TEXT, staff_no=TEXT),
    status=201,
)
def add_person() -> ResponseReturnValue:
    """A new account without posts."""
    asked = given(login=str, name=str, staff_no=str)

    def work(session: Any) -> tuple[int, str]:
        made, password = people.add(session, actor(session), **asked)
        return made.id, password

    number, password = g.database.run(work)
    return answer({"id": number, "password": password}, 201)


@route("GET", "/people/<int:person_id>", rights.MANAGE_PEOPLE)
@describes("一个账号：岗位、登录、待办件数", VIEW)
def show_person(person_id: int) -> ResponseReturnValue:
    """One account."""
    found = people.view(http.reading(), g.person, person_id)
    names = ("id", "kind", "name", "seen_at")
    return answer(
        {
            "account": _account(found.person),
            "posts": [_post(post) for post in found.posts],
            "sessions": [{name: getattr(row, name) for name in names} for row in found.sessions],
            "open_steps": found.open_steps,
            "locked": found.locked,
            "second_factor": bool(found.person.totp_secret),
        }
    )


@route("POST", "/people/<int:person_id>/<act>", rights.MANAGE_PEOPLE)
@describes(f"对一个账号办一件事：{' · '.join(ACTS)}", record(said=TEXT, password=TEXT), body=CHANGE)
def change_person(person_id: int, act: str) -> ResponseReturnValue:
    """One act of the administrator; the same as on the page."""
    asked = body()
    if act not in ACTS:
        raise NotFound
    if any(isinstance(value, list | dict | float) for value in asked.values()):
        raise BadRequest
    said, password = carry_out(ACTS[act], person_id, asked)
    return answer({"said": said, "password": password})


def _account(row: Person) -> dict[str, Any]:
    names = ("id", "login", "name", "staff_no", "active")
    roles = sorted(role.value for role in row.roles(clock.today()))
    return {name: getattr(row, name) for name in names} | {"roles": roles}


def _post(row: Grant) -> dict[str, Any]:
    return {"id": row.id, "role": row.role.value, "first": row.valid_from, "last": row.valid_to}


@route("GET", "/leavers", rights.HAND_OVER)
@describes("离岗而还有待办的人员", record(rows=listed(record(id=NUMBER, name=TEXT, open_steps=NUMBER))))
def list_leavers() -> ResponseReturnValue:
    """Who has left and still has open steps."""
    rows = leaver.leavers(http.reading(), g.person)
    return answer({"rows": [{"id": each.id, "name": each.name, "open_steps": n} for each, n in rows]})


@route("GET", "/leavers/<int:person_id>", rights.HAND_OVER)
@describes(
    "一个人的待办、临时任务和共享视图，每件可以交给谁；rest 为不移交的和原因",
    record(rows=listed(STEP), rest=listed(record(words=TEXT, cases=listed(ANY)))),
)
def preview_leaver(person_id: int) -> ResponseReturnValue:
    """What may be done with each step."""
    reading = http.reading()
    someone, rows = leaver.preview(reading, g.person, person_id)
    return answer(
        {
            "rows": [
                {
                    "kind": row.kind,
                    "item": row.id,
                    "step": words.said(row.title),
                    "of": words.said(row.of),
                    "name": row.name,
                    "receivers": [{"id": each.id, "name": each.name} for each in row.receivers],
                    "back": row.back,
                    "why_not": words.said(row.why_not),
                }
                for row in rows
            ],
            "rest": [
                {
                    "words": words.said(each.words),
                    "cases": [{"id": number, "name": name} for number, name in each.cases],
                }
                for each in leaver.rest(reading, someone)
            ],
        }
    )


@route("POST", "/leavers/<int:person_id>", rights.HAND_OVER)
@describes(
    "移交待办：to 为接办人，0 为放回待接收（临时任务为撤回，视图为删去）；逐件办理，逐件答复",
    record(rows=listed(record(kind=TEXT, item_id=NUMBER, step=TEXT, name=TEXT, ok=FLAG, words=TEXT))),
    body=record(
        reason=TEXT,
        rows={
            "type": "array",
            "minItems": 1,
            "maxItems": MOST,
            "items": {
                **record(
                    kind={"enum": list(leaver.KINDS)},
                    item={"type": "integer", "minimum": 1},
                    to={"type": "integer", "minimum": 0},
                ),
                "required": ["item", "to"],
            },
        },
    ),
)
def hand_over_leaver(person_id: int) -> ResponseReturnValue:
    """Hand on each step; a row that is refused hinders no other."""
    asked = given(reason=str, rows=list)
    rows = asked["rows"]
    if not 0 < len(rows) <= MOST or not all(_row(row) for row in rows):
        raise BadRequest
    leaver.preview(http.reading(), g.person, person_id)
    wanted = {f"{row.get('kind', 'step')}-{row['item']}": row["to"] for row in rows}
    done = leaver.hand_over(
        g.world, g.person.id, person_id, wanted, reason=asked["reason"], key=http.given_key()
    )
    rows = [
        {
            "kind": each.kind,
            "item_id": each.item_id,
            "step": each.step,
            "name": each.name,
            "ok": each.ok,
            "words": words.whole(each.words, each.hint),
        }
        for each in done
    ]
    return answer({"rows": rows})


def _row(row: Any) -> bool:
    return (
        isinstance(row, dict)
        and row.get("kind", "step") in leaver.KINDS
        and all(
            type(row.get(name)) is int and low <= row[name] < HUGE for name, low in (("item", 1), ("to", 0))
        )
    )
