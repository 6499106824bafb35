"""FEEL in forms: when a part is hidden, which options there are, what is computed. Parsed once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.rules import feel
from engine.rules.feel.expression import free_names


@dataclass(frozen=True, slots=True, eq=False)
class Condition:
    """A FEEL text of a form. `names`: the variables it reads; `tree`: the tree for the browser."""

    text: str
    expression: feel.Expression
    names: frozenset[str]

    @property
    def tree(self) -> Any:
        """The parsed tree as JSON."""
        return self.expression.tree()

    def holds(self, answers: Mapping[str, Any]) -> bool:
        """Whether the condition is true. What is not answered yet is null, and null is not true."""
        return self.expression.evaluate(self._context(answers)).value is True

    def value(self, answers: Mapping[str, Any]) -> Any:
        """The value; null while something it reads is empty; RuleError where it gives nothing."""
        context = self._context(answers)
        if any(value is None for value in context.values()):
            return self.expression.evaluate(context).value
        return self.expression.value(context)

    def _context(self, answers: Mapping[str, Any]) -> dict[str, Any]:
        return {name: answers.get(name) for name in self.names}


def read(text: str) -> Condition:
    """Parse a FEEL text; the leading `=` of form-js is optional. Raises RuleError with the position.

    Names are compared with the form later, when all of them are known; functions must exist now.
    """
    body = text.strip().removeprefix("=").strip()
    free = free_names(feel.parse(body).node)
    variables = {name for name, _, called, _ in free if not called}
    return Condition(body, feel.parse(body, names=variables), frozenset(variables))
