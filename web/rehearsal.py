"""A bureau's year without a browser: acts as each role through the desk use cases and the released forms.

Used by `casework demo`, by the benchmarks and by the scenario tests. It answers like a person: reads the form of the
step's release, fills what the form requires, overrides what the caller says, and lets the same schema check it.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import clock, worker
from engine.desk import step as desk
from engine.desk.inbox import pools
from engine.desk.world import World
from engine.domain import calendar
from engine.errors import CaseworkError, Refused
from engine.people import Person
from engine.runtime import release
from engine.runtime.instance import Run
from engine.runtime.tables import Instance, WorkItem
from engine.storage.files import FileStore, record
from forms import definition, schema
from forms.model import Component, Form

Answers = Mapping[str, Any]
Rule = Callable[["Asked"], Answers]


class Asked:
    """A step that waits for an answer, with everything its form shows."""

    def __init__(self, item: WorkItem, form: Form, actor: Person, shown: Mapping[str, Any], session: Session) -> None:
        self.item = item
        self.form = form
        self.actor = actor
        self.data: Mapping[str, Any] = shown["data"]
        self.options: Mapping[str, Any] = shown.get("options", {})
        self.defaults: Mapping[str, Any] = shown.get("defaults", {})
        self.rows: Mapping[str, Any] = shown.get("rows", {})
        self.facts = shown.get("facts", [])
        self.session = session
        self.store: Callable[[str], str] = lambda _label: ""


class Rehearsal:
    """Drives cases of one world at a held clock."""

    def __init__(self, world: World, start: datetime, *, seed: str = "casework") -> None:
        self.world = world
        self.now = start
        self.seed = seed
        self.rules: dict[str, Rule] = {}
        self.steps: Counter[str] = Counter()
        self.on_step: Callable[[WorkItem], None] = lambda _item: None

    # -- the clock ----------------------------------------------------------------------------------------------

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
            return worker.drain(self.world)

    # -- answering ----------------------------------------------------------------------------------------------

    def open_items(self, session: Session, **where: Any) -> list[WorkItem]:
        """Open steps, oldest first."""
        query = select(WorkItem).where(WorkItem.state == "open").order_by(WorkItem.id)
        for name, value in where.items():
            query = query.where(getattr(WorkItem, name) == value)
        return list(session.scalars(query))

    def candidates(self, session: Session, item: WorkItem) -> list[Person]:
        """Everybody who may do a step now: finds it in a pool and no duty excludes them."""
        found = []
        query = select(Person).where(Person.active).order_by(Person.staff_no)
        kind, _, rest = item.pool.partition("/")
        if kind == "person":
            query = query.where(Person.id == int(rest))
        for person in session.scalars(query).unique():
            if item.pool not in pools(session, person):
                continue
            try:
                desk.refuse_excluded(self.world, session, person, item)
            except Refused:
                continue
            found.append(person)
        return found

    def answer(self, item_id: int, *, by: str = "", **override: Any) -> dict[str, Any]:
        """Complete a step as a person (name or login; by default the first who may), with the caller's answers."""
        with clock.fixed(self.now):
            with self.world.database.transaction() as session:
                item = session.get_one(WorkItem, item_id)
                actor = self._actor(session, item, by)
                shown = desk.context(self.world, session, actor, item)
                given = self._answers(session, item, actor, shown, override)
                actor_id = actor.id
                self.on_step(item)
                name = item.element
            key = hashlib.sha256(f"{self.seed}:{item_id}:{sorted(given)}".encode()).hexdigest()
            done = desk.submit(self.world, actor_id, item_id, given, key=key)
            self.steps[name] += 1
            worker.drain(self.world)
            return done

    def _actor(self, session: Session, item: WorkItem, by: str) -> Person:
        if by:
            found = session.scalar(select(Person).where((Person.name == by) | (Person.login == by)))
            if found is None:
                raise CaseworkError(f"没有叫「{by}」的人。")
            return found
        able = self.candidates(session, item)
        if not able:
            raise CaseworkError(f"「{item.step}」（{item.lane}，{item.pool}）没有人可以办理。")
        return able[0]

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
        form = definition.read(shown["form"], f"forms/{item.form}.form")
        asked = Asked(item, form, actor, shown, session)
        asked.store = lambda label: self._upload(session, item, actor, label)
        rule = self.rules.get(item.element)
        chosen = {**dict(shown.get("defaults", {})), **(dict(rule(asked)) if rule else {}), **override}
        return schema.load(form, filled(asked, chosen), options=dict(asked.options), data=dict(asked.data))

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
        return record(session, kept, uploaded_by_id=actor.id, bureau_id=item.bureau_id, case_id=item.case_id).id

    def until(self, stop: Callable[[Session], bool], *, most: int = 100_000, only: Callable[[WorkItem], bool] | None = None) -> int:
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
        raise CaseworkError(f"办了 {most} 步仍没有到头。")

    def run_of(self, session: Session, instance_id: int) -> Run:
        """An instance opened for a look."""
        return self.world.runtime.open(session, instance_id)

    def start(self, login: str, process: str, data: Mapping[str, Any], *, bureau_id: int) -> int:
        """Open a case; returns its number."""
        with clock.fixed(self.now):
            with self.world.database.transaction() as session:
                actor = session.scalars(select(Person).where((Person.login == login) | (Person.name == login))).one()
                case = desk.start_process(self.world, session, actor, process, data, bureau_id=bureau_id)
                case_id = case.id
            worker.drain(self.world)
            return case_id

    def state_of(self, instance_id: int) -> str:
        """running · completed · cancelled · incident."""
        with self.world.database.reading() as session:
            return session.get_one(Instance, instance_id).state


