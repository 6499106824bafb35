"""What a plan, a handover and a year of inspections say on paper: plan, approval sheet, letter or report, ledger.

依据: 吉 第八条 (five parts of a plan), 第二十四条 (移交、工作报告), 第二十七条 (工作台账), 舞 第八条.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import clock
from engine.domain.archive.tables import LedgerRow
from engine.domain.handover import Handover, last_report
from engine.domain.inspection.tables import Inspection
from engine.domain.plan.coverage import in_scope, registered, sampled
from engine.domain.plan.query import default_title
from engine.domain.plan.tables import Plan, PlanAmendment, PlanTask
from engine.domain.terms import METHODS, OBJECT_KINDS
from engine.people import Bureau, Person, Role, holders

LEVELS = {"province": "省级", "prefecture": "市级", "county": "县级"}


def _head(bureau: Bureau, number: str, day: str, verify_url: str) -> dict[str, Any]:
    return {
        "bureau": bureau.name,
        "document_no": "",
        "case_no": number,
        "date": day,
        "verify_url": verify_url,
    }


def _name(session: Session, person_id: int | None) -> str:
    person = session.get(Person, person_id) if person_id else None
    return person.name if person else ""


def plan_documents(session: Session, plan: Plan, *, verify_url: str = "") -> dict[str, dict[str, Any]]:
    """The plan itself once it is compiled; the approval sheet once the leader has agreed, or a change was asked for."""
    if plan.author_id is None:
        return {}
    made = {"plan": _plan(session, plan, verify_url)}
    if plan.approver_id is not None:
        made["approval"] = _approval(session, plan, verify_url)
    return made


def _plan(session: Session, plan: Plan, verify_url: str) -> dict[str, Any]:
    bureau = session.get_one(Bureau, plan.bureau_id)
    approved = clock.local(plan.approved_at).date().isoformat() if plan.approved_at else ""
    return {
        **_head(bureau, plan.no, approved or clock.today().isoformat(), verify_url),
        "document_no": plan.document_no,
        "plan_name": plan.title or default_title(plan),
        "year": plan.year,
        "quarter": str(plan.quarter or ""),
        "item_list_version": plan.item_list_version,
        "arrangement": plan.arrangement,
        "work_requirements": plan.work_requirements,
        "discipline": plan.discipline,
        "author": _name(session, plan.author_id),
        "approver": _name(session, plan.approver_id),
        "approved_on": approved,
        "tasks": [_task(session, bureau, plan, task) for task in plan.tasks],
    }


def _task(session: Session, bureau: Bureau, plan: Plan, task: PlanTask) -> dict[str, Any]:
    base = sum(number for scope, number in registered(session, bureau.id).items() if in_scope(task, *scope))
    section = task.part.section
    return {
        "name": task.name,
        "type": "定向" if task.directed else "不定向",
        "item": task.item_name,
        "content": task.content,
        "basis": task.basis,
        "scope": OBJECT_KINDS.get(task.object_kind, task.object_kind)
        + (f"（{task.level}）" if task.level else ""),
        "authority": bureau.name,
        "base": base,
        "ratio": task.ratio,
        "count": sampled(task, base),
        "method": METHODS.get(task.method, task.method),
        "level": LEVELS.get(bureau.level, ""),
        "credit": "",
        "period": f"{task.starts_on} 至 {task.ends_on}",
        "frequency": task.frequency,
        "joint": plan.joint_departments,
        "section": section.name if section else task.part.author.name,
        "note": task.note,
    }


def _approval(session: Session, plan: Plan, verify_url: str) -> dict[str, Any]:
    bureau = session.get_one(Bureau, plan.bureau_id)
    author = session.get_one(Person, plan.author_id)
    changes = session.scalars(
        select(PlanAmendment)
        .where(PlanAmendment.plan_id == plan.id, PlanAmendment.decision != "")
        .order_by(PlanAmendment.id)
    ).all()
    opinions = [("审批年度计划", plan.approver_id, "同意", plan.coverage_reason, plan.approved_at)]
    opinions += [
        (
            "审批计划调整",
            row.approver_id,
            "同意" if row.decision == "approve" else "退回",
            row.summary,
            row.decided_at,
        )
        for row in changes
    ]
    applied = min((part.submitted_at for part in plan.parts), default=plan.opened_at)
    section = author.section.name if author.section else ""
    return {
        **_head(bureau, plan.no, clock.local(plan.approved_at or clock.now()).date().isoformat(), verify_url),
        "subject": plan.title or default_title(plan),
        "applicant": author.name,
        "section": section,
        "applied_on": clock.local(applied).date().isoformat(),
        "summary": f"抽查任务 {len(plan.tasks)} 项：" + "、".join(task.name for task in plan.tasks),
        "reason": f"随机抽查事项清单 {plan.item_list_version}；时间安排：{plan.arrangement}",
        "attachments": "抽查计划" + "".join(f"、{row.superior_document}" for row in changes),
        "opinions": [
            {
                "step": step,
                "person": _name(session, who),
                "decision": decision,
                "opinion": words,
                "at": clock.local(at).isoformat(timespec="seconds") if at else "",
            }
            for step, who, decision, words, at in opinions
        ],
    }


def handover_documents(session: Session, row: Handover, *, verify_url: str = "") -> dict[str, dict[str, Any]]:
    """The superior's letter once it is issued, and from the first report on the local bureau's working report."""
    if not row.document_no:
        return {}
    report = last_report(session, row.id)
    writer = row.to_bureau_id if report is not None else row.from_bureau_id
    bureau = session.get(Bureau, writer) if writer else None
    at = report.reported_at if report else row.issued_at
    received = row.acknowledged_at
    return {
        "handover": {
            "bureau": bureau.name if bureau else (row.to_name if report else row.from_name),
            "document_no": "" if report else row.document_no,
            # a report has a number of its own sender's register, written by hand; the letter's is 上级文件
            "case_no": "" if report else row.document_no,
            "date": clock.local(at or clock.now()).date().isoformat(),
            "verify_url": verify_url,
            "direction": "上报" if report else "移交",
            "receiver": row.from_name if report else row.to_name,
            "superior_document": row.document_no,
            "received_on": clock.local(received).date().isoformat() if received else "",
            "deadline": row.due_on.isoformat() if row.due_on else "",
            "situation": report.text if report else row.opinion,
            "recovered_fen": report.recovered_fen if report else 0,
            "peers": "、".join(str(name) for name in report.peers) if report else "",
            "conclusion": row.handling if report else "请在规定时间内处理并报送工作报告。",
            "findings": [
                {
                    "finding": f"{one['item']}：{one['description']}",
                    "handling": row.handling,
                    "money_fen": int(one.get("amount_fen") or 0),
                    "state": "已处理" if row.handling else "待处理",
                }
                for one in row.findings
            ],
        }
    }


def ledger_document(session: Session, bureau: Bureau, year: int, *, verify_url: str = "") -> dict[str, Any]:
    """工作台账 of a bureau and year, one line for each sealed file."""
    rows = session.scalars(
        select(LedgerRow)
        .where(LedgerRow.bureau_id == bureau.id, LedgerRow.year == year)
        .order_by(LedgerRow.id)
    ).all()
    keepers = holders(session, bureau.id, Role.ARCHIVIST)
    return {
        **_head(bureau, f"{year} 年度", clock.today().isoformat(), verify_url),
        "year": year,
        "keeper": keepers[0].name if keepers else "",
        "rows": [_line(session, row) for row in rows],
    }


def _line(session: Session, row: LedgerRow) -> dict[str, Any]:
    inspection = session.get_one(Inspection, row.inspection_id)
    plan = session.get(Plan, inspection.plan_id) if inspection.plan_id else None
    said = {key: str(value) for key, value in row.line.items()}
    late = {
        key: f"（超期 {said[key]} 个工作日）"
        for key in said
        if key.endswith("超期（工作日）") and said[key] not in ("", "0")
    }
    return {
        "object": said.get("检查对象", ""),
        "plan": (plan.title or default_title(plan)) if plan else "线索核查",
        "draw": inspection.draw_id or inspection.case_no,
        "team": said.get("检查组", ""),
        "dates": f"{said.get('进场', '')} 至 {said.get('检查结束', '')}",
        "result": f"发现问题 {said.get('发现问题', '0')} 项",
        "disposition": said.get("处理方式", ""),
        "money_fen": round(float(said.get("涉及金额（元）") or 0) * 100),
        "report": said.get("报告日期", "") + late.get("报告超期（工作日）", ""),
        "publication": said.get("公示日期", "") + late.get("公示超期（工作日）", ""),
        "followup": "已办结",
        "archive_no": row.archive_no,
    }
