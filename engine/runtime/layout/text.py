"""How much room words take: an estimate that needs no font, good for 黑体 at 12 px.

A hanzi is as wide as it is high; Latin letters and digits take a little more than half of that.
Used by the layout (does the name fit the box?) and by the picture (where does the line break?).
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

FONT = 12
LINE = 15
_NARROW = 0.58
_NO_START = "，。、；：！？）】》”’…%"
_NO_END = "（【《“‘"


def width(text: str, size: int = FONT) -> float:
    """Width of one line in px."""
    return sum(size if unicodedata.east_asian_width(char) in "WFA" else size * _NARROW for char in text)


def wrap(text: str, room: float, *, lines: int = 0, size: int = FONT) -> list[str]:
    """Break a name into lines no wider than `room` px; closing marks never start a line.

    With `lines` > 0 the rest is cut and the last line ends in “…”.
    """
    return list(_wrapped(text, room, lines, size))


@lru_cache(4096)
def _wrapped(text: str, room: float, lines: int, size: int) -> tuple[str, ...]:
    """The names of a release are few and are drawn again and again."""
    out: list[str] = []
    for paragraph in text.split("\n"):
        words = " ".join(paragraph.split())
        if words:
            out += _paragraph(words, room, size)
    if lines and len(out) > lines:
        last = out[lines - 1]
        while last and width(last + "…", size) > room:
            last = last[:-1]
        out = [*out[: lines - 1], last.rstrip() + "…"]
    return tuple(out)


def _paragraph(words: str, room: float, size: int) -> list[str]:
    return _balance(_break(_tokens(words, room, size), room, size), words, room, size)


def _break(tokens: list[str], room: float, size: int) -> list[str]:
    out, line = [], ""
    for token in tokens:
        tail = line + token
        if line and width(tail.rstrip(), size) > room:
            if (token[0] in _NO_START and len(line) > 1) or (line[-1] in _NO_END and len(line) > 1):
                out.append(line[:-1].rstrip())
                line = line[-1] + token
            else:
                out.append(line.rstrip())
                line = token.lstrip()
        else:
            line = tail
    if line.strip():
        out.append(line.rstrip())
    return out


def _balance(out: list[str], words: str, room: float, size: int) -> list[str]:
    """Lines of about the same length read better than a full one and a rest of two hanzi."""
    if not 2 <= len(out) <= 4 or " " in words:  # noqa: PLR2004 - Latin text breaks at its spaces
        return out
    step = width(words, size) / len(out)
    for extra in (0, 1, 2):
        even = (int(step / size) + extra) * size + 1
        if step <= even < room:
            tried = _break(_tokens(words, even, size), even, size)
            if len(tried) == len(out):
                return tried
    return out


def _tokens(words: str, room: float, size: int) -> list[str]:
    """Hanzi break anywhere; Latin words stay whole unless they are wider than the line."""
    tokens: list[str] = []
    for char in words:
        latin = unicodedata.east_asian_width(char) not in "WFA"
        inside = latin and tokens and tokens[-1][-1] != " " and _latin(tokens[-1])
        if tokens and (char == " " or (inside and width(tokens[-1] + char, size) <= room)):
            tokens[-1] += char
        else:
            tokens.append(char)
    return tokens


def _latin(token: str) -> bool:
    return unicodedata.east_asian_width(token[-1]) not in "WFA"


def size_of(text: str, room: float) -> tuple[int, int]:
    """Width and height in px of a label that may be at most `room` wide."""
    lines = wrap(text, room)
    if not lines:
        return 0, 0
    return int(max(width(line) for line in lines)) + 2, len(lines) * LINE
