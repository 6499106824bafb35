"""抽取名单文件 D: the frozen document of one draw, checked and hashed.

Everything that influences the result stands in D; it is hashed and the hash signed before anybody
knows the seed. The checks go in a fixed order and name the first fault only, so that independent
implementations refuse the same file for the same reason.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from engine.domain.draw import shape
from engine.domain.draw.refusal import DrawRefused
from engine.domain.draw.text import DIGESTS, LIMIT, Digest, canonical, lines, read
from engine.sentence import Sentence

ROLES: Final = ("lead", "cert", "spec", "any")
ROUNDINGS: Final = ("up", "down", "half-up")
OBJECT_REASONS: Final = ("", "cap", "done-superior", "closed", "suspended")
PERSON_REASONS: Final = ("", "no-cert", "unavailable", "relative")
SCHEMA_FILE: Final = Path(__file__).with_name("draw-document.schema.json")

_LEAST_PARTIES: Final = 2


@dataclass(frozen=True)
class Document:
    """A well-formed D. `data` is the parsed JSON and must not be changed any more."""

    data: dict[str, Any]

    @property
    def draw(self) -> str:
        """抽取编号."""
        return str(self.data["draw"])

    @property
    def digest(self) -> Digest:
        """H of this draw: SHA-256 or SM3, for every hash including the commitments."""
        return DIGESTS[self.data["hash"]]

    @cached_property
    def roster(self) -> str:
        """名单指纹: H(JCS(D)), 64 hex, the value on the signed minutes."""
        return self.digest(canonical(self.data))

    @property
    def party_names(self) -> list[str]:
        """Names of the parties in D's order."""
        return [party["name"] for party in self.data["parties"]]

    @cached_property
    def people(self) -> dict[str, dict[str, Any]]:
        """P: every inspector that may be drawn, by id."""
        return {person["id"]: person for person in self.data["inspectors"] if person["excl"] == ""}

    @cached_property
    def conflicts(self) -> frozenset[tuple[str, str]]:
        """Declared pairs (inspector, object); only ever asked for membership."""
        return frozenset((person, thing) for person, thing in self.data["conflicts"])

    @cached_property
    def group_ids(self) -> list[str]:
        """Group ids in D's order."""
        return [group["id"] for group in self.data["groups"]]

    @cached_property
    def group_specs(self) -> dict[str, str]:
        """Specialty asked for by each group."""
        return {group["id"]: group["spec"] for group in self.data["groups"]}

    def meets(self, person: dict[str, Any], role: str, group: str) -> bool:
        """Whether a person has what a role in a group needs; conflicts are another matter."""
        if role == "any":
            return True
        if role == "spec":
            return self.group_specs[group] in person["spec"]
        return bool(person[role])


def _rule(value: Any, path: str) -> None:
    if type(value) is str:
        shape.string(value, path)
    elif type(value) is not bool:
        if type(value) is not int:
            raise DrawRefused(path, "type", "只能是文字、整数或 true/false")
        shape.integer()(value, path)


def _rules(value: Any, path: str) -> None:
    if type(value) is not dict:
        raise DrawRefused(path, "type", "应为对象")
    if "cap" not in value:
        raise DrawRefused(f"{path}/cap", "missing-key")
    shape.integer(0)(value["cap"], f"{path}/cap")
    shape.mapping(_rule)(value, path)


_num_den = shape.row(
    {
        "num": shape.integer(0),
        "den": shape.integer(1),
        "min": shape.integer(0),
        "round": shape.one_of(*ROUNDINGS),
    }
)


def _quota(value: Any, path: str) -> None:
    _num_den(value, path)
    if value["num"] > value["den"]:
        raise DrawRefused(f"{path}/num", "range", "抽取比例不得大于 1")


_OBJECT_KEYS: Final = ("id", "stratum", "excl", "visits", "cap", "listed")
_object_row = shape.row(
    {
        "id": shape.identifier,
        "stratum": shape.identifier,
        "excl": shape.one_of(*OBJECT_REASONS),
        "visits": shape.integer(0),
        "cap": shape.integer(0),
        "listed": shape.boolean,
    }
)


def _objects(value: Any, path: str, cap: int) -> None:
    """Rows of objects; a million of them, so a quick look first and words only when it fails."""
    if type(value) is not list:
        raise DrawRefused(path, "type", "应为列表")
    fields = operator.itemgetter(*_OBJECT_KEYS)
    matches = shape.ID.fullmatch
    for index, thing in enumerate(value):
        if type(thing) is dict and len(thing) == len(_OBJECT_KEYS):
            try:
                name, stratum, excl, visits, own_cap, listed = fields(thing)
            except KeyError:
                name = None
            if (
                type(name) is str
                and type(stratum) is str
                and type(visits) is int
                and type(own_cap) is int
                and type(listed) is bool
                and type(excl) is str
                and 0 <= visits < LIMIT
                and cap <= own_cap < LIMIT
                and excl in OBJECT_REASONS
                and matches(name)
                and matches(stratum)
            ):
                continue
        place = f"{path}/{index}"
        _object_row(thing, place)
        raise DrawRefused(f"{place}/cap", "range", Sentence("不得小于总次数上限 {cap}", cap=cap))


