"""Typesetting: a template of the pack and data as JSON become PDF/A; data never becomes source text."""

from __future__ import annotations

import atexit
import re
import shutil
import tempfile
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import orjson
import segno
import typst

from engine import clock
from engine.domain.document.apart import render_apart
from engine.domain.document.catalogue import HEAD, TEMPLATES, Template
from engine.domain.terms import WORKFLOWS
from engine.errors import Finding, ModelInvalid
from engine.sentence import Sentence

FONTS = Path(__file__).parents[1] / "fonts"
COMMON = WORKFLOWS / "national/documents/common.typ"
STANDARD = "a-2a"
MAX_DATA = 4_000_000
INK = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 600 200"><path d="{}" fill="none" stroke="#1c2126"'
    ' stroke-width="5" stroke-linecap="round" stroke-linejoin="round"/></svg>'
)
STROKES = re.compile(r"(?:[ML]-?\d{1,4}(?:\.\d)? -?\d{1,4}(?:\.\d)?)+")
ABSENT = re.compile(r'dictionary does not contain key "([^"]+)"')
OUTSIDE = re.compile(rb'"@[a-z]|\bplugin\s*\(|\beval\s*\(|\bread\s*\(')


def produce(name: str, data: Mapping[str, Any], documents: Mapping[str, bytes]) -> bytes:
    """A document of a release by its name (`notice`), checked against the catalogue first.

    `documents`: the release's files, path → bytes. Raises ModelInvalid naming each missing field.
    """
    template = TEMPLATES[name]
    check(template, data)
    source, common = documents[template.file], documents.get("documents/common.typ") or COMMON.read_bytes()
    if source in shipped() and common in shipped():
        return render(source, data, title=template.title, common=common, file=template.file)
    return render_apart(source, data, title=template.title, common=common, file=template.file, at=clock.now())


def check(template: Template, data: Mapping[str, Any]) -> None:
    """Every field that the template needs is there (an empty text or list is an answer, None is not)."""
    findings = []

    def absent(field: str, label: str) -> None:
        reason = Sentence(
            "文书《{title}》缺少“{label}”（{field}）。", title=template.title, label=label, field=field
        )
        findings.append(
            Finding(
                template.file, field, label, 1, "document-field", reason, "请由环节提供，没有内容的给空文字。"
            )
        )

    for field, label in {**HEAD, **template.fields}.items():
        if data.get(field) is None:
            absent(field, label)
    for field, columns in template.lists.items():
        rows = data.get(field)
        if not isinstance(rows, list):
            absent(field, template.list_labels.get(field, field))
            continue
        for number, row in enumerate(rows):
            for column, label in columns.items():
                if column not in row:
                    absent(
                        f"{field}.{number}.{column}",
                        Sentence("第 {number} 行的{label}", number=number + 1, label=label),
                    )
    if findings:
        raise ModelInvalid(findings)


def render(
    template: bytes,
    data: Mapping[str, Any],
    *,
    title: str,
    common: bytes | None = None,
    file: str = "template.typ",
    at: datetime | None = None,
) -> bytes:
    """A template with its data as PDF/A-2a. `common`: shared head and style; `at`: when it is made.

    The same template, data and instant give the same bytes. Raises ModelInvalid for a missing field or a
    template that typst refuses, with typst's words.
    """
    refuse_outside(template, file)
    prepared = _prepared({**data, "title": title})
    prepared["qr"] = _qr(str(data.get("verify_url") or ""))
    prepared["roster_qr"] = _qr(str(data.get("roster") or ""))
    text = orjson.dumps(prepared).decode()
    if len(text) > MAX_DATA:
        raise ModelInvalid(
            [Finding(file, "data", title, 1, "document-size", "文书数据超过 4 MB。", "请分成几份。")]
        )
    sources = {"main.typ": template, "common.typ": common or COMMON.read_bytes()}
    try:
        made = _compile(
            sources,
            format="pdf",
            root=_empty(),
            font_paths=_fonts(),
            ignore_system_fonts=True,
            sys_inputs={"data": text},
            package_path=_empty(),
            package_cache_path=_empty(),
            pdf_standards=STANDARD,
            timestamp=int((at or clock.now()).timestamp()),
        )
    except typst.TypstError as fault:
        raise ModelInvalid([_finding(fault, title, file)]) from fault
    if not isinstance(made, bytes):
        raise TypeError("typst gave no single file")
    return made


