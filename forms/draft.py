"""A draft that a program sends: only what the form asks, each answer of the kind of its field, however unfinished.

What a page posts has that shape by itself (`forms/post.py`); what a program posts is shown on the person's page
later, and goes to the receiver with the step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.errors import Refused
from engine.sentence import Sentence
from forms.model import Component, Form, level


def kept(form: Form, answers: Mapping[str, Any]) -> dict[str, Any]:
    """The draft as it is kept. Refused names every answer that the form does not ask, or not of that kind."""
    faults: dict[str, str] = {}
    _look(form.components, answers, "", faults)
    if faults:
        raise Refused(
            Sentence("有 {count} 处需要改正", count=len(faults)), slug="form-invalid", fields=faults
        )
    return dict(answers)


def _look(
    components: Sequence[Component], answers: Mapping[str, Any], prefix: str, faults: dict[str, str]
) -> None:
    known = {component.key: component for component in level(components)}
    for key, value in answers.items():
        name, component = f"{prefix}{key}", known.get(key)
        if component is None or not (component.asks or component.children):
            faults[name] = Sentence("表单里没有“{name}”这一项，不能提交", name=name)
        elif value is None:
            continue
        elif component.type == "group" and isinstance(value, dict):
            _look(component.children, value, f"{name}.", faults)
        elif component.type == "dynamiclist" and _of(value, dict):
            for number, row in enumerate(value):
                _look(component.children, row, f"{name}.{number}.", faults)
        elif not _fits(component, value):
            faults[name] = Sentence("这一项的写法不对，请重新填写")


def _fits(component: Component, value: Any) -> bool:
    if component.type == "photo":
        return _of(value, dict) and all(
            isinstance(shot.get("file"), str) and all(map(_plain, shot.values())) for shot in value
        )
    if component.type == "signature":
        return isinstance(value, dict) and all(isinstance(part, str) for part in value.values())
    if component.type == "filepicker":
        return _of(value, str)
    if component.chooses_many:
        return isinstance(value, list) and all(map(_plain, value))
    return component.type not in ("group", "dynamiclist") and _plain(value)


def _of(value: Any, kind: type) -> bool:
    return isinstance(value, list) and all(isinstance(each, kind) for each in value)


def _plain(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float | bool)
