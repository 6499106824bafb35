"""The kernel bent to our rules against the kernel as its makers ship it, and against a token game, on random models.

Flat scans and our own stored form must change nothing: the same steps done, the same steps waiting, at
every moment. What waits is what BPMN says: the game below knows nothing of the kernel.
"""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from engine.errors import CaseworkError
from engine.runtime import model, spiff
from engine.runtime.spiff import kernel
from engine.runtime.spiff.stock import Stock
from tests.arrows import Trail

HEAD = (
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core" targetNamespace="http://casework/test">'
)


class Writer:
    """Writes structured blocks as BPMN: each block has one way in and one way out."""

    def __init__(self):
        self.parts, self.number, self.entries = [], 0, []

    def name(self, kind):
        self.number += 1
        return f"{kind}{self.number}"

    def flow(self, source, target, condition=""):
        tag = "bpmn:conditionExpression"
        text = f'<{tag} xsi:type="bpmn:tFormalExpression">{condition}</{tag}>' if condition else ""
        identity = self.name("f")
        self.parts.append(
            f'<bpmn:sequenceFlow id="{identity}" sourceRef="{source}" targetRef="{target}">{text}'
            "</bpmn:sequenceFlow>"
        )
        return identity

    def node(self, kind, prefix, inner="", **attributes):
        identity = self.name(prefix)
        more = "".join(f' {key}="{value}"' for key, value in attributes.items())
        self.parts.append(f'<bpmn:{kind} id="{identity}" name="{identity}"{more}>{inner}</bpmn:{kind}>')
        return identity

    def block(self, tree):
        """(first, last) node of a block; `entries`: the first nodes, outer blocks before inner ones."""
        kind, *inner = tree
        place = len(self.entries)
        self.entries.append("")
        first, last = getattr(self, f"block_{kind}")(*inner)
        self.entries[place] = first
        return first, last

    def block_user(self):
        step = self.node("userTask", "u")
        return step, step

    def block_verb(self):
        operator = (
            '<bpmn:extensionElements><spiffworkflow:serviceTaskOperator id="v">'
            "<spiffworkflow:parameters/></spiffworkflow:serviceTaskOperator></bpmn:extensionElements>"
        )
        step = self.node("serviceTask", "v", operator)
        return step, step

    def block_seq(self, *blocks):
        ends = [self.block(each) for each in blocks]
        for (_, last), (first, _) in pairwise(ends):
            self.flow(last, first)
        return ends[0][0], ends[-1][1]

    def block_and(self, *blocks):
        split, join = self.node("parallelGateway", "p"), self.node("parallelGateway", "j")
        for each in blocks:
            first, last = self.block(each)
            self.flow(split, first)
            self.flow(last, join)
        return split, join

    def block_xor(self, one, two):
        split, join = self.name("x"), self.node("exclusiveGateway", "m")
        first, last = self.block(one)
        self.flow(split, first, "way = 1")
        self.flow(last, join)
        first, last = self.block(two)
        default = self.flow(split, first)
        self.flow(last, join)
        self.parts.append(f'<bpmn:exclusiveGateway id="{split}" default="{default}"/>')
        return split, join

    def block_loop(self, body):
        enter, leave = self.node("exclusiveGateway", "m"), self.name("l")
        first, last = self.block(body)
        self.flow(enter, first)
        self.flow(last, leave)
        self.flow(leave, enter, "again = true")
        out = self.node("exclusiveGateway", "o")
        default = self.flow(leave, out)
        self.parts.append(f'<bpmn:exclusiveGateway id="{leave}" default="{default}"/>')
        return enter, out

    def block_sub(self, body):
        outer, self.parts = self.parts, []
        start, end = self.node("startEvent", "s"), self.node("endEvent", "e")
        first, last = self.block(body)
        self.flow(start, first)
        self.flow(last, end)
        inside, self.parts = "".join(self.parts), outer
        step = self.node("subProcess", "sub", inside)
        return step, step


