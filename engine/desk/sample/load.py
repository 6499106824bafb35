"""The sample world as files and as rows: the files go in through the import that everybody uses."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from engine.access.sign_in import set_password
from engine.desk.sample.lists import APPROVED
from engine.desk.sample.world import PASSWORD, BureauPlan, Sample, prepare
from engine.domain.registry import ItemList, items
from engine.domain.registry.sheet import write_csv, write_xlsx
from engine.domain.registry.transfer import REGISTRIES, Report, import_file
from engine.domain.terms import REGISTRY_KINDS
from engine.errors import CaseworkError
from engine.people import Bureau, Grant, Person, Section
from engine.sentence import Sentence

SINCE = date(2020, 1, 1)
ORDER = ("items", "objects", "inspectors", "conflicts")


@dataclass(slots=True)
class Loaded:
    """What was entered.

    Ids of the bureaus by division, the main and the highest one, and a report per file.
    """

    pack: str
    main_id: int
    root_id: int
    bureaus: dict[str, int] = field(default_factory=dict)
    reports: list[tuple[str, Report]] = field(default_factory=list)


def rows_of(bureau: BureauPlan, kind: str) -> list[dict[str, Any]]:
    """The registry rows of one kind."""
    return {
        "objects": bureau.objects,
        "inspectors": bureau.inspectors,
        "conflicts": bureau.conflicts,
        "items": bureau.items,
    }[kind]


def table(bureau: BureauPlan, kind: str) -> tuple[list[str], list[list[Any]]]:
    """Headings and rows of one registry file, only the columns that are used."""
    rows = rows_of(bureau, kind)
    columns = [
        each for each in REGISTRIES[kind].columns if any(row.get(each.name) not in (None, "") for row in rows)
    ]
    cells = [
        ["" if row.get(each.name) is None else each.show(row[each.name]) for each in columns] for row in rows
    ]
    return [each.heading for each in columns], cells


def write(sample: Sample, folder: Path, *, form: str = "xlsx") -> list[Path]:
    """Write the registry files of every bureau: `<division>-objects.xlsx` and so on. Returns the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths: list[Path] = []
    for bureau in sample.bureaus:
        for kind in ORDER:
            if not rows_of(bureau, kind):
                continue
            headings, rows = table(bureau, kind)
            path = folder / f"{bureau.division}-{kind}.{form}"
            content = (
                write_csv(headings, rows)
                if form == "csv"
                else write_xlsx(headings, rows, title=REGISTRY_KINDS[kind])
            )
            path.write_bytes(content)
            paths.append(path)
    return paths


def load(session: Session, sample: Sample) -> Loaded:
    """Enter bureaus, sections, accounts and registries. Every account has the password of the demo."""
    password = _hash()
    ids: dict[str, int] = {}
    for plan in sample.bureaus:
        bureau = Bureau(
            division=plan.division,
            name=plan.name,
            short_name=plan.short_name,
            level=plan.level,
            pack=plan.pack,
            parent_id=ids.get(plan.parent),
        )
        session.add(bureau)
        session.flush()
        ids[plan.division] = bureau.id
        _people(session, bureau, plan, password)
    loaded = Loaded(sample.pack, ids[sample.main.division], ids[sample.root.division], ids)
    for kind in ORDER:
        for plan in sample.bureaus:
            if rows_of(plan, kind):
                bureau = session.get_one(Bureau, ids[plan.division])
                loaded.reports.append((plan.division, _import(session, bureau, plan, kind, sample.today)))
    session.expire_all()
    return loaded


def build(
    session: Session,
    pack: str,
    *,
    objects: int | None = None,
    seed: int = 1,
    edges: Iterable[str] = (),
    today: date | None = None,
) -> Loaded:
    """`prepare` and `load` in one."""
    return load(session, prepare(pack, objects=objects, seed=seed, edges=edges, today=today))


def _hash() -> str:
    somebody = Person(bureau_id=0, staff_no="-", login="-", name="-")
    set_password(somebody, PASSWORD)
    return somebody.password_hash


def _people(session: Session, bureau: Bureau, plan: BureauPlan, password: str) -> None:
    sections = {
        key: Section(bureau_id=bureau.id, name=title, kind=kind)
        for key, (title, kind) in plan.sections.items()
    }
    session.add_all(sections.values())
    session.flush()
    taken = set(session.scalars(select(Person.login)))
    persons = [
        Person(
            bureau_id=bureau.id,
            section_id=sections[each.section].id,
            staff_no=each.staff_no,
            login=each.login if each.login not in taken else f"{each.login}.{plan.pack}",
            name=each.name,
            phone=each.phone,
            password_hash=password,
        )
        for each in plan.people
    ]
    session.add_all(persons)
    session.flush()
    grants = [
        {"person_id": person.id, "bureau_id": bureau.id, "role": each.role, "valid_from": SINCE}
        for person, each in zip(persons, plan.people, strict=True)
    ]
    if grants:
        session.execute(insert(Grant), grants)


def _import(session: Session, bureau: Bureau, plan: BureauPlan, kind: str, today: date) -> Report:
    name = f"{plan.division}-{kind}.csv"
    report = import_file(session, bureau, name, write_csv(*table(plan, kind)), kind=kind)
    if not report.applied:
        raise CaseworkError(
            Sentence("样本文件 {name} 没有通过检查：{rows}", name=name, rows=report.as_json()["rows"][:3])
        )
    if kind == "items":
        listed = session.get_one(ItemList, report.counts["list_id"])
        listed.sample = True
        listed.title = f"{bureau.name}随机抽查事项清单（样本）"
        approver, document = APPROVED[plan.pack]
        items.publish(
            session,
            listed,
            valid_from=date(today.year, 1, 1),
            approved_by=approver,
            approval_document=document,
        )
    return report
