"""Edge sets: the situations that break naive systems, put into the bureau the demo follows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING

from engine.errors import Refused
from engine.sentence import Sentence

if TYPE_CHECKING:
    from engine.desk.sample.world import BureauPlan

FEW = 3
HALF = 10  # with a ratio of 1/4 or 5 %, half an object is left to round


def pool_of_one(bureau: BureauPlan, today: date) -> None:  # noqa: ARG001
    """One object alone."""
    del bureau.objects[1:]
    bureau.objects[0] |= {"visits": 0, "agreement_state": "active", "superior_drawn_on": None}


def all_excluded(bureau: BureauPlan, today: date) -> None:
    """Nothing may be drawn: every object suspended, closed, or drawn by a superior."""
    for number, row in enumerate(bureau.objects):
        row.update(
            (
                {"agreement_state": "suspended"},
                {"agreement_state": "terminated", "active": False, "closed_on": today},
                {"superior_drawn_on": date(today.year, 1, 5)},
            )[number % 2 if row["type"] != "institution" else number % 3],
        )


def few_staff(bureau: BureauPlan, today: date) -> None:  # noqa: ARG001
    """Fewer than four people."""
    del bureau.inspectors[FEW:]
    _keep_conflicts(bureau)


def one_licensed(bureau: BureauPlan, today: date) -> None:
    """Only one valid certificate."""
    for row in [each for each in bureau.inspectors if each.get("number")][1:]:
        row |= {"can_lead": False, "valid_to": today - timedelta(days=1)}


def all_in_conflict(bureau: BureauPlan, today: date) -> None:
    """Everybody has a 利害关系 to every chain and shares in every other institution."""
    bureau.conflicts = [
        {
            "staff_no": who["staff_no"],
            "name": who["name"],
            "relation": "relative",
            "code": thing["code"],
            "declared_on": today,
        }
        for who in bureau.inspectors
        for thing in bureau.objects
    ]


def half_rounding(bureau: BureauPlan, today: date) -> None:  # noqa: ARG001
    """Ten village clinics: 1/4 of them is 2.5."""
    kept = [row for row in bureau.objects if row["kind"] == "village_clinic"][:HALF]
    bureau.objects[:] = kept
    for row in kept:
        row |= {"visits": 0, "agreement_state": "active", "superior_drawn_on": None}
    _keep_conflicts(bureau)


def object_closed(bureau: BureauPlan, today: date) -> None:
    """One object in ten has closed."""
    for row in bureau.objects[::10]:
        row |= {"active": False, "closed_on": today, "agreement_state": "terminated"}


def couple(bureau: BureauPlan, today: date) -> None:  # noqa: ARG001
    """Two inspectors are married and must not serve together."""
    one, other = bureau.inspectors[0], bureau.inspectors[1]
    one["relatives"], other["relatives"] = [other["staff_no"]], [one["staff_no"]]


def _keep_conflicts(bureau: BureauPlan) -> None:
    people = {row["staff_no"] for row in bureau.inspectors}
    codes = {row["code"] for row in bureau.objects}
    bureau.conflicts = [
        row
        for row in bureau.conflicts
        if row["staff_no"] in people and (not row.get("code") or row["code"] in codes)
    ]


_BEND: Mapping[str, Callable[[BureauPlan, date], None]] = {
    "pool_of_one": pool_of_one,
    "all_excluded": all_excluded,
    "few_staff": few_staff,
    "one_licensed": one_licensed,
    "all_in_conflict": all_in_conflict,
    "half_rounding": half_rounding,
    "object_closed": object_closed,
    "couple": couple,
}
EDGES: Mapping[str, str] = {name: (function.__doc__ or "").strip() for name, function in _BEND.items()}
"""Name → what it does."""


def bend(edge: str, bureau: BureauPlan, today: date) -> None:
    """Put one edge set into a bureau; refused for an unknown name."""
    if edge not in _BEND:
        raise Refused(
            Sentence("没有边界样本“{edge}”。", edge=edge),
            hint=Sentence("可用：{bend}。", bend="、".join(_BEND)),
            slug="sample-edge",
        )
    _BEND[edge](bureau, today)
    if edge == "pool_of_one":
        _keep_conflicts(bureau)
