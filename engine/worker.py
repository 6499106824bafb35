"""The background process. APScheduler is its metronome; what is due stands in `job` rows (`desk/jobs.py`)."""

from __future__ import annotations

import logging
import threading

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from engine.desk import attachment, jobs, season
from engine.desk.notice.watch import watch
from engine.desk.world import World

TICK_SECONDS = 1
SEAL_SECONDS = 300
WATCH_SECONDS = 60
SEASON_SECONDS = 3600
TIDY_SECONDS = 24 * 3600


def serve(world: World, *, stop: threading.Event | None = None) -> None:
    """Run as a process until told to stop."""
    ending = stop or threading.Event()
    # While a long sweep runs the next ticks are left out or late: as meant, and nothing for the operator's screen.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    scheduler = BackgroundScheduler(executors={"default": ThreadPoolExecutor(2)}, timezone="UTC")
    scheduler.add_job(
        jobs.sweep, "interval", args=[world, ending], seconds=TICK_SECONDS, coalesce=True, max_instances=1
    )
    scheduler.add_job(
        jobs.seal_log, "interval", args=[world], seconds=SEAL_SECONDS, coalesce=True, max_instances=1
    )
    scheduler.add_job(watch, "interval", args=[world], seconds=WATCH_SECONDS, coalesce=True, max_instances=1)
    scheduler.add_job(
        season.open_due, "interval", args=[world], seconds=SEASON_SECONDS, coalesce=True, max_instances=1
    )
    scheduler.add_job(
        attachment.tidy, "interval", args=[world], seconds=TIDY_SECONDS, coalesce=True, max_instances=1
    )
    scheduler.start()
    try:
        ending.wait()
    finally:
        scheduler.shutdown(wait=True)
