"""会签 while it runs: somebody more signs (加签), somebody need not (减签); what was signed stays."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from engine.desk import jobs, signer
from engine.errors import NotAllowed, Refused
from engine.people import Person
from tests.scenarios import acts

STEP = "编制科室抽查计划"


def someone(session, name):
    return session.scalars(select(Person).where(Person.name == name)).unique().one()


def changes(case, act, who, *, by=acts.LEADER, reason="科室合并"):
    item, world = case.expects(STEP), case.scenario.world

    def work(session):
        target = someone(session, who).id
        act(
            world,
            session,
            someone(session, by),
            item.id,
            who=target,
            reason=reason,
            key=f"{case.id}{act.__name__}{who}{reason}",
        )

    case.scenario.does(work)


def parts(case):
    item = case.expects(STEP)
    found = case.scenario.read(lambda s: signer.signing(s, someone(s, acts.LEADER), item).parts)
    return {part.name: part.state for part in found}


def signs(case, name):
    case.completes(STEP, by=name, seat=acts.seat(case, name), nothing=True, tasks=[])


def test_who_is_added_must_sign_too(jilin):
    case = acts.opens_plan(jilin)
    signs(case, acts.DRAFTER)
    changes(case, signer.add, acts.KEEPER)
    assert parts(case) == {acts.DRAFTER: "done", acts.SECOND: "open", acts.THIRD: "open", acts.KEEPER: "open"}
    with pytest.raises(Refused) as no:
        changes(case, signer.add, acts.KEEPER, reason="再加一次")
    assert no.value.slug == "signs-already"
    for name in (acts.SECOND, acts.THIRD):
        signs(case, name)
    case.expects(STEP)  # waits for who was added
    changes(case, signer.remove, acts.KEEPER)
    case.expects("汇总抽查计划")  # all others had signed: decided


def test_who_has_signed_is_not_taken_off_and_one_always_signs(jilin):
    case = acts.opens_plan(jilin)
    signs(case, acts.DRAFTER)
    with pytest.raises(Refused) as no:
        changes(case, signer.remove, acts.DRAFTER)
    assert no.value.slug == "not-signing"
    changes(case, signer.remove, acts.SECOND)
    assert parts(case) == {acts.DRAFTER: "done", acts.THIRD: "open"}
    changes(case, signer.add, acts.SECOND, reason="仍须参加")
    assert parts(case)[acts.SECOND] == "open"
    other = acts.opens_plan(jilin, quarter=2)
    for name in (acts.SECOND, acts.THIRD):
        changes(other, signer.remove, name)
    with pytest.raises(Refused) as no:
        changes(other, signer.remove, acts.DRAFTER)
    assert no.value.slug == "last-signer"


def test_a_change_of_the_people_does_not_undo_it(jilin):
    """The case is handed to its people again: who was added stays, who was taken off stays off."""
    case = acts.opens_plan(jilin)
    changes(case, signer.add, acts.KEEPER)
    changes(case, signer.remove, acts.THIRD)
    before = parts(case)
    jilin.does(lambda s: jobs._reassign(jilin.world, s, {"case": case.id}))
    assert parts(case) == before


def test_only_signers_and_leaders_change_who_signs_with_a_reason(jilin):
    case = acts.opens_plan(jilin)
    with pytest.raises(NotAllowed):
        changes(case, signer.add, acts.KEEPER, by=acts.WITNESS)
    with pytest.raises(Refused):
        changes(case, signer.add, acts.KEEPER, reason=" ")
    changes(case, signer.add, acts.KEEPER, by=acts.DRAFTER)
    assert "加签：贺知夏" in jilin.read(lambda s: [row.detail.get("act") for row in history(s, case)])


def history(session, case):
    from engine.runtime.tables import History  # noqa: PLC0415

    return session.scalars(select(History).where(History.case_id == case.id)).all()


@pytest.mark.parametrize("change", ["closed_at = null", "state = 'open'"])
def test_the_database_knows_when_a_part_was_needed_no_more(jilin, change):
    case = acts.opens_plan(jilin)
    changes(case, signer.remove, acts.THIRD)
    with pytest.raises(IntegrityError), jilin.world.database.transaction() as session:
        session.execute(text(f"update work_item set {change} where state = 'cancelled'"))  # noqa: S608
