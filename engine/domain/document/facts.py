"""What the rows of an inspection say in its documents: one builder per document.

A document is printed from facts, never typed again. Names and certificates are those of the day they were
written down. Imported by the desk, not by the package: the nouns below know nothing of paper.
Long because each document lists its fields once more, beside the rows they come from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import clock
from engine.domain import disposition, evidence, feedback, publication, report, terms
from engine.domain.inspection.approval import visits_this_year
from engine.domain.inspection.scope import approved, planned
from engine.domain.inspection.tables import Finding, Inspection, SiteRecord, Visit, get
from engine.domain.inspection.team import team, team_leader
from engine.domain.plan.tables import Plan
from engine.domain.registry import RegistryObject
from engine.people import Bureau, Person

SIGNATURES = {
    "signed": "负责人当面签字",
    "sealed": "加盖公章",
    "refused": "拒绝签字",
    "absent": "负责人不在场",
}
AGREED = {
    "consensus": "意见一致",
    "majority": "意见不一致，按多数意见形成",
    "bureau": "意见不一致，由本局决定",
}
DUTIES = {"leader": "组长", "member": "组员", "expert": "专家", "helper": "协助人员"}


@dataclass(frozen=True, slots=True)
class _File:
    """One inspection with what all its documents share."""

    session: Session
    row: Inspection
    thing: RegistryObject
    bureau: Bureau
    local: Bureau
    plan: Plan | None
    verify_url: str

    def name(self, person_id: int | None) -> str:
        """A person's name, or nothing."""
        person = self.session.get(Person, person_id) if person_id else None
        return person.name if person else ""

    def one(self, table: type[Any]) -> Any:
        """The latest row of a table about this inspection."""
        query = select(table).where(table.inspection_id == self.row.id).order_by(table.id.desc())
        return self.session.scalars(query).first()

    @property
    def findings(self) -> list[Finding]:
        """All results, item by item."""
        query = select(Finding).where(Finding.inspection_id == self.row.id).order_by(Finding.id)
        return list(self.session.scalars(query))

    @property
    def inspectors(self) -> list[dict[str, str]]:
        """The team as it stands on paper."""
        return [
            {"name": one.name, "certificate_no": one.certificate_no, "duty": DUTIES[one.role]}
            for one in team(self.session, self.row.id)
        ]

    def head(self, number: str, on: date | datetime | None) -> dict[str, Any]:
        """The common head and the object."""
        return {
            "bureau": self.bureau.name,
            "document_no": number,
            "case_no": self.row.case_no,
            "date": _day(on) or clock.today().isoformat(),
            "verify_url": self.verify_url,
            "object_name": self.thing.name,
            "object_code": self.thing.uscc or self.thing.code,
            "object_address": self.thing.address,
        }

    @property
    def source(self) -> str:
        """Where the inspection comes from."""
        return f"随机抽取（{self.row.draw_id}）" if self.row.draw_id else "线索核查"

    @property
    def items(self) -> str:
        """The approved items by name, in the version of the list they were approved from."""
        return "、".join(item.name for item in approved(self.session, self.row))

    @property
    def period(self) -> str:
        """The period in which the inspection may take place."""
        return f"{_day(self.row.period_from)} 至 {_day(self.row.period_to)}" if self.row.period_from else ""

    @property
    def visit_no(self) -> int:
        """Which visit to this object it is in its year."""
        return visits_this_year(self.session, self.row) + 1

    @property
    def task_name(self) -> str:
        """抽查任务: the tasks of the plan that the visit serves; a lead says what it is."""
        tasks = planned(self.session, self.row)
        return "、".join(dict.fromkeys(task.name for task in tasks)) or self.source

    @property
    def masked(self) -> str:
        """The object's name as the public may read it, before the public's text was drafted."""
        person = self.thing.type == "person"
        return publication.content.mask_name(self.thing.name) if person else self.thing.name

    def unsigned(self, *signed: int | None) -> list[str]:
        """Who of the team has not signed on a device: a line each, to be signed by hand."""
        return [one.name for one in team(self.session, self.row.id) if one.person_id not in signed]

    @property
    def checks(self) -> list[dict[str, str]]:
        """The checklist as the record prints it."""
        return [
            {
                "item": one.item_name + ("（清单外）" if one.off_list else ""),
                "checked": "是",
                "found": one.description or terms.RESULTS[one.result],
                "disposition": one.demand or ("" if one.problem else "—"),
            }
            for one in self.findings
        ]


