"""FEEL, the one expression language: gateways, timers, decision tables and form conditions all speak it.

text → `tokens` → `parser` → `tree` → `compiler` (closures) → value. `values` and `temporal` are what it
computes with, `builtins/` the functions of the standard, `limits` what one text may cost.
Nothing of Python is reachable.
"""

from __future__ import annotations

from .expression import Expression, Result, evaluate, parse
from .limits import DEFAULT, Limits
from .outside import to_json, to_python
from .temporal import DateTime, DaysTime, Time, YearsMonths
from .values import Function, Range, equal, to_feel, type_name

__all__ = [
    "DEFAULT",
    "DateTime",
    "DaysTime",
    "Expression",
    "Function",
    "Limits",
    "Range",
    "Result",
    "Time",
    "YearsMonths",
    "equal",
    "evaluate",
    "parse",
    "to_feel",
    "to_json",
    "to_python",
    "type_name",
]
