"""Fairness over fixed seeds. Statistics catch bugs, not frauds; fixed seeds never flicker.

Small samples run always, the full ones with `-m slow`.
"""

from __future__ import annotations

import math
from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.sparse import coo_matrix
from scipy.stats import chi2, norm

from engine.domain.draw import Document, check_document, outcome
from engine.domain.draw.instances import Dice, Shape, make
from engine.domain.draw.matching import edges_of, keep
from engine.domain.draw.selection import draw_strata, objects_body, route_body
from engine.domain.draw.text import sha256
from tests.engine.draw_samples import example


def seeds(name: str, count: int) -> list[str]:
    return [sha256(f"{name}/{number}".encode()) for number in range(count)]


# ---------------------------------------------------------------- people


def symmetric(groups: int = 6, people: int = 24) -> Document:
    """Everybody licensed, nobody in conflict: every inclusion probability must be the same."""
    data = example()
    data["roles"] = ["cert", "any"]
    data["groups"] = [{"id": f"G{index}", "spec": ""} for index in range(groups)]
    data["inspectors"] = [
        {"id": f"E{index:03}", "cert": True, "lead": True, "spec": [], "load": 0, "excl": ""}
        for index in range(people)
    ]
    data["conflicts"] = []
    return check_document(data)


def evenness(runs: int) -> float:
    document = symmetric()
    served: Counter[str] = Counter(dict.fromkeys(document.people, 0))
    for seed in seeds("symmetric", runs):
        served.update(dict(outcome(document, seed).bodies)["duty"]["kept"])
    return min(served.values()) / max(served.values())


def test_equal_people_serve_equally_often():
    assert evenness(300) >= 0.6


@pytest.mark.slow
def test_equal_people_serve_equally_often_over_two_thousand_draws():
    assert evenness(2_000) >= 0.88


COUNTY = Shape(
    objects=80,
    strata=2,
    quota=(1, 3),
    groups=6,
    roles=("lead", "cert", "spec", "any"),
    people=44,
    licensed=75,
    leaders=45,
    conflicts=15,
)


def county(name: str) -> Document:
    """A county-sized instance with one fixed route, nobody with turns served."""
    data, _ = make(f"county/{name}", COUNTY)
    for person in data["inspectors"]:
        person["load"] = 0
    return check_document(data)


def best_minimum(edges: list[int], slots: int) -> float:
    """The largest minimum inclusion probability any lottery can give: a linear program.

    Only people who can serve at all count; every slot is filled with probability one.
    """
    pairs = [(person, slot) for person, mask in enumerate(edges) for slot in range(slots) if mask >> slot & 1]
    able = sorted({person for person, _ in pairs})
    columns = len(pairs)
    slot_rows = coo_matrix(
        ([1.0] * columns, ([slot for _, slot in pairs], range(columns))), shape=(slots, columns + 1)
    )
    index = {person: row for row, person in enumerate(able)}
    person_rows = coo_matrix(
        (
            [1.0] * columns + [0.0],
            ([index[person] for person, _ in pairs] + [0], [*range(columns), columns]),
        ),
        shape=(len(able), columns + 1),
    ).toarray()
    at_least = -person_rows
    at_least[:, columns] = 1.0
    solved = linprog(
        [0.0] * columns + [-1.0],
        A_ub=np.vstack([person_rows, at_least]),
        b_ub=[1.0] * len(able) + [0.0] * len(able),
        A_eq=slot_rows.toarray(),
        b_eq=[1.0] * slots,
        bounds=(0, 1),
    )
    return float(-solved.fun)


def share_of_optimum(name: str, runs: int) -> float | None:
    """Smallest inclusion frequency ÷ the optimum; None for an instance that cannot be staffed."""
    document = county(name)
    first = seeds(name, 1)[0]
    route = route_body(document, first, objects_body(draw_strata(document, first))["drawn"])["groups"]
    ids = list(document.people)
    edges = edges_of(document, route, ids)
    duty = keep(document, first, route)
    if not duty.complete:
        return None
    served = Counter()
    for seed in seeds(f"{name}/duty", runs):
        served.update(keep(document, seed, route).kept)
    least = min(served[person] for person, mask in zip(ids, edges, strict=True) if mask) / runs
    return least / best_minimum(edges, duty.slots)


