"""A form that was handed in, to be read: every answer by its label, in words, never by its code.

What stands in a submission are keys, numbers and file ids; a reader of the file wants the question and the answer as
they were on the page: the name of the option, money in yuan, the hour in Shanghai, the file to open.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from forms.model import Form
from forms.page import NOTHING, Part, page

BELOW = {"columns", "group", "panel", "section"}


@dataclass(slots=True)
class Answer:
    """One question with its answer.

    `words`: labels of the form (options, 是, 否), to be shown in the reader's language; `text`: what was typed;
    `files`: `{name, href}`; `rows`: the answers of each row of a list.
    """

    label: str
    words: list[str] = field(default_factory=list)
    text: str = ""
    files: Sequence[Mapping[str, Any]] = ()
    rows: list[list[Answer]] = field(default_factory=list)

    def __bool__(self) -> bool:
        """Whether anything was answered."""
        return bool(self.words or self.text or self.files or self.rows)


def answered(
    form: Form,
    values: Mapping[str, Any],
    *,
    options: Mapping[str, Any] = NOTHING,
    files: Mapping[str, Mapping[str, Any]] = NOTHING,
) -> list[Answer]:
    """What was answered, in the order of the form; what nobody answered is left out.

    `options`: what there was to choose from, by the name of the list; `files`: id → `{name, href}`.
    """
    names = {str(value): label for pairs in options.values() for value, label in pairs}
    parts = page(form, values=values, shown={"options": options}, files=files).parts
    return list(_all(parts, values, names))


def _all(parts: Sequence[Part], values: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[Answer]:
    for part in parts:
        key = part.component.key
        if part.kind in BELOW:
            own = values.get(key) if key and part.kind == "group" else None
            yield from _all(part.parts, own if isinstance(own, Mapping) else values, names)
        elif part.rows:
            rows = values.get(key)
            told = [list(_all(row.parts, _row(rows, number), names)) for number, row in enumerate(part.rows)]
            if found := Answer(part.component.label or key, rows=[row for row in told if row]):
                yield found
        elif part.component.asks and values.get(key) not in (None, "", [], {}):
            if found := _one(part, values[key], names):
                yield found
            for option in part.options:
                yield from _all(option.parts, values, names)


def _row(rows: Any, number: int) -> Mapping[str, Any]:
    given = rows[number] if isinstance(rows, list) and number < len(rows) else {}
    return given if isinstance(given, Mapping) else {}


def _one(part: Part, given: Any, names: Mapping[str, str]) -> Answer:
    label = part.component.label or part.component.key
    chosen = [option.label for option in part.options if option.chosen]
    if part.component.searched or part.component.looked_up:
        chosen = [names.get(str(given), str(given))]
    if chosen or isinstance(given, bool):
        return Answer(label, words=chosen or ["是" if given else "否"])
    if part.files:
        return Answer(label, files=part.files)
    return Answer(label, text=_text(part, given))


def _text(part: Part, given: Any) -> str:
    """What was typed, as one reads it."""
    if isinstance(given, list):
        return "、".join(map(str, given))
    if isinstance(given, Mapping):
        return str(given.get("name", ""))
    words = str(part.value if part.value not in (None, "") else given)
    if part.component.type == "money":
        return f"{words} 元"
    return words.replace("T", " ") if part.component.type == "datetime" else words
