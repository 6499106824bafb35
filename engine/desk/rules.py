"""Decisions as their owners see them: tables cell by cell with what is wrong, what depends on what, and why.

Read only. `analyse` of the rules does the thinking; here its findings are put where they belong.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from lxml import etree
from sqlalchemy.orm import Session

from engine.desk import case
from engine.desk.answer import YES_NO, answer_said, value_said
from engine.errors import NotFound
from engine.people import Person
from engine.rules import dmn
from engine.rules.dmn.model import Model
from engine.rules.dmn.reader import name_of
from engine.rules.dmn.session import Node
from engine.rules.dmn.table import Table
from engine.runtime import release
from engine.runtime.tables import History, Instance, Release
from engine.sentence import Sentence

POLICIES = {
    "UNIQUE": "只许一行命中",
    "ANY": "命中各行结果须相同",
    "PRIORITY": "取优先级最高的一行",
    "FIRST": "自上而下，取第一行",
    "RULE ORDER": "列出命中各行，按行次序",
    "OUTPUT ORDER": "列出命中各行，按结果次序",
    "COLLECT": "汇集命中各行",
}
AGGREGATIONS = {"": "", "SUM": "，求和", "MIN": "，取最小", "MAX": "，取最大", "COUNT": "，计数"}
KINDS = {
    "gap": "没有覆盖",
    "overlap": "重叠",
    "conflict": "冲突",
    "unreachable": "不起作用",
    "open": "未能分析",
}
NODES = {"input": "输入", "decision": "决策", "knowledge": "业务知识", "service": "决策服务"}
LAMPS = {"error": "late", "warning": "soon", "info": "idle"}


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding: its number on the page, what it is, the rows, and an input that shows it."""

    number: int
    kind: str
    lamp: str
    rows: Sequence[int]
    reason: str
    hint: str
    cells: Mapping[str, str]
    example: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Cell:
    """The condition of one row on one input, with the numbers of the problems it takes part in."""

    text: str
    problems: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a table; `hit`: it matched in the case that is being explained."""

    number: int
    cells: Sequence[Cell]
    results: Sequence[str]
    note: str
    problems: Sequence[int] = ()
    hit: bool = False


@dataclass(frozen=True, slots=True)
class Missing:
    """A combination that no row covers, drawn as a row of its own."""

    problem: int
    lamp: str
    cells: Sequence[str]


@dataclass(frozen=True, slots=True)
class Grid:
    """A decision table as rows and columns; `inputs` and `outputs`: label, expression, allowed values."""

    label: str
    policy: str
    inputs: Sequence[tuple[str, str, str]]
    outputs: Sequence[tuple[str, str, str]]
    lines: Sequence[Line]
    missing: Sequence[Missing] = ()
    problems: Sequence[Problem] = ()


@dataclass(frozen=True, slots=True)
class Need:
    """An element that a decision needs, with its kind in words."""

    id: str
    name: str
    title: str
    kind: str
    type: str


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """One decision in the list of a release."""

    id: str
    title: str
    file: str
    rows: int
    errors: int
    warnings: int
    users: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class DecisionView:
    """One decision of a release with all its parts. `users`: process id and step that ask it."""

    release: Release
    id: str
    title: str
    file: str
    description: str
    grids: Sequence[Grid]
    texts: Sequence[str]
    needs: Sequence[Need]
    needed_by: Sequence[Need]
    users: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a case was decided so: inputs, the rows that matched, the answer; the table as it was released."""

    entry: History
    instance: Instance
    case_name: str
    release: Release
    id: str
    title: str
    inputs: Sequence[tuple[str, str]]
    value: Sequence[tuple[str, str]]
    grids: Sequence[Grid]
    asked: Sequence[Mapping[str, str]] = field(default_factory=tuple)


# --- lists and pages ------------------------------------------------------------------


def decisions(session: Session, release_id: int) -> tuple[Release, list[DecisionRow]]:
    """The decisions of a release, by file; NotFound without such a release."""
    row, compiled = _release(session, release_id)
    found = []
    for identity, model in compiled.decisions.items():
        node = model.find(identity, "decision")
        if node.id != identity:
            continue  # the same decision under its name
        tables = _tables(model, identity)
        problems = [problem for _, problems in tables for problem in problems]
        found.append(
            DecisionRow(
                identity,
                name_of(node.element),
                model.main.file,
                sum(len(table.rows) for table, _ in tables),
                sum(problem.lamp == "late" for problem in problems),
                sum(problem.lamp == "soon" for problem in problems),
                _users(compiled, node),
            )
        )
    return row, sorted(found, key=lambda each: (each.file, each.id))


def decision(session: Session, release_id: int, identity: str) -> DecisionView:
    """One decision with its tables, findings per cell and requirement graph; NotFound otherwise."""
    row, compiled = _release(session, release_id)
    model = _model(compiled, identity)
    node = model.find(identity, "decision")
    others = [other for other in model.nodes.values() if node.key in other.needs]
    return DecisionView(
        release=row,
        id=node.id,
        title=name_of(node.element),
        file=model.main.file,
        description=(node.element.findtext("{*}description") or "").strip(),
        grids=[_grid(table, problems) for table, problems in _tables(model, node.id)],
        texts=_texts(node),
        needs=[_need(model.nodes[key]) for key in node.needs],
        needed_by=[_need(other) for other in others],
        users=_users(compiled, node),
    )


