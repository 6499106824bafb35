"""Bureaus, people and registry rows of a sample installation, as plain data.

The same seed gives the same world.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

from engine import clock
from engine.desk.sample.edges import bend
from engine.desk.sample.lists import LISTS
from engine.desk.sample.names import login_of, people, place
from engine.desk.sample.objects import Objects
from engine.desk.sample.roles import (
    INSPECTOR_NAMES,
    LEAD_NAMES,
    ROLE_SECTION,
    SECTIONS,
    SMALL_ROLES,
    TAGS,
)
from engine.domain.registry.codes import divisions_under
from engine.domain.registry.conflicts import employer_until
from engine.errors import Refused
from engine.people import Role
from engine.sentence import Sentence

PASSWORD = "demo-casework"  # noqa: S105 (demo accounts only; the banner says so)
DEFAULT_OBJECTS = {"wugang": 430, "jilin": 1200}
MOST_OBJECTS = 20_000
TOWN = "220100"


@dataclass(frozen=True, slots=True)
class PersonPlan:
    """Somebody with an account; `section` is a key of SECTIONS."""

    name: str
    login: str
    staff_no: str
    role: Role
    section: str
    phone: str = ""


@dataclass(slots=True)
class BureauPlan:
    """A bureau with its people and its registry rows (field name → value)."""

    division: str
    name: str
    short_name: str
    level: str
    pack: str
    parent: str = ""
    main: bool = False
    sections: dict[str, tuple[str, str]] = field(default_factory=dict)
    people: list[PersonPlan] = field(default_factory=list)
    inspectors: list[dict[str, Any]] = field(default_factory=list)
    conflicts: list[dict[str, Any]] = field(default_factory=list)
    objects: list[dict[str, Any]] = field(default_factory=list)
    items: list[dict[str, Any]] = field(default_factory=list)


@dataclass(slots=True)
class Sample:
    """A whole sample installation, superiors before those below them."""

    pack: str
    seed: int
    today: date
    bureaus: list[BureauPlan]

    @property
    def main(self) -> BureauPlan:
        """The bureau that the demo follows."""
        return next(bureau for bureau in self.bureaus if bureau.main)

    @property
    def root(self) -> BureauPlan:
        """The highest bureau."""
        return self.bureaus[0]


def prepare(
    pack: str,
    *,
    objects: int | None = None,
    seed: int = 1,
    edges: Iterable[str] = (),
    today: date | None = None,
) -> Sample:
    """A sample world.

    `wugang` is one county bureau, `jilin` a province with its prefectures and some counties. `objects`:
    institutions in all (Wugang's 200 persons and 60 employers come on top). `edges`: names of `EDGES`.
    """
    if pack not in DEFAULT_OBJECTS:
        raise Refused(
            Sentence("没有“{pack}”的样本。", pack=pack),
            hint=Sentence("可用：{default_objects}。", default_objects="、".join(DEFAULT_OBJECTS)),
            slug="sample-pack",
        )
    number = DEFAULT_OBJECTS[pack] if objects is None else objects
    if not 1 <= number <= MOST_OBJECTS:
        raise Refused(
            Sentence("对象数应为 1 至 {most}，不能是 {number}。", most=MOST_OBJECTS, number=number),
            slug="sample-size",
        )
    maker = _Maker(pack, seed, today or clock.today())
    sample = Sample(
        pack, seed, maker.today, maker.wugang(number) if pack == "wugang" else maker.jilin(number)
    )
    for edge in edges:
        bend(edge, sample.main, sample.today)
    return sample


class _Maker:
    """Holds the one source of chance."""

    def __init__(self, pack: str, seed: int, today: date) -> None:
        self.pack = pack
        self.today = today
        self.random = Random(f"{pack}/{seed}")  # noqa: S311 (a reproducible world, no secret)
        self.objects = Objects(Random(f"{pack}/{seed}/objects"), today)  # noqa: S311
        taken = {name for name, _role, _section in LEAD_NAMES} | set(INSPECTOR_NAMES)
        self.names = people(self.random, taken)
        self.logins: set[str] = set()

    def wugang(self, number: int) -> list[BureauPlan]:
        """One county: institutions, 200 persons, 60 employers, 14 inspectors of whom 9 are licensed."""
        bureau = self._bureau("410481", "舞钢市医疗保障局", "舞钢市", "county")
        bureau.main = True
        self._lead_people(bureau)
        bureau.objects = self.objects.institutions([bureau.division], number)
        bureau.objects += [self.objects.insured(bureau.division) for _each in range(200)]
        bureau.objects += [self.objects.employer(bureau.division) for _each in range(60)]
        bureau.items = list(LISTS["wugang"])
        self._inspectors(bureau, 14, 9, 20)
        return [bureau]

    def jilin(self, number: int) -> list[BureauPlan]:
        """A province, its nine prefectures, 长白山 and 梅河口.

        And the counties of the prefecture the demo follows.
        """
        province = self._bureau("220000", "吉林省医疗保障局", "吉林省", "province")
        bureaus = [province]
        pools: list[tuple[BureauPlan, list[str]]] = []
        for division in divisions_under(province.division):
            short = "长白山" if division.local else division.name
            bureau = self._bureau(
                division.code,
                f"{'长白山管委会' if division.local else short}医疗保障局",
                short,
                "prefecture",
                province.division,
            )
            bureau.main = division.code == TOWN
            bureaus.append(bureau)
            districts = [each.code for each in divisions_under(division.code) if each.code != "220581"]
            counties = [
                each
                for each in divisions_under(division.code)
                if bureau.main and not each.name.endswith("区")
            ]
            for each in counties:
                bureaus.append(
                    self._bureau(each.code, f"{each.name}医疗保障局", each.name, "county", division.code)
                )
                pools.append((bureaus[-1], [each.code]))
            own = {county.code for county in counties}
            pools.append((bureau, [code for code in districts if code not in own] or [division.code]))
        weights = [len(divisions) * (2 if bureau.division == TOWN else 1) for bureau, divisions in pools]
        for (bureau, divisions), many in zip(pools, _spread(number, weights), strict=True):
            bureau.objects = self.objects.institutions(divisions, many)
        for bureau in bureaus:
            if bureau.main:
                self._lead_people(bureau)
            else:
                self._small_people(bureau)
            size = (
                60 if bureau is province else 40 if bureau.main else 8 if bureau.level == "prefecture" else 4
            )
            experts = 20 if bureau is province or bureau.main else 0
            known = bureaus[1].objects if bureau is province else bureau.objects
            self._inspectors(bureau, size, max(3, size * 3 // 4), experts, known)
        province.items = list(LISTS["jilin"])
        return bureaus

    def _bureau(self, division: str, name: str, short: str, level: str, parent: str = "") -> BureauPlan:
        sections = dict(SECTIONS.get(self.pack, SECTIONS[""]))
        if level == "county" and self.pack != "wugang":
            sections = {key: (title.replace("处", "股"), kind) for key, (title, kind) in sections.items()}
        elif level == "prefecture":
            sections = {key: (title.replace("处", "科"), kind) for key, (title, kind) in sections.items()}
        return BureauPlan(division, name, short, level, self.pack, parent, sections=sections)

    def _person(self, bureau: BureauPlan, name: str, role: Role, section: str) -> PersonPlan:
        login = login_of(name)
        number = 2
        while login in self.logins:
            login = f"{login_of(name)}{number}"
            number += 1
        self.logins.add(login)
        staff_no = f"{bureau.division}-{len(bureau.people) + 1:03}"
        plan = PersonPlan(
            name, login, staff_no, role, section, f"0431-{self.random.randint(1000000, 9999999)}"
        )
        bureau.people.append(plan)
        return plan

    def _lead_people(self, bureau: BureauPlan) -> None:
        for name, role, section in LEAD_NAMES:
            self._person(bureau, name, role, section)

    def _small_people(self, bureau: BureauPlan) -> None:
        for role in SMALL_ROLES:
            self._person(bureau, next(self.names), role, ROLE_SECTION[role])

    def _inspectors(
        self,
        bureau: BureauPlan,
        number: int,
        licensed: int,
        experts: int,
        known: Sequence[dict[str, Any]] = (),
    ) -> None:
        """The last are without a licence; two certificates end within 60 days; about one in ten is away."""
        names: Iterator[str] = iter(INSPECTOR_NAMES if bureau.main else ())
        away = max(1, number // 10)
        for place_ in range(number):
            name = next(names, None) or next(self.names)
            plan = self._person(bureau, name, Role.INSPECTOR, "supervision" if place_ % 2 else "business")
            row = self._inspector(bureau, plan, place_)
            if place_ < licensed:
                row |= self._certificate(bureau, place_, ending=licensed - 2 <= place_)
                row["can_lead"] = place_ % 2 == 0
            if licensed - 1 - away <= place_ < licensed - 1 and not place_ % 2:
                row |= {
                    "state": "leave",
                    "unavailable_from": self.today,
                    "unavailable_to": self.today + timedelta(days=40),
                }
            bureau.inspectors.append(row)
        self._experts(bureau, experts)
        self._conflicts(bureau, list(known) or bureau.objects)

    def _inspector(self, bureau: BureauPlan, plan: PersonPlan, number: int) -> dict[str, Any]:
        random = self.random
        specialties = sorted({TAGS[number % len(TAGS)], random.choice(TAGS)})
        return {
            "staff_no": plan.staff_no,
            "name": plan.name,
            "gender": random.choice(("男", "女")),
            "id_card_masked": f"{bureau.division}********{random.randint(0, 9999):04}",
            "phone": plan.phone,
            "education": random.choice(("本科", "硕士", "大专")),
            "major": random.choice(("临床医学", "药学", "会计学", "法学", "计算机")),
            "division": bureau.division,
            "level": {"province": "省级", "prefecture": "市级", "county": "县级"}[bureau.level],
            "section": bureau.sections[plan.section][0],
            "specialties": specialties,
            "can_lead": False,
            "is_expert": False,
            "state": "active",
            "load": random.choice((0, 0, 1, 1, 2)),
            "load_year": self.today.year,
            "address": f"{place(random)}小区{random.randint(1, 40)}号楼",
        }

    def _certificate(self, bureau: BureauPlan, number: int, *, ending: bool) -> dict[str, Any]:
        days = self.random.randint(15, 55) if ending else self.random.randint(400, 1500)
        return {
            "number": f"{bureau.short_name[:1]}医执{bureau.division[2:]}{number + 1:03}",
            "issuer": f"{bureau.short_name}人民政府",
            "valid_from": self.today - timedelta(days=900),
            "valid_to": self.today + timedelta(days=days),
        }

    def _experts(self, bureau: BureauPlan, number: int) -> None:
        """Outside experts: the first ones have accounts, the others stand in the registry only."""
        accounts = [plan for plan in bureau.people if plan.role == Role.EXPERT]
        for place_ in range(number):
            plan = accounts[place_] if place_ < len(accounts) else None
            row = {
                "staff_no": plan.staff_no if plan else f"{bureau.division}-Z{place_ + 1:02}",
                "name": plan.name if plan else next(self.names),
                "section": self.random.choice(("市人民医院", "会计师事务所", "保险公司", "医学院")),
                "specialties": [TAGS[place_ % len(TAGS)]],
                "is_expert": True,
                "can_lead": False,
                "state": "active",
            }
            bureau.inspectors.append(row)

    def _conflicts(self, bureau: BureauPlan, known: Sequence[dict[str, Any]]) -> None:
        """0 to 4 each: spouse, relative, former employer, chain, shares."""
        random = self.random
        chains = sorted({row["group_name"] for row in known if row.get("group_name")})
        inside = [row for row in known if row["type"] == "institution"]
        for who in bureau.inspectors if inside else ():
            for _each in range(random.choices((0, 1, 2, 3, 4), (50, 25, 15, 7, 3))[0]):
                thing = random.choice(inside)
                relation = random.choice(("spouse", "relative", "employer", "chain", "shareholding"))
                row: dict[str, Any] = {"staff_no": who["staff_no"], "name": who["name"], "relation": relation}
                row["declared_on"] = self.today - timedelta(days=random.randint(5, 60))
                if relation == "chain" and chains:
                    row["matter"] = random.choice(chains)
                elif relation == "employer":
                    row |= {
                        "matter": thing["name"],
                        "until": employer_until(self.today - timedelta(days=random.randint(30, 1000))),
                    }
                elif relation == "shareholding":
                    row["matter"] = thing["name"]
                else:
                    row |= {
                        "relation": "relative" if relation == "chain" else relation,
                        "code": thing["code"],
                    }
                bureau.conflicts.append(row)


def _spread(number: int, weights: Sequence[int]) -> list[int]:
    """A number over weights, at least one each where there are enough."""
    total = sum(weights)
    found = [number * weight // total for weight in weights]
    for place_ in range(number - sum(found)):
        found[place_ % len(found)] += 1
    return found