def filled(asked: Asked, chosen: Mapping[str, Any]) -> dict[str, Any]:
    """A person's plausible answers: what was chosen, and something fitting wherever the form requires it.

    Conditional parts are answered too; the schema drops what is hidden.
    """
    answers = {key: value for key, value in chosen.items() if key in asked.form.keys}
    for component in asked.form.components:
        _fill(component, answers, asked)
    return answers


def _fill(component: Component, answers: dict[str, Any], asked: Asked) -> None:
    if component.type == "group":
        inner = answers.setdefault(component.key, {}) if component.key else answers
        for child in component.children:
            _fill(child, inner, asked)
        return
    if component.type == "dynamiclist":
        needed = any(child.asks and child.rules.required for child in component.children)
        rows = answers.setdefault(component.key, [{}] if needed else [])
        for row in rows:
            for child in component.children:
                _fill(child, row, asked)
        return
    if not component.asks or component.key in answers or not component.rules.required:
        return
    answers[component.key] = _plausible(component, asked)


def _plausible(component: Component, asked: Asked) -> Any:  # noqa: PLR0911 (one line a kind of field)
    options = _options(component, asked)
    if component.chooses_one:
        return options[0] if options else ""
    if component.chooses_many:
        return options
    kind = component.type
    if kind in ("number", "money"):
        return int(float(component.rules.minimum or 1))
    if kind == "datetime":
        today: date = clock.today()
        return today.isoformat() if component.subtype == "date" else clock.local(clock.now()).strftime("%Y-%m-%dT%H:%M")
    if kind == "checkbox":
        return True
    if kind == "signature":
        return {"name": asked.actor.name}
    if kind == "filepicker":
        return [asked.store(component.label or component.key)]
    if kind == "photo":
        return [{"file": asked.store(component.label or component.key), "reason": "室内无信号"}]
    text = f"{component.label or component.key}（演示）"
    if component.rules.kind == "phone":
        return "13800000000"
    least = component.rules.min_length or 0
    return (text * (least // len(text) + 1))[: component.rules.max_length or None]


def _options(component: Component, asked: Asked) -> list[Any]:
    if component.choices:
        return [choice.value for choice in component.choices]
    supplied = asked.options.get(component.options_key, [])
    return [option[0] if isinstance(option, (list, tuple)) else option["value"] for option in supplied]


def release_of(session: Session, pack: str) -> release.Compiled:
    """The current release of a pack, compiled."""
    return release.load(session, release.current(session, pack).id)


__all__ = ["Asked", "Rehearsal", "filled", "release_of"]
