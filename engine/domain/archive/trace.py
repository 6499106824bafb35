"""What was done to a sealed file (案卷), in the log: sealing, lending, appraisal, destruction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine import audit
from engine.domain.archive.tables import ArchivePackage
from engine.operation import Step


def enter(
    step: Step,
    package_id: int,
    what: str,
    after: Mapping[str, Any],
    *,
    clause: str,
    reason: str = "",
    chained: bool = False,
) -> None:
    """An entry `archive.<what>` under the file's number; `chained` for what no one may dispute later."""
    step.session.flush()
    package = step.session.get_one(ArchivePackage, package_id)
    audit.record(
        step.session,
        action=f"archive.{what}",
        subject=f"archive/{package.archive_no}",
        actor=step.actor,
        bureau_id=package.bureau_id,
        reason=reason,
        after={**after, "seal": package.seal} if chained else dict(after),
        clause=clause,
        chained=chained,
    )
