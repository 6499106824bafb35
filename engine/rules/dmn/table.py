"""Decision tables: all hit policies and aggregations, default outputs, priorities, and which rows matched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from engine.rules.feel import arithmetic
from engine.rules.feel.compiler import Closure, Env, matches
from engine.rules.feel.limits import Run
from engine.rules.feel.types import Type
from engine.rules.feel.values import compare, equal, to_feel, type_name
from engine.sentence import Sentence

from .document import Document
from .reader import Element, name_of, part, parts, text_of

HIT_POLICIES = ("UNIQUE", "ANY", "PRIORITY", "FIRST", "RULE ORDER", "OUTPUT ORDER", "COLLECT")
AGGREGATIONS = ("", "SUM", "MIN", "MAX", "COUNT")


@dataclass(slots=True)
class Row:
    """A rule: its cells as closures and as texts, and what its author wrote beside it."""

    number: int
    id: str
    tests: list[Closure]
    outputs: list[Closure]
    cells: list[str]
    results: list[str]
    annotations: list[str]
    needs: list[set[str]] = field(default_factory=list)
    constants: list[list[Any]] = field(default_factory=list)


@dataclass(slots=True)
class Input:
    """An input column."""

    label: str
    text: str
    closure: Closure
    type: Type | None
    allowed: Closure | None
    allowed_text: str
    constants: list[Any] = field(default_factory=list)


@dataclass(slots=True)
class Output:
    """An output column; `order` are the allowed values in order of priority."""

    name: str
    label: str
    type: Type | None
    order: list[Closure]
    allowed_text: str
    default: Closure | None


@dataclass(slots=True)
class Table:
    """A decision table ready to decide."""

    id: str
    label: str
    policy: str
    aggregation: str
    inputs: list[Input]
    outputs: list[Output]
    rows: list[Row]


@dataclass(slots=True)
class Matched:
    """Why a table gave its answer: the input values and the rows that matched, for the case page."""

    table: str
    label: str
    policy: str
    inputs: dict[str, Any]
    rows: list[dict[str, Any]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Values as FEEL text, so that they can be stored and shown."""
        return {
            "table": self.table,
            "label": self.label,
            "policy": self.policy,
            "inputs": {name: to_feel(value) for name, value in self.inputs.items()},
            "rows": self.rows,
        }


def read_table(document: Document, element: Element, label: str, *, deep: bool = False) -> Table:
    """The table of an element; faults become findings. `deep` also collects what an analysis needs."""
    policy = (element.get("hitPolicy") or "UNIQUE").upper()
    aggregation = (element.get("aggregation") or "").upper()
    if policy not in HIT_POLICIES:
        document.find_fault(
            element,
            "hit-policy",
            Sentence("不认识的命中策略 {policy}。", policy=policy),
            Sentence("可用：{allowed}。", allowed="、".join(HIT_POLICIES)),
        )
        policy = "UNIQUE"
    if aggregation not in AGGREGATIONS:
        document.find_fault(
            element,
            "aggregation",
            Sentence("不认识的汇总方式 {aggregation}。", aggregation=aggregation),
            "可用：SUM、MIN、MAX、COUNT。",
        )
        aggregation = ""
    inputs = [_input(document, item, deep) for item in parts(element, "input")]
    outputs = [_output(document, item) for item in parts(element, "output")]
    rows = []
    for number, rule in enumerate(parts(element, "rule"), 1):
        cells, results = parts(rule, "inputEntry"), parts(rule, "outputEntry")
        if len(cells) != len(inputs) or len(results) != len(outputs):
            document.find_fault(
                rule,
                "row",
                Sentence("第 {number} 行的格数与列数不符。", number=number),
                "请补齐单元格，任意值写 -。",
            )
            continue
        rows.append(_row(document, rule, number, cells, results))
        if deep:
            read = [document.constants(text_of(cell), cell) for cell in cells]
            rows[-1].needs = [needs for needs, _ in read]
            rows[-1].constants = [constants for _, constants in read]
    return Table(element.get("id") or "", label, policy, aggregation, inputs, outputs, rows)


