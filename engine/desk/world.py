"""The assembled installation: database, machine, settings — and what the machine asks of the world, answered.

This is the one place where the machine (`runtime`), the regulation (`domain`) and the rights meet.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

import engine.access.identity  # its tables
import engine.desk.anchor  # draws and decisions send the head of the log outside
import engine.desk.health  # its mark
import engine.desk.tables  # the inbox
import engine.domain.notice  # its tables
import engine.domain.verbs  # enters all verbs into the catalogue
import engine.runtime.proposal  # noqa: F401 (its table)
from engine import clock
from engine.domain import calendar, document, pack, terms
from engine.domain.handover.tables import Handover
from engine.domain.inspection import tables as inspection
from engine.domain.inspection.team import team_leader, team_persons
from engine.errors import CaseworkError, Finding, NotFound
from engine.operation import Rules
from engine.people import Bureau, Role, holders
from engine.runtime.instance import Runtime
from engine.runtime.ports import Asked, DueDate, Place
from engine.sentence import Sentence
from engine.settings import ROOT, Settings
from engine.storage.session import Database

FormCheck = Callable[[str, bytes], Sequence[Finding]]
FormKeys = Callable[[str, bytes], Sequence[str]]
Respond = Callable[[Any, Mapping[str, Any]], dict[str, Any]]


def _no_findings(path: str, content: bytes) -> Sequence[Finding]:
    raise CaseworkError(
        Sentence("没有装配表单检查，不能检查 {path}（{count} 字节）。", path=path, count=len(content))
    )


def _no_keys(path: str, content: bytes) -> Sequence[str]:
    raise CaseworkError(
        Sentence("没有装配表单检查，不能读取 {path}（{count} 字节）。", path=path, count=len(content))
    )


def _no_response(asked: Any, chosen: Mapping[str, Any]) -> dict[str, Any]:
    raise CaseworkError(
        Sentence("没有装配表单，不能回答 {form}（{count} 项）。", form=asked.item.form, count=len(chosen))
    )


@dataclass(slots=True)
class Answers:
    """The machine's questions, answered by the domain (see `runtime/ports.py`).

    The form checks come from above (`forms` may not be imported by the engine): `web` hands them in.
    """

    form_check: FormCheck = _no_findings
    form_key_list: FormKeys = _no_keys

    def places(self, session: Session, asked: Asked) -> Sequence[Place]:
        """The pools of a human step, by its `assignee` rule or its lane."""
        rule = asked.rule
        if rule == "starter":
            return [self._person(asked, asked.starter_id, "发起人")]
        if rule.startswith("same:"):
            return [self._person(asked, asked.performer(rule.removeprefix("same:")), "前一环节的办理人")]
        if rule.startswith("person:"):
            return [self._person(asked, asked.data.get(rule.removeprefix("person:")), "指定的人员")]
        lane = {"team": terms.TEAM, "team_leader": terms.TEAM_LEADER}.get(rule, asked.lane)
        if lane in (terms.TEAM, terms.TEAM_LEADER):
            return self._team(session, asked, lane)
        role = terms.LANES.get(lane, "")
        if not role:
            raise CaseworkError(
                Sentence("环节 {element} 的泳道“{lane}”没有对应的岗位。", element=asked.element, lane=lane)
            )
        bureau_id = self._bureau(session, asked, lane)
        if asked.sign:
            signers = holders(session, bureau_id, Role(role))
            return [Place(f"person/{person.id}", str(person.id)) for person in signers]
        return [Place(f"role/{bureau_id}/{role}")]

    @staticmethod
    def _person(asked: Asked, person_id: Any, word: str) -> Place:
        if not person_id:
            raise CaseworkError(Sentence("环节 {element} 找不到{word}。", element=asked.element, word=word))
        return Place(f"person/{person_id}")

    @staticmethod
    def _team(session: Session, asked: Asked, lane: str) -> Sequence[Place]:
        inspection_id = asked.data.get("inspection_id")
        if inspection_id is None:
            raise CaseworkError(
                Sentence("环节 {element} 在检查组泳道，但案件没有检查组。", element=asked.element)
            )
        if lane == terms.TEAM_LEADER:
            leader = team_leader(session, inspection_id)
            if leader is None or leader.person_id is None:
                return [Place(f"team/{inspection_id}")]
            return [Place(f"person/{leader.person_id}")]
        if asked.sign:
            return [Place(f"person/{person}", str(person)) for person in team_persons(session, inspection_id)]
        return [Place(f"team/{inspection_id}")]

    @staticmethod
    def _bureau(session: Session, asked: Asked, lane: str) -> int:
        if lane == terms.LOCAL_BUREAU:
            handed = session.get(Handover, asked.data.get("handover_id") or 0)
            if handed is not None and handed.to_bureau_id is not None:
                return handed.to_bureau_id
            inspection_id = asked.data.get("inspection_id")
            if inspection_id is not None:
                return inspection.get(session, inspection_id).local_bureau_id
        elif lane == terms.SUPERIOR_BUREAU and asked.data.get("superior_id"):
            return int(asked.data["superior_id"])
        elif lane == terms.SUPERIOR_BUREAU:
            bureau = session.get(Bureau, asked.bureau_id)
            if bureau is not None and bureau.parent_id is not None:
                return bureau.parent_id
        return asked.bureau_id

    def due(
        self,
        session: Session,
        *,
        pack: str,
        key: str,
        start: date,
        decide: Callable[[str, Mapping[str, Any]], Any],
    ) -> DueDate:
        """A due instant by the release's deadlines table and the calendar."""
        found = calendar.due(session, pack, key, start, decide=decide)
        return DueDate(found.at, found.why)

    def lanes(self) -> Sequence[str]:
        """The lane labels of `terms.py`."""
        return list(terms.LANES)

    def check_form(self, path: str, content: bytes) -> Sequence[Finding]:
        """What is wrong with a form."""
        return self.form_check(path, content)

    def form_keys(self, path: str, content: bytes) -> Sequence[str]:
        """The keys a form answers."""
        return self.form_key_list(path, content)

    def check_documents(self, files: Mapping[str, bytes]) -> Sequence[Finding]:
        """Owners' templates are typeset with blank data; those that ship with the product were."""
        return document.findings(files, known=True)

    def rules(self, pack_name: str, texts: Sequence[tuple[str, bytes]]) -> Rules:
        """The parameters of a release, put together once."""
        return pack.frozen(pack_name, tuple(texts))

    def check_packs(self, files: Mapping[str, bytes]) -> Sequence[Finding]:
        """The parameters of a release, and its deadlines table beside them."""
        return pack.findings(files)

    def pack_files(self, pack_name: str) -> Mapping[str, bytes]:
        """The seed files of a pack after inheritance, forms included."""
        return seed_files(pack_name)


