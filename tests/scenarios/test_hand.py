"""退回: a real plan goes back and comes forward again; what was approved does not go back."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from engine.desk import hand
from engine.errors import NotAllowed, Refused
from engine.people import Person
from tests.scenarios import acts


def sends_back(case, step, to, *, by):
    """Somebody sends a step back to an earlier one."""
    item, world = case.expects(step), case.scenario.world

    def work(session):
        actor = session.scalars(select(Person).where(Person.name == by)).one()
        hand.send_back(world, session, actor, item.id, to=to, reason="比例算错", key=f"{item.id}:{to}")

    case.scenario.does(work)


def ways(case, step, *, by):
    """Where a step may be sent back to."""
    item, world = case.expects(step), case.scenario.world

    def look(session):
        actor = session.scalars(select(Person).where(Person.name == by)).one()
        return [each.id for each in hand.returns(world, session, actor, item)]

    return case.scenario.read(look)


def test_the_leader_returns_a_plan_to_the_compiler_and_it_is_approved_then(jilin):
    case = acts.drafts(acts.opens_plan(jilin), acts.task(jilin))
    assert ways(case, "审批年度计划", by=acts.LEADER) == ["compile_plan", "draft_section"]
    sends_back(case, "审批年度计划", "compile_plan", by=acts.LEADER)
    case.expects_nothing("审批年度计划")
    again = case.expects("汇总抽查计划")
    drafter = jilin.read(lambda s: s.scalars(select(Person.id).where(Person.name == acts.DRAFTER)).one())
    assert again.pool == f"person/{drafter}", "it lies with who did it"
    case.completes("汇总抽查计划", by=acts.DRAFTER)
    acts.approves(case)
    case.expects("锁定名录库")


def test_who_may_not_approve_may_not_send_back_and_what_was_approved_stays(jilin):
    case = acts.drafts(acts.opens_plan(jilin), acts.task(jilin))
    with pytest.raises(NotAllowed):
        sends_back(case, "审批年度计划", "compile_plan", by=acts.DRAFTER)
    acts.approves(case)
    assert ways(case, "锁定名录库", by=acts.DRAFTER) == []
    with pytest.raises(Refused):
        sends_back(case, "锁定名录库", "lock_registries", by=acts.DRAFTER)
