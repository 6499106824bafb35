"""Cursors of long lists as they stand in an address: «the due instant and the number of the last row».

Whatever else stands there begins the list anew: an address is anybody's to write.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DIGITS = 18  # fits a row's number of 64 bits
INSTANT = 17  # digits of microseconds since 1970 that are still an instant


def number(text: str) -> int:
    """A row's number, 0 for anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= DIGITS else 0


def written(due: datetime | None, row: int) -> str:
    """The cursor behind a row; `due` is a UTC instant, None in a list without."""
    return f"{(due - EPOCH) // timedelta(microseconds=1) if due else ''}_{row}"


def read(text: str) -> tuple[datetime | None, int] | None:
    """What `written` wrote, None for anything else."""
    head, _, tail = text.partition("_")
    row, micros = number(tail), number(head)
    if not row or len(head) > INSTANT or (head and not micros):
        return None
    return (EPOCH + timedelta(microseconds=micros) if head else None), row
