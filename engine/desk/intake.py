"""Taking in a large registry file (导入名录): handed in, checked in the background, looked at, entered or let go.

The file is read and checked in a session that only reads; how far it has come is written in short transactions
of their own, so that nobody waits for it. Entering is one transaction: all rows that are wanted, or none. It may be
stopped until then, and goes on later with the file that is kept. 依据: 舞 第五条 (由相关业务科室根据职责录入).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from engine import clock
from engine.desk.registry import EDITORS, may_edit
from engine.desk.release import in_force
from engine.desk.tables import Intake
from engine.domain.registry import transfer
from engine.domain.registry.columns import Line
from engine.domain.registry.lock import refuse_editor
from engine.errors import ChangedMeanwhile, NotFound, Refused
from engine.operation import errand
from engine.people import Bureau, Person
from engine.runtime import job, receipt
from engine.sentence import Sentence
from engine.settings import Settings
from engine.storage.session import Database

JOBS = {"checking": "registry.check", "entering": "registry.enter"}
ACTS = ("enter", "enter-valid", "stop", "again", "drop")
WORDS = {
    "checking": "正在核对",
    "checked": "已核对，还没有导入",
    "entering": "正在导入",
    "entered": "已导入",
    "stopped": "已停止，没有导入",
    "refused": "文件不能用",
    "dropped": "没有导入",
}
EVERY = 500  # rows between two looks at the clock and at the wish to stop
STOPPED = "import-stopped"
RECENT = 10


@dataclass(frozen=True, slots=True)
class Looked:
    """A file that was handed in, as far as it has come; `report` as soon as it is checked."""

    row: Intake
    who: str
    report: transfer.Report | None

    @property
    def word(self) -> str:
        """Its state, in Chinese."""
        return WORDS[self.row.state]

    @property
    def busy(self) -> bool:
        """Whether the background process is at it."""
        return self.row.state in JOBS

    @property
    def acts(self) -> list[str]:
        """What may be done with it now."""
        if self.busy:
            return [] if self.row.stop else ["stop"]
        if self.row.state == "stopped":
            return ["again", "drop"]
        if self.row.state != "checked" or self.report is None:
            return []
        whole = self.report.enterable(accept_valid=False)
        part = self.report.enterable(accept_valid=True)
        return [*(["enter"] if whole else ["enter-valid"] if part else []), "drop"]


def hand_in(session: Session, actor: Person, kind: str, name: str, content: bytes, *, key: str = "") -> int:
    """Hand a file in to be checked; returns its number. Refused for another unit than the registry's own."""
    if kind not in EDITORS:
        raise NotFound(Sentence("没有“{kind}”这种名录。", kind=kind), hint="请从名录库进入。")
    EDITORS[kind].demand(actor)
    bureau = session.get_one(Bureau, actor.bureau_id)
    refuse_editor(actor, bureau, kind, in_force(session, bureau.pack))
    if not content:
        raise Refused("文件是空的。", slug="registry-file", fields={"file": "请选择一个 XLSX 或 CSV 文件"})
    digest = hashlib.sha256(content).hexdigest()
    row = Intake(
        bureau_id=actor.bureau_id,
        person_id=actor.id,
        kind=kind,
        file_name=name,
        sha256=digest,
        content=content,
    )

    def written() -> int:
        session.add(row)
        session.flush()
        _ask(session, row, "checking")
        return row.id

    return receipt.once(session, key, {"intake": kind, "actor": actor.id, "file": digest}, written)


def find(session: Session, person: Person, intake_id: int) -> Intake:
    """A file of the own bureau, for who keeps that registry; NotFound for everybody else."""
    row = session.get(Intake, intake_id)
    if row is None or row.bureau_id != person.bureau_id or not may_edit(person, row.kind):
        raise NotFound("没有这次导入。", hint="可从名录库的导入页进入。")
    return row


def look(session: Session, person: Person, intake_id: int) -> Looked:
    """How far it has come, and what became of every row."""
    return _looked(session, find(session, person, intake_id))


def _looked(session: Session, row: Intake) -> Looked:
    report = transfer.Report.unpacked(row.kind, row.file_name, row.report) if row.counts else None
    return Looked(row, session.get_one(Person, row.person_id).name, report)


def going_on(session: Session, person: Person) -> list[Intake]:
    """Files of the own bureau of which something may still come, latest first."""
    query = (
        select(Intake)
        .where(Intake.bureau_id == person.bureau_id, Intake.ended_at.is_(None))
        .order_by(Intake.id.desc())
        .limit(RECENT)
    )
    return [row for row in session.scalars(query) if may_edit(person, row.kind)]


def act(session: Session, actor: Person, intake_id: int, wish: str) -> Intake:
    """Enter it, enter its good rows, stop, go on, or let it go.

    ChangedMeanwhile where that is no longer (or not yet) to be done.
    """
    row = find(session, actor, intake_id)
    EDITORS[row.kind].demand(actor)
    session.refresh(row, with_for_update=True)
    if wish not in ACTS:
        raise NotFound("没有这种操作。", hint="可以导入、停止、继续或放弃。")
    if wish not in _looked(session, row).acts:
        raise ChangedMeanwhile(
            Sentence("这次导入现在的状态是“{state}”。", state=WORDS[row.state]), hint="请刷新后看现在的情形。"
        )
    if wish == "stop":
        row.stop = True
    elif wish == "again":
        _ask(session, row, "entering" if row.counts else "checking")
    elif wish == "drop":
        _end(row, "dropped")
    else:
        row.accept_valid, row.person_id = wish == "enter-valid", actor.id
        _ask(session, row, "entering")
    session.flush()
    return row


