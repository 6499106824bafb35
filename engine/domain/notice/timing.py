"""When a notice may leave the house: at once, after the quiet hours, or with the day's digest."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from engine import clock
from engine.domain.notice.tables import NoticeChoice


def slot(choice: NoticeChoice, now: datetime, *, digest: bool = True) -> datetime:
    """The UTC instant at which a notice written now is sent by this person's choice.

    Quiet hours may span midnight; their last minute is not quiet any more. `digest=False` for channels that
    know no digest.
    """
    local = clock.local(now)
    if digest and choice.digest:
        at = _at(local, choice.digest_at)
        return (at if at > local else at + timedelta(days=1)).astimezone(UTC)
    if choice.quiet and is_quiet(choice, local):
        end = _at(local, choice.quiet_to)
        return (end if end > local else end + timedelta(days=1)).astimezone(UTC)
    return now


def is_quiet(choice: NoticeChoice, local: datetime) -> bool:
    """Whether this moment (in Shanghai) lies in the person's quiet hours."""
    minute = local.hour * 60 + local.minute
    if choice.quiet_from < choice.quiet_to:
        return choice.quiet_from <= minute < choice.quiet_to
    return minute >= choice.quiet_from or minute < choice.quiet_to


def _at(local: datetime, minute: int) -> datetime:
    return local.replace(hour=minute // 60, minute=minute % 60, second=0, microsecond=0)
