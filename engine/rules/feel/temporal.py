"""Calendar values of FEEL: time, date and time, the two durations, and dates beyond Python's years.

A day is a `datetime.date`; a year outside 1–9999 makes it a `FarDate` with the same three fields. Seconds
carry nanoseconds. A zone is `None` (local), an offset in seconds, or the id of a zone: `Asia/Shanghai`.
"""
# ruff: noqa: PLR2004  (the numbers of the calendar are their own names)

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

SECOND = 1_000_000_000
DAY = 86_400 * SECOND
MAX_YEAR = 999_999_999
Zone = int | str | None


@dataclass(frozen=True, slots=True)
class FarDate:
    """A day of the proleptic Gregorian calendar in a year that `datetime.date` cannot hold."""

    year: int
    month: int
    day: int


Day = date | FarDate


@dataclass(frozen=True, slots=True)
class Time:
    """A time of day, with nanoseconds and an optional zone."""

    hour: int
    minute: int
    second: int
    nano: int = 0
    zone: Zone = None

    def nanos(self) -> int:
        """Nanoseconds since midnight, as shown on the clock."""
        return ((self.hour * 60 + self.minute) * 60 + self.second) * SECOND + self.nano


@dataclass(frozen=True, slots=True)
class DateTime:
    """A day and a time on it; the zone is that of the time."""

    day: Day
    time: Time


@dataclass(frozen=True, slots=True)
class YearsMonths:
    """A years and months duration, counted in months."""

    months: int


@dataclass(frozen=True, slots=True)
class DaysTime:
    """A days and time duration, counted in nanoseconds."""

    nanos: int


def days_in_month(year: int, month: int) -> int:
    """The length of a month, leap years of the Gregorian rule."""
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in {4, 6, 9, 11} else 31


def make_day(year: int, month: int, day: int) -> Day | None:
    """A day by its three numbers, or None where the calendar has no such day."""
    if not (-MAX_YEAR <= year <= MAX_YEAR and 1 <= month <= 12 and 1 <= day <= days_in_month(year, month)):
        return None
    return date(year, month, day) if 1 <= year <= 9999 else FarDate(year, month, day)


def days_of(day: Day) -> int:
    """Days since 1970-01-01."""
    if isinstance(day, date):
        return day.toordinal() - 719_163
    year = day.year - (day.month <= 2)
    era = year // 400
    of_era = year - era * 400
    of_year = (153 * (day.month + (-3 if day.month > 2 else 9)) + 2) // 5 + day.day - 1
    return era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468


