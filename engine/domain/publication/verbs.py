"""The steps of a publication: draft, review by an outsider, channels, release, receipts; later versions.

依据: 吉 第七条, 第十四条, 第二十五条; 舞 第二条, 第三条, 第十五条.
Long because each of a dozen steps has its own refusals.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine import audit, clock
from engine.domain import answers as ask
from engine.domain.calendar import due_by_release, working_days_between
from engine.domain.feedback import refuse_before_feedback
from engine.domain.followup import penalties
from engine.domain.inspection.tables import Inspection, get
from engine.domain.inspection.team import ever_on_team, refuse_conflict
from engine.domain.pack import parameters
from engine.domain.plan.query import items_for
from engine.domain.publication import content
from engine.domain.publication.push import JOB
from engine.domain.publication.tables import CHANNELS, ChannelEndpoint, Publication, PublicationReceipt
from engine.domain.registry import RegistryObject
from engine.domain.report import note
from engine.domain.report import of as report_of
from engine.domain.terms import cite
from engine.errors import Refused, RuleError
from engine.operation import Step, operation
from engine.people import Person, Role

FINAL = ("published", "absent")
LIMITS = {
    "result": "publish.result",
    "penalty": "publish.penalty",
    "correction": "publish.correct",
    "withdrawal": "publish.correct",
}
"""Each kind has its own row of the deadlines table: a penalty is public sooner than a result."""


def versions(session: Session, inspection_id: int) -> list[Publication]:
    """All versions about an inspection, oldest first; none is ever removed."""
    return list(
        session.scalars(
            select(Publication)
            .where(Publication.inspection_id == inspection_id)
            .order_by(Publication.version)
        )
    )


def published(session: Session, inspection_id: int) -> bool:
    """Whether a result stands published (a withdrawn one counts: its withdrawal is published)."""
    return any(row.state in ("published", "superseded") for row in versions(session, inspection_id))


def receipts(session: Session, publication_id: int) -> list[PublicationReceipt]:
    """The receipts of a version, by channel."""
    query = select(PublicationReceipt).where(PublicationReceipt.publication_id == publication_id)
    return list(session.scalars(query.order_by(PublicationReceipt.channel)))


def refuse_other_unit(inspection: Inspection, person: Person, pack: str) -> None:
    """谁检查、谁录入、谁公开 (slug `publisher-not-inspecting-unit`)."""
    if person.bureau_id != inspection.bureau_id and parameters(pack)["publish.same_unit"].value:
        raise Refused(
            f"{person.name}不属于实施检查的单位，不能公示本次检查结果。",
            clause=cite("J25 W15", pack),
            hint="请由实施检查的医疗保障部门办理。",
            slug="publisher-not-inspecting-unit",
        )
    roles = person.roles()
    if Role.SUPERVISION in roles and not roles & {Role.SECTION, Role.OFFICE}:
        raise Refused(
            "督办公示的科室只能提醒和督办，不能代为公示。",
            clause=cite("W15", pack),
            slug="supervisor-publishes",
        )


def refuse_reviewer(session: Session, inspection: Inspection, person: Person, pack: str) -> None:
    """Who was on the team does not review its result (slug `reviewer-in-team`)."""
    if ever_on_team(session, inspection.id, person.id):
        raise Refused(
            f"{person.name}是本次检查组成员，不能审查本次检查结果。",
            clause=cite("W15", pack),
            hint="请由检查组以外的人员审查。",
            slug="reviewer-in-team",
        )
    refuse_conflict(session, pack, inspection, person)


def _current(session: Session, inspection_id: int) -> Publication | None:
    return next(
        (
            row
            for row in reversed(versions(session, inspection_id))
            if row.state == "published" and row.kind != "penalty"
        ),
        None,
    )


def _new(step: Step, inspection: Inspection, kind: str, **fields: Any) -> Publication:
    given = refuse_before_feedback(step.session, inspection, step.pack)
    highest = step.session.scalar(
        select(func.max(Publication.version)).where(Publication.inspection_id == inspection.id)
    )
    row = Publication(
        inspection_id=inspection.id,
        bureau_id=inspection.bureau_id,
        version=int(highest or 0) + 1,
        kind=kind,
        feedback_id=given.id,
        items=content.rows(step.session, inspection),
        **fields,
    )
    step.session.add(row)
    step.session.flush()
    return row


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
        row = drafts[0] if drafts else _new(step, inspection, kind)
    row.state = "draft"
    started = _counted_from(step, inspection, row)
    row.due_on = _limit(step, inspection, row)
    thing = step.session.get_one(RegistryObject, inspection.object_id)
    return {
        "publication_id": row.id,
        "publication_kind": row.kind,
        "publish_from": started.isoformat(),
        "market": content.is_market_body(thing),
    }


def _limit(step: Step, inspection: Inspection, row: Publication) -> date:
    """The last day of a publication, by the calendar as it stands now."""
    return due_by_release(step, LIMITS[row.kind], _counted_from(step, inspection, row)).day


def _counted_from(step: Step, inspection: Inspection, row: Publication) -> date:
    """The day the limit of a publication counts from.

    A result: the end of the inspection work, of this object or of the whole task as the pack says
    (`publish.count_from`); a penalty: the day its result was known; a change: the day it was approved.
    """
    if row.kind == "penalty":
        known = [row.done_at for row in penalties(step.session, inspection.id) if row.done_at is not None]
        return clock.local(max(known)).date() if known else clock.today()
    if row.kind != "result":
        return clock.local(row.approved_at or row.created_at).date()
    if inspection.ended_on is None:
        return clock.local(row.created_at).date()
    if parameters(step.pack).value("publish.count_from") == "task":
        return task_ended(step.session, inspection)
    return inspection.ended_on


def task_ended(session: Session, inspection: Inspection) -> date:
    """检查工作结束之日 of the whole task: the last visit of its draw.

    While other objects of the draw still wait, the day the task is planned to end, if that is later.
    """
    own = inspection.ended_on or clock.today()
    if inspection.draw_id is None:
        return own
    query = select(Inspection).where(
        Inspection.draw_id == inspection.draw_id, Inspection.state != "cancelled"
    )
    together = session.scalars(query).all()
    ended = [row.ended_on for row in together if row.ended_on is not None]
    last = max([own, *ended])
    if len(ended) == len(together) or inspection.plan_id is None:
        return last
    thing = session.get_one(RegistryObject, inspection.object_id)
    return max([last, *(task.ends_on for task in items_for(session, inspection.plan_id, thing))])


@operation("publication.collect", clause="W15")
def collect(step: Step, *, publication_id: int) -> None:
    """The section collects, analyses and evaluates, and drafts what the public will read."""
    row = step.session.get_one(Publication, publication_id)
    inspection = get(step.session, row.inspection_id)
    refuse_before_feedback(step.session, inspection, step.pack)
    refuse_other_unit(inspection, step.person(), step.pack)
    if row.kind == "result" and report_of(step.session, inspection.id) is None:
        raise Refused("检查组尚未提交检查报告。", clause=cite("W14 W15", step.pack), slug="report-missing")
    row.summary = ask.required(step.answers, "summary", "公示内容", clause=cite("W15 J25", step.pack))
    found = content.personal_data(row.summary)
    if found:
        raise Refused(
            f"公示内容中有{len(found)}处身份证号或电话号码，不能公开。",
            clause=cite("个人信息保护法", step.pack),
            slug="personal-data",
            fields={"summary": "请删除身份证号、电话号码"},
        )
    row.drafted_by_id = step.person().id
    row.reviewed_by_id = None
    row.view = content.record(step.session, inspection, list(row.items), _extra(step, row))


def _extra(step: Step, row: Publication) -> dict[str, str]:
    punished = "；".join(
        f"{f.document_no} {f.result}".strip() for f in penalties(step.session, row.inspection_id)
    )
    remark = {"correction": f"更正：{row.reason}", "withdrawal": f"撤回：{row.reason}"}.get(row.kind, "")
    return {"summary": row.summary, "penalty": punished if row.kind != "result" else "", "remark": remark}


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
            f"公示前须逐项确认：{'、'.join(open_checks.values())}。",
            clause=cite("政府信息公开条例 个人信息保护法", step.pack),
            slug="privacy-unchecked",
            fields=dict.fromkeys(open_checks, "请确认"),
        )
    row.checks = {**dict.fromkeys(named, True), "by": actor.staff_no, "note": ask.text(step.answers, "note")}
    row.reviewed_by_id, row.reviewed_at, row.state = actor.id, clock.now(), "reviewed"
    step.session.flush()
    return decided


@operation("publication.owe", clause="J25 W15", gives=("site", "national", "office_gate"))
def owe(
    step: Step,
    *,
    publication_id: int,
    website: bool = False,
    gsxt: bool = False,
    credit: bool = False,
    platform: bool = False,
) -> Mapping[str, Any]:
    """Enter which channels are owed, as the table `channel` says, and queue what can be pushed."""
    row = step.session.get_one(Publication, publication_id)
    owed = dict(zip(CHANNELS, (website, gsxt, credit, platform), strict=True))
    strange = {name for name, is_owed in owed.items() if is_owed} - set(
        parameters(step.pack)["publish.channels"].value
    )
    if strange:
        raise RuleError(
            f"公示渠道表给出了规则包没有的渠道：{'、'.join(sorted(strange))}。", hint="请检查 channel.dmn。"
        )
    known = {receipt.channel: receipt for receipt in receipts(step.session, publication_id)}
    for channel, is_owed in owed.items():
        if is_owed and channel not in known:
            step.session.add(PublicationReceipt(publication_id=publication_id, channel=channel))
    step.session.flush()
    for receipt in receipts(step.session, publication_id):
        if receipt.channel != "website" and receipt.state == "owed":
            _push(step, row, receipt)
    return {
        "site": website,
        "national": gsxt or credit or platform,
        "office_gate": bool(parameters(step.pack).value("publish.office_gate")),
    }


def _push(step: Step, row: Publication, receipt: PublicationReceipt) -> None:
    endpoint = step.session.scalar(
        select(ChannelEndpoint).where(
            ChannelEndpoint.bureau_id == row.bureau_id,
            ChannelEndpoint.channel == receipt.channel,
            ChannelEndpoint.active,
        ),
    )
    if endpoint is None:
        return
    receipt.state = "queued"
    key = f"publication/{row.id}/{receipt.channel}"
    step.machine.enqueue(
        JOB,
        {
            "url": endpoint.url,
            "channel": receipt.channel,
            "publication_id": row.id,
            "key": key,
            "body": row.view,
        },
        key=key,
    )


@operation("publication.release", clause="W3")
def release(step: Step, *, publication_id: int) -> None:
    """局办公室 releases the publication on the bureau's website (舞 第三条)."""
    row = step.session.get_one(Publication, publication_id)
    inspection = get(step.session, row.inspection_id)
    refuse_before_feedback(step.session, inspection, step.pack)
    refuse_other_unit(inspection, step.person(), step.pack)
    row.released_by_id, row.released_at = step.person().id, clock.now()