def seed_files(name: str, forms_dir: Path = ROOT / "forms") -> dict[str, bytes]:
    """A pack's diagrams, tables, documents and parameters, parents included, with all forms: a release's files."""
    found = {path: file.read_bytes() for path, file in pack.pack_files(name).items()}
    found |= pack.parameter_files(name)
    found |= {
        f"forms/{file.relative_to(forms_dir).as_posix()}": file.read_bytes()
        for file in sorted(forms_dir.rglob("*.form"))
    }
    return found


@dataclass(slots=True)
class World:
    """One installation, opened: hand it to pages, worker and commands."""

    settings: Settings
    database: Database
    runtime: Runtime
    answers: Answers = field(default_factory=Answers)
    respond: Respond = _no_response

    @classmethod
    def open(
        cls,
        settings: Settings,
        *,
        form_check: FormCheck = _no_findings,
        form_keys: FormKeys = _no_keys,
        respond: Respond = _no_response,
    ) -> World:
        """Open the database and assemble the machine; sets the clock of the process."""
        clock.install(settings.clock)
        answers = Answers(form_check, form_keys)
        runtime = Runtime(key=settings.secret_key, ports=answers)
        return cls(settings, Database(settings.database_url), runtime, answers, respond)

    def bureau(self, session: Session, bureau_id: int) -> Bureau:
        """A bureau by number."""
        found = session.scalar(select(Bureau).where(Bureau.id == bureau_id))
        if found is None:
            raise NotFound(Sentence("没有编号为 {bureau_id} 的机构。", bureau_id=bureau_id))
        return found
