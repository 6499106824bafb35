"""What each regulation refuses, tried on a living bureau: one table refusal × pack × outcome.

Outcomes: `refused` · `reason needed` (原则上: a reason and an approver lift it) · `finding` (shown, nothing
is stopped) · `not applicable` (the pack has no such rule). Each try calls the check that the step calls;
nothing is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import NoReturn

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import clock
from engine.desk.release import in_force
from engine.domain import calendar
from engine.domain.ceremony import refuse_repeat, refuse_witness
from engine.domain.ceremony.duty import refuse_unreasoned
from engine.domain.ceremony.tables import Draw
from engine.domain.eligibility import Eligibility
from engine.domain.feedback import refuse_before_feedback, refuse_unsettled
from engine.domain.followup import open_followup, refuse_open
from engine.domain.inspection.licence import refuse_few
from engine.domain.inspection.tables import Inspection
from engine.domain.inspection.team import team
from engine.domain.plan.approval import refuse_author
from engine.domain.plan.tables import Plan
from engine.domain.publication.duty import refuse_other_unit
from engine.domain.registry import Inspector, RegistryObject
from engine.domain.terms import cite
from engine.errors import CaseworkError, Refused
from engine.operation import Rules
from engine.people import Bureau, Person
from engine.sentence import Sentence

REFUSED, REASON, FINDING, NONE = "refused", "reason needed", "finding", "not applicable"

TABLE: Mapping[str, Mapping[str, str]] = {
    "self-approval": {"jilin": REFUSED, "wugang": REFUSED},
    "too-few-licensed": {"jilin": REFUSED, "wugang": REFUSED},
    "cap-reached": {"jilin": REASON, "wugang": REASON},
    "superior-drawn": {"jilin": REFUSED, "wugang": REFUSED},
    "witness-in-pool": {"jilin": REFUSED, "wugang": NONE},
    "missing-consensus": {"jilin": REFUSED, "wugang": NONE},
    "publication-before-feedback": {"jilin": REFUSED, "wugang": REFUSED},
    "archive-open-followup": {"jilin": REFUSED, "wugang": REFUSED},
    "publisher-not-inspecting-unit": {"jilin": REFUSED, "wugang": REFUSED},
    "deadline-over-spring-festival": {"jilin": NONE, "wugang": FINDING},
}


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a try: the slug of the table, the article that speaks, the outcome, the sentence for the person."""

    slug: str
    clause: str
    outcome: str
    sentence: str

    def as_json(self) -> dict[str, str]:
        """`{slug, clause, outcome, sentence}`."""
        return {"slug": self.slug, "clause": self.clause, "outcome": self.outcome, "sentence": self.sentence}


def _plan(session: Session, bureau: Bureau) -> Plan:
    return session.scalars(
        select(Plan).where(Plan.bureau_id == bureau.id).order_by(Plan.id)
    ).first() or _missing("抽查计划")


def _inspection(session: Session, bureau: Bureau) -> Inspection:
    query = select(Inspection).where(Inspection.bureau_id == bureau.id).order_by(Inspection.id)
    return session.scalars(query).first() or _missing("检查")


def _missing(what: str) -> NoReturn:
    raise CaseworkError(Sentence("这个机构还没有{what}，无从试验。", what=what), hint="请先走完一个年度。")


def _self_approval(session: Session, bureau: Bureau) -> None:
    plan = _plan(session, bureau)
    refuse_author(plan, session.get_one(Person, plan.author_id), bureau.pack)


def _licensed(session: Session, bureau: Bureau) -> None:
    """A real team in which only one certificate still holds."""
    members = team(session, _inspection(session, bureau).id)
    with session.no_autoflush:
        for member in members[1:]:
            member.licensed = False
        try:
            refuse_few(members, _rules(session, bureau))
        finally:
            for member in members:
                session.expire(member)


def _rules(session: Session, bureau: Bureau) -> Rules:
    return in_force(session, bureau.pack)


def _cap(session: Session, bureau: Bureau) -> None:
    """A real object that was visited as often as the pack allows, asked for again without a reason."""
    cap = int(_rules(session, bureau)["cap.per_year"].value)
    thing = _eligible(session, bureau)
    excluded = Eligibility(_rules(session, bureau)).reason(
        thing, on=clock.today(), visits=cap, by_superior=False
    )
    if excluded:
        refuse_repeat(excluded, thing.name, _rules(session, bureau))
        refuse_unreasoned("", thing.name, _rules(session, bureau))


