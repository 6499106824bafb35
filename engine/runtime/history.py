"""The timeline of a case: what happened, in order, by whom, by which article."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from engine import clock
from engine.people import Person
from engine.runtime.model import Element
from engine.runtime.tables import History, Instance
from engine.storage.base import append


def note(
    session: Session,
    instance: Instance,
    kind: str,
    *,
    element: Element | None = None,
    step: str = "",
    actor: Person | None = None,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Write one line of the timeline."""
    append(
        session,
        History,
        instance_id=instance.id,
        case_id=instance.case_id,
        at=clock.now(),
        kind=kind,
        element=element.id if element else "",
        step=step or (element.name if element else ""),
        person_id=actor.id if actor else None,
        clause=element.property("clause") if element else "",
        detail=dict(detail or {}),
    )
