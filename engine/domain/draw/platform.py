"""平台抽取结果导入: a provincial platform's own draw, frozen and chained but never called verifiable.

依据: W5, W9 (objects and staff are drawn on the platform only). The result takes a number in the
bureau's series and its hash goes into the next draw like any other.
"""

from __future__ import annotations

from typing import Any

from engine.domain.draw.aftermath import chain, is_import
from engine.domain.draw.refusal import DrawRefused
from engine.domain.draw.text import sha256
from engine.domain.draw.transcript import Transcript


def import_transcript(body: dict[str, Any]) -> Transcript:
    """导入平台抽取结果: a transcript whose event 0 is the platform's result.

    Args:
        body: `{v:"IMPORT1", draw, prev_head, platform, serial, at, operator, witness, evidence, objects,
            groups}` with evidence sorted by name, objects ascending, groups by id.

    Raises:
        DrawRefused: malformed, with the path behind `events/0/body`.
    """
    return chain(Transcript({}, sha256), "import", body)


def platform_members(transcript: Transcript) -> dict[str, list[str]]:
    """Who serves in each group now, after the platform's own substitutions."""
    members = {group["id"]: list(group["members"]) for group in transcript.events[0].body["groups"]}
    for event in transcript.events:
        if event.type == "sub":
            take_over(members, event.body)
    return members


def take_over(members: dict[str, list[str]], body: dict[str, Any]) -> None:
    """Moves one platform substitution into the table of members."""
    group = members[body["group"]]
    if body["out"]:
        group.remove(body["out"])
    if body["in"]:
        group.append(body["in"])


def check_platform_sub(
    members: dict[str, list[str]], earlier: list[dict[str, Any]], body: dict[str, Any]
) -> tuple[str, Any, Any] | None:
    """The first thing wrong with a platform substitution as (key, expected, actual); None if all fits.

    `role` is 0 and `absent` empty; n counts the group's substitutions; `out` serves there now, or is ""
    while a vacancy of the group is unfilled; `in` does not serve there yet.
    """
    if body["group"] not in members:
        return "group", sorted(members), body["group"]
    here = [one for one in earlier if one["group"] == body["group"]]
    empty = sum((one["in"] == "") - (one["out"] == "") for one in here)
    serving = members[body["group"]]
    rules: tuple[tuple[str, bool, Any], ...] = (
        ("role", body["role"] == 0, 0),
        ("n", body["n"] == len(here) + 1, len(here) + 1),
        ("absent", not body["absent"], []),
        ("out", body["out"] in serving or (body["out"] == "" and empty > 0), serving),
        ("in", body["in"] not in serving, "not yet in the group"),
    )
    return next(((key, expected, body[key]) for key, holds, expected in rules if not holds), None)


def append_platform_sub(
    transcript: Transcript,
    *,
    group: str,
    out: str,
    substitute: str,
    reason: str,
    witness: dict[str, str],
    evidence: list[dict[str, str]] | None = None,
) -> Transcript:
    """导入平台调换结果: the substitute as the platform gave it, with its evidence; no local draw.

    Raises:
        DrawRefused: not an imported draw (`sequence`), unknown group, `out` not serving there.
    """
    path = f"events/{len(transcript.events)}"
    if not is_import(transcript):
        raise DrawRefused(f"{path}/type", "sequence")
    earlier = [event.body for event in transcript.events if event.type == "sub"]
    body = {
        "group": group,
        "role": 0,
        "n": sum(one["group"] == group for one in earlier) + 1,
        "reason": reason,
        "evidence": sorted(evidence or [], key=lambda one: str(one["name"])),
        "absent": [],
        "out": out,
        "in": substitute,
        "witness": witness,
    }
    wrong = check_platform_sub(platform_members(transcript), earlier, body)
    if wrong:
        raise DrawRefused(f"{path}/body/{wrong[0]}", "unknown-reference")
    return chain(transcript, "sub", body)
