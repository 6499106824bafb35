"""Registries in and out of files (导入、导出): every row is reported, all of them go in or none.

依据: 舞 第五条 (由相关业务科室根据职责录入). Any refused row keeps the whole file out, unless the good rows
are wanted (`accept_valid`): then the refused ones come back as a file with their reasons.
"""

from __future__ import annotations

import hashlib
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from engine import audit
from engine.domain.pack import parameters
from engine.domain.registry import inspectors, items, objects, relations
from engine.domain.registry.columns import Column, Line, parse
from engine.domain.registry.lock import opened
from engine.domain.registry.queries import below, current_item_list
from engine.domain.registry.sheet import Sheet, read, write_csv, write_xlsx
from engine.domain.registry.tables import (
    Conflict,
    ImportRun,
    InspectionItem,
    Inspector,
    RegistryObject,
)
from engine.domain.terms import REGISTRY_KINDS
from engine.errors import Refused
from engine.operation import Rules
from engine.people import Bureau, Person
from engine.sentence import Sentence

Watch = Callable[[str, Sequence[Line]], Iterable[Line]]
"""Shows how far it has come: gets a stage and its rows, hands them on one by one."""


@dataclass(frozen=True, slots=True)
class Registry:
    """How one kind of file is read, checked and entered."""

    columns: Sequence[Column]
    check: Callable[[Iterable[Line]], None]
    apply: Callable[[Session, Bureau, Iterable[Line]], dict[str, int]]


REGISTRIES: dict[str, Registry] = {
    "objects": Registry(objects.COLUMNS, objects.check, objects.apply),
    "inspectors": Registry(inspectors.COLUMNS, inspectors.check, inspectors.apply),
    "items": Registry(items.COLUMNS, items.check, items.apply),
    "conflicts": Registry(relations.COLUMNS, relations.check, relations.apply),
}


@dataclass(slots=True)
class Report:
    """What became of every row.

    `applied`: rows went in; `counts`: accepted, warned, refused, added, changed.
    """

    kind: str
    file: str
    headings: list[str]
    lines: list[Line]
    unknown: list[str] = field(default_factory=list)
    applied: bool = False
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def refused(self) -> list[Line]:
        """Rows that cannot go in."""
        return [line for line in self.lines if line.status == "refused"]

    def enterable(self, *, accept_valid: bool) -> bool:
        """Whether something goes in: any refused row keeps the whole file out, unless the good rows are wanted."""
        good = self.counts["accepted"] + self.counts["warned"]
        return good > 0 and (accept_valid or not self.counts["refused"])

    def packed(self) -> bytes:
        """What there is to say about the rows, to be kept; rows without a note are only counted."""
        noted = [
            [line.number, line.status, line.notes, line.cells if line.status == "refused" else []]
            for line in self.lines
            if line.notes
        ]
        body = {"headings": self.headings, "unknown": self.unknown, "counts": self.counts, "lines": noted}
        return zlib.compress(orjson.dumps(body | {"applied": self.applied}, default=str))

    @classmethod
    def unpacked(cls, kind: str, file: str, body: bytes) -> Report:
        """A report that was kept: `lines` are those with something to say."""
        kept = orjson.loads(zlib.decompress(body))
        lines = [
            Line(number, cells, notes=[(column, reason) for column, reason in notes], status=status)
            for number, status, notes, cells in kept["lines"]
        ]
        return cls(kind, file, kept["headings"], lines, kept["unknown"], kept["applied"], kept["counts"])

    def refused_file(self, *, xlsx: bool = False) -> bytes:
        """The refused rows as they came, with their number and reasons in front."""
        headings = ["行号", "原因", *self.headings]
        rows = [
            [line.number, "；".join(f"{column}：{reason}" for column, reason in line.notes), *line.cells]
            for line in self.refused
        ]
        return write_xlsx(headings, rows) if xlsx else write_csv(headings, rows)

    @property
    def total(self) -> int:
        """How many rows the file has."""
        return sum(self.counts[status] for status in ("accepted", "warned", "refused"))

    def sentence(self) -> str:
        """The result in one sentence."""
        told = {
            "kind": REGISTRY_KINDS[self.kind],
            "total": self.total,
            "added": 0,
            "changed": 0,
            **self.counts,
        }
        if self.applied:
            return Sentence(
                "{kind}：{total} 行，接受 {accepted}，提示 {warned}，拒绝 {refused}。"
                "已导入，新增 {added}，更新 {changed}。",
                **told,
            )
        if self.counts["refused"]:
            return Sentence(
                "{kind}：{total} 行，接受 {accepted}，提示 {warned}，拒绝 {refused}。没有导入任何一行。",
                **told,
            )
        return Sentence(
            "{kind}：{total} 行，接受 {accepted}，提示 {warned}，拒绝 {refused}。试运行，没有导入。", **told
        )

    def as_json(self) -> dict[str, Any]:
        """`{kind, file, applied, counts, unknown_columns, rows}`.

        Rows only where there is something to say.
        """
        return {
            "kind": self.kind,
            "file": self.file,
            "applied": self.applied,
            "counts": self.counts,
            "unknown_columns": self.unknown,
            "rows": [line.as_json() for line in self.lines if line.notes],
        }


