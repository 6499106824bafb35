"""Reading the answers of a form: JSON values in, typed values out.

What a field cannot hold is refused by its label.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from engine import clock
from engine.errors import Refused
from engine.sentence import Sentence

Answers = Mapping[str, Any]
CLOCKS_DIFFER = timedelta(minutes=5)  # a telephone's clock and ours


def text(answers: Answers, key: str) -> str:
    """A line of text without surrounding blanks; "" when not answered."""
    value = answers.get(key)
    return "" if value is None else str(value).strip()


def required(answers: Answers, key: str, label: str, *, clause: str = "", slug: str = "incomplete") -> str:
    """A text that must not be empty; refused under its own field otherwise."""
    value = text(answers, key)
    if not value:
        raise Refused(
            Sentence("请填写“{label}”。", label=label),
            clause=clause,
            slug=slug,
            fields={key: Sentence("请填写“{label}”。", label=label)},
        )
    return value


def flag(answers: Answers, key: str) -> bool:
    """A ticked box, or a choice of yes."""
    return answers.get(key) in (True, "yes", "true", "是")


def number(answers: Answers, key: str, default: int = 0) -> int:
    """A whole number (amounts of money in fen)."""
    value = answers.get(key)
    return default if value in (None, "") else int(value)


def day(answers: Answers, key: str) -> date | None:
    """A day in Shanghai; None when not answered."""
    value = answers.get(key)
    if value in (None, ""):
        return None
    if isinstance(value, datetime):
        return clock.local(value).date()
    if isinstance(value, date):
        return value
    return date.fromisoformat(str(value)[:10])


def instant(answers: Answers, key: str) -> datetime | None:
    """An instant; a time without a zone is the bureau's own time. A bare day means its first minute."""
    value = answers.get(key)
    if value in (None, ""):
        return None
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time())
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return moment if moment.tzinfo else moment.replace(tzinfo=clock.SHANGHAI)


def happened(answers: Answers, key: str, label: str) -> datetime:
    """An instant that has already been, now when not answered; refused in the future (slug `future-time`)."""
    moment = instant(answers, key) or clock.now()
    if moment > clock.now() + CLOCKS_DIFFER:
        refuse_future(key, label)
    return moment


def past_day(answers: Answers, key: str, label: str) -> date:
    """A day up to today, today when not answered; refused in the future (slug `future-time`)."""
    chosen = day(answers, key) or clock.today()
    if chosen > clock.today():
        refuse_future(key, label)
    return chosen


def refuse_future(key: str, label: str) -> None:
    """What has not yet been cannot be entered as done (slug `future-time`)."""
    raise Refused(
        Sentence("{label}不能在将来。", label=label), slug="future-time", fields={key: "不能在将来"}
    )


def rows(answers: Answers, key: str) -> list[Mapping[str, Any]]:
    """The lines of a dynamic list."""
    value = answers.get(key) or []
    return [row for row in value if isinstance(row, Mapping)]


def words(answers: Answers, key: str) -> list[str]:
    """Several chosen values (checklist, taglist, file picker), in the order of choice."""
    value = answers.get(key) or []
    return [str(item) for item in (value if isinstance(value, (list, tuple)) else [value])]


def signature(answers: Answers, key: str) -> dict[str, Any]:
    """A signature as `{name, path, signed_at}`; empty when nobody signed."""
    value = answers.get(key)
    return dict(value) if isinstance(value, Mapping) else {}


def photos(answers: Answers, key: str) -> list[dict[str, Any]]:
    """Photos as `{file, lat, lon, taken_at, …}`."""
    return [dict(item) for item in answers.get(key) or [] if isinstance(item, Mapping)]


def approves(answers: Answers) -> bool:
    """Whether a decision step agreed."""
    return text(answers, "decision") in ("approve", "agree")


def decision(answers: Answers, *, clause: str = "") -> dict[str, str]:
    """`{decision}` for the gateway behind an approval step; a return needs its reason."""
    if approves(answers):
        return {"decision": "approve"}
    required(answers, "reason", "退回原因", clause=clause, slug="reason-missing")
    return {"decision": "return"}
