"""Evidence (证据) and its preservation (先行登记保存).

依据: 吉 第十九条, 舞 第十一条 (含利用其他部门结果), 行政处罚法
(先行登记保存须经负责人批准，七个工作日内处理).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine import audit, clock
from engine.domain import answers as ask
from engine.domain.calendar import due_by_release
from engine.domain.inspection.tables import get
from engine.domain.inspection.team import refuse_conflict, team
from engine.domain.inspection.visit import A_MINUTE, refuse_unshown
from engine.domain.terms import cite
from engine.errors import Refused
from engine.operation import Step, operation, prefill
from engine.sentence import Sentence
from engine.storage.base import Base, pk, reference, sha256, word
from engine.storage.files import StoredFile

KINDS: Mapping[str, str] = {
    "copy": "复制的文件资料",
    "photo": "照片",
    "av": "录音录像",
    "physical": "实物",
    "statement": "询问笔录",
    "data": "电子数据",
    "reuse": "引用结果",
}
ON_SITE = ("copy", "photo", "av", "physical", "statement")
"""Kinds that the team itself collects during the visit."""
DECISIONS: Mapping[str, str] = {
    "return": "退还",
    "seal": "依法封存",
    "case": "随案移送",
    "release": "解除保存",
}


class Evidence(Base):
    """One piece of evidence: what, where from, when, by whom.

    A file by its hash, or a result of another body.
    """

    __tablename__ = "evidence"

    id: Mapped[pk]
    inspection_id: Mapped[int] = reference("inspection.id")
    no: Mapped[int]
    kind: Mapped[word]
    title: Mapped[str]
    source: Mapped[str] = mapped_column(default="")
    taken_at: Mapped[datetime]
    entered_at: Mapped[datetime] = mapped_column(default=clock.now)
    place: Mapped[str] = mapped_column(default="")
    file_id: Mapped[word] = mapped_column(default="")
    hash: Mapped[sha256] = mapped_column(default="")
    issuer: Mapped[word] = mapped_column(default="")  # of a reused result (舞 第十一条第三项)
    document_no: Mapped[word] = mapped_column(default="")
    collected_by_id: Mapped[int] = reference("person.id", index=False)

    __table_args__ = (
        CheckConstraint(f"kind in {tuple(KINDS)}", name="kind"),
        CheckConstraint("kind <> 'reuse' or (issuer <> '' and document_no <> '')", name="reuse_source"),
        CheckConstraint("(file_id = '') = (hash = '')", name="hash_with_file"),
    )


class Preservation(Base):
    """先行登记保存: asked by the team, approved by the head, decided within seven working days."""

    __tablename__ = "preservation"

    id: Mapped[pk]
    inspection_id: Mapped[int] = reference("inspection.id")
    items: Mapped[list[Any]]  # [{name, spec, quantity, state}]
    reason: Mapped[str]
    place: Mapped[str]
    keeper: Mapped[word]
    requested_by_id: Mapped[int] = reference("person.id", index=False)
    requested_at: Mapped[datetime] = mapped_column(default=clock.now)
    refused_reason: Mapped[str] = mapped_column(default="")
    approved_by_id: Mapped[int | None] = reference("person.id", index=False)
    approved_at: Mapped[datetime | None]
    from_day: Mapped[date | None]
    until_day: Mapped[date | None]
    lapsed_at: Mapped[datetime | None]
    outcome: Mapped[word] = mapped_column(default="")
    outcome_note: Mapped[str] = mapped_column(default="")
    decided_by_id: Mapped[int | None] = reference("person.id", index=False)
    decided_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("approved_by_id is null or approved_by_id <> requested_by_id", name="two_persons"),
        CheckConstraint(f"outcome = '' or outcome in {tuple(DECISIONS)}", name="outcome"),
        CheckConstraint("outcome = '' or approved_by_id is not null", name="approved_first"),
        CheckConstraint("from_day is null or from_day <= until_day", name="days"),
    )


def of(session: Session, inspection_id: int) -> list[Evidence]:
    """All evidence of an inspection, in the order it was entered."""
    return list(
        session.scalars(select(Evidence).where(Evidence.inspection_id == inspection_id).order_by(Evidence.no))
    )


def open_preservations(session: Session, inspection_id: int) -> list[Preservation]:
    """The preservations still to be approved or decided, oldest first; there may be several at a time."""
    query = select(Preservation).where(
        Preservation.inspection_id == inspection_id,
        Preservation.outcome == "",
        Preservation.refused_reason == "",
    )
    return list(session.scalars(query.order_by(Preservation.id)))


def approved_preservations(session: Session, inspection_id: int) -> list[Preservation]:
    """The preservations that the head approved, oldest first."""
    query = select(Preservation).where(
        Preservation.inspection_id == inspection_id, Preservation.approved_at.is_not(None)
    )
    return list(session.scalars(query.order_by(Preservation.id)))


@operation("evidence.collect", clause="J19 W11")
def collect(step: Step, *, inspection_id: int) -> None:
    """Enter the evidence of the visit; none is possible too.

    Only after certificates and rights (吉 第十八条).
    """
    inspection = get(step.session, inspection_id)
    refuse_unshown(step.session, inspection, step.pack)
    number = len(of(step.session, inspection_id))
    listed = [*ask.rows(step.answers, "evidence"), *_photos(step)]
    for row in listed:
        kind = ask.required(row, "kind", "证据种类")
        if kind == "reuse":
            ask.required(row, "issuer", "作出结果的单位", clause=cite("W11", step.pack), slug="reuse-source")
            ask.required(row, "document_no", "文书编号", clause=cite("W11", step.pack), slug="reuse-source")
        taken_at = ask.happened(row, "taken_at", "取证时间")
        if (
            kind in ON_SITE
            and inspection.arrived_at is not None
            and taken_at < inspection.arrived_at - A_MINUTE
        ):
            raise Refused(
                Sentence(
                    "证据“{title}”的取得时间早于出示执法证件的时间（{arrived:%Y-%m-%d %H:%M}）。",
                    title=ask.text(row, "title"),
                    arrived=clock.local(inspection.arrived_at),
                ),
                clause=cite("J18 J19 W11 行政处罚法", step.pack),
                hint="出示证件、告知权利义务以前不能取证；其他单位已有的结果请选“引用结果”。",
                slug="evidence-before-arrival",
                fields={"evidence": "请核对取得时间"},
            )
        for file_id in ask.words(row, "file") or [""]:
            stored = step.session.get(StoredFile, file_id) if file_id else None
            number += 1
            step.session.add(
                Evidence(
                    inspection_id=inspection_id,
                    no=number,
                    kind=kind,
                    title=ask.required(row, "title", "证据名称"),
                    source=ask.text(row, "source"),
                    taken_at=taken_at,
                    place=ask.text(row, "place"),
                    file_id=file_id if stored else "",
                    hash=stored.sha256 if stored else "",
                    issuer=ask.text(row, "issuer"),
                    document_no=ask.text(row, "document_no"),
                    collected_by_id=step.person().id,
                ),
            )
    step.session.flush()


def _photos(step: Step) -> list[Mapping[str, Any]]:
    """Photos of the camera field as pieces of evidence, with their place and time."""
    return [
        {
            "kind": "photo",
            "title": f"现场照片{number}",
            "taken_at": photo.get("taken_at"),
            "place": ",".join(str(photo[key]) for key in ("lat", "lon") if key in photo)
            or str(photo.get("reason", "")),
            "file": photo["file"],
        }
        for number, photo in enumerate(ask.photos(step.answers, "photos"), 1)
    ]


@operation("evidence.request_preservation", clause="J19 行政处罚法", gives=("preservation_id",))
def request_preservation(step: Step, *, inspection_id: int) -> Mapping[str, Any]:
    """Evidence may vanish or be hard to get later: the team asks for 先行登记保存."""
    inspection = get(step.session, inspection_id)
    refuse_unshown(step.session, inspection, step.pack)
    actor = step.person()
    if not any(m.person_id == actor.id for m in team(step.session, inspection_id)):
        raise Refused(
            "只有检查组成员可以申请先行登记保存。",
            clause=cite("J19 行政处罚法", step.pack),
            slug="not-in-team",
        )
    listed = [dict(row) for row in ask.rows(step.answers, "items") if ask.text(row, "name")]
    if not listed:
        raise Refused(
            "请列明需要保存的物品。",
            clause=cite("行政处罚法", step.pack),
            slug="nothing-listed",
            fields={"items": "请列明物品"},
        )
    row = Preservation(
        inspection_id=inspection_id,
        items=listed,
        reason=ask.required(step.answers, "reason", "可能灭失或者以后难以取得的理由"),
        place=ask.required(step.answers, "place", "保存地点"),
        keeper=ask.required(step.answers, "keeper", "保管人"),
        requested_by_id=actor.id,
    )
    step.session.add(row)
    step.session.flush()
    return {"preservation_id": row.id}


@operation("evidence.approve_preservation", clause="J19 行政处罚法", gives=("decision", "preserved_on"))
def approve_preservation(step: Step, *, inspection_id: int, preservation_id: int) -> Mapping[str, Any]:
    """The head of the bureau approves; from then on seven working days run (行政处罚法)."""
    found = _open(step, preservation_id)
    actor = step.person()
    if found.requested_by_id == actor.id or any(
        m.person_id == actor.id for m in team(step.session, inspection_id)
    ):
        raise Refused(
            "申请人和检查组成员不能批准先行登记保存。",
            clause=cite("行政处罚法", step.pack),
            slug="self-approval",
        )
    refuse_conflict(step.session, step.pack, get(step.session, inspection_id), actor)
    decided = ask.decision(step.answers)
    if decided["decision"] == "return":
        found.refused_reason = ask.required(step.answers, "reason", "退回原因", slug="reason-missing")
        return {**decided, "preserved_on": None}
    found.approved_by_id, found.approved_at = actor.id, clock.now()
    found.from_day = clock.today()
    found.until_day = due_by_release(step, "preservation.decide", found.from_day).day
    _log(step, "evidence.preserve", found)
    return {**decided, "preserved_on": found.from_day.isoformat()}


@operation("evidence.decide_preservation", clause="行政处罚法")
def decide_preservation(step: Step, *, preservation_id: int) -> None:
    """What happens with the preserved things; a decision after the seventh working day is marked as late."""
    found = _open(step, preservation_id)
    if found.approved_by_id is None:
        raise Refused("先行登记保存尚未批准。", clause=cite("行政处罚法", step.pack), slug="not-approved")
    found.outcome = ask.required(step.answers, "outcome", "处理决定", clause=cite("行政处罚法", step.pack))
    found.outcome_note = ask.text(step.answers, "note")
    found.decided_by_id, found.decided_at = step.person().id, clock.now()
    _log(step, "evidence.preservation_decided", found)


@operation("evidence.lapse", clause="行政处罚法")
def lapse(step: Step, *, preservation_id: int) -> None:
    """Seven working days have passed without a decision: noted in the case and the log."""
    found = step.session.get_one(Preservation, preservation_id)
    if not found.outcome:
        found.lapsed_at = clock.now()
        _log(step, "evidence.preservation_lapsed", found)


def _open(step: Step, preservation_id: int) -> Preservation:
    found = step.session.get(Preservation, preservation_id)
    if found is None or found.outcome or found.refused_reason:
        raise Refused(
            "没有待处理的先行登记保存。", clause=cite("行政处罚法", step.pack), slug="no-preservation"
        )
    return found


def _log(step: Step, action: str, found: Preservation) -> None:
    audit.record(
        step.session,
        action=action,
        subject=f"preservation/{found.id}",
        actor=step.actor,
        bureau_id=step.bureau_id,
        reason=found.reason,
        after={"until": str(found.until_day), "outcome": found.outcome},
        clause="行政处罚法",
        chained=True,
    )


@prefill("inspection/evidence")
def show_kinds(step: Step) -> dict[str, Any]:  # noqa: ARG001
    """The kinds of evidence."""
    return {"options": {"kinds": list(KINDS.items())}}


@prefill("inspection/preservation_approval")
def show_request(step: Step) -> dict[str, Any]:
    """What is to be preserved, and why."""
    found = step.session.get(Preservation, step.data.get("preservation_id") or 0)
    if found is None:
        return {}
    return {
        "facts": [
            ("理由", found.reason),
            ("保存地点", found.place),
            ("保管人", found.keeper),
            (
                "期限",
                Sentence("至 {day}", day=found.until_day) if found.until_day else "自批准之日起七个工作日",
            ),
        ],
        "options": {"outcomes": list(DECISIONS.items())},
        "rows": {"items": [dict(item) for item in found.items]},
    }


prefill("inspection/preservation_decision")(show_request)
