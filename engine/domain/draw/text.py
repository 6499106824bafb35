"""Bytes, tokens and hashes of the draw: what every implementation must do alike to the last bit.

JSON is read more strictly than any library does (integers only, no key twice, no lone surrogate),
written as JCS (RFC 8785), and hashed with the digest the document names. Tickets are hashes too.
"""

from __future__ import annotations

import gc
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import orjson
from cryptography.hazmat.primitives import hashes

from engine.domain.draw.refusal import DrawRefused

Digest = Callable[[bytes], str]

LIMIT: Final = 2**53
_HEX: Final = 64
ZEROS: Final = "0" * _HEX
_INTEGER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)")
_NUMBER_RUN: Final = re.compile(r"[-0-9][-+.0-9eE]*")
_SPACE: Final = re.compile(r"[ \t\n\r]*")
_PLAIN: Final = re.compile(r'[^"\\\x00-\x1f]*')
_HEX4: Final = re.compile(r"[0-9a-fA-F]{4}")
_SURROGATE_ESCAPE: Final = re.compile(r"\\u[dD][89abAB]|\\u[dD][c-fC-F]")
_ESCAPES: Final = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_LITERALS: Final = {"true": True, "false": False, "null": None}
_DEEPEST: Final = 64
_LARGE: Final = 1_000_000
_LONGEST_INTEGER: Final = 17
_FIRST_SURROGATE: Final = 0xD800
_FIRST_LOW_SURROGATE: Final = 0xDC00
_LAST_SURROGATE: Final = 0xDFFF


def sha256(data: bytes) -> str:
    """SHA-256 as 64 lower-case hex characters."""
    return hashlib.sha256(data).hexdigest()


def sm3(data: bytes) -> str:
    """国密 SM3 (GB/T 32905) as 64 lower-case hex characters."""
    state = hashes.Hash(hashes.SM3())
    state.update(data)
    return state.finalize().hex()


DIGESTS: Final[dict[str, Digest]] = {"sha256": sha256, "sm3": sm3}


def lines(*parts: str | int) -> bytes:
    """Parts joined with one LF, no trailing LF, integers in decimal."""
    return "\n".join(str(part) for part in parts).encode()


def ticket(digest: Digest, seed: str, *parts: str | int) -> str:
    """抽取号签: `T(seed, a, b, …)`, 64 lower-case hex characters; tickets compare as strings."""
    return digest(lines(seed, *parts))


def keys_by_ticket(digest: Digest, seed: str, kind: str, ids: Iterable[str]) -> list[str]:
    """Ticket and id written together, in ascending ticket order: `ticket_in(key)`, `id_in(key)`.

    The same tickets as `ticket` gives one by one. Strings sort three times faster than pairs, and a
    ticket always has 64 characters, so the order is the same.
    """
    head = lines(seed, kind, "")
    if digest is sha256:
        quick = hashlib.sha256
        keys = [quick(head + name.encode()).hexdigest() + name for name in ids]
    else:
        keys = [digest(head + name.encode()) + name for name in ids]
    keys.sort()
    return keys


def ticket_in(key: str) -> str:
    """The ticket of a key."""
    return key[:_HEX]


def id_in(key: str) -> str:
    """The id of a key."""
    return key[_HEX:]


def by_ticket(digest: Digest, seed: str, kind: str, ids: Iterable[str]) -> list[str]:
    """The ids in ascending order of their tickets of this kind."""
    return [id_in(key) for key in keys_by_ticket(digest, seed, kind, ids)]


def canonical(value: Any) -> bytes:
    """JCS (RFC 8785) of a document whose keys are ASCII and whose numbers are integers below 2^53.

    For such documents sorted compact JSON is JCS, and orjson writes it fifty times faster than a JCS
    library; a property test holds it against one.
    """
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def escape(key: str) -> str:
    """A key as one step of a JSON Pointer (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1")


class _Irregular(Exception):
    """The quick reader met something only the careful reader can name."""


def _quick_integer(written: str) -> int:
    if written == "-0" or len(written) > _LONGEST_INTEGER:
        raise _Irregular
    number = int(written)
    if abs(number) >= LIMIT:
        raise _Irregular
    return number


def _quick_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise _Irregular
    return value


def _irregular(_: str) -> Any:
    raise _Irregular


@contextmanager
def _no_collector(size: int) -> Iterator[None]:
    """Holds the cycle collector while a large text is read.

    Rows make no cycles, yet it would walk millions of them again and again: a third of the time.
    """
    held = size > _LARGE and gc.isenabled()
    if held:
        gc.disable()
    try:
        yield
    finally:
        if held:
            gc.enable()


def read(text: str | bytes, prefix: str) -> Any:
    """Reads strict JSON text; `prefix` names the document in the path of a refusal.

    A million rows go through the C scanner; only when it stumbles is the text read again, slowly, to
    name the first fault in the order of the text.

    Raises:
        DrawRefused: `json-duplicate-key`, `json-number` or `json-text`, with a JSON Pointer.
    """
    if isinstance(text, bytes):
        try:
            text = text.decode()
        except UnicodeDecodeError as error:
            raise DrawRefused(prefix, "json-text") from error
    if text.startswith("\ufeff"):
        raise DrawRefused(prefix, "json-text", "文件开头有 BOM，请另存为不带 BOM 的 UTF-8")
    if not _SURROGATE_ESCAPE.search(text) and is_text(text):
        try:
            with _no_collector(len(text)):
                return json.loads(
                    text,
                    parse_int=_quick_integer,
                    parse_float=_irregular,
                    parse_constant=_irregular,
                    object_pairs_hook=_quick_object,
                )
        except (_Irregular, ValueError, RecursionError):
            pass  # the careful reader below says what is wrong, and where
    return _Careful(text, prefix).document()


def is_text(text: str) -> bool:
    """Whether the string can be written as UTF-8, that is, holds no lone surrogate."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


