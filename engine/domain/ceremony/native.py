"""本系统抽取, step by step: envelopes, sealed roster, opening, tickets, signatures.

依据: J12 (in presence of the witness), J13 (conflicts step back), J16, W11; protocol SR1. Who makes
the secrets and how they are opened stands in `share`; each secret leaves the row when the draw is computed.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import clock
from engine.domain import answers as ask
from engine.domain.ceremony import duty, link, share, store
from engine.domain.ceremony.enclosure import signed
from engine.domain.ceremony.roster import document_for
from engine.domain.ceremony.tables import Draw, DrawnObject, DrawnPerson
from engine.domain.draw import DrawRefused, check_document, commit, compute
from engine.domain.registry import RegistryObject, below, inspectors_of
from engine.domain.terms import VOID_REASONS, cite
from engine.errors import Refused
from engine.operation import Step, operation
from engine.sentence import Sentence


@operation("draw.commit_operator", clause="J12")
def commit_operator(step: Step, *, draw_id: str) -> None:
    """抽取人封签: the operator hands over a commitment; whoever seals is the operator of this draw."""
    draw = store.get(step.session, draw_id)
    operator = step.person()
    duty.refuse_operator(step.session, draw, operator, step.pack)
    draw.witness_id = None
    draw.operator_id = operator.id
    draw.operator_secret, draw.operator_commit = share.handed_over(step, draw, "bureau", "operator")
    draw.settings = {**draw.settings, "shares": share.way_of(draw, step.rules)}


@operation("draw.commit_witness", clause="J12", gives=("decision",))
def commit_witness(step: Step, *, draw_id: str) -> Mapping[str, Any]:
    """见证人核对名单并封签: the witness has no objection and seals.

    Or sends the roster back with a reason.
    """
    draw = store.get(step.session, draw_id)
    witness = step.person()
    duty.refuse_witness(step.session, draw, witness, step.rules)
    if ask.text(step.answers, "decision") != "agree":
        draw.reason = ask.required(step.answers, "reason", "异议内容", clause=cite("J12", step.pack))
        link.revoke(step.session, draw, witness)
        store.clear(draw)
        return {"decision": "return"}
    secret, commit_hash = share.handed_over(step, draw, "witness", "witness")
    if secret and secret == draw.operator_secret:
        raise Refused(
            "见证人的密值与抽取人的相同，等于没有见证。",
            clause=cite("J12", step.pack),
            hint="请另取一个密值。",
            slug="secret-same",
            fields={"secret_witness": "请另取一个密值"},
        )
    draw.witness_id = witness.id
    draw.witness_secret, draw.witness_commit = secret, commit_hash
    draw.settings = {**draw.settings, "third_commit": share.third_commit(step, draw)}
    draw.reason = ""
    return {"decision": "agree"}


@operation("draw.freeze", clause="J12", gives=("shares",))
def freeze(step: Step, *, draw_id: str) -> Mapping[str, Any]:
    """封存名单: D is built, checked and hashed before anybody can know the seed.

    Event 0 stands from now on. `shares`: own-device (each party opens its own) · typed.
    """
    draw = store.get(step.session, draw_id)
    draw.alias_salt = secrets.token_hex(32)
    data = document_for(
        step,
        draw,
        salt=secrets.token_hex(32),
        prev_head=store.previous_head(step.session, draw, step.pack),
        parties=share.parties_of(draw),
    )
    try:
        document = check_document(data)
    except DrawRefused as fault:
        raise Refused(
            Sentence("抽取名单不能封存：{reason}", reason=fault.reason),
            clause=cite("J12", step.pack),
            slug="roster",
        ) from fault
    draw.document = document.data
    draw.roster = document.roster
    store.keep(draw, commit(document))
    draw.state = "frozen"
    draw.frozen_at = clock.now()
    step.session.flush()
    way = share.OWN if share.was_own(draw) else share.TYPED
    store.log(
        step.session, draw, "draw.freeze", after={"shares": way, "parties": len(share.parties_of(draw))}
    )
    return {"shares": way}


@operation("draw.reveal_operator", clause="J12")
def reveal_operator(step: Step, *, draw_id: str) -> None:
    """抽取人启封: the operator opens the own envelope and reads out the public number, if one was agreed."""
    draw = store.get(step.session, draw_id)
    refuse_other_operator(step, draw)
    draw.operator_secret = share.opened(step.answers, draw, "bureau", "operator", step.pack)
    share.beacon_value(step, draw)
    store.log(step.session, draw, "draw.reveal_operator", step.actor)


@operation("draw.reveal", clause="J12", gives=("ceremony",))
def reveal(step: Step, *, draw_id: str) -> Mapping[str, Any]:
    """当场启封: the witness compares the roster hash with the minutes and opens the envelopes.

    Or the draw is void.
    """
    draw = store.get(step.session, draw_id)
    duty.refuse_witness(step.session, draw, step.person(), step.rules)
    return _open(step, draw)


@operation("draw.open_envelope", clause="J12", gives=("ceremony",))
def open_envelope(step: Step, *, draw_id: str) -> Mapping[str, Any]:
    """启封代存信封: the witness did not reveal in time, so the other party opens the sealed envelope.

    Refusing to reveal gains nothing; without an envelope the draw is void (`reveal-missing`).
    """
    draw = store.get(step.session, draw_id)
    refuse_other_operator(step, draw)
    store.log(step.session, draw, "draw.open_envelope", step.actor)
    return _open(step, draw)


def _open(step: Step, draw: Draw) -> dict[str, str]:
    """Every secret that is still missing, each against its commitment; or the draw is void."""
    decided = _ceremony(step, draw, "reveal")
    if decided["ceremony"] != "reveal":
        return decided
    if not draw.witness_secret:
        draw.witness_secret = share.opened(step.answers, draw, "witness", "witness", step.pack)
    if not draw.operator_secret:
        draw.operator_secret = share.opened(step.answers, draw, "bureau", "operator", step.pack)
    if draw.settings.get("third_commit") and not draw.settings.get("third_secret"):
        secret = share.opened(step.answers, draw, "third", "third", step.pack)
        draw.settings = {**draw.settings, "third_secret": secret}
    share.beacon_value(step, draw)
    return decided


def refuse_other_operator(step: Step, draw: Draw) -> None:
    """Whoever sealed for the bureau opens and signs for it (slug `not-operator`)."""
    if step.person().id != draw.operator_id:
        raise Refused(
            "本次抽取由交出封签的抽取人启封和签署。", clause=cite("J12", step.pack), slug="not-operator"
        )


def _ceremony(step: Step, draw: Draw, wanted: str) -> dict[str, str]:
    if ask.text(step.answers, "ceremony") == wanted:
        return {"ceremony": wanted}
    code = ask.required(step.answers, "void_reason", "作废理由", clause=cite("J12", step.pack))
    if code not in VOID_REASONS:
        raise Refused("请选择作废理由。", slug="void-reason", fields={"void_reason": "请选择"})
    draw.settings = {**draw.settings, "void_reason": code}
    draw.reason = ask.required(step.answers, "reason", "说明", clause=cite("J12", step.pack))
    return {"ceremony": "void"}


@operation("draw.compute", clause="J3 J12 J13", gives=("draw_outcome",))
def compute_draw(step: Step, *, draw_id: str) -> Mapping[str, Any]:
    """出号分组: objects first, then people, because who steps back depends on the object.

    `draw_outcome`: placed, or failed when not every place could be filled.
    """
    draw = store.get(step.session, draw_id)
    document = store.document_of(draw)
    reveal = share.reveal_of(draw)
    if document is None or reveal is None:
        raise Refused(
            "名单还没有封存或封签不全，不能启封。", clause=cite("J12", step.pack), slug="not-frozen"
        )
    transcript = compute(document, reveal)
    store.keep(draw, transcript)
    store.clear_secrets(draw)
    if transcript.body("place") is None:
        store.end(step.session, draw, "failed", "draw.fail", step.actor)
        return {"draw_outcome": "failed"}
    draw.state = "placed"
    _enter(step, draw)
    step.session.flush()
    store.log(step.session, draw, "draw.placed")
    return {"draw_outcome": "placed"}


def object_ids(session: Session, bureau_id: int, codes: list[str]) -> dict[str, int]:
    """Institution code → row, in the registries of a bureau and those below.

    The bureau's own row goes before.
    """
    bureaus = below(session, bureau_id)
    query = select(RegistryObject.code, RegistryObject.id, RegistryObject.bureau_id).where(
        RegistryObject.bureau_id.in_(bureaus), RegistryObject.code.in_(codes)
    )
    rows = sorted(session.execute(query), key=lambda row: bureaus.index(row.bureau_id), reverse=True)
    return {row.code: row.id for row in rows}


def _enter(step: Step, draw: Draw) -> None:
    """The result as rows, for the inspections that follow."""
    transcript = store.transcript_of(draw)
    document = draw.document
    codes = {thing["id"]: thing["stratum"] for thing in document["objects"]}
    route = transcript.body("route") or {"groups": []}
    dealt = [code for group in route["groups"] for code in group]
    ids = object_ids(step.session, draw.bureau_id, dealt)
    for group, things in zip(document["groups"], route["groups"], strict=True):
        for code in things:
            draw.objects.append(DrawnObject(object_id=ids[code], group_id=group["id"], stratum=codes[code]))
    staff = {who.staff_no: who.id for who in inspectors_of(step.session, draw.bureau_id)}
    place = transcript.body("place") or {"groups": []}
    for group in place["groups"]:
        for index, alias in enumerate(group["members"]):
            draw.people.append(
                DrawnPerson(
                    group_id=group["id"],
                    role_index=index,
                    role=document["roles"][index],
                    alias=alias,
                    inspector_id=staff[draw.aliases[alias]],
                )
            )


@operation("draw.sign_operator", clause="J12")
def sign_operator(step: Step, *, draw_id: str) -> None:
    """抽取人签署抽取记录."""
    draw = store.get(step.session, draw_id)
    refuse_other_operator(step, draw)
    draw.operator_signed_at = clock.now()
    draw.operator_signature = signed(step, "signature")


@operation("draw.sign_witness", clause="J12 W3", gives=("ceremony",))
def sign_witness(step: Step, *, draw_id: str) -> Mapping[str, Any]:
    """见证人签署抽取记录, or refuses with a reason: then the draw is void."""
    draw = store.get(step.session, draw_id)
    witness = step.person()
    duty.refuse_witness(step.session, draw, witness, step.rules)
    if witness.id != draw.witness_id:
        raise Refused("抽取记录由见证本次抽取的人员签署。", clause=cite("J12", step.pack), slug="not-witness")
    decided = _ceremony(step, draw, "sign")
    if decided["ceremony"] == "sign":
        draw.witness_signed_at = clock.now()
        draw.witness_signature = signed(step, "signature")
    return decided
