"""kill -9 at any moment: what was confirmed is there once, what was not is there once or not at all (P1)."""

from __future__ import annotations

import random
import time

import pytest
from sqlalchemy import func, select

from engine import clock
from engine.desk import jobs, step
from engine.desk.bench.ground import settings_at
from engine.desk.world import World
from engine.errors import Refused
from engine.runtime import call
from engine.runtime.tables import Call, Instance, Submission
from tests.faults.invariants import faults

ROUNDS = 6


@pytest.fixture
def again(world):
    """The same installation in a forked process: connections are never shared across a fork."""

    def opened():
        url = world.database.url.render_as_string(hide_password=False)
        return World.open(settings_at(world.settings.files_dir.parent, url))

    return opened


def _complete_all(world, items, tell, seed):
    for item in items:
        key = f"{seed}-{item}"
        tell(f"try {key} {item}")
        step.submit(world, 1, item, {"decision": "agree"}, key=key)
        tell(f"done {key} {item}")


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_a_killed_process_loses_nothing_confirmed_and_does_nothing_twice(
    seed, world, begin, open_items, child, again
):
    for _ in range(12):
        begin("bench_row", plan_id=1, task_id=2)
    items = open_items("step1")
    world.database.dispose()
    process = child(lambda tell: _complete_all(again(), items, tell, seed))
    process.output.peek(1)  # it works now
    time.sleep(random.Random(seed).uniform(0.0, 0.12))  # noqa: S311 (a moment, no secret)
    lines = [line.split() for line in process.kill()]
    done = [(key, int(item)) for word, key, item in lines if word == "done"]
    unknown = [
        (key, int(item)) for word, key, item in lines if word == "try" and (key, int(item)) not in done
    ]
    assert faults(world, acknowledged=done, unknown=unknown) == []
    for key, item in [*done, *unknown]:
        first = step.submit(world, 1, item, {"decision": "agree"}, key=key)
        assert first == step.submit(world, 1, item, {"decision": "agree"}, key=key), (
            "the same key, the same receipt"
        )
        with pytest.raises(Refused) as refused:
            step.submit(world, 1, item, {"decision": "return"}, key=key)
        assert refused.value.slug == "key-reused"
    assert faults(world, acknowledged=[*done, *unknown]) == []
    with world.database.reading() as session:
        assert session.scalar(select(func.count(Submission.id))) == len(done) + len(unknown)


@pytest.mark.parametrize("seed", range(3))
def test_starting_the_cases_of_a_draw_resumes_after_a_kill_without_doubles(
    seed, world, begin, child, again, monkeypatch
):
    monkeypatch.setattr(call, "BATCH", 4)
    begin("bench_plan", number=40)
    world.database.dispose()

    def work(tell):
        other = again()
        while jobs.run_due(other, limit=1):
            tell("batch")

    process = child(work)
    process.output.peek(1)
    time.sleep(random.Random(seed).uniform(0.0, 0.1))  # noqa: S311 (a moment, no secret)
    process.kill()
    clock.install("+10m")  # the lease of the lost worker is over
    jobs.drain(world)
    with world.database.reading() as session:
        items = session.scalars(select(Instance.item).where(Instance.process == "bench_case")).all()
        row = session.scalars(select(Call)).one()
    assert sorted(items) == [f"{each:07}" for each in range(40)]
    assert (row.total, row.started, row.finished) == (40, 40, 0)
    assert faults(world) == []
