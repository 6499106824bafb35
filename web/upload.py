"""Files of a form: kept while the post is read, bound to their case, served to those who may see it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, current_app, g, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wsgi import wrap_file

from engine import clock
from engine.access import rights
from engine.desk import attachment, document
from engine.desk.world import World
from engine.errors import Refused
from engine.storage import files
from engine.storage.files import FileStore, StoredFile
from forms import post, schema
from forms.model import Form
from web import http, words
from web.auth import needs

page = Blueprint("upload", __name__)
TABLES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
TYPES = TABLES | {"zip": "application/zip"}


@page.get("/files/<file_id>")
@needs(rights.READ_OWN_CASES)
def download(file_id: str) -> ResponseReturnValue:
    """A file of a case that this person may see: always an attachment that nothing runs."""
    file = attachment.read(http.reading(), g.person, file_id)
    stream = wrap_file(request.environ, store().open(file))
    return Response(stream, headers=files.headers(file), direct_passthrough=True)


@page.get("/cases/<int:case_id>/documents/<name>.pdf")
@needs(rights.READ_OWN_CASES)
def printed(case_id: int, name: str) -> ResponseReturnValue:
    """A document of a case as PDF/A, made from the facts as they stand now."""
    address = f"{g.settings.base_url}{url_for('public.index')}"
    made = document.pdf(
        http.reading(), g.person, case_id, name, verify_url=address, verifiers=http.verifiers()
    )
    return paper(
        made, f"{words.label(document.TEMPLATES[name].title)} {document.number(http.reading(), case_id)}"
    )


def to_keep(content: bytes, name: str, form: str) -> Response:
    """A file to keep, one of TYPES, under a name in the words of the house and with its day."""
    sent = {"Content-Disposition": files.disposition(f"{name} {clock.today():%Y-%m-%d}.{form}")}
    return Response(content, content_type=TYPES[form], headers=sent)


def paper(made: bytes, name: str) -> Response:
    """A PDF to look at or to print."""
    sent = {
        "Content-Disposition": files.disposition(f"{name}.pdf", "inline"),
        "Content-Type": "application/pdf",
    }
    return Response(made, headers=sent)


def store() -> FileStore:
    """The folder of the installation."""
    world: World = current_app.extensions["casework"]
    return FileStore(world.settings.files_dir)


def lists(
    form: Form, *, case_id: int, bureau_id: int, keep: bool
) -> tuple[dict[str, list[str]], dict[str, str]]:
    """What was posted, with uploads kept and named by their ids; and a sentence for each refused upload.

    Bytes are on the disk before a row is written. `keep`: whether the person may do this step.
    """
    posted = {name: list(texts) for name, texts in request.form.lists()}
    kept, faults = [], {}
    for name, uploads in request.files.lists() if keep else ():
        for upload in uploads:
            if not upload.filename:
                continue
            if not post.takes_files(form, name):
                posted.setdefault(name, []).append(upload.filename)  # refused by name with the other answers
                continue
            try:
                found = store().keep(upload.stream, upload.filename)
            except Refused as refusal:
                faults[name] = words.whole(refusal.reason, refusal.hint)
                continue
            kept.append(found)
            posted.setdefault(name, []).append(found.id)
    if kept:
        owner = {"bureau_id": bureau_id, "uploaded_by_id": g.person.id, "case_id": case_id}
        g.database.run(lambda session: [files.record(session, found, **owner) for found in kept])
    return posted, faults


def load(
    form: Form, typed: Mapping[str, Any], faults: Mapping[str, str], *, case_id: int, **more: Any
) -> dict[str, Any]:
    """The answers as they are kept: those of the form, and every file in them belongs to this case.

    Raises Refused with all sentences together, those about uploads too.
    """
    try:
        kept = schema.load(form, typed, **more)
    except Refused as refusal:
        raise _together(form, {**refusal.fields, **faults}) from refusal
    if faults:
        raise _together(form, faults)
    if set(schema.files(form, kept)) - shown(form, kept, case_id=case_id).keys():
        raise Refused(_("有文件不属于本案，没有提交。"), hint=_("请重新上传。"), slug="file-refused")
    return kept


def _together(form: Form, sentences: Mapping[str, str]) -> Refused:
    ordered = schema.ordered(form, sentences)
    return Refused(_("有 %(n)s 处需要改正", n=len(sentences)), slug="form-invalid", fields=ordered)


def shown(form: Form, values: Mapping[str, Any], *, case_id: int) -> dict[str, dict[str, Any]]:
    """The files of some answers for the form page, those of this case only: id → `{name, size, href}`."""
    ids = schema.files(form, values)
    if not ids:
        return {}
    # a session of its own: the one of this request may have begun to read before the upload was recorded
    with g.database.reading() as session:
        found = session.scalars(
            select(StoredFile).where(StoredFile.id.in_(ids), StoredFile.case_id == case_id)
        )
        return {file.id: {"name": file.name, "size": file.size, "href": _address(file)} for file in found}


def _address(file: StoredFile) -> str:
    return url_for("upload.download", file_id=file.id)
