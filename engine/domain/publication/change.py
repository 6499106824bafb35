"""更正 and 撤回: what the public has read is changed by a further version that somebody else approves.

依据: 吉 第七条; 舞 第十五条.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine import audit, clock
from engine.domain import answers as ask
from engine.domain.inspection.tables import get
from engine.domain.publication.duty import refuse_other_unit
from engine.domain.publication.tables import (
    Publication,
)
from engine.domain.publication.versions import new_version, standing, versions
from engine.domain.terms import cite
from engine.errors import Refused
from engine.operation import Step, operation
from engine.sentence import Sentence

DONE = ("refused", "published", "superseded")


@operation("publication.request_change", clause="J7 W15", gives=("change_id",))
def request_change(step: Step, *, inspection_id: int) -> Mapping[str, Any]:
    """更正 or 撤回 of a published version, after an objection, a review or an error.

    The old version stays.
    """
    inspection = get(step.session, inspection_id)
    refuse_other_unit(inspection, step.person(), step.rules)
    current = standing(step.session, inspection_id, ask.text(step.answers, "about") or "result")
    if current is None:
        raise Refused(
            "还没有已公示的结果，不能更正或撤回。", clause=cite("J7 W15", step.pack), slug="not-published"
        )
    running = [
        row
        for row in versions(step.session, inspection_id)
        if row.kind in ("correction", "withdrawal") and row.state not in DONE
    ]
    if running:
        raise Refused(
            "本案已有一项更正或撤回正在办理。",
            clause=cite("J7 W15", step.pack),
            hint="请等它公示或者不予同意以后再提出。",
            slug="change-pending",
        )
    kind = ask.required(step.answers, "kind", "更正或撤回")
    if kind not in ("correction", "withdrawal"):
        raise Refused(Sentence("没有“{kind}”这种变更。", kind=kind), slug="publication-kind")
    reason = ask.required(step.answers, "reason", "理由", clause=cite("J7 W15", step.pack))
    row = new_version(
        step,
        inspection,
        kind,
        state="requested",
        previous_id=current.id,
        reason=reason,
        summary=current.summary,
        requested_by_id=step.person().id,
    )
    return {"change_id": row.id}


@operation("publication.approve_change", clause="J7 W15", gives=("decision",))
def approve_change(step: Step, *, change_id: int) -> Mapping[str, Any]:
    """审批更正或撤回: what the public has read is not changed on one person's word."""
    row = step.session.get_one(Publication, change_id)
    actor = step.person()
    if row.requested_by_id == actor.id:
        raise Refused(
            "申请人不能审批自己提出的更正或撤回。", clause=cite("J7 W15", step.pack), slug="self-approval"
        )
    if row.state != "requested":
        raise Refused("该申请已经审批。", clause=cite("J7 W15", step.pack), slug="already-decided")
    decided = ask.decision(step.answers, clause=cite("J7 W15", step.pack))
    agreed = decided["decision"] == "approve"
    row.state = "approved" if agreed else "refused"
    row.approved_by_id, row.approved_at = (actor.id, clock.now()) if agreed else (None, None)
    step.session.flush()
    audit.record(
        step.session,
        action="publication.change",
        subject=f"publication/{row.id}",
        actor=actor,
        bureau_id=row.bureau_id,
        reason=ask.text(step.answers, "reason") or row.reason,
        after={"kind": row.kind, "version": row.version, **decided},
        clause="J7 W15",
        chained=True,
    )
    return decided
