"""信用记录: what an inspection means for the object's credit, and the way to 联合惩戒.

Feeds the next plan's strata.

依据: 舞 第十六条 (纳入医保基金监管信用体系；严重失信联合惩戒), 吉 第十一条 (“黑名单”须经行政处罚).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine import audit, clock
from engine.domain import answers as ask
from engine.domain.inspection.tables import get
from engine.domain.inspection.visit import findings
from engine.domain.registry import RegistryObject
from engine.domain.terms import CREDIT_LEVELS, cite
from engine.errors import Refused, RuleError
from engine.operation import Step, operation, prefill
from engine.sentence import Sentence
from engine.storage.base import Base, pk, reference, word


class CreditRecord(Base):
    """The effect of one inspection on the credit of its object.

    `level` is the class after it (A best, D worst).
    """

    __tablename__ = "credit_record"

    id: Mapped[pk]
    bureau_id: Mapped[int] = reference("bureau.id", index=False)
    object_id: Mapped[int] = reference("registry_object.id")
    inspection_id: Mapped[int] = reference("inspection.id", unique=True)
    before: Mapped[word] = mapped_column(default="")
    level: Mapped[word]
    serious: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str]
    joint: Mapped[bool] = mapped_column(default=False)  # handed over for 联合惩戒
    joint_receiver: Mapped[word] = mapped_column(default="")
    joint_document: Mapped[word] = mapped_column(default="")
    joint_reason: Mapped[str] = mapped_column(default="")
    joint_by_id: Mapped[int | None] = reference("person.id", index=False)
    joint_at: Mapped[datetime | None]
    at: Mapped[datetime] = mapped_column(default=clock.now)

    __table_args__ = (
        CheckConstraint(f"level in {CREDIT_LEVELS}", name="level"),
        CheckConstraint(
            "not joint or (serious and joint_receiver <> '' and joint_document <> '')", name="joint"
        ),
    )


def of(session: Session, inspection_id: int) -> CreditRecord | None:
    """The credit record of an inspection."""
    return session.scalar(select(CreditRecord).where(CreditRecord.inspection_id == inspection_id))


@operation("credit.assess", clause="W16 J11", gives=("serious", "publication_owed"))
def assess(step: Step, *, inspection_id: int) -> Mapping[str, Any]:
    """The table `credit` says how many classes the object falls and whether it is serious."""
    inspection = get(step.session, inspection_id)
    owed = inspection.lead_id is None or bool(step.rules.value("lead.publish"))
    if not step.rules.value("credit.record"):
        return {"serious": False, "publication_owed": owed}
    thing = step.session.get_one(RegistryObject, inspection.object_id)
    found = [finding for finding in findings(step.session, inspection_id) if finding.problem]
    before = thing.credit_level or "A"
    facts = {
        "problems": len(found),
        "serious_finding": any(finding.serious or finding.result == "uncooperative" for finding in found),
        "amount_fen": sum(finding.amount_fen for finding in found),
    }
    effect = step.machine.decide("credit", facts)
    if not isinstance(effect, Mapping) or "steps" not in effect:
        raise RuleError("信用表没有给出结果。", hint="请检查 credit.dmn。")
    level = CREDIT_LEVELS[min(CREDIT_LEVELS.index(before) + int(effect["steps"]), len(CREDIT_LEVELS) - 1)]
    serious = bool(effect["serious"])
    row = of(step.session, inspection_id) or CreditRecord(
        bureau_id=inspection.bureau_id, object_id=thing.id, inspection_id=inspection_id
    )
    row.before, row.level, row.serious = before, level, serious
    row.reason = (
        Sentence("{case_no}：{count}个问题", case_no=inspection.case_no, count=len(found))
        if found
        else Sentence("{case_no}：未发现问题", case_no=inspection.case_no)
    )
    step.session.add(row)
    thing.credit_level = level
    step.session.flush()
    return {"serious": serious, "publication_owed": owed}


@operation("credit.hand_over", clause="W16")
def hand_over(step: Step, *, inspection_id: int) -> None:
    """严重失信: handed over for 联合惩戒, or, where the pack leaves it open, a reason why not."""
    row = of(step.session, inspection_id)
    if row is None or not row.serious:
        raise Refused(
            "该对象不属于严重失信，不能移交联合惩戒。", clause=cite("W16", step.pack), slug="not-serious"
        )
    if not ask.flag(step.answers, "hand_over"):
        if step.rules["credit.joint_punishment"].value == "required":
            raise Refused(
                "属于严重失信行为的，应当实施联合惩戒。", clause=cite("W16", step.pack), slug="joint-required"
            )
        row.joint_reason = ask.required(step.answers, "reason", "不移交的理由", clause=cite("W16", step.pack))
        return
    row.joint_receiver = ask.required(step.answers, "receiver", "接收部门", clause=cite("W16", step.pack))
    row.joint_document = ask.required(
        step.answers, "document_no", "认定文书文号", clause=cite("W16", step.pack)
    )
    row.joint, row.joint_by_id, row.joint_at = True, step.person().id, clock.now()
    audit.record(
        step.session,
        action="credit.joint",
        subject=f"object/{row.object_id}",
        actor=step.actor,
        bureau_id=row.bureau_id,
        reason=row.reason,
        after={"receiver": row.joint_receiver, "document": row.joint_document},
        clause="W16",
        chained=True,
    )


@prefill("inspection/joint")
def show_record(step: Step) -> dict[str, Any]:
    """The credit record that makes it serious."""
    row = of(step.session, int(step.data["inspection_id"]))
    if row is None:
        return {}
    thing = step.session.get_one(RegistryObject, row.object_id)
    return {
        "facts": [("对象", thing.name), ("信用等级", f"{row.before} → {row.level}"), ("原因", row.reason)]
    }
