"""Answers a form as a person plausibly would: for rehearsals, the demo and «试运行» of a form.

What was chosen stands; wherever the form requires an answer and none was chosen, something fitting is filled in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from forms.model import Component, Form


@dataclass(frozen=True, slots=True)
class Respondent:
    """Who answers: name, the held instant (local), the options on offer, and how a file is handed in (label → id)."""

    name: str
    now: datetime
    options: Mapping[str, Sequence[Any]]
    hand_in: Callable[[str], str]


def filled(form: Form, chosen: Mapping[str, Any], person: Respondent) -> dict[str, Any]:
    """The chosen answers the form knows, completed; conditional parts too (the schema drops hidden ones)."""
    answers = {key: value for key, value in chosen.items() if key in form.keys}
    for component in form.components:
        _fill(component, answers, person)
    return answers


def _fill(component: Component, answers: dict[str, Any], person: Respondent) -> None:
    if component.type == "group":
        inner = answers.setdefault(component.key, {}) if component.key else answers
        for child in component.children:
            _fill(child, inner, person)
    elif component.type == "dynamiclist":
        needed = any(child.asks and child.rules.required for child in component.children)
        for row in answers.setdefault(component.key, [{}] if needed else []):
            for child in component.children:
                _fill(child, row, person)
    elif component.asks and component.rules.required and answers.get(component.key) in (None, "", []):
        answers[component.key] = _plausible(component, person)


def _plausible(component: Component, person: Respondent) -> Any:  # noqa: PLR0911 (one line a kind of field)
    options = _options(component, person)
    if component.chooses_one:
        return options[0] if options else ""
    if component.chooses_many:
        return options
    kind = component.type
    if kind in ("number", "money"):
        return int(float(component.rules.minimum or 1))
    if kind == "datetime":
        return (
            person.now.date().isoformat()
            if component.subtype == "date"
            else person.now.strftime("%Y-%m-%dT%H:%M")
        )
    if kind == "checkbox":
        return True
    if kind == "signature":
        return {"name": person.name}
    if kind == "filepicker":
        return [person.hand_in(component.label or component.key)]
    if kind == "photo":
        return [{"file": person.hand_in(component.label or component.key), "reason": "室内无信号"}]
    if component.rules.kind == "phone":
        return "13800000000"
    text = f"{component.label or component.key}（演示）"
    least = component.rules.min_length or 0
    return (text * (least // len(text) + 1))[: component.rules.max_length or None]


def _options(component: Component, person: Respondent) -> list[Any]:
    if component.choices:
        return [choice.value for choice in component.choices]
    supplied = person.options.get(component.options_key, [])
    return [option[0] if isinstance(option, (list, tuple)) else option["value"] for option in supplied]
