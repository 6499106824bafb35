"""Names that a row of the database keeps have at most `WORD` characters: a longer one is refused before it is released.

SQLite would take it, PostgreSQL would refuse the step that writes it, in the middle of a case.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from engine.errors import Finding
from engine.rules.dmn.reader import name_of
from engine.runtime.model import Element, Process
from engine.sentence import Sentence
from engine.storage.base import WORD

RULE = "too-long"
KEPT = {"form": "表单", "clause": "依据", "deadline": "时限", "items": "条目来源"}
"""Properties that stand in rows, and what they are called in a finding."""
UNWRITTEN = ("Gateway", "endEvent", "subProcess", "transaction")
"""Kinds of elements that no row names."""


def processes(found: Iterable[Process]) -> Iterator[Finding]:
    """What the diagrams of a file give to rows: names, ids, messages, properties."""
    for process in found:
        at = (process.file, process.id, process.name, process.line)
        yield from _long(at, "id", process.id)
        yield from _long(at, "名称", process.name)
        for element in process.elements.values():
            if not element.kind.endswith(UNWRITTEN):
                yield from _element(process, element)


def _element(process: Process, element: Element) -> Iterator[Finding]:
    at = (process.file, element.id, element.name, element.line)
    yield from _long(at, "id", element.id)
    yield from _long(at, "名称", element.name)
    yield from _long(at, "消息", element.message)
    if element.kind == "userTask" and max(len(process.id), len(element.id)) <= WORD:
        yield from _long(at, "日志事项", f"step.{process.id}.{element.id}")
    for key, label in KEPT.items():
        yield from _long(at, label, element.property(key))


def decisions(file: str, nodes: Iterable[Any]) -> Iterator[Finding]:
    """What the decision tables of a file give to rows: their names stand in the timeline."""
    for node in nodes:
        at = (file, node.id, name_of(node.element), node.element.sourceline or 0)
        yield from _long(at, "id", node.id)
        yield from _long(at, "名称", name_of(node.element))


def paths(files: Mapping[str, bytes]) -> Iterator[Finding]:
    """Each file of a release stands in a row by its path."""
    for path in files:
        yield from _long((path, "", "", 1), "文件路径", path)


def _long(at: tuple[str, str, str, int], label: str, text: str) -> Iterator[Finding]:
    if len(text) > WORD:
        yield Finding(
            *at,
            RULE,
            Sentence("{label}有 {count} 个字符，最多 {most} 个。", label=label, count=len(text), most=WORD),
            "请改短；完整的说明写进表单或文书。",
        )
