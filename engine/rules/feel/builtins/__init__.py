"""The built-in functions of FEEL, by the chapters of the standard."""

from __future__ import annotations

from . import calendar, contexts, lists, numbers, ranges, strings
from .registry import BUILTINS

__all__ = ["BUILTINS", "calendar", "contexts", "lists", "numbers", "ranges", "strings"]
