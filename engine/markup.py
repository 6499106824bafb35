"""XML from a stranger, read one way everywhere: no entities, network, document types or giant trees."""

from __future__ import annotations

import re

from lxml import etree

from engine.errors import Finding, ModelInvalid
from engine.sentence import Sentence

LARGEST = 5_000_000
"""Bytes. The largest published diagrams and tables of the standards' own test kits stay under a tenth of it."""

_DOCTYPE = re.compile(rb"<!DOCTYPE", re.IGNORECASE)


def read(content: bytes, file: str) -> etree._Element:
    """The root element of a BPMN or DMN file, without comments and processing instructions.

    Raises:
        ModelInvalid: one finding with file and line: larger than 5 MB, a DOCTYPE, or not well formed.
    """
    if len(content) > LARGEST:
        raise _refused(
            file, 0, "xml-size", Sentence("文件超过 {most} MB。", most=LARGEST // 1000000), "请拆成几个文件。"
        )
    # Looked for before parsing, so that a bomb of entities is never opened; and once more afterwards,
    # since a file in UTF-16 hides the word from a search of bytes.
    if _DOCTYPE.search(content):
        raise _doctype(file)
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_pis=True,
        remove_comments=True,
    )
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as fault:
        raise _refused(
            file,
            fault.lineno or 1,
            "xml-syntax",
            Sentence("不是完整的 XML：{fault}。", fault=fault.msg),
            "请用建模工具重新导出。",
        ) from fault
    if root.getroottree().docinfo.doctype:
        raise _doctype(file)
    return root


def _doctype(file: str) -> ModelInvalid:
    return _refused(file, 1, "xml-doctype", "文件含有 DOCTYPE。", "请删去 <!DOCTYPE …> 一行。")


def _refused(file: str, line: int, rule: str, reason: str, hint: str) -> ModelInvalid:
    return ModelInvalid([Finding(file, "definitions", "", line, rule, reason, hint)])
