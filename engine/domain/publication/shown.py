"""What the forms of a publication show, and what the public page reads."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.domain.feedback import latest
from engine.domain.inspection.tables import get
from engine.domain.publication import content
from engine.domain.publication.duty import FINAL
from engine.domain.publication.tables import (
    CHANNEL_LABELS,
    KIND_LABELS,
    RECEIPT_LABELS,
    WEBSITE,
    Publication,
)
from engine.domain.publication.versions import receipts, standing
from engine.domain.registry import RegistryObject
from engine.domain.report import of as report_of
from engine.operation import Step, prefill
from engine.people import Person
from engine.sentence import Sentence


def results(
    session: Session, *, bureau_id: int | None = None, limit: int = 50, before: int = 0
) -> list[Publication]:
    """What is public now, newest first, one page; `before` is the last id of the page before."""
    query = select(Publication).where(Publication.state == "published")
    if bureau_id is not None:
        query = query.where(Publication.bureau_id == bureau_id)
    if before:
        query = query.where(Publication.id < before)
    return list(session.scalars(query.order_by(Publication.id.desc()).limit(limit)))


def trail(session: Session, publication: Publication) -> list[Publication]:
    """All public versions about the same inspection, newest first: nothing changes silently."""
    query = select(Publication).where(
        Publication.inspection_id == publication.inspection_id,
        Publication.state.in_(("published", "superseded")),
    )
    return list(session.scalars(query.order_by(Publication.version.desc())))


def _row(step: Step) -> Publication | None:
    return step.session.get(Publication, step.data.get("publication_id") or 0)


@prefill("publication/collect")
def show_draft(step: Step) -> dict[str, Any]:
    """Results per item, the report, and a warning where a name may be personal."""
    row = _row(step)
    if row is None:
        return {}
    inspection = get(step.session, row.inspection_id)
    thing = step.session.get_one(RegistryObject, inspection.object_id)
    report, opinion = report_of(step.session, inspection.id), latest(step.session, inspection.id)
    facts = [("公示种类", KIND_LABELS[row.kind]), ("检查对象", thing.name), ("公示期限", str(row.due_on))]
    if content.named_after_person(thing.name):
        facts.append(("注意", "名称可能含个人姓名，请核对是否需要处理"))
    if row.reason:
        facts.append(("变更理由", row.reason))
    if row.checks.get("reason"):
        facts.append(("退回原因", str(row.checks["reason"])))
    default = row.summary or (content.mask_id(opinion.text) if opinion else "")
    return {
        "facts": [*facts, ("检查报告", report.situation if report else "")],
        "defaults": {"summary": default},
        "rows": {
            "results": [
                {"item": item["raninsItemName"], "result": item["raninsCheckResName"]} for item in row.items
            ]
        },
    }


@prefill("publication/review")
def show_view(step: Step) -> dict[str, Any]:
    """Exactly what the public will see."""
    row = _row(step)
    if row is None:
        return {}
    view = row.view
    people = "、".join(f"{p['name']} {p['certificate']}" for p in view.get("inspectors", []))
    return {
        "facts": [
            ("公示种类", KIND_LABELS[row.kind]),
            ("市场主体名称", str(view.get("objectName", ""))),
            ("统一社会信用代码", str(view.get("uscc", "")) or "无"),
            ("抽查机关", str(view.get("insAuth", ""))),
            ("完成日期", str(view.get("insDate", ""))),
            ("检查人员", people),
            ("公示内容", row.summary),
        ],
        "rows": {
            "results": [
                {"item": item["raninsItemName"], "result": item["raninsCheckResName"]} for item in row.items
            ]
        },
    }


prefill("publication/release")(show_view)


@prefill("publication/change")
def show_standing(step: Step) -> dict[str, Any]:
    """What stands in public and can be corrected or withdrawn."""
    number = int(step.data["inspection_id"])
    found = [what for what in ("result", "penalty") if standing(step.session, number, what) is not None]
    return {
        "options": {"standing": [(what, KIND_LABELS[what]) for what in found]},
        "defaults": {"about": found[0]} if found else {},
    }


@prefill("publication/approve_change")
def show_change(step: Step) -> dict[str, Any]:
    """What stands in public now, what shall be done with it, and why."""
    row = step.session.get(Publication, step.data.get("change_id") or 0)
    if row is None or row.previous_id is None:
        return {}
    previous = step.session.get_one(Publication, row.previous_id)
    asker = step.session.get(Person, row.requested_by_id) if row.requested_by_id else None
    return {
        "facts": [
            ("检查", get(step.session, row.inspection_id).case_no),
            ("变更种类", KIND_LABELS[row.kind]),
            ("理由", row.reason),
            ("申请人", asker.name if asker else ""),
            (
                "现在公示的是",
                Sentence("第 {version} 版：{summary}", version=previous.version, summary=previous.summary),
            ),
        ]
    }


@prefill("publication/receive")
def show_receipts(step: Step) -> dict[str, Any]:
    """The channels that are owed, what is known of each, and the file for those that still wait for one."""
    row = _row(step)
    if row is None:
        return {}
    owed = [receipt for receipt in receipts(step.session, row.id) if receipt.channel != WEBSITE]
    open_ = [receipt for receipt in owed if receipt.state not in FINAL]
    return {
        "options": {"channels": [(receipt.channel, CHANNEL_LABELS[receipt.channel]) for receipt in owed]},
        "defaults": {
            "receipts": [
                {"channel": r.channel, "state": "published", "receipt_no": r.receipt_no} for r in open_
            ],
        },
        "links": [
            (
                Sentence("下载{channel}批量文件", channel=CHANNEL_LABELS[r.channel]),
                f"/publications/{r.channel}.xlsx",
            )
            for r in open_
        ],
        "rows": {
            "channels": [
                {
                    "channel": CHANNEL_LABELS[r.channel],
                    "state": RECEIPT_LABELS[r.state],
                    "receipt": r.receipt_no,
                }
                for r in owed
            ]
        },
    }


@prefill("publication/urge")
def show_overdue(step: Step) -> dict[str, Any]:
    """What is overdue."""
    row = _row(step)
    inspection = get(step.session, int(step.data["inspection_id"]))
    return {
        "facts": [
            ("检查", inspection.case_no),
            ("公示期限", str(row.due_on) if row else ""),
            ("现状", row.state if row else "尚未拟稿"),
        ]
    }
