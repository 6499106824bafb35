"""Releases over the JSON API: propose a change of the processes, see what the check found, release, send back."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from flask import g
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from engine.access import rights
from engine.desk import apart, proposal
from engine.desk import process as processes
from engine.desk import release as deployment
from engine.errors import NotAllowed
from web import http, words
from web.api import answer, body, route
from web.auth import actor, carry_out, has_second_factor
from web.openapi import ANY, NUMBER, TEXT, describes, listed, record


@route("GET", "/releases", rights.READ_PROCESSES)
@describes("发布", record(rows=listed(ANY)))
def releases() -> ResponseReturnValue:
    """All releases."""
    rows = [
        {
            "id": row.release.id,
            "pack": row.release.pack,
            "version": row.release.version,
            "hash": row.release.hash,
            "deployed_at": row.release.deployed_at,
            "author": row.author,
            "releaser": row.releaser,
            "files": row.files,
            "running": row.running,
            "current": row.current,
            "restores": row.restores,
        }
        for row in processes.releases(http.reading())
    ]
    return answer({"rows": rows})


@route("GET", "/releases/<int:release_id>/files", rights.READ_PROCESSES)
@describes("一个版本的全部文件（zip，Base64），改好后可用 POST /proposals 送审", record(zip=TEXT))
def release_files(release_id: int) -> ResponseReturnValue:
    """All files of a release."""
    reading = http.reading()
    return _zipped(deployment.content(reading, processes.named(reading, release_id)))


@route("GET", "/proposals/<int:proposal_id>/files", rights.READ_PROCESSES)
@describes("送审的全部文件（zip，Base64）", record(zip=TEXT))
def proposal_files(proposal_id: int) -> ResponseReturnValue:
    """All files of a proposal."""
    return _zipped(proposal.files_of(http.reading(), proposal_id))


def _zipped(files: Mapping[str, bytes]) -> ResponseReturnValue:
    return answer({"zip": base64.b64encode(deployment.packed(files)).decode()})


@route("GET", "/proposals/<int:proposal_id>", rights.READ_PROCESSES)
@describes("送审的改动：检查结果、与现行版本的差别", ANY)
def show_proposal(proposal_id: int) -> ResponseReturnValue:
    """One proposal."""
    return answer(_proposed(proposal_id))


@route("POST", "/proposals", rights.EDIT_PROCESSES)
@describes(
    "送审：压缩包（zip，base64）中的文件替换同名文件。start：current 现行版本（默认）、shipped 随系统提供、"
    "whole 压缩包就是全部",
    ANY,
    body={
        "type": "object",
        "properties": {
            "pack": TEXT,
            "zip": TEXT,
            "note": TEXT,
            "start": {"type": "string", "enum": list(proposal.STARTS)},
        },
        "required": ["pack", "zip"],
    },
    status=201,
)
def new_proposal() -> ResponseReturnValue:
    """Check a change of the processes and put it before the second person."""
    given = {"note": "", "start": "current", **body()}
    texts = [given.get(name) for name in ("pack", "zip", "note", "start")]
    if not all(isinstance(text, str) for text in texts) or given["start"] not in proposal.STARTS:
        raise BadRequest
    base = proposal.base_files(http.reading(), given["pack"], given["start"])
    found = apart.examine(base, _unpacked(given["zip"]))
    made = carry_out(proposal.propose, given["pack"], found.files, found.findings, note=given["note"]).id
    with g.database.reading() as session:
        return answer(_proposed(made, session), 201)


@route("POST", "/releases/<int:release_id>/restore", rights.EDIT_PROCESSES)
@describes(
    "送审恢复：以旧版内容发布下一个版本，写明原因；由另一人用 POST /releases 发布",
    ANY,
    body=record(note=TEXT),
    status=201,
)
def restore_release(release_id: int) -> ResponseReturnValue:
    """Propose to make an older release current again."""
    note = body().get("note", "")
    if not isinstance(note, str):
        raise BadRequest
    found = apart.examine(proposal.restorable(http.reading(), release_id, note))
    made = carry_out(proposal.propose_restore, release_id, found.findings, note=note).id
    with g.database.reading() as session:
        return answer(_proposed(made, session), 201)


@route("POST", "/proposals/<int:proposal_id>/return", rights.RELEASE)
@describes("退回作者，写明原因", ANY, body=record(reason=TEXT))
def return_proposal(proposal_id: int) -> ResponseReturnValue:
    """Send a proposal back."""
    reason = body().get("reason", "")
    if not isinstance(reason, str):
        raise BadRequest
    carry_out(proposal.send_back, proposal_id, reason)
    return answer({"id": proposal_id, "state": "returned"})


def _proposed(proposal_id: int, session: Any = None) -> dict[str, Any]:
    view = proposal.view(session or http.reading(), g.person, proposal_id)
    row = view.row
    return {
        "id": row.proposal.id,
        "pack": row.proposal.pack,
        "state": row.proposal.state,
        "hash": row.proposal.hash,
        "note": row.proposal.note,
        "author": row.author,
        "decided_by": row.decided_by,
        "restores": view.restores.version if view.restores else 0,
        "stale": view.stale,
        "findings": [finding.told(words.said).as_json() for finding in view.findings],
        "changes": [{"path": one.path, "kind": one.kind, "lines": one.lines} for one in view.changes],
    }


@route("POST", "/releases", rights.RELEASE)
@describes(
    "发布：送审的改动（proposal），或随系统提供的规则包（pack）。有问题时 422，findings 列出每一处",
    record(id=NUMBER, pack=TEXT, version=NUMBER, hash=TEXT),
    body={"type": "object", "properties": {"pack": TEXT, "proposal": NUMBER, "note": TEXT}},
    status=201,
)
def deploy() -> ResponseReturnValue:
    """Release what another proposed, or what ships with the product."""
    given = {"pack": "", "proposal": 0, "note": "", **body()}
    if not isinstance(given["pack"], str) or not isinstance(given["note"], str):
        raise BadRequest
    if isinstance(given["proposal"], bool) or not isinstance(given["proposal"], int):
        raise BadRequest
    if not has_second_factor():
        raise NotAllowed(
            "发布要先输入动态口令。",
            slug="second-factor",
            hint="请在页面上输入动态口令，再用同一个会话调用。",
        )
    made = g.database.run(_releasing(given))
    return answer({"id": made.id, "pack": made.pack, "version": made.version, "hash": made.hash}, 201)


def _releasing(given: dict[str, Any]) -> Any:
    if given["proposal"]:
        found = apart.examine(proposal.files_of(http.reading(), given["proposal"]))
        return lambda session: proposal.release(session, actor(session), given["proposal"], found.findings)
    files = proposal.base_files(http.reading(), given["pack"], "shipped")
    return lambda session: deployment.deploy_files(
        g.world,
        session,
        given["pack"],
        files,
        deployment.Hands(releaser=actor(session), note=given["note"][:500]),
    )


def _unpacked(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as fault:
        raise BadRequest from fault