@operation("publication.publish_site", clause="W15 J7")
def publish_site(step: Step, *, publication_id: int) -> None:
    """The publication stands on the bureau's own public page."""
    for receipt in receipts(step.session, publication_id):
        if receipt.channel == "website":
            receipt.state, receipt.url = "published", f"/public/results/{publication_id}"
            receipt.confirmed_at = clock.now()


@operation("publication.receive", clause="J25 W15")
def receive(step: Step, *, publication_id: int) -> None:
    """Receipts of the national systems.

    An object that a system does not know needs the reason (吉 第二十五条).
    """
    row = step.session.get_one(Publication, publication_id)
    inspection = get(step.session, row.inspection_id)
    refuse_other_unit(inspection, step.person(), step.pack)
    given = {ask.text(line, "channel"): line for line in ask.rows(step.answers, "receipts")}
    for receipt in receipts(step.session, publication_id):
        line = given.get(receipt.channel)
        if receipt.channel == "website" or receipt.state in FINAL or line is None:
            continue
        if ask.text(line, "state") == "absent":
            receipt.state = "absent"
            receipt.reason = ask.required(
                line, "reason", "未能公示的原因", clause=cite("J25", step.pack), slug="absence-reason"
            )
        else:
            receipt.state = "published"
            receipt.receipt_no = ask.required(
                line, "receipt_no", "回执编号", clause=cite("J25 W15", step.pack), slug="receipt-missing"
            )
            receipt.screenshot = next(iter(ask.words(line, "screenshot")), "")
            receipt.confirmed_at = clock.now()
        receipt.confirmed_by_id = step.person().id
    refuse_owed(step.session, publication_id, step.pack, website=False)


