"""Rule packs (规则包): what each regulation fixes, as parameters with value, strength, source and validity.

Packs inherit 国家 → 省 → 市 → 县: a silent pack keeps its parent's value, switching a parent's rule off needs
an explicit value with its source. Whoever is not in the lineage of a regulation never sees its rules.

A verb asks the release of its case: `step.rules["cap.per_year"].value`; `parameters("wugang")` is the pack as it ships.
A broken «原则上» goes through `record_break`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from engine.domain.pack.catalogue import CATALOGUE, Definition
from engine.domain.pack.check import check, findings
from engine.domain.pack.files import (
    FOLDER,
    deadline_rows,
    names,
    pack_files,
    parameter_files,
    same_content,
)
from engine.domain.pack.model import FOREVER, Pack, Parameter, frozen, parameters, show

if TYPE_CHECKING:
    from engine.domain.pack.breach import PrincipleBreak, breaks, record_break

__all__ = [
    "CATALOGUE",
    "FOLDER",
    "FOREVER",
    "Definition",
    "Pack",
    "Parameter",
    "PrincipleBreak",
    "breaks",
    "check",
    "deadline_rows",
    "findings",
    "frozen",
    "names",
    "pack_files",
    "parameter_files",
    "parameters",
    "record_break",
    "same_content",
    "show",
]

_OF_BREACH = ("PrincipleBreak", "breaks", "record_break")


def __getattr__(name: str) -> Any:
    """Load what needs a database when it is asked for: reading a pack (`casework pack`) starts without one."""
    if name in _OF_BREACH:
        return getattr(import_module("engine.domain.pack.breach"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
