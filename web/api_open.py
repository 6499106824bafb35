"""The JSON API for what people open by hand: a lead, a change of a registry, an import."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from flask import g
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest, NotFound

from engine.access import rights
from engine.desk import intake, opening, registry
from web import http
from web.api import answer, given, route
from web.auth import actor, carry_out
from web.openapi import NUMBER, TEXT, describes, listed, record

OPENED = record(case=NUMBER, item={"type": ["integer", "null"]})
KINDS = {"enum": list(registry.EDITORS)}
INTAKE = record(
    id=NUMBER,
    kind=KINDS,
    file=TEXT,
    state={"enum": list(intake.WORDS)},
    said=TEXT,
    done=NUMBER,
    total=NUMBER,
    counts={"type": "object", "additionalProperties": NUMBER},
    rows=listed(record(row=NUMBER, status=TEXT, notes=listed(listed(TEXT)))),
    acts=listed({"enum": list(intake.ACTS)}),
)


def _opened(session: Any, case_id: int) -> dict[str, Any]:
    return {"case": case_id, "item": opening.first_step(session, actor(session), case_id)}


@route("POST", "/leads", rights.OPEN_LEAD)
@describes("登记线索：开出案件，item 是等你填写的第一个环节", OPENED, body=record(), status=201)
def open_lead() -> ResponseReturnValue:
    """A lead came in."""
    key = http.given_key()
    return answer(
        g.database.run(lambda s: _opened(s, opening.open_lead(g.world, s, actor(s), key=key).id)), 201
    )


@route("POST", "/registry/changes", rights.READ_REGISTRY)
@describes("发起名录库变更", OPENED, body=record(kind=KINDS), status=201)
def open_registry_change() -> ResponseReturnValue:
    """A registry is to change."""
    kind, key = given(kind=str)["kind"], http.given_key()
    return answer(
        g.database.run(lambda s: _opened(s, opening.open_change(g.world, s, actor(s), kind, key=key).id)), 201
    )


@route("POST", "/registry/import", rights.READ_REGISTRY)
@describes(
    "交一个名录文件（XLSX 或 CSV，base64）：后台先逐行核对，看过报告再导入",
    record(id=NUMBER),
    body=record(kind=KINDS, name=TEXT, file=TEXT),
    status=202,
)
def import_registry() -> ResponseReturnValue:
    """Hand a file in."""
    asked = given(kind=str, name=str, file=str)
    if asked["kind"] not in registry.EDITORS:
        raise NotFound
    try:
        content = base64.b64decode(asked["file"], validate=True)
    except (binascii.Error, ValueError) as fault:
        raise BadRequest from fault
    name, key = asked["name"][-120:] or "registry.csv", http.given_key()
    number = carry_out(intake.hand_in, asked["kind"], name, content, key=key)
    return answer({"id": number}, 202)


@route("GET", "/registry/imports/<int:intake_id>", rights.READ_REGISTRY)
@describes("名录文件办到哪里：进度、每一行的结果、现在可以做什么", INTAKE)
def show_import(intake_id: int) -> ResponseReturnValue:
    """How far a file has come."""
    return answer(_intake(intake.look(http.reading(), g.person, intake_id)))


@route("POST", "/registry/imports/<int:intake_id>/<wish>", rights.READ_REGISTRY)
@describes(
    "导入（enter）、只导入能用的行（enter-valid）、停止（stop）、继续（again）、放弃（drop）",
    record(id=NUMBER, state=TEXT),
    body=record(),
    conflict=True,
)
def act_on_import(intake_id: int, wish: str) -> ResponseReturnValue:
    """Enter it, stop, go on, or let it go."""
    row = carry_out(intake.act, intake_id, wish)
    return answer({"id": row.id, "state": row.state})


def _intake(found: intake.Looked) -> dict[str, Any]:
    row, lines = found.row, found.report.lines if found.report else []
    return {
        "id": row.id,
        "kind": row.kind,
        "file": row.file_name,
        "state": row.state,
        "said": row.said,
        "done": row.done,
        "total": row.total,
        "counts": row.counts,
        "rows": [
            {"row": line.number, "status": line.status, "notes": [list(note) for note in line.notes]}
            for line in lines
        ],
        "acts": found.acts,
    }
