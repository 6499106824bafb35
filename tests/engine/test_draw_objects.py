"""How many are drawn, which ones, and what the explaining page says about one of them."""

from __future__ import annotations

import json

import jsonschema_rs
import pytest

from engine.domain.draw import (
    SCHEMA_FILE,
    DrawRefused,
    check_document,
    check_reveal,
    cutoff,
    draw_strata,
    seed_of,
    ticket_of,
)
from engine.domain.draw.instances import random_instance
from engine.domain.draw.selection import quota_of
from engine.errors import NotFound
from tests.engine.draw_samples import REVEAL, example


@pytest.mark.parametrize(
    ("eligible", "rule", "drawn"),
    [
        (9418, (1, 100, 0, "up"), 95),
        (27478, (1, 100, 0, "down"), 274),
        (27478, (1, 100, 0, "half-up"), 275),
        (5, (1, 10, 0, "half-up"), 1),
        (15, (1, 10, 0, "half-up"), 2),
        (14, (1, 10, 0, "half-up"), 1),
        (3, (1, 1, 0, "up"), 3),
        (3, (0, 1, 2, "up"), 2),
        (3, (1, 100, 10, "down"), 3),
        (0, (1, 2, 5, "up"), 0),
        (1_000_000, (2**53 - 2, 2**53 - 1, 0, "down"), 999_999),
        (1_000_000, (2**53 - 2, 2**53 - 1, 0, "half-up"), 1_000_000),
    ],
)
def test_the_quota_is_exact_whatever_the_numbers(eligible, rule, drawn):
    assert quota_of(dict(zip(("num", "den", "min", "round"), rule, strict=True)), eligible) == drawn


def test_one_institution_sees_its_ticket_against_the_cut_off():
    document = check_document(example())
    seed = seed_of(document, check_reveal(document, REVEAL))
    line = cutoff(document, seed, "clinic")
    for code, drawn, rank in (
        ("P41048100003", True, 1),
        ("H41048100001", False, 2),
        ("P41048100004", False, 3),
    ):
        own = ticket_of(document, seed, code)
        assert (own.drawn, own.rank, own.cutoff) == (drawn, rank, line)
        assert (own.ticket <= line) == drawn
    assert ticket_of(document, seed, "H41048100002").excluded == "cap"
    with pytest.raises(NotFound, match="H00"):
        ticket_of(document, seed, "H00")
    with pytest.raises(NotFound, match="pharmacy"):
        cutoff(document, seed, "pharmacy")


def test_the_funnel_counts_every_registered_object_once():
    data, reveal = random_instance(3)
    document = check_document(data)
    strata = draw_strata(document, seed_of(document, check_reveal(document, reveal)))
    assert sum(stratum.registered for stratum in strata.values()) == len(data["objects"])
    for stratum in strata.values():
        assert stratum.registered == sum(stratum.excluded.values()) + len(stratum.tickets)
        assert sorted(stratum.drawn + stratum.reserve) == sorted(name for _, name in stratum.tickets)


SCHEMA = jsonschema_rs.validator_for(json.loads(SCHEMA_FILE.read_text(encoding="utf-8")))


def test_every_well_formed_document_fits_the_shipped_schema():
    for number in range(50):
        SCHEMA.validate(random_instance(number)[0])
    SCHEMA.validate(example())


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("draw",), "410481-2026-0000"),
        (("salt",), "x"),
        (("rules",), {}),
        (("strata", "clinic", "round"), "even"),
        (("objects", 0, "listed"), 0),
        (("objects", 0, "excl"), "health"),
        (("groups", 0, "spec"), None),
        (("groups",), []),
        (("roles",), ["boss"]),
        (("conflicts", 0), ["E01"]),
        (("parties",), []),
        (("beacon",), "a\nb"),
        (("publish_by",), "soon"),
        (("more",), 1),
    ],
)
def test_what_the_schema_refuses_the_engine_refuses(path, value):
    data = example()
    target = data
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = value
    assert not SCHEMA.is_valid(data)
    with pytest.raises(DrawRefused):
        check_document(data)
