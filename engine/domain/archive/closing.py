"""The end of a case: all three elements stand (抽取、人员、公开), nothing is open, the file is sealed.

依据: 吉 第三条, 第二十六条, 第二十七条.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine import audit, clock
from engine.domain.archive.loan import sealed
from engine.domain.followup import refuse_open
from engine.domain.inspection.licence import licensed_count
from engine.domain.inspection.tables import Inspection, get
from engine.domain.inspection.team import team
from engine.domain.publication import published
from engine.domain.terms import cite
from engine.errors import Refused
from engine.operation import Step, operation
from engine.sentence import Sentence

TWO = 2


def refuse_missing_element(step: Step, inspection: Inspection) -> None:
    """A case lacks one of the three elements draw, people, publication (slug `element-missing`)."""
    missing: list[str] = []
    if inspection.draw_id is None and inspection.lead_id is None:
        missing.append("随机抽取检查对象")
    if licensed_count(team(step.session, inspection.id)) < TWO:
        missing.append("选派执法检查人员")
    owed = inspection.lead_id is None or bool(step.rules.value("lead.publish"))
    if owed and not published(step.session, inspection.id):
        missing.append("公开检查结果")
    if missing:
        raise Refused(
            Sentence(
                "{case_no}不能办结，缺少：{missing}。", case_no=inspection.case_no, missing="、".join(missing)
            ),
            clause=cite("J3 W2 W15", step.pack),
            slug="element-missing",
        )


@operation("archive.close", clause="J3 J27", gives=("outcome",))
def close(step: Step, *, inspection_id: int) -> Mapping[str, Any]:
    """Close the case: three elements, no open follow-up, file sealed."""
    inspection = get(step.session, inspection_id)
    refuse_missing_element(step, inspection)
    refuse_open(step.session, inspection, step.rules)
    sealed(step, inspection_id)
    inspection.state, inspection.outcome = "done", inspection.outcome or "done"
    inspection.closed_at = clock.now()
    audit.record(
        step.session,
        action="inspection.close",
        subject=f"inspection/{inspection_id}",
        actor=step.actor,
        bureau_id=inspection.bureau_id,
        after={"outcome": inspection.outcome},
        clause="J3 J27",
        chained=True,
    )
    return {"outcome": inspection.outcome}
