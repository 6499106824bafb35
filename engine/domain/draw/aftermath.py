"""抽取之后: substitutions, replacements, the end of a draw; always the next ticket, never a choice.

`Standing` replays a transcript: who serves where now, what each group visits now, who was already
called. The append functions compute the one lawful next person or object; the verifier asks `Standing`
the same questions about events somebody else wrote.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from engine.domain.draw.bodies import BODIES, may_follow
from engine.domain.draw.document import Document, check_reveal, seed_of
from engine.domain.draw.refusal import DrawRefused
from engine.domain.draw.text import ticket
from engine.domain.draw.transcript import Transcript
from engine.errors import Refused


@dataclass(frozen=True, slots=True)
class Candidate:
    """One person who could fill a vacancy, with the ticket that orders the candidates."""

    id: str
    ticket: str


@dataclass
class Standing:
    """The state of a draw after its events so far. A member is "" while a slot stands empty."""

    document: Document
    seed: str
    members: dict[str, list[str]]
    visits: dict[str, list[str]]
    reserve: dict[str, list[str]]
    placed: set[str]
    called: set[str] = field(default_factory=set)
    vacancies: dict[tuple[str, int], int] = field(default_factory=dict)

    @classmethod
    def after_place(
        cls,
        document: Document,
        seed: str,
        objects: dict[str, Any],
        route: dict[str, Any],
        place: dict[str, Any],
    ) -> Standing:
        """The state right after `place`."""
        members = {group["id"]: list(group["members"]) for group in place["groups"]}
        return cls(
            document,
            seed,
            members,
            {name: list(things) for name, things in zip(document.group_ids, route["groups"], strict=True)},
            {name: list(ids) for name, ids in objects["reserve"].items()},
            {person for group in members.values() for person in group},
        )

    @classmethod
    def of(cls, transcript: Transcript, document: Document) -> Standing:
        """Replays a transcript that has reached `place`.

        Raises:
            Refused: it has not.
        """
        bodies = {event.type: event.body for event in transcript.events if event.n > 0}
        if "place" not in bodies:
            raise Refused("人员尚未落位，不能调换或替换", slug="draw-not-placed")
        seed = seed_of(document, check_reveal(document, bodies["reveal"]))
        standing = cls.after_place(document, seed, bodies["objects"], bodies["route"], bodies["place"])
        for event in transcript.events:
            if event.type in {"sub", "replace"}:
                standing.apply(event.type, event.body)
        return standing

    def apply(self, kind: str, body: dict[str, Any]) -> None:
        """Takes over one `sub` or `replace` event."""
        if kind == "sub":
            slot = (body["group"], body["role"])
            self.vacancies[slot] = body["n"]
            self.members[body["group"]][body["role"]] = body["in"]
            self.called.add(body["in"])
        else:
            things = self.visits[body["group"]]
            things.remove(body["object"])
            if body["in"]:
                things.append(body["in"])
                self.reserve[body["stratum"]].remove(body["in"])

    def next_number(self, group: str, role: int) -> int:
        """How many `sub` events this slot will have had with the next one."""
        return self.vacancies.get((group, role), 0) + 1

    def candidates(self, group: str, role: int) -> list[Candidate]:
        """Everybody who could fill the slot now, nearest ticket first."""
        need = self.document.data["roles"][role]
        conflicts = self.document.conflicts
        number = self.next_number(group, role)
        found = [
            Candidate(name, ticket(self.document.digest, self.seed, "sub", group, role, number, name))
            for name, person in self.document.people.items()
            if name not in self.placed
            and name not in self.called
            and self.document.meets(person, need, group)
            and not any((name, thing) in conflicts for thing in self.visits[group])
        ]
        return sorted(found, key=lambda candidate: candidate.ticket)

    def replacement(self, group: str, stratum: str) -> tuple[str, list[str]]:
        """The next object of the reserve for a group ("" if none), and those skipped before it."""
        conflicts = self.document.conflicts
        skipped = []
        for thing in self.reserve[stratum]:
            if any((person, thing) in conflicts for person in self.members[group]):
                skipped.append(thing)
            else:
                return thing, skipped
        return "", skipped

    def stratum_of(self, thing: str) -> str:
        """Stratum of an object in D."""
        return next(str(row["stratum"]) for row in self.document.data["objects"] if row["id"] == thing)


def is_import(transcript: Transcript) -> bool:
    """Whether this transcript records a platform's own draw."""
    return bool(transcript.events) and transcript.events[0].type == "import"


def chain(transcript: Transcript, kind: str, body: dict[str, Any]) -> Transcript:
    """Checks the body and the order of events, then chains one more event.

    Raises:
        DrawRefused: malformed body, or `sequence` when this event cannot happen now.
    """
    path = f"events/{len(transcript.events)}"
    previous = transcript.events[-1].type if transcript.events else ""
    if not may_follow(previous, kind, imported=is_import(transcript)):
        raise DrawRefused(f"{path}/type", "sequence")
    BODIES[kind](body, f"{path}/body")
    return transcript.then(kind, body)


def candidates_for(transcript: Transcript, document: Document, group: str, role: int) -> list[Candidate]:
    """调换候选: who could fill this slot now, in the order in which they must be asked.

    依据: J13; W9.
    """
    _known_slot(transcript, document, group, role)
    return Standing.of(transcript, document).candidates(group, role)


def _known_slot(transcript: Transcript, document: Document, group: str, role: int) -> None:
    path = f"events/{len(transcript.events)}/body"
    if group not in document.group_ids:
        raise DrawRefused(f"{path}/group", "unknown-reference")
    if not 0 <= role < len(document.data["roles"]):
        raise DrawRefused(f"{path}/role", "range")


