"""Human steps as rows: opening them for the right people, taking, handing back, finishing."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from engine import clock
from engine.errors import ChangedMeanwhile, NotFound
from engine.people import Person
from engine.runtime.tables import Handing, Instance, WorkItem
from engine.sentence import Sentence
from engine.storage.base import append
from engine.storage.known import known

DOERS = "doers of a case"  # for `known`


def get(session: Session, item_id: int) -> WorkItem:
    """A work item by number; NotFound otherwise."""
    item = session.get(WorkItem, item_id)
    if item is None:
        raise NotFound(Sentence("没有编号为 {item_id} 的待办。", item_id=item_id))
    return item


def locked(session: Session, item_id: int) -> WorkItem:
    """A work item, read afresh with its instance locked first: who hands it on and who completes it wait."""
    query = (
        select(WorkItem)
        .join(Instance, Instance.id == WorkItem.instance_id)
        .where(WorkItem.id == item_id)
        .with_for_update(of=(Instance, WorkItem))
        .execution_options(populate_existing=True)
    )
    item = session.scalar(query)
    if item is None:
        raise NotFound(Sentence("没有编号为 {item_id} 的待办。", item_id=item_id))
    return item


def must_be_open(session: Session, item: WorkItem) -> None:
    """Refuse to touch what is already finished: ChangedMeanwhile says who finished it and when."""
    if item.state == "open":
        return
    if item.state == "done":
        word, number, at = "办完", item.done_by_id, item.done_at
    else:
        left = select(Handing.by_id).where(Handing.work_item_id == item.id).order_by(Handing.id.desc())
        word, number, at = "撤下", session.scalar(left.limit(1)), item.closed_at
    who = session.get(Person, number) if number else None
    name = who.name if who else "系统"
    when = clock.local(at).strftime("%Y-%m-%d %H:%M") if at else ""
    raise ChangedMeanwhile(
        Sentence("“{step}”已由{name}于 {when} {word}。", step=item.step, name=name, when=when, word=word),
        who=name,
        when=at,
        hint="请打开案件查看结果。",
    )


def refuse_gone(session: Session, item: WorkItem, holder: Person) -> None:
    """Refuse where a step was passed on (转办, 改派) out of this person's hands: says by whom and when."""
    query = select(Handing).where(
        Handing.work_item_id == item.id,
        Handing.from_id == holder.id,
        Handing.way.in_(("transfer", "reassign")),
    )
    gone = session.scalar(query.order_by(Handing.id.desc()).limit(1))
    if gone is None:
        return
    by = session.get(Person, gone.by_id) if gone.by_id else None
    name = by.name if by else "系统"
    when = clock.local(gone.at).strftime("%Y-%m-%d %H:%M")
    raise ChangedMeanwhile(
        Sentence(
            "“{step}”已由{name}于 {when} 转出，不在{holder}手上。",
            step=item.step,
            name=name,
            when=when,
            holder=holder.name,
        ),
        who=name,
        when=gone.at,
        hint="请刷新后看现在的情形。",
    )


def claim(session: Session, item: WorkItem, person: Person) -> None:
    """Take a step out of its pool; who comes second is told who was first, and when."""
    must_be_open(session, item)
    if item.claimed_by_id == person.id:
        return
    if item.claimed_by_id is not None:
        holder = session.get(Person, item.claimed_by_id)
        name = holder.name if holder else "他人"
        when = clock.local(item.claimed_at).strftime("%H:%M") if item.claimed_at else ""
        raise ChangedMeanwhile(
            Sentence("{name} {when} 已接收“{step}”。", name=name, when=when, step=item.step),
            who=name,
            when=item.claimed_at,
        )
    item.pool, item.claimed_by_id, item.claimed_at = f"person/{person.id}", person.id, clock.now()
    session.flush()


_FINISH = (
    update(WorkItem)
    .where(WorkItem.id == bindparam("item"), WorkItem.version == bindparam("seen"))
    .values(
        state="done",
        done_at=bindparam("at"),
        done_by_id=bindparam("by"),
        done_for_id=bindparam("for_"),
        version=WorkItem.version + 1,
    )
)


def finish(session: Session, item: WorkItem, person: Person, acting_for: Person | None = None) -> None:
    """Mark a step done, past the unit of work (it happens at every step); ChangedMeanwhile if it moved."""
    at = clock.now()
    done_for = acting_for.id if acting_for else None
    values = {"item": item.id, "seen": item.version, "at": at, "by": person.id, "for_": done_for}
    if session.connection().execute(_FINISH, values).rowcount != 1:
        raise ChangedMeanwhile(Sentence("“{step}”刚刚被别人改动。", step=item.step), hint="请刷新待办。")
    for name, value in {
        "state": "done",
        "done_at": at,
        "done_by_id": person.id,
        "done_for_id": done_for,
        "version": item.version + 1,
    }.items():
        set_committed_value(item, name, value)


