"""What the forms of a handover show: findings, deadline, handling, reports and the superior's answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from engine.domain.handover.tables import HandoverReport
from engine.domain.handover.verbs import ANSWERS, get, last_report
from engine.operation import Step, prefill, subject
from engine.sentence import Sentence


@subject("handover")
def describe(session: Session, data: Mapping[str, Any]) -> dict[str, str]:
    """Document number and object, for inboxes and pages."""
    row = get(session, int(data["handover_id"]))
    return {
        "case_no": row.document_no or Sentence("移交{number}号", number=row.id),
        "title": Sentence(
            "移交检查结果：{object_name}（{from_name} → {to_name}）",
            object_name=row.object_name,
            from_name=row.from_name,
            to_name=row.to_name,
        ),
        "object_name": row.object_name,
    }


def _shown(step: Step) -> dict[str, Any]:
    row = get(step.session, int(step.data["handover_id"]))
    report = last_report(step.session, row.id)
    facts = [
        ("移交单位", row.from_name),
        ("接收单位", row.to_name),
        ("检查对象", row.object_name),
        ("移交文号", row.document_no or "待填"),
        ("处理意见", row.opinion or "待填"),
        ("上报期限", str(row.due_on or "由上级确定")),
    ]
    if row.handling:
        facts.append(("处理情况", row.handling))
    if report is not None:
        facts.append((Sentence("工作报告（第{version}版）", version=report.version), report.text))
        facts.append(("通报部门", "、".join(str(name) for name in report.peers)))
        if report.decision == "return":
            facts.append(("退回理由", report.reason))
        if report.answer:
            answer = report.answer
            told = f"{ANSWERS[answer['decision']]}（{answer['decided_by']}，{answer['decided_on']}）{answer['reason']}"
            facts.append(("上级签名文件", told))
    return {
        "facts": facts,
        "defaults": _answered(report),
        "rows": {
            "findings": [
                {"item": f["item"], "result": f["result"], "description": f["description"]}
                for f in row.findings
            ]
        },
    }


def _answered(report: HandoverReport | None) -> dict[str, str]:
    if report is None or not report.answer or report.decision:
        return {}
    agreed = report.answer["decision"] == "accept"
    return {
        "decision": "approve" if agreed else "return",
        "reason": "" if agreed else report.answer["reason"],
    }


for _form in ("issue", "acknowledge", "handle", "report", "peers", "accept", "urge", "send_file", "reply"):
    prefill(f"handover/{_form}")(_shown)
