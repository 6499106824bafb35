"""What is said to a person about one answer, so that a page can say it in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self


class Sentence(str):
    """A Chinese sentence that keeps its pattern and what was filled in: `Sentence("请填写{what}", what="“金额”")`."""

    __slots__ = ("parts", "pattern")
    pattern: str
    parts: Mapping[str, object]

    def __new__(cls, pattern: str, **parts: object) -> Self:
        """The sentence filled in."""
        made = super().__new__(cls, pattern.format(**parts))
        made.pattern, made.parts = pattern, parts
        return made
