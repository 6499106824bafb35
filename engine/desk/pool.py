"""Where a person finds work: the own pool, those of the posts held today, those of the own teams.

As `runtime/tables.WorkItem` explains: `person/<id>`, `role/<bureau id>/<role>`, `team/<inspection id>`.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from engine import clock
from engine.domain.inspection.tables import Inspection, TeamMember
from engine.domain.inspection.team import team_persons
from engine.people import ADMINISTRATORS, Person, Role, holders
from engine.runtime.tables import WorkItem
from engine.storage.known import known, reads

MEMBERS = "members of a pool"  # for `known`
_WORKING = frozenset(Role) - ADMINISTRATORS - {Role.MODELLER, Role.RELEASER}


def pools(session: Session, person: Person) -> list[str]:
    """Where this person finds work: the own pool, those of the posts held today, those of the own teams."""
    teams = session.scalars(_teams(person))
    found = [*_own_pools(person), *(f"team/{inspection_id}" for inspection_id in teams)]
    return list(dict.fromkeys(found))


def draws_from(session: Session, person: Person, pool: str) -> bool:
    """Whether a pool is one of this person's, without asking for all the others."""
    kind, _, number = pool.partition("/")
    if kind != "team":
        return pool in _own_pools(person)
    if reads(session):
        return pool in kept_pools(session, person)
    mine = _teams(person).where(TeamMember.inspection_id == int(number))
    return session.scalar(mine.limit(1)) is not None


def finds(session: Session, person: Person, item: WorkItem) -> bool:
    """Whether a step waits for this person now: it lies in a pool of theirs.

    What somebody took out of a pool stays theirs only as long as they may draw from that pool: a post that ended,
    or a proxy that was taken back, gives nothing any more.
    """
    if not draws_from(session, person, item.pool):
        return False
    own = item.home == item.pool or item.home.startswith("person/")
    return own or draws_from(session, person, item.home)


def members(session: Session, pool: str) -> list[Person]:
    """Who finds work in a pool today, by staff number."""
    return known(session, MEMBERS, pool, lambda: _members(session, pool))


def _members(session: Session, pool: str) -> list[Person]:
    kind, _, rest = pool.partition("/")
    if kind == "role":
        bureau, _, role = rest.partition("/")
        return holders(session, int(bureau), Role(role))
    numbers = [int(rest)] if kind == "person" else team_persons(session, int(rest))
    query = select(Person).where(Person.id.in_(numbers), Person.active).order_by(Person.staff_no)
    return list(session.scalars(query))


def _own_pools(person: Person) -> list[str]:
    day = clock.today()
    posts = [
        f"role/{grant.bureau_id}/{grant.role.value}"
        for grant in person.grants
        if grant.role in _WORKING and grant.valid_from <= day <= grant.valid_to and person.active
    ]
    return [f"person/{person.id}", *posts]


def _teams(person: Person) -> Select[Any]:
    return (
        select(TeamMember.inspection_id)
        .join(Inspection, Inspection.id == TeamMember.inspection_id)
        .where(
            TeamMember.person_id == person.id, TeamMember.left_at.is_(None), Inspection.closed_at.is_(None)
        )
    )


def kept_pools(session: Session, person: Person) -> list[str]:
    """As `pools`, looked up once for a page: a reading session sees one state."""
    return known(session, "pools", person.id, lambda: pools(session, person))
