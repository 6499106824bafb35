"""The team (检查组): drawn members, the leader chosen among them, pledges, conflicts and replacements.

依据: 吉 第十三条 (回避、调换), 第十六条 (组长负责制), 舞 第十一条 (不少于两人), 第十七条 (廉洁).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from engine import audit, clock
from engine.domain import answers as ask
from engine.domain.ceremony.tables import DrawnPerson
from engine.domain.inspection.licence import licensed_count, licensed_needed, reread_licences
from engine.domain.inspection.tables import Inspection, TeamMember, get
from engine.domain.registry import (
    Inspector,
    RegistryObject,
    conflict_between,
    declare,
    inspectors_of,
    refuse_conflicted,
)
from engine.domain.terms import OBJECT_KINDS, RELATIONS, SPECIALTIES, cite
from engine.errors import Refused
from engine.operation import Rules, Step, operation, prefill
from engine.people import Bureau, Person
from engine.sentence import Sentence


def team(session: Session, inspection_id: int, *, everybody: bool = False) -> list[TeamMember]:
    """Those on the team now, leader first; `everybody` includes experts, helpers and those who left."""
    query = select(TeamMember).where(TeamMember.inspection_id == inspection_id)
    if not everybody:
        query = query.where(*on_duty())
    found = session.scalars(query.order_by(TeamMember.id)).all()
    return sorted(found, key=lambda member: member.role != "leader")


def on_duty() -> tuple[ColumnElement[bool], ...]:
    """Who counts as on a team now: drawn or arrived, not left; neither experts nor helpers."""
    return TeamMember.left_at.is_(None), TeamMember.role.in_(("leader", "member"))


def team_persons(session: Session, inspection_id: int) -> list[int]:
    """Account ids of the inspectors on the team now: who sees the work of the lane 检查组."""
    return [member.person_id for member in team(session, inspection_id) if member.person_id is not None]


def team_leader(session: Session, inspection_id: int) -> TeamMember | None:
    """The leader on duty, None while the bureau has not chosen one."""
    return next((member for member in team(session, inspection_id) if member.role == "leader"), None)


def ever_on_team(session: Session, inspection_id: int, person_id: int) -> bool:
    """Whether somebody is or was on the team in any role: they may not review or approve its work."""
    query = select(TeamMember.id).where(
        TeamMember.inspection_id == inspection_id, TeamMember.person_id == person_id
    )
    return session.scalar(query.limit(1)) is not None


def refuse_conflict(session: Session, pack: str, inspection: Inspection, person: Person) -> None:
    """Refuse somebody with a 利害关系 to the object.

    In whatever role they act (slug `conflict-of-interest`).
    """
    refuse_conflicted(session, person, session.get_one(RegistryObject, inspection.object_id), pack=pack)


def refuse_leader(member: TeamMember | None, inspection: Inspection, pack: str) -> TeamMember:
    """The leader comes from the drawn, licensed inspectors (slugs `leader-not-drawn`, `expert-as-leader`)."""
    clause = cite("J16", pack)
    if member is None or member.inspection_id != inspection.id or member.left_at is not None:
        raise Refused("组长只能从本次抽取的检查人员中确定。", clause=clause, slug="leader-not-drawn")
    if member.expert or member.role in ("expert", "helper"):
        raise Refused(
            Sentence(
                "{member}是{kind}，不能担任组长，也不计入两名持证人员。",
                member=member.name,
                kind="检查专家" if member.expert else "协助人员",
            ),
            clause=cite("J16 W5", pack),
            slug="expert-as-leader",
        )
    if not member.licensed:
        raise Refused(
            Sentence("{member}没有有效执法证件，不能担任组长。", member=member.name),
            clause=cite("J16 W11 行政处罚法", pack),
            slug="leader-unlicensed",
        )
    return member


def refuse_not_drawn_leader(
    session: Session, member: TeamMember, inspection: Inspection, rules: Rules
) -> None:
    """Where the pack has the leader drawn, the bureau only enters who it is (slug `leader-by-draw`).

    `leader.choice`: bureau_among_drawn (吉 第十六条) leaves the choice among the drawn to the bureau.
    """
    rule = rules["leader.choice"]
    drawn = leader_by_draw(session, inspection) if rule.value == "drawn" else None
    if drawn is not None and drawn.id != member.id:
        raise Refused(
            Sentence("组长由抽取产生，本组组长是{drawn}。", drawn=drawn.name),
            clause=rules.cite(rule.source),
            slug="leader-by-draw",
        )


def leader_by_draw(session: Session, inspection: Inspection) -> TeamMember | None:
    """Who was drawn for the first slot of the group and still serves; None for a lead's inspection."""
    query = (
        select(TeamMember)
        .join(DrawnPerson, DrawnPerson.inspector_id == TeamMember.inspector_id)
        .where(
            TeamMember.inspection_id == inspection.id,
            TeamMember.left_at.is_(None),
            TeamMember.licensed,
            DrawnPerson.draw_id == inspection.draw_id,
            DrawnPerson.group_id == inspection.group_no,
        )
        .order_by(DrawnPerson.role_index, DrawnPerson.id)
    )
    return session.scalars(query.limit(1)).first()


