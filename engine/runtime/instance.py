"""One step, one transaction: lock the instance, restore, move to the next waits, store, open what is next.

依据: engine/runtime is the BPM machine; it knows processes, work items and jobs, and no inspection. A call
activity runs detached: the parent keeps one waiting token, children are rows of their own, and the last
child's transaction sends the parent on (`call.py`).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from engine import clock, operation
from engine.errors import CaseworkError, ChangedMeanwhile, NotFound
from engine.people import Person
from engine.rules import feel
from engine.rules.plain import plain
from engine.runtime import call, history, job, release, spiff, work_item
from engine.runtime.call import Caller
from engine.runtime.model import Element, Process
from engine.runtime.ports import Asked, DueDate, Place, Ports
from engine.runtime.release import FROZEN, Compiled, Frozen
from engine.runtime.tables import Instance, Release, WorkItem
from engine.storage.base import append

MAX_DATA = 64_000  # bytes of process data: references and decisions, never documents
SECRET = "secret_"  # noqa: S105 (keys that begin like this never reach a stored row)

# Built once: putting a statement together costs as much as running it.
_SHOWN = (
    select(Instance, FROZEN)
    .join(Release, Release.id == Instance.release_id)
    .where(Instance.id == bindparam("instance"))
)
_INSTANCE = _SHOWN.with_for_update(of=Instance).execution_options(populate_existing=True)
_ITEM = (
    select(Instance, WorkItem, FROZEN)
    .join(WorkItem, WorkItem.instance_id == Instance.id)
    .join(Release, Release.id == Instance.release_id)
    .where(WorkItem.id == bindparam("item"))
    .with_for_update(of=(Instance, WorkItem))
    .execution_options(populate_existing=True)
)


class Runtime:
    """The machine of one installation: its key for stored states and the world it asks."""

    def __init__(self, *, key: str, ports: Ports) -> None:
        self._key = key.encode()
        self.ports = ports

    def mac(self, instance: Instance, body: bytes) -> str:
        """The seal of a stored state: an altered row or a row put under another instance does not open."""
        head = f"{instance.id}\n{instance.release_id}\n{instance.process}\n".encode()
        return hmac.new(self._key, head + body, hashlib.sha256).hexdigest()

    def start(
        self,
        session: Session,
        *,
        process: str,
        data: Mapping[str, Any],
        bureau_id: int,
        pack: str = "",
        actor: Person | None = None,
        caller: Caller | None = None,
    ) -> Instance:
        """Start a process on the newest release of a pack, or on its caller's; move to its first waits."""
        origin = caller or Caller()
        return self.start_many(
            session,
            process,
            [(origin.item, data)],
            bureau_id=bureau_id,
            pack=pack,
            actor=actor,
            caller=origin,
        )[0]

    def start_many(
        self,
        session: Session,
        process: str,
        items: Iterable[tuple[str, Mapping[str, Any]]],
        *,
        bureau_id: int,
        pack: str = "",
        actor: Person | None = None,
        caller: Caller,
    ) -> list[Instance]:
        """Start a process for each `(item key, data)`; the rows are written together before one moves."""
        parent = caller.parent
        number = parent.release_id if parent else release.current(session, pack).id
        compiled = release.load(session, number)
        definition = compiled.process(process)
        started: list[tuple[Instance, dict[str, Any]]] = []
        for key, data in items:
            missing = [name for name in definition.takes if name not in data]
            if missing:
                raise CaseworkError(f"流程「{definition.name}」缺少数据：{'、'.join(missing)}。")
            kept = {name: data[name] for name in definition.takes} if definition.takes else dict(data)
            instance = Instance(
                release_id=compiled.id,
                process=process,
                bureau_id=bureau_id,
                parent_id=parent.id if parent else None,
                parent_activity=caller.activity,
                parent_task=caller.task,
                item=key,
                started_by_id=actor.id if actor else None,
                changed_by_id=actor.id if actor else None,
                **operation.describe(process, session, kept),
            )
            if parent is not None and not definition.case:
                instance.case_id = parent.case_id
                instance.case_no = instance.case_no or parent.case_no
                instance.title = instance.title or parent.title
                instance.object_name = instance.object_name or parent.object_name
            started.append((instance, kept))
        session.add_all([instance for instance, _ in started])
        session.flush()
        for instance, kept in started:
            instance.case_id = instance.case_id or instance.id
            state = spiff.State.start(compiled.specs[process], kept)
            run = Run(self, session, instance, compiled, state, actor)
            history.note(session, instance, "start", step=definition.name, actor=actor)
            run.advance()
        return [instance for instance, _ in started]

    def open(self, session: Session, instance_id: int, actor: Person | None = None) -> Run:
        """Lock an instance, check its seal, restore it."""
        found = session.execute(_INSTANCE, {"instance": instance_id}).one_or_none()
        if found is None:
            raise NotFound(f"没有编号为 {instance_id} 的流程实例。")
        return self._restored(session, found[0], found.frozen, actor)

    def look(self, session: Session, instance_id: int, actor: Person | None = None) -> Run:
        """An instance as it stands, without a lock: to be shown, not to be moved."""
        found = session.execute(_SHOWN, {"instance": instance_id}).one_or_none()
        if found is None:
            raise NotFound(f"没有编号为 {instance_id} 的流程实例。")
        return self._restored(session, found[0], found.frozen, actor)

    def open_item(self, session: Session, item_id: int, actor: Person) -> tuple[Run, WorkItem]:
        """A work item with its instance, both locked and read afresh in one statement, the instance first."""
        found = session.execute(_ITEM, {"item": item_id}).one_or_none()
        if found is None:
            raise NotFound(f"没有编号为 {item_id} 的待办。")
        return self._restored(session, found[0], found.frozen, actor), found[1]

    def _restored(self, session: Session, instance: Instance, frozen: Frozen, actor: Person | None) -> Run:
        if not hmac.compare_digest(instance.mac, self.mac(instance, instance.body)):
            raise CaseworkError(
                f"实例 {instance.id} 的状态与封记不符，不能继续。", hint="请联系审计管理员核查。"
            )
        compiled = release.compiled(session, frozen)
        state = spiff.State.restore(compiled.specs[instance.process], instance.body)
        return Run(self, session, instance, compiled, state, actor)


