"""The worked example of the protocol, hash for hash."""

from __future__ import annotations

from engine.domain.draw.document import check_document, check_reveal, commitment, roster_hash, seed_of
from engine.domain.draw.text import canonical, sha256, ticket
from engine.domain.draw.transcript import compute
from tests.engine.draw_samples import REVEAL, example


def test_tickets_are_plain_hashes_anybody_can_recompute():
    seed = sha256(b"bench")
    assert seed.startswith("1b32c28c")
    assert seed.endswith("f549")
    own = ticket(sha256, seed, "object", "H00000001")
    assert (own[:8], own[-4:]) == ("604ae9a5", "c4d1")
    assert own == sha256(f"{seed}\nobject\nH00000001".encode())


def test_commitments_hide_the_secrets_of_the_example():
    assert commitment("410481-2026-0001", "bureau", "1" * 64) == (
        "11bf58d7209d52376c1597f87b3c143a93fc7472563bece15fc64d4d5a3b76e3"
    )
    assert commitment("410481-2026-0001", "witness", "2" * 64) == (
        "bea8c9d5442ff2f48baf855731e78543f2fee7cf3a3062ec6e1ef799b58bd887"
    )


def test_roster_hash_and_seed_of_the_example():
    document = check_document(example())
    assert len(canonical(document.data)) == 1306
    assert roster_hash(document) == "8b8479406004f44d6ed48ba2d1cac92c1d595180c6c653ec7f94f37189c5cd32"
    assert seed_of(document, check_reveal(document, REVEAL)) == (
        "d94d1b6e5836fc177703e93d43af946e8230c51ae42351ed83a19e08a817547b"
    )


def test_every_event_of_the_example_has_its_published_hash():
    transcript = compute(check_document(example()), REVEAL)
    _, _, objects, route, duty, place = (event.body for event in transcript.events)
    assert objects == {"drawn": ["P41048100003"], "reserve": {"clinic": ["H41048100001", "P41048100004"]}}
    assert route == {"groups": [["P41048100003"]]}
    assert duty == {"order": ["E02", "E01", "E03"], "kept": ["E02", "E01"]}
    assert place == {"groups": [{"id": "G01", "members": ["E01", "E02"]}]}
    assert [event.hash for event in transcript.events] == [
        "be60bb83ec9ab33c5f7f3291f3522887f7a817ebd29f178a3e0d093dffcfdf80",
        "6c7d75e368824a4013c053ffad1c03c276b9af1f114863d25c6a067578f7935e",
        "10f4b97388c8b5c0838419b6623babfd338d7794d02e67d3194f9ae5793e7078",
        "202d74eed9e049ea906c5de4afb215e35dea6d6c5140313f4bcc5998c6d79f29",
        "649f4dbf02007424af638b4dd50b275003e0a3ed664a96f28f3e180ec3f92d7a",
        "126dc6c963313fc316eb48beee55c6915c414bcbf7e14b51ea666849457b6011",
    ]
    assert transcript.head == transcript.events[-1].hash
