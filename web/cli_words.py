"""What the command line says: Chinese as written in the code, English with `CASEWORK_LANG=en`.

The catalogue is gettext, as for the pages: texts are Chinese, `web/translations/en/LC_MESSAGES/cli.po`
holds the English. Click's own sentences are English; `web/translations/zh/LC_MESSAGES/click.po` holds the
Chinese.
"""

from __future__ import annotations

import gettext
import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import click

from engine.errors import CaseworkError, Finding
from engine.sentence import AND, Recall, told
from web.catalogue import patterns

TRANSLATIONS = Path(__file__).parent / "translations"
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
JSON_HELP = "只向标准输出写一个 JSON 文档"


def in_english() -> bool:
    """Whether the user asked for English."""
    return os.environ.get("CASEWORK_LANG", "").startswith("en")


@cache
def _catalogue() -> gettext.NullTranslations:
    """What the command line says by itself, then why something is refused, then what things are called."""
    found = gettext.translation("cli", TRANSLATIONS, languages=["en"], fallback=True)
    for domain in ("refusals", "labels"):
        found.add_fallback(gettext.translation(domain, TRANSLATIONS, languages=["en"], fallback=True))
    return found


def say(chinese: str, *values: object) -> str:
    """A sentence in the user's language, `{0}`, `{1}` filled in."""
    sentence = _catalogue().gettext(chinese) if in_english() and chinese else chinese
    return sentence.format(*values) if values else sentence


def spoken(sentence: str) -> str:
    """A sentence that the engine made (a finding, what it found in a file), in the user's language."""
    return told(sentence, _look) if in_english() else sentence


def heard(finding: Finding) -> dict[str, Any]:
    """A finding as JSON, its sentences in the user's language."""
    return (finding.told(_look) if in_english() else finding).as_json()


def _look(text: str) -> str:
    found = _catalogue().gettext(text)
    return found if found != text or text.isascii() else _recall().told(text, _look)


@cache
def _recall() -> Recall:
    return Recall(patterns())


def refusal(fault: CaseworkError) -> str:
    """An error as one line in the user's language: what and why, by which article, what now, what is wrong where."""
    line, between = str(fault), AND
    if in_english():
        fault.tell(_look)
        clause = f"({fault.clause})" if fault.clause else ""
        line, between = " ".join(text for text in (fault.reason, clause, fault.hint) if text), "; "
    fields = between.join(getattr(fault, "fields", {}).values())
    notes = between.join(getattr(fault, "__notes__", ()))
    return "　".join(text for text in (line, fields, notes) if text)


def click_speaks() -> None:
    """Let click say its own sentences in Chinese, unless English is wanted; the way click documents it."""
    if not in_english():
        os.environ["LANGUAGE"] = "zh"
        gettext.bindtextdomain("click", TRANSLATIONS)
        gettext.textdomain("click")


def translate(command: click.Command) -> None:
    """Help texts of a command, its parameters and everything below it, in the user's language."""
    if not in_english():
        return
    command.help = say(command.help or "")
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            parameter.help = say(parameter.help or "")
            if isinstance(parameter.prompt, str):
                parameter.prompt = say(parameter.prompt)
    if isinstance(command, click.Group):
        for below in command.commands.values():
            translate(below)


def print_json(value: Any) -> None:
    """One JSON document on standard output."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))
