"""What the forms of a platform's draw show: what was asked for, what came back, what the registries say of it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from engine.domain.ceremony import findings
from engine.domain.ceremony.pool import pool_of
from engine.domain.ceremony.shown import drawn_by, headed
from engine.domain.registry import RegistryObject, inspectors_of
from engine.operation import Step, prefill
from engine.sentence import Sentence


@prefill("draw/import")
def show_import(step: Step) -> dict[str, Any]:
    """What the platform was asked for, and what was imported before it came back."""
    draw = drawn_by(step)
    pool = pool_of(step, draw)
    facts = [
        *headed(draw),
        ("应抽", Sentence("{count} 户", count=pool.sample())),
        (
            "分组",
            Sentence(
                "{groups} 组，每组 {team_size} 人",
                groups=draw.settings.get("groups"),
                team_size=draw.settings.get("team_size"),
            ),
        ),
    ]
    if draw.reason:
        facts.append(("核对意见", draw.reason))
    result = draw.settings.get("result")
    defaults: dict[str, Any] = {}
    if result:
        defaults = {
            "serial": result["serial"],
            "drawn_at": result["at"],
            "objects": [
                {"group": g, "object_code": code} for g, codes in result["objects"].items() for code in codes
            ],
            "members": [
                {"group": g, "staff_no": no} for g, numbers in result["members"].items() for no in numbers
            ],
        }
    return {"facts": facts, "defaults": defaults}


@prefill("draw/settle_findings")
def show_findings(step: Step) -> dict[str, Any]:
    """Each name that the registries do not bear out, one line to settle it, and the whole result below."""
    draw = drawn_by(step)
    result = draw.settings["result"]
    shown = settling(findings.of_draw(step.session, draw.id))
    facts = [*headed(draw), ("平台抽取编号", result["serial"]), ("平台抽取时间", result["at"])]
    return {"facts": facts, **shown}


def settling(found: list[findings.ImportFinding]) -> dict[str, Any]:
    """The lines of a form in which findings are settled."""
    return {
        "options": {
            "findings": [(str(each.id), f"{findings.KINDS[each.kind]}：{each.detail}") for each in found],
            "settlements": list(findings.DISPOSITIONS.items()),
        },
        "defaults": {"settlements": [{"finding": str(each.id)} for each in found]},
        "rows": {
            "found": [
                {
                    "group": each.group_id,
                    "what": findings.KINDS[each.kind],
                    "detail": each.detail,
                    "settled": findings.DISPOSITIONS.get(each.settlement, ""),
                    "reason": each.reason,
                }
                for each in found
            ]
        },
    }


@prefill("draw/check_import")
def show_check_import(step: Step) -> dict[str, Any]:
    """The imported result beside its serial."""
    draw = drawn_by(step)
    result = draw.settings["result"]
    codes = [code for things in result["objects"].values() for code in things]
    query = select(RegistryObject.code, RegistryObject.name).where(RegistryObject.code.in_(codes))
    names = {str(code): str(name) for code, name in step.session.execute(query)}
    staff = {who.staff_no: who.name for who in inspectors_of(step.session, draw.bureau_id)}
    return {
        "facts": [*headed(draw), ("平台抽取编号", result["serial"]), ("平台抽取时间", result["at"])],
        "rows": {
            **settling(findings.of_draw(step.session, draw.id))["rows"],
            "groups": [
                {
                    "group": group,
                    "objects": "、".join(names.get(code, code) for code in things),
                    "members": "、".join(staff.get(number, number) for number in result["members"][group]),
                }
                for group, things in sorted(result["objects"].items())
            ],
        },
    }
