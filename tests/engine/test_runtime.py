"""The machine alone, on diagrams of its own: tokens, calls, timers, messages, countersigning, seals."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from engine import clock, operation
from engine.errors import CaseworkError, ChangedMeanwhile, NotFound, Refused
from engine.people import Bureau, Person
from engine.runtime import back, call, job, message, recent, release, sign, spiff
from engine.runtime.instance import Runtime
from engine.runtime.ports import DueDate, Place
from engine.runtime.tables import Call, History, Instance, Job, WorkItem

T0 = datetime(2026, 3, 2, 1, tzinfo=UTC)
HEAD = (
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core" targetNamespace="http://casework/test">'
)


def bag(**named: str) -> str:
    rows = "".join(
        f'<spiffworkflow:property name="{name}" value="{value}"/>' for name, value in named.items()
    )
    return f"<bpmn:extensionElements><spiffworkflow:properties>{rows}</spiffworkflow:properties></bpmn:extensionElements>"


def flow(source: str, target: str, condition: str = "") -> str:
    inner = (
        f'<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">{condition}</bpmn:conditionExpression>'
        if condition
        else ""
    )
    return f'<bpmn:sequenceFlow id="{source}_{target}" sourceRef="{source}" targetRef="{target}">{inner}</bpmn:sequenceFlow>'


def user(name: str, **props: str) -> str:
    return f'<bpmn:userTask id="{name}" name="{name}">{bag(**{"lane": "业务科室", **props})}</bpmn:userTask>'


def service(name: str, verb: str) -> str:
    return (
        f'<bpmn:serviceTask id="{name}" name="{name}"><bpmn:extensionElements>'
        f'<spiffworkflow:serviceTaskOperator id="{verb}"><spiffworkflow:parameters/></spiffworkflow:serviceTaskOperator>'
        "</bpmn:extensionElements></bpmn:serviceTask>"
    )


def process(name: str, body: str, **props: str) -> str:
    return f'<bpmn:process id="{name}" name="{name}" isExecutable="true">{bag(**props)}{body}</bpmn:process>'


FILES = {
    "linear.bpmn": HEAD
    + process(
        "linear",
        '<bpmn:startEvent id="s"/>'
        + user("one", routes="decision")
        + '<bpmn:exclusiveGateway id="g" default="g_two"/>'
        + user("two")
        + '<bpmn:endEvent id="e"/>'
        + flow("s", "one")
        + flow("one", "g")
        + flow("g", "one", 'decision = "return"')
        + flow("g", "two")
        + flow("two", "e"),
    )
    + "</bpmn:definitions>",
    "parent.bpmn": HEAD
    + process(
        "parent",
        '<bpmn:startEvent id="s"/>'
        f'<bpmn:callActivity id="many" name="many" calledElement="child">{bag(items="test.items")}'
        '<bpmn:multiInstanceLoopCharacteristics isSequential="false"/></bpmn:callActivity>'
        '<bpmn:callActivity id="single" name="single" calledElement="child"/>'
        + user("after")
        + '<bpmn:endEvent id="e"/>'
        + flow("s", "many")
        + flow("many", "single")
        + flow("single", "after")
        + flow("after", "e"),
    )
    + process(
        "child",
        '<bpmn:startEvent id="cs"/>'
        + service("mark", "test.mark")
        + user("work")
        + '<bpmn:endEvent id="ce"/>'
        + flow("cs", "mark")
        + flow("mark", "work")
        + flow("work", "ce"),
        takes="number",
        gives="outcome",
    )
    + "</bpmn:definitions>",
    "listed.bpmn": HEAD
    + process(
        "listed",
        '<bpmn:startEvent id="s"/>'
        f'<bpmn:callActivity id="each" name="逐项核对" calledElement="listed_child">{bag(collection="findings[risk = &quot;high&quot;]", each="finding")}'
        '<bpmn:multiInstanceLoopCharacteristics isSequential="false"/></bpmn:callActivity>'
        f'<bpmn:callActivity id="merged" name="逐号核对" calledElement="child">{bag(collection="if rounds = 10 then rounds else for i in 1..rounds return {number: i * 10}")}'
        '<bpmn:multiInstanceLoopCharacteristics isSequential="false"/></bpmn:callActivity>'
        + user("after")
        + '<bpmn:endEvent id="e"/>'
        + flow("s", "each")
        + flow("each", "merged")
        + flow("merged", "after")
        + flow("after", "e"),
        takes="findings rounds",
    )
    + process(
        "listed_child",
        '<bpmn:startEvent id="ls"/>'
        + user("look")
        + '<bpmn:endEvent id="le"/>'
        + flow("ls", "look")
        + flow("look", "le"),
        takes="finding",
        gives="outcome",
    )
    + "</bpmn:definitions>",
    "timed.bpmn": HEAD
    + process(
        "timed",
        '<bpmn:startEvent id="s"/>'
        + user("slow")
        + '<bpmn:boundaryEvent id="remind" attachedToRef="slow" cancelActivity="false">'
        + bag(deadline="days-3")
        + '<bpmn:timerEventDefinition><bpmn:timeDate xsi:type="bpmn:tFormalExpression">due</bpmn:timeDate></bpmn:timerEventDefinition></bpmn:boundaryEvent>'
        + '<bpmn:boundaryEvent id="breach" attachedToRef="slow" cancelActivity="true">'
        + bag(deadline="days-5")
        + '<bpmn:timerEventDefinition><bpmn:timeDate xsi:type="bpmn:tFormalExpression">due</bpmn:timeDate></bpmn:timerEventDefinition></bpmn:boundaryEvent>'
        + user("nudged")
        + user("escalated")
        + '<bpmn:endEvent id="e"/><bpmn:endEvent id="e2"/><bpmn:endEvent id="e3"/>'
        + flow("s", "slow")
        + flow("slow", "e")
        + flow("remind", "nudged")
        + flow("nudged", "e2")
        + flow("breach", "escalated")
        + flow("escalated", "e3"),
    )
    + "</bpmn:definitions>",
    "beside.bpmn": HEAD
    + '<bpmn:message id="m" name="受阻"/><bpmn:message id="m2" name="结果"/>'
    + process(
        "beside",
        '<bpmn:startEvent id="s"/>'
        '<bpmn:subProcess id="inner" name="inner"><bpmn:startEvent id="is"/>'
        + user("deep")
        + '<bpmn:endEvent id="ie"/>'
        + flow("is", "deep")
        + flow("deep", "ie")
        + "</bpmn:subProcess>"
        + '<bpmn:intermediateCatchEvent id="wait" name="wait"><bpmn:messageEventDefinition messageRef="m2"/></bpmn:intermediateCatchEvent>'
        + '<bpmn:endEvent id="e"/>'
        + flow("s", "inner")
        + flow("inner", "wait")
        + flow("wait", "e")
        + '<bpmn:subProcess id="blocked" name="受阻处理" triggeredByEvent="true">'
        + f'<bpmn:startEvent id="bs" isInterrupting="false">{bag(by="业务科室")}<bpmn:messageEventDefinition messageRef="m"/></bpmn:startEvent>'
        + user("instruct")
        + '<bpmn:endEvent id="be"/>'
        + flow("bs", "instruct")
        + flow("instruct", "be")
        + "</bpmn:subProcess>",
        case="beside",
    )
    + "</bpmn:definitions>",
    "told.bpmn": HEAD
    + '<bpmn:message id="m3" name="结果"/>'
    + process(
        "told",
        '<bpmn:startEvent id="s"/>'
        + user("before")
        + '<bpmn:intermediateCatchEvent id="wait" name="wait"><bpmn:messageEventDefinition messageRef="m3"/></bpmn:intermediateCatchEvent>'
        + user("behind")
        + '<bpmn:endEvent id="e"/>'
        + flow("s", "before")
        + flow("before", "wait")
        + flow("wait", "behind")
        + flow("behind", "e"),
        case="told",
    )
    + "</bpmn:definitions>",
    "signed.bpmn": HEAD
    + process(
        "signed",
        '<bpmn:startEvent id="s"/>'
        + user("every", sign="all")
        + user("some", sign="any")
        + user("most", sign="ratio:0.5")
        + user("turn", sign="turn")
        + '<bpmn:endEvent id="e"/>'
        + flow("s", "every")
        + flow("every", "some")
        + flow("some", "most")
        + flow("most", "turn")
        + flow("turn", "e"),
    )
    + "</bpmn:definitions>",
}

ITEMS = 5


@operation.operation("test.mark", gives=("marked",))
def mark(step: operation.Step, *, number: int) -> dict[str, int]:  # noqa: ARG001
    """A verb that gives a number."""
    if number < 0:
        raise Refused("编号不能为负。", slug="negative")
    return {"marked": number * 2}


@operation.feed("test.items")
def items(step: operation.Step, *, after: str, limit: int):  # noqa: ARG001
    """Five items in key order."""
    for number in range(ITEMS):
        key = f"{number:03}"
        if key > after:
            yield key, {"number": number}


class Ports:
    """Three signers; three or five days."""

    signers = (1, 2, 3)

    def places(self, session, asked):  # noqa: ARG002
        if asked.sign:
            return [Place(f"person/{n}", str(n)) for n in self.signers]
        return [Place("role/1/section")]

    def due(self, session, *, pack, key, start, decide):  # noqa: ARG002
        days = int(key[-1]) if key.startswith("days-") else 3
        return DueDate(clock.end_of(start + timedelta(days=days)))


@pytest.fixture
def machine(database):
    runtime = Runtime(key="k" * 40, ports=Ports())
    with clock.fixed(T0), database.transaction() as session:
        session.add(Bureau(id=1, division="220000", name="局", short_name="局", level="county", pack="test"))
        session.flush()
        for n in (1, 2, 3):
            session.add(Person(id=n, bureau_id=1, staff_no=f"E{n}", login=f"p{n}", name=f"人{n}"))
        session.flush()
        release.deploy(session, "test", {name: content.encode() for name, content in FILES.items()})
    return runtime


@pytest.fixture
def at(database):
    with clock.fixed(T0), database.transaction() as session:
        yield session


def begin(machine, session, name, **data):
    return machine.start(
        session, process=name, data=data, bureau_id=1, pack="test", actor=session.get(Person, 1)
    )


def the_item(session, element, **where):
    session.flush()
    query = select(WorkItem).where(WorkItem.element == element, WorkItem.state == "open")
    for name, value in where.items():
        query = query.where(getattr(WorkItem, name) == value)
    return session.scalars(query.order_by(WorkItem.id)).first()


def do(machine, session, element, person=1, answers=None, **where):
    item = the_item(session, element, **where)
    assert item is not None, element
    run = machine.open(session, item.instance_id, session.get(Person, person))
    run.complete(item, answers or {})
    session.flush()
    return item


def drain(machine, session):
    while True:
        jobs = job.claim(session, limit=10)
        if not jobs:
            return
        for leased in jobs:
            payload = leased.payload
            if leased.kind == "children":
                call.start_children(machine, session, payload["call"], batch=2)
            elif leased.kind == "timer":
                machine.open(session, payload["instance"]).fire(payload["task"])
            elif leased.kind == "cancel":
                machine.open(session, payload["instance"]).end_here(payload["reason"])
            job.finish(session, leased)


def test_a_step_is_completed_returned_and_ended(machine, at):
    case = begin(machine, at, "linear")
    do(machine, at, "one", answers={"decision": "return", "note": "x"})
    assert at.get(Instance, case.id).data["decision"] == "return"
    do(machine, at, "one", answers={"decision": "go"})
    assert at.get(Instance, case.id).state == "running"
    do(machine, at, "two")
    assert at.get(Instance, case.id).state == "completed"
    assert "note" not in at.get(Instance, case.id).data, "answers stay out of the process data"


def test_a_second_completion_is_told_who_was_first(machine, at):
    begin(machine, at, "linear")
    item = do(machine, at, "one", person=2)
    run = machine.open(at, item.instance_id, at.get(Person, 3))
    with pytest.raises(ChangedMeanwhile) as told:
        run.complete(item, {})
    assert told.value.who == "人2"
    assert "人2" in str(told.value)


def test_called_processes_run_detached_and_the_last_one_sends_the_parent_on(machine, at):
    parent = begin(machine, at, "parent", number=7)
    at.flush()
    drain(machine, at)
    children = at.scalars(select(Instance).where(Instance.parent_id == parent.id)).all()
    assert [child.data["marked"] for child in children] == [0, 2, 4, 6, 8]
    assert len(at.get(Instance, parent.id).body) < 6000, (
        "the parent keeps one token, however many children there are"
    )
    for _ in range(ITEMS):
        do(machine, at, "work")
    row = at.scalars(select(Call).where(Call.element == "many")).one()
    assert (row.total, row.started, row.finished, row.state) == (5, 5, 5, "done")
    assert at.get(Instance, parent.id).data["many_result"] == {"total": 5, "outcomes": {"": 5}}
    drain(machine, at)
    do(machine, at, "work")
    do(machine, at, "after")
    assert at.get(Instance, parent.id).state == "completed"


FINDINGS = [
    {"no": "F1", "risk": "high"},
    {"no": "F2", "risk": "low"},
    {"no": "F3", "risk": "high"},
    {"no": "F4", "risk": "high"},
]


def test_a_call_for_each_element_of_a_feel_list_gives_each_child_its_element(machine, at):
    parent = begin(machine, at, "listed", findings=FINDINGS, rounds=2)
    drain(machine, at)
    row = at.scalars(select(Call).where(Call.element == "each")).one()
    assert (row.total, row.started, row.after) == (3, 3, "000003"), "two batches of two"
    children = at.scalars(select(Instance).where(Instance.parent_activity == "each").order_by(Instance.item))
    assert [child.data["finding"]["no"] for child in children] == ["F1", "F3", "F4"]
    for _ in range(3):
        do(machine, at, "look")
    assert at.get(Instance, parent.id).data["each_result"] == {"total": 3, "outcomes": {"": 3}}
    drain(machine, at)
    merged = at.scalars(select(Instance).where(Instance.parent_activity == "merged").order_by(Instance.item))
    assert [child.data["marked"] for child in merged] == [20, 40], "a context's entries are the child's data"
    do(machine, at, "work")
    do(machine, at, "work")
    do(machine, at, "after")
    assert at.get(Instance, parent.id).state == "completed"


def test_an_empty_list_calls_nothing_and_the_case_goes_on(machine, at):
    parent = begin(machine, at, "listed", findings=FINDINGS[1:2], rounds=1)
    drain(machine, at)
    assert at.get(Instance, parent.id).data["each_result"] == {"total": 0, "outcomes": {}}
    drain(machine, at)
    assert the_item(at, "work") is not None


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ({"findings": [], "rounds": "two"}, "没有结果"),
        ({"findings": [], "rounds": 10}, "不是列表"),
        ({"findings": [FINDINGS[0]] * (call.MAX_ELEMENTS + 1), "rounds": 1}, "最多 1000 项"),
        ({"findings": None, "rounds": 1}, "没有结果"),
    ],
)
def test_what_is_no_list_or_too_long_a_one_is_an_error_and_never_a_quiet_branch(machine, at, data, reason):
    begin(machine, at, "listed", **data)
    with pytest.raises(CaseworkError, match=reason):
        drain(machine, at)
    assert the_item(at, "look") is None


def test_the_elements_are_fixed_when_the_first_batch_starts(machine, at, monkeypatch):
    begin(machine, at, "listed", findings=FINDINGS, rounds=1)
    (first,) = job.claim(at, limit=1)
    call.start_children(machine, at, first.payload["call"], batch=1)
    job.finish(at, first)
    monkeypatch.setattr(call.feel, "evaluate", lambda *_: pytest.fail("read twice"))
    (second,) = job.claim(at, limit=1)
    call.start_children(machine, at, second.payload["call"], batch=10)
    children = at.scalars(select(Instance).where(Instance.parent_activity == "each").order_by(Instance.item))
    assert [child.data["finding"]["no"] for child in children] == ["F1", "F3", "F4"]


def test_a_single_call_counts_to_one(machine, at):
    begin(machine, at, "parent", number=7)
    at.flush()
    with pytest.raises(IntegrityError, match="single"):
        at.execute(text("update call set multiple = false, total = 2"))


def test_a_reminder_fires_once_and_a_breach_takes_the_step_away(machine, at):
    case = begin(machine, at, "timed")
    drain(machine, at)
    assert the_item(at, "nudged") is None
    with clock.fixed(T0 + timedelta(days=4)):
        drain(machine, at)
        assert the_item(at, "nudged") is not None
        assert the_item(at, "slow") is not None
    with clock.fixed(T0 + timedelta(days=6)):
        drain(machine, at)
        assert the_item(at, "slow") is None
        do(machine, at, "escalated")
        do(machine, at, "nudged")
    assert at.get(Instance, case.id).state == "completed"
    assert Counter(at.scalars(select(Job.state).where(Job.kind == "timer"))) == {"done": 2}


def test_a_timer_whose_step_was_done_does_nothing(machine, at):
    case = begin(machine, at, "timed")
    do(machine, at, "slow")
    assert at.get(Instance, case.id).state == "completed"
    with clock.fixed(T0 + timedelta(days=9)):
        drain(machine, at)
    assert the_item(at, "nudged") is None


def test_event_subprocesses_run_beside_their_case_which_ends_after_them(machine, at):
    case = begin(machine, at, "beside")
    definition = release.load(at, case.release_id).processes["beside"]
    assert [(t.process, t.name, t.element.property("by")) for t in definition.triggers] == [
        ("beside.blocked", "受阻处理", "业务科室")
    ]
    for n in ("a", "b"):
        call.trigger(machine, at, case, "beside.blocked", actor=at.get(Person, 1), data={}, key=n)
    do(machine, at, "deep")
    do(machine, at, "instruct")
    assert machine.open(at, case.id).catch("结果", {"result": 1}) == 1
    assert at.get(Instance, case.id).state == "running", "one of the two is still open"
    do(machine, at, "instruct")
    assert at.get(Instance, case.id).state == "completed"


def test_a_message_that_comes_before_its_event_waits_is_kept_and_taken_once(machine, at):
    """BPMN 2.0 §13.5.1: two cases do not keep step; what one sends early must not be lost."""
    case = begin(machine, at, "beside")
    assert message.deliver(machine, at, case.id, "结果", {"result": 7}) == 0
    kept = at.scalars(select(message.Message)).one()
    assert (kept.case_id, kept.name, kept.data, kept.taken_at) == (case.id, "结果", {"result": 7}, None)
    do(machine, at, "deep")
    assert at.get(Instance, case.id).state == "completed"
    assert at.get(Instance, case.id).data["result"] == 7
    assert kept.taken_by_id == case.id
    acts = at.scalars(select(History.detail).where(History.kind == "message").order_by(History.id)).all()
    assert [detail.get("act", "收到") for detail in acts] == ["收到（先到，等流程走到再用）", "收到"]


def test_a_message_finds_the_token_that_waits_and_nothing_is_kept(machine, at):
    case = begin(machine, at, "beside")
    do(machine, at, "deep")
    assert message.deliver(machine, at, case.id, "结果", {"result": 1}) == 1
    assert at.get(Instance, case.id).state == "completed"
    assert at.scalar(select(message.Message)) is None


def test_a_message_for_a_case_that_has_ended_stands_in_its_timeline(machine, at):
    case = begin(machine, at, "beside")
    do(machine, at, "deep")
    for _ in range(2):
        message.deliver(machine, at, case.id, "结果", {})
    assert at.scalar(select(message.Message)) is None, "nothing can wait for it any more"
    last = at.scalars(select(History).order_by(History.id.desc())).first()
    assert last.detail["act"] == "收到（流程已经办结，未再使用）"


def test_a_message_that_no_diagram_catches_is_a_failure_of_its_sender(machine, at):
    case = begin(machine, at, "beside")
    with pytest.raises(CaseworkError, match="没有等待消息“受阻”的事件"):
        message.deliver(machine, at, case.id, "受阻", {})
    with pytest.raises(NotFound):
        message.deliver(machine, at, 4711, "结果", {})


def test_no_way_leads_back_over_a_message_that_was_taken(machine, at):
    """退回、撤回: it would not come a second time, and the case would wait for ever."""
    case = begin(machine, at, "told")
    first = do(machine, at, "before")
    message.deliver(machine, at, case.id, "结果", {})
    run, item = machine.open_item(at, the_item(at, "behind").id, at.get(Person, 1))
    assert back.earlier(run, item) == []
    with pytest.raises(Refused, match="后面的环节已经办过"):
        back.after(run, first)


def test_a_kept_message_is_taken_by_somebody_at_some_time_or_by_nobody(machine, at):
    case = begin(machine, at, "beside")
    at.flush()
    with pytest.raises(IntegrityError, match="taken"):
        at.execute(
            text(
                "insert into message (case_id, name, data, sent_at, taken_by_id) "
                "values (:case, 'x', '{}', '2026-03-02 01:00:00', :case)"
            ),
            {"case": case.id},
        )


@pytest.mark.usefixtures("machine")
def test_what_is_kept_at_hand_does_not_grow_with_days_and_releases(at, monkeypatch):
    """A web process that runs for a year has seen every day and every release: it keeps the last ones only."""
    monkeypatch.setattr(release, "_loaded", recent.Recent(2))
    numbers = []
    for extra in range(4):
        files = {name: content.encode() for name, content in FILES.items()}
        numbers.append(release.deploy(at, "test", {**files, "f.form": b"%d" % extra}).id)
        at.info.clear()
        compiled = release.load(at, numbers[-1])
    assert len(release._loaded) == 2
    at.info.clear()
    assert release.load(at, numbers[0]).id == numbers[0], "an old one is compiled again"
    assert release.load(at, numbers[-1]) is compiled, "the latest was at hand"

    monkeypatch.setattr(release.Compiled, "decide", lambda *_: SimpleNamespace(usable=lambda: {"days": 5}))
    for day in range(release.LIMITS + 9):
        with clock.fixed(T0 + timedelta(days=day)):
            assert compiled.limit("deadlines", {"key": "step.default"}) == {"days": 5}
    assert len(compiled.limits) == release.LIMITS


def test_countersigning_by_all_any_ratio_and_in_turn(machine, at):
    case = begin(machine, at, "signed")
    for seat in "132":
        do(
            machine,
            at,
            "every",
            person=int(seat),
            seat=seat,
            answers={"decision": "agree" if seat != "2" else "against"},
        )
    assert at.get(Instance, case.id).data["every_votes"] == {"total": 3, "done": 3, "agree": 2}
    do(machine, at, "some", person=2, seat="2")
    assert the_item(at, "some") is None
    do(machine, at, "most", person=1, seat="1")
    assert the_item(at, "most") is not None
    do(machine, at, "most", person=3, seat="3")
    for seat in "123":
        assert the_item(at, "turn").seat == seat
        do(machine, at, "turn", person=int(seat))
    assert at.get(Instance, case.id).state == "completed"


def test_who_is_added_to_signing_in_turn_signs_beside_whose_turn_it_is(machine, at):
    """依次签: the next turn, and the decision, wait for both."""
    case = begin(machine, at, "signed")
    for seat in "132":
        do(machine, at, "every", person=int(seat), seat=seat)
    do(machine, at, "some", person=2, seat="2")
    for seat in "13":
        do(machine, at, "most", person=int(seat), seat=seat)
    run, item = machine.open_item(at, the_item(at, "turn").id, at.get(Person, 1))
    sign.add(run, item, at.get(Person, 3), "一并签")
    do(machine, at, "turn", person=3, seat="3")
    assert the_item(at, "turn").seat == "1", "whose turn it was has not signed"
    do(machine, at, "turn", person=1)
    assert the_item(at, "turn").seat == "2"
    do(machine, at, "turn", person=2)
    assert at.get(Instance, case.id).state == "completed"


def reassigned(machine, session, element, signers):
    """Others are responsible now: what the job of a verb's wish does."""
    machine.ports.signers = signers
    item = the_item(session, element)
    sign.people_changed(machine.open(session, item.instance_id), item.task)


