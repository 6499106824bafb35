"""The rows of the BPM machine: releases, instances, work items, jobs, submissions and history."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engine import clock
from engine.people import Person
from engine.storage.base import Base, pk, reference, sha256, word


class Blob(Base):
    """Content of a released file, once for all releases that share it."""

    __tablename__ = "release_blob"

    hash: Mapped[sha256] = mapped_column(primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class Release(Base):
    """A pack's diagrams, tables, forms and documents, frozen together. A running case keeps its release.

    `restores_id`: the older release whose content this one puts in force again (恢复为第 N 版). Without that, a
    content is released once.
    """

    __tablename__ = "release"

    id: Mapped[pk]
    pack: Mapped[word]
    version: Mapped[int]
    hash: Mapped[sha256]
    note: Mapped[str] = mapped_column(default="")
    author_id: Mapped[int | None] = reference("person.id")
    releaser_id: Mapped[int | None] = reference("person.id")
    restores_id: Mapped[int | None] = reference("release.id", index=False)
    deployed_at: Mapped[datetime] = mapped_column(default=clock.now)
    files: Mapped[list[ReleaseFile]] = relationship(order_by="ReleaseFile.path")

    __table_args__ = (
        UniqueConstraint("pack", "version"),
        Index(
            "uq_release_content",
            "pack",
            "hash",
            unique=True,
            sqlite_where=text("restores_id is null"),
            postgresql_where=text("restores_id is null"),
        ),
        CheckConstraint("author_id is null or author_id <> releaser_id", name="two_persons"),
        CheckConstraint("restores_id is null or restores_id < id", name="restores_older"),
    )


class ReleaseFile(Base):
    """One file of a release. `kind`: bpmn · dmn · form · document · pack."""

    __tablename__ = "release_file"

    id: Mapped[pk]
    release_id: Mapped[int] = reference("release.id")
    path: Mapped[word]
    kind: Mapped[word]
    hash: Mapped[sha256]

    __table_args__ = (UniqueConstraint("release_id", "path"),)


ALIVE = ("running", "incident")
"""States of an instance that goes on: an incident marks for people that one of its jobs gave up, and stops nothing."""


class Instance(Base):
    """One run of one process. A case is an instance of its own; called processes share its `case_id`."""

    __tablename__ = "instance"

    id: Mapped[pk]
    release_id: Mapped[int] = reference("release.id")
    process: Mapped[word]
    bureau_id: Mapped[int] = reference("bureau.id")
    parent_id: Mapped[int | None] = reference("instance.id")
    parent_activity: Mapped[word] = mapped_column(default="")  # BPMN id of the call activity in the parent
    parent_task: Mapped[word] = mapped_column(default="")  # token of the parent that waits for us
    item: Mapped[word] = mapped_column(default="")  # item key of a multi-instance call activity
    case_id: Mapped[int | None] = reference("instance.id")
    state: Mapped[word] = mapped_column(default="running")
    case_no: Mapped[word] = mapped_column(default="")
    title: Mapped[str] = mapped_column(default="")
    object_name: Mapped[str] = mapped_column(default="")
    outcome: Mapped[word] = mapped_column(default="")
    data: Mapped[dict[str, Any]] = mapped_column(
        default=dict
    )  # copy of the process data for queries and pages
    body: Mapped[bytes] = mapped_column(LargeBinary, default=b"")  # serialized state, orjson
    mac: Mapped[sha256] = mapped_column(default="")
    version: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[datetime] = mapped_column(default=clock.now)
    started_by_id: Mapped[int | None] = reference("person.id")
    changed_at: Mapped[datetime] = mapped_column(default=clock.now)
    changed_by_id: Mapped[int | None] = reference("person.id", index=False)
    ended_at: Mapped[datetime | None]

    @property
    def alive(self) -> bool:
        """Whether it goes on: neither completed nor cancelled."""
        return self.state in ALIVE

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012
    __table_args__ = (
        UniqueConstraint("parent_id", "parent_task", "item"),
        CheckConstraint("state in ('running','completed','cancelled','incident')", name="state"),
        Index("ix_instance_bureau_state", "bureau_id", "state", "id"),
        Index("ix_instance_case", "case_id", "id"),
        Index("ix_instance_case_no", "case_no", postgresql_ops={"case_no": "varchar_pattern_ops"}),
        Index("ix_instance_object_name", "object_name", postgresql_ops={"object_name": "text_pattern_ops"}),
    )


class Call(Base):
    """A call activity that waits for its children; `total` is stored before the first child starts."""

    __tablename__ = "call"

    id: Mapped[pk]
    instance_id: Mapped[int] = reference("instance.id")
    task: Mapped[word]
    element: Mapped[word]
    process: Mapped[word]
    multiple: Mapped[bool] = mapped_column(default=False)
    feed: Mapped[word] = mapped_column(default="")  # where the items of a multi-instance call come from, or
    elements: Mapped[list[Any]] = mapped_column(default=list)  # what its FEEL list gave, fixed when it began
    total: Mapped[int] = mapped_column(default=1)
    started: Mapped[int] = mapped_column(default=0)
    finished: Mapped[int] = mapped_column(default=0)
    after: Mapped[word] = mapped_column(default="")  # item key up to which children exist
    outcomes: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[word] = mapped_column(default="open")  # open · done · cancelled

    __table_args__ = (
        UniqueConstraint("instance_id", "task"),
        CheckConstraint("finished <= total and started <= total", name="count"),
        CheckConstraint("multiple or total = 1", name="single"),
    )


class WorkItem(Base):
    """One human step for one person or one pool; what the inbox shows, denormalised.

    `pool` is where it can be found now: `role/<bureau id>/<role>`, `team/<inspection id>` or
    `person/<person id>`; claiming moves it to the person's pool, `home` remembers where it came from.
    """

    __tablename__ = "work_item"

    id: Mapped[pk]
    instance_id: Mapped[int] = reference("instance.id")
    case_id: Mapped[int] = reference("instance.id")
    bureau_id: Mapped[int] = reference("bureau.id", index=False)
    release_id: Mapped[int] = reference("release.id", index=False)
    process: Mapped[word]
    task: Mapped[word]  # token id
    element: Mapped[word]  # BPMN id
    step: Mapped[word]  # BPMN name
    lane: Mapped[word]
    form: Mapped[word] = mapped_column(default="")
    clause: Mapped[word] = mapped_column(default="")
    case_no: Mapped[word] = mapped_column(default="")
    title: Mapped[str] = mapped_column(default="")
    object_name: Mapped[str] = mapped_column(default="")
    pool: Mapped[word]
    home: Mapped[word]
    seat: Mapped[word] = mapped_column(default="")  # whose part of a countersigned step this is
    state: Mapped[word] = mapped_column(default="open")
    opened_at: Mapped[datetime] = mapped_column(default=clock.now)
    due_at: Mapped[datetime | None]
    due_why: Mapped[dict[str, Any]] = mapped_column(default=dict)
    claimed_by_id: Mapped[int | None] = reference("person.id", index=False)
    claimed_at: Mapped[datetime | None]
    done_by_id: Mapped[int | None] = reference("person.id")
    done_for_id: Mapped[int | None] = reference(
        "person.id", index=False
    )  # the absent one, where a proxy did it
    done_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]  # when it was needed no more
    told: Mapped[bool] = mapped_column(default=False)  # whether its people have been told that it opened
    version: Mapped[int] = mapped_column(default=0)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012
    __table_args__ = (
        UniqueConstraint("instance_id", "task", "seat"),
        CheckConstraint("state in ('open','done','cancelled')", name="state"),
        CheckConstraint("(state = 'done') = (done_by_id is not null)", name="done_by"),
        CheckConstraint("done_for_id is null or done_for_id <> done_by_id", name="done_for_another"),
        CheckConstraint("(state = 'cancelled') = (closed_at is not null)", name="closed_at"),
        # what stands behind `id` is not searched by: counts and filters of an inbox read the index alone
        Index("ix_work_item_inbox", "pool", "state", "due_at", "id", "process", "step", "bureau_id"),
        Index("ix_work_item_board", "bureau_id", "state", "due_at", "id"),
        Index("ix_work_item_heat", "bureau_id", "state", "lane", "step", "due_at"),
        Index("ix_work_item_done", "done_by_id", "done_at", "id"),
        Index(
            "ix_work_item_untold",
            "opened_at",
            postgresql_where=text("told IS false"),
            sqlite_where=text("told IS 0"),
        ),
    )

    @property
    def name(self) -> str:
        """What lists and notices call it: its object, else its case's title or number, else the step."""
        return self.object_name or self.title or self.case_no or self.step


