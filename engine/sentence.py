"""A sentence for a person that can be said in the reader's language: it keeps its pattern and what was filled in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Self

AND = "；"


class Sentence(str):
    """A Chinese sentence and how it was made: `Sentence("请填写“{field}”。", field="金额")`; a `str` to its readers.

    The pattern is a literal, so that `scripts/translate` finds it for the catalogue. Parts are values (names, numbers,
    dates) or sentences themselves.
    """

    __slots__ = ("parts", "pattern")
    pattern: str
    parts: Mapping[str, object]

    def __new__(cls, pattern: str, /, **parts: object) -> Self:
        """The sentence filled in."""
        made = super().__new__(cls, pattern.format(**parts))
        made.pattern, made.parts = pattern, parts
        return made


class Joined(Sentence):
    """Several sentences as one, in the reader's way: «甲；乙», «A; B»."""

    __slots__ = ()

    def __new__(cls, sentences: Iterable[str], /) -> Self:
        """The sentences in their order."""
        parts = {f"s{number}": each for number, each in enumerate(sentences)}
        return super().__new__(cls, AND.join(f"{{{name}}}" for name in parts), **parts)


def told(text: str, look: Callable[[str], str]) -> str:
    """A sentence in another language; `look` finds a pattern or a word in a catalogue, or gives it back as it is.

    What is filled in is looked up too: labels (检查组, “金额”, «组长、专家») have their own entries, names have none.
    """
    if not text:
        return ""
    if not isinstance(text, Sentence):
        return look(text)
    parts = {name: _part(part, look) for name, part in text.parts.items()}
    if isinstance(text, Joined):
        return look(AND).join(str(part) for part in parts.values())
    return look(text.pattern).format(**parts)


def spelled(text: str) -> Any:
    """A sentence as JSON carries it from one process to another: its text, or `[pattern, parts]`."""
    if not isinstance(text, Sentence):
        return text
    return [
        text.pattern,
        {name: spelled(part) if isinstance(part, str) else part for name, part in text.parts.items()},
    ]


def read(found: Any) -> str:
    """What `spelled` wrote."""
    if not isinstance(found, list):
        return str(found)
    parts = {name: read(part) if isinstance(part, list | str) else part for name, part in found[1].items()}
    joined = Joined(part if isinstance(part, str) else str(part) for part in parts.values())
    return joined if joined.pattern == found[0] else Sentence(found[0], **parts)


def _part(part: object, look: Callable[[str], str]) -> object:
    if isinstance(part, Sentence):
        return told(part, look)
    if not isinstance(part, str) or not part:
        return part
    whole = _word(part, look)
    if whole != part:
        return whole
    pieces = part.split("、")
    found = [_word(piece, look) for piece in pieces]
    return part if found == pieces else ", ".join(found)


def _word(word: str, look: Callable[[str], str]) -> str:
    quoted = len(word) > len("“”") and word[0] + word[-1] == "“”"
    return f"“{look(word[1:-1])}”" if quoted else look(word) if word else ""