def refuse_owed(session: Session, publication_id: int, pack: str, *, website: bool = True) -> None:
    """A channel is still without receipt or reason (slug `receipt-missing`)."""
    from engine.domain.publication.tables import CHANNEL_LABELS  # noqa: PLC0415

    still = [
        r.channel
        for r in receipts(session, publication_id)
        if r.state not in FINAL and (website or r.channel != "website")
    ]
    if still:
        raise Refused(
            f"以下渠道还没有公示回执：{'、'.join(CHANNEL_LABELS[channel] for channel in still)}。",
            clause=cite("J25 W15", pack),
            hint="取得回执后登记；对象在该系统中不存在的，登记原因。",
            slug="receipt-missing",
            fields={"receipts": "有渠道没有回执"},
        )


@operation("publication.complete", clause="W15 J25")
def complete(step: Step, *, publication_id: int) -> None:
    """All channels are done: the version is public; the one before stays readable as superseded."""
    row = step.session.get_one(Publication, publication_id)
    inspection = get(step.session, row.inspection_id)
    refuse_before_feedback(step.session, inspection, step.pack)
    refuse_owed(step.session, publication_id, step.pack)
    if row.reviewed_by_id is None:
        raise Refused("公示内容尚未审查。", clause=cite("W15", step.pack), slug="not-reviewed")
    if row.kind in ("correction", "withdrawal") and row.previous_id is not None:
        previous = step.session.get_one(Publication, row.previous_id)
        previous.state = "superseded"
    row.due_on = _limit(step, inspection, row)
    if clock.today() > row.due_on:
        row.overdue_days = working_days_between(step.session, row.due_on, clock.today())
    row.state, row.published_at = "published", clock.now()
    row.view = {**row.view, "publishedOn": clock.today().isoformat(), "version": row.version}
    if inspection.state in ("reported", "disposed", "fed_back"):
        inspection.state = "published"
    audit.record(
        step.session,
        action="publication.publish",
        subject=f"publication/{row.id}",
        actor=step.actor,
        bureau_id=row.bureau_id,
        reason=row.reason,
        after={
            "inspection": inspection.case_no,
            "version": row.version,
            "kind": row.kind,
            "overdue_days": row.overdue_days,
        },
        clause="J25 W15",
        chained=True,
    )


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


