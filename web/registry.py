"""The registries: lists, and the import of a file with a report for every row."""

from __future__ import annotations

from flask import Blueprint, Response, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine.access import rights
from engine.desk import opening, registry
from engine.domain import terms
from engine.domain.registry import transfer
from engine.errors import NotAllowed, NotFound, Refused
from web import http
from web.auth import actor, needs

page = Blueprint("registry", __name__)
TABS = ("objects", "inspectors", "items")
REPORTED = 200


@page.get("/registry")
@needs(rights.READ_REGISTRY)
def index() -> ResponseReturnValue:
    """One of the registries as a list."""
    reading = http.reading()
    tab = request.args.get("tab", "objects") if request.args.get("tab") in TABS else "objects"
    q, kind = request.args.get("q", "").strip()[:80], request.args.get("kind", "")
    after = request.args.get("after", "")[:80]
    listed, item_list, items = None, None, []
    if tab == "objects":
        listed = registry.objects(reading, g.person, q=q, kind=kind, cursor=after)
    elif tab == "inspectors":
        listed = registry.inspectors(reading, g.person, q=q, cursor=after)
    else:
        item_list, items = registry.items(reading, g.person)
    kept = {key: value for key, value in {"tab": tab, "q": q, "kind": kind}.items() if value}
    return render_template(
        "registry/index.html",
        tab=tab,
        tabs=[
            {
                "url": url_for("registry.index", tab=key),
                "label": terms.REGISTRY_KINDS[key],
                "current": key == tab,
            }
            for key in TABS
        ],
        listed=listed,
        item_list=item_list,
        items=items,
        q=q,
        kind=kind,
        kinds=list(terms.OBJECT_KINDS.items()),
        words=terms,
        licensed=registry.licensed,
        next_url=url_for("registry.index", **kept, after=listed.next) if listed and listed.next else "",
        first_url=url_for("registry.index", **kept) if after else "",
        editable=[
            (key, label) for key, label in terms.REGISTRY_KINDS.items() if registry.may_edit(g.person, key)
        ],
        locks=registry.locks(reading, g.person),
    )


@page.get("/registry/import")
@needs(rights.READ_REGISTRY)
def import_form() -> ResponseReturnValue:
    """Choose a file; the last imports."""
    return _import_page(None, None, 200)


@page.post("/registry/import")
@needs(rights.READ_REGISTRY)
def import_post() -> ResponseReturnValue:
    """Check or import a file; the report says what became of every row."""
    kind = request.form.get("kind", "")
    if kind not in registry.EDITORS:
        return _import_page(
            None, Refused(_("请选择名录。"), fields={"kind": _("请选择要导入哪一种名录")}), 422
        )
    file = request.files.get("file")
    content = file.read() if file else b""
    if not file or not content:
        return _import_page(
            None, Refused(_("请选择文件。"), fields={"file": _("请选择一个 XLSX 或 CSV 文件")}), 422
        )
    try:
        with g.database.transaction() as session:
            report = registry.take_file(
                session,
                actor(session),
                (file.filename or "registry.xlsx")[-120:],
                content,
                kind=kind,
                accept_valid=request.form.get("accept_valid") == "true",
                dry_run=request.form.get("intent") == "check",
            )
    except NotAllowed:
        raise
    except Refused as refusal:
        return _import_page(None, refusal, 422)
    return _import_page(report, None, 200 if report.applied or not report.refused else 422)


@page.post("/registry/changes")
@needs(rights.READ_REGISTRY)
def change() -> ResponseReturnValue:
    """Open a change of a registry and go to its draft."""
    with g.database.transaction() as session:
        person = actor(session)
        case_id = opening.open_change(g.world, session, person, request.form.get("kind", "")).id
        item_id = opening.first_step(session, person, case_id)
    if item_id is not None:
        return redirect(url_for("inbox.task", item_id=item_id)), 303
    http.say("done", _("变更已发起，起草环节已送到待办。"))
    return redirect(url_for("case.show", case_id=case_id)), 303


@page.get("/registry/<kind>.<form>")
@needs(rights.READ_REGISTRY)
def export(kind: str, form: str) -> ResponseReturnValue:
    """A registry as a file, or the empty template (`?template=1`)."""
    if kind not in registry.EDITORS or form not in {"xlsx", "csv"}:
        raise NotFound(_("没有这种文件。"))
    if request.args.get("template"):
        content = transfer.template(kind, form=form)
    else:
        content = transfer.export_file(http.reading(), g.person.bureau, kind, form=form)
    types = {
        "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "csv": "text/csv; charset=utf-8",
    }
    return Response(
        content,
        content_type=types[form],
        headers={"Content-Disposition": f'attachment; filename="{kind}.{form}"'},
    )


def _import_page(report: transfer.Report | None, refusal: Refused | None, status: int) -> ResponseReturnValue:
    reading = http.reading()
    return (
        render_template(
            "registry/import.html",
            report=report,
            rows=[line for line in report.lines if line.notes][:REPORTED] if report else [],
            refusal=refusal,
            failed=refusal is not None or bool(report and report.refused and not report.applied),
            editable=[
                (key, label)
                for key, label in terms.REGISTRY_KINDS.items()
                if registry.may_edit(g.person, key)
            ],
            kind=request.form.get("kind", ""),
            imports=registry.imports(reading, g.person),
            locks=registry.locks(reading, g.person),
            labels=terms.REGISTRY_KINDS,
        ),
        status,
    )
