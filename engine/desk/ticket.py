"""号票: why exactly these were drawn, said with the numbers that anybody can compute again.

Cut-off of every stratum with the tickets around it, one institution's own ticket, who was passed over and
which places left no room. For the people of the draw once the envelopes are open; for the public after the
day of publication, people under aliases. 依据: 吉 第十二条; docs/draw.md 2.12.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.domain import ceremony
from engine.domain.ceremony.tables import Draw
from engine.domain.draw import Document, Stratum, check_reveal, draw_strata, outcome, seed_of, ticket_of
from engine.domain.registry import Inspector, RegistryObject, below
from engine.domain.terms import EXCLUSIONS, SLOT_NEEDS
from engine.errors import NotFound
from engine.sentence import Sentence

BEFORE, AFTER, MOST = 4, 3, 30


@dataclass(frozen=True, slots=True)
class Row:
    """One institution near the line; `place` counts from 1, in the reserve behind the line."""

    rank: int
    code: str
    name: str
    ticket: str
    drawn: bool
    place: int


@dataclass(frozen=True, slots=True)
class Line:
    """入围线 of a stratum: how the number drawn follows from the ratio, and the tickets on both sides."""

    stratum: str
    eligible: int
    quota: int
    cutoff: str
    rows: Sequence[Row]
    unseen: int


@dataclass(frozen=True, slots=True)
class Passed:
    """Somebody who was passed over: what this person could have filled, and who stands there instead."""

    name: str
    places: Sequence[str]
    people: Sequence[str]


@dataclass(frozen=True, slots=True)
class Asked:
    """The ticket of the institution somebody asked about."""

    code: str
    name: str
    stratum: str
    ticket: str
    cutoff: str
    rank: int
    verdict: str
    drawn: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything that explains a draw. `seed`: the whole seal after publication, before it its beginning."""

    seed: str
    digest: str
    lines: Sequence[Line]
    passed: Sequence[Passed]
    blocked_places: Sequence[str]
    blocked_people: Sequence[str]
    asked: Asked | None
    not_found: str


def explain(
    session: Session,
    draw: Draw,
    labels: Mapping[str, str],
    *,
    public: bool,
    open_to_all: bool,
    code: str = "",
) -> Explanation | None:
    """How the result follows from the seal; None before the reveal, for imports, for the public too early."""
    transcript = ceremony.transcript_of(draw)
    reveal = transcript.body("reveal")
    if draw.mode == "import" or reveal is None or (public and not open_to_all):
        return None
    document = Document(draw.document)
    seed = seed_of(document, check_reveal(document, reveal))
    people = {} if public else _people(session, draw)
    duty = outcome(document, seed).duty
    strata = draw_strata(document, seed)
    shown = [ids for stratum in strata.values() for _, ids in _near(stratum)]
    names = _names(session, draw, [*shown, code] if code else shown)
    blocking: Mapping[str, Any] = (transcript.body("fail") or {}).get("blocking", {})
    asked, missing = None, ""
    if code:
        try:
            asked = _asked(document, seed, code, names, labels)
        except NotFound:
            missing = code
    return Explanation(
        seed=seed if open_to_all else seed[:8],
        digest="sha256sum" if draw.hash == "sha256" else "openssl dgst -sm3",
        lines=[_line(stratum, names, labels) for stratum in strata.values()],
        passed=[
            Passed(
                people.get(each.id, each.id),
                [_place(document, role, group) for role, group in each.slots[:MOST]],
                [people.get(alias, alias) for alias in each.people[:MOST]],
            )
            for each in duty.passed_over[:MOST]
        ],
        blocked_places=[_place(document, role, group) for role, group in blocking.get("slots", [])[:MOST]],
        blocked_people=[people.get(alias, alias) for alias in blocking.get("people", [])[:MOST]],
        asked=asked,
        not_found=missing,
    )


def _near(stratum: Stratum) -> list[tuple[int, str]]:
    """Rank and id of those around the line."""
    first = max(0, stratum.quota - BEFORE)
    ids = [*stratum.drawn, *stratum.reserve][first : stratum.quota + AFTER]
    return list(enumerate(ids, first + 1))


def _line(stratum: Stratum, names: Mapping[str, str], labels: Mapping[str, str]) -> Line:
    tickets = {code: ticket for ticket, code in stratum.tickets}
    near = _near(stratum)
    rows = [
        Row(
            rank,
            code,
            names.get(code, ""),
            tickets[code],
            rank <= stratum.quota,
            rank if rank <= stratum.quota else rank - stratum.quota,
        )
        for rank, code in near
    ]
    label = labels.get(stratum.name, stratum.name)
    return Line(label, len(stratum.keys), stratum.quota, stratum.cutoff, rows, near[0][0] - 1 if near else 0)


def _asked(
    document: Document, seed: str, code: str, names: Mapping[str, str], labels: Mapping[str, str]
) -> Asked:
    own = ticket_of(document, seed, code)
    verdict = "抽中：号票不大于界线" if own.drawn else "没有抽中：号票大于界线"
    if own.excluded:
        verdict = Sentence("没有参加抽取：{why}", why=EXCLUSIONS.get(own.excluded, own.excluded))
    label = labels.get(own.stratum, own.stratum)
    return Asked(own.id, names.get(code, ""), label, own.ticket, own.cutoff, own.rank, verdict, own.drawn)


def _place(document: Document, role: int, group: str) -> str:
    need = document.data["roles"][role]
    return Sentence(
        "{group} 第 {seat} 席（{need}）", group=group, seat=role + 1, need=SLOT_NEEDS.get(need, need)
    )


def _names(session: Session, draw: Draw, codes: Sequence[str]) -> dict[str, str]:
    query = select(RegistryObject.code, RegistryObject.name).where(
        RegistryObject.bureau_id.in_(below(session, draw.bureau_id)), RegistryObject.code.in_(codes)
    )
    return {str(row.code): str(row.name) for row in session.execute(query)}


def _people(session: Session, draw: Draw) -> dict[str, str]:
    query = select(Inspector.staff_no, Inspector.name).where(Inspector.bureau_id == draw.bureau_id)
    names = {str(row.staff_no): str(row.name) for row in session.execute(query)}
    return {alias: names.get(staff_no, alias) for alias, staff_no in draw.aliases.items()}
