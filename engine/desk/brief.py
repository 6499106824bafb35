"""决定前的简报: what is asked, by whom, why, by which rule, what happens either way, what came before, what is unusual.

Made for every form that asks for a decision, from the diagram, the log and what the domain shows beside the form
(`facts`, `history`, `unusual` of its prefill). 依据: 国办发〔2018〕118号 (重大事项审核); 吉 第十三条.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine import clock
from engine.desk import step
from engine.desk.case import extra
from engine.desk.case.listing import visible
from engine.desk.interest import refuse_interested, things_of
from engine.desk.pool import finds
from engine.desk.proxy import stands_in
from engine.desk.sheet import Sheet
from engine.desk.urge import urged
from engine.domain import terms
from engine.domain.inspection.tables import Inspection
from engine.domain.pack.breach import PrincipleBreak
from engine.errors import Refused
from engine.people import Person
from engine.runtime import release, work_item
from engine.runtime.ahead import Ahead, ahead
from engine.runtime.tables import ExtraTask, Instance, Submission, WorkItem
from engine.sentence import Sentence

YEAR = timedelta(days=365)
FEW = 5
HUMANS = 3  # human steps told of each way
LOOKED = 200
DECISION = "decision"


@dataclass(frozen=True, slots=True)
class Fate:
    """What happens after one possible answer."""

    value: str
    label: str
    steps: Sequence[Ahead]


@dataclass(frozen=True, slots=True)
class Check:
    """Whether the reader may decide: one rule and how it stands."""

    text: str
    ok: bool
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Before:
    """An earlier case of the same object."""

    case_id: int
    case_no: str
    year: int
    state: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Brief:
    """Everything beside the decision itself."""

    by: str
    at: datetime | None
    words: str
    facts: Sequence[tuple[str, str]]
    fates: Sequence[Fate]
    checks: Sequence[Check]
    history: Sequence[tuple[str, str]]
    object_cases: Sequence[Before]
    unusual: Sequence[str]
    questions: Sequence[ExtraTask]
    may_ask: bool


def brief(session: Session, actor: Person, sheet: Sheet) -> Brief | None:
    """The brief of a step whose form asks for a decision; None for other steps and for steps that are done."""
    item = sheet.item
    choices = decisions(sheet.source)
    if item.state != "open" or not choices:
        return None
    asker = extra.proposer(session, item)
    at, words = _said(session, item, asker)
    questions = [row for row in extra.of_case(session, item.case_id) if row.item_id == item.id]
    return Brief(
        by=asker.name if asker else "",
        at=at,
        words=words,
        facts=[
            (label, value if isinstance(value, str) else str(value))
            for label, value in sheet.shown.get("facts", [])
        ],
        fates=_fates(session, sheet, choices),
        checks=_checks(session, actor, sheet),
        history=[*sheet.shown.get("history", []), *_alike(session, item, asker)],
        object_cases=_object_cases(session, actor, sheet.instance),
        unusual=[*sheet.shown.get("unusual", []), *_unusual(session, item)],
        questions=questions,
        may_ask=asker is not None and asker.id != actor.id and not any(row.open for row in questions),
    )


def decisions(source: bytes) -> list[tuple[str, str]]:
    """(value, label) of the choices of a form's field `decision`; empty for a form without one."""
    for component in orjson.loads(source).get("components", []):
        if component.get("key") == DECISION:
            return [(str(each["value"]), str(each["label"])) for each in component.get("values", [])]
    return []


def _said(session: Session, item: WorkItem, asker: Person | None) -> tuple[datetime | None, str]:
    if asker is None:
        return None, ""
    query = (
        select(Submission)
        .join(WorkItem, WorkItem.id == Submission.work_item_id)
        .where(WorkItem.instance_id == item.instance_id, Submission.person_id == asker.id)
        .order_by(Submission.id.desc())
    )
    sent = session.scalar(query.limit(1))
    if sent is None:
        return session.get_one(Instance, item.instance_id).started_at, ""
    return sent.at, next(
        (str(sent.answers[k]) for k in ("detail", "reason", "note") if sent.answers.get(k)), ""
    )


def _fates(session: Session, sheet: Sheet, choices: Sequence[tuple[str, str]]) -> list[Fate]:
    item = sheet.item
    process = release.load(session, item.release_id).processes[sheet.instance.process]
    sign = process.elements[item.element].property("sign")
    total = 0
    if sign:
        query = select(func.count()).where(
            WorkItem.instance_id == item.instance_id,
            WorkItem.task == item.task,
            WorkItem.state != "cancelled",
        )
        total = session.scalar(query) or 0
    found = []
    for value, label in choices:
        agree = total if value in ("agree", "approve") else 0
        votes = {f"{item.element}_votes": {"total": total, "done": total, "agree": agree}} if sign else {}
        data = {**sheet.data, **votes, DECISION: value}
        found.append(Fate(value, label, ahead(process, item.element, data, humans=HUMANS)))
    return found


