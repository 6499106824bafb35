"""The timeline of a case: what happened, in order, by whom, by which article."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import clock
from engine.people import Person
from engine.runtime.model import Element
from engine.runtime.tables import History, Instance
from engine.storage.base import append
from engine.storage.files import StoredFile


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


def handed_in(session: Session, case_id: int) -> list[tuple[str, str]]:
    """Files of the case that people named in their answers: (file id, step), oldest first, each once."""
    known = set(session.scalars(select(StoredFile.id).where(StoredFile.case_id == case_id)))
    if not known:
        return []
    query = select(History.step, History.detail).where(History.case_id == case_id, History.kind == "human")
    found: dict[str, str] = {}
    for step, detail in session.execute(query.order_by(History.id)):
        for word in _words(detail.get("answers")):
            if word in known:
                found.setdefault(word, step)
    return list(found.items())


def _words(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _words(each)
    elif isinstance(value, list):
        for each in value:
            yield from _words(each)
