"""A FEEL text cut into tokens, and the store of names that are longer than one token.

FEEL names may hold spaces and operators (`Monthly Salary`, `利润-成本`), so a name can only be told from an
expression by knowing the names in scope. `NameBook` keeps those as token sequences; the longest one wins.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from engine.errors import RuleError
from engine.sentence import Sentence

# The name characters of grammar rules 28–30, without CJK and full-width punctuation: a full-width comma or
# bracket is nearly always a typing slip, and the error says so. A known name may still contain them.
_START = (
    "A-Z_a-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c-\u200d\u2070-\u218f"
    "\u2c00-\u2fef\u3005-\u3007\u3021-\ud7ff\uf900-\ufdcf\ufdf0-\ufefe\uff10-\uff19\uff21-\uff3a\uff41-\uff5a"
    "\uff66-\uffdc\U00010000-\U000effff"
)
_TOKEN = re.compile(
    r"(?P<space>(?:[\s\ufeff\u0085\u180e\u200b]|//[^\n\r]*|/\*.*?\*/)+)"
    r"|(?P<number>(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    rf"|(?P<name>\?|[{_START}][{_START}0-9\u00b7\u0300-\u036f\u203f-\u2040]*)"
    r'|(?P<at>@"(?:[^"\\]|\\.)*")'
    r'|(?P<string>"(?:[^"\\]|\\.)*")'
    r"|(?P<op>\*\*|\.\.|->|<=|>=|!=|.)",
    re.DOTALL,
)
_FULL_WIDTH = dict(zip("，：；（）＞＜＝“”【】｛｝、。＋－＊／", ',:;()><=""[]{},.+-*/', strict=True))
KEYWORDS = frozenset({
    "and", "or", "in", "between", "instance", "of", "then", "else", "return", "satisfies",
    "if", "for", "some", "every", "function", "true", "false", "null",
})  # fmt: skip
# Words that end an unknown name of several words (`date of birth` goes on); a known name may hold any word.
STOPS = KEYWORDS - {"of"} | {"?"}


class Token(NamedTuple):
    """One token: its kind (name, number, string, at, op, end), its text and where it stands."""

    kind: str
    text: str
    at: int
    end: int


def tokenize(text: str) -> list[Token]:
    """All tokens with an `end` token last; comments and spaces are dropped. Refuses an open string."""
    found = []
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or "op"
        if kind == "space":
            continue
        piece = match.group()
        if piece == '"':
            raise RuleError("字符串没有结束的引号。", position=match.start(), hint='请补上 "。')
        found.append(Token(kind, piece, match.start(), match.end()))
    found.append(Token("end", "", len(text), len(text)))
    return found


def width_hint(character: str) -> str:
    """What to type instead of a full-width sign; empty for other characters."""
    plain = _FULL_WIDTH.get(character)
    return Sentence("请改用半角符号 {plain} 。", plain=plain) if plain else ""


@lru_cache(maxsize=4096)
def pieces(name: str) -> tuple[str, ...]:
    """A name as its token texts: what makes `a-b` and `a - b` the same name."""
    return tuple(match.group() for match in _TOKEN.finditer(name) if match.lastgroup != "space")


def normal(name: str) -> str:
    """A name with single spaces, as the standard compares names."""
    return " ".join(name.split())


class NameBook:
    """Names of several tokens, found by their first token, longest first."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._by_first: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        for name in names:
            self.add(name)

    def add(self, name: str) -> None:
        """Remember a name; a name of one plain token needs no memory."""
        parts = pieces(name)
        if len(parts) < 2 and not (parts and parts[0] in KEYWORDS):  # noqa: PLR2004
            return
        known = self._by_first.setdefault(parts[0], [])
        if all(parts != other for other, _ in known):
            known.append((parts, normal(name)))
            known.sort(key=lambda item: -len(item[0]))

    def copy(self) -> NameBook:
        """An independent copy, for a scope that adds names."""
        other = NameBook()
        other._by_first = {first: list(known) for first, known in self._by_first.items()}
        return other

    def match(self, tokens: list[Token], start: int) -> tuple[str, int] | None:
        """The longest known name at a token and how many tokens it takes."""
        for parts, name in self._by_first.get(tokens[start].text, ()):
            size = len(parts)
            if all(
                tokens[start + step].text == part
                for step, part in enumerate(parts)
                if start + step < len(tokens)
            ) and start + size < len(tokens):
                return name, size
        return None
