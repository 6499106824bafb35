"""Documents of a release, tried before anybody needs them: each template with blank data."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from engine.domain.document.catalogue import HEAD, TEMPLATES, Template
from engine.domain.document.render import produce, shipped
from engine.errors import Finding, ModelInvalid
from engine.sentence import Sentence

COMMON = "documents/common.typ"


def findings(files: Mapping[str, bytes], *, known: bool = False) -> list[Finding]:
    """What is wrong with the documents of a release, all at once (`files`: path → bytes).

    `known`: templates exactly as they ship with the product are not tried again.
    """
    documents = {path: content for path, content in files.items() if path.startswith("documents/")}
    untried = not known or documents.get(COMMON, b"") not in shipped()
    found: list[Finding] = []
    for path, content in sorted(documents.items()):
        name = path.removeprefix("documents/").removesuffix(".typ")
        if path == COMMON:
            continue
        if name not in TEMPLATES or not path.endswith(".typ"):
            close = get_close_matches(name, TEMPLATES, n=1, cutoff=0.5)
            hint = (
                Sentence("是否应为“{close}”？", close=close[0])
                if close
                else Sentence("可用：{allowed}。", allowed="、".join(TEMPLATES))
            )
            found.append(
                Finding(
                    path, name, "", 1, "document-name", Sentence("没有名为“{name}”的文书。", name=name), hint
                )
            )
            continue
        if not untried and content in shipped():
            continue
        try:
            content.decode()
            produce(name, blank(TEMPLATES[name]), documents)
        except UnicodeDecodeError:
            found.append(
                Finding(path, name, "", 1, "document-typst", "不是 UTF-8 文字。", "请另存为 UTF-8。")
            )
        except ModelInvalid as refusal:
            found.extend(refusal.findings)
    return found


def blank(template: Template) -> dict[str, Any]:
    """Data that says nothing: every field there and empty, one empty row in each list."""
    data: dict[str, Any] = {field: _blank(field) for field in {**HEAD, **template.fields}}
    for name, columns in template.lists.items():
        data[name] = [{column: _blank(column) for column in columns}]
    return data


def _blank(field: str) -> Any:
    if field.endswith("_fen"):
        return 0
    return {"methods": [], "inspector_signatures": [], "inspectors_unsigned": []}.get(field, "")
