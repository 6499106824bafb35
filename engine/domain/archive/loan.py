"""借阅: a sealed file is lent on request, with an approval, against its return; each step stays in the log.

依据: 吉 第二十七条 (按档案管理要求安排专人负责), 国家档案局令第8号; §2 no. 13 (lend, never alter).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import clock
from engine.domain import answers as ask
from engine.domain.archive.tables import LOANS, ArchiveLoan, ArchivePackage
from engine.domain.archive.trace import enter
from engine.domain.archive.verbs import of, refuse_keeper
from engine.domain.inspection.tables import get
from engine.domain.plan.query import refuse_self_approval
from engine.domain.terms import cite
from engine.errors import Refused
from engine.operation import Step, operation, prefill
from engine.people import Person
from engine.sentence import Sentence

CLAUSE = "J27 国家档案局令第8号"
LOAN_STATES: Mapping[str, str] = {
    "requested": "待审批",
    "approved": "待调出",
    "refused": "不予借阅",
    "out": "借出",
    "returned": "已归还",
}


def loans(session: Session, package_id: int) -> list[ArchiveLoan]:
    """All loans of a file, oldest first."""
    query = select(ArchiveLoan).where(ArchiveLoan.package_id == package_id)
    return list(session.scalars(query.order_by(ArchiveLoan.id)))


def sealed(step: Step, inspection_id: int) -> ArchivePackage:
    """The sealed file of an inspection; a destroyed one has only its list left (slug `not-archived`)."""
    package = of(step.session, inspection_id)
    return refuse_unsealed(package, step.pack)


def refuse_unsealed(package: ArchivePackage | None, pack: str) -> ArchivePackage:
    """The file, sealed; refused before its seal and after its destruction (slug `not-archived`)."""
    if package is None or package.state != "sealed":
        why = "已销毁" if package is not None and package.state == "destroyed" else "尚未封存"
        raise Refused(
            Sentence("案卷{why}，不能办理。", why=why),
            clause=cite(CLAUSE, pack),
            hint="已销毁的案卷只留存目录和封印。" if why == "已销毁" else "请先完成归档。",
            slug="not-archived",
        )
    return package


@operation("archive.request_loan", clause=CLAUSE, gives=("loan_id", "loan_due"))
def request_loan(step: Step, *, inspection_id: int) -> Mapping[str, Any]:
    """申请借阅: for what purpose, original or copy, until when."""
    package = sealed(step, inspection_id)
    due_on = ask.day(step.answers, "due_on")
    if due_on is None or due_on <= clock.today():
        raise Refused(
            "请填写归还日期。",
            clause=cite(CLAUSE, step.pack),
            slug="loan-due",
            fields={"due_on": "须晚于今天"},
        )
    row = ArchiveLoan(
        package_id=package.id,
        purpose=ask.required(step.answers, "purpose", "借阅理由", clause=cite(CLAUSE, step.pack)),
        kind=ask.required(step.answers, "kind", "借阅方式"),
        due_on=due_on,
        requested_by_id=step.person().id,
    )
    step.session.add(row)
    step.session.flush()
    return {"loan_id": row.id, "loan_due": due_on.isoformat()}


@operation("archive.approve_loan", clause=CLAUSE, gives=("decision",))
def approve_loan(step: Step, *, loan_id: int) -> Mapping[str, Any]:
    """审批借阅: allowed by somebody else than who asks."""
    row, actor = _loan(step, loan_id, "requested"), step.person()
    refuse_self_approval(row.requested_by_id, actor, "借阅申请", CLAUSE, step.pack)
    decided = ask.decision(step.answers, clause=cite(CLAUSE, step.pack))
    agreed = decided["decision"] == "approve"
    row.state = "approved" if agreed else "refused"
    row.approved_by_id, row.approved_at = actor.id, clock.now()
    _log(step, row, "approve_loan", reason=ask.text(step.answers, "reason") or row.purpose)
    return decided


@operation("archive.hand_out", clause="J27")
def hand_out(step: Step, *, loan_id: int) -> None:
    """调出案卷: the archivist gives it out; an original that is out cannot be lent again."""
    row = _loan(step, loan_id, "approved")
    refuse_keeper(step.person(), step.rules)
    refuse_unsealed(step.session.get_one(ArchivePackage, row.package_id), step.pack)
    away = next(
        (
            one
            for one in loans(step.session, row.package_id)
            if one.state == "out" and one.kind == row.kind == "original"
        ),
        None,
    )
    if away is not None:
        raise Refused(
            Sentence(
                "原件已借给{name}，应于 {due_on} 归还。",
                name=_name(step.session, away.requested_by_id),
                due_on=away.due_on,
            ),
            clause=cite("J27", step.pack),
            hint="请等归还后再调出，或改为查阅电子件。",
            slug="on-loan",
        )
    row.state, row.handed_out_by_id, row.handed_out_at = "out", step.person().id, clock.now()
    _log(step, row, "hand_out", reason=ask.text(step.answers, "note"))


@operation("archive.take_back", clause="J27")
def take_back(step: Step, *, loan_id: int) -> None:
    """清点归还: what came back, and whether it is whole."""
    row = _loan(step, loan_id, "out")
    refuse_keeper(step.person(), step.rules)
    if ask.text(step.answers, "condition") == "damaged":
        row.damage = ask.required(
            step.answers, "damage", "损坏或缺页情况", clause=cite(CLAUSE, step.pack), slug="damage"
        )
    row.state, row.taken_back_by_id, row.taken_back_at = "returned", step.person().id, clock.now()
    _log(step, row, "take_back", reason=row.damage)


@operation("archive.remind_loan", clause="J27")
def remind_loan(step: Step, *, loan_id: int) -> None:
    """逾期未还: noted once, with the day it was due."""
    row = step.session.get_one(ArchiveLoan, loan_id)
    row.reminded_at = clock.now()


def _loan(step: Step, loan_id: int, state: str) -> ArchiveLoan:
    row = step.session.get_one(ArchiveLoan, loan_id)
    if row.state != state:
        raise Refused(
            Sentence("借阅申请现在是“{state}”。", state=LOAN_STATES[row.state]),
            clause=cite("J27", step.pack),
            slug="loan-state",
        )
    return row


def _name(session: Session, person_id: int | None) -> str:
    person = session.get(Person, person_id) if person_id else None
    return person.name if person else ""


def _log(step: Step, row: ArchiveLoan, what: str, *, reason: str) -> None:
    after = {"loan": row.id, "kind": row.kind, "state": row.state, "due_on": row.due_on.isoformat()}
    enter(step, row.package_id, what, after, clause="J27", reason=reason)


@prefill("archive/approve_loan")
def show_loan(step: Step) -> dict[str, Any]:
    """Which file, who asks, for what, until when; and who had it before."""
    row = step.session.get(ArchiveLoan, step.data.get("loan_id") or 0)
    if row is None:
        return {}
    package = step.session.get_one(ArchivePackage, row.package_id)
    before = len([one for one in loans(step.session, package.id) if one.handed_out_at is not None])
    return {
        "facts": [
            ("案号", get(step.session, package.inspection_id).case_no),
            ("档号", package.archive_no),
            ("案卷题名", package.title),
            ("借阅人", _name(step.session, row.requested_by_id)),
            ("借阅理由", row.purpose),
            ("借阅方式", LOANS[row.kind]),
            ("归还日期", row.due_on.isoformat()),
            ("此前借出", Sentence("{count} 次", count=before)),
        ]
    }


for _form in ("archive/hand_out", "archive/take_back"):
    prefill(_form)(show_loan)
