"""The log: append-only, canonical, chained, its heads signed and kept outside. Nobody changes it unseen.

Reading order: `log` (entries, seals, the check) · `waiting` (what has no seal yet) ·
`anchor` (signed heads) · `export` (what an outsider gets).
"""

from engine.audit.log import (
    APPEND_ONLY,
    PROTECTED,
    SEAL_BATCH,
    ZERO,
    AuditEntry,
    AuditSeal,
    Verdict,
    append_only_ddl,
    head,
    record,
    seal,
    seal_all,
    unsealed,
    verify,
    when_sealed,
)
from engine.audit.waiting import AuditWaiting

__all__ = [
    "APPEND_ONLY",
    "PROTECTED",
    "SEAL_BATCH",
    "ZERO",
    "AuditEntry",
    "AuditSeal",
    "AuditWaiting",
    "Verdict",
    "append_only_ddl",
    "head",
    "record",
    "seal",
    "seal_all",
    "unsealed",
    "verify",
    "when_sealed",
]
