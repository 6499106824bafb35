"""The threat model of docs/draw.md, one test per attack. The attacker owns the server and its database.

What stands outside his reach: the minutes signed in the room (roster hash, head), the witness's secret on
the witness's own device, the published transcripts, the next draw of the chain.
"""

from __future__ import annotations

import copy
import json

import pytest

from engine.domain.draw import (
    DrawRefused,
    append_close,
    append_sub,
    append_void,
    check_document,
    commit,
    commitment,
    compute,
    transcript_of,
    verify,
)
from engine.domain.draw.instances import make, secrets_for
from engine.domain.draw.text import sha256, ticket
from tests.engine.draw_samples import LARGER, signed

MINE = "H00000007"


class Room:
    """One draw as it really happened, and what was written on paper about it."""

    def __init__(self, draw: str = "220000-2026-0001", prev_head: str = "0" * 64) -> None:
        self.data, self.reveal = make("room", LARGER, draw)
        self.data["prev_head"] = prev_head
        self.document = check_document(self.data)
        self.transcript = append_close(compute(self.document, self.reveal), self.document)
        self.roster_on_minutes = self.document.roster
        self.head_on_minutes = self.transcript.head

    def citizen_checks(self, forged, **more):
        return verify(forged.as_json(), roster=self.roster_on_minutes, head=self.head_on_minutes, **more).bad


@pytest.fixture(scope="module")
def room() -> Room:
    return Room()


def rerun(data, reveal):
    document = check_document(data)
    return append_close(compute(document, reveal), document)


def test_the_honest_draw_stands(room):
    assert room.citizen_checks(room.transcript) is None


def test_admin_takes_a_friend_off_the_roster_after_seeing_the_seed(room):
    data = copy.deepcopy(room.data)
    friend = next(one for one in data["objects"] if one["id"] in room.transcript.events[2].body["drawn"])
    friend["excl"] = "suspended"
    bad = room.citizen_checks(rerun(data, room.reveal))
    assert (bad.n, bad.check, bad.path) == (0, 2, "D")


def test_admin_grinds_the_salt_before_the_commitment_but_one_secret_is_unknown_to_him():
    """Trying salts helps only with the witness's secret in hand: without it every ticket is new."""
    data, reveal = make("grind", LARGER)
    enemy = next(one["id"] for one in data["objects"] if one["excl"] == "")

    def drawn(salt: str, witness: str) -> bool:
        trial = copy.deepcopy(data)
        trial["salt"] = salt
        trial["parties"][1]["commit"] = commitment(trial["draw"], "witness", witness)
        secrets = [reveal["secrets"][0], witness, *reveal["secrets"][2:]]
        body = compute(check_document(trial), {"secrets": secrets, "beacon": ""}).events[2].body
        return enemy in body["drawn"]

    guess = sha256(b"what the admin hopes the witness will choose")
    lucky = [salt for salt in (sha256(f"salt {n}".encode()) for n in range(60)) if not drawn(salt, guess)]
    assert len(lucky) > 10
    honest = [drawn(salt, sha256(f"envelope {n}".encode())) for n, salt in enumerate(lucky)]
    assert any(honest)


def test_admin_reruns_until_pleased_but_every_run_has_a_number(room):
    again = Room("220000-2026-0003", prev_head=room.transcript.head)
    bad = verify(again.transcript.as_json(), previous=room.transcript.as_json()).bad
    assert (bad.check, bad.path, bad.expected) == (12, "D/draw", "220000-2026-0002")


def test_admin_hides_a_voided_run_but_the_next_draw_carries_its_head(room):
    hidden = check_document(
        make("hidden", LARGER, "220000-2026-0002")[0] | {"prev_head": room.transcript.head}
    )
    void = append_void(commit(hidden), hidden, reason="roster-error", by=[signed("bureau")])
    after = Room("220000-2026-0003", prev_head=void.head)
    assert verify(after.transcript.as_json(), previous=void.as_json()).ok
    bad = verify(after.transcript.as_json(), previous=room.transcript.as_json()).bad
    assert (bad.check, bad.path) == (12, "D/prev_head")


def test_admin_gives_two_results_the_same_number(room):
    other = Room()
    other.data["salt"] = sha256(b"second try")
    twin = rerun(other.data, other.reveal)
    assert twin.events[0].body["draw"] == room.transcript.events[0].body["draw"]
    assert room.citizen_checks(twin).path == "D"
    follower = Room("220000-2026-0002", prev_head=room.transcript.head)
    assert verify(follower.transcript.as_json(), previous=twin.as_json()).bad.path == "D/prev_head"