def inspection(session: Session, inspection_id: int, *, verify_url: str = "") -> dict[str, dict[str, Any]]:
    """The documents that this inspection can print now: name in the catalogue → data."""
    row = get(session, inspection_id)
    file = _File(
        session=session,
        row=row,
        thing=session.get_one(RegistryObject, row.object_id),
        bureau=session.get_one(Bureau, row.bureau_id),
        local=session.get_one(Bureau, row.local_bureau_id),
        plan=session.get(Plan, row.plan_id) if row.plan_id else None,
        verify_url=verify_url,
    )
    made = {name: build(file) for name, build in BUILDERS.items()}
    return {name: data for name, data in made.items() if data is not None}


def _approval(file: _File) -> dict[str, Any] | None:
    row = file.row
    if row.applied_by_id is None:
        return None
    opinions = [
        {
            "step": "申请",
            "person": file.name(row.applied_by_id),
            "decision": "申请",
            "opinion": "",
            "at": _at(row.applied_at),
        }
    ]
    if row.approved_by_id:
        approved = {
            "step": "审批",
            "person": file.name(row.approved_by_id),
            "decision": "同意",
            "opinion": "",
        }
        opinions.append({**approved, "at": _at(row.approved_at)})
    return {
        **file.head(row.notice_no, row.approved_at),
        "basis": row.basis,
        "source": file.source,
        "visit_no": file.visit_no,
        "items": file.items,
        "period": file.period,
        "method": terms.METHODS.get(row.method, ""),
        "assistants": row.assistants,
        "reason": row.scope,
        "applicant": file.name(row.applied_by_id),
        "inspectors": file.inspectors,
        "opinions": opinions,
    }


def _notice(file: _File) -> dict[str, Any] | None:
    row, visit = file.row, file.one(Visit)
    if row.approved_at is None:
        return None
    return {
        **file.head(row.notice_no, row.approved_at),
        "basis": row.basis,
        "source": file.source,
        "visit_no": file.visit_no,
        "starts_on": _day(row.period_from),
        "ends_on": _day(row.period_to),
        "items": file.items,
        "method": terms.METHODS.get(row.method, ""),
        "assistants": row.assistants,
        "documents": row.documents,
        "complaint_phone": "12393",
        "receiver": _receiver(visit) if visit else "",
        "served_on": _day(visit.arrived_at) if visit else "",
        "inspectors": file.inspectors,
    }


def _receiver(visit: Visit) -> dict[str, Any]:
    """Who was told: with the drawn line where there is one, else the name as it was written down."""
    return visit.rights_signature or {"name": visit.received_by}


def _rights(file: _File) -> dict[str, Any] | None:
    visit = file.one(Visit)
    if visit is None:
        return None
    return {
        **file.head("", visit.arrived_at),
        "complaint_phone": "12393",
        "served_at": _at(visit.arrived_at),
        "receiver": _receiver(visit),
        "inspectors_unsigned": [str(one["name"]) for one in visit.certificates],
        "inspectors": file.inspectors,
    }


def _signing(file: _File, record: SiteRecord) -> dict[str, Any]:
    witness = record.witness_signature or ({"name": record.witness_name} if record.witness_name else "")
    return {
        "late_entry": _late(record),
        "signature_state": SIGNATURES[record.signature],
        "unsigned_reason": record.reason,
        "object_signature": record.signature_data or ({"name": record.signer} if record.signer else ""),
        "witness_name": record.witness_name,
        "witness_contact": record.witness_contact,
        "witness_signature": witness,
        # Who recorded has signed here; the others of the team sign on the paper.
        "inspector_signatures": [record.inspectors_signature] if record.inspectors_signature else [],
        "inspectors_unsigned": file.unsigned(*[record.recorded_by_id] if record.inspectors_signature else []),
    }


def _unsigned_online(file: _File) -> dict[str, Any]:
    """线上数据审核 has no visit at which the object could sign (舞 第六条); the reviewers sign on the paper."""
    nobody = ("unsigned_reason", "object_signature", "witness_name", "witness_contact", "witness_signature")
    return {
        **dict.fromkeys(nobody, ""),
        "late_entry": "",
        "signature_state": "线上数据审核，无须现场签字",
        "inspector_signatures": [],
        "inspectors_unsigned": file.unsigned(),
    }


