"""form-js JSON → our field model. What we do not know is refused by name, all findings at once.

A form is a question to a person: it may check the shape of answers and nothing else; nothing in it runs code.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import orjson

from engine.errors import Finding, ModelInvalid
from engine.sentence import Sentence
from forms import catalogue
from forms.attributes import Attributes
from forms.model import CONTAINERS, Component, Form, level, nearest


def read(source: bytes, file: str) -> Form:
    """Read a form of a release. `file` is its path, `forms/plan/approve.form` or `plan/approve.form`.

    Raises ModelInvalid with every finding: file, component id or key, reason, hint.
    """
    return _read(source, file)


@lru_cache(maxsize=512)
def _read(source: bytes, file: str) -> Form:
    """The same bytes give the same form: a released form is read once, and its schema is made once."""
    reader = _Reader(source, file)
    form = reader.form()
    if reader.findings:
        raise ModelInvalid(reader.findings)
    return form


class _Reader(Attributes):
    """One reading of one file; collects findings instead of stopping at the first."""

    def form(self) -> Form:
        """The whole file."""
        nothing = Form(_name(self.file), self.file, "", ())
        if len(self.source) > catalogue.MAX_BYTES:
            self.say(
                {},
                "form-size",
                Sentence("表单文件超过 {most} kB。", most=catalogue.MAX_BYTES // 1024),
                "请拆成两个环节。",
            )
            return nothing
        try:
            raw = orjson.loads(self.source)
        except orjson.JSONDecodeError as fault:
            self.findings.append(
                Finding(
                    self.file,
                    "form",
                    "",
                    fault.lineno,
                    "form-json",
                    Sentence("不是 JSON：第 {colno} 列读不下去。", colno=fault.colno),
                    "请用表单编辑器保存。",
                ),
            )
            return nothing
        if not isinstance(raw, dict):
            self.say({}, "form-json", "表单必须是一个 JSON 对象。")
            return nothing
        for number, line in enumerate(self.source.decode().splitlines(), 1):
            for word in re.findall(r'"(?:id|key|path)"\s*:\s*"([^"]+)"', line):
                self.lines.setdefault(word, number)
        self.attributes(raw, catalogue.FORM, "表单")
        if raw.get("type", "default") != "default":
            self.say(
                raw, "form-type", Sentence("表单类型“{type}”不支持。", type=raw["type"]), "只支持 default。"
            )
        components = self.components(raw, 1)
        form = Form(_name(self.file), self.file, str(raw.get("id", "")), components, self.lines)
        if not self.findings:
            self._cycles(form)
        return form

    def components(self, raw: Mapping[str, Any], depth: int) -> tuple[Component, ...]:
        """The components of the form or of a container; keys are unique within one level of answers."""
        items = raw.get("components", [])
        if not isinstance(items, list):
            self.say(raw, "form-components", "components 必须是列表。")
            return ()
        if depth > catalogue.MAX_DEPTH:
            self.say(
                raw,
                "form-depth",
                Sentence("分组嵌套超过 {most} 层。", most=catalogue.MAX_DEPTH),
                "请减少嵌套。",
            )
            return ()
        found = []
        for item in items:
            self.count += 1
            if self.count > catalogue.MAX_COMPONENTS:
                self.say(
                    raw,
                    "form-size",
                    Sentence("组件超过 {most} 个。", most=catalogue.MAX_COMPONENTS),
                    "请拆成两个环节。",
                )
                break
            if not isinstance(item, dict):
                self.say(raw, "form-components", "组件必须是 JSON 对象。")
            elif (component := self.component(item, depth)) is not None:
                found.append(component)
        if depth == 1 or raw.get("path"):
            self._unique(found, raw)
        return tuple(found)

    def component(self, raw: dict[str, Any], depth: int) -> Component | None:
        """One component, or None where its type is unknown."""
        kind = str(raw.get("type", ""))
        if kind not in catalogue.ATTRIBUTES:
            hint = catalogue.REFUSED.get(kind) or nearest(kind, catalogue.ATTRIBUTES)
            self.say(
                raw,
                "form-component",
                Sentence("不支持组件“{kind}”。", kind=kind),
                hint or Sentence("可用：{allowed}。", allowed="、".join(sorted(catalogue.ATTRIBUTES))),
            )
            return None
        self.attributes(raw, catalogue.ATTRIBUTES[kind], Sentence("组件“{kind}”", kind=kind))
        identity = str(raw.get("id") or raw.get("key") or raw.get("path") or f"{kind}_{self.count}")
        if raw.get("id") and identity in self.ids:
            self.say(
                raw,
                "form-duplicate",
                Sentence("id“{identity}”重复。", identity=identity),
                "每个组件的 id 只能用一次。",
            )
        self.ids.add(identity)
        label = self.text(raw, "label", limit=catalogue.MAX_LABEL)
        if kind == "datetime" and not label:
            label = self.text(raw, "dateLabel" if raw.get("subtype") != "time" else "timeLabel")
        layout = raw.get("layout") or {}
        columns = layout.get("columns") if isinstance(layout, dict) else None
        if columns is not None and not (isinstance(columns, int) and 1 <= columns <= catalogue.COLUMNS):
            self.say(
                raw,
                "form-layout",
                Sentence("layout.columns 是 {columns}。", columns=repr(columns)),
                Sentence("请用 1 到 {most} 的整数。", most=catalogue.COLUMNS),
            )
            columns = None
        component = Component(
            type=kind,
            id=identity,
            key=self.key(raw, kind, label),
            label=label,
            hint=self.text(raw, "description", limit=1000),
            rules=self.rules(raw, kind),
            hide=self.hide(raw),
            choices=self.choices(raw, kind),
            options_key=self.text(raw, "valuesKey"),
            options_expression=self.feel(raw, "valuesExpression"),
            children=self.components(raw, depth + 1) if kind in CONTAINERS else (),
            default=raw.get("defaultValue"),
            readonly=self.flag(raw, "readonly") or self.flag(raw, "disabled"),
            multiple=self.flag(raw, "multiple"),
            columns=columns,
            row=str(layout.get("row") or "") if isinstance(layout, dict) else "",
            subtype=self.subtype(raw, kind),
            digits=self.whole(raw, "decimalDigits", 0, 10),
            step=str(raw.get("increment") or ""),
            prefix=self.adorner(raw, "prefixAdorner"),
            suffix=self.adorner(raw, "suffixAdorner"),
            accept=self.accept(raw),
            content=self.content(raw, kind),
            compute=self.feel(raw, "expression"),
            source=self.text(raw, "dataSource").removeprefix("="),
            repetitions=self.whole(raw, "defaultRepetitions", 0, 50) or 0
            if "defaultRepetitions" in raw
            else 1,
            growable=raw.get("allowAddRemove", True) is True,
            outlined=self.flag(raw, "showOutline"),
            height=self.whole(raw, "height", 0, 400) or 0,
            row_count=self.whole(raw, "rowCount", 1, 200) or 0,
        )
        self._default(raw, component)
        return component

    def _default(self, raw: Mapping[str, Any], component: Component) -> None:
        """A default must be one of the static options; expressions are refused."""
        if component.default is None or not component.choices:
            return
        given = component.default if isinstance(component.default, list) else [component.default]
        for value in given:
            if value not in {choice.value for choice in component.choices}:
                self.say(raw, "form-options", Sentence("defaultValue“{value}”不在选项中。", value=value))

    def _unique(self, components: list[Component], raw: Mapping[str, Any]) -> None:
        seen: set[str] = set()
        for component in level(components):
            if component.key in seen:
                self.say(
                    raw if raw.get("path") else {"key": component.key, "label": component.label},
                    "form-duplicate",
                    Sentence("key“{key}”重复。", key=component.key),
                    "同一层的每个项目各有自己的 key。",
                )
            seen.add(component.key)

    def _cycles(self, form: Form) -> None:
        """Whether a part shows may not depend on itself, not even around three corners."""
        reads: dict[str, set[str]] = {}
        _reads(form.components, frozenset(), reads)
        for key in sorted(reads):
            trail, waiting = set(), list(reads[key])
            while waiting:
                name = waiting.pop()
                if name not in trail:
                    trail.add(name)
                    waiting.extend(reads.get(name, ()))
            if key in trail:
                component = next(part for part in form.walk() if part.key == key)
                self.findings.append(
                    form.finding(
                        component,
                        "form-condition",
                        Sentence("“{key}”的显示条件绕回到自己。", key=key),
                        "请去掉其中一个条件。",
                    )
                )


def _reads(components: tuple[Component, ...], above: frozenset[str], found: dict[str, set[str]]) -> None:
    for component in components:
        names = above | (component.hide.names if component.hide else frozenset())
        if component.compute:
            names |= component.compute.names
        if component.key:
            found.setdefault(component.key, set()).update(names)
        _reads(component.children, names, found)


def _name(file: str) -> str:
    return file.removeprefix("forms/").removesuffix(".form")