def diagram(tree, writer=None):
    writer = writer or Writer()
    start, end = writer.node("startEvent", "s"), writer.node("endEvent", "e")
    first, last = writer.block(tree)
    writer.flow(start, first)
    writer.flow(last, end)
    body = "".join(writer.parts)
    return f'{HEAD}<bpmn:process id="p" isExecutable="true">{body}</bpmn:process></bpmn:definitions>'


class Game:
    """A block as BPMN means it: who waits, which verbs ran. What branches changed comes together in order of arrival."""

    def __init__(self, tree, names, world):
        kind, *inner = tree
        self.name, self.world, self.data = next(names), world, None
        self.begin = getattr(self, kind)
        self.kids = [Game(each, names, world) for each in inner]

    def user(self, data, then):
        self.data, self.then = data, then

    def verb(self, data, then):
        self.world.append(self.name)
        then(data)

    def seq(self, data, then, place=0):
        if place == len(self.kids):
            then(data)
        else:
            self.kids[place].begin(data, lambda found: self.seq(found, then, place + 1))

    def xor(self, data, then):
        self.kids[data.get("way") != 1].begin(data, then)

    def loop(self, data, then):
        self.kids[0].begin(data, lambda found: (self.loop if found.get("again") else self.leave)(found, then))

    def leave(self, data, then):
        then(data)

    def sub(self, data, then):
        self.kids[0].begin(data, then)

    def __getattr__(self, name):
        if name == "and":  # a word of the language
            return self.both
        raise AttributeError(name)

    def both(self, data, then):
        arrived = []

        def arrive(found):
            arrived.append(found)
            if len(arrived) == len(self.kids):
                changes = (set(each.items()) - set(data.items()) for each in arrived)
                then({**data, **{key: value for each in changes for key, value in each}})

        for kid in self.kids:
            kid.begin(dict(data), arrive)

    def waiting(self):
        return {
            **({self.name: self} if self.data is not None else {}),
            **{name: who for kid in self.kids for name, who in kid.waiting().items()},
        }

    def answer(self, given):
        data, self.data = self.data, None
        self.then({**data, **given})


def parsed(text):
    return spiff.parse(model.for_kernel(model.read(text.encode(), "p.bpmn")), "p.bpmn")["p"]


# A loop needs a person in it, so that every cycle waits (the release check demands it of real models).
LEAF = st.sampled_from([("user",), ("user",), ("verb",)])
TREES = st.recursive(
    LEAF,
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(lambda found: ("seq", *found)),
        st.lists(inner, min_size=2, max_size=3).map(lambda found: ("and", *found)),
        st.tuples(st.just("xor"), inner, inner),
        inner.map(lambda found: ("loop", ("seq", ("user",), found))),
        inner.map(lambda found: ("sub", found)),
    ),
    max_leaves=8,
)


class Recording:
    """A world whose verbs only note that they were called."""

    def __init__(self):
        self.called = []

    def verb(self, element, task, data):  # noqa: ARG002
        self.called.append(element)
        return {}

    def decision(self, element, data):  # noqa: ARG002
        return {}


def stock_view(stock):
    """(waiting, done) element names of the kernel's own workflow, sub-processes included."""
    waiting = sorted(task.task_spec.name for task in stock.ready())
    done = sorted(task.task_spec.name for task in stock.workflow.get_tasks(state=kernel.TaskState.COMPLETED))
    return waiting, done


def our_view(state):
    waiting = sorted(token.element for token in state.tokens())
    return waiting, sorted(name for name, word in state.passed() if word == "completed")


CHOICES = st.lists(st.tuples(st.integers(0, 5), st.integers(1, 2), st.booleans()), max_size=14)
TURNS = [(0, 1, False), (1, 1, False), (0, 1, True), (0, 1, False), (0, 1, True), (1, 1, False)]