def _ask(session: Session, row: Intake, state: str) -> None:
    """Let the background process begin, or begin again."""
    row.state, row.stop, row.said, row.stage = state, False, "", ""
    row.done = row.total = 0
    row.round += 1
    job.enqueue(
        session,
        JOBS[state],
        {"intake": row.id, "round": row.round},
        key=f"{JOBS[state]}:{row.id}:{row.round}",
    )


def _end(row: Intake, state: str, said: str = "") -> None:
    row.state, row.said, row.content, row.ended_at = state, said, None, clock.now()


# --- in the background --------------------------------------------------------------------------------


@errand(JOBS["checking"])
def check(payload: Mapping[str, Any], *, database: Database, settings: Settings) -> None:  # noqa: ARG001
    """核对名录文件: a report for every row; nothing is entered."""
    report, _ = _examined(database, payload, "checking")
    if report is not None:
        database.run(lambda session: _checked(session, payload, report))


@errand(JOBS["entering"])
def enter(payload: Mapping[str, Any], *, database: Database, settings: Settings) -> None:  # noqa: ARG001
    """导入名录文件: checked once more, then all wanted rows in one transaction, or none."""
    report, content = _examined(database, payload, "entering")
    if report is not None:
        database.run(lambda session: _entered(session, payload, report, content))


def _examined(
    database: Database, payload: Mapping[str, Any], state: str
) -> tuple[transfer.Report | None, bytes]:
    """The report; None where somebody stopped it, it is refused as a whole, or another run has taken over."""
    with database.reading() as session:
        row = session.get_one(Intake, payload["intake"])
        if row.state != state or row.round != payload["round"]:
            return None, b""
        content, bureau = row.content or b"", session.get_one(Bureau, row.bureau_id)
        try:
            found = transfer.examine(
                session,
                bureau,
                row.file_name,
                content,
                kind=row.kind,
                rules=in_force(session, bureau.pack),
                watch=_Watch(database, row.id),
            )
        except Refused as refusal:
            no = refusal
        else:
            return found, content
    database.run(lambda changing: _refused(changing, payload, no))
    return None, b""


class _Watch:
    """Writes down how far a file has come, and stops where somebody wishes it."""

    def __init__(self, database: Database, number: int) -> None:
        self.database = database
        self.number = number

    def __call__(self, stage: str, lines: Sequence[Line]) -> Iterable[Line]:
        """Hand the rows on."""
        for number, line in enumerate(lines):
            if number % EVERY == 0:
                self._look(stage, number, len(lines))
            yield line
        self._look(stage, len(lines), len(lines))

    def _look(self, stage: str, done: int, total: int) -> None:
        self.database.run(lambda session: self._tell(session, stage, done, total))

    def _tell(self, session: Session, stage: str, done: int, total: int) -> None:
        changed = update(Intake).where(Intake.id == self.number).values(stage=stage, done=done, total=total)
        session.execute(changed)
        if session.scalar(select(Intake.stop).where(Intake.id == self.number)):
            raise Refused("导入已停止，没有导入任何一行。", slug=STOPPED)


def _mine(session: Session, payload: Mapping[str, Any]) -> Intake | None:
    """The file, locked, where it is still this run's."""
    row = session.get_one(Intake, payload["intake"], with_for_update=True)
    return row if row.state in JOBS and row.round == payload["round"] else None


def _refused(session: Session, payload: Mapping[str, Any], no: Refused) -> None:
    row = _mine(session, payload)
    if row is None:
        return
    if no.slug == STOPPED:
        row.state = "stopped"
    else:
        _end(row, "refused", f"{no.reason}{no.hint}")


def _checked(session: Session, payload: Mapping[str, Any], report: transfer.Report) -> None:
    row = _mine(session, payload)
    if row is None:
        return
    row.state = "stopped" if row.stop else "checked"
    row.counts, row.report = report.counts, report.packed()


def _entered(session: Session, payload: Mapping[str, Any], report: transfer.Report, content: bytes) -> None:
    row = _mine(session, payload)
    if row is None:
        return
    if row.stop:
        row.state = "stopped"
        return
    if not report.enterable(accept_valid=row.accept_valid):
        row.state, row.said = "checked", "再次核对的结果与先前不同，没有导入。请看报告。"
    else:
        actor = session.get_one(Person, row.person_id)
        try:
            with session.begin_nested():
                EDITORS[row.kind].demand(actor)
                bureau = session.get_one(Bureau, row.bureau_id)
                rules = in_force(session, bureau.pack)
                transfer.enter(session, bureau, report, content, actor=actor, rules=rules)
        except Refused as no:
            row.state, row.said = "checked", f"{no.reason}{no.hint}"
        else:
            _end(row, "entered")
    row.counts, row.report = report.counts, report.packed()
