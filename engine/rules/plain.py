"""Values of the rules as JSON values, for process data, history and pages."""

from __future__ import annotations

from typing import Any

from engine.rules.feel import to_json
from engine.rules.feel.values import adapt


def plain(value: Any) -> Any:
    """A value as JSON: whole numbers as int, others as float, calendar values as ISO text.

    Numbers stay numbers, so that a gateway may compare what a table gave. Raises RuleError for an object.
    """
    return to_json(adapt(value))
