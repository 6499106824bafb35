"""Notices: the list, the own choice of channels, and the web hooks of a bureau."""

from __future__ import annotations

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine.access import rights
from engine.desk import cursor, notice
from engine.desk.notice import choice as choices
from engine.desk.notice import hook as hooks
from engine.domain.notice import KINDS, NoticeChoice, NoticeHook, label
from engine.domain.notice.words import ALWAYS
from engine.errors import Refused
from web import http, words
from web.auth import carry_out, needs

page = Blueprint("notice", __name__)
CHANNELS = ("mail", "hook", "digest", "quiet")
TIMES = ("digest_at", "quiet_from", "quiet_to")


@page.get("/notices")
def index() -> ResponseReturnValue:
    """What I was told, latest first."""
    unread_only = request.args.get("unread") == "1"
    after = cursor.number(request.args.get("after", ""))
    found = notice.listing(http.reading(), g.person, unread_only=unread_only, cursor=after)
    kept = {"unread": "1"} if unread_only else {}
    return render_template(
        "notice/index.html",
        found=found,
        unread=notice.unread(http.reading(), g.person),
        unread_only=unread_only,
        newest=found.rows[0].id if found.rows else 0,
        kinds={kind: label(kind) for kind in KINDS},
        next_url=url_for("notice.index", **kept, after=found.next) if found.next else "",
        first_url=url_for("notice.index", **kept) if after else "",
    )


@page.post("/notices/<int:notice_id>/open")
def open_(notice_id: int) -> ResponseReturnValue:
    """Go where something can be done about it; the notice counts as read."""
    return redirect(carry_out(notice.opened, notice_id).path), 303


@page.post("/notices/read")
def read_all() -> ResponseReturnValue:
    """Everything that stood on the page is read."""
    number = carry_out(notice.read_all, until=cursor.number(request.form.get("until", "")))
    http.say("done", _("%(n)s 条消息已标为已读。", n=number))
    return redirect(url_for("notice.index")), 303


# --- how I want to be told -----------------------------------------------------------------------


@page.get("/notices/choice")
def choice() -> ResponseReturnValue:
    """The own channels, digest and quiet hours."""
    return _choice(wish_of(notice.choice_of(http.reading(), g.person)), {}, "", 200)


@page.post("/notices/choice")
def choose() -> ResponseReturnValue:
    """Keep them; what cannot be kept comes back as it was typed."""
    form = request.form
    wanted = set(form.getlist("wanted")) | ALWAYS
    wish = choices.Wish(
        form.get("email", "")[:300],
        **{name: name in form for name in CHANNELS},
        **{name: form.get(name, "")[:10] for name in TIMES},
        muted=[kind for kind in KINDS if kind not in wanted],
    )
    try:
        carry_out(choices.choose, wish)
    except Refused as refusal:
        return _choice(wish, refusal.fields, refusal.reason, 422)
    http.say("done", _("已保存。以后的消息照此发送。"))
    return redirect(url_for("notice.choice")), 303


def wish_of(kept: NoticeChoice) -> choices.Wish:
    """A kept choice as it is typed."""
    times = {name: f"{getattr(kept, name) // 60:02}:{getattr(kept, name) % 60:02}" for name in TIMES}
    channels = {name: getattr(kept, name) for name in CHANNELS} | {"mail": kept.mail and bool(g.person.email)}
    return choices.Wish(g.person.email, **channels, **times, muted=kept.muted)


def _choice(wish: choices.Wish, fields: dict[str, str], reason: str, status: int) -> ResponseReturnValue:
    return (
        render_template(
            "notice/choice.html",
            wish=wish,
            kinds=[(kind, word, kind in ALWAYS) for kind, word in KINDS.items()],
            has_mail=bool(g.settings.smtp_host),
            fields=fields,
            reason=reason,
            failed=bool(reason),
        ),
        status,
    )


# --- web hooks -----------------------------------------------------------------------------------


@page.get("/hooks")
@needs(rights.MANAGE_SYSTEM)
def hook_list() -> ResponseReturnValue:
    """Where the notices of this bureau's people are sent to."""
    return _hooks("", {}, "", 200)


@page.post("/hooks")
@needs(rights.MANAGE_SYSTEM)
def add_hook() -> ResponseReturnValue:
    """Enter an address; its signing secret is shown on this page only."""
    url = request.form.get("url", "")[:1000]
    try:
        hook, secret = carry_out(hooks.add_hook, url, g.settings)
    except Refused as refusal:
        return _hooks(url, refusal.fields, words.whole(refusal.reason, refusal.hint), 422)
    return _hooks("", {}, "", 200, secret=secret, hook=hook)


@page.post("/hooks/<int:hook_id>/renew")
@needs(rights.MANAGE_SYSTEM)
def renew_hook(hook_id: int) -> ResponseReturnValue:
    """A new signing secret."""
    hook, secret = carry_out(hooks.renew, hook_id, g.settings)
    return _hooks("", {}, "", 200, secret=secret, hook=hook)


@page.post("/hooks/<int:hook_id>/close")
@needs(rights.MANAGE_SYSTEM)
def close_hook(hook_id: int) -> ResponseReturnValue:
    """Nothing more is sent there."""
    carry_out(hooks.close, hook_id)
    http.say("done", _("已停用，不再外送。"))
    return redirect(url_for("notice.hook_list")), 303


def _hooks(
    url: str,
    fields: dict[str, str],
    reason: str,
    status: int,
    *,
    secret: str = "",
    hook: NoticeHook | None = None,
) -> ResponseReturnValue:
    with g.database.reading() as fresh:  # this request's older view does not know what was just entered
        return (
            render_template(
                "notice/hooks.html",
                hooks=hooks.hooks(fresh, g.person),
                hosts=g.settings.webhook_hosts,
                url=url,
                fields=fields,
                reason=reason,
                failed=bool(reason),
                secret=secret,
                shown=hook.url if hook else "",
            ),
            status,
        )
