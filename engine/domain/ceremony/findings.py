"""平台结果比对: what a platform drew and the registries do not bear out, each settled by the leader in charge.

Unknown, excluded or conflicted names are no reason to hide a result: they are findings. The leader keeps one
with a reason, leaves it out, or sends the whole result back to the platform. What was settled is hashed into
event 0 as evidence and stands in the record and in the case file. 依据: W5, W9, J13.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine import clock
from engine.domain import answers as ask
from engine.domain.ceremony import duty, store
from engine.domain.ceremony.pool import Pool, pool_of
from engine.domain.ceremony.tables import Draw
from engine.domain.draw.text import canonical, sha256
from engine.domain.pack import record_break
from engine.domain.plan.query import refuse_self_approval
from engine.domain.registry import conflict_between
from engine.domain.terms import EXCLUSIONS, RELATIONS, cite
from engine.errors import Refused
from engine.operation import Rules, Step, operation
from engine.people import Person
from engine.sentence import Sentence
from engine.storage.base import Base, pk, reference, word
from engine.storage.base import text as long_text

CLAUSE = "W5 W9"
DOCUMENT = "平台结果比对问题处理.json"
KINDS = {
    "unknown-object": "名录库中没有的对象",
    "excluded-object": "不应参加抽取的对象",
    "unknown-person": "名录库中没有的人员",
    "excluded-person": "本次不能参加的人员",
    "conflict": "应当回避的人员",
}
DISPOSITIONS = {"accept": "按平台结果办理", "drop": "不予采用"}


class ImportFinding(Base):
    """One name in a platform's result that the registries do not bear out, and how the leader settled it.

    `subject`: institution code or staff number; of a conflict `object_code` names the other side. `detail`:
    why, in words. `excluded`: the code of the exclusion. `settlement`: "" · accept · drop.
    """

    __tablename__ = "import_finding"

    id: Mapped[pk]
    draw_id: Mapped[str] = mapped_column(ForeignKey("draw.id"), index=True)
    substitution_id: Mapped[int | None] = reference("substitution.id")
    kind: Mapped[word]
    group_id: Mapped[word]
    subject: Mapped[word]
    object_code: Mapped[word] = mapped_column(default="")
    excluded: Mapped[word] = mapped_column(default="")
    detail: Mapped[str]
    recorded_by_id: Mapped[int] = reference("person.id", index=False)
    settlement: Mapped[word] = mapped_column(default="")
    reason: Mapped[long_text] = mapped_column(default="")
    settled_by_id: Mapped[int | None] = reference("person.id", index=False)
    settled_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint(f"kind in {tuple(KINDS)}", name="kind"),
        CheckConstraint("settlement in ('','accept','drop')", name="settlement"),
        CheckConstraint("settlement = '' or reason <> ''", name="reason"),
        CheckConstraint("(settlement = '') = (settled_by_id is null)", name="settled_by"),
        CheckConstraint("settled_by_id is null or settled_by_id <> recorded_by_id", name="self_approval"),
        CheckConstraint("settlement <> 'accept' or kind not like 'unknown%'", name="unknown_never_kept"),
    )


def of_draw(session: Session, draw_id: str, substitution_id: int | None = None) -> list[ImportFinding]:
    """The findings about a draw's result, or about one of its substitutes, in the order they were found."""
    query = select(ImportFinding).where(
        ImportFinding.draw_id == draw_id, ImportFinding.substitution_id == substitution_id
    )
    return list(session.scalars(query.order_by(ImportFinding.id)))


def forget(session: Session, draw_id: str, substitution_id: int | None = None) -> None:
    """Another result has been imported: what was found about the one before goes with it."""
    session.flush()
    session.execute(
        delete(ImportFinding).where(
            ImportFinding.draw_id == draw_id, ImportFinding.substitution_id == substitution_id
        )
    )


def compare(
    step: Step, pool: Pool, objects: Mapping[str, Sequence[str]], members: Mapping[str, Sequence[str]]
) -> list[dict[str, str]]:
    """Every name of a result against the pools of the draw, objects first, then people, by group."""
    found = [
        finding
        for group, codes in objects.items()
        for code in codes
        for finding in _about_object(pool, group, code)
    ]
    for group, numbers in members.items():
        for number in numbers:
            found += about_person(step, pool, group, number, objects.get(group, ()))
    return found


