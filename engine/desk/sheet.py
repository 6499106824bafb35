"""One step as its person sees it: the released form, what the domain shows, the draft, what came before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import operation
from engine.desk.lamp import Cell, Days, Lamp, band
from engine.errors import CaseworkError
from engine.people import Person
from engine.rules.plain import plain
from engine.runtime import release
from engine.runtime.tables import Draft, History, Instance, Submission, WorkItem

OPINIONS = 4


@dataclass(frozen=True, slots=True)
class Opinion:
    """What somebody said in an earlier step of the case."""

    who: str
    step: str
    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """Everything the page of a step shows. `source` is the form-js JSON of the case's own release.

    `shown`: what the domain shows beside the fields, `{facts, options, defaults, rows}`.
    """

    item: WorkItem
    instance: Instance
    pack: str
    source: bytes
    path: str
    shown: Mapping[str, Any]
    data: Mapping[str, Any]
    draft: Mapping[str, Any]
    draft_at: datetime | None
    lamp: Lamp
    why: Mapping[str, Any]
    days: Sequence[Cell]
    holder: Person | None
    done_by: Person | None
    opinions: Sequence[Opinion]
    answers: Mapping[str, Any]


class _Looking:
    """A machine for who only looks: decisions may be asked, nothing may be set going."""

    def __init__(self, compiled: release.Compiled) -> None:
        self._compiled = compiled

    def decide(self, decision: str, facts: Mapping[str, Any]) -> Any:
        """Evaluate a decision of the case's release, without keeping the explanation."""
        return plain(self._compiled.decide(decision, facts).usable())

    def start(self, process: str, data: Mapping[str, Any], *, bureau_id: int, key: str) -> None:
        """Refused here."""
        del data, bureau_id, key
        _only_looking(process)

    def send(
        self, message: str, *, case_id: int, data: Mapping[str, Any] | None = None, key: str = ""
    ) -> None:
        """Refused here."""
        del case_id, data, key
        _only_looking(message)

    def cancel(self, instance_id: int, reason: str) -> None:
        """Refused here."""
        del reason
        _only_looking(str(instance_id))

    def enqueue(
        self, kind: str, payload: Mapping[str, Any], *, key: str, due_at: datetime | None = None
    ) -> None:
        """Refused here."""
        del payload, key, due_at
        _only_looking(kind)

    def reassign(self, case_id: int) -> None:
        """Refused here."""
        _only_looking(str(case_id))


def _only_looking(what: str) -> NoReturn:
    raise CaseworkError(f"填写表单之前不能办理「{what}」。")


def sheet(session: Session, person: Person, item: WorkItem) -> Sheet:
    """The page of a step. The caller has checked that the person may see the item (`inbox.item`)."""
    compiled = release.load(session, item.release_id)
    instance = session.get_one(Instance, item.instance_id)
    step = operation.Step(
        session=session,
        machine=_Looking(compiled),
        bureau_id=item.bureau_id,
        pack=compiled.pack,
        release_id=item.release_id,
        instance_id=item.instance_id,
        case_id=item.case_id,
        process=item.process,
        element=item.element,
        name=item.step,
        clause=item.clause,
        actor=person,
        data=dict(instance.data or {}),
        work_item_id=item.id,
        due_at=item.due_at,
    )
    shown = operation.shown_on(item.form, step) if item.form and item.state == "open" else {}
    draft = session.scalar(select(Draft).where(Draft.work_item_id == item.id, Draft.person_id == person.id))
    answered = select(Submission).where(Submission.work_item_id == item.id).order_by(Submission.id.desc())
    sent = None if item.state == "open" else session.scalar(answered.limit(1))
    return Sheet(
        item=item,
        instance=instance,
        pack=compiled.pack,
        source=compiled.forms.get(item.form, b'{"components": []}'),
        path=f"{item.form}.form",
        shown=shown,
        data=step.data,
        draft=dict(draft.answers) if draft else {},
        draft_at=draft.at if draft else None,
        lamp=Days(session).lamp(item.due_at) if item.state == "open" else Lamp("done", "已办"),
        why=item.due_why or {},
        days=band(session, item.due_why or {}, item.due_at),
        holder=session.get(Person, item.claimed_by_id) if item.claimed_by_id else None,
        done_by=session.get(Person, item.done_by_id) if item.done_by_id else None,
        opinions=opinions(session, item.case_id),
        answers=dict(sent.answers) if sent else {},
    )


def opinions(session: Session, case_id: int, limit: int = OPINIONS) -> list[Opinion]:
    """What people wrote in the last human steps of a case, latest first."""
    query = (
        select(History, Person.name)
        .join(Person, Person.id == History.person_id)
        .where(History.case_id == case_id, History.kind == "human")
        .order_by(History.id.desc())
        .limit(limit)
    )
    found = []
    for row, name in session.execute(query):
        answers = (row.detail or {}).get("answers", {})
        text = next((answers[key] for key in ("reason", "opinion", "note") if answers.get(key)), "")
        found.append(Opinion(name, row.step, row.at, str(text)))
    return found
