"""A request that is sent again, because its answer never came, opens nothing twice."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from engine.access import rights
from engine.desk import event, opening, plan, registry
from engine.domain.evidence import Preservation
from engine.errors import Refused
from engine.people import Person
from engine.runtime.tables import Instance
from tests.scenarios import inspections as told
from tests.scenarios.test_at_the_same_time import at_risk


def who_may(session: Any, scene: Any, permission: Any) -> Person:
    """The first of the bureau who may."""
    people = session.scalars(select(Person).where(Person.bureau_id == scene.bureau).order_by(Person.id))
    return next(person for person in people if permission.allows(person))


OPENED = {
    "lead": (rights.OPEN_LEAD, opening.open_lead, {}),
    "registry": (registry.EDITORS["objects"], opening.open_change, {"kind": "objects"}),
    "plan": (rights.DRAFT_PLAN, plan.open_plan, {"year": 2027, "quarter": 0, "title": ""}),
}


@pytest.mark.parametrize("process", OPENED)
def test_what_somebody_opens_by_hand_is_opened_once_for_a_key(jilin, process):
    permission, open_, given = OPENED[process]

    def post(key: str) -> int:
        def work(session: Any) -> int:
            actor = who_may(session, jilin, permission)
            return open_(jilin.world, session, actor, **given, key=key).id

        return jilin.does(work)

    first = post("first")
    assert post("first") == first
    cases = select(func.count(Instance.id)).where(Instance.process == process)
    assert jilin.read(lambda s: s.scalar(cases)) == 1


def test_what_somebody_sets_off_is_set_off_once_for_a_key_and_another_answer_with_it_is_refused(jilin):
    case, inspection_id = told.begins(jilin, jilin.bureau)
    told.arrived(jilin, case, inspection_id)
    member = told.members(jilin, inspection_id)[0][1]

    def post(answers: dict[str, Any]) -> int:
        def work(session: Any) -> int:
            actor = session.scalars(select(Person).where(Person.name == member)).one()
            process = "inspection.preservation"
            return event.act(jilin.world, session, actor, case.id, process, answers, key="once").id

        return jilin.does(work)

    first = post(at_risk("账册"))
    assert post(at_risk("账册")) == first
    assert jilin.read(lambda s: s.scalar(select(func.count(Preservation.id)))) == 1
    with pytest.raises(Refused, match="另一份内容"):
        post(at_risk("药品"))
