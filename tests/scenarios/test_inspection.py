"""检查: from the choice of the leader to the closed case, as the two regulations say it."""

from __future__ import annotations

import pytest
from tests.scenarios.conftest import Installation
from tests.scenarios import inspections as told

from engine.domain.inspection import get


def test_the_whole_inspection_of_a_local_object(jilin: Installation) -> None:
    """J16 组长从随机抽取的执法检查人员中确定 … J27 全部归档: no problem found, one bureau only."""
    case, inspection_id = told.begins(jilin, jilin.bureau)
    told.published(jilin, case, inspection_id)
    told.archived(case)
    assert case.state() == "completed"
    assert jilin.read(lambda s: get(s, inspection_id).state) == "done"
    assert "所在地医保部门签收" not in case.history()
