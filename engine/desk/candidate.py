"""A candidate release tried before anybody works by it: a sample bureau's year runs through every process.

Each form is answered plausibly by somebody who may do the step. A process is *completed* when one of its cases reached
an end, *stuck* when a step could not be done or the machine stopped, *not reached* when nothing led there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import clock
from engine.access.rights import OPEN_LEAD
from engine.desk import opening, release
from engine.desk.demo import Year
from engine.desk.registry import EDITORS
from engine.desk.world import World
from engine.errors import CaseworkError, ModelInvalid
from engine.people import Person
from engine.runtime import check
from engine.runtime.tables import Instance, Job, WorkItem

OBJECTS = 60
WAITS = (1, 5, 10, 20)  # working days let pass when nothing is left to answer: timers fire
OPENERS: dict[str, Callable[[World, Session, Person], Instance]] = {
    "lead": opening.open_lead,
    "registry": lambda world, session, actor: opening.open_change(world, session, actor, "objects"),
}


@dataclass(slots=True)
class Tried:
    """How one process of the candidate fared."""

    process: str
    started: int = 0
    completed: int = 0
    stuck: list[dict[str, str]] = field(default_factory=list)

    @property
    def outcome(self) -> str:
        """Completed · stuck · not-reached."""
        if self.stuck:
            return "stuck"
        return "completed" if self.completed else "not-reached"

    def as_json(self) -> dict[str, Any]:
        """`{process, outcome, started, completed, stuck: [{element, step, reason}]}`."""
        return {
            "process": self.process,
            "outcome": self.outcome,
            "started": self.started,
            "completed": self.completed,
            "stuck": self.stuck,
        }


def rehearse(
    world: World, path: Path, *, tick: Callable[[WorkItem], None] = lambda _item: None
) -> list[Tried]:
    """Check a candidate, then run it in an empty `world`; raises ModelInvalid when the check finds errors.

    `world` is a scratch installation: it is filled with a sample bureau.
    """
    pack, files = release.files_at(path)
    faults = check.errors(check.findings(files, world.answers))
    if faults:
        raise ModelInvalid(faults)
    year = Year(world, pack, objects=OBJECTS, cases=2)
    with clock.fixed(year.rehearsal.now), world.database.transaction() as session:
        release.deploy(world, session, path)
    year.rehearsal.on_step = tick
    broken = _opened(world, year)
    broken += _driven(year)
    return _report(world, files, broken)


Broken = tuple[str, str, str, str]  # process, element, step, reason


def _opened(world: World, year: Year) -> list[Broken]:
    """One case of every kind that somebody opens by hand."""
    broken: list[Broken] = []
    try:
        year.opens()
    except CaseworkError as fault:
        broken.append(("plan", "", "", str(fault)))
    for process, opener in OPENERS.items():
        try:
            with clock.fixed(year.rehearsal.now), world.database.transaction() as session:
                opener(world, session, _whoever_may(session, year.bureau_id, process))
        except CaseworkError as fault:
            broken.append((process, "", "", str(fault)))
    year.rehearsal.work()
    return broken


def _whoever_may(session: Session, bureau_id: int, process: str) -> Person:
    """The first person of the bureau who may open such a case."""
    wanted = OPEN_LEAD if process == "lead" else EDITORS["objects"]
    people = session.scalars(select(Person).where(Person.bureau_id == bureau_id).order_by(Person.staff_no))
    found = next((person for person in people.unique() if wanted.allows(person)), None)
    if found is None:
        raise CaseworkError("样本机构中没有人可以开启这类案件。")
    return found


def _driven(year: Year) -> list[Broken]:
    """Answer everything that opens; what cannot be answered is noted and left, the rest goes on."""
    rehearsal, failed = year.rehearsal, dict[int, Broken]()
    for days in WAITS:
        while True:
            with clock.fixed(rehearsal.now), rehearsal.world.database.reading() as session:
                items = [item for item in rehearsal.open_items(session) if item.id not in failed]
            if not items:
                break
            item = items[0]
            try:
                rehearsal.answer(item.id)
            except CaseworkError as fault:
                notes = "；".join(getattr(fault, "__notes__", ()))
                reason = f"{fault}　{notes}".strip()
                failed[item.id] = (item.process, item.element, item.step, reason)
        rehearsal.passes(working_days=days)
    return list(failed.values())


def _report(world: World, files: dict[str, bytes], broken: list[Broken]) -> list[Tried]:
    found: dict[str, Tried] = defaultdict(lambda: Tried(""))
    for name in sorted(Path(file).stem for file in files if file.endswith(".bpmn") and "/" not in file):
        found[name] = Tried(name)
    with world.database.reading() as session:
        for instance in session.scalars(select(Instance).order_by(Instance.id)):
            tried = found[instance.process.partition(".")[0]]
            tried.started += 1
            tried.completed += instance.state == "completed"
            if instance.state == "incident":
                error = session.scalar(
                    select(Job.last_error).where(Job.instance_id == instance.id, Job.last_error != "")
                )
                tried.stuck.append({"element": "", "step": "", "reason": error or "程序停在事故状态。"})
    for process, element, step, reason in broken:
        found[process.partition(".")[0]].stuck.append({"element": element, "step": step, "reason": reason})
    return list(found.values())
