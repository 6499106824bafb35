"""Where work went: what left a person's hands, to whom and why. A reassigned step never just disappears."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from engine.people import Person
from engine.runtime.tables import Handing, WorkItem

RECENT = 20
WAYS = {"transfer": "转办", "delegate": "委派", "back": "交回", "reassign": "改派", "close": "已关闭"}


@dataclass(frozen=True, slots=True)
class Given:
    """A step that left a person's hands: how, to whom (a person, or the lane it lies with), and its state now.

    `by`: who moved it, "系统" for the machine. `state`: open · done · cancelled. `holder`: who has it now.
    """

    id: int
    item_id: int
    case_id: int
    name: str
    step: str
    way: str
    to: str
    by: str
    reason: str
    at: datetime
    state: str
    holder: str

    @property
    def word(self) -> str:
        """How it left, in Chinese."""
        return WAYS[self.way]


def given_away(session: Session, person: Person, *, item_id: int = 0, before: int = 0) -> list[Given]:
    """The steps that left this person's hands, latest first.

    `item_id`: only that one; `before`: those before this line, the last of the page before.
    """
    to, by, holder = aliased(Person), aliased(Person), aliased(Person)
    query = (
        select(Handing, WorkItem, to.name, by.name, holder.name)
        .join(WorkItem, WorkItem.id == Handing.work_item_id)
        .outerjoin(to, to.id == Handing.to_id)
        .outerjoin(by, by.id == Handing.by_id)
        .outerjoin(holder, holder.id == WorkItem.claimed_by_id)
        .where(Handing.from_id == person.id)
        .order_by(Handing.id.desc())
        .limit(RECENT)
    )
    if item_id:
        query = query.where(Handing.work_item_id == item_id)
    if before:
        query = query.where(Handing.id < before)
    return [
        Given(
            id=row.id,
            item_id=item.id,
            case_id=item.case_id,
            name=item.name,
            step=item.step,
            way=row.way,
            to=receiver or ("" if row.way == "close" else item.lane),
            by=mover or "系统",
            reason=row.reason,
            at=row.at,
            state=item.state,
            holder=has or "",
        )
        for row, item, receiver, mover, has in session.execute(query)
    ]


def had(session: Session, person: Person, item: WorkItem) -> bool:
    """Whether a step once lay in this person's hands."""
    query = select(Handing.id).where(Handing.from_id == person.id, Handing.work_item_id == item.id)
    return session.scalar(query.limit(1)) is not None
