"""Attributes of a form-js component, each checked on its own; whatever is wrong becomes a finding by name."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import nh3
import re2

from engine.errors import Finding, RuleError
from engine.sentence import Sentence
from forms import catalogue, condition
from forms.condition import Condition
from forms.model import CONTAINERS, Choice, Rules, nearest

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


class Attributes:
    """The reading of attributes of one file; collects findings instead of stopping at the first."""

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

    def attributes(self, raw: Mapping[str, Any], known: Collection[str], what: str) -> None:
        """Attributes that we do not know, each by name."""
        for name in raw:
            if name not in known:
                self.say(
                    raw,
                    "form-attribute",
                    Sentence("{what}不支持属性“{name}”。", what=what, name=name),
                    nearest(name, known),
                )

    def text(self, raw: Mapping[str, Any], name: str, limit: int = 200) -> str:
        """A short text; never a template."""
        value = raw.get(name, "")
        if not isinstance(value, str) or len(value) > limit:
            self.say(
                raw, "form-text", Sentence("{name} 必须是不超过 {limit} 字的文字。", name=name, limit=limit)
            )
            return ""
        if "{{" in value:
            self.say(
                raw,
                "form-template",
                Sentence("{name} 中有“{{{{”。", name=name),
                "表单文字不是模板；要显示的数据由环节提供。",
            )
        return value.strip()

    def flag(self, raw: Mapping[str, Any], name: str) -> bool:
        """True or false; expressions are refused."""
        value = raw.get(name, False)
        if not isinstance(value, bool):
            self.say(
                raw,
                "form-attribute",
                Sentence("{name} 必须是 true 或 false。", name=name),
                "随条件变化的部分请用 conditional.hide。",
            )
            return False
        return value

    def whole(self, raw: Mapping[str, Any], name: str, low: int, high: int) -> int | None:
        """A whole number within bounds, or None where it is not given."""
        value = raw.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            self.say(
                raw,
                "form-attribute",
                Sentence("{name} 是 {value}。", name=name, value=repr(value)),
                Sentence("请用 {low} 到 {high} 的整数。", low=low, high=high),
            )
            return None
        return value

    def key(self, raw: Mapping[str, Any], kind: str, label: str) -> str:
        """The key of an answer (the path of a container)."""
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
                Sentence("{name}“{key}”不合规则。", name=name, key=key),
                "以小写字母开头，只用小写字母、数字和下划线，最多 41 个。",
            )
            return ""
        if key in catalogue.RESERVED:
            self.say(
                raw,
                "form-key",
                Sentence("{name}“{key}”是保留字。", name=name, key=key),
                Sentence("可改为“{key}_value”。", key=key),
            )
        if not label and kind not in CONTAINERS:
            self.say(raw, "form-label", "没有 label。", "每个要填写的项目都要有标签。")
        return key

    def rules(self, raw: Mapping[str, Any], kind: str) -> Rules:
        """`validate`: only the rules that the component knows."""
        validate = raw.get("validate") or {}
        if not isinstance(validate, dict):
            self.say(raw, "form-validate", "validate 必须是 JSON 对象。")
            return Rules()
        known = catalogue.RULES.get(kind, frozenset())
        for name in validate:
            if name not in known:
                self.say(
                    raw,
                    "form-validate",
                    Sentence("组件“{kind}”不支持校验“{name}”。", kind=kind, name=name),
                    nearest(name, known),
                )
        given = {**raw, **{name: value for name, value in validate.items() if name in known}}
        shortest, longest = ("minItems", "maxItems") if "maxItems" in known else ("minLength", "maxLength")
        return Rules(
            required=self.flag(given, "required"),
            min_length=self.whole(given, shortest, 0, 100_000),
            max_length=self.whole(given, longest, 1, 100_000),
            minimum=self.number(given, "min"),
            maximum=self.number(given, "max"),
            pattern=self.pattern(given),
            pattern_message=self.text(given, "patternErrorMessage"),
            kind=self.one_of(given, "validationType", ("", "email", "phone", "custom")).replace("custom", ""),
            location=self.flag(given, "location"),
        )

    def number(self, raw: Mapping[str, Any], name: str) -> str | None:
        """A bound as decimal text."""
        value = raw.get(name)
        if value is None or value == "":
            return None
        try:
            number = Decimal(str(value))
        except InvalidOperation:
            number = Decimal("NaN")
        if isinstance(value, bool) or not number.is_finite():
            self.say(
                raw,
                "form-validate",
                Sentence("{name} 是 {value}。", name=name, value=repr(value)),
                "请用数字；随条件变化的界限由环节的动作检查。",
            )
            return None
        return str(number)

    def pattern(self, raw: Mapping[str, Any]) -> str:
        """A pattern that RE2 compiles."""
        pattern = self.text(raw, "pattern", catalogue.MAX_PATTERN)
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
                    Sentence("pattern 不能用：{words}。", words=_words(fault)),
                    "只支持 RE2 写法，不支持回看、反向引用。",
                )
                return ""
        return pattern

    def one_of(self, raw: Mapping[str, Any], name: str, allowed: tuple[str, ...]) -> str:
        """One word out of a few; the first is the default."""
        value = raw.get(name, allowed[0])
        if value not in allowed:
            self.say(
                raw,
                "form-attribute",
                Sentence("{name} 是“{value}”。", name=name, value=value),
                Sentence("可用：{allowed}。", allowed="、".join(word for word in allowed if word)),
            )
            return allowed[0]
        return str(value)

    def subtype(self, raw: Mapping[str, Any], kind: str) -> str:
        """date, datetime or time."""
        return self.one_of(raw, "subtype", ("date", "datetime", "time")) if kind == "datetime" else ""

    def hide(self, raw: Mapping[str, Any]) -> Condition | None:
        """`conditional.hide`, the only condition there is."""
        conditional = raw.get("conditional") or {}
        if not isinstance(conditional, dict) or set(conditional) - {"hide"}:
            self.say(raw, "form-condition", "conditional 只支持 hide。")
            return None
        return self.feel({**raw, **conditional}, "hide")

    def feel(self, raw: Mapping[str, Any], name: str) -> Condition | None:
        """A FEEL text, parsed."""
        text = raw.get(name)
        if text is None or text == "":
            return None
        if not isinstance(text, str):
            self.say(raw, "form-condition", Sentence("{name} 必须是 FEEL 文字。", name=name))
            return None
        try:
            return condition.read(text)
        except RuleError as fault:
            self.say(
                raw,
                "form-condition",
                Sentence(
                    "{name}“{text}”读不下去：{reason}",
                    name=name,
                    text=text,
                    reason=fault.reason,
                ),
                fault.hint,
            )
            return None

    def choices(self, raw: Mapping[str, Any], kind: str) -> tuple[Choice, ...]:
        """The options (or the columns of a table) and that there is exactly one source of them."""
        if kind == "table":
            return self.pairs(raw, "columns", "key")
        if "values" not in catalogue.ATTRIBUTES[kind]:
            return ()
        sources = [name for name in ("values", "valuesKey", "valuesExpression") if raw.get(name)]
        free = kind in {"person", "object", "clause"}
        if len(sources) != 1 and not (free and not sources):
            self.say(
                raw,
                "form-options",
                Sentence("选项来源有 {count} 个。", count=len(sources)),
                "请在 values、valuesKey、valuesExpression 中只用一个。",
            )
        return self.pairs(raw, "values", "value") if raw.get("values") else ()

    def pairs(self, raw: Mapping[str, Any], name: str, value_name: str) -> tuple[Choice, ...]:
        """Static options: value and label, each value once."""
        items = raw.get(name)
        if not isinstance(items, list) or not items or len(items) > catalogue.MAX_CHOICES:
            self.say(
                raw,
                "form-options",
                Sentence(
                    "{name} 必须是 1 到 {most} 项的列表。",
                    name=name,
                    most=catalogue.MAX_CHOICES,
                ),
            )
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
                    Sentence(
                        "{name} 中的 {item} 缺少 label 或 {value_name}。",
                        name=name,
                        item=repr(item),
                        value_name=value_name,
                    ),
                    "两者都是不为空的文字。",
                )
            elif value in found:
                self.say(
                    raw, "form-options", Sentence("{name} 中“{value}”出现两次。", name=name, value=value)
                )
            else:
                found[value] = Choice(value, label)
        return tuple(found.values())

    def adorner(self, raw: Mapping[str, Any], name: str) -> str:
        """A short text before or behind an input."""
        appearance = raw.get("appearance") or {}
        if not isinstance(appearance, dict) or set(appearance) - {"prefixAdorner", "suffixAdorner"}:
            self.say(raw, "form-attribute", "appearance 只支持 prefixAdorner 和 suffixAdorner。")
            return ""
        return self.text({**raw, **appearance}, name, 20)

    def accept(self, raw: Mapping[str, Any]) -> tuple[str, ...]:
        """File types, as `.pdf` or `image/*`."""
        accept = tuple(word.strip() for word in self.text(raw, "accept").split(",") if word.strip())
        for word in accept:
            if not FILE_TYPE.fullmatch(word):
                self.say(
                    raw,
                    "form-attribute",
                    Sentence("accept 中的“{word}”不是文件类型。", word=word),
                    "例如 .pdf 或 image/*。",
                )
        return accept

    def content(self, raw: Mapping[str, Any], kind: str) -> str:
        """The text of a display component; markup is cleaned here, once."""
        if kind == "html":
            return nh3.clean(
                self.text(raw, "content", 20_000),
                tags=TAGS,
                attributes={"td": {"colspan"}, "th": {"colspan"}},
            )
        content = self.text(raw, "text", 20_000) if kind == "text" else ""
        if content.startswith("="):
            self.say(raw, "form-template", "text 以“=”开头。", "文字不能是算式；要计算请用 expression 组件。")
        return content


def _words(fault: Exception) -> str:
    """What RE2 says; it speaks bytes."""
    said = fault.args[0] if fault.args else ""
    return said.decode(errors="replace") if isinstance(said, bytes) else str(said)