def _checks(session: Session, actor: Person, sheet: Sheet) -> list[Check]:
    """The duties of the step, each as it stands for this reader."""
    item = sheet.item
    compiled = release.load(session, item.release_id)
    excluded = compiled.processes[sheet.instance.process].elements[item.element].property("excludes").split()
    names = {e.id: e.name for p in compiled.processes.values() for e in p.elements.values()}
    principal = None if finds(session, actor, item) else stands_in(session, actor, item)
    found = []
    if excluded:
        did = work_item.performers(session, item.case_id)
        mine = [names.get(key, key) for key in excluded if actor.id in did.get(key, ())]
        words = "、".join(names.get(key, key) for key in excluded)
        found.append(Check("你没有办理过本案的提出环节", not mine, "、".join(mine) or words))
    if things_of(session, item):
        try:
            refuse_interested(session, compiled.pack, actor, item)
        except Refused as no:
            found.append(Check("你与检查对象没有利害关系", ok=False, hint=no.reason))
        else:
            found.append(Check("你与检查对象没有利害关系", ok=True, hint="按名录库和申报记录核对"))
    if principal is not None:
        try:
            step.refuse_excluded(session, actor, item, principal)
        except Refused as no:
            found.append(
                Check(Sentence("你代{principal}办理", principal=principal.name), ok=False, hint=no.reason)
            )
        else:
            found.append(
                Check(
                    Sentence("你代{principal}办理", principal=principal.name),
                    ok=True,
                    hint="双方都符合回避和职责分离",
                )
            )
    return found


def _alike(session: Session, item: WorkItem, asker: Person | None) -> list[tuple[str, str]]:
    """How the same step went within a year: in the bureau, and for what this person had asked."""
    query = (
        select(Submission.answers, Submission.case_id)
        .join(WorkItem, WorkItem.id == Submission.work_item_id)
        .where(
            WorkItem.bureau_id == item.bureau_id,
            WorkItem.process == item.process,
            WorkItem.element == item.element,
            Submission.at >= clock.now() - YEAR,
        )
        .order_by(Submission.id.desc())
        .limit(LOOKED)
    )
    rows = session.execute(query).all()
    if not rows:
        return [("同类事项", "本机构一年内第一次")]
    back = sum(answers.get(DECISION) in ("return", "reject", "disagree") for answers, _ in rows)
    more = "以上" if len(rows) == LOOKED else ""
    found: list[tuple[str, str]] = [
        (
            "同类事项",
            Sentence(
                "本机构一年内 {count}{more} 件，未同意 {back} 件", count=len(rows), more=more, back=back
            ),
        )
    ]
    if asker is not None:
        asked = select(WorkItem.case_id).where(
            WorkItem.case_id.in_({case for _, case in rows}),
            WorkItem.process == item.process,
            WorkItem.done_by_id == asker.id,
            WorkItem.element != item.element,
        )
        cases = set(session.scalars(asked))
        if cases:
            no = sum(
                case in cases and answers.get(DECISION) in ("return", "reject", "disagree")
                for answers, case in rows
            )
            found.append(
                (
                    Sentence("{asker}提出的", asker=asker.name),
                    Sentence("{count} 案，未同意 {no} 件", count=len(cases), no=no),
                )
            )
    return found


def _object_cases(session: Session, actor: Person, instance: Instance) -> list[Before]:
    """Earlier inspections of the same object that the reader may open, latest first."""
    number = (instance.data or {}).get("inspection_id")
    row = session.get(Inspection, int(number)) if number is not None else None
    if row is None:
        return []
    same = select(Inspection.case_id).where(
        Inspection.object_id == row.object_id, Inspection.id != row.id, Inspection.case_id.is_not(None)
    )
    query = visible(session, actor).where(Instance.id.in_(same)).order_by(Instance.id.desc()).limit(FEW)
    return [
        Before(
            case.id,
            case.case_no,
            clock.local(case.started_at).year,
            terms.state_label(case.state),
            case.outcome,
        )
        for case in session.scalars(query)
    ]


def _unusual(session: Session, item: WorkItem) -> list[str]:
    """What a leader should look at twice, whatever the matter."""
    found: list[str] = []
    earlier = session.scalar(
        select(func.count()).where(
            WorkItem.instance_id == item.instance_id,
            WorkItem.element == item.element,
            WorkItem.state == "done",
            WorkItem.task != item.task,
        )
    )
    if earlier:
        found.append(Sentence("这件事已经审批过 {earlier} 次，现在是再次提交。", earlier=earlier))
    if item.due_at is not None and item.due_at < clock.now():
        found.append("这一步已经超期。")
    pressed = urged(session, item)
    if pressed:
        found.append(Sentence("已被催办 {count} 次，最近是{who}。", count=len(pressed), who=pressed[0].who))
    breaks = session.scalars(select(PrincipleBreak).where(PrincipleBreak.case_id == item.case_id)).all()
    found += [
        Sentence("本案已有一项“原则上”的例外：{subject}，{reason}", subject=each.subject, reason=each.reason)
        for each in breaks[:FEW]
    ]
    return found


def as_json(found: Brief) -> Mapping[str, Any]:
    """The brief for programs."""
    return {
        "by": found.by,
        "at": found.at,
        "words": found.words,
        "facts": [list(each) for each in found.facts],
        "fates": [
            {"value": fate.value, "label": fate.label, "steps": [each.name for each in fate.steps]}
            for fate in found.fates
        ],
        "checks": [{"text": each.text, "ok": each.ok, "hint": each.hint} for each in found.checks],
        "history": [list(each) for each in found.history],
        "object_cases": [
            {
                "case": each.case_id,
                "case_no": each.case_no,
                "year": each.year,
                "state": each.state,
                "outcome": each.outcome,
            }
            for each in found.object_cases
        ],
        "unusual": list(found.unusual),
        "questions": [
            {
                "asked": row.asked,
                "person": row.person.name,
                "asked_at": row.asked_at,
                "open": row.open,
                "result": row.result,
                "done_at": row.done_at,
            }
            for row in found.questions
        ],
    }
