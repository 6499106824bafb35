"""Idempotency: the same key with the same body gives the same receipt; another body with it is refused."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

import orjson
from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from engine.errors import Refused
from engine.runtime.tables import Receipt
from engine.storage.base import append_once

_KNOWN = select(Receipt.body_hash, Receipt.answer).where(Receipt.key == bindparam("key"))


def body_hash(body: Mapping[str, Any]) -> str:
    """The hash of a request's body, keys in order."""
    return hashlib.sha256(
        orjson.dumps(body, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS, default=str)
    ).hexdigest()


def take(
    session: Session, key: str, body: Mapping[str, Any], answer: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Note the answer under a key, with the act; None the first time, the first answer afterwards.

    Refused (`key-reused`) where the key was used for another body. Two requests with one key at the same
    moment: the second waits for the first.
    """
    if not key:
        return None
    digest = body_hash(body)
    if append_once(session, Receipt, "key", key=key, body_hash=digest, answer=dict(answer)):
        return None
    known = session.connection().execute(_KNOWN, {"key": key}).one()
    if known.body_hash != digest:
        raise Refused("这次提交的编号已用于另一份内容。", slug="key-reused", hint="请重新打开页面再提交。")
    return dict(known.answer)


def once(session: Session, key: str, body: Mapping[str, Any], make: Callable[[], int]) -> int:
    """Make something whose number is known only afterwards; a repeat gets the number of the first.

    Refused (`key-reused`) as `take`.
    """
    given = take(session, key, body, {})
    if given is not None:
        return int(given["made"])
    made = make()
    if key:
        session.execute(update(Receipt).where(Receipt.key == key).values(answer={"made": made}))
    return made