def test_the_least_often_drawn_person_comes_close_to_the_best_any_lottery_can_do():
    shares = [share for name in "abcdef" if (share := share_of_optimum(name, 150)) is not None]
    assert len(shares) >= 3
    assert sum(shares) / len(shares) >= 0.7


@pytest.mark.slow
def test_least_often_drawn_people_in_twenty_counties():
    shares: list[float] = []
    for number in range(80):
        share = share_of_optimum(str(number), 2_000)
        if share is not None:
            shares.append(share)
        if len(shares) == 20:
            break
    assert len(shares) == 20
    assert min(shares) >= 0.85, sorted(shares)
    assert sum(shares) / len(shares) >= 0.92


def yearly_spread(name: str, draws: int = 12) -> int:
    document = county(name)
    for seed in seeds(f"year/{name}", draws):
        result = outcome(document, seed)
        if not result.duty.complete:
            continue
        for person in result.duty.kept:
            document.people[person]["load"] += 1
    loads = [person["load"] for person in document.people.values()]
    return max(loads) - min(loads)


def spread_over(count: int) -> float:
    """Mean over feasible counties of the difference between the most and the least turns after 12 draws."""
    able = [name for name in map(str, range(count)) if share_of_optimum(name, 1) is not None]
    spreads = [yearly_spread(name) for name in able]
    return sum(spreads) / len(spreads)


def test_turns_are_spread_evenly_over_a_year():
    assert spread_over(8) <= 2


@pytest.mark.slow
def test_turns_are_spread_evenly_over_a_year_in_many_counties():
    assert spread_over(60) <= 2


# ---------------------------------------------------------------- objects


def drawn_objects(runs: int, count: int = 200, chosen: int = 20) -> np.ndarray:
    """One row per draw, 1 where the object was drawn; N objects, n of them drawn."""
    data = example()
    data["strata"] = {"clinic": {"num": chosen, "den": count, "min": 0, "round": "down"}}
    data["objects"] = [
        {"id": f"H{n:05}", "stratum": "clinic", "excl": "", "visits": 0, "cap": 2, "listed": False}
        for n in range(count)
    ]
    data["conflicts"] = []
    document = check_document(data)
    table = np.zeros((runs, count), dtype=np.int32)
    for row, seed in enumerate(seeds("objects", runs)):
        for name in draw_strata(document, seed)["clinic"].drawn:
            table[row, int(name[1:])] = 1
    return table


def judge_objects(table: np.ndarray) -> None:
    runs, count = table.shape
    chosen = int(table[0].sum())
    p = chosen / count
    hits = table.sum(axis=0)
    # each row is drawn without replacement, so the statistic shrinks by (1 - p) · N / (N - 1)
    statistic = ((hits - runs * p) ** 2 / (runs * p * (1 - p))).sum() * (count - 1) / count
    assert chi2.sf(statistic, count - 1) >= 1e-4
    together = table.T @ table
    q = chosen * (chosen - 1) / (count * (count - 1))
    pairs = [int(together[a, b]) for a, b in combinations(range(count), 2)]
    worst = max(abs(hit - runs * q) for hit in (min(pairs), max(pairs))) / math.sqrt(runs * q * (1 - q))
    assert min(1.0, 2 * norm.sf(worst) * len(pairs)) >= 1e-4
    neighbours = np.array([int(together[a, a + 1]) for a in range(count - 1)]).sum()
    expected = runs * (count - 1) * q
    assert abs(neighbours - expected) <= 4 * math.sqrt(expected) * 1.1
    tenth = count // 10
    mean, spread = runs * chosen / 10, runs * chosen * 0.1 * 0.9 * (count - chosen) / (count - 1)
    assert abs(table[:, :tenth].sum() - mean) <= 4 * math.sqrt(spread)


def test_every_object_and_every_pair_is_drawn_as_often_as_chance_would():
    judge_objects(drawn_objects(600))


@pytest.mark.slow
def test_objects_over_twenty_thousand_draws():
    judge_objects(drawn_objects(20_000))


def test_made_up_dice_are_even_too():
    dice = Dice("check")
    counts = Counter(dice.below(6) for _ in range(6_000))
    assert all(900 < counts[face] < 1_100 for face in range(6))
