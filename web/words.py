"""How values are said on a page: days, instants, numbers, articles, labels. All pages say it alike.

Three catalogues from Chinese: `messages` holds what the pages say by themselves (`_("…")` in templates and routes),
`labels` what the engine, the diagrams and the forms call things (the filter `label`), `refusals` why something cannot
be done and what to do (the filter `said`). What has no English, such as names and quotations of the regulation, stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, lru_cache
from typing import Any

from flask import g, has_app_context
from flask_babel import gettext as _
from jinja2 import Environment

from engine import clock
from engine.domain import terms
from engine.domain.pack import names, parameters
from engine.errors import CaseworkError
from engine.sentence import Recall, Sentence, told
from web.catalogue import patterns
from web.language import Words, in_english

_LABELS = Words(domain="labels")
_REFUSALS = Words(domain="refusals")
_HAN = re.compile(r"[\u3400-\u9fff]")
_REF = re.compile(r"[A-Z][1-9][0-9]?( [A-Z][1-9][0-9]?)*\Z")


BROWSERS = (
    ("MicroMessenger", "WeChat"), ("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"), ("Safari/", "Safari"),
)  # fmt: skip
SYSTEMS = (
    ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)  # fmt: skip
"""Marks in the order in which they are looked for: most browsers name the others, too."""


@dataclass(frozen=True, slots=True)
class Mark:
    """An article beside a step: «吉 第十一条», and the document's full number for the title."""

    short: str
    full: str


def clauses(refs: str, pack: str = "") -> list[Mark]:
    """The marks for article references as a reader of that pack sees them, one each."""
    marks = []
    for ref in terms.split_refs(refs or ""):
        short = terms.cite(ref, pack, short=True)
        if short and in_english() and _REF.match(ref):
            marks.append(Mark(f"{label(short.split()[0])} art. {ref[1:]}", terms.cite(ref, pack)))
        elif short:
            marks.append(Mark(short, terms.cite(ref, pack)))
    return marks


def cited(text: str, pack: str = "") -> str:
    """Words for a clause that may still be references (`J8 W8`); other text stays as it is."""
    return terms.cite(text, pack) if _REF.match(text or "") else text or ""


def label(text: Any) -> str:
    """What the engine, a diagram or a form calls something, in the reader's language."""
    if isinstance(text, Sentence):
        return said(text)
    word = "" if text is None else str(text)
    return _found(_LABELS, word) if word and in_english() else _own_word(word)


def _own_word(word: str) -> str:
    """What the reader's bureau calls a post or a lane (基金监管 → 政策法规和基金监管股); any other word as it is."""
    reader = g.get("person") if has_app_context() else None
    return parameters(reader.bureau.pack).posts.get(word, word) if reader is not None else word


def said(sentence: str) -> str:
    """Why something cannot be done, or what to do, in the reader's language and the words of the own bureau."""
    return told(sentence, _look if in_english() else _own_word)


def whole(*sentences: str) -> str:
    """Sentences (a reason and its hint) as one text, in the reader's language."""
    return (" " if in_english() else "").join(said(text) for text in sentences if text)


def speak(error: CaseworkError, pack: str = "") -> None:
    """Let an error say reason, hint and fields as the reader of that pack reads them, articles cited."""
    error.tell(_look if in_english() else _own_word)
    error.clause = cited(error.clause, pack)


@lru_cache(maxsize=4096)
def _look(text: str) -> str:
    """The English of a pattern, a word, or of a sentence of ours that a row keeps as text."""
    found = _found(_REFUSALS, text)
    found = _found(_LABELS, text) if found == text else found
    return _recall().told(text, _look) if found == text and _HAN.search(text) else found


@cache
def _recall() -> Recall:
    return Recall(patterns())


def _found(catalogue: Words, text: str) -> str:
    found: str = catalogue.gettext(text)
    return found


def listed(labels: Iterable[str]) -> str:
    """«组长、专家»; in English «leader, expert»."""
    joined: str = _("、").join(label(each) for each in labels)
    return joined


def lamp_words(lamp: Any) -> str:
    """The words of a deadline's mark: «剩 3 日», «3 days left»."""
    days = getattr(lamp, "days", None)
    if not in_english() or not days:
        return label(lamp.text)
    return f"{-days} overdue" if days < 0 else f"{days} left"


