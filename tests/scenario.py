"""Scenarios read like the regulation: what is expected of whom by when, who answers what, how time passes.

case = bureau.opens("plan", by="周敏", plan_id=plan_id)
case.expects("审批抽查计划", role="分管领导", due="2026-03-09")
case.completes("审批抽查计划", by="沈其昌", decision="approve")
case.passes(working_days=6)
case.is_overdue("提交随机抽查情况报告")
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import clock
from engine.desk import event
from engine.desk.rehearsal import Rehearsal
from engine.desk.world import World
from engine.people import Person
from engine.runtime.tables import History, Instance, WorkItem

START = datetime(2026, 3, 2, 9, 0, tzinfo=clock.SHANGHAI)


class Scenario:
    """One installation at a held clock, with a rehearsal that can answer for everybody."""

    def __init__(self, world: World, start: datetime = START) -> None:
        self.world = world
        self.rehearsal = Rehearsal(world, start)

    def opens(self, process: str, *, by: str, bureau_id: int, **data: Any) -> Case:
        """Somebody opens a case."""
        return Case(self, self.rehearsal.start(by, process, data, bureau_id=bureau_id))

    def case(self, case_id: int) -> Case:
        """A case that was opened by another."""
        return Case(self, case_id)

    def cases(self, process: str) -> list[Case]:
        """All instances of a process, oldest first."""
        return [
            Case(self, number)
            for number in self.read(
                lambda s: s.scalars(
                    select(Instance.id).where(Instance.process == process).order_by(Instance.id)
                ).all()
            )
        ]

    def passes(self, *, working_days: int = 0, hours: int = 0) -> None:
        """Time goes by; what falls due on the way happens."""
        self.rehearsal.passes(working_days=working_days, hours=hours)

    def read(self, query: Callable[[Session], Any]) -> Any:
        """Look something up at the held clock."""
        with clock.fixed(self.rehearsal.now), self.world.database.reading() as session:
            return query(session)

    def does(self, work: Callable[[Session], Any]) -> Any:
        """Do something outside a form (a registry edit, an import) in one transaction."""
        with clock.fixed(self.rehearsal.now), self.world.database.transaction() as session:
            result = work(session)
        self.rehearsal.work()
        return result


class Case:
    """A case (an instance with everything it called), told in the words of the diagram."""

    def __init__(self, scenario: Scenario, case_id: int) -> None:
        self.scenario = scenario
        self.id = case_id

    # -- what is asked of whom ---------------------------------------------------------------------

    def open_steps(self) -> list[str]:
        """Names of the steps that wait, oldest first."""
        return [item.step for item in self._open()]

    def expects(self, step: str, *, role: str = "", due: str = "") -> WorkItem:
        """This step waits, in this lane, due on this day."""
        item = self._item(step)
        if role:
            assert item.lane == role, f"“{step}”由{item.lane}办理，不是{role}"
        if due:
            day = clock.local(item.due_at).date().isoformat() if item.due_at else "无期限"
            assert day == due, f"“{step}”的期限是 {day}，不是 {due}：{item.due_why}"
        return item

    def expects_nothing(self, step: str) -> None:
        """This step does not wait."""
        assert step not in self.open_steps(), f"不应等待“{step}”"

    def is_overdue(self, step: str) -> None:
        """This step waits and its due instant has passed."""
        item = self._item(step)
        assert item.due_at is not None, f"“{step}”没有期限"
        assert item.due_at < self.scenario.rehearsal.now, f"“{step}”还没有超期（{item.due_at}）"

    # -- who does what -----------------------------------------------------------------------------

    def completes(self, step: str, *, by: str = "", seat: str = "", **answers: Any) -> Case:
        """Somebody answers the step's form; what the form requires beyond the answers is filled plausibly."""
        self.scenario.rehearsal.answer(self._item(step, seat).id, by=by, **answers)
        return self

    def all_complete(self, step: str, **answers: Any) -> Case:
        """Everybody gives their part of a countersigned step."""
        while step in self.open_steps():
            self.completes(step, **answers)
        return self

    def sets_off(self, process: str, *, by: str, **answers: Any) -> Case:
        """Somebody sets off an event sub-process from the case page; returns it as a case."""

        def work(session: Session) -> int:
            actor = session.scalars(select(Person).where((Person.name == by) | (Person.login == by))).one()
            return event.act(
                self.scenario.world,
                session,
                actor,
                self.id,
                process,
                answers,
                key=f"{process}:{self.id}:{len(self.history())}",
            ).id

        return Case(self.scenario, self.scenario.does(work))

    def goes_on(self, *, until: str = "", most: int = 500) -> Case:
        """Everybody answers plausibly until a step waits, or nothing of this case waits any more."""
        mine = self._family()
        for _ in range(most):
            items = [item for item in self._open() if item.instance_id in mine]
            if until and any(item.step == until for item in items):
                return self
            if not items:
                assert not until, f"没有走到“{until}”；停在 {self.open_steps()}，状态 {self.state()}"
                return self
            self.scenario.rehearsal.answer(items[0].id)
            mine = self._family()
        raise AssertionError(f"{most} 步后仍有 {self.open_steps()}")

    def passes(self, *, working_days: int = 0, hours: int = 0) -> Case:
        """Time goes by."""
        self.scenario.passes(working_days=working_days, hours=hours)
        return self

    # -- how it stands -----------------------------------------------------------------------------

    def state(self) -> str:
        """running · completed · cancelled · incident."""
        found: str = self.scenario.read(lambda session: session.get_one(Instance, self.id).state)
        return found

    def data(self) -> Mapping[str, Any]:
        """The process data."""
        return self.scenario.read(lambda s: dict(s.get_one(Instance, self.id).data))

    def history(self) -> list[str]:
        """Step names of the timeline, in order."""
        return self.scenario.read(
            lambda s: list(
                s.scalars(select(History.step).where(History.case_id == self.id).order_by(History.id))
            )
        )

    def _family(self) -> set[int]:
        def find(session: Session) -> set[int]:
            found, front = {self.id}, {self.id}
            while front:
                front = set(session.scalars(select(Instance.id).where(Instance.parent_id.in_(front)))) - found
                found |= front
            return found

        return self.scenario.read(find)

    def _open(self) -> list[WorkItem]:
        family = self._family()
        return self.scenario.read(
            lambda s: list(
                s.scalars(
                    select(WorkItem)
                    .where(WorkItem.instance_id.in_(family), WorkItem.state == "open")
                    .order_by(WorkItem.id)
                )
            ),
        )

    def _item(self, step: str, seat: str = "") -> WorkItem:
        found = [item for item in self._open() if item.step == step and (not seat or item.seat == seat)]
        assert found, f"“{step}”没有在等待；等待的是 {self.open_steps()}"
        return found[0]
