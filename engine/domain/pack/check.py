"""Whether a pack may be used: known keys, right types, every value with its source, no file twice.

`check` looks at a pack as it ships, `findings` at the parameters of a release before it is frozen.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from engine.domain.pack.catalogue import CATALOGUE
from engine.domain.pack.files import FOLDER, names, own_files, pack_files, rows_of, same_content
from engine.domain.pack.model import (
    HEAD_KEYS,
    NONE,
    PARAMETER_KEYS,
    ancestry,
    inherited,
    pack_of,
    parameters,
    read,
)
from engine.domain.terms import (
    REGULATIONS,
    ROLE_LABELS,
    STRENGTHS,
    WORKFLOWS,
    known_ref,
    lineage,
    split_refs,
)
from engine.errors import Finding, ModelInvalid
from engine.sentence import Sentence

DEADLINES = "deadlines.dmn"
TIED = {"report.deadline": "report.submit", "publish.deadline": "publish.result"}
"""Parameters whose number also stands in the deadlines table: both must say the same."""
HOUSE_RULE = "practice"
INSTALLED = ("item_list.owner", "registry.inspectors_by", "registry.objects_by")
"""Who keeps which registry is settled where the pack is installed; no case carries it, so no release changes it."""


@dataclass(frozen=True, slots=True)
class _Sheet:
    """The text of one pack: its name, the file that findings name, the lines as written."""

    name: str
    file: str
    lines: tuple[str, ...]
    text: Mapping[str, Any]
    line: tuple[str, ...]  # the pack and its parents

    def finding(self, element: str, rule: str, reason: str, hint: str = "") -> Finding:
        """A finding at the line that speaks of an element, 0 if there is none."""
        at = next((number for number, line in enumerate(self.lines, 1) if element and element in line), 0)
        return Finding(self.file, element, "", at, rule, reason, hint)


def check(name: str) -> list[Finding]:
    """Every fault of a pack at once; an empty list means it may be used. NotFound for an unknown name."""
    try:
        texts = {name: read(name)}  # first of all: a pack that cannot be read has no lineage
        texts |= {parent: read(parent) for parent in lineage(name)[1:]}
    except ModelInvalid as fault:
        return fault.findings
    path = WORKFLOWS / name / "pack.toml"
    lines = path.read_text("utf-8", "replace").splitlines()
    sheet = _Sheet(name, f"{name}/pack.toml", tuple(lines), texts[name], lineage(name))
    findings = [*_head(sheet, {path.parent.name for path in WORKFLOWS.glob("*/pack.toml")})]
    findings += [*_parameters(sheet), *_files(name)]
    if not findings:
        table = pack_files(name).get(DEADLINES)
        content = table.read_bytes() if table else None
        findings += [*_whole(sheet, texts, content, f"{name}/{DEADLINES}")]
    return findings


def findings(files: Mapping[str, bytes]) -> list[Finding]:
    """Every fault of the parameters of a release (`packs/<name>.toml`), and of its deadlines table beside them."""
    texts: dict[str, Mapping[str, Any]] = {}
    found: list[Finding] = []
    for path, content in sorted(files.items()):
        if not path.endswith(".toml"):
            continue
        if path.count("/") != 1 or not path.startswith(f"{FOLDER}/"):
            reason = "参数文件应放在 packs 文件夹，以规则包命名。"
            found.append(Finding(path, "", "", 0, "place", reason, "例如 packs/jilin.toml。"))
            continue
        try:
            texts[pack_of(path)] = tomllib.loads(content.decode())
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
            found.append(Finding(path, "", "", 0, "toml", Sentence("文件读不出：{fault}。", fault=fault)))
    sheets = [
        _Sheet(
            name,
            f"{FOLDER}/{name}.toml",
            tuple(files[f"{FOLDER}/{name}.toml"].decode().splitlines()),
            text,
            ancestry(name, texts),
        )
        for name, text in texts.items()
    ]
    for sheet in sheets:
        found += [*_head(sheet, set(texts)), *_parameters(sheet)]
    if DEADLINES in files and not texts and not found:
        found.append(Finding(FOLDER, "", "", 0, "missing-file", "没有参数文件，例如 packs/jilin.toml。"))
    parents = {text.get("inherits") for text in texts.values()}
    for sheet in sheets:
        if not found and sheet.name not in parents:
            found += _whole(sheet, texts, files.get(DEADLINES), DEADLINES)
            found += _installed(sheet, texts)
    return found


def _installed(sheet: _Sheet, texts: Mapping[str, Mapping[str, Any]]) -> Iterator[Finding]:
    if sheet.name not in names():
        return
    own, shipped = inherited(sheet.name, texts), parameters(sheet.name)
    for key in INSTALLED:
        if key in own and own[key].value != shipped[key].value:
            reason = Sentence(
                "参数“{key}”以安装的规则包为准（{value}），不随发布改变。", key=key, value=shipped[key].value
            )
            hint = "需要改变名录由谁维护的，请系统管理员更新安装的规则包。"
            yield replace(sheet.finding(key, "installed", reason, hint), severity="warning")


def _head(sheet: _Sheet, known: set[str]) -> Iterator[Finding]:
    name, text = sheet.name, sheet.text
    for key in sorted(set(text) - HEAD_KEYS):
        yield sheet.finding(key, "unknown-key", Sentence("不认识“{key}”。", key=key))
    if text.get("name") != name:
        yield sheet.finding("name", "name", Sentence("name 应与规则包同名“{name}”。", name=name))
    parent = str(text.get("inherits", ""))
    if parent and parent not in known:
        yield sheet.finding("inherits", "parent", Sentence("没有上级规则包“{parent}”。", parent=parent))
    if parent and name in (*sheet.line[1:], *lineage(parent)):
        yield sheet.finding("inherits", "parent", "规则包的继承成了圈。")
    for role in sorted(set(text.get("role_labels", {})) - set(ROLE_LABELS)):
        yield sheet.finding(role, "role", Sentence("没有角色“{role}”。", role=role))


def _parameters(sheet: _Sheet) -> Iterator[Finding]:
    for key, row in sheet.text.get("parameters", {}).items():
        definition = CATALOGUE.get(key)
        if definition is None:
            yield sheet.finding(
                key,
                "unknown-key",
                Sentence("没有参数“{key}”。", key=key),
                Sentence("可用：{allowed}。", allowed=_nearest(key)),
            )
            continue
        if not isinstance(row, dict) or "value" not in row:
            yield sheet.finding(key, "missing-value", Sentence("参数“{key}”没有 value。", key=key))
            continue
        for strange in sorted(set(row) - PARAMETER_KEYS):
            yield sheet.finding(
                key, "unknown-key", Sentence("参数“{key}”中不认识“{strange}”。", key=key, strange=strange)
            )
        value = None if row["value"] == NONE and definition.optional else row["value"]
        fault = definition.fault(value)
        if fault:
            yield sheet.finding(
                key,
                "type",
                Sentence("参数“{key}”的值 {value} {fault}。", key=key, value=repr(row["value"]), fault=fault),
            )
        if row.get("strength") not in STRENGTHS:
            yield sheet.finding(
                key, "strength", Sentence("参数“{key}”的 strength 应为 hard 或 principle。", key=key)
            )
        yield from _source(sheet, key, row)
        for bound in ("valid_from", "valid_to"):
            if bound in row and not isinstance(row[bound], date):
                yield sheet.finding(
                    key, "validity", Sentence("参数“{key}”的 {bound} 应为日期。", key=key, bound=bound)
                )


def _source(sheet: _Sheet, key: str, row: dict[str, Any]) -> Iterator[Finding]:
    source = row.get("source")
    if not isinstance(source, str) or not source.strip():
        reason = Sentence("参数“{key}”没有写明依据（source）。", key=key)
        yield sheet.finding(key, "missing-source", reason, "写条款，例如 W9，或文件名。")
        return
    for ref in split_refs(source):
        regulation = REGULATIONS.get(ref[0]) if ref.isascii() else None
        if not known_ref(ref):
            yield sheet.finding(key, "source", Sentence("参数“{key}”的依据“{ref}”不存在。", key=key, ref=ref))
        elif regulation is not None and regulation.pack not in sheet.line:
            reason = Sentence(
                "参数“{key}”引用了“{ref}”，而{document}不适用于本规则包。",
                key=key,
                ref=ref,
                document=regulation.number,
            )
            yield sheet.finding(key, "foreign-source", reason)


def _nearest(key: str) -> str:
    head = key.split(".", maxsplit=1)[0]
    return (
        "、".join(known for known in CATALOGUE if known.startswith(head)) or "见 casework pack show national"
    )


def _files(name: str) -> Iterator[Finding]:
    parents = lineage(name)[1:]
    if not parents:
        return
    inherited_files = pack_files(parents[0])
    for relative, path in own_files(name).items():
        twin = inherited_files.get(relative)
        if twin is not None and same_content(path, twin):
            above = twin.relative_to(WORKFLOWS).parts[0]
            reason = Sentence(
                "{relative} 与上级规则包 {above} 的内容相同（布局不算）。", relative=relative, above=above
            )
            yield Finding(
                f"{name}/{relative}", relative, "", 0, "same-as-parent", reason, "请删去，自动沿用上级。"
            )


def _whole(
    sheet: _Sheet, texts: Mapping[str, Mapping[str, Any]], table: bytes | None, file: str
) -> Iterator[Finding]:
    """After inheritance every parameter must have a value, and the deadlines table must say the same."""
    pack = inherited(sheet.name, texts)
    for key in sorted(set(CATALOGUE) - set(pack)):
        yield sheet.finding(
            key, "missing-parameter", Sentence("参数“{key}”在本规则包和上级中都没有。", key=key)
        )
    if table is None:
        yield Finding(file, DEADLINES, "", 0, "missing-file", "没有时限表 deadlines.dmn。")
        return
    try:
        rows = rows_of(table, DEADLINES)
    except (ValueError, IndexError) as fault:
        yield Finding(file, DEADLINES, "", 0, "table", Sentence("时限表读不出：{fault}。", fault=fault))
        return
    yield from _rows(sheet, rows, file)
    for parameter, key in TIED.items():
        if parameter not in pack:
            continue
        value = pack[parameter].value
        if key not in rows:
            reason = Sentence("时限表没有“{key}”，而参数“{parameter}”要用它。", key=key, parameter=parameter)
            yield Finding(file, key, "", 0, "deadline", reason)
            continue
        days, strength, _clause = rows[key]
        agrees = (
            strength == HOUSE_RULE if value is None else (days, strength) == (value, pack[parameter].strength)
        )
        if not agrees:
            reason = Sentence(
                "参数“{parameter}”（{value}）与时限表“{key}”（{days}，{strength}）不一致。",
                parameter=parameter,
                value=value,
                key=key,
                days=days,
                strength=strength,
            )
            yield sheet.finding(parameter, "deadline", reason)


def _rows(sheet: _Sheet, rows: Mapping[str, tuple[int, str, str]], file: str) -> Iterator[Finding]:
    for key, (days, strength, clause) in rows.items():
        if days < 0 or strength not in (*STRENGTHS, HOUSE_RULE):
            reason = Sentence(
                "时限“{key}”的天数或强度不对：{days}，{strength}。", key=key, days=days, strength=strength
            )
            yield Finding(file, key, "", 0, "deadline", reason)
        if strength != HOUSE_RULE and not clause:
            yield Finding(file, key, "", 0, "missing-source", Sentence("时限“{key}”没有写明依据。", key=key))
        for ref in split_refs(clause):
            regulation = REGULATIONS.get(ref[0]) if ref.isascii() else None
            if not known_ref(ref) or (regulation is not None and regulation.pack not in sheet.line):
                reason = Sentence("时限“{key}”的依据“{ref}”不存在或不适用。", key=key, ref=ref)
                yield Finding(file, key, "", 0, "source", reason)