def _about_object(pool: Pool, group: str, code: str) -> list[dict[str, str]]:
    thing = pool.by_code.get(code)
    about = {"group_id": group, "subject": code}
    if thing is None:
        return [
            {
                **about,
                "kind": "unknown-object",
                "excluded": "scope",
                "detail": Sentence("{code}不在本次抽取范围内", code=code),
            }
        ]
    if thing.excl:
        said = Sentence("{who}：{why}", who=thing.name, why=EXCLUSIONS[thing.excl])
        return [{**about, "kind": "excluded-object", "excluded": thing.excl, "detail": said}]
    return []


def about_person(
    step: Step, pool: Pool, group: str, number: str, codes: Sequence[str]
) -> list[dict[str, str]]:
    """What speaks against somebody whom the platform matched to a group that visits `codes`."""
    about = {"group_id": group, "subject": number}
    who = next((servant for servant in pool.servants if servant.staff_no == number), None)
    if who is None:
        said = Sentence("工号 {number} 不在执法检查人员名录库内", number=number)
        return [{**about, "kind": "unknown-person", "excluded": "scope", "detail": said}]
    found = []
    if who.excl:
        said = Sentence("{who}：{why}", who=who.name, why=EXCLUSIONS[who.excl])
        found.append({**about, "kind": "excluded-person", "excluded": who.excl, "detail": said})
    for code in codes:
        thing = pool.by_code.get(code)
        relation = conflict_between(step.session, who.inspector_id, thing.object_id) if thing else ""
        if thing and relation:
            said = Sentence(
                "{who}与{thing}：{relation}",
                who=who.name,
                thing=thing.name,
                relation=RELATIONS.get(relation, relation),
            )
            found.append({**about, "kind": "conflict", "object_code": code, "detail": said})
    return found


def record(
    step: Step, draw: Draw, found: Sequence[Mapping[str, str]], substitution_id: int | None = None
) -> int:
    """Keep the findings of the result that has just been imported; returns how many wait for the leader."""
    forget(step.session, draw.id, substitution_id)
    for each in found:
        step.session.add(
            ImportFinding(
                draw_id=draw.id, substitution_id=substitution_id, recorded_by_id=step.person().id, **each
            )
        )
    step.session.flush()
    return len(found)


def settle(step: Step, draw: Draw, waiting: Sequence[ImportFinding]) -> None:
    """Every finding gets the leader's settlement and reason; refuses what nobody may keep.

    Slugs `finding-open`, `not-in-scope`, `superior-drawn`, `object-closed`, `self-approval`.
    """
    leader = step.person()
    given = {ask.text(row, "finding"): row for row in ask.rows(step.answers, "settlements")}
    for each in waiting:
        refuse_self_approval(each.recorded_by_id, leader, "平台结果比对问题", CLAUSE, step.pack)
        row = given.get(str(each.id), {})
        decided, why = ask.text(row, "settlement"), ask.text(row, "why").strip()
        if decided not in DISPOSITIONS or not why:
            raise Refused(
                Sentence("每个问题都要写明处理和理由：{detail}。", detail=each.detail),
                clause=cite(CLAUSE, step.pack),
                slug="finding-open",
                fields={"settlements": "请逐项处理"},
            )
        if decided == "accept":
            _refuse_kept(each, step.rules)
        each.settlement, each.reason = decided, why
        each.settled_by_id, each.settled_at = leader.id, clock.now()
        if decided == "accept" and each.excluded == "cap":
            asker = step.session.get_one(Person, each.recorded_by_id)
            record_break(step, "cap.per_year", each.detail, why, leader, requester=asker)
    step.session.flush()
    settled = {"settled": [f"{each.detail}：{DISPOSITIONS[each.settlement]}" for each in waiting]}
    store.log(step.session, draw, "draw.settle_findings", leader, after=settled)


