"""Which bureaus a person may look into: the own one, and those below for who supervises them.

依据: 吉 第二十四条 (上级督办下级，不改下级的记录).
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.access.permission import roles_of
from engine.access.rights import READ_BELOW, READ_CASES
from engine.people import Bureau, Person


def bureaus_below(session: Session, bureau_id: int) -> list[int]:
    """A bureau and all bureaus below it."""
    tree = select(Bureau.id).where(Bureau.id == bureau_id).cte("bureau_tree", recursive=True)
    tree = tree.union_all(select(Bureau.id).where(Bureau.parent_id == tree.c.id))
    return list(session.scalars(select(tree.c.id)))


def visible_bureaus(session: Session, person: Person) -> list[int]:
    """Bureaus whose business this person may read; none for administrators and outside experts."""
    if not READ_CASES.allows(person):
        return []
    own = sorted({grant.bureau_id for grant in person.grants if roles_of(person, grant.bureau_id)})
    if not READ_BELOW.allows(person):
        return own
    found: dict[int, None] = {}
    for bureau_id in own:
        found.update(dict.fromkeys(bureaus_below(session, bureau_id)))
    return list(found)
