"""Who serves and where: held against the definition taken word for word, with scipy as the oracle."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import maximum_bipartite_matching

from engine.domain.draw import Document, check_document, check_reveal, compute, freeze, outcome, seed_of
from engine.domain.draw.instances import Dice, Shape, make, random_instance
from tests.engine.draw_samples import REVEAL, example

Slot = tuple[int, str]


def ticket(seed: str, *parts: str) -> str:
    return hashlib.sha256("\n".join([seed, *parts]).encode()).hexdigest()


def may(document: Document, route: list[list[str]], person: str, slot: Slot) -> bool:
    role, group = slot
    row = document.people[person]
    need = document.data["roles"][role]
    spec = next(one["spec"] for one in document.data["groups"] if one["id"] == group)
    fits = need == "any" or (spec in row["spec"] if need == "spec" else row[need])
    dealt = route[[one["id"] for one in document.data["groups"]].index(group)]
    return bool(fits) and not any([person, thing] in document.data["conflicts"] for thing in dealt)


def placeable(allowed: dict[str, set[Slot]], people: Iterable[str], slots: Iterable[Slot]) -> bool:
    """Whether all these people can stand in different slots at once: the oracle."""
    people, slots = list(people), list(slots)
    if not people:
        return True
    matrix = np.array([[slot in allowed[person] for slot in slots] for person in people], dtype=int)
    if not matrix.size:
        return False
    return bool((maximum_bipartite_matching(csr_matrix(matrix), perm_type="column") >= 0).all())


SMALL = [number for number in range(80) if random_instance(number)[0]["hash"] == "sha256"]


@pytest.mark.parametrize("number", SMALL)
def test_duty_and_place_are_what_the_definition_says(number):
    data, reveal = random_instance(number)
    document = check_document(data)
    transcript = compute(document, reveal)
    seed = seed_of(document, check_reveal(document, reveal))
    route = transcript.events[3].body["groups"]
    groups = [one["id"] for one in data["groups"]]
    slots = [(role, group) for role in range(len(data["roles"])) for group in groups]
    allowed = {p: {slot for slot in slots if may(document, route, p, slot)} for p in document.people}
    deck = sorted(document.people, key=lambda p: (document.people[p]["load"], ticket(seed, "duty", p)))
    kept: list[str] = []
    for person in deck:
        if len(kept) < len(slots) and placeable(allowed, [*kept, person], slots):
            kept.append(person)
    if len(kept) < len(slots):
        assert transcript.events[4].body["kept"] == kept
        return
    assert transcript.events[4].body == {"order": deck, "kept": kept}
    waiting = sorted(kept, key=lambda p: ticket(seed, "place", p))
    left, placed = set(slots), {}
    for role in range(len(data["roles"])):
        for group in sorted(groups, key=lambda g: ticket(seed, "group", g)):
            left.remove((role, group))
            for person in waiting:
                others = [one for one in waiting if one != person]
                if (role, group) in allowed[person] and placeable(allowed, others, left):
                    placed[role, group] = person
                    waiting = others
                    break
    members = [[placed[role, group] for role in range(len(data["roles"]))] for group in groups]
    assert [group["members"] for group in transcript.events[5].body["groups"]] == members


def edges(document: Document, route: list[list[str]]) -> dict[str, set[Slot]]:
    slots = [
        (role, one["id"]) for role in range(len(document.data["roles"])) for one in document.data["groups"]
    ]
    return {p: {slot for slot in slots if may(document, route, p, slot)} for p in document.people}


def judge(data: dict[str, Any], reveal: dict[str, Any]) -> str:
    """Feasible exactly when the oracle says so; otherwise the blocking set proves it."""
    document = check_document(data)
    transcript = compute(document, reveal)
    allowed = edges(document, transcript.events[3].body["groups"])
    slots = [(role, one["id"]) for role in range(len(data["roles"])) for one in data["groups"]]
    matrix = np.array([[slot in allowed[p] for p in allowed] for slot in slots], dtype=int).reshape(
        len(slots), -1
    )
    most = (
        int((maximum_bipartite_matching(csr_matrix(matrix), perm_type="column") >= 0).sum())
        if matrix.size
        else 0
    )
    last = transcript.events[4]
    assert (last.type == "duty") == (most == len(slots))
    if last.type == "fail":
        blocking = [(role, group) for role, group in last.body["blocking"]["slots"]]
        people = last.body["blocking"]["people"]
        assert len(last.body["kept"]) == most
        assert people == sorted(p for p in allowed if allowed[p] & set(blocking))
        assert len(blocking) - len(people) == len(slots) - most
        order = [one["id"] for one in data["groups"]]
        assert blocking == sorted(blocking, key=lambda slot: (slot[0], order.index(slot[1])))
    return last.type


def test_every_feasible_draw_succeeds_and_every_other_names_what_blocks_it():
    found = [judge(*random_instance(number)) for number in range(200, 400)]
    assert 50 < found.count("duty") < 150


@pytest.mark.slow
def test_feasibility_at_large():
    for number in range(400, 3_000):
        judge(*random_instance(number))
    tight = Shape(
        objects=200,
        strata=2,
        quota=(1, 1),
        groups=25,
        roles=("lead", "cert", "any"),
        people=80,
        licensed=90,
        leaders=50,
    )
    ends = [judge(*make(f"tight/{number}", tight)) for number in range(40)]
    assert ends.count("duty") > 10


def test_a_person_passed_over_is_told_why():
    """Without this rule the only expert would be spent on a place that anybody could fill."""
    data, reveal = make("explain", Shape(groups=3, roles=("lead", "cert", "spec"), people=14, conflicts=30))
    document = check_document(data)
    seed = seed_of(document, check_reveal(document, reveal))
    duty = outcome(document, seed).duty
    assert duty.passed_over
    for person in duty.passed_over:
        assert person.id not in duty.kept
        assert len(person.people) == len(person.slots)
        assert set(person.people) <= set(duty.deck[: duty.deck.index(person.id)])


def test_the_order_of_the_input_files_does_not_matter():
    for number in range(40):
        data, reveal = random_instance(number)
        dice = Dice(f"shuffle/{number}")
        shuffled = dict(reversed(data.items()))
        for key in ("objects", "inspectors", "groups", "conflicts"):
            shuffled[key] = sorted(data[key], key=lambda _: dice.below(1 << 60))
        shuffled["inspectors"] = [{**one, "spec": one["spec"][::-1]} for one in shuffled["inspectors"]]
        assert compute(freeze(shuffled), reveal).head == compute(check_document(data), reveal).head


def test_nobody_at_all_is_a_named_failure():
    data = example()
    data["inspectors"], data["conflicts"] = [], []
    last = compute(check_document(data), REVEAL).events[-1]
    assert last.type == "fail"
    assert last.body == {"kept": [], "blocking": {"slots": [[0, "G01"], [1, "G01"]], "people": []}}


def test_an_empty_register_still_gives_a_lawful_record():
    data = example()
    data["objects"], data["conflicts"], data["strata"] = [], [], {}
    transcript = compute(check_document(data), REVEAL)
    assert transcript.events[2].body == {"drawn": [], "reserve": {}}
    assert transcript.events[3].body == {"groups": [[]]}
    assert transcript.events[-1].type == "place"
