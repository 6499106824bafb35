"""Who may see a case: the only people who may be reminded of it, copied in or mentioned.

Says the same as `case.listing.visible`, asked the other way round: not «which cases may this person see» but
«which people may see this case». A reminder is never a way to a case that one may not read.
依据: 舞 第三条 (科室分工), 吉 第二十四条 (上级督办), D15 (外聘专家只看本案).
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from engine import clock
from engine.access.permission import roles_of
from engine.access.rights import READ_BELOW, READ_CASES, READ_OWN_CASES
from engine.domain.inspection.tables import Inspection, TeamMember
from engine.errors import Refused
from engine.people import Bureau, Grant, Person
from engine.runtime.tables import Instance
from engine.sentence import Sentence

MOST = 500


def audience(session: Session, case_id: int) -> list[Person]:
    """Active persons who may see a case, by staff number."""
    case = session.get_one(Instance, case_id)
    inspections = session.execute(
        select(Inspection.id, Inspection.local_bureau_id).where(Inspection.case_id == case_id)
    ).all()
    places = {case.bureau_id, *(row.local_bureau_id for row in inspections)}
    above = _above(session, places)
    team = {
        person_id
        for person_id in session.scalars(
            select(TeamMember.person_id).where(
                TeamMember.inspection_id.in_([row.id for row in inspections]),
                TeamMember.left_at.is_(None),
            )
        )
        if person_id is not None
    }
    day = clock.today()
    posted = select(Grant.person_id).where(
        Grant.bureau_id.in_(places | above), Grant.valid_from <= day, Grant.valid_to >= day
    )
    query = (
        select(Person)
        .where(or_(Person.id.in_(posted), Person.id.in_(team)), Person.active)
        .options(joinedload(Person.grants), joinedload(Person.section))
        .order_by(Person.staff_no)
        .limit(MOST)
    )
    return [each for each in session.scalars(query).unique() if _sees(each, places, above, team)]


def among(session: Session, case_id: int, wanted: Sequence[int], field: str) -> list[Person]:
    """These people; Refused by name for who may not see the case."""
    known = {each.id: each for each in audience(session, case_id)}
    strangers = [number for number in wanted if number not in known]
    if strangers:
        who = session.scalar(select(Person.name).where(Person.id == strangers[0])) or "所选的人"
        raise refuse_stranger(who, field)
    return [known[number] for number in dict.fromkeys(wanted)]


def refuse_stranger(who: str, field: str) -> Refused:
    """Somebody may not see the case: no reminder opens a way to it."""
    sentence = Sentence("{who}不能看这个案件，请从列出的人员中选。", who=who)
    return Refused(
        Sentence("{who}不能看这个案件，不能提醒。", who=who),
        slug="not-their-case",
        hint="能看本案的是本局业务人员、检查组成员和上级督办人员。",
        fields={field: sentence},
    )


def _sees(person: Person, places: set[int], above: set[int], team: set[int]) -> bool:
    if person.id in team and READ_OWN_CASES.allows(person):
        return True
    if not READ_CASES.allows(person):
        return False
    if any(roles_of(person, bureau) for bureau in places):
        return True
    return READ_BELOW.allows(person) and any(roles_of(person, bureau) for bureau in above)


def _above(session: Session, places: set[int]) -> set[int]:
    """The bureaus over these ones."""
    found: set[int] = set()
    todo = set(places)
    while todo:
        parents = select(Bureau.parent_id).where(Bureau.id.in_(todo), Bureau.parent_id.is_not(None))
        todo = {int(number) for number in session.scalars(parents) if number is not None} - found
        found |= todo
    return found
