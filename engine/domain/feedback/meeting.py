"""当面反馈: one meeting for the object and the local bureau, two receipts or the reason why there is none.

依据: 吉 第二十二条, 舞 第十二条.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine import clock
from engine.domain import answers as ask
from engine.domain.feedback.standing import given_of, refuse_unsettled
from engine.domain.feedback.tables import Feedback
from engine.domain.inspection.tables import get
from engine.domain.terms import cite
from engine.errors import Refused
from engine.operation import Step, operation
from engine.sentence import Sentence


@operation("feedback.meet", clause="J22", gives=("feedback_id", "local_receipt"))
def meet(step: Step, *, inspection_id: int) -> Mapping[str, Any]:
    """The leader tells the opinion face to face; one meeting time for the object and the local bureau."""
    inspection = get(step.session, inspection_id)
    opinion = refuse_unsettled(step.session, inspection_id, step.rules)
    met_at = ask.happened(step.answers, "met_at", "反馈时间")
    if met_at < opinion.discussed_at:
        raise Refused(
            "反馈时间不能早于讨论时间。",
            clause=cite("J22", step.pack),
            slug="feedback-time",
            fields={"met_at": "早于讨论时间"},
        )
    row = Feedback(
        inspection_id=inspection_id,
        opinion_id=opinion.id,
        met_at=met_at,
        place=ask.required(step.answers, "place", "反馈地点"),
        present=ask.required(step.answers, "present", "在场人员"),
        object_view=ask.text(step.answers, "object_view"),
        given_by_id=step.person().id,
    )
    step.session.add(row)
    step.session.flush()
    both = inspection.local_elsewhere and bool(step.rules.value("feedback.simultaneous"))
    return {"feedback_id": row.id, "local_receipt": both}


@operation("feedback.receipt_object", clause="J22")
def receipt_object(step: Step, *, inspection_id: int) -> None:
    """The object signs for the opinion, or the reason why not is noted."""
    row = given_of(step, inspection_id)
    row.receipt_object = ask.required(step.answers, "received_by", "签收人")
    row.receipt_object_reason = ask.text(step.answers, "reason")
    row.receipt_signature = ask.signature(step.answers, "signature")
    if not row.receipt_signature and not row.receipt_object_reason:
        raise Refused(
            "未签名的，请注明原因。",
            clause=cite("W12 J22", step.pack),
            slug="signature-reason",
            fields={"reason": "请注明原因"},
        )
    if view := ask.text(step.answers, "object_view"):
        row.object_view = view
    row.receipt_object_at = clock.now()


@operation("feedback.receipt_local", clause="J22")
def receipt_local(step: Step, *, inspection_id: int) -> None:
    """The local bureau confirms the same meeting."""
    row = given_of(step, inspection_id)
    row.receipt_local_id, row.receipt_local_at = step.person().id, clock.now()


@operation("feedback.skip_local", clause="J22")
def skip_local(step: Step, *, inspection_id: int) -> None:
    """No second receipt; the reason is kept and shown."""
    row, inspection = given_of(step, inspection_id), get(step.session, inspection_id)
    row.local_skipped = (
        Sentence("本规则包未规定向所在地医保部门同时反馈。")
        if inspection.local_elsewhere
        else Sentence("本局即被检查对象所在地医疗保障部门，无须第二份签收。")
    )


@operation("feedback.finish", clause="J22")
def finish(step: Step, *, inspection_id: int) -> None:
    """Both receipts stand: the written opinion is final."""
    row, inspection = given_of(step, inspection_id), get(step.session, inspection_id)
    row.finished_at, row.finished = clock.now(), True
    inspection.state = "fed_back"
    step.session.flush()