@operation("inspection.choose_leader", clause="J16", gives=("leader_id",))
def choose_leader(step: Step, *, inspection_id: int) -> Mapping[str, Any]:
    """The bureau chooses the leader among the drawn (吉 第十六条); the reason is kept."""
    inspection = get(step.session, inspection_id)
    chosen = ask.required(step.answers, "leader", "组长")
    reread_licences(step.session, team(step.session, inspection_id), clock.today())
    member = refuse_leader(step.session.get(TeamMember, int(chosen)), inspection, step.pack)
    refuse_not_drawn_leader(step.session, member, inspection, step.rules)
    reason = ask.required(step.answers, "reason", "确定理由", clause=cite("J16", step.pack))
    if member.conflict:
        raise Refused(
            Sentence("{member}已声明利害关系，不能担任组长。", member=member.name),
            clause=cite("J13", step.pack),
            slug="conflict-of-interest",
        )
    before = team_leader(step.session, inspection_id)
    if before is not None and before.id != member.id:
        before.role = "member"
        step.session.flush()
    member.role = "leader"
    for number in ask.words(step.answers, "experts"):
        known = {
            m.inspector_id for m in team(step.session, inspection_id, everybody=True) if m.left_at is None
        }
        if int(number) not in known:
            join(step.session, inspection, int(number), source="invited", expert=True)
    inspection.leader_reason = reason
    inspection.leader_chosen_by_id = step.person().id
    step.session.flush()
    audit.record(
        step.session,
        action="inspection.leader",
        subject=f"inspection/{inspection_id}",
        actor=step.actor,
        bureau_id=inspection.bureau_id,
        reason=reason,
        before={"leader": before.name if before else ""},
        after={"leader": member.name},
        clause="J16",
    )
    step.machine.reassign(step.case_id)
    return {"leader_id": member.person_id}


@operation("inspection.pledge", clause="W17 J13")
def pledge(step: Step, *, inspection_id: int) -> None:
    """A member pledges integrity and declares whether they have a 利害关系 to the object."""
    inspection = get(step.session, inspection_id)
    actor = step.person()
    member = next((m for m in pledgers(step.session, inspection_id) if m.person_id == actor.id), None)
    if member is None:
        raise Refused(
            Sentence("{actor}不是本检查组成员。", actor=actor.name),
            clause=cite("J16", step.pack),
            slug="not-in-team",
        )
    if not ask.flag(step.answers, "pledge"):
        raise Refused(
            "请确认廉洁承诺。",
            clause=cite("W17", step.pack),
            slug="pledge-missing",
            fields={"pledge": "请确认廉洁承诺。"},
        )
    member.pledged_at = clock.now()
    if not ask.flag(step.answers, "conflict"):
        return
    relation = ask.required(step.answers, "relation", "利害关系类型", clause=cite("J13", step.pack))
    member.conflict = relation
    member.conflict_note = ask.text(step.answers, "note")
    who = step.session.get(Inspector, member.inspector_id) if member.inspector_id else None
    declare(
        step.session,
        who or actor,
        relation=relation,
        thing=step.session.get_one(RegistryObject, inspection.object_id),
        note=member.conflict_note,
        actor=actor,
    )


def pledgers(session: Session, inspection_id: int) -> list[TeamMember]:
    """Who must pledge: the inspectors, and invited experts too (no conflict, confidentiality; §2 no. 15)."""
    serving = [m for m in team(session, inspection_id, everybody=True) if m.left_at is None]
    return [member for member in serving if member.role != "helper"]


@operation(
    "inspection.check_team", clause="J13 J16 W11", gives=("team_state", "pending_person_id", "leader_id")
)
def check_team(step: Step, *, inspection_id: int) -> Mapping[str, Any]:
    """Whether the team may go: `team_state` is substitute · leader · pledge · ready."""
    members = team(step.session, inspection_id)
    reread_licences(step.session, members, clock.today())
    leader = team_leader(step.session, inspection_id)
    serving = pledgers(step.session, inspection_id)
    for member in serving:
        if member.expert and member.conflict:
            # An expert only advises: nobody is swapped in, they leave.
            member.left_at, member.left_reason = clock.now(), "利害关系回避"
    pending = next(
        (m for m in serving if m.left_at is None and m.pledged_at is None and m.person_id is not None), None
    )
    conflicted = any(member.conflict for member in members)
    if conflicted or licensed_count(members) < licensed_needed(step.rules):
        state = "substitute"
    elif leader is None:
        state = "leader"
    elif pending is not None:
        state = "pledge"
    else:
        state = "ready"
    return {
        "team_state": state,
        "pending_person_id": pending.person_id if pending else None,
        "leader_id": leader.person_id if leader else None,
    }


def arrived(inspection: Inspection) -> bool:
    """Whether the team has shown its certificates on site: from then on nobody is swapped (吉 第十三条)."""
    return inspection.arrived_at is not None


