"""A bureau's year without a browser: acts as each role through the desk use cases and the released forms.

Used by `casework demo`, by the benchmarks and by the scenario tests. It answers like a person: the form of
the step's release is filled where it requires something, the caller's answers stand, and the same schema
checks them (`World.respond`, handed in from above because the engine may not import forms).
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import clock
from engine.desk import jobs
from engine.desk import step as desk
from engine.desk.pool import pools
from engine.desk.world import World
from engine.domain import calendar
from engine.domain.inspection.team import team_persons
from engine.errors import CaseworkError, Refused
from engine.operation import Step
from engine.people import Person, Role, holders
from engine.runtime.tables import WorkItem
from engine.sentence import Sentence
from engine.storage.files import FileStore, record

Answers = Mapping[str, Any]
Rule = Callable[["Asked"], Answers]


@dataclass(slots=True)
class Asked:
    """A step that waits, with everything its form shows; `hand_in` stores a file and gives its id."""

    item: WorkItem
    form: bytes
    actor: Person
    session: Session
    data: Mapping[str, Any]
    hand_in: Callable[[str], str]
    step: Step
    options: Mapping[str, Any] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)


class Rehearsal:
    """Drives cases of one world at a held clock."""

    def __init__(self, world: World, start: datetime, *, seed: str = "casework") -> None:
        self.world = world
        self.now = start
        self.seed = seed
        self.rules: dict[str, Rule] = {}
        self.steps: Counter[str] = Counter()
        self.on_step: Callable[[WorkItem], None] = lambda _item: None

    # -- the clock ---------------------------------------------------------------------------------

    def passes(self, *, working_days: int = 0, hours: int = 0) -> None:
        """Let time go by; what falls due on the way happens."""
        with clock.fixed(self.now), self.world.database.reading() as session:
            if working_days:
                day = calendar.add_working_days(session, clock.today(), working_days)
                self.now = datetime.combine(day, clock.local(self.now).timetz()).astimezone(clock.SHANGHAI)
        self.now += timedelta(hours=hours)
        self.work()

    def work(self) -> int:
        """Let the worker do what is due now."""
        with clock.fixed(self.now):
            return jobs.drain(self.world)

    # -- answering ---------------------------------------------------------------------------------

    def open_items(self, session: Session, **where: Any) -> list[WorkItem]:
        """Open steps, oldest first."""
        query = select(WorkItem).where(WorkItem.state == "open").order_by(WorkItem.id)
        for name, value in where.items():
            query = query.where(getattr(WorkItem, name) == value)
        return list(session.scalars(query))

    def candidates(self, session: Session, item: WorkItem) -> Iterator[Person]:
        """Everybody who may do a step now, by staff number: finds it in a pool, and no duty excludes them."""
        for person in self._near(session, item.pool):
            if item.pool in pools(session, person):
                try:
                    desk.refuse_excluded(session, person, item)
                except Refused:
                    continue
                yield person

    @staticmethod
    def _near(session: Session, pool: str) -> Sequence[Person]:
        kind, _, rest = pool.partition("/")
        if kind == "role":
            bureau, _, role = rest.partition("/")
            return holders(session, int(bureau), Role(role))
        numbers = [int(rest)] if kind == "person" else team_persons(session, int(rest))
        query = select(Person).where(Person.id.in_(numbers), Person.active)
        return session.scalars(query.order_by(Person.staff_no)).all()

    def answer(self, item_id: int, *, by: str = "", **override: Any) -> dict[str, Any]:
        """Complete a step as a person (name or login; by default the first who may), with these answers."""
        with clock.fixed(self.now):
            with self.world.database.transaction() as session:
                item = session.get_one(WorkItem, item_id)
                actor = self._actor(session, item, by)
                shown = desk.context(self.world, session, actor, item)
                given = self._answers(session, item, actor, shown, override)
                actor_id, offered = actor.id, dict(shown.get("options", {}))
                self.on_step(item)
                name = item.element
            key = hashlib.sha256(f"{self.seed}:{item_id}:{sorted(given)}".encode()).hexdigest()
            done = desk.submit(self.world, actor_id, item_id, given, key=key, options=offered)
            self.steps[name] += 1
            jobs.drain(self.world)
            return done

    def _actor(self, session: Session, item: WorkItem, by: str) -> Person:
        if by:
            found = session.scalar(select(Person).where((Person.name == by) | (Person.login == by)))
            if found is None:
                raise CaseworkError(Sentence("没有叫“{by}”的人。", by=by))
            return found
        able = next(self.candidates(session, item), None)
        if able is None:
            raise CaseworkError(
                Sentence(
                    "“{step}”（{lane}，{pool}）没有人可以办理。",
                    step=item.step,
                    lane=item.lane,
                    pool=item.pool,
                )
            )
        return able

    def _answers(
        self,
        session: Session,
        item: WorkItem,
        actor: Person,
        shown: Mapping[str, Any],
        override: Mapping[str, Any],
    ) -> dict[str, Any]:
        if not item.form:
            return dict(override)
        asked = Asked(
            item=item,
            form=shown["form"],
            actor=actor,
            session=session,
            data=shown["data"],
            hand_in=lambda label: self._upload(session, item, actor, label),
            step=shown["step"],
            options=shown.get("options", {}),
            defaults=shown.get("defaults", {}),
        )
        rule = self.rules.get(item.element)
        chosen = {**asked.defaults, **(dict(rule(asked)) if rule else {}), **override}
        try:
            return self.world.respond(asked, chosen)
        except Refused as refusal:
            refusal.add_note(f"{item.process}/{item.element} {item.step}: {refusal.fields}")
            raise

    def _upload(self, session: Session, item: WorkItem, actor: Person, label: str) -> str:
        """A real file with a real hash: a picture whose pixels are the label's hash."""
        size = 16
        image = struct.pack(">IIBBBBB", size, size, 8, 0, 0, 0, 0)
        grey = hashlib.sha256(f"{self.seed}:{item.id}:{label}".encode()).digest()
        pixels = b"".join(b"\0" + grey[:size] for _ in range(size))
        content = b"\x89PNG\r\n\x1a\n" + b"".join(
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
            for kind, body in ((b"IHDR", image), (b"IDAT", zlib.compress(pixels)), (b"IEND", b""))
        )
        kept = FileStore(self.world.settings.files_dir).keep(content, f"{label}.png")
        return record(
            session, kept, uploaded_by_id=actor.id, bureau_id=item.bureau_id, case_id=item.case_id
        ).id

    def until(
        self,
        stop: Callable[[Session], bool],
        *,
        most: int = 100_000,
        only: Callable[[WorkItem], bool] | None = None,
    ) -> int:
        """Answer open steps, oldest first, until the condition holds or nothing is open; returns how many."""
        count = 0
        self.work()
        while count < most:
            with clock.fixed(self.now), self.world.database.reading() as session:
                if stop(session):
                    return count
                items = [item for item in self.open_items(session) if only is None or only(item)]
            if not items:
                return count
            self.answer(items[0].id)
            count += 1
        raise CaseworkError(Sentence("办了 {most} 步仍没有到头。", most=most))

    def start(self, login: str, process: str, data: Mapping[str, Any], *, bureau_id: int) -> int:
        """Open a case; returns its number."""
        with clock.fixed(self.now):
            with self.world.database.transaction() as session:
                actor = session.scalars(
                    select(Person).where((Person.login == login) | (Person.name == login))
                ).one()
                case = desk.start_process(self.world, session, actor, process, data, bureau_id=bureau_id)
                case_id = case.id
            jobs.drain(self.world)
            return case_id
