"""Decision tables as a whole: rows that contradict each other or never count are errors, a gap warns."""

from __future__ import annotations

from collections.abc import Iterator

from engine.errors import Finding
from engine.rules import dmn
from engine.rules.dmn.model import Model
from engine.rules.dmn.reader import name_of
from engine.sentence import Sentence


def check(model: Model, path: str) -> Iterator[Finding]:
    """The findings of the table analysis that an owner must mend, each with an input that shows it.

    What is only unlikely (other texts, fractions between whole numbers) stands on the table's page.
    """
    for node in model.decisions():
        for table in model.tables(node):
            for found in dmn.analyse(table):
                if found.severity != "error":
                    continue
                shown = "，".join(f"{label} = {value}" for label, value in found.example.items())
                yield Finding(
                    path,
                    node.id,
                    name_of(node.element),
                    node.element.sourceline or 0,
                    f"table-{found.kind}",
                    Sentence("{reason}例如 {shown}。", reason=found.reason, shown=shown)
                    if shown
                    else found.reason,
                    found.hint,
                    "warning" if found.kind == "gap" else "error",
                )
