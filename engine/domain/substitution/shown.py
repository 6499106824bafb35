"""What the forms of a substitution show: the team, the reasons, the candidates in their order."""

from __future__ import annotations

from typing import Any

from engine import clock
from engine.domain.ceremony import findings, store
from engine.domain.ceremony.shown_import import settling
from engine.domain.inspection.tables import TeamMember
from engine.domain.inspection.tables import get as inspection_of
from engine.domain.inspection.team import team
from engine.domain.pack import parameters
from engine.domain.registry import RegistryObject, above, inspectors_of
from engine.domain.substitution.alarm import alarms_of
from engine.domain.substitution.successor import candidates
from engine.domain.substitution.tables import Substitution, get
from engine.domain.terms import SUBSTITUTION_REASONS
from engine.operation import Step, prefill

ABSENCES = [("unavailable", "本期不能参加"), ("recusal", "应当回避")]


def _row(step: Step) -> Substitution:
    return get(step.session, int(step.data["substitution_id"]))


def _facts(step: Step) -> list[tuple[str, str]]:
    row = _row(step)
    leaving = step.session.get_one(TeamMember, row.member_out_id)
    inspection = inspection_of(step.session, row.inspection_id)
    thing = step.session.get_one(RegistryObject, inspection.object_id)
    return [
        ("检查任务", inspection.case_no),
        ("检查对象", thing.name),
        ("被调换人", f"{leaving.name}{'（组长）' if row.was_leader else ''}"),
        ("理由", SUBSTITUTION_REASONS[row.reason_code]),
        ("说明", row.detail),
        ("证明材料", "、".join(str(each["name"]) for each in row.proof)),
    ]


@prefill("substitution/request")
def show_request(step: Step) -> dict[str, Any]:
    """The team and the reasons of the pack."""
    members = team(step.session, int(step.data["inspection_id"]))
    reasons = parameters(step.pack)["substitution.reasons"].value or []
    blocked = next((member for member in members if member.conflict), None)
    return {
        "options": {
            "members": [
                (str(each.id), f"{each.name}{'（组长）' if each.role == 'leader' else ''}")
                for each in members
            ],
            "reasons": [(code, SUBSTITUTION_REASONS[code]) for code in reasons],
        },
        "defaults": {"member": str(blocked.id), "reason_code": "recusal"} if blocked else {},
    }


@prefill("substitution/approve")
def show_approve(step: Step) -> dict[str, Any]:
    """What is asked for, and what looks arranged.

    The same place again, somebody away twice as often as others.
    """
    return {"facts": [*_facts(step), *(("调换预警", text) for text in warnings(step, _row(step)))]}


def warnings(step: Step, row: Substitution) -> list[str]:
    """调换预警 for who approves: the alarms of the protocol over this year's substitutions (draw.md 2.7)."""
    if row.draw_id is None:
        return []
    return alarms_of(step.session, store.get(step.session, row.draw_id))


@prefill("substitution/candidates")
def show_candidates(step: Step) -> dict[str, Any]:
    """The candidates, nearest ticket first: the order nobody chose."""
    found = candidates(step, _row(step))
    return {
        "facts": [*_facts(step), ("递补人选", found[0][1].name if found else "没有人选")],
        "options": {"candidates": [(alias, who.name) for alias, who in found]},
        "rows": {
            "candidates": [
                {"place": place, "alias": alias, "name": who.name}
                for place, (alias, who) in enumerate(found, 1)
            ]
        },
    }


@prefill("substitution/witness")
def show_witness(step: Step) -> dict[str, Any]:
    """Who is passed over and who comes in."""
    row = _row(step)
    found = candidates(step, row)
    passed = {each["id"] for each in row.absent}
    arriving = next((who.name for alias, who in found if alias not in passed), "没有人选")
    skipped = "、".join(who.name for alias, who in found if alias in passed) or "无"
    return {"facts": [*_facts(step), ("跳过的候选人", skipped), ("递补人", arriving)]}


@prefill("substitution/platform")
def show_platform(step: Step) -> dict[str, Any]:
    """What the platform has to match again."""
    return {"facts": _facts(step)}


@prefill("substitution/settle_match")
def show_match(step: Step) -> dict[str, Any]:
    """What the registries say against the platform's substitute."""
    row = _row(step)
    return {"facts": _facts(step), **settling(findings.of_draw(step.session, str(row.draw_id), row.id))}


@prefill("substitution/choose")
def show_choose(step: Step) -> dict[str, Any]:
    """The inspectors of the bureau that are not on the team."""
    row = _row(step)
    present = {member.inspector_id for member in team(step.session, row.inspection_id)}
    today = clock.today()
    free = [
        who
        for who in inspectors_of(step.session, step.bureau_id)
        if who.id not in present and who.available(today)
    ]
    return {
        "facts": _facts(step),
        "options": {
            "inspectors": [
                (str(who.id), f"{who.name}{'' if who.licensed(today) else '（无有效证件）'}") for who in free
            ]
        },
    }


@prefill("substitution/vacancy")
def show_vacancy(step: Step) -> dict[str, Any]:
    """Whose place stays empty."""
    return {"facts": _facts(step)}


@prefill("substitution/borrow")
def show_borrow(step: Step) -> dict[str, Any]:
    """The inspectors of the superiors."""
    today = clock.today()
    found = [
        who
        for bureau in above(step.session, step.bureau_id)[1:]
        for who in inspectors_of(step.session, bureau)
    ]
    usable = [who for who in found if who.available(today) and who.licensed(today)]
    return {"facts": _facts(step), "options": {"inspectors": [(str(who.id), who.name) for who in usable]}}