def _superior(session: Session, bureau: Bureau) -> None:
    """A real object that a superior drew this year, asked for again with the best of reasons."""
    thing = _eligible(session, bureau)
    excluded = Eligibility(_rules(session, bureau)).reason(
        thing, on=clock.today(), visits=0, by_superior=True
    )
    if excluded:
        refuse_repeat(excluded, thing.name, _rules(session, bureau))


def _eligible(session: Session, bureau: Bureau) -> RegistryObject:
    """The first object of the registry that may be drawn and is on no list."""
    rule = Eligibility(_rules(session, bureau))
    query = select(RegistryObject).where(RegistryObject.bureau_id == bureau.id).order_by(RegistryObject.id)
    for thing in session.scalars(query.limit(200)):
        listed = rule.listed(thing, clock.today())
        if not listed and not rule.reason(thing, on=clock.today(), visits=0, by_superior=False):
            return thing
    return _missing("可以抽取的检查对象")


def _witness(session: Session, bureau: Bureau) -> None:
    if _rules(session, bureau)["draw.engine"].value != "native":
        return
    query = select(Person).join(Inspector, Inspector.person_id == Person.id)
    query = query.where(
        Inspector.bureau_id == bureau.id, Inspector.state == "active", Person.bureau_id == bureau.id
    )
    inspector = session.scalars(query.order_by(Person.id)).first() or _missing("执法检查人员")
    draw = session.scalars(
        select(Draw).where(Draw.bureau_id == bureau.id).order_by(Draw.id)
    ).first() or _missing("抽取")
    refuse_witness(session, draw, inspector, _rules(session, bureau))


def _consensus(session: Session, bureau: Bureau) -> None:
    if _rules(session, bureau)["consensus"].value == "required":
        refuse_unsettled(session, _undiscussed(session, bureau).id, _rules(session, bureau))


def _feedback(session: Session, bureau: Bureau) -> None:
    refuse_before_feedback(session, _undiscussed(session, bureau), _rules(session, bureau))


def _undiscussed(session: Session, bureau: Bureau) -> Inspection:
    """An inspection that has only begun: a copy of a real one without anything that happened later."""
    real = _inspection(session, bureau)
    begun = Inspection(
        id=-real.id, bureau_id=real.bureau_id, local_bureau_id=real.local_bureau_id, object_id=real.object_id
    )
    begun.case_no = real.case_no
    return begun


def _followup(session: Session, bureau: Bureau) -> None:
    inspection = _inspection(session, bureau)
    open_followup(session, inspection, "correction", "退还多收费用", date(2026, 12, 31))
    refuse_open(session, inspection, _rules(session, bureau))


def _other_unit(session: Session, bureau: Bureau) -> None:
    stranger = Person(name="外单位人员", bureau_id=-1, staff_no="-", login="-")
    refuse_other_unit(_inspection(session, bureau), stranger, _rules(session, bureau))


def _festival(session: Session, bureau: Bureau) -> None:
    """The five working days of the report over the Spring Festival of 2026 (依据: W14)."""
    if not _rules(session, bureau)["report.deadline"].value:
        return
    due = calendar.due(session, bureau.pack, "report.submit", date(2026, 2, 12))
    raise Refused(str(due.why.get("text", due.day)), clause=cite("W14", bureau.pack), slug="finding")


TRIES: Mapping[str, Callable[[Session, Bureau], None]] = {
    "self-approval": _self_approval,
    "too-few-licensed": _licensed,
    "cap-reached": _cap,
    "superior-drawn": _superior,
    "witness-in-pool": _witness,
    "missing-consensus": _consensus,
    "publication-before-feedback": _feedback,
    "archive-open-followup": _followup,
    "publisher-not-inspecting-unit": _other_unit,
    "deadline-over-spring-festival": _festival,
}


def attempt(session: Session, bureau: Bureau, slug: str) -> Tried:
    """Try one row of the table on a bureau that has lived through a year."""
    try:
        TRIES[slug](session, bureau)
    except Refused as refusal:
        words = {"reason-needed": REASON, "finding": FINDING}
        return Tried(slug, refusal.clause, words.get(refusal.slug, REFUSED), refusal.reason + refusal.hint)
    return Tried(slug, "", NONE, "本规则包没有这条规定。")


def attempt_all(session: Session, bureau: Bureau) -> list[Tried]:
    """Every row of the table."""
    return [attempt(session, bureau, slug) for slug in TABLE]
