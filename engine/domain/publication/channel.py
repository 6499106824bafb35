"""The channels of a publication: owed, pushed, released, receipted, complete.

依据: 吉 第七条, 第二十五条; 舞 第三条, 第十五条.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine import audit, clock
from engine.domain import answers as ask
from engine.domain.calendar import working_days_between
from engine.domain.feedback import refuse_before_feedback
from engine.domain.inspection.tables import get
from engine.domain.publication.duty import FINAL, refuse_other_unit, refuse_owed
from engine.domain.publication.limit import limit
from engine.domain.publication.push import JOB, endpoint_of
from engine.domain.publication.tables import (
    CHANNELS,
    Publication,
    PublicationReceipt,
)
from engine.domain.publication.versions import receipts
from engine.domain.terms import cite
from engine.errors import Refused, RuleError
from engine.operation import Step, operation
from engine.sentence import Sentence


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
    strange = {name for name, is_owed in owed.items() if is_owed} - set(step.rules["publish.channels"].value)
    if strange:
        raise RuleError(
            Sentence("公示渠道表给出了规则包没有的渠道：{names}。", names="、".join(sorted(strange))),
            hint="请检查 channel.dmn。",
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
        "office_gate": bool(step.rules.value("publish.office_gate")),
    }


def _push(step: Step, row: Publication, receipt: PublicationReceipt) -> None:
    if endpoint_of(step.session, row.bureau_id, receipt.channel) is None:
        return
    receipt.state = "queued"
    key = f"publication/{row.id}/{receipt.channel}"
    step.machine.enqueue(
        JOB,
        {
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
    refuse_before_feedback(step.session, inspection, step.rules)
    refuse_other_unit(inspection, step.person(), step.rules)
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
    refuse_other_unit(inspection, step.person(), step.rules)
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


@operation("publication.complete", clause="W15 J25")
def complete(step: Step, *, publication_id: int) -> None:
    """All channels are done: the version is public; the one before stays readable as superseded."""
    row = step.session.get_one(Publication, publication_id)
    inspection = get(step.session, row.inspection_id)
    refuse_before_feedback(step.session, inspection, step.rules)
    refuse_owed(step.session, publication_id, step.pack)
    if row.reviewed_by_id is None:
        raise Refused("公示内容尚未审查。", clause=cite("W15", step.pack), slug="not-reviewed")
    if row.kind in ("correction", "withdrawal") and row.previous_id is not None:
        previous = step.session.get_one(Publication, row.previous_id)
        previous.state = "superseded"
    row.due_on = limit(step, inspection, row)
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
