"""form-js JSON → our field model. What we do not know is refused by name, all findings at once.

A form is a question to a person: it may check the shape of answers and nothing else; nothing in it runs code.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

import nh3
import orjson
import re2

from engine.errors import Finding, ModelInvalid, RuleError
from forms import catalogue, condition
from forms.condition import Condition
from forms.model import CONTAINERS, Choice, Component, Form, Rules, level, nearest

KEY = re.compile(r"[a-z][a-z0-9_]{0,40}")
TAGS = {
    "p",
    "br",
    "b",
    "strong",
    "em",
    "ul",
    "ol",
    "li",
    "h3",
    "h4",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "span",
}
FILE_TYPE = re.compile(r"\.[a-z0-9]{1,8}|[a-z]+/(\*|[a-z0-9.+-]+)")


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


class _Reader:
    """One reading of one file; collects findings instead of stopping at the first."""

    def __init__(self, source: bytes, file: str) -> None:
        self.source = source
        self.file = file
        self.findings: list[Finding] = []
        self.ids: set[str] = set()
        self.count = 0
        self.lines: dict[str, int] = {}

    def say(self, raw: Mapping[str, Any], rule: str, reason: str, hint: str = "") -> None:
        """Note a finding about a component (or the form itself)."""
        element = str(raw.get("key") or raw.get("path") or raw.get("id") or raw.get("type") or "form")
        line = self.lines.get(str(raw.get("id"))) or self.lines.get(element) or 1
        self.findings.append(
            Finding(self.file, element, str(raw.get("label") or ""), line, rule, reason, hint)
        )

    def form(self) -> Form:
        """The whole file."""
        nothing = Form(_name(self.file), self.file, "", ())
        if len(self.source) > catalogue.MAX_BYTES:
            self.say({}, "form-size", f"表单文件超过 {catalogue.MAX_BYTES // 1024} kB。", "请拆成两个环节。")
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
                    f"不是 JSON：第 {fault.colno} 列读不下去。",
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
        self._attributes(raw, catalogue.FORM, "表单")
        if raw.get("type", "default") != "default":
            self.say(raw, "form-type", f"表单类型“{raw['type']}”不支持。", "只支持 default。")
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
            self.say(raw, "form-depth", f"分组嵌套超过 {catalogue.MAX_DEPTH} 层。", "请减少嵌套。")
            return ()
        found = []
        for item in items:
            self.count += 1
            if self.count > catalogue.MAX_COMPONENTS:
                self.say(raw, "form-size", f"组件超过 {catalogue.MAX_COMPONENTS} 个。", "请拆成两个环节。")
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
                f"不支持组件“{kind}”。",
                hint or f"可用：{'、'.join(sorted(catalogue.ATTRIBUTES))}。",
            )
            return None
        self._attributes(raw, catalogue.ATTRIBUTES[kind], f"组件“{kind}”")
        identity = str(raw.get("id") or raw.get("key") or raw.get("path") or f"{kind}_{self.count}")
        if raw.get("id") and identity in self.ids:
            self.say(raw, "form-duplicate", f"id“{identity}”重复。", "每个组件的 id 只能用一次。")
        self.ids.add(identity)
        label = self._text(raw, "label", limit=catalogue.MAX_LABEL)
        if kind == "datetime" and not label:
            label = self._text(raw, "dateLabel" if raw.get("subtype") != "time" else "timeLabel")
        layout = raw.get("layout") or {}
        columns = layout.get("columns") if isinstance(layout, dict) else None
        if columns is not None and not (isinstance(columns, int) and 1 <= columns <= catalogue.COLUMNS):
            self.say(
                raw,
                "form-layout",
                f"layout.columns 是 {columns!r}。",
                f"请用 1 到 {catalogue.COLUMNS} 的整数。",
            )
            columns = None
        component = Component(
            type=kind,
            id=identity,
            key=self._key(raw, kind, label),
            label=label,
            hint=self._text(raw, "description", limit=1000),
            rules=self._rules(raw, kind),
            hide=self._hide(raw),
            choices=self._choices(raw, kind),
            options_key=self._text(raw, "valuesKey"),
            options_expression=self._feel(raw, "valuesExpression"),
            children=self.components(raw, depth + 1) if kind in CONTAINERS else (),
            default=raw.get("defaultValue"),
            readonly=self._flag(raw, "readonly") or self._flag(raw, "disabled"),
            multiple=self._flag(raw, "multiple"),
            columns=columns,
            row=str(layout.get("row") or "") if isinstance(layout, dict) else "",
            subtype=self._subtype(raw, kind),
            digits=self._whole(raw, "decimalDigits", 0, 10),
            step=str(raw.get("increment") or ""),
            prefix=self._adorner(raw, "prefixAdorner"),
            suffix=self._adorner(raw, "suffixAdorner"),
            accept=self._accept(raw),
            content=self._content(raw, kind),
            compute=self._feel(raw, "expression"),
            source=self._text(raw, "dataSource").removeprefix("="),
            repetitions=self._whole(raw, "defaultRepetitions", 0, 50) or 0
            if "defaultRepetitions" in raw
            else 1,
            growable=raw.get("allowAddRemove", True) is True,
            outlined=self._flag(raw, "showOutline"),
            height=self._whole(raw, "height", 0, 400) or 0,
            row_count=self._whole(raw, "rowCount", 1, 200) or 0,
        )
        self._default(raw, component)
        return component

    def _attributes(self, raw: Mapping[str, Any], known: Collection[str], what: str) -> None:
        for name in raw:
            if name not in known:
                self.say(raw, "form-attribute", f"{what}不支持属性“{name}”。", nearest(name, known))

    def _text(self, raw: Mapping[str, Any], name: str, limit: int = 200) -> str:
        value = raw.get(name, "")
        if not isinstance(value, str) or len(value) > limit:
            self.say(raw, "form-text", f"{name} 必须是不超过 {limit} 字的文字。")
            return ""
        if "{{" in value:
            self.say(
                raw, "form-template", f"{name} 中有“{{{{”。", "表单文字不是模板；要显示的数据由环节提供。"
            )
        return value.strip()

    def _flag(self, raw: Mapping[str, Any], name: str) -> bool:
        value = raw.get(name, False)
        if not isinstance(value, bool):
            self.say(
                raw,
                "form-attribute",
                f"{name} 必须是 true 或 false。",
                "随条件变化的部分请用 conditional.hide。",
            )
            return False
        return value

    def _whole(self, raw: Mapping[str, Any], name: str, low: int, high: int) -> int | None:
        value = raw.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            self.say(raw, "form-attribute", f"{name} 是 {value!r}。", f"请用 {low} 到 {high} 的整数。")
            return None
        return value

    def _key(self, raw: Mapping[str, Any], kind: str, label: str) -> str:
        name = "path" if kind in CONTAINERS else "key"
        if name not in catalogue.ATTRIBUTES[kind]:
            return ""
        key = raw.get(name, "")
        if kind == "group" and not key:
            return ""
        if not isinstance(key, str) or not KEY.fullmatch(key):
            self.say(
                raw,
                "form-key",
                f"{name}“{key}”不合规则。",
                "以小写字母开头，只用小写字母、数字和下划线，最多 41 个。",
            )
            return ""
        if key in catalogue.RESERVED:
            self.say(raw, "form-key", f"{name}“{key}”是保留字。", f"可改为“{key}_value”。")
        if not label and kind not in CONTAINERS:
            self.say(raw, "form-label", "没有 label。", "每个要填写的项目都要有标签。")
        return key

    def _rules(self, raw: Mapping[str, Any], kind: str) -> Rules:
        validate = raw.get("validate") or {}
        if not isinstance(validate, dict):
            self.say(raw, "form-validate", "validate 必须是 JSON 对象。")
            return Rules()
        known = catalogue.RULES.get(kind, frozenset())
        for name in validate:
            if name not in known:
                self.say(raw, "form-validate", f"组件“{kind}”不支持校验“{name}”。", nearest(name, known))
        given = {**raw, **{name: value for name, value in validate.items() if name in known}}
        shortest, longest = ("minItems", "maxItems") if "maxItems" in known else ("minLength", "maxLength")
        return Rules(
            required=self._flag(given, "required"),
            min_length=self._whole(given, shortest, 0, 100_000),
            max_length=self._whole(given, longest, 1, 100_000),
            minimum=self._number(given, "min"),
            maximum=self._number(given, "max"),
            pattern=self._pattern(given),
            pattern_message=self._text(given, "patternErrorMessage"),
            kind=self._one_of(given, "validationType", ("", "email", "phone", "custom")).replace(
                "custom", ""
            ),
            location=self._flag(given, "location"),
        )

    def _number(self, raw: Mapping[str, Any], name: str) -> str | None:
        value = raw.get(name)
        if value is None or value == "":
            return None
        try:
            number = Decimal(str(value))
        except InvalidOperation:
            number = Decimal("NaN")
        if isinstance(value, bool) or not number.is_finite():
            self.say(
                raw, "form-validate", f"{name} 是 {value!r}。", "请用数字；随条件变化的界限由环节的动作检查。"
            )
            return None
        return str(number)

    def _pattern(self, raw: Mapping[str, Any]) -> str:
        pattern = self._text(raw, "pattern", catalogue.MAX_PATTERN)
        if pattern:
            options = re2.Options()
            options.log_errors = False
            options.max_mem = 1 << 20
            try:
                re2.compile(pattern, options)
            except re2.error as fault:
                self.say(
                    raw,
                    "form-pattern",
                    f"pattern 不能用：{_words(fault)}。",
                    "只支持 RE2 写法，不支持回看、反向引用。",
                )
                return ""
        return pattern

    def _one_of(self, raw: Mapping[str, Any], name: str, allowed: tuple[str, ...]) -> str:
        value = raw.get(name, allowed[0])
        if value not in allowed:
            self.say(
                raw,
                "form-attribute",
                f"{name} 是“{value}”。",
                f"可用：{'、'.join(word for word in allowed if word)}。",
            )
            return allowed[0]
        return str(value)

    def _subtype(self, raw: Mapping[str, Any], kind: str) -> str:
        return self._one_of(raw, "subtype", ("date", "datetime", "time")) if kind == "datetime" else ""

    def _hide(self, raw: Mapping[str, Any]) -> Condition | None:
        conditional = raw.get("conditional") or {}
        if not isinstance(conditional, dict) or set(conditional) - {"hide"}:
            self.say(raw, "form-condition", "conditional 只支持 hide。")
            return None
        return self._feel({**raw, **conditional}, "hide")

    def _feel(self, raw: Mapping[str, Any], name: str) -> Condition | None:
        text = raw.get(name)
        if text is None or text == "":
            return None
        if not isinstance(text, str):
            self.say(raw, "form-condition", f"{name} 必须是 FEEL 文字。")
            return None
        try:
            return condition.read(text)
        except RuleError as fault:
            self.say(
                raw, "form-condition", f"{name}“{text}”读不下去：{fault.reason.rstrip('。')}。", fault.hint
            )
            return None

    def _choices(self, raw: Mapping[str, Any], kind: str) -> tuple[Choice, ...]:
        if kind == "table":
            return self._pairs(raw, "columns", "key")
        if "values" not in catalogue.ATTRIBUTES[kind]:
            return ()
        sources = [name for name in ("values", "valuesKey", "valuesExpression") if raw.get(name)]
        free = kind in {"person", "object", "clause"}
        if len(sources) != 1 and not (free and not sources):
            self.say(
                raw,
                "form-options",
                f"选项来源有 {len(sources)} 个。",
                "请在 values、valuesKey、valuesExpression 中只用一个。",
            )
        return self._pairs(raw, "values", "value") if raw.get("values") else ()

    def _pairs(self, raw: Mapping[str, Any], name: str, value_name: str) -> tuple[Choice, ...]:
        items = raw.get(name)
        if not isinstance(items, list) or not items or len(items) > catalogue.MAX_CHOICES:
            self.say(raw, "form-options", f"{name} 必须是 1 到 {catalogue.MAX_CHOICES} 项的列表。")
            return ()
        found: dict[str, Choice] = {}
        for item in items:
            value, label = (
                (item.get(value_name), item.get("label")) if isinstance(item, dict) else (None, None)
            )
            if not isinstance(value, str) or not value or not isinstance(label, str) or not label:
                self.say(
                    raw,
                    "form-options",
                    f"{name} 中的 {item!r} 缺少 label 或 {value_name}。",
                    "两者都是不为空的文字。",
                )
            elif value in found:
                self.say(raw, "form-options", f"{name} 中“{value}”出现两次。")
            else:
                found[value] = Choice(value, label)
        return tuple(found.values())

    def _adorner(self, raw: Mapping[str, Any], name: str) -> str:
        appearance = raw.get("appearance") or {}
        if not isinstance(appearance, dict) or set(appearance) - {"prefixAdorner", "suffixAdorner"}:
            self.say(raw, "form-attribute", "appearance 只支持 prefixAdorner 和 suffixAdorner。")
            return ""
        return self._text({**raw, **appearance}, name, 20)

    def _accept(self, raw: Mapping[str, Any]) -> tuple[str, ...]:
        accept = tuple(word.strip() for word in self._text(raw, "accept").split(",") if word.strip())
        for word in accept:
            if not FILE_TYPE.fullmatch(word):
                self.say(
                    raw, "form-attribute", f"accept 中的“{word}”不是文件类型。", "例如 .pdf 或 image/*。"
                )
        return accept

    def _content(self, raw: Mapping[str, Any], kind: str) -> str:
        if kind == "html":
            return nh3.clean(
                self._text(raw, "content", 20_000),
                tags=TAGS,
                attributes={"td": {"colspan"}, "th": {"colspan"}},
            )
        content = self._text(raw, "text", 20_000) if kind == "text" else ""
        if content.startswith("="):
            self.say(raw, "form-template", "text 以“=”开头。", "文字不能是算式；要计算请用 expression 组件。")
        return content

    def _default(self, raw: Mapping[str, Any], component: Component) -> None:
        """A default must be one of the static options; expressions are refused."""
        if component.default is None or not component.choices:
            return
        given = component.default if isinstance(component.default, list) else [component.default]
        for value in given:
            if value not in {choice.value for choice in component.choices}:
                self.say(raw, "form-options", f"defaultValue“{value}”不在选项中。")

    def _unique(self, components: list[Component], raw: Mapping[str, Any]) -> None:
        seen: set[str] = set()
        for component in level(components):
            if component.key in seen:
                self.say(
                    raw if raw.get("path") else {"key": component.key, "label": component.label},
                    "form-duplicate",
                    f"key“{component.key}”重复。",
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
                        component, "form-condition", f"“{key}”的显示条件绕回到自己。", "请去掉其中一个条件。"
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


def _words(fault: Exception) -> str:
    """What RE2 says; it speaks bytes."""
    said = fault.args[0] if fault.args else ""
    return said.decode(errors="replace") if isinstance(said, bytes) else str(said)


def _name(file: str) -> str:
    return file.removeprefix("forms/").removesuffix(".form")
