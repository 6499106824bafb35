"""The board: what is late, by unit and step."""

from __future__ import annotations

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine import clock
from engine.access import rights
from engine.desk import board, cursor, stuck
from engine.desk.urge import times_urged
from engine.domain.registry.sheet import write_xlsx
from web import http, upload, words
from web.auth import carry_out, needs

page = Blueprint("board", __name__)


def _filters() -> board.Filters:
    args = request.args
    return board.Filters(
        when=args.get("when", "late") if args.get("when") in board.WHEN else "late",
        unit=args.get("unit", "")[:80],
        bureau=cursor.number(args.get("bureau", "")),
        step=args.get("step", "")[:80],
    )


@page.get("/board.xlsx")
@needs(rights.READ_BOARD)
def export() -> ResponseReturnValue:
    """The list as it is narrowed now, as a spreadsheet."""
    name = _("督办清单")
    table = board.table(http.reading(), g.person, _filters())
    rows = ([words.label(cell) if isinstance(cell, str) else cell for cell in row] for row in table)
    columns = [words.label(column) for column in board.COLUMNS]
    return upload.to_keep(write_xlsx(columns, rows, title=name), name, "xlsx")


@page.get("/board")
@needs(rights.READ_BOARD)
def index() -> ResponseReturnValue:
    """Heat table and list; every number leads to its list."""
    args, filters = request.args, _filters()
    found = board.board(http.reading(), g.person, filters, args.get("after", ""))

    def url(page: str = "board.index", **changes: str | int) -> str:
        given = {
            "when": filters.when,
            "unit": filters.unit,
            "bureau": filters.bureau,
            "step": filters.step,
        } | changes
        return url_for(page, **{key: value for key, value in given.items() if value and value != "late"})

    chips = [
        {
            "url": url(when="late"),
            "label": _("超期"),
            "count": found.late,
            "kind": "late",
            "current": filters.when == "late",
        },
        {
            "url": url(when="today"),
            "label": _("今日到期"),
            "count": found.today,
            "kind": "soon",
            "current": filters.when == "today",
        },
        {
            "url": url(when="soon"),
            "label": _("3 日内"),
            "count": found.today + found.soon,
            "kind": "",
            "current": filters.when == "soon",
        },
        {
            "url": url(when="all"),
            "label": _("在办"),
            "count": found.open,
            "kind": "",
            "current": filters.when == "all",
        },
    ]
    steps = found.steps[:8]
    heat = {
        "columns": [(step, step) for step in steps],
        "rows": [
            {
                "label": unit.label,
                "total": unit.total,
                "cells": [
                    {
                        "open": cell.open,
                        "late": cell.late,
                        "level": cell.level,
                        "url": url(unit=unit.key, step=step, when="late" if cell.late else "all") + "#list",
                    }
                    for step in steps
                    for cell in [unit.cells.get(step, board.Cell())]
                ],
            }
            for unit in found.units[:30]
        ],
    }
    return render_template(
        "board/index.html",
        board=found,
        urged=times_urged(http.reading(), [line.item_id for line in found.lines]),
        filters=filters,
        stuck=stuck.stuck(http.reading(), g.person),
        chips=chips,
        heat=heat,
        hidden_steps=max(0, len(found.steps) - len(steps)),
        units=[(unit.key, " ".join(map(words.label, unit.label.split(" ")))) for unit in found.units],
        step_choices=[(step, step) for step in sorted(found.steps)],
        now=clock.local(clock.now()),
        next_url=url(after=found.next) if found.next else "",
        first_url=url() if args.get("after") else "",
        export_url=url("board.export"),
        narrowed=bool(filters.unit or filters.step or filters.bureau),
        words={"late": _("超期"), "today": _("今日到期"), "soon": _("3 日内到期"), "all": _("在办")},
    )


@page.post("/board/jobs/<int:job_id>/again")
@needs(rights.READ_BOARD)
def again(job_id: int) -> ResponseReturnValue:
    """Let a stuck job run again now."""
    carry_out(stuck.again, job_id)
    http.say("done", _("已安排马上再试。"))
    return redirect(url_for("board.index") + "#stuck"), 303
