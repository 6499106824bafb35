"""Whether a pack may be used: known keys, right types, every value with its source, no file twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from engine.domain.pack.catalogue import CATALOGUE
from engine.domain.pack.files import deadline_rows, own_files, pack_files, same_content
from engine.domain.pack.model import HEAD_KEYS, NONE, PARAMETER_KEYS, load, read
from engine.domain.terms import (
    REGULATIONS,
    ROLE_LABELS,
    STRENGTHS,
    WORKFLOWS,
    known_ref,
    lineage,
    split_refs,
)
from engine.errors import Finding, ModelInvalid, NotFound
from engine.sentence import Sentence

DEADLINES = "deadlines.dmn"
TIED = {"report.deadline": "report.submit", "publish.deadline": "publish.result"}
"""Parameters whose number also stands in the deadlines table: both must say the same."""
HOUSE_RULE = "practice"


def check(name: str) -> list[Finding]:
    """Every fault of a pack at once; an empty list means it may be used. NotFound for an unknown name."""
    try:
        text = read(name)
    except ModelInvalid as fault:
        return fault.findings
    findings = [*_head(name, text), *_parameters(name, text), *_files(name)]
    if not findings:
        findings += [*_complete(name), *_deadlines(name)]
    return findings


def _finding(
    name: str, element: str, rule: str, reason: str, hint: str = "", *, file: str = "pack.toml"
) -> Finding:
    return Finding(f"{name}/{file}", element, "", _line(name, element, file), rule, reason, hint)


def _line(name: str, element: str, file: str) -> int:
    """The line that speaks of an element, 0 if there is none."""
    path = WORKFLOWS / name / file
    if not element or file != "pack.toml" or not path.is_file():
        return 0
    lines = path.read_text("utf-8", "replace").splitlines()
    return next((number for number, line in enumerate(lines, 1) if element in line), 0)


def _head(name: str, text: dict[str, Any]) -> Iterator[Finding]:
    for key in sorted(set(text) - HEAD_KEYS):
        yield _finding(name, key, "unknown-key", f"不认识“{key}”。")
    if text.get("name") != name:
        yield _finding(name, "name", "name", f"name 应与文件夹同名“{name}”。")
    parent = text.get("inherits", "")
    if parent and not (WORKFLOWS / str(parent) / "pack.toml").is_file():
        yield _finding(name, "inherits", "parent", f"没有上级规则包“{parent}”。")
    if parent and name in lineage(str(parent)):
        yield _finding(name, "inherits", "parent", "规则包的继承成了圈。")
    for role in sorted(set(text.get("role_labels", {})) - set(ROLE_LABELS)):
        yield _finding(name, role, "role", f"没有角色“{role}”。")


def _parameters(name: str, text: dict[str, Any]) -> Iterator[Finding]:
    for key, row in text.get("parameters", {}).items():
        definition = CATALOGUE.get(key)
        if definition is None:
            yield _finding(name, key, "unknown-key", f"没有参数“{key}”。", f"可用：{_nearest(key)}。")
            continue
        if not isinstance(row, dict) or "value" not in row:
            yield _finding(name, key, "missing-value", f"参数“{key}”没有 value。")
            continue
        for strange in sorted(set(row) - PARAMETER_KEYS):
            yield _finding(name, key, "unknown-key", f"参数“{key}”中不认识“{strange}”。")
        value = None if row["value"] == NONE and definition.optional else row["value"]
        fault = definition.fault(value)
        if fault:
            yield _finding(name, key, "type", f"参数“{key}”的值 {row['value']!r} {fault}。")
        if row.get("strength") not in STRENGTHS:
            yield _finding(name, key, "strength", f"参数“{key}”的 strength 应为 hard 或 principle。")
        yield from _source(name, key, row)
        for bound in ("valid_from", "valid_to"):
            if bound in row and not isinstance(row[bound], date):
                yield _finding(name, key, "validity", f"参数“{key}”的 {bound} 应为日期。")


def _source(name: str, key: str, row: dict[str, Any]) -> Iterator[Finding]:
    source = row.get("source")
    if not isinstance(source, str) or not source.strip():
        yield _finding(
            name, key, "missing-source", f"参数“{key}”没有写明依据（source）。", "写条款，例如 W9，或文件名。"
        )
        return
    for ref in split_refs(source):
        regulation = REGULATIONS.get(ref[0]) if ref.isascii() else None
        if not known_ref(ref):
            yield _finding(name, key, "source", f"参数“{key}”的依据“{ref}”不存在。")
        elif regulation is not None and regulation.pack not in lineage(name):
            reason = f"参数“{key}”引用了“{ref}”，而{regulation.number}不适用于本规则包。"
            yield _finding(name, key, "foreign-source", reason)


def _nearest(key: str) -> str:
    head = key.split(".", maxsplit=1)[0]
    return (
        "、".join(known for known in CATALOGUE if known.startswith(head)) or "见 casework pack show national"
    )


def _files(name: str) -> Iterator[Finding]:
    parents = lineage(name)[1:]
    if not parents:
        return
    inherited = pack_files(parents[0])
    for relative, path in own_files(name).items():
        twin = inherited.get(relative)
        if twin is not None and same_content(path, twin):
            reason = (
                f"{relative} 与上级规则包 {twin.relative_to(WORKFLOWS).parts[0]} 的内容相同（布局不算）。"
            )
            yield _finding(name, relative, "same-as-parent", reason, "请删去，自动沿用上级。", file=relative)


def _complete(name: str) -> Iterator[Finding]:
    """After inheritance every parameter must have a value; only a root pack can lack one."""
    for key in sorted(set(CATALOGUE) - set(load(name))):
        yield _finding(name, key, "missing-parameter", f"参数“{key}”在本规则包和上级中都没有。")


def _deadlines(name: str) -> Iterator[Finding]:
    path = pack_files(name).get(DEADLINES)
    if path is None:
        yield _finding(name, DEADLINES, "missing-file", "没有时限表 deadlines.dmn。", file=DEADLINES)
        return
    try:
        rows = deadline_rows(path)
    except (ValueError, IndexError) as fault:
        yield _finding(name, DEADLINES, "table", f"时限表读不出：{fault}。", file=DEADLINES)
        return
    yield from _rows(name, rows)
    pack = load(name)
    for parameter, key in TIED.items():
        value = pack[parameter].value
        if key not in rows:
            raise NotFound(Sentence("{name} 的时限表没有“{key}”。", name=name, key=key))
        days, strength, _clause = rows[key]
        agrees = (
            strength == HOUSE_RULE if value is None else (days, strength) == (value, pack[parameter].strength)
        )
        if not agrees:
            reason = f"参数“{parameter}”（{value}）与时限表“{key}”（{days}，{strength}）不一致。"
            yield _finding(name, parameter, "deadline", reason)


def _rows(name: str, rows: Mapping[str, tuple[int, str, str]]) -> Iterator[Finding]:
    for key, (days, strength, clause) in rows.items():
        if days < 0 or strength not in (*STRENGTHS, HOUSE_RULE):
            yield _finding(
                name, key, "deadline", f"时限“{key}”的天数或强度不对：{days}，{strength}。", file=DEADLINES
            )
        if strength != HOUSE_RULE and not clause:
            yield _finding(name, key, "missing-source", f"时限“{key}”没有写明依据。", file=DEADLINES)
        for ref in split_refs(clause):
            regulation = REGULATIONS.get(ref[0]) if ref.isascii() else None
            if not known_ref(ref) or (regulation is not None and regulation.pack not in lineage(name)):
                yield _finding(
                    name, key, "source", f"时限“{key}”的依据“{ref}”不存在或不适用。", file=DEADLINES
                )