def _row(
    document: Document, rule: Element, number: int, cells: Sequence[Element], results: Sequence[Element]
) -> Row:
    tests = []
    for cell in cells:
        text = text_of(cell)
        tests.append(document.compile(text, cell, unary=True) if text not in {"", "-"} else _always)
    outputs = [
        document.compile(text_of(cell), cell) if text_of(cell) not in {"", "-"} else _nothing
        for cell in results
    ]
    annotations = [text_of(item) for item in parts(rule, "annotationEntry")]
    described = text_of(part(rule, "description"))
    return Row(
        number,
        rule.get("id") or "",
        tests,
        outputs,
        [text_of(cell) or "-" for cell in cells],
        [text_of(cell) for cell in results],
        annotations or ([described] if described else []),
    )


def _always(_env: Env) -> bool:
    return True


def _nothing(_env: Env) -> None:
    return None


def _input(document: Document, element: Element, deep: bool) -> Input:
    expression = part(element, "inputExpression")
    text = text_of(expression)
    allowed = part(element, "inputValues")
    where = expression if expression is not None else element
    return Input(
        element.get("label") or text,
        text,
        document.compile(text, where) if text else document.broken("输入列没有表达式"),
        document.type(where.get("typeRef"), where),
        document.compile(text_of(allowed), allowed, unary=True)
        if allowed is not None and text_of(allowed)
        else None,
        text_of(allowed),
        document.constants(text_of(allowed), allowed)[1] if deep and allowed is not None else [],
    )


def _output(document: Document, element: Element) -> Output:
    allowed = part(element, "outputValues")
    kind = document.type(element.get("typeRef"), element)
    order = document.tests(allowed) or (kind.choices if kind is not None else [])
    default = part(element, "defaultOutputEntry")
    return Output(
        name_of(element),
        element.get("label") or name_of(element),
        kind,
        order,
        text_of(allowed),
        document.compile(text_of(default), default) if default is not None and text_of(default) else None,
    )


def build_table(document: Document, element: Element, label: str) -> Closure:
    """The closure of a decision table."""
    table = read_table(document, element, label)
    return lambda env: decide(table, env)


def decide(table: Table, env: Env) -> Any:
    """The table's answer; the matched rows are noted in the run."""
    run = env.run
    values = []
    for column in table.inputs:
        value = column.closure(env)
        if column.type is not None:
            value, fits = column.type.coerce(value)
            if not fits:
                run.say(
                    Sentence(
                        "{table}的输入“{column}”不符合类型“{type}”",
                        table=table.label,
                        column=column.label,
                        type=column.type.name,
                    )
                )
                return None
        if column.allowed is not None and column.allowed(Env({"?": value}, env, run)) is not True:
            run.say(
                Sentence(
                    "{table}的输入“{column}”= {value} 不在允许的取值内：{allowed_text}",
                    table=table.label,
                    column=column.label,
                    value=to_feel(value),
                    allowed_text=column.allowed_text,
                )
            )
            return None
        values.append(value)
    scopes = [Env({"?": value}, env, run) for value in values]
    only_first = table.policy == "FIRST"
    hit: list[Row] = []
    before = len(run.diagnostics)
    for row in table.rows:
        run.spend(1)
        for test, scope in zip(row.tests, scopes, strict=True):
            if test(scope) is not True:
                break
        else:
            hit.append(row)
            if only_first:
                break
    note = Matched(table.id, table.label, table.policy, {
        column.label: value for column, value in zip(table.inputs, values, strict=True)
    })  # fmt: skip
    note.rows = [
        {"number": row.number, "id": row.id, "annotations": row.annotations, "outputs": row.results}
        for row in hit
    ]
    run.matched.append(note)
    answer = _answer(table, hit, env)
    if not hit and answer is None:
        # What the table says comes before what its cells said.
        run.diagnostics.insert(before, Sentence("{table}没有一行命中", table=table.label))
    return answer