@settings(max_examples=60, deadline=None)
@example(  # parallel branches on the second turn of a cycle
    tree=("loop", ("seq", ("user",), ("and", ("user",), ("user",)))), choices=TURNS
)
@given(tree=TREES, choices=CHOICES)
def test_random_models_walk_as_the_token_game_says(tree, choices):
    writer, ended = Writer(), []
    spec, world = parsed(diagram(tree, writer)), Recording()
    game = Game(tree, iter(writer.entries), called := [])
    state = spiff.State.start(spec, {"way": 1})
    state.advance(world)
    game.begin({"way": 1}, ended.append)
    for pick, way, again in [*choices, *[(0, 2, False)] * 60]:
        waiting = game.waiting()
        tokens = sorted(state.tokens(), key=lambda token: token.element)
        assert [token.element for token in tokens] == sorted(waiting)
        assert sorted(world.called) == sorted(called)
        assert state.completed == bool(ended)
        if ended:
            return
        chosen = tokens[pick % len(tokens)]
        state = spiff.State.restore(spec, state.dump())
        state.complete(chosen.id, {"way": way, "again": again})
        state.advance(world)
        waiting[chosen.element].answer({"way": way, "again": again})
    raise AssertionError("no end")


@settings(max_examples=60, deadline=None)
@example(  # one sub-process ends as the next, which only the machine works in, begins
    tree=("sub", ("loop", ("seq", ("user",), ("seq", ("sub", ("user",)), ("sub", ("verb",)))))), choices=[]
)
@given(tree=TREES, choices=CHOICES)
def test_random_models_walk_as_in_the_stock_kernel_and_every_wait_can_be_stored(tree, choices):
    spec = parsed(diagram(tree))
    ours, theirs = Recording(), Recording()
    state, stock = spiff.State.start(spec, {"way": 1}), Stock.start(spec, {"way": 1})
    state.advance(ours)
    stock.advance(theirs)
    for pick, way, again in [*choices, *[(0, 2, False)] * 60]:
        assert our_view(state) == stock_view(stock)
        assert sorted(ours.called) == sorted(theirs.called)
        stored = state.dump()
        state = spiff.State.restore(spec, stored)
        assert state.dump() == stored, "storing changes nothing"
        stock = Stock.load(stock.save())
        tokens = sorted(state.tokens(), key=lambda token: (token.element, token.since))
        if not tokens:
            break
        chosen = tokens[pick % len(tokens)]
        answer = {"way": way, "again": again}
        state.complete(chosen.id, answer)
        state.advance(ours)
        task = next(each for each in stock.ready() if each.task_spec.name == chosen.element)
        task.data.update(answer)
        task.run()
        stock.advance(theirs)
    assert state.completed == stock.workflow.is_completed()
    assert state.completed


def test_five_hundred_rework_loops_do_not_lose_the_waiting_step():
    spec = parsed(diagram(("loop", ("user",))))
    world = Recording()
    state = spiff.State.start(spec, {})
    state.advance(world)
    for turn in range(500):
        (token,) = state.tokens()
        assert not state.completed, turn
        state.complete(token.id, {"again": True})
        state.advance(world)
        if turn % 50 == 0:
            state = spiff.State.restore(spec, state.dump())
    (token,) = state.tokens()
    state.complete(token.id, {"again": False})
    state.advance(world)
    assert state.completed


def human(state, element):
    """The token that waits at a human step."""
    return next(token.id for token in state.tokens() if token.element == element)


@pytest.mark.parametrize("stored", [False, True], ids=["in one go", "stored between"])
def test_a_system_clock_set_back_turns_no_branches_round(monkeypatch, stored):
    """Where branches meet, what was done last has the last word, whatever the system's clock said meanwhile."""
    spec = parsed(diagram(("seq", ("and", ("user",), ("user",), ("user",)), ("user",))))
    times = {"now": 1_800_000_000.0}
    monkeypatch.setattr("engine.runtime.spiff.lean.clock.order", lambda: times["now"])
    state = spiff.State.start(spec, {})
    state.advance(Recording())
    *others, silent = sorted(token.element for token in state.tokens())
    for element, answers in zip((*others, silent), ({"decision": 1}, {"decision": 2}, {}), strict=True):
        state.complete(human(state, element), answers)
        state.advance(Recording())
        times["now"] -= 3600.0  # an hour back, as a corrected clock may be
        if stored:
            state = spiff.State.restore(spec, state.dump())
    (last,) = state.tokens()
    assert state.data_at(last.id)["decision"] == 2


