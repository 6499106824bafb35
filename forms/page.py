"""A form as a page shows it: the model together with answers, sentences and options, ready for the templates.

Nothing is decided in the templates: a `Part` says its name, id, text, options and what stands below each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

import orjson

from engine.errors import Refused
from engine.sentence import Sentence
from forms import schema, search, words
from forms.fields import ZONE, yuan
from forms.model import CHOOSE_ONE, Component, Form

NOTHING: Mapping[str, Any] = MappingProxyType({})
BLANK = "__i__"


@dataclass(slots=True)
class Option:
    """An option on the page; `parts` are asked only when it is chosen."""

    value: str
    label: str
    chosen: bool
    parts: list[Part] = field(default_factory=list)


@dataclass(slots=True)
class Row:
    """One row of a list."""

    index: str
    parts: list[Part]


@dataclass(slots=True)
class Part:
    """One component on the page. `name` and `id` as in the HTML; `when`: its condition in words.

    `gone`: its condition hides it now, so a browser with a script need not show it first. What came back with a
    sentence is always shown. A field that one searches has in `options` those to pick from and in `offered` what
    the browser may complete; `missed`: nothing answers to the words.
    """

    component: Component
    name: str
    id: str
    kind: str
    value: Any = None
    error: str = ""
    when: str = ""
    hide: str = ""
    gone: bool = False
    options: list[Option] = field(default_factory=list)
    offered: list[str] = field(default_factory=list)
    missed: bool = False
    parts: list[Part] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    blank: Row | None = None
    table: Sequence[Mapping[str, Any]] = ()
    files: list[Mapping[str, Any]] = field(default_factory=list)

    @property
    def described(self) -> str:
        """`aria-describedby`: hint and error, where there are any."""
        ids = [f"{self.id}-h"] * bool(self.component.hint) + [f"{self.id}-e"] * bool(self.error)
        return " ".join(ids)

    @property
    def optional(self) -> bool:
        """Whether the label says 可不填."""
        return self.component.asks and not self.component.rules.required


@dataclass(slots=True)
class Page:
    """A form to show. `errors`: (id of the field or "", sentence); `data`: outside values conditions read."""

    form: Form
    parts: list[Part]
    errors: list[tuple[str, str]]
    headline: str = ""
    advice: str = ""
    clause: str = ""
    facts: Sequence[tuple[str, Any]] = ()
    data: str = "{}"


def page(
    form: Form,
    *,
    values: Mapping[str, Any] = NOTHING,
    refused: Refused | None = None,
    shown: Mapping[str, Any] = NOTHING,
    data: Mapping[str, Any] = NOTHING,
    files: Mapping[str, Mapping[str, Any]] = NOTHING,
) -> Page:
    """A form with what was answered so far.

    `values`: answers (a draft, what was posted); `refused`: why they came back; `shown`: the domain's
    (`facts, options, defaults, rows`); `data`: process data; `files`: id → `{name, size, href}` of kept ones.
    """
    sentences = refused.fields if refused else {}
    maker = _Maker(form, sentences, shown.get("options", {}), shown.get("rows", {}), files, data)
    parts = maker.parts(form.components, {**shown.get("defaults", {}), **values}, "")
    ids = {part.name: part.id for part in _all(parts)}
    for part in parts:
        part.gone = part.gone and not any(below.error for below in _all([part]))
    errors = [(ids.get(name, "errors"), sentence) for name, sentence in sentences.items()]
    headline = (
        Sentence("有 {count} 处需要改正", count=len(errors)) if errors else refused.reason if refused else ""
    )
    outside = {name: schema.jsonable(data.get(name)) for name in sorted(form.needs)}
    return Page(
        form=form,
        parts=_sections(parts),
        errors=errors,
        headline=headline,
        advice=refused.hint if refused else "",
        clause=refused.clause if refused else "",
        facts=shown.get("facts", ()),
        data=orjson.dumps(outside).decode(),
    )


def _all(parts: Sequence[Part]) -> list[Part]:
    found = []
    for part in parts:
        below = [*part.parts, *(one for option in part.options for one in option.parts)]
        found += [part, *_all(below), *(one for row in part.rows for one in _all(row.parts))]
    return [part for part in found if part.kind not in {"columns", "group", "panel", "section"}]


def _sections(parts: list[Part]) -> list[Part]:
    """The top level as panels: each labelled group its own, neighbours without a group one together."""
    found: list[Part] = []
    for part in parts:
        if part.kind == "group" and part.component.label:
            part.kind = "section"
            found.append(part)
        elif found and found[-1].kind == "panel":
            found[-1].parts.append(part)
        else:
            found.append(Part(part.component, part.name, part.id, "panel", parts=[part]))
    return found


class _Maker:
    """Makes the parts of one page."""

    def __init__(
        self,
        form: Form,
        sentences: Mapping[str, str],
        options: Mapping[str, Sequence[tuple[Any, str]]],
        tables: Mapping[str, Sequence[Mapping[str, Any]]],
        files: Mapping[str, Mapping[str, Any]],
        data: Mapping[str, Any],
    ) -> None:
        self.form = form
        self.sentences = sentences
        self.options = options
        self.tables = tables
        self.files = files
        self.data = data

    def parts(self, components: Sequence[Component], values: Mapping[str, Any], prefix: str) -> list[Part]:
        """The parts of one level; what belongs to one option stands below it, layout rows together."""
        found: list[Part] = []
        holders: dict[str, Part] = {}
        for component in components:
            part = self.part(component, values, prefix)
            holder = self._holder(component, holders)
            if holder is not None:
                holder.parts.append(part)
                part.when = part.hide = ""
            else:
                found.append(part)
            if component.type == "radio" and component.key:
                holders[component.key] = part
        for part in list(holders.values()):
            for option in part.options:
                option.parts = _columns(option.parts)
        return _columns(found)

    def _holder(self, component: Component, holders: Mapping[str, Part]) -> Option | None:
        """The option of an earlier radio below which a part stands, when exactly its value shows it."""
        one = words.choice_that_shows(component.hide) if component.hide else None
        if one is None or one[0] not in holders:
            return None
        return next((option for option in holders[one[0]].options if option.value == one[1]), None)

    def part(self, component: Component, values: Mapping[str, Any], prefix: str) -> Part:
        """One component with its answer."""
        name = prefix + (component.key or component.id)
        given = values.get(component.key, component.default) if component.key else None
        part = Part(component, name, "f-" + name.replace(".", "-"), component.type)
        part.error = self.sentences.get(name, "")
        if component.hide:
            part.when = words.shown_when(self.form, component.hide)
            part.hide = orjson.dumps(component.hide.tree).decode()
            part.gone = not prefix and component.hide.holds({**self.data, **values})
        if component.type == "group":
            inner, below = (given or {}, f"{name}.") if component.key else (values, prefix)
            part.parts = self.parts(component.children, inner, below)
        elif component.type == "dynamiclist":
            self._rows(part, given if isinstance(given, list) else [])
        elif component.type == "table":
            part.table = self.tables.get(component.source, ())
        elif component.chooses_one or component.chooses_many:
            self._choose(part, given, values)
        elif component.type == "filepicker":
            part.files = [{"id": file, **self.files.get(file, {"name": file})} for file in _list(given)]
        elif component.type == "photo":
            part.value = _common_reason(given)
            part.files = [
                {"id": shot["file"], **self.files.get(shot["file"], {"name": "照片"}), **shot}
                for shot in _shots(given)
            ]
        else:
            part.value = _text(component, given)
        if component.readonly:
            part.kind = "readonly"
            chosen = [option.label for option in part.options if option.chosen]
            part.value = "、".join(chosen) or part.value or _text(component, given)
        return part

    def _rows(self, part: Part, rows: Sequence[Any]) -> None:
        component = part.component
        wanted = max(len(rows), component.repetitions, 1 if component.rules.required else 0)
        for index in range(wanted):
            row = rows[index] if index < len(rows) and isinstance(rows[index], Mapping) else {}
            part.rows.append(Row(str(index), self.parts(component.children, row, f"{part.name}.{index}.")))
        if component.growable:
            part.blank = Row(BLANK, self.parts(component.children, {}, f"{part.name}.{BLANK}."))

    def _search(self, part: Part, typed: str, pairs: search.Pairs) -> None:
        """A line to type in; below it what the words may mean, unless they name one."""
        named, part.kind = search.meant(pairs, typed), "search"
        part.value = str(named[0][1]) if len(named) == 1 else typed
        part.offered = [] if part.component.looked_up else [str(pair[1]) for pair in pairs]
        if not typed or len(named) == 1:
            return
        some = named or (pairs if part.component.looked_up else search.near(pairs, typed))
        part.options = [Option(str(pair[0]), str(pair[1]), chosen=False) for pair in some]
        part.missed = not some

    def _choose(self, part: Part, given: Any, values: Mapping[str, Any]) -> None:
        component = part.component
        pairs: Sequence[tuple[Any, str]] = [(choice.value, choice.label) for choice in component.choices]
        if component.options_key:
            pairs = self.options.get(component.options_key, ())
        elif component.looked_up:
            pairs = self.options.get(component.wanted(str(given or "")), ())
        elif component.options_expression:
            computed = component.options_expression.value(values)
            pairs = [(choice.value, choice.label) for choice in schema.choices_of(computed)]
        if component.looked_up or (component.searched and len(pairs) > search.FEW):
            self._search(part, str(given or ""), pairs)
            return
        chosen = {str(value) for value in _list(given)}
        part.options = [Option(str(item[0]), str(item[1]), str(item[0]) in chosen) for item in pairs]
        if not part.options and component.type in CHOOSE_ONE - {"radio"}:
            part.kind = "textfield"
            part.value = "、".join(sorted(chosen))
        elif component.type in CHOOSE_ONE - {"radio"}:
            part.kind = "checklist" if component.multiple else "select"
        elif component.type == "taglist":
            part.kind = "checklist"


def _columns(parts: list[Part]) -> list[Part]:
    """Neighbours of the same layout row become one part of kind `columns`."""
    found: list[Part] = []
    for part in parts:
        row = part.component.row
        if row and part.component.columns and found and found[-1].component.row == row:
            if found[-1].kind != "columns":
                first = found[-1]
                found[-1] = Part(first.component, first.name, first.id, "columns", parts=[first])
            found[-1].parts.append(part)
        else:
            found.append(part)
    return found


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [] if value in (None, "") else [value]


def _shots(value: Any) -> list[dict[str, Any]]:
    return [dict(shot) if isinstance(shot, Mapping) else {"file": str(shot)} for shot in _list(value)]


def _common_reason(value: Any) -> str:
    return next((str(shot["reason"]) for shot in _shots(value) if shot.get("reason")), "")


def _text(component: Component, value: Any) -> Any:  # noqa: PLR0911  (one line per type)
    """An answer as it stands in its input; what could not be read is shown as it was typed."""
    if component.type == "checkbox":
        return value is True
    if component.type == "signature":
        return dict(value) if isinstance(value, Mapping) else {}
    if value is None:
        return ""
    if component.type == "money" and isinstance(value, int):
        return yuan(value)
    if component.type == "datetime" and component.subtype == "datetime":
        try:
            instant = datetime.fromisoformat(str(value))
        except ValueError:
            return str(value)
        return (instant.astimezone(ZONE) if instant.tzinfo else instant).strftime("%Y-%m-%dT%H:%M")
    return str(value)
