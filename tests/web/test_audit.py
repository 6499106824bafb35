"""The log as the audit administrator reads it: every act in words, every subject with its kind."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from engine.audit import record
from engine.audit import words as said
from engine.desk import audit
from engine.desk.world import seed_files
from engine.operation import catalogue
from engine.runtime import release
from engine.settings import ROOT

WRITERS = {"record", "_log", "_note", "note", "log", "end", "make_public"}
"""The functions that write an entry, with the action among their arguments."""
HAN = re.compile(r"[\u3400-\u9fff]")
DOTTED = re.compile(r"[a-z_]+(\.[a-z0-9_-]+)+|claim|release")
PARTS = {
    "archive.{what}": [
        "approve_loan",
        "hand_out",
        "take_back",
        "appraise",
        "approved",
        "confirmed",
        "kept",
        "destroy",
    ],
    "registry.{report.kind}.import": ["objects", "inspectors", "items", "conflicts"],
    "registry.{word}.edit": ["object", "inspector"],
    "task.signer_{asked.way}": ["add", "remove", "replace"],
    "{about}.urge": ["report", "publication", "followup"],
}
"""Actions that the code puts together, and what stands in the gap."""
BY_THE_DIAGRAM = {"step.{item.process}.{item.element}", "start.{process}", "event.{process}"}


def written() -> Iterator[tuple[str, str]]:
    """Every action that the code enters, and where."""
    for path in [*(ROOT / "engine").rglob("*.py"), *(ROOT / "web").glob("*.py")]:
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(call, ast.Call):
                continue
            name = getattr(call.func, "id", getattr(call.func, "attr", ""))
            given = [each.value for each in call.keywords if each.arg == "action"]
            given += call.args if name in WRITERS else []
            for part in (part for each in given for part in ast.walk(each)):
                if isinstance(part, ast.JoinedStr):
                    yield ast.unparse(part)[2:-1], f"{path.name}:{part.lineno}"
                elif isinstance(part, ast.Constant) and DOTTED.fullmatch(str(part.value)):
                    yield str(part.value), f"{path.name}:{part.lineno}"


def test_every_action_that_the_code_enters_has_its_words():
    unknown = []
    for action, where in written():
        if action in BY_THE_DIAGRAM or (action.startswith("task.signer_") and action.endswith("_")):
            continue
        gap = re.search(r"\{.*?\}", action)
        if gap and action not in PARTS:
            if DOTTED.fullmatch(re.sub(r"\{.*?\}", "x", action)):
                unknown.append(f"{where}: {action}")
            continue
        fills = [action.replace(gap[0], word) for word in PARTS[action]] if gap else [action]
        unknown += [f"{where}: {each}" for each in fills if each not in said.ACTIONS]
    assert not unknown, "\n".join(unknown)


@pytest.mark.parametrize("pack", ["jilin", "wugang"])
def test_every_step_of_the_diagrams_has_its_words(pack):
    """What people and the machine do in a case is named by the diagram of its release."""
    found = release.compile_files(seed_files(pack), pack=pack)
    for process in found.processes.values():
        for step in process.elements.values():
            if step.operator:
                assert step.operator in catalogue()
                assert HAN.search(audit.act(step.operator, found.processes).name), step.operator
            if step.kind == "userTask":
                act = audit.act(f"step.{process.id}.{step.id}", found.processes)
                assert (act.kind, act.name) == ("step", step.name)
        assert audit.act(f"start.{process.id}", found.processes).name == process.name


def test_the_log_is_read_in_words_and_narrowed_by_what_stands_in_it(as_person, town):
    with town.database.transaction() as session:
        for subject in ("case/24", "case/25", "draw/229900-2026-0001"):
            record(session, action="case.comment", subject=subject)
        record(session, action="step.plan.approve_plan", subject="case/24", release_id=1)
        record(session, action="start.plan", subject="case/24", release_id=1)
    shenji = as_person("shenji")
    page = shenji.get("/audit").text
    table = page[page.index("<tbody>") :]
    for words in ("写交流意见", "办理“审批计划”", "启动“计划”", "登录", "抽取 229900-2026-0001", "案件 24"):
        assert words in table
    assert not re.search(r">[a-z_]+\.[a-z_.]+<", table), "no code words"
    assert "人员 审计员</a>" in table, "a person by name, not by number"
    one = shenji.get("/audit", query_string={"subject": "案件 24"}).text
    assert one.count("案件 24</a>") == 3
    assert "案件 25</a>" not in one
    steps = shenji.get("/audit?action=step").text
    assert "办理“审批计划”" in steps
    assert "写交流意见" not in steps[steps.index("<tbody>") :]
    english = shenji.get("/audit?lang=en").text
    assert "Case 24" in english
