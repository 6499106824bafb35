"""Reading the cases of the official DMN TCK and running them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from lxml import etree

from engine.errors import CaseworkError
from engine.rules.dmn import Model, load_path
from engine.rules.feel import to_feel, type_name
from engine.rules.feel.agreement import agrees
from engine.rules.feel.temporal import parse_date_time, parse_day, parse_duration, parse_time
from engine.rules.feel.values import bare_text

ROOT = Path(__file__).parent / "dmn-tck"
XSI = "{http://www.w3.org/2001/XMLSchema-instance}"


@dataclass
class Case:
    """One result node of one test case."""

    name: str
    file: Path
    decision: str
    invocable: str
    context: dict[str, Any]
    expected: Any


@dataclass
class Outcome:
    """What came and what was expected."""

    level: str
    model: str
    case: str
    node: str
    ok: bool
    got: str
    expected: str
    reason: str


def value_of(element: Any) -> Any:
    """A value of the test case schema as a FEEL value."""
    if element is None:
        return None
    components = element.findall("{*}component")
    if components:
        return {item.get("name"): value_of(item) for item in components}
    items = element.find("{*}list")
    if items is not None:
        return (
            None
            if items.get(XSI + "nil") == "true"
            else [value_of(item) for item in items.findall("{*}item")]
        )
    single = element.find("{*}value")
    return None if single is None else _simple(single)


def _simple(element: Any) -> Any:
    if element.get(XSI + "nil") == "true":
        return None
    text = element.text or ""
    kind = (element.get(XSI + "type") or "xsd:string").split(":")[-1]
    readers: dict[str, Any] = {
        "boolean": lambda: text.strip() in {"true", "1"},
        "date": lambda: parse_day(text),
        "time": lambda: parse_time(text),
        "dateTime": lambda: parse_date_time(text),
        "duration": lambda: parse_duration(text),
        "string": lambda: text,
    }
    return readers[kind]() if kind in readers else Decimal(text.strip())


def same(got: Any, expected: Any) -> bool:
    """Stricter than FEEL equality for calendar values, which must agree in zone and fraction too."""
    if isinstance(got, list) and isinstance(expected, list):
        return len(got) == len(expected) and all(same(a, b) for a, b in zip(got, expected, strict=True))
    if isinstance(got, dict) and isinstance(expected, dict):
        return got.keys() == expected.keys() and all(same(got[key], expected[key]) for key in got)
    if type_name(got) != type_name(expected):
        return False
    return got == expected if bare_text(got) is not None else agrees(got, expected)


def models() -> list[Path]:
    """Every test case file of the kit, level 2 first."""
    return sorted(ROOT.glob("compliance-level-*/*/*.xml"))


def cases(path: Path) -> Iterator[Case]:
    """The result nodes of a test file, one after the other."""
    tests = etree.parse(path).getroot()
    file = path.parent / tests.findtext("{*}modelName")
    for case in tests.findall("{*}testCase"):
        context = {node.get("name"): value_of(node) for node in case.findall("{*}inputNode")}
        for node in case.findall("{*}resultNode"):
            yield Case(
                case.get("id"),
                file,
                node.get("name"),
                case.get("invocableName") or "",
                context,
                value_of(node.find("{*}expected")),
            )


def _ask(model: Model, case: Case) -> tuple[Any, str]:
    try:
        if not case.invocable:
            decision = model.decide(case.decision, case.context)
            return decision.value, "; ".join(decision.diagnostics[:2])
        decision = model.invoke(case.invocable, case.context)
    except CaseworkError as error:
        return None, str(error)
    value = decision.value
    if isinstance(value, dict) and case.decision in value:
        value = value[case.decision]
    return value, "; ".join(decision.diagnostics[:2])


def run(path: Path) -> Iterator[Outcome]:
    """All outcomes of one test file."""
    loaded: dict[Path, Model] = {}
    for case in cases(path):
        if case.file not in loaded:
            loaded[case.file] = load_path(case.file, strict=False)
        got, reason = _ask(loaded[case.file], case)
        yield Outcome(
            path.parts[-3],
            path.parts[-2],
            case.name,
            case.decision,
            same(got, case.expected),
            to_feel(got),
            to_feel(case.expected),
            reason,
        )
