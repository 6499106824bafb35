"""谁能参加抽取、为什么不能.

The reason why an object or a person stays out of a draw, "" for those who may be drawn. 依据: 吉 第十一条
(repeat, superior, blacklist), 第十三条; 舞 第五条 (qualified staff), 第九条 (twice a year). The reasons of
objects come from the table `eligibility` of the release; facts that fall together are decided once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any

from engine.domain.pack import pack_files
from engine.domain.registry import Inspector, RegistryObject
from engine.domain.terms import OBJECT_EXCLUSIONS
from engine.errors import RuleError
from engine.operation import Rules
from engine.rules import dmn
from engine.sentence import Sentence

TABLE = "eligibility"
Decide = Callable[[Mapping[str, Any]], Any]


@dataclass(slots=True)
class Eligibility:
    """Decides the objects of one pool.

    `decide` asks the table of the case's release, the pack's seed by default. `answers` may be kept between
    askings (facts as text → reason), so that a draw asks its table once a combination.
    """

    pack: Rules
    decide: Decide | None = None
    answers: dict[str, str] = field(default_factory=dict)

    def reason(self, thing: RegistryObject, *, on: date, visits: int, by_superior: bool) -> str:
        """Why an object stays out: "", cap, done-superior, closed or suspended (`terms.OBJECT_EXCLUSIONS`).

        `visits`: double-random inspections this year; `by_superior`: a superior drew it this year, as far as
        known from other cases (the registry's own mark is looked at here). Declared reasons win over the
        count.
        """
        cap = int(self.pack["cap.per_year"].value)
        superiors_count = bool(self.pack["exclude.superior_drawn"].value)
        marked = thing.superior_drawn_on is not None and thing.superior_drawn_on.year == on.year
        return self._decided(
            {
                "registered": thing.active and (thing.closed_on is None or thing.closed_on > on),
                "agreement_state": thing.agreement_state,
                "by_superior": superiors_count and (by_superior or marked),
                "listed": self.listed(thing, on),
                "visits": min(visits, cap),
                "cap": cap,
            },
        )

    def listed(self, thing: RegistryObject, on: date) -> bool:
        """Whether the 黑名单 lifts the cap for an object: only where the pack says so (吉 第十一条)."""
        return "blacklist" in (self.pack["cap.exempt"].value or []) and thing.blacklisted(on)

    def _decided(self, facts: Mapping[str, Any]) -> str:
        key = "|".join(str(value) for value in facts.values())
        if key not in self.answers:
            answer = (self.decide or self._seed)(facts)
            if isinstance(answer, Mapping):
                answer = answer.get("reason")
            if answer != "" and answer not in OBJECT_EXCLUSIONS:
                raise RuleError(
                    Sentence("资格表给出了不认识的排除原因 {answer!r}。", answer=answer),
                    hint="请检查 eligibility.dmn。",
                )
            self.answers[key] = str(answer)
        return self.answers[key]

    def _seed(self, facts: Mapping[str, Any]) -> Any:
        return _table(self.pack.name).decide(TABLE, dict(facts)).usable()


@cache
def _table(pack: str) -> dmn.Model:
    return dmn.load(pack_files(pack)[f"{TABLE}.dmn"].read_bytes(), file=f"{TABLE}.dmn")


def person_reason(who: Inspector, *, pack: Rules, on: date) -> str:
    """Why a person stays out: "", no-cert or unavailable (`relative` depends on who else is in the pool).

    舞 第五条 admits daily-supervision staff without a certificate; they never count for the two licensed.
    """
    if not who.available(on):
        return "unavailable"
    if not who.licensed(on) and not pack["registry.supervision_staff"].value:
        return "no-cert"
    return ""