class Handing(Base):
    """A step that left somebody's hands: from whom, to whom, how and why. Nobody's work just disappears.

    `way`: transfer 转办 · delegate 委派 · back 交回 · reassign 改派 · close 流程走了别的路. `to_id` is null where
    the step went back to a pool or was closed; `by_id` is null where the machine did it.
    """

    __tablename__ = "handing"

    id: Mapped[pk]
    work_item_id: Mapped[int] = reference("work_item.id")
    case_id: Mapped[int] = reference("instance.id", index=False)
    from_id: Mapped[int] = reference("person.id", index=False)
    to_id: Mapped[int | None] = reference("person.id", index=False)
    way: Mapped[word]
    by_id: Mapped[int | None] = reference("person.id", index=False)
    reason: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime] = mapped_column(default=clock.now)

    __table_args__ = (
        CheckConstraint("way in ('transfer','delegate','back','reassign','close')", name="way"),
        CheckConstraint("to_id is null or to_id <> from_id", name="not_to_oneself"),
        CheckConstraint("way not in ('transfer','delegate','back') or to_id is not null", name="to_whom"),
        Index("ix_handing_from", "from_id", "id"),
    )


class ExtraTask(Base):
    """One question or errand of a case; `item_id`: the step whose clock stands still until it is answered."""

    __tablename__ = "extra_task"

    id: Mapped[pk]
    case_id: Mapped[int] = reference("instance.id")
    bureau_id: Mapped[int] = reference("bureau.id", index=False)
    item_id: Mapped[int | None] = reference("work_item.id")
    title: Mapped[word]
    asked: Mapped[str] = mapped_column(default="")
    person_id: Mapped[int] = reference("person.id", index=False)
    asked_by_id: Mapped[int] = reference("person.id", index=False)
    asked_at: Mapped[datetime] = mapped_column(default=clock.now)
    due_on: Mapped[date]
    result: Mapped[str] = mapped_column(default="")
    done_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    paused_days: Mapped[int] = mapped_column(default=0)  # working days by which the step's limit moved
    limit_before: Mapped[datetime | None]
    limit_after: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=0)
    person: Mapped[Person] = relationship(foreign_keys=[person_id])
    asked_by: Mapped[Person] = relationship(foreign_keys=[asked_by_id])

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012
    __table_args__ = (
        CheckConstraint("person_id <> asked_by_id", name="two_persons"),
        CheckConstraint("title <> ''", name="title"),
        CheckConstraint("(done_at is null) = (result = '')", name="result"),
        CheckConstraint("done_at is null or withdrawn_at is null", name="one_end"),
        CheckConstraint("paused_days >= 0 and (paused_days = 0 or item_id is not null)", name="paused"),
        Index("ix_extra_task_person", "person_id", "done_at", "withdrawn_at"),
        Index(
            "uq_extra_task_open_question",
            "item_id",
            unique=True,
            sqlite_where=text("item_id is not null and done_at is null and withdrawn_at is null"),
            postgresql_where=text("item_id is not null and done_at is null and withdrawn_at is null"),
        ),
    )

    @property
    def open(self) -> bool:
        """Whether it still waits."""
        return self.done_at is None and self.withdrawn_at is None


