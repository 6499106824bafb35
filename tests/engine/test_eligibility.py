"""Who may be drawn: 吉 第十一条 against 舞 第九条, row by row."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from engine.domain.eligibility import Eligibility, person_reason
from engine.domain.pack import parameters
from engine.domain.registry import Certificate, Inspector, RegistryObject
from engine.errors import RuleError

TODAY = date(2026, 10, 12)


def thing(**facts) -> RegistryObject:
    return RegistryObject(
        **{"active": True, "agreement_state": "active", "code": "H1", "name": "某院", "kind": "clinic"}
        | facts
    )


LISTED = {
    "blacklisted_from": date(2026, 1, 1),
    "blacklisted_to": date(2028, 1, 1),
    "blacklist_decision": "1号",
}
ABOVE = {"superior_drawn_on": date(2026, 3, 1)}


@pytest.mark.parametrize(
    ("facts", "visits", "jilin", "wugang"),
    [
        ({}, 0, "", ""),
        ({}, 1, "cap", ""),
        ({}, 2, "cap", "cap"),
        ({}, 9, "cap", "cap"),
        (LISTED, 5, "", "cap"),
        (LISTED | {"blacklisted_to": TODAY - timedelta(days=1)}, 5, "cap", "cap"),
        (ABOVE, 0, "done-superior", "done-superior"),
        (ABOVE | LISTED, 0, "done-superior", "done-superior"),
        ({"superior_drawn_on": date(2025, 12, 31)}, 0, "", ""),
        ({"agreement_state": "suspended"}, 0, "suspended", "suspended"),
        ({"agreement_state": "suspended"} | LISTED, 3, "suspended", "suspended"),
        ({"agreement_state": "terminated"}, 0, "closed", "closed"),
        ({"active": False}, 9, "closed", "closed"),
        ({"closed_on": TODAY}, 0, "closed", "closed"),
        ({"agreement_state": "none", "type": "person"}, 0, "", ""),
    ],
)
def test_objects(facts, visits, jilin, wugang) -> None:
    found = [
        Eligibility(parameters(pack)).reason(thing(**facts), on=TODAY, visits=visits, by_superior=False)
        for pack in ("jilin", "wugang")
    ]
    assert found == [jilin, wugang]


def test_a_superiors_draw_known_from_its_case_counts_too() -> None:
    rule = Eligibility(parameters("jilin"))
    assert rule.reason(thing(), on=TODAY, visits=0, by_superior=True) == "done-superior"


def test_facts_that_fall_together_are_decided_once() -> None:
    asked = []

    def decide(facts):
        asked.append(facts)
        return "cap" if facts["visits"] >= facts["cap"] else ""

    rule = Eligibility(parameters("wugang"), decide)
    for visits in (0, 1, 2, 3, 4, 5, 5, 5):
        rule.reason(thing(), on=TODAY, visits=visits, by_superior=False)
    assert len(asked) == 3


def test_a_table_may_not_invent_reasons() -> None:
    with pytest.raises(RuleError, match="weather"):
        Eligibility(parameters("wugang"), lambda _facts: "weather").reason(
            thing(), on=TODAY, visits=0, by_superior=False
        )


@pytest.mark.parametrize(
    ("facts", "until", "jilin", "wugang"),
    [
        ({}, date(2027, 1, 1), "", ""),
        ({}, TODAY, "", ""),
        ({}, TODAY - timedelta(days=1), "no-cert", ""),
        ({}, None, "no-cert", ""),
        ({"state": "leave"}, date(2027, 1, 1), "unavailable", "unavailable"),
        (
            {"unavailable_from": TODAY, "unavailable_to": TODAY},
            date(2027, 1, 1),
            "unavailable",
            "unavailable",
        ),
        ({"unavailable_from": TODAY + timedelta(days=1)}, date(2027, 1, 1), "", ""),
        ({"is_expert": True}, date(2027, 1, 1), "no-cert", ""),
    ],
)
def test_people(facts, until, jilin, wugang) -> None:
    papers = [Certificate(number="1", valid_to=until, state="valid")] if until else []
    who = Inspector(
        **{"staff_no": "1", "name": "某", "state": "active", "is_expert": False} | facts, certificates=papers
    )
    assert [person_reason(who, pack=parameters(pack), on=TODAY) for pack in ("jilin", "wugang")] == [
        jilin,
        wugang,
    ]
