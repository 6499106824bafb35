"""Short errands of the town, begun as often as wanted.

memo: 起草 (业务科室) → 核对 (基金监管, low risk) → 审批 (分管领导) → 存档. panel: 起草 → 会签 (everybody of 基金监管).
"""

from __future__ import annotations

from sqlalchemy import select

from engine.desk import jobs, step
from engine.domain.pack import parameter_files
from engine.people import Role
from engine.runtime import release
from engine.runtime.tables import WorkItem
from tests.engine.test_runtime import HEAD, bag, flow, process
from tests.web.town import FORM, ROOT, holds, somebody

NOTE = """{"type": "default", "id": "note", "schemaVersion": 16, "components": [
{"type": "textarea", "key": "note", "label": "核对意见", "validate": {"required": true, "maxLength": 200}}]}"""


def user(name, label, lane, **props):
    bagged = bag(lane=lane, clause="J8", **props)
    return f'<bpmn:userTask id="{name}" name="{label}">{bagged}</bpmn:userTask>'


PICK = """{"type": "default", "id": "pick", "schemaVersion": 16, "components": [
{"type": "select", "key": "who", "label": "转给哪个科室", "valuesKey": "sections", "validate": {"required": true}}]}"""


FILES = {
    "memo.bpmn": HEAD
    + process(
        "memo",
        '<bpmn:startEvent id="s"/>'
        + user("draft", "起草", "业务科室", form="town/note")
        + user("check", "核对", "基金监管", form="town/note", bulk="true")
        + user("decide", "审批", "分管领导", form="town/decide", excludes="draft")
        + user("file", "存档", "业务科室", form="town/note")
        + '<bpmn:endEvent id="e"/>'
        + flow("s", "draft")
        + flow("draft", "check")
        + flow("check", "decide")
        + flow("decide", "file")
        + flow("file", "e"),
    )
    + "</bpmn:definitions>",
    "panel.bpmn": HEAD
    + process(
        "panel",
        '<bpmn:startEvent id="s"/>'
        + user("draft", "起草", "业务科室", form="town/note")
        + user("judge", "会签", "基金监管", form="town/note", sign="all")
        + '<bpmn:endEvent id="e"/>'
        + flow("s", "draft")
        + flow("draft", "judge")
        + flow("judge", "e"),
    )
    + "</bpmn:definitions>",
    "sort.bpmn": HEAD
    + process(
        "sort",
        '<bpmn:startEvent id="s"/>'
        + user("assign", "分送", "业务科室", form="town/pick", bulk="true")
        + user("file", "存档", "业务科室", form="town/note")
        + '<bpmn:endEvent id="e"/>'
        + flow("s", "assign")
        + flow("assign", "file")
        + flow("file", "e"),
    )
    + "</bpmn:definitions>",
    "forms/town/note.form": NOTE,
    "forms/town/pick.form": PICK,
    "forms/town/decide.form": FORM.decode(),
    "deadlines.dmn": (ROOT / "workflows/jilin/deadlines.dmn").read_text("utf-8"),
}


def deploy(town):
    """Release the errand as the pack's next version."""
    with town.database.transaction() as session:
        files = {name: text.encode() for name, text in FILES.items()}
        release.deploy(session, "jilin", files | parameter_files("jilin"))


def begin(town, name="事由", *, by="lu", kind="memo"):
    """Open an errand; returns the number of its first step."""
    with town.database.transaction() as session:
        actor = somebody(session, by)
        case = town.runtime.start(
            session, process=kind, data={}, bureau_id=actor.bureau_id, pack="jilin", actor=actor
        )
        case.object_name = name
        session.flush()
        return session.scalars(select(WorkItem.id).where(WorkItem.case_id == case.id)).one()


def does(town, item, login, **answers):
    """Somebody completes a step, with what follows; returns the step that waits now, 0 where none does."""
    with town.database.reading() as session:
        who = somebody(session, login).id
    step.submit(town, who, item, answers or {"note": "核对无误"})
    jobs.drain(town)
    return waiting(town, item)


def waiting(town, item):
    """The open step of the same errand."""
    with town.database.reading() as session:
        case = session.get_one(WorkItem, item).case_id
        query = select(WorkItem.id).where(WorkItem.case_id == case, WorkItem.state == "open")
        return session.scalar(query) or 0


def row(town, item):
    """The step as it stands."""
    with town.database.reading() as session:
        return session.get_one(WorkItem, item)


def second(town, login, role):
    """Somebody holds one more post of the town from now on."""
    with town.database.transaction() as session:
        return holds(session, somebody(session, login), Role(role)).id
