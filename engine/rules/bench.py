"""Speed of the rules on this machine, for `casework bench feel`; no test depends on a time."""

from __future__ import annotations

import importlib
import platform
import time
from collections.abc import Callable
from typing import Any

from engine.rules.dmn import load
from engine.rules.feel.builtins import BUILTINS
from engine.rules.feel.compiler import Compiler
from engine.rules.feel.expression import parse, read

CONDITION = '金额 > 10000 and 类别 in ("三级", "二级") and 状态 = "待审"'
DATA = {"金额": 12000, "类别": "二级", "状态": "待审"}
PLAIN = 'amount > 10000 and (level = "2" or level = "3") and state = "open"'
PLAIN_DATA = {"amount": 12000, "level": "2", "state": "open"}
HOSTILE = (
    "for i in 1..60 return if i = 1 then [1] else [partial[-1], partial[-1]]",
    "{f: function(n) if n < 2 then n else f(n - 1) + f(n - 2), y: f(40)}.y",
    "some a in 1..2000, b in 1..2000 satisfies a + b > 5000",
    "(" * 2000 + "1" + ")" * 2000,
    'replace("' + "a" * 1000 + '", "a", "' + "b" * 1000 + '")',
    "9 ** (9 ** 9)",
    'split("' + "a" * 15_000 + '", "")',
    "for i in 1..20000 return for j in 1..20000 return 1",
    "(for i in 1..20000 return i)[count((for j in 1..20000 return j)) > item]",
    "{f: function(n) f(n + 1), y: f(1)}.y",
    "union(for i in 1..15000 return i, for i in 1..15000 return 15000 + i)",
    "every a in 1..20000, b in 1..20000 satisfies true",
    "for a in 1..1000, b in 1..1000, c in 1..1000 return a",
    "for i in 1..60 return if i = 1 then {a: 1} else {a: partial[-1], b: partial[-1]}",
    '"' + "[" * 15_000 + '" in (' + "[" * 2000,
)
BUDGETS = {"condition_us": 20.0, "table_us": 200.0, "parse_ms": 1.0, "hostile_ms": 50.0}


def _table() -> bytes:
    rows = "".join(
        f"<rule><inputEntry><text>[{index * 10}..{index * 10 + 9}]</text></inputEntry>"
        '<inputEntry><text>"二级", "三级"</text></inputEntry><inputEntry><text>-</text></inputEntry>'
        f"<inputEntry><text>&gt;= 0</text></inputEntry><outputEntry><text>{index}</text></outputEntry></rule>"
        for index in range(10)
    )
    names = ("得分", "类别", "状态", "次数")
    inputs = "".join(
        f"<input><inputExpression><text>{name}</text></inputExpression></input>" for name in names
    )
    data, needs = "", ""
    for name in names:
        data += f'<inputData id="i{name}" name="{name}"><variable name="{name}"/></inputData>'
        needs += f'<informationRequirement><requiredInput href="#i{name}"/></informationRequirement>'
    return (
        '<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" namespace="bench" name="bench">'
        f'{data}<decision id="d" name="档次"><variable name="档次"/>{needs}'
        f'<decisionTable hitPolicy="UNIQUE">{inputs}<output/>{rows}</decisionTable></decision></definitions>'
    ).encode()


def _microseconds(work: Callable[[], Any], times: int) -> float:
    """The best of five rounds of CPU time, per call."""
    best = float("inf")
    for _ in range(5):
        start = time.process_time()
        for _ in range(times):
            work()
        best = min(best, (time.process_time() - start) / times)
    return round(best * 1e6, 2)


def _refuse(text: str) -> None:
    try:
        parse(text).value({})
    except Exception as error:  # noqa: BLE001  (what counts here is only how long the refusal takes)
        _ = str(error)


def _refusal(text: str) -> float:
    return _microseconds(lambda: _refuse(text), 1)


def _others() -> dict[str, float | None]:
    """The same plain condition in other Python FEEL libraries, where they are installed."""
    found: dict[str, float | None] = {}
    for module, call in (("bkflow_feel.api", "parse_expression"), ("pySFeel", "SFeelParser")):
        try:
            work = getattr(importlib.import_module(module), call)
        except (ImportError, AttributeError):
            found[module] = None
            continue
        if module == "pySFeel":
            reader = work()
            text = PLAIN.replace("amount", "12000").replace("level", '"2"').replace("state", '"open"')
            found[module] = _microseconds(lambda reader=reader, text=text: reader.sFeelParse(text), 50)  # type: ignore[misc]
        else:
            found[module] = _microseconds(lambda work=work: work(PLAIN, PLAIN_DATA), 50)  # type: ignore[misc]
    return found


def bench_feel() -> dict[str, Any]:
    """Condition and table in µs, parsing and the slowest refusal in ms, beside the budgets."""
    condition = parse(CONDITION, names=DATA.keys())
    plain = parse(PLAIN, names=PLAIN_DATA.keys())
    model = load(_table())
    context = {"得分": 55, "类别": "三级", "状态": "待审", "次数": 3}
    started, cpu = time.perf_counter(), time.process_time()
    figures = {
        "condition_us": _microseconds(lambda: condition.value(DATA), 2000),
        "plain_condition_us": _microseconds(lambda: plain.value(PLAIN_DATA), 2000),
        "table_us": _microseconds(lambda: model.decide("d", context), 300),
        "parse_ms": _microseconds(lambda: Compiler(BUILTINS).compile(read(CONDITION, DATA.keys())), 200)
        / 1000,
        "hostile_ms": max(map(_refusal, HOSTILE)) / 1000,
    }
    return {
        "name": "feel",
        "n": 2000,
        "seconds": round(time.perf_counter() - started, 3),
        "cpu": round(time.process_time() - cpu, 3),
        "figures": figures,
        "budgets": BUDGETS,
        "within": {name: figures[name] <= budget for name, budget in BUDGETS.items()},
        "others_us": _others(),
        "machine": platform.platform(),
    }