class Submission(Base):
    """What a person answered on a form, with the form's hash; corrections are new rows.

    `chosen`: how the options that were picked were called then, by the name of their list: [[value, label], …].
    """

    __tablename__ = "submission"

    id: Mapped[pk]
    work_item_id: Mapped[int] = reference("work_item.id")
    case_id: Mapped[int] = reference("instance.id")
    person_id: Mapped[int] = reference("person.id")
    form: Mapped[word]
    form_hash: Mapped[sha256]
    answers: Mapped[dict[str, Any]]
    chosen: Mapped[dict[str, Any]] = mapped_column(default=dict)
    at: Mapped[datetime] = mapped_column(default=clock.now)


class Draft(Base):
    """What a person has typed and not yet submitted."""

    __tablename__ = "draft"

    id: Mapped[pk]
    work_item_id: Mapped[int] = reference("work_item.id")
    person_id: Mapped[int] = reference("person.id")
    answers: Mapped[dict[str, Any]]
    at: Mapped[datetime] = mapped_column(default=clock.now, onupdate=clock.now)

    __table_args__ = (UniqueConstraint("work_item_id", "person_id"),)


class History(Base):
    """The timeline of a case: every human step, system step, decision, timer and message, in order.

    `kind`: human · system · decision · timer · message · start · end · claim · note · incident.
    """

    __tablename__ = "history"

    id: Mapped[pk]
    instance_id: Mapped[int] = reference("instance.id")
    case_id: Mapped[int] = reference("instance.id", index=False)
    at: Mapped[datetime] = mapped_column(default=clock.now)
    kind: Mapped[word]
    element: Mapped[word] = mapped_column(default="")
    step: Mapped[word] = mapped_column(default="")
    person_id: Mapped[int | None] = reference("person.id", index=False)
    clause: Mapped[word] = mapped_column(default="")
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)

    __table_args__ = (Index("ix_history_case", "case_id", "id"),)


