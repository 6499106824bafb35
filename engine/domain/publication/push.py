"""Pushing a publication to a national system by HTTPS: at least once, always with the same key.

The call runs in a job after the commit, with retries; what came back is written down afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import clock
from engine.domain.publication.tables import PublicationReceipt
from engine.errors import Unavailable
from engine.sentence import Sentence

Http = Callable[[str, str, Mapping[str, Any], Mapping[str, str]], tuple[int, Mapping[str, Any]]]
"""`(method, url, JSON body, headers) → (status, JSON answer)`; the caller guards hosts and addresses."""

JOB = "publish.push"
OK = range(200, 300)
SEEN_BEFORE = 409


def deliver(payload: Mapping[str, Any], http: Http) -> dict[str, Any]:
    """Send one publication; returns `{receipt_no, url}`. Unavailable (→ retry) unless the system confirms.

    `payload`: `{url, channel, publication_id, key, body}`. The key makes a repeated sending harmless.
    """
    status, answer = http(
        "POST", str(payload["url"]), payload["body"], {"Idempotency-Key": str(payload["key"])}
    )
    if status not in OK and status != SEEN_BEFORE:
        raise Unavailable(
            Sentence("{channel} 没有接收（HTTP {status}）。", channel=payload["channel"], status=status),
            hint="稍后自动重试，不会重复公示。",
        )
    return {
        "receipt_no": str(answer.get("receipt") or answer.get("id") or ""),
        "url": str(answer.get("url") or ""),
    }


def delivered(session: Session, payload: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
    """Write down that a channel has confirmed; harmless when repeated."""
    row = session.scalar(
        select(PublicationReceipt).where(
            PublicationReceipt.publication_id == int(payload["publication_id"]),
            PublicationReceipt.channel == str(payload["channel"]),
        ),
    )
    if row is None or row.state == "published":
        return
    row.state = "published"
    row.receipt_no, row.url = str(answer.get("receipt_no", ""))[:80], str(answer.get("url", ""))
    row.attempts += 1
    row.confirmed_at = clock.now()