def kind_of(sheet: Sheet) -> str:
    """Which registry a file belongs to, by its headings; Refused when none or several fit."""
    fitting = {
        kind: sum(1 for heading in sheet.headings if heading in _known(registry.columns))
        for kind, registry in REGISTRIES.items()
        if not _missing(sheet, registry.columns)
    }
    best = [kind for kind, number in fitting.items() if number == max(fitting.values())]
    if len(best) != 1:
        raise Refused(
            Sentence("{sheet}：从列名认不出是哪一种名录。", sheet=sheet.name),
            hint=Sentence("请用 --kind 指明：{registries}。", registries="、".join(REGISTRIES)),
            slug="registry-kind",
        )
    return best[0]


def _known(columns: Sequence[Column]) -> set[str]:
    return {heading for each in columns for heading in (each.heading, each.name, *each.aliases)}


def _missing(sheet: Sheet, columns: Sequence[Column]) -> list[str]:
    given = set(sheet.headings)
    return [
        each.heading
        for each in columns
        if each.required and not given & {each.heading, each.name, *each.aliases}
    ]


def import_file(  # noqa: PLR0913 (how a file is taken, all by keyword)
    session: Session,
    bureau: Bureau,
    name: str,
    content: bytes,
    *,
    kind: str = "",
    actor: Person | None = None,
    accept_valid: bool = False,
    dry_run: bool = False,
    rules: Rules | None = None,
    watch: Watch = lambda _stage, lines: lines,
) -> Report:
    """Read, check and enter a file; the report tells what became of every row.

    Whoever stops it half way (an exception out of `watch`) has imported nothing; the same file again is a whole import.
    Raises what `examine` and `enter` raise.
    """
    report = examine(session, bureau, name, content, kind=kind, rules=rules, watch=watch)
    if dry_run or not report.enterable(accept_valid=accept_valid):
        return report
    enter(session, bureau, report, content, actor=actor, rules=rules, watch=watch)
    return report


def examine(
    session: Session,
    bureau: Bureau,
    name: str,
    content: bytes,
    *,
    kind: str = "",
    rules: Rules | None = None,
    watch: Watch = lambda _stage, lines: lines,
) -> Report:
    """Read and check a file; changes nothing, so that a session which only reads is enough.

    `rules`: those in force; without (nothing is released yet) the pack as it ships.
    Refused as a whole: an unreadable file, missing columns (slugs `registry-file`, `registry-columns`).
    """
    sheet = read(name, content)
    kind = kind or kind_of(sheet)
    if kind not in REGISTRIES:
        raise Refused(
            Sentence("没有“{kind}”这种名录。", kind=kind),
            hint=Sentence("可用：{registries}。", registries="、".join(REGISTRIES)),
            slug="registry-kind",
        )
    registry = REGISTRIES[kind]
    if kind == "items":
        items.refuse_owner(session, bureau, rules or parameters(bureau.pack))
    lines, unknown, missing = parse(sheet, registry.columns)
    if missing:
        raise Refused(
            Sentence("{name}：缺少列 {missing}。", name=name, missing="、".join(missing)),
            hint="请用导出的模板填写。",
            slug="registry-columns",
        )
    if not lines:
        raise Refused(Sentence("{name}：只有列名，没有数据。", name=name), slug="registry-file")
    registry.check(watch("核对", lines))
    if kind == "conflicts":
        relations.resolve(session, bureau, lines)
    statuses = Counter(line.status for line in lines)
    report = Report(kind, name, sheet.headings, lines, unknown)
    report.counts = {status: statuses.get(status, 0) for status in ("accepted", "warned", "refused")}
    return report


