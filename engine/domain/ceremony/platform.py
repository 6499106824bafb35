"""平台抽取 (W5, W9): the task goes to the platform, its result comes back with evidence.

Nothing is drawn here.

The result takes a number of the bureau's series and is frozen and chained like every draw, but never shown
as verifiable. What the hard rules say of a team holds for an imported team too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from engine import clock
from engine.domain import answers as ask
from engine.domain.ceremony import duty, store
from engine.domain.ceremony.enclosure import enclosures
from engine.domain.ceremony.pool import Pool, pool_of
from engine.domain.ceremony.tables import Draw, DrawnObject, DrawnPerson
from engine.domain.draw import DrawRefused
from engine.domain.draw.platform import import_transcript
from engine.domain.pack import parameters
from engine.domain.plan.query import get as plan_of
from engine.domain.registry import Inspector, conflict_between
from engine.domain.terms import RELATIONS, cite
from engine.errors import Refused
from engine.operation import Step, operation
from engine.people import Bureau

CLAUSE = "W5 W9"


@operation("draw.send", clause=CLAUSE)
def send(step: Step, *, draw_id: str) -> None:
    """发送抽取任务到平台: what the platform has to draw from and how many, as a job after the commit."""
    draw = store.get(step.session, draw_id)
    pool = pool_of(step, draw)
    step.machine.enqueue(
        "platform.send",
        {
            "kind": "draw",
            "draw": draw.id,
            "plan": plan_of(step.session, draw.plan_id).platform_no,
            "platform": parameters(step.pack).value("draw.platform") or "",
            "objects": [thing.code for thing in pool.eligible],
            "strata": pool.strata,
            "groups": draw.settings["groups"],
            "team_size": draw.settings["team_size"],
        },
        key=f"draw/{draw.id}/{draw.opened_at.isoformat()}/send",
    )
    store.log(
        step.session, draw, "draw.send", after={"eligible": len(pool.eligible), "sample": pool.sample()}
    )


@operation("draw.import_result", clause=CLAUSE, gives=("import_result",))
def import_result(step: Step, *, draw_id: str) -> Mapping[str, Any]:
    """导入平台抽取结果: serial, time, evidence, which object and which person went to which group.

    `import_result`: drawn · failed. Refuses objects that should not have been drawn, people in conflict,
    groups with fewer than two licensed inspectors.
    """
    draw = store.get(step.session, draw_id)
    operator = step.person()
    if ask.text(step.answers, "result") == "failed":
        draw.reason = ask.required(step.answers, "reason", "未能抽取的原因", clause=cite(CLAUSE, step.pack))
        return {"import_result": "failed"}
    duty.refuse_operator(step.session, draw, operator, step.pack)
    pool = pool_of(step, draw)
    objects, members = _groups(step, "objects", "object_code"), _groups(step, "members", "staff_no")
    _check_objects(pool, objects, step.pack)
    _check_people(step, draw, pool, objects, members)
    drawn_at = ask.instant(step.answers, "drawn_at")
    if drawn_at is None:
        raise Refused(
            "请填写平台抽取时间。",
            clause=cite(CLAUSE, step.pack),
            slug="incomplete",
            fields={"drawn_at": "请填写"},
        )
    draw.witness_id = None
    draw.operator_id = operator.id
    draw.settings = {
        **draw.settings,
        "result": {
            "serial": ask.required(step.answers, "serial", "平台抽取编号", clause=cite(CLAUSE, step.pack)),
            "at": f"{clock.local(drawn_at):%Y-%m-%dT%H:%M}+08:00",
            "evidence": enclosures(step.session, ask.words(step.answers, "proof")),
            "objects": {group: sorted(things) for group, things in objects.items()},
            "members": dict(members),
        },
    }
    return {"import_result": "drawn"}


def _groups(step: Step, key: str, column: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for row in ask.rows(step.answers, key):
        value = ask.text(row, column)
        if value and value not in found[ask.text(row, "group")]:
            found[ask.text(row, "group")].append(value)
    return dict(found)


def _check_objects(pool: Pool, objects: Mapping[str, list[str]], pack: str) -> None:
    codes = [code for things in objects.values() for code in things]
    for code in codes:
        thing = pool.by_code.get(code)
        duty.refuse_excluded(code, thing.excl if thing else "scope", pack)
    if not codes or len(set(codes)) < len(codes):
        raise Refused(
            "平台结果没有检查对象，或者同一对象列了两次。",
            clause=cite(CLAUSE, pack),
            slug="platform-mismatch",
            fields={"objects": "请核对检查对象"},
        )


def _check_people(
    step: Step, draw: Draw, pool: Pool, objects: Mapping[str, list[str]], members: Mapping[str, list[str]]
) -> None:
    by_no = {servant.staff_no: servant for servant in pool.servants}
    wanted = int(draw.settings["team_size"])
    if set(objects) != set(members):
        raise Refused(
            "各组既要有检查对象，也要有检查人员。", slug="platform-mismatch", fields={"members": "请核对组别"}
        )
    for group, numbers in members.items():
        unknown = [number for number in numbers if number not in by_no or by_no[number].excl]
        if unknown:
            raise Refused(
                f"{group} 组的 {'、'.join(unknown)} 不能参加本次检查：不在名录库内，或者本期不能参加。",
                clause=cite("W5 W9", step.pack),
                slug="person-not-in-pool",
                fields={"members": f"请核对 {'、'.join(unknown)}"},
            )
        duty.refuse_licensed(sum(by_no[number].cert for number in numbers), step.pack, group)
        if len(numbers) < wanted:
            raise Refused(
                f"{group} 组只有 {len(numbers)} 人，任务要求每组 {wanted} 人。",
                clause=cite("W9", step.pack),
                hint="请与平台核对；如人员不足，请登记平台抽取失败后重新确定分组。",
                slug="platform-mismatch",
            )
        for number in numbers:
            for code in objects[group]:
                _refuse_conflict(step, by_no[number].inspector_id, pool, code)


def _refuse_conflict(step: Step, inspector_id: int, pool: Pool, code: str) -> None:
    thing = pool.by_code[code]
    relation = conflict_between(step.session, inspector_id, thing.object_id)
    if relation:
        who = step.session.get_one(Inspector, inspector_id)
        raise Refused(
            f"{who.name}与{thing.name}有利害关系：{RELATIONS.get(relation, relation)}，应当回避。",
            clause=cite("J13 行政处罚法", step.pack),
            hint="请在平台重新匹配人员后再导入。",
            slug="conflict-of-interest",
        )


@operation("draw.check_import", clause="W3 W9", gives=("decision",))
def check_import(step: Step, *, draw_id: str) -> Mapping[str, Any]:
    """核对平台抽取结果: the witness compares the import with the platform."""
    draw = store.get(step.session, draw_id)
    witness = step.person()
    duty.refuse_witness(step.session, draw, witness, step.pack)
    if ask.text(step.answers, "decision") != "agree":
        draw.reason = ask.required(step.answers, "reason", "不一致之处", clause=cite("W9", step.pack))
        return {"decision": "return"}
    draw.witness_id = witness.id
    draw.reason = ""
    return {"decision": "agree"}


@operation("draw.freeze_import", clause="W9", gives=("draw_outcome",))
def freeze_import(step: Step, *, draw_id: str) -> Mapping[str, Any]:
    """固定平台抽取结果: the import becomes event 0 of its transcript; from now on only the chain grows."""
    draw = store.get(step.session, draw_id)
    result = draw.settings["result"]
    staff = {person.id: person.staff_no for person in (draw.operator, draw.witness) if person}
    body = {
        "v": "IMPORT1",
        "draw": draw.id,
        "prev_head": store.previous_head(step.session, draw, step.pack),
        "platform": f"platform-{step.session.get_one(Bureau, draw.bureau_id).division[:2]}",
        "serial": result["serial"],
        "at": result["at"],
        "operator": staff[draw.operator_id or 0],
        "witness": staff[draw.witness_id or 0],
        "evidence": result["evidence"],
        "objects": sorted(code for codes in result["objects"].values() for code in codes),
        "groups": [
            {"id": group, "objects": result["objects"][group], "members": result["members"][group]}
            for group in sorted(result["objects"])
        ],
    }
    try:
        store.keep(draw, import_transcript(body))
    except DrawRefused as fault:
        raise Refused(
            f"平台结果不能固定：{fault.reason}", clause=cite("W9", step.pack), slug="platform-mismatch"
        ) from fault
    draw.frozen_at = clock.now()
    draw.state = "placed"
    _enter(step, draw, body)
    step.session.flush()
    store.log(step.session, draw, "draw.import", after={"serial": result["serial"]})
    return {"draw_outcome": "placed"}


def _enter(step: Step, draw: Draw, body: Mapping[str, Any]) -> None:
    pool = pool_of(step, draw)
    staff = {servant.staff_no: servant.inspector_id for servant in pool.servants}
    for group in body["groups"]:
        for code in group["objects"]:
            thing = pool.by_code[code]
            draw.objects.append(
                DrawnObject(object_id=thing.object_id, group_id=group["id"], stratum=thing.stratum)
            )
        for place, number in enumerate(group["members"]):
            draw.people.append(
                DrawnPerson(group_id=group["id"], role_index=place, inspector_id=staff[number], alias=number)
            )
