"""DMN: decision tables and requirement graphs, decided by FEEL.

`reader` (hardened XML) → `document` (types, names, findings) → `boxed` and `table` (closures) → `model`
(the graph; `session` is one evaluation of it). `analysis` says what is wrong with a table as a whole.
"""

from __future__ import annotations

from .analysis import TableFinding, analyse
from .folder import load_path
from .model import Decision, Model, load, load_all
from .table import Matched, Table

__all__ = [
    "Decision",
    "Matched",
    "Model",
    "Table",
    "TableFinding",
    "analyse",
    "load",
    "load_all",
    "load_path",
]
