"""One step, one transaction: move to the next waits, store, open what is next.

A run is a locked instance within its transaction. It is the world that the kernel asks (verbs, decisions) and
the machine that verbs ask (wishes, which become jobs).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.exc import StaleDataError

from engine import clock, operation
from engine.errors import CaseworkError, ChangedMeanwhile
from engine.people import Person
from engine.rules import feel
from engine.rules.plain import plain
from engine.runtime import call, history, job, message, sign, spiff, wait, work_item
from engine.runtime.model import Element, Process
from engine.runtime.release import Compiled
from engine.runtime.tables import ALIVE, Instance, WorkItem
from engine.sentence import Sentence
from engine.storage.base import write

if TYPE_CHECKING:
    from engine.runtime.instance import Runtime

MAX_DATA = 64_000  # bytes of process data: references and decisions, never documents
SECRET = "secret_"  # noqa: S105 (keys that begin like this never reach a stored row)
_CHANGING = (
    "case_id", "state", "outcome", "data", "body", "mac", "version", "changed_at", "changed_by_id", "ended_at",
)  # fmt: skip
_SAVE = (
    update(Instance)
    .where(Instance.id == bindparam("instance"), Instance.version == bindparam("seen"))
    .values({name: bindparam(f"new_{name}") for name in _CHANGING})
)


def storable(answers: Mapping[str, Any]) -> dict[str, Any]:
    """Answers as they may stand in a row: without the secrets of a draw, which nobody may read afterwards."""
    return {key: value for key, value in answers.items() if not key.startswith(SECRET)}


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
        acting_for: Person | None = None,
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
            acting_for=acting_for,
            answers=answers or {},
            data=dict(data),
            work_item_id=item.id if item else None,
            due_at=item.due_at if item else None,
        )

    def complete(
        self,
        item: WorkItem,
        answers: Mapping[str, Any],
        *,
        advance: bool = True,
        acting_for: Person | None = None,
    ) -> None:
        """A person has answered a step, for an absent one perhaps: record it by its verb, then move on.

        With `advance=False` the machine's part is left to a job: the person's answer is kept even where a
        system step behind it fails.
        """
        work_item.must_be_open(self.session, item)
        if not self.state.has(item.task):
            raise ChangedMeanwhile(
                Sentence("“{step}”已经不在等待办理。", step=item.step), hint="请刷新待办。"
            )
        element = self.element(item.element)
        data = self.state.data_at(item.task)
        result: dict[str, Any] = {}
        verb = element.property("operation")
        if verb:
            result = operation.call(verb, self.step(element, data, answers, item, acting_for), {})
        routes = element.property("routes").split()
        result |= {key: answers[key] for key in routes if key in answers}
        work_item.finish(self.session, item, self._person(), acting_for)
        history.note(
            self.session,
            self.instance,
            "human",
            element=element,
            actor=self.actor,
            detail={"answers": storable(answers), "item": item.id}
            | ({"for": acting_for.name} if acting_for else {}),
        )
        if element.property("sign"):
            votes = sign.part_given(self, item, element, answers)
            if votes is None:
                self.save()
                return
            result |= votes
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

    def fire(self, task: str, *, due: str = "") -> bool:
        """The due instant of a timer has come; False where its token is gone: nothing to do.

        `due`: the instant in force, where a change of the calendar has moved it since the timer was set.
        """
        token = next(
            (token for token in self.state.tokens() if token.id == task and token.kind == "timer"), None
        )
        if token is None or not self.instance.alive:
            return False
        history.note(
            self.session,
            self.instance,
            "timer",
            element=self.element(token.element),
            detail={"due": due or token.due},
        )
        self.state.fire(task)
        self.advance()
        return True

    def catch(self, name: str, data: Mapping[str, Any]) -> int:
        """Hand a message to the tokens that wait here; how many took it (`message.deliver` keeps what none took)."""
        taken = self.state.catch(name, data) if self.instance.alive else 0
        if taken:
            history.note(self.session, self.instance, "message", step=name, actor=self.actor)
            self.advance()
        return taken

    def answer(self, task: str, result: Mapping[str, Any]) -> None:
        """All children of a call activity are done."""
        if not self.instance.alive or not self.state.has(task):
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
            wait.closed(self, token)
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
            select(Instance.id).where(Instance.parent_id == self.instance.id, Instance.state.in_(ALIVE))
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

    def limit(self, decision: str, facts: Mapping[str, Any]) -> Any:
        """A row of the deadlines table of the case's release."""
        return self.compiled.limit(decision, facts)

    def rules(self) -> operation.Rules:
        """The parameters of the case's release."""
        return self.runtime.ports.rules(self.compiled.pack, self.compiled.parameters)

    def start(self, process: str, data: Mapping[str, Any], *, bureau_id: int, key: str) -> None:
        """Verb's wish: start another process once."""
        self.enqueue(
            "start", {"process": process, "data": dict(data), "bureau": bureau_id}, key=f"start:{key}"
        )

    def send(
        self, message: str, *, case_id: int, data: Mapping[str, Any] | None = None, key: str = ""
    ) -> None:
        """Verb's wish: deliver a message to a case; one that comes early is kept until the flow waits for it."""
        self._wishes += 1
        once = key or f"{self.instance.id}:{self.instance.version}:{self._wishes}"
        self.enqueue(
            "send", {"message": message, "case": case_id, "data": dict(data or {})}, key=f"send:{once}"
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

    def handed_in(self, session: Session, case_id: int) -> list[tuple[str, str]]:
        """The files that stand in the answers of a case."""
        return history.handed_in(session, case_id)

    # -- storing -----------------------------------------------------------------------------------

    def _settle(self) -> None:
        """Open what is new, close what is gone, store the state."""
        now = {token.id: token for token in self.state.tokens()}
        for identity, token in self._before.items():
            if identity not in now:
                wait.closed(self, token)
        fresh = [token for identity, token in now.items() if identity not in self._before]
        for token in fresh:
            if token.kind == "human":
                wait.opened(self, token)
            elif token.kind == "timer":
                wait.scheduled(self, token)
            elif token.kind == "call":
                call.opened(self, token)
        self._before = now
        if message.reached(self, fresh):
            self.advance()
            return
        kept = {key: self.instance.data[key] for key in sign.KEPT if (self.instance.data or {}).get(key)}
        # `save` writes it: to be watched as a change would cost as much as the statement itself.
        set_committed_value(self.instance, "data", {**kept, **self._public(self.state.data)})
        ended = self.state.completed and self.instance.alive and call.ended(self)
        self.save()
        if ended:
            call.child_ended(self)

    @property
    def votes(self) -> dict[str, dict[str, int]]:
        """Counts of the countersigned steps, by token; kept with the instance, no process data."""
        return dict((self.instance.data or {}).get("_votes", {}))

    @votes.setter
    def votes(self, counts: Mapping[str, dict[str, int]]) -> None:
        """Keep the counts."""
        self.instance.data = {**self.instance.data, "_votes": dict(counts)}

    @staticmethod
    def _public(data: Mapping[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in data.items() if not key.startswith("_")}

    def save(self) -> None:
        """Store the instance, state sealed; StaleDataError where the row's version is another one by now."""
        body = self.state.dump()
        if len(body) > 40 * MAX_DATA:
            raise CaseworkError(
                Sentence(
                    "实例 {instance} 的数据过大（{count} 字节）。", instance=self.instance.id, count=len(body)
                ),
                hint="流程数据只放编号和决定。",
            )
        instance = self.instance
        new = {name: getattr(instance, name) for name in _CHANGING} | {
            "body": body,
            "mac": self.runtime.mac(instance, body),
            "version": instance.version + 1,
            "changed_at": clock.now(),
            "changed_by_id": self.actor.id if self.actor else None,
        }
        values = {f"new_{name}": value for name, value in new.items()}
        # Past the unit of work: this happens at every step.
        if write(self.session, _SAVE, {"instance": instance.id, "seen": instance.version, **values}) != 1:
            raise StaleDataError(f"instance {instance.id} is not as it was seen")
        for name, value in new.items():
            set_committed_value(instance, name, value)