class Run:
    """A locked instance within one transaction: the world of the kernel, the machine of the verbs."""

    def __init__(
        self,
        runtime: Runtime,
        session: Session,
        instance: Instance,
        compiled: Compiled,
        state: spiff.State,
        actor: Person | None,
    ) -> None:
        self.runtime = runtime
        self.session = session
        self.instance = instance
        self.compiled = compiled
        self.state = state
        self.actor = actor
        self._before = {token.id: token for token in state.tokens()} if instance.version else {}
        self._people_changed = False
        self._wishes = 0
        self._asking: Element | None = None

    # -- what people, timers, messages and children do ---------------------------------------------

    @property
    def definition(self) -> Process:
        """The process as drawn."""
        return self.compiled.processes[self.instance.process]

    def element(self, identity: str) -> Element:
        """A flow node as drawn."""
        return self.definition.elements[identity]

    def step(
        self,
        element: Element,
        data: Mapping[str, Any],
        answers: Mapping[str, Any] | None = None,
        item: WorkItem | None = None,
    ) -> operation.Step:
        """What a verb is told."""
        self._asking = element
        return operation.Step(
            session=self.session,
            machine=self,
            bureau_id=self.instance.bureau_id,
            pack=self.compiled.pack,
            release_id=self.instance.release_id,
            instance_id=self.instance.id,
            case_id=self.instance.case_id or self.instance.id,
            process=self.instance.process,
            element=element.id,
            name=element.name,
            clause=element.property("clause"),
            actor=self.actor if item is not None or answers is not None else None,
            answers=answers or {},
            data=dict(data),
            work_item_id=item.id if item else None,
            due_at=item.due_at if item else None,
        )

    def complete(self, item: WorkItem, answers: Mapping[str, Any], *, advance: bool = True) -> None:
        """A person has answered a step: record the answers by its verb, then move on.

        With `advance=False` the machine's part is left to a job: the person's answer is kept even where a
        system step behind it fails.
        """
        work_item.must_be_open(self.session, item)
        if not self.state.has(item.task):
            raise ChangedMeanwhile(f"「{item.step}」已经不在等待办理。", hint="请刷新待办。")
        element = self.element(item.element)
        data = self.state.data_at(item.task)
        result: dict[str, Any] = {}
        verb = element.property("operation")
        if verb:
            result = operation.call(verb, self.step(element, data, answers, item), {})
        routes = element.property("routes").split()
        result |= {key: answers[key] for key in routes if key in answers}
        work_item.finish(self.session, item, self._person())
        kept = {key: value for key, value in answers.items() if not key.startswith(SECRET)}
        history.note(
            self.session,
            self.instance,
            "human",
            element=element,
            actor=self.actor,
            detail={"answers": kept, "item": item.id},
        )
        sign = element.property("sign")
        if sign:
            result |= self._count_part(item, element, sign, answers)
            if not result.pop("_signed"):
                self.save()
                return
        self.state.complete(item.task, result)
        self._before.pop(item.task, None)
        if advance:
            self.advance()
        else:
            self._settle()
            self.enqueue(
                "advance",
                {"instance": self.instance.id},
                key=f"advance:{self.instance.id}:{self.instance.version}",
            )

    def _person(self) -> Person:
        if self.actor is None:
            raise CaseworkError("办理环节需要办理人。")
        return self.actor

    def _count_part(
        self, item: WorkItem, element: Element, sign: str, answers: Mapping[str, Any]
    ) -> dict[str, Any]:
        """One part of a countersigned step is given: is the step decided (all · any · ratio:x · turn)?"""
        self.session.flush()
        parts = self.session.scalars(
            select(WorkItem).where(WorkItem.instance_id == self.instance.id, WorkItem.task == item.task),
        ).all()
        live = [part for part in parts if part.state != "cancelled"]
        done = [part for part in live if part.state == "done"]
        agrees = answers.get("decision", "agree") in ("agree", "approve", True)
        counts = dict(self.instance.data.get("_votes", {})).get(item.task, {"agree": 0})
        votes = {"total": len(live), "done": len(done), "agree": int(counts["agree"]) + int(agrees)}
        self.instance.data = {
            **self.instance.data,
            "_votes": {**self.instance.data.get("_votes", {}), item.task: votes},
        }
        if sign == "any":
            signed = True
        elif sign == "turn":
            signed = not self._next_turn(item, element, {part.seat for part in live})
        elif sign.startswith("ratio:"):
            signed = votes["agree"] >= float(sign.removeprefix("ratio:")) * len(live) or len(done) == len(
                live
            )
        else:
            signed = len(done) == len(live)
        return self._close_parts(live, element, votes, signed=signed)

    def _next_turn(self, item: WorkItem, element: Element, seats: set[str]) -> bool:
        """Signing in turn: open the part of the next person; False where nobody is left."""
        data = self.state.data_at(item.task)
        following = [place for place in self.places(element, data) if place.seat not in seats]
        if following:
            self._add_item(item.task, element, following[0], self.due(element, data))
        return bool(following)

    def _close_parts(
        self, live: Iterable[WorkItem], element: Element, votes: Mapping[str, int], *, signed: bool
    ) -> dict[str, Any]:
        if signed:
            for part in live:
                if part.state == "open":
                    part.state = "cancelled"
        return {f"{element.id}_votes": dict(votes), "_signed": signed}

    def fire(self, task: str) -> bool:
        """The due instant of a timer has come; False where its token is gone: nothing to do."""
        token = next(
            (token for token in self.state.tokens() if token.id == task and token.kind == "timer"), None
        )
        if token is None or self.instance.state != "running":
            return False
        history.note(
            self.session,
            self.instance,
            "timer",
            element=self.element(token.element),
            detail={"due": token.due},
        )
        self.state.fire(task)
        self.advance()
        return True

    def catch(self, message: str, data: Mapping[str, Any]) -> int:
        """Deliver a message; returns how many tokens took it."""
        taken = self.state.catch(message, data) if self.instance.state == "running" else 0
        if taken:
            history.note(self.session, self.instance, "message", step=message, actor=self.actor)
            self.advance()
        return taken

    def answer(self, task: str, result: Mapping[str, Any]) -> None:
        """All children of a call activity are done."""
        if self.instance.state != "running" or not self.state.has(task):
            return
        self.state.answer(task, result)
        self._before.pop(task, None)
        self.advance()

    def advance(self) -> None:
        """Move to the next wait states and store."""
        self.state.advance(self)
        self._settle()

    def cancel(self, instance_id: int, reason: str) -> None:
        """Verb's wish: end an instance and everything it called, through a job."""
        self.enqueue("cancel", {"instance": instance_id, "reason": reason}, key=f"cancel:{instance_id}")

    def end_here(self, reason: str) -> None:
        """End this instance now: tokens, open steps, children."""
        self.state.cancel()
        for token in list(self._before.values()):
            self._close(token)
        self._before = {}
        self.instance.state, self.instance.ended_at = "cancelled", clock.now()
        self.instance.outcome = "cancelled"
        history.note(
            self.session,
            self.instance,
            "end",
            step=self.definition.name,
            detail={"reason": reason, "state": "cancelled"},
        )
        for child in self.session.scalars(
            select(Instance.id).where(Instance.parent_id == self.instance.id, Instance.state == "running")
        ):
            self.cancel(child, reason)
        self.save()
        call.child_ended(self)

    # -- the kernel's world ------------------------------------------------------------------------

    def verb(self, element: str, task: str, data: dict[str, Any]) -> Mapping[str, Any]:  # noqa: ARG002
        """Carry out a service task."""
        node = self.element(element)
        parameters = {name: feel.evaluate(text, data) for name, text in node.parameters.items()}
        result = operation.call(node.operator, self.step(node, data), parameters)
        history.note(
            self.session,
            self.instance,
            "system",
            element=node,
            detail={"operation": node.operator, "result": result},
        )
        return result

    def decision(self, element: str, data: dict[str, Any]) -> Mapping[str, Any]:
        """Evaluate a business rule task: a context merges, another value stands under the decision's id."""
        node = self.element(element)
        value = self.decide(node.decision, data, element=node)
        return value if isinstance(value, dict) else {node.decision: value}

    # -- the verbs' machine ------------------------------------------------------------------------

    def decide(self, decision: str, facts: Mapping[str, Any], element: Element | None = None) -> Any:
        """Evaluate a decision of the case's release, keep the explanation; a null with reasons is an error.

        Asked by a verb, the decision stands under the article of the verb's step.
        """
        made = self.compiled.decide(decision, facts)
        value = plain(made.usable())
        asking = element or self._asking
        history.note(
            self.session,
            self.instance,
            "decision",
            element=asking,
            step=element.name if element else made.title or decision,
            detail={
                "decision": decision,
                "release": self.compiled.id,
                "version": self.compiled.version,
                "inputs": plain(made.inputs),
                "value": value,
                "matched": [matched.as_json() for matched in made.matched],
            },
        )
        return value

    def start(self, process: str, data: Mapping[str, Any], *, bureau_id: int, key: str) -> None:
        """Verb's wish: start another process once."""
        self.enqueue(
            "start", {"process": process, "data": dict(data), "bureau": bureau_id}, key=f"start:{key}"
        )

    def send(
        self, message: str, *, case_id: int, data: Mapping[str, Any] | None = None, key: str = ""
    ) -> None:
        """Verb's wish: deliver a message to a case."""
        self._wishes += 1
        name = key or f"{self.instance.id}:{self.instance.version}:{self._wishes}"
        self.enqueue(
            "send", {"message": message, "case": case_id, "data": dict(data or {})}, key=f"send:{name}"
        )

    def enqueue(
        self, kind: str, payload: Mapping[str, Any], *, key: str, due_at: datetime | None = None
    ) -> None:
        """Verb's wish: something outside, after the commit."""
        job.enqueue(self.session, kind, payload, key=key, instance_id=self.instance.id, due_at=due_at)

    def reassign(self, case_id: int) -> None:
        """Verb's wish: the people of the case have changed."""
        self.enqueue(
            "reassign",
            {"case": case_id},
            key=f"reassign:{case_id}:{self.instance.id}:{self.instance.version}",
        )

    # -- storing -----------------------------------------------------------------------------------

    def _settle(self) -> None:
        """Open what is new, close what is gone, store the state."""
        now = {token.id: token for token in self.state.tokens()}
        for identity, token in self._before.items():
            if identity not in now:
                self._close(token)
        fresh = [token for identity, token in now.items() if identity not in self._before]
        for token in fresh:
            if token.kind == "human":
                self._open(token)
            elif token.kind == "timer":
                self._schedule(token)
            elif token.kind == "call":
                call.opened(self, token)
        self._before = now
        self.instance.data = {**self._votes(), **self._public(self.state.data)}
        self.save()
        if self.state.completed and self.instance.state == "running":
            call.completed(self)

    def _votes(self) -> dict[str, Any]:
        votes = self.instance.data.get("_votes") if self.instance.data else None
        return {"_votes": votes} if votes else {}

    @staticmethod
    def _public(data: Mapping[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in data.items() if not key.startswith("_")}

    def save(self) -> None:
        """Store state, seal and version; the row's version check turns a lost race into ChangedMeanwhile."""
        body = self.state.dump()
        if len(body) > 40 * MAX_DATA:
            raise CaseworkError(
                f"实例 {self.instance.id} 的数据过大（{len(body)} 字节）。", hint="流程数据只放编号和决定。"
            )
        self.instance.body = body
        self.instance.mac = self.runtime.mac(self.instance, body)
        self.instance.changed_at = clock.now()
        self.instance.changed_by_id = self.actor.id if self.actor else None

    def _open(self, token: spiff.Token) -> None:
        element = self.element(token.element)
        places = self.places(element, token.data)
        sign = element.property("sign")
        if sign == "turn":
            places = places[:1]
        due = self.due(element, token.data)
        for place in places:
            self._add_item(token.id, element, place, due)

    def _add_item(self, task: str, element: Element, place: Place, due: DueDate | None) -> None:
        append(
            self.session,
            WorkItem,
            instance_id=self.instance.id,
            case_id=self.instance.case_id,
            bureau_id=self.instance.bureau_id,
            release_id=self.instance.release_id,
            process=self.instance.process,
            task=task,
            element=element.id,
            step=element.name,
            lane=element.lane,
            form=element.property("form"),
            clause=element.property("clause"),
            case_no=self.instance.case_no,
            title=self.instance.title,
            object_name=self.instance.object_name,
            pool=place.pool,
            home=place.pool,
            seat=place.seat,
            due_at=due.at if due else None,
            due_key=element.property("deadline", "step.default"),
            due_why=dict(due.why) if due else {},
        )

    def places(self, element: Element, data: Mapping[str, Any]) -> list[Place]:
        """Where a human step is found."""
        case_id = self.instance.case_id or self.instance.id
        return list(
            self.runtime.ports.places(
                self.session,
                Asked(
                    process=self.instance.process,
                    element=element.id,
                    lane=element.lane,
                    rule=element.property("assignee"),
                    sign=element.property("sign"),
                    bureau_id=self.instance.bureau_id,
                    case_id=case_id,
                    data=data,
                    starter_id=self.instance.started_by_id,
                    performer=self._performer(case_id),
                ),
            ),
        )

    def _performer(self, case_id: int) -> Callable[[str], int | None]:
        def who(element: str) -> int | None:
            self.session.flush()
            return work_item.performer(self.session, case_id, element)

        return who

    def due(self, element: Element, data: Mapping[str, Any]) -> DueDate | None:
        """The due instant of a step or timer, from today or from the day that `deadline_from` names."""
        origin = data.get(element.property("deadline_from"))
        start = date.fromisoformat(str(origin)[:10]) if origin else clock.today()
        with self.session.no_autoflush:  # the calendar does not depend on what this step writes
            return self.runtime.ports.due(
                self.session,
                pack=self.compiled.pack,
                key=element.property("deadline") or "step.default",
                start=start,
                decide=self.compiled.limit,
            )

    def _schedule(self, token: spiff.Token) -> None:
        element = self.element(token.element)
        due = self.due(element, token.data)
        if due is None:  # the pack sets no limit: the timer never fires, its token ends with its host
            self.state.set_due(token.id, "never")
            return
        self.state.set_due(token.id, due.at.isoformat())
        self.enqueue(
            "timer",
            {"instance": self.instance.id, "task": token.id},
            key=f"timer:{self.instance.id}:{token.id}",
            due_at=due.at,
        )

    def redistribute(self, task: str) -> None:
        """The people of the case have changed: open parts of a step go to those now responsible."""
        token = next(
            (token for token in self.state.tokens() if token.id == task and token.kind == "human"), None
        )
        if token is None:
            return
        parts = self.session.scalars(
            select(WorkItem).where(WorkItem.instance_id == self.instance.id, WorkItem.task == task),
        ).all()
        element = self.element(token.element)
        places = self.places(element, token.data)
        seats = {part.seat: part for part in parts}
        for part in parts:
            if part.state == "open" and part.seat not in {place.seat for place in places}:
                part.state = "cancelled"
        for place in places:
            seated = seats.get(place.seat)
            if seated is None:
                self._add_item(task, element, place, self.due(element, token.data))
            elif seated.state == "cancelled":
                seated.state, seated.pool, seated.home = "open", place.pool, place.pool
            elif seated.state == "open" and seated.home != place.pool:
                seated.pool = seated.home = place.pool
                seated.claimed_by_id = seated.claimed_at = None
        self.session.flush()

    def _close(self, token: spiff.Token) -> None:
        if token.kind == "human":
            for item in self.session.scalars(
                select(WorkItem).where(
                    WorkItem.instance_id == self.instance.id,
                    WorkItem.task == token.id,
                    WorkItem.state == "open",
                ),
            ):
                item.state = "cancelled"
        elif token.kind == "call":
            call.closed(self, token)
