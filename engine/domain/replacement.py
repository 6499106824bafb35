"""替换检查对象: a drawn object that was closed or merged before its visit gives way to the next ticket.

Nobody chooses the next one: it is the nearest reserve of its stratum with which nobody of the team has a
利害关系. The bureau asks with proof, the leader in charge approves that the object is gone, not who follows.
What a platform has drawn is not replaced here; the visit is called off. 依据: J11, J12, W9; protocol SR1 2.7.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from engine import clock
from engine.domain import answers as ask
from engine.domain.ceremony import store
from engine.domain.ceremony.enclosure import enclosures, numbered
from engine.domain.ceremony.native import object_ids
from engine.domain.ceremony.tables import Draw, DrawnObject
from engine.domain.draw.aftermath import append_replace
from engine.domain.inspection.approval import cancel
from engine.domain.inspection.opening import open_drawn
from engine.domain.inspection.tables import Inspection
from engine.domain.plan.query import refuse_self_approval
from engine.domain.registry import RegistryObject
from engine.domain.terms import cite
from engine.errors import NotFound, Refused
from engine.operation import Step, operation, prefill
from engine.sentence import Sentence
from engine.storage.base import Base, pk, reference, word
from engine.storage.base import text as long_text

CLAUSE = "J11 J12 W9"
REASONS = {"closed": "已关闭、注销或者终止协议", "merged": "已并入其他机构"}
NEXT = "按号票次序由同层下一家候补，不由人选定"
CALLED_OFF = "平台抽取的不在本系统替换，同意后取消本户检查"
DECISIONS = ("", "approve", "return")
OUTCOMES = ("", "replaced", "none")


class ObjectReplacement(Base):
    """A request to replace one drawn object, its proof, who decided, and what the reserve gave.

    `outcome`: replaced · none (no reserve left, or drawn by a platform).
    """

    __tablename__ = "object_replacement"

    id: Mapped[pk]
    draw_id: Mapped[str] = mapped_column(index=True)
    object_id: Mapped[int] = reference("registry_object.id")
    inspection_id: Mapped[int] = reference("inspection.id")
    reason_code: Mapped[word]
    explanation: Mapped[long_text]
    proof: Mapped[list[Any]] = mapped_column(default=list)
    requester_id: Mapped[int] = reference("person.id", index=False)
    requested_at: Mapped[datetime] = mapped_column(default=clock.now)
    approver_id: Mapped[int | None] = reference("person.id", index=False)
    decision: Mapped[word] = mapped_column(default="")
    decided_at: Mapped[datetime | None]
    outcome: Mapped[word] = mapped_column(default="")
    # Codes passed over, a member of the team conflicts.
    skipped: Mapped[list[Any]] = mapped_column(default=list)
    replaced_by_id: Mapped[int | None] = reference("registry_object.id", index=False)

    __table_args__ = (
        CheckConstraint("reason_code in ('closed','merged')", name="reason"),
        CheckConstraint("explanation <> ''", name="explanation"),
        CheckConstraint(f"decision in {DECISIONS}", name="decision"),
        CheckConstraint(f"outcome in {OUTCOMES}", name="outcome"),
        CheckConstraint("approver_id is null or approver_id <> requester_id", name="self_approval"),
        CheckConstraint("(decision = '') = (approver_id is null)", name="decided_by"),
        CheckConstraint("outcome = '' or decision = 'approve'", name="approved_first"),
        Index(
            "uq_object_replacement_pending",
            "inspection_id",
            unique=True,
            sqlite_where=text("decision = ''"),
            postgresql_where=text("decision = ''"),
        ),
    )


def get(session: Session, replacement_id: int) -> ObjectReplacement:
    """The request with this id; NotFound otherwise."""
    found = session.get(ObjectReplacement, replacement_id)
    if found is None:
        raise NotFound(Sentence("没有编号为 {replacement_id} 的对象替换。", replacement_id=replacement_id))
    return found


def of_draw(session: Session, draw_id: str) -> list[ObjectReplacement]:
    """Every request about a draw, oldest first."""
    query = select(ObjectReplacement).where(ObjectReplacement.draw_id == draw_id)
    return list(session.scalars(query.order_by(ObjectReplacement.id)))


def _visit(step: Step, plan_id: int, code: str) -> Inspection:
    """The inspection of a drawn object of this plan that has not begun on site."""
    query = (
        select(Inspection)
        .join(RegistryObject, RegistryObject.id == Inspection.object_id)
        .where(Inspection.plan_id == plan_id, Inspection.draw_id.is_not(None), RegistryObject.code == code)
        .order_by(Inspection.id.desc())
    )
    found = step.session.scalar(query)
    clause = cite(CLAUSE, step.pack)
    if found is None or found.state == "cancelled":
        raise Refused(
            Sentence("{code}不是本计划抽中待查的对象。", code=code),
            clause=clause,
            hint="请核对机构编码。",
            slug="not-drawn",
            fields={"object_code": "请填写抽中对象的机构编码"},
        )
    if found.arrived_at is not None:
        raise Refused(
            Sentence("检查组已于{day:%Y-%m-%d}进场，不能替换对象。", day=clock.local(found.arrived_at)),
            clause=clause,
            hint="请在检查记录中写明情况。",
            slug="replace-after-arrival",
        )
    return found


@operation("draw.request_replacement", clause=CLAUSE, gives=("replacement_id",))
def request_replacement(step: Step, *, plan_id: int) -> Mapping[str, Any]:
    """申请替换检查对象: which drawn object is gone, why, with proof; refused once a team has arrived."""
    clause = cite(CLAUSE, step.pack)
    visit = _visit(step, plan_id, ask.required(step.answers, "object_code", "机构编码", clause=clause))
    code = ask.text(step.answers, "reason_code")
    proof = enclosures(step.session, ask.words(step.answers, "proof"))
    if code not in REASONS:
        raise Refused(
            "请选择替换理由。", clause=clause, slug="replace-reason", fields={"reason_code": "请选择"}
        )
    if not proof:
        said = "替换检查对象须附证明材料。"
        raise Refused(said, clause=clause, slug="proof-missing", fields={"proof": "请附证明材料"})
    pending = select(ObjectReplacement.id).where(
        ObjectReplacement.inspection_id == visit.id, ObjectReplacement.decision == ""
    )
    if step.session.scalar(pending) is not None:
        raise Refused("这户的替换申请正在等待审批。", clause=clause, slug="replace-pending")
    row = ObjectReplacement(
        draw_id=str(visit.draw_id),
        object_id=visit.object_id,
        inspection_id=visit.id,
        reason_code=code,
        explanation=ask.required(step.answers, "explanation", "情况说明", clause=clause),
        proof=proof,
        requester_id=step.person().id,
    )
    step.session.add(row)
    step.session.flush()
    return {"replacement_id": row.id}


@operation("draw.approve_replacement", clause=CLAUSE, gives=("replacement_decision",))
def approve_replacement(step: Step, *, replacement_id: int) -> Mapping[str, Any]:
    """审批替换检查对象: the leader agrees that the object is gone; who follows is not theirs to say."""
    row, leader = get(step.session, replacement_id), step.person()
    refuse_self_approval(row.requester_id, leader, "替换申请", CLAUSE, step.pack)
    decided = ask.decision(step.answers, clause=cite(CLAUSE, step.pack))
    row.decision, row.approver_id, row.decided_at = decided["decision"], leader.id, clock.now()
    return {"replacement_decision": row.decision}


@operation("draw.replace", clause=CLAUSE, gives=("replacement_outcome", "inspection_id", "draw_id"))
def replace(step: Step, *, replacement_id: int) -> Mapping[str, Any]:
    """按候补次序替换: event `replace` is appended, the old visit is called off, the next object gets its own.

    `replacement_outcome`: replaced · none (no reserve without conflict; or a platform's draw).
    """
    row = get(step.session, replacement_id)
    draw = store.get(step.session, row.draw_id)
    old = step.session.get_one(Inspection, row.inspection_id)
    thing = step.session.get_one(RegistryObject, row.object_id)
    cancel(step, old, f"{REASONS[row.reason_code]}：{row.explanation}")
    if old.case_id is not None:
        step.machine.cancel(old.case_id, "检查对象已替换")
    place = next(each for each in draw.objects if each.object_id == thing.id and each.state == "drawn")
    place.state = "replaced"
    chosen = _next(draw, row, thing.code)
    said = {"out": thing.code, "in": chosen, "skipped": row.skipped}
    store.log(step.session, draw, "draw.replace", step.actor, after=said)
    if not chosen:
        row.outcome = "none"
        return {"replacement_outcome": "none", "inspection_id": old.id, "draw_id": draw.id}
    object_id = object_ids(step.session, draw.bureau_id, [chosen])[chosen]
    arrival = DrawnObject(object_id=object_id, group_id=place.group_id, stratum=place.stratum)
    draw.objects.append(arrival)
    step.session.flush()
    (visit,) = open_drawn(step.session, draw, [arrival])
    row.outcome, row.replaced_by_id = "replaced", object_id
    return {"replacement_outcome": "replaced", "inspection_id": visit.id, "draw_id": draw.id}


def _next(draw: Draw, row: ObjectReplacement, code: str) -> str:
    """The code of the object that the transcript puts in this place; "" if there is none."""
    document = store.document_of(draw)
    if document is None:
        return ""
    transcript = append_replace(
        store.transcript_of(draw), document, thing=code, reason=row.reason_code, evidence=numbered(row.proof)
    )
    store.keep(draw, transcript)
    body = transcript.events[-1].body
    row.skipped = list(body["skipped"])
    return str(body["in"])


@prefill("draw/approve_replacement")
def show_approve(step: Step) -> dict[str, Any]:
    """Which object, why, which proof, and that the next one is not chosen by anybody."""
    row = get(step.session, int(step.data["replacement_id"]))
    draw = store.get(step.session, row.draw_id)
    thing = step.session.get_one(RegistryObject, row.object_id)
    native = draw.mode == "native"
    return {
        "facts": [
            ("抽取编号", row.draw_id),
            ("检查对象", f"{thing.name}（{thing.code}）"),
            ("替换理由", REASONS[row.reason_code]),
            ("情况说明", row.explanation),
            ("证明材料", "、".join(str(each["name"]) for each in row.proof)),
            ("替换办法", NEXT if native else CALLED_OFF),
        ]
    }