def _late(record: SiteRecord) -> str:
    """A record that was not written on the day of the visit says so (吉 第二十条、舞 第十二条 及时)."""
    written, ended = clock.local(record.entered_at).date(), clock.local(record.ended_at).date()
    return f"检查于 {ended} 结束，本记录于 {written} 补录。" if written > ended else ""


def _record(file: _File) -> dict[str, Any] | None:
    record, visit = file.one(SiteRecord), file.one(Visit)
    if record is None:
        return None
    query = select(SiteRecord).where(SiteRecord.inspection_id == file.row.id).order_by(SiteRecord.version)
    versions = list(file.session.scalars(query))
    return {
        **file.head("", record.ended_at),
        "place": record.place,
        "started_at": _at(record.started_at),
        "ended_at": _at(record.ended_at),
        "present": record.present,
        "rights_told_at": _at(visit.arrived_at) if visit else "",
        "conditions": record.conditions,
        "inspectors": file.inspectors,
        "items": file.checks,
        "evidence": [
            {
                "title": one.title,
                "kind": evidence.KINDS[one.kind],
                "source": one.source or one.issuer,
                "taken_at": _at(one.taken_at),
                "hash": one.hash,
            }
            for one in evidence.of(file.session, file.row.id)
        ],
        "corrections": [
            {"at": _at(one.entered_at), "person": file.name(one.recorded_by_id), "text": one.conditions}
            for one in versions[1:]
        ],
        **_signing(file, record),
    }


def _record_form(file: _File) -> dict[str, Any] | None:
    record, decided = file.one(SiteRecord), disposition.of(file.session, file.row.id)
    online = file.row.method == "online" and file.row.ended_on is not None
    if record is None and not online:
        return None
    kept = evidence.of(file.session, file.row.id)
    thing, problems = file.thing, [one for one in file.findings if one.problem]
    return {
        **file.head("", record.ended_at if record else file.row.ended_on),
        "task_no": file.row.draw_id or "",
        "task_name": file.task_name,
        "legal_representative": thing.legal_representative or thing.person_in_charge,
        "legal_phone": "",
        "contact": thing.person_in_charge if thing.legal_representative else "",
        "contact_phone": thing.contact,
        "methods": [
            "网络监测" if file.row.method == "online" else "实地检查",
            *(["引用其他部门结果或专业意见"] if any(one.kind == "reuse" for one in kept) else []),
        ],
        "result": "；".join(dict.fromkeys(terms.RESULTS[one.result] for one in problems or file.findings)),
        "demand": "\n".join(one.demand for one in file.findings if one.demand),
        "followup": decided.opinion if decided else "",
        "inspecting_unit": file.bureau.name,
        "inspected_on": _day(record.ended_at if record else file.row.ended_on),
        "items": file.checks,
        **(_signing(file, record) if record else _unsigned_online(file)),
    }


def _preservation(file: _File) -> dict[str, Any] | None:
    kept = file.one(evidence.Preservation)
    if kept is None or kept.approved_at is None:
        return None
    return {
        **file.head("", kept.approved_at),
        "reason": kept.reason,
        "approved_by": file.name(kept.approved_by_id),
        "approved_on": _day(kept.approved_at),
        "place": kept.place,
        "keeper": kept.keeper,
        "starts_on": _day(kept.from_day),
        "ends_on": _day(kept.until_day),
        "outcome": " ".join(filter(None, (evidence.DECISIONS.get(kept.outcome, ""), kept.outcome_note))),
        "inspector_signatures": [{"name": file.name(kept.requested_by_id)}],
        "object_signature": "",
        "items": [
            {name: str(one.get(name, "")) for name in ("name", "spec", "quantity", "state")}
            for one in kept.items
        ],
    }