def day_at(days: int) -> Day | None:
    """The day that lies so many days after 1970-01-01; None beyond the supported years."""
    if -719_162 <= days <= 2_932_896:
        return date.fromordinal(days + 719_163)
    days += 719_468
    era = days // 146_097
    of_era = days - era * 146_097
    year = (of_era - of_era // 1460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    shifted = (5 * of_year + 2) // 153
    month = shifted + 3 if shifted < 10 else shifted - 9
    return make_day(year + era * 400 + (month <= 2), month, of_year - (153 * shifted + 2) // 5 + 1)


def add_months(day: Day, months: int) -> Day | None:
    """The same day of a later month, or that month's last day."""
    total = day.year * 12 + day.month - 1 + months
    year, month = total // 12, total % 12 + 1
    return make_day(year, month, min(day.day, days_in_month(year, month)))


_ZONE_ID = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*")


@lru_cache(maxsize=256)
def _zone_info(name: str) -> ZoneInfo | None:
    if not _ZONE_ID.fullmatch(name) or len(name) > 64:
        return None
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        return None


def offset_of(zone: Zone, day: Day | None = None, nanos: int = 0) -> int | None:
    """Seconds east of UTC for a zone at a local day and clock time; None without a zone."""
    if zone is None or isinstance(zone, int):
        return zone
    info = _zone_info(zone)
    if info is None:
        return None
    shown = day if isinstance(day, date) else date(1970, 1, 1)
    moment = datetime(shown.year, shown.month, shown.day) + timedelta(microseconds=nanos // 1000)  # noqa: DTZ001
    offset = moment.replace(tzinfo=info).utcoffset()
    return int(offset.total_seconds()) if offset is not None else None


def instant(value: DateTime) -> int:
    """Nanoseconds since 1970-01-01 UTC; a local value counts as UTC."""
    nanos = value.time.nanos()
    return days_of(value.day) * DAY + nanos - (offset_of(value.time.zone, value.day, nanos) or 0) * SECOND


def time_of(nanos: int, zone: Zone = None) -> Time:
    """The time of day so many nanoseconds after midnight, turning over at 24 hours."""
    seconds, nano = divmod(nanos % DAY, SECOND)
    return Time(seconds // 3600, seconds // 60 % 60, seconds % 60, nano, zone)


def at_instant(nanos: int, zone: str) -> DateTime | None:
    """What the clock of a named zone shows at an instant (nanoseconds since 1970 UTC)."""
    utc = day_at(nanos // DAY)
    info = _zone_info(zone)
    if utc is None or info is None:
        return None
    shown = utc if isinstance(utc, date) else date(1970, 1, 1)
    moment = datetime(shown.year, shown.month, shown.day, tzinfo=UTC) + timedelta(
        microseconds=nanos % DAY // 1000
    )
    offset = moment.astimezone(info).utcoffset() or timedelta()
    total = nanos + int(offset.total_seconds()) * SECOND
    day = day_at(total // DAY)
    return DateTime(day, time_of(total, zone)) if day is not None else None


def shift(value: DateTime, nanos: int) -> DateTime | None:
    """A date and time moved by an exact amount of time."""
    if isinstance(value.time.zone, str):
        return at_instant(instant(value) + nanos, value.time.zone)
    total = days_of(value.day) * DAY + value.time.nanos() + nanos
    day = day_at(total // DAY)
    return DateTime(day, time_of(total, value.time.zone)) if day is not None else None


_DAY = r"(-?(?:[1-9]\d{4,8}|\d{4}))-(\d\d)-(\d\d)"
_TIME = r"(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d(?::\d\d)?|@[^\s]+)?"
_DAY_TEXT = re.compile(_DAY, re.ASCII)
_TIME_TEXT = re.compile("T?" + _TIME, re.ASCII)
_DATE_TIME_TEXT = re.compile(_DAY + "T" + _TIME, re.ASCII)
_MONTHS_TEXT = re.compile(r"(-?)P(?:(\d{1,18})Y)?(?:(\d{1,18})M)?", re.ASCII)
_SECONDS_TEXT = re.compile(
    r"(-?)P(?:(\d{1,18})D)?(T(?:(\d{1,18})H)?(?:(\d{1,18})M)?(?:(\d{1,18})(?:\.(\d*))?S)?)?", re.ASCII
)


def parse_day(text: str) -> Day | None:
    """`2024-02-29`; years of four to nine digits, a minus before Christ."""
    found = _DAY_TEXT.fullmatch(text)
    if found is None:
        return None
    return make_day(int(found[1]), int(found[2]), int(found[3]))


def _zone(text: str | None) -> tuple[bool, Zone]:
    if not text:
        return True, None
    if text == "Z":
        return True, 0
    if text[0] == "@":
        return _zone_info(text[1:]) is not None, text[1:]
    parts = [int(part) for part in text[1:].split(":")]
    seconds = parts[0] * 3600 + parts[1] * 60 + (parts[2] if len(parts) > 2 else 0)
    fits = parts[1] < 60 and (len(parts) < 3 or parts[2] < 60) and seconds <= 18 * 3600
    return fits, -seconds if text[0] == "-" else seconds


def _clock(
    hour: str, minute: str, second: str, fraction: str | None, zone: str | None
) -> tuple[int, Time] | None:
    """Days to carry (24:00:00 is the next midnight) and the time; None where the clock has no such time."""
    fits, place = _zone(zone)
    hours, minutes, seconds = int(hour), int(minute), int(second)
    nano = int((fraction or "0")[:9].ljust(9, "0"))
    if (
        not fits
        or minutes > 59
        or seconds > 59
        or hours > 24
        or (hours == 24 and (minutes or seconds or nano))
    ):
        return None
    return hours // 24, Time(hours % 24, minutes, seconds, nano, place)


def parse_time(text: str) -> Time | None:
    """`08:30:00`, with a fraction, and `Z`, `+08:00` or `@Asia/Shanghai` behind it."""
    found = _TIME_TEXT.fullmatch(text)
    clock = _clock(found[1], found[2], found[3], found[4], found[5]) if found else None
    return clock[1] if clock else None


def parse_date_time(text: str) -> DateTime | None:
    """`2024-02-29T08:30:00+08:00`; a day alone is its midnight."""
    found = _DATE_TIME_TEXT.fullmatch(text)
    if found is None:
        only_day = parse_day(text)
        return DateTime(only_day, Time(0, 0, 0)) if only_day is not None else None
    day = make_day(int(found[1]), int(found[2]), int(found[3]))
    clock = _clock(found[4], found[5], found[6], found[7], found[8])
    if day is None or clock is None:
        return None
    carried = day_at(days_of(day) + clock[0]) if clock[0] else day
    return DateTime(carried, clock[1]) if carried is not None else None


def parse_duration(text: str) -> YearsMonths | DaysTime | None:
    """`P1Y2M` or `P1DT2H3M4.5S`, never a mixture of both."""
    found = _MONTHS_TEXT.fullmatch(text)
    if found and (found[2] or found[3]):
        months = int(found[2] or 0) * 12 + int(found[3] or 0)
        return YearsMonths(-months if found[1] else months)
    found = _SECONDS_TEXT.fullmatch(text)
    if found is None or text[-1] in "PT":
        return None
    seconds = ((int(found[2] or 0) * 24 + int(found[4] or 0)) * 60 + int(found[5] or 0)) * 60 + int(
        found[6] or 0
    )
    nanos = seconds * SECOND + int((found[7] or "0")[:9].ljust(9, "0"))
    return DaysTime(-nanos if found[1] else nanos)


def day_text(day: Day) -> str:
    """The ISO text of a day."""
    sign = "-" if day.year < 0 else ""
    return f"{sign}{abs(day.year):04d}-{day.month:02d}-{day.day:02d}"


def zone_text(zone: Zone) -> str:
    """What stands behind the time: nothing, `Z`, an offset, or `@` and a zone id."""
    if zone is None:
        return ""
    if isinstance(zone, str):
        return "@" + zone
    if zone == 0:
        return "Z"
    minutes, seconds = divmod(abs(zone), 60)
    text = f"{'-' if zone < 0 else '+'}{minutes // 60:02d}:{minutes % 60:02d}"
    return f"{text}:{seconds:02d}" if seconds else text


def time_text(value: Time) -> str:
    """The ISO text of a time."""
    fraction = f".{value.nano:09d}".rstrip("0") if value.nano else ""
    return f"{value.hour:02d}:{value.minute:02d}:{value.second:02d}{fraction}{zone_text(value.zone)}"


def duration_text(value: YearsMonths | DaysTime) -> str:
    """The shortest ISO text of a duration: `P1Y2M`, `P1DT2H`, `PT0S`."""
    if isinstance(value, YearsMonths):
        years, months = divmod(abs(value.months), 12)
        body = (f"{years}Y" if years else "") + (f"{months}M" if months or not years else "")
        return f"{'-' if value.months < 0 else ''}P{body}"
    seconds, nano = divmod(abs(value.nanos), SECOND)
    days, rest = divmod(seconds, 86_400)
    hours, minutes, last = rest // 3600, rest // 60 % 60, rest % 60
    clock = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
    if last or nano or not (days or clock):
        clock += str(last) + (f".{nano:09d}".rstrip("0") if nano else "") + "S"
    sign = "-" if value.nanos < 0 else ""
    return f"{sign}P{f'{days}D' if days else ''}{f'T{clock}' if clock else ''}"
