"""The background process. APScheduler is its metronome; what is due stands in `job` rows (`desk/jobs.py`)."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Any

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy.exc import DBAPIError

from engine.desk import attachment, jobs, season
from engine.desk.notice.watch import watch
from engine.desk.world import World
from engine.storage.session import unreachable

log = structlog.get_logger("casework.worker")
TICK_SECONDS = 1
SEAL_SECONDS = 300
WATCH_SECONDS = 60
SEASON_SECONDS = 3600
TIDY_SECONDS = 24 * 3600


def _patiently(work: Callable[..., object], *given: object) -> None:
    """A tick; while the database server is away there is nothing to do, and one line to say so."""
    try:
        work(*given)
    except DBAPIError as fault:
        if not unreachable(fault):
            raise
        log.warning("the database does not answer", work=work.__name__, error=str(fault))


def serve(world: World, *, stop: threading.Event | None = None) -> None:
    """Run as a process until told to stop."""
    ending = stop or threading.Event()
    # While a long sweep runs the next ticks are left out or late: as meant, and nothing for the operator's screen.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    scheduler = BackgroundScheduler(executors={"default": ThreadPoolExecutor(2)}, timezone="UTC")
    rhythm: Sequence[tuple[Callable[..., object], tuple[Any, ...], int]] = (
        (jobs.sweep, (world, ending), TICK_SECONDS),
        (jobs.seal_log, (world,), SEAL_SECONDS),
        (watch, (world,), WATCH_SECONDS),
        (season.open_due, (world,), SEASON_SECONDS),
        (attachment.tidy, (world,), TIDY_SECONDS),
    )
    for work, given, seconds in rhythm:
        scheduler.add_job(
            _patiently, "interval", args=[work, *given], seconds=seconds, coalesce=True, max_instances=1
        )
    scheduler.start()
    try:
        ending.wait()
    finally:
        scheduler.shutdown(wait=True)
