"""One edit of a registry row (动态管理): the same guards and the same log entry for objects and inspectors.

依据: 舞 第五条 (对“两库”进行动态管理), 第三条 (each registry by its own unit).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from engine import audit
from engine.domain.registry.lock import opened
from engine.domain.registry.tables import Inspector, RegistryObject
from engine.errors import Refused
from engine.people import Bureau, Person
from engine.sentence import Sentence

KINDS = {RegistryObject: ("objects", "object"), Inspector: ("inspectors", "inspector")}
"""Which registry a row belongs to, and what the log calls it."""


def write(
    session: Session,
    row: RegistryObject | Inspector,
    changes: Mapping[str, Any],
    *,
    editable: Collection[str],
    refuse: Callable[[], None],
    actor: Person | None,
    reason: str,
) -> None:
    """Write changes into a row; refused for another unit, while a draw holds the registry, without a reason.

    `refuse` raises where the new values are wrong. Slugs: `registry-other-unit`, `registry-locked`,
    `registry-field`, `reason-needed`.
    """
    kind, word = KINDS[type(row)]
    opened(session, session.get_one(Bureau, row.bureau_id), kind, actor)
    strange = sorted(set(changes) - set(editable))
    if strange:
        raise Refused(
            Sentence("不能直接修改：{strange}。", strange="、".join(strange)), slug="registry-field"
        )
    if not reason.strip():
        raise Refused("请写明变更的原因。", fields={"reason": "请填写原因"}, slug="reason-needed")
    refuse()
    before = {key: plain(getattr(row, key)) for key in changes}
    for key, value in changes.items():
        setattr(row, key, value)
    session.flush()
    audit.record(
        session,
        action=f"registry.{word}.edit",
        subject=f"{word}/{row.id}",
        actor=actor,
        bureau_id=row.bureau_id,
        reason=reason,
        before=before,
        after={key: plain(value) for key, value in changes.items()},
        clause="W5 J4",
    )


def plain(value: Any) -> Any:
    """A value as the log keeps it."""
    return value.isoformat() if isinstance(value, date) else value
