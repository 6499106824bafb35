"""会签 while it runs: somebody more signs (加签), somebody need not (减签); what was signed stays."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from engine import clock
from engine.desk import inbox, jobs, people, signer
from engine.domain.notice import Notice
from engine.errors import CaseworkError, ChangedMeanwhile, NotAllowed, Refused
from engine.people import Grant, Person, Role, holders
from engine.runtime.tables import Handing
from tests.scenarios import acts

STEP = "编制科室抽查计划"


def someone(session, name):
    return session.scalars(select(Person).where(Person.name == name)).unique().one()


def changes(case, way, who, *, to="", by=acts.LEADER, reason="科室合并"):
    item, world = case.expects(STEP), case.scenario.world

    def work(session):
        asked = signer.Change(way, someone(session, who).id, reason, someone(session, to).id if to else 0)
        key = f"{case.id}{way}{who}{reason}"
        signer.change(world, session, someone(session, by), item.id, asked, key=key)

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
    changes(case, "add", acts.KEEPER)
    assert parts(case) == {acts.DRAFTER: "done", acts.SECOND: "open", acts.THIRD: "open", acts.KEEPER: "open"}
    with pytest.raises(Refused) as no:
        changes(case, "add", acts.KEEPER, reason="再加一次")
    assert no.value.slug == "signs-already"
    for name in (acts.SECOND, acts.THIRD):
        signs(case, name)
    case.expects(STEP)  # waits for who was added
    changes(case, "remove", acts.KEEPER)
    case.expects("汇总抽查计划")  # all others had signed: decided


def test_who_has_signed_is_not_taken_off_and_one_always_signs(jilin):
    case = acts.opens_plan(jilin)
    signs(case, acts.DRAFTER)
    with pytest.raises(ChangedMeanwhile, match="办完") as late:
        changes(case, "remove", acts.DRAFTER)
    assert (late.value.who, late.value.when is not None) == (acts.DRAFTER, True)
    changes(case, "remove", acts.SECOND)
    assert parts(case) == {acts.DRAFTER: "done", acts.THIRD: "open"}
    changes(case, "add", acts.SECOND, reason="仍须参加")
    assert parts(case)[acts.SECOND] == "open"
    other = acts.opens_plan(jilin, quarter=2)
    for name in (acts.SECOND, acts.THIRD):
        changes(other, "remove", name)
    with pytest.raises(Refused) as no:
        changes(other, "remove", acts.DRAFTER)
    assert no.value.slug == "last-signer"


def test_a_change_of_the_people_does_not_undo_it(jilin):
    """The case is handed to its people again: who was added stays, who was taken off stays off."""
    case = acts.opens_plan(jilin)
    changes(case, "add", acts.KEEPER)
    changes(case, "remove", acts.THIRD)
    before = parts(case)
    jilin.does(lambda s: jobs._reassign(jilin.world, s, {"case": case.id}))
    assert parts(case) == before


def test_only_signers_and_leaders_change_who_signs_with_a_reason(jilin):
    case = acts.opens_plan(jilin)
    with pytest.raises(NotAllowed):
        changes(case, "add", acts.KEEPER, by=acts.WITNESS)
    with pytest.raises(Refused):
        changes(case, "add", acts.KEEPER, reason=" ")
    changes(case, "add", acts.KEEPER, by=acts.DRAFTER)
    assert "加签：贺知夏" in jilin.read(lambda s: [row.detail.get("act") for row in history(s, case)])


def history(session, case):
    from engine.runtime.tables import History  # noqa: PLC0415

    return session.scalars(select(History).where(History.case_id == case.id)).all()


@pytest.mark.parametrize("change", ["closed_at = null", "state = 'open'"])
def test_the_database_knows_when_a_part_was_needed_no_more(jilin, change):
    case = acts.opens_plan(jilin)
    changes(case, "remove", acts.THIRD)
    with pytest.raises(IntegrityError), jilin.world.database.transaction() as session:
        session.execute(text(f"update work_item set {change} where state = 'cancelled'"))  # noqa: S608


# --- a signer whose post ended ------------------------------------------------------------------------


def leaves(case, name, *, post_only=False):
    """The security administrator ends somebody's post of the section (they go to the office), or the account."""

    def work(session):
        admin, gone = holders(session, case.scenario.bureau, Role.SECURITY_ADMIN)[0], someone(session, name)
        if not post_only:
            people.close(session, admin, gone.id, reason="调离")
            return
        today = clock.today()
        for post in [each for each in gone.grants if each.role == Role.SECTION]:
            people.end(session, admin, gone.id, grant_id=post.id, last=today - timedelta(days=1))
        people.grant(session, admin, gone.id, role=Role.OFFICE, first=today)

    case.scenario.does(work)


