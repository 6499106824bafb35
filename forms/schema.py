"""Answers against the released form: shape first (marshmallow, unknown = RAISE), then the conditions.

A hidden part is neither required nor kept. Only declared keys are kept; nothing is used for routing here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields

from engine.errors import Refused, RuleError
from engine.sentence import Sentence
from forms import search
from forms.fields import MOST_ITEMS, REFERENCE, field_for, plain
from forms.model import CHOOSE_MANY, CHOOSE_ONE, FILES, Choice, Component, Form, is_row, level

NOTHING: Mapping[str, Any] = MappingProxyType({})
UNKNOWN = "unknown-field"
Options = Mapping[str, Sequence[tuple[Any, str]]]


def load(
    form: Form,
    answers: Mapping[str, Any],
    *,
    options: Options = NOTHING,
    data: Mapping[str, Any] = NOTHING,
) -> dict[str, Any]:
    """The answers as they are kept. Numbers are int or decimal text, money is fen, dates are ISO text.

    `options`: `valuesKey → [(value, label)]` as the domain supplies them; `data`: what conditions may read
    besides the answers. Raises Refused with `fields = {name of the field: sentence}`; names are those of the
    HTML form, `items.0.amount` inside a list.
    """
    try:
        values, faults = shape(form).load(answers), {}
    except ValidationError as refusal:
        values = refusal.valid_data if isinstance(refusal.valid_data, dict) else {}
        faults = dict(_flat(refusal.messages, ""))
    settled = _Level(form.components, values, None, "", _Load(faults, options, data))
    kept = settled.kept()
    problems = settled.load.problems
    for name, sentence in faults.items():
        if sentence == UNKNOWN:
            problems[name] = Sentence("表单里没有“{name}”这一项，不能提交", name=name)
    problems = problems or settled.load.computed
    if problems:
        count = len(problems)
        raise Refused(
            Sentence("有 {count} 处需要改正", count=count),
            slug="form-invalid",
            fields=ordered(form, problems),
        )
    return kept


def shape(form: Form) -> Schema:
    """The marshmallow schema of a form (made once): types and limits, all optional, unknown names refused."""
    return _shape(form)


@lru_cache(maxsize=512)
def _shape(form: Form) -> Schema:
    return _schema(form.components)


def _schema(components: Sequence[Component]) -> Schema:
    found: dict[str, Any] = {}
    for component in level(components):
        if component.asks:
            found[component.key] = field_for(component)
        elif component.type == "group":
            found[component.key] = fields.Nested(_schema(component.children), allow_none=True)
        elif component.type == "dynamiclist":
            found[component.key] = fields.List(fields.Nested(_schema(component.children)), allow_none=True)
    made = Schema.from_dict(found, name="Answers")(unknown=RAISE)
    made.error_messages = {**made.error_messages, "unknown": UNKNOWN}
    return made


def _flat(messages: Any, prefix: str) -> list[tuple[str, str]]:
    """Nested marshmallow messages as (name, sentence); the first sentence of each field."""
    if isinstance(messages, Mapping):
        found = []
        for key, part in messages.items():
            found.extend(
                _flat(part, prefix if key == "_schema" else f"{prefix}.{key}" if prefix else str(key))
            )
        return found
    sentence = messages[0] if isinstance(messages, list) else messages
    own = isinstance(sentence, str) and (sentence == UNKNOWN or "“" in sentence or not sentence.isascii())
    return [(prefix or "form", sentence if own else Sentence("这一项的写法不对，请重新填写"))]


class _Load:
    """What one loading shares between its levels: faults of shape, options, outside data, what is wrong."""

    def __init__(self, faults: Mapping[str, str], options: Options, data: Mapping[str, Any]) -> None:
        self.faults = faults
        self.options = options
        self.data = data
        self.problems: dict[str, str] = {}
        self.computed: dict[str, str] = {}  # said only when nothing else is wrong: it often follows from that


class _Level:
    """One level of answers: the form itself, a group with a path, or one row of a list."""

    def __init__(
        self,
        components: Sequence[Component],
        values: Mapping[str, Any],
        parent: _Level | None,
        prefix: str,
        load: _Load,
        index: int = 0,
    ) -> None:
        self.components = components
        self.values = values
        self.parent = parent
        self.prefix = prefix
        self.load = load
        self.index = index
        self.own = {component.key: component for component in level(components)}
        self.around: dict[str, list[Component]] = {}
        _around(components, [], self.around)
        self.seen: dict[str, bool] = {}

    def kept(self) -> dict[str, Any]:
        """The answers of this level that stay, in the order of the form; problems are noted."""
        kept: dict[str, Any] = {}
        for key, component in self.own.items():
            if not self.shown(key):
                continue
            value = self._value(component, self.prefix + key)
            if value is not None:
                kept[key] = value
        return kept

    def shown(self, key: str) -> bool:
        """Whether a component shows, given its own condition and those of the groups around it."""
        if key not in self.seen:
            chain = [*self.around[key], self.own[key]]
            self.seen[key] = not any(
                part.hide and part.hide.holds(self.context(part.hide.names)) for part in chain
            )
        return self.seen[key]

    def context(self, names: frozenset[str]) -> dict[str, Any]:
        """The values a condition reads; what is hidden or not given is null."""
        return {name: self.lookup(name) for name in names}

    def lookup(self, name: str) -> Any:
        """A value by name: in this row, then outwards, then in the data of the case."""
        if name == "this":
            return {key: _feel(self.own.get(key), value) for key, value in self.values.items()}
        if name == "parent":
            return self.parent.lookup("this") if self.parent else None
        if name == "i":
            return Decimal(self.index + 1)
        if name in self.own:
            return _feel(self.own[name], self.values.get(name)) if self.shown(name) else None
        return self.parent.lookup(name) if self.parent else self.load.data.get(name)

    def _value(self, component: Component, name: str) -> Any:  # noqa: PLR0911  (one line per kind)
        value = self.values.get(component.key)
        if component.type == "expression":
            return self._computed(component, name)
        if component.type == "group":
            return _Level(component.children, value or {}, self, f"{name}.", self.load).kept()
        if component.type == "dynamiclist":
            return self._rows(component, value, name)
        if not component.asks:
            return None
        if name in self.load.faults:
            self.load.problems[name] = self.load.faults[name]
            return None
        if component.type == "checkbox":
            value = bool(value)
        if component.rules.required and (value is False or value in (None, [], {}, "")):
            self.load.problems[name] = missing(component)
        elif value and component.type in CHOOSE_ONE | CHOOSE_MANY:
            return self._chosen(component, value, name)
        elif isinstance(value, list):
            self._counted(component, value, name)
        return [] if value is None and (component.chooses_many or component.type in FILES) else value

    def _computed(self, component: Component, name: str) -> Any:
        if component.compute is None:
            return None
        try:
            value = component.compute.value(self.context(component.compute.names))
        except RuleError as fault:
            self.load.computed[name] = Sentence(
                "{what}算不出来：{why}", what=component.named, why=fault.reason
            )
            return None
        return jsonable(value)

    def _rows(self, component: Component, value: Any, name: str) -> list[dict[str, Any]]:
        rows = value if isinstance(value, list) else []
        # marshmallow keeps only good rows in `valid_data`; the names of faults count rows as they were sent
        kept = [
            _Level(component.children, row or {}, self, f"{name}.{index}.", self.load, index).kept()
            for index, row in enumerate(rows)
        ]
        if name in self.load.faults:
            self.load.problems[name] = self.load.faults[name]
        if component.rules.required and not kept:
            self.load.problems[name] = Sentence("请至少填写一行{what}", what=component.named)
        self._counted(component, kept, name)
        return kept

    def _counted(self, component: Component, value: list[Any], name: str) -> None:
        least, most = component.rules.min_length or 0, component.rules.max_length or MOST_ITEMS
        if value and len(value) < least:
            self.load.problems[name] = Sentence(
                "{what}至少 {least} 项，现在有 {n} 项", what=component.named, least=least, n=len(value)
            )
        if len(value) > most:
            self.load.problems[name] = Sentence(
                "{what}最多 {most} 项，现在有 {n} 项", what=component.named, most=most, n=len(value)
            )

    def _chosen(self, component: Component, value: Any, name: str) -> Any:
        """The value as the domain gave it (an id stays a number); refused when not among the options."""
        pairs = self._offered(component, value)
        if component.searched:
            return self._settled(component, str(value), pairs, name)
        known = None if pairs is None else {str(item[0]): item[0] for item in pairs}
        many = value if isinstance(value, list) else [value]
        if known is not None and any(str(item) not in known for item in many):
            self.load.problems[name] = Sentence("请在{what}列出的选项中选择", what=component.named)
            return None
        chosen = [known[str(item)] for item in many] if known is not None else many
        self._counted(component, chosen, name) if component.chooses_many else None
        return chosen if component.chooses_many else chosen[0]

    def _offered(self, component: Component, value: Any) -> search.Pairs | None:
        """What may be chosen; None where this form leaves it to the verb."""
        if component.options_key in self.load.options:
            return self.load.options[component.options_key]
        if component.options_expression:
            reads = component.options_expression
            found = choices_of(reads.value(self.context(reads.names)))
            return [(choice.value, choice.label) for choice in found]
        return self.load.options.get(component.wanted(str(value))) if component.looked_up else None

    def _settled(self, component: Component, typed: str, pairs: search.Pairs | None, name: str) -> Any:
        """The one that the words name; who must pick among several, or finds none, is told so."""
        if pairs is None:
            if component.type == "clause" and not component.choices and not REFERENCE.fullmatch(typed):
                self.load.problems[name] = Sentence(
                    "{what}要写成条款引用，例如 J13 或 W9", what=component.named
                )
            return typed
        named = search.meant(pairs, typed)
        if len(named) == 1:
            return named[0][0]
        listed = not component.looked_up and len(pairs) <= search.FEW
        some = named or (pairs if component.looked_up else search.near(pairs, typed))
        pattern = (
            "请在{what}列出的选项中选择"
            if listed
            else "请在找到的选项中选定{what}"
            if some
            else "没有找到与“{typed}”相符的{what}，请换个写法再查"
        )
        self.load.problems[name] = Sentence(pattern, typed=typed, what=component.named)
        return None


def _around(
    components: Sequence[Component], chain: list[Component], found: dict[str, list[Component]]
) -> None:
    for component in components:
        if component.type == "group" and not component.key:
            _around(component.children, [*chain, component], found)
        elif component.key:
            found[component.key] = chain


def _feel(component: Component | None, value: Any) -> Any:
    """An answer as a condition sees it: decimal texts are numbers, an empty tick is false."""
    if component is None:
        return value
    if component.type == "number" and value is not None:
        return Decimal(str(value))
    if component.type == "checkbox":
        return bool(value)
    if component.type == "dynamiclist":
        inner = {part.key: part for part in level(component.children)}
        return [
            {key: _feel(part, (row or {}).get(key)) for key, part in inner.items()} for row in value or []
        ]
    return value


def choices_of(value: Any) -> tuple[Choice, ...]:
    """Options computed by a form: a list of texts or of `{value, label}`."""
    found = []
    for item in value if isinstance(value, list) else []:
        if isinstance(item, Mapping):
            found.append(Choice(str(item.get("value", "")), str(item.get("label", item.get("value", "")))))
        elif item is not None:
            found.append(Choice(str(item), str(item)))
    return tuple(found)


def jsonable(value: Any) -> Any:
    """A FEEL value as it is kept: numbers as int or decimal text, dates as their text."""
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, Mapping):
        return {str(key): jsonable(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [jsonable(part) for part in value]
    return value if value is None or isinstance(value, bool | int | str) else str(value)


_ASKED = {
    **dict.fromkeys(
        ("radio", "select", "checklist", "taglist", "person", "object", "clause"), "请选择{what}"
    ),
    "checkbox": "请确认{what}",
    "filepicker": "请上传{what}",
    "photo": "请拍摄或上传{what}",
    "signature": "请签名：{what}",
    "money": "请填写{what}，没有金额填 0",
}


def missing(component: Component) -> Sentence:
    """What to do about an empty required answer."""
    return Sentence(_ASKED.get(component.type, "请填写{what}"), what=component.named)


def ordered(form: Form, problems: Mapping[str, str]) -> dict[str, str]:
    """Sentences in the order of the page, so that the error summary reads from top to bottom."""
    order = {component.key: number for number, component in enumerate(form.walk()) if component.key}

    def place(name: str) -> tuple[int, ...]:
        return tuple(int(part) if is_row(part) else order.get(part, len(order)) for part in name.split("."))

    return {name: problems[name] for name in sorted(problems, key=place)}


def files(form: Form, answers: Mapping[str, Any]) -> list[str]:
    """Ids of all stored files in kept answers, so that the desk can check whose they are."""
    return _files(form.components, answers)


def _files(components: Sequence[Component], answers: Mapping[str, Any]) -> list[str]:
    found: list[str] = []
    for component in level(components):
        value = answers.get(component.key)
        if component.type == "filepicker":
            found.extend(value or [])
        elif component.type == "photo":
            found.extend(photo["file"] for photo in value or [])
        elif component.type == "group" and value:
            found.extend(_files(component.children, value))
        elif component.type == "dynamiclist":
            found.extend(file for row in value or [] for file in _files(component.children, row))
    return found
