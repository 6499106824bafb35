"""归档 (archive): completeness, list, seal, ledger, and the package that outlives the software."""

from engine.domain.archive.closing import close, refuse_missing_element
from engine.domain.archive.package import export, find, verify
from engine.domain.archive.tables import (
    ArchiveDocument,
    ArchivePackage,
    ArchiveSupplement,
    Destruction,
    LedgerRow,
)
from engine.domain.archive.verbs import destroy, documents, ledger, of, seal_of

__all__ = [
    "ArchiveDocument",
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
    "of",
    "refuse_missing_element",
    "seal_of",
    "verify",
]
