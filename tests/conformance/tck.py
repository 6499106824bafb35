"""Reading the cases of the official DMN TCK and running them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from lxml import etree

from engine.errors import CaseworkError
from engine.rules.dmn import Model, load_all
from engine.rules.feel.temporal import parse_date_time, parse_day, parse_duration, parse_time
from engine.rules.feel.values import bare_text, equal, to_feel, type_name

ROOT = Path(__file__).parent / "dmn-tck"
XSI = "{http://www.w3.org/2001/XMLSchema-instance}"


@dataclass
class Outcome:
    """One result node of one case: what came and what was expected."""

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
        return [] if items.get(XSI + "nil") == "true" else [value_of(item) for item in items.findall("{*}item")]
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


def agrees(got: Any, expected: Any) -> bool:
    """Equal as the kit asks: numbers to 8 decimals, calendar values by their text where equality is too wide."""
    if isinstance(got, Decimal) and isinstance(expected, Decimal):
        return abs(got - expected) < Decimal("1e-8") * max(1, abs(expected))
    if isinstance(got, list) and isinstance(expected, list):
        return len(got) == len(expected) and all(agrees(a, b) for a, b in zip(got, expected, strict=True))
    if isinstance(got, dict) and isinstance(expected, dict):
        return got.keys() == expected.keys() and all(agrees(got[key], expected[key]) for key in got)
    if type_name(got) != type_name(expected):
        return False
    if bare_text(got) is not None:
        return got == expected
    return equal(got, expected) is True


def models() -> list[Path]:
    """Every test case file of the kit, level 2 first."""
    return sorted(ROOT.glob("compliance-level-*/*/*.xml"))


def load_model(path: Path, name: str) -> Model:
    """The model of a test file, with the other files of its folder for imports."""
    main = path.parent / name
    others = [other for other in sorted(path.parent.glob("*.dmn")) if other != main]
    return load_all([(file.name, file.read_bytes()) for file in (main, *others)], strict=False)


def run(path: Path) -> Iterator[Outcome]:
    """All outcomes of one test file."""
    tests = etree.parse(path).getroot()
    model = load_model(path, tests.findtext("{*}modelName"))
    level, folder = path.parts[-3], path.parts[-2]
    for case in tests.findall("{*}testCase"):
        context = {node.get("name"): value_of(node) for node in case.findall("{*}inputNode")}
        for node in case.findall("{*}resultNode"):
            expected = value_of(node.find("{*}expected"))
            reason = ""
            got = None
            try:
                if case.get("invocableName"):
                    decision = model.invoke(case.get("invocableName"), context)
                    got = decision.value
                    if isinstance(got, dict) and node.get("name") in got:
                        got = got[node.get("name")]
                else:
                    decision = model.decide(node.get("name"), context)
                    got = decision.value
                reason = "; ".join(decision.diagnostics[:2])
            except CaseworkError as error:
                reason = f"{type(error).__name__}: {error}"
                got = None
            yield Outcome(
                level, folder, case.get("id"), node.get("name"), agrees(got, expected), to_feel(got), to_feel(expected), reason
            )