_inspectors = shape.array(
    shape.row(
        {
            "id": shape.identifier,
            "cert": shape.boolean,
            "lead": shape.boolean,
            "spec": shape.array(shape.identifier),
            "load": shape.integer(0),
            "excl": shape.one_of(*PERSON_REASONS),
        }
    )
)
_roles = shape.array(shape.one_of(*ROLES), least=1)
_parties = shape.array(shape.row({"name": shape.identifier, "commit": shape.hex64}), least=_LEAST_PARTIES)


def _groups(value: Any, path: str, roles: Any) -> None:
    needs_spec = type(roles) is list and "spec" in roles
    spec = shape.identifier if needs_spec else shape.identifier_or_empty
    shape.array(shape.row({"id": shape.identifier, "spec": spec}), least=1)(value, path)


def _pair(value: Any, path: str) -> None:
    if type(value) is not list or len(value) != 2:  # noqa: PLR2004 - a pair
        raise DrawRefused(path, "type", "应为 [人员, 对象] 两项")
    shape.identifier(value[0], f"{path}/0")
    shape.identifier(value[1], f"{path}/1")


def _check_shape(data: Any) -> None:
    """Keys, types, formats and ranges, key by key in the order of the table."""
    anything: shape.Check = lambda value, path: None  # noqa: E731, ARG005 - checked below with its neighbours
    keys = [
        "v",
        "draw",
        "hash",
        "salt",
        "prev_head",
        "release",
        "rules",
        "strata",
        "objects",
        "inspectors",
        "aliases",
        "groups",
        "roles",
        "conflicts",
        "parties",
        "beacon",
        "publish_by",
    ]
    shape.row(dict.fromkeys(keys, anything))(data, "D")
    shape.one_of("SR1")(data["v"], "D/v")
    shape.draw_number(data["draw"], "D/draw")
    shape.one_of(*DIGESTS)(data["hash"], "D/hash")
    shape.hex64(data["salt"], "D/salt")
    shape.hex64(data["prev_head"], "D/prev_head")
    shape.identifier(data["release"], "D/release")
    _rules(data["rules"], "D/rules")
    shape.mapping(_quota)(data["strata"], "D/strata")
    _objects(data["objects"], "D/objects", data["rules"]["cap"])
    _inspectors(data["inspectors"], "D/inspectors")
    shape.hex64(data["aliases"], "D/aliases")
    _groups(data["groups"], "D/groups", data["roles"])
    _roles(data["roles"], "D/roles")
    shape.array(_pair)(data["conflicts"], "D/conflicts")
    _parties(data["parties"], "D/parties")
    shape.printable_or_empty(data["beacon"], "D/beacon")
    shape.day(data["publish_by"], "D/publish_by")


def _ids(rows: list[dict[str, Any]]) -> list[str]:
    return [one["id"] for one in rows]


def _check_order(data: dict[str, Any]) -> None:
    """Sorting over the whole document, then repetition over the whole document."""
    lists: list[tuple[list[Any], str]] = [
        (_ids(data["objects"]), "D/objects"),
        (_ids(data["inspectors"]), "D/inspectors"),
        *((person["spec"], f"D/inspectors/{index}/spec") for index, person in enumerate(data["inspectors"])),
        (_ids(data["groups"]), "D/groups"),
        (data["conflicts"], "D/conflicts"),
    ]
    for keys, path in lists:
        shape.ascending(keys, path)
    for keys, path in lists:
        shape.distinct(keys, path)
    names = [party["name"] for party in data["parties"]]
    for index, name in enumerate(names):
        if name in names[:index]:
            raise DrawRefused(f"D/parties/{index}", "duplicate")


def _check_references(data: dict[str, Any]) -> None:
    strata = data["strata"]
    for index, thing in enumerate(data["objects"]):
        if thing["stratum"] not in strata:
            raise DrawRefused(f"D/objects/{index}/stratum", "unknown-reference")
    people = set(_ids(data["inspectors"]))
    things = set(_ids(data["objects"]))
    for index, (person, thing) in enumerate(data["conflicts"]):
        if person not in people:
            raise DrawRefused(f"D/conflicts/{index}/0", "unknown-reference")
        if thing not in things:
            raise DrawRefused(f"D/conflicts/{index}/1", "unknown-reference")


