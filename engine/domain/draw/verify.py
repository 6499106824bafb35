"""核验抽取记录: recomputes a published transcript and names the first thing that does not hold.

Twelve checks, walked event by event in order of n and within an event in order of the checks; faults of
D belong to event 0. The stand-alone verifiers in `web/static/verify/` are separate code on purpose.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from engine.domain.draw.checks import Walk, Wrong, transcript_row
from engine.domain.draw.refusal import DrawRefused
from engine.domain.draw.text import read

TITLES: Final[dict[int, tuple[str, str]]] = {
    1: ("格式与排序", "schema and sorting"),
    2: ("名单指纹与纪要、承诺一致", "hash of the document as on the minutes and in the commitment"),
    3: ("秘密值与承诺相符", "commitments open"),
    4: ("公共随机项", "beacon"),
    5: ("种子", "seed"),
    6: ("可重算的排除原因", "recomputable exclusions"),
    7: ("各类应抽数量", "quotas"),
    8: ("抽中对象与备选顺序", "objects and reserve"),
    9: ("分组路线", "route"),
    10: ("值班与落位，含硬性条件", "duty and placing, hard rules included"),
    11: ("调换与替换", "substitutions and replacements"),
    12: ("链条、编号、上一次抽取", "chain, series, previous head"),
}
OK, BAD, UNCHECKED, NOTHING = "ok", "bad", "not-checked", "none"


@dataclass(frozen=True, slots=True)
class Bad:
    """The first thing wrong: event number, check number, place, what should stand there, what does."""

    n: int
    check: int
    path: str
    expected: Any
    actual: Any

    def as_json(self) -> dict[str, Any]:
        """`{n, check, path, expected, actual}`."""
        return {
            "n": self.n,
            "check": self.check,
            "path": self.path,
            "expected": self.expected,
            "actual": self.actual,
        }


@dataclass(frozen=True, slots=True)
class Check:
    """One of the twelve checks with its result and a note in two languages.

    `state` is `ok`, `bad`, `not-checked` (asked for nothing, or stopped before) or `none` (no such event).
    """

    number: int
    state: str
    note: str = ""
    english: str = ""

    @property
    def title(self) -> str:
        """What is checked, in Chinese."""
        return TITLES[self.number][0]

    def as_json(self) -> dict[str, Any]:
        """`{check, title, state, note}`."""
        return {"check": self.number, "title": self.title, "state": self.state, "note": self.note}


@dataclass(frozen=True, slots=True)
class Verification:
    """All checks in order and the first thing wrong, if anything is."""

    checks: tuple[Check, ...]
    bad: Bad | None
    imported: bool = False

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong; checks that need a hash not given count as not checked."""
        return self.bad is None

    def as_json(self) -> dict[str, Any]:
        """`{ok, checks, bad, imported}`."""
        return {
            "ok": self.ok,
            "checks": [check.as_json() for check in self.checks],
            "bad": self.bad.as_json() if self.bad else None,
            "imported": self.imported,
        }


_MINUTES: Final = 2
_ALL_EVENTS: Final = (1, 11, 12)  # after a fault the rest of these was not looked at
_NOT_GIVEN: Final[dict[str, tuple[int, tuple[str, str]]]] = {
    "roster": (
        _MINUTES,
        ("纪要上的名单指纹未核对 (not checked: --roster)", "hash on the minutes not checked (--roster)"),
    ),
    "head": (12, ("末位指纹未核对 (not checked: --head)", "published head not checked (--head)")),
    "previous": (
        12,
        ("上一次抽取未核对 (not checked: --previous)", "previous draw not checked (--previous)"),
    ),
}
_EVENT_PATH: Final = re.compile(r"/?events/([0-9]+)(?:/|$)")


def verify(
    source: str | bytes | dict[str, Any],
    *,
    roster: str | None = None,
    head: str | None = None,
    previous: str | bytes | dict[str, Any] | None = None,
) -> Verification:
    """核验: recomputes everything a transcript says.

    Args:
        source: the transcript, JSON text or parsed.
        roster: hash of D as printed on the signed minutes.
        head: hash of the last event as published or printed.
        previous: the transcript of the bureau's previous draw.
    """
    try:
        raw = read(source, "") if isinstance(source, str | bytes) else source
        transcript_row(raw, "")
        before = read(previous, "previous") if isinstance(previous, str | bytes) else previous
    except DrawRefused as error:
        return _verdict(None, _refused(error, 0), {"roster": roster, "head": head, "previous": previous})
    walk = Walk(raw, _typed(roster), _typed(head), before)
    bad = None
    for index in range(len(raw["events"])):
        try:
            walk.event(index)
        except DrawRefused as error:
            bad = _refused(error, index)
        except Wrong as wrong:
            bad = Bad(index, wrong.check, wrong.path, wrong.expected, wrong.actual)
        if bad:
            break
    return _verdict(walk, bad, {"roster": roster, "head": head, "previous": previous})


def _typed(value: str | None) -> str | None:
    """A hash as a person typed it from paper."""
    return None if value is None else re.sub(r"\s", "", value).lower()


def _refused(error: DrawRefused, index: int) -> Bad:
    """A malformed part, under the event it belongs to."""
    match = _EVENT_PATH.match(error.path)
    check = 12 if error.path.startswith("previous") else 1
    return Bad(
        int(match[1]) if match else index, check, error.path.removeprefix("/"), error.reason, error.code
    )


def _verdict(walk: Walk | None, bad: Bad | None, asked: dict[str, Any]) -> Verification:
    """Every check with its state and what was not asked of it."""
    checks = []
    for number in TITLES:
        done = walk.done.get(number, 0) if walk else 0
        notes = [walk.notes[number]] if walk and number in walk.notes else []
        notes += [
            sentence
            for name, (where, sentence) in _NOT_GIVEN.items()
            if where == number and asked[name] is None
        ]
        if bad and bad.check == number:
            state = BAD
        elif done == 0 or (bad and number in _ALL_EVENTS):
            state = UNCHECKED if bad else NOTHING
        elif number == _MINUTES and asked["roster"] is None:
            state = UNCHECKED
        else:
            state = OK
        checks.append(
            Check(number, state, "；".join(note[0] for note in notes), "; ".join(note[1] for note in notes))
        )
    return Verification(tuple(checks), bad, bool(walk and walk.platform is not None))
