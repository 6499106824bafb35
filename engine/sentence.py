"""A sentence for a person that can be said in the reader's language: it keeps its pattern and what was filled in.

Where a row of the database keeps only its text, `Recall` finds the pattern again among those of the catalogue.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from string import Formatter
from typing import Any, Self

AND, COMMA = "；", "、"
_HAN = re.compile(r"[\u3400-\u9fff]")
_OWN = 2  # characters that make a pattern known again; one is enough between
_MANY = 3  # places: “03-07 至 03-08 周末”
_STOP = re.compile(r"(?<=[。？！])(?=.)|　", re.DOTALL)
_AND = re.compile(AND)
_END = "。"


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
    """Several sentences as one, in the reader's way: «甲；乙», «A; B»; with `COMMA` «甲、乙», «A, B»."""

    __slots__ = ("stop",)
    stop: str

    def __new__(cls, sentences: Iterable[str], /, stop: str = AND) -> Self:
        """The sentences in their order."""
        parts = {f"s{number}": each for number, each in enumerate(sentences)}
        made = super().__new__(cls, stop.join(f"{{{name}}}" for name in parts), **parts)
        made.stop = stop
        return made


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
        return look(text.stop).join(str(part) for part in parts.values())
    return look(text.pattern).format(**parts)


class Recall:
    """Finds the pattern again of a sentence that was kept as plain text: the answer of a row in a batch, an old remark.

    `patterns` are those of the catalogue. The one with the most words of its own wins; a pattern with less than two
    (of three places: with none) is never recalled, so that what people write is not taken for ours.
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        found = []
        for pattern in patterns:
            pieces = list(Formatter().parse(pattern))
            words = [literal for literal, _, _, _ in pieces]
            own = sum(len(_HAN.findall(word)) for word in words)
            places = sum(bool(name) for _, name, _, _ in pieces)
            if places and own >= (_OWN if places < _MANY else 1):
                found.append((own, max(words, key=len), pattern, _expression(pieces)))
        self._known = sorted(found, key=lambda each: -each[0])

    def told(self, text: str, look: Callable[[str], str]) -> str:
        """The text in another language, where it is a sentence of ours, or several one after the other."""
        made = self.sentence(text)
        if made is not None:
            return told(made, look)
        for stop, between in ((_STOP, " "), (_AND, look(AND))):
            pieces = stop.split(text)
            if stop is _AND and text.endswith(_END):
                said = look(text[:-1])
                return text if said == text[:-1] else look("{said}。").format(said=said)
            found = [look(piece) for piece in pieces] if len(pieces) > 1 else pieces
            if found != pieces:
                return between.join(found)
        return text

    def sentence(self, text: str) -> Sentence | None:
        """The sentence with its parts, None where no pattern gives the text."""
        for _, word, pattern, expression in self._known:
            match = re.fullmatch(expression, text, re.DOTALL) if word in text and text != pattern else None
            if match is not None:
                return Sentence(pattern, **match.groupdict())
        return None


def _expression(pieces: Iterable[tuple[str, str | None, str | None, str | None]]) -> str:
    """What a pattern may have become: each part is anything, and a part that comes twice is twice the same."""
    seen: set[str] = set()
    written = ""
    for literal, name, _, _ in pieces:
        written += re.escape(literal)
        if name:
            written += f"(?P={name})" if name in seen else f"(?P<{name}>.+?)"
            seen.add(name)
    return written


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
    found = list(_listed(part.split(COMMA), look))
    return part if COMMA.join(found) == part else ", ".join(found)


def _listed(pieces: list[str], look: Callable[[str], str]) -> Iterable[str]:
    """The words of a list; one word may have the stop of the list in it (诊所、门诊部)."""
    while pieces:
        several = COMMA.join(pieces[:2])
        taken = 2 if len(pieces) > 1 and _word(several, look) != several else 1
        yield _word(COMMA.join(pieces[:taken]), look)
        pieces = pieces[taken:]


def _word(word: str, look: Callable[[str], str]) -> str:
    quoted = len(word) > len("“”") and word[0] + word[-1] == "“”"
    return f"“{look(word[1:-1])}”" if quoted else look(word) if word else ""
