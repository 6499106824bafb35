"""The files of a pack: its own, and those of its parents where it has none of that name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import orjson
from lxml import etree

from engine import markup
from engine.domain.terms import WORKFLOWS, lineage
from engine.errors import NotFound
from engine.sentence import Sentence

KINDS = (".bpmn", ".dmn", ".form")
DOCUMENTS = "documents"
FOLDER = "packs"
"""Where the parameters of a pack and its parents stand within a release: `packs/jilin.toml`."""
_LAYOUT = re.compile(
    r"\{http://www\.omg\.org/spec/(BPMN|DMN)/[0-9]+/(DI|DMNDI|DC)/?\}|\{[^}]*(/DI|/DC|/biodi/[^}]*)/?\}"
)
_TOOL_ATTRIBUTES = {"exporter", "exporterVersion", "targetNamespace", "namespace"}
_FORM_LAYOUT = {"layout", "exporter", "schemaVersion", "executionPlatform", "executionPlatformVersion"}


def names() -> list[str]:
    """All packs of this installation, parents before children."""
    found = sorted(path.parent.name for path in WORKFLOWS.glob("*/pack.toml"))
    return sorted(found, key=lambda name: (len(lineage(name)), name))


def own_files(pack: str) -> dict[str, Path]:
    """The diagrams, tables and documents that stand in the pack's own folder: relative path → file."""
    folder = WORKFLOWS / pack
    if not (folder / "pack.toml").is_file():
        raise NotFound(
            Sentence("没有规则包“{pack}”。", pack=pack),
            hint=Sentence("现有：{names}。", names="、".join(names())),
        )
    found = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {
        path.relative_to(folder).as_posix(): path
        for path in found
        if path.suffix in KINDS or path.relative_to(folder).parts[0] == DOCUMENTS
    }


def pack_files(pack: str) -> dict[str, Path]:
    """The files in force for a pack after inheritance: relative path → file, sorted."""
    found: dict[str, Path] = {}
    own_files(pack)
    for name in reversed(lineage(pack)):
        found |= own_files(name)
    return dict(sorted(found.items()))


def parameter_files(pack: str) -> dict[str, bytes]:
    """The parameters of a pack and its parents as a release freezes them: `packs/<name>.toml` → content."""
    return {f"{FOLDER}/{name}.toml": (WORKFLOWS / name / "pack.toml").read_bytes() for name in lineage(pack)}


def same_content(one: Path, other: Path) -> bool:
    """Whether two files say the same, layout and editor marks aside."""
    if one.read_bytes() == other.read_bytes():
        return True
    if one.suffix != other.suffix:
        return False
    if one.suffix in (".bpmn", ".dmn"):
        return _xml(one) == _xml(other)
    if one.suffix == ".form":
        return bool(_plain(orjson.loads(one.read_bytes())) == _plain(orjson.loads(other.read_bytes())))
    return False


def _xml(path: Path) -> bytes:
    root = markup.read(path.read_bytes(), path.name)
    for element in list(root.iter(etree.Element)):
        if _LAYOUT.match(str(element.tag)):
            parent = element.getparent()
            if parent is not None:
                parent.remove(element)
            continue
        element.text = (element.text or "").strip()
        element.tail = None
    for attribute in _TOOL_ATTRIBUTES & set(root.attrib):
        del root.attrib[attribute]
    etree.cleanup_namespaces(root)
    return bytes(etree.tostring(root, method="c14n", exclusive=True))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items() if key not in _FORM_LAYOUT}
    return [_plain(item) for item in value] if isinstance(value, list) else value


@cache
def deadline_rows(path: Path) -> Mapping[str, tuple[int, str, str]]:
    """The rows of a deadlines table as written: key → (working days, strength, clause)."""
    return rows_of(path.read_bytes(), path.name)


def rows_of(content: bytes, file: str) -> Mapping[str, tuple[int, str, str]]:
    """As `deadline_rows`, of a table at hand."""
    rows: dict[str, tuple[int, str, str]] = {}
    root = markup.read(content, file)
    for rule in root.iter("{*}rule"):
        key = _entry(rule, "inputEntry", 0).strip('"')
        days, strength, clause = (_entry(rule, "outputEntry", position).strip('"') for position in range(3))
        rows[key] = (int(days), strength, clause)
    return rows


def _entry(rule: Any, kind: str, position: int) -> str:
    return str(rule.findall(f"{{*}}{kind}")[position].findtext("{*}text") or "").strip()