def why_not(case):
    item = case.expects(STEP)
    found = case.scenario.read(lambda s: signer.signing(s, someone(s, acts.LEADER), item).parts)
    return {part.name: part.why_not for part in found if part.why_not}


def test_who_left_the_post_signs_no_more_and_the_part_says_why(jilin):
    """吉 第十二条: what a post signs is signed by who holds it; a clerk of the office signs for no section."""
    case = acts.opens_plan(jilin)
    leaves(case, acts.SECOND, post_only=True)
    assert why_not(case) == {acts.SECOND: "顾南乔已不任业务科室岗位"}
    with pytest.raises(NotAllowed, match="已不任业务科室岗位") as no:
        signs(case, acts.SECOND)
    assert "改由他人签" in no.value.hint
    part = case._item(STEP, acts.seat(case, acts.SECOND))
    assert not jilin.read(lambda s: inbox.may_work_on(s, someone(s, acts.SECOND), part))
    assert parts(case)[acts.SECOND] == "open"


def test_another_signs_in_the_place_of_who_left_and_the_step_goes_on(jilin):
    case = acts.opens_plan(jilin)
    signs(case, acts.DRAFTER)
    leaves(case, acts.SECOND)
    assert why_not(case) == {acts.SECOND: "顾南乔的账号已停用"}
    changes(case, "replace", acts.SECOND, to=acts.KEEPER, reason="顾南乔调离")
    assert parts(case) == {acts.DRAFTER: "done", acts.THIRD: "open", acts.KEEPER: "open"}
    for name in (acts.THIRD, acts.KEEPER):
        signs(case, name)
    case.expects("汇总抽查计划")
    told = jilin.read(lambda s: s.scalars(select(Notice).where(Notice.kind == "assigned")).all())
    assert any(each.detail.endswith("顾南乔调离") for each in told)
    went = jilin.read(lambda s: s.scalars(select(Handing)).one())
    assert (went.way, went.reason) == ("reassign", "顾南乔调离")


def test_nobody_signs_twice_in_the_place_of_another(jilin):
    case = acts.opens_plan(jilin)
    with pytest.raises(Refused) as no:
        changes(case, "replace", acts.SECOND, to=acts.THIRD)
    assert no.value.slug == "signs-already"
    with pytest.raises(Refused):
        changes(case, "replace", acts.KEEPER, to=acts.OTHER_LEADER)  # signs nothing that another could sign


def test_when_everybody_but_one_has_left_the_one_decides(jilin):
    """The countersign is never stuck: who may change the signers takes the others off or puts others in."""
    case = acts.opens_plan(jilin)
    for name in (acts.DRAFTER, acts.SECOND, acts.THIRD):
        leaves(case, name)
    changes(case, "replace", acts.DRAFTER, to=acts.KEEPER, reason="全科室调整")
    for name in (acts.SECOND, acts.THIRD):
        changes(case, "remove", name)
    assert why_not(case) == {}
    signs(case, acts.KEEPER)
    case.expects("汇总抽查计划")


def test_without_anybody_of_the_post_the_machine_stops_and_says_so(jilin):
    """A countersigned step with no signer would wait for ever unseen: opening it is a failure that stands on the board."""
    with jilin.world.database.transaction() as session:
        for post in session.scalars(select(Grant).where(Grant.role == Role.SECTION)):
            session.delete(post)
    with pytest.raises(CaseworkError, match="没有可以会签的人，请先配备业务科室"):
        acts.opens_plan(jilin)
