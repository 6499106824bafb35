"""Documents of a case: which can be printed now, and the PDF of one, by the templates of its release."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from engine.desk import case
from engine.domain.document import TEMPLATES, produce
from engine.domain.document.facts import inspection
from engine.errors import NotFound
from engine.people import Person
from engine.runtime import release
from engine.runtime.tables import Instance


def printable(session: Session, person: Person, case_id: int) -> list[tuple[str, str]]:
    """(name, title) of each document that the facts of this case fill and its release holds."""
    instance = case.find(session, person, case_id)
    held = release.load(session, instance.release_id).documents
    facts = _facts(session, instance, "")
    return [
        (name, TEMPLATES[name].title) for name in TEMPLATES if name in facts and TEMPLATES[name].file in held
    ]


def pdf(session: Session, person: Person, case_id: int, name: str, *, verify_url: str = "") -> bytes:
    """One document as PDF/A; NotFound for a case out of this person's sight or a document it has not got."""
    instance = case.find(session, person, case_id)
    held = release.load(session, instance.release_id).documents
    facts = _facts(session, instance, verify_url)
    if name not in facts or TEMPLATES[name].file not in held:
        raise NotFound("本案现在没有这份文书。", hint="办到相应环节后可以打印。")
    return produce(name, facts[name], held)


def _facts(session: Session, instance: Instance, verify_url: str) -> Mapping[str, Mapping[str, Any]]:
    number = (instance.data or {}).get("inspection_id")
    return inspection(session, int(number), verify_url=verify_url) if number is not None else {}
