"""利害关系.

Who may not deal with which object, declared or computed, for every assignment and not only the draw.
依据: 吉 第十三条, 行政处罚法.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, selectinload

from engine import audit, clock
from engine.domain.registry.tables import Conflict, Inspector, RegistryObject
from engine.domain.terms import RELATIONS, cite
from engine.errors import Refused
from engine.people import Person
from engine.sentence import Sentence
from engine.storage.known import known, lay

EMPLOYER_YEARS = 3
TIES = "ties of a person"  # for `known`
LIKE_NAMES = {"employer", "shareholding"}
_NOISE = re.compile(r"[\s,，.。·（）()\-—]+")


def plain(text: str) -> str:
    """An address or a name without spaces and punctuation, for comparing."""
    return _NOISE.sub("", text).casefold()


def concerns(row: Conflict, thing: RegistryObject, on: date) -> bool:
    """Whether a conflict bears on an object on a day.

    Named itself, or sharing employer, company, chain, address.
    """
    if row.until is not None and row.until < on:
        return False
    if row.object_id is not None:
        return row.object_id == thing.id or _same_chain(row, thing)
    matter = plain(row.matter)
    if row.relation in LIKE_NAMES:
        return matter in {
            plain(thing.name),
            plain(thing.uscc),
            plain(thing.code),
            plain(thing.group_name),
        } - {""}
    if row.relation == "chain":
        return bool(matter) and matter == plain(thing.group_name)
    if row.relation == "address":
        return bool(matter) and matter == plain(thing.address)
    return matter in {plain(thing.name), plain(thing.code)} - {""}


def _same_chain(row: Conflict, thing: RegistryObject) -> bool:
    """A relation `chain` declared for one shop holds for every shop of its group."""
    other = row.object
    return (
        row.relation == "chain"
        and other is not None
        and bool(other.group_name)
        and other.group_name == thing.group_name
    )


def rows_of(session: Session, who: Inspector | Person) -> list[Conflict]:
    """All conflicts of an inspector or of somebody with an account (as the one and as the other)."""
    if isinstance(who, Inspector):
        wanted = [Conflict.inspector_id == who.id]
        wanted += [Conflict.person_id == who.person_id] if who.person_id else []
    else:
        own = select(Inspector.id).where(Inspector.person_id == who.id)
        wanted = [Conflict.person_id == who.id, Conflict.inspector_id.in_(own)]
    return list(session.scalars(select(Conflict).where(or_(*wanted)).order_by(Conflict.id)))


def relation_to(
    session: Session,
    who: Inspector | Person,
    thing: RegistryObject,
    on: date | None = None,
) -> str:
    """The code of the first 利害关系 between somebody and an object on a day (today), "" if there is none."""
    day = on or clock.today()
    if isinstance(who, Person):
        rows, home = known(session, TIES, who.id, lambda: (rows_of(session, who), _home(session, who)))
    else:
        rows, home = rows_of(session, who), who.address
    found = next((row.relation for row in rows if concerns(row, thing, day)), "")
    return found or ("address" if home and thing.address and plain(home) == plain(thing.address) else "")


def _home(session: Session, who: Person) -> str:
    """Living at the address of the object is computed from the registries themselves."""
    return session.scalar(select(Inspector.address).where(Inspector.person_id == who.id)) or ""


def look_up_ties(session: Session, people: Sequence[Person]) -> None:
    """Ask for the 利害关系 and addresses of many at once, for a reading session that will compare each with many."""
    numbers = [who.id for who in people]
    inspectors = session.execute(
        select(Inspector.id, Inspector.person_id, Inspector.address).where(Inspector.person_id.in_(numbers))
    ).all()
    persons = {inspector: person for inspector, person, _ in inspectors}
    query = select(Conflict).where(
        or_(Conflict.person_id.in_(numbers), Conflict.inspector_id.in_(persons.keys()))
    )
    rows: dict[int, list[Conflict]] = {number: [] for number in numbers}
    for row in session.scalars(query.order_by(Conflict.id).options(selectinload(Conflict.object))):
        whose = {row.person_id, persons.get(row.inspector_id or 0)}
        for number in numbers:
            if number in whose:
                rows[number].append(row)
    homes = {person: address for _, person, address in inspectors}
    lay(session, TIES, {number: (rows[number], homes.get(number, "")) for number in numbers})


def conflicted(
    session: Session, who: Inspector | Person, thing: RegistryObject, on: date | None = None
) -> bool:
    """Whether somebody must keep away from an object (回避)."""
    return bool(relation_to(session, who, thing, on))


def conflict_between(session: Session, inspector_id: int, object_id: int, on: date | None = None) -> str:
    """As `relation_to`, by ids."""
    who = session.get_one(Inspector, inspector_id)
    return relation_to(session, who, session.get_one(RegistryObject, object_id), on)


def refuse_conflicted(session: Session, who: Inspector | Person, thing: RegistryObject, *, pack: str) -> None:
    """Refuse an assignment of somebody with a 利害关系 (slug `conflict-of-interest`)."""
    relation = relation_to(session, who, thing)
    if relation:
        raise Refused(
            Sentence(
                "{who}与“{thing}”有利害关系（{relation}），应当回避。",
                who=who.name,
                thing=thing.name,
                relation=RELATIONS.get(relation, relation),
            ),
            clause=cite("J13 行政处罚法", pack),
            hint="请由其他人员办理。",
            slug="conflict-of-interest",
        )


def matrix(
    session: Session,
    inspectors: Sequence[Inspector],
    things: Sequence[RegistryObject],
    on: date | None = None,
) -> list[tuple[int, int]]:
    """All pairs (inspector id, object id) that must not meet, sorted.

    One query, indexed by what is compared.
    """
    day = on or clock.today()
    by_id = {thing.id: thing for thing in things}
    by_matter: dict[str, set[int]] = defaultdict(set)
    for thing in things:
        for text in (thing.name, thing.uscc, thing.code, thing.group_name, thing.address):
            if text:
                by_matter[plain(text)].add(thing.id)
    pairs: set[tuple[int, int]] = set()
    for who, row in _rows(session, inspectors):
        candidates: Iterable[int] = (
            [row.object_id] if row.object_id is not None else by_matter.get(plain(row.matter), ())
        )
        if row.relation == "chain" and row.object is not None:
            candidates = [row.object.id, *by_matter.get(plain(row.object.group_name), ())]
        pairs |= {(who.id, each) for each in candidates if each in by_id and concerns(row, by_id[each], day)}
    for who in inspectors:
        if who.address:
            pairs |= {
                (who.id, each)
                for each in by_matter.get(plain(who.address), ())
                if plain(by_id[each].address) == plain(who.address)
            }
    return sorted(pairs)


def _rows(session: Session, inspectors: Sequence[Inspector]) -> list[tuple[Inspector, Conflict]]:
    by_inspector = {who.id: who for who in inspectors}
    by_person = {who.person_id: who for who in inspectors if who.person_id is not None}
    query = select(Conflict).where(
        or_(Conflict.inspector_id.in_(by_inspector), Conflict.person_id.in_(by_person)),
    )
    found: list[tuple[Inspector, Conflict]] = []
    for row in session.scalars(query):
        who = by_inspector.get(row.inspector_id or 0) or by_person.get(row.person_id or 0)
        if who is not None:
            found.append((who, row))
    return found


def declare(
    session: Session,
    who: Inspector | Person,
    *,
    relation: str,
    thing: RegistryObject | None = None,
    matter: str = "",
    until: date | None = None,
    note: str = "",
    actor: Person | None = None,
) -> Conflict:
    """Enter a 利害关系, at any time (a declaration is never locked out). Refuses an unknown relation."""
    if relation not in RELATIONS:
        raise Refused(
            Sentence("没有“{relation}”这种利害关系。", relation=relation),
            hint=Sentence("可填：{names}。", names="、".join(RELATIONS.values())),
            slug="relation",
        )
    if thing is None and not matter.strip():
        raise Refused(
            "请写明与谁有利害关系。", fields={"object": "请选择检查对象或写明单位"}, slug="relation"
        )
    row = Conflict(
        inspector_id=who.id if isinstance(who, Inspector) else None,
        person_id=who.id if isinstance(who, Person) else None,
        object_id=thing.id if thing else None,
        relation=relation,
        matter=matter.strip(),
        until=until,
        note=note,
        source="申报",
    )
    session.add(row)
    session.flush()
    audit.record(
        session,
        action="conflict.declare",
        subject=f"conflict/{row.id}",
        actor=actor,
        bureau_id=who.bureau_id,
        after={"who": who.staff_no, "relation": relation, "object": thing.code if thing else matter},
        clause="J13",
    )
    return row


def employer_until(left_on: date) -> date:
    """How long a former employer counts: three years from leaving."""
    try:
        return left_on.replace(year=left_on.year + EMPLOYER_YEARS)
    except ValueError:  # 29 February
        return left_on.replace(year=left_on.year + EMPLOYER_YEARS, day=28)
