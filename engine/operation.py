"""The catalogue of verbs that a diagram may call, and what each verb is told about the step it serves.

A service task names its verb in `spiffworkflow:serviceTaskOperator`, a human step in the property
`operation` (the verb then records the answers). Signature and docstring of the verb are the catalogue that
the release check uses and that process owners read.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, TypeVar

from sqlalchemy.orm import Session

from engine import audit
from engine.errors import CaseworkError
from engine.people import Person
from engine.sentence import Sentence

F = TypeVar("F", bound=Callable[..., Any])


class Rule(Protocol):
    """One parameter of a rule pack: what it is, how strong (hard · principle), by which articles."""

    @property
    def key(self) -> str:
        """Its name in the catalogue of parameters."""

    @property
    def value(self) -> Any:
        """None: not regulated."""

    @property
    def strength(self) -> str:
        """Hard: no exception; principle (原则上): may be broken with reason and approver."""

    @property
    def source(self) -> str:
        """Article references, see `Rules.cite`."""


class Rules(Protocol):
    """The parameters of a rule pack (规则包), as the case's release has them."""

    @property
    def name(self) -> str:
        """The pack's name, for what shows itself only to its users."""

    def __getitem__(self, key: str) -> Rule:
        """A parameter by its key; NotFound for one that no pack knows."""

    def value(self, key: str) -> Any:
        """The value in force today; None where nothing is regulated or no longer in force."""

    def label(self, role: str) -> str:
        """What this bureau calls a role."""

    def cite(self, refs: str) -> str:
        """Article references in the words of this pack's users."""


class Machine(Protocol):
    """What a verb may ask of the BPM machine; every wish becomes a job row, carried out after the commit."""

    def start(self, process: str, data: Mapping[str, Any], *, bureau_id: int, key: str) -> None:
        """Start another process once; `key` names the wish, so that repeating it starts nothing twice."""

    def send(
        self, message: str, *, case_id: int, data: Mapping[str, Any] | None = None, key: str = ""
    ) -> None:
        """Deliver a BPMN message to a case; one that comes early is kept until the flow waits for it."""

    def cancel(self, instance_id: int, reason: str) -> None:
        """End an instance and everything it called."""

    def enqueue(
        self, kind: str, payload: Mapping[str, Any], *, key: str, due_at: datetime | None = None
    ) -> None:
        """Do something outside after the commit (send, publish, write a package), with retries."""

    def decide(self, decision: str, facts: Mapping[str, Any]) -> Any:
        """Evaluate a decision of the case's release; the explanation is kept with the case."""

    def limit(self, decision: str, facts: Mapping[str, Any]) -> Any:
        """A row of the case's own deadlines table; asked for often, so no explanation is kept of it."""

    def rules(self) -> Rules:
        """The parameters of the case's release; a running case keeps them (沿用开办时的版本)."""

    def reassign(self, case_id: int) -> None:
        """The people of a case have changed: its open steps go to those who are now responsible."""

    def handed_in(self, session: Session, case_id: int) -> list[tuple[str, str]]:
        """Files in the answers of a case, whatever form asked for them: (file id, step), oldest first."""


@dataclass(slots=True)
class Step:
    """The step that a verb serves: who acts, in which bureau and case, by which rules.

    `actor` is None for a system step. `answers` are the validated answers of the form (human steps only).
    `data` is a copy of the process data, references and decisions only. `acting_for` is the absent person whose
    post the actor fills as a proxy (代理).
    """

    session: Session
    machine: Machine
    bureau_id: int
    pack: str
    release_id: int
    instance_id: int
    case_id: int
    process: str
    element: str
    name: str
    clause: str = ""
    actor: Person | None = None
    acting_for: Person | None = None
    answers: Mapping[str, Any] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)
    work_item_id: int | None = None
    due_at: datetime | None = None

    def person(self) -> Person:
        """The acting person; a verb that needs one cannot serve a system step."""
        if self.actor is None:
            raise CaseworkError(Sentence("环节“{step}”由系统执行，但动作需要办理人。", step=self.name))
        return self.actor

    @property
    def rules(self) -> Rules:
        """The parameters that the case is run by."""
        return self.machine.rules()

    def officer(self) -> Person:
        """Whose post the step is done in: the acting person's own, or that of whom they stand in for."""
        return self.acting_for or self.person()


@dataclass(frozen=True, slots=True)
class Operation:
    """A verb of the catalogue. `parameters`: name → required; `gives`: the only data keys it may set."""

    name: str
    clause: str
    function: Callable[..., Mapping[str, Any] | None]
    parameters: Mapping[str, bool]
    gives: tuple[str, ...]
    purpose: str


_catalogue: dict[str, Operation] = {}
Count = Callable[..., int]
_counts: dict[str, Count] = {}
_feeds: dict[str, Callable[..., Iterable[tuple[str, Mapping[str, Any]]]]] = {}


