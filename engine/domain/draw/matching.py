"""随机选派检查人员: who serves, then who goes where.

Both are defined by ticket order plus one question, "can the rest still be filled?", so the answer does
not depend on the algorithm. Ours keeps sets of slots as the bits of one integer: 1–3 ms for 100 groups.

A slot is (role index, group); its number is `role index × groups + group index`, which is also the
order in which places are fixed when the groups stand in ticket order.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from engine.domain.draw.document import Document
from engine.domain.draw.text import by_ticket


def bits(number: int) -> Iterator[int]:
    """Positions of the ones, ascending."""
    while number:
        low = number & -number
        yield low.bit_length() - 1
        number ^= low


class Matching:
    """People in slots, at most one each way; grows by alternating paths, never forgets a person.

    `edges[p]` is the set of slots person p may fill. When somebody cannot be added, the slots that
    were searched are closed for good: whoever stands in one of them can move only inside them.
    """

    def __init__(self, edges: list[int], slots: int) -> None:
        self.edges = edges
        self.free = (1 << slots) - 1
        self.open = self.free
        self.holder: dict[int, int] = {}
        self.slot_of: dict[int, int] = {}

    def add(self, person: int) -> bool:
        """Finds room for one more person; False, with nothing changed, if there is none."""
        unseen = self.open
        reached_by: dict[int, int] = {}
        queue = [person]
        for one in queue:
            fresh = self.edges[one] & unseen
            available = fresh & self.free
            if available:
                self._shift(person, one, (available & -available).bit_length() - 1, reached_by)
                return True
            unseen &= ~fresh
            for slot in bits(fresh):
                reached_by[slot] = one
                queue.append(self.holder[slot])
        self.open = unseen
        return False

    def _shift(self, newcomer: int, person: int, slot: int, reached_by: dict[int, int]) -> None:
        self.free &= ~(1 << slot)
        while True:
            vacated = self.slot_of.get(person)
            self.holder[slot] = person
            self.slot_of[person] = slot
            if person == newcomer or vacated is None:
                return
            slot, person = vacated, reached_by[vacated]

    def around(self, person: int) -> tuple[list[int], list[int]]:
        """Slots and people a person's wish runs through: why there is no room for this person."""
        unseen = -1
        slots: list[int] = []
        people: list[int] = []
        queue = [person]
        for one in queue:
            fresh = self.edges[one] & unseen
            unseen &= ~fresh
            for slot in bits(fresh):
                slots.append(slot)
                if slot in self.holder:
                    people.append(self.holder[slot])
                    queue.append(self.holder[slot])
        return sorted(slots), people


@dataclass(frozen=True, slots=True)
class PassedOver:
    """One person of the deck who was not kept, and the slots and people that left no room."""

    id: str
    slots: tuple[tuple[int, str], ...]
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Duty:
    """The deck, who was kept, and the matching that shows they all fit."""

    deck: list[str]
    kept: list[str]
    passed_over: list[PassedOver]
    matching: Matching
    slots: int

    @property
    def complete(self) -> bool:
        """Whether every slot can be filled."""
        return len(self.kept) == self.slots

    def body(self) -> dict[str, Any]:
        """The body of the `duty` event."""
        return {"order": self.deck, "kept": self.kept}


def edges_of(document: Document, route: list[list[str]], ids: list[str]) -> list[int]:
    """For each person the set of slots that the need of the role and the conflicts leave open."""
    groups = document.group_ids
    count = len(groups)
    group_of = {thing: index for index, things in enumerate(route) for thing in things}
    barred = dict.fromkeys(ids, 0)
    for person, thing in document.data["conflicts"]:
        if person in barred and thing in group_of:
            barred[person] |= 1 << group_of[thing]
    everywhere = (1 << count) - 1
    by_spec: dict[str, int] = {}
    for index, group in enumerate(document.data["groups"]):
        by_spec[group["spec"]] = by_spec.get(group["spec"], 0) | 1 << index
    edges = []
    for name in ids:
        person = document.people[name]
        special = 0
        for spec in person["spec"]:
            special |= by_spec.get(spec, 0)
        fits = {
            "any": everywhere,
            "spec": special,
            "lead": everywhere if person["lead"] else 0,
            "cert": everywhere if person["cert"] else 0,
        }
        mask = 0
        for role, need in enumerate(document.data["roles"]):
            mask |= (fits[need] & ~barred[name]) << role * count
        edges.append(mask)
    return edges


def deck_of(document: Document, seed: str) -> list[str]:
    """值班名册: everyone eligible, by turns served this year, then by duty ticket."""
    people = document.people
    by_duty = by_ticket(document.digest, seed, "duty", people)
    return sorted(by_duty, key=lambda name: people[name]["load"])  # stable: the ticket decides equal loads


