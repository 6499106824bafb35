"""The only place where the clock is read. Instants are UTC and aware; days are Asia/Shanghai days."""

from __future__ import annotations

import time as system
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")

_fixed: ContextVar[datetime | None] = ContextVar("casework_fixed_clock", default=None)
_installed: dict[str, datetime | timedelta] = {}


def now() -> datetime:
    """The current instant, UTC."""
    fixed = _fixed.get() or _installed.get("fixed")
    if isinstance(fixed, datetime):
        return fixed
    offset = _installed.get("offset", timedelta())
    return datetime.now(UTC) + (offset if isinstance(offset, timedelta) else timedelta())


def order() -> float:
    """Seconds that put what happens inside the kernel in order: of the system, never held, shown to nobody."""
    return system.time()


def today() -> date:
    """The current day in Shanghai."""
    return now().astimezone(SHANGHAI).date()


def local(instant: datetime) -> datetime:
    """An instant as people in the bureau read it."""
    return instant.astimezone(SHANGHAI)


def end_of(day: date) -> datetime:
    """The last instant of a day in Shanghai, as UTC: a deadline ends with its last day."""
    return datetime.combine(day, time(23, 59, 59), SHANGHAI).astimezone(UTC)


def start_of(day: date) -> datetime:
    """The first instant of a day in Shanghai, as UTC."""
    return datetime.combine(day, time(0), SHANGHAI).astimezone(UTC)


@contextmanager
def fixed(instant: datetime) -> Iterator[None]:
    """Hold the clock at an instant (tests, demo, «as of»). Refuses a naive datetime."""
    if instant.tzinfo is None:
        raise ValueError("a clock needs an aware instant")
    token = _fixed.set(instant.astimezone(UTC))
    try:
        yield
    finally:
        _fixed.reset(token)


def install(text: str) -> None:
    """Set the process-wide clock from `CASEWORK_CLOCK`: an ISO instant (fixed) or `+3d` / `-2h` (offset)."""
    _installed.clear()
    if not text:
        return
    if text[0] in "+-":
        amount = int(text[:-1])
        unit = {"d": "days", "h": "hours", "m": "minutes"}[text[-1]]
        _installed["offset"] = timedelta(**{unit: amount})
        return
    instant = datetime.fromisoformat(text)
    _installed["fixed"] = (instant if instant.tzinfo else instant.replace(tzinfo=SHANGHAI)).astimezone(UTC)
