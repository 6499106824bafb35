"""Objects with the distributions of real registries.

Kinds, codes, sizes, credit, complaints, earlier visits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from random import Random
from typing import Any

from engine.desk.sample.names import BRANDS, GOOD, people, place
from engine.domain.registry.codes import ALPHABET, organisation_check_digit, uscc_check_digit

SHARES = {
    "village_clinic": 450,
    "pharmacy": 250,
    "clinic": 140,
    "station": 50,
    "township": 35,
    "hospital1": 50,
    "hospital2": 17,
    "hospital3": 3,
    "other_institution": 5,
}
"""Institutions in thousandths."""
LEVELS = {"hospital1": "一级", "hospital2": "二级", "hospital3": "三级"}
BEDS = {"township": 30, "hospital1": 60, "hospital2": 250, "hospital3": 900}
STAFF = {
    "village_clinic": 2, "pharmacy": 4, "clinic": 5, "station": 8, "township": 35,
    "hospital1": 70, "hospital2": 350, "hospital3": 1400, "other_institution": 20,
}  # fmt: skip
FUND_YUAN = {
    "village_clinic": 20_000, "pharmacy": 90_000, "clinic": 60_000, "station": 150_000, "township": 900_000,
    "hospital1": 2_500_000, "hospital2": 30_000_000, "hospital3": 220_000_000, "other_institution": 300_000,
}  # fmt: skip
CREDIT = ("A", "B", "C", "D")
WITHOUT_USCC = 0.6
CHAIN = 0.6


def counts(number: int, shares: dict[str, int] | None = None) -> dict[str, int]:
    """How many of each kind, largest remainders first, so that they add up."""
    table = shares or SHARES
    total = sum(table.values())
    exact = {kind: number * share / total for kind, share in table.items()}
    found = {kind: int(value) for kind, value in exact.items()}
    rest = sorted(exact, key=lambda kind: (found[kind] - exact[kind], kind))[: number - sum(found.values())]
    return {kind: found[kind] + (kind in rest) for kind in table}


class Objects:
    """Draws objects for one installation; codes never repeat."""

    def __init__(self, random: Random, today: date) -> None:
        self.random = random
        self.today = today
        self.serials: Counter[str] = Counter()
        self.persons = people(random, set())
        self.usccs: set[str] = set()

    def institutions(
        self, divisions: Sequence[str], number: int, *, kinds: dict[str, int] | None = None
    ) -> list[dict[str, Any]]:
        """Designated institutions spread over divisions."""
        rows: list[dict[str, Any]] = []
        for kind, many in counts(number, kinds).items():
            rows += [self.institution(self.random.choice(divisions), kind) for _each in range(many)]
        for row in self.random.sample(rows, len(rows) // 100):
            self._oddity(row, rows)
        return rows

    def institution(self, division: str, kind: str) -> dict[str, Any]:
        """One designated institution."""
        random = self.random
        spot = place(random)
        chain = kind == "pharmacy" and random.random() < CHAIN
        brand = random.choice(BRANDS) if chain else ""
        name = self._name(kind, spot, brand)
        row: dict[str, Any] = {
            "code": self._code("P" if kind == "pharmacy" else "H", division),
            "uscc": self._institution_uscc(kind, division),
            "name": name,
            "short_name": name[:12],
            "type": "institution",
            "kind": kind,
            "level": LEVELS.get(kind, ""),
            "ownership": self._ownership(kind),
            "division": division,
            "address": f"{spot}路{random.randint(1, 399)}号",
            "legal_representative": next(self.persons),
            "person_in_charge": next(self.persons),
            "contact": f"1{random.randint(30, 99)}{random.randint(0, 99_999_999):08}",
            "agreement_no": f"{division}-{self.today.year}-{self.serials[division]:05}",
            "agreement_state": "suspended" if random.random() < 0.02 else "active",  # noqa: PLR2004
            "beds": self._size(BEDS.get(kind, 0), 0.5),
            "area": self._size(30 * STAFF[kind], 0.4),
            "staff": max(1, self._size(STAFF[kind], 0.4)),
            "fund": self._size(FUND_YUAN[kind], 1.2) * 100,
            "group_name": f"{brand}大药房连锁" if brand else "",
            "active": True,
        }
        return row | self._record(random)

    def insured(self, division: str) -> dict[str, Any]:
        """An insured person (舞 第二条)."""
        name = next(self.persons)
        return {
            "code": self._code("R", division),
            "name": name,
            "type": "person",
            "kind": "person",
            "division": division,
            "address": f"{place(self.random)}村",
            "agreement_state": "none",
            "active": True,
        } | self._record(self.random, institution=False)

    def employer(self, division: str) -> dict[str, Any]:
        """An employer that pays contributions."""
        trade = self.random.choice(("机械", "食品", "建材", "商贸", "物流"))
        return {
            "code": self._code("E", division),
            "uscc": self.uscc("91", division),
            "name": f"{place(self.random)}{trade}有限公司",
            "type": "employer",
            "kind": "employer",
            "division": division,
            "address": f"{place(self.random)}路{self.random.randint(1, 200)}号",
            "agreement_state": "none",
            "staff": self._size(60, 1.0),
            "active": True,
        } | self._record(self.random, institution=False)

    def uscc(self, lead: str, division: str) -> str:
        """A fictional 统一社会信用代码 with right check digits."""
        while True:
            body = "MA" + "".join(self.random.choice(ALPHABET) for _each in range(6))
            first = lead + division + body + organisation_check_digit(body)
            found = first + uscc_check_digit(first)
            if found not in self.usccs:
                self.usccs.add(found)
                return found

    def _code(self, letter: str, division: str) -> str:
        self.serials[letter + division] += 1
        self.serials[division] += 1
        return f"{letter}{division}{self.serials[letter + division]:05}"

    def _institution_uscc(self, kind: str, division: str) -> str:
        if kind == "village_clinic" and self.random.random() < WITHOUT_USCC:
            return ""
        lead = {
            "pharmacy": ("91", "92"),
            "village_clinic": ("52", "12"),
            "clinic": ("92", "52"),
            "station": ("12", "52"),
            "township": ("12",),
            "hospital1": ("91", "52", "12"),
        }.get(kind, ("12",))
        return self.uscc(self.random.choice(lead), division)

    def _ownership(self, kind: str) -> str:
        if kind in ("township", "hospital2", "hospital3", "station"):
            return "公立"
        return self.random.choice(("民营", "民办非企业")) if kind != "pharmacy" else "民营"

    def _name(self, kind: str, spot: str, brand: str) -> str:
        good = self.random.choice(GOOD)
        return {
            "village_clinic": f"{spot}{self.random.choice('东西南北上下前后')}村卫生室",
            "pharmacy": f"{brand}大药房{spot}{self.random.choice(('', '东', '西', '南', '北'))}店"
            if brand
            else f"{spot}{good}药店",
            "clinic": f"{spot}{good}{self.random.choice(('诊所', '门诊部', '口腔诊所', '中医诊所'))}",
            "station": f"{spot}社区卫生服务站",
            "township": self.random.choice((f"{spot}镇卫生院", f"{spot}社区卫生服务中心")),
            "hospital1": f"{spot}{good}医院",
            "hospital2": self.random.choice((f"{spot}人民医院", f"{spot}中医院")),
            "hospital3": f"{spot}中心医院",
        }.get(kind, f"{spot}护理院")

    def _size(self, median: int, sigma: float) -> int:
        return round(self.random.lognormvariate(0, sigma) * median) if median else 0

    def _record(self, random: Random, *, institution: bool = True) -> dict[str, Any]:
        """Credit, complaints, penalties, blacklist, earlier visits of this year, a superior's draw."""
        credit = random.choices(CREDIT, (55, 30, 11, 4))[0]
        complaints = 0
        if random.random() >= 0.7:  # noqa: PLR2004 (70 % have none, the others a geometric number)
            complaints = 1
            while random.random() < 0.5:  # noqa: PLR2004
                complaints += 1
        row: dict[str, Any] = {
            "credit_level": credit,
            "complaints": complaints * (3 if credit == "D" else 1),
            "penalties": int(random.random() < 0.03),  # noqa: PLR2004
        }
        if not institution:
            return row
        days = max(1, self.today.timetuple().tm_yday - 1)
        visits = random.choices((0, 1, 2), (80, 15, 5))[0]
        if visits and days > 1:
            row |= {
                "visits": visits,
                "visits_year": self.today.year,
                "last_inspected_on": date(self.today.year, 1, 1) + timedelta(days=random.randrange(days)),
            }
        if random.random() < 0.05:  # noqa: PLR2004
            row["superior_drawn_on"] = date(self.today.year, 1, 1) + timedelta(days=random.randrange(days))
        if random.random() < 0.005:  # noqa: PLR2004
            start = self.today - timedelta(days=random.randint(30, 300))
            row |= {
                "blacklisted_from": start,
                "blacklisted_to": start + timedelta(days=3 * 365),
                "blacklist_decision": f"医保罚决〔{start.year}〕{random.randint(1, 60)}号",
                "penalties": 1,
            }
        return row

    def _oddity(self, row: dict[str, Any], rows: list[dict[str, Any]]) -> None:
        """A moved address, or a name that somebody else has too."""
        if self.random.random() < 0.5:  # noqa: PLR2004
            row["address"] += "（原址已迁）"
        else:
            row["name"] = self.random.choice(rows)["name"] if row["kind"] == "village_clinic" else row["name"]
