"""The registries: lists, and the import of a file with a report for every row."""

from __future__ import annotations

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from engine.access import rights
from engine.desk import intake, opening, registry
from engine.domain import terms
from engine.domain.registry import transfer
from engine.errors import NotAllowed, NotFound, Refused
from web import http, upload, words
from web.auth import actor, carry_out, needs

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
    """Choose a file; what is going on, and the last imports."""
    return _import_page(None, 200)


@page.post("/registry/import")
@needs(rights.READ_REGISTRY)
def import_post() -> ResponseReturnValue:
    """Hand a file in; the background process checks it, and the next page shows how far it has come."""
    kind, file, key = request.form.get("kind", ""), request.files.get("file"), http.given_key()
    content = file.read() if file else b""
    name = (file.filename if file else "") or "registry.xlsx"
    try:
        if kind not in registry.EDITORS:
            raise Refused(_("请选择名录。"), fields={"kind": _("请选择要导入哪一种名录")})  # noqa: TRY301 (kept on the form)
        if not content:
            raise Refused(_("请选择文件。"), fields={"file": _("请选择一个 XLSX 或 CSV 文件")})  # noqa: TRY301
        number = carry_out(intake.hand_in, kind, name[-120:], content, key=key)
    except NotAllowed:
        raise
    except Refused as refusal:
        return _import_page(refusal, 422)
    return redirect(url_for("registry.intake_page", intake_id=number)), 303


@page.get("/registry/imports/<int:intake_id>")
@needs(rights.READ_REGISTRY)
def intake_page(intake_id: int) -> ResponseReturnValue:
    """How far a file has come; what became of every row; what may be done with it."""
    found = intake.look(http.reading(), g.person, intake_id)
    lines = found.report.lines if found.report else []
    return render_template(
        "registry/intake.html",
        found=found,
        rows=sorted(lines, key=lambda line: (line.status != "refused", line.number))[:REPORTED],
        noted=len(lines),
        label=terms.REGISTRY_KINDS[found.row.kind],
    )


@page.post("/registry/imports/<int:intake_id>/<wish>")
@needs(rights.READ_REGISTRY)
def intake_act(intake_id: int, wish: str) -> ResponseReturnValue:
    """Enter it, enter its good rows, stop, go on, or let it go."""
    carry_out(intake.act, intake_id, wish)
    return redirect(url_for("registry.intake_page", intake_id=intake_id)), 303


@page.get("/registry/imports/<int:intake_id>/refused.<form>")
@needs(rights.READ_REGISTRY)
def refused_rows(intake_id: int, form: str) -> ResponseReturnValue:
    """The refused rows as they came, with their reasons, to be mended and handed in again."""
    found = intake.look(http.reading(), g.person, intake_id)
    if found.report is None or not found.report.refused or form not in upload.TABLES:
        raise NotFound(_("没有这种文件。"))
    name = _("%(kind)s没有收下的行", kind=words.label(terms.REGISTRY_KINDS[found.row.kind]))
    return upload.to_keep(found.report.refused_file(xlsx=form == "xlsx"), name, form)


@page.post("/registry/changes")
@needs(rights.READ_REGISTRY)
def change() -> ResponseReturnValue:
    """Open a change of a registry and go to its draft."""
    kind, key = request.form.get("kind", ""), http.given_key()

    def opened(session: Session) -> tuple[int, int | None]:
        person = actor(session)
        case = opening.open_change(g.world, session, person, kind, key=key)
        return case.id, opening.first_step(session, person, case.id)

    case_id, item_id = g.database.run(opened)
    if item_id is not None:
        return redirect(url_for("inbox.task", item_id=item_id)), 303
    http.say("done", _("变更已发起，起草环节已送到待办。"))
    return redirect(url_for("case.show", case_id=case_id)), 303


@page.get("/registry/<kind>.<form>")
@needs(rights.READ_REGISTRY)
def export(kind: str, form: str) -> ResponseReturnValue:
    """A registry as a file, or the empty template (`?template=1`)."""
    if kind not in registry.EDITORS or form not in upload.TABLES:
        raise NotFound(_("没有这种文件。"))
    if request.args.get("template"):
        content = transfer.template(kind, form=form)
    else:
        content = transfer.export_file(http.reading(), g.person.bureau, kind, form=form)
    return upload.to_keep(content, words.label(terms.REGISTRY_KINDS[kind]), form)


def _import_page(refusal: Refused | None, status: int) -> ResponseReturnValue:
    reading = http.reading()
    return (
        render_template(
            "registry/import.html",
            refusal=refusal,
            failed=refusal is not None,
            editable=[
                (key, label)
                for key, label in terms.REGISTRY_KINDS.items()
                if registry.may_edit(g.person, key)
            ],
            kind=request.form.get("kind", ""),
            going=intake.going_on(reading, g.person),
            words=intake.WORDS,
            imports=registry.imports(reading, g.person),
            labels=terms.REGISTRY_KINDS,
        ),
        status,
    )