STUCK = "attempts >= 6 and state in ('failed','waiting','running')"
"""Jobs that people should know of: six tries in vain are about an hour."""


class Job(Base):
    """Something the worker has to do: timers, starts, deliveries. A failure stays visible with its text."""

    __tablename__ = "job"

    id: Mapped[pk]
    kind: Mapped[word]
    key: Mapped[str] = mapped_column(unique=True)
    instance_id: Mapped[int | None] = reference("instance.id")
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[word] = mapped_column(default="waiting")
    due_at: Mapped[datetime] = mapped_column(default=clock.now)
    attempts: Mapped[int] = mapped_column(default=0)
    lock_token: Mapped[word] = mapped_column(default="")
    locked_until: Mapped[datetime | None]
    last_error: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    done_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("state in ('waiting','running','done','failed','cancelled')", name="state"),
        Index(
            "ix_job_due",
            "due_at",
            "id",
            postgresql_where=text("state = 'waiting'"),
            sqlite_where=text("state = 'waiting'"),
        ),
        Index(
            "ix_job_running",
            "locked_until",
            postgresql_where=text("state = 'running'"),
            sqlite_where=text("state = 'running'"),
        ),
        Index("ix_job_stuck", "id", postgresql_where=text(STUCK), sqlite_where=text(STUCK)),
    )


class Receipt(Base):
    """The answer given to an idempotency key: the same key and body get the same answer."""

    __tablename__ = "receipt"

    key: Mapped[str] = mapped_column(primary_key=True)
    body_hash: Mapped[sha256]
    answer: Mapped[dict[str, Any]] = mapped_column(default=dict)
    at: Mapped[datetime] = mapped_column(default=clock.now)
