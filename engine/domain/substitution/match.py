"""平台重新匹配 (W9): the platform finds the substitute too; nobody is drawn here.

A match that the registries do not bear out is a finding that the leader in charge settles, as for the draw
itself; somebody unknown or in conflict goes back to the platform.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.domain import answers as ask
from engine.domain.ceremony import findings, store
from engine.domain.ceremony.enclosure import enclosures, numbered
from engine.domain.ceremony.pool import pool_of
from engine.domain.ceremony.tables import Draw, DrawnPerson
from engine.domain.draw import DrawRefused
from engine.domain.draw.platform import append_platform_sub
from engine.domain.registry import RegistryObject, inspector_by_staff_no
from engine.domain.substitution.successor import change_teams, reason_of, slot, waiting_visits
from engine.domain.substitution.tables import Substitution, get
from engine.domain.terms import cite
from engine.errors import Refused
from engine.operation import Step, operation
from engine.sentence import Sentence


@operation("substitution.send", clause="W9 J13")
def send(step: Step, *, substitution_id: int) -> None:
    """请平台重新匹配: who steps out of which group, as an exchange file for the platform after the commit."""
    row = get(step.session, substitution_id)
    place = slot(step, row)
    step.machine.enqueue(
        "platform.send",
        {
            "kind": "substitution",
            "substitution": row.id,
            "draw": str(row.draw_id),
            "group": row.group_id,
            "out": present(place),
            "reason": reason_of(row),
        },
        key=f"substitution/{row.id}/send" + (f"/{row.postponed_to}" if row.postponed_to else ""),
    )


@operation("substitution.import_match", clause="W9 J13", gives=("substitution_outcome", "match_findings"))
def import_match(step: Step, *, substitution_id: int) -> Mapping[str, Any]:
    """导入平台重新匹配结果: the platform's substitute with its evidence.

    `match_findings`: what the registries say against this person; then nothing has changed yet.
    """
    row = get(step.session, substitution_id)
    draw = store.get(step.session, str(row.draw_id))
    serial = ask.required(step.answers, "serial", "平台匹配编号", clause=cite("W9", step.pack))
    proof = enclosures(step.session, ask.words(step.answers, "proof"))
    if not proof:
        raise Refused(
            "须附平台匹配结果。",
            clause=cite("W9", step.pack),
            slug="proof-missing",
            fields={"proof": "请附平台结果"},
        )
    nobody = ask.flag(step.answers, "nobody")
    number = "" if nobody else ask.required(step.answers, "staff_no", "递补人员工号")
    match = {"serial": serial, "number": number, "proof": proof}
    draw.settings = {
        **draw.settings,
        "matches": {**draw.settings.get("matches", {}), str(row.id): match},
    }
    found = _compared(step, row, draw, number) if number else []
    if findings.record(step, draw, found, row.id):
        return {"substitution_outcome": "", "match_findings": len(found)}
    return {**_take(step, row, draw), "match_findings": 0}


def present(place: DrawnPerson) -> str:
    """Who holds the place now, by alias; nobody where it is empty since a postponement."""
    return place.alias if place.state == "serving" else ""


def _compared(step: Step, row: Substitution, draw: Draw, number: str) -> list[dict[str, str]]:
    """The substitute against the pool of the draw and every visit of the group that is still ahead."""
    visits = waiting_visits(step, row)
    codes = [step.session.get_one(RegistryObject, visit.object_id).code for visit in visits]
    return findings.about_person(step, pool_of(step, draw), row.group_id, number, codes)


@operation("substitution.settle_match", clause="W9 J13", gives=("match_decision",))
def settle_match(step: Step, *, substitution_id: int) -> Mapping[str, Any]:
    """处理平台递补人选比对问题: the leader keeps the platform's substitute with a reason, or sends it back."""
    row = get(step.session, substitution_id)
    draw = store.get(step.session, str(row.draw_id))
    if ask.text(step.answers, "decision") != "settle":
        row.note = ask.required(step.answers, "reason", "退回理由", clause=cite("W9", step.pack))
        return {"match_decision": "return"}
    found = findings.of_draw(step.session, draw.id, row.id)
    findings.settle(step, draw, found)
    kept = all(each.settlement == "accept" for each in found)
    return {"match_decision": "settle" if kept else "return"}


@operation("substitution.take_match", clause="W9 J13", gives=("substitution_outcome",))
def take_match(step: Step, *, substitution_id: int) -> Mapping[str, Any]:
    """采用平台递补人选: the leader has settled what spoke against this person."""
    row = get(step.session, substitution_id)
    return _take(step, row, store.get(step.session, str(row.draw_id)))


def _take(step: Step, row: Substitution, draw: Draw) -> dict[str, Any]:
    match = draw.settings["matches"][str(row.id)]
    place, number = slot(step, row), str(match["number"])
    arriving = inspector_by_staff_no(step.session, draw.bureau_id, number) if number else None
    settled = findings.as_evidence(findings.of_draw(step.session, draw.id, row.id))
    try:
        transcript = append_platform_sub(
            store.transcript_of(draw),
            group=row.group_id,
            out=present(place),
            substitute=number,
            reason=reason_of(row),
            witness={"name": "witness", "sig": f"platform {match['serial']}"},
            evidence=[*numbered(match["proof"]), *settled],
        )
    except DrawRefused as fault:
        raise Refused(
            Sentence("平台匹配结果不能导入：{reason}", reason=fault.reason), slug="platform-mismatch"
        ) from fault
    store.keep(draw, transcript)
    return change_teams(step, row, draw, place, arriving, number)
