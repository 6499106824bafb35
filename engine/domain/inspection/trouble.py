"""检查受阻: the team reports, the bureau that sent it directs, emergency measures follow where needed.

依据: 吉 第二十一条; compulsory measures only with their legal basis and approval (吉 第十九条, 行政强制法).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import audit, clock
from engine.domain import answers as ask
from engine.domain.inspection.tables import Obstruction, get
from engine.domain.inspection.team import team
from engine.domain.terms import cite
from engine.errors import Refused
from engine.operation import Step, operation, prefill

KINDS: Mapping[str, str] = {
    "refused": "拒绝检查",
    "delayed": "拖延、进展缓慢",
    "hidden": "隐匿、转移资料",
    "threat": "威胁人身安全",
    "other": "其他",
}


def open_obstructions(session: Session, inspection_id: int) -> list[Obstruction]:
    """The obstructions still to be dealt with, oldest first; there may be several at a time."""
    query = select(Obstruction).where(
        Obstruction.inspection_id == inspection_id, Obstruction.ended_at.is_(None)
    )
    return list(session.scalars(query.order_by(Obstruction.id)))


def _open(step: Step, obstruction_id: int) -> Obstruction:
    found = step.session.get(Obstruction, obstruction_id)
    if found is None or found.ended_at is not None:
        raise Refused("没有待处置的受阻情况。", clause=cite("J21", step.pack), slug="no-obstruction")
    return found


@operation("inspection.report_obstruction", clause="J21", gives=("obstruction_id",))
def report_obstruction(step: Step, *, inspection_id: int) -> Mapping[str, Any]:
    """The team reports that the inspection is slow or blocked."""
    inspection = get(step.session, inspection_id)
    actor = step.person()
    if not any(m.person_id == actor.id for m in team(step.session, inspection_id)):
        raise Refused("只有检查组成员可以报告受阻。", clause=cite("J21", step.pack), slug="not-in-team")
    if inspection.state not in ("approved", "onsite"):
        raise Refused("检查不在进行中，不能报告受阻。", clause=cite("J21", step.pack), slug="not-on-site")
    row = Obstruction(
        inspection_id=inspection_id,
        kind=ask.required(step.answers, "kind", "受阻情形"),
        description=ask.required(step.answers, "description", "受阻经过"),
        reported_by_id=actor.id,
    )
    step.session.add(row)
    step.session.flush()
    return {"obstruction_id": row.id}


@operation("inspection.instruct", clause="J21", gives=("emergency",))
def instruct(step: Step, *, inspection_id: int, obstruction_id: int) -> Mapping[str, Any]:
    """The bureau orders what to do and whether emergency measures are needed."""
    trouble = _open(step, obstruction_id)
    if trouble.reported_by_id == step.person().id:
        raise Refused("报告人不能自己下达指令。", clause=cite("J21", step.pack), slug="self-approval")
    trouble.instruction = ask.required(step.answers, "instruction", "指令", clause=cite("J21", step.pack))
    trouble.instructed_by_id = step.person().id
    trouble.instructed_at = clock.now()
    trouble.emergency = ask.flag(step.answers, "emergency")
    if not trouble.emergency:
        trouble.ended_at = clock.now()
    audit.record(
        step.session,
        action="inspection.instruct",
        subject=f"inspection/{inspection_id}",
        actor=step.actor,
        bureau_id=step.bureau_id,
        reason=trouble.instruction,
        after={"emergency": trouble.emergency},
        clause="J21",
        chained=True,
    )
    return {"emergency": trouble.emergency}


@operation("inspection.emergency", clause="J21 J19")
def emergency(step: Step, *, obstruction_id: int) -> None:
    """The measures taken, each with its legal basis (no compulsory measure without one)."""
    trouble = _open(step, obstruction_id)
    rule = step.rules["compulsory_measures"]
    if rule.value == "forbidden":
        raise Refused(
            "本规则包不允许采取强制措施。", clause=cite(rule.source, step.pack), slug="measures-forbidden"
        )
    measures = ask.required(step.answers, "measures", "采取的措施", clause=cite("J21", step.pack))
    trouble.measures_basis = ask.required(
        step.answers,
        "basis",
        "法律依据",
        clause=cite("J19 行政强制法", step.pack),
        slug="measure-without-basis",
    )
    trouble.measures = measures
    trouble.ended_at = clock.now()


@prefill("inspection/obstructed")
def show_kinds(step: Step) -> dict[str, Any]:  # noqa: ARG001
    """The kinds of obstruction."""
    return {"options": {"kinds": list(KINDS.items())}}


@prefill("inspection/instruct")
def show_obstruction(step: Step) -> dict[str, Any]:
    """What the team reported."""
    trouble = _open(step, int(step.data["obstruction_id"]))
    return {
        "facts": [
            ("受阻情形", KINDS.get(trouble.kind, trouble.kind)),
            ("受阻经过", trouble.description),
            ("报告时间", f"{clock.local(trouble.reported_at):%Y-%m-%d %H:%M}"),
        ],
    }


prefill("inspection/emergency")(show_obstruction)
