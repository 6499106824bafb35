"""`casework feel` and `casework decide`: the rules on the command line, without browser or database."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

import click

from engine.errors import CaseworkError, RuleError
from engine.rules.dmn import Decision, Model, load_path
from engine.rules.feel import parse, to_feel, type_name
from engine.rules.feel.agreement import agrees
from engine.sentence import Sentence
from web.cli_words import refusal, say, spoken


def _print_json(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False))


def _fail(error: CaseworkError, *, as_json: bool) -> NoReturn:
    """One readable line (or one JSON document), exit 1."""
    position = getattr(error, "position", -1)
    line = refusal(error)
    if as_json:
        _print_json({"error": {**error.as_json(), "position": position if position >= 0 else None}})
    else:
        place = say("（位置 {0}）", position) if position >= 0 else ""
        click.echo(say("错误：{0}{1}", line, place), err=True)
    sys.exit(1)


def read_context(text: str | None) -> dict[str, Any]:
    """A context literal as data. Raises RuleError when it is something else."""
    if not text or not text.strip():
        return {}
    value = parse(text).value({})
    if not isinstance(value, dict):
        raise RuleError(
            Sentence("--context 应为上下文，不能是 {type_name}。", type_name=type_name(value)),
            position=0,
            hint="例如 {a: 1}。",
        )
    return value


@click.command("feel", help="计算一条 FEEL 表达式。")
@click.argument("expression")
@click.option("--context", "context", help="数据，写成 FEEL 上下文，例如 {a: 1}。")
@click.option("--json", "as_json", is_flag=True, help="出错时也输出 JSON。")
def feel(expression: str, context: str | None, as_json: bool) -> None:
    """Print `{value, type}`; a refusal, or a null that has a reason, is exit 1 with that reason."""
    try:
        result = parse(expression).evaluate(read_context(context))
    except CaseworkError as error:
        _fail(error, as_json=as_json)
    answer: dict[str, Any] = {"value": to_feel(result.value), "type": type_name(result.value)}
    if result.diagnostics:
        answer["diagnostics"] = result.diagnostics
    _print_json(answer)
    if result.value is None and result.diagnostics:
        if not as_json:
            click.echo(say("错误：没有结果：{0}", spoken(result.diagnostics[0])), err=True)
        sys.exit(1)


def _ask(model: Model, decision: str | None, invocable: str | None, context: Mapping[str, Any]) -> Decision:
    if not invocable:
        return model.decide(decision or "", context)
    answer = model.invoke(invocable, context)
    if decision and isinstance(answer.value, dict) and decision in answer.value:
        answer.value = answer.value[decision]
    return answer


def _as_json(answer: Decision) -> dict[str, Any]:
    return {
        "decision": answer.name,
        "value": to_feel(answer.value),
        "type": type_name(answer.value),
        "diagnostics": answer.diagnostics,
        "inputs": {name: to_feel(value) for name, value in answer.inputs.items()},
        "matched": [matched.as_json() for matched in answer.matched],
    }


def _show(answer: Decision, shown: Mapping[str, Any]) -> None:
    click.echo(f"{answer.name} = {shown['value']}")
    for table in shown["matched"]:
        given = "，".join(f"{label} = {value}" for label, value in table["inputs"].items())
        click.echo(f"  {table['label']}（{table['policy']}）{given}")
        for row in table["rows"]:
            note = "；".join(row["annotations"])
            click.echo(
                f"    第 {row['number']} 行 → {', '.join(row['outputs'])}{f'（{note}）' if note else ''}"
            )
    for line in answer.diagnostics:
        click.echo(say("  说明：{0}", spoken(line)), err=True)


@click.command("decide", help="计算 DMN 文件中的一个决策，或一批用例。")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--decision", help="决策的名称或 id。")
@click.option("--invocable", help="决策服务或业务知识模型的名称或 id。")
@click.option("--context", help="输入数据，写成 FEEL 上下文。")
@click.option("--expect", help="期望的值，写成 FEEL；不符时退出码为 1。")
@click.option(
    "--batch",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="每行一个用例的 JSONL 文件。",
)
@click.option("--json", "as_json", is_flag=True, help="输出一份 JSON。")
def decide(
    file: Path | None,
    decision: str | None,
    invocable: str | None,
    context: str | None,
    expect: str | None,
    batch: Path | None,
    as_json: bool,
) -> None:
    """One decision with its reasons, or one line per case of a batch."""
    if batch is not None:
        _decide_batch(batch)
        return
    if file is None or not (decision or invocable):
        raise click.UsageError("请给出 DMN 文件和 --decision（或 --invocable），或用 --batch。")
    try:
        answer = _ask(load_path(file, strict=False), decision, invocable, read_context(context))
        shown = _as_json(answer)
        if expect is not None:
            shown["ok"] = agrees(answer.value, parse(expect).evaluate({}).value)
    except CaseworkError as error:
        _fail(error, as_json=as_json)
    if as_json:
        _print_json(shown)
    else:
        _show(answer, shown)
        if expect is not None:
            click.echo("与期望一致" if shown["ok"] else f"与期望不符：{expect}")
    failed = not shown["ok"] if expect is not None else answer.value is None and bool(answer.diagnostics)
    sys.exit(1 if failed else 0)


def _literal(value: Any) -> Any:
    """A context or an expected value of a batch line: FEEL text, or JSON as it is."""
    return parse(value).evaluate({}).value if isinstance(value, str) and value.strip() else value


class _Models:
    """The models of a batch, each read once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[str, Model | CaseworkError] = {}

    def get(self, name: str) -> Model:
        if name not in self._read:
            path = Path(name)
            path = path if path.is_absolute() or path.is_file() else self._folder / name
            try:
                self._read[name] = load_path(path, strict=False)
            except CaseworkError as error:
                self._read[name] = error
        found = self._read[name]
        if isinstance(found, CaseworkError):
            raise found
        return found


def _decide_line(line: Mapping[str, Any], models: _Models) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "id": line.get("id"),
        "ok": False,
        "value": None,
        "diagnostics": [],
        "error": None,
    }
    expected = "expect" in line
    wanted: Any = ...
    try:
        wanted = _literal(line["expect"]) if expected else ...
        context = _literal(line.get("context")) or {}
        if not isinstance(context, Mapping):
            raise RuleError("context 应为上下文。", hint="例如 {a: 1}。")
        given = _ask(models.get(str(line.get("file"))), line.get("decision"), line.get("invocable"), context)
        answer["diagnostics"] = given.diagnostics
        answer["value"] = to_feel(given.value)
        answer["ok"] = (
            agrees(given.value, wanted) if expected else not (given.value is None and given.diagnostics)
        )
    except CaseworkError as error:
        answer["error"] = str(error)
        # The standard's «error gives null»: a refused calculation agrees with an expected null.
        answer["ok"] = wanted is None and isinstance(error, RuleError)
    return answer


def _decide_batch(batch: Path) -> None:
    models = _Models(batch.parent)
    lines = [line for line in batch.read_text(encoding="utf-8").splitlines() if line.strip()]
    every = True
    with click.progressbar(lines, label="计算", file=sys.stderr, hidden=not sys.stderr.isatty()) as shown:
        for number, text in enumerate(shown, 1):
            try:
                line = json.loads(text)
            except ValueError:
                line = None
            if not isinstance(line, dict):
                raise click.UsageError(f"{batch} 第 {number} 行不是 JSON 对象。")
            answer = _decide_line(line, models)
            every = every and answer["ok"]
            _print_json(answer)
    sys.exit(0 if every else 1)
