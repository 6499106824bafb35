"""The JSON API for what people open by hand: a lead, a change of a registry, an import; a proxy for who is absent."""

from __future__ import annotations

import base64
import binascii
from datetime import date
from typing import Any

from flask import g
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest, NotFound

from engine.access import rights
from engine.desk import opening, proxy, registry
from web.api import answer, route
from web.api_leader import PROXY, proxy_row, texts
from web.api_own import given
from web.auth import actor
from web.openapi import DAY, FLAG, NUMBER, TEXT, describes, listed, record

OPENED = record(case=NUMBER, item={"type": ["integer", "null"]})
KINDS = {"enum": list(registry.EDITORS)}


def _opened(session: Any, case_id: int) -> dict[str, Any]:
    return {"case": case_id, "item": opening.first_step(session, actor(session), case_id)}


@route("POST", "/leads", rights.OPEN_LEAD)
@describes("登记线索：开出案件，item 是等你填写的第一个环节", OPENED, body=record(), status=201)
def open_lead() -> ResponseReturnValue:
    """A lead came in."""
    return answer(
        g.database.run(lambda s: _opened(s, opening.open_lead(g.world, s, actor(s)).id)),
        201,
    )


@route("POST", "/registry/changes", rights.READ_REGISTRY)
@describes("发起名录库变更", OPENED, body=record(kind=KINDS), status=201)
def open_registry_change() -> ResponseReturnValue:
    """A registry is to change."""
    kind = given(kind=str)["kind"]
    return answer(
        g.database.run(lambda s: _opened(s, opening.open_change(g.world, s, actor(s), kind).id)), 201
    )


@route("POST", "/registry/import", rights.READ_REGISTRY)
@describes(
    "核对或导入名录文件（XLSX 或 CSV，base64）；有一行不能导入就都不导入，除非 accept_valid",
    record(
        applied=FLAG,
        counts={"type": "object", "additionalProperties": NUMBER},
        refused=listed(record(row=NUMBER, notes=listed(listed(TEXT)))),
    ),
    body=record(kind=KINDS, name=TEXT, file=TEXT, accept_valid=FLAG, dry_run=FLAG),
)
def import_registry() -> ResponseReturnValue:
    """Check or import a file; the report says what became of every row."""
    asked = given(kind=str, name=str, file=str, accept_valid=bool, dry_run=bool)
    if asked["kind"] not in registry.EDITORS:
        raise NotFound
    try:
        content = base64.b64decode(asked["file"], validate=True)
    except (binascii.Error, ValueError) as fault:
        raise BadRequest from fault
    report = g.database.run(
        lambda session: registry.take_file(
            session,
            actor(session),
            asked["name"][-120:] or "registry.csv",
            content,
            kind=asked["kind"],
            accept_valid=asked["accept_valid"],
            dry_run=asked["dry_run"],
        )
    )
    refused = [{"row": line.number, "notes": [list(note) for note in line.notes]} for line in report.refused]
    return answer({"applied": report.applied, "counts": report.counts, "refused": refused})


@route("POST", "/proxies/absent", rights.MANAGE_PEOPLE)
@describes(
    "替不在岗的人指定代理人",
    PROXY,
    body=record(
        principal=NUMBER,
        proxy=NUMBER,
        valid_from=DAY,
        valid_to=DAY,
        reason=TEXT,
        processes=listed(TEXT),
        steps=listed(TEXT),
    ),
)
def appoint_for_absent() -> ResponseReturnValue:
    """Appoint a proxy for somebody who cannot."""
    asked = given(
        principal=int, proxy=int, valid_from=str, valid_to=str, reason=str, processes=list, steps=list
    )
    try:
        days = (date.fromisoformat(asked["valid_from"]), date.fromisoformat(asked["valid_to"]))
    except ValueError as fault:
        raise BadRequest from fault
    processes, steps = texts(asked["processes"]), texts(asked["steps"])
    return answer(
        g.database.run(
            lambda session: proxy_row(
                proxy.appoint(
                    session,
                    actor(session),
                    principal=asked["principal"],
                    proxy=asked["proxy"],
                    days=days,
                    reason=asked["reason"],
                    processes=processes,
                    steps=steps,
                )
            )
        )
    )


@route("POST", "/proxies/absent/<int:proxy_id>/revoke", rights.MANAGE_PEOPLE)
@describes("收回别人的代理", PROXY, body=record())
def revoke_for_absent(proxy_id: int) -> ResponseReturnValue:
    """End somebody's proxy."""
    return answer(g.database.run(lambda session: proxy_row(proxy.revoke(session, actor(session), proxy_id))))
