"""The rows of one inspection (检查): the case, its team, the visit, what was found and how it was handled.

What a database can hold stands here as a constraint: a leader is drawn, licensed and no expert (吉
第十六条), nobody
approves the inspection they applied for, two certificates are shown (舞 第十一条), a missing signature has
its reason
(舞 第十二条).
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine import clock
from engine.errors import NotFound
from engine.sentence import Sentence
from engine.storage.base import Base, pk, reference, word

STATES = (
    "preparing",
    "approved",
    "onsite",
    "recorded",
    "fed_back",
    "disposed",
    "reported",
    "published",
    "done",
    "cancelled",
)
ROLES = ("leader", "member", "expert", "helper")
DISPOSITIONS = ("none", "corrected", "filing", "transfer", "local")
CHECKED = ("none", "corrected", "pending", "no_activity", "uncooperative", "unreachable", "closed")


class Inspection(Base):
    """One inspection of one object: a case of its own, drawn (plan and draw) or ordered by a lead.

    `bureau_id` is the inspecting bureau, `local_bureau_id` the bureau of the object's place (the same or
    another).
    `ended_on` is the day of the last signed record; deadlines of report and publication count from it.
    """

    __tablename__ = "inspection"

    id: Mapped[pk]
    bureau_id: Mapped[int] = reference("bureau.id")
    local_bureau_id: Mapped[int] = reference("bureau.id")
    object_id: Mapped[int] = reference("registry_object.id")
    plan_id: Mapped[int | None] = mapped_column(index=True)
    draw_id: Mapped[str | None] = mapped_column(index=True)
    lead_id: Mapped[int | None] = mapped_column(unique=True)
    group_no: Mapped[word] = mapped_column(default="")
    year: Mapped[int]
    serial: Mapped[int]
    case_no: Mapped[word]
    case_id: Mapped[int | None]  # the instance that runs it, known from its first step on
    state: Mapped[word] = mapped_column(default="preparing")
    method: Mapped[word] = mapped_column(default="")
    leader_reason: Mapped[str] = mapped_column(default="")
    leader_chosen_by_id: Mapped[int | None] = reference("person.id", index=False)
    basis: Mapped[str] = mapped_column(default="")
    scope: Mapped[str] = mapped_column(default="")
    item_list_id: Mapped[int | None]  # the version of the list that the items are of
    items: Mapped[list[Any]] = mapped_column(default=list)  # item numbers of the list, fixed by the approval
    documents: Mapped[str] = mapped_column(default="")  # what the object is asked to prepare
    paper_pledges: Mapped[str] = mapped_column(default="")  # of members without an account, with their files
    pledge_files: Mapped[list[Any]] = mapped_column(default=list)
    assistants: Mapped[int] = mapped_column(default=0)
    period_from: Mapped[date | None]
    period_to: Mapped[date | None]
    notice_no: Mapped[word] = mapped_column(default="")
    applied_by_id: Mapped[int | None] = reference("person.id", index=False)
    applied_at: Mapped[datetime | None]
    approved_by_id: Mapped[int | None] = reference("person.id", index=False)
    approved_at: Mapped[datetime | None]
    local_notified_at: Mapped[datetime | None]
    local_notice: Mapped[str] = mapped_column(default="")  # what was told, or why nothing was
    arrived_at: Mapped[datetime | None]
    ended_on: Mapped[date | None]
    outcome: Mapped[word] = mapped_column(default="")
    cancel_reason: Mapped[str] = mapped_column(default="")
    opened_at: Mapped[datetime] = mapped_column(default=clock.now)
    closed_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("draw_id", "object_id"),
        UniqueConstraint("bureau_id", "year", "serial"),
        UniqueConstraint("id", "bureau_id"),
        CheckConstraint(f"state in {STATES}", name="state"),
        CheckConstraint("method in ('', 'onsite', 'online', 'visit')", name="method"),
        CheckConstraint("approved_by_id is null or approved_by_id <> applied_by_id", name="two_persons"),
        CheckConstraint("(draw_id is null) <> (lead_id is null)", name="drawn_or_lead"),
        CheckConstraint("state <> 'cancelled' or cancel_reason <> ''", name="cancel_reason"),
        CheckConstraint("arrived_at is null or approved_at is not null", name="approved_before_visit"),
        Index("ix_inspection_bureau_state", "bureau_id", "state", "id"),
    )

    @property
    def local_elsewhere(self) -> bool:
        """Whether another bureau than the inspecting one is the local bureau (吉 第十七条)."""
        return self.local_bureau_id != self.bureau_id


class TeamMember(Base):
    """Somebody on the team. `source`.

    Drawn · substitute · assigned (leads) · invited (expert) · local (helper).
    """

    __tablename__ = "team_member"

    id: Mapped[pk]
    inspection_id: Mapped[int] = reference("inspection.id")
    inspector_id: Mapped[int | None] = reference("inspector.id")
    person_id: Mapped[int | None] = reference("person.id")
    name: Mapped[word]
    role: Mapped[word] = mapped_column(default="member")
    source: Mapped[word] = mapped_column(default="drawn")
    licensed: Mapped[bool] = mapped_column(default=False)
    expert: Mapped[bool] = mapped_column(default=False)
    certificate_no: Mapped[word] = mapped_column(default="")
    joined_at: Mapped[datetime] = mapped_column(default=clock.now)
    left_at: Mapped[datetime | None]
    left_reason: Mapped[str] = mapped_column(default="")
    pledged_at: Mapped[datetime | None]
    conflict: Mapped[word] = mapped_column(default="")  # kind of 利害关系 declared, "" = none
    conflict_note: Mapped[str] = mapped_column(default="")

    __table_args__ = (
        CheckConstraint(f"role in {ROLES}", name="role"),
        CheckConstraint("source in ('drawn','substitute','assigned','invited','local')", name="source"),
        CheckConstraint("role <> 'leader' or (licensed and not expert)", name="leader_licensed"),
        CheckConstraint(
            "role <> 'leader' or source in ('drawn','substitute','assigned')", name="leader_drawn"
        ),
        CheckConstraint(
            "role not in ('expert','helper') or source not in ('drawn','substitute','assigned')",
            name="helpers",
        ),
        CheckConstraint("not expert or role = 'expert'", name="expert_advises"),
        CheckConstraint("left_at is null or left_reason <> ''", name="left_reason"),
        Index(
            "uq_team_member_leader",
            "inspection_id",
            unique=True,
            sqlite_where=text("role = 'leader' and left_at is null"),
            postgresql_where=text("role = 'leader' and left_at is null"),
        ),
        Index(
            "uq_team_member_once",
            "inspection_id",
            "inspector_id",
            unique=True,
            sqlite_where=text("left_at is null and inspector_id is not null"),
            postgresql_where=text("left_at is null and inspector_id is not null"),
        ),
    )


class Visit(Base):
    """The arrival on site: certificates shown, rights and duties told (吉 第十八条, 舞 第十一条)."""

    __tablename__ = "visit"

    id: Mapped[pk]
    inspection_id: Mapped[int] = reference("inspection.id", unique=True)
    arrived_at: Mapped[datetime]
    entered_at: Mapped[datetime] = mapped_column(default=clock.now)  # server time: shows a late entry
    place: Mapped[str] = mapped_column(default="")
    certificates: Mapped[list[Any]]  # [{name, number}] as shown
    certificate_count: Mapped[int]
    received_by: Mapped[word]
    rights_told: Mapped[bool]
    rights_signature: Mapped[dict[str, Any]] = mapped_column(default=dict)
    photos: Mapped[list[Any]] = mapped_column(default=list)  # 扫码入企: file, place, time of each

    __table_args__ = (
        CheckConstraint("certificate_count >= 2", name="two_certificates"),
        CheckConstraint("rights_told", name="rights_told"),
    )


class Finding(Base):
    """What was found on one item: one result per item, the unit of publication."""

    __tablename__ = "finding"

    id: Mapped[pk]
    inspection_id: Mapped[int] = reference("inspection.id")
    item_no: Mapped[word] = mapped_column(default="")
    item_name: Mapped[str]
    off_list: Mapped[bool] = mapped_column(default=False)  # 清单外: noted, never published as a drawn item
    result: Mapped[word] = mapped_column(default="none")
    description: Mapped[str] = mapped_column(default="")
    amount_fen: Mapped[int] = mapped_column(default=0)
    demand: Mapped[str] = mapped_column(default="")  # what the object must mend
    other_authority: Mapped[word] = mapped_column(default="")
    serious: Mapped[bool] = mapped_column(default=False)
    found_by_id: Mapped[int | None] = reference("person.id", index=False)
    found_at: Mapped[datetime] = mapped_column(default=clock.now)

    __table_args__ = (
        CheckConstraint(f"result in {CHECKED}", name="result"),
        CheckConstraint("result in ('none','no_activity') or description <> ''", name="described"),
        CheckConstraint("result <> 'corrected' or demand <> ''", name="demand"),
        CheckConstraint("amount_fen >= 0", name="amount"),
        CheckConstraint("(item_no = '') = off_list", name="on_or_off_list"),
    )

    @property
    def problem(self) -> bool:
        """Whether this item shows a problem."""
        return self.result not in ("none", "no_activity")


class SiteRecord(Base):
    """The on-site record (现场检查记录). Corrections are new versions.

    Nothing is dated back (吉 第二十条).
    """

    __tablename__ = "site_record"

    id: Mapped[pk]
    inspection_id: Mapped[int] = reference("inspection.id")
    version: Mapped[int]
    place: Mapped[str]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime]
    entered_at: Mapped[datetime] = mapped_column(default=clock.now)
    present: Mapped[str]
    conditions: Mapped[str]
    signature: Mapped[word]
    signer: Mapped[word] = mapped_column(default="")
    capacity: Mapped[word] = mapped_column(default="")
    signature_data: Mapped[dict[str, Any]] = mapped_column(default=dict)
    reason: Mapped[str] = mapped_column(default="")
    witness_name: Mapped[word] = mapped_column(default="")
    witness_contact: Mapped[word] = mapped_column(default="")
    witness_signature: Mapped[dict[str, Any]] = mapped_column(default=dict)
    inspectors_signature: Mapped[dict[str, Any]] = mapped_column(default=dict)  # of who recorded it
    attachments: Mapped[list[Any]] = mapped_column(default=list)  # ids of stored files, the video included
    recorded_by_id: Mapped[int] = reference("person.id", index=False)

    __table_args__ = (
        UniqueConstraint("inspection_id", "version"),
        CheckConstraint("signature in ('signed','sealed','refused','absent')", name="signature"),
        CheckConstraint("signature not in ('signed','sealed') or signer <> ''", name="signer"),
        CheckConstraint("started_at <= ended_at", name="times"),
    )


class Obstruction(Base):
    """检查受阻.

    What stopped the team, what the bureau ordered, which emergency measures followed (吉 第二十一条).
    """

    __tablename__ = "obstruction"

    id: Mapped[pk]
    inspection_id: Mapped[int] = reference("inspection.id")
    kind: Mapped[word]
    description: Mapped[str]
    reported_by_id: Mapped[int] = reference("person.id", index=False)
    reported_at: Mapped[datetime] = mapped_column(default=clock.now)
    instruction: Mapped[str] = mapped_column(default="")
    instructed_by_id: Mapped[int | None] = reference("person.id", index=False)
    instructed_at: Mapped[datetime | None]
    emergency: Mapped[bool] = mapped_column(default=False)
    measures: Mapped[str] = mapped_column(default="")
    measures_basis: Mapped[str] = mapped_column(default="")
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("instructed_by_id is null or instructed_by_id <> reported_by_id", name="two_persons"),
        CheckConstraint("measures = '' or (emergency and measures_basis <> '')", name="basis"),
    )


class Disposition(Base):
    """How the results are handled (舞 第十三条, 吉 第二十三条).

    The table's proposal and the leader's opinion.
    """

    __tablename__ = "disposition"

    id: Mapped[pk]
    inspection_id: Mapped[int] = reference("inspection.id", unique=True)
    proposed: Mapped[word] = mapped_column(default="")
    kind: Mapped[word]
    opinion: Mapped[str]
    deviation: Mapped[str] = mapped_column(default="")  # why the opinion differs from the table
    demand: Mapped[str] = mapped_column(default="")
    correct_by: Mapped[date | None]
    receiver: Mapped[word] = mapped_column(default="")
    letter_no: Mapped[word] = mapped_column(default="")
    letter_facts: Mapped[str] = mapped_column(default="")  # what is handed over, in the letter's words
    contact: Mapped[word] = mapped_column(default="")  # whom the other authority asks
    filing_no: Mapped[word] = mapped_column(default="")
    proposed_by_id: Mapped[int] = reference("person.id", index=False)
    reviewed_by_id: Mapped[int | None] = reference("person.id", index=False)
    approved_by_id: Mapped[int | None] = reference("person.id", index=False)
    decided_at: Mapped[datetime] = mapped_column(default=clock.now)

    __table_args__ = (
        CheckConstraint(f"kind in {DISPOSITIONS}", name="kind"),
        CheckConstraint("kind <> 'corrected' or correct_by is not null", name="correct_by"),
        CheckConstraint("proposed in ('', kind) or deviation <> ''", name="deviation"),
        CheckConstraint(
            "reviewed_by_id is null or reviewed_by_id <> proposed_by_id", name="review_by_another"
        ),
        CheckConstraint(
            "approved_by_id is null or approved_by_id <> proposed_by_id", name="approve_by_another"
        ),
    )


def get(session: Session, inspection_id: int) -> Inspection:
    """The inspection with this id; NotFound otherwise."""
    found = session.get(Inspection, inspection_id)
    if found is None:
        raise NotFound(Sentence("没有编号为 {inspection_id} 的检查任务。", inspection_id=inspection_id))
    return found
