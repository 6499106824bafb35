"""An HTML form post (every name → list of texts) as answers.

Decoding only: a text that is no number stays a text, so that validation can say so and the page shows it.
Names that the form does not know are passed on, so that they are refused by name and not silently dropped.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from forms.fields import fen, plain
from forms.model import FILES, SEARCHED, Component, Form, is_row, level

TRANSPORT = frozenset({"csrf_token", "idempotency_key", "expected_version", "intent", "next_item"})
ADD, DROP, FIND = "add:", "drop:", "find:"
MOST_ROWS = 200
PHOTO = ("lat", "lon", "accuracy", "taken_at")


def answers(form: Form, lists: Any) -> dict[str, Any]:
    """Answers to a form. `lists` maps name → list of texts, or is a MultiDict (has `getlist`)."""
    posted = _Posted(lists)
    found = posted.read(form.components, "")
    for name in posted.unread():
        found[name] = posted.lists[name]
    return found


def reshaped(form: Form, lists: Any) -> dict[str, Any] | None:
    """Answers with one row more or less when the button asks for that (`intent=add:items`, `drop:items.2`).

    `find:object_code` only asks what answers to the words typed there: the answers as they are.
    None for an ordinary submission. The page is then shown again, nothing is checked or kept.
    """
    posted = _Posted(lists)
    intent = posted.last("intent")
    if not intent.startswith((ADD, DROP, FIND)):
        return None
    found = posted.read(form.components, "", empty_rows=True)
    verb, _, path = intent.partition(":")
    *way, last = path.split(".")
    if verb == "add" and isinstance(rows := _at(found, [*way, last]), list) and len(rows) < MOST_ROWS:
        rows.append({})
    if verb == "drop" and isinstance(rows := _at(found, way), list) and is_row(last):
        del rows[int(last) : int(last) + 1]
    return found


def _at(found: Any, way: Sequence[str]) -> Any:
    """What stands at the end of a path of keys and row numbers; None where it leads nowhere."""
    for step in way:
        if isinstance(found, list) and is_row(step) and int(step) < len(found):
            found = found[int(step)]
        else:
            found = found.get(step) if isinstance(found, dict) else None
    return found


class _Posted:
    """The lists of one post, and which of them have been read."""

    def __init__(self, lists: Any) -> None:
        names = list(lists)
        get = lists.getlist if hasattr(lists, "getlist") else lists.__getitem__
        self.lists: dict[str, list[str]] = {
            name: [*get(name)] if not isinstance(get(name), str) else [get(name)] for name in names
        }
        self.taken: set[str] = set()

    def all(self, name: str) -> list[str]:
        """All texts of a name."""
        self.taken.add(name)
        return [text for text in self.lists.get(name, []) if text != ""]

    def aligned(self, name: str) -> list[str]:
        """All texts of a name, empty ones too, for parallel lists."""
        self.taken.add(name)
        return self.lists.get(name, [])

    def last(self, name: str) -> str:
        """The last text of a name."""
        return (self.all(name) or [""])[-1]

    def unread(self) -> list[str]:
        """Names that nothing asked for."""
        return sorted(set(self.lists) - self.taken - TRANSPORT)

    def read(
        self, components: Sequence[Component], prefix: str, *, empty_rows: bool = False
    ) -> dict[str, Any]:
        """The answers of one level."""
        found: dict[str, Any] = {}
        for component in level(components):
            name = prefix + component.key
            if component.type == "group":
                found[component.key] = self.read(component.children, f"{name}.", empty_rows=empty_rows)
            elif component.type == "dynamiclist":
                found[component.key] = self._rows(component, name, empty_rows=empty_rows)
            elif component.asks and (value := self._value(component, name)) not in (None, ""):
                found[component.key] = value
        return found

    def _rows(self, component: Component, name: str, *, empty_rows: bool) -> list[dict[str, Any]]:
        numbers = {
            part
            for key in self.lists
            if key.startswith(f"{name}.") and is_row(part := key[len(name) + 1 :].split(".")[0])
        }
        rows = [
            self.read(component.children, f"{name}.{number}.", empty_rows=empty_rows)
            for number in sorted(numbers, key=int)[: MOST_ROWS + 1]
        ]
        return [
            row for row in rows if empty_rows or any(value not in (False, [], {}) for value in row.values())
        ]

    def _value(self, component: Component, name: str) -> Any:  # noqa: PLR0911  (one line per type)
        kind = component.type
        if kind == "checkbox":
            return bool(self.all(name))
        if component.chooses_many:
            return self.all(name)
        if kind == "filepicker":
            dropped = set(self.all(f"{name}.drop"))
            return [file for file in self.all(name) if file not in dropped]
        if kind == "photo":
            return self._photos(name)
        if kind in SEARCHED:
            return self._searched(name)
        if kind == "signature":
            signed = {
                part: text for part in ("name", "path", "signed_at") if (text := self.last(f"{name}.{part}"))
            }
            # a time alone is no signature: the script may set it before anybody has signed
            return signed if signed.keys() & {"name", "path"} else None
        text = self.last(name)
        if kind == "number" and text:
            return _number(text)
        if kind == "money" and text:
            amount = fen(text)
            return text if amount is None else amount
        return text

    def _searched(self, name: str) -> str:
        """What was picked from the list found for the words, as long as the words are still the same."""
        typed, asked, picked = (self.last(f"{name}{part}") for part in ("", ".asked", ".pick"))
        return picked if picked and typed == asked else typed

    def _photos(self, name: str) -> list[dict[str, Any]]:
        parts = {part: self.aligned(f"{name}.{part}") for part in PHOTO}
        reasons, photos = self.aligned(f"{name}.reason"), []
        dropped = set(self.all(f"{name}.drop"))
        for number, file in enumerate(self.all(name)):
            if file in dropped:
                continue
            photo: dict[str, Any] = {"file": file}
            for part, texts in parts.items():
                # photos of one choice share the position that was taken with it: the last one sent
                if texts and (text := texts[min(number, len(texts) - 1)]):
                    photo[part] = text
            if reasons and reasons[-1].strip():
                photo["reason"] = reasons[-1]
            photos.append(photo)
        return photos


def _number(text: str) -> int | str:
    bare = unicodedata.normalize("NFKC", text).replace(",", "").strip()
    try:
        number = Decimal(bare)
    except InvalidOperation:
        return text
    return plain(number) if number.is_finite() and abs(number.adjusted()) < 20 else text  # noqa: PLR2004


def takes_files(form: Form, name: str) -> bool:
    """Whether a name of a post is that of a file or photo field."""
    components = form.components
    *way, last = ["", *(part for part in name.split(".") if not is_row(part))]
    for step in way[1:]:
        inner = next((part for part in level(components) if part.key == step), None)
        components = inner.children if inner else ()
    return any(part.key == last and part.type in FILES and part.asks for part in level(components))