@operation("publication.request_change", clause="J7 W15", gives=("change_id",))
def request_change(step: Step, *, inspection_id: int) -> Mapping[str, Any]:
    """更正 or 撤回 of a published version, after an objection, a review or an error.

    The old version stays.
    """
    inspection = get(step.session, inspection_id)
    refuse_other_unit(inspection, step.person(), step.pack)
    current = _current(step.session, inspection_id)
    if current is None:
        raise Refused(
            "还没有已公示的结果，不能更正或撤回。", clause=cite("J7 W15", step.pack), slug="not-published"
        )
    kind = ask.required(step.answers, "kind", "更正或撤回")
    if kind not in ("correction", "withdrawal"):
        raise Refused(f"没有“{kind}”这种变更。", slug="publication-kind")
    reason = ask.required(step.answers, "reason", "理由", clause=cite("J7 W15", step.pack))
    row = _new(
        step,
        inspection,
        kind,
        state="requested",
        previous_id=current.id,
        reason=reason,
        summary=current.summary,
        requested_by_id=step.person().id,
    )
    return {"change_id": row.id}


@operation("publication.approve_change", clause="J7 W15", gives=("decision",))
def approve_change(step: Step, *, change_id: int) -> Mapping[str, Any]:
    """审批更正或撤回: what the public has read is not changed on one person's word."""
    row = step.session.get_one(Publication, change_id)
    actor = step.person()
    if row.requested_by_id == actor.id:
        raise Refused(
            "申请人不能审批自己提出的更正或撤回。", clause=cite("J7 W15", step.pack), slug="self-approval"
        )
    if row.state != "requested":
        raise Refused("该申请已经审批。", clause=cite("J7 W15", step.pack), slug="already-decided")
    decided = ask.decision(step.answers, clause=cite("J7 W15", step.pack))
    agreed = decided["decision"] == "approve"
    row.state = "approved" if agreed else "refused"
    row.approved_by_id, row.approved_at = (actor.id, clock.now()) if agreed else (None, None)
    step.session.flush()
    audit.record(
        step.session,
        action="publication.change",
        subject=f"publication/{row.id}",
        actor=actor,
        bureau_id=row.bureau_id,
        reason=ask.text(step.answers, "reason") or row.reason,
        after={"kind": row.kind, "version": row.version, **decided},
        clause="J7 W15",
        chained=True,
    )
    return decided
