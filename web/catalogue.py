"""The patterns that a refusal, a finding or a remark may have been made of, read from the English catalogue."""

from __future__ import annotations

from pathlib import Path

REFUSALS = Path(__file__).parent / "translations/en/LC_MESSAGES/refusals.mo"


def patterns() -> list[str]:
    """Every text of the catalogue that has places to be filled in."""
    from babel.messages.mofile import read_mo  # noqa: PLC0415 (a command in Chinese needs none of it)

    with REFUSALS.open("rb") as file:
        return [str(message.id) for message in read_mo(file) if message.id and "{" in message.id]
