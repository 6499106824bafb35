"""The JSON API for oneself: account, sessions, second factor, notices; web hooks; what is stuck."""

from __future__ import annotations

from typing import Any

from flask import g, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from engine.access import rights
from engine.access.identity import identities
from engine.access.session import SessionRow
from engine.desk import account, identity, notice, stuck
from engine.desk.notice import choice as choices
from engine.desk.notice import hook as hooks
from engine.domain.notice import KINDS, NoticeHook
from engine.errors import Refused
from web import http
from web.api import AFTER, answer, given, number, route
from web.auth import actor, carry_out
from web.notice import CHANNELS, TIMES, wish_of
from web.openapi import ANY, FLAG, MOMENT, NUMBER, TEXT, describes, listed, page_of, record

NOTICE = record(
    id=NUMBER, kind=TEXT, title=TEXT, detail=TEXT, path=TEXT, actor=TEXT, at=MOMENT, read_at=MOMENT
)
CHOICE = record(
    email=TEXT,
    **dict.fromkeys(CHANNELS, FLAG),
    **dict.fromkeys(TIMES, TEXT),
    muted=listed({"enum": list(KINDS)}),
)
HOOK = record(id=NUMBER, url=TEXT, active=FLAG, created_at=MOMENT)
SECRET = record(id=NUMBER, secret=TEXT)
DONE = record(id=NUMBER)
SESSION = record(id=NUMBER, kind=TEXT, name=TEXT, address=TEXT, created_at=MOMENT, seen_at=MOMENT, this=FLAG)


# --- account --------------------------------------------------------------------------------------


@route("GET", "/me/sessions")
@describes("登录中的设备和接口令牌", record(rows=listed(SESSION)))
def my_sessions() -> ResponseReturnValue:
    """Where I am signed in."""
    rows = account.sessions(http.reading(), g.person)
    return answer({"rows": [_session(row) for row in rows]})


def _session(row: SessionRow) -> dict[str, Any]:
    names = ("id", "kind", "name", "address", "created_at", "seen_at")
    return {name: getattr(row, name) for name in names} | {"this": row.id == g.row.id}


@route("POST", "/me/sessions/<int:row_id>/revoke")
@describes("让一个登录退出；退出本次登录即注销", DONE, body=record())
def revoke_session(row_id: int) -> ResponseReturnValue:
    """Close one of the own sessions, this one, too."""
    carry_out(account.revoke, row_id)
    return answer({"id": row_id})


@route("POST", "/me/second-factor")
@describes(
    "输入动态口令；此后 12 小时内，本会话可以抽取、公示和发布", record(ok=FLAG), body=record(code=TEXT)
)
def give_second_factor() -> ResponseReturnValue:
    """Give the one-time code for this session or token; enrolling needs the page with its QR code."""
    code = given(code=str)["code"][:20]
    if not g.database.run(lambda session: account.give_code(session, g.row.id, code)):
        raise Refused(account.WRONG_CODE, slug="wrong-code", fields={"code": account.WRONG_CODE})
    return answer({"ok": True})


@route("POST", "/me/proof")
@describes(
    "再次确认是本人（密码）；此后规则包规定的几分钟内，本会话可以办理要签名的环节",
    record(ok=FLAG),
    body=record(password=TEXT),
)
def prove() -> ResponseReturnValue:
    """Show again that it is oneself, for this session or token; a one-time code does as well."""
    password, address = given(password=str)["password"][:500], request.remote_addr or ""
    reason = g.database.run(lambda session: account.prove(session, g.row.id, password, address=address))
    if reason:
        raise Refused(reason, slug="wrong-password", fields={"password": reason})
    return answer({"ok": True})


@route("POST", "/me/password")
@describes("改密码；其他登录都退出", record(ok=FLAG), body=record(old=TEXT, new=TEXT))
def change_password() -> ResponseReturnValue:
    """Change the own password."""
    asked, address = given(old=str, new=str), request.remote_addr or ""
    reason = g.database.run(
        lambda session: account.change_password(
            session, g.row.id, asked["old"][:500], asked["new"][:500], address=address
        )
    )
    if reason:
        raise Refused(reason, slug="wrong-password", fields={"old": reason})
    return answer({"ok": True})


@route("POST", "/me/tokens")
@describes("新建接口令牌，只在这次应答中给出", record(token=TEXT), body=record(name=TEXT), status=201)
def new_token() -> ResponseReturnValue:
    """A token for a program that acts as me."""
    name = given(name=str)["name"][:80]
    return answer({"token": carry_out(account.new_token, name)}, 201)


@route("GET", "/me/identity")
@describes("绑定的统一身份", record(rows=listed(record(id=NUMBER, issuer=TEXT, linked_at=MOMENT))))
def my_identities() -> ResponseReturnValue:
    """The own links; a new one is made in the browser only."""
    rows = identities(http.reading(), g.person)
    return answer(
        {"rows": [{"id": row.id, "issuer": row.issuer, "linked_at": row.linked_at} for row in rows]}
    )


