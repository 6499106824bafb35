"""Fields that one searches: an object, a person, an article. What is typed, and which of the options it means.

One may type the code, the name, or what the browser's list offers (code and name). Nothing is guessed: where
several answer to the words, or only a part of a name was typed, the person picks one of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from forms.model import Component, Form, level

Pairs = Sequence[tuple[Any, str]]
FEW = 7
"""So many options are read at a glance: a drop-down list, no search."""


def meant(pairs: Pairs, typed: str) -> list[tuple[Any, str]]:
    """The options that the words name in full: by value, by label, or by one part of the label."""
    words = typed.strip()
    found = [pair for pair in pairs if words in (str(pair[0]), pair[1])]
    return found or [pair for pair in pairs if words in pair[1].split()]


def near(pairs: Pairs, typed: str) -> list[tuple[Any, str]]:
    """The options in whose label the words stand."""
    words = typed.strip().casefold()
    return [pair for pair in pairs if words in pair[1].casefold()]


def sought(form: Form, answers: Mapping[str, Any]) -> list[tuple[Component, str]]:
    """Every field that the house must look up, with what was typed there; rows of lists too."""
    return list(_sought(form.components, answers))


def _sought(components: Sequence[Component], answers: Mapping[str, Any]) -> Iterator[tuple[Component, str]]:
    for component in level(components):
        value = answers.get(component.key)
        if component.looked_up and isinstance(value, str) and value.strip():
            yield component, value
        elif component.type == "group" and isinstance(value, Mapping):
            yield from _sought(component.children, value)
        elif component.type == "dynamiclist" and isinstance(value, list):
            for row in value:
                yield from _sought(component.children, row if isinstance(row, Mapping) else {})
