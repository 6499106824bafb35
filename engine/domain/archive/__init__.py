"""归档 (archive): completeness, list, seal, ledger, and the package that outlives the software."""

from engine.domain.archive.closing import close, refuse_missing_element
from engine.domain.archive.destruction import destroy, refuse_running
from engine.domain.archive.loan import loans
from engine.domain.archive.package import export, find, verify
from engine.domain.archive.tables import (
    ArchiveDocument,
    ArchiveLoan,
    ArchivePackage,
    ArchiveSupplement,
    Destruction,
    LedgerRow,
)
from engine.domain.archive.verbs import documents, ledger, of, seal_of

__all__ = [
    "ArchiveDocument",
    "ArchiveLoan",
    "ArchivePackage",
    "ArchiveSupplement",
    "Destruction",
    "LedgerRow",
    "close",
    "destroy",
    "documents",
    "export",
    "find",
    "ledger",
    "loans",
    "of",
    "refuse_missing_element",
    "refuse_running",
    "seal_of",
    "verify",
]