@pytest.mark.parametrize("stored", [False, True], ids=["in one go", "stored between"])
@pytest.mark.parametrize("gateway", ["parallelGateway", "inclusiveGateway"])
def test_a_branch_that_changed_nothing_takes_nothing_back(gateway, stored):
    """Where branches meet, what one of them changed counts, though another was done later and knew only the old."""
    content = diagram(("seq", ("and", ("user",), ("user",)), ("user",)))
    out = re.search(r'id="(\w+)" sourceRef="j', content)
    join = f'<bpmn:{gateway} default="{out[1]}" \\1></bpmn:{gateway}>'
    spec = parsed(re.sub(r"<bpmn:parallelGateway (id=.j[^>]*)></bpmn:parallelGateway>", join, content))
    state = spiff.State.start(spec, {"outcome": "open", "people": [1, 2], "visit": {"day": 1, "place": "a"}})
    state.advance(Recording())
    first, second = sorted(token.element for token in state.tokens())
    changes = {"outcome": "done", "people": [3], "visit": {"day": 2, "place": "a"}}
    for element, answers in ((first, changes), (second, {"visit": {"day": 1, "place": "b"}})):
        state.complete(human(state, element), answers)
        state.advance(Recording())
        if stored:
            state = spiff.State.restore(spec, state.dump())
    (last,) = state.tokens()
    assert state.data_at(last.id) == {"outcome": "done", "people": [3], "visit": {"day": 2, "place": "b"}}


def test_of_branches_that_end_apart_the_same_is_true():
    writer = Writer()
    start, split = writer.node("startEvent", "s"), writer.node("parallelGateway", "g")
    writer.flow(start, split)
    for step in ("u1", "u2"):
        writer.parts.append(f'<bpmn:userTask id="{step}" name="{step}"/>')
        writer.flow(split, step)
        writer.flow(step, writer.node("endEvent", "e"))
    body = "".join(writer.parts)
    text = f'{HEAD}<bpmn:process id="p" isExecutable="true">{body}</bpmn:process></bpmn:definitions>'
    state = spiff.State.start(parsed(text), {"outcome": "open"})
    state.advance(Recording())
    for element, answers in (("u1", {"outcome": "done"}), ("u2", {})):
        state.complete(human(state, element), answers)
        state.advance(Recording())
    assert state.completed
    assert state.data == {"outcome": "done"}


def inside(*ends):
    """A sub-process whose two branches end apart, each in its own way; behind it a step."""
    writer = Writer()
    start, split = writer.node("startEvent", "s"), writer.node("parallelGateway", "g")
    writer.flow(start, split)
    for step, end in zip(("u1", "u2"), ends, strict=True):
        writer.parts.append(f'<bpmn:userTask id="{step}" name="{step}"/>')
        writer.flow(split, step)
        writer.flow(step, writer.node("endEvent", "e", end))
    body, writer.parts = "".join(writer.parts), []
    sub = writer.node("subProcess", "sub", body)
    writer.parts.append('<bpmn:userTask id="after" name="after"/>')
    writer.flow(writer.node("startEvent", "s"), sub)
    writer.flow(sub, "after")
    writer.flow("after", writer.node("endEvent", "e"))
    whole = "".join(writer.parts)
    return f'{HEAD}<bpmn:process id="p" isExecutable="true">{whole}</bpmn:process></bpmn:definitions>'


