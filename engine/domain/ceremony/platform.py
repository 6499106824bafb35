"""平台抽取 (W5, W9): the task goes to the platform, its result comes back with evidence.

Nothing is drawn here.

The result takes a number of the bureau's series and is frozen and chained like every draw, but never shown
as verifiable. What the hard rules say of a team holds for an imported team too; a name that the registries do
not bear out is a finding (`findings`).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from engine import clock
from engine.domain import answers as ask
from engine.domain.ceremony import duty, findings, store
from engine.domain.ceremony.enclosure import enclosures
from engine.domain.ceremony.pool import Pool, pool_of
from engine.domain.ceremony.tables import Draw, DrawnObject, DrawnPerson
from engine.domain.draw import DrawRefused
from engine.domain.draw.platform import import_transcript
from engine.domain.plan.query import get as plan_of
from engine.domain.terms import cite
from engine.errors import Refused
from engine.operation import Step, operation
from engine.people import Bureau
from engine.sentence import Sentence

CLAUSE = "W5 W9"
NAME = re.compile(r"[A-Za-z0-9._-]{1,40}")


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
            "platform": step.rules.value("draw.platform") or "",
            "objects": [{"code": thing.code, "stratum": thing.stratum} for thing in pool.eligible],
            "strata": pool.strata,
            "groups": draw.settings["groups"],
            "team_size": draw.settings["team_size"],
        },
        key=f"draw/{draw.id}/{draw.opened_at.isoformat()}/send",
    )
    store.log(
        step.session, draw, "draw.send", after={"eligible": len(pool.eligible), "sample": pool.sample()}
    )


@operation("draw.import_result", clause=CLAUSE, gives=("import_result", "findings"))
def import_result(step: Step, *, draw_id: str) -> Mapping[str, Any]:
    """导入平台抽取结果: serial, time, evidence, which object and which person went to which group.

    `import_result`: drawn · failed; `findings`: how many names the registries do not bear out. Refuses what is
    no result, and groups with fewer than two licensed inspectors.
    """
    draw = store.get(step.session, draw_id)
    operator = step.person()
    if ask.text(step.answers, "result") == "failed":
        draw.reason = ask.required(step.answers, "reason", "未能抽取的原因", clause=cite(CLAUSE, step.pack))
        return {"import_result": "failed", "findings": 0}
    duty.refuse_operator(step.session, draw, operator, step.pack)
    pool = pool_of(step, draw)
    objects, members = _groups(step, "objects", "object_code"), _groups(step, "members", "staff_no")
    _check_shape(step, draw, pool, objects, members)
    ask.required(step.answers, "drawn_at", "平台抽取时间", clause=cite(CLAUSE, step.pack))
    drawn_at = ask.happened(step.answers, "drawn_at", "平台抽取时间")
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
    draw.reason = ""
    found = findings.compare(step, pool, objects, members)
    return {"import_result": "drawn", "findings": findings.record(step, draw, found)}


def _groups(step: Step, key: str, column: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for row in ask.rows(step.answers, key):
        value = ask.text(row, column)
        if value and value not in found[ask.text(row, "group")]:
            found[ask.text(row, "group")].append(value)
    return dict(found)


def _check_shape(
    step: Step, draw: Draw, pool: Pool, objects: Mapping[str, list[str]], members: Mapping[str, list[str]]
) -> None:
    """What is no result at all: nothing drawn, an object twice, a group without people, a team too small."""
    clause = cite(CLAUSE, step.pack)
    codes = [code for things in objects.values() for code in things]
    numbers = [number for each in members.values() for number in each]
    strange = [name for name in (*objects, *members, *codes, *numbers) if not NAME.fullmatch(name)]
    if not codes or len(set(codes)) < len(codes) or strange:
        said = (
            Sentence("“{name}”不是编码。", name=strange[0])
            if strange
            else "平台结果没有检查对象，或者同一对象列了两次。"
        )
        fields = {"objects": "请核对检查对象"}
        raise Refused(said, clause=clause, slug="platform-mismatch", fields=fields)
    if set(objects) != set(members):
        said = "各组既要有检查对象，也要有检查人员。"
        fields = {"members": "请核对组别"}
        raise Refused(said, clause=clause, slug="platform-mismatch", fields=fields)
    by_no = {servant.staff_no: servant for servant in pool.servants}
    wanted = int(draw.settings["team_size"])
    for group, here in members.items():
        duty.refuse_licensed(sum(by_no[no].cert for no in here if no in by_no), step.rules, group)
        if len(here) < wanted:
            raise Refused(
                Sentence(
                    "{group} 组只有 {count} 人，任务要求每组 {wanted} 人。",
                    group=group,
                    count=len(here),
                    wanted=wanted,
                ),
                clause=cite("W9", step.pack),
                hint="请与平台核对；如人员不足，请登记平台抽取失败后重新确定分组。",
                slug="platform-mismatch",
            )


@operation("draw.check_import", clause="W3 W9", gives=("decision",))
def check_import(step: Step, *, draw_id: str) -> Mapping[str, Any]:
    """核对平台抽取结果: the witness compares the import with the platform."""
    draw = store.get(step.session, draw_id)
    witness = step.person()
    duty.refuse_witness(step.session, draw, witness, step.rules)
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
    settled = findings.of_draw(step.session, draw.id)
    body = {
        "v": "IMPORT1",
        "draw": draw.id,
        "prev_head": store.previous_head(step.session, draw, step.pack),
        "platform": f"platform-{step.session.get_one(Bureau, draw.bureau_id).division[:2]}",
        "serial": result["serial"],
        "at": result["at"],
        "operator": staff[draw.operator_id or 0],
        "witness": staff[draw.witness_id or 0],
        "evidence": sorted(
            [*result["evidence"], *findings.as_evidence(settled)], key=lambda each: each["name"]
        ),
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
            Sentence("平台结果不能固定：{reason}", reason=fault.reason),
            clause=cite("W9", step.pack),
            slug="platform-mismatch",
        ) from fault
    draw.frozen_at = clock.now()
    draw.state = "placed"
    _enter(step, draw)
    step.session.flush()
    store.log(step.session, draw, "draw.import", after={"serial": result["serial"]})
    return {"draw_outcome": "placed"}


def _enter(step: Step, draw: Draw) -> None:
    """What is visited and who serves: the platform's result without what the leader has left out."""
    pool = pool_of(step, draw)
    staff = {servant.staff_no: servant.inspector_id for servant in pool.servants}
    objects, members = findings.kept(step.session, draw)
    for group in sorted(objects):
        for code in objects[group]:
            thing = pool.by_code[code]
            draw.objects.append(DrawnObject(object_id=thing.object_id, group_id=group, stratum=thing.stratum))
        for place, number in enumerate(members[group]):
            draw.people.append(
                DrawnPerson(group_id=group, role_index=place, inspector_id=staff[number], alias=number)
            )
