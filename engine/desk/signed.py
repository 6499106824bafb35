"""Signed calls to outside systems: a secret for each receiver, a key that makes a repeat harmless.

Secrets are derived from the installation's, so they stand in no database.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

import orjson

from engine import clock
from engine.settings import Settings


def secret_of(settings: Settings, receiver: str) -> str:
    """What signs the calls to a receiver (`notice-hook:ID:TURN`), 64 hex characters."""
    return hmac.new(settings.secret_key.encode(), receiver.encode(), hashlib.sha256).hexdigest()


def signature(secret: str, timestamp: str, content: bytes) -> str:
    """HMAC-SHA256 over `timestamp.body`: the receiver refuses old timestamps, so a copy is worthless."""
    return (
        "sha256=" + hmac.new(secret.encode(), timestamp.encode() + b"." + content, hashlib.sha256).hexdigest()
    )


def headers(secret: str, body: Mapping[str, Any]) -> dict[str, str]:
    """When a JSON body was sent, and the signature of both."""
    timestamp = str(int(clock.now().timestamp()))
    return {
        "X-Casework-Timestamp": timestamp,
        "X-Casework-Signature": signature(secret, timestamp, orjson.dumps(body)),
    }
