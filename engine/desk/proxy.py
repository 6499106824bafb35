"""Standing in: which steps of an absent person a proxy may do now, and under which guards.

Only steps of a post (a role's pool), never a person's own part. Recusal and «not the proposer» are asked of both:
of who does the step and of whom it is done for; what a proxy did counts as done by both.
依据: 吉 第十三条 (回避), 国发〔2019〕5号 (职责分离).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session, selectinload

from engine import audit
from engine.access import proxy as proxies
from engine.access.proxy import Proxy
from engine.access.rights import MANAGE_PEOPLE, WORK
from engine.desk.lamp import Days, Lamp
from engine.desk.notice import Matter, tell
from engine.desk.pool import draws_from, pools
from engine.domain import terms
from engine.errors import Refused
from engine.people import Person, Role, person
from engine.runtime import release
from engine.runtime.tables import WorkItem
from engine.sentence import Sentence

MOST = 50


@dataclass(frozen=True, slots=True)
class Waiting:
    """A step that waits for an absent person, for the one who stands in."""

    id: int
    name: str
    step: str
    lamp: Lamp
    due_at: datetime | None
    principal: str
    until: date


@dataclass(frozen=True, slots=True)
class Shown:
    """The page of proxies: those I gave, those I hold, whom I may appoint, for which processes."""

    given: Sequence[Proxy]
    held: Sequence[Proxy]
    able: Sequence[Person]
    people: Sequence[Person]
    processes: Sequence[tuple[str, str]]
    steps: Sequence[tuple[str, str]]


def stands_in(session: Session, actor: Person, item: WorkItem) -> Person | None:
    """For whom this person may do a step that is not in a pool of theirs; None for nobody."""
    kind, _, rest = item.home.partition("/")
    if item.state != "open" or kind != "role":
        return None
    bureau, _, role = rest.partition("/")
    taken = item.pool == f"person/{actor.id}"  # by the proxy: still for the absent person
    for row in proxies.standing(session, actor):
        principal = row.principal
        if (
            row.covers(item.process, item.element)
            and proxies.able_to_stand_in(actor, Role(role), int(bureau))
            and WORK.allows(principal)
            and draws_from(session, principal, item.home)
            and (taken or draws_from(session, principal, item.pool))
        ):
            return principal
    return None


def waiting(session: Session, actor: Person) -> list[Waiting]:
    """The steps a person may do for absent ones, soonest first; those in an own pool are in the inbox anyway."""
    found: dict[int, Waiting] = {}
    days, own = Days(session), pools(session, actor)
    for row in proxies.standing(session, actor):
        posts = [
            f"role/{grant.bureau_id}/{grant.role.value}"
            for grant in row.principal.grants
            if proxies.able_to_stand_in(actor, grant.role, grant.bureau_id)
        ]
        query = select(WorkItem).where(
            WorkItem.pool.in_([f"person/{row.principal_id}", *posts]),
            WorkItem.pool.not_in(own),
            WorkItem.home.in_(posts),
            WorkItem.state == "open",
            *_covered(row),
        )
        for item in session.scalars(query.order_by(WorkItem.due_at, WorkItem.id).limit(MOST)):
            if stands_in(session, actor, item) is not None:
                found[item.id] = Waiting(
                    item.id, item.name, item.step, days.lamp(item.due_at), item.due_at, row.principal.name,
                    row.valid_to,
                )  # fmt: skip
    return sorted(found.values(), key=lambda each: (each.due_at is None, each.due_at, each.id))


def _covered(row: Proxy) -> Iterator[ColumnElement[bool]]:
    """`Proxy.covers`, asked of the database: what lies outside the scope must not use up the first rows."""
    if row.steps:
        yield (WorkItem.process + "." + WorkItem.element).in_(row.steps)
    if row.processes:
        parts = (WorkItem.process.startswith(f"{root}.", autoescape=True) for root in row.processes)
        yield or_(WorkItem.process.in_(row.processes), *parts)


def page(session: Session, actor: Person) -> Shown:
    """What the page of proxies shows to a person; the security administrator sees those of the bureau."""
    manager = MANAGE_PEOPLE.allows(actor)
    people = [] if manager else [actor]
    if manager:
        query = select(Person).where(Person.bureau_id == actor.bureau_id, Person.active)
        mates = session.scalars(query.order_by(Person.staff_no).options(selectinload(Person.grants)))
        people = [each for each in mates if WORK.allows(each)]
    given = proxies.absences(session, *people)
    able = proxies.able(session, *people)
    held = proxies.standing(session, actor)
    processes, steps = _scope(session, actor)
    return Shown(given, held, able, people, processes, steps)


def appoint(
    session: Session,
    actor: Person,
    *,
    principal: int,
    proxy: int,
    days: tuple[date, date],
    reason: str,
    processes: list[str],
    steps: list[str],
) -> Proxy:
    """Appoint a proxy by number; Refused (slug `proxy-scope`) where the release knows no such process or step.

    Nothing is left out in silence: an empty scope means everything.
    """
    for wanted, known in zip((processes, steps), _scope(session, actor), strict=True):
        strange = next((each for each in wanted if each not in dict(known)), None)
        if strange is not None:
            raise Refused(
                Sentence("没有“{scope}”这个可以代理的事项或环节。", scope=strange),
                slug="proxy-scope",
                hint="请从列出的事项和环节中选；都不选是全部代理。",
            )
    row = proxies.appoint(
        session,
        actor,
        principal=person(session, principal),
        proxy=person(session, proxy),
        days=days,
        reason=reason,
        processes=processes,
        steps=steps,
    )
    _log(session, actor, row, "proxy.appoint")
    between = Sentence("{first} 至 {last}", first=row.valid_from, last=row.valid_to)
    title = Sentence("请你代理{name}：{between}", name=row.principal.name, between=between)
    tell(session, "assigned", [row.proxy], Matter(title, "/proxies", row.reason), actor=actor)
    title = Sentence("{name}代理你：{between}", name=row.proxy.name, between=between)
    tell(session, "decided", [row.principal], Matter(title, "/proxies", row.reason), actor=actor)
    return row


def revoke(session: Session, actor: Person, proxy_id: int) -> Proxy:
    """End a proxy early; a second time changes nothing."""
    row = proxies.revoke(session, actor, proxy_id)
    _log(session, actor, row, "proxy.revoke")
    title = Sentence("{name}的代理已终止", name=row.principal.name)
    both, matter = [row.proxy, row.principal], Matter(title, "/proxies")
    tell(session, "decided", both, matter, actor=actor, key=f"proxy:{row.id}:revoked")
    return row


def forsaken(session: Session, actor: Person, leaver: Person) -> int:
    """The proxies of who leaves end; whoever is left without one, or no longer stands in, is told."""
    ended = proxies.end_with(session, actor, leaver)
    for row in ended:
        _log(session, actor, row, "proxy.revoke")
        if row.proxy_id == leaver.id:
            title = Sentence("你的代理人{name}已离岗，请另行指定", name=leaver.name)
            tell(session, "decided", [row.principal], Matter(title, "/proxies"), actor=actor)
        else:
            title = Sentence("{name}已离岗，你对其的代理终止", name=leaver.name)
            tell(session, "decided", [row.proxy], Matter(title, "/proxies"), actor=actor)
    return len(ended)


def _log(session: Session, actor: Person, row: Proxy, action: str) -> None:
    audit.record(
        session,
        action=action,
        subject=f"person/{row.principal_id}",
        actor=actor,
        bureau_id=row.principal.bureau_id,
        reason=row.reason,
        after={
            "proxy": row.proxy.name,
            "from": row.valid_from.isoformat(),
            "to": row.valid_to.isoformat(),
            "processes": row.processes,
            "steps": row.steps,
        },
    )


def _scope(session: Session, actor: Person) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """The processes and the steps of posts that a proxy may be narrowed to, with their Chinese names."""
    found = release.load(session, release.current(session, actor.bureau.pack).id)
    steps = [
        (
            f"{process.id}.{element.id}",
            Sentence(
                "{process} · {step}",
                process=terms.chinese(process.id.partition(".")[0]),
                step=element.name,
            ),
        )
        for process in found.processes.values()
        for element in process.elements.values()
        if element.kind == "userTask" and terms.LANES.get(element.lane, "") and not element.property("sign")
    ]
    names = sorted({key.partition(".")[0] for key, _ in steps})
    return [(name, terms.chinese(name)) for name in names], sorted(steps)