def _feedback(file: _File) -> dict[str, Any] | None:
    given, opinion = feedback.of(file.session, file.row.id), feedback.latest(file.session, file.row.id)
    if given is None or opinion is None:
        return None
    voted = {name: vote for vote, name in feedback.votes(file.session, opinion)}
    leader = team_leader(file.session, file.row.id)
    problems = [one for one in file.findings if one.problem]
    duties = {one.name: DUTIES[one.role] for one in team(file.session, file.row.id, everybody=True)}
    return {
        **file.head("", given.met_at),
        "discussed_at": _at(opinion.discussed_at),
        "discussed_in": opinion.place,
        "consensus": AGREED.get(opinion.how, ""),
        "dissent": opinion.minority.replace("；", "\n"),
        "expert_advice": opinion.expert_advice,
        "opinion": opinion.text,
        "met_at": _at(given.met_at),
        "met_place": given.place,
        "object_view": given.object_view,
        "local_bureau": file.local.name if file.row.local_elsewhere else "",
        "leader_signature": {"name": leader.name} if leader else "",
        "receipt_object": given.receipt_signature or given.receipt_object or given.receipt_object_reason,
        "receipt_local": file.name(given.receipt_local_id),
        "local_note": given.local_skipped,
        "participants": [
            {
                "name": name,
                "duty": duties.get(name, "检查组"),
                "position": _position(voted.get(name)),
                "present": "参加" if name in opinion.attendance else "未参加",
            }
            for name in dict.fromkeys([*opinion.attendance, *voted])
        ],
        "findings": [{"text": f"{one.item_name}：{one.description}"} for one in problems],
    }


def _position(vote: feedback.OpinionVote | None) -> str:
    """What somebody said; experts advise and have no say."""
    if vote is None:
        return "不参加表态"
    return "同意" if vote.agrees else f"不同意：{vote.dissent}"


def _report(file: _File) -> dict[str, Any] | None:
    row = report.of(file.session, file.row.id)
    if row is None:
        return None
    late = f"逾期 {row.overdue_days} 个工作日。{row.overdue_reason}" if row.overdue_days else ""
    return {
        **file.head("", row.submitted_at),
        "task_name": file.task_name,
        "starts_on": _day(file.row.arrived_at or file.row.approved_at),
        "ends_on": _day(file.row.ended_on),
        "content": row.content,
        "situation": row.situation,
        "opinion": row.opinion,
        "advice": row.advice,
        "due_on": _day(row.due_on),
        "submitted_on": _day(row.submitted_at),
        "overdue_note": late,
        "authors": "、".join(one["name"] for one in file.inspectors),
        "attachments": [{"title": str(one.get("title", ""))} for one in row.attachments],
    }


def _publication(file: _File) -> dict[str, Any] | None:
    versions = publication.versions(file.session, file.row.id)
    if not versions:
        return None
    row = versions[-1]
    channels = [one.channel for one in publication.receipts(file.session, row.id)]
    return {
        **file.head("", row.published_at or row.created_at),
        # As the public may read it: a natural person appears masked and without a number (个人信息保护法).
        "object_name": row.view.get("objectName") or file.masked,
        "object_code": "" if file.thing.type == "person" else file.thing.uscc or file.thing.code,
        "plan_no": file.plan.no if file.plan else "",
        "plan_name": file.plan.title if file.plan else "",
        "task_no": file.row.draw_id or file.row.case_no,
        "task_name": file.task_name,
        "type": row.view.get("raninsTypeName") or ("不定向" if file.row.draw_id else "定向"),
        "authority": file.bureau.name,
        "completed_on": _day(file.row.ended_on),
        "penalty": str(row.view.get("penalty") or ""),
        "channels": "、".join(publication.CHANNEL_LABELS.get(channel, channel) for channel in channels),
        "version": row.version,
        "correction": row.reason,
        "results": [
            {"item": item.get("raninsItemName", ""), "result": item.get("raninsCheckResName", ""), "note": ""}
            for item in row.items
        ],
    }


def _day(value: date | datetime | None) -> str:
    if isinstance(value, datetime):
        return clock.local(value).date().isoformat()
    return value.isoformat() if value else ""


def _at(value: datetime | None) -> str:
    return clock.local(value).isoformat(timespec="seconds") if value else ""


BUILDERS: Mapping[str, Callable[[_File], dict[str, Any] | None]] = {
    "inspection_approval": _approval,
    "notice": _notice,
    "rights": _rights,
    "record": _record,
    "record_form": _record_form,
    "preservation": _preservation,
    "feedback": _feedback,
    "report": _report,
    "publication": _publication,
}
