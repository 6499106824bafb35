"""What stands around every page: whose house it is, who reads, where one can go."""

from __future__ import annotations

from typing import Any

from flask import Flask, g, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from engine.access import rights
from engine.access.permission import roles_of
from engine.desk import inbox, notice
from engine.domain import terms
from engine.people import Person
from web import http, words

PRODUCT = lazy_gettext("双随机检查办案")


def install(app: Flask) -> None:
    """Give every page its header and navigation."""
    app.context_processor(_around)


def _around() -> dict[str, Any]:
    person: Person | None = g.get("person")
    in_public = request.blueprint in {"public", "third"}
    reader: dict[str, Any] = {
        "product": PRODUCT,
        "home": url_for("public.index" if person is None or in_public else "inbox.index"),
        "bureau_name": "",
        "signed_in": person is not None,
        "sign_in_url": "" if in_public or request.blueprint == "auth" else url_for("auth.sign_in_page"),
        "may_search": False,
        "search_url": url_for("case.index"),
        "account_url": url_for("auth.me"),
        "query": request.args.get("q", "") if request.blueprint == "case" else "",
        "name": "",
        "unit": "",
        "pack": "",
    }
    if in_public:
        reader |= {"product": _("双随机抽查结果公示"), "bureau_name": _("医疗保障局"), "signed_in": False}
        return {"reader": reader, "nav": _public_nav(), "demo": g.settings.demo}
    if person is None:
        return {"reader": reader | {"bureau_name": _("医疗保障基金监管")}, "nav": [], "demo": g.settings.demo}
    reader |= {
        "bureau_name": person.bureau.name,
        "name": person.name,
        "unit": person.section.name if person.section else _posts(person),
        "pack": person.bureau.pack,
        "may_search": rights.READ_OWN_CASES.allows(person),
        "notices_url": url_for("notice.index"),
        "unread": notice.unread(http.reading(), person),
        "in_notices": request.blueprint == "notice",
    }
    return {"reader": reader, "nav": _nav(person), "demo": g.settings.demo}


def _posts(person: Person) -> str:
    """The posts a person holds, in words."""
    labels = sorted(terms.role_label(role.value) for role in roles_of(person))
    return words.listed(labels) or _("未任职")


def _nav(person: Person) -> list[dict[str, Any]]:
    entries = []
    plan = [
        ("inbox.index", _("待办"), rights.WORK, False),
        ("case.index", _("案件"), rights.READ_OWN_CASES, False),
        ("plan.index", _("计划"), rights.READ_PLANS, True),
        ("draw.index", _("抽取"), rights.READ_DRAWS, True),
        ("board.index", _("督办"), rights.READ_BOARD, False),
        ("registry.index", _("名录库"), rights.READ_REGISTRY, True),
        ("process.index", _("流程"), rights.READ_PROCESSES, True),
        ("audit.index", _("审计"), rights.READ_AUDIT, False),
        ("people.index", _("人员"), rights.MANAGE_PEOPLE, False),
        ("people.leavers", _("移交"), rights.HAND_OVER, True),
        ("notice.hook_list", _("外送"), rights.MANAGE_SYSTEM, False),
        ("channel.index", _("公示渠道"), rights.MANAGE_SYSTEM, False),
    ]
    for endpoint, label, permission, minor in plan:
        if permission.allows(person):
            count = inbox.badge(http.reading(), person) if endpoint == "inbox.index" else ""
            current = request.blueprint == endpoint.partition(".")[0]
            entries.append(
                {"url": url_for(endpoint), "label": label, "count": count, "current": current, "minor": minor}
            )
    entries.append(
        {"url": url_for("public.index"), "label": _("公示"), "count": "", "current": False, "minor": True}
    )
    return entries


def _public_nav() -> list[dict[str, Any]]:
    entries = [
        ("public.index", _("检查结果")),
        ("public.items", _("抽查事项清单")),
        ("public.plans", _("年度计划")),
        ("public.draws", _("抽取过程")),
        ("public.verify", _("自行核验")),
    ]
    return [
        {
            "url": url_for(name),
            "label": label,
            "count": "",
            "current": request.endpoint == name,
            "minor": False,
        }
        for name, label in entries
    ]