def close(item: WorkItem) -> None:
    """The step is needed no more: the process went another way, or somebody else's part decided."""
    item.state, item.closed_at = "cancelled", clock.now()


def release(session: Session, item: WorkItem, person: Person) -> None:
    """Hand a taken step back to where it came from."""
    must_be_open(session, item)
    if item.claimed_by_id != person.id:
        raise ChangedMeanwhile(Sentence("“{step}”不在你手上。", step=item.step), hint="请刷新待办。")
    item.pool, item.claimed_by_id, item.claimed_at = item.home, None, None
    session.flush()


def give(session: Session, item: WorkItem, receiver: Person) -> None:
    """Transfer (转办): the step is somebody else's now and does not come back."""
    must_be_open(session, item)
    item.pool, item.claimed_by_id, item.claimed_at = f"person/{receiver.id}", receiver.id, clock.now()
    session.flush()


def lend(session: Session, item: WorkItem, holder: Person, delegate: Person) -> None:
    """Delegate (委派): another person works on it, the holder answers for it and gets it back."""
    must_be_open(session, item)
    item.pool, item.claimed_by_id, item.claimed_at = f"person/{delegate.id}", holder.id, clock.now()
    session.flush()


def come_back(session: Session, item: WorkItem) -> None:
    """A delegated step returns to who delegated it."""
    must_be_open(session, item)
    item.pool, item.claimed_at = f"person/{item.claimed_by_id}", clock.now()
    session.flush()


def holder_of(item: WorkItem) -> int | None:
    """Whose step it is now: who works on it, or who took it, or whom it names; None while it lies in a pool."""
    return holder_in(item.pool, item.claimed_by_id)


def holder_in(pool: str, claimed_by_id: int | None) -> int | None:
    """The same of a step's pool and who took it, where a list reads columns instead of rows."""
    kind, _, number = pool.partition("/")
    return int(number) if kind == "person" else claimed_by_id


def handed(
    session: Session,
    item: WorkItem,
    way: str,
    *,
    giver: int,
    to: int | None = None,
    by: Person | None = None,
    reason: str = "",
) -> None:
    """Note that a step left somebody's hands, so that they see where it went (see `tables.Handing`)."""
    append(
        session,
        Handing,
        work_item_id=item.id,
        case_id=item.case_id,
        from_id=giver,
        to_id=to,
        way=way,
        by_id=by.id if by else None,
        reason=reason,
    )


def delegate_of(item: WorkItem) -> int | None:
    """Who works on a delegated step: it lies with one person while another one holds it."""
    if item.state != "open" or item.claimed_by_id is None or item.pool == f"person/{item.claimed_by_id}":
        return None
    return int(item.pool.partition("/")[2])


def must_not_be_delegated(session: Session, item: WorkItem) -> None:
    """Refuse to finish what another person is working on; ChangedMeanwhile says who and since when."""
    delegate = delegate_of(item)
    if delegate is None:
        return
    who = session.get_one(Person, delegate).name
    when = clock.local(item.claimed_at).strftime("%Y-%m-%d %H:%M") if item.claimed_at else ""
    raise ChangedMeanwhile(
        Sentence("“{step}”已于 {when} 委派给{who}，还没有交回。", step=item.step, when=when, who=who),
        who=who,
        when=item.claimed_at,
        hint="请等交回后确认，或者先收回委派。",
    )


def performer(session: Session, case_id: int, element: str) -> int | None:
    """Who last did a step of a case, None if nobody has."""
    return session.scalar(
        select(WorkItem.done_by_id)
        .where(WorkItem.case_id == case_id, WorkItem.element == element, WorkItem.state == "done")
        .order_by(WorkItem.done_at.desc(), WorkItem.id.desc())
        .limit(1),
    )


def performers(session: Session, case_id: int) -> dict[str, set[int]]:
    """All who did the steps of a case, by step; what a proxy did, the absent person did as well."""
    return known(session, DOERS, case_id, lambda: doers(session, [case_id])[case_id])


def doers(session: Session, case_ids: Collection[int]) -> dict[int, dict[str, set[int]]]:
    """All who did the steps of some cases: case → step → persons."""
    rows = session.execute(
        select(WorkItem.case_id, WorkItem.element, WorkItem.done_by_id, WorkItem.done_for_id).where(
            WorkItem.case_id.in_(case_ids), WorkItem.state == "done"
        ),
    )
    found: dict[int, dict[str, set[int]]] = {case_id: {} for case_id in case_ids}
    for case_id, element, *persons in rows:
        found[case_id].setdefault(element, set()).update(each for each in persons if each is not None)
    return found
