"""代理: an absent leader's approvals are not frozen, and a proxy bypasses no duty.

国发〔2019〕5号 (职责分离)；吉 第十三条：与检查对象有利害关系的，应当回避。
"""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from engine import clock
from engine.audit import AuditEntry
from engine.desk import proxy, step
from engine.desk.case import timeline
from engine.domain.notice import Notice
from engine.domain.registry import RegistryObject, declare
from engine.errors import NotAllowed, NotFound, Refused
from engine.people import Grant, Person, Role
from engine.runtime.tables import WorkItem
from tests.scenarios import acts
from tests.scenarios.test_substitution import asks, inspecting

HEAD = "代局长"


def someone(session, name):
    return session.scalars(select(Person).where(Person.name == name)).unique().one()


def head(scene):
    """The bureau's head, who may stand in for a leader."""

    def find(session):
        query = select(Person).join(Grant, Grant.person_id == Person.id)
        return (
            session.scalars(query.where(Grant.role == Role.HEAD, Grant.bureau_id == scene.bureau))
            .first()
            .name
        )

    return scene.read(find)


def stands_in(scene, name, *, for_=acts.LEADER, days=(0, 5), by="", processes=(), steps=()):
    """Somebody is appointed to stand in."""

    def work(session):
        principal = someone(session, for_)
        today = clock.today()
        return proxy.appoint(
            session,
            someone(session, by) if by else principal,
            principal=principal.id,
            proxy=someone(session, name).id,
            days=(today + timedelta(days=days[0]), today + timedelta(days=days[1])),
            reason="参加培训",
            processes=list(processes),
            steps=list(steps),
        ).id

    return scene.does(work)


def waiting(scene, name):
    return [each.step for each in scene.read(lambda s: proxy.waiting(s, someone(s, name)))]


def drafted(scene):
    return acts.drafts(acts.opens_plan(scene), acts.task(scene))


def test_who_stands_in_is_told_and_told_when_it_ends(jilin):
    name = head(jilin)
    number = stands_in(jilin, name)

    def heard(session):
        query = select(Notice.title).where(Notice.person_id == someone(session, name).id)
        return [title.partition("：")[0] for title in session.scalars(query.order_by(Notice.id))]

    assert jilin.read(heard) == [f"请你代理{acts.LEADER}"]
    for _ in (1, 2):  # a second time changes and tells nothing
        jilin.does(lambda session: proxy.revoke(session, someone(session, acts.LEADER), number))
    assert jilin.read(heard) == [f"请你代理{acts.LEADER}", f"{acts.LEADER}的代理已终止"]


def test_other_steps_of_the_absent_do_not_crowd_out_what_the_proxy_was_given(jilin):
    """Sixty earlier steps outside the scope: the one inside it is seen all the same."""
    item = drafted(jilin).expects("审批年度计划")
    columns = [column.key for column in WorkItem.__table__.columns if column.key != "id"]

    def many(session):
        kept = session.get_one(WorkItem, item.id)
        base = {key: getattr(kept, key) for key in columns} | {"due_at": kept.due_at - timedelta(days=1)}
        for number in range(60):
            other = {"task": f"x{number}", "element": "approve_redraw", "step": "另一环节"}
            session.add(WorkItem(**base | other))

    jilin.does(many)
    stands_in(jilin, head(jilin), steps=["plan.approve_plan"])
    assert waiting(jilin, head(jilin)) == ["审批年度计划"]


def test_the_head_approves_for_the_absent_leader_and_everybody_can_see_for_whom(jilin):
    case, name = drafted(jilin), head(jilin)
    with pytest.raises(NotAllowed):
        case.completes("审批年度计划", by=name, decision="approve")
    stands_in(jilin, name)
    assert waiting(jilin, name) == ["审批年度计划"]
    item = case.expects("审批年度计划")
    case.completes("审批年度计划", by=name, decision="approve", coverage_reason="本期先查村卫生室")

    def seen(session):
        done = session.get(WorkItem, item.id)
        log = session.scalars(select(AuditEntry).where(AuditEntry.action == "step.plan.approve_plan")).one()
        told = next(e for e in timeline(session, case.id) if e.what == "同意：审批年度计划")
        return done.done_by_id, done.done_for_id, log.actor_id, log.acting_for_id, told.who

    leader, deputy = (jilin.read(lambda s, n=n: someone(s, n).id) for n in (acts.LEADER, name))
    assert jilin.read(seen) == (deputy, leader, deputy, leader, f"{name}（代{acts.LEADER}）")


def test_a_proxy_holds_from_the_first_to_the_last_day_and_until_it_is_revoked(jilin):
    case, name = drafted(jilin), head(jilin)
    number = stands_in(jilin, name, days=(1, 2))
    for hours, seen in ((0, []), (24, ["审批年度计划"]), (24, ["审批年度计划"]), (24, [])):
        jilin.passes(hours=hours)
        assert waiting(jilin, name) == seen
    again = stands_in(jilin, name)
    assert waiting(jilin, name) == ["审批年度计划"]
    with pytest.raises(NotAllowed):
        jilin.does(lambda s: proxy.revoke(s, someone(s, name), again))
    jilin.does(lambda s: proxy.revoke(s, someone(s, acts.LEADER), again))
    with pytest.raises(NotFound):
        jilin.does(lambda s: proxy.revoke(s, someone(s, acts.DRAFTER), number))
    with pytest.raises(NotAllowed):
        case.completes("审批年度计划", by=name, decision="approve")


