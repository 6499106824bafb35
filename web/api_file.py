"""The JSON API of files: handed in before the answers that name them, read back with their digest."""

from __future__ import annotations

import base64
import binascii

from flask import g
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine.access import rights
from engine.desk import attachment
from engine.errors import Refused
from web import http
from web.api import answer, given, route
from web.auth import carry_out
from web.openapi import NUMBER, TEXT, describes, record
from web.upload import store

FILE = {"id": TEXT, "name": TEXT, "type": TEXT, "size": NUMBER, "sha256": TEXT}


@route("POST", "/cases/<int:case_id>/files", rights.READ_OWN_CASES)
@describes(
    "上传本案的文件（content 为 Base64）；办理时在答案里写返回的 id",
    record(**FILE),
    body=record(name=TEXT, content=TEXT),
    status=201,
)
def keep_file(case_id: int) -> ResponseReturnValue:
    """Keep a file of a case."""
    attachment.refuse(http.reading(), g.person, case_id)
    asked, key = given(name=str, content=str), http.given_key()
    try:
        content = base64.b64decode(asked["content"], validate=True)
    except (binascii.Error, ValueError) as fault:
        sentence = _("文件内容不是 Base64。")
        raise Refused(sentence, slug="file-refused", fields={"content": sentence}) from fault
    kept = store().keep(content, asked["name"])
    made = carry_out(attachment.keep, case_id, kept, key=key)
    return answer(made, 201)


@route("GET", "/files/<file_id>", rights.READ_OWN_CASES)
@describes("本人能看的案件的文件（content 为 Base64）", record(**FILE, content=TEXT))
def read_file(file_id: str) -> ResponseReturnValue:
    """A file of a case that the person may see."""
    file = attachment.read(http.reading(), g.person, file_id)
    content = base64.b64encode(store().read(file)).decode()
    told = {name: getattr(file, name) for name in FILE}
    return answer({**told, "content": content})
