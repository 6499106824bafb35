"""随机抽查情况报告: time, content, situation, opinion and advice, with everything collected as attachments.

依据: 舞 第十四条 (检查结束之日起 5 个工作日内), 吉 第七条 (程序材料及结果整理归档).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine import audit, clock
from engine.domain import answers as ask
from engine.domain.annex import annex, decided_of
from engine.domain.calendar import due_by_release, working_days_between
from engine.domain.feedback import latest, refuse_unsettled
from engine.domain.inspection.tables import Inspection, get
from engine.domain.inspection.visit import findings
from engine.domain.terms import RESULTS, cite
from engine.errors import Refused
from engine.operation import Step, operation, prefill
from engine.sentence import Sentence
from engine.storage.base import Base, pk, reference, word


class Report(Base):
    """A report on an inspection; a later version corrects, the earlier stays.

    Overdue days are working days.
    """

    __tablename__ = "report"

    id: Mapped[pk]
    inspection_id: Mapped[int] = reference("inspection.id")
    version: Mapped[int]
    period: Mapped[str]
    content: Mapped[str]
    situation: Mapped[str]
    opinion: Mapped[str]
    advice: Mapped[str] = mapped_column(default="")
    attachments: Mapped[list[Any]]  # [{no, title, hash}]
    attachment_count: Mapped[int]
    due_on: Mapped[date | None]
    overdue_days: Mapped[int] = mapped_column(default=0)
    overdue_reason: Mapped[str] = mapped_column(default="")
    submitted_by_id: Mapped[int] = reference("person.id", index=False)
    submitted_at: Mapped[datetime] = mapped_column(default=clock.now)

    __table_args__ = (
        UniqueConstraint("inspection_id", "version"),
        CheckConstraint("attachment_count >= 1", name="attachments"),
        CheckConstraint(
            "period <> '' and content <> '' and situation <> '' and opinion <> ''", name="complete"
        ),
    )


class Urge(Base):
    """督办: the supervising section reminds, asks why, and notes it.

    It can never act in place of the unit (§2 no. 10).
    """

    __tablename__ = "urge"

    id: Mapped[pk]
    inspection_id: Mapped[int] = reference("inspection.id")
    about: Mapped[word]  # report · publication · followup
    note: Mapped[str]
    urged_by_id: Mapped[int | None] = reference("person.id", index=False)
    at: Mapped[datetime] = mapped_column(default=clock.now)


def of(session: Session, inspection_id: int) -> Report | None:
    """The report in force: the last version."""
    return session.scalars(
        select(Report).where(Report.inspection_id == inspection_id).order_by(Report.version.desc())
    ).first()


@operation("report.open", clause="W14", gives=("report_limited",))
def open_report(step: Step, *, inspection_id: int) -> Mapping[str, Any]:
    """Whether the pack sets a number of days for the report."""
    get(step.session, inspection_id)
    return {"report_limited": step.rules.value("report.deadline") is not None}


def refuse_incomplete(
    answers: Mapping[str, Any], index: list[dict[str, str]], inspection: Inspection, pack: str
) -> None:
    """A report lacks a part that the article names, or its attachments (slug `report-incomplete`)."""
    named = {
        "period": "检查时间",
        "content": "检查内容",
        "situation": "检查情况",
        "opinion": "处理意见",
        "advice": "建议",
    }
    missing = {key: label for key, label in named.items() if not ask.text(answers, key)}
    clause = cite("W14", pack)
    if missing:
        raise Refused(
            Sentence("检查报告缺少：{names}。", names="、".join(missing.values())),
            clause=clause,
            slug="report-incomplete",
            fields={key: Sentence("请填写{label}", label=label) for key, label in missing.items()},
        )
    if not index:
        raise Refused("检查过程中形成的材料应当作为附件一并提交。", clause=clause, slug="report-incomplete")
    records = any(row["title"].startswith("检查记录") for row in index)
    if inspection.method != "online" and not records:
        raise Refused("附件中没有检查记录。", clause=cite("W14 J20", pack), slug="report-incomplete")


@operation("report.submit", clause="W14 J7", gives=("report_id",))
def submit(step: Step, *, inspection_id: int) -> Mapping[str, Any]:
    """The team hands in its report with the index of attachments.

    A late one carries its reason and its days.
    """
    inspection = get(step.session, inspection_id)
    refuse_unsettled(step.session, inspection_id, step.rules)
    index = annex(step, inspection_id)
    refuse_incomplete(step.answers, index, inspection, step.pack)
    until = report_due(step, inspection)
    late = (
        max(0, working_days_between(step.session, until, clock.today()))
        if until and clock.today() > until
        else 0
    )
    if late:
        ask.required(
            step.answers, "overdue_reason", "逾期说明", clause=cite("W14", step.pack), slug="overdue-reason"
        )
    version = (
        int(
            step.session.scalar(select(func.max(Report.version)).where(Report.inspection_id == inspection_id))
            or 0
        )
        + 1
    )
    row = Report(
        inspection_id=inspection_id,
        version=version,
        period=ask.text(step.answers, "period"),
        content=ask.text(step.answers, "content"),
        situation=ask.text(step.answers, "situation"),
        opinion=ask.text(step.answers, "opinion"),
        advice=ask.text(step.answers, "advice"),
        attachments=list(index),
        attachment_count=len(index),
        due_on=until,
        overdue_days=late,
        overdue_reason=ask.text(step.answers, "overdue_reason"),
        submitted_by_id=step.person().id,
    )
    step.session.add(row)
    inspection.state = "reported"
    step.session.flush()
    return {"report_id": row.id}


def report_due(step: Step, inspection: Inspection) -> date | None:
    """The last day for the report, None where the pack sets none."""
    if step.rules.value("report.deadline") is None or inspection.ended_on is None:
        return None
    return due_by_release(step, "report.submit", inspection.ended_on).day


@operation("report.remind", clause="W14")
def remind(step: Step, *, inspection_id: int) -> None:
    """The team is reminded that the report is due; noted in the case."""
    note(step, inspection_id, "report", "系统提醒：抽查情况报告即将到期。")


@operation("report.urge", clause="W14 W3")
def urge(step: Step, *, inspection_id: int) -> None:
    """The supervising section urges an overdue report; it cannot write it."""
    note(
        step,
        inspection_id,
        "report",
        ask.required(step.answers, "note", "督办意见", clause=cite("W3", step.pack)),
    )


def note(step: Step, inspection_id: int, about: str, words: str) -> None:
    """Write down that somebody was reminded or urged, in the case and in the log."""
    step.session.add(
        Urge(
            inspection_id=inspection_id,
            about=about,
            note=words,
            urged_by_id=step.actor.id if step.actor else None,
        ),
    )
    audit.record(
        step.session,
        action=f"{about}.urge",
        subject=f"inspection/{inspection_id}",
        actor=step.actor,
        bureau_id=step.bureau_id,
        reason=words,
        clause=step.clause,
    )


@prefill("report/submit")
def show_report(step: Step) -> dict[str, Any]:
    """What the report already knows: times, items, results, opinion; the index of attachments."""
    inspection = get(step.session, int(step.data["inspection_id"]))
    found = findings(step.session, inspection.id)
    opinion = latest(step.session, inspection.id)
    decided = decided_of(step.session, inspection.id)
    until = report_due(step, inspection)
    start = (
        f"{clock.local(inspection.arrived_at):%Y-%m-%d}"
        if inspection.arrived_at
        else str(inspection.ended_on)
    )
    return {
        "facts": [
            ("检查结束之日", str(inspection.ended_on)),
            ("报告期限", str(until) if until else "规则包未规定，按本环节的时限"),
            *([("是否逾期", "是" if clock.today() > until else "否")] if until else []),
        ],
        "defaults": {
            "period": Sentence("{start} 至 {end}", start=start, end=inspection.ended_on),
            "content": "；".join(f.item_name for f in found),
            "situation": "；".join(
                f"{f.item_name}：{RESULTS[f.result]}{'，' + f.description if f.description else ''}"
                for f in found
            ),
            "opinion": decided.opinion if decided else opinion.text if opinion else "",
        },
        "rows": {"attachments": [dict(row) for row in annex(step, inspection.id)]},
    }


@prefill("report/urge")
def show_overdue(step: Step) -> dict[str, Any]:
    """How long the report is overdue."""
    inspection = get(step.session, int(step.data["inspection_id"]))
    until = report_due(step, inspection)
    days = working_days_between(step.session, until, clock.today()) if until else 0
    return {
        "facts": [
            ("检查", inspection.case_no),
            ("期限", str(until)),
            ("已超期", Sentence("{days} 个工作日", days=max(days, 0))),
        ]
    }