def operation(name: str, *, clause: str = "", gives: Iterable[str] = ()) -> Callable[[F], F]:
    """Enter a verb into the catalogue: `@operation("plan.approve", clause="W8", gives=("decision",))`.

    The function takes the `Step` first, then keyword-only parameters. Each parameter is filled from the
    step's FEEL parameters or else from the process data key of the same name.
    """

    def enter(function: F) -> F:
        if name in _catalogue and _catalogue[name].function is not function:
            raise CaseworkError(Sentence("operation {name} is entered twice", name=name))
        signature = list(inspect.signature(function).parameters.values())[1:]
        _catalogue[name] = Operation(
            name=name,
            clause=clause,
            function=function,
            parameters={p.name: p.default is inspect.Parameter.empty for p in signature},
            gives=tuple(gives),
            purpose=(function.__doc__ or "").strip().split("\n", 1)[0],
        )
        return function

    return enter


def feed(name: str, *, count: Count | None = None) -> Callable[[F], F]:
    """Enter the source of a multi-instance call activity (its property `items`).

    The function takes `(step, *, after: str, limit: int, **references)` and yields `(item key, data of the
    child)` in key order, starting behind `after` ("" = from the beginning); the same call always yields the
    same items. `count` tells how many there are, `(step, **references)`; without it they are all made once
    to be counted.
    """

    def enter(function: F) -> F:
        _feeds[name] = function
        if count is not None:
            _counts[name] = count
        return function

    return enter


def feed_size(name: str, step: Step, taken: Mapping[str, Any]) -> int:
    """How many items a source has for a step."""
    if name in _counts:
        return _counts[name](step, **taken)
    return sum(1 for _ in _feeds[name](step, after="", limit=1_000_000, **taken))


_prefills: dict[str, Callable[[Step], Mapping[str, Any]]] = {}
_subjects: dict[str, Callable[[Session, Mapping[str, Any]], Mapping[str, str]]] = {}


def prefill(form: str) -> Callable[[F], F]:
    """Enter what a form shows besides its fields: `{facts, options, defaults, rows, links}`, all optional.

    `facts`: `[(label, value)]`; `options`: `valuesKey → [(value, label)]`; `defaults`: `key → value`;
    `rows`: `dataSource → [row]` for read-only tables; `links`: `[(words, path)]`, files that the step hands out. For
    who decides also `history` (`[(label, value)]`) and `unusual` (sentences).
    """

    def enter(function: F) -> F:
        _prefills[form] = function
        return function

    return enter


def shown_on(form: str, step: Step) -> dict[str, Any]:
    """What the domain shows on a form for this step."""
    function = _prefills.get(form)
    return dict(function(step)) if function else {}


def subject(process: str) -> Callable[[F], F]:
    """Enter how instances of a process are titled: `(session, data) → {case_no, title, object_name}`."""

    def enter(function: F) -> F:
        _subjects[process] = function
        return function

    return enter


def describe(process: str, session: Session, data: Mapping[str, Any]) -> dict[str, str]:
    """Case number, title and object name of an instance of a process."""
    function = _subjects.get(process)
    return dict(function(session, data)) if function else {}


def catalogue() -> Mapping[str, Operation]:
    """All verbs by name."""
    return _catalogue


def feeds() -> Mapping[str, Callable[..., Iterable[tuple[str, Mapping[str, Any]]]]]:
    """All item sources by name."""
    return _feeds


def references(name: str) -> list[str]:
    """The data keys that an item source wants."""
    parameters = list(inspect.signature(_feeds[name]).parameters)[1:]
    return [parameter for parameter in parameters if parameter not in ("after", "limit")]


def call(name: str, step: Step, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Call a verb: fill its parameters, let `Refused` through, keep only what it may give."""
    verb = _catalogue.get(name)
    if verb is None:
        raise CaseworkError(Sentence("目录中没有动作“{name}”。", name=name))
    given: dict[str, Any] = {}
    for parameter, required in verb.parameters.items():
        if parameter in parameters:
            given[parameter] = parameters[parameter]
        elif parameter in step.data:
            given[parameter] = step.data[parameter]
        elif required:
            raise CaseworkError(
                Sentence(
                    "动作“{name}”缺少参数“{parameter}”（环节“{step}”）。",
                    name=name,
                    parameter=parameter,
                    step=step.name,
                )
            )
    result = dict(verb.function(step, **given) or {})
    if step.work_item_id is None and step.actor is None:
        audit.record(
            step.session,
            action=name,
            subject=f"case/{step.case_id}",
            bureau_id=step.bureau_id,
            after=result,
            clause=step.clause or verb.clause,
            release_id=step.release_id,
        )
    surplus = sorted(set(result) - set(verb.gives))
    if surplus:
        raise CaseworkError(
            Sentence("动作“{name}”给出了未声明的数据：{surplus}。", name=name, surplus="、".join(surplus))
        )
    return result


Errand = Callable[..., None]
_errands: dict[str, Errand] = {}


def errand(kind: str) -> Callable[[F], F]:
    """Enter something done outside after the commit: `(payload, *, database, settings) → None`.

    It opens its own transactions, may be run twice with the same payload, and raises to be tried again later.
    """

    def enter(function: F) -> F:
        _errands[kind] = function
        return function

    return enter


def errands() -> Mapping[str, Errand]:
    """All errands by kind."""
    return _errands
