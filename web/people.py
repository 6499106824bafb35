"""Accounts and posts (security administrator); handing over a leaver's open steps (who answers for them)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound as NoSuchPage

from engine import clock
from engine.access import rights
from engine.desk import cursor, leaver, people
from engine.domain import terms
from engine.errors import Refused
from engine.people import Person, Role
from web import http, words
from web.auth import carry_out, needs

page = Blueprint("people", __name__)
Given = Mapping[str, Any]
LONGEST_LIST = 200


# --- accounts and posts ------------------------------------------------------------------------------


@page.get("/people")
@needs(rights.MANAGE_PEOPLE)
def index() -> ResponseReturnValue:
    """The accounts of the bureau, and a form for a new one."""
    return _index({}, {}, "", 200)


@page.post("/people")
@needs(rights.MANAGE_PEOPLE)
def add() -> ResponseReturnValue:
    """A new account; its first password is shown on the next page only."""
    given = {name: request.form.get(name, "")[:200] for name in ("login", "name", "staff_no", "section_id")}
    try:
        made, password = carry_out(
            people.add,
            login=given["login"],
            name=given["name"],
            staff_no=given["staff_no"],
            section_id=_number(given["section_id"]),
        )
    except Refused as refusal:
        return _index(given, refusal.fields, refusal.reason, 422)
    return _show(made.id, {}, "", 200, password=password)


def _index(given: Given, fields: dict[str, str], reason: str, status: int) -> ResponseReturnValue:
    reading = http.reading()
    q, after = request.args.get("q", "").strip()[:80], request.args.get("after", "")[:80]
    found = people.listing(reading, g.person, q=q, cursor=after)
    kept = {"q": q} if q else {}
    return (
        render_template(
            "people/index.html",
            found=found,
            q=q,
            today=clock.today(),
            given=given,
            sections=people.sections(reading, g.person),
            fields=fields,
            reason=reason,
            failed=bool(reason),
            next_url=url_for("people.index", **kept, after=found.next) if found.next else "",
            first_url=url_for("people.index", **kept) if after else "",
        ),
        status,
    )


@page.get("/people/<int:person_id>")
@needs(rights.MANAGE_PEOPLE)
def show(person_id: int) -> ResponseReturnValue:
    """One account: posts with dates, sessions, what can be done."""
    return _show(person_id, {}, "", 200)


@page.post("/people/<int:person_id>/<act>")
@needs(rights.MANAGE_PEOPLE)
def change(person_id: int, act: str) -> ResponseReturnValue:
    """One act of `ACTS`; what is refused comes back as it was typed."""
    if act not in ACTS:
        raise NoSuchPage
    try:
        said, password = carry_out(ACTS[act], person_id, request.form)
    except Refused as refusal:
        return _show(person_id, refusal.fields, words.whole(refusal.reason, refusal.hint), 422)
    if password:
        return _show(person_id, {}, "", 200, password=password)
    http.say("done", said)
    return redirect(url_for("people.show", person_id=person_id)), 303


def _show(
    person_id: int, fields: dict[str, str], reason: str, status: int, *, password: str = ""
) -> ResponseReturnValue:
    with g.database.reading() as fresh:  # this request's older view does not know what was just changed
        return (
            render_template(
                "people/show.html",
                view=people.view(fresh, g.person, person_id),
                password=password,
                today=clock.today(),
                given=request.form,
                roles=[(role.value, terms.role_label(role.value)) for role in Role],
                sections=people.sections(fresh, g.person),
                fields=fields,
                reason=reason,
                failed=bool(reason),
            ),
            status,
        )


Act = Callable[[Session, Person, int, Given], tuple[str, str]]


def _grant(session: Session, by: Person, person_id: int, given: Given) -> tuple[str, str]:
    role, first, last = str(given.get("role", "")), day(given, "first"), day(given, "last", people.FOREVER)
    if role not in set(Role):
        raise Refused(_("请选一个岗位。"), slug="form-invalid", fields={"role": _("请从列出的岗位中选。")})
    people.grant(session, by, person_id, role=Role(role), first=first, last=last)
    return _("岗位已授予。"), ""


def _end(session: Session, by: Person, person_id: int, given: Given) -> tuple[str, str]:
    people.end(session, by, person_id, grant_id=_number(given.get("grant_id")) or 0, last=day(given, "until"))
    return _("任期已改。"), ""


def _move(session: Session, by: Person, person_id: int, given: Given) -> tuple[str, str]:
    people.move(session, by, person_id, section_id=_number(given.get("section_id")))
    return _("科室已改。"), ""


def _close(session: Session, by: Person, person_id: int, given: Given) -> tuple[str, str]:
    left = people.close(session, by, person_id, reason=str(given.get("reason", ""))[:1000])
    if left:
        return _("账号已停用。还有 %(n)s 件待办，已请分管领导移交。", n=left), ""
    return _("账号已停用，没有待办要移交。"), ""


def _reopen(session: Session, by: Person, person_id: int, _given: Given) -> tuple[str, str]:
    people.reopen(session, by, person_id)
    return _("账号已恢复，岗位要重新授予。"), ""


def _unlock(session: Session, by: Person, person_id: int, _given: Given) -> tuple[str, str]:
    people.unlock(session, by, person_id)
    return _("已解锁。"), ""


def _password(session: Session, by: Person, person_id: int, _given: Given) -> tuple[str, str]:
    return "", people.new_password(session, by, person_id)[1]


def _second_factor(session: Session, by: Person, person_id: int, _given: Given) -> tuple[str, str]:
    people.reset_second_factor(session, by, person_id)
    return _("动态口令已清除，本人下次使用时重新绑定。"), ""


def _revoke(session: Session, by: Person, person_id: int, _given: Given) -> tuple[str, str]:
    return _("%(n)s 个登录已退出。", n=people.end_sessions(session, by, person_id)), ""


ACTS: Mapping[str, Act] = {
    "grant": _grant,
    "end": _end,
    "move": _move,
    "close": _close,
    "reopen": _reopen,
    "unlock": _unlock,
    "password": _password,
    "second-factor": _second_factor,
    "revoke": _revoke,
}
"""What the security administrator does with an account; page and API offer the same."""


def day(given: Given, name: str, default: date | None = None) -> date:
    """A day of a form, `YYYY-MM-DD`; today or `default` where it is empty."""
    text = str(given.get(name) or "")
    if not text:
        return default or clock.today()
    try:
        return date.fromisoformat(text[:10])
    except ValueError as fault:
        sentence = _("请填写日期，例如 2026-10-09。")
        raise Refused(_("日期不对。"), slug="form-invalid", fields={name: sentence}) from fault


def _number(text: Any) -> int | None:
    return cursor.number(str(text or "")) or None


# --- leavers -------------------------------------------------------------------------------------------


@page.get("/leavers")
@needs(rights.HAND_OVER)
def leavers() -> ResponseReturnValue:
    """Who has left and still has open steps."""
    return render_template("people/leavers.html", rows=leaver.leavers(http.reading(), g.person))


@page.get("/leavers/<int:person_id>")
@needs(rights.HAND_OVER)
def preview(person_id: int) -> ResponseReturnValue:
    """The open steps of a person, and for each who may get it."""
    return _preview(person_id, {}, "", 200)


@page.post("/leavers/<int:person_id>")
@needs(rights.HAND_OVER)
def hand_over(person_id: int) -> ResponseReturnValue:
    """Hand them on, row by row; the answer of each row stands on the page that follows."""
    form = request.form
    wanted = {
        name[3:]: cursor.number(value)
        for name, value in list(form.items())[: LONGEST_LIST * 2]
        if name.startswith("to-") and leaver.is_key(name[3:]) and value and value == str(cursor.number(value))
    }
    reason = form.get("reason", "").strip()[:1000]
    if not reason or not wanted:
        sentence = _("请填写移交理由。") if not reason else _("请至少为一件事选好去向。")
        return _preview(person_id, {"reason": sentence} if not reason else {}, sentence, 422)
    leaver.preview(http.reading(), g.person, person_id)  # 404 and 403 before anything is changed
    done = leaver.hand_over(g.world, g.person.id, person_id, wanted, reason=reason, key=http.given_key())
    return _preview(person_id, {}, "", 200, done=done)


def _preview(
    person_id: int, fields: dict[str, str], reason: str, status: int, *, done: list[leaver.Done] | None = None
) -> ResponseReturnValue:
    with g.database.reading() as fresh:  # what was just handed on is not in this request's older view
        someone, rows = leaver.preview(fresh, fresh.get_one(Person, g.person.id), person_id)
        return (
            render_template(
                "people/leaver.html",
                person=someone,
                rows=rows,
                rest=leaver.rest(fresh, someone),
                done=done or [],
                given=request.form,
                fields=fields,
                reason=reason,
                failed=bool(reason),
            ),
            status,
        )