def explanation(session: Session, person: Person, entry_id: int) -> Explanation:
    """Why a case was decided so. NotFound for a case this person may not see, and for other entries."""
    entry = session.get(History, entry_id)
    if entry is None or entry.kind != "decision":
        raise NotFound("没有这次规则判定。", hint="可从案件的时间线进入。")
    shown = case.find(session, person, entry.case_id)
    instance = session.get_one(Instance, entry.instance_id)
    detail = entry.detail or {}
    row, compiled = _release(session, int(detail.get("release") or instance.release_id))
    identity = str(detail.get("decision", ""))
    model = _model(compiled, identity)
    node = model.find(identity, "decision")
    given = dict(detail.get("inputs", {}))
    inputs = [(_title(model, name), value_said(value)) for name, value in given.items()]
    matched = [each for each in detail.get("matched", []) if isinstance(each, Mapping)]
    grids = [
        _grid(table, [], {int(hit["number"]) for hit in each.get("rows", [])})
        for each in matched
        for table in _all_tables(model)
        if table.id == each.get("table")
    ]
    columns = [
        {label: YES_NO.get(text, text) for label, text in dict(each.get("inputs", {})).items()}
        for each in matched
    ]
    return Explanation(
        entry=entry,
        instance=shown,
        case_name=case.name_of(shown),
        release=row,
        id=node.id,
        title=name_of(node.element),
        inputs=inputs,
        value=_answers(model, node, detail.get("value")),
        grids=grids,
        asked=[asked for asked in columns if set(asked.items()) - {(name, text) for name, text in inputs}],
    )


# --- reading a model ------------------------------------------------------------------


def _release(session: Session, release_id: int) -> tuple[Release, release.Compiled]:
    row = session.get(Release, release_id)
    if row is None:
        raise NotFound(
            Sentence("没有第 {release_id} 号发布。", release_id=release_id), hint="可从流程列表进入。"
        )
    return row, release.load(session, release_id)


def _model(compiled: release.Compiled, identity: str) -> Model:
    model: Model | None = compiled.decisions.get(identity)
    if model is None:
        raise NotFound(
            Sentence(
                "第 {version} 版没有决策“{identity}”。",
                version=compiled.version,
                identity=identity,
            ),
            hint="可从流程页的决策表进入。",
        )
    return model


@lru_cache(maxsize=256)
def _tables(model: Model, identity: str) -> tuple[tuple[Table, tuple[Problem, ...]], ...]:
    """The tables of a decision and of the knowledge it needs, each with its findings, computed once."""
    node = model.find(identity, "decision")
    needed = [model.nodes[key] for key in node.needs]
    tables = model.tables(node, *(each for each in needed if each.kind == "knowledge"))
    return tuple((table, tuple(_problems(table))) for table in tables)


@lru_cache(maxsize=256)
def _all_tables(model: Model) -> tuple[Table, ...]:
    return tuple(model.tables())


def _problems(table: Table) -> list[Problem]:
    return [
        Problem(
            number=number,
            kind=KINDS[found.kind],
            lamp=LAMPS[found.severity],
            rows=tuple(found.rows),
            reason=found.reason,
            hint=found.hint,
            cells=found.cells,
            example=tuple(found.example.items()),
        )
        for number, found in enumerate(dmn.analyse(table), 1)
    ]


def _grid(table: Table, problems: Sequence[Problem], hit: set[int] | None = None) -> Grid:
    labels = [column.label for column in table.inputs]
    return Grid(
        label=table.label,
        policy=POLICIES[table.policy] + AGGREGATIONS[table.aggregation],
        inputs=[(column.label, column.text, column.allowed_text) for column in table.inputs],
        outputs=[(column.label, column.name, column.allowed_text) for column in table.outputs],
        lines=[
            Line(
                number=row.number,
                cells=[
                    Cell(text, _at(problems, row.number, label))
                    for text, label in zip(row.cells, labels, strict=True)
                ],
                results=row.results,
                note="；".join(filter(None, row.annotations)),
                problems=[each.number for each in problems if row.number in each.rows and not _named(each)],
                hit=row.number in (hit or ()),
            )
            for row in table.rows
        ],
        missing=[
            Missing(each.number, each.lamp, [each.cells.get(label, "-") for label in labels])
            for each in problems
            if not each.rows and each.cells
        ],
        problems=problems,
    )


def _named(problem: Problem) -> list[str]:
    """The columns a finding points at; none where it concerns the row as a whole."""
    return [label for label, text in problem.cells.items() if text != "-"]


def _at(problems: Sequence[Problem], row: int, label: str) -> list[int]:
    return [each.number for each in problems if row in each.rows and label in _named(each)]


def _need(node: Node) -> Need:
    return Need(
        node.id,
        node.name,
        name_of(node.element),
        NODES[node.kind],
        node.type.name if node.type is not None else "",
    )


def _texts(node: Node) -> list[str]:
    """The logic of a decision that is no table, as its author wrote it."""
    found = [element for element in node.element if etree.QName(element).localname == "literalExpression"]
    return [" ".join((element.findtext("{*}text") or "").split()) for element in found]


def _users(compiled: release.Compiled, node: Node) -> list[tuple[str, str]]:
    wanted = {node.id, node.name}
    return [
        (process.id, element.name)
        for process in compiled.processes.values()
        for element in process.elements.values()
        if element.decision in wanted and element.decision
    ]


def _title(model: Model, name: str) -> str:
    """The words for an input: the label of the column that reads it, else its own name."""
    for table in _all_tables(model):
        for column in table.inputs:
            if column.text == name:
                return column.label
    return name


def _answers(model: Model, node: Node, value: Any) -> list[tuple[str, str]]:
    """The answer by output column, or under the decision's own name."""
    if not isinstance(value, Mapping):
        return [(name_of(node.element), answer_said(node.id, value))]
    labels = {column.name: column.label for table, _ in _tables(model, node.id) for column in table.outputs}
    return [(labels.get(str(name), str(name)), answer_said(str(name), item)) for name, item in value.items()]
