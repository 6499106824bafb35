"""Idempotency: the same key with the same body gives the same receipt; another body with it is refused."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from engine.errors import Refused
from engine.runtime.tables import Receipt
from engine.storage.base import append

_KNOWN = select(Receipt.body_hash, Receipt.answer).where(Receipt.key == bindparam("key"))


def body_hash(body: Mapping[str, Any]) -> str:
    """The hash of a request's body, keys in order."""
    return hashlib.sha256(
        orjson.dumps(body, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS, default=str)
    ).hexdigest()


def known(session: Session, key: str, body: Mapping[str, Any]) -> dict[str, Any] | None:
    """The answer already given to this key, None for a new one; Refused (`key-reused`) for another body."""
    if not key:
        return None
    found = session.connection().execute(_KNOWN, {"key": key}).one_or_none()
    if found is None:
        return None
    if found.body_hash != body_hash(body):
        raise Refused("这次提交的编号已用于另一份内容。", slug="key-reused", hint="请重新打开页面再提交。")
    return dict(found.answer)


def keep(session: Session, key: str, body: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
    """Store the answer in the transaction of the act."""
    if key:
        append(session, Receipt, key=key, body_hash=body_hash(body), answer=dict(answer))
