"""Opening cases that somebody starts by hand: a lead that came in, a change of a registry.

依据: 吉 第七条 (线索即时检查), 吉 第四、五条, 舞 第四、五条 (名录库动态管理).
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.access.rights import OPEN_LEAD
from engine.desk import step
from engine.desk.pool import pools
from engine.desk.registry import EDITORS
from engine.desk.release import in_force
from engine.desk.world import World
from engine.domain import change, lead
from engine.errors import NotFound
from engine.people import Person
from engine.runtime import receipt
from engine.runtime.tables import Instance, WorkItem


def open_lead(world: World, session: Session, actor: Person, *, key: str = "") -> Instance:
    """A lead came in: its case opens, the registering step waits; the same key opens one case."""
    OPEN_LEAD.demand(actor)

    def opened() -> int:
        row = lead.receive(session, actor.bureau, in_force(session, actor.bureau.pack))
        data = {"lead_id": row.id}
        return step.start_process(world, session, actor, "lead", data, bureau_id=actor.bureau_id).id

    number = receipt.once(session, key, {"open": "lead", "actor": actor.id}, opened)
    return session.get_one(Instance, number)


def open_change(world: World, session: Session, actor: Person, kind: str, *, key: str = "") -> Instance:
    """A registry is to change: the unit that keeps it drafts, another approves; the same key opens one case."""
    if kind not in EDITORS:
        raise NotFound("没有这种名录库。")
    EDITORS[kind].demand(actor)

    def opened() -> int:
        row = change.propose(session, actor.bureau, kind, in_force(session, actor.bureau.pack))
        data = {"change_id": row.id}
        return step.start_process(world, session, actor, "registry", data, bureau_id=actor.bureau_id).id

    number = receipt.once(session, key, {"open": "registry", "kind": kind, "actor": actor.id}, opened)
    return session.get_one(Instance, number)


def first_step(session: Session, person: Person, case_id: int) -> int | None:
    """The open step of a case that waits for this person, None where it waits for somebody else."""
    query = select(WorkItem.id).where(
        WorkItem.case_id == case_id, WorkItem.state == "open", WorkItem.pool.in_(pools(session, person))
    )
    return session.scalar(query.order_by(WorkItem.id).limit(1))
