"""变更生效和公开: rows change once they are approved, the new version becomes public, open plans are named.

依据: W4, W5 (对外公示), J5, J7 (公开), domain P8.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import or_, select

from engine import audit, clock
from engine.domain import answers as ask
from engine.domain.change.drafting import inspector_in, object_in, owner_of
from engine.domain.change.tables import RegistryChange, get
from engine.domain.plan.tables import Plan
from engine.domain.registry import (
    Certificate,
    InspectionItem,
    Inspector,
    ItemList,
    RegistryObject,
    refuse_locked,
)
from engine.domain.terms import PUBLIC_PLACES
from engine.errors import Refused
from engine.operation import Rules, Step, operation
from engine.people import Bureau, Person
from engine.sentence import Sentence

ITEM_COLUMNS = (
    "no",
    "name",
    "sub_item",
    "basis",
    "subject",
    "object_kind",
    "ratio",
    "frequency",
    "method",
    "staff_requirement",
    "content",
    "power_item",
    "note",
)
OBJECT_COLUMNS = ("name", "uscc", "level", "address", "legal_representative", "contact", "note")


@operation("registry.apply", clause="J5 W4 W5", gives=("publication_owed",))
def apply(step: Step, *, change_id: int) -> Mapping[str, Any]:
    """变更名录库: the approved rows take effect; refused while a draw holds the registry.

    The item list is always made public (J7, W4), a registry where the pack says so (W5 录入平台并对外公示).
    """
    row = get(step.session, change_id)
    if row.kind == "items":
        _apply_items(step, row)
    else:
        refuse_locked(step.session, row.bureau_id, row.kind)
        for line in row.rows:
            (_apply_object if row.kind == "objects" else _apply_inspector)(step, row, line)
    row.state = "applied"
    step.session.flush()
    owed = bool(step.rules.value("registry.publish"))
    return {"publication_owed": row.kind == "items" or owed}


def _apply_items(step: Step, row: RegistryChange) -> None:
    owner = owner_of(step.session, step.session.get_one(Bureau, row.bureau_id), step.rules)
    listed = ItemList(
        bureau_id=owner.id,
        version=row.version,
        title="随机抽查事项清单",
        state="approved",
        valid_from=row.effective_on,
        cause=row.cause,
        approved_by={"leader": "分管领导", "province": "省级医疗保障部门", "government": "本级人民政府"}[
            row.approval
        ],
        approval_document=row.approval_document,
    )
    listed.items = [
        InspectionItem(position=place, **{key: ask.text(line, key) for key in ITEM_COLUMNS})
        for place, line in enumerate(row.rows, 1)
    ]
    step.session.add(listed)
    step.session.flush()
    row.item_list_id = listed.id


def _apply_object(step: Step, row: RegistryChange, line: Mapping[str, Any]) -> None:
    code, act = ask.text(line, "code"), ask.text(line, "act")
    thing = object_in(step.session, row.bureau_id, code)
    if thing is None:
        division = step.session.get_one(Bureau, row.bureau_id).division
        thing = RegistryObject(
            bureau_id=row.bureau_id, code=code, kind=ask.text(line, "object_kind"), division=division, name=""
        )
        step.session.add(thing)
    before = {"agreement": thing.agreement_state or "", "active": bool(thing.active)}
    for key in OBJECT_COLUMNS:
        if value := ask.text(line, key):
            setattr(thing, key, value)
    if act in ("suspend", "resume"):
        thing.agreement_state = "suspended" if act == "suspend" else "active"
    if act in ("close", "merge"):
        thing.agreement_state, thing.active, thing.closed_on = "terminated", False, clock.today()
        if act == "merge":
            thing.note = f"并入 {ask.text(line, 'merged_into')}"
    step.session.flush()
    after = {"agreement": thing.agreement_state, "active": thing.active, "act": act}
    _log(step, row, f"object/{thing.code}", before, after)


def _apply_inspector(step: Step, row: RegistryChange, line: Mapping[str, Any]) -> None:
    number, act = ask.text(line, "staff_no"), ask.text(line, "act")
    who = inspector_in(step.session, row.bureau_id, number)
    if who is None:
        person = step.session.scalar(select(Person).where(Person.staff_no == number))
        who = Inspector(
            bureau_id=row.bureau_id, staff_no=number, person_id=person.id if person else None, name=""
        )
        step.session.add(who)
    before = {"state": who.state or "", "certificates": len(who.certificates)}
    if name := ask.text(line, "name"):
        who.name = name
    if specialties := ask.words(line, "specialties"):
        who.specialties = specialties
    who.state = {"leave": "leave", "return": "active", "transfer": "transferred"}.get(
        act, who.state or "active"
    )
    _certificate(who, line, act)
    step.session.flush()
    _log(
        step,
        row,
        f"inspector/{number}",
        before,
        {"state": who.state, "certificates": len(who.certificates), "act": act},
    )


def _certificate(who: Inspector, line: Mapping[str, Any], act: str) -> None:
    if act == "revoke":
        for each in who.certificates:
            each.state = "revoked"
    number = ask.text(line, "certificate")
    if number and act != "revoke":
        fresh = Certificate(
            number=number, issuer=ask.text(line, "issuer"), valid_from=ask.day(line, "valid_from")
        )
        if (until := ask.day(line, "valid_to")) is not None:
            fresh.valid_to = until
        who.certificates.append(fresh)


def _log(
    step: Step, row: RegistryChange, what: str, before: Mapping[str, Any], after: Mapping[str, Any]
) -> None:
    audit.record(
        step.session,
        action="registry.change",
        subject=what,
        bureau_id=row.bureau_id,
        reason=row.cause,
        before=before,
        after={**after, "change": row.no},
        clause="J5 W5",
    )


@operation("registry.publish", clause="J7 W3 W4 W5")
def publish(step: Step, *, change_id: int) -> None:
    """公开变更: the office makes the new version public; a new item list is in force from its day."""
    row = get(step.session, change_id)
    row.published_on = ask.past_day(step.answers, "published_on", "公开日期")
    row.published_by_id = step.person().id
    row.channels = ask.words(step.answers, "channels")
    refuse_left_out(row, step.rules)
    row.state = "published"
    if row.item_list_id is not None:
        _put_in_force(step, row)
    audit.record(
        step.session,
        action="registry.publish",
        subject=f"registry_change/{row.no}",
        actor=step.actor,
        bureau_id=row.bureau_id,
        after={"kind": row.kind, "channels": row.channels, "on": row.published_on.isoformat()},
        clause=step.clause,
        chained=True,
    )


def refuse_left_out(row: RegistryChange, rules: Rules) -> None:
    """A list is public on every channel that the pack names (slug `channel-missing`; 依据: W4 政府网和平台, W5)."""
    rule = rules["item_list.channels" if row.kind == "items" else "registry.channels"]
    left_out = [PUBLIC_PLACES[each] for each in rule.value or [] if each not in row.channels]
    if left_out:
        raise Refused(
            Sentence("还须通过{channels}公开。", channels="、".join(left_out)),
            clause=rules.cite(rule.source),
            hint="在这些渠道公开以后再登记。",
            slug="channel-missing",
            fields={"channels": Sentence("缺少{channels}", channels="、".join(left_out))},
        )


def _put_in_force(step: Step, row: RegistryChange) -> None:
    listed = step.session.get_one(ItemList, row.item_list_id)
    first = max(row.effective_on or row.published_on or clock.today(), row.published_on or clock.today())
    query = select(ItemList).where(ItemList.bureau_id == listed.bureau_id, ItemList.state == "published")
    # What ended before keeps its last day.
    still = or_(ItemList.valid_to.is_(None), ItemList.valid_to >= first)
    for older in step.session.scalars(query.where(still)):
        older.valid_to = first - timedelta(days=1)
    listed.state, listed.valid_from = "published", first


@operation("registry.impact", clause="J5 J10", gives=("affected_plans",))
def impact(step: Step, *, change_id: int) -> Mapping[str, Any]:
    """列出受影响的计划: open plans that were made by the version before; `affected_plans` counts them."""
    row = get(step.session, change_id)
    if row.item_list_id is not None:
        open_states = ("drafting", "submitted", "approved", "published")
        query = select(Plan).where(Plan.item_list_id != row.item_list_id, Plan.state.in_(open_states))
        owner = step.session.get_one(ItemList, row.item_list_id).bureau_id
        old = set(step.session.scalars(select(ItemList.id).where(ItemList.bureau_id == owner)))
        row.impact = [
            {"no": plan.no, "title": plan.title, "version": plan.item_list_version}
            for plan in step.session.scalars(query.order_by(Plan.no))
            if plan.item_list_id in old
        ]
    return {"affected_plans": len(row.impact)}


@operation("registry.acknowledge_impact", clause="J5 J10")
def acknowledge_impact(step: Step, *, change_id: int) -> None:
    """处理受影响的计划: 基金监管 has told the owners of open plans, with what they decided."""
    row = get(step.session, change_id)
    handling = ask.required(step.answers, "handling", "处理情况")
    row.impact = [{**each, "handling": handling} for each in row.impact]
