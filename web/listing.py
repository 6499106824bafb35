"""The address of the inbox, its tabs and its filters: all one sees stands in the address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from engine.desk import cursor, inbox, saved

TABS = {
    "todo": lazy_gettext("待办"),
    "pool": lazy_gettext("待接收"),
    "done": lazy_gettext("已办"),
    "started": lazy_gettext("我发起"),
    "copies": lazy_gettext("抄送"),
    "urged": lazy_gettext("督办"),
}
COLUMNS = {
    "process": lazy_gettext("事项"),
    "holder": lazy_gettext("承办"),
    "bureau": lazy_gettext("机构"),
    "opened": lazy_gettext("更新"),
    "clause": lazy_gettext("依据"),
    "batch": lazy_gettext("来源批次"),
}


@dataclass(frozen=True, slots=True)
class Address:
    """The address of the inbox: everything one sees can be sent to somebody, kept as a view, or opened anew."""

    tab: str
    filters: inbox.Filters
    columns: Sequence[str]
    density: str
    given: Mapping[str, str]

    @classmethod
    def read(cls, layout: tuple[Sequence[str], str]) -> Address:
        """The address of this request; unknown parts fall away."""
        args = request.args
        given = saved.clean({name: args.get(name, "").strip()[:200] for name in saved.PARTS})
        tab = given.get("tab", "todo") if given.get("tab") in TABS else "todo"
        bureau = given.get("bureau", "")
        columns = [name for name in given.get("cols", "").split(",") if name in saved.COLUMNS] or layout[0]
        density = given.get("density", "") if given.get("density") in saved.DENSITIES else layout[1]
        filters = inbox.Filters(
            due=given.get("due", "") if given.get("due") in {"late", "today", "soon"} else "",
            process=given.get("process", "")[:80],
            step=given.get("step", "")[:80],
            q=given.get("q", "")[:80],
            bureau=cursor.number(bureau),
        )
        return cls(tab, filters, columns, density, given)

    def url(self, **changes: str) -> str:
        """This address with other filters."""
        kept = {**self.given, **changes}
        return url_for(
            "inbox.index",
            **{key: value for key, value in kept.items() if value and (key, value) != ("tab", "todo")},
        )


def tabs(tab: str, counts: inbox.Counts, told: int) -> list[dict[str, Any]]:
    """The tabs with their numbers; `told`: copies and mentions to read."""
    plus = "+" if counts.capped else ""
    numbers = {"todo": f"{counts.total}{plus}", "pool": str(counts.pool or ""), "copies": str(told or "")}
    return [
        {
            "url": url_for("inbox.index", **({"tab": key} if key != "todo" else {})),
            "label": str(label),
            "current": tab == key,
            "count": numbers.get(key, ""),
        }
        for key, label in TABS.items()
    ]


def chips(address: Address, counts: inbox.Counts) -> list[dict[str, Any]]:
    """The filters by nearness of the deadline, with their numbers."""
    plus = "+" if counts.capped else ""
    kinds = [
        ("", _("全部"), f"{counts.total}{plus}", ""),
        ("late", _("超期"), counts.late, "late"),
        ("today", _("今日到期"), counts.today, "soon"),
        ("soon", _("3 日内"), counts.today + counts.soon, ""),
    ]
    return [
        {
            "url": address.url(due=due),
            "label": label,
            "count": number,
            "kind": kind,
            "current": address.filters.due == due,
        }
        for due, label, number, kind in kinds
    ]
