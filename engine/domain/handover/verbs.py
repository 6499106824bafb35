"""The steps of a handover.

Issue with a deadline, acknowledge, handle, report up, inform peers, accept or return.

依据: 吉 第二十三条, 第二十四条.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine import audit, clock
from engine.domain import answers as ask
from engine.domain.calendar import add_working_days, due_by_release, working_days_between
from engine.domain.followup import Followup
from engine.domain.handover.tables import Handover, HandoverReport
from engine.domain.inspection.tables import get as get_inspection
from engine.domain.inspection.visit import findings
from engine.domain.registry import RegistryObject
from engine.domain.terms import RESULTS, cite
from engine.errors import NotFound, Refused
from engine.operation import Step, operation
from engine.people import Bureau
from engine.sentence import Sentence

SETTLED = "属地处理结果已认可"
"""Message to the superior's case: its handover has been accepted."""
ANSWERS: Mapping[str, str] = {"accept": "认可", "return": "退回"}


def get(session: Session, handover_id: int) -> Handover:
    """The handover with this id; NotFound otherwise."""
    found = session.get(Handover, handover_id)
    if found is None:
        raise NotFound(Sentence("没有编号为 {handover_id} 的移交事项。", handover_id=handover_id))
    return found


def last_report(session: Session, handover_id: int) -> HandoverReport | None:
    """The latest version of the working report."""
    query = select(HandoverReport).where(HandoverReport.handover_id == handover_id)
    return session.scalars(query.order_by(HandoverReport.version.desc())).first()


@operation("handover.hand_down", clause="J23 J24")
def hand_down(step: Step, *, inspection_id: int) -> None:
    """属地处理.

    The results of an inspection go to the bureau of the object's place, as a case of their own.
    """
    inspection = get_inspection(step.session, inspection_id)
    thing = step.session.get_one(RegistryObject, inspection.object_id)
    sender = step.session.get_one(Bureau, inspection.bureau_id)
    receiver = step.session.get_one(Bureau, inspection.local_bureau_id)
    known = step.session.scalar(select(Handover).where(Handover.inspection_id == inspection_id))
    if known is not None:
        return
    row = Handover(
        uid=secrets.token_hex(16),
        from_bureau_id=sender.id,
        to_bureau_id=receiver.id,
        from_name=sender.name,
        to_name=receiver.name,
        from_division=sender.division,
        to_division=receiver.division,
        inspection_id=inspection_id,
        object_name=thing.name,
        object_code=thing.code,
        uscc=thing.uscc,
        findings=[
            {
                "item": f.item_name,
                "result": RESULTS[f.result],
                "description": f.description,
                "amount_fen": f.amount_fen,
            }
            for f in findings(step.session, inspection_id)
            if f.problem
        ],
    )
    step.session.add(row)
    step.session.flush()
    step.machine.start("handover", {"handover_id": row.id}, bureau_id=sender.id, key=f"handover/{row.id}")


@operation("handover.open", clause="J24", gives=("side", "due_on", "half_on"))
def open_handover(step: Step, *, handover_id: int) -> Mapping[str, Any]:
    """Which half of the handover runs here, and the superior's deadline if it is known already (a file)."""
    row = get(step.session, handover_id)
    if row.due_on is not None and row.half_on is None:
        row.half_on = half_way(step.session, clock.today(), row.due_on)
    return {"side": row.side, **_dates(row)}