def enter(
    session: Session,
    bureau: Bureau,
    report: Report,
    content: bytes,
    *,
    actor: Person | None = None,
    rules: Rules | None = None,
    watch: Watch = lambda _stage, lines: lines,
) -> None:
    """Enter the rows of a report that were not refused, all of them in this transaction.

    Refused: another unit than the one that keeps the registry, a draw that holds it (slugs `registry-other-unit`,
    `registry-locked`).
    """
    opened(session, bureau, report.kind, actor, rules)
    if report.kind == "items":
        items.refuse_owner(session, bureau, rules or parameters(bureau.pack))
    good = [line for line in report.lines if line.status != "refused"]
    report.counts |= REGISTRIES[report.kind].apply(session, bureau, watch("导入", good))
    report.applied = True
    _note(session, bureau, report, content, actor)


def _note(session: Session, bureau: Bureau, report: Report, content: bytes, actor: Person | None) -> None:
    digest = hashlib.sha256(content).hexdigest()
    session.add(
        ImportRun(
            bureau_id=bureau.id,
            kind=report.kind,
            file_name=report.file,
            sha256=digest,
            actor_id=actor.id if actor else None,
            counts=report.counts,
        ),
    )
    audit.record(
        session,
        action=f"registry.{report.kind}.import",
        subject=f"bureau/{bureau.id}",
        actor=actor,
        bureau_id=bureau.id,
        after={"file": report.file, "sha256": digest, **report.counts},
        clause="W5 J4",
    )


def export_file(
    session: Session, bureau: Bureau, kind: str, *, form: str = "xlsx", public: bool = False
) -> bytes:
    """A registry as XLSX or CSV, in the columns that `import_file` reads.

    `public`: the masked public columns.
    """
    if kind not in REGISTRIES:
        raise Refused(
            Sentence("没有“{kind}”这种名录。", kind=kind),
            hint=Sentence("可用：{registries}。", registries="、".join(REGISTRIES)),
            slug="registry-kind",
        )
    found = _rows(session, bureau, kind)
    headings: list[str]
    if public and kind in ("objects", "inspectors"):
        shown = [_public(each) for each in found]
        headings = list(shown[0]) if shown else ["名称"]
        rows = [list(row.values()) for row in shown]
    else:
        columns = REGISTRIES[kind].columns
        headings = [column.heading for column in columns]
        rows = [[column.show(_value(each, column.name)) for column in columns] for each in found]
    return (
        write_csv(headings, rows) if form == "csv" else write_xlsx(headings, rows, title=REGISTRY_KINDS[kind])
    )


def template(kind: str, *, form: str = "xlsx") -> bytes:
    """An empty file with the columns of a registry, required ones marked."""
    headings = [("*" if column.required else "") + column.heading for column in REGISTRIES[kind].columns]
    return write_csv(headings, []) if form == "csv" else write_xlsx(headings, [], title=REGISTRY_KINDS[kind])


def _public(row: Any) -> dict[str, str]:
    return objects.public_row(row) if isinstance(row, RegistryObject) else inspectors.public_row(row)


def _rows(session: Session, bureau: Bureau, kind: str) -> Sequence[Any]:
    if kind == "objects":
        return session.scalars(
            select(RegistryObject)
            .where(RegistryObject.bureau_id.in_(below(session, bureau.id)))
            .order_by(RegistryObject.code),
        ).all()
    if kind == "inspectors":
        return session.scalars(
            select(Inspector)
            .where(Inspector.bureau_id == bureau.id)
            .options(selectinload(Inspector.certificates))
            .order_by(Inspector.staff_no),
        ).all()
    if kind == "conflicts":
        return session.scalars(
            select(Conflict).join(Inspector).where(Inspector.bureau_id == bureau.id).order_by(Conflict.id),
        ).all()
    listed = current_item_list(session, bureau.id)
    return list(listed.items) if listed else list[InspectionItem]()


_SECOND = {"number2": "number", "issuer2": "issuer", "valid_to2": "valid_to"}


def _value(row: Any, name: str) -> Any:
    """The value of a column, also where it stands in another table."""
    if isinstance(row, Inspector) and name in (
        *_SECOND,
        "number",
        "issuer",
        "valid_from",
        "valid_to",
        "certificate_state",
    ):
        kind = "department" if name in _SECOND else "provincial"
        found = next((each for each in row.certificates if each.type == kind), None)
        field_name = _SECOND.get(name, "state" if name == "certificate_state" else name)
        return getattr(found, field_name) if found else None
    if isinstance(row, Conflict) and name in ("staff_no", "name"):
        return getattr(row.inspector, name) if row.inspector else ""
    if isinstance(row, Conflict) and name == "code":
        return row.object.code if row.object else ""
    return getattr(row, name)
