"""Pushing a publication to a national system by HTTPS: at least once, always with the same key.

The call runs in a job after the commit, with retries, to the address that the bureau has entered by then; what
came back is written down afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from engine import clock
from engine.domain.publication.duty import FINAL
from engine.domain.publication.tables import ChannelEndpoint, Publication, PublicationReceipt
from engine.errors import Unavailable
from engine.sentence import Sentence

Http = Callable[[str, str, Mapping[str, Any], Mapping[str, str]], tuple[int, Mapping[str, Any]]]
"""`(method, url, JSON body, headers) → (status, JSON answer)`; the caller guards hosts and addresses."""

JOB = "publish.push"
OK = range(200, 300)
SEEN_BEFORE = 409


def endpoint_of(session: Session, bureau_id: int, channel: str) -> ChannelEndpoint | None:
    """Where a bureau pushes to a channel; None where a file and a receipt by hand serve it."""
    return session.scalar(
        select(ChannelEndpoint).where(
            ChannelEndpoint.bureau_id == bureau_id,
            ChannelEndpoint.channel == channel,
            ChannelEndpoint.active,
        ),
    )


def receiver(session: Session, payload: Mapping[str, Any]) -> ChannelEndpoint | None:
    """Where a publication still is to be sent; None where it was confirmed, or its channel is by hand by now."""
    row = session.get_one(Publication, int(payload["publication_id"]))
    receipt = _receipt(session, payload)
    if receipt is None or receipt.state in FINAL:
        return None
    return endpoint_of(session, row.bureau_id, receipt.channel)


def by_hand(session: Session, bureau_id: int, channel: str) -> None:
    """What waited to be pushed is owed by hand again: the bureau has closed the address."""
    own = select(Publication.id).where(Publication.bureau_id == bureau_id)
    session.execute(
        update(PublicationReceipt)
        .where(PublicationReceipt.publication_id.in_(own), PublicationReceipt.channel == channel)
        .where(PublicationReceipt.state == "queued")
        .values(state="owed")
    )


def deliver(payload: Mapping[str, Any], url: str, http: Http) -> dict[str, Any]:
    """Send one publication; returns `{receipt_no, url}`. Unavailable (→ retry) unless the system confirms.

    `payload`: `{channel, publication_id, key, body}`. The key makes a repeated sending harmless.
    """
    status, answer = http("POST", url, payload["body"], {"Idempotency-Key": str(payload["key"])})
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
    row = _receipt(session, payload)
    if row is None or row.state == "published":
        return
    row.state = "published"
    row.receipt_no, row.url = str(answer.get("receipt_no", ""))[:80], str(answer.get("url", ""))
    row.attempts += 1
    row.confirmed_at = clock.now()


def _receipt(session: Session, payload: Mapping[str, Any]) -> PublicationReceipt | None:
    return session.scalar(
        select(PublicationReceipt).where(
            PublicationReceipt.publication_id == int(payload["publication_id"]),
            PublicationReceipt.channel == str(payload["channel"]),
        ),
    )
