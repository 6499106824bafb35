"""A rule switched off for one run of the tests: a pytest plugin that `scripts/toggles` gives to a process of its own.

What is switched off lives in the released files (parameter, strength, step, deadline, text of a table or diagram), in
the code (a refusal, a permission) or in the database (constraint, trigger). Files are changed in a copy of
`workflows/`, code and schema in the memory of that process; the product itself knows nothing of this.
"""

from __future__ import annotations

import importlib
import json
import re
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import DDL

SHIPPED = Path(__file__).resolve().parent.parent / "workflows"


class NothingToSwitchOff(Exception):
    """The line of tests/toggles.toml names something that is not there."""


# -- the released files -------------------------------------------------------------------------------------------


def _copied() -> Path:
    """A copy of the packs, which every module reads from now on."""
    folder = Path(tempfile.mkdtemp(prefix="toggle-")) / "workflows"
    shutil.copytree(SHIPPED, folder)
    for module in list(sys.modules.values()):
        if not str(getattr(module, "__name__", "")).startswith(
            ("engine.", "tests.", "test_", "year_samples")
        ):
            continue
        for name, value in list(vars(module).items()):
            if module.__name__ != __name__ and isinstance(value, Path) and value.is_relative_to(SHIPPED):
                setattr(module, name, folder / value.relative_to(SHIPPED))
            elif hasattr(value, "cache_clear"):
                value.cache_clear()
    return folder


def _rewrite(path: Path, change: Callable[[str], str]) -> None:
    before = path.read_text("utf-8")
    after = change(before)
    if after == before:
        raise NothingToSwitchOff(f"{path.name}: nothing to change")
    path.write_text(after, "utf-8")


def _parameter(*, parameter: str, pack: str, value: Any) -> None:
    """The pack says another value, with the same strength and source."""
    line = re.compile(rf'^("{re.escape(parameter)}" = \{{ value = )(.*?)(, strength = )', re.MULTILINE)
    folder = _copied()
    path = folder / pack / "pack.toml"
    if line.search(path.read_text("utf-8")):
        _rewrite(path, lambda text: line.sub(lambda m: m[1] + json.dumps(value) + m[3], text))
        return
    row = (
        f'"{parameter}" = {{ value = {json.dumps(value)}, strength = "hard", source = "国发〔2019〕5号" }}\n'
    )
    _rewrite(path, lambda text: text + row)


def _strength(*, strength: str, pack: str, value: str) -> None:
    """The pack says «hard» or «principle» otherwise."""
    line = re.compile(rf'^("{re.escape(strength)}" = .*?strength = ")(\w+)(")', re.MULTILINE)
    _rewrite(_copied() / pack / "pack.toml", lambda text: line.sub(lambda m: m[1] + value + m[3], text))


def _step(*, step: str, name: str, pack: str = "national", value: str = "") -> None:
    """A property of a step in the diagram, taken away or changed."""
    process, element = step.rsplit(".", 1)[0].split(".", maxsplit=1)[0], step.rsplit(".", 1)[1]

    def change(text: str) -> str:
        start = text.index(f'id="{element}"')
        end = text.index("</bpmn:extensionElements>", start)
        line = re.compile(rf'<spiffworkflow:property name="{name}" value="[^"]*"/>')
        other = f'<spiffworkflow:property name="{name}" value="{value}"/>' if value else ""
        return text[:start] + line.sub(other, text[start:end], count=1) + text[end:]

    _rewrite(_copied() / pack / f"{process}.bpmn", change)


def _deadline(*, deadline: str, pack: str, days: int) -> None:
    """A row of the deadlines table with another number."""
    row = re.compile(
        rf'(<text>"{re.escape(deadline)}"</text></inputEntry>\s*<outputEntry[^>]*><text>)(\d+)(</text>)'
    )
    _rewrite(
        _copied() / pack / "deadlines.dmn",
        lambda text: row.sub(lambda m: f"{m[1]}{days}{m[3]}", text, count=1),
    )


def _text(*, text: str, old: str, new: str) -> None:
    """A piece of a table or diagram, replaced."""
    _rewrite(_copied() / text, lambda whole: whole.replace(old, new))


# -- the code -----------------------------------------------------------------------------------------------------


def _function(*, function: str, returns: Any = None) -> None:
    """A function of the product that answers the same whatever happens, in every module that knows it."""
    module, name = function.split(":")
    _replace(getattr(importlib.import_module(module), name), lambda *_args, **_named: returns)


def _permission(*, permission: str) -> None:
    """A permission that everybody has."""
    rights = importlib.import_module("engine.access.rights")
    found = next((p for p in rights.all_permissions() if p.name == permission), None)
    if found is None:
        raise NothingToSwitchOff(permission)
    object.__setattr__(found.rule, "test", lambda _person, _subject: True)


def _replace(old: Any, new: Any) -> None:
    for module in list(sys.modules.values()):
        for name, value in list(getattr(module, "__dict__", {}).items()):
            if value is old:
                setattr(module, name, new)


# -- the database -------------------------------------------------------------------------------------------------


def _constraint(*, constraint: str) -> None:
    """A CHECK, UNIQUE, foreign key or unique index left out of the schema."""
    from engine.storage.base import Base  # noqa: PLC0415

    table_name, name = constraint.split(".")
    table = Base.metadata.tables[table_name]
    names = {name, name.removeprefix(f"ck_{table_name}_")}
    found = [each for each in table.constraints if str(each.name) in names]
    for each in found:
        table.constraints.remove(each)
    indexes = [each for each in table.indexes if each.name == name]
    for each in indexes:
        table.indexes.remove(each)
    if not found and not indexes:
        raise NothingToSwitchOff(f"{constraint}: {sorted(str(each.name) for each in table.constraints)}")


def _trigger(*, trigger: str) -> None:
    """A trigger left out of the schema."""
    execute = DDL.__call__

    def unless_named(self: DDL, *args: Any, **named: Any) -> Any:
        return (
            None
            if re.search(rf" {trigger}(_[a-z]+)? ", str(self.statement))
            else execute(self, *args, **named)
        )

    DDL.__call__ = unless_named


KINDS = {
    "parameter": _parameter,
    "strength": _strength,
    "step": _step,
    "deadline": _deadline,
    "text": _text,
    "function": _function,
    "permission": _permission,
    "constraint": _constraint,
    "trigger": _trigger,
}


class Toggle:
    """The plugin: switches off when all tests are collected, writes down what became of them."""

    def __init__(self, off: dict[str, Any], report: Path) -> None:
        self.off, self.report = off, report
        self.outcomes: dict[str, list[str]] = {}

    def pytest_collection_finish(self, session: Any) -> None:  # noqa: ARG002
        """By now every module is imported: switch the rule off."""
        if self.off:
            KINDS[next(kind for kind in KINDS if kind in self.off)](**self.off)

    def pytest_runtest_logreport(self, report: Any) -> None:
        """What became of each phase of each test."""
        if report.when == "call" or report.outcome == "failed":
            said = "" if report.outcome != "failed" else _first_line(str(report.longrepr))
            self.outcomes[report.nodeid] = [report.when, report.outcome, said]

    def pytest_sessionfinish(self, session: Any) -> None:  # noqa: ARG002
        """Write it down for whoever asked."""
        self.report.write_text(json.dumps(self.outcomes, ensure_ascii=False), "utf-8")


def _first_line(text: str) -> str:
    lines = [line[1:].strip() for line in text.splitlines() if line.startswith("E ")]
    return next((line for line in lines if line), "")[:160]
