"""销毁: after the term, proposed by the archivist, appraised, allowed twice; list and seal stay.

依据: 国家档案局令第8号 (保管期限、鉴定); §2 no. 13 (two persons and an expired term).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import clock
from engine.domain import answers as ask
from engine.domain.archive.loan import loans, sealed
from engine.domain.archive.tables import RETENTION, ArchivePackage, Destruction
from engine.domain.archive.trace import enter
from engine.domain.archive.verbs import documents
from engine.domain.inspection.tables import get
from engine.domain.plan.query import refuse_self_approval
from engine.domain.terms import cite
from engine.errors import Refused
from engine.operation import Step, operation, prefill
from engine.people import Person
from engine.sentence import Sentence

CLAUSE = "国家档案局令第8号"
GONE = "（已销毁）"


def refuse_running(package: ArchivePackage, pack: str) -> None:
    """A file whose term has not ended, or never ends, is not destroyed (slug `retention-running`)."""
    if package.retain_until is not None and clock.today() > package.retain_until:
        return
    until = Sentence("至 {day}", day=package.retain_until) if package.retain_until else "永久"
    raise Refused(
        Sentence(
            "案卷 {archive_no} 保管{until}，期限未满，不能销毁。", archive_no=package.archive_no, until=until
        ),
        clause=cite(CLAUSE, pack),
        slug="retention-running",
    )


@operation("archive.propose_destruction", clause=CLAUSE, gives=("destruction_id",))
def propose_destruction(step: Step, *, inspection_id: int) -> Mapping[str, Any]:
    """提请销毁: the term has ended, nothing of the file is out on loan."""
    package = sealed(step, inspection_id)
    refuse_running(package, step.pack)
    _refuse_lent(step, package.id)
    pending = select(Destruction.id).where(Destruction.package_id == package.id, Destruction.state != "kept")
    if step.session.scalar(pending) is not None:
        raise Refused(
            "这份案卷的销毁申请正在办理。", clause=cite(CLAUSE, step.pack), slug="destruction-pending"
        )
    row = Destruction(
        package_id=package.id,
        reason=ask.required(step.answers, "reason", "销毁理由", clause=cite(CLAUSE, step.pack)),
        retain_until=package.retain_until,
        proposed_by_id=step.person().id,
    )
    step.session.add(row)
    step.session.flush()
    return {"destruction_id": row.id}


def _refuse_lent(step: Step, package_id: int) -> None:
    if any(row.state == "out" for row in loans(step.session, package_id)):
        raise Refused(
            "案卷尚在借阅，不能销毁。",
            clause=cite(CLAUSE, step.pack),
            hint="请先收回案卷。",
            slug="on-loan",
        )


@operation("archive.appraise", clause=CLAUSE, gives=("appraisal",))
def appraise(step: Step, *, destruction_id: int) -> Mapping[str, Any]:
    """鉴定: whether the file is still worth keeping (`appraisal`: keep · destroy)."""
    row, actor = step.session.get_one(Destruction, destruction_id), step.person()
    refuse_self_approval(row.proposed_by_id, actor, "销毁申请", CLAUSE, step.pack)
    found = ask.required(step.answers, "appraisal", "鉴定意见", clause=cite(CLAUSE, step.pack))
    row.opinion = ask.required(step.answers, "opinion", "鉴定说明", clause=cite(CLAUSE, step.pack))
    row.appraised_by_id = actor.id
    row.state = "appraised" if found == "destroy" else "kept"
    _log(step, row, "appraise", row.opinion)
    return {"appraisal": found}


@operation("archive.approve_destruction", clause=CLAUSE, gives=("decision",))
def approve_destruction(step: Step, *, destruction_id: int) -> Mapping[str, Any]:
    """审批销毁: the deputy director in charge; neither who proposed nor who appraised."""
    row, actor = step.session.get_one(Destruction, destruction_id), step.person()
    for author in (row.proposed_by_id, row.appraised_by_id):
        refuse_self_approval(author, actor, "销毁申请", CLAUSE, step.pack)
    return _decide(step, row, "approved_by_id", "approved")


@operation("archive.confirm_destruction", clause=CLAUSE, gives=("decision",))
def confirm_destruction(step: Step, *, destruction_id: int) -> Mapping[str, Any]:
    """核准销毁: the head of the bureau, a second approval by another person."""
    row, actor = step.session.get_one(Destruction, destruction_id), step.person()
    for author in (row.proposed_by_id, row.appraised_by_id, row.approved_by_id):
        refuse_self_approval(author, actor, "销毁申请", CLAUSE, step.pack)
    if ask.approves(step.answers):
        _refuse_lent(step, row.package_id)
    return _decide(step, row, "confirmed_by_id", "confirmed")


def _decide(step: Step, row: Destruction, field: str, state: str) -> Mapping[str, Any]:
    decided = ask.decision(step.answers, clause=cite(CLAUSE, step.pack))
    agreed = decided["decision"] == "approve"
    setattr(row, field, step.person().id)
    row.state = state if agreed else "kept"
    _log(step, row, state if agreed else "kept", ask.text(step.answers, "reason"))
    return decided


@operation("archive.destroy", clause=CLAUSE)
def destroy(step: Step, *, destruction_id: int) -> None:
    """销毁: the contents go; the list, the hashes, the seal and the ledger row stay for ever."""
    row = step.session.get_one(Destruction, destruction_id)
    package = step.session.get_one(ArchivePackage, row.package_id)
    refuse_running(package, step.pack)
    row.state, row.on = "destroyed", clock.today()
    step.session.flush()
    package.state = "destroyed"
    step.session.flush()
    for document in documents(step.session, package.id):
        if document.content:
            document.content = GONE
    _log(step, row, "destroy", row.reason)


def _log(step: Step, row: Destruction, what: str, reason: str) -> None:
    after = {"destruction": row.id, "state": row.state}
    enter(step, row.package_id, what, after, clause=CLAUSE, reason=reason, chained=True)


def _name(session: Session, person_id: int | None) -> str:
    person = session.get(Person, person_id) if person_id else None
    return person.name if person else ""


@prefill("archive/approve_destruction")
def show_destruction(step: Step) -> dict[str, Any]:
    """The file, its term, why, and what was found so far."""
    row = step.session.get(Destruction, step.data.get("destruction_id") or 0)
    if row is None:
        return {}
    package = step.session.get_one(ArchivePackage, row.package_id)
    facts = [
        ("案号", get(step.session, package.inspection_id).case_no),
        ("档号", package.archive_no),
        ("案卷题名", package.title),
        (
            "保管期限",
            Sentence(
                "{retention}，至 {day}",
                retention=RETENTION[package.retention],
                day=row.retain_until,
            ),
        ),
        ("件数", str(len(documents(step.session, package.id)))),
        ("销毁理由", row.reason),
        ("提请人", _name(step.session, row.proposed_by_id)),
    ]
    if row.opinion:
        facts.append(("鉴定意见", f"{row.opinion}（{_name(step.session, row.appraised_by_id)}）"))
    if row.approved_by_id:
        facts.append(("分管领导", Sentence("{name} 同意", name=_name(step.session, row.approved_by_id))))
    return {"facts": facts}


prefill("archive/appraise")(show_destruction)
