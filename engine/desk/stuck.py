"""What could not be sent or moved on: jobs that gave up, or an outside system that has not answered for long.

They stand on the board until a person lets them run again; nothing is given up silently.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from engine import audit
from engine.access.rights import READ_BOARD
from engine.access.scope import visible_bureaus
from engine.desk.case.listing import name_of
from engine.errors import ChangedMeanwhile, NotFound
from engine.people import Person
from engine.runtime import job
from engine.runtime.tables import STUCK, Instance, Job

MOST = 50
KINDS = MappingProxyType(
    {
        "mail": "邮件",
        "webhook": "消息外送",
        "publish.push": "公示推送",
        "platform.send": "平台交换文件",
        "timer": "到时处理",
        "children": "开出案件",
        "start": "发起流程",
        "send": "送达消息",
        "advance": "继续流程",
        "cancel": "撤销流程",
        "reassign": "重新分派",
    }
)


@dataclass(frozen=True, slots=True)
class Stuck:
    """A job that waits for a person: what it is, how often it was tried, the last answer."""

    id: int
    what: str
    name: str
    case_id: int | None
    attempts: int
    since: datetime
    gave_up: bool
    fault: str


def stuck(session: Session, actor: Person) -> Sequence[Stuck]:
    """What is stuck in the bureaus this person supervises, the oldest first."""
    READ_BOARD.demand(actor)
    return [
        Stuck(
            id=row.id,
            what=KINDS.get(row.kind, row.kind),
            name=name_of(instance) if instance else "",
            case_id=instance.case_id if instance else None,
            attempts=row.attempts,
            since=row.created_at,
            gave_up=row.state == "failed",
            fault=row.last_error.partition(": ")[2][:300] or row.last_error[:300],
        )
        for row, instance in _rows(session, actor)
    ]


def again(session: Session, actor: Person, job_id: int) -> None:
    """Let a stuck job run again now, with all its attempts; the log says who wanted it."""
    READ_BOARD.demand(actor)
    row = session.get(Job, job_id, with_for_update=True)
    if row is None or not _visible(row, _instance(session, row), visible_bureaus(session, actor)):
        raise NotFound("没有这个任务。", hint="它可能已经送出。")
    if row.state not in ("failed", "waiting"):
        raise ChangedMeanwhile("这个任务已经在处理，或者已经送出。", hint="请刷新督办页。")
    job.retry(session, row.id)
    audit.record(
        session,
        action="job.retry",
        subject=f"job/{row.id}",
        actor=actor,
        bureau_id=actor.bureau_id,
        before={"attempts": row.attempts, "error": row.last_error[:300]},
        after={"kind": row.kind},
    )


def _rows(session: Session, actor: Person) -> list[tuple[Job, Instance | None]]:
    bureaus = visible_bureaus(session, actor)
    found: list[tuple[Job, Instance | None]] = []
    for row in session.scalars(select(Job).where(text(STUCK)).order_by(Job.id)):
        instance = _instance(session, row)
        if _visible(row, instance, bureaus):
            found.append((row, instance))
            if len(found) == MOST:
                break
    return found


def _instance(session: Session, row: Job) -> Instance | None:
    return session.get(Instance, row.instance_id) if row.instance_id else None


def _visible(row: Job, instance: Instance | None, bureaus: Sequence[int]) -> bool:
    return (instance.bureau_id if instance else row.payload.get("bureau")) in bureaus
