"""What the background process does with a due job: children, timers, messages, errands outside, sealing the log.

What is due stands in `job` rows; any number of workers is harmless. A job is a transaction of its own, but quick
ones share one: their instances are read and their rows written together, and a commit waits for the disk longer
than a timer takes. What fails in company is run again alone, and only then counts as failed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from engine import audit, operation
from engine.audit.anchor import anchor
from engine.desk import bulk, channel, intake, notice, outside, season, swapped  # noqa: F401 (enters the errands)
from engine.desk import world as desk_world
from engine.desk.anchor import anchors
from engine.errors import CaseworkError
from engine.runtime import call, history, job, message, sign
from engine.runtime.tables import Instance, Job, WorkItem
from engine.sentence import Sentence
from engine.storage.base import gathered
from engine.storage.session import unreachable

log = structlog.get_logger("casework.worker")

Handler = Callable[[desk_world.World, Session, Mapping[str, Any]], None]


def _timer(world: desk_world.World, session: Session, payload: Mapping[str, Any]) -> None:
    run = world.runtime.open(session, payload["instance"])
    run.fire(payload["task"], due=payload.get("due", ""))


def _children(world: desk_world.World, session: Session, payload: Mapping[str, Any]) -> None:
    call.start_children(world.runtime, session, payload["call"])


def _cancel(world: desk_world.World, session: Session, payload: Mapping[str, Any]) -> None:
    run = world.runtime.open(session, payload["instance"])
    if run.instance.alive:
        run.end_here(payload["reason"])


def _start(world: desk_world.World, session: Session, payload: Mapping[str, Any]) -> None:
    bureau = world.bureau(session, payload["bureau"])
    world.runtime.start(
        session, process=payload["process"], data=payload["data"], bureau_id=bureau.id, pack=bureau.pack
    )


def _send(world: desk_world.World, session: Session, payload: Mapping[str, Any]) -> None:
    message.deliver(world.runtime, session, payload["case"], payload["message"], payload["data"])


def _advance(world: desk_world.World, session: Session, payload: Mapping[str, Any]) -> None:
    run = world.runtime.open(session, payload["instance"])
    if run.instance.alive:
        run.advance()


def _reassign(world: desk_world.World, session: Session, payload: Mapping[str, Any]) -> None:
    """Open steps of a case go to those who are now responsible; what somebody had taken goes back first."""
    items = session.scalars(
        select(WorkItem).where(WorkItem.case_id == payload["case"], WorkItem.state == "open")
    ).all()
    done: set[tuple[int, str]] = set()
    for item in items:
        if (item.instance_id, item.task) in done:
            continue
        done.add((item.instance_id, item.task))
        run = world.runtime.open(session, item.instance_id)
        sign.people_changed(run, item.task)


HANDLERS: Mapping[str, Handler] = {
    "timer": _timer,
    "children": _children,
    "cancel": _cancel,
    "start": _start,
    "send": _send,
    "advance": _advance,
    "reassign": _reassign,
    bulk.JOB: bulk.run_row,
    season.JOB: season.open_plan,
    swapped.JOB: swapped.told,
}


TOGETHER = frozenset({"timer", "cancel"})  # quick, and thousands may be due in the same minute
GROUP = 20  # of them in one transaction: a person who waits for its locks does not notice
LEASED = 100  # jobs that a worker takes at a time
PAUSE = 0.5  # seconds between two looks whether the database is back


def run_due(world: desk_world.World, *, limit: int = 20, stop: threading.Event | None = None) -> int:
    """Lease due jobs and run them in order, quick ones together; returns how many were leased.

    Where the database server goes away meanwhile, a worker (who has a `stop`) waits for it and hands the leases back.
    """
    with world.database.transaction() as session:
        jobs = list(job.claim(session, limit=limit))
    try:
        _run_all(world, jobs)
    except DBAPIError as fault:
        if stop is None or not unreachable(fault):
            raise
        log.warning("the database went away", jobs=len(jobs), error=str(fault))
        _give_back(world, jobs, stop)
    return len(jobs)


def _run_all(world: desk_world.World, leased: Sequence[Job]) -> None:
    for quick, some in groupby(leased, key=lambda each: each.kind in TOGETHER):
        alike = list(some)
        for begin in range(0, len(alike), GROUP if quick else 1):
            run_group(world, alike[begin : begin + GROUP if quick else begin + 1])


def _give_back(world: desk_world.World, leased: Sequence[Job], stop: threading.Event) -> None:
    """As soon as the database answers again, what was not done may be taken: nobody waits for the leases to end."""
    while not stop.wait(PAUSE):
        try:
            with world.database.transaction() as session:
                job.give_back(session, *leased)
        except DBAPIError as fault:
            if not unreachable(fault):
                raise
        else:
            return


def run_group(world: desk_world.World, leased: Sequence[Job]) -> None:
    """Run leased jobs in one transaction; one that fails runs again alone, the others once more together."""
    together, alone = list(leased), list[Job]()
    for _attempt in range(2):
        blamed = _together(world, together) if len(together) > 1 else together
        alone += blamed
        together = [each for each in together if each not in blamed] if blamed else []
    for each in (*alone, *together):
        run_one(world, each)


def _together(world: desk_world.World, leased: Sequence[Job]) -> list[Job]:
    """Whom to blame for what went wrong in a common transaction: nobody, one job, or all where none stands out.

    Whatever it was, nothing has happened: the others go on, and the blamed are run again.
    """
    blamed: list[Job] = []

    def work(session: Session) -> None:
        world.runtime.read_ahead(session, [each.payload["instance"] for each in leased])
        with gathered(session):
            for each in leased:
                blamed[:] = [each]
                HANDLERS[each.kind](world, session, each.payload)
            blamed.clear()
        job.finish(session, *leased)

    try:
        world.database.run(work)
    except Exception as fault:
        if unreachable(fault):  # nobody's fault, and nobody's attempt
            raise
        log.warning(
            "jobs lost their common transaction",
            jobs=len(leased),
            blamed=[each.key for each in blamed],
            error=str(fault),
            exc_info=True,
        )
        return blamed or list(leased)
    return []


def _carry_out(world: desk_world.World, session: Session, leased: Job) -> None:
    """The effect of a job and the mark that it is done."""
    handler = HANDLERS.get(leased.kind)
    if handler is None:
        raise CaseworkError(Sentence("没有处理“{kind}”任务的办法。", kind=leased.kind))
    handler(world, session, leased.payload)
    job.finish(session, leased)


def run_one(world: desk_world.World, leased: Job) -> None:
    """Run one leased job; a failure is written to it, after the last attempt the instance is an incident.

    Those leased with it may have been slow: what is another worker's by now is not sent outside twice.
    """
    if job.is_stale(leased) and not world.database.run(lambda session: job.hold(session, leased)):
        return
    try:
        errand = operation.errands().get(leased.kind)
        if errand is not None:
            errand(leased.payload, database=world.database, settings=world.settings)
            world.database.run(lambda session: job.finish(session, leased))
        else:
            world.database.run(lambda session: _carry_out(world, session, leased))
    except Exception as fault:
        if unreachable(fault):
            raise
        log.warning("job failed", job=leased.key, attempt=leased.attempts, error=str(fault), exc_info=True)
        error = fault
    else:
        return
    # Whoever moves the instance meanwhile must not keep the failure from being written: run again after a lost race.
    world.database.run(lambda session: _failed(session, leased, error))


def _failed(session: Session, leased: Job, fault: Exception) -> None:
    """What went wrong stands with the job; after its last attempt, on the board."""
    if not job.fail(session, leased, f"{type(fault).__name__}: {fault}") or leased.instance_id is None:
        return
    instance = session.get(Instance, leased.instance_id)
    if instance is not None and leased.kind in HANDLERS:
        instance.state = "incident" if instance.state == "running" else instance.state
        history.note(
            session,
            instance,
            "incident",
            step=leased.kind,
            detail={"error": str(fault), "job": leased.id},
        )


def sweep(world: desk_world.World, stop: threading.Event | None = None) -> None:
    """Run what is due until nothing is, or until told to stop: a tick of the worker."""
    while not (stop and stop.is_set()) and run_due(world, limit=LEASED, stop=stop):
        continue


def drain(world: desk_world.World, *, most: int = 100_000) -> int:
    """Run until nothing is due (tests, demo, `casework worker --once`); returns how many jobs ran."""
    total = 0
    while total < most:
        done = run_due(world, limit=50)
        if not done:
            return total
        total += done
    raise CaseworkError(Sentence("任务队列在 {most} 个任务后仍未清空。", most=most))


def seal_log(world: desk_world.World) -> None:
    """Give every log entry its place in the chain, then sign the head and send it outside."""
    with world.database.transaction() as session:
        audit.seal_all(session)
    with world.database.reading() as session:
        anchor(session, anchors(world.settings))