def refuse_outside(template: bytes, file: str) -> None:
    """A template may not fetch packages, load plugins, read files or evaluate text."""
    found = OUTSIDE.search(template)
    if found:
        line = template.count(b"\n", 0, found.start()) + 1
        word = found.group().decode().strip('"( ')
        reason = Sentence("文书模板第 {line} 行用了“{word}”。", line=line, word=word)
        raise ModelInvalid(
            [Finding(file, word, "", line, "document-outside", reason, "模板只能用 common.typ 和数据。")]
        )


def missing_glyphs(data: Mapping[str, Any]) -> set[str]:
    """Characters of the data that the committed fonts cannot draw (rare hanzi beyond GBK)."""
    known = _known()
    return {sign for sign in _texts(data) if not sign.isspace() and ord(sign) not in known}


def _texts(value: Any) -> str:
    if isinstance(value, Mapping):
        return "".join(_texts(part) for key, part in value.items() if key not in {"svg", "path"})
    if isinstance(value, list | tuple):
        return "".join(_texts(part) for part in value)
    return value if isinstance(value, str) else ""


def _prepared(value: Any) -> Any:
    """Data as typst takes it: drawn signatures become small pictures made here from checked numbers."""
    if isinstance(value, Mapping):
        made = {str(key): _prepared(part) for key, part in value.items() if key != "svg"}
        path = made.pop("path", "") if "name" in made else ""
        if isinstance(path, str) and path and STROKES.fullmatch(path):
            made["svg"] = INK.format(path)
        return made
    if isinstance(value, list | tuple):
        return [_prepared(part) for part in value]
    return value


def _qr(url: str) -> str:
    if not url:
        return ""
    out = BytesIO()
    segno.make(url, error="m", micro=False).save(out, kind="svg", border=1, xmldecl=False, dark="#000")
    return out.getvalue().decode()


def _finding(fault: Any, title: str, file: str) -> Finding:
    absent = ABSENT.search(fault.message)
    if absent:
        field = absent.group(1)
        return Finding(
            file,
            field,
            title,
            1,
            "document-field",
            Sentence("文书《{title}》缺少“{field}”。", title=title, field=field),
            "请由环节提供。",
        )
    line = re.search(r"main\.typ:(\d+)", fault.diagnostic or "")
    hint = "；".join(fault.hints)
    return Finding(
        file,
        "typst",
        title,
        int(line.group(1)) if line else 1,
        "document-typst",
        Sentence("模板不能排版：{message}。", message=fault.message),
        hint,
    )


_compile: Any = typst.compile  # its stubs do not know yet that the input may be a dict of sources


@cache
def _fonts() -> Any:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)])


@cache
def shipped() -> frozenset[bytes]:
    """The templates of this installation: part of the program, not of anybody's upload."""
    return frozenset(path.read_bytes() for path in WORKFLOWS.glob("*/documents/*.typ"))


@cache
def _empty() -> str:
    """An empty folder: the whole world that a template can see."""
    folder = tempfile.mkdtemp(prefix="casework-typst-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@cache
def _known() -> frozenset[int]:
    """Code points of the regular font, from its list beside it (made when the font was subset)."""
    ranges = (FONTS / "coverage.txt").read_text("ascii").split()
    known: set[int] = set()
    for one in ranges:
        first, _, last = one.partition("-")
        known.update(range(int(first, 16), int(last or first, 16) + 1))
    return frozenset(known)
