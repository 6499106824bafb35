"""On site and online.

Certificates and rights, the check list, the record with its signature or the reason for none.

依据: 吉 第十八条至第二十条, 舞 第六条, 第十条至第十二条.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from engine import clock
from engine.domain import answers as ask
from engine.domain.inspection.licence import (
    licensed_count,
    licensed_needed,
    refuse_few,
    refuse_lapsed,
    reread_licences,
)
from engine.domain.inspection.scope import approved, planned
from engine.domain.inspection.superior import superior_drew
from engine.domain.inspection.tables import Finding, Inspection, SiteRecord, TeamMember, Visit, get
from engine.domain.inspection.team import refuse_conflict, team, team_leader
from engine.domain.registry import RegistryObject
from engine.domain.terms import RESULTS, cite
from engine.errors import Refused
from engine.operation import Rules, Step, operation, prefill
from engine.sentence import Sentence

A_MINUTE = timedelta(minutes=1)  # forms give minutes, the clock gives seconds
TWO = 2


def refuse_unshown(session: Session, inspection: Inspection, pack: str) -> None:
    """No check and no evidence on site before certificates and rights (slug `certificates-not-shown`)."""
    if (
        inspection.method != "online"
        and session.scalar(select(Visit.id).where(Visit.inspection_id == inspection.id)) is None
    ):
        raise Refused(
            "尚未出示执法证件并告知权利义务，不能开展检查和取证。",
            clause=cite("J18 W11 行政处罚法", pack),
            hint="请先完成“出示执法证件并告知权利义务”。",
            slug="certificates-not-shown",
        )


def shown_certificates(members: list[TeamMember], chosen: list[str], rules: Rules) -> list[dict[str, str]]:
    """The certificates shown: at least two, each of a licensed member (slug `certificates-not-shown`)."""
    valid = {str(m.id): m for m in members if m.licensed}
    shown = [{"name": valid[key].name, "number": valid[key].certificate_no} for key in chosen if key in valid]
    if len(shown) < TWO and rules.value("certificates.shown"):
        raise Refused(
            Sentence("出示执法证件的持证检查人员只有{count}人，不得少于2人。", count=len(shown)),
            clause=rules.cite("J18 W11 行政处罚法"),
            slug="certificates-not-shown",
            fields={"certificates": "至少两名持证人员出示证件"},
        )
    return shown


@operation("inspection.arrive", clause="J18 W11")
def arrive(step: Step, *, inspection_id: int) -> None:
    """On arrival certificates are shown and rights and duties are told; only then may evidence be taken."""
    inspection = get(step.session, inspection_id)
    if inspection.approved_by_id is None:
        raise Refused(
            "本次检查未经批准，不得进场。", clause=cite("国办发〔2024〕54号", step.pack), slug="not-approved"
        )
    if step.rules.value("exclude.superior_drawn") and superior_drew(step.session, inspection):
        raise Refused(
            "上级本年度已抽取该对象，本级不再检查。", clause=cite("J11", step.pack), slug="superior-drawn"
        )
    at = ask.happened(step.answers, "arrived_at", "到达时间")
    if inspection.approved_at is not None and at < inspection.approved_at - A_MINUTE:
        raise Refused(
            Sentence(
                "到达时间早于本次检查的批准时间（{approved:%Y-%m-%d %H:%M}）。",
                approved=clock.local(inspection.approved_at),
            ),
            clause=cite("国办发〔2024〕54号", step.pack),
            hint="未经批准不得进场；请核对到达时间。",
            slug="before-approval",
            fields={"arrived_at": "早于批准时间"},
        )
    members = team(step.session, inspection_id)
    chosen = ask.words(step.answers, "certificates")
    led = team_leader(step.session, inspection_id)
    lapsed = reread_licences(step.session, members, clock.local(at).date())
    if licensed_count(members) < licensed_needed(step.rules):
        refuse_lapsed(lapsed, step.pack)
    refuse_lapsed([member for member in lapsed if str(member.id) in chosen or member is led], step.pack)
    refuse_few(members, step.rules)
    certificates = shown_certificates(members, chosen, step.rules)
    _refuse_unsettled(step, inspection_id)
    told = ask.flag(step.answers, "rights_told")
    if not told and step.rules.value("rights_notice"):
        raise Refused(
            "请确认已告知检查要求和被检查对象的权利义务。",
            clause=cite("J18", step.pack),
            slug="certificates-not-shown",
            fields={"rights_told": "请确认已告知"},
        )
    step.session.add(
        Visit(
            inspection_id=inspection_id,
            arrived_at=at,
            place=ask.text(step.answers, "place"),
            certificates=certificates,
            certificate_count=len(certificates),
            received_by=ask.required(step.answers, "received_by", "接待人员"),
            rights_told=told,
            rights_signature=ask.signature(step.answers, "rights_signature"),
            photos=ask.photos(step.answers, "photos"),
        ),
    )
    inspection.arrived_at = at
    inspection.state = "onsite"
    inspection.method = "visit" if inspection.method == "visit" else "onsite"
    step.session.flush()


@operation("inspection.check_items", clause="W10 J8")
def check_items(step: Step, *, inspection_id: int) -> None:
    """One result per item of the list; anything else is noted as 清单外 and never counts as a drawn item."""
    inspection = get(step.session, inspection_id)
    refuse_unshown(step.session, inspection, step.pack)
    note_findings(step, inspection)


def note_findings(step: Step, inspection: Inspection) -> None:
    """Write the findings of the form in place of earlier ones of the same step (the step may be returned)."""
    names = {item.no: item.name for item in approved(step.session, inspection)}
    found: list[Finding] = []
    for row in ask.rows(step.answers, "findings"):
        no = ask.text(row, "item")
        result = ask.required(row, "result", "检查结果")
        if result not in RESULTS:
            raise Refused(Sentence("没有检查结果“{result}”。", result=result), slug="result")
        if result == "corrected":
            ask.required(row, "demand", "当场整改要求", clause=cite("W13", step.pack), slug="demand-missing")
        if result not in ("none", "no_activity"):
            ask.required(row, "description", "问题描述", clause=cite("J20", step.pack))
        listed = no in inspection.items
        found.append(
            Finding(
                inspection_id=inspection.id,
                item_no=no if listed else "",
                item_name=names[no]
                if listed
                else ask.required(row, "off_list_name", "清单外事项名称", clause=cite("W10", step.pack)),
                off_list=not listed,
                result=result,
                description=ask.text(row, "description"),
                amount_fen=ask.number(row, "amount"),
                demand=ask.text(row, "demand"),
                other_authority=ask.text(row, "other_authority"),
                serious=ask.flag(row, "serious"),
                found_by_id=step.person().id,
            ),
        )
    missing = [no for no in inspection.items if no not in {finding.item_no for finding in found}]
    if missing:
        raise Refused(
            Sentence("以下抽查事项还没有结果：{missing}。", missing="、".join(missing)),
            clause=cite("W10 J8", step.pack),
            hint="每个事项填写一个结果；未发现问题也要填写。",
            slug="items-unchecked",
            fields={"findings": "有事项没有结果"},
        )
    step.session.execute(delete(Finding).where(Finding.inspection_id == inspection.id))
    step.session.add_all(found)
    step.session.flush()


@operation("inspection.record", clause="J20 W12", gives=("signed", "ended_on"))
def record(step: Step, *, inspection_id: int) -> Mapping[str, Any]:
    """The on-site record: time, place, conditions, signature.

    A later version corrects, nothing is overwritten.
    """
    inspection = get(step.session, inspection_id)
    refuse_unshown(step.session, inspection, step.pack)
    start = ask.instant(step.answers, "started_at") or inspection.arrived_at or clock.now()
    end = ask.happened(step.answers, "ended_at", "结束时间")
    if end < start:
        raise Refused(
            "结束时间不能早于开始时间。",
            clause=cite("J20", step.pack),
            slug="record-times",
            fields={"ended_at": "早于开始时间"},
        )
    if inspection.arrived_at is not None and start < inspection.arrived_at - A_MINUTE:
        raise Refused(
            "记录的开始时间早于进场时间。",
            clause=cite("J20", step.pack),
            slug="back-dated",
            fields={"started_at": "早于进场时间"},
        )
    signature = ask.required(step.answers, "signature", "签字情况", clause=cite("J20 W12", step.pack))
    signer = ask.text(step.answers, "signer")
    if signature in ("signed", "sealed"):
        ask.required(
            step.answers, "signer", "签字人（法定代表人、负责人）", clause=cite("J20 W12", step.pack)
        )
    version = (
        int(
            step.session.scalar(
                select(func.max(SiteRecord.version)).where(SiteRecord.inspection_id == inspection_id)
            )
            or 0
        )
        + 1
    )
    step.session.add(
        SiteRecord(
            inspection_id=inspection_id,
            version=version,
            place=ask.required(step.answers, "place", "检查地点", clause=cite("J20", step.pack)),
            started_at=start,
            ended_at=end,
            present=ask.required(step.answers, "present", "在场人员"),
            conditions=ask.required(step.answers, "conditions", "现场状况", clause=cite("J20", step.pack)),
            signature=signature,
            signer=signer if signature in ("signed", "sealed") else "",
            capacity=ask.text(step.answers, "capacity"),
            signature_data=ask.signature(step.answers, "signature_image"),
            inspectors_signature=ask.signature(step.answers, "inspectors_signature"),
            attachments=ask.words(step.answers, "attachments"),
            recorded_by_id=step.person().id,
        ),
    )
    inspection.state = "recorded"
    inspection.ended_on = clock.local(end).date()
    _remember_visit(step.session, inspection)
    step.session.flush()
    return {"signed": signature in ("signed", "sealed"), "ended_on": inspection.ended_on.isoformat()}


@operation("inspection.witness", clause="W12")
def witness(step: Step, *, inspection_id: int) -> None:
    """No signature: the reason is noted and, where the rules want it, a witness signs (舞 第十二条)."""
    rule = step.rules["signature.fallback"]
    last = step.session.scalars(
        select(SiteRecord)
        .where(SiteRecord.inspection_id == inspection_id)
        .order_by(SiteRecord.version.desc()),
    ).first()
    if last is None:
        raise Refused("还没有现场检查记录。", clause=cite("J20 W12", step.pack), slug="record-missing")
    last.reason = ask.required(
        step.answers,
        "reason",
        "无法取得签字的原因",
        clause=cite(rule.source, step.pack),
        slug="signature-reason",
    )
    name = ask.text(step.answers, "witness_name")
    if rule.value == "reason_and_witness" and not name:
        raise Refused(
            "无法取得签字的，应当邀请有关人员见证并签名。",
            clause=cite(rule.source, step.pack),
            slug="witness-missing",
            fields={"witness_name": "请填写见证人"},
        )
    if name:
        ask.required(step.answers, "witness_contact", "见证人联系方式")
    last.witness_name = name
    last.witness_contact = ask.text(step.answers, "witness_contact")
    last.witness_signature = ask.signature(step.answers, "witness_signature")
    last.attachments = [*last.attachments, *ask.words(step.answers, "video")]


@operation("inspection.review_online", clause="W6", gives=("signed", "ended_on"))
def review_online(step: Step, *, inspection_id: int) -> Mapping[str, Any]:
    """线上数据审核: the same items, no visit and no signature (舞 第六条)."""
    inspection = get(step.session, inspection_id)
    refuse_conflict(step.session, step.pack, inspection, step.person())
    _refuse_unsettled(step, inspection_id)
    inspection.method = "online"
    note_findings(step, inspection)
    inspection.scope = "；".join(
        part for part in (inspection.scope, ask.required(step.answers, "sources", "数据来源")) if part
    )
    inspection.state = "recorded"
    inspection.ended_on = clock.today()
    _remember_visit(step.session, inspection)
    return {"signed": True, "ended_on": inspection.ended_on.isoformat()}


def _refuse_unsettled(step: Step, inspection_id: int) -> None:
    from engine.domain.substitution.application import refuse_unsettled  # noqa: PLC0415 (it stands upon the team)

    refuse_unsettled(step.session, inspection_id, step.pack)


def findings(session: Session, inspection_id: int) -> list[Finding]:
    """All findings of an inspection, listed items first, in the order of the list."""
    query = (
        select(Finding).where(Finding.inspection_id == inspection_id).order_by(Finding.off_list, Finding.id)
    )
    return list(session.scalars(query).all())


def _remember_visit(session: Session, inspection: Inspection) -> None:
    session.get_one(RegistryObject, inspection.object_id).last_inspected_on = inspection.ended_on


@prefill("inspection/arrive")
def show_arrival(step: Step) -> dict[str, Any]:
    """The licensed members whose certificates are shown, and the notice."""
    inspection = get(step.session, int(step.data["inspection_id"]))
    members = [m for m in team(step.session, inspection.id) if m.licensed]
    return {
        "facts": [
            ("检查通知书", inspection.notice_no),
            ("告知内容", "检查依据和要求；陈述申辩、申请回避、拒绝无证检查的权利；配合检查的义务"),
        ],
        "options": {"certificates": [(str(m.id), f"{m.name} {m.certificate_no}") for m in members]},
        "defaults": {"place": step.session.get_one(RegistryObject, inspection.object_id).address},
    }


@prefill("inspection/items")
def show_items(step: Step) -> dict[str, Any]:
    """The check list fixed by the approval, one line per item."""
    inspection = get(step.session, int(step.data["inspection_id"]))
    listed = approved(step.session, inspection)
    asked: dict[int, list[str]] = {}
    for task in planned(step.session, inspection):
        asked.setdefault(task.item_id, []).append(task.content)
    return {
        "options": {
            "items": [*((item.no, f"{item.no} {item.name}") for item in listed), ("-", "清单外")],
            "results": list(RESULTS.items()),
        },
        "defaults": {"findings": [{"item": item.no, "result": "none"} for item in listed]},
        "rows": {
            "checklist": [
                {
                    "no": item.no,
                    "name": item.name,
                    "content": "；".join(
                        filter(None, dict.fromkeys([item.content, *asked.get(item.id, [])]))
                    ),
                }
                for item in listed
            ]
        },
    }


prefill("inspection/online")(show_items)


@prefill("inspection/record")
def show_record(step: Step) -> dict[str, Any]:
    """What the record already knows: object, arrival, results per item, certificates shown."""
    inspection = get(step.session, int(step.data["inspection_id"]))
    thing = step.session.get_one(RegistryObject, inspection.object_id)
    found = findings(step.session, inspection.id)
    visit = step.session.scalar(select(Visit).where(Visit.inspection_id == inspection.id))
    present = [m.name for m in team(step.session, inspection.id)]
    return {
        "facts": [
            ("记录名称", str(step.rules.value("record.form") or "现场检查记录")),
            ("被检查对象", thing.name),
            (
                "进场时间",
                f"{clock.local(inspection.arrived_at):%Y-%m-%d %H:%M}" if inspection.arrived_at else "",
            ),
        ],
        "defaults": {
            "place": (visit.place if visit else "") or thing.address,
            "started_at": clock.local(inspection.arrived_at).isoformat() if inspection.arrived_at else "",
            "present": "\n".join(filter(None, [*present, visit.received_by if visit else ""])),
            "signer": thing.legal_representative or thing.person_in_charge,
        },
        "rows": {
            "results": [
                {
                    "item": f.item_name + ("（清单外）" if f.off_list else ""),
                    "result": RESULTS[f.result],
                    "description": f.description,
                }
                for f in found
            ],
        },
    }
