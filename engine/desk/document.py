"""Documents of a case or a draw: which can be printed now, and the PDF of one, by the templates of its release."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.desk import case
from engine.domain.ceremony.tables import Draw
from engine.domain.document import TEMPLATES, produce
from engine.domain.document.draw_facts import draw_documents
from engine.domain.document.facts import inspection
from engine.domain.document.outcome_facts import outcome_documents
from engine.domain.document.plan_facts import handover_documents, ledger_document, plan_documents
from engine.domain.handover import Handover
from engine.domain.inspection.tables import Inspection
from engine.domain.plan.tables import Plan
from engine.errors import NotFound
from engine.people import Bureau, Person
from engine.runtime import release
from engine.runtime.tables import Instance
from engine.sentence import Sentence


def printable(session: Session, person: Person, case_id: int) -> list[tuple[str, str]]:
    """(name, title) of each document that the facts of this case fill and its release holds."""
    instance = case.find(session, person, case_id)
    held = release.load(session, instance.release_id).documents
    facts = _facts(session, instance, "", held=held)
    return [
        (name, TEMPLATES[name].title) for name in TEMPLATES if name in facts and TEMPLATES[name].file in held
    ]


def pdf(
    session: Session,
    person: Person,
    case_id: int,
    name: str,
    *,
    verify_url: str = "",
    verifiers: Sequence[tuple[str, str]] = (),
) -> bytes:
    """One document as PDF/A; NotFound for a case out of this person's sight or a document it has not got."""
    instance = case.find(session, person, case_id)
    held = release.load(session, instance.release_id).documents
    return _made(_facts(session, instance, verify_url, verifiers, held=held), held, name)


def papers(session: Session, case_id: int) -> Iterator[tuple[str, bytes]]:
    """(title, PDF/A) of each document that the facts of a case fill: beside its sealed file, to be read."""
    instance = session.get_one(Instance, case_id)
    held = release.load(session, instance.release_id).documents
    facts = _facts(session, instance, "", held=held)
    for name, template in TEMPLATES.items():
        if name in facts and template.file in held:
            yield template.title, produce(name, facts[name], held)


def printable_of_draw(session: Session, draw: Draw) -> list[tuple[str, str]]:
    """(name, title) of what a draw can print now: the minutes once it is sealed, the record once it is drawn."""
    held = _release_of(session, draw)
    facts = draw_documents(session, draw) if held else {}
    return [(name, TEMPLATES[name].title) for name in facts if TEMPLATES[name].file in held]


def pdf_of_draw(
    session: Session, draw: Draw, name: str, *, verify_url: str, verifiers: Sequence[tuple[str, str]]
) -> bytes:
    """The minutes or the record of a draw as PDF/A."""
    facts = draw_documents(session, draw, verify_url=verify_url, verifiers=verifiers)
    return _made(facts, _release_of(session, draw), name)


def ledger(session: Session, division: str, year: int) -> bytes:
    """工作台账 of a bureau and year as PDF/A, by the templates of its current release (吉 第二十七条)."""
    bureau = session.scalar(select(Bureau).where(Bureau.division == division))
    if bureau is None:
        raise NotFound(Sentence("没有区划代码为“{division}”的医保局。", division=division))
    held = release.load(session, release.current(session, bureau.pack).id).documents
    return _made({"ledger": ledger_document(session, bureau, year)}, held, "ledger")


def number(session: Session, case_id: int) -> str:
    """What the paper of a case is filed under: its case number (案号), before there is one its own."""
    return session.get_one(Instance, case_id).case_no or str(case_id)


def _release_of(session: Session, draw: Draw) -> Mapping[str, bytes]:
    number = draw.settings.get("release")
    return release.load(session, int(number)).documents if number else {}


def _made(facts: Mapping[str, Mapping[str, Any]], held: Mapping[str, bytes], name: str) -> bytes:
    if name not in facts or TEMPLATES[name].file not in held:
        raise NotFound("现在没有这份文书。", hint="办到相应环节后可以打印。")
    return produce(name, facts[name], held)


def _facts(
    session: Session,
    instance: Instance,
    verify_url: str,
    verifiers: Sequence[tuple[str, str]] = (),
    *,
    held: Mapping[str, bytes],
) -> dict[str, dict[str, Any]]:
    """What the case can print: of its inspection, its plan or its handover, and the minutes of its draw.

    The record of the draw, which names every drawn object, stands with the draw and its plan only. Where the release
    has a record form of its own (舞 第十二条), the general one is not printed beside it.
    """
    data = instance.data or {}
    visit = session.get(Inspection, int(data["inspection_id"])) if data.get("inspection_id") else None
    made = dict(inspection(session, visit.id, verify_url=verify_url)) if visit else {}
    if visit is not None:
        made |= outcome_documents(session, visit.id, verify_url=verify_url)
    if TEMPLATES["record_form"].file in held:
        made.pop("record", None)
    plan = session.get(Plan, int(data["plan_id"])) if data.get("plan_id") and visit is None else None
    if plan is not None:
        made |= plan_documents(session, plan, verify_url=verify_url)
    handed = session.get(Handover, int(data["handover_id"])) if data.get("handover_id") else None
    if handed is not None:
        made |= handover_documents(session, handed, verify_url=verify_url)
    draw = session.get(Draw, str((visit.draw_id if visit else data.get("draw_id")) or ""))
    if draw is not None:
        drawn = draw_documents(session, draw, verify_url=verify_url, verifiers=verifiers)
        made |= {name: each for name, each in drawn.items() if visit is None or name == "roster"}
    return made
