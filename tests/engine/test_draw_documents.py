"""A malformed document or reveal is refused by its first fault: path, code, reason."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from engine.domain.draw import DrawRefused, check_document, check_reveal, commit, commitment, compute
from engine.errors import Refused
from tests.engine.draw_samples import REVEAL, example

Change = Callable[[dict[str, Any]], Any]


def refusal(change: Change) -> tuple[str, str]:
    data = example()
    change(data)
    with pytest.raises(DrawRefused) as caught:
        check_document(json.dumps(data))
    assert caught.value.reason
    return caught.value.path, caught.value.code


def put(*path: str | int, value: Any) -> Change:
    def change(data: Any) -> None:
        for step in path[:-1]:
            data = data[step]
        data[path[-1]] = value

    return change


def drop(*path: str | int) -> Change:
    def change(data: Any) -> None:
        for step in path[:-1]:
            data = data[step]
        del data[path[-1]]

    return change


def both(*changes: Change) -> Change:
    def change(data: Any) -> None:
        for one in changes:
            one(data)

    return change


@pytest.mark.parametrize(
    ("change", "path", "code"),
    [
        (drop("salt"), "D/salt", "missing-key"),
        (put("extra", value=1), "D/extra", "unknown-key"),
        (put("a/b~c", value=1), "D/a~1b~0c", "unknown-key"),
        (put("v", value="SR2"), "D/v", "format"),
        (put("v", value=1), "D/v", "type"),
        (put("draw", value="410481-2026-0000"), "D/draw", "format"),
        (put("draw", value="410481-2026-001"), "D/draw", "format"),
        (put("draw", value="2026-0001"), "D/draw", "format"),
        (put("draw", value="410481-2026-0001\n"), "D/draw", "format"),
        (put("draw", value="x" * 31 + "-2026-0001"), "D/draw", "format"),
        (put("hash", value="md5"), "D/hash", "format"),
        (put("salt", value="0" * 63), "D/salt", "format"),
        (put("salt", value="A" * 64), "D/salt", "format"),
        (put("prev_head", value=None), "D/prev_head", "type"),
        (put("release", value="发布一"), "D/release", "format"),
        (drop("rules", "cap"), "D/rules/cap", "missing-key"),
        (put("rules", "cap", value=-1), "D/rules/cap", "range"),
        (put("rules", "cap", value=True), "D/rules/cap", "type"),
        (put("rules", "a b", value=1), "D/rules/a b", "format"),
        (put("rules", "list", value=[]), "D/rules/list", "type"),
        (put("rules", "none", value=None), "D/rules/none", "type"),
        (put("strata", "clinic", "den", value=0), "D/strata/clinic/den", "range"),
        (put("strata", "clinic", "num", value=4), "D/strata/clinic/num", "range"),
        (put("strata", "clinic", "num", value=-1), "D/strata/clinic/num", "range"),
        (put("strata", "clinic", "min", value=-1), "D/strata/clinic/min", "range"),
        (put("strata", "clinic", "round", value="even"), "D/strata/clinic/round", "format"),
        (put("objects", value={}), "D/objects", "type"),
        (drop("objects", 1, "listed"), "D/objects/1/listed", "missing-key"),
        (put("objects", 1, "name", value="某诊所"), "D/objects/1/name", "unknown-key"),
        (put("objects", 0, "id", value="甲"), "D/objects/0/id", "format"),
        (put("objects", 0, "visits", value=-1), "D/objects/0/visits", "range"),
        (put("objects", 0, "visits", value=True), "D/objects/0/visits", "type"),
        (put("objects", 0, "visits", value="0"), "D/objects/0/visits", "type"),
        (put("objects", 0, "cap", value=1), "D/objects/0/cap", "range"),
        (put("objects", 0, "listed", value=0), "D/objects/0/listed", "type"),
        (put("objects", 0, "excl", value="unlucky"), "D/objects/0/excl", "format"),
        (put("inspectors", 0, "excl", value="health"), "D/inspectors/0/excl", "format"),
        (put("inspectors", 0, "spec", value=[1]), "D/inspectors/0/spec/0", "type"),
        (put("inspectors", 0, "load", value=-1), "D/inspectors/0/load", "range"),
        (put("aliases", value=""), "D/aliases", "format"),
        (put("groups", value=[]), "D/groups", "range"),
        (both(put("groups", 0, "spec", value=""), put("roles", value=["spec"])), "D/groups/0/spec", "format"),
        (put("roles", value=[]), "D/roles", "range"),
        (put("roles", 1, value="boss"), "D/roles/1", "format"),
        (put("conflicts", 0, value=["E01"]), "D/conflicts/0", "type"),
        (put("parties", value=[{"name": "bureau", "commit": "0" * 64}]), "D/parties", "range"),
        (put("beacon", value="x" * 201), "D/beacon", "format"),
        (put("beacon", value="双色球\n"), "D/beacon", "format"),
        (put("publish_by", value="2026-02-29"), "D/publish_by", "format"),
        (put("objects", 0, "id", value="Z"), "D/objects/1", "unsorted"),
        (put("objects", 1, "id", value="H41048100001"), "D/objects/1", "duplicate"),
        (put("inspectors", 2, "spec", value=["fin", "clin"]), "D/inspectors/2/spec/1", "unsorted"),
        (put("inspectors", 2, "spec", value=["fin", "fin"]), "D/inspectors/2/spec/1", "duplicate"),
        (put("parties", 1, "name", value="bureau"), "D/parties/1", "duplicate"),
        (put("objects", 3, "stratum", value="pharmacy"), "D/objects/3/stratum", "unknown-reference"),
        (put("conflicts", 0, 0, value="E09"), "D/conflicts/0/0", "unknown-reference"),
        (put("conflicts", 0, 1, value="X"), "D/conflicts/0/1", "unknown-reference"),
    ],
)
def test_each_fault_has_its_place_and_its_code(change, path, code):
    assert refusal(change) == (path, code)


@pytest.mark.parametrize(
    ("change", "path", "code"),
    [
        (both(put("x", value=1), drop("beacon")), "D/beacon", "missing-key"),
        (both(put("x", value=1), put("v", value="SR2")), "D/x", "unknown-key"),
        (both(put("publish_by", value="soon"), put("release", value="")), "D/release", "format"),
        (
            both(put("objects", 0, "visits", value=-1), put("strata", "clinic", "min", value="1")),
            "D/strata/clinic/min",
            "type",
        ),
        (both(put("objects", 3, "id", value="A"), put("publish_by", value="soon")), "D/publish_by", "format"),
        (
            both(put("objects", 1, "id", value="H41048100001"), put("inspectors", 0, "id", value="Z")),
            "D/inspectors/1",
            "unsorted",
        ),
        (
            both(put("parties", 1, "name", value="bureau"), put("objects", 0, "stratum", value="x")),
            "D/parties/1",
            "duplicate",
        ),
    ],
)
def test_of_several_faults_the_first_in_the_fixed_order_is_named(change, path, code):
    assert refusal(change) == (path, code)


TEXT = json.dumps(example())


@pytest.mark.parametrize(
    ("text", "path", "code"),
    [
        (TEXT.replace('"v": "SR1"', '"v": "SR1", "v": "SR1"'), "D/v", "json-duplicate-key"),
        (TEXT.replace('"num": 1', '"num": 1, "num": 1'), "D/strata/clinic/num", "json-duplicate-key"),
        (TEXT.replace('"num": 1', '"num": 1.0'), "D/strata/clinic/num", "json-number"),
        (TEXT.replace('"num": 1', '"num": 1e0'), "D/strata/clinic/num", "json-number"),
        (TEXT.replace('"num": 1', '"num": -0'), "D/strata/clinic/num", "json-number"),
        (TEXT.replace('"num": 1', '"num": 01'), "D/strata/clinic/num", "json-number"),
        (TEXT.replace('"den": 3', f'"den": {2**53}'), "D/strata/clinic/den", "json-number"),
        (TEXT.replace('"den": 3', '"den": 1' + "0" * 5000), "D/strata/clinic/den", "json-number"),
        (TEXT.replace('"beacon": ""', r'"beacon": "\ud800"'), "D/beacon", "json-text"),
        (TEXT.replace('"beacon": ""', '"beacon": "\t"'), "D/beacon", "json-text"),
        (TEXT.replace('"beacon": ""', '"beacon": NaN'), "D/beacon", "json-text"),
        (TEXT + "}", "D", "json-text"),
        (TEXT[:-1], "D", "json-text"),
        ("\ufeff" + TEXT, "D", "json-text"),
        ("", "D", "json-text"),
        ("[" * 100_000, "D" + "/0" * 65, "json-text"),
        ("[]", "D", "type"),
        (TEXT.replace('"den": 3', f'"den": {2**53 - 1}'), "", ""),
        (TEXT.replace('"beacon": ""', r'"beacon": "\ud83c\udfb1 \u53cc\u8272\u7403"'), "", ""),
    ],
)
def test_tokens_are_checked_before_anything_is_interpreted(text, path, code):
    found = ("", "")
    try:
        check_document(text)
    except DrawRefused as error:
        found = (error.path, error.code)
    assert found == (path, code)


def test_bytes_that_are_not_utf8_are_no_document():
    with pytest.raises(DrawRefused) as caught:
        check_document(TEXT.encode("utf-16"))
    assert caught.value.as_error()["code"] == "json-text"


@pytest.mark.parametrize(
    ("reveal", "path", "code"),
    [
        ("{", "reveal", "json-text"),
        ({"secrets": ["1" * 64, "2" * 64]}, "reveal/beacon", "missing-key"),
        ({"secrets": ["1" * 64, "2" * 64], "beacon": "", "x": 1}, "reveal/x", "unknown-key"),
        ({"secrets": "1" * 64, "beacon": ""}, "reveal/secrets", "type"),
        ({"secrets": ["1" * 64], "beacon": 0}, "reveal/beacon", "type"),
        ({"secrets": ["1" * 64], "beacon": "x"}, "reveal/secrets", "secret-count"),
        ({"secrets": ["1" * 64, "2" * 63], "beacon": ""}, "reveal/secrets/1", "secret-format"),
        ({"secrets": ["3" * 64, "A" * 64], "beacon": ""}, "reveal/secrets/1", "secret-format"),
        ({"secrets": ["1" * 64, "3" * 64], "beacon": "x"}, "reveal/secrets/1", "commitment"),
        ({"secrets": ["2" * 64, "1" * 64], "beacon": ""}, "reveal/secrets/0", "commitment"),
        ({"secrets": ["1" * 64, "2" * 64], "beacon": "01 02"}, "reveal/beacon", "beacon"),
    ],
)
def test_a_reveal_that_does_not_open_the_commitments_is_refused_and_event_0_stands(reveal, path, code):
    document = check_document(example())
    with pytest.raises(Refused) as caught:
        compute(document, reveal)
    assert isinstance(caught.value, DrawRefused)
    assert (caught.value.path, caught.value.code) == (path, code)
    assert [event.type for event in commit(document).events] == ["commit"]


def test_an_announced_beacon_must_have_its_value():
    data = example()
    data["beacon"] = "双色球 2026138 期"
    document = check_document(data)
    for value in ("", "\x07", "x" * 201):
        with pytest.raises(DrawRefused) as caught:
            check_reveal(document, {**REVEAL, "beacon": value})
        assert (caught.value.path, caught.value.code) == ("reveal/beacon", "beacon")
    assert check_reveal(document, {**REVEAL, "beacon": "02 05 11 17 23 30 + 08"}).beacon


def test_sm3_counts_for_every_hash_of_the_draw_commitments_included():
    data = example()
    data["hash"] = "sm3"
    with pytest.raises(DrawRefused, match="bureau"):
        compute(check_document(data), REVEAL)
    for party, secret in zip(data["parties"], REVEAL["secrets"], strict=True):
        party["commit"] = commitment(data["draw"], party["name"], secret, "sm3")
    assert compute(check_document(data), REVEAL).events[-1].type == "place"


def test_a_rule_may_not_change_after_the_freeze_without_a_new_hash():
    data = example()
    before = check_document(data).roster
    data["rules"]["cap"] = 1
    assert check_document(data).roster != before
