"""Draws made up for benchmarks and comparisons: always the same for the same name, from hashes alone.

Every document is well-formed and its exclusions can be recomputed; people are sometimes too few, so that
feasible and infeasible draws both come up.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from engine.domain.draw.document import ROLES, ROUNDINGS, commitment
from engine.domain.draw.text import ZEROS, sha256

T = TypeVar("T")


class Dice:
    """Whole numbers from a counter and SHA-256; for made-up data only, never for a draw."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.count = 0

    def below(self, bound: int) -> int:
        """A number from 0 to bound - 1."""
        self.count += 1
        digest = hashlib.sha256(f"{self.name}/{self.count}".encode()).digest()
        return int.from_bytes(digest[:8]) % bound

    def chance(self, percent: int) -> bool:
        """True in so many cases of a hundred."""
        return self.below(100) < percent

    def pick(self, values: Sequence[T]) -> T:
        """One of the values."""
        return values[self.below(len(values))]


@dataclass(frozen=True, slots=True)
class Shape:
    """How large and how tight a made-up draw is; shares are in percent."""

    objects: int = 30
    strata: int = 3
    quota: tuple[int, int] = (1, 5)
    groups: int = 4
    roles: tuple[str, ...] = ("lead", "cert", "any")
    people: int = 20
    licensed: int = 80
    leaders: int = 40
    conflicts: int = 10
    hash: str = "sha256"
    beacon: str = ""


SPECS = ("clin", "fin", "it", "pharm")


def secrets_for(draw: str, names: Sequence[str]) -> list[str]:
    """Made-up secrets of the parties: known to everybody, good for nothing but examples."""
    return [sha256(f"secret/{draw}/{name}".encode()) for name in names]


def _objects(dice: Dice, shape: Shape, cap: int) -> list[dict[str, Any]]:
    rows = []
    for number in range(shape.objects):
        own_cap = cap + dice.chance(5)
        visits = dice.pick((0, 0, 0, 0, 1, 1, 2, 3))
        listed = dice.chance(2)
        excl = dice.pick(("done-superior", "closed", "suspended")) if dice.chance(6) else ""
        if not excl and not listed and visits >= own_cap:
            excl = "cap"
        rows.append(
            {
                "id": f"H{number:08d}",
                "stratum": f"s{dice.below(shape.strata)}",
                "excl": excl,
                "visits": visits,
                "cap": own_cap,
                "listed": listed,
            }
        )
    return rows


def _people(dice: Dice, shape: Shape) -> list[dict[str, Any]]:
    rows = []
    for number in range(shape.people):
        cert = dice.chance(shape.licensed)
        excl = dice.pick(("unavailable", "relative")) if dice.chance(5) else ""
        if not cert and dice.chance(10):
            excl = "no-cert"
        rows.append(
            {
                "id": f"E{number:05d}",
                "cert": cert,
                "lead": cert and dice.chance(shape.leaders),
                "spec": sorted({dice.pick(SPECS) for _ in range(dice.below(3))}),
                "load": dice.below(4),
                "excl": excl,
            }
        )
    return rows


def make(name: str, shape: Shape, draw: str = "220000-2026-0001") -> tuple[dict[str, Any], dict[str, Any]]:
    """A document D and a reveal that opens it; the same for the same name, shape and number."""
    dice = Dice(name)
    cap = 1 + dice.below(2)
    objects, people = _objects(dice, shape, cap), _people(dice, shape)
    pairs = shape.people * shape.conflicts // 10 if objects else 0
    conflicts = {(dice.pick(people)["id"], dice.pick(objects)["id"]) for _ in range(pairs)}
    names = ("bureau", "witness", "public")[: 2 + dice.below(2)]
    secrets = secrets_for(draw, names)
    num, den = shape.quota
    document = {
        "v": "SR1",
        "draw": draw,
        "hash": shape.hash,
        "salt": sha256(f"salt/{name}".encode()),
        "prev_head": ZEROS,
        "release": "made-up-1",
        "rules": {"cap": cap, "pack": "示例", "strict": True},
        "strata": {
            f"s{index}": {"num": num, "den": den, "min": dice.below(3), "round": dice.pick(ROUNDINGS)}
            for index in range(shape.strata)
        },
        "objects": objects,
        "inspectors": people,
        "aliases": sha256(f"aliases/{name}".encode()),
        "groups": [{"id": f"G{index:04d}", "spec": dice.pick(SPECS)} for index in range(shape.groups)],
        "roles": list(shape.roles),
        "conflicts": [list(pair) for pair in sorted(conflicts)],
        "parties": [
            {"name": party, "commit": commitment(draw, party, secret, shape.hash)}
            for party, secret in zip(names, secrets, strict=True)
        ],
        "beacon": shape.beacon,
        "publish_by": "2026-12-31",
    }
    return document, {"secrets": secrets, "beacon": "02 05 11 17 23 30 + 08" if shape.beacon else ""}


def random_instance(number: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Instance `number` of an endless, fixed series of small draws, feasible and infeasible ones."""
    dice = Dice(f"instance/{number}")
    roles = tuple(dice.pick(ROLES) for _ in range(1 + dice.below(4)))
    groups = 1 + dice.below(8)
    shape = Shape(
        objects=dice.below(60),
        strata=1 + dice.below(4),
        quota=dice.pick(((1, 3), (1, 1), (0, 1), (3, 10), (5, 100))),
        groups=groups,
        roles=roles,
        people=len(roles) * groups * (90 + dice.below(120)) // 100,
        licensed=50 + dice.below(50),
        leaders=20 + dice.below(60),
        conflicts=dice.below(60),
        hash=dice.pick(("sha256", "sha256", "sm3")),
        beacon="双色球 2026138 期" if dice.chance(30) else "",
    )
    return make(f"instance/{number}", shape, f"220000-2026-{number + 1:04d}")
