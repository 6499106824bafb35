"""What a notice looks like as a mail: a text that reads well, and the same as HTML with one button.

Nothing but headings and addresses leaves the house (`words.heading`). The HTML asks for nothing from outside: no
picture, no font, no style sheet, so that opening a mail tells nobody anything. RFC 2047, 3834 (Auto-Submitted), 5322.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from engine import clock
from engine.settings import Settings

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=select_autoescape(),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail to be sent: `lines` are (heading, address) of notices, `action` (words, address) of the one button.

    `name` makes its Message-ID: a repeated sending is recognised by it. `left_out`: notices beyond `lines`;
    `waiting`: how many steps wait for the reader, None in a mail of one notice.
    """

    name: str
    to: str
    reader: str
    bureau: str
    subject: str
    lines: Sequence[tuple[str, str]]
    action: tuple[str, str]
    left_out: int = 0
    waiting: int | None = None


def written(letter: Letter, settings: Settings) -> EmailMessage:
    """The mail as it goes to the server; the bureau is its sender unless `SMTP_FROM` names one."""
    host = urlsplit(settings.base_url).hostname or "localhost"
    name, address = parseaddr(settings.smtp_from)
    message = EmailMessage()
    message["Subject"] = letter.subject
    message["From"] = Address(name or letter.bureau, addr_spec=address or f"casework@{host}")
    message["To"] = letter.to
    message["Date"] = format_datetime(clock.local(clock.now()))
    message["Message-ID"] = f"<{hashlib.sha256(letter.name.encode()).hexdigest()[:32]}@{host}>"
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = "zh-CN"
    shown = {"letter": letter, "choice": f"{settings.base_url}/notices/choice"}
    # base64: a server that knows no 8BITMIME, or breaks long lines, changes nothing
    message.set_content(_TEMPLATES.get_template("letter.txt").render(shown), cte="base64")
    page = _TEMPLATES.get_template("letter.html").render(shown)
    message.add_alternative(page, subtype="html", cte="base64")
    return message
