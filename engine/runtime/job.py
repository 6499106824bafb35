"""The queue: what has to be done later or outside, as rows. Any number of workers is harmless.

A worker takes a lease (`lock_token`, `locked_until`); the token fences: whoever lost the lease changes
nothing. A job may run twice, so every effect is keyed. A failure stays visible with its text; after the
last attempt it waits on the board for a person to try again.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any
from uuid import uuid4

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from engine import clock
from engine.errors import ChangedMeanwhile
from engine.runtime.tables import Instance, Job
from engine.sentence import Sentence
from engine.storage.base import append_once

LEASE = timedelta(minutes=5)
FIRST_DELAY = timedelta(minutes=1)
LONGEST_DELAY = timedelta(hours=4)
ATTEMPTS = 8
OUTSIDE_ATTEMPTS = 10_000  # outside systems may be down for days; a delivery is never given up silently
MOST = MappingProxyType({"publish.push": OUTSIDE_ATTEMPTS, "mail": 40, "webhook": 40})
"""By kind; forty attempts are five days and a half, longer than a server is down; then the board has it."""


def enqueue(
    session: Session,
    kind: str,
    payload: Mapping[str, Any],
    *,
    key: str,
    instance_id: int | None = None,
    due_at: datetime | None = None,
) -> None:
    """Write a job once; a second wish with the same key changes nothing."""
    append_once(
        session,
        Job,
        "key",
        kind=kind,
        key=key,
        instance_id=instance_id,
        payload=dict(payload),
        due_at=due_at or clock.now(),
    )


def claim(session: Session, *, limit: int = 1) -> Sequence[Job]:
    """Lease due jobs: first those whose worker was lost, then the oldest; rows of others are skipped."""
    now = clock.now()
    lost = select(Job).where(Job.state == "running", Job.locked_until < now).order_by(Job.locked_until)
    due = select(Job).where(Job.state == "waiting", Job.due_at <= now).order_by(Job.due_at, Job.id)
    jobs: list[Job] = []
    for query in (lost, due):  # two scans of two small indexes; one query with OR would sort every due row
        left = limit - len(jobs)
        if left:
            jobs += session.scalars(query.limit(left).with_for_update(skip_locked=True)).all()
    for job in jobs:
        job.state = "running"
        job.lock_token = uuid4().hex
        job.locked_until = now + LEASE
        job.attempts += 1
    session.flush()
    return jobs


_FINISH = (
    update(Job)
    .where(Job.id == bindparam("job"), Job.lock_token == bindparam("token"), Job.state == "running")
    .values(state="done", done_at=bindparam("at"), locked_until=None, last_error="")
)


def finish(session: Session, *jobs: Job) -> None:
    """The jobs' effect and this mark are one transaction; who lost a lease gets ChangedMeanwhile."""
    session.flush()
    at = clock.now()
    rows = [{"job": job.id, "token": job.lock_token, "at": at} for job in jobs]
    changed = session.connection().execute(_FINISH, rows)
    if changed.rowcount != len(jobs):
        keys = "、".join(job.key for job in jobs)
        raise ChangedMeanwhile(Sentence("任务 {key} 已由另一个进程接手。", key=keys))


def hold(session: Session, job: Job) -> bool:
    """Lease a job anew that has waited for its turn for long; False where another worker has it by now."""
    until = clock.now() + LEASE
    changed = session.execute(
        update(Job)
        .where(Job.id == job.id, Job.lock_token == job.lock_token, Job.state == "running")
        .values(locked_until=until)
    )
    return bool(changed.rowcount)  # type: ignore[attr-defined]


def is_stale(job: Job) -> bool:
    """Whether so much of a lease has gone by that the job may be another's before it is done."""
    return job.locked_until is not None and job.locked_until - clock.now() < LEASE / 2


def fail(session: Session, job: Job, error: str) -> bool:
    """Note a failure: try again after 1 min … 4 h, with jitter; True when it was the last attempt.

    A worker that lost its lease changes nothing: the job is another's now.
    """
    last = job.attempts >= MOST.get(job.kind, ATTEMPTS)
    jitter = random.uniform(0.8, 1.2)  # noqa: S311 (no secret)
    delay = min(FIRST_DELAY * 2 ** min(job.attempts - 1, 10), LONGEST_DELAY) * jitter
    changed = session.execute(
        update(Job)
        .where(Job.id == job.id, Job.lock_token == job.lock_token, Job.state == "running")
        .values(
            state="failed" if last else "waiting",
            due_at=clock.now() + delay,
            locked_until=None,
            last_error=error[:4000],
        ),
    )
    return last and changed.rowcount == 1  # type: ignore[attr-defined]


def give_back(session: Session, *jobs: Job) -> None:
    """What was leased and not done may be taken at once, by anybody; the attempt does not count.

    A job that was done after all, or is another worker's now, stays as it is.
    """
    for job in jobs:
        session.execute(
            update(Job)
            .where(Job.id == job.id, Job.lock_token == job.lock_token, Job.state == "running")
            .values(state="waiting", attempts=job.attempts - 1, locked_until=None)
        )


def retry(session: Session, job_id: int) -> None:
    """A person lets a failed job run again, at once and with all its attempts; its instance is no incident any more."""
    session.execute(
        update(Job)
        .where(Job.id == job_id, Job.state.in_(("failed", "waiting")))
        .values(state="waiting", attempts=0, due_at=clock.now()),
    )
    whose = select(Job.instance_id).where(Job.id == job_id).scalar_subquery()
    session.execute(
        update(Instance).where(Instance.id == whose, Instance.state == "incident").values(state="running")
    )
