"""Handing a step on: transfer (转办), delegate (委派), return (退回), withdraw (撤回), copy (抄送), urge (催办)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy.orm import Session

from engine.access import rights
from engine.desk import cc, cursor, hand, inbox, withdraw
from engine.desk import urge as urging
from engine.errors import CaseworkError, ChangedMeanwhile, NotFound, Refused
from engine.people import Person
from web import http, words
from web.auth import actor, needs

page = Blueprint("hand", __name__)
TITLES = {
    "transfer": lazy_gettext("转办"),
    "delegate": lazy_gettext("委派"),
    "return": lazy_gettext("退回"),
    "withdraw": lazy_gettext("撤回"),
    "copy": lazy_gettext("抄送"),
    "urge": lazy_gettext("催办"),
}
TELLS = {
    "transfer": lazy_gettext("转办后由对方办理，不再回到你这里。你的“已办”里能看到转给了谁。"),
    "delegate": lazy_gettext("对方先办，交回后由你确认提交。交回之前你可以随时收回。"),
    "return": lazy_gettext("退回后从那个环节重新办起，后面已开的环节、期限都会关闭，已填的内容留档备查。"),
    "withdraw": lazy_gettext("下一环节还没有人打开，可以收回。撤回后这一步重新在你手上，原来填的内容还在。"),
    "copy": lazy_gettext("抄送只是告知，不用办理；只能抄送给能看本案的人。谁在什么时候看过，这里能看到。"),
    "urge": lazy_gettext("催办记入案件时间线，承办人打开这一步时会看到。同一件事一天催一次。"),
}
DONE = {
    "transfer": lazy_gettext("已转办。"),
    "delegate": lazy_gettext("已委派，交回后会回到你的待办。"),
    "return": lazy_gettext("已退回。"),
    "withdraw": lazy_gettext("已撤回，又在你的待办里了。"),
    "copy": lazy_gettext("已抄送。"),
    "urge": lazy_gettext("已催办，记入时间线。"),
}
WAYS = (*hand.WAYS, "withdraw", "copy")
MOST = 2000


@page.route("/tasks/<int:item_id>/hand/<way>", methods=["GET", "POST"])
@needs(rights.WORK)
def on(item_id: int, way: str) -> ResponseReturnValue:
    """Hand a step on: to whom or back to which step, and why."""
    if way not in WAYS:
        raise NotFound(_("没有这个页面。"), hint=_("请从待办进入。"))
    reading = http.reading()
    item = inbox.item(reading, g.person, item_id)
    if way == "return":
        choices = [(each.id, each.name) for each in hand.returns(g.world, reading, g.person, item)]
    elif way == "withdraw":
        choices = []
    elif way == "copy":
        choices = [(str(each.id), labelled(each)) for each in cc.receivers(reading, g.person, item)]
    else:
        choices = [(str(each.id), labelled(each)) for each in hand.receivers(reading, g.person, item, way)]
    return _answer(item, way, choices, lambda session, key: _act(session, item_id, way, key))


def labelled(person: Person) -> str:
    """How a person stands in a list to choose from."""
    unit = _("，") + person.section.name if person.section else ""
    return person.name + _("（%(words)s）", words=person.staff_no + unit)


@page.route("/tasks/<int:item_id>/urge", methods=["GET", "POST"])
@needs(rights.WORK)
def urge(item_id: int) -> ResponseReturnValue:
    """Urge whoever has a step; sentences to begin with are offered."""
    reading = http.reading()
    item = inbox.item(reading, g.person, item_id)
    text = request.form.get("reason", "")[: MOST + 1]

    def act(session: Session, key: str) -> Any:
        return urging.urge(session, actor(session), item_id, text=text, key=key)

    offered = urging.templates(reading, item) if urging.may_urge(reading, g.person, item) else []
    return _answer(item, "urge", [(text, text) for text in offered], act)


def _act(session: Session, item_id: int, way: str, key: str) -> Any:
    to, reason = request.form.get("to", "")[:80], request.form.get("reason", "")[: MOST + 1]
    person = actor(session)
    if way == "withdraw":
        return withdraw.withdraw(g.world, session, person, item_id, reason=reason, key=key)
    if way == "copy":
        people = [number for text in request.form.getlist("to") if (number := cursor.number(text))]
        return cc.send(session, person, item_id, to=people, text=reason, key=key)
    if way == "return":
        return hand.send_back(g.world, session, person, item_id, to=to, reason=reason, key=key)
    act = hand.transfer if way == "transfer" else hand.delegate
    return act(session, person, item_id, to=cursor.number(to), reason=reason, key=key)


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
            stays = way in {"urge", "copy"}
            return redirect(url_for("inbox.task", item_id=item.id) if stays else url_for("inbox.index")), 303
    faults: dict[str, str] = getattr(refusal, "fields", {})
    return (
        render_template(
            "hand/on.html",
            item=item,
            name=item.name,
            way=way,
            title=TITLES[way],
            tells=TELLS[way],
            choices=choices,
            chosen=request.form.getlist("to"),
            reason=request.form.get("reason", ""),
            refusal=refusal,
            faults={"to": faults.get("to", ""), "reason": faults.get("reason") or faults.get("text", "")},
            failed=refusal is not None,
        ),
        status,
    )
