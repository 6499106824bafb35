"""Opens the installation with the form checks that the engine may not import itself."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import structlog

from engine.desk.world import World
from engine.errors import Finding, ModelInvalid
from engine.settings import Settings
from forms import definition


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
    return World.open(settings, form_check=form_check, form_keys=form_keys)
