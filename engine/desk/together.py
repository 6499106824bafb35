"""Asking for many steps at once what the checks would ask of each: who may do them, who must keep away.

The checks stay what they are (`step.refuse_excluded`, `hand.receivers`, `pool.members`); for a reading session their
answers are looked up here in a fixed number of statements, however many steps and people there are.
依据: 吉 第十二、十三条 (职责分离、回避).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, defer, selectinload

from engine import clock
from engine.desk import hand
from engine.desk.interest import look_up_things
from engine.desk.pool import MEMBERS
from engine.domain.inspection.tables import TeamMember
from engine.domain.inspection.team import on_duty
from engine.domain.registry import look_up_ties
from engine.people import Grant, Person, Role
from engine.runtime import work_item
from engine.runtime.tables import Instance, WorkItem
from engine.storage.known import hold, lay, reads


def look_up(session: Session, actor: Person, items: Sequence[WorkItem]) -> None:
    """Everything that the checks of these steps will ask, for this person and for whoever might get them."""
    if not reads(session) or not items:
        return
    cases = {item.case_id for item in items}
    wanted = cases | {item.instance_id for item in items}
    instances = session.scalars(
        select(Instance).where(Instance.id.in_(wanted)).options(defer(Instance.body))
    ).all()
    hold(session, (list(items), instances))
    look_up_things(session, items)
    lay(session, work_item.DOERS, work_item.doers(session, cases))
    found = _members(session, {hand.duty_of(session, item) for item in items})
    lay(session, MEMBERS, found)
    look_up_ties(session, list({each.id: each for each in [actor, *_all(found.values())]}.values()))


def _all(found: Iterable[Sequence[Person]]) -> Iterable[Person]:
    return (each for people in found for each in people)


def _members(session: Session, pools: set[str]) -> dict[str, list[Person]]:
    """As `pool.members` of many posts and teams, by pool: the posts in one statement, the teams in another."""
    found: dict[str, list[Person]] = {}
    posts: list[tuple[str, int, Role]] = []
    teams: list[int] = []
    for pool in sorted(pools - {""}):
        kind, _, rest = pool.partition("/")
        found[pool] = []
        if kind == "role":
            bureau, _, role = rest.partition("/")
            posts.append((pool, int(bureau), Role(role)))
        else:
            teams.append(int(rest))
    day, people = clock.today(), select(Person).where(Person.active).options(selectinload(Person.grants))
    held = or_(*(and_(Grant.bureau_id == bureau, Grant.role == role) for _, bureau, role in posts))
    if posts:
        now = (held, Grant.valid_from <= day, Grant.valid_to >= day)
        asked = people.join(Grant, Grant.person_id == Person.id).add_columns(Grant.bureau_id, Grant.role)
        names = {(bureau, role): pool for pool, bureau, role in posts}
        for person, bureau, role in session.execute(asked.where(*now).order_by(Person.staff_no)):
            if person not in found[names[bureau, role]]:
                found[names[bureau, role]].append(person)
    if teams:
        asked = people.join(TeamMember, TeamMember.person_id == Person.id).add_columns(
            TeamMember.inspection_id
        )
        there = (TeamMember.inspection_id.in_(teams), *on_duty())
        for person, inspection_id in session.execute(asked.where(*there).order_by(Person.staff_no)):
            found[f"team/{inspection_id}"].append(person)
    return found
