"""How much room words take: an estimate that needs no font, good for 黑体 at 12 px.

A hanzi is as wide as it is high; Latin letters and digits take a little more than half of that.
Used by the layout (does the name fit the box?) and by the picture (where does the line break?).
"""

from __future__ import annotations

import unicodedata

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
    return out


def _paragraph(words: str, room: float, size: int) -> list[str]:
    tokens = _tokens(words, room, size)
    out, line = [], ""
    for token in tokens:
        tail = line + token
        if line and width(tail.rstrip(), size) > room:
            if token[0] in _NO_START and len(line) > 1:
                out.append(line[:-1].rstrip())
                line = line[-1] + token
            elif line[-1] in _NO_END and len(line) > 1:
                out.append(line[:-1].rstrip())
                line = line[-1] + token
            else:
                out.append(line.rstrip())
                line = token.lstrip()
        else:
            line = tail
    if line.strip():
        out.append(line.rstrip())
    return _balance(out, words, room, size)


def _balance(out: list[str], words: str, room: float, size: int) -> list[str]:
    """A single last hanzi looks lost: two even lines read better than seven and one."""
    total = width(words, size)
    even = total / 2 + size
    if len(out) == 2 and " " not in words and width(out[1], size) < size * 2.5 and even < room:  # noqa: PLR2004
        return _paragraph(words, even, size)
    return out


def _tokens(words: str, room: float, size: int) -> list[str]:
    """Hanzi break anywhere; Latin words stay whole unless they are wider than the line."""
    tokens: list[str] = []
    for char in words:
        latin = unicodedata.east_asian_width(char) not in "WFA"
        if tokens and latin and char != " " and tokens[-1][-1] != " " and _latin(tokens[-1]):
            if width(tokens[-1] + char, size) <= room:
                tokens[-1] += char
                continue
        if tokens and char == " ":
            tokens[-1] += char
            continue
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