def test_when_the_last_who_has_not_signed_leaves_the_step_is_decided(machine, at):
    case = begin(machine, at, "signed")
    for seat in "12":
        do(machine, at, "every", person=int(seat), seat=seat)
    reassigned(machine, at, "every", (1, 2))
    assert the_item(at, "some") is not None
    assert at.get(Instance, case.id).data["every_votes"] == {"total": 2, "done": 2, "agree": 2}


def test_a_change_of_the_people_gives_nobody_a_turn_before_the_others(machine, at):
    begin(machine, at, "signed")
    for seat in "123":
        do(machine, at, "every", person=int(seat), seat=seat)
    do(machine, at, "some", person=2, seat="2")
    for seat in "13":
        do(machine, at, "most", person=int(seat), seat=seat)
    do(machine, at, "turn", person=1)
    reassigned(machine, at, "turn", (1, 2, 3))
    assert [
        part.seat
        for part in at.scalars(select(WorkItem).where(WorkItem.element == "turn", WorkItem.state == "open"))
    ] == ["2"]
    reassigned(machine, at, "turn", (1, 3))
    assert the_item(at, "turn").seat == "3"


def test_a_state_that_was_altered_or_moved_does_not_open(machine, at):
    one, two = begin(machine, at, "linear"), begin(machine, at, "linear")
    at.flush()
    at.execute(
        text("update instance set body = (select body from instance where id = :two) where id = :one"),
        {"one": one.id, "two": two.id},
    )
    with pytest.raises(CaseworkError, match="封记不符"):
        machine.open(at, one.id)


def test_a_refusal_by_a_system_step_reaches_the_person_and_undoes_everything(machine, database):
    with pytest.raises(Refused, match="编号不能为负"), clock.fixed(T0), database.transaction() as session:
        begin(machine, session, "child", number=-1)
    with database.reading() as session:
        assert session.scalars(select(Instance)).all() == []


def test_every_walked_arrow_is_told_to_listeners(machine, at):
    seen: list[tuple[str, str, str]] = []

    def listen(process: str, source: str, target: str) -> None:
        seen.append((process, source, target))

    spiff.walked.append(listen)
    try:
        begin(machine, at, "linear")
        do(machine, at, "one", answers={"decision": "go"})
    finally:
        spiff.walked.remove(listen)
    assert ("linear", "s", "one") in seen
    assert ("linear", "one", "g") in seen
