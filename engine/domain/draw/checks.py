"""The twelve checks, event by event: what `verify` walks through, kept apart from how it reports.

A check that does not hold raises `Wrong` with its number and place; a malformed part raises
`DrawRefused` as everywhere else. Whatever can be recomputed is recomputed from D and the reveal.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from engine.domain.draw import shape
from engine.domain.draw.aftermath import Standing
from engine.domain.draw.bodies import BODIES, may_follow
from engine.domain.draw.document import Document, check_document, check_reveal, commitment, seed_of
from engine.domain.draw.platform import check_platform_sub, take_over
from engine.domain.draw.refusal import DrawRefused
from engine.domain.draw.selection import quota_of
from engine.domain.draw.shape import series
from engine.domain.draw.text import ZEROS, Digest, read, sha256
from engine.domain.draw.transcript import ENDINGS, Event, Transcript, event_hash, outcome

_BARRED: Final = ("done-superior", "closed", "suspended")


class Wrong(Exception):
    """A check that does not hold: its number, the place, what should stand there, what does."""

    def __init__(self, check: int, path: str, expected: Any, actual: Any) -> None:
        super().__init__(path)
        self.check, self.path, self.expected, self.actual = check, path, expected, actual


_event_row = shape.row(
    {
        "n": shape.integer(0),
        "type": shape.one_of(*BODIES),
        "body": lambda value, path: None,  # noqa: ARG005 - checked by its type
        "prev": shape.hex64,
        "hash": shape.hex64,
    }
)


def _event_of(raw: Any, index: int) -> Event:
    path = f"events/{index}"
    _event_row(raw, path)
    BODIES[raw["type"]](raw["body"], f"{path}/body")
    return Event(raw["n"], raw["type"], raw["body"], raw["prev"], raw["hash"])


def _anything(value: Any, path: str) -> None:
    """Looked at later, where it belongs."""


transcript_row = shape.row(
    {"document": _anything, "events": shape.array(_anything, least=1), "head": shape.hex64}
)


def given_document(raw: dict[str, Any]) -> Document:
    """The document inside a transcript: an object, never a text that holds one."""
    if type(raw["document"]) is not dict:
        raise DrawRefused("D", "type", "应为对象")
    return check_document(raw["document"])


def transcript_of(source: str | bytes | dict[str, Any]) -> tuple[Transcript, Document | None]:
    """读入抽取记录: shapes only, nothing recomputed; the document is None for an imported result.

    Raises:
        DrawRefused: the first malformed part.
    """
    data = read(source, "") if isinstance(source, str | bytes) else source
    transcript_row(data, "")
    events = tuple(_event_of(raw, index) for index, raw in enumerate(data["events"]))
    if events[0].type == "import":
        return Transcript({}, sha256, events), None
    document = given_document(data)
    return Transcript(document.data, document.digest, events), document


def difference(expected: Any, actual: Any, path: str) -> tuple[str, Any, Any] | None:
    """The first place where two JSON values differ: path, expected, actual (None where one ends)."""
    if type(expected) is not type(actual):
        return path, expected, actual
    if isinstance(expected, dict):
        steps: list[tuple[str, Any, Any]] = [
            (key, expected.get(key), actual.get(key)) for key in sorted({*expected, *actual})
        ]
    elif isinstance(expected, list):
        longest = max(len(expected), len(actual))
        steps = [(str(index), _at(expected, index), _at(actual, index)) for index in range(longest)]
    else:
        return None if expected == actual else (path, expected, actual)
    if expected == actual:
        return None
    found = (difference(left, right, f"{path}/{step}") for step, left, right in steps)
    return next(one for one in found if one)


def _at(values: list[Any], index: int) -> Any:
    return values[index] if index < len(values) else None


def _same(check: int, expected: Any, actual: Any, path: str) -> None:
    found = difference(expected, actual, path)
    if found:
        raise Wrong(check, *found)


@dataclass
class Walk:
    """Everything the checks of one transcript share."""

    raw: dict[str, Any]
    roster: str | None
    head: str | None
    previous: dict[str, Any] | None
    document: Document | None = None
    bodies: dict[str, dict[str, Any]] = field(default_factory=dict)
    recomputed: dict[str, dict[str, Any]] = field(default_factory=dict)
    standing: Standing | None = None
    platform: dict[str, list[str]] | None = None
    platform_subs: list[dict[str, Any]] = field(default_factory=list)
    last_type: str = ""
    last_hash: str = ZEROS
    digest: Digest = sha256
    done: dict[int, int] = field(default_factory=dict)
    notes: dict[int, tuple[str, str]] = field(default_factory=dict)
    seed: str = ""

    @property
    def given(self) -> Document:
        """D, once it is known to be well-formed."""
        if self.document is None:
            raise Wrong(1, "document", "a document", None)
        return self.document

    def event(self, index: int) -> None:
        """All checks of one event, in their order."""
        raw = self.raw["events"][index]
        path = f"events/{index}"
        event = _event_of(raw, index)
        if not may_follow(self.last_type, event.type, imported=self.platform is not None):
            raise Wrong(
                1, f"{path}/type", f"an event that may follow {self.last_type or 'nothing'}", event.type
            )
        if event.type == "import" and self.raw["document"] not in ({}, None):
            raise Wrong(1, "document", {}, self.raw["document"])
        if event.type == "commit":
            self.document = given_document(self.raw)
            self.digest = self.document.digest
        self.passed(1)
        for number in self.checks_of(event, f"{path}/body"):
            self.passed(number)
        self.chain(event, index, path)
        self.passed(12)
        self.last_type, self.last_hash = event.type, event.hash

    def passed(self, number: int) -> None:
        """Notes that a check held for this event."""
        self.done[number] = self.done.get(number, 0) + 1

    def chain(self, event: Event, index: int, path: str) -> None:
        """Check 12: number, previous hash, own hash; at the end the head."""
        if index == 0:
            self.series(event)
        _same(12, index, event.n, f"{path}/n")
        _same(12, self.last_hash, event.prev, f"{path}/prev")
        _same(
            12,
            event_hash(self.digest, event.n, event.prev, event.type, event.body),
            event.hash,
            f"{path}/hash",
        )
        if index == len(self.raw["events"]) - 1:
            _same(12, event.hash, self.raw["head"], "head")
            if self.head is not None:
                _same(12, self.head, event.hash, "head")

    def series(self, event: Event) -> None:
        """Number and chain against the previous draw of the bureau, if it was given."""
        source = event.body if event.type == "import" else self.given.data
        place = "events/0/body" if event.type == "import" else "D"
        own = series(source["draw"])
        if self.previous is None:
            if source["prev_head"] == ZEROS and own and own[2] != 1:
                self.notes[12] = (
                    "名单自称本局第一次抽取，但序号不是 0001：请索取上一次抽取的记录",
                    "claims to be the bureau's first draw but is not number 0001: ask for the previous one",
                )
            return
        number, last = _ending(self.previous)
        _same(12, last, source["prev_head"], f"{place}/prev_head")
        before = series(number)
        if own is None or before is None:
            raise Wrong(12, f"{place}/draw", number, source["draw"])
        same_year = own[1] == before[1]
        expected = (before[0], own[1], before[2] + 1 if same_year else 1)
        if own != expected or own[1] < before[1]:
            wanted = f"{before[0]}-{max(own[1], before[1]):04d}-{expected[2]:04d}"
            raise Wrong(12, f"{place}/draw", wanted, source["draw"])

    def checks_of(self, event: Event, path: str) -> Iterator[int]:
        """Runs checks 2–11 as far as they concern this event; yields the number of each that held."""
        kind = event.type
        if kind == "commit":
            yield from self.commitment(event.body, path)
        elif kind == "reveal":
            yield from self.reveal(event.body, path)
        elif kind == "objects":
            yield from self.objects(event.body, path)
        elif kind == "route":
            _same(9, self.recomputed["route"], event.body, path)
            yield 9
        elif kind in {"duty", "fail", "place"}:
            self.people(kind, event.body, path)
            yield 10
        elif kind in {"sub", "replace"}:
            self.aftermath(kind, event.body, path)
            yield 11
        elif kind == "import":
            self.platform = {group["id"]: list(group["members"]) for group in event.body["groups"]} or {
                "": []
            }
        else:
            self.ending(kind, event.body, path)
        self.bodies[kind] = event.body

    def commitment(self, body: dict[str, Any], path: str) -> Iterator[int]:
        """Checks 2 and 6: the document is the one signed for, its exclusions can be recomputed."""
        document = self.given
        if self.roster is not None:
            _same(2, self.roster, document.roster, "D")
        _same(2, document.roster, body["roster"], f"{path}/roster")
        _same(2, document.draw, body["draw"], f"{path}/draw")
        _same(2, document.data["parties"], body["parties"], f"{path}/parties")
        yield 2
        for index, thing in enumerate(document.data["objects"]):
            if thing["excl"] in _BARRED:
                continue
            expected = "cap" if not thing["listed"] and thing["visits"] >= thing["cap"] else ""
            if thing["excl"] != expected:
                raise Wrong(6, f"D/objects/{index}/excl", expected, thing["excl"])
        for index, person in enumerate(document.data["inspectors"]):
            if person["excl"] == "no-cert" and person["cert"]:
                raise Wrong(6, f"D/inspectors/{index}/excl", "", "no-cert")
        yield 6

    def reveal(self, body: dict[str, Any], path: str) -> Iterator[int]:
        """Checks 3 to 5: the secrets open the commitments, the beacon fits, the seed follows."""
        document = self.given
        parties = document.data["parties"]
        if len(body["secrets"]) != len(parties):
            raise Wrong(3, f"{path}/secrets", len(parties), len(body["secrets"]))
        for index, party in enumerate(parties):
            opened = commitment(document.draw, party["name"], body["secrets"][index], document.data["hash"])
            if opened != party["commit"]:
                raise Wrong(3, f"{path}/secrets/{index}", party["commit"], opened)
        yield 3
        if bool(document.data["beacon"]) != bool(body["beacon"]):
            raise Wrong(4, f"{path}/beacon", document.data["beacon"], body["beacon"])
        yield 4
        seed = seed_of(document, check_reveal(document, body))
        self.seed = seed
        self.notes[5] = (seed, seed)
        yield 5
        self.recomputed = dict(outcome(document, seed).bodies)

    def objects(self, body: dict[str, Any], path: str) -> Iterator[int]:
        """Checks 7 and 8: as many as the quota asks, and exactly the lowest tickets."""
        data = self.given.data
        stratum_of = {thing["id"]: thing["stratum"] for thing in data["objects"]}
        eligible = dict.fromkeys(sorted(data["strata"]), 0)
        drawn = dict.fromkeys(eligible, 0)
        for thing in data["objects"]:
            eligible[thing["stratum"]] += thing["excl"] == ""
        for name in body["drawn"]:
            if name in stratum_of:
                drawn[stratum_of[name]] += 1
        for name, rule in data["strata"].items():
            if drawn[name] != quota_of(rule, eligible[name]):
                raise Wrong(
                    7, f"{path}/drawn", f"{name}: {quota_of(rule, eligible[name])}", f"{name}: {drawn[name]}"
                )
        yield 7
        _same(8, self.recomputed["objects"], body, path)
        yield 8

    def people(self, kind: str, body: dict[str, Any], path: str) -> None:
        """Check 10: duty list, placing or blocking set."""
        if kind not in self.recomputed:
            raise Wrong(10, path.replace("/body", "/type"), "fail" if kind == "duty" else "duty", kind)
        _same(10, self.recomputed[kind], body, path)
        if kind == "place":
            self.hard_rules(body, path)
            self.standing = Standing.after_place(
                self.given,
                self.seed,
                self.bodies["objects"],
                self.bodies["route"],
                body,
            )

    def hard_rules(self, body: dict[str, Any], path: str) -> None:
        """Said for itself, so that a reader need not trust the recomputation: fit, no conflict, once."""
        document = self.given
        seen: set[str] = set()
        for at, group in enumerate(body["groups"]):
            visits = self.bodies["route"]["groups"][at]
            for index, name in enumerate(group["members"]):
                barred = any((name, thing) in document.conflicts for thing in visits)
                fits = document.meets(document.people[name], document.data["roles"][index], group["id"])
                if name in seen or barred or not fits:
                    raise Wrong(10, f"{path}/groups/{at}/members/{index}", "a fitting person", name)
                seen.add(name)

    def aftermath(self, kind: str, body: dict[str, Any], path: str) -> None:
        """Check 11: each substitution and replacement in its turn."""
        if self.platform is not None:
            wrong = check_platform_sub(self.platform, self.platform_subs, body)
            if wrong:
                raise Wrong(11, f"{path}/{wrong[0]}", wrong[1], wrong[2])
            take_over(self.platform, body)
            self.platform_subs.append(body)
            return
        if self.standing is None:
            raise Wrong(11, path, "an event after place", kind)
        if kind == "sub":
            self.substitution(self.standing, body, path)
        else:
            self.replacement(self.standing, body, path)
        self.standing.apply(kind, body)

    def substitution(self, standing: Standing, body: dict[str, Any], path: str) -> None:
        """A vacancy went to the lowest ticket that was not absent."""
        group, role = body["group"], body["role"]
        if group not in standing.members:
            raise Wrong(11, f"{path}/group", sorted(standing.members), group)
        if role >= len(standing.members[group]):
            raise Wrong(11, f"{path}/role", f"< {len(standing.members[group])}", role)
        _same(11, standing.next_number(group, role), body["n"], f"{path}/n")
        _same(11, standing.members[group][role], body["out"], f"{path}/out")
        candidates = [candidate.id for candidate in standing.candidates(group, role)]
        away = [one["id"] for one in body["absent"]]
        chosen = next((name for name in candidates if name not in away), "")
        before = candidates[: candidates.index(chosen)] if chosen else candidates
        for index, name in enumerate(away):
            if name not in before:
                raise Wrong(11, f"{path}/absent/{index}/id", "a candidate called before", name)
        _same(11, chosen, body["in"], f"{path}/in")
        if body["witness"]["name"] not in self.given.party_names[1:]:
            raise Wrong(11, f"{path}/witness/name", self.given.party_names[1:], body["witness"]["name"])

    def replacement(self, standing: Standing, body: dict[str, Any], path: str) -> None:
        """An object was replaced by the next of its reserve without a conflict."""
        group = next((name for name, things in standing.visits.items() if body["object"] in things), None)
        if group is None:
            raise Wrong(11, f"{path}/object", "an object some group visits now", body["object"])
        _same(11, group, body["group"], f"{path}/group")
        _same(11, standing.stratum_of(body["object"]), body["stratum"], f"{path}/stratum")
        chosen, skipped = standing.replacement(group, body["stratum"])
        _same(11, skipped, body["skipped"], f"{path}/skipped")
        _same(11, chosen, body["in"], f"{path}/in")

    def ending(self, kind: str, body: dict[str, Any], path: str) -> None:
        """Close and void repeat D; their bodies are part of the schema check."""
        names = [one["name"] for one in body["by"]] if kind == "void" else []
        if self.document is None:
            expected = list(dict.fromkeys(names))
        else:
            expected = [name for name in self.document.party_names if name in names]
            if kind == "close":
                _same(1, self.document.data["publish_by"], body["publish_by"], f"{path}/publish_by")
        _same(1, expected, names, f"{path}/by")


def _ending(previous: dict[str, Any]) -> tuple[str, str]:
    """Number and head of the previous draw, its chain recomputed; it must have ended."""
    try:
        transcript, document = transcript_of(previous)
    except DrawRefused as error:
        raise Wrong(12, f"previous/{error.path}", "a well-formed transcript", error.code) from error
    last = ZEROS
    for event in transcript.events:
        hashed = event_hash(transcript.digest, event.n, last, event.type, event.body)
        _same(12, hashed, event.hash, f"previous/events/{event.n}/hash")
        last = hashed
    if transcript.events[-1].type not in ENDINGS:
        raise Wrong(12, "previous/events", "a draw that has ended", transcript.events[-1].type)
    first = transcript.events[0].body
    if document is not None:
        _same(12, document.draw, first.get("draw"), "previous/events/0/body/draw")
    return str(first["draw"]), last
