"""要求补充 and 临时任务: asked beside the diagram, answered in the case, the asking step's clock stands still."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from engine import clock
from engine.desk import brief
from engine.desk.case import extra
from engine.desk.notice.watch import watch
from engine.desk.sheet import sheet
from engine.domain.inspection import get as inspection_of
from engine.domain.notice import Notice
from engine.errors import ChangedMeanwhile, NotAllowed, NotFound, Refused
from engine.people import Person
from engine.runtime.tables import WorkItem
from tests.scenarios import acts
from tests.scenarios import inspections as told_of
from tests.scenarios.test_substitution import asks, inspecting


def someone(session, name):
    return session.scalars(select(Person).where(Person.name == name)).unique().one()


def asks_more(case, step, *, by=acts.LEADER, asked="请补充人事登记表"):
    item = case.expects(step)
    case.scenario.does(
        lambda s: extra.ask_more(s, someone(s, by), item.id, asked=asked, key=f"{item.id}{asked}")
    )
    return case.scenario.read(lambda s: extra.question_of(s, item).id)


def answers(scene, number, *, by=acts.DRAFTER, result="已补：登记表第 3 页"):
    return scene.does(lambda s: extra.finish(s, someone(s, by), number, result=result).paused_days)


def told(case, step, *, by=acts.LEADER, to=lambda found: found):
    def look(session):
        actor = someone(session, by)
        return to(
            brief.brief(session, actor, sheet(session, actor, session.get(WorkItem, case.expects(step).id)))
        )

    return case.scenario.read(look)


def test_the_leader_asks_for_more_and_the_clock_stands_still_until_the_answer(jilin):
    case = inspecting(jilin)
    asks(case)
    before = case.expects("审批调换")
    number = asks_more(case, "审批调换")
    assert told(case, "审批调换").questions[0].open
    with pytest.raises(Refused) as no:
        asks_more(case, "审批调换", asked="再问")
    assert no.value.slug == "already-asked"
    jilin.passes(working_days=2)
    assert answers(jilin, number) == 2
    after = case.expects("审批调换")
    moved = jilin.read(
        lambda s: extra.working_days_between(s, *(clock.local(x.due_at).date() for x in (before, after)))
    )
    assert moved == 2
    assert after.due_why["paused"] == 2
    assert told(case, "审批调换").questions[0].result == "已补：登记表第 3 页"
    case.completes("审批调换", by=acts.LEADER, decision="approve")  # the process had not moved
    with pytest.raises(ChangedMeanwhile) as late:
        answers(jilin, number)
    assert acts.DRAFTER in str(late.value)


def test_both_sides_are_told(jilin):
    case = inspecting(jilin)
    asks(case)
    answers(jilin, asks_more(case, "审批调换"))

    def notices(session):
        query = select(Notice.kind, Person.name).join(Person, Person.id == Notice.person_id)
        found = session.execute(query.where(Notice.title.like("补充：%"))).all()
        return [tuple(row) for row in found]

    assert jilin.read(notices) == [("assigned", acts.DRAFTER), ("answered", acts.LEADER)]


def test_only_who_has_the_step_may_ask_and_only_who_is_asked_answers(jilin):
    case = inspecting(jilin)
    asks(case)
    with pytest.raises(NotAllowed):
        asks_more(case, "审批调换", by=acts.DRAFTER)
    with pytest.raises(Refused):
        asks_more(case, "审批调换", asked=" ")
    number = asks_more(case, "审批调换")
    with pytest.raises(Refused):
        answers(jilin, number, by=acts.LEADER)
    with pytest.raises(Refused):
        answers(jilin, number, result="")
    jilin.does(lambda s: extra.withdraw(s, someone(s, acts.LEADER), number).id)
    asks_more(case, "审批调换", asked="另一份证明")


def test_an_errand_does_not_move_the_process_and_stays_in_the_case(jilin):
    case = inspecting(jilin)

    def give(session, **more):
        given = {
            "title": "调取上年台账",
            "asked": "扫描后上传",
            "person": someone(session, acts.SECOND).id,
            "due_on": date(2026, 3, 20),
        }
        return extra.ask(session, someone(session, acts.DRAFTER), case.id, **given | more)

    waiting = case.open_steps()
    jilin.does(give)
    assert case.open_steps() == waiting
    row = jilin.read(lambda s: [(r.id, r.title) for r in extra.mine(s, someone(s, acts.SECOND))])
    assert [title for _, title in row] == ["调取上年台账"]
    answers(jilin, row[0][0], by=acts.SECOND, result="已调取")
    assert jilin.read(lambda s: extra.mine(s, someone(s, acts.SECOND))) == []
    assert jilin.read(lambda s: [r.result for r in extra.of_case(s, case.id)]) == ["已调取"]
    for fault in ({"title": ""}, {"due_on": date(2020, 1, 1)}, {"person": 0}):
        with pytest.raises(Refused) as no:
            jilin.does(lambda s, fault=fault: give(s, **fault))
        assert set(no.value.fields) == set(fault)
    with pytest.raises(NotFound):
        jilin.read(lambda s: extra.get(s, someone(s, acts.SECOND), 999))


def test_the_brief_says_who_why_what_follows_and_what_came_before(jilin):
    case = inspecting(jilin)
    out = asks(case, code="recusal", detail="配偶在该院任职")
    found = told(case, "审批调换")
    assert (found.by, found.words) == (acts.DRAFTER, "配偶在该院任职")
    assert ("理由", "执法回避") in found.facts
    after = {fate.label: [each.name for each in fate.steps] for fate in found.fates}
    assert after["同意"] == ["确认递补人选", "见证递补", "按抽取记录递补", "调换完成"]
    assert after["退回补充"] == ["申请调换", "审批调换"]
    assert "不予调换" in after["不同意"]
    assert [check.ok for check in found.checks] == [True, True]
    assert (out.name, "一年内第 1 次申请调换") in found.history
    assert ("同类事项", "本机构一年内第一次") in found.history
    proposer = told(case, "审批调换", by=acts.DRAFTER)
    assert not proposer.checks[0].ok


def test_the_brief_links_earlier_inspections_of_the_object_that_the_reader_may_open(jilin):
    """Programs are told what the page shows: the object's earlier cases, the question and its answer."""
    case = inspecting(jilin)
    ours, one = told_of.begins(jilin, jilin.bureau)
    theirs, other = told_of.begins(jilin, jilin.province, local=False)

    def same_object(session):
        thing = inspection_of(session, case.data()["inspection_id"]).object_id
        inspection_of(session, one).object_id = inspection_of(session, other).object_id = thing
        inspection_of(session, other).local_bureau_id = jilin.province

    jilin.does(same_object)
    asks(case)
    answers(jilin, asks_more(case, "审批调换"))
    found = told(case, "审批调换")
    assert [each.case_id for each in found.object_cases] == [ours.id], f"{theirs.id} would answer 404"
    for_programs = told(case, "审批调换", to=brief.as_json)
    assert [(each["case"], each["year"]) for each in for_programs["object_cases"]] == [(ours.id, 2026)]
    (question,) = for_programs["questions"]
    assert (question["asked"], question["person"]) == ("请补充人事登记表", acts.DRAFTER)
    assert (question["result"], question["open"]) == ("已补：登记表第 3 页", False)


