"""kill -9 in the middle of every verb of a draw, and two at once: the same draw goes on, never a second one."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from typing import Any

from sqlalchemy import func, select

from engine import operation
from engine.desk.world import World
from engine.domain import ceremony
from engine.domain.ceremony import Draw
from engine.domain.draw.verify import verify
from engine.errors import CaseworkError
from tests.scenario import Case
from tests.scenarios import acts, test_draw
from tests.scenarios.conftest import Installation
from web.assembly import form_check, form_keys, respond

SECRETS = acts.SECRETS


def steps(case: Case) -> list[tuple[str, str, Callable[[], dict[str, Any]], tuple[str, ...]]]:
    """The whole ceremony: step, who, answers, and the verbs that run in its transaction."""
    groups = {
        "groups": 1,
        "team_size": 2,
        "specialty": "",
        "principle_reason": "",
        "publish_by": "2026-09-30",
    }
    return [
        ("锁定名录库", acts.DRAFTER, lambda: {"confirm": True}, ("draw.open",)),
        ("资格审查", acts.DRAFTER, lambda: {"checked": True, "exceptions": []}, ("draw.review",)),
        ("确定抽取数量和分组", acts.DRAFTER, lambda: groups, ("draw.settings",)),
        (
            "抽取人封签",
            acts.DRAFTER,
            lambda: {"commit_operator": acts.commit_of(case, "bureau")},
            ("draw.commit_operator",),
        ),
        (
            "见证人核对名单并封签",
            acts.WITNESS,
            lambda: {"decision": "agree", "commit_witness": acts.commit_of(case, "witness")},
            ("draw.commit_witness", "draw.freeze"),
        ),
        (
            "抽取人启封",
            acts.DRAFTER,
            lambda: {"secret_operator": SECRETS["bureau"]},
            ("draw.reveal_operator",),
        ),
        (
            "当场启封",
            acts.WITNESS,
            lambda: {"ceremony": "reveal", "secret_witness": SECRETS["witness"]},
            ("draw.reveal", "draw.compute"),
        ),
        ("抽取人签署抽取记录", acts.DRAFTER, dict, ("draw.sign_operator",)),
        (
            "见证人签署抽取记录",
            acts.WITNESS,
            lambda: {"ceremony": "sign"},
            ("draw.sign_witness", "draw.finish"),
        ),
    ]


def again(scene: Any, case: Case) -> Case:
    """The same installation in another process or thread: connections are never shared."""
    world = World.open(scene.world.settings, form_check=form_check, form_keys=form_keys, respond=respond)
    other = Installation(world, scene.bureau, scene.province)
    other.rehearsal.now = scene.rehearsal.now
    return Case(other, case.id)


def dies_in(verb: str, scene: Any, case: Case, act: Callable[[Case], Any]) -> None:
    """A process of our own does the step and is killed when the verb has written, before anything is committed."""
    scene.world.database.dispose()
    child = os.fork()
    if child == 0:
        real = operation.call

        def call(name: str, step: Any, *args: Any, **more: Any) -> Any:
            result = real(name, step, *args, **more)
            if name == verb:
                step.session.flush()
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        operation.call = call  # type: ignore[assignment]
        try:
            act(again(scene, case))
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), f"{verb} was never reached"


def row(scene: Any) -> tuple[Any, ...]:
    """What is stored of the bureau's draws."""

    def read(session: Any) -> tuple[Any, ...]:
        query = select(
            Draw.id, Draw.state, Draw.roster, Draw.head, Draw.operator_commit, Draw.operator_secret
        )
        return tuple(map(tuple, session.execute(query.where(Draw.bureau_id == scene.bureau))))

    return scene.read(read)


def test_killed_in_any_verb_the_same_draw_goes_on(jilin):
    case = test_draw.opened(jilin)
    for step, who, answers, verbs in steps(case):
        given = answers()
        for verb in verbs:
            before = row(jilin)
            dies_in(verb, jilin, case, lambda other: other.completes(step, by=who, **given))  # noqa: B023
            assert row(jilin) == before, f"{verb} left something behind"
            case.expects(step)
        case.completes(step, by=who, **given)
    draw = test_draw.draw_of(case)
    assert (draw.state, len(row(jilin))) == ("placed", 1)
    assert verify(ceremony.transcript_of(draw).as_json(), roster=draw.roster).ok
    assert case.data()["draw_outcome"] == "drawn"


def test_two_at_once_in_every_step_leave_one_draw(jilin):
    """Two tabs, two clerks: one wins, the other is told; there is one number, one roster, one result."""
    case = test_draw.opened(jilin)
    for step, who, answers, _ in steps(case):
        given, told = answers(), []
        gate = threading.Barrier(2)

        def act(given=given, told=told, gate=gate, step=step, who=who) -> None:
            other = again(jilin, case)
            other.scenario.rehearsal.seed = str(threading.get_ident())  # another tab: another key of its post
            try:
                item = other._item(step).id
                gate.wait(timeout=60)
                other.scenario.rehearsal.answer(item, by=who, **given)
                told.append("done")
            except CaseworkError as no:
                told.append(str(no))
            finally:
                other.scenario.world.database.dispose()

        both = [threading.Thread(target=act) for _ in range(2)]
        for one in both:
            one.start()
        for one in both:
            one.join()
        assert sorted(each == "done" for each in told) == [False, True], (step, told)
    draw = test_draw.draw_of(case)
    assert (draw.state, draw.round) == ("placed", 1)
    assert verify(ceremony.transcript_of(draw).as_json(), roster=draw.roster).ok
    assert jilin.read(lambda session: session.scalar(select(func.count(Draw.id)))) == 1


def test_the_same_post_again_gives_the_same_receipt_and_no_second_event(jilin):
    """A client that never saw the answer sends once more, the same key with it."""
    case = test_draw.opened(jilin)
    for step, who, answers, _ in steps(case):
        item, given = case.expects(step).id, answers()
        case.completes(step, by=who, **given)
        stored = row(jilin)
        case.scenario.rehearsal.answer(item, by=who, **given)
        assert row(jilin) == stored, step
    assert len(test_draw.draw_of(case).events) == 6
