"""附件: files enclosed with an act, named and hashed as the transcript wants them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy.orm import Session

from engine.domain.draw.text import canonical, sha256
from engine.operation import Step
from engine.storage.files import StoredFile


def enclosures(session: Session, ids: Iterable[str]) -> list[dict[str, str]]:
    """`[{name, sha256}]` sorted by name.

    What is not a stored file is a reference to a paper and is hashed as written.
    """
    found: dict[str, str] = {}
    for each in ids:
        stored = session.get(StoredFile, each)
        name, digest = (stored.name, stored.sha256) if stored else (each, sha256(each.encode()))
        name = name[:190]
        while name in found:
            name = f"{name}*"
        found[name] = digest
    return [{"name": name, "sha256": found[name]} for name in sorted(found)]


def numbered(proof: Iterable[Mapping[str, str]]) -> list[dict[str, str]]:
    """The same proof under numbers, for the transcript: a file's name may tell of an illness or a family.

    The names stay in the case file, the hash finds the file again.
    """
    hashes = sorted({each["sha256"] for each in proof})
    return [{"name": f"proof-{place:02d}", "sha256": digest} for place, digest in enumerate(hashes, 1)]


def signed(step: Step, key: str) -> str:
    """签名 as a reference: the name, and the digest of the drawn line, which stays with the submission."""
    given = step.answers.get(key)
    if isinstance(given, Mapping):
        return f"{given.get('name') or ''} {sha256(canonical(dict(given)))}".strip()
    return str(given or "").strip()
