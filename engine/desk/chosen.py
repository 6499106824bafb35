"""How the options that a person picked were called on that day: kept beside the answers, which are numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

Options = Mapping[str, Sequence[tuple[Any, str]]]
"""What a form offers to choose from: (value, label) by the name of the list."""
NONE: Options = MappingProxyType({})


def chosen(options: Options, answers: Mapping[str, Any]) -> dict[str, list[list[str]]]:
    """The labels of the options that were picked, by list; lists of which nothing was picked are left out."""
    given = set(_scalars(answers))
    picked = {
        name: [[str(value), str(label)] for value, label in pairs if str(value) in given]
        for name, pairs in options.items()
    }
    return {name: pairs for name, pairs in picked.items() if pairs}


def _scalars(answers: Any) -> Iterator[str]:
    if isinstance(answers, Mapping):
        for each in answers.values():
            yield from _scalars(each)
    elif isinstance(answers, list):
        for each in answers:
            yield from _scalars(each)
    else:
        yield str(answers)
