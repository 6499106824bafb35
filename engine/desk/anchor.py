"""When the log's head goes outside: after every draw, decision and publication, and at least every hour.

依据: J12, W9 (全程留痕、责任可追溯); promise P5.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from engine import audit
from engine.audit.anchor import Anchors, anchor
from engine.operation import errand
from engine.runtime import job
from engine.settings import Settings
from engine.storage.session import Database

JOB = "audit.anchor"


def anchors(settings: Settings) -> Anchors:
    """Where this installation keeps its signed heads."""
    return Anchors(settings.anchors_dir, settings.anchor_key_file)


@audit.when_sealed
def wish(session: Session) -> None:
    """A draw, decision or publication was sealed: its head is signed and sent as soon as it is committed."""
    seq = audit.head(session)["seq"]
    job.enqueue(session, JOB, {"seq": seq}, key=f"{JOB}:{seq}")


@errand(JOB)
def send(payload: Mapping[str, Any], *, database: Database, settings: Settings) -> None:  # noqa: ARG001
    """Sign the newest head and write it outside; a head that is already there is not written twice."""
    with database.reading() as session:
        anchor(session, anchors(settings))
