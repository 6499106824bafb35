"""Handing a step on: transfer (转办), delegate (委派), return (退回), urge (催办)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy.orm import Session

from engine.access import rights
from engine.desk import hand, inbox
from engine.errors import CaseworkError, ChangedMeanwhile, NotFound, Refused
from web import http, words
from web.auth import actor, needs

page = Blueprint("hand", __name__)
TITLES = {
    "transfer": lazy_gettext("转办"),
    "delegate": lazy_gettext("委派"),
    "return": lazy_gettext("退回"),
    "urge": lazy_gettext("催办"),
}
TELLS = {
    "transfer": lazy_gettext("转办后由对方办理，不再回到你这里。你的“已办”里能看到转给了谁。"),
    "delegate": lazy_gettext("对方先办，交回后由你确认提交。交回之前你可以随时收回。"),
    "return": lazy_gettext("退回后从那个环节重新办起，后面已开的环节、期限都会关闭，已填的内容留档备查。"),
    "urge": lazy_gettext("催办记入案件时间线，承办人打开这一步时会看到。同一件事一天催一次。"),
}
DONE = {
    "transfer": lazy_gettext("已转办。"),
    "delegate": lazy_gettext("已委派，交回后会回到你的待办。"),
    "return": lazy_gettext("已退回。"),
    "urge": lazy_gettext("已催办，记入时间线。"),
}
MOST = 2000


@page.route("/tasks/<int:item_id>/hand/<way>", methods=["GET", "POST"])
@needs(rights.WORK)
def on(item_id: int, way: str) -> ResponseReturnValue:
    """Hand a step on: to whom or back to which step, and why."""
    if way not in hand.WAYS:
        raise NotFound(_("没有这个页面。"), hint=_("请从待办进入。"))
    reading = http.reading()
    item = inbox.item(reading, g.person, item_id)
    if way == "return":
        choices = [(each.id, each.name) for each in hand.returns(g.world, reading, g.person, item)]
    else:
        choices = [
            (str(each.id), each.name + _("（%(words)s）", words=each.staff_no))
            for each in hand.receivers(reading, g.person, item, way)
        ]
    return _answer(item, way, choices, lambda session, key: _act(session, item_id, way, key))


@page.route("/board/<int:item_id>/urge", methods=["GET", "POST"])
@needs(rights.READ_BOARD)
def urge(item_id: int) -> ResponseReturnValue:
    """Urge whoever has a step."""
    item = inbox.item(http.reading(), g.person, item_id)
    text = request.form.get("reason", "")[: MOST + 1]

    def act(session: Session, key: str) -> Any:
        return hand.urge(session, actor(session), item_id, text=text, key=key)

    return _answer(item, "urge", [], act)


def _act(session: Session, item_id: int, way: str, key: str) -> Any:
    to, reason = request.form.get("to", "")[:80], request.form.get("reason", "")[: MOST + 1]
    person = actor(session)
    if way == "return":
        return hand.send_back(g.world, session, person, item_id, to=to, reason=reason, key=key)
    number = int(to) if to.isdecimal() and to.isascii() and len(to) < 10 else 0  # noqa: PLR2004 (a person)
    act = hand.transfer if way == "transfer" else hand.delegate
    return act(session, person, item_id, to=number, reason=reason, key=key)


def _answer(
    item: Any, way: str, choices: list[tuple[str, str]], act: Callable[[Session, str], Any]
) -> ResponseReturnValue:
    refusal: CaseworkError | None = None
    status = 200
    if request.method == "POST":
        key = http.given_key()
        try:
            g.database.run(lambda session: act(session, key))
        except ChangedMeanwhile as other:
            refusal, status = other, 409
        except Refused as no:
            no.clause = words.cited(no.clause, g.person.bureau.pack)
            refusal, status = no, 422
        else:
            http.say("done", str(DONE[way]))
            return redirect(url_for("board.index" if way == "urge" else "inbox.index")), 303
    faults: dict[str, str] = getattr(refusal, "fields", {})
    return (
        render_template(
            "hand/on.html",
            item=item,
            name=item.object_name or item.title or item.case_no,
            way=way,
            title=TITLES[way],
            tells=TELLS[way],
            choices=choices,
            chosen=request.form.get("to", ""),
            reason=request.form.get("reason", ""),
            refusal=refusal,
            faults={"to": faults.get("to", ""), "reason": faults.get("reason") or faults.get("text", "")},
            failed=refusal is not None,
        ),
        status,
    )
