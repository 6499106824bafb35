"""After the draw: the next ticket serves, whoever is asked; imports keep the platform's word."""

from __future__ import annotations

import hashlib

import pytest

from engine.domain.draw import (
    DrawRefused,
    alarms,
    append_close,
    append_platform_sub,
    append_replace,
    append_sub,
    append_void,
    candidates_for,
    check_document,
    check_reveal,
    commit,
    compute,
    import_transcript,
    platform_members,
    seed_of,
    transcript_of,
    verify,
)
from engine.domain.draw.instances import make
from engine.errors import Refused
from tests.engine.draw_samples import LARGER, REVEAL, example, files, full_draw, imported, signed


@pytest.fixture
def drawn():
    data, reveal = make("full", LARGER)
    document = check_document(data)
    return document, compute(document, reveal), seed_of(document, check_reveal(document, reveal))


def sub(transcript, document, **parts):
    chosen = {"group": "G0000", "role": 3, "reason": "unavailable", "witness": signed("witness")} | parts
    return append_sub(transcript, document, **chosen)


def test_the_substitute_is_the_lowest_ticket_of_those_who_fit(drawn):
    document, transcript, seed = drawn
    found = candidates_for(transcript, document, "G0000", 3)
    place = transcript.body("place")
    serving = {name for group in place["groups"] for name in group["members"]}
    visits = transcript.body("route")["groups"][0]
    assert [one.id for one in found] == sorted(
        (
            name
            for name in document.people
            if name not in serving and not any((name, thing) in document.conflicts for thing in visits)
        ),
        key=lambda name: hashlib.sha256(f"{seed}\nsub\nG0000\n3\n1\n{name}".encode()).hexdigest(),
    )
    body = sub(transcript, document).events[-1].body
    assert (body["n"], body["in"]) == (1, found[0].id)
    assert body["out"] == place["groups"][0]["members"][3]


def test_who_was_replaced_does_not_come_back_and_who_came_is_not_called_twice(drawn):
    document, transcript, _ = drawn
    gone = set()
    for n in range(1, 4):
        transcript = sub(transcript, document)
        body = transcript.events[-1].body
        assert body["n"] == n
        gone |= {body["out"], body["in"]}
        assert gone.isdisjoint(one.id for one in candidates_for(transcript, document, "G0000", 3))


def test_absent_people_are_named_with_their_proof_and_only_in_their_turn(drawn):
    document, transcript, _ = drawn
    found = [one.id for one in candidates_for(transcript, document, "G0000", 3)]

    def away(*names):
        return [{"id": name, "reason": "unavailable", "evidence": files("证明.pdf")} for name in names]

    assert sub(transcript, document, absent=away(*found[:2])).events[-1].body["in"] == found[2]
    assert sub(transcript, document, absent=away(*found)).events[-1].body["in"] == ""
    for names in ([found[1]], [found[0], found[3]], ["E99999"]):
        with pytest.raises(DrawRefused) as caught:
            sub(transcript, document, absent=away(*names))
        assert caught.value.code == "not-candidate"


def test_an_unfilled_vacancy_stays_open_and_the_next_sub_has_nobody_to_relieve(drawn):
    document, transcript, _ = drawn
    everybody = [
        {"id": one.id, "reason": "recusal", "evidence": []}
        for one in candidates_for(transcript, document, "G0000", 3)
    ]
    transcript = sub(transcript, document, absent=everybody)
    transcript = sub(transcript, document)
    assert transcript.events[-1].body["out"] == ""
    assert transcript.events[-1].body["in"] != ""
    assert verify(append_close(transcript, document).as_json()).ok


@pytest.mark.parametrize(
    ("parts", "path"),
    [
        ({"group": "G9999"}, "group"),
        ({"role": 4}, "role"),
        ({"reason": "ill"}, "reason"),
        ({"witness": signed("bureau")}, "witness/name"),
        ({"witness": signed("stranger")}, "witness/name"),
        ({"witness": {"name": "witness", "sig": ""}}, "witness/sig"),
        ({"evidence": [{"name": "a", "sha256": "0"}]}, "evidence/0/sha256"),
        ({"evidence": files("a", "a")}, "evidence/1"),
    ],
)
def test_a_malformed_substitution_is_refused_by_path(drawn, parts, path):
    document, transcript, _ = drawn
    with pytest.raises(DrawRefused) as caught:
        sub(transcript, document, **parts)
    assert caught.value.path == f"events/6/body/{path}"


