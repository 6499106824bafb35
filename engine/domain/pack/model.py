"""A pack after inheritance: as it ships (`workflows/<pack>/pack.toml`), or as a release has frozen it.

A case obeys the parameters of its own release (`frozen`, through `step.rules`); what ships is where new releases
begin, and what rules where no case runs yet.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache, lru_cache
from typing import Any

from engine import clock
from engine.domain.pack.catalogue import CATALOGUE
from engine.domain.pack.files import FOLDER
from engine.domain.terms import ROLE_LABELS, STRENGTHS, WORKFLOWS, cite, lineage, role_label
from engine.errors import CaseworkError, Finding, ModelInvalid, NotFound
from engine.sentence import Sentence

NONE = "none"
FOREVER = date(9999, 12, 31)
HEAD_KEYS = {
    "name", "title", "inherits", "level", "document", "issuer", "issued", "status", "version",
    "role_labels", "parameters",
}  # fmt: skip
PARAMETER_KEYS = {"value", "strength", "source", "valid_from", "valid_to", "note"}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One rule of a pack. `value` None means: not regulated. `source`: article references, see `terms.cite`.

    `strength` hard: no exception; principle (原则上): may be broken with reason and approver, and is counted.
    """

    key: str
    value: Any
    strength: str
    source: str
    pack: str
    valid_from: date
    valid_to: date = FOREVER
    note: str = ""

    def valid(self, on: date) -> bool:
        """Whether the rule is in force on a day."""
        return self.valid_from <= on <= self.valid_to

    def as_json(self) -> dict[str, Any]:
        """The row that `casework pack show --json` prints."""
        return {
            "key": self.key,
            "value": self.value,
            "strength": self.strength,
            "source": self.source,
            "cited": cite(self.source),
            "pack": self.pack,
            "valid_from": self.valid_from.isoformat(),
            "valid_to": None if self.valid_to == FOREVER else self.valid_to.isoformat(),
            "meaning": CATALOGUE[self.key].meaning,
            "note": self.note,
        }


@dataclass(frozen=True, slots=True)
class Pack(Mapping[str, Parameter]):
    """The parameters in force, by key, and what is known of the document behind them."""

    name: str
    title: str
    level: str
    document: str
    issuer: str
    issued: str
    status: str
    version: str
    lineage: tuple[str, ...]
    items: Mapping[str, Parameter] = field(repr=False)  # type: ignore[assignment]
    role_aliases: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __getitem__(self, key: str) -> Parameter:
        if key not in CATALOGUE:
            raise NotFound(Sentence("规则包没有参数“{key}”。", key=key))
        return self.items[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def value(self, key: str, on: date | None = None) -> Any:
        """The value in force on a day (today); None where nothing is regulated or no longer in force."""
        parameter = self[key]
        return parameter.value if parameter.valid(on or clock.today()) else None

    def label(self, role: str) -> str:
        """What this bureau calls a role: 基金监管 → 政策法规和基金监管股."""
        return role_label(role, self.role_aliases)

    @property
    def posts(self) -> Mapping[str, str]:
        """The posts and lanes that this bureau has a name of its own for: 基金监管 → 政策法规和基金监管股."""
        return {ROLE_LABELS[role]: name for role, name in self.role_aliases.items()}

    def cite(self, refs: str) -> str:
        """Article references in the words of this pack's users."""
        return cite(refs, self.name)


@cache
def parameters(name: str) -> Pack:
    """A pack after inheritance. NotFound for an unknown name, ModelInvalid for one that cannot be used."""
    return load(name)


def load(name: str) -> Pack:
    """As `parameters`, read afresh from the files."""
    return inherited(name, {ancestor: read(ancestor) for ancestor in lineage(name)})


@lru_cache(maxsize=64)
def frozen(name: str, texts: tuple[tuple[str, bytes], ...]) -> Pack:
    """A pack as the files `packs/<name>.toml` of a release have it; CaseworkError where it is not among them."""
    known = {pack_of(path): tomllib.loads(content.decode()) for path, content in texts}
    if name not in known:
        raise CaseworkError(Sentence("本版发布中没有规则包“{name}”的参数（packs/{name}.toml）。", name=name))
    return inherited(name, known)


def pack_of(path: str) -> str:
    """Which pack a file `packs/<name>.toml` of a release belongs to."""
    return path.removeprefix(f"{FOLDER}/").removesuffix(".toml")


def ancestry(name: str, texts: Mapping[str, Mapping[str, Any]]) -> tuple[str, ...]:
    """The pack and its parents, nearest first, as far as their texts are known."""
    names: list[str] = []
    while name in texts and name not in names:
        names.append(name)
        name = str(texts[name].get("inherits", ""))
    return tuple(names)


def inherited(name: str, texts: Mapping[str, Mapping[str, Any]]) -> Pack:
    """A pack put together from its own text and those of its parents: the nearest one that speaks decides."""
    values: dict[str, Parameter] = {}
    labels: dict[str, str] = {}
    line = ancestry(name, texts)
    for ancestor in reversed(line):
        text = texts[ancestor]
        labels |= text.get("role_labels", {})
        values |= own_parameters(ancestor, text)
    own = texts[name]
    return Pack(
        name=name,
        title=str(own.get("title", name)),
        level=str(own.get("level", "")),
        document=str(own.get("document", "")),
        issuer=str(own.get("issuer", "")),
        issued=str(own.get("issued", "")),
        status=str(own.get("status", "")),
        version=str(own.get("version", "1")),
        lineage=line,
        items={key: values[key] for key in CATALOGUE if key in values},
        role_aliases=labels,
    )


def read(name: str) -> dict[str, Any]:
    """The text of a pack as written; NotFound or ModelInvalid name the file."""
    path = WORKFLOWS / name / "pack.toml"
    if not path.is_file():
        raise NotFound(Sentence("没有规则包“{name}”。", name=name))
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise ModelInvalid(
            [Finding(f"{name}/pack.toml", "", "", 0, "toml", Sentence("文件读不出：{fault}。", fault=fault))]
        ) from None


def own_parameters(name: str, text: Mapping[str, Any]) -> dict[str, Parameter]:
    """The parameters that a pack sets itself.

    Faults are the business of `check`; here they end in ModelInvalid.
    """
    found: dict[str, Parameter] = {}
    for key, row in text.get("parameters", {}).items():
        if (
            key not in CATALOGUE
            or not isinstance(row, dict)
            or not {"value", "strength", "source"} <= set(row)
        ):
            reason = Sentence("参数“{key}”不能使用；请运行 casework pack check {name}。", key=key, name=name)
            raise ModelInvalid([Finding(f"{name}/pack.toml", key, "", 0, "parameter", reason)])
        found[key] = Parameter(
            key=key,
            value=None if row["value"] == NONE and CATALOGUE[key].optional else row["value"],
            strength=str(row["strength"]),
            source=str(row["source"]),
            pack=name,
            valid_from=_day(row.get("valid_from", text.get("issued")), date(2021, 1, 1)),
            valid_to=_day(row.get("valid_to"), FOREVER),
            note=str(row.get("note", "")),
        )
    return found


def _day(value: Any, otherwise: date) -> date:
    return value if isinstance(value, date) else otherwise


def show(name: str) -> list[dict[str, Any]]:
    """The effective parameters of a pack, one row each, in the order of the catalogue."""
    return [
        parameter.as_json() | {"strength_label": STRENGTHS[parameter.strength]}
        for parameter in parameters(name).values()
    ]
