"""Whatever is changed in a published transcript is found, and the first bad event is named.

Half of the changes recompute every later hash, as a careful forger would; then the head on the minutes
gives the change away even where the protocol leaves a text free.
"""

from __future__ import annotations

import copy
import json
import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

import pytest

from engine.domain.draw import verify
from engine.domain.draw.instances import Dice
from engine.domain.draw.text import ZEROS, canonical, sha256
from tests.engine.draw_outsiders import NODE, Case, by_page, by_script
from tests.engine.draw_samples import full_draw

COUNT = 1_200
# What a forger may rewrite without breaking a rule; only the head on the minutes shows it.
FREE = re.compile(
    r"events/\d+/body/(reason|evidence|absent|witness|publish_by)(/|$)|events/\d+/body/by/\d+/sig$"
)


@dataclass(frozen=True)
class Mutation:
    case: Case
    path: str
    n: int
    rehashed: bool


def containers(value: Any, path: str = "") -> list[tuple[Any, str]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = [(value, path)] if isinstance(value, dict | list) and value else []
    for key, one in inner:
        found += containers(one, f"{path}/{key}" if path else str(key))
    return found


def other(dice: Dice, value: Any) -> Any:
    """A value of the same type, different."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + dice.pick((1, -1, 1000))
    if isinstance(value, str) and value:
        at = dice.below(len(value))
        return value[:at] + ("1" if value[at] == "0" else "0") + value[at + 1 :]
    return dice.pick(("0", "E00001", None))


def change_inside(dice: Dice, data: dict[str, Any]) -> str:
    """One value, row, key or order somewhere; gives the place."""
    container, path = dice.pick([one for one in containers(data) if one[1] != "events"])
    keys = list(container) if isinstance(container, dict) else list(range(len(container)))
    key = dice.pick(keys)
    act = dice.below(6)
    if act < 3:
        leaf = container[key]
        container[key] = (
            other(dice, leaf) if not isinstance(leaf, dict | list) else dice.pick(([], {}, "", 0))
        )
    elif act == 3:
        del container[key]
    elif isinstance(container, list):
        if act == 4:
            container.insert(key, copy.deepcopy(container[key]))
        else:
            swap = dice.pick(keys)
            container[key], container[swap] = container[swap], container[key]
            key = min(key, swap)
    elif act == 4:
        container["extra"] = 1
        key = "extra"
    else:
        swap = dice.pick(keys)
        container[key], container[swap] = container[swap], container[key]
        return path
    return f"{path}/{key}" if path else str(key)


def change_events(dice: Dice, data: dict[str, Any]) -> int:
    """A whole event dropped, doubled, swapped or everything after it cut; gives the first bad n."""
    events = data["events"]
    n = dice.below(len(events))
    act = dice.below(4)
    if act == 0:
        del events[n]
        return min(n, len(events) - 1)
    if act == 1:
        events.insert(n, copy.deepcopy(events[n]))
        return n + 1
    if act == 2:
        swap = dice.below(len(events))
        events[n], events[swap] = events[swap], events[n]
        return min(n, swap)
    del events[max(n, 1) :]
    return len(events) - 1


def rehash(data: dict[str, Any], start: int) -> None:
    """Numbers, links and hashes from event `start` on, and the head, as a forger would."""
    events = data["events"]
    prev = events[start - 1]["hash"] if start else ZEROS
    for n, event in enumerate(events[start:], start):
        event["n"], event["prev"] = n, prev
        prev = sha256(canonical({"n": n, "prev": prev, "type": event["type"], "body": event["body"]}))
        event["hash"] = prev
    data["head"] = prev


def mutations(count: int) -> list[Mutation]:
    document, transcript = full_draw()
    original = json.loads(json.dumps(transcript.as_json()))
    before = canonical(original)
    dice = Dice("mutations")
    found: list[Mutation] = []
    seen = {before}
    while len(found) < count:
        data = copy.deepcopy(original)
        rehashed = len(found) % 2 == 1
        if dice.chance(15):
            n, path = change_events(dice, data), "events"
            if data["events"] == original["events"]:
                continue
        elif rehashed:
            n = dice.below(len(data["events"]))
            event = data["events"][n]
            path = f"events/{n}/{change_inside(dice, {'body': event['body']})}"
        else:
            path = change_inside(dice, data)
            place = re.match(r"events/(\d+)", path)
            n = int(place[1]) if place else len(data["events"]) - 1 if path == "head" else 0
        if rehashed:
            try:
                rehash(data, min(n, len(data["events"]) - 1))
            except (TypeError, KeyError, IndexError):
                continue
        if canonical(data) in seen:
            continue
        seen.add(canonical(data))
        text = json.dumps(data, ensure_ascii=False)
        found.append(Mutation(Case(text, document.roster, transcript.head), path, n, rehashed))
    return found


@pytest.fixture(scope="module")
def many() -> list[Mutation]:
    return mutations(COUNT)


def judge(mutation: Mutation, bad: dict[str, Any] | None) -> str:
    """ "" when the fault was found in the right event, else what went wrong."""
    where = f"{mutation.path} (rehashed: {mutation.rehashed})"
    if bad is None:
        return f"not found: {where}"
    last = len(json.loads(mutation.case.transcript).get("events", [0])) - 1
    by_head = bad["path"] == "head" and bad["n"] == last
    if mutation.rehashed and by_head and (mutation.path == "events" or FREE.match(mutation.path)):
        return ""
    if mutation.rehashed and mutation.path == "events" and bad["n"] >= mutation.n:
        return ""
    return "" if bad["n"] == mutation.n else f"{where}: expected n={mutation.n}, found {bad}"


def test_mutations_are_of_every_kind(many):
    assert sum(mutation.rehashed for mutation in many) == COUNT // 2
    kinds = Counter(re.sub(r"\d+", "#", "/".join(mutation.path.split("/")[:3])) for mutation in many)
    assert kinds["events"] > 50
    assert {"events/#/body", "document/objects/#", "events/#/hash", "events/#/prev"} <= set(kinds)


def by_engine(cases: list[Case]) -> list[dict[str, Any] | None]:
    found = [verify(case.transcript, roster=case.roster, head=case.head).bad for case in cases]
    return [bad.as_json() if bad else None for bad in found]


@pytest.fixture(scope="module")
def from_engine(many):
    return by_engine([one.case for one in many])


@pytest.fixture(scope="module")
def from_script(many):
    return by_script([one.case for one in many])


@pytest.fixture(scope="module")
def from_page(many):
    if NODE is None:
        pytest.skip("node is not installed; the browser test runs the same page")
    return by_page([one.case for one in many])


@pytest.mark.parametrize("verifier", ["from_engine", "from_script", "from_page"])
def test_every_mutation_is_found_and_its_event_named(many, verifier, request):
    bads = request.getfixturevalue(verifier)
    assert [text for one, bad in zip(many, bads, strict=True) if (text := judge(one, bad))] == []


def test_all_three_name_the_same_check_and_place(from_engine, from_script, from_page):
    def named(bad: dict[str, Any]) -> tuple[Any, ...]:
        return bad["n"], bad["check"], bad["path"]

    ours = [named(bad) for bad in from_engine]
    assert [named(bad) for bad in from_script] == ours
    assert [named(bad) for bad in from_page] == ours


def test_white_space_and_key_order_do_not_count():
    document, transcript = full_draw()
    data = json.loads(json.dumps(transcript.as_json(), sort_keys=True))
    text = json.dumps(dict(reversed(data.items())), indent=3, ensure_ascii=True)
    assert verify(text, roster=document.roster, head=transcript.head).ok
