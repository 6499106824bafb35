"""Whether the installation can work, and the numbers a watcher wants."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Mapped, Session

from engine import audit, clock
from engine.runtime.tables import Instance, Job, WorkItem
from engine.storage.base import Base, pk


class Mark(Base):
    """One row that is written to prove that writing works."""

    __tablename__ = "health_mark"

    id: Mapped[pk]
    at: Mapped[datetime]


def write_mark(session: Session) -> None:
    """Write and read back; raises what the database raises."""
    mark = session.get(Mark, 1)
    if mark is None:
        session.add(Mark(id=1, at=clock.now()))
    else:
        mark.at = clock.now()
    session.flush()


def numbers(session: Session) -> dict[str, tuple[str, float]]:
    """Name → (meaning, value)."""

    def count(query: object) -> float:
        return float(session.scalar(query) or 0)  # type: ignore[call-overload]

    jobs = select(func.count()).select_from(Job)
    open_items = select(func.count()).select_from(WorkItem).where(WorkItem.state == "open")
    oldest = session.scalar(select(func.min(Job.due_at)).where(Job.state == "waiting"))
    lag = max(0.0, (clock.now() - oldest).total_seconds()) if oldest else 0.0
    return {
        "work_items_open": ("open human steps", count(open_items)),
        "work_items_late": (
            "open human steps past their due instant",
            count(open_items.where(WorkItem.due_at < clock.now())),
        ),
        "instances_running": (
            "running process instances",
            count(select(func.count()).select_from(Instance).where(Instance.state == "running")),
        ),
        "instances_incident": (
            "instances that stopped with an incident",
            count(select(func.count()).select_from(Instance).where(Instance.state == "incident")),
        ),
        "jobs_waiting": ("jobs waiting", count(jobs.where(Job.state == "waiting"))),
        "jobs_failed": ("jobs that gave up", count(jobs.where(Job.state == "failed"))),
        "jobs_lag_seconds": ("age of the oldest job that is due", lag),
        "audit_unsealed": ("log entries not yet in the chain", float(audit.unsealed(session))),
    }
