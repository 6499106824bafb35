"""后续监管 (follow-up): what was found stays watched until it is settled; nothing is archived before.

依据: 吉 第二十六条 (谁管辖、谁负责，防止监管脱节); the penalty result is published later (舞 第二条).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine import clock
from engine.domain import answers as ask
from engine.domain.inspection.tables import Inspection, get
from engine.domain.inspection.team import refuse_conflict
from engine.domain.report import note
from engine.domain.terms import cite
from engine.errors import Refused
from engine.operation import Rules, Step, operation, prefill
from engine.sentence import Sentence
from engine.storage.base import Base, pk, reference, word

KINDS: Mapping[str, str] = {
    "correction": "整改复查",
    "penalty": "立案查处结果",
    "transfer": "移送处理结果",
    "local": "属地处理结果",
}
RESULTS: Mapping[str, str] = {"done": "已整改到位", "partly": "部分整改", "not": "未整改"}


class Followup(Base):
    """One thing to be watched. `bureau_id` is the bureau of jurisdiction that watches it."""

    __tablename__ = "followup"

    id: Mapped[pk]
    inspection_id: Mapped[int] = reference("inspection.id")
    bureau_id: Mapped[int] = reference("bureau.id", index=False)
    kind: Mapped[word]
    demand: Mapped[str]
    due_on: Mapped[date]
    extensions: Mapped[int] = mapped_column(default=0)
    state: Mapped[word] = mapped_column(default="open")
    result: Mapped[str] = mapped_column(default="")
    document_no: Mapped[word] = mapped_column(default="")
    amount_fen: Mapped[int] = mapped_column(default=0)
    checked_on: Mapped[date | None]
    done_by_id: Mapped[int | None] = reference("person.id", index=False)
    done_at: Mapped[datetime | None]
    opened_at: Mapped[datetime] = mapped_column(default=clock.now)

    __table_args__ = (
        CheckConstraint(f"kind in {tuple(KINDS)}", name="kind"),
        CheckConstraint("state in ('open','done')", name="state"),
        CheckConstraint("state = 'open' or (result <> '' and done_at is not null)", name="done"),
        Index("ix_followup_open", "bureau_id", "state", "due_on"),
    )


def open_followup(session: Session, inspection: Inspection, kind: str, demand: str, due_on: date) -> Followup:
    """Enter something to be watched, once per kind while it is open."""
    known = session.scalar(
        select(Followup).where(
            Followup.inspection_id == inspection.id, Followup.kind == kind, Followup.state == "open"
        ),
    )
    row = known or Followup(
        inspection_id=inspection.id, bureau_id=inspection.bureau_id, kind=kind, demand=demand, due_on=due_on
    )
    row.demand, row.due_on = demand, due_on
    session.add(row)
    session.flush()
    return row


def open_of(session: Session, inspection_id: int) -> list[Followup]:
    """What is still open, soonest first."""
    query = select(Followup).where(Followup.inspection_id == inspection_id, Followup.state == "open")
    return list(session.scalars(query.order_by(Followup.due_on, Followup.id)))


def refuse_open(session: Session, inspection: Inspection, rules: Rules) -> None:
    """An open follow-up keeps the file open (slug `archive-open-followup`)."""
    still = open_of(session, inspection.id)
    if still:
        raise Refused(
            Sentence(
                "{case_no}还有{count}项后续监管未办结：{names}，不能归档。",
                case_no=inspection.case_no,
                count=len(still),
                names="、".join(KINDS[row.kind] for row in still),
            ),
            clause=rules.cite(f"J26 J27 {rules['followup'].source}"),
            hint="请先办结后续监管。",
            slug="archive-open-followup",
        )


@operation("followup.next", clause="J26", gives=("followup_id", "followup_kind", "followup_due"))
def next_open(step: Step, *, inspection_id: int) -> Mapping[str, Any]:
    """The next thing to be watched; `followup_kind` "" when nothing is open."""
    still = open_of(step.session, inspection_id)
    if not still:
        return {"followup_id": None, "followup_kind": "", "followup_due": None}
    row = still[0]
    return {"followup_id": row.id, "followup_kind": row.kind, "followup_due": row.due_on.isoformat()}


def _row(step: Step, followup_id: int) -> Followup:
    row = step.session.get_one(Followup, followup_id)
    if row.state != "open":
        raise Refused("该后续监管事项已办结。", clause=cite("J26", step.pack), slug="followup-done")
    refuse_conflict(step.session, step.pack, get(step.session, row.inspection_id), step.person())
    return row


def _finish(step: Step, row: Followup, words: str) -> None:
    row.state, row.result = "done", words
    row.done_by_id, row.done_at = step.person().id, clock.now()
    step.session.flush()


@operation("followup.recheck", clause="J26", gives=("recheck_result",))
def recheck(step: Step, *, followup_id: int) -> Mapping[str, Any]:
    """Re-check of an order to correct; what is not mended stays open."""
    row = _row(step, followup_id)
    result = ask.required(step.answers, "result", "复查结果", clause=cite("J26", step.pack))
    words = ask.required(step.answers, "situation", "复查情况", clause=cite("J26", step.pack))
    row.checked_on = clock.today()
    if result == "done":
        _finish(step, row, words)
    return {"recheck_result": result}


@operation("followup.extend", clause="J26", gives=("extension", "followup_due"))
def extend(step: Step, *, followup_id: int) -> Mapping[str, Any]:
    """Not mended: a new date with its reason, or on to a penalty case (立案)."""
    row = _row(step, followup_id)
    ask.required(step.answers, "reason", "理由", clause=cite("J26", step.pack))
    if ask.text(step.answers, "way") == "filing":
        _finish(
            step, row, Sentence("未整改到位，转立案查处：{reason}", reason=ask.text(step.answers, "reason"))
        )
        inspection = get(step.session, row.inspection_id)
        until = ask.day(step.answers, "due_on") or row.due_on
        open_followup(
            step.session,
            inspection,
            "penalty",
            Sentence("未按期整改，立案查处（{reason}）", reason=ask.text(step.answers, "reason")),
            until,
        )
        return {"extension": False, "followup_due": until.isoformat()}
    chosen = ask.day(step.answers, "due_on")
    if chosen is None or chosen <= clock.today():
        raise Refused(
            "请填写新的整改期限。",
            clause=cite("J26", step.pack),
            slug="followup-due",
            fields={"due_on": "须晚于今天"},
        )
    row.due_on = chosen
    row.extensions += 1
    return {"extension": True, "followup_due": chosen.isoformat()}


@operation("followup.outcome", clause="J26 W2")
def outcome(step: Step, *, followup_id: int) -> None:
    """The result of a penalty case, of another authority, or of the local bureau."""
    row = _row(step, followup_id)
    row.document_no = ask.text(step.answers, "document_no")
    row.amount_fen = ask.number(step.answers, "amount")
    _finish(step, row, ask.required(step.answers, "result", "处理结果", clause=cite("J26 W2", step.pack)))


@operation("followup.conclude", clause="J26 W2", gives=("penalty_known",))
def conclude(step: Step, *, inspection_id: int) -> Mapping[str, Any]:
    """Nothing is open any more.

    A known penalty result must still be published where the pack says so (舞 第二条).
    """
    owed = bool(step.rules.value("publish.penalty_result"))
    return {"penalty_known": owed and bool(penalties(step.session, inspection_id))}


@operation("followup.remind", clause="J26")
def remind(step: Step, *, inspection_id: int) -> None:
    """The date has passed: noted, and shown to the supervising section."""
    note(step, inspection_id, "followup", "系统提醒：后续监管事项已到期未办结。")


@operation("followup.urge", clause="J26 W3")
def urge(step: Step, *, inspection_id: int) -> None:
    """The supervising section urges an overdue follow-up."""
    note(
        step,
        inspection_id,
        "followup",
        ask.required(step.answers, "note", "督办意见", clause=cite("J26", step.pack)),
    )


def penalties(session: Session, inspection_id: int) -> list[Followup]:
    """Known results of penalty cases, to be published (舞 第二条)."""
    query = select(Followup).where(
        Followup.inspection_id == inspection_id,
        Followup.kind.in_(("penalty", "transfer")),
        Followup.state == "done",
    )
    return list(session.scalars(query.order_by(Followup.id)))


@prefill("followup/recheck")
def show_followup(step: Step) -> dict[str, Any]:
    """What was demanded and by when."""
    row = step.session.get(Followup, step.data.get("followup_id") or 0)
    if row is None:
        return {}
    return {
        "facts": [
            ("事项", KINDS[row.kind]),
            ("要求", row.demand),
            ("期限", str(row.due_on)),
            ("已延期", Sentence("{count} 次", count=row.extensions)),
        ],
        "options": {"results": list(RESULTS.items())},
    }


for _form in ("followup/extend", "followup/outcome", "followup/urge"):
    prefill(_form)(show_followup)