def keep(document: Document, seed: str, route: list[list[str]]) -> Duty:
    """Goes down the deck and keeps a person iff all kept people still fit into different slots."""
    deck = deck_of(document, seed)
    slots = len(document.data["roles"]) * len(document.group_ids)
    matching = Matching(edges_of(document, route, deck), slots)
    kept: list[str] = []
    passed: list[PassedOver] = []
    for index, name in enumerate(deck):
        if len(kept) == slots:
            break
        if matching.add(index):
            kept.append(name)
        else:
            around, people = matching.around(index)
            passed.append(
                PassedOver(
                    name,
                    tuple(_named(document, slot) for slot in around),
                    tuple(sorted(deck[one] for one in people)),
                )
            )
    return Duty(deck, kept, passed, matching, slots)


def _named(document: Document, slot: int) -> tuple[int, str]:
    role, group = divmod(slot, len(document.group_ids))
    return role, document.group_ids[group]


def fail_body(document: Document, duty: Duty) -> dict[str, Any]:
    """The body of the `fail` event: too few people for these slots, whatever one tries.

    From the slots left empty: everyone who may fill them, the slots those people stand in, and so on.
    """
    matching = duty.matching
    may_fill: dict[int, list[int]] = {}
    for person, mask in enumerate(matching.edges):
        for slot in bits(mask):
            may_fill.setdefault(slot, []).append(person)
    slots = list(bits(matching.free))
    reached = set(slots)
    people: set[int] = set()
    for slot in slots:
        for person in may_fill.get(slot, ()):
            if person not in people:
                people.add(person)
                held = matching.slot_of[person]
                if held not in reached:
                    reached.add(held)
                    slots.append(held)
    return {
        "kept": duty.kept,
        "blocking": {
            "slots": [list(_named(document, slot)) for slot in sorted(slots)],
            "people": sorted(duty.deck[person] for person in people),
        },
    }


def place_body(document: Document, seed: str, duty: Duty) -> dict[str, Any]:
    """The body of `place`: role by role, group by group, the first who leaves the rest placeable."""
    matching = duty.matching
    count = len(document.group_ids)
    number = {name: index for index, name in enumerate(duty.deck)}
    order = [number[name] for name in by_ticket(document.digest, seed, "place", duty.kept)]
    groups = [
        document.group_ids.index(name)
        for name in by_ticket(document.digest, seed, "group", document.group_ids)
    ]
    unplaced = dict.fromkeys(order)
    left = (1 << duty.slots) - 1
    for role in range(len(document.data["roles"])):
        for group in groups:
            slot = role * count + group
            left &= ~(1 << slot)
            chosen = _first_placeable(matching, unplaced, slot, left)
            del unplaced[chosen]
    return {
        "groups": [
            {
                "id": name,
                "members": [
                    duty.deck[matching.holder[role * count + index]]
                    for role in range(len(document.data["roles"]))
                ],
            }
            for index, name in enumerate(document.group_ids)
        ]
    }


def _first_placeable(matching: Matching, unplaced: dict[int, None], slot: int, left: int) -> int:
    """Fixes the first person for whom the present holder of the slot can move on, and moves them.

    All remaining people stand in the remaining slots. Person p can take the slot iff its holder can
    reach p's slot by moves inside `left`; the search widens only as far as a candidate needs.
    """
    holder = matching.holder[slot]
    edges, wanted = matching.edges, 1 << slot
    reached_by: dict[int, int] = {}
    queue = [holder]
    done = 0
    unseen = left
    for person in unplaced:
        if not edges[person] & wanted:
            continue
        if person == holder:
            return person
        target = matching.slot_of[person]
        aim = 1 << target
        while unseen & aim and done < len(queue):
            one = queue[done]
            done += 1
            fresh = edges[one] & unseen
            unseen &= ~fresh
            for reached in bits(fresh):
                reached_by[reached] = one
                queue.append(matching.holder[reached])
        if not unseen & aim:
            _rotate(matching, slot, person, target, reached_by)
            return person
    raise AssertionError("the holder of a slot can always stay")


def _rotate(matching: Matching, slot: int, person: int, target: int, reached_by: dict[int, int]) -> None:
    holder = matching.holder[slot]
    while True:
        mover = reached_by[target]
        vacated = matching.slot_of[mover]
        matching.holder[target] = mover
        matching.slot_of[mover] = target
        if mover == holder:
            break
        target = vacated
    matching.holder[slot] = person
    matching.slot_of[person] = slot