def test_an_object_is_replaced_by_the_next_of_its_reserve_without_a_conflict():
    document = check_document(example())
    transcript = compute(document, REVEAL)
    transcript = append_replace(transcript, document, thing="P41048100003", reason="closed")
    assert transcript.events[-1].body == {
        "object": "P41048100003",
        "group": "G01",
        "stratum": "clinic",
        "reason": "closed",
        "evidence": [],
        "skipped": [],
        "in": "H41048100001",
    }
    transcript = append_replace(transcript, document, thing="H41048100001", reason="merged")
    assert (transcript.events[-1].body["skipped"], transcript.events[-1].body["in"]) == (["P41048100004"], "")
    with pytest.raises(DrawRefused) as caught:
        append_replace(transcript, document, thing="H41048100001", reason="merged")
    assert caught.value.code == "unknown-reference"


def test_a_new_object_counts_for_the_conflicts_of_the_next_substitute():
    document, transcript = full_draw()
    assert transcript.ended
    assert [event.type for event in transcript.events[6:]] == [
        "sub",
        "sub",
        "replace",
        "sub",
        "replace",
        "close",
    ]
    assert verify(transcript.as_json(), roster=document.roster, head=transcript.head).ok


def test_nothing_follows_the_end(drawn):
    document, transcript, _ = drawn
    closed = append_close(transcript, document)
    for act in (
        lambda: append_close(closed, document),
        lambda: append_void(closed, document, reason="ordered", by=[signed("witness")]),
        lambda: sub(closed, document),
    ):
        with pytest.raises(DrawRefused) as caught:
            act()
        assert (caught.value.path, caught.value.code) == ("events/7/type", "sequence")


def test_substitution_before_placing_is_refused():
    document = check_document(example())
    with pytest.raises(Refused, match="落位"):
        candidates_for(commit(document), document, "G01", 0)


def test_a_void_is_signed_in_the_order_of_the_parties():
    document = check_document(example())
    begun = commit(document)
    void = append_void(begun, document, reason="commitment", by=[signed("witness"), signed("bureau")])
    assert [one["name"] for one in void.events[1].body["by"]] == ["bureau", "witness"]
    for by, code in (
        ([], "range"),
        ([signed("x")], "unknown-reference"),
        ([signed("witness")] * 2, "duplicate"),
    ):
        with pytest.raises(DrawRefused) as caught:
            append_void(begun, document, reason="commitment", by=by)
        assert caught.value.code == code


def test_a_stored_transcript_comes_back_as_it_was():
    document, transcript = full_draw()
    again, its = transcript_of(transcript.as_json())
    assert again == transcript
    assert its == document


def test_repeated_vacancies_and_too_many_absences_raise_an_alarm():
    document, transcript = full_draw()
    people = list(document.people)
    assert alarms(transcript, people, {}) == ["G0000 组第 4 个岗位已第 2 次调换"]
    assert any(
        people[0] in one for one in alarms(transcript, people, {people[0]: 3} | dict.fromkeys(people[1:], 1))
    )
    assert len(alarms(transcript, people, dict.fromkeys(people, 2))) == 1


@pytest.mark.parametrize(
    ("changes", "path", "code"),
    [
        ({"v": "IMPORT2"}, "v", "format"),
        ({"platform": "河南省平台"}, "platform", "format"),
        ({"serial": ""}, "serial", "format"),
        ({"at": "2026-10-12T09:30Z"}, "at", "format"),
        ({"at": "2026-02-30T09:30+08:00"}, "at", "format"),
        ({"objects": ["P41048100003", "H41048100001"]}, "objects/1", "unsorted"),
        ({"objects": ["P41048100003"]}, "groups/0/objects/0", "unknown-reference"),
        (
            {"groups": [{"id": "G01", "objects": [], "members": ["S1", "S1"]}]},
            "groups/0/members/1",
            "duplicate",
        ),
    ],
)
def test_a_malformed_import_is_refused_by_path(changes, path, code):
    with pytest.raises(DrawRefused) as caught:
        import_transcript(imported() | changes)
    assert (caught.value.path, caught.value.code) == (f"events/0/body/{path}", code)


def test_an_import_is_chained_but_never_called_verifiable():
    transcript = import_transcript(imported())
    witness = {"name": "S2003", "sig": "平台单号 18"}
    transcript = append_platform_sub(
        transcript, group="G01", out="S1001", substitute="S1009", reason="unavailable", witness=witness
    )
    assert platform_members(transcript) == {"G01": ["S1002", "S1009"], "G02": ["S1003", "S1004"]}
    for out, substitute in (("S1001", "S1010"), ("S1002", "S1009"), ("", "S1010")):
        with pytest.raises(DrawRefused):
            append_platform_sub(
                transcript, group="G01", out=out, substitute=substitute, reason="unavailable", witness=witness
            )
    with pytest.raises(DrawRefused):
        append_platform_sub(
            compute(check_document(example()), REVEAL),
            group="G01",
            out="E01",
            substitute="E03",
            reason="unavailable",
            witness=witness,
        )
    result = verify(append_close(transcript, publish_by="2026-12-31").as_json())
    assert result.ok
    assert result.imported
    assert {check.number for check in result.checks if check.state == "ok"} == {1, 11, 12}
