"""Opens the installation with the form checks that the engine may not import itself."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import structlog

from engine import clock
from engine.desk.rehearsal import Asked
from engine.desk.world import World
from engine.errors import Finding, ModelInvalid
from engine.settings import Settings
from forms import definition, schema
from forms.plausible import Respondent, filled


def form_check(path: str, content: bytes) -> Sequence[Finding]:
    """What is wrong with a form, all findings at once."""
    try:
        definition.read(content, path)
    except ModelInvalid as fault:
        return fault.findings
    return []


def form_keys(path: str, content: bytes) -> Sequence[str]:
    """The keys a form answers."""
    return sorted(definition.read(content, path).keys)


def respond(asked: Asked, chosen: Mapping[str, Any]) -> dict[str, Any]:
    """Answer a form of a release plausibly and let the same schema check it that checks people."""
    form = definition.read(asked.form, f"forms/{asked.item.form}.form")
    person = Respondent(asked.actor.name, clock.local(clock.now()), asked.options, asked.hand_in)
    return schema.load(form, filled(form, chosen, person), options=dict(asked.options), data=dict(asked.data))


def open_world(settings: Settings) -> World:
    """The assembled installation; its log lines are JSON on stderr, tracebacks without local values."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    return World.open(settings, form_check=form_check, form_keys=form_keys, respond=respond)
