"""加签、减签: who signs a countersigned step, changed while it runs; parts already given stay.

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
from engine.desk import step
from engine.desk.notice import tell_of
from engine.desk.world import World
from engine.domain import terms
from engine.domain.inspection.team import pledgers
from engine.errors import NotAllowed, Refused
from engine.people import Person, Role, person
from engine.runtime import receipt, release, sign
from engine.runtime.tables import Instance, WorkItem
from engine.sentence import Sentence

LONGEST = 2000
RULES = {"all": "会签：每人都要签", "any": "或签：一人签即可", "turn": "依次签"}


@dataclass(frozen=True, slots=True)
class Part:
    """One person's part of a countersigned step."""

    person_id: int
    name: str
    state: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Signing:
    """The parts of a step, the rule that decides, and whom this reader may add."""

    rule: str
    parts: Sequence[Part]
    able: Sequence[Person]
    may_change: bool


def signing(session: Session, actor: Person, item: WorkItem) -> Signing | None:
    """Who signs a step; None for a step that one person does."""
    rule = _rule(session, item)
    if not rule:
        return None
    parts = _parts(session, item)
    people = {each.seat: session.get_one(Person, int(each.seat)) for each in parts if each.seat}
    shown = [
        Part(people[each.seat].id, people[each.seat].name, each.state, each.done_at)
        for each in parts
        if each.seat and each.state != "cancelled"
    ]
    may = item.state == "open" and _may_change(session, actor, item)
    present = {part.person_id for part in shown}
    able = [each for each in _fit(session, item) if each.id not in present] if may else []
    words = (
        Sentence("票签：{share} 同意即可", share=f"{float(rule.removeprefix('ratio:')):.0%}")
        if rule.startswith("ratio:")
        else RULES[rule]
    )
    return Signing(words, shown, able, may)


def add(
    world: World, session: Session, actor: Person, item_id: int, *, who: int, reason: str, key: str = ""
) -> dict[str, Any]:
    """加签: one more person signs."""
    return _change(world, session, actor, item_id, who, reason, key, "add")


def remove(
    world: World, session: Session, actor: Person, item_id: int, *, who: int, reason: str, key: str = ""
) -> dict[str, Any]:
    """减签: a person who has not signed need not."""
    return _change(world, session, actor, item_id, who, reason, key, "remove")


def _change(
    world: World, session: Session, actor: Person, item_id: int, who: int, reason: str, key: str, way: str
) -> dict[str, Any]:
    run, item = world.runtime.open_item(session, item_id, actor)
    words = reason.strip()
    answer = {"item": item.id, "case": item.case_id, "step": item.step}
    given = receipt.take(
        session, key, {"item": item_id, "actor": actor.id, "way": way, "who": who, "why": words}, answer
    )
    if given is not None:
        return given
    if not _may_change(session, actor, item):
        raise NotAllowed(
            Sentence("“{step}”由会签人或本机构的领导加签、减签。", step=item.step), slug="not-your-step"
        )
    if not words or len(words) > LONGEST:
        sentence = "请填写理由。" if not words else Sentence("不超过 {most} 字。", most=LONGEST)
        raise Refused(sentence, slug="form-invalid", fields={"reason": sentence})
    signer = person(session, who)
    if way == "add":
        step.refuse_excluded(session, signer, item)
        if signer.id not in {each.id for each in _fit(session, item)}:
            raise Refused(
                Sentence(
                    "{signer}不能签“{step}”：不在检查组，或没有办理岗位。", signer=signer.name, step=item.step
                ),
                slug="not-of-the-duty",
                fields={"who": "请从列出的人员中选。"},
            )
        sign.add(run, item, signer, words)
        fresh = next(each for each in _parts(session, item) if each.seat == str(signer.id))
        tell_of(session, "assigned", fresh, [signer], detail=words, actor=actor)
    else:
        sign.remove(run, item, signer, words)
    audit.record(
        session,
        action=f"task.signer_{way}",
        subject=f"case/{item.case_id}",
        actor=actor,
        bureau_id=item.bureau_id,
        reason=words,
        after={"step": item.step, "signer": signer.name},
        clause=item.clause,
        release_id=item.release_id,
    )
    session.flush()
    return answer


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


def _fit(session: Session, item: WorkItem) -> list[Person]:
    """Who may be added: of the team where the team signs, else working colleagues of the bureau."""
    number = step.inspection_of(session, item)
    query = select(Person).where(Person.active).order_by(Person.staff_no)
    if item.lane in (terms.TEAM, terms.TEAM_LEADER) and number is not None:
        members = [each.person_id for each in pledgers(session, number) if each.person_id is not None]
        query = query.where(Person.id.in_(members))
    else:
        query = query.where(Person.bureau_id == item.bureau_id)
    return [each for each in session.scalars(query).unique() if WORK.allows(each)]
