"""Several at the same moment: one winner, the others are told who and when; nothing is counted twice."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from engine.access.sign_in import Throttle
from engine.desk import account, jobs, seen, step
from engine.desk.bench import timers
from engine.desk.tables import Seen
from engine.errors import ChangedMeanwhile
from engine.people import Person
from engine.runtime.tables import Call, History, Instance, Job, WorkItem
from tests.faults.invariants import faults

TOGETHER = 4


def at_once(*works):
    """Run functions at the same moment; their results or exceptions, in order."""
    gate = threading.Barrier(len(works))

    def go(work):
        gate.wait()
        try:
            return work()
        except Exception as fault:  # noqa: BLE001 (returned to the test)
            return fault

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(go, works))


def test_two_people_complete_one_step_one_wins_the_others_are_told_who_and_when(world, begin, open_items):
    for _ in range(TOGETHER):
        begin("bench_row", plan_id=1, task_id=2)
    for item in open_items("step1"):
        results = at_once(
            *[
                lambda who=who: step.submit(world, who, item, {"decision": "agree"}, key=f"{who}-{item}")  # noqa: B023
                for who in range(1, 5)
            ]
        )
        won = [each for each in results if isinstance(each, dict)]
        lost = [each for each in results if isinstance(each, ChangedMeanwhile)]
        assert (len(won), len(lost)) == (1, 3), results
        winner = f"测{1 + results.index(won[0])}"
        assert all(each.who == winner and each.when is not None for each in lost)
    assert faults(world) == []


def test_the_same_request_sent_twice_at_once_gets_one_receipt(world, begin, open_items):
    begin("bench_row", plan_id=1, task_id=2)
    (item,) = open_items("step1")
    send = lambda: step.submit(world, 1, item, {"decision": "agree"}, key="same")  # noqa: E731
    one, two = at_once(send, send)
    assert one == two == {"item": item, "case": one["case"], "step": "step1"}
    assert faults(world, acknowledged=[("same", item)]) == []


def test_taking_and_completing_at_once_leaves_one_of_them(world, begin, open_items):
    for _ in range(TOGETHER):
        begin("bench_row", plan_id=1, task_id=2)
    for item in open_items("step1"):

        def take(item=item):
            return world.database.run(lambda s: step.claim(world, s, s.get_one(Person, 2), item).id)

        results = at_once(take, lambda item=item: step.submit(world, 1, item, {"decision": "agree"}))
        assert any(not isinstance(each, Exception) for each in results), results
        assert all(isinstance(each, ChangedMeanwhile) for each in results if isinstance(each, Exception)), (
            results
        )
    assert faults(world) == []


@pytest.mark.parametrize("_round", range(3))
def test_the_last_two_children_finishing_at_once_send_the_parent_on_once(world, begin, open_items, _round):
    plan = begin("bench_plan", number=2)
    jobs.drain(world)
    for number in range(1, 10):
        for item in open_items(f"step{number}", process="bench_case"):
            step.submit(world, 1, item, {"decision": "agree"})
    last = open_items("step10", process="bench_case")
    results = at_once(
        *[lambda item=item: step.submit(world, 2, item, {"decision": "agree"}) for item in last]
    )
    assert all(isinstance(each, dict) for each in results), results
    for note in ("note1", "note2"):
        step.submit(world, 1, open_items(note)[0], {})
    with world.database.reading() as session:
        row = session.scalars(select(Call)).one()
        parent = session.get_one(Instance, plan)
        ends = session.scalar(
            select(func.count(History.id)).where(History.instance_id == plan, History.kind == "end")
        )
    assert (row.total, row.finished, row.state) == (2, 2, "done")
    assert (parent.state, ends) == ("completed", 1)
    assert parent.data["cases_result"] == {"total": 2, "outcomes": {"": 2}}
    assert faults(world) == []


def test_three_workers_fire_each_timer_once(world):
    from engine import clock  # noqa: PLC0415 (moved for this test only)

    timers.prepare(world, 12)
    clock.install("+400d")
    timers.sweep(world, workers=3)
    with world.database.reading() as session:
        fired = session.scalars(select(History.instance_id).where(History.kind == "timer")).all()
        nudges = session.scalars(select(WorkItem.instance_id).where(WorkItem.element == "nudged")).all()
        states = set(session.scalars(select(Job.state).where(Job.kind == "timer")))
    assert len(fired) == len(set(fired)) == len(nudges) == 12
    assert states == {"done"}
    assert faults(world) == []


def test_a_deadlock_is_run_again(request, world):
    if request.config.getoption("--database") != "postgres":
        raised = []

        def work(_session):
            if len(raised) < 2:
                fault = Exception("deadlock detected")
                fault.sqlstate = "40P01"
                raised.append(fault)
                raise DBAPIError("select", {}, fault)
            return "done"

        assert world.database.run(work) == "done"
        return
    gate, met = threading.Barrier(2), []

    def lock(first, second):
        def work(session):
            session.execute(text("SELECT 1 FROM person WHERE id = :id FOR UPDATE"), {"id": first})
            if not met:
                gate.wait()
                met.append(first)
            session.execute(text("SELECT 1 FROM person WHERE id = :id FOR UPDATE"), {"id": second})
            return first

        return lambda: world.database.run(work)

    assert at_once(lock(1, 2), lock(2, 1)) == [1, 2]


def test_a_serialization_failure_is_given_up_after_three_tries(world):
    tries = []

    def work(_session):
        fault = Exception("could not serialize")
        fault.sqlstate = "40001"
        tries.append(fault)
        raise DBAPIError("select", {}, fault)

    with pytest.raises(DBAPIError):
        world.database.run(work)
    assert len(tries) == 3


def test_wrong_passwords_given_at_once_are_all_counted(world):
    """Who guesses in parallel has no more tries than who guesses one after the other."""

    def guess():
        return world.database.run(lambda session: account.sign_in(session, "b1", "wrong", address="10.0.0.9"))

    at_once(*[guess] * 4)
    with world.database.reading() as session:
        login = session.scalars(select(Person.failed_logins).where(Person.login == "b1")).one()
        assert (login, session.scalars(select(Throttle.failures)).one()) == (4, 4)


def test_a_step_opened_in_two_windows_at_once_is_noted_once(world, begin, open_items):
    begin("bench_row", plan_id=1, task_id=2)
    item = open_items()[0]

    def opened():
        return world.database.run(lambda session: seen.see(session, session.get_one(Person, 1), item))

    assert at_once(opened, opened, opened) == [None] * 3
    with world.database.reading() as session:
        assert len(session.scalars(select(Seen)).all()) == 1