def append_sub(
    transcript: Transcript,
    document: Document,
    *,
    group: str,
    role: int,
    reason: str,
    witness: dict[str, str],
    evidence: list[dict[str, str]] | None = None,
    absent: list[dict[str, Any]] | None = None,
) -> Transcript:
    """调换人员: the vacancy goes to the candidate with the lowest ticket who is not absent.

    Args:
        transcript: a transcript after `place`.
        document: its D.
        group: group id of the vacancy.
        role: role index in D.roles.
        reason: `recusal` or `unavailable`; details stay in the case file.
        witness: `{name, sig}`, a party other than the first.
        evidence: `[{name, sha256}]`, sorted here.
        absent: `[{id, reason, evidence}]` of candidates with lower tickets who cannot come, sorted here.

    Raises:
        DrawRefused: unknown slot, malformed parts, an absent person who is no candidate or whose turn
            it would not have been (`not-candidate`), a witness who is none (`unknown-reference`).
    """
    _known_slot(transcript, document, group, role)
    standing = Standing.of(transcript, document)
    missing = sorted(absent or [], key=lambda one: str(one["id"]))
    away = {one["id"] for one in missing}
    candidates = [candidate.id for candidate in standing.candidates(group, role)]
    chosen = next((name for name in candidates if name not in away), "")
    body = {
        "group": group,
        "role": role,
        "n": standing.next_number(group, role),
        "reason": reason,
        "evidence": sorted(evidence or [], key=lambda one: str(one["name"])),
        "absent": missing,
        "out": standing.members[group][role],
        "in": chosen,
        "witness": witness,
    }
    following = chain(transcript, "sub", body)
    for index, one in enumerate(missing):
        before = candidates[: candidates.index(chosen)] if chosen else candidates
        if one["id"] not in before:
            raise DrawRefused(f"events/{len(transcript.events)}/body/absent/{index}/id", "not-candidate")
    if witness["name"] not in document.party_names[1:]:
        raise DrawRefused(f"events/{len(transcript.events)}/body/witness/name", "unknown-reference")
    return following


def append_replace(
    transcript: Transcript,
    document: Document,
    *,
    thing: str,
    reason: str,
    evidence: list[dict[str, str]] | None = None,
) -> Transcript:
    """替换对象: the next of the reserve of its stratum with which nobody in the group has a conflict.

    Args:
        transcript: a transcript after `place`.
        document: its D.
        thing: id of the object that drops out.
        reason: `closed` or `merged`.
        evidence: `[{name, sha256}]`, sorted here.

    Raises:
        DrawRefused: `unknown-reference` when no group visits the object now, or malformed parts.
    """
    standing = Standing.of(transcript, document)
    group = next((name for name, things in standing.visits.items() if thing in things), "")
    if not group:
        raise DrawRefused(f"events/{len(transcript.events)}/body/object", "unknown-reference")
    stratum = standing.stratum_of(thing)
    chosen, skipped = standing.replacement(group, stratum)
    body = {
        "object": thing,
        "group": group,
        "stratum": stratum,
        "reason": reason,
        "evidence": sorted(evidence or [], key=lambda one: str(one["name"])),
        "skipped": skipped,
        "in": chosen,
    }
    return chain(transcript, "replace", body)


def append_close(
    transcript: Transcript, document: Document | None = None, *, publish_by: str = ""
) -> Transcript:
    """办结: nothing may follow; repeats the day by which everything is published.

    `publish_by` is asked for an imported result only, which has no D.
    """
    day = document.data["publish_by"] if document else publish_by
    return chain(transcript, "close", {"publish_by": day})


def append_void(
    transcript: Transcript, document: Document | None, *, reason: str, by: list[dict[str, str]]
) -> Transcript:
    """作废: the draw ends without a usable result; the next one takes the next number.

    Args:
        transcript: any transcript that has begun and not ended.
        document: its D, None for an imported result.
        reason: `reveal-missing`, `commitment`, `roster-error`, `infeasible` or `ordered`.
        by: `[{name, sig}]`, at least one; put into the order of D's parties here.

    Raises:
        DrawRefused: `unknown-reference` for a name that is no party, `duplicate` for one named twice.
    """
    path = f"events/{len(transcript.events)}/body/by"
    if document:
        names = document.party_names
        for index, one in enumerate(by):
            if one["name"] not in names:
                raise DrawRefused(f"{path}/{index}/name", "unknown-reference")
        by = sorted(by, key=lambda one: names.index(one["name"]))
    for index, one in enumerate(by):
        if one["name"] in [other["name"] for other in by[:index]]:
            raise DrawRefused(f"{path}/{index}/name", "duplicate")
    return chain(transcript, "void", {"reason": reason, "by": by})


def alarms(transcript: Transcript, people: list[str], absences: dict[str, int]) -> list[str]:
    """调换预警: sentences for 纪检监察 when absences look arranged.

    A slot that fell vacant twice or more, and anybody whose absences this year (declined calls and
    vacated places, counted by the caller over the year's draws) exceed twice the mean over all `people`.
    """
    found = [
        f"{event.body['group']} 组第 {event.body['role'] + 1} 个岗位已第 {event.body['n']} 次调换"
        for event in transcript.events
        if event.type == "sub" and event.body["n"] > 1
    ]
    total = sum(absences.get(name, 0) for name in people)
    found += [
        f"{name} 今年缺席 {absences[name]} 次，超过人均的两倍"
        for name in people
        if absences.get(name, 0) * len(people) > 2 * total
    ]
    return found
