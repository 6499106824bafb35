"""An installation on a real database, with the benchmarks' diagrams and one whose system step can fail."""

from __future__ import annotations

import os
import signal

import pytest
from sqlalchemy import select

from engine import clock, operation
from engine.desk import step
from engine.desk.bench import diagrams, ground
from engine.desk.world import World
from engine.people import Person
from engine.runtime.tables import WorkItem

broken: list[str] = []  # while it holds a sentence, the verb `faults.act` fails with it


@operation.operation("faults.act", gives=("acted",))
def act(_step):
    """A system step that fails on demand."""
    if broken:
        raise OSError(broken[0])
    return {"acted": True}


FRAGILE = diagrams._process(
    "fragile",
    '<bpmn:startEvent id="s"/>'
    + diagrams._user("ask")
    + '<bpmn:serviceTask id="act" name="act"><bpmn:extensionElements>'
    '<spiffworkflow:serviceTaskOperator id="faults.act"><spiffworkflow:parameters/>'
    "</spiffworkflow:serviceTaskOperator></bpmn:extensionElements></bpmn:serviceTask>"
    + diagrams._user("after")
    + '<bpmn:endEvent id="e"/>'
    + diagrams._flow("s", "ask")
    + diagrams._flow("ask", "act")
    + diagrams._flow("act", "after")
    + diagrams._flow("after", "e"),
)


@pytest.fixture
def world(database, tmp_path, monkeypatch):
    """The installation; its clock is the real one, and may be moved by `clock.install`."""
    monkeypatch.setitem(diagrams.FILES, "fragile.bpmn", FRAGILE.encode())
    url = database.url.render_as_string(hide_password=False)
    opened = World.open(ground.settings_at(tmp_path, url))
    ground.prepare(opened)
    yield opened
    clock.install("")
    broken.clear()
    opened.database.dispose()


@pytest.fixture
def begin(world):
    """Start a case: `begin("bench_row", plan_id=1, task_id=2)`."""

    def start(process, **data):
        with world.database.transaction() as session:
            return step.start_process(
                world, session, session.get_one(Person, 2), process, data, bureau_id=1
            ).id

    return start


@pytest.fixture
def open_items(world):
    """Ids of the open steps, oldest first, of an element or of all."""

    def find(element=None, **where):
        query = select(WorkItem.id).where(WorkItem.state == "open").order_by(WorkItem.id)
        if element:
            query = query.where(WorkItem.element == element)
        for name, value in where.items():
            query = query.where(getattr(WorkItem, name) == value)
        with world.database.reading() as session:
            return session.scalars(query).all()

    return find


class Child:
    """A process of our own that can be killed: it runs a function and tells us lines."""

    def __init__(self, work):
        reading, writing = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(reading)
            try:
                work(lambda line: os.write(writing, f"{line}\n".encode()))
            finally:
                os._exit(0)
        os.close(writing)
        self.output = os.fdopen(reading, "rb")

    def kill(self):
        """kill -9, wait, and return the lines that it told."""
        os.kill(self.pid, signal.SIGKILL)
        lines = self.output.read().decode().split("\n")
        self.output.close()
        os.waitpid(self.pid, 0)
        return [line for line in lines if line]


@pytest.fixture
def child():
    """Run a function in a process that can be killed."""
    return Child