def test_admin_swaps_the_witness_secret_for_a_better_one(room):
    """The commitment was handed over before the roster froze; another secret does not open it."""
    secrets = [room.reveal["secrets"][0], sha256(b"better"), *room.reveal["secrets"][2:]]
    with pytest.raises(DrawRefused) as caught:
        compute(room.document, {"secrets": secrets, "beacon": ""})
    assert (caught.value.path, caught.value.code) == ("reveal/secrets/1", "commitment")


def test_server_that_made_the_witness_secret_can_steer_the_draw():
    """The biggest practical hole, shown on purpose: own device, and an envelope in another party's hands."""
    draw, wanted = "220000-2026-0001", []
    original, _ = make("puppet", LARGER, draw)
    friend = next(one["id"] for one in original["objects"] if one["excl"] == "")
    names = [party["name"] for party in original["parties"]]
    for attempt in range(60):
        data = copy.deepcopy(original)
        secrets = secrets_for(f"{draw}/{attempt}", names)
        for party, secret in zip(data["parties"], secrets, strict=True):
            party["commit"] = commitment(draw, party["name"], secret)
        transcript = compute(check_document(data), {"secrets": secrets, "beacon": ""})
        if friend not in transcript.events[2].body["drawn"]:
            wanted.append(transcript)
    assert wanted
    assert all(verify(transcript.as_json()).ok for transcript in wanted)


def test_all_parties_collude_but_a_beacon_fixed_beforehand_is_nobody_s_choice():
    data, reveal = make("collude", LARGER)
    data["beacon"] = "双色球 2026138 期"
    document = check_document(data)
    results = [
        compute(document, {**reveal, "beacon": f"01 02 03 04 05 06 + {ball:02}"}).events[2].hash
        for ball in range(1, 17)
    ]
    assert len(set(results)) == len(results)
    with pytest.raises(DrawRefused, match="双色球"):
        compute(document, reveal)


def test_the_last_revealer_refuses_so_the_envelope_is_opened_or_the_draw_is_void(room):
    with pytest.raises(DrawRefused) as caught:
        compute(room.document, {"secrets": room.reveal["secrets"][:1], "beacon": ""})
    assert caught.value.code == "secret-count"
    void = append_void(commit(room.document), room.document, reason="reveal-missing", by=[signed("bureau")])
    assert verify(void.as_json(), roster=room.roster_on_minutes).ok
    opened = {"secrets": room.reveal["secrets"], "beacon": ""}
    assert compute(room.document, opened).events[1].body == opened


def test_a_friend_wrongly_marked_as_capped_or_left_uncapped_shows():
    for excl, visits in (("cap", 0), ("", 9)):
        data, reveal = make("wrong", LARGER)
        data["objects"][4] |= {"excl": excl, "visits": visits, "listed": False}
        bad = verify(rerun(data, reveal).as_json()).bad
        assert (bad.n, bad.check, bad.path) == (0, 6, "D/objects/4/excl")


def test_a_friend_left_out_of_the_roster_is_missing_from_the_published_document(room):
    """Not the verifier's finding: whoever looks up the own code in D sees that it is not there."""
    codes = {row["id"] for row in room.transcript.document["objects"]}
    assert MINE in codes
    data = copy.deepcopy(room.data)
    data["objects"] = [row for row in data["objects"] if row["id"] != MINE]
    data["conflicts"] = [pair for pair in data["conflicts"] if pair[1] != MINE]
    forged = rerun(data, room.reveal)
    assert MINE not in json.dumps(forged.as_json())
    assert room.citizen_checks(forged).check == 2


def test_a_false_no_cert_is_a_finding_and_a_false_conflict_is_public():
    data, reveal = make("steer", LARGER)
    licensed = next(index for index, one in enumerate(data["inspectors"]) if one["cert"])
    data["inspectors"][licensed]["excl"] = "no-cert"
    assert verify(rerun(data, reveal).as_json()).bad.path == f"D/inspectors/{licensed}/excl"
    data, reveal = make("steer", LARGER)
    pair = [data["inspectors"][0]["id"], data["objects"][0]["id"]]
    data["conflicts"] = sorted([*(one for one in data["conflicts"] if one != pair), pair])
    published = rerun(data, reveal)
    assert verify(published.as_json()).ok
    assert pair in published.document["conflicts"]


def test_absences_faked_until_the_wanted_name_comes_up_stand_in_the_record():
    """Every refusal to serve is an entry with its proof, and the witness signs the substitution."""
    data, reveal = make("full", LARGER)
    document = check_document(data)
    transcript = compute(document, reveal)
    choice = {"group": "G0000", "role": 3, "reason": "unavailable", "witness": signed("witness")}
    honest = append_sub(transcript, document, **choice)
    forged = copy.deepcopy(honest.as_json())
    wanted = max(set(document.people) - {honest.events[-1].body["in"]})
    forged["events"][-1]["body"]["in"] = wanted
    assert verify(forged).bad.check == 11


