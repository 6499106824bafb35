"""The public pages: results, item list, plans, draws, how to recompute a draw. No sign-in, no script."""

from __future__ import annotations

import csv
import hashlib
import io

from flask import Blueprint, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine import clock
from engine.desk import audit, cursor, draw, publication
from engine.domain import terms
from web import http, upload
from web.auth import open_to_all
from web.draw import download, shown

page = Blueprint("public", __name__, url_prefix="/public")
FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


@page.get("")
@open_to_all
def index() -> ResponseReturnValue:
    """Published results, to be searched by name or code."""
    q, year, bureau, found, kept = _results()
    return render_template(
        "public/index.html",
        found=found,
        q=q,
        year=year,
        bureau=bureau,
        bureaus=publication.bureaus(http.reading()),
        years=[(year, str(year)) for year in range(clock.today().year, clock.today().year - 5, -1)],
        kept=kept,
        next_url=url_for("public.index", **kept, after=found.next) if found.next else "",
        first_url=url_for("public.index", **kept) if request.args.get("after") else "",
    )


def _results() -> tuple[str, int, int, publication.Results, dict[str, str]]:
    args = request.args
    q, year, bureau = (
        args.get("q", "").strip()[:80],
        cursor.number(args.get("year", "")),
        cursor.number(args.get("bureau", "")),
    )
    year = year if 2000 <= year <= 2100 else 0  # noqa: PLR2004 (years)
    found = publication.results(http.reading(), q=q, year=year, bureau=bureau, cursor=args.get("after", ""))
    kept = {"q": q, "year": str(year or ""), "bureau": str(bureau or "")}
    return q, year, bureau, found, {key: value for key, value in kept.items() if value}


@page.get("/results.csv")
@open_to_all
def results_csv() -> ResponseReturnValue:
    """All results that were searched for, as CSV; cells that a spreadsheet would compute get an apostrophe."""
    q, year, bureau, found, _kept = _results()
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(publication.OPEN_COLUMNS)
    while found.rows:
        for row in found.rows:
            cells = (row.name, row.code, row.task, row.bureau, row.result, row.inspected_on, row.published_on)
            writer.writerow([f"'{cell}" if cell.startswith(FORMULA) else cell for cell in cells])
        if not found.next:
            break
        found = publication.results(http.reading(), q=q, year=year, bureau=bureau, cursor=found.next)
    return upload.to_keep(f"\ufeff{out.getvalue()}".encode(), _("检查结果"), "csv")


@page.get("/results.json")
@open_to_all
def results_json() -> ResponseReturnValue:
    """The same results as JSON, with the fields of the national page."""
    found = _results()[3]
    return http.jsonify(
        {
            "results": [dict(row.view) | {"id": row.id, "version": row.version} for row in found.rows],
            "next": found.next,
        }
    )


@page.get("/results/<int:publication_id>")
@open_to_all
def result(publication_id: int) -> ResponseReturnValue:
    """One result with its versions."""
    found, versions = publication.result(http.reading(), publication_id)
    return render_template(
        "public/result.html", result=found, versions=versions, labels=publication.KIND_LABELS
    )


@page.get("/items")
@open_to_all
def items() -> ResponseReturnValue:
    """The item lists in force."""
    return render_template("public/items.html", lists=publication.item_lists(http.reading()))


@page.get("/plans")
@open_to_all
def plans() -> ResponseReturnValue:
    """Published plans with their tasks."""
    return render_template(
        "public/plans.html",
        plans=publication.plans(http.reading()),
        kinds=terms.OBJECT_KINDS,
        methods=terms.METHODS,
    )


@page.get("/draws")
@open_to_all
def draws() -> ResponseReturnValue:
    """All numbered draws, failed and void ones too."""
    return render_template("public/draws.html", draws=publication.draws(http.reading()))


@page.get("/draws/<draw_id>")
@open_to_all
def show_draw(draw_id: str) -> ResponseReturnValue:
    """One draw: before its day of publication hashes only."""
    reading = http.reading()
    code = request.args.get("code", "").strip()[:40]
    view = draw.view(reading, publication.draw(reading, draw_id), public=True, code=code)
    return render_template("draw/show.html", **shown(view, public=True))


@page.get("/draws/<draw_id>/state.json")
@open_to_all
def draw_state(draw_id: str) -> ResponseReturnValue:
    """Whether anything has happened since the page was read: for those in the room without an account."""
    found = publication.draw(http.reading(), draw_id)
    return http.jsonify({"mark": draw.mark(found), "live": draw.is_live(found)})


@page.get("/draws/<draw_id>/transcript.json")
@open_to_all
def transcript(draw_id: str) -> ResponseReturnValue:
    """What anybody needs to recompute a draw."""
    return download(draw.transcript(publication.draw(http.reading(), draw_id)), draw_id)


@page.get("/log/head.json")
@open_to_all
def log_head() -> ResponseReturnValue:
    """The newest link of the log's chain, to be kept as an anchor outside."""
    return http.jsonify(audit.public_head(http.reading(), g.settings))


@page.get("/verify")
@open_to_all
def verify() -> ResponseReturnValue:
    """The verifiers, with their hashes, and how to use them."""
    folder = http.STATIC / "verify"
    files = sorted(path for path in folder.glob("*") if path.is_file()) if folder.is_dir() else []
    return render_template(
        "public/verify.html",
        files=[
            (path.name, path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest()) for path in files
        ],
    )
