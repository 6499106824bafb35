"""催办: whoever waits for a step, or answers for it, reminds who has it; with a template, a trace and a limit.

Urging changes nothing of the step; a superior bureau may urge, too. 依据: 吉 第二十四条, 舞 第十五条.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session, aliased

from engine import clock
from engine.access.rights import READ_BOARD
from engine.access.scope import visible_bureaus
from engine.desk.hand import note, worded
from engine.desk.lamp import Days
from engine.desk.notice import tell_of
from engine.desk.notice.watch import responsible
from engine.desk.pool import pools
from engine.desk.tables import Urge
from engine.errors import NotAllowed, NotFound, Refused
from engine.people import Person
from engine.runtime import receipt, work_item
from engine.runtime.tables import Instance, WorkItem
from engine.sentence import Sentence
from engine.storage.known import known

RECENT = 20


@dataclass(frozen=True, slots=True)
class Urged:
    """An urging as the holder of the step reads it."""

    who: str
    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Trace:
    """An urging with what came of it: `times` it was urged in all, the step's state and holder now."""

    item_id: int
    case_id: int
    name: str
    step: str
    who: str
    text: str
    at: datetime
    times: int
    state: str
    holder: str
    done_at: datetime | None


def templates(session: Session, item: WorkItem) -> list[str]:
    """Sentences to begin with, filled for this step, the fitting one first."""
    lamp = Days(session).lamp(item.due_at)
    day = f"{clock.local(item.due_at):%Y-%m-%d}" if item.due_at else ""
    ready = Sentence("“{step}”请及时办理；后面的环节在等这一步。", step=item.step)
    if lamp.kind == "late":
        late = Sentence(
            "“{step}”{day} 到期，已{lamp}，请今天办结；不能办结的，请写明原因和预计日期。",
            step=item.step,
            day=day,
            lamp=lamp.text,
        )
        return [late, ready]
    if day:
        return [
            Sentence(
                "“{step}”{day} 到期（{lamp}），请按期办结。",
                step=item.step,
                day=day,
                lamp=lamp.text,
            ),
            ready,
        ]
    return [ready]


PARTS = ("【环节】", "【到期日】", "【时限】")
MANY = "“【环节】”【到期日】 到期，【时限】，请尽快办结；不能办结的，请写明原因和预计日期。"
"""What to begin with when several steps are urged together."""


def filled(session: Session, item: WorkItem, text: str) -> str:
    """A sentence for many steps in the words of one: 【环节】, 【到期日】 and 【时限】 stand for this step's."""
    due = f"{clock.local(item.due_at):%Y-%m-%d}" if item.due_at else "无期限"
    for part, word in zip(PARTS, (item.step, due, Days(session).lamp(item.due_at).text), strict=True):
        text = text.replace(part, word)
    return text


def may_urge(session: Session, person: Person, item: WorkItem) -> bool:
    """Who answers for it (督办), who opened the case, and who did an earlier step of it; never the holder."""
    if item.state != "open" or work_item.holder_of(item) == person.id:
        return False
    if READ_BOARD.allows(person) and item.bureau_id in visible_bureaus(session, person):
        return True
    case = session.get(Instance, item.case_id)
    if case is not None and case.started_by_id == person.id:
        return True
    return any(person.id in who for who in work_item.performers(session, item.case_id).values())


def refuse_to_urge(session: Session, actor: Person, item: WorkItem) -> None:
    """Refuse whoever has the step, may not urge it, or has urged it today."""
    work_item.must_be_open(session, item)
    if work_item.holder_of(item) == actor.id:
        raise Refused("这件事在你手上，不用催办。", slug="urge-oneself", hint="请打开这一步办理。")
    if not may_urge(session, actor, item):
        if item.bureau_id not in visible_bureaus(session, actor):
            raise NotFound("没有这件待办。", hint="可能已经办结，请从案件页查看。")
        raise NotAllowed(
            Sentence("你不能催办“{step}”。", step=item.step),
            slug="not-your-step",
            hint="能催办的是督办人员、发起人和办过前面环节的人。",
        )
    today = select(Urge.work_item_id).where(Urge.by_id == actor.id, Urge.day == clock.today())
    if item.id in known(session, "urged today", actor.id, lambda: set(session.scalars(today))):
        raise Refused(
            Sentence("你今天已经催办过“{step}”。", step=item.step),
            slug="urged-today",
            hint="明天可以再催办一次。",
        )


def urge(session: Session, actor: Person, item_id: int, *, text: str, key: str = "") -> dict[str, Any]:
    """催办: a line in the timeline and on the step's page; once a day by the same person."""
    item = work_item.locked(session, item_id)
    words = worded(text, "text", "催办内容")
    answer = {"item": item.id, "case": item.case_id, "step": item.step}
    body = {"item": item_id, "actor": actor.id, "urge": words}
    given = receipt.take(session, key, body, answer)
    if given is not None:
        return given
    refuse_to_urge(session, actor, item)
    session.add(Urge(work_item_id=item.id, by_id=actor.id, day=clock.today(), text=words))
    note(session, actor, item, "催办", "task.urge", words, {})
    tell_of(session, "urged", item, responsible(session, item), detail=words, actor=actor)
    return answer


def urged(session: Session, item: WorkItem) -> list[Urged]:
    """Who urged this step, latest first."""
    query = (
        select(Person.name, Urge.at, Urge.text)
        .join(Person, Person.id == Urge.by_id)
        .where(Urge.work_item_id == item.id)
        .order_by(Urge.id.desc())
    )
    return [Urged(*row) for row in session.execute(query.limit(RECENT))]


def sent(session: Session, person: Person) -> list[Trace]:
    """What this person urged, latest first, and what came of it."""
    other = aliased(Urge)
    times = (
        select(func.count()).where(other.work_item_id == WorkItem.id).correlate(WorkItem).scalar_subquery()
    )
    query = (
        select(Urge, WorkItem, times)
        .join(WorkItem, WorkItem.id == Urge.work_item_id)
        .where(Urge.by_id == person.id)
        .order_by(Urge.id.desc())
        .limit(RECENT)
    )
    rows = session.execute(query).all()
    having = {item.id: _has(item) for _, item, _ in rows}
    query_names = select(Person.id, Person.name).where(
        Person.id.in_({each for each in having.values() if each})
    )
    names = dict(session.execute(query_names).all())
    return [
        Trace(
            item_id=item.id,
            case_id=item.case_id,
            name=item.name,
            step=item.step,
            who=person.name,
            text=row.text,
            at=row.at,
            times=number,
            state=item.state,
            holder=names.get(having[item.id] or 0, item.lane),
            done_at=item.done_at,
        )
        for row, item, number in rows
    ]


def _has(item: WorkItem) -> int | None:
    return work_item.holder_of(item) if item.state == "open" else item.done_by_id


def received(session: Session, person: Person) -> list[WorkItem]:
    """Open steps of this person's pools that somebody urged, soonest first."""
    query = (
        select(WorkItem)
        .where(
            WorkItem.id.in_(select(Urge.work_item_id)),
            WorkItem.pool.in_(pools(session, person)),
            WorkItem.state == "open",
        )
        .order_by(WorkItem.due_at, WorkItem.id)
        .limit(RECENT)
    )
    return list(session.scalars(query))


_TIMES = (
    select(Urge.work_item_id, func.count())
    .where(Urge.work_item_id.in_(bindparam("items", expanding=True)))
    .group_by(Urge.work_item_id)
)


def times_urged(session: Session, ids: Sequence[int]) -> dict[int, int]:
    """How often each of these steps was urged."""
    return dict(session.execute(_TIMES, {"items": ids}).all())
