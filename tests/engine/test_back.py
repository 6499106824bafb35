"""Going back (退回) on diagrams of its own: what is reopened, what is closed, where no way leads back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import clock
from engine.errors import ChangedMeanwhile, Refused
from engine.people import Bureau, Person
from engine.runtime import back, release, work_item
from engine.runtime.instance import Runtime
from engine.runtime.tables import History, Instance, Job, WorkItem
from engine.storage.base import Base
from engine.storage.session import Database
from tests.engine.test_runtime import HEAD, T0, Ports, bag, begin, do, drain, flow, process, the_item, user

TIMER = (
    '<bpmn:boundaryEvent id="{id}" attachedToRef="{host}" cancelActivity="{kills}">{bag}'
    '<bpmn:timerEventDefinition><bpmn:timeDate xsi:type="bpmn:tFormalExpression">due</bpmn:timeDate>'
    "</bpmn:timerEventDefinition></bpmn:boundaryEvent>"
)
CHAIN = 6


def timer(name: str, host: str, days: int, *, kills: bool) -> str:
    return TIMER.format(id=name, host=host, kills=str(kills).lower(), bag=bag(deadline=f"days-{days}"))


FILES = {
    "way.bpmn": HEAD
    + process(
        "way",
        '<bpmn:startEvent id="s"/>'
        + user("draft", routes="decision")
        + user("slow")
        + timer("remind", "slow", 3, kills=False)
        + user("nudged")
        + '<bpmn:parallelGateway id="split"/>'
        + user("left")
        + user("right")
        + '<bpmn:parallelGateway id="join"/>'
        + user("together")
        + user("publish", no_return="true")
        + user("last")
        + '<bpmn:endEvent id="e"/><bpmn:endEvent id="e2"/>'
        + flow("s", "draft")
        + flow("draft", "slow")
        + flow("remind", "nudged")
        + flow("nudged", "e2")
        + flow("slow", "split")
        + flow("split", "left")
        + flow("split", "right")
        + flow("left", "join")
        + flow("right", "join")
        + flow("join", "together")
        + flow("together", "publish")
        + flow("publish", "last")
        + flow("last", "e"),
    )
    + "</bpmn:definitions>",
    "frozen.bpmn": HEAD
    + process(
        "frozen",
        '<bpmn:startEvent id="s"/>' + user("one") + user("two") + '<bpmn:endEvent id="e"/>'
        + flow("s", "one") + flow("one", "two") + flow("two", "e"),
        no_return="true",
    )
    + "</bpmn:definitions>",
    "over.bpmn": HEAD
    + process(
        "over",
        '<bpmn:startEvent id="s"/>' + user("before")
        + '<bpmn:callActivity id="called" name="called" calledElement="frozen"/>' + user("after")
        + '<bpmn:endEvent id="e"/>'
        + flow("s", "before") + flow("before", "called") + flow("called", "after") + flow("after", "e"),
    )
    + "</bpmn:definitions>",
    "parts.bpmn": HEAD
    + process(
        "parts",
        '<bpmn:startEvent id="s"/>' + user("prepare") + user("every", sign="all") + '<bpmn:endEvent id="e"/>'
        + flow("s", "prepare") + flow("prepare", "every") + flow("every", "e"),
    )
    + "</bpmn:definitions>",
    "chain.bpmn": HEAD
    + process(
        "chain",
        '<bpmn:startEvent id="s"/>'
        + "".join(user(f"u{n}", routes=f"k{n}") for n in range(CHAIN))
        + '<bpmn:endEvent id="e"/>'
        + flow("s", "u0")
        + "".join(flow(f"u{n}", f"u{n + 1}") for n in range(CHAIN - 1))
        + flow(f"u{CHAIN - 1}", "e"),
    )
    + "</bpmn:definitions>",
}  # fmt: skip


def furnish(session):
    session.add(Bureau(id=1, division="220000", name="局", short_name="局", level="county", pack="test"))
    session.flush()
    session.add_all(
        Person(id=n, bureau_id=1, staff_no=f"E{n}", login=f"p{n}", name=f"人{n}") for n in (1, 2, 3)
    )
    session.flush()
    release.deploy(session, "test", {name: content.encode() for name, content in FILES.items()})


@pytest.fixture
def machine(database):
    with clock.fixed(T0), database.transaction() as session:
        furnish(session)
    return Runtime(key="k" * 40, ports=Ports())


@pytest.fixture
def at(database):
    with clock.fixed(T0), database.transaction() as session:
        yield session


def ways(machine, session, element):
    item = the_item(session, element)
    return [each.id for each in back.earlier(machine.look(session, item.instance_id), item)]


def go_back(machine, session, element, to, person=2):
    item = the_item(session, element)
    run = machine.open(session, item.instance_id, session.get(Person, person))
    back.send_back(run, item, to, "材料不全")
    session.flush()
    return item


def open_steps(session):
    session.flush()
    return sorted(session.scalars(select(WorkItem.element).where(WorkItem.state == "open")))


def test_who_comes_to_a_step_that_was_taken_away_is_told_by_whom_and_when(machine, at):
    begin(machine, at, "way")
    do(machine, at, "draft", answers={"decision": "agree"})
    work_item.claim(at, the_item(at, "slow"), at.get(Person, 3))
    gone = go_back(machine, at, "slow", "draft", person=2)
    with pytest.raises(ChangedMeanwhile, match="“slow”已由人2于 2026-03-02 09:00 撤下") as told:
        work_item.must_be_open(at, gone)
    assert told.value.when == gone.closed_at


def test_the_earlier_step_is_open_again_and_its_data_is_as_it_was(machine, at):
    case = begin(machine, at, "way")
    do(machine, at, "draft", answers={"decision": "agree"})
    first = go_back(machine, at, "slow", "draft")
    assert open_steps(at) == ["draft"]
    assert at.get(WorkItem, first.id).state == "cancelled"
    assert "decision" not in at.get(Instance, case.id).data
    told = at.scalars(select(History).where(History.kind == "note")).one()
    assert (told.detail["act"], told.detail["answers"]["reason"]) == ("退回到“draft”", "材料不全")
    do(machine, at, "draft", answers={"decision": "return"})
    assert at.get(Instance, case.id).data["decision"] == "return"
    assert len(at.scalars(select(WorkItem).where(WorkItem.element == "draft")).all()) == 2


def test_timers_of_a_reopened_step_count_anew_and_the_old_ones_are_dead(machine, at):
    begin(machine, at, "way")
    do(machine, at, "draft")
    with clock.fixed(T0 + timedelta(days=2)):
        do(machine, at, "slow")
        go_back(machine, at, "left", "slow")
    assert open_steps(at) == ["slow"], "the other branch is closed, too"
    with clock.fixed(T0 + timedelta(days=4)):
        drain(machine, at)
        assert the_item(at, "nudged") is None, "the first reminder went with the first token"
    with clock.fixed(T0 + timedelta(days=6)):
        drain(machine, at)
        assert the_item(at, "nudged") is not None
    assert len(at.scalars(select(Job).where(Job.kind == "timer")).all()) == 2


def test_no_way_leads_back_over_a_join_a_publication_or_a_called_process(machine, at):
    begin(machine, at, "way")
    do(machine, at, "draft")
    do(machine, at, "slow")
    assert ways(machine, at, "left") == ["slow", "draft"]
    do(machine, at, "left")
    do(machine, at, "right")
    assert ways(machine, at, "together") == []
    do(machine, at, "together")
    assert ways(machine, at, "publish") == ["together"]
    do(machine, at, "publish")
    assert ways(machine, at, "last") == []
    with pytest.raises(Refused) as no:
        go_back(machine, at, "last", "draft")
    assert no.value.slug == "no-return"
    begin(machine, at, "frozen")
    do(machine, at, "one")
    assert ways(machine, at, "two") == []
    do(machine, at, "two")
    begin(machine, at, "over")
    do(machine, at, "before")
    drain(machine, at)
    do(machine, at, "one")
    do(machine, at, "two")
    assert ways(machine, at, "after") == []


def test_a_reminder_beside_a_step_cannot_turn_the_step_back(machine, at):
    begin(machine, at, "way")
    do(machine, at, "draft")
    with clock.fixed(T0 + timedelta(days=4)):
        drain(machine, at)
        assert ways(machine, at, "nudged") == []


def test_out_of_a_countersign_the_parts_given_stay_as_they_are(machine, at):
    begin(machine, at, "parts")
    do(machine, at, "prepare")
    given_part = do(machine, at, "every", person=1, seat="1")
    go_back(machine, at, "every", "prepare")
    assert open_steps(at) == ["prepare"]
    assert at.get(WorkItem, given_part.id).state == "done"
    do(machine, at, "prepare")
    assert open_steps(at) == ["every"] * 3, "what they signed may have changed: everybody is asked again"


def test_who_comes_second_is_told(machine, at):
    begin(machine, at, "parts")
    do(machine, at, "prepare")
    item = the_item(at, "every", seat="1")
    go_back(machine, at, "every", "prepare")
    run = machine.open(at, item.instance_id, at.get(Person, 3))
    with pytest.raises(ChangedMeanwhile):
        back.send_back(run, item, "prepare", "又退")
    with pytest.raises(ChangedMeanwhile):
        run.complete(item, {})


@pytest.fixture(scope="module")
def walked():
    """A machine on a database in memory, kept for many walks."""
    database = Database("sqlite://")
    with clock.fixed(T0), Session(database.engine, expire_on_commit=False) as session:
        Base.metadata.create_all(session.connection())
        furnish(session)
        yield Runtime(key="k" * 40, ports=Ports()), session
        session.rollback()
    database.dispose()


@settings(deadline=None, max_examples=25)
@given(moves=st.lists(st.integers(0, CHAIN - 1), max_size=12))
def test_however_often_it_goes_back_one_step_is_open_and_the_end_is_reached(walked, moves):
    """Any walk to and fro: the state stays small, holds one token, and carries the last answers only."""
    machine, session = walked
    case, stands = begin(machine, session, "chain"), 0
    for turn, move in enumerate(moves):
        if move < stands:
            go_back(machine, session, f"u{stands}", f"u{move}")
            stands = move
        elif stands < CHAIN - 1:
            do(machine, session, f"u{stands}", answers={f"k{stands}": turn})
            stands += 1
        assert open_steps(session) == [f"u{stands}"]
        assert set(case.data) == {f"k{n}" for n in range(stands)}
        assert len(case.body) < 6000
    for number in range(stands, CHAIN):
        do(machine, session, f"u{number}", answers={f"k{number}": "end"})
    assert case.state == "completed"
