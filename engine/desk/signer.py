"""加签、减签、改由他人签: who signs a countersigned step, changed while it runs; parts already given stay.

Asked by who signs the step, or by a leader of the bureau. Who is added must be fit: of the team where the
team signs, a working colleague otherwise, without an incompatible step in the case or an interest in the object.
依据: 吉 第十三条 (回避), 国发〔2019〕5号 (职责分离).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import audit
from engine.access.permission import roles_of
from engine.access.rights import WORK
from engine.desk import hand, seat, step
from engine.desk.notice import tell_of
from engine.desk.world import World
from engine.domain import terms
from engine.domain.inspection.team import pledgers
from engine.errors import NotAllowed, NotFound, Refused
from engine.people import Person, Role, person
from engine.runtime import receipt, release, sign
from engine.runtime.tables import Instance, WorkItem
from engine.sentence import Sentence

LONGEST = 2000
WAYS = ("add", "remove", "replace")
RULES = {"all": "会签：每人都要签", "any": "或签：一人签即可", "turn": "依次签"}


@dataclass(frozen=True, slots=True)
class Part:
    """One person's part of a countersigned step."""

    person_id: int
    name: str
    state: str
    at: datetime | None
    why_not: str = ""
    """Why the signer may not give it any more; it waits for another in their place."""


@dataclass(frozen=True, slots=True)
class Signing:
    """The parts of a step, the rule that decides, and whom this reader may add."""

    rule: str
    parts: Sequence[Part]
    able: Sequence[Person]
    may_change: bool


@dataclass(frozen=True, slots=True)
class Change:
    """What is asked for: `who` is added (加签), taken off (减签), or replaced by `to` (改由他人签)."""

    way: str
    who: int
    reason: str
    to: int = 0


def signing(session: Session, actor: Person, item: WorkItem) -> Signing | None:
    """Who signs a step; None for a step that one person does."""
    rule = _rule(session, item)
    if not rule:
        return None
    parts = _parts(session, item)
    seats = select(Person).where(Person.id.in_([int(each.seat) for each in parts if each.seat]))
    people = {str(person.id): person for person in session.scalars(seats)}
    shown = [
        Part(
            people[each.seat].id,
            people[each.seat].name,
            each.state,
            each.done_at,
            seat.why_not(session, people[each.seat], each),
        )
        for each in parts
        if each.seat and each.state != "cancelled"
    ]
    may = item.state == "open" and _may_change(session, actor, item)
    able = able_to_sign(session, item) if may else []
    words = (
        Sentence("票签：{share} 同意即可", share=f"{float(rule.removeprefix('ratio:')):.0%}")
        if rule.startswith("ratio:")
        else RULES[rule]
    )
    return Signing(words, shown, able, may)


def change(
    world: World, session: Session, actor: Person, item_id: int, asked: Change, *, key: str = ""
) -> dict[str, Any]:
    """加签, 减签, 改由他人签: what was signed stays; the receipt `{item, case, step}`."""
    run, item = world.runtime.open_item(session, item_id, actor)
    words = asked.reason.strip()
    answer = {"item": item.id, "case": item.case_id, "step": item.step}
    body = {"item": item_id, "actor": actor.id, "way": asked.way, "who": [asked.who, asked.to], "why": words}
    given = receipt.take(session, key, body, answer)
    if given is not None:
        return given
    if not _may_change(session, actor, item):
        raise NotAllowed(
            Sentence("“{step}”由会签人或本机构的领导加签、减签。", step=item.step), slug="not-your-step"
        )
    if not words or len(words) > LONGEST:
        sentence = "请填写理由。" if not words else Sentence("不超过 {most} 字。", most=LONGEST)
        raise Refused(sentence, slug="form-invalid", fields={"reason": sentence})
    signer = _named(session, asked.who, "who")
    fresh = _fresh(session, asked, signer, item)
    if asked.way == "remove" or fresh is None:
        sign.remove(run, item, signer, words)
    elif asked.way == "add":
        sign.add(run, item, fresh, words)
    else:
        sign.replace(run, item, signer, fresh, words)
    if fresh is not None:
        part = next(each for each in _parts(session, item) if each.seat == str(fresh.id))
        tell_of(session, "assigned", part, [fresh], detail=words, actor=actor)
    audit.record(
        session,
        action=f"task.signer_{asked.way}",
        subject=f"case/{item.case_id}",
        actor=actor,
        bureau_id=item.bureau_id,
        reason=words,
        after={"step": item.step, "signer": signer.name} | ({"to": fresh.name} if fresh else {}),
        clause=item.clause,
        release_id=item.release_id,
    )
    session.flush()
    return answer


def _named(session: Session, number: int, field: str) -> Person:
    try:
        return person(session, number)
    except NotFound as fault:
        words = "请从列出的人员中选。"
        raise Refused("没有选定会签人。", slug="form-invalid", fields={field: words}) from fault


def _fresh(session: Session, asked: Change, signer: Person, item: WorkItem) -> Person | None:
    """Who signs newly; Refused where they may not."""
    if asked.way == "remove":
        return None
    fresh = signer if asked.way == "add" else _named(session, asked.to, "to")
    step.refuse_excluded(session, fresh, item)
    if fresh.id not in {each.id for each in fit(session, item)}:
        raise Refused(
            Sentence(
                "{signer}不能签“{step}”：不在检查组，或没有办理岗位。", signer=fresh.name, step=item.step
            ),
            slug="not-of-the-duty",
            fields={"who" if asked.way == "add" else "to": "请从列出的人员中选。"},
        )
    return fresh


def _rule(session: Session, item: WorkItem) -> str:
    name = session.get_one(Instance, item.instance_id).process
    process = release.load(session, item.release_id).processes[name]
    return process.elements[item.element].property("sign")


def _parts(session: Session, item: WorkItem) -> list[WorkItem]:
    query = select(WorkItem).where(WorkItem.instance_id == item.instance_id, WorkItem.task == item.task)
    return list(session.scalars(query.order_by(WorkItem.id)))


def _may_change(session: Session, actor: Person, item: WorkItem) -> bool:
    leads = bool(roles_of(actor, item.bureau_id) & {Role.LEADER, Role.HEAD})
    return leads or str(actor.id) in {
        each.seat for each in _parts(session, item) if each.state != "cancelled"
    }


def able_to_sign(session: Session, item: WorkItem) -> list[Person]:
    """Whom one may add, or put in another's place: fit, not excluded by duty, not signing already."""
    present = {each.seat for each in _parts(session, item) if each.state != "cancelled"}
    beside = [each for each in fit(session, item) if str(each.id) not in present]
    return [each for each in beside if not hand.excluded(session, each, item)]


def fit(session: Session, item: WorkItem) -> list[Person]:
    """Who may be added: of the team where the team signs, else working colleagues of the bureau."""
    number = step.inspection_of(session, item)
    query = select(Person).where(Person.active).order_by(Person.staff_no)
    if item.lane in (terms.TEAM, terms.TEAM_LEADER) and number is not None:
        members = [each.person_id for each in pledgers(session, number) if each.person_id is not None]
        query = query.where(Person.id.in_(members))
    else:
        query = query.where(Person.bureau_id == item.bureau_id)
    return [each for each in session.scalars(query).unique() if WORK.allows(each)]