def test_a_seed_tells_nothing_before_publication_because_the_salt_is_missing(room):
    """The register is public; who also knew the roster hash still could not rebuild D without its salt."""
    known = copy.deepcopy(room.data)
    known["salt"] = "0" * 64
    assert check_document(known).roster != room.roster_on_minutes


def test_the_program_in_the_browser_was_altered_but_the_verifier_is_other_code(room):
    """A server that shows a ticket of its own invention is refuted with sha256sum."""
    seed = verify(room.transcript.as_json()).checks[4].note
    assert ticket(sha256, seed, "object", MINE) == sha256(f"{seed}\nobject\n{MINE}".encode())


def test_the_database_is_rewritten_later_but_heads_stand_on_paper_and_in_the_next_draw(room):
    data = copy.deepcopy(room.data)
    data["release"] = "made-up-2"
    rewritten = rerun(data, room.reveal)
    assert verify(rewritten.as_json()).ok
    assert room.citizen_checks(rewritten).path == "D"
    assert verify(rewritten.as_json(), head=room.head_on_minutes).bad.path == "head"
    after = Room("220000-2026-0002", prev_head=room.transcript.head)
    assert verify(after.transcript.as_json(), previous=room.transcript.as_json()).ok
    assert verify(after.transcript.as_json(), previous=rewritten.as_json()).bad.path == "D/prev_head"


def test_a_backup_restored_from_before_the_draw_would_fork_the_chain(room):
    """Two draws that both follow the same one carry the same number; the second cannot hide the first."""
    first = Room("220000-2026-0002", prev_head=room.transcript.head)
    data, reveal = make("fork", LARGER, "220000-2026-0002")
    data["prev_head"] = room.transcript.head
    fork = rerun(data, reveal)
    assert fork.events[0].body["draw"] == first.transcript.events[0].body["draw"]
    assert first.citizen_checks(fork).check == 2
    follower = Room("220000-2026-0003", prev_head=first.transcript.head)
    assert verify(follower.transcript.as_json(), previous=fork.as_json()).bad.path == "D/prev_head"


def test_an_unfinished_draw_cannot_be_stepped_over(room):
    begun = commit(
        check_document(make("open", LARGER, "220000-2026-0002")[0] | {"prev_head": room.transcript.head})
    )
    after = Room("220000-2026-0003", prev_head=begun.head)
    assert verify(after.transcript.as_json(), previous=begun.as_json()).bad.path == "previous/events"


@pytest.mark.parametrize(
    ("number", "path"),
    [
        ("220000-2027-0001", None),
        ("220000-2026-0002", None),
        ("220000-2027-0002", "D/draw"),
        ("220000-2026-0001", "D/draw"),
        ("220000-2025-0001", "D/draw"),
        ("220001-2026-0002", "D/draw"),
    ],
)
def test_the_series_runs_by_year_and_bureau_and_the_chain_across_years(room, number, path):
    after = Room(number, prev_head=room.transcript.head)
    bad = verify(after.transcript.as_json(), previous=room.transcript.as_json()).bad
    assert (bad.path if bad else None) == path


def test_a_first_draw_that_is_not_number_one_is_pointed_out():
    """Without the previous record nobody can tell, so it is said and not refused."""
    result = verify(Room("220000-2026-0005").transcript.as_json())
    assert result.ok
    assert "0001" in result.checks[11].note


def test_a_previous_record_that_was_tampered_with_is_no_witness(room):
    after = Room("220000-2026-0002", prev_head=room.transcript.head)
    for change in (
        lambda data: data["events"][3]["body"]["groups"][0].reverse(),
        lambda data: data["events"].pop(),
        lambda data: data.pop("document"),
    ):
        tampered = copy.deepcopy(room.transcript.as_json())
        change(tampered)
        assert verify(after.transcript.as_json(), previous=tampered).bad.check == 12
    assert verify(after.transcript.as_json(), previous="[]").bad.check == 12
    assert verify(after.transcript.as_json(), previous="{").bad.check == 12


def test_a_document_hidden_in_a_text_is_no_document(room):
    data = room.transcript.as_json() | {"document": json.dumps(room.data)}
    assert verify(data).bad.path == "D"


def test_a_late_edit_of_a_stored_event_breaks_its_chain(room):
    stored = copy.deepcopy(room.transcript.as_json())
    stored["events"][5]["body"]["groups"][0]["members"].reverse()
    bad = verify(stored).bad
    assert bad.n == 5
    assert transcript_of(room.transcript.as_json())[0].head == room.head_on_minutes
