"""线索个案 (lead): complaint, referral, data monitoring or a superior's order about one object.

Nothing is drawn.

依据: J9 (不执行双随机，立即实施检查、处置), W7 (不采取双随机方式，但检查结果也要依法公开). A plan's object
may not be turned into a lead to escape the draw (domain P7).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from engine import audit, clock
from engine.domain import answers as ask
from engine.domain.calendar import due_by_release
from engine.domain.ceremony import duty
from engine.domain.ceremony.enclosure import enclosures
from engine.domain.ceremony.pool import visits
from engine.domain.inspection.opening import open_from_lead
from engine.domain.inspection.tables import Inspection
from engine.domain.plan.query import refuse_self_approval
from engine.domain.registry import Inspector, RegistryObject, inspectors_of, object_by_code, refuse_conflicted
from engine.domain.terms import cite
from engine.errors import NotFound, Refused
from engine.operation import Rules, Step, operation, prefill, subject
from engine.people import Bureau, Person
from engine.sentence import Sentence
from engine.storage.base import Base, pk, reference, text, word

SOURCES: Mapping[str, str] = {
    "complaint": "投诉举报",
    "referral": "转办交办",
    "monitoring": "数据监测",
    "superior": "上级部门交办",
    "department": "其他部门移送",
}
"""依据: J9 投诉举报、转办交办、数据监测; W7 投诉举报、大数据监测、上级部门交办、其他部门移送."""
CLAUSE = "J9 W7"


class Lead(Base):
    """线索: where it came from, on what paper, about which object, who verified.

    Approved and was assigned.
    """

    __tablename__ = "lead"

    id: Mapped[pk]
    bureau_id: Mapped[int] = reference("bureau.id")
    year: Mapped[int]
    serial: Mapped[int]
    no: Mapped[word]
    source_kind: Mapped[word] = mapped_column(default="")
    source_document: Mapped[str] = mapped_column(default="")
    source_proof: Mapped[list[Any]] = mapped_column(default=list)
    received_on: Mapped[date] = mapped_column(default=clock.today)
    summary: Mapped[text] = mapped_column(default="")
    object_id: Mapped[int | None] = reference("registry_object.id")
    finding: Mapped[text] = mapped_column(default="")
    state: Mapped[word] = mapped_column(default="received")
    publication_owed: Mapped[bool] = mapped_column(default=False)
    registered_by_id: Mapped[int | None] = reference("person.id", index=False)
    verified_by_id: Mapped[int | None] = reference("person.id", index=False)
    approver_id: Mapped[int | None] = reference("person.id", index=False)
    approved_at: Mapped[datetime | None]
    assigned_by_id: Mapped[int | None] = reference("person.id", index=False)
    assigned: Mapped[list[Any]] = mapped_column(default=list)  # ids of the inspectors
    assign_reason: Mapped[str] = mapped_column(default="")
    late_reason: Mapped[str] = mapped_column(default="")
    inspection_id: Mapped[int | None] = reference("inspection.id")
    closed_at: Mapped[datetime | None]

    thing: Mapped[RegistryObject | None] = relationship(foreign_keys=[object_id])

    __table_args__ = (
        UniqueConstraint("bureau_id", "year", "serial"),
        CheckConstraint(
            "state in ('received','registered','verified','approved','assigned','done','filed')", name="state"
        ),
        CheckConstraint(f"source_kind in {('', *SOURCES)}", name="source"),
        CheckConstraint("state = 'received' or source_document <> ''", name="source_document"),
        CheckConstraint(
            "state in ('received','registered','filed') or object_id is not null", name="about_an_object"
        ),
        CheckConstraint("approver_id is null or approver_id <> verified_by_id", name="self_approval"),
        CheckConstraint("inspection_id is null or approver_id is not null", name="approved_first"),
    )


def receive(session: Session, bureau: Bureau, rules: Rules) -> Lead:
    """收到线索: the row a lead case starts from (its data is `{"lead_id": lead.id}`).

    The clock runs from now.
    """
    year = clock.today().year
    last = (
        session.scalar(select(func.max(Lead.serial)).where(Lead.bureau_id == bureau.id, Lead.year == year))
        or 0
    )
    row = Lead(
        bureau_id=bureau.id, year=year, serial=last + 1, no=f"{bureau.short_name}线索〔{year}〕{last + 1}号"
    )
    row.publication_owed = bool(rules["lead.publish"].value)
    session.add(row)
    session.flush()
    return row


def get(session: Session, lead_id: int) -> Lead:
    """The lead with this id; NotFound otherwise."""
    found = session.get(Lead, lead_id)
    if found is None:
        raise NotFound(Sentence("没有编号为 {lead_id} 的线索。", lead_id=lead_id))
    return found


def refuse_planned(session: Session, thing: RegistryObject, pack: str) -> None:
    """An object that was drawn and waits for its visit stays in the plan (slug `plan-object-as-lead`)."""
    query = select(Inspection.case_no).where(
        Inspection.object_id == thing.id,
        Inspection.draw_id.is_not(None),
        Inspection.arrived_at.is_(None),
        Inspection.closed_at.is_(None),
    )
    case_no = session.scalar(query.limit(1))
    if case_no is not None:
        raise Refused(
            Sentence("{thing}已被抽中（{case_no}），不能改作线索个案。", thing=thing.name, case_no=case_no),
            clause=cite("J9 W7", pack),
            hint="请把线索材料并入该检查任务。",
            slug="plan-object-as-lead",
        )


@operation("lead.register", clause=CLAUSE)
def register(step: Step, *, lead_id: int) -> None:
    """登记线索: source, the paper it came on, what it says."""
    row = get(step.session, lead_id)
    row.source_kind = ask.required(step.answers, "source_kind", "线索来源", clause=cite(CLAUSE, step.pack))
    row.source_document = ask.required(
        step.answers,
        "source_document",
        "来源文书及编号",
        clause=cite(CLAUSE, step.pack),
        slug="source-document",
    )
    row.source_proof = enclosures(step.session, ask.words(step.answers, "proof"))
    row.received_on = ask.past_day(step.answers, "received_on", "收到日期")
    row.summary = ask.required(step.answers, "summary", "线索内容")
    row.registered_by_id = step.person().id
    row.state = "registered"


@operation("lead.verify", clause=CLAUSE, gives=("lead_verdict",))
def verify(step: Step, *, lead_id: int) -> Mapping[str, Any]:
    """核实线索: whether it is about a specific object. `lead_verdict`: specific · general."""
    row = get(step.session, lead_id)
    row.finding = ask.required(step.answers, "finding", "核实情况", clause=cite(CLAUSE, step.pack))
    row.verified_by_id = step.person().id
    if ask.text(step.answers, "verdict") != "specific":
        return {"lead_verdict": "general"}
    code = ask.required(step.answers, "object_code", "检查对象编码")
    thing = object_by_code(step.session, row.bureau_id, code)
    refuse_planned(step.session, thing, step.pack)
    row.thing = thing  # the next step is named after it, before anything is read again
    row.state = "verified"
    return {"lead_verdict": "specific"}


@operation("lead.file", clause=CLAUSE)
def file(step: Step, *, lead_id: int) -> None:
    """转日常监管: not about a specific object, so no inspection; the lead stays in the record."""
    row = get(step.session, lead_id)
    row.state, row.closed_at = "filed", clock.now()


@operation("lead.approve", clause=f"{CLAUSE} 国办发〔2024〕54号", gives=("decision",))
def approve(step: Step, *, lead_id: int) -> Mapping[str, Any]:
    """审批线索检查: the leader in charge orders the inspection at once, or sends the lead back."""
    row = get(step.session, lead_id)
    leader = step.person()
    for author in (row.registered_by_id, row.verified_by_id):
        refuse_self_approval(author, leader, "线索", CLAUSE, step.pack)
    if row.thing is not None:
        refuse_conflicted(step.session, leader, row.thing, pack=step.pack)
    decided = ask.decision(step.answers, clause=cite(CLAUSE, step.pack))
    if decided["decision"] == "approve":
        row.approver_id, row.approved_at, row.state = leader.id, clock.now(), "approved"
    audit.record(
        step.session,
        action="lead.approve",
        subject=f"lead/{row.no}",
        actor=leader,
        bureau_id=row.bureau_id,
        reason=row.finding,
        after={"decision": decided["decision"], "source": row.source_kind},
        clause=step.clause,
        chained=True,
    )
    return decided


def start_by(step: Step, row: Lead) -> date | None:
    """The last day on which the inspection of a lead begins «at once»; None where the pack sets none."""
    if not step.rules.value("lead.immediate"):
        return None
    return due_by_release(step, "lead.start", row.received_on).day


def refuse_late(step: Step, row: Lead) -> None:
    """立即实施检查、处置 (吉 第九条): a later start says why (slug `lead-late`)."""
    day = start_by(step, row)
    if day is not None and clock.today() > day and not row.late_reason:
        raise Refused(
            Sentence(
                "线索于 {received_on} 收到，应在 {day} 前立即实施检查；现在指派须说明原因。",
                received_on=row.received_on,
                day=day,
            ),
            clause=cite(step.rules["lead.immediate"].source, step.pack),
            slug="lead-late",
            fields={"late_reason": "请说明未能立即检查的原因"},
        )


@operation("lead.assign", clause="J9 J13 J16 W11")
def assign(step: Step, *, lead_id: int) -> None:
    """指派检查人员: named, not drawn, with a reason; two licensed, nobody with a 利害关系."""
    row = get(step.session, lead_id)
    chosen = [step.session.get_one(Inspector, int(each)) for each in ask.words(step.answers, "inspectors")]
    today = clock.today()
    least = int(step.rules["team.min"].value)
    if len(chosen) < least:
        raise Refused(
            Sentence("检查组不得少于 {least} 人。", least=least),
            clause=cite("J16 W11", step.pack),
            slug="too-few-people",
            fields={"inspectors": Sentence("请至少选择 {least} 人", least=least)},
        )
    duty.refuse_licensed(sum(who.licensed(today) for who in chosen), step.rules)
    for who in chosen:
        if who.bureau_id != row.bureau_id or not who.available(today):
            raise Refused(
                Sentence("{who}本期不能参加检查。", who=who.name),
                slug="unavailable",
                fields={"inspectors": Sentence("请换下{who}", who=who.name)},
            )
        if row.thing is not None:
            refuse_conflicted(step.session, who, row.thing, pack=step.pack)
    row.late_reason = ask.text(step.answers, "late_reason")
    refuse_late(step, row)
    row.assigned = [who.id for who in chosen]
    row.assign_reason = ask.required(step.answers, "reason", "指派理由", clause=cite(CLAUSE, step.pack))
    row.assigned_by_id = step.person().id
    row.state = "assigned"


@operation("lead.open_inspection", clause=CLAUSE, gives=("inspection_id",))
def open_inspection(step: Step, *, lead_id: int) -> Mapping[str, Any]:
    """立即检查: the inspection of the lead with the people assigned."""
    row = get(step.session, lead_id)
    if row.object_id is None or row.approver_id is None:
        raise Refused("线索还没有核实和批准，不能检查。", clause=cite(CLAUSE, step.pack), slug="not-approved")
    inspection = open_from_lead(
        step.session,
        bureau_id=row.bureau_id,
        object_id=row.object_id,
        lead_id=row.id,
        inspectors=[int(each) for each in row.assigned],
    )
    row.inspection_id = inspection.id
    return {"inspection_id": inspection.id}


@operation("lead.close", clause=CLAUSE)
def close(step: Step, *, lead_id: int) -> None:
    """办结线索."""
    row = get(step.session, lead_id)
    row.state, row.closed_at = "done", clock.now()


def publication_owed(session: Session, lead_id: int) -> bool:
    """Whether the result of this lead must be made public (W7)."""
    return get(session, lead_id).publication_owed


@subject("lead")
def describe(session: Session, data: Mapping[str, Any]) -> dict[str, str]:
    """How a lead is called in lists."""
    row = get(session, int(data["lead_id"]))
    kind = SOURCES.get(row.source_kind, "")
    return {
        "case_no": row.no,
        "title": Sentence("线索个案：{kind}", kind=kind) if kind else "线索个案",
        "object_name": row.thing.name if row.thing else "",
    }


def _facts(row: Lead) -> list[tuple[str, str]]:
    facts = [("线索编号", row.no), ("收到日期", row.received_on.isoformat())]
    if row.source_kind:
        facts += [
            ("来源", SOURCES[row.source_kind]),
            ("来源文书", row.source_document),
            ("线索内容", row.summary),
        ]
    if row.thing is not None:
        facts += [("检查对象", f"{row.thing.code} {row.thing.name}"), ("核实情况", row.finding)]
    return facts


def _lead(step: Step) -> Lead:
    return get(step.session, int(step.data["lead_id"]))


@prefill("lead/register")
def show_register(step: Step) -> dict[str, Any]:
    """Number and the kinds of sources."""
    row = _lead(step)
    given = {
        key: getattr(row, key) for key in ("source_kind", "source_document", "summary") if getattr(row, key)
    }
    return {
        "facts": _facts(row),
        "options": {"sources": list(SOURCES.items())},
        "defaults": {**given, "received_on": row.received_on.isoformat()},
    }


@prefill("lead/verify")
def show_verify(step: Step) -> dict[str, Any]:
    """What was registered."""
    row = _lead(step)
    return {"facts": _facts(row), "defaults": {"object_code": row.thing.code} if row.thing else {}}


@prefill("lead/approve")
def show_approve(step: Step) -> dict[str, Any]:
    """The lead, with earlier visits of the year for information: they do not count against it."""
    row = _lead(step)
    today = clock.today()
    facts = _facts(row)
    if row.thing is not None:
        own = row.thing.visits if row.thing.visits_year == today.year else 0
        facts.append(
            ("本年度双随机抽查次数（供参考）", str(own + visits(step.session, today.year)[row.thing.id]))
        )
    return {"facts": facts}


@prefill("lead/assign")
def show_assign(step: Step) -> dict[str, Any]:
    """Who is available, licensed or not."""
    row = _lead(step)
    today = clock.today()
    free = [who for who in inspectors_of(step.session, row.bureau_id) if who.available(today)]
    day = start_by(step, row)
    immediate = [("立即检查的期限", day.isoformat())] if day is not None else []
    return {
        "facts": [*_facts(row), ("批准人", _name(step.session, row.approver_id)), *immediate],
        "options": {
            "inspectors": [
                (str(who.id), f"{who.name}{'' if who.licensed(today) else '（无有效证件）'}") for who in free
            ]
        },
    }


def _name(session: Session, person_id: int | None) -> str:
    person = session.get(Person, person_id) if person_id else None
    return person.name if person else ""