@pytest.mark.parametrize("stored", [False, True], ids=["in one go", "stored between"])
def test_a_sub_process_whose_branches_end_apart_gives_what_each_of_them_changed(stored):
    spec = parsed(inside("", ""))
    state = spiff.State.start(spec, {"outcome": "open", "people": [1, 2], "gone": 1})
    state.advance(Recording())
    for element, answers in (("u1", {"outcome": "done", "people": [3]}), ("u2", {"note": "late"})):
        state.complete(human(state, element), answers)
        state.advance(Recording())
        if stored:
            state = spiff.State.restore(spec, state.dump())
    (last,) = state.tokens()
    assert last.element == "after"
    assert state.data_at(last.id) == {"outcome": "done", "people": [3], "gone": 1, "note": "late"}


def test_a_sub_process_that_is_terminated_gives_what_was_done_by_then():
    spec = parsed(inside("<bpmn:terminateEventDefinition/>", ""))
    state = spiff.State.start(spec, {"outcome": "open", "kept": 1})
    state.advance(Recording())
    state.complete(human(state, "u1"), {"outcome": "done"})
    state.advance(Recording())
    (last,) = state.tokens()
    assert last.element == "after"
    assert state.data_at(last.id) == {"outcome": "done", "kept": 1}


def test_a_system_clock_set_back_gives_each_turn_of_a_cycle_its_own_branches(monkeypatch):
    spec = parsed(diagram(("loop", ("and", ("user",), ("user",)))))
    times = {"now": 1_800_000_000.0}
    monkeypatch.setattr("engine.runtime.spiff.lean.clock.order", lambda: times["now"])
    state = spiff.State.start(spec, {"again": True})
    state.advance(Recording())
    for turn in range(3):
        said = {f"{token.element} on turn {turn}": True for token in state.tokens()}
        for token, key in zip(list(state.tokens()), said, strict=True):
            state.complete(token.id, {key: True, "again": True})
            state.advance(Recording())
            state = spiff.State.restore(spec, state.dump())
        times["now"] -= 3600.0
        for token in state.tokens():
            assert said.items() <= state.data_at(token.id).items()


def test_a_cycle_without_a_wait_is_stopped():
    spec = parsed(diagram(("loop", ("verb",))))
    with pytest.raises(CaseworkError, match="没有停下"):
        spiff.State.start(spec, {"again": True}).advance(Recording())


def test_the_time_of_the_kernel_is_limited_and_that_of_a_verb_is_not(monkeypatch):
    spec = parsed(diagram(("seq", ("verb",), ("user",))))
    ticks = iter(range(0, 1000, 5))

    class Slow(Recording):
        def verb(self, element, task, data):
            next(ticks)
            return super().verb(element, task, data)

    monkeypatch.setattr("engine.runtime.spiff.kernel.time.thread_time", lambda: next(ticks) * 0.001)
    state = spiff.State.start(spec, {})
    state.advance(Slow())
    assert [token.kind for token in state.tokens()] == ["human"]
    monkeypatch.setattr("engine.runtime.spiff.kernel.time.thread_time", lambda: float(next(ticks)))
    with pytest.raises(CaseworkError, match="秒仍没有停下"):
        spiff.State.start(parsed(diagram(("seq", ("verb",), ("verb",), ("user",)))), {}).advance(Recording())


def test_a_state_of_another_format_does_not_open():
    spec = parsed(diagram(("user",)))
    stored = spiff.State.start(spec, {}).dump().replace(b'"format":1', b'"format":7')
    with pytest.raises(CaseworkError, match="格式"):
        spiff.State.restore(spec, stored)


def test_what_was_rolled_back_was_not_walked():
    """The count of arrows is that of the history: a refused step has walked nothing."""
    engine = create_engine("sqlite://")
    with Trail(pack="jilin").listening() as trail, Session(engine) as session:
        session.execute(text("select 1"))
        trail.tell("plan", "draft", "approve")
        session.rollback()
        session.execute(text("select 1"))
        session.commit()
        assert not trail.pairs["jilin"]
        session.execute(text("select 1"))
        trail.tell("plan", "draft", "approve")
        with session.begin_nested():
            session.execute(text("select 1"))
        assert not trail.pairs["jilin"]
        session.commit()
        assert trail.pairs["jilin"] == {("plan", "draft", "approve")}
