"""归档 as rows: the sealed package with its documents, the ledger row, what was added later.

依据: 吉 第二十七条 (工作台账、工作档案、专人负责), 舞 第三条 (档案管理), 国家档案局令第8号 (永久、30 年、10
年).
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from engine import clock
from engine.storage.base import Base, pk, reference, sha256, word
from engine.storage.guard import guard

RETENTION = {"permanent": "永久", "30": "30 年", "10": "10 年"}
LOANS = {"copy": "查阅电子件", "original": "借出原件"}
SECRECY = {"public": "公开", "internal": "内部", "secret": "秘密"}
PIECES = {
    "approval": "行政检查审批表、检查通知书",
    "team": "检查组成员及廉洁承诺",
    "visit": "权利义务告知书",
    "findings": "抽查事项检查结果",
    "record": "检查记录",
    "opinion": "讨论记录和检查意见",
    "feedback": "反馈意见书及回执",
    "disposition": "处理意见",
    "report": "抽查情况报告",
    "publication": "公示内容及回执",
    "draw": "名单封存纪要和抽取凭证",
    "evidence": "证据清单",
}
"""The pieces that the table `completeness` asks for."""


class ArchivePackage(Base):
    """The file of one inspection (案卷). `seal` is the SHA-256 over its list; sealed, it never changes."""

    __tablename__ = "archive_package"

    id: Mapped[pk]
    inspection_id: Mapped[int] = reference("inspection.id", unique=True)
    bureau_id: Mapped[int] = reference("bureau.id", index=False)
    archive_no: Mapped[word]
    title: Mapped[str]
    retention: Mapped[word]
    retain_until: Mapped[date | None]
    secrecy: Mapped[word] = mapped_column(default="public")
    pages: Mapped[int] = mapped_column(default=0)
    note: Mapped[str] = mapped_column(default="")
    state: Mapped[word] = mapped_column(default="arranged")
    seal: Mapped[sha256] = mapped_column(default="")
    open_followups: Mapped[int] = mapped_column(default=0)
    arranged_by_id: Mapped[int] = reference("person.id", index=False)
    sealed_by_id: Mapped[int | None] = reference("person.id", index=False)
    sealed_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("bureau_id", "archive_no"),
        CheckConstraint(f"retention in {tuple(RETENTION)}", name="retention"),
        CheckConstraint(f"secrecy in {tuple(SECRECY)}", name="secrecy"),
        CheckConstraint("(retention = 'permanent') = (retain_until is null)", name="retain_until"),
        CheckConstraint("state in ('arranged','sealed','destroyed')", name="state"),
        CheckConstraint("state = 'arranged' or (seal <> '' and sealed_by_id is not null)", name="sealed"),
        CheckConstraint("open_followups = 0", name="no_open_followup"),
    )


class ArchiveDocument(Base):
    """One piece of the file (件).

    Number, document number, author, title, day, and its content or stored file.
    """

    __tablename__ = "archive_document"

    id: Mapped[pk]
    package_id: Mapped[int] = reference("archive_package.id")
    no: Mapped[int]
    document_no: Mapped[word] = mapped_column(default="")
    author: Mapped[word] = mapped_column(default="")
    title: Mapped[str]
    day: Mapped[date | None]
    path: Mapped[str]
    content: Mapped[str] = mapped_column(default="")
    file_id: Mapped[word] = mapped_column(default="")
    size: Mapped[int]
    hash: Mapped[sha256]

    __table_args__ = (
        UniqueConstraint("package_id", "no"),
        UniqueConstraint("package_id", "path"),
        CheckConstraint("(content = '') <> (file_id = '')", name="content_or_file"),
    )


class ArchiveSupplement(Base):
    """A missing piece that was found, or the statement why it does not exist (备考表)."""

    __tablename__ = "archive_supplement"

    id: Mapped[pk]
    inspection_id: Mapped[int] = reference("inspection.id")
    piece: Mapped[word]
    file_id: Mapped[word] = mapped_column(default="")
    statement: Mapped[str] = mapped_column(default="")
    by_id: Mapped[int] = reference("person.id", index=False)
    at: Mapped[datetime] = mapped_column(default=clock.now)

    __table_args__ = (CheckConstraint("file_id <> '' or statement <> ''", name="something"),)


class LedgerRow(Base):
    """工作台账: one line per inspection."""

    __tablename__ = "ledger_row"

    id: Mapped[pk]
    inspection_id: Mapped[int] = reference("inspection.id", unique=True)
    bureau_id: Mapped[int] = reference("bureau.id", index=False)
    year: Mapped[int]
    archive_no: Mapped[word]
    line: Mapped[dict[str, Any]]
    at: Mapped[datetime] = mapped_column(default=clock.now)

    __table_args__ = (Index("ix_ledger_row_year", "bureau_id", "year", "id"),)


class ArchiveLoan(Base):
    """借阅: who asked for the file and why, who allowed it, when it went out and came back."""

    __tablename__ = "archive_loan"

    id: Mapped[pk]
    package_id: Mapped[int] = reference("archive_package.id", index=False)
    purpose: Mapped[str]
    kind: Mapped[word]
    due_on: Mapped[date]
    state: Mapped[word] = mapped_column(default="requested")
    requested_by_id: Mapped[int] = reference("person.id", index=False)
    requested_at: Mapped[datetime] = mapped_column(default=clock.now)
    approved_by_id: Mapped[int | None] = reference("person.id", index=False)
    approved_at: Mapped[datetime | None]
    handed_out_by_id: Mapped[int | None] = reference("person.id", index=False)
    handed_out_at: Mapped[datetime | None]
    taken_back_by_id: Mapped[int | None] = reference("person.id", index=False)
    taken_back_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    damage: Mapped[str] = mapped_column(default="")

    __table_args__ = (
        CheckConstraint(f"kind in {tuple(LOANS)}", name="kind"),
        CheckConstraint("state in ('requested','approved','refused','out','returned')", name="state"),
        CheckConstraint("purpose <> ''", name="purpose"),
        CheckConstraint("approved_by_id is null or approved_by_id <> requested_by_id", name="two_persons"),
        CheckConstraint(
            "state not in ('approved','out','returned') or approved_by_id is not null", name="approved_first"
        ),
        CheckConstraint("state <> 'returned' or taken_back_at is not null", name="taken_back"),
        Index("ix_archive_loan_package", "package_id", "id"),
        Index(
            "ix_archive_loan_out",
            "package_id",
            unique=True,
            sqlite_where=text("state = 'out' and kind = 'original'"),
            postgresql_where=text("state = 'out' and kind = 'original'"),
        ),
    )


class Destruction(Base):
    """销毁: proposed after the term, appraised, allowed by two more persons (§2 no. 13).

    What was found still worth keeping stays in the record as well.
    """

    __tablename__ = "destruction"

    id: Mapped[pk]
    package_id: Mapped[int] = reference("archive_package.id")
    reason: Mapped[str]
    retain_until: Mapped[date]
    state: Mapped[word] = mapped_column(default="proposed")
    proposed_by_id: Mapped[int] = reference("person.id", index=False)
    proposed_at: Mapped[datetime] = mapped_column(default=clock.now)
    appraised_by_id: Mapped[int | None] = reference("person.id", index=False)
    opinion: Mapped[str] = mapped_column(default="")
    approved_by_id: Mapped[int | None] = reference("person.id", index=False)
    confirmed_by_id: Mapped[int | None] = reference("person.id", index=False)
    on: Mapped[date | None]

    __table_args__ = (
        CheckConstraint(
            "state in ('proposed','appraised','approved','confirmed','destroyed','kept')", name="state"
        ),
        CheckConstraint(
            "proposed_by_id <> appraised_by_id and proposed_by_id <> approved_by_id "
            "and proposed_by_id <> confirmed_by_id and approved_by_id <> confirmed_by_id",
            name="two_persons",
        ),
        CheckConstraint('"on" > retain_until', name="after_retention"),
        CheckConstraint(
            "state <> 'destroyed' or (\"on\" is not null and appraised_by_id is not null "
            "and approved_by_id is not null and confirmed_by_id is not null)",
            name="two_approvals",
        ),
        Index(
            "ix_destruction_once",
            "package_id",
            unique=True,
            sqlite_where=text("state <> 'kept'"),
            postgresql_where=text("state <> 'kept'"),
        ),
    )


guard(
    ArchivePackage.__table__,
    "archive_open_followup",
    ("INSERT", "UPDATE"),
    "NEW.state = 'sealed' AND EXISTS (SELECT 1 FROM followup "
    "WHERE inspection_id = NEW.inspection_id AND state = 'open')",
    "an open follow-up keeps the file open",
)
guard(
    ArchivePackage.__table__,
    "archive_sealed",
    ("UPDATE",),
    "OLD.state IN ('sealed','destroyed') AND (NEW.seal IS DISTINCT FROM OLD.seal "
    "OR NEW.retain_until IS DISTINCT FROM OLD.retain_until OR NEW.retention IS DISTINCT FROM OLD.retention "
    "OR NEW.archive_no IS DISTINCT FROM OLD.archive_no OR NEW.state = 'arranged')",
    "a sealed file never changes",
)
guard(
    ArchivePackage.__table__,
    "archive_kept",
    ("DELETE",),
    "OLD.state <> 'arranged'",
    "a sealed file is never deleted",
)
guard(
    ArchiveDocument.__table__,
    "archive_document_sealed",
    ("UPDATE",),
    "EXISTS (SELECT 1 FROM archive_package WHERE id = OLD.package_id AND state = 'sealed') "
    "OR NEW.hash IS DISTINCT FROM OLD.hash",
    "a sealed document never changes",
)
guard(
    ArchiveDocument.__table__,
    "archive_document_kept",
    ("DELETE",),
    "EXISTS (SELECT 1 FROM archive_package WHERE id = OLD.package_id AND state <> 'arranged')",
    "a sealed document is never deleted",
)
guard(
    ArchivePackage.__table__,
    "archive_destroyed_twice_approved",
    ("UPDATE",),
    "NEW.state = 'destroyed' AND OLD.state <> 'destroyed' AND NOT EXISTS (SELECT 1 FROM destruction "
    "WHERE package_id = NEW.id AND state = 'destroyed')",
    "a file is destroyed by an approved destruction only",
)
