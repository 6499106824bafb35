"""What a decision answered, in words: codes of the shipped tables, yes and no, lists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.domain import disposition, terms
from engine.domain.archive.tables import PIECES
from engine.rules.feel import to_feel

ANSWERS: Mapping[str, Mapping[str, str]] = {
    "team_verdict": {"enough": "足够", "short": "不足"},
    "coverage_verdict": {"ok": "符合要求", "thin": "覆盖面不够", "heavy": "检查过于集中"},
    "completeness": PIECES,
    "reason": terms.OBJECT_EXCLUSIONS,
    "disposition": disposition.KINDS,
    "method": terms.METHODS,
    "risk": {"normal": "一般监管对象", "high": "重点监管对象"},
}
"""Result columns of the shipped tables: code → words. A table of one's own may answer in words itself."""
YES_NO = {"true": "是", "false": "否", "null": "没有"}


def answer_said(column: str, value: Any) -> str:
    """An answer of a result column as people read it; what has no words comes back as it is."""
    words = ANSWERS.get(column, {})
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return "、".join(words.get(each, each) for each in value) or "没有"
    return words.get(value, value) or "没有" if isinstance(value, str) else value_said(value)


def value_said(value: Any) -> str:
    """A stored value as people read it."""
    if isinstance(value, str):
        return value or "没有"
    text = to_feel(value)
    return YES_NO.get(text, text)
