"""谁可以参加抽取: every object in scope with its stratum and its reason to stay out.

Everybody who may be drawn.

Reasons are computed from facts, never typed: 依据 J11 (repeat, superior, blacklist), W9 (twice a year,
special cases), J12, W5 (qualified staff), J13. A visit counts in the calendar year of its start; one that
is drawn but not yet begun counts too.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from functools import cached_property
from typing import NamedTuple, cast

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from engine import clock
from engine.domain.ceremony.tables import Draw, DrawException, DrawnPerson
from engine.domain.eligibility import Eligibility, person_reason
from engine.domain.inspection.tables import Inspection
from engine.domain.plan.query import serves, tasks_of
from engine.domain.plan.tables import PlanTask
from engine.domain.registry import Inspector, RegistryObject, above, below, inspectors_of
from engine.domain.terms import SPECIALTIES
from engine.operation import Rules, Step
from engine.rules.plain import plain
from engine.sentence import Sentence

HIGH = "H"
WORST_COMPLAINTS, WORST_PENALTIES = 3, 1


@dataclass(slots=True)
class Thing:
    """An object in scope. `own_reason` is why it stays out by the facts.

    `excl` the same after approved repeats.
    """

    object_id: int
    code: str
    name: str
    kind: str
    stratum: str
    visits: int
    cap: int
    listed: bool
    own_reason: str
    excl: str


@dataclass(frozen=True, slots=True)
class Servant:
    """Somebody of the inspector registry as the draw sees them."""

    inspector_id: int
    staff_no: str
    name: str
    cert: bool
    lead: bool
    spec: tuple[str, ...]
    load: int
    excl: str


@dataclass
class Pool:
    """Both pools of one draw and the quota of every stratum."""

    things: list[Thing]
    servants: list[Servant]
    strata: dict[str, dict[str, int | str]]
    labels: dict[str, str] = field(default_factory=dict)
    cap: int = 1
    rows: list[RegistryObject] = field(default_factory=list)

    @cached_property
    def eligible(self) -> list[Thing]:
        """Objects that may be drawn."""
        return [thing for thing in self.things if not thing.excl]

    @cached_property
    def people(self) -> list[Servant]:
        """People who may be drawn."""
        return [servant for servant in self.servants if not servant.excl]

    @cached_property
    def by_code(self) -> dict[str, Thing]:
        """Objects by institution code."""
        return {thing.code: thing for thing in self.things}

    @cached_property
    def names(self) -> dict[int, str]:
        """Names of objects by id."""
        return {thing.object_id: thing.name for thing in self.things}

    def sample(self) -> int:
        """How many objects this draw will take."""
        found = Counter(thing.stratum for thing in self.eligible)
        return sum(quota(self.strata[name], found[name]) for name in self.strata)


def quota(rule: dict[str, int | str], eligible: int) -> int:
    """应抽数量 of a stratum, as the protocol counts it."""
    from engine.domain.draw.selection import quota_of  # noqa: PLC0415 (one formula, kept with the protocol)

    return quota_of(dict(rule), eligible)


def pool_of(step: Step, draw: Draw) -> Pool:
    """Objects and people for a draw as the registries say now."""
    rules = step.rules
    tasks = tasks_of(step.session, draw.plan_id, draw.batch)
    cap = int(rules["cap.per_year"].value)
    rows = rows_in_scope(step.session, draw, tasks)
    pool = Pool(
        things=_things(step, draw, tasks, rows, rules),
        servants=servants(step.session, draw.bureau_id, rules, clock.today()),
        strata={},
        cap=cap,
        rows=rows,
    )
    present = {thing.stratum for thing in pool.things}
    for task in tasks:
        name = stratum_name(task)
        if name in present:
            pool.strata[name] = _rule(task, Fraction(1))
            pool.labels[name] = task.name
        if f"{name}-{HIGH}" in present:
            pool.strata[f"{name}-{HIGH}"] = _rule(task, _factor(step, draw))
            pool.labels[f"{name}-{HIGH}"] = Sentence("{label}（重点监管对象）", label=task.name)
    return pool


def stratum_name(task: PlanTask) -> str:
    """The stratum of a task in the draw document."""
    return f"T{task.no:02d}"


def _rule(task: PlanTask, factor: Fraction) -> dict[str, int | str]:
    den = task.den * factor.denominator
    return {
        "num": min(task.num * factor.numerator, den),
        "den": den,
        "min": task.at_least,
        "round": task.rounding,
    }


def _things(
    step: Step, draw: Draw, tasks: list[PlanTask], rows: list[RegistryObject], rules: Rules
) -> list[Thing]:
    session, today, cap = step.session, clock.today(), int(rules["cap.per_year"].value)
    ordered = sorted(tasks, key=lambda task: (-task.num / task.den, task.no))
    visited, superior = visits(session, today.year), _drawn_above(session, draw.bureau_id, today.year)
    lifted = {
        row.object_id
        for row in session.scalars(select(DrawException).where(DrawException.draw_id == draw.id))
        if row.approved
    }
    rule = Eligibility(
        rules,
        lambda facts: step.machine.decide("eligibility", facts),
        dict(draw.settings.get("eligibility", {})),
    )
    risks: dict[tuple[int, int, str], str] = {}
    scopes: dict[tuple[str, str], PlanTask | None] = {}
    found: dict[str, Thing] = {}
    for row in rows:
        scope = (row.kind, row.level)
        if scope not in scopes:
            scopes[scope] = next((task for task in ordered if serves(task, row)), None)
        task = scopes[scope]
        if task is None or row.code in found:
            continue
        count = visited[row.id] + (row.visits if row.visits_year == today.year else 0)
        reason = rule.reason(row, on=today, visits=count, by_superior=row.code in superior)
        allowed = row.id in lifted
        found[row.code] = Thing(
            object_id=row.id,
            code=row.code,
            name=row.name,
            kind=row.kind,
            stratum=stratum_name(task) + _risk(step, draw, row, rules, risks),
            visits=count,
            cap=count + 1 if allowed else cap,
            listed=rule.listed(row, today),
            own_reason=reason,
            excl="" if allowed and reason == "cap" else reason,
        )
    if rule.answers != draw.settings.get("eligibility", {}):
        draw.settings = {**draw.settings, "eligibility": rule.answers}
    return sorted(found.values(), key=lambda thing: thing.code)


class Seen(NamedTuple):
    """An object of the registry as a draw looks at it: read by the ten thousand, so no tracked row."""

    id: int
    bureau_id: int
    code: str
    uscc: str
    name: str
    kind: str
    level: str
    type: str
    group_name: str
    address: str
    active: bool
    closed_on: date | None
    agreement_state: str
    superior_drawn_on: date | None
    visits: int
    visits_year: int
    complaints: int
    penalties: int
    credit_level: str
    blacklisted_from: date | None
    blacklisted_to: date | None

    def blacklisted(self, on: date) -> bool:
        """Whether it stands on the 黑名单 on a day."""
        return RegistryObject.blacklisted(cast("RegistryObject", self), on)


def rows_in_scope(session: Session, draw: Draw, tasks: list[PlanTask]) -> list[RegistryObject]:
    """The objects that the tasks are about, of the bureau and those below; its own rows first."""
    query = (
        select(*(getattr(RegistryObject, name) for name in Seen._fields))
        .where(RegistryObject.bureau_id.in_(below(session, draw.bureau_id)))
        .where(RegistryObject.kind.in_({task.object_kind for task in tasks}))
        .order_by(RegistryObject.bureau_id != draw.bureau_id, RegistryObject.bureau_id, RegistryObject.code)
    )
    return cast("list[RegistryObject]", [Seen._make(row) for row in session.execute(query)])


def visits(session: Session, year: int) -> Counter[int]:
    """How often each object was drawn and inspected (or waits for it) in a year; leads do not count.

    The year is that of the visit, never of the draw; what is reviewed online (舞 第六条) has no arrival and
    counts on the day the review ended.
    """
    first, last = date(year, 1, 1), date(year, 12, 31)
    waits = Inspection.arrived_at.is_(None) & Inspection.ended_on.is_(None)
    query = (
        select(Inspection.object_id, func.count())
        .where(Inspection.draw_id.is_not(None), Inspection.state != "cancelled")
        .where(
            or_(
                Inspection.arrived_at.between(clock.start_of(first), clock.end_of(last)),
                Inspection.arrived_at.is_(None) & Inspection.ended_on.between(first, last),
                waits & Inspection.closed_at.is_(None),
            )
        )
        .group_by(Inspection.object_id)
    )
    return Counter({row[0]: row[1] for row in session.execute(query)})


def _drawn_above(session: Session, bureau_id: int, year: int) -> set[str]:
    """Codes of the objects that a superior in this installation has drawn this year."""
    query = (
        select(RegistryObject.code)
        .join(Inspection, Inspection.object_id == RegistryObject.id)
        .where(Inspection.bureau_id.in_(above(session, bureau_id)[1:]), Inspection.draw_id.is_not(None))
        .where(Inspection.year == year, Inspection.state != "cancelled")
    )
    return set(session.scalars(query))


def _risk(
    step: Step, draw: Draw, row: RegistryObject, rules: Rules, known: dict[tuple[int, int, str], str]
) -> str:
    """重点监管: `-H` for an object whose record asks for more attention (W9), asked once per combination."""
    if not rules["risk.uplift"].value:
        return ""
    key = (min(row.complaints, WORST_COMPLAINTS), min(row.penalties, WORST_PENALTIES), row.credit_level)
    if key not in known:
        facts: dict[str, int | str] = {
            "complaints": key[0],
            "penalties": key[1],
            "credit_level": key[2],
        }
        known[key] = f"-{HIGH}" if _decided(step, draw, facts).get("risk") == "high" else ""
    return known[key]


def _factor(step: Step, draw: Draw) -> Fraction:
    """How many times the share of a task counts for objects of high risk; 1.5 is three halves, not one."""
    facts: dict[str, int | str] = {
        "complaints": WORST_COMPLAINTS,
        "penalties": WORST_PENALTIES,
        "credit_level": "D",
    }
    return Fraction(str(_decided(step, draw, facts).get("factor") or 1))


def _decided(step: Step, draw: Draw, facts: dict[str, int | str]) -> dict[str, object]:
    """Asked of the table once a draw: what it answered stays with the draw."""
    key = "|".join(str(value) for value in facts.values())
    answered: dict[str, dict[str, object]] = dict(draw.settings.get("uplift", {}))
    if key not in answered:
        answered[key] = plain(step.machine.decide("uplift", facts))
        draw.settings = {**draw.settings, "uplift": answered}
    return answered[key]


def servants(session: Session, bureau_id: int, rules: Rules, on: date) -> list[Servant]:
    """Everybody of the inspector registry, by staff number, with the reason why not."""
    people = inspectors_of(session, bureau_id)
    served = turns(session, bureau_id, on.year)
    loads = {who.staff_no: who.turns(on.year) + served[who.id] for who in people}
    found = [_servant(who, loads[who.staff_no], rules, on) for who in people]
    return _apart(people, found)


def _servant(who: Inspector, load: int, rules: Rules, on: date) -> Servant:
    cert = who.licensed(on)
    codes = {label: code for code, label in SPECIALTIES.items()}
    spec = sorted({codes.get(word, word) for word in who.specialties if codes.get(word, word) in SPECIALTIES})
    return Servant(
        inspector_id=who.id,
        staff_no=who.staff_no,
        name=who.name,
        cert=cert,
        lead=who.can_lead and cert,
        spec=tuple(spec),
        load=load,
        excl=person_reason(who, pack=rules, on=on),
    )


def _apart(people: list[Inspector], found: list[Servant]) -> list[Servant]:
    """Relatives do not serve together.

    Of two, the one with more turns stays out this time (the later number in a tie).
    """
    from dataclasses import replace  # noqa: PLC0415

    by_no = {servant.staff_no: servant for servant in found}
    pairs = {
        (min(who.staff_no, other), max(who.staff_no, other))
        for who in people
        for other in who.relatives
        if other in by_no
    }
    for one, other in sorted(pairs):
        first, second = by_no[one], by_no[other]
        if not first.excl and not second.excl:
            out = first if first.load > second.load else second
            by_no[out.staff_no] = replace(out, excl="relative")
    return [by_no[servant.staff_no] for servant in found]


def turns(session: Session, bureau_id: int, year: int) -> Counter[int]:
    """Turns served in draws of a year, by inspector id."""
    query = (
        select(DrawnPerson.inspector_id, func.count())
        .join(Draw, Draw.id == DrawnPerson.draw_id)
        .where(Draw.bureau_id == bureau_id, Draw.year == year, Draw.state.in_(("placed", "closed")))
        .where(DrawnPerson.state == "serving")
        .group_by(DrawnPerson.inspector_id)
    )
    return Counter({row[0]: row[1] for row in session.execute(query)})
