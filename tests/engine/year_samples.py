"""A small bureau with its people, registries and item list.

And a machine that only writes down what it is asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from engine.domain.pack import parameters
from engine.domain.pack.files import pack_files
from engine.domain.registry import Certificate, InspectionItem, Inspector, ItemList, RegistryObject
from engine.operation import Rules, Step, call
from engine.people import Bureau, Grant, Person, Role, Section
from engine.rules import dmn
from engine.runtime import tables as machine_tables

assert machine_tables  # stored files refer to the rows of the machine
WORKFLOWS = Path(__file__).resolve().parents[2] / "workflows" / "national"
SECTIONS = {
    "business": "待遇保障科",
    "supervision": "基金监管科",
    "leadership": "局领导",
    "discipline": "纪检监察组",
    "office": "办公室",
    "centre": "医保中心",
}
PEOPLE = {
    "drafter": ("陆文静", "business", Role.SECTION),
    "second": ("韩立春", "supervision", Role.SECTION),
    "keeper": ("周明远", "supervision", Role.SUPERVISION),
    "leader": ("沈其昌", "leadership", Role.LEADER),
    "witness": ("罗秉正", "discipline", Role.WITNESS),
    "office": ("郑雨桐", "office", Role.OFFICE),
}


@dataclass
class Notes:
    """The machine of these tests: decisions are real, everything else is written down."""

    asked: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    pack: str = "jilin"

    def decide(self, decision: str, facts: Mapping[str, Any]) -> Any:
        return dmn.load((WORKFLOWS / f"{decision}.dmn").read_bytes()).decide(decision, dict(facts)).value

    def limit(self, decision: str, facts: Mapping[str, Any]) -> Any:
        file = pack_files(self.pack)[f"{decision}.dmn"]
        return dmn.load(file.read_bytes()).decide(decision, dict(facts)).value

    def rules(self) -> Rules:
        return parameters(self.pack)

    def enqueue(self, kind: str, payload: Mapping[str, Any], **_: Any) -> None:
        self.asked.append((kind, payload))

    def send(self, message: str, **kept: Any) -> None:
        self.asked.append((message, kept))

    def start(self, process: str, data: Mapping[str, Any], **_: Any) -> None:
        self.asked.append((process, data))

    def cancel(self, instance_id: int, reason: str) -> None:
        self.asked.append((f"cancel {instance_id}", {"reason": reason}))

    def reassign(self, case_id: int) -> None:
        self.asked.append(("reassign", {"case_id": case_id}))

    def handed_in(self, session: Session, case_id: int) -> list[tuple[str, str]]:  # noqa: ARG002
        return []


class Year:
    """A bureau in which a plan can be made.

    `does` calls a verb as one of its people and keeps what it gives.
    """

    def __init__(self, session: Session, pack: str = "jilin", objects: int = 12, inspectors: int = 6) -> None:
        self.session, self.pack, self.machine = session, pack, Notes(pack=pack)
        self.bureau = Bureau(
            division="220581" if pack == "jilin" else "410481",
            name="梅河口市医疗保障局",
            short_name="梅河口",
            level="county",
            pack=pack,
        )
        session.add(self.bureau)
        session.flush()
        self.sections = {
            kind: Section(bureau_id=self.bureau.id, name=name, kind=kind) for kind, name in SECTIONS.items()
        }
        session.add_all(self.sections.values())
        session.flush()
        self.people = {key: self.person(key, *who) for key, who in PEOPLE.items()}
        self.inspectors = [self.inspector(number) for number in range(1, inspectors + 1)]
        self.objects = [self.thing(number) for number in range(1, objects + 1)]
        listed = ItemList(
            bureau_id=self.bureau.id, version="2026-1", state="published", valid_from=date(2026, 1, 1)
        )
        listed.items = [
            InspectionItem(no="1", position=1, name="定点医药机构医疗保障基金使用情况检查", basis="《条例》")
        ]
        session.add(listed)
        session.flush()
        self.item = listed.items[0]
        self.data: dict[str, Any] = {}

    def person(self, key: str, name: str, section: str, role: Role) -> Person:
        who = Person(
            bureau_id=self.bureau.id,
            section_id=self.sections[section].id,
            staff_no=f"S-{key}",
            login=key,
            name=name,
        )
        who.grants = [Grant(bureau_id=self.bureau.id, role=role, valid_from=date(2025, 1, 1))]
        self.session.add(who)
        self.session.flush()
        return who

    def inspector(self, number: int, **more: Any) -> Inspector:
        who = self.person(f"i{number}", f"检查员{number}", "centre", Role.INSPECTOR)
        row = Inspector(
            bureau_id=self.bureau.id,
            person_id=who.id,
            staff_no=who.staff_no,
            name=who.name,
            can_lead=number % 2 == 1,
            **{"specialties": ["medical"], **more},
        )
        row.certificates = [Certificate(number=f"220000{number:04d}")]
        self.session.add(row)
        self.session.flush()
        return row

    def thing(self, number: int, **more: Any) -> RegistryObject:
        row = RegistryObject(
            bureau_id=self.bureau.id,
            code=f"H22058100{number:03d}",
            name=f"第{number}卫生室",
            **{"kind": "village_clinic", "division": "220581", **more},
        )
        self.session.add(row)
        self.session.flush()
        return row

    def step(self, who: str = "", clause: str = "", **answers: Any) -> Step:
        return Step(
            session=self.session,
            machine=self.machine,
            bureau_id=self.bureau.id,
            pack=self.pack,
            release_id=1,
            instance_id=1,
            case_id=1,
            process="plan",
            element="",
            name="",
            clause=clause,
            actor=self.people[who] if who else None,
            answers=answers,
            data=dict(self.data),
        )

    def does(self, verb: str, who: str = "", **answers: Any) -> dict[str, Any]:
        given = call(verb, self.step(who, **answers), {})
        self.data |= given
        return given

    def decides(self, decision: str) -> dict[str, Any]:
        value = dict(self.machine.decide(decision, self.data))
        self.data |= value
        return value


def task(year: Year, **more: Any) -> dict[str, Any]:
    return {
        "name": "村卫生室抽查",
        "item": str(year.item.id),
        "kind": "undirected",
        "object_kind": "village_clinic",
        "ratio": "25",
        "rounding": "up",
        "at_least": 1,
        "starts_on": "2026-03-01",
        "ends_on": "2026-06-30",
        "method": "onsite",
        "frequency": 1,
        "batch": 1,
        "content": "医保基金使用情况",
        **more,
    }
