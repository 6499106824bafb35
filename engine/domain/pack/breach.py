"""A broken «原则上» (principle): only with reason and approver, recorded and counted.

依据: 吉 第十一条 (正当理由), 舞 第九条 (原则上).
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from engine import audit, clock
from engine.errors import NotAllowed, Refused
from engine.operation import Rule, Step
from engine.people import Person, Role
from engine.sentence import Sentence
from engine.storage.base import Base, pk, reference, word

APPROVERS = {Role.LEADER, Role.HEAD}


class PrincipleBreak(Base):
    """One exception to a rule that says «in principle»: what, why, who asked, who approved."""

    __tablename__ = "principle_break"

    id: Mapped[pk]
    bureau_id: Mapped[int] = reference("bureau.id", index=False)
    case_id: Mapped[int | None] = mapped_column(index=True)
    pack: Mapped[word]
    parameter: Mapped[word]
    value: Mapped[str]
    subject: Mapped[str]
    reason: Mapped[str]
    clause: Mapped[word] = mapped_column(default="")
    approver_id: Mapped[int] = reference("person.id", index=False)
    requester_id: Mapped[int | None] = reference("person.id", index=False)
    at: Mapped[datetime] = mapped_column(default=clock.now)

    approver: Mapped[Person] = relationship(foreign_keys=[approver_id])

    __table_args__ = (
        CheckConstraint("length(trim(reason)) > 0", name="reason"),
        CheckConstraint("requester_id is null or requester_id <> approver_id", name="two_people"),
        Index("ix_principle_break_bureau_at", "bureau_id", "at"),
    )


def record_break(
    step: Step,
    parameter: str | Rule,
    subject: str,
    reason: str,
    approver: Person | None,
    *,
    requester: Person | None = None,
) -> PrincipleBreak:
    """Record that a principle was broken for a subject.

    Refuses a hard rule, a missing reason, a wrong approver.
    `requester` is who asked for the exception (by default whoever acts, unless that is the approver).
    """
    rule = step.rules[parameter] if isinstance(parameter, str) else parameter
    clause = step.rules.cite(rule.source)
    if rule.strength != "principle":
        raise Refused(
            Sentence("“{key}”是硬性规定，不能例外。", key=rule.key), clause=clause, slug="hard-rule"
        )
    if not reason.strip():
        raise Refused(
            "突破“原则上”的规定须写明理由。",
            clause=clause,
            hint="请写明正当理由后再提交。",
            slug="reason-needed",
            fields={"reason": "请填写理由"},
        )
    if approver is None or not APPROVERS & approver.roles():
        raise NotAllowed(
            "突破“原则上”的规定须经分管领导或主要负责人批准。", clause=clause, slug="approver-needed"
        )
    asked = requester or (step.actor if step.actor is not approver else None)
    if asked is not None and asked.id == approver.id:
        raise NotAllowed("申请人不能批准自己的例外。", clause=clause, slug="self-approval")
    row = PrincipleBreak(
        bureau_id=step.bureau_id,
        case_id=step.case_id or None,
        pack=step.pack,
        parameter=rule.key,
        value=str(rule.value),
        subject=subject,
        reason=reason.strip(),
        clause=rule.source,
        approver_id=approver.id,
        requester_id=asked.id if asked else None,
    )
    step.session.add(row)
    step.session.flush()
    audit.record(
        step.session,
        action="principle.break",
        subject=subject,
        actor=step.actor,
        reason=row.reason,
        after={"parameter": rule.key, "value": str(rule.value), "approver": approver.staff_no},
        clause=rule.source,
        bureau_id=step.bureau_id,
    )
    return row


def breaks(session: Session, bureau_id: int, year: int, parameter: str = "") -> dict[str, int]:
    """How often each principle was broken in a bureau in a year: parameter → number."""
    first, last = clock.start_of(date(year, 1, 1)), clock.end_of(date(year, 12, 31))
    query = (
        select(PrincipleBreak.parameter, func.count())
        .where(PrincipleBreak.bureau_id == bureau_id, PrincipleBreak.at.between(first, last))
        .group_by(PrincipleBreak.parameter)
    )
    if parameter:
        query = query.where(PrincipleBreak.parameter == parameter)
    rows: Any = session.execute(query).all()
    return {key: int(number) for key, number in rows}
