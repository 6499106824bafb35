"""递补: the next ticket of the transcript, the platform's match, or, for a lead, a choice with a reason.

After every change the team is counted again: two licensed, no 利害关系. 依据: J13, J16, W9, W11; draw.md 2.7.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from engine import audit, clock
from engine.domain import answers as ask
from engine.domain.ceremony import duty, store
from engine.domain.ceremony.duty import why
from engine.domain.ceremony.enclosure import enclosures, numbered, signed
from engine.domain.ceremony.tables import Draw, DrawnPerson
from engine.domain.draw import DrawRefused, Transcript
from engine.domain.draw.aftermath import append_sub, candidates_for
from engine.domain.inspection.licence import licensed_count
from engine.domain.inspection.tables import Inspection, TeamMember
from engine.domain.inspection.tables import get as inspection_of
from engine.domain.inspection.team import join, replace_member, team
from engine.domain.registry import Inspector, above, inspector_by_staff_no, relation_to
from engine.domain.registry import RegistryObject as Thing
from engine.domain.substitution.basis import refuse_lapsed, seat_of, stands
from engine.domain.substitution.request import let_know, refuse_arrived
from engine.domain.substitution.tables import Substitution, get
from engine.domain.terms import SUBSTITUTION_REASONS, cite
from engine.errors import Refused
from engine.operation import Step, operation
from engine.people import Person
from engine.sentence import Sentence


def reason_of(row: Substitution) -> str:
    """What the transcript says of the reason: recusal or unavailable; the details stay in the case file."""
    return "recusal" if row.reason_code == "recusal" else "unavailable"


def slot(step: Step, row: Substitution) -> DrawnPerson:
    """The place in the draw that falls vacant."""
    found = seat_of(step.session, row)
    if found is None:
        raise Refused(
            "被调换人不是抽取产生的检查人员，不能按抽取记录递补。",
            clause=why(step.rules, "substitution.approver", "J13"),
            slug="not-drawn",
        )
    return found


def candidates(step: Step, row: Substitution) -> list[tuple[str, Inspector]]:
    """调换候选 in the order in which they must be asked: alias and person."""
    draw = store.get(step.session, str(row.draw_id))
    document = store.document_of(draw)
    if document is None:
        return []
    place = slot(step, row)
    found = candidates_for(store.transcript_of(draw), document, place.group_id, place.role_index)
    staff = [draw.aliases[candidate.id] for candidate in found]
    query = select(Inspector).where(Inspector.bureau_id == draw.bureau_id, Inspector.staff_no.in_(staff))
    people = {who.staff_no: who for who in step.session.scalars(query)}
    return [(candidate.id, people[draw.aliases[candidate.id]]) for candidate in found]


@operation("substitution.confirm", clause="J13", gives=("approval",))
def confirm(step: Step, *, substitution_id: int) -> Mapping[str, Any]:
    """确认递补人选: the first candidate who can come serves.

    Whoever is passed over needs a reason and proof. `approval`: stands · lapsed (the leader decides again).
    """
    row = get(step.session, substitution_id)
    if not stands(step.session, row):
        row.decision, row.approver_id, row.decided_at = "", None, None
        row.outcome, row.concluded_at = "", None  # a postponed vacancy is looked at again
        return {"approval": "lapsed"}
    absent = []
    for line in ask.rows(step.answers, "absent"):
        alias = ask.required(line, "candidate", "不能参加的候选人")
        proof = enclosures(step.session, ask.words(line, "proof"))
        if not proof:
            raise Refused(
                "跳过候选人须附证明材料。",
                clause=why(step.rules, "substitution.approver", "J13"),
                slug="proof-missing",
                fields={"absent": "请附证明材料"},
            )
        absent.append({"id": alias, "reason": ask.text(line, "absence") or "unavailable", "evidence": proof})
    row.absent = absent
    appended(step, row, witness="pending")
    return {"approval": "stands"}


def appended(step: Step, row: Substitution, *, witness: str) -> Transcript:
    """The transcript with this substitution; refuses an absent person whose turn it would not have been."""
    draw = store.get(step.session, str(row.draw_id))
    document = store.document_of(draw)
    place = slot(step, row)
    if document is None:
        raise Refused("平台抽取的人员不能在本系统递补。", clause=cite("W9", step.pack), slug="not-native")
    try:
        return append_sub(
            store.transcript_of(draw),
            document,
            group=place.group_id,
            role=place.role_index,
            reason=reason_of(row),
            witness={"name": "witness", "sig": witness},
            evidence=numbered(row.proof),
            absent=[{**each, "evidence": numbered(each["evidence"])} for each in row.absent],
        )
    except DrawRefused as fault:
        raise Refused(
            Sentence("递补人选不合抽取记录：{reason}", reason=fault.reason),
            clause=why(step.rules, "substitution.approver", "J13"),
            hint="只能跳过排在递补人之前、确实不能参加的候选人。",
            slug="not-candidate",
        ) from fault


@operation("substitution.witness", clause="J13 J12", gives=("decision",))
def witness(step: Step, *, substitution_id: int) -> Mapping[str, Any]:
    """见证递补: the witness of an eligible unit signs the substitution, or sends it back."""
    row = get(step.session, substitution_id)
    person = step.person()
    duty.refuse_witness(step.session, store.get(step.session, str(row.draw_id)), person, step.rules)
    if person.id in (row.requester_id, row.approver_id):
        raise Refused(
            "申请人和审批人不能见证。", clause=cite("J12 J13", step.pack), slug="witness-is-requester"
        )
    decided = ask.decision(step.answers, clause=why(step.rules, "substitution.approver", "J13"))
    if decided["decision"] == "approve":
        row.witness_id, row.witnessed_at = person.id, clock.now()
        row.witness_signature = signed(step, "signature")
    return decided


@operation("substitution.apply", clause="J13 J16", gives=("substitution_outcome",))
def apply(step: Step, *, substitution_id: int) -> Mapping[str, Any]:
    """按抽取记录递补: event `sub` is appended and the teams of the group change.

    `substitution_outcome`: replaced · leader_lost (choose the leader again) · none (nobody is left).
    """
    row = get(step.session, substitution_id)
    refuse_lapsed(step, row)
    draw = store.get(step.session, str(row.draw_id))
    transcript = appended(step, row, witness=_signature(step, row))
    place = slot(step, row)
    store.keep(draw, transcript)
    alias = str(transcript.events[-1].body["in"])
    arriving = inspector_by_staff_no(step.session, draw.bureau_id, draw.aliases[alias]) if alias else None
    return change_teams(step, row, draw, place, arriving, alias)


def _signature(step: Step, row: Substitution) -> str:
    person = step.session.get_one(Person, row.witness_id)
    return f"person/{person.staff_no}"


@operation("substitution.choose", clause="J9 J13 W7", gives=("substitution_outcome",))
def choose(step: Step, *, substitution_id: int) -> Mapping[str, Any]:
    """指定递补人员: a lead drew nobody, so the section names somebody, with a reason."""
    row = get(step.session, substitution_id)
    if ask.flag(step.answers, "nobody"):
        return _conclude(step, row, "none")
    arriving = step.session.get(Inspector, ask.number(step.answers, "inspector"))
    if arriving is None:
        raise Refused("请选择递补人员。", slug="incomplete", fields={"inspector": "请选择"})
    row.note = ask.required(
        step.answers, "reason", "指定理由", clause=why(step.rules, "substitution.approver", "J13")
    )
    _refuse_arriving(step, row, arriving)
    return change_teams(step, row, None, None, arriving, "")


def _refuse_arriving(step: Step, row: Substitution, arriving: Inspector) -> None:
    """The substitute is available and has no 利害关系 to any object of the group."""
    if not arriving.available(clock.today()):
        raise Refused(
            Sentence("{arriving}本期不能参加检查。", arriving=arriving.name),
            clause=why(step.rules, "substitution.approver", "J13"),
            slug="unavailable",
        )
    for inspection in waiting_visits(step, row):
        relation = relation_to(step.session, arriving, step.session.get_one(Thing, inspection.object_id))
        if relation:
            raise Refused(
                Sentence("{arriving}与被检查对象有利害关系，应当回避。", arriving=arriving.name),
                clause=cite("J13 行政处罚法", step.pack),
                slug="conflict-of-interest",
            )


def waiting_visits(step: Step, row: Substitution) -> list[Inspection]:
    """Every inspection of the group that has not begun: the place belongs to all of them."""
    if row.draw_id is None:
        return [inspection_of(step.session, row.inspection_id)]
    query = select(Inspection).where(
        Inspection.draw_id == row.draw_id,
        Inspection.group_no == row.group_id,
        Inspection.arrived_at.is_(None),
        Inspection.closed_at.is_(None),
    )
    return list(step.session.scalars(query.order_by(Inspection.id)))


def change_teams(
    step: Step,
    row: Substitution,
    draw: Draw | None,
    place: DrawnPerson | None,
    arriving: Inspector | None,
    alias: str,
) -> dict[str, Any]:
    """Who leaves and who arrives, in every team of the group that has not begun; `substitution_outcome`."""
    leaving = step.session.get_one(TeamMember, row.member_out_id)
    refuse_arrived(inspection_of(step.session, row.inspection_id), leaving.name, step.rules)
    lost = False
    reason = Sentence(
        "{reason}（人员调换 {number}）",
        reason=SUBSTITUTION_REASONS[row.reason_code],
        number=row.id,
    )
    for inspection in waiting_visits(step, row):
        member = next(
            (each for each in team(step.session, inspection.id) if each.inspector_id == row.inspector_out_id),
            None,
        )
        if member is None:
            if row.postponed_to is not None and arriving is not None:  # the place is empty since then
                join(step.session, inspection, arriving.id, source="substitute")
                duty.refuse_licensed(licensed_count(team(step.session, inspection.id)), step.rules)
                _looked_at_again(step, inspection)
            continue
        lost = lost or member.role == "leader"
        replace_member(
            step.session,
            inspection.id,
            None,
            arriving.id if arriving else None,
            reason,
            out_inspector=row.inspector_out_id,
        )
        if arriving is not None:
            duty.refuse_licensed(licensed_count(team(step.session, inspection.id)), step.rules)
        _looked_at_again(step, inspection)
    if draw is not None and place is not None:
        place.state = "left"
        if arriving is not None:
            draw.people.append(
                DrawnPerson(
                    group_id=place.group_id,
                    role_index=place.role_index,
                    role=place.role,
                    inspector_id=arriving.id,
                    alias=alias,
                )
            )
    if arriving is None:
        return _conclude(step, row, "none")
    row.inspector_in_id = arriving.id
    return _conclude(step, row, "leader_lost" if lost else "replaced")


def _looked_at_again(step: Step, inspection: Inspection) -> None:
    if inspection.case_id is not None:
        step.machine.reassign(inspection.case_id)


def _conclude(step: Step, row: Substitution, outcome: str) -> dict[str, Any]:
    row.outcome, row.concluded_at = outcome, clock.now()
    step.session.flush()
    let_know(step, row)
    audit.record(
        step.session,
        action="substitution.done",
        subject=f"inspection/{row.inspection_id}",
        actor=step.actor,
        bureau_id=step.bureau_id,
        after={"outcome": outcome, "in": row.inspector_in_id, "draw": row.draw_id or ""},
        clause="J13",
        chained=True,
    )
    return {"substitution_outcome": outcome}


@operation(
    "substitution.decide_vacancy", clause="J13 J21", gives=("vacancy", "substitution_outcome", "wait_until")
)
def decide_vacancy(step: Step, *, substitution_id: int) -> Mapping[str, Any]:
    """处置无人可替: the leader in charge postpones the visit or borrows somebody from the superior.

    A postponed visit waits until the day before; then the place is offered again to who can come by then.
    """
    row = get(step.session, substitution_id)
    row.note = ask.required(
        step.answers, "reason", "说明", clause=why(step.rules, "substitution.approver", "J13")
    )
    if ask.text(step.answers, "vacancy") == "borrow":
        return {"vacancy": "borrow", "substitution_outcome": "none"}
    row.postponed_to = ask.day(step.answers, "postponed_to")
    if row.postponed_to is None or row.postponed_to <= clock.today():
        raise Refused(
            "延期检查的日期须晚于今天。",
            clause=why(step.rules, "substitution.approver", "J13"),
            slug="postponed-to",
            fields={"postponed_to": "须晚于今天"},
        )
    until = (row.postponed_to - timedelta(days=1)).isoformat()
    return {"vacancy": "postpone", "wait_until": until, **_conclude(step, row, "postponed")}


@operation("substitution.borrow", clause="J13 J16", gives=("substitution_outcome",))
def borrow(step: Step, *, substitution_id: int) -> Mapping[str, Any]:
    """向上级借调: a licensed inspector of a superior joins the team; the superior's letter is kept."""
    row = get(step.session, substitution_id)
    arriving = step.session.get(Inspector, ask.number(step.answers, "inspector"))
    if arriving is None or arriving.bureau_id not in above(step.session, step.bureau_id)[1:]:
        raise Refused(
            "请从上级医保局的执法检查人员中选择。", slug="not-superior", fields={"inspector": "请选择"}
        )
    _refuse_arriving(step, row, arriving)
    if not arriving.licensed(clock.today()):
        raise Refused(
            Sentence("{arriving}没有有效执法证件。", arriving=arriving.name),
            clause=cite("J16 W11 行政处罚法", step.pack),
            slug="too-few-licensed",
        )
    letter = ask.required(
        step.answers, "document", "借调函文号", clause=why(step.rules, "substitution.approver", "J13")
    )
    for inspection in waiting_visits(step, row):
        join(step.session, inspection, arriving.id, source="substitute")
        duty.refuse_licensed(licensed_count(team(step.session, inspection.id)), step.rules)
        _looked_at_again(step, inspection)
    row.inspector_in_id = arriving.id
    row.note = f"{row.note}；借调函：{letter}"
    return _conclude(step, row, "borrowed")