def replace_member(
    session: Session,
    inspection_id: int,
    out_person: int | None,
    in_inspector: int | None,
    reason: str,
    *,
    out_inspector: int | None = None,
) -> TeamMember | None:
    """Take somebody off the team (by person id or inspector id) and.

    Unless None, put an inspector in their place.

    The one who leaves stays in the record with the reason. Returns the new member. Refuses after arrival.
    依据: 吉 第十三条.
    """
    inspection = get(session, inspection_id)
    pack = _pack(session, inspection)
    members = team(session, inspection_id)
    leaving = next(
        (
            m
            for m in members
            if (out_person is not None and m.person_id == out_person)
            or (out_inspector is not None and m.inspector_id == out_inspector)
        ),
        None,
    )
    if leaving is None:
        raise Refused("被调换人不在本检查组。", clause=cite("J13", pack), slug="not-in-team")
    if arrived(inspection):
        raise Refused(
            Sentence(
                "不能调换：{leaving}已于{day:%Y-%m-%d}进场。",
                leaving=leaving.name,
                day=clock.local(inspection.arrived_at),
            )
            if inspection.arrived_at
            else "",
            clause=cite("J13", pack),
            hint="可以补充检查人员。",
            slug="substitution-after-arrival",
        )
    leaving.left_at = clock.now()
    leaving.left_reason = reason
    if leaving.role == "leader":
        leaving.role = "member"
    session.flush()
    return join(session, inspection, in_inspector, source="substitute") if in_inspector is not None else None


def join(
    session: Session, inspection: Inspection, inspector_id: int, *, source: str, expert: bool = False
) -> TeamMember:
    """Put an inspector of the registry on the team; a 利害关系 to the object refuses them (§2 no. 6)."""
    inspector = session.get_one(Inspector, inspector_id)
    relation = conflict_between(session, inspector_id, inspection.object_id)
    if relation:
        raise Refused(
            Sentence(
                "{inspector}与被检查对象有利害关系：{relation}，不能参加检查组。",
                inspector=inspector.name,
                relation=RELATIONS.get(relation, relation),
            ),
            clause=cite("J13 行政处罚法", _pack(session, inspection)),
            slug="conflict-of-interest",
        )
    member = TeamMember(**membership(inspection, inspector, source=source, expert=expert))
    session.add(member)
    session.flush()
    return member


def membership(
    inspection: Inspection, inspector: Inspector, *, source: str, expert: bool = False
) -> dict[str, Any]:
    """The row of an inspector on a team, with the certificate that is valid today; not yet stored."""
    certificate = inspector.certificate(clock.today())
    is_expert = expert or inspector.is_expert
    return {
        "inspection_id": inspection.id,
        "inspector_id": inspector.id,
        "person_id": inspector.person_id,
        "name": inspector.name,
        "role": "expert" if is_expert else "member",
        "source": "invited" if is_expert else source,
        "licensed": certificate is not None and not is_expert,
        "expert": is_expert,
        "certificate_no": certificate.number if certificate else "",
    }


def _pack(session: Session, inspection: Inspection) -> str:
    return session.get_one(Bureau, inspection.bureau_id).pack


def _choices(members: list[TeamMember]) -> list[tuple[str, str]]:
    return [(str(m.id), f"{m.name}（{'持证' if m.licensed else '无有效证件'}）") for m in members]


def _known(session: Session, member: TeamMember) -> str:
    """What speaks for somebody as leader: certificate and specialties (吉 第十六条 结合现场检查对象实际情况)."""
    who = session.get(Inspector, member.inspector_id) if member.inspector_id else None
    skills = [SPECIALTIES.get(each, each) for each in who.specialties] if who else []
    return "、".join([member.certificate_no or "无有效证件", *skills])


@prefill("inspection/leader")
def show_leader_choice(step: Step) -> dict[str, Any]:
    """The drawn members to choose the leader from."""
    inspection = get(step.session, int(step.data["inspection_id"]))
    members = team(step.session, inspection.id)
    if step.rules.value("leader.choice") == "drawn":
        drawn = leader_by_draw(step.session, inspection)
        members = [drawn] if drawn is not None else members
    experts = inspectors_of(step.session, inspection.bureau_id, experts=True)
    thing = step.session.get_one(RegistryObject, inspection.object_id)
    return {
        "facts": [
            ("检查对象", thing.name),
            (
                "类别",
                OBJECT_KINDS.get(thing.kind, thing.kind) + (f"（{thing.level}）" if thing.level else ""),
            ),
            ("地址", thing.address),
            *((m.name, _known(step.session, m)) for m in members),
        ],
        "options": {
            "members": _choices([m for m in members if not m.conflict]),
            "experts": [(str(who.id), who.name) for who in experts if who.available(clock.today())],
        },
    }


@prefill("inspection/pledge")
def show_pledge(step: Step) -> dict[str, Any]:
    """The team and the kinds of 利害关系."""
    members = team(step.session, int(step.data["inspection_id"]))
    return {
        "facts": [("检查组成员", "、".join(m.name for m in members))],
        "options": {"relations": list(RELATIONS.items())},
    }
