"""The first steps of a publication: draft, review by an outsider, reminders.

依据: 吉 第十四条, 第二十五条; 舞 第二条, 第十五条.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine import clock
from engine.domain import answers as ask
from engine.domain.feedback import refuse_before_feedback
from engine.domain.followup import penalties
from engine.domain.inspection.tables import get
from engine.domain.publication import content
from engine.domain.publication.duty import refuse_other_unit, refuse_reviewer
from engine.domain.publication.limit import counted_from, limit
from engine.domain.publication.tables import (
    Publication,
)
from engine.domain.publication.versions import new_version, published, punished, versions
from engine.domain.registry import RegistryObject
from engine.domain.report import note
from engine.domain.report import of as report_of
from engine.domain.terms import cite
from engine.errors import Refused
from engine.operation import Step, operation
from engine.sentence import Sentence


@operation(
    "publication.prepare",
    clause="W15 J25",
    gives=("publication_id", "publication_kind", "publish_from", "market"),
)
def prepare(step: Step, *, inspection_id: int) -> Mapping[str, Any]:
    """What has to be published now.

    A change that was asked for, the result, or a penalty result (舞 第二条).
    """
    inspection = get(step.session, inspection_id)
    known = versions(step.session, inspection_id)
    row = next((one for one in known if one.state == "approved"), None)
    if row is None:
        again = published(step.session, inspection_id) and penalties(step.session, inspection_id)
        kind = "penalty" if again else "result"
        drafts = [one for one in known if one.kind == kind and one.state in ("draft", "returned")]
        row = drafts[0] if drafts else new_version(step, inspection, kind)
    row.state = "draft"
    started = counted_from(step, inspection, row)
    row.due_on = limit(step, inspection, row)
    thing = step.session.get_one(RegistryObject, inspection.object_id)
    return {
        "publication_id": row.id,
        "publication_kind": row.kind,
        "publish_from": started.isoformat(),
        "market": content.is_market_body(thing),
    }


@operation("publication.collect", clause="W15")
def collect(step: Step, *, publication_id: int) -> None:
    """The section collects, analyses and evaluates, and drafts what the public will read."""
    row = step.session.get_one(Publication, publication_id)
    inspection = get(step.session, row.inspection_id)
    refuse_before_feedback(step.session, inspection, step.rules)
    refuse_other_unit(inspection, step.person(), step.rules)
    if row.kind == "result" and report_of(step.session, inspection.id) is None:
        raise Refused("检查组尚未提交检查报告。", clause=cite("W14 W15", step.pack), slug="report-missing")
    row.summary = ask.required(step.answers, "summary", "公示内容", clause=cite("W15 J25", step.pack))
    found = content.personal_data(row.summary)
    if found:
        raise Refused(
            Sentence("公示内容中有{count}处身份证号或电话号码，不能公开。", count=len(found)),
            clause=cite("个人信息保护法", step.pack),
            slug="personal-data",
            fields={"summary": "请删除身份证号、电话号码"},
        )
    row.drafted_by_id = step.person().id
    row.reviewed_by_id = None
    row.view = content.record(step.session, inspection, list(row.items), _extra(step, row))


def _extra(step: Step, row: Publication) -> dict[str, str]:
    remark = {
        "correction": Sentence("更正：{reason}", reason=row.reason),
        "withdrawal": Sentence("撤回：{reason}", reason=row.reason),
    }.get(row.kind, "")
    return {"summary": row.summary, "penalty": punished(step.session, row), "remark": remark}


@operation("publication.review", clause="W15 政府信息公开条例", gives=("decision",))
def review(step: Step, *, publication_id: int) -> Mapping[str, Any]:
    """Somebody outside the team reviews the result and signs the check for privacy and secrets."""
    row = step.session.get_one(Publication, publication_id)
    inspection = get(step.session, row.inspection_id)
    actor = step.person()
    refuse_reviewer(step.session, inspection, actor, step.pack)
    if row.drafted_by_id == actor.id:
        raise Refused("拟稿人不能审查自己拟的公示内容。", clause=cite("W15", step.pack), slug="self-approval")
    decided = ask.decision(step.answers)
    if decided["decision"] == "return":
        row.state = "returned"
        row.checks = {"reason": ask.text(step.answers, "reason")}
        return decided
    named = {
        "no_privacy": "不含个人隐私",
        "no_trade_secret": "不含商业秘密",
        "no_state_secret": "不含国家秘密",
    }
    open_checks = {key: label for key, label in named.items() if not ask.flag(step.answers, key)}
    if open_checks:
        raise Refused(
            Sentence("公示前须逐项确认：{names}。", names="、".join(open_checks.values())),
            clause=cite("政府信息公开条例 个人信息保护法", step.pack),
            slug="privacy-unchecked",
            fields=dict.fromkeys(open_checks, "请确认"),
        )
    row.checks = {**dict.fromkeys(named, True), "by": actor.staff_no, "note": ask.text(step.answers, "note")}
    row.reviewed_by_id, row.reviewed_at, row.state = actor.id, clock.now(), "reviewed"
    step.session.flush()
    return decided


@operation("publication.remind", clause="W15")
def remind(step: Step, *, inspection_id: int) -> None:
    """The section is reminded before the last day; noted in the case."""
    note(step, inspection_id, "publication", "系统提醒：抽查结果公示即将到期。")


@operation("publication.urge", clause="W15")
def urge(step: Step, *, inspection_id: int) -> None:
    """The supervising section urges an overdue publication; it can neither publish nor edit (§2 no. 10)."""
    note(
        step,
        inspection_id,
        "publication",
        ask.required(step.answers, "note", "督办意见", clause=cite("W15", step.pack)),
    )
