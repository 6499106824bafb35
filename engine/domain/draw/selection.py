"""随机抽取检查对象: the lowest tickets of each stratum, then the route over the groups.

No generator, no shuffle, no remainder: an object's ticket depends on its own code and the seed only,
so one citizen can check one institution with `sha256sum`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.domain.draw.document import Document
from engine.domain.draw.text import by_ticket, id_in, keys_by_ticket, ticket, ticket_in
from engine.errors import NotFound
from engine.sentence import Sentence


@dataclass(frozen=True, slots=True)
class Stratum:
    """One class of objects with its tickets: everything the explaining page shows of it."""

    name: str
    registered: int
    excluded: dict[str, int]
    keys: tuple[str, ...]
    quota: int

    @property
    def drawn(self) -> list[str]:
        """Ids drawn, in ticket order."""
        return [id_in(key) for key in self.keys[: self.quota]]

    @property
    def reserve(self) -> list[str]:
        """Ids held in reserve, in ticket order."""
        return [id_in(key) for key in self.keys[self.quota :]]

    @property
    def tickets(self) -> list[tuple[str, str]]:
        """Pairs (ticket, id) of everybody eligible, in ticket order."""
        return [(ticket_in(key), id_in(key)) for key in self.keys]

    @property
    def cutoff(self) -> str:
        """The highest ticket that was still drawn, "" if none was."""
        return ticket_in(self.keys[self.quota - 1]) if self.quota else ""


@dataclass(frozen=True, slots=True)
class Ticket:
    """One object's ticket against its stratum's cut-off, for the citizen who asks."""

    id: str
    stratum: str
    excluded: str
    ticket: str
    cutoff: str
    drawn: bool
    rank: int


def quota_of(rule: dict[str, Any], eligible: int) -> int:
    """应抽数量: `min(|c|, max(min, round(|c|·num/den)))`, all in whole numbers."""
    product, den = eligible * rule["num"], rule["den"]
    if rule["round"] == "up":
        rounded = -(-product // den)
    elif rule["round"] == "down":
        rounded = product // den
    else:
        rounded = (2 * product + den) // (2 * den)
    return int(min(eligible, max(rule["min"], rounded)))


def draw_strata(document: Document, seed: str) -> dict[str, Stratum]:
    """Tickets, quota and cut-off of every stratum, by name in code point order."""
    strata = document.data["strata"]
    eligible: dict[str, list[str]] = {name: [] for name in sorted(strata)}
    excluded: dict[str, dict[str, int]] = {name: {} for name in eligible}
    for thing in document.data["objects"]:
        reason = thing["excl"]
        if reason:
            counts = excluded[thing["stratum"]]
            counts[reason] = counts.get(reason, 0) + 1
        else:
            eligible[thing["stratum"]].append(thing["id"])
    return {
        name: Stratum(
            name,
            len(ids) + sum(excluded[name].values()),
            excluded[name],
            tuple(keys_by_ticket(document.digest, seed, "object", ids)),
            quota_of(strata[name], len(ids)),
        )
        for name, ids in eligible.items()
    }


def objects_body(strata: dict[str, Stratum]) -> dict[str, Any]:
    """The body of the `objects` event."""
    return {
        "drawn": sorted(name for stratum in strata.values() for name in stratum.drawn),
        "reserve": {name: stratum.reserve for name, stratum in strata.items()},
    }


def route_body(document: Document, seed: str, drawn: list[str]) -> dict[str, Any]:
    """The body of the `route` event: all drawn objects in route order, dealt in turn to the groups."""
    order = by_ticket(document.digest, seed, "route", drawn)
    count = len(document.group_ids)
    return {"groups": [sorted(order[index::count]) for index in range(count)]}


def cutoff(document: Document, seed: str, stratum: str) -> str:
    """某一类的入围线: the highest drawn ticket of a stratum, "" if nothing was drawn there."""
    if stratum not in document.data["strata"]:
        raise NotFound(Sentence("名单中没有“{stratum}”这一类", stratum=stratum))
    return draw_strata(document, seed)[stratum].cutoff


def ticket_of(document: Document, seed: str, code: str) -> Ticket:
    """某一对象的号签: its ticket, its stratum's cut-off, and whether it is at or below it.

    `rank` counts from 1 in the stratum's ticket order, 0 for an excluded object.

    Raises:
        NotFound: the code is not in D.
    """
    for thing in document.data["objects"]:
        if thing["id"] == code:
            break
    else:
        raise NotFound(Sentence("名单中没有“{code}”", code=code))
    stratum = draw_strata(document, seed)[thing["stratum"]]
    own = ticket(document.digest, seed, "object", code)
    rank = stratum.keys.index(own + code) + 1 if thing["excl"] == "" else 0
    return Ticket(code, stratum.name, thing["excl"], own, stratum.cutoff, 0 < rank <= stratum.quota, rank)