def pack_title(name: str) -> str:
    """The rules of a place by their title: `jilin` → «吉林省规则»; a pack that only a release has, by its name."""
    return label(_title(name))


@cache
def _title(name: str) -> str:
    return parameters(name).title if name in names() else name


def under(sentence: str, clause: str) -> str:
    """A sentence with the article it rests on inside: «不能查看督办（吉医保发〔2021〕30号第二十四条）。»."""
    if not clause:
        return sentence
    stop = sentence[-1:] if sentence.endswith(tuple(_("。") + ".")) else ""
    return sentence.removesuffix(stop) + _("（%(words)s）", words=clause) + stop


def day(value: date | datetime | str | None) -> str:
    """«10 月 9 日», with the year when it is another one."""
    found = _day(value)
    if found is None:
        return ""
    month = f"{found:%b}" if in_english() else str(found.month)
    if found.year == clock.today().year:
        return _("%(month)s 月 %(day)s 日", month=month, day=found.day)
    return _("%(year)s 年 %(month)s 月 %(day)s 日", year=found.year, month=month, day=found.day)


def weekdays() -> list[str]:
    """The heads of a calendar's columns, from Monday."""
    return [_("一"), _("二"), _("三"), _("四"), _("五"), _("六"), _("日")]


def weekday(value: date | datetime | str | None) -> str:
    """«星期五»."""
    found = _day(value)
    if found is None:
        return ""
    names = _("星期一"), _("星期二"), _("星期三"), _("星期四"), _("星期五"), _("星期六"), _("星期日")
    return names[found.weekday()]


def iso(value: date | datetime | str | None) -> str:
    """«2026-10-09»."""
    found = _day(value)
    return "" if found is None else found.isoformat()


def moment(value: datetime | None) -> str:
    """«今天 10:20», «10-09 10:20», «2025-10-09 10:20»: as short as it stays clear."""
    if value is None:
        return ""
    local, today = clock.local(value), clock.today()
    if local.date() == today:
        return _("今天 %(time)s", time=f"{local:%H:%M}")
    return f"{local:%m-%d %H:%M}" if local.year == today.year else f"{local:%Y-%m-%d %H:%M}"


def number(value: float | None) -> str:
    """1284 → «1,284»."""
    return "" if value is None else f"{value:,}"


def share(text: str) -> str:
    """A ratio as people say it: `1/100` → «1%», `1/3` → «1/3»; what is none stays as it is."""
    num, slash, den = text.partition("/")
    if not slash or not num.isdecimal() or not den.isdecimal() or 10_000 * int(num) % (int(den) or 7):
        return text
    return f"{100 * int(num) / int(den):g}%"


def device(agent: str) -> str:
    """What somebody signed in with, by what the browser says of itself: «Chrome，Windows»."""
    browser = next((name for mark, name in BROWSERS if mark in agent), "")
    system = next((name for mark, name in SYSTEMS if mark in agent), "")
    if not browser or not agent.startswith("Mozilla/"):
        return agent
    return f"{browser}{_('，')}{system}" if system else browser


def yuan(fen: int | None) -> str:
    """Fen as yuan: 620000 → «6,200.00 元»."""
    return "" if fen is None else _("%(amount)s 元", amount=f"{fen // 100:,}.{fen % 100:02d}")


def _day(value: date | datetime | str | None) -> date | None:
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return date.fromisoformat(value[:10])
    return clock.local(value).date() if isinstance(value, datetime) else value


def _state(word: str) -> str:
    return label(terms.state_label(word))


def _role(word: str) -> str:
    return label(terms.role_label(word))


def install(environment: Environment) -> None:
    """Give templates these words."""
    environment.filters |= {
        "day": day, "weekday": weekday, "iso": iso, "moment": moment, "number": number, "yuan": yuan,
        "share": share, "device": device,
        "state_label": _state, "label": label, "listed": listed, "said": said, "lamp_words": lamp_words,
        "pack_title": pack_title, "under": under,
    }  # fmt: skip
    environment.globals |= {
        "clauses": clauses, "cited": cited, "role_label": _role, "weekdays": weekdays, "in_english": in_english,
    }  # fmt: skip