def check_document(source: str | bytes | dict[str, Any]) -> Document:
    """核对抽取名单文件: gives the well-formed D, or refuses with the first fault.

    Args:
        source: JSON text, or an already parsed object (then the tokens cannot be checked any more).

    Raises:
        DrawRefused: `{path, code, reason}`, path a JSON Pointer behind `D`.
    """
    data = read(source, "D") if isinstance(source, str | bytes) else source
    _check_shape(data)
    _check_order(data)
    _check_references(data)
    return Document(data)


def freeze(data: dict[str, Any]) -> Document:
    """冻结名单: sorts what must be sorted, then checks; so the order of the input files does not matter.

    Raises:
        DrawRefused: as `check_document`.
    """
    by_id = operator.itemgetter("id")
    ordered = {
        **data,
        "objects": sorted(data["objects"], key=by_id),
        "inspectors": sorted(
            ({**person, "spec": sorted(person["spec"])} for person in data["inspectors"]), key=by_id
        ),
        "groups": sorted(data["groups"], key=by_id),
        "conflicts": sorted(list(pair) for pair in data["conflicts"]),
    }
    return check_document(ordered)


def roster_hash(document: Document) -> str:
    """名单指纹: H(JCS(D)), 64 hex."""
    return document.roster


def commitment(draw: str, party: str, secret: str, hash_name: str = "sha256") -> str:
    """承诺值 of a party's secret for one draw: H("SR1/commit" ⏎ draw ⏎ party ⏎ secret)."""
    return DIGESTS[hash_name](lines("SR1/commit", draw, party, secret))


@dataclass(frozen=True, slots=True)
class Reveal:
    """What is opened after the roster hash is signed: secrets in party order, beacon value or ""."""

    secrets: tuple[str, ...]
    beacon: str

    def body(self) -> dict[str, Any]:
        """The body of the `reveal` event."""
        return {"secrets": list(self.secrets), "beacon": self.beacon}


def check_reveal(document: Document, source: str | bytes | dict[str, Any] | Reveal) -> Reveal:
    """核对揭示: one secret per party, each opening its commitment, a beacon value exactly when announced.

    Raises:
        DrawRefused: `secret-count`, `secret-format`, `commitment`, `beacon` (or a malformed object),
            path behind `reveal`.
    """
    if isinstance(source, Reveal):
        source = source.body()
    data = read(source, "reveal") if isinstance(source, str | bytes) else source
    shape.row({"secrets": _any_list, "beacon": shape.string})(data, "reveal")
    secrets = data["secrets"]
    parties = document.data["parties"]
    if len(secrets) != len(parties):
        raise DrawRefused(
            "reveal/secrets",
            "secret-count",
            Sentence("应为 {wanted} 个，实为 {given} 个", wanted=len(parties), given=len(secrets)),
        )
    for index, secret in enumerate(secrets):
        if type(secret) is not str or not shape.HEX64.fullmatch(secret):
            raise DrawRefused(f"reveal/secrets/{index}", "secret-format")
    for index, (party, secret) in enumerate(zip(parties, secrets, strict=True)):
        if commitment(document.draw, party["name"], secret, document.data["hash"]) != party["commit"]:
            raise DrawRefused(
                f"reveal/secrets/{index}",
                "commitment",
                Sentence("“{party}”的秘密值与事先的承诺不符", party=party["name"]),
            )
    _check_beacon(document, data["beacon"])
    return Reveal(tuple(secrets), data["beacon"])


def _any_list(value: Any, path: str) -> None:
    if type(value) is not list:
        raise DrawRefused(path, "type", "应为列表")


def _check_beacon(document: Document, value: str) -> None:
    announced = document.data["beacon"]
    if bool(announced) != bool(value):
        sentence = (
            Sentence("名单约定了公共随机项“{announced}”，还没有填它的值", announced=announced)
            if announced
            else "名单没有约定公共随机项，不得填写"
        )
        raise DrawRefused("reveal/beacon", "beacon", sentence)
    if value:
        try:
            shape.printable(value, "reveal/beacon")
        except DrawRefused as error:
            raise DrawRefused("reveal/beacon", "beacon", "应为 1–200 个可见字符，不含控制字符") from error


def seed_of(document: Document, reveal: Reveal) -> str:
    """抽取种子: H("SR1/seed" ⏎ draw ⏎ roster ⏎ secrets in D's order ⏎ beacon), 64 hex."""
    return document.digest(lines("SR1/seed", document.draw, document.roster, *reveal.secrets, reveal.beacon))
