"""XPath regular expressions (flags s m i x q) on google-re2: linear time, no back-references."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import re2

from engine.sentence import Sentence

from .limits import Run

_LONGEST = 2_000
_MATCH = 20  # steps that one match costs
_NAME_START = (
    r"A-Z_a-z:\x{C0}-\x{D6}\x{D8}-\x{F6}\x{F8}-\x{2FF}\x{370}-\x{37D}\x{37F}-\x{1FFF}"
    r"\x{200C}-\x{200D}\x{2070}-\x{218F}\x{2C00}-\x{2FEF}\x{3001}-\x{D7FF}\x{F900}-\x{FDCF}"
    r"\x{FDF0}-\x{FFFD}\x{10000}-\x{EFFFF}"
)
_CLASSES = {
    "i": _NAME_START,
    "c": _NAME_START + r"\-.0-9\x{B7}\x{300}-\x{36F}\x{203F}-\x{2040}",
    "d": r"\p{Nd}",
    "s": r" \t\n\r",
    "w": r"\p{L}\p{M}\p{N}\p{S}",
}
_SPACE = " \t\n\r"
_CHARACTER_ESCAPES = frozenset("nrt\\|.?*+(){}-[]^$")


class Pattern:
    """A compiled pattern with the operations that FEEL needs."""

    def __init__(self, compiled: Any, *, literal: bool) -> None:
        self._compiled = compiled
        self._literal = literal
        self.groups: int = compiled.groups

    def search(self, text: str) -> Any:
        """The first match or None."""
        return self._compiled.search(text)

    def _pieces(self, run: Run, text: str) -> Iterator[Any]:
        for match in self._compiled.finditer(text):
            run.spend(_MATCH)
            yield match

    def split(self, run: Run, text: str) -> list[str]:
        """The parts between matches."""
        parts, last = [], 0
        for match in self._pieces(run, text):
            if match.end() == match.start():
                continue
            parts.append(text[last : match.start()])
            last = match.end()
        parts.append(text[last:])
        return parts

    def replace(self, run: Run, text: str, replacement: str) -> str | None:
        """Each match replaced; None if the replacement is not a valid one."""
        template = [replacement] if self._literal else _template(replacement, self.groups)
        if template is None:
            return None
        parts, last, size = [], 0, 0
        for match in self._pieces(run, text):
            parts.append(text[last : match.start()])
            made = "".join(
                piece if isinstance(piece, str) else (match.group(piece) or "") for piece in template
            )
            size += len(made)
            if size > run.limits.string_size:
                run.hold_text(size)
            parts.append(made)
            last = match.end()
        parts.append(text[last:])
        run.hold_text(size + len(text))
        return "".join(parts)


def _template(replacement: str, groups: int) -> list[str | int] | None:
    parts: list[str | int] = []
    index = 0
    while index < len(replacement):
        sign = replacement[index]
        following = replacement[index + 1 : index + 2]
        if sign == "\\":
            if following not in {"\\", "$"}:
                return None
            parts.append(following)
            index += 2
        elif sign == "$":
            found = re.match(r"[0-9]+", replacement[index + 1 :])
            if found is None:
                return None
            digits = found.group()
            # As many digits as name a group; the rest is text.
            while len(digits) > 1 and int(digits) > groups:
                digits = digits[:-1]
            parts.append(int(digits) if int(digits) <= groups else "")
            index += 1 + len(digits)
        else:
            parts.append(sign)
            index += 1
    return parts


@lru_cache(maxsize=512)
def compile_pattern(pattern: str, flags: str) -> Pattern | str:
    """A pattern ready to run, or the reason why not (Chinese, for the owner of the rule)."""
    if len(pattern) > _LONGEST:
        return Sentence("正则表达式超过 {most} 个字符", most=_LONGEST)
    if set(flags) - set("smixq"):
        return Sentence("正则标志“{flags}”只能由 s m i x q 组成", flags=flags)
    literal = "q" in flags
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 1 << 22
    try:
        if literal:
            body = re.escape(pattern)
            prefix = "(?i)" if "i" in flags else ""
        else:
            body = _translate(_squeeze(pattern) if "x" in flags else pattern, dot_all="s" in flags)
            modes = "".join(mode for mode in "smi" if mode in flags)
            prefix = f"(?{modes})" if modes else ""
        return Pattern(re2.compile(prefix + body, options), literal=literal)
    except (re2.error, ValueError) as problem:
        return Sentence(
            "正则表达式“{pattern}”不能使用：{reason}", pattern=pattern[:40], reason=_reason(problem)
        )


def _reason(problem: Exception) -> str:
    text = problem.args[0] if problem.args else ""
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)


def _squeeze(pattern: str) -> str:
    """The pattern without white space outside its character classes, as flag x asks."""
    made, depth, index = [], 0, 0
    while index < len(pattern):
        sign = pattern[index]
        if sign == "\\" and index + 1 < len(pattern) and pattern[index + 1] not in _SPACE:
            made.append(pattern[index : index + 2])
            index += 2
            continue
        if sign not in _SPACE or depth:
            made.append(sign)
        depth = max(0, depth + (sign == "[") - (sign == "]"))
        index += 1
    return "".join(made)


def _translate(pattern: str, *, dot_all: bool) -> str:
    """An XPath pattern in re2's words. Refuses what re2 cannot do and what XPath does not know."""
    made: list[str] = []
    index = 0
    while index < len(pattern):
        sign = pattern[index]
        if sign == "\\":
            piece, index = _escape(pattern, index, in_class=False)
            made.append(piece)
        elif sign == "[":
            piece, index = _class(pattern, index)
            made.append(piece)
        elif sign == "(" and pattern[index + 1 : index + 2] == "?" and pattern[index + 1 : index + 3] != "?:":
            raise ValueError("不支持 (?…) 前后查找与内嵌标志")
        else:
            made.append("[^\\n\\r]" if sign == "." and not dot_all else sign)
            index += 1
    return "".join(made)