def test_a_plan_that_misses_the_coverage_table_is_never_called_usual(jilin):
    """The brief said «没有发现反常情形» beside «可能过度检查»: what the table finds is what to look at twice."""
    case = acts.drafts(acts.opens_plan(jilin), acts.task(jilin))
    found = told(case, "审批年度计划")
    verdict = case.data()["coverage_verdict"]
    advice = case.data()["coverage_advice"]
    assert verdict != "ok"
    assert advice in found.unusual


def test_a_step_without_a_decision_has_no_brief(jilin):
    case = inspecting(jilin)
    assert told(case, case.open_steps()[0], by=acts.DRAFTER) is None


@pytest.mark.parametrize(
    "change",
    [
        "person_id = asked_by_id",
        "title = ''",
        "result = 'x'",
        "done_at = '2026-03-03 00:00:00'",
        "paused_days = -1",
        "item_id = null, paused_days = 1",
        "done_at = '2026-03-03 00:00:00', result = 'x', withdrawn_at = '2026-03-03 00:00:00'",
    ],
)
def test_the_database_holds_the_rules_of_a_question(jilin, change):
    case = inspecting(jilin)
    asks(case)
    asks_more(case, "审批调换")
    with pytest.raises(IntegrityError), jilin.world.database.transaction() as session:
        session.execute(text(f"update extra_task set {change}"))  # noqa: S608 (fixed texts)


def test_the_database_lets_a_step_ask_one_thing_at_a_time(jilin):
    case = inspecting(jilin)
    asks(case)
    asks_more(case, "审批调换")
    columns = "case_id, bureau_id, item_id, title, asked, person_id, asked_by_id, asked_at, due_on, result, paused_days, version"
    with pytest.raises(IntegrityError), jilin.world.database.transaction() as session:
        session.execute(text(f"insert into extra_task ({columns}) select {columns} from extra_task"))  # noqa: S608


def test_while_an_answer_is_awaited_nothing_calls_the_step_late(jilin):
    """The limit moves day by day, so that board, inbox and reminders say the same; the answer adds nothing twice."""
    case = inspecting(jilin)
    asks(case)
    first = case.expects("审批调换")
    number = asks_more(case, "审批调换")
    for _ in range(6):
        jilin.passes(working_days=1)
        with clock.fixed(jilin.rehearsal.now):
            watch(jilin.world)
    now = case.expects("审批调换")
    assert now.due_at > jilin.rehearsal.now > first.due_at
    assert now.due_why["paused"] == 6
    late = jilin.read(
        lambda s: s.scalars(select(Notice).where(Notice.kind == "overdue", Notice.item_id == now.id)).all()
    )
    assert late == []
    assert answers(jilin, number) == 6
    assert case.expects("审批调换").due_at == now.due_at


def test_who_has_left_is_not_asked(jilin):
    case = inspecting(jilin)
    asks(case)
    jilin.does(lambda s: setattr(someone(s, acts.DRAFTER), "active", False))
    with pytest.raises(Refused) as no:
        asks_more(case, "审批调换")
    assert no.value.slug == "no-proposer"