@pytest.mark.parametrize(
    ("scope", "seen"),
    [
        ({"processes": ["plan"]}, ["审批年度计划"]),
        ({"processes": ["lead"]}, []),
        ({"steps": ["plan.approve_plan"]}, ["审批年度计划"]),
        ({"steps": ["plan.approve_redraw"]}, []),
    ],
)
def test_a_proxy_is_for_the_processes_and_steps_it_names(jilin, scope, seen):
    drafted(jilin)
    stands_in(jilin, head(jilin), **scope)
    assert waiting(jilin, head(jilin)) == seen


def test_the_proposer_never_approves_as_a_proxy(jilin):
    """温如玉 drafts the plan beside her post as a leader; standing in for 沈其昌 does not let her approve it."""

    def grants(session):
        who = someone(session, acts.OTHER_LEADER)
        session.add(
            Grant(person_id=who.id, bureau_id=jilin.bureau, role=Role.SECTION, valid_from=date(2020, 1, 1))
        )

    case = acts.drafts(acts.opens_plan(jilin), acts.task(jilin), compiled=False)
    jilin.does(grants)
    case.completes("汇总抽查计划", by=acts.OTHER_LEADER, **acts.PLAN)
    jilin.does(lambda s: step.claim(jilin.world, s, someone(s, acts.LEADER), case.expects("审批年度计划").id))
    stands_in(jilin, acts.OTHER_LEADER)
    with pytest.raises(NotAllowed) as no:
        case.completes("审批年度计划", by=acts.OTHER_LEADER, decision="approve")
    assert no.value.slug == "self-approval"


def test_what_a_proxy_proposed_for_somebody_that_person_does_not_approve(jilin):
    """The absent leader asked through the deputy: for the rule of duty both have asked."""
    case, name = drafted(jilin), head(jilin)
    stands_in(jilin, name)

    def proposed(session):
        row = session.scalars(select(WorkItem).where(WorkItem.element == "compile_plan")).one()
        row.done_for_id = someone(session, acts.LEADER).id

    jilin.does(proposed)
    with pytest.raises(NotAllowed) as no:
        case.completes("审批年度计划", by=name, decision="approve")
    assert no.value.slug == "proxy-excluded"
    assert acts.LEADER in no.value.reason
    with pytest.raises(NotAllowed) as no:
        case.completes("审批年度计划", by=acts.LEADER, decision="approve")
    assert no.value.slug == "self-approval"


@pytest.mark.parametrize("conflicted", ["proxy", "principal"])
def test_recusal_is_asked_of_both(jilin, conflicted):
    case, name = inspecting(jilin), head(jilin)
    asks(case)
    stands_in(jilin, name)

    def conflicts(session):
        thing = session.scalars(
            select(RegistryObject).where(RegistryObject.name == case.expects("审批调换").object_name)
        ).first()
        who = someone(session, name if conflicted == "proxy" else acts.LEADER)
        declare(session, who, relation="spouse", thing=thing, note="", actor=who)

    jilin.does(conflicts)
    with pytest.raises(Refused) as no:
        case.completes("审批调换", by=name, decision="approve")
    assert no.value.slug == ("conflict-of-interest" if conflicted == "proxy" else "proxy-excluded")


def test_only_a_fitting_post_stands_in_and_nobody_for_each_other(jilin):
    for name, slug in ((acts.DRAFTER, "proxy-post"), (acts.LEADER, "proxy-oneself")):
        with pytest.raises(Refused) as no:
            stands_in(jilin, name)
        assert no.value.slug == slug
    with pytest.raises(Refused) as no:
        stands_in(jilin, acts.OTHER_LEADER, days=(5, 1))
    assert no.value.slug == "proxy-days"
    stands_in(jilin, acts.OTHER_LEADER)
    with pytest.raises(Refused) as no:
        stands_in(jilin, acts.LEADER, for_=acts.OTHER_LEADER)
    assert no.value.slug == "proxy-crossed"
    with pytest.raises(NotAllowed):
        stands_in(jilin, acts.OTHER_LEADER, by=acts.DRAFTER)


def test_a_person_s_own_part_is_not_done_by_a_proxy(jilin):
    case = acts.opens_plan(jilin)
    stands_in(jilin, acts.SECOND, for_=acts.DRAFTER)
    assert waiting(jilin, acts.SECOND) == []
    with pytest.raises(NotAllowed):
        case.completes(
            "编制科室抽查计划", by=acts.SECOND, seat=acts.seat(case, acts.DRAFTER), nothing=True, tasks=[]
        )


@pytest.mark.parametrize(
    "change",
    [
        "proxy_id = principal_id",
        "appointed_by_id = proxy_id",
        "valid_to = '2020-01-01'",
        "reason = ''",
        "revoked_at = '2026-03-03 00:00:00'",
    ],
)
def test_the_database_holds_the_proxy_s_rules(jilin, change):
    stands_in(jilin, acts.OTHER_LEADER)
    with pytest.raises(IntegrityError), jilin.world.database.transaction() as session:
        session.execute(text(f"update proxy set {change}"))  # noqa: S608 (fixed texts)


def test_the_database_knows_that_a_proxy_is_another(jilin):
    drafted(jilin)
    with pytest.raises(IntegrityError), jilin.world.database.transaction() as session:
        session.execute(text("update work_item set done_for_id = done_by_id where state = 'done'"))
