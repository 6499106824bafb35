"""Which bureaus a person may look into: the own one, and those below for who supervises them.

依据: 吉 第二十四条 (上级督办下级，不改下级的记录).
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.access.rights import READ_BELOW, READ_CASES
from engine.people import Bureau, Person
from engine.storage.known import known


def bureaus_below(session: Session, bureau_id: int) -> list[int]:
    """A bureau and all bureaus below it."""
    tree = select(Bureau.id).where(Bureau.id == bureau_id).cte("bureau_tree", recursive=True)
    tree = tree.union_all(select(Bureau.id).where(Bureau.parent_id == tree.c.id))
    return list(session.scalars(select(tree.c.id)))


@dataclass(frozen=True, slots=True)
class _Unit:
    """A bureau as the subject of a permission."""

    bureau_id: int


def visible_bureaus(session: Session, person: Person) -> list[int]:
    """Bureaus whose business this person may read; none for administrators and outside experts.

    Asked for each bureau by itself: an expert lent to a neighbour reads no cases there.
    """
    return known(session, "visible bureaus", person.id, lambda: _visible(session, person))


def _visible(session: Session, person: Person) -> list[int]:
    found: dict[int, None] = {}
    for bureau_id in sorted({grant.bureau_id for grant in person.grants}):
        if READ_BELOW.allows(person, _Unit(bureau_id)):
            found.update(dict.fromkeys(bureaus_below(session, bureau_id)))
        elif READ_CASES.allows(person, _Unit(bureau_id)):
            found[bureau_id] = None
    return list(found)