@route("POST", "/me/identity/<int:identity_id>/part")
@describes("解除绑定", DONE, body=record())
def part_identity(identity_id: int) -> ResponseReturnValue:
    """Take a link away."""
    carry_out(identity.part, identity_id)
    return answer({"id": identity_id})


# --- notices --------------------------------------------------------------------------------------


@route("GET", "/notices")
@describes("我的消息，最新的在前", page_of(NOTICE), query={"unread": {"enum": ["", "1"]}, **AFTER})
def notices() -> ResponseReturnValue:
    """What I was told."""
    found = notice.listing(
        http.reading(), g.person, unread_only=request.args.get("unread") == "1", cursor=number("after")
    )
    names = ("id", "kind", "title", "detail", "path", "at", "read_at")
    rows = [
        {name: getattr(row, name) for name in names} | {"actor": row.actor.name if row.actor else ""}
        for row in found.rows
    ]
    return answer({"rows": rows, "next": found.next})


@route("POST", "/notices/<int:notice_id>/open")
@describes("打开一条消息：标为已读，给出可以办理的地址", record(path=TEXT), body=record())
def open_notice(notice_id: int) -> ResponseReturnValue:
    """Where something can be done about it."""
    return answer({"path": carry_out(notice.opened, notice_id).path})


@route("POST", "/notices/read")
@describes("把到这一条为止的消息都标为已读", record(read=NUMBER), body=record(until=NUMBER))
def read_notices() -> ResponseReturnValue:
    """Everything up to one notice is read."""
    until = given(until=int)["until"]
    return answer({"read": carry_out(notice.read_all, until=until)})


@route("GET", "/notices/choice")
@describes("我怎样接收消息", CHOICE)
def notice_choice() -> ResponseReturnValue:
    """The own channels, digest and quiet hours."""
    return answer(wish_of(notice.choice_of(http.reading(), g.person)))


@route("POST", "/notices/choice")
@describes("改变我怎样接收消息", CHOICE, body=CHOICE)
def choose_notices() -> ResponseReturnValue:
    """Keep the own choice."""
    asked = given(email=str, **dict.fromkeys(CHANNELS, bool), **dict.fromkeys(TIMES, str), muted=list)
    if not all(isinstance(kind, str) for kind in asked["muted"]):
        raise BadRequest
    wish = choices.Wish(**asked)
    carry_out(choices.choose, wish)
    return answer(wish)


# --- web hooks ------------------------------------------------------------------------------------


@route("GET", "/hooks", rights.MANAGE_SYSTEM)
@describes("消息外送的地址", record(rows=listed(HOOK)))
def list_hooks() -> ResponseReturnValue:
    """Where notices are sent to."""
    return answer({"rows": [_hook(row) for row in hooks.hooks(http.reading(), g.person)]})


def _hook(row: NoticeHook) -> dict[str, Any]:
    return {"id": row.id, "url": row.url, "active": row.active, "created_at": row.created_at}


@route("POST", "/hooks", rights.MANAGE_SYSTEM)
@describes("登记外送地址；签名密钥只在这次应答中给出", SECRET, body=record(url=TEXT), status=201)
def create_hook() -> ResponseReturnValue:
    """Enter an address."""
    url = given(url=str)["url"]

    def work(session: Any) -> tuple[int, str]:
        hook, secret = hooks.add_hook(session, actor(session), url, g.settings)
        return hook.id, secret

    number_, secret = g.database.run(work)
    return answer({"id": number_, "secret": secret}, 201)


@route("POST", "/hooks/<int:hook_id>/renew", rights.MANAGE_SYSTEM)
@describes("换签名密钥", SECRET, body=record())
def renew_hook_secret(hook_id: int) -> ResponseReturnValue:
    """A new signing secret."""
    secret = carry_out(hooks.renew, hook_id, g.settings)[1]
    return answer({"id": hook_id, "secret": secret})


@route("POST", "/hooks/<int:hook_id>/close", rights.MANAGE_SYSTEM)
@describes("停用外送地址", DONE, body=record())
def stop_hook(hook_id: int) -> ResponseReturnValue:
    """Nothing more is sent there."""
    carry_out(hooks.close, hook_id)
    return answer({"id": hook_id})


# --- what is stuck ----------------------------------------------------------------------------------


@route("GET", "/board/stuck", rights.READ_BOARD)
@describes("没有送出或停住的任务", record(rows=listed(ANY)))
def list_stuck() -> ResponseReturnValue:
    """Jobs that wait for a person."""
    return answer({"rows": list(stuck.stuck(http.reading(), g.person))})


@route("POST", "/board/jobs/<int:job_id>/again", rights.READ_BOARD)
@describes("马上再试一个停住的任务", DONE, body=record())
def run_again(job_id: int) -> ResponseReturnValue:
    """Let a stuck job run again."""
    carry_out(stuck.again, job_id)
    return answer({"id": job_id})
