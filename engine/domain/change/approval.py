"""审定变更: legal check, then the leader, the province or the government; nobody approves what they wrote.

依据: W4 (报政府审定), J4, J5 (省级清单), W3 (分工); domain §2 no. 3.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine import audit, clock
from engine.domain import answers as ask
from engine.domain.change.drafting import refuse_taken
from engine.domain.change.tables import RegistryChange, get
from engine.domain.plan.query import refuse_self_approval
from engine.domain.terms import cite
from engine.operation import Step, operation

CLAUSE = "J4 J5 W4"


@operation("registry.check_legal", clause=CLAUSE, gives=("decision",))
def check_legal(step: Step, *, change_id: int) -> Mapping[str, Any]:
    """法制审核: the list agrees with law; by somebody who did not write it."""
    row = get(step.session, change_id)
    person = step.person()
    refuse_self_approval(row.author_id, person, "清单变更", CLAUSE, step.pack)
    decided = _decided(step, row)
    if decided["decision"] == "approve":
        row.legal_id = person.id
    return decided


@operation("registry.approve", clause="J4 J5 W4 W5", gives=("decision",))
def approve(step: Step, *, change_id: int) -> Mapping[str, Any]:
    """审批变更: by the leader in charge, or by the bureau that owns the list."""
    row = get(step.session, change_id)
    return _conclude(step, row, "")


@operation("registry.endorse", clause="J4 J5", gives=("decision",))
def endorse(step: Step, *, change_id: int) -> Mapping[str, Any]:
    """提出转报意见: a bureau between passes the proposal on to the province, or sends it back with its reason."""
    row = get(step.session, change_id)
    person = step.person()
    refuse_self_approval(row.author_id, person, "清单变更", CLAUSE, step.pack)
    decided = _decided(step, row)
    if decided["decision"] == "approve":
        passed = {"bureau": person.bureau.name, "person": person.name, "on": clock.today().isoformat()}
        row.endorsements = [*row.endorsements, passed]
    return decided


@operation("registry.record_government", clause="W4", gives=("decision",))
def record_government(step: Step, *, change_id: int) -> Mapping[str, Any]:
    """登记政府审定结果: the government has approved the list, by a document with a number.

    Or sent it back.
    """
    row = get(step.session, change_id)
    document = ""
    if ask.approves(step.answers):
        document = ask.required(step.answers, "document", "政府审定文号", clause=cite("W4", step.pack))
    return _conclude(step, row, document)


def _conclude(step: Step, row: RegistryChange, document: str) -> dict[str, str]:
    person = step.person()
    refuse_self_approval(row.author_id, person, "名录库变更", "J4 W3 W4", step.pack)
    decided = _decided(step, row)
    if decided["decision"] == "approve":
        if row.kind == "items":
            refuse_taken(step, row)
        row.approver_id = person.id
        row.approval_document = document or ask.text(step.answers, "document")
        row.approved_on = ask.past_day(step.answers, "approved_on", "审定日期")
        row.state = "approved"
    audit.record(
        step.session,
        action="registry.approve",
        subject=f"registry_change/{row.no}",
        actor=person,
        bureau_id=row.bureau_id,
        reason=row.return_reason or row.cause,
        after={"decision": decided["decision"], "kind": row.kind, "document": row.approval_document},
        clause=step.clause,
        chained=True,
    )
    return decided


def _decided(step: Step, row: RegistryChange) -> dict[str, str]:
    decided = ask.decision(step.answers, clause=cite(CLAUSE, step.pack))
    if decided["decision"] == "return":
        row.return_reason = ask.text(step.answers, "reason")
        row.state = "drafting"
    return decided
