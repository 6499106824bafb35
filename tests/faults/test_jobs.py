"""Failing and lost work: an incident that can be tried again, a lease that fences, nothing else held up."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm.exc import StaleDataError

from engine import clock, operation
from engine.desk import jobs, step
from engine.desk.bench import ground
from engine.errors import ChangedMeanwhile
from engine.runtime import job
from engine.runtime.tables import History, Instance, Job, WorkItem
from tests.faults.conftest import broken
from tests.faults.invariants import faults


def _instance(world, number):
    with world.database.reading() as session:
        return session.get_one(Instance, number)


def test_a_failing_system_step_keeps_the_answer_becomes_an_incident_and_can_be_tried_again(
    world, begin, open_items
):
    bad, good = begin("fragile"), begin("fragile")
    broken.append("平台不通")
    step.submit(world, 1, open_items("ask")[0], {"decision": "agree"}, key="kept")
    assert open_items("after") == []
    with clock.fixed(clock.now()):
        start = clock.now()
    for attempt in range(job.ATTEMPTS):
        with clock.fixed(start + timedelta(hours=5 * attempt + 1)):
            assert jobs.run_due(world) == 1
    assert _instance(world, bad).state == "incident"
    assert faults(world) == []
    broken.clear()
    step.submit(world, 1, open_items("ask")[0], {"decision": "agree"})
    assert _instance(world, good).state == "running"
    assert len(open_items("after")) == 1, "the other case went on"
    with world.database.transaction() as session:
        failed = session.scalars(select(Job).where(Job.state == "failed")).one()
        assert "平台不通" in failed.last_error
        assert session.scalars(select(History.step).where(History.kind == "incident")).all() == ["advance"]
        job.retry(session, failed.id)
    jobs.drain(world)
    assert _instance(world, bad).state == "running"
    assert len(open_items("after", instance_id=bad)) == 1
    assert faults(world, acknowledged=[("kept", 1)]) == []


def test_a_failure_is_written_though_somebody_moves_the_instance_at_that_moment(
    world, begin, open_items, monkeypatch
):
    """The worker goes on with its other jobs, and the incident stands on the board all the same."""
    bad = begin("fragile")
    broken.append("平台不通")
    step.submit(world, 1, open_items("ask")[0], {"decision": "agree"}, key="kept")
    raced, note = [], jobs.history.note

    def just_moved(*given, **named):
        if not raced:
            raced.append(1)
            raise StaleDataError("the instance is not as it was seen")
        note(*given, **named)

    start = clock.now()
    for attempt in range(job.ATTEMPTS):
        if attempt == job.ATTEMPTS - 1:
            monkeypatch.setattr(jobs.history, "note", just_moved)
        with clock.fixed(start + timedelta(hours=5 * attempt + 1)):
            assert jobs.run_due(world) == 1
    assert raced
    assert _instance(world, bad).state == "incident"
    broken.clear()


def _gives_up(world, kind):
    """The due jobs of a kind fail at every try; the last time their instance is an incident."""
    start = clock.now()
    for attempt in range(job.ATTEMPTS):
        with clock.fixed(start + timedelta(hours=5 * attempt + 1)):
            assert jobs.run_due(world) == 1
    with world.database.reading() as session:
        return session.scalars(select(Job).where(Job.kind == kind, Job.state == "failed")).one()


def _again(world, failed):
    with world.database.transaction() as session:
        job.retry(session, failed.id)
    jobs.drain(world)


def test_a_timer_that_gave_up_fires_when_a_person_lets_it_run_again(world, begin, open_items):
    (case,) = _timers(begin, 1)
    seal = _instance(world, case).mac
    with world.database.transaction() as session:
        session.execute(update(Instance).where(Instance.id == case).values(mac="tampered"))
    failed = _gives_up(world, "timer")
    assert _instance(world, case).state == "incident"
    with world.database.transaction() as session:
        session.execute(update(Instance).where(Instance.id == case).values(mac=seal))
    _again(world, failed)
    assert len(open_items("nudged")) == 1
    assert _instance(world, case).state == "running"


def test_children_that_could_not_be_started_are_started_when_a_person_lets_the_job_run_again(world, begin):
    plan = begin("bench_plan", number=2)
    seal = _instance(world, plan).mac
    with world.database.transaction() as session:
        session.execute(update(Instance).where(Instance.id == plan).values(mac="tampered"))
    failed = _gives_up(world, "children")
    with world.database.transaction() as session:
        session.execute(update(Instance).where(Instance.id == plan).values(mac=seal))
    _again(world, failed)
    with world.database.reading() as session:
        children = session.scalars(select(Instance.id).where(Instance.parent_id == plan)).all()
    assert len(children) == 2
    assert _instance(world, plan).state == "running"


def test_the_last_child_sends_a_parent_on_whose_other_job_gave_up(world, begin, open_items):
    plan = begin("bench_plan", number=2)
    jobs.drain(world)
    with world.database.transaction() as session:
        session.get_one(Instance, plan).state = "incident"
    for name in [*(f"step{number}" for number in range(1, 11)), "note1", "note2"]:
        for item in open_items(name):
            step.submit(world, 2 if name == "step10" else 1, item, {"decision": "agree"})
    assert _instance(world, plan).state == "completed"


def test_a_worker_that_lost_its_lease_changes_nothing(world, begin):
    plan = begin("bench_plan", number=2)
    with world.database.transaction() as session:
        (late,) = job.claim(session)
    with clock.fixed(clock.now() + job.LEASE + timedelta(seconds=1)):
        with world.database.transaction() as session:
            (new,) = job.claim(session)
        assert new.id == late.id
        jobs.run_one(world, late)
        with world.database.reading() as session:
            stands = session.get_one(Job, new.id)
            children = session.scalars(select(Instance.id).where(Instance.parent_id == plan)).all()
        assert (stands.state, stands.lock_token, children) == ("running", new.lock_token, [])
        with pytest.raises(ChangedMeanwhile), world.database.transaction() as session:
            job.finish(session, late)
        with world.database.transaction() as session:
            assert job.fail(session, late, "too late") is False
        jobs.run_one(world, new)
        with world.database.reading() as session:
            assert session.get_one(Job, new.id).state == "done"
            assert len(session.scalars(select(Instance.id).where(Instance.parent_id == plan)).all()) == 2
    assert faults(world) == []


def test_what_waited_for_slow_ones_and_is_anothers_by_now_is_not_sent_outside_twice(world, monkeypatch):
    sent = []
    monkeypatch.setitem(operation._errands, "faults.send", lambda payload, **_: sent.append(payload["no"]))
    with world.database.transaction() as session:
        for number in (1, 2):
            job.enqueue(session, "faults.send", {"no": number}, key=f"send:{number}")
    with world.database.transaction() as session:
        quick, late = job.claim(session, limit=2)
    jobs.run_one(world, quick)
    with clock.fixed(clock.now() + job.LEASE + timedelta(seconds=1)):
        assert jobs.run_due(world) == 1, "another worker takes what was not begun in time"
        jobs.run_one(world, late)
    assert sent == [1, 2]


def test_a_job_that_waited_for_slow_ones_is_held_anew_before_it_is_begun(world, monkeypatch):
    taken = []

    def slow(_payload, **_):
        with world.database.transaction() as session:
            taken.extend(job.claim(session))

    monkeypatch.setitem(operation._errands, "faults.send", slow)
    with world.database.transaction() as session:
        job.enqueue(session, "faults.send", {}, key="send")
    with world.database.transaction() as session:
        (leased,) = job.claim(session)
    with clock.fixed(clock.now() + job.LEASE + timedelta(seconds=1)):
        jobs.run_one(world, leased)
    assert taken == []


def _timers(begin, number=3):
    """As many cases with a reminder that is due, in one lease; the clock stands behind it."""
    cases = [begin("bench_timed", number=each) for each in range(number)]
    clock.install("+400d")
    return cases


def _jobs(world):
    with world.database.reading() as session:
        rows = session.execute(select(Job.instance_id, Job.state).where(Job.kind == "timer"))
        return dict(rows.all())


def test_due_timers_share_a_transaction_and_one_that_fails_takes_none_with_it(world, begin, open_items):
    first, bad, last = _timers(begin)
    with world.database.transaction() as session:
        session.execute(update(Instance).where(Instance.id == bad).values(mac="tampered"))
    with ground.counted(world) as seen:
        assert jobs.run_due(world) == 3
    assert _jobs(world) == {first: "done", bad: "waiting", last: "done"}
    assert len(open_items("nudged", instance_id=first)) == len(open_items("nudged", instance_id=last)) == 1
    assert open_items("nudged", instance_id=bad) == []
    assert seen.commits == 3, "the lease, the timers, the note of the failure"
    with world.database.reading() as session:
        failed = session.scalars(select(Job).where(Job.state == "waiting")).one()
        assert (failed.attempts, "封记不符" in failed.last_error) == (1, True)


def test_of_many_timers_in_company_only_the_two_that_fail_have_not_fired(world, begin, open_items):
    cases = _timers(begin, 6)
    bad = {cases[1], cases[4]}
    with world.database.transaction() as session:
        session.execute(update(Instance).where(Instance.id.in_(bad)).values(mac="tampered"))
    jobs.run_due(world)
    assert _jobs(world) == {case: "waiting" if case in bad else "done" for case in cases}
    assert {case for case in cases if open_items("nudged", instance_id=case)} == set(cases) - bad


def test_two_timers_of_one_case_fire_in_company_one_after_the_other(world, begin, open_items):
    (case,) = _timers(begin, 1)
    with world.database.transaction() as session:
        known = session.scalars(select(Job).where(Job.kind == "timer")).one()
        job.enqueue(session, "timer", known.payload, key="again", instance_id=case)
    assert jobs.run_due(world) == 2
    assert len(open_items("nudged")) == 1, "the second one found its token gone"
    assert faults(world) == []


def test_timers_in_company_cost_a_few_statements_however_many_they_are(world, begin):
    counts = []
    for number in (4, 12):
        clock.install("")
        _timers(begin, number)
        with ground.counted(world) as seen:
            jobs.run_due(world, limit=20)
        counts.append(seen.statements)
    assert counts[0] == counts[1]


def test_timers_whose_common_transaction_is_lost_fire_each_by_itself(world, begin, open_items, monkeypatch):
    cases = _timers(begin)
    run, lost = world.database.run, []

    def once_lost(work):
        if not lost:
            lost.append(work)
            raise OSError("disk full")
        return run(work)

    monkeypatch.setattr(world.database, "run", once_lost)
    jobs.run_due(world)
    assert _jobs(world) == dict.fromkeys(cases, "done")
    assert len(open_items("nudged")) == len(cases)


def test_a_group_that_lost_one_lease_leaves_that_job_to_its_new_holder(world, begin, open_items):
    cases = _timers(begin)
    with world.database.transaction() as session:
        leased = list(job.claim(session, limit=5))
    with world.database.transaction() as session:
        session.execute(update(Job).where(Job.id == leased[1].id).values({Job.lock_token: "another"}))
    jobs.run_group(world, leased)
    assert sorted(_jobs(world).values()) == ["done", "done", "running"]
    assert open_items("nudged", instance_id=cases[1]) == []


def test_a_tick_of_the_worker_ends_when_nothing_is_due_or_when_it_is_told_to(world, begin):
    _timers(begin)
    stop = threading.Event()
    stop.set()
    jobs.sweep(world, stop)
    assert set(_jobs(world).values()) == {"waiting"}
    jobs.sweep(world)
    assert set(_jobs(world).values()) == {"done"}


def test_a_lease_that_still_holds_is_not_taken(world, begin):
    begin("bench_plan", number=2)
    with world.database.transaction() as session:
        assert len(job.claim(session, limit=5)) == 1
    with world.database.transaction() as session:
        assert job.claim(session, limit=5) == []


def test_lost_work_comes_before_new_work(world, begin):
    begin("bench_plan", number=2)
    with world.database.transaction() as session:
        (lost,) = job.claim(session)
    begin("bench_plan", number=2)
    with clock.fixed(clock.now() + job.LEASE + timedelta(seconds=1)), world.database.transaction() as session:
        assert [each.id for each in job.claim(session, limit=1)] == [lost.id]


def test_an_answer_of_a_step_that_somebody_withdrew_meanwhile_is_refused(world, begin, open_items):
    case = begin("fragile")
    (item,) = open_items("ask")
    with world.database.transaction() as session:
        world.runtime.open(session, case).end_here("撤销")
    with pytest.raises(ChangedMeanwhile):
        step.submit(world, 1, item, {"decision": "agree"})
    with world.database.reading() as session:
        assert session.get_one(WorkItem, item).state == "cancelled"
    assert faults(world) == []
