"""附件: files enclosed with an act, named and hashed as the transcript wants them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from sqlalchemy.orm import Session

from engine.storage.files import StoredFile


def enclosures(session: Session, ids: Iterable[str]) -> list[dict[str, str]]:
    """`[{name, sha256}]` sorted by name. What is not a stored file is a reference to a paper and is hashed as written."""
    found: dict[str, str] = {}
    for each in ids:
        stored = session.get(StoredFile, each)
        name, digest = (
            (stored.name, stored.sha256) if stored else (each, hashlib.sha256(each.encode()).hexdigest())
        )
        name = name[:190]
        while name in found:
            name = f"{name}*"
        found[name] = digest
    return [{"name": name, "sha256": found[name]} for name in sorted(found)]