def _answer(table: Table, hit: list[Row], env: Env) -> Any:  # noqa: PLR0911  (one return per kind of value)
    if not hit:
        return _unmatched(table, env)
    policy = table.policy
    if policy == "UNIQUE" and len(hit) > 1:
        env.run.say(
            Sentence(
                "{table}应只有一行命中，实际命中第 {hit} 行",
                table=table.label,
                hit="、".join(str(row.number) for row in hit),
            )
        )
        return None
    results = [
        [_cell(table, output, cell, env) for output, cell in zip(table.outputs, row.outputs, strict=True)]
        for row in hit
    ]
    if policy in {"UNIQUE", "FIRST"}:
        return _shape(table, results[0])
    if policy == "ANY":
        if any(equal(result, results[0]) is not True for result in results[1:]):
            env.run.say(
                Sentence(
                    "{table}命中的第 {hit} 行输出不同",
                    table=table.label,
                    hit="、".join(str(row.number) for row in hit),
                )
            )
            return None
        return _shape(table, results[0])
    if policy in {"PRIORITY", "OUTPUT ORDER"}:
        if not any(output.order for output in table.outputs):
            env.run.say(Sentence("{table}按优先级输出，但输出列没有列出取值的次序", table=table.label))
            return None
        results.sort(key=lambda result: priority(table, result, env))
        if policy == "PRIORITY":
            return _shape(table, results[0])
    shaped = [_shape(table, result) for result in results]
    return _aggregate(table, shaped, env) if table.aggregation and policy == "COLLECT" else shaped


def _unmatched(table: Table, env: Env) -> Any:
    if any(output.default is not None for output in table.outputs):
        row = [output.default(env) if output.default else None for output in table.outputs]
        shaped = _shape(table, row)
        several = table.policy in {"RULE ORDER", "OUTPUT ORDER"} or (
            table.policy == "COLLECT" and not table.aggregation
        )
        return [shaped] if several and not isinstance(shaped, list) else shaped
    if table.policy == "COLLECT":
        if not table.aggregation:
            return []
        if table.aggregation == "COUNT":
            return Decimal(0)
    return None


def _cell(table: Table, output: Output, cell: Closure, env: Env) -> Any:
    """An output; one that a fault made null stays null by the standard and is noted as broken."""
    run = env.run
    before = len(run.diagnostics)
    result = value = cell(env)
    if output.type is not None:
        result, fits = output.type.coerce(value)
        if not fits:
            run.say(
                Sentence(
                    "{table}的输出 {output}（{value_type}）不符合类型“{type}”",
                    table=table.label,
                    output=output.name,
                    value_type=type_name(value),
                    type=output.type.name,
                )
            )
    if result is None and len(run.diagnostics) > before:
        run.broken.append(run.diagnostics[before])
    return result


def _shape(table: Table, result: list[Any]) -> Any:
    if len(table.outputs) == 1:
        return result[0]
    return {output.name: value for output, value in zip(table.outputs, result, strict=True)}


def decide_row(table: Table, row: Row) -> list[Any]:
    """The outputs of one row by itself, without other data (for analysis)."""
    env = Env({}, None, Run())
    return [_cell(table, output, cell, env) for output, cell in zip(table.outputs, row.outputs, strict=True)]


def priority(table: Table, result: list[Any], env: Env | None = None) -> tuple[int, ...]:
    """The place of a row's outputs in the order of the output values; the smallest wins."""
    env = env or Env({}, None, Run())
    ranks = []
    for output, value in zip(table.outputs, result, strict=True):
        if output.order:
            places = [index for index, test in enumerate(output.order) if matches(value, test(env))]
            ranks.append(places[0] if places else len(output.order))
    return tuple(ranks)


def _aggregate(table: Table, values: list[Any], env: Env) -> Any:
    if len(table.outputs) > 1:
        return {
            output.name: _fold(table, [value[output.name] for value in values], env)
            for output in table.outputs
        }
    return _fold(table, values, env)


def _fold(table: Table, values: list[Any], env: Env) -> Any:
    if table.aggregation == "COUNT":
        return Decimal(len(values))
    best = values[0]
    for value in values[1:]:
        if table.aggregation == "SUM":
            best = arithmetic.calculate("+", best, value)
        else:
            order = compare(value, best)
            wanted = -1 if table.aggregation == "MIN" else 1
            best = None if order is None else value if order == wanted else best
        if best is None:
            env.run.say(
                Sentence(
                    "{table}的输出无法按 {aggregation} 汇总",
                    table=table.label,
                    aggregation=table.aggregation,
                )
            )
            return None
    return best