def _refuse_kept(finding: ImportFinding, rules: Rules) -> None:
    """Only an object at its yearly cap, which is a principle, may be kept; nobody unknown is sent anywhere."""
    if finding.kind == "unknown-person":
        raise Refused(
            Sentence("{detail}，不能参加检查。", detail=finding.detail),
            clause=rules.cite("W5 W9"),
            hint="请不予采用，或者退回平台重新匹配。",
            slug="person-not-in-pool",
            fields={"settlements": "不能按平台结果办理"},
        )
    if finding.kind == "conflict" and finding.substitution_id is not None:
        raise Refused(
            Sentence("{detail}，应当回避，不能递补。", detail=finding.detail),
            clause=rules.cite("J13 行政处罚法"),
            hint="请退回平台重新匹配。",
            slug="conflict-of-interest",
            fields={"settlements": "不能按平台结果办理"},
        )
    if finding.kind.endswith("object") and finding.excluded != "cap":
        duty.refuse_excluded(finding.subject, finding.excluded, rules)


@operation("draw.settle_findings", clause="W9 J13", gives=("findings_decision",))
def settle_findings(step: Step, *, draw_id: str) -> Mapping[str, Any]:
    """处理平台结果比对问题: the leader settles each finding with a reason, or sends the result back.

    What is left after that must still be a lawful draw: objects, two licensed in each group, no group of one.
    """
    draw = store.get(step.session, draw_id)
    if ask.text(step.answers, "decision") != "settle":
        draw.reason = ask.required(step.answers, "reason", "退回理由", clause=cite("W9", step.pack))
        return {"findings_decision": "return"}
    settle(step, draw, of_draw(step.session, draw.id))
    objects, members = kept(step.session, draw)
    pool = pool_of(step, draw)
    by_no = {servant.staff_no: servant for servant in pool.servants}
    if not objects:
        raise Refused(
            "不予采用之后没有检查对象了。",
            clause=cite("W9", step.pack),
            hint="请退回平台重新抽取。",
            slug="platform-mismatch",
        )
    smallest = min(len(members[group]) for group in objects)
    duty.refuse_team_size(smallest, step.rules, "已由分管领导写明理由")
    for group in objects:
        duty.refuse_licensed(sum(by_no[number].cert for number in members[group]), step.rules, group)
    _small(step, draw, smallest)
    return {"findings_decision": "settle"}


def _small(step: Step, draw: Draw, smallest: int) -> None:
    """Leaving somebody out may break «原则上 4 人一组»: counted like every other exception."""
    rule = step.rules["team.nominal"]
    if smallest < int(draw.settings["team_size"]) and smallest < int(rule.value):
        why = "；".join(each.reason for each in of_draw(step.session, draw.id) if each.settlement == "drop")
        asker = step.session.get_one(Person, draw.operator_id)
        record_break(step, rule, f"抽取 {draw.id}", why, step.person(), requester=asker)


def kept(session: Session, draw: Draw) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Objects and members by group that are really visited and serve: the result without what was left out."""
    result = draw.settings["result"]
    dropped = {
        (each.group_id, each.subject) for each in of_draw(session, draw.id) if each.settlement == "drop"
    }
    objects = {
        group: [code for code in codes if (group, code) not in dropped]
        for group, codes in result["objects"].items()
    }
    objects = {group: codes for group, codes in objects.items() if codes}
    members = {
        group: [number for number in result["members"][group] if (group, number) not in dropped]
        for group in objects
    }
    return objects, members


def as_document(found: Sequence[ImportFinding]) -> list[dict[str, str]]:
    """The findings with their settlement, in words: what is hashed, printed and kept in the case file."""
    return [
        {
            "kind": KINDS[each.kind],
            "group": each.group_id,
            "subject": each.subject,
            "detail": each.detail,
            "settlement": DISPOSITIONS.get(each.settlement, ""),
            "reason": each.reason,
        }
        for each in found
    ]


def as_evidence(found: Sequence[ImportFinding]) -> list[dict[str, str]]:
    """The settled findings as one entry of event 0: anybody who is shown the document can check it."""
    if not found:
        return []
    return [{"name": DOCUMENT, "sha256": sha256(canonical(as_document(found)))}]