class _Careful:
    """Reads JSON character by character so that the first fault has a place and a name."""

    def __init__(self, text: str, prefix: str) -> None:
        self.text = text
        self.prefix = prefix
        self.at = 0

    def document(self) -> Any:
        value = self._value(self.prefix, 0)
        self._space()
        if self.at != len(self.text):
            raise DrawRefused(self.prefix, "json-text")
        return value

    def _space(self) -> str:
        """Skips white space; gives the next character, "" at the end."""
        match = _SPACE.match(self.text, self.at)
        self.at = match.end() if match else self.at
        return self.text[self.at : self.at + 1]

    def _value(self, path: str, depth: int) -> Any:
        if depth > _DEEPEST:
            raise DrawRefused(path, "json-text", "嵌套太深")
        first = self._space()
        if first == "{":
            return self._object(path, depth)
        if first == "[":
            return self._array(path, depth)
        if first == '"':
            return self._string(path)
        number = _NUMBER_RUN.match(self.text, self.at)
        if number:
            self.at = number.end()
            return self._integer(number[0], path)
        for literal, value in _LITERALS.items():
            if self.text.startswith(literal, self.at):
                self.at += len(literal)
                return value
        raise DrawRefused(path, "json-text")

    def _integer(self, written: str, path: str) -> int:
        plain = _INTEGER.fullmatch(written) and written != "-0" and len(written) <= _LONGEST_INTEGER
        if not plain or abs(int(written)) >= LIMIT:
            raise DrawRefused(path, "json-number")
        return int(written)

    def _object(self, path: str, depth: int) -> dict[str, Any]:
        value: dict[str, Any] = {}
        self.at += 1
        if self._space() == "}":
            self.at += 1
            return value
        while True:
            if self._space() != '"':
                raise DrawRefused(path, "json-text")
            key = self._string(path)
            inner = f"{path}/{escape(key)}"
            if key in value:
                raise DrawRefused(inner, "json-duplicate-key")
            if self._space() != ":":
                raise DrawRefused(inner, "json-text")
            self.at += 1
            value[key] = self._value(inner, depth + 1)
            if self._closes("}", path):
                return value

    def _array(self, path: str, depth: int) -> list[Any]:
        value: list[Any] = []
        self.at += 1
        if self._space() == "]":
            self.at += 1
            return value
        while True:
            value.append(self._value(f"{path}/{len(value)}", depth + 1))
            if self._closes("]", path):
                return value

    def _closes(self, bracket: str, path: str) -> bool:
        """True at the closing bracket, False at a comma."""
        mark = self._space()
        if mark not in {bracket, ","}:
            raise DrawRefused(path, "json-text")
        self.at += 1
        return mark == bracket

    def _string(self, path: str) -> str:
        pieces = []
        self.at += 1
        while True:
            plain = _PLAIN.match(self.text, self.at)
            if plain:
                pieces.append(plain[0])
                self.at = plain.end()
            mark = self.text[self.at : self.at + 1]
            self.at += 1
            if mark == '"':
                break
            if mark != "\\":
                raise DrawRefused(path, "json-text")
            pieces.append(self._escaped(path))
        value = "".join(pieces)
        if not is_text(value):
            raise DrawRefused(path, "json-text", "含有不成对的代理字符")
        return value

    def _escaped(self, path: str) -> str:
        letter = self.text[self.at : self.at + 1]
        self.at += 1
        if letter in _ESCAPES:
            return _ESCAPES[letter]
        unit = self._unit(path) if letter == "u" else -1
        if unit < 0:
            raise DrawRefused(path, "json-text")
        high = _FIRST_SURROGATE <= unit < _FIRST_LOW_SURROGATE
        if high and self.text.startswith("\\u", self.at):
            self.at += 2
            low = self._unit(path)
            if _FIRST_LOW_SURROGATE <= low <= _LAST_SURROGATE:
                return chr(0x10000 + ((unit - _FIRST_SURROGATE) << 10) + (low - _FIRST_LOW_SURROGATE))
            return chr(unit) + chr(low)
        return chr(unit)

    def _unit(self, path: str) -> int:
        digits = _HEX4.match(self.text, self.at)
        if not digits:
            raise DrawRefused(path, "json-text")
        self.at += 4
        return int(digits[0], 16)
