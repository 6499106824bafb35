"""Whether an answer agrees with an expected one: FEEL equality, numbers to 8 decimals, at any depth."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from .values import NUMBERS, equal

_CLOSE = Decimal("1e-8")


def agrees(got: Any, expected: Any) -> bool:
    """FEEL equality with room for the rounding of the expected numbers."""
    if isinstance(got, Decimal) and isinstance(expected, Decimal):
        return NUMBERS.abs(NUMBERS.subtract(got, expected)) <= _CLOSE * max(Decimal(1), abs(expected))
    if isinstance(got, list) and isinstance(expected, list):
        return len(got) == len(expected) and all(agrees(a, b) for a, b in zip(got, expected, strict=True))
    if isinstance(got, dict) and isinstance(expected, dict):
        return got.keys() == expected.keys() and all(agrees(got[key], expected[key]) for key in got)
    return equal(got, expected) is True
