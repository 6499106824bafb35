"""Values of the rules as JSON values, for process data, history and pages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any


def plain(value: Any) -> Any:
    """A value of the rules as JSON: numbers as int where whole, else text; dates as ISO text."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [plain(item) for item in value]
    if value is None or isinstance(value, (bool, str, int)):
        return value
    if isinstance(value, date | datetime):
        return value.isoformat()
    try:
        whole = int(value)
    except (TypeError, ValueError):
        return str(value)
    return whole if whole == value else str(value)