def _escape(pattern: str, index: int, *, in_class: bool) -> tuple[str, int]:  # noqa: C901  (one branch per escape)
    letter = pattern[index + 1 : index + 2]
    if not letter:
        raise ValueError("末尾的反斜杠没有意义")
    if letter in {"p", "P"}:
        end = pattern.find("}", index)
        if pattern[index + 2 : index + 3] != "{" or end < 0:
            raise ValueError("\\p 之后应为 {类别}")
        return _property(letter, pattern[index + 3 : end]), end + 1
    if letter.lower() in _CLASSES:
        body = _CLASSES[letter.lower()]
        if not in_class:
            return (f"[{body}]" if letter.islower() else f"[^{body}]"), index + 2
        if letter.islower():
            return body, index + 2
        if letter == "D":
            return r"\P{Nd}", index + 2
        if letter == "S":
            return r"\S", index + 2
        raise ValueError(Sentence("字符类中不支持 \\{letter}", letter=letter))
    if letter in _CHARACTER_ESCAPES:
        return "\\" + letter, index + 2
    if letter.isdigit():
        raise ValueError("不支持反向引用")
    raise ValueError(Sentence("不认识的转义 \\{letter}", letter=letter))


_BLOCKS = {
    "BasicLatin": r"\x{0}-\x{7F}",
    "Latin-1Supplement": r"\x{80}-\x{FF}",
    "CJKUnifiedIdeographs": r"\x{4E00}-\x{9FFF}",
    "Greek": r"\x{370}-\x{3FF}",
    "Cyrillic": r"\x{400}-\x{4FF}",
}


def _property(letter: str, name: str) -> str:
    if name.startswith("Is"):
        body = _BLOCKS.get(name[2:])
        if body is None:
            raise ValueError(Sentence("不支持的字符区块 {name}", name=name))
        return f"[{body}]" if letter == "p" else f"[^{body}]"
    return f"\\{letter}{{{name}}}"


def _class(pattern: str, index: int) -> tuple[str, int]:
    """A character class; `[a-z-[aeiou]]` is worked out here, because re2 knows no subtraction."""
    made = ["["]
    start = index
    index += 1
    if pattern[index : index + 1] == "^":
        made.append("^")
        index += 1
    first = True
    while index < len(pattern) and (pattern[index] != "]" or first):
        sign = pattern[index]
        if sign == "-" and pattern[index + 1 : index + 2] == "[":
            return _subtract(pattern, start)
        if sign == "[":
            raise ValueError("不支持嵌套的字符类")
        if sign == "\\":
            piece, index = _escape(pattern, index, in_class=True)
            made.append(piece)
        else:
            made.append(sign)
            index += 1
        first = False
    if index >= len(pattern):
        raise ValueError("字符类没有结束的 ]")
    return "".join(made) + "]", index + 1


_LAST = 0x10FFFF
_Span = tuple[int, int]


def _minus(spans: list[_Span], taken: list[_Span]) -> list[_Span]:
    """Spans of characters without other spans."""
    for low, high in taken:
        rest: list[_Span] = []
        for start, end in spans:
            if end < low or start > high:
                rest.append((start, end))
                continue
            if start < low:
                rest.append((start, low - 1))
            if end > high:
                rest.append((high + 1, end))
        spans = rest
    return spans


def _spans(pattern: str, index: int) -> tuple[list[_Span], int]:
    """The characters of a class written with plain characters and ranges, subtraction included."""
    index += 1
    negated = pattern[index : index + 1] == "^"
    index += negated
    found: list[_Span] = []
    taken: list[_Span] = []
    while index < len(pattern) and pattern[index] != "]":
        if pattern[index : index + 2] == "-[":
            taken, index = _spans(pattern, index + 1)
            break
        low, index = _single(pattern, index)
        high = low
        if pattern[index : index + 1] == "-" and pattern[index + 1 : index + 2] not in {"[", "]", ""}:
            high, index = _single(pattern, index + 1)
        found.append((low, high))
    if pattern[index : index + 1] != "]":
        raise ValueError("字符类没有结束的 ]")
    kept = _minus([(0, _LAST)], found) if negated else found
    return _minus(kept, taken), index + 1


def _single(pattern: str, index: int) -> tuple[int, int]:
    if pattern[index] != "\\":
        return ord(pattern[index]), index + 1
    letter = pattern[index + 1 : index + 2]
    plain = {"n": "\n", "r": "\r", "t": "\t"}.get(letter, letter)
    if letter not in _CHARACTER_ESCAPES:
        raise ValueError(Sentence("字符类相减中不支持 \\{letter}", letter=letter))
    return ord(plain), index + 2


def _subtract(pattern: str, start: int) -> tuple[str, int]:
    spans, index = _spans(pattern, start)
    if not spans:
        raise ValueError("字符类为空")
    return "[" + "".join(f"\\x{{{low:X}}}-\\x{{{high:X}}}" for low, high in spans) + "]", index
