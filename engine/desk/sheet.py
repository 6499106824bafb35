"""One step as its person sees it: the released form, what the domain shows, the draft, what came before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, NoReturn

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import operation
from engine.desk.lamp import Cell, Days, Lamp, band
from engine.domain import pack as packs
from engine.errors import CaseworkError
from engine.people import Person
from engine.rules.plain import plain
from engine.runtime import history, release
from engine.runtime.tables import Draft, History, Instance, Submission, WorkItem
from engine.sentence import Sentence

OPINIONS = 4


@dataclass(frozen=True, slots=True)
class Opinion:
    """What somebody said in an earlier step of the case."""

    who: str
    step: str
    at: datetime
    text: str


@dataclass(frozen=True)
class Sheet:
    """Everything the page of a step shows. `source` is the form-js JSON of the case's own release.

    `shown`: what the domain shows beside the fields, `{facts, options, defaults, rows, links}`. What only a page
    needs is read when the page asks for it: handing a form in does not.
    """

    session: Session
    person: Person
    item: WorkItem
    instance: Instance
    compiled: release.Compiled
    source: bytes
    path: str
    shown: Mapping[str, Any]
    data: Mapping[str, Any]

    @property
    def pack(self) -> str:
        """The rule pack of the case's release."""
        return self.compiled.pack

    @property
    def rules(self) -> operation.Rules:
        """Its parameters."""
        return packs.frozen(self.compiled.pack, self.compiled.parameters)

    @cached_property
    def _draft(self) -> Draft | None:
        mine = (Draft.work_item_id == self.item.id, Draft.person_id == self.person.id)
        return self.session.scalar(select(Draft).where(*mine))

    @cached_property
    def _before(self) -> tuple[Mapping[str, Any], datetime | None]:
        return ({}, None) if self._draft else _part_before(self.session, self.person, self.item)

    @property
    def draft(self) -> Mapping[str, Any]:
        """What the person has typed and not handed in."""
        return dict(self._draft.answers) if self._draft else self._before[0]

    @property
    def draft_at(self) -> datetime | None:
        """When the draft was kept."""
        return self._draft.at if self._draft else self._before[1]

    @property
    def again(self) -> bool:
        """Whether the draft is what this person said before the case came back to this countersign."""
        return self._before[1] is not None

    @cached_property
    def lamp(self) -> Lamp:
        """How near the due day is."""
        return (
            Days(self.session).lamp(self.item.due_at) if self.item.state == "open" else Lamp("done", "已办")
        )

    @property
    def why(self) -> Mapping[str, Any]:
        """«Why this date»."""
        return self.item.due_why or {}

    @cached_property
    def days(self) -> Sequence[Cell]:
        """The days counted."""
        return band(self.session, self.why, self.item.due_at)

    @property
    def holder(self) -> Person | None:
        """Who has taken the step."""
        return self._someone(self.item.claimed_by_id)

    @property
    def done_by(self) -> Person | None:
        """Who has done it."""
        return self._someone(self.item.done_by_id)

    def _someone(self, number: int | None) -> Person | None:
        return self.session.get(Person, number) if number else None

    @cached_property
    def opinions(self) -> Sequence[Opinion]:
        """What people wrote in the steps before."""
        return opinions(self.session, self.item.case_id)

    @property
    def answers(self) -> Mapping[str, Any]:
        """What was handed in; nothing while the step is open."""
        return dict(self._sent.answers) if self._sent else {}

    @property
    def chosen(self) -> Mapping[str, Any]:
        """How the options that were picked were called then, by list."""
        return dict(self._sent.chosen) if self._sent else {}

    @cached_property
    def _sent(self) -> Submission | None:
        if self.item.state == "open":
            return None
        query = select(Submission).where(Submission.work_item_id == self.item.id)
        return self.session.scalar(query.order_by(Submission.id.desc()).limit(1))


class Looking:
    """A machine for who only looks: decisions may be asked, nothing may be set going."""

    def __init__(self, compiled: release.Compiled) -> None:
        self._compiled = compiled

    def decide(self, decision: str, facts: Mapping[str, Any]) -> Any:
        """Evaluate a decision of the case's release, without keeping the explanation."""
        return plain(self._compiled.decide(decision, facts).usable())

    def limit(self, decision: str, facts: Mapping[str, Any]) -> Any:
        """A row of the deadlines table of the case's release."""
        return self._compiled.limit(decision, facts)

    def rules(self) -> operation.Rules:
        """The parameters of the case's release."""
        return packs.frozen(self._compiled.pack, self._compiled.parameters)

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

    def handed_in(self, session: Session, case_id: int) -> list[tuple[str, str]]:
        """The files that stand in the answers of a case."""
        return history.handed_in(session, case_id)


def _only_looking(what: str) -> NoReturn:
    raise CaseworkError(Sentence("填写表单之前不能办理“{what}”。", what=what))


def sheet(session: Session, person: Person, item: WorkItem) -> Sheet:
    """The page of a step. The caller has checked that the person may see the item (`inbox.item`)."""
    compiled = release.load(session, item.release_id)
    instance = session.get_one(Instance, item.instance_id)
    step = operation.Step(
        session=session,
        machine=Looking(compiled),
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
    return Sheet(
        session=session,
        person=person,
        item=item,
        instance=instance,
        compiled=compiled,
        source=compiled.forms.get(item.form, b'{"components": []}'),
        path=f"{item.form}.form",
        shown=shown,
        data=step.data,
    )


def _part_before(session: Session, person: Person, item: WorkItem) -> tuple[dict[str, Any], datetime | None]:
    """A countersign that came back asks anew, but nobody writes anew: what one said or had drafted is there.

    The decision and the signature are given again.
    """
    if not item.seat or item.state != "open":
        return {}, None
    for model, whose in ((Submission, Submission.person_id), (Draft, Draft.person_id)):
        query = (
            select(model.answers, model.at)
            .join(WorkItem, WorkItem.id == model.work_item_id)
            .where(
                WorkItem.instance_id == item.instance_id,
                WorkItem.element == item.element,
                WorkItem.id < item.id,
                whose == person.id,
            )
            .order_by(model.id.desc())
        )
        found = session.execute(query.limit(1)).first()
        if found is not None:
            said = {
                key: value for key, value in found.answers.items() if key not in ("decision", "signature")
            }
            return said, found.at
    return {}, None


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