def half_way(session: Session, start: date, end: date) -> date:
    """The working day in the middle of a period: when half of the time is over."""
    return add_working_days(session, start, max(working_days_between(session, start, end), 0) // 2)


def _dates(row: Handover) -> dict[str, Any]:
    return {
        "due_on": row.due_on.isoformat() if row.due_on else None,
        "half_on": row.half_on.isoformat() if row.half_on else None,
    }


@operation("handover.issue", clause="J24", gives=("due_on", "half_on", "side"))
def issue(step: Step, *, handover_id: int) -> Mapping[str, Any]:
    """The superior hands down results and opinion and sets the time for the report (规定时间)."""
    row = get(step.session, handover_id)
    if step.person().bureau_id != row.from_bureau_id:
        raise Refused("只有移交单位可以下达移交。", clause=cite("J24", step.pack), slug="not-the-superior")
    row.document_no = ask.required(step.answers, "document_no", "移交文号", clause=cite("J24", step.pack))
    row.opinion = ask.required(step.answers, "opinion", "处理意见", clause=cite("J23 J24", step.pack))
    chosen = ask.day(step.answers, "due_on")
    row.due_on = chosen or due_by_release(step, "handover.report", clock.today()).day
    if row.due_on <= clock.today():
        raise Refused(
            "上报期限须晚于今天。",
            clause=cite("J24", step.pack),
            slug="handover-due",
            fields={"due_on": "须晚于今天"},
        )
    row.half_on = half_way(step.session, clock.today(), row.due_on)
    row.side = "sender" if ask.flag(step.answers, "by_file") else "both"
    row.state = "sent"
    row.issued_by_id, row.issued_at = step.person().id, clock.now()
    _log(step, "handover.issue", row, row.opinion)
    return {"side": row.side, **_dates(row)}


@operation("handover.receive_report", clause="J24")
def receive_report(step: Step, *, handover_id: int) -> None:
    """The local bureau sits in another installation: its report came as a signed file and was imported."""
    report = last_report(step.session, handover_id)
    if report is None or report.decision:
        raise Refused(
            "下级的工作报告尚未导入。",
            clause=cite("J24", step.pack),
            hint="请先导出移交文件送达下级，收到报告文件后导入，再办理本环节。",
            slug="report-not-imported",
        )


@operation("handover.acknowledge", clause="J24")
def acknowledge(step: Step, *, handover_id: int) -> None:
    """The local bureau confirms that it has the results."""
    row = get(step.session, handover_id)
    row.state = "acknowledged"
    row.acknowledged_by_id, row.acknowledged_at = step.person().id, clock.now()


@operation("handover.handle", clause="J23", gives=("report_owed",))
def handle(step: Step, *, handover_id: int) -> Mapping[str, Any]:
    """The local bureau handles each finding (下达处理意见); whether a report is owed is a rule of the pack."""
    row = get(step.session, handover_id)
    row.handled_by_id = step.person().id
    row.handling = ask.required(step.answers, "handling", "处理情况", clause=cite("J23", step.pack))
    row.recovered_fen = ask.number(step.answers, "recovered")
    row.state = "handled"
    return {"report_owed": bool(step.rules.value("upward_report"))}


@operation("handover.report_up", clause="J24")
def report_up(step: Step, *, handover_id: int) -> None:
    """形成工作报告报上一级医疗保障部门; late days are counted and shown."""
    row = get(step.session, handover_id)
    if not row.handling:
        raise Refused("尚未填写处理情况，不能上报。", clause=cite("J24", step.pack), slug="not-handled")
    late = 0
    if row.due_on is not None and clock.today() > row.due_on:
        late = working_days_between(step.session, row.due_on, clock.today())
    before = last_report(step.session, handover_id)
    step.session.add(
        HandoverReport(
            handover_id=handover_id,
            version=before.version + 1 if before else 1,
            text=ask.required(step.answers, "report", "工作报告", clause=cite("J24", step.pack)),
            recovered_fen=row.recovered_fen,
            overdue_days=late,
            reported_by_id=step.person().id,
            reported_by=step.person().name,
        ),
    )
    row.state = "reported"
    step.session.flush()
    _log(step, "handover.report", row, "")


@operation("handover.inform_peers", clause="J24")
def inform_peers(step: Step, *, handover_id: int) -> None:
    """向同级有关部门通报检查结果: which departments, by which letter."""
    report = _reported(step, handover_id)
    names = [
        ask.text(line, "department")
        for line in ask.rows(step.answers, "peers")
        if ask.text(line, "department")
    ]
    if not names and step.rules.value("peer_notice"):
        raise Refused(
            "应当向同级有关部门通报检查结果。",
            clause=cite("J24", step.pack),
            slug="peers-missing",
            fields={"peers": "请填写通报的部门"},
        )
    report.peers = list(names)
    report.peer_document = ask.text(step.answers, "peer_document")


@operation("handover.accept", clause="J24", gives=("decision",))
def accept(step: Step, *, handover_id: int) -> Mapping[str, Any]:
    """The superior accepts the report or returns it; it never alters it (§2 no. 12)."""
    row, report = get(step.session, handover_id), _reported(step, handover_id)
    actor = step.person()
    if report.reported_by_id == actor.id:
        raise Refused("上报人不能审阅自己的报告。", clause=cite("J24", step.pack), slug="self-approval")
    decided = ask.decision(step.answers)
    agreed = decided["decision"] == "approve"
    report.decision, report.reason = ("accept" if agreed else "return"), ask.text(step.answers, "reason")
    report.decided_by_id, report.decided_at = actor.id, clock.now()
    row.state = "accepted" if agreed else "returned"
    if agreed and row.inspection_id is not None:
        _settle_followup(step, row, report.text, report.recovered_fen, actor.id)
    _log(step, "handover.accept", row, report.reason)
    return decided


@operation("handover.record_reply", clause="J24", gives=("decision",))
def record_reply(step: Step, *, handover_id: int) -> Mapping[str, Any]:
    """The superior sits in another installation: its answer is entered as it came.

    By its signed file, which stands whatever is typed; without one, on the paper that it came on.
    """
    row, report = get(step.session, handover_id), _reported(step, handover_id)
    decided = ask.decision(step.answers)
    agreed = decided["decision"] == "approve"
    if report.answer and (report.answer["decision"] == "accept") != agreed:
        raise Refused(
            Sentence(
                "上级签名文件的审阅意见是“{decision}”，与填写的不一致。",
                decision=ANSWERS[report.answer["decision"]],
            ),
            clause=cite("J24", step.pack),
            hint="请按上级文件办理。",
            slug="reply-differs",
            fields={
                "decision": Sentence("上级意见是“{decision}”", decision=ANSWERS[report.answer["decision"]])
            },
        )
    report.answer_proof = ask.words(step.answers, "document")
    if not report.answer and not report.answer_proof:
        raise Refused(
            "还没有上级的审阅意见：既没有导入签名文件，也没有上传答复文件。",
            clause=cite("J24", step.pack),
            hint="请导入上级的签名文件（casework handover receive），或者上传书面答复。",
            slug="reply-missing",
            fields={"document": "请上传上级答复文件"},
        )
    report.decision = "accept" if agreed else "return"
    report.reason = report.answer.get("reason") or ask.text(step.answers, "reason")
    report.decided_at = clock.now()
    row.state = "accepted" if agreed else "returned"
    _log(step, "handover.reply", row, report.reason)
    return decided


@operation("handover.settle", clause="J23")
def settle(step: Step, *, handover_id: int) -> None:
    """无须上报: where no rule asks for a report, the handling itself settles the handover."""
    row = get(step.session, handover_id)
    row.state = "accepted"
    if row.inspection_id is not None:
        _settle_followup(step, row, row.handling, row.recovered_fen, row.handled_by_id)
    _log(step, "handover.settle", row, row.handling)


def _settle_followup(step: Step, row: Handover, words: str, recovered: int, by: int | None) -> None:
    """The superior's own case waits for this: its follow-up is done, its process goes on."""
    if row.inspection_id is None:
        return
    open_row = step.session.scalar(
        select(Followup).where(
            Followup.inspection_id == row.inspection_id, Followup.kind == "local", Followup.state == "open"
        ),
    )
    if open_row is not None:
        open_row.state, open_row.result = "done", words
        open_row.document_no, open_row.amount_fen = row.document_no, recovered
        open_row.done_by_id, open_row.done_at = by, clock.now()
    inspection = get_inspection(step.session, row.inspection_id)
    if inspection.case_id is not None:
        step.machine.send(SETTLED, case_id=inspection.case_id, key=f"handover/{row.id}/settled")


@operation("handover.remind", clause="J24")
def remind(step: Step, *, handover_id: int) -> None:
    """Half of the time is over: the local bureau is reminded; noted in the log."""
    _log(step, "handover.remind", get(step.session, handover_id), "上报期限已过半")


@operation("handover.urge", clause="J24")
def urge(step: Step, *, handover_id: int) -> None:
    """The time is over: the superior urges (督办); it cannot write the report itself."""
    row = get(step.session, handover_id)
    row.overdue_noted_at = clock.now()
    _log(
        step,
        "handover.urge",
        row,
        ask.required(step.answers, "note", "督办意见", clause=cite("J24", step.pack)),
    )


def _reported(step: Step, handover_id: int) -> HandoverReport:
    found = last_report(step.session, handover_id)
    if found is None:
        raise Refused("还没有工作报告。", clause=cite("J24", step.pack), slug="no-report")
    return found


def _log(step: Step, action: str, row: Handover, reason: str) -> None:
    audit.record(
        step.session,
        action=action,
        subject=f"handover/{row.id}",
        actor=step.actor,
        bureau_id=step.bureau_id,
        reason=reason,
        after={"state": row.state, "due_on": str(row.due_on)},
        clause="J24",
        chained=True,
    )


def overdue(session: Session, bureau_id: int) -> int:
    """How many handovers a bureau has not reported in time."""
    query = select(func.count()).where(
        Handover.to_bureau_id == bureau_id,
        Handover.due_on < clock.today(),
        Handover.state.in_(("sent", "acknowledged", "handled", "returned")),
    )
    return int(session.scalar(query) or 0)
