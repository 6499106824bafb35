"""The field model: what a form of a release asks, independent of how it is drawn or validated."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.errors import Finding
from engine.sentence import Sentence
from forms.condition import Condition

CHOOSE_ONE = frozenset({"radio", "select", "person", "object", "clause"})
SEARCHED = frozenset({"person", "object", "clause"})
CHOOSE_MANY = frozenset({"checklist", "taglist"})
FILES = frozenset({"filepicker", "photo"})
DISPLAY = frozenset({"text", "html", "separator", "spacer", "table"})
CONTAINERS = frozenset({"group", "dynamiclist"})
NAMES_OF_A_ROW = ("this", "parent", "i")


@dataclass(frozen=True, slots=True)
class Choice:
    """One option: the stored value and the label a person reads. Also a column of a table."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Rules:
    """What an answer must satisfy. Bounds are decimal texts (fen for money); `pattern` is RE2."""

    required: bool = False
    min_length: int | None = None
    max_length: int | None = None
    minimum: str | None = None
    maximum: str | None = None
    pattern: str = ""
    pattern_message: str = ""
    kind: str = ""  # "email" or "phone"
    location: bool = False  # a photo needs its position, or the reason why there is none


@dataclass(frozen=True, slots=True, eq=False)
class Component:
    """One component. `key` names the answer (for containers the form-js `path`, "" = no level of its own)."""

    type: str
    id: str
    key: str = ""
    label: str = ""
    hint: str = ""
    rules: Rules = field(default_factory=Rules)
    hide: Condition | None = None
    choices: tuple[Choice, ...] = ()
    options_key: str = ""
    options_expression: Condition | None = None
    children: tuple[Component, ...] = ()
    default: Any = None
    readonly: bool = False
    multiple: bool = False
    columns: int | None = None
    row: str = ""
    subtype: str = ""
    digits: int | None = None
    step: str = ""
    prefix: str = ""
    suffix: str = ""
    accept: tuple[str, ...] = ()
    content: str = ""
    compute: Condition | None = None
    source: str = ""
    repetitions: int = 1
    growable: bool = True
    outlined: bool = False
    height: int = 0
    row_count: int = 0

    @property
    def asks(self) -> bool:
        """Whether a person answers it (display, computed and read-only parts do not)."""
        return self.type not in DISPLAY | CONTAINERS | {"expression"} and not self.readonly

    @property
    def named(self) -> str:
        """How messages call it."""
        return f"“{self.label or self.key}”"

    @property
    def chooses_one(self) -> bool:
        """One value out of options."""
        return self.type in CHOOSE_ONE and not self.multiple

    @property
    def chooses_many(self) -> bool:
        """A list of values out of options."""
        return self.type in CHOOSE_MANY or (self.type in CHOOSE_ONE and self.multiple)

    @property
    def searched(self) -> bool:
        """One object, person or article: among many options one types a part of the name."""
        return self.type in SEARCHED and self.chooses_one

    @property
    def looked_up(self) -> bool:
        """Whether the house must look for what is typed, since the form and its step list no options."""
        listed = self.choices or self.options_key or self.options_expression
        return self.searched and not listed

    def wanted(self, typed: str) -> str:
        """Under which name the options hold what was found for these words (`object:村卫生室`)."""
        return f"{self.type}:{typed}"


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """A form of a release. `name` is its path under `forms/` without the extension: `plan/approve`."""

    name: str
    file: str
    id: str
    components: tuple[Component, ...]
    lines: Mapping[str, int] = field(default_factory=dict)

    def walk(self, components: tuple[Component, ...] | None = None) -> Iterator[Component]:
        """All components, containers before their content, in the order of the page."""
        for component in self.components if components is None else components:
            yield component
            yield from self.walk(component.children)

    def field(self, key: str) -> Component | None:
        """The component that answers `key`, wherever it stands."""
        return next(
            (component for component in self.walk() if component.key == key and component.type != "group"),
            None,
        )

    @property
    def keys(self) -> frozenset[str]:
        """All answer keys."""
        return frozenset(component.key for component in self.walk() if component.key)

    @property
    def needs(self) -> frozenset[str]:
        """Names that the conditions read and no answer provides: they must come from the case's data."""
        used: set[str] = set()
        for component in self.walk():
            for condition in (component.hide, component.options_expression, component.compute):
                used |= condition.names if condition else set()
        return frozenset(used - self.keys - set(NAMES_OF_A_ROW))

    def check(self, names: Collection[str] = ()) -> list[Finding]:
        """Findings that only show beside the diagram: `names` are the data keys the step can see."""
        known = {*names, *self.keys, *NAMES_OF_A_ROW}
        findings = []
        for component in self.walk():
            for condition in (component.hide, component.options_expression, component.compute):
                findings += [
                    self.finding(component, "form-name", *unknown_name(name, known))
                    for name in sorted((condition.names if condition else set()) - known)
                ]
        return findings

    def finding(self, component: Component, rule: str, reason: str, hint: str = "") -> Finding:
        """A finding about one component of this form."""
        mark = component.key or component.id
        line = self.lines.get(component.id) or self.lines.get(component.key) or 1
        return Finding(self.file, mark, component.label, line, rule, reason, hint)


def unknown_name(name: str, known: Collection[str]) -> tuple[str, str]:
    """Reason and hint for a name in a condition that nothing provides."""
    return Sentence("条件中的名称“{name}”不是本表单的项目，也不是环节数据。", name=name), nearest(name, known)


def nearest(name: str, known: Collection[str]) -> str:
    """A hint with the nearest known name, or nothing."""
    from difflib import get_close_matches  # noqa: PLC0415  (only when something is wrong)

    close = get_close_matches(name, sorted(known), n=1, cutoff=0.6)
    return Sentence("是否应为“{close}”？", close=close[0]) if close else ""


def is_row(text: str) -> bool:
    """Whether a part of a name is a row number: a few plain digits (`²` and a thousand nines are none)."""
    return 0 < len(text) < 7 and text.isascii() and text.isdigit()  # noqa: PLR2004


def level(components: Iterable[Component]) -> Iterator[Component]:
    """Components whose keys share one level of answers: groups without a path are looked through."""
    for component in components:
        if component.type == "group" and not component.key:
            yield from level(component.children)
        elif component.key:
            yield component
