"""抽查计划: the plan, what each section contributes, its tasks, approved redraws and amendments.

依据: J8 (five blocks of a plan), W8 (sections draft, the leader in charge approves), J10 (amendment).
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engine import clock
from engine.people import Person, Section
from engine.storage.base import Base, pk, reference, text, word


class Plan(Base):
    """抽查计划 of a year, or the edition of it for a quarter (`quarter` 1–4; 0 = the whole year).

    `no` is the national number: division, year, serial. `platform_no` is what the platform calls it.
    """

    __tablename__ = "plan"

    id: Mapped[pk]
    bureau_id: Mapped[int] = reference("bureau.id")
    year: Mapped[int]
    quarter: Mapped[int] = mapped_column(default=0)
    no: Mapped[word] = mapped_column(unique=True)
    title: Mapped[str] = mapped_column(default="")
    document_no: Mapped[word] = mapped_column(default="")
    platform_no: Mapped[word] = mapped_column(default="")
    item_list_id: Mapped[int | None] = mapped_column(default=None)
    item_list_version: Mapped[word] = mapped_column(default="")
    arrangement: Mapped[text] = mapped_column(default="")
    work_requirements: Mapped[text] = mapped_column(default="")
    discipline: Mapped[text] = mapped_column(default="")
    joint_departments: Mapped[str] = mapped_column(default="")
    joint_plan: Mapped[str] = mapped_column(default="")
    coverage: Mapped[dict[str, Any]] = mapped_column(default=dict)
    coverage_reason: Mapped[text] = mapped_column(default="")
    version: Mapped[int] = mapped_column(default=1)
    state: Mapped[word] = mapped_column(default="drafting")
    opened_by_id: Mapped[int] = reference("person.id")
    opened_at: Mapped[datetime] = mapped_column(default=clock.now)
    author_id: Mapped[int | None] = reference("person.id")
    approver_id: Mapped[int | None] = reference("person.id")
    approved_at: Mapped[datetime | None]
    entered_by_id: Mapped[int | None] = reference("person.id", index=False)
    entered_on: Mapped[date | None]
    published_by_id: Mapped[int | None] = reference("person.id", index=False)
    published_on: Mapped[date | None]
    channels: Mapped[list[str]] = mapped_column(default=list)
    public_address: Mapped[str] = mapped_column(default="")
    closed_at: Mapped[datetime | None]

    author: Mapped[Person | None] = relationship(foreign_keys=[author_id])
    approver: Mapped[Person | None] = relationship(foreign_keys=[approver_id])
    parts: Mapped[list[PlanSection]] = relationship(back_populates="plan", order_by="PlanSection.id")
    tasks: Mapped[list[PlanTask]] = relationship(back_populates="plan", order_by="PlanTask.id")

    __table_args__ = (
        CheckConstraint("quarter between 0 and 4", name="quarter"),
        CheckConstraint("state in ('drafting','submitted','approved','published','closed')", name="state"),
        CheckConstraint(
            "author_id is null or approver_id is null or author_id <> approver_id", name="self_approval"
        ),
        CheckConstraint("state in ('drafting','submitted') or approver_id is not null", name="approved_by"),
        CheckConstraint(
            "state not in ('published','closed') or published_on is not null", name="published_on"
        ),
        Index("ix_plan_bureau_year", "bureau_id", "year", "quarter"),
    )


class PlanSection(Base):
    """科室抽查计划: what one drafter of a section contributes."""

    __tablename__ = "plan_section"

    id: Mapped[pk]
    plan_id: Mapped[int] = reference("plan.id")
    section_id: Mapped[int | None] = reference("section.id")
    author_id: Mapped[int] = reference("person.id")
    nothing: Mapped[bool] = mapped_column("has_nothing", default=False)  # NOTHING is a keyword of SQLite
    submitted_at: Mapped[datetime] = mapped_column(default=clock.now)

    plan: Mapped[Plan] = relationship(back_populates="parts")
    section: Mapped[Section | None] = relationship()
    author: Mapped[Person] = relationship()

    __table_args__ = (UniqueConstraint("plan_id", "author_id"),)


class PlanTask(Base):
    """抽查任务: one item of the list, for one kind of object, at a ratio, within a period.

    The sample is `num/den` of the eligible objects, rounded as `rounding` says, at least `at_least`.
    Tasks of one `batch` are drawn together, so that one visit serves all of them.
    """

    __tablename__ = "plan_task"

    id: Mapped[pk]
    plan_id: Mapped[int] = reference("plan.id")
    part_id: Mapped[int] = reference("plan_section.id")
    no: Mapped[int]
    name: Mapped[str]
    item_id: Mapped[int] = mapped_column(index=True)
    item_name: Mapped[str]
    basis: Mapped[text] = mapped_column(default="")
    directed: Mapped[bool] = mapped_column(default=False)
    object_kind: Mapped[word]
    level: Mapped[word] = mapped_column(default="")
    num: Mapped[int]
    den: Mapped[int]
    rounding: Mapped[word] = mapped_column(default="up")
    at_least: Mapped[int] = mapped_column(default=1)
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    method: Mapped[word] = mapped_column(default="onsite")
    frequency: Mapped[int] = mapped_column(default=1)
    batch: Mapped[int] = mapped_column(default=1)
    content: Mapped[text]
    staff_requirement: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")
    state: Mapped[word] = mapped_column(default="planned")

    plan: Mapped[Plan] = relationship(back_populates="tasks")
    part: Mapped[PlanSection] = relationship()

    __table_args__ = (
        UniqueConstraint("plan_id", "no"),
        CheckConstraint("den >= 1 and num between 0 and den", name="ratio"),
        CheckConstraint("rounding in ('up','down','half-up')", name="rounding"),
        CheckConstraint("method in ('onsite','online','visit')", name="method"),
        CheckConstraint("starts_on <= ends_on", name="period"),
        CheckConstraint("at_least >= 0 and frequency >= 1 and batch >= 1", name="counts"),
        CheckConstraint("state in ('planned','drawing','drawn','done','ended')", name="state"),
    )

    @property
    def ratio(self) -> str:
        """The ratio as people write it: `2%`, `0.25%`."""
        value = f"{self.num * 100 / self.den:.4f}".rstrip("0").rstrip(".")
        return f"{value}%"


class PlanRedraw(Base):
    """重新抽取的申请和审批: the first draw stays visible, the next one takes the next number."""

    __tablename__ = "plan_redraw"

    id: Mapped[pk]
    plan_id: Mapped[int] = reference("plan.id")
    batch: Mapped[int]
    previous_draw_id: Mapped[word] = mapped_column(index=True)
    reason_code: Mapped[word]
    reason: Mapped[text]
    requester_id: Mapped[int] = reference("person.id")
    requested_at: Mapped[datetime] = mapped_column(default=clock.now)
    approver_id: Mapped[int | None] = reference("person.id")
    decision: Mapped[word] = mapped_column(default="")
    decided_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("approver_id is null or requester_id <> approver_id", name="self_approval"),
        CheckConstraint("decision in ('','approve','return')", name="decision"),
        CheckConstraint("(decision = '') = (approver_id is null)", name="decided_by"),
        CheckConstraint("reason <> ''", name="reason"),
    )


class PlanAmendment(Base):
    """计划调整 because a superior's rules changed (J10).

    The document, the change, who asked, who approved.
    """

    __tablename__ = "plan_amendment"

    id: Mapped[pk]
    plan_id: Mapped[int] = reference("plan.id")
    superior_document: Mapped[str]
    proof: Mapped[list[Any]] = mapped_column(default=list)
    summary: Mapped[text]
    changes: Mapped[list[Any]] = mapped_column(default=list)
    author_id: Mapped[int] = reference("person.id")
    proposed_at: Mapped[datetime] = mapped_column(default=clock.now)
    approver_id: Mapped[int | None] = reference("person.id")
    decision: Mapped[word] = mapped_column(default="")
    decided_at: Mapped[datetime | None]
    version: Mapped[int | None]
    republished_on: Mapped[date | None]

    __table_args__ = (
        CheckConstraint("approver_id is null or author_id <> approver_id", name="self_approval"),
        CheckConstraint("decision in ('','approve','return')", name="decision"),
        CheckConstraint("(decision = '') = (approver_id is null)", name="decided_by"),
        CheckConstraint("superior_document <> ''", name="document"),
    )
