"""What the forms of discussion and feedback show besides their questions."""

from __future__ import annotations

from typing import Any

from engine import clock
from engine.domain.feedback.standing import attendants, given_of, latest
from engine.domain.inspection.tables import get
from engine.domain.inspection.team import team
from engine.domain.inspection.visit import findings
from engine.domain.terms import RESULTS
from engine.operation import Step, prefill
from engine.people import Bureau


@prefill("feedback/discuss")
def show_discussion(step: Step) -> dict[str, Any]:
    """Findings, and who may attend: members and experts."""
    inspection_id = int(step.data["inspection_id"])
    people = attendants(step.session, inspection_id, step.rules)
    found = findings(step.session, inspection_id)
    before = latest(step.session, inspection_id)
    return {
        "facts": [("上一轮决定", before.decision_reason)]
        if before is not None and before.how == "again"
        else [],
        "options": {"attendance": [(str(m.id), f"{m.name}{'（专家）' if m.expert else ''}") for m in people]},
        "defaults": {
            "attendance": [str(m.id) for m in people],
            "opinion": before.text
            if before
            else "；".join(
                f"{f.item_name}：{RESULTS[f.result]}{'，' + f.description if f.description else ''}"
                for f in found
            ),
        },
        "rows": {
            "results": [
                {"item": f.item_name, "result": RESULTS[f.result], "description": f.description}
                for f in found
            ]
        },
    }


@prefill("feedback/vote")
def show_opinion(step: Step) -> dict[str, Any]:
    """The opinion that was put to the members, and who dissented."""
    inspection_id = int(step.data["inspection_id"])
    opinion = latest(step.session, inspection_id)
    if opinion is None:
        return {}
    facts = [
        ("检查意见", opinion.text),
        ("参加讨论", "、".join(opinion.attendance)),
        ("专家建议", opinion.expert_advice or "无"),
    ]
    if opinion.minority:
        facts.append(("少数意见", opinion.minority))
    return {"facts": facts}


prefill("feedback/decide")(show_opinion)
prefill("feedback/receipt_object")(show_opinion)


@prefill("feedback/meet")
def show_meeting(step: Step) -> dict[str, Any]:
    """The opinion, and whom to tell at the same time."""
    inspection = get(step.session, int(step.data["inspection_id"]))
    shown = show_opinion(step)
    local = step.session.get_one(Bureau, inspection.local_bureau_id).name
    same = "本局即所在地医保部门" if not inspection.local_elsewhere else local
    present = [m.name for m in team(step.session, inspection.id)]
    return {
        "facts": [*shown.get("facts", []), ("同时反馈的所在地医保部门", same)],
        "defaults": {"present": "检查组：" + "、".join(present)},
    }


@prefill("feedback/receipt_local")
def show_receipt(step: Step) -> dict[str, Any]:
    """The opinion and the meeting."""
    row = given_of(step, int(step.data["inspection_id"]))
    met = f"{clock.local(row.met_at):%Y-%m-%d %H:%M} {row.place}"
    return {"facts": [*show_opinion(step).get("facts", []), ("反馈时间地点", met), ("在场人员", row.present)]}
